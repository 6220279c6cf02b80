"""Check of notebook 00: reading, by program, how far a ticket keeps up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import Wrong, exercise, expect

Level = tuple[float, float, float, float]  # percent kept; low end, mean and high end of ticket − dense, in points

NOTHING_THERE = (UnboundLocalError, ValueError, IndexError, StopIteration)  # a name, min, [-1], next of nothing

UP_AND_DOWN: list[Level] = [  # the best mean is not the last that lies above +1
    (64.0, 0.4, 1.0, 1.6),
    (41.0, 0.9, 2.0, 3.1),
    (26.2, 1.3, 1.6, 1.9),
    (16.8, 0.2, 0.7, 1.2),
    (10.7, -0.6, -0.2, 0.2),
    (6.9, -3.0, -2.4, -1.8),
]


def _last(levels: Sequence[Level], margin: float) -> float:
    found = 100.0
    for kept, low, _, _ in levels:
        if low > -margin:
            found = kept
    return found


@exercise(
    "A level keeps up if its whole interval lies above the margin's line. Which end of the interval decides that?",
    "The margin is given as a positive number of points, and the line lies that far below zero. The curve may dip "
    "below it and come back: the question asks for the last level that keeps up.",
    "Walk through the levels from the dense end. Whenever the lower end of the interval clears the line, remember how "
    "much is kept there. What you remember at the end is the answer. Before you start, remember the dense network.",
    solution=_last,
)
def last_that_keeps_up(attempt: Callable[[Sequence[Level], float], float]) -> int:
    """Levels, dense end first, and a margin in points → percent kept at the last whose whole interval clears it."""
    cases: list[tuple[str, list[Level], float]] = [
        ("up, then down", UP_AND_DOWN, 1.0),
        ("wide intervals", [(50.0, -0.7, 0.1, 0.9), (25.0, -1.4, -0.3, 0.8), (12.5, -2.6, -1.5, -0.4)], 1.0),
        ("a dip", [(50.0, -0.3, 0.1, 0.5), (25.0, -1.9, -1.2, -0.5), (12.5, -0.8, -0.1, 0.6), (6.2, -5, -4, -3)], 1.0),
        ("a small margin", [(80.0, -0.1, 0.3, 0.7), (64.0, -0.5, -0.1, 0.3), (51.2, -0.9, -0.4, 0.1)], 0.2),
        ("far above, then below", [(64.0, 1.2, 1.6, 2.0), (41.0, -2.0, -1.5, -1.0)], 1.0),
        ("a ticket that never keeps up", [(36.0, -4.0, -3.0, -2.0), (13.0, -9.0, -8.0, -7.0)], 1.0),
    ]
    for name, levels, margin in cases:
        shown = f"{name}: levels {levels}, margin {margin}"
        try:
            expect(attempt, [levels, margin], _last(levels, margin), MISTAKES, shown)
        except Wrong as wrong:
            if _last(levels, margin) < 100 or not isinstance(wrong.__cause__, NOTHING_THERE):
                raise
            raise Wrong(f"{wrong}\nLikely: no level keeps up, so nothing is there. Start with 100.0.") from wrong
    return len(cases)


def _where(clears: Callable[[Level, float], bool]) -> Callable[[Sequence[Level], float], float]:
    """The last level that passes another test."""
    return lambda levels, margin: next((level[0] for level in reversed(levels) if clears(level, margin)), 100.0)


def _first_run(levels: Sequence[Level], margin: float) -> float:
    found = 100.0
    for kept, low, _, _ in levels:
        if low <= -margin:
            break
        found = kept
    return found


def _index(levels: Sequence[Level], margin: float) -> int:
    return next((i for i in reversed(range(len(levels))) if levels[i][1] > -margin), 0)


def _first(levels: Sequence[Level], margin: float) -> float:
    return next((level[0] for level in levels if level[1] > -margin), 100.0)


def _all(levels: Sequence[Level], margin: float) -> list[float]:
    return [kept for kept, low, _, _ in levels if low > -margin]


ONE_SIDE = (
    "a ticket far *above* the dense network keeps up, too. The line has one side only: what lies above it is well."
)


def _whole_level(levels: Sequence[Level], margin: float) -> Level | float:
    return next((level for level in reversed(levels) if level[1] > -margin), 100.0)


MISTAKES: list[tuple[str, Callable[[Sequence[Level], float], float | list[float] | Level]]] = [
    ("these are all the levels that keep up; the question asks for the last.", _all),
    ("that is the whole level; the question asks for its first entry, the percent kept.", _whole_level),
    (
        "that trusts the mean alone. The truth may lie anywhere in the interval, so its lower end must clear the line.",
        _where(lambda level, margin: level[2] > -margin),
    ),
    (
        "that asks whether the upper end clears the line. Not to be shown to fall behind is not to be shown to keep "
        "up: with one wide interval, anything would.",
        _where(lambda level, margin: level[3] > -margin),
    ),
    ("you stopped at the first level that falls behind. The curve may come back; look at all of them.", _first_run),
    (ONE_SIDE, _where(lambda level, margin: level[1] > -margin and level[3] < margin)),
    (
        "you put the line above zero. To keep up is to be not more than the margin below.",
        _where(lambda level, margin: level[1] > margin),
    ),
    (ONE_SIDE, _where(lambda level, margin: abs(level[1]) < margin)),
    ("that asks for no loss at all; the margin is missing.", _where(lambda level, _: level[1] > 0)),
    (
        "if no level keeps up, 100 % of the weights are needed: return 100.0.",
        lambda levels, margin: _last(levels, margin) % 100,
    ),
    ("that is the position of the level; the question asks for the percent kept there.", _index),
    ("that is the first level that keeps up; you want the last.", _first),
    (
        "that is the first level that does not keep up, or the last level whatever it does.",
        lambda levels, margin: levels[min(1 + _index(levels, margin), len(levels) - 1)][0],
    ),
    (
        "that is the level with the best mean; you want the last one whose whole interval clears the line.",
        lambda levels, margin: max(levels, key=lambda level: level[2])[0],
    ),
]
