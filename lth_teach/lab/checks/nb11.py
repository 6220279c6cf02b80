"""Checks of notebook 11: levels to a target, exactly; landing on it; the rate that lands by itself."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from ... import lemma
from . import exercise, expect


def _count(kept_by_level: Any, wanted: Any, strict: bool = False) -> int:
    """Levels until what is kept, multiplied by ``kept_by_level`` at each, is at (strictly below) ``wanted``."""
    levels, kept = 0, kept_by_level**0
    while kept >= wanted if strict else kept > wanted:
        kept, levels = kept * kept_by_level, levels + 1
    return levels


def _exact(number: float) -> Fraction:
    return Fraction(str(number))


@exercise(
    "No logarithm is needed: start with everything kept, multiply by 1 − p until the target is reached, and count.",
    "Use fractions. Fraction(str(0.2)) is one fifth; Fraction(0.2) is the binary number nearest to it.",
    "kept, levels = Fraction(1), 0; while kept > 1 - Fraction(str(target_sparsity)): "
    "kept *= 1 - Fraction(str(prune_rate)); levels += 1.",
)
def exact_levels(attempt: Any) -> int:
    """Levels to a target, right also where the target is met exactly."""
    mistakes = [
        ("that is one level too few; round the quotient of the logarithms up, not down.",
         lambda p, s: lemma.imp_levels(p, s) - 1),
        ("you stop when the kept fraction is at s; s is the fraction removed, so 1 − s may be kept.",
         lambda p, s: _count(1 - _exact(p), _exact(s))),
        ("the logarithms are rounded, and this target is met exactly. Count with fractions instead.",
         lambda p, s: math.ceil(math.log(1 - s) / math.log(1 - p))),
        ("log1p is rounded as well, and this target is met exactly. Count with fractions instead.",
         lambda p, s: math.ceil(math.log1p(-s) / math.log1p(-p))),
        ("a product of floats is rounded at every step, and this target is met exactly. Use fractions.",
         lambda p, s: _count(1 - p, 1 - s)),
        ("Fraction(0.2) is the binary number nearest to 0.2; Fraction(str(0.2)) is one fifth.",
         lambda p, s: _count(1 - Fraction(p), 1 - Fraction(s))),
        ("that is one level more: the target counts as reached when it is met exactly, so compare with > and not >=.",
         lambda p, s: _count(1 - _exact(p), 1 - _exact(s), strict=True)),
    ]  # fmt: skip
    # In this order each mistake fails first where it differs from the others.
    cases = [(0.5, 0.5), (0.2, 0.9), (0.22, 0.3916), (0.4, 0.784), (0.2, 0.36), (0.3, 0.51), (0.7, 0.91),
             (0.1, 0.271), (0.6, 0.936), (0.01, 0.99)]  # fmt: skip
    for case in cases:
        expect(attempt, case, lemma.imp_levels(*case), mistakes)
    return len(cases)


def _next_kept(survivors: int, goal: int, prune_rate: float) -> int:
    return max(min(survivors, goal), survivors - max(1, round(prune_rate * survivors)))


@exercise(
    "Three rules in turn: what the rate removes; at least one; never so many that fewer than goal are left.",
    "max(1, …) makes sure that something is removed, max(goal, …) that not too much is.",
    "return max(goal, survivors - max(1, round(prune_rate * survivors)))",
)
def next_kept(attempt: Any) -> int:
    """One level of a schedule that neither overshoots nor stalls."""
    mistakes = [
        ("that is how many are removed; return how many are left.", lambda n, g, p: n - _next_kept(n, g, p)),
        ("this stalls: the rate rounds to removing nothing, so the loop would never end.",
         lambda n, g, p: max(g, n - round(p * n))),
        ("this overshoots: fewer than goal are left. The last level must remove less.",
         lambda n, g, p: n - max(1, round(p * n))),
        ("this overshoots: fewer than goal are left. The last level must remove less.",
         lambda n, g, p: n - round(p * n)),
        ("int() and // round down; the course rounds to the nearest whole number, with round().",
         lambda n, g, p: max(g, n - max(1, int(p * n)))),
        ("int() and // round down; the course rounds to the nearest whole number, with round().",
         lambda n, g, p: max(g, n - int(p * n))),
        ("math.ceil rounds up; the course rounds to the nearest whole number, with round().",
         lambda n, g, p: max(g, n - max(1, math.ceil(p * n)))),
        ("survivors are already at goal, and one more was removed.",
         lambda n, g, p: n - max(1, min(n - g, round(p * n)))),
    ]  # fmt: skip
    cases = [
        (1_000, 100, 0.2),
        (109, 10, 0.2),
        (108, 100, 0.2),
        (12, 10, 0.36),
        (4, 1, 0.1),
        (2, 1, 0.2),
        (50, 50, 0.2),
        (52, 10, 0.2),
    ]
    for case in cases:
        shown = f"survivors {case[0]}, goal {case[1]}, prune_rate {case[2]}"
        expect(attempt, case, _next_kept(*case), mistakes, shown)
    return len(cases)


@exercise(
    "After t levels of a rate p the fraction (1 − p)^t is kept. Which p makes that exactly 1 − s?",
    "Take the t-th root of 1 − s: that is what one level keeps.",
    "return 1 - (1 - target_sparsity) ** (1 / levels)",
)
def landing_rate(attempt: Any) -> int:
    """The rate with which a given number of levels ends exactly at the target."""
    mistakes = [
        ("s / t would be right if every level removed a share of all weights; it removes a share of the survivors.",
         lambda t, s: s / t),
        ("the power is 1/t: write ** (1 / levels), with brackets, since ** comes before /.",
         lambda t, s: 1 - (1 - s) ** 1 / t),
        ("that is the fraction one level keeps; the rate is what it removes.", lambda t, s: (1 - s) ** (1 / t)),
        ("you took the root of s; the fraction kept at the end is 1 − s.", lambda t, s: 1 - s ** (1 / t)),
        ("you took the root of s; the fraction kept at the end is 1 − s.", lambda t, s: s ** (1 / t)),
    ]  # fmt: skip
    cases = [(11, 0.9), (2, 0.75), (3, 0.875), (12, 0.93), (1, 0.6)]
    for case in cases:
        shown = f"levels {case[0]}, target_sparsity {case[1]}"
        expect(attempt, case, 1 - (1 - case[1]) ** (1 / case[0]), mistakes, shown)
    return len(cases)
