"""Checks of notebook 11: levels to a target, exactly; and a schedule that lands on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from ... import lemma
from . import Wrong, call, describe, exercise, expect, prints_below


def _count(kept_by_level: Any, wanted: Any, strict: bool = False) -> int:
    """Levels until what is kept, multiplied by ``kept_by_level`` at each, is at (strictly below) ``wanted``."""
    levels, kept = 0, kept_by_level**0
    while kept >= wanted if strict else kept > wanted:
        kept, levels = kept * kept_by_level, levels + 1
    return levels


def _exact(number: float) -> Fraction:
    return Fraction(str(number))


@exercise(
    "No logarithm is needed: start with everything kept, apply one level after the other, and count.",
    "Use fractions. Fraction(str(0.2)) is one fifth; Fraction(0.2) is the binary number nearest to it.",
    "Two numbers change in the loop: the share that is kept, which each level multiplies by one minus the rate, and "
    "the count. The loop goes on for as long as more is kept than the target allows; what it allows is enough.",
    solution=lemma.imp_levels,
)
def exact_levels(attempt: Any) -> int:
    """Levels to a target, right also where the target is met exactly."""
    mistakes = [
        ("this target lies a hair above a tie, so it takes a level more. A tolerance mends ties and breaks that.",
         lambda p, s: math.ceil(math.log(1 - s) / math.log(1 - p) - 1e-9)),
        ("that is one level too few; round the quotient of the logarithms up, not down.",
         lambda p, s: lemma.imp_levels(p, s) - 1),
        ("you stop when the kept fraction is at s; s is the fraction removed, so 1 − s may be kept.",
         lambda p, s: _count(1 - _exact(p), _exact(s))),
        ("each level removes a share of the survivors, not of all weights, so the kept shares multiply.",
         lambda p, s: math.ceil(_exact(s) / _exact(p))),
        ("the logarithms are rounded, and this target is met exactly. Count with fractions instead.",
         lambda p, s: math.ceil(math.log(1 - s) / math.log(1 - p))),
        ("log1p is rounded as well, and this target is met exactly. Count with fractions instead.",
         lambda p, s: math.ceil(math.log1p(-s) / math.log1p(-p))),
        ("a product of floats is rounded at every step, and this target is met exactly. Use fractions.",
         lambda p, s: _count(1 - p, 1 - s)),
        ("1 − s was computed in floats: make fractions of both numbers *before* you subtract.",
         lambda p, s: _count(1 - _exact(p), 1 - s)),
        ("Fraction(0.2) is the binary number nearest to 0.2; Fraction(str(0.2)) is one fifth.",
         lambda p, s: _count(1 - Fraction(p), 1 - Fraction(s))),
        ("that is one level more: the target counts as reached when it is met exactly, so compare with > and not >=.",
         lambda p, s: _count(1 - _exact(p), 1 - _exact(s), strict=True)),
    ]  # fmt: skip
    # In this order each mistake fails first where it differs from the others.
    cases = [(0.5, 0.5), (0.2, 0.9), (0.22, 0.3916), (0.53, 0.7791), (0.4, 0.784), (0.2, 0.36), (0.3, 0.51),
             (0.7, 0.91), (0.1, 0.271), (0.6, 0.936), (0.01, 0.99), (0.2, 0.360000000000001)]  # fmt: skip
    for case in cases:
        shown = ", ".join(map(repr, case))  # with all digits: the last case lies a hair above a tie
        expect(attempt, case, lemma.imp_levels(*case), mistakes, shown)
    return len(cases)


def our_schedule(n_weights: int, goal: int, levels: int) -> list[int]:
    """The rate anew before each level: the share that, kept at each of the levels to come, ends at the goal."""
    if not 1 <= levels <= n_weights - goal or goal < 1:
        raise ValueError(f"{levels} levels cannot lead from {n_weights} weights to {goal}")
    kept = [n_weights]
    for to_come in range(levels, 0, -1):
        share = (goal / kept[-1]) ** (1 / to_come)
        kept.append(min(kept[-1] - 1, max(goal + to_come - 1, round(share * kept[-1]))))
    return kept


NEAR = 3.0  # weights that a level may be away from equal shares: rounding down each level adds up to about two
ROOMY = ((43_000, 4_300, 11), (200, 20, 8), (2_000, 100, 15), (266_200, 9_537, 15), (64, 8, 3), (50, 5, 1))
TIGHT = ((5, 1, 4), (12, 1, 11), (9, 6, 3))  # as many levels as weights may go, so one goes at each
NEARLY = ((20, 3, 12),)  # equal shares, rounded, would stall near the end
IMPOSSIBLE = ((10, 4, 7), (10, 10, 1), (10, 0, 3), (10, 4, 0))


@exercise(
    "Equal shares: one level keeps the same share each time, and all of them together keep goal / n_weights.",
    "Whole weights spoil that a little at every level. So work the share out anew before each level, from the weights "
    "that are left and the levels that are still to come: the last one then lands by itself.",
    "With r levels to come, keep the r-th root of goal over what is left, rounded. Then pull the number into range: "
    "below the last one, and at least the goal plus one weight for each later level. Refuse first what no schedule can "
    "do.",
    solution=our_schedule,
)
def landing_schedule(attempt: Callable[[int, int, int], list[int]]) -> int:
    """Weights kept at each level, from all of them to exactly the goal, in equal shares."""
    for case in (*ROOMY, *TIGHT, *NEARLY):
        with prints_below() as printed:
            shown = f"  input     n_weights {case[0]}, goal {case[1]}, levels {case[2]}\n"
            found = call(attempt, case, shown + "  expected  a list of the weights kept\n", printed)
            if why := _wrong(found, *case):
                raise Wrong(f"{shown}  found     {describe(found)}\n{why}")
    for case in IMPOSSIBLE:
        _must_be_refused(attempt, case)
    return len((*ROOMY, *TIGHT, *NEARLY, *IMPOSSIBLE))


def _wrong(found: Any, n_weights: int, goal: int, levels: int) -> str:
    """What is wrong with a schedule, in words; empty if nothing is."""
    if found is None:
        return "Does your function return its result?"
    if not isinstance(found, list) or not all(isinstance(kept, int) for kept in found):
        whole = isinstance(found, list) and all(isinstance(kept, (int, np.integer)) for kept in found)
        plain = " Numpy's whole numbers are another type; int(…) makes them plain." * whole
        return f"Expected a list of whole numbers (int): the weights kept, level by level.{plain}"
    if found[:1] != [n_weights]:
        return "The list starts with level 0, where all weights are kept."
    if found[-1] < goal and (short := _too_little_left(found, goal, levels)):
        return short
    if found[-1] != goal:
        missed = "stops short of" if found[-1] > goal else "overshoots"
        return f"It {missed} the goal. Each level was rounded; nothing took that up again before the end."
    if any(later >= earlier for earlier, later in pairwise(found)):
        return "It stalls: a level must remove at least one weight."
    if len(found) != levels + 1:
        return f"These are {len(found) - 1} levels; {levels} were asked for (and level 0 stands before them)."
    return _unequal(found, n_weights, goal, levels)


def _too_little_left(found: list[int], goal: int, levels: int) -> str:
    """Where a schedule that overshoots left fewer weights than the levels to come need; empty if it never did."""
    to_come = {level: levels - level for level in range(1, min(levels, len(found)))}
    poor = next((level for level, more in to_come.items() if found[level] < goal + more), None)
    if poor is None:
        return ""
    more = f"{to_come[poor]} level{'s' * (to_come[poor] > 1)} to come, each of which removes one at least"
    return (
        f"After level {poor} it keeps {found[poor]}: too few for the {more}. Leave a weight for each, above the goal."
    )


def _unequal(found: list[int], n_weights: int, goal: int, levels: int) -> str:
    """Where and why a schedule that lands is not in equal shares; empty if it is as nearly as whole weights can be."""
    ideal = [n_weights * (goal / n_weights) ** (level / levels) for level in range(levels + 1)]
    far = [level for level in range(levels) if abs(found[level] - ideal[level]) > NEAR]
    if not far or n_weights - goal == levels:  # in the second case there is only one schedule
        return ""
    why = f"Not in equal shares: at level {far[-1]} these would keep about {ideal[far[-1]]:,.0f}."
    straight = [n_weights - level * (n_weights - goal) / levels for level in range(levels + 1)]
    one_rate = [n_weights, *(max(goal, kept * found[1] / n_weights) for kept in found[: levels - 1]), goal]
    if _together(found, straight, NEAR):
        why += "\nLikely: the same number of weights goes at each level; it should be the same share of the survivors."
    elif _together(found, one_rate, 1.0):
        why += "\nLikely: one rate for all levels, and the last takes what is left over. Choose the rate that lands."
    return why


def _together(found: Sequence[float], others: Sequence[float], near: float) -> bool:
    return all(abs(one - other) <= near for one, other in zip(found, others, strict=True))


def _must_be_refused(attempt: Callable[[int, int, int], list[int]], case: tuple[int, int, int]) -> None:
    n_weights, goal, levels = case
    shown = f"  input     n_weights {n_weights}, goal {goal}, levels {levels}\n  expected  ValueError\n"
    with prints_below() as printed:
        try:
            found = call(attempt, case, shown, printed)
        except Wrong as wrong:
            if isinstance(wrong.__cause__, ValueError):
                return
            raise
    if goal < 1:
        why = "goal must be 1 or more: without weights there is no network"
    elif levels < 1:
        why = f"levels must be 1 or more: with none, all {n_weights} weights stay"
    else:
        why = f"{n_weights - goal} weights may go, one at least at each level, so there are at most that many levels"
    raise Wrong(
        f"{shown}  found     {describe(found)}\nNo schedule can do that ({why}); say so with raise ValueError(…)."
    )
