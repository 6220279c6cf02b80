"""Checks of notebook 16: a verdict from an interval, verdicts under a stricter margin, false alarms among many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import exercise, expect

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"


@exercise(
    "Three answers are possible. Ask first whether there is an interval at all.",
    '"holds" needs the whole interval above the margin, so look at its lower end. Which end decides "does not hold"?',
    'if low is None: return "undecided"; if low > margin: return "holds"; if high < margin: return "does not hold"; '
    'return "undecided"',
)
def outcome_above(attempt: Callable[..., str]) -> int:
    """(low, high, margin) → does the interval lie above the margin? One of three answers, in words."""
    # In this order each mistake fails first where it differs from the others.
    cases: list[tuple[float | None, float | None, float]] = [
        (6.0, 9.0, 5),
        (-3.0, -1.0, -5),
        (-1.0, 3.0, 5),
        (3.0, 9.0, 5),
        (1.0, 8.0, 5),
        (None, None, 5),
        (5.0, 8.0, 5),
        (2.0, 5.0, 5),
    ]
    mistakes: list[tuple[str, Callable[..., str]]] = [
        ("an interval below the margin is an answer, too; only one that straddles it is undecided.", _never_no),
        (
            'an interval that straddles the margin decides nothing; for "does not hold" all of it must lie below.',
            lambda low, high, margin: UNDECIDED if low is None else HOLDS if low > margin else FAILS,
        ),
        ("an interval that just touches the margin does not lie above or below it.", _touching),
        (
            "part of the interval lies below the margin. That its mean or its upper end lies above is not enough.",
            lambda low, high, margin: UNDECIDED if high is None else HOLDS if high > margin else FAILS,
        ),
        (
            "with one repetition there is no interval (low is None), and that decides nothing.",
            lambda low, high, margin: FAILS if low is None else _outcome(low, high, margin),
        ),
        (
            "that compares with zero; the margin is the third argument.",
            lambda low, high, margin: _outcome(low, high, 0),
        ),
    ]
    for case in cases:
        expect(attempt, case, _outcome(*case), mistakes, f"low {case[0]}, high {case[1]}, margin {case[2]}")
    return len(cases)


@exercise(
    "Count the intervals that lie above the first margin, and then see which of them still lie above the second.",
    "An interval lies above a margin if its lower end does. Which lower ends are passed over as the margin moves?",
    "return sum(margin < low <= stricter for low, high in intervals)",
)
def no_longer_holds(attempt: Callable[..., int]) -> int:
    """(intervals, margin, stricter) → how many claims hold at the margin and not any more at the stricter one."""
    never = [(1.0, 3.0), (4.0, 12.0), (3.0, 16.0)]
    between = [(6.0, 9.0), (7.0, 30.0), (6.0, 40.0), (8.0, 50.0)]
    cases: list[tuple[list[tuple[float, float]], float, float]] = [
        ([*never, *between, (12.0, 14.0), (11.0, 30.0)], 5, 10),
        ([(5.0, 40.0), (10.0, 40.0), (5.0, 60.0), (7.0, 40.0)], 5, 10),
        ([(-1.0, 3.0), (2.0, 3.0), (-9.0, -7.0)], -2, 1),
        ([], 5, 10),
    ]
    mistakes: list[tuple[str, Callable[..., int]]] = [
        ("that is how many still hold at the stricter margin.", lambda i, m, s: sum(low > s for low, _ in i)),
        ("that is how many hold at the first margin.", lambda i, m, s: sum(low > m for low, _ in i)),
        (
            "that counts every claim that does not hold at the stricter margin, also those that never held.",
            lambda i, m, s: sum(low <= s for low, _ in i),
        ),
        (
            "you asked where the whole interval lies between the margins. A claim stops to hold once its lower end is "
            "passed, wherever the upper end is.",
            lambda i, m, s: sum(m < low and high <= s for low, high in i),
        ),
        (
            "you went by the means. A claim holds by the lower end of its interval.",
            lambda i, m, s: sum(m < (low + high) / 2 <= s for low, high in i),
        ),
        (
            "a lower end that just touches a margin does not lie above it: it does not hold there.",
            lambda i, m, s: sum(m <= low < s for low, _ in i),
        ),
        (
            "a lower end that just touches the stricter margin does not lie above it: that claim no longer holds.",
            lambda i, m, s: sum(m < low < s for low, _ in i),
        ),
        (
            "a lower end that just touches the first margin never held.",
            lambda i, m, s: sum(m <= low <= s for low, _ in i),
        ),
    ]
    for intervals, margin, stricter in cases:
        expected = sum(margin < low <= stricter for low, _ in intervals)
        shown = f"intervals {intervals}, margin {margin}, stricter {stricter}"
        expect(attempt, [intervals, margin, stricter], expected, mistakes, shown)
    return len(cases)


@exercise(
    "Each interval misses the truth with probability 1 − confidence. The expected number just adds these up.",
    "At least one miss is the opposite of no miss at all. For independent intervals, no miss has probability "
    "confidence to the power of their number.",
    "return intervals * (1 - confidence), 1 - confidence**intervals",
)
def misses(attempt: Callable[[int, float], Any]) -> int:
    """(intervals, confidence) → expected number that miss the truth, and the chance of at least one (independent)."""
    cases = [(10, 0.95), (1, 0.95), (100, 0.99), (3, 0.5)]
    mistakes: list[tuple[str, Callable[[int, float], Any]]] = [
        (
            "you added up the probabilities that an interval is right.",
            lambda m, c: (m * c, 1 - c**m),
        ),
        ("the chance of at least one miss is 1 minus the chance of none.", lambda m, c: (m * (1 - c), c**m)),
        (
            "(1 − confidence) to that power is the chance that every interval misses.",
            lambda m, c: (m * (1 - c), (1 - c) ** m),
        ),
        (
            "1 − (1 − confidence)^m is the chance that at least one is right.",
            lambda m, c: (m * (1 - c), 1 - (1 - c) ** m),
        ),
        (
            "adding up gives the expected number. The chance of at least one is smaller: several may miss at once.",
            lambda m, c: (m * (1 - c), m * (1 - c)),
        ),
        ("the other way round: first the expected number, then the chance.", lambda m, c: (1 - c**m, m * (1 - c))),
    ]
    for count, confidence in cases:
        expected = (count * (1 - confidence), 1 - confidence**count)
        expect(attempt, [count, confidence], expected, mistakes, f"intervals {count}, confidence {confidence}")
    return len(cases)


def _outcome(low: float | None, high: float | None, margin: float) -> str:
    if low is None or high is None:
        return UNDECIDED
    return HOLDS if low > margin else FAILS if high < margin else UNDECIDED


def _never_no(low: float | None, high: float | None, margin: float) -> str:
    return HOLDS if low is not None and low > margin else UNDECIDED


def _touching(low: float | None, high: float | None, margin: float) -> str:
    if low is None or high is None:
        return UNDECIDED
    return HOLDS if low >= margin else FAILS if high <= margin else UNDECIDED
