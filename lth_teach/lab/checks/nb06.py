"""Checks of notebook 06: how many weights counting asks for, and the closest subset sum by meeting in the middle."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...strong.subset_sum import all_sums, closest_subset
from . import exercise, expect


@exercise(
    "How many masks do M weights have? How long is the part of the interval that one mask can serve?",
    "2^M masks, each serving 2ε, must cover the length. Solve 2^M · 2ε ≥ length for M. math.log2 takes the logarithm.",
    "return max(0, math.ceil(math.log2(length / (2 * epsilon))))",
)
def weights_needed(attempt: Callable[[float, float], int]) -> int:
    """(epsilon, length) → the least whole M with 2^M · 2ε ≥ length."""
    mistakes: list[tuple[str, Callable[[float, float], Any]]] = [
        ("if 2ε is longer than the interval no weight is needed at all: M may be 0.",
         lambda e, n: max(1, math.ceil(math.log2(n / (2 * e))))),
        ("that is the number of masks; M weights have 2^M of them.", lambda e, n: math.ceil(n / (2 * e))),
        ("weights are whole: round up.", lambda e, n: math.log2(n / (2 * e))),
        ("round up, not to the nearest.", lambda e, n: max(0, round(math.log2(n / (2 * e))))),
        ("weights are whole: round up, not down.", lambda e, n: max(0, math.floor(math.log2(n / (2 * e))))),
        ("where the masks cover the length exactly no further weight is needed.",
         lambda e, n: max(0, math.floor(math.log2(n / (2 * e))) + 1)),
        ("the length of the interval is missing.", lambda e, n: max(0, math.ceil(math.log2(1 / (2 * e))))),
        ("a number of weights cannot be negative: if 2ε is longer than the interval, none are needed.",
         lambda e, n: math.ceil(math.log2(n / (2 * e)))),
        ("one mask serves the targets on both sides of its value, 2ε in all and not ε.",
         lambda e, n: max(0, math.ceil(math.log2(n / e)))),
        ("a weight is either kept or not, so the masks of M weights are powers of 2: take log2, not the natural log.",
         lambda e, n: max(0, math.ceil(math.log(n / (2 * e))))),
    ]  # fmt: skip
    # In this order each mistake fails first where it differs from those listed before it.
    cases = [(0.01, 1.0), (0.1, 1.0), (0.01, 4.0), (2.0**-10, 1.0), (0.001, 0.3), (1.7, 1.0)]
    for epsilon, length in cases:
        expected = max(0, math.ceil(math.log2(length / (2 * epsilon))))
        expect(attempt, (epsilon, length), expected, mistakes, f"epsilon {epsilon:g}, length {length:g}")
    return len(cases)


@exercise(
    "List the sums of the first half of the numbers, and those of the second. Each sum of all of them is one of these "
    "plus one of those. Which partner would a given first sum like best?",
    "Sort the second list. np.searchsorted(second, target - first) gives, for each first sum, the place of the first "
    "partner that is large enough; the best partner stands there or just before. Mind both ends of the list.",
    "place = np.searchsorted(second, target - first); totals = np.concatenate([first + second[place.clip(max=len("
    "second) - 1)], first + second[(place - 1).clip(min=0)]]); return totals[np.abs(totals - target).argmin()]",
)
def closest_sum(attempt: Callable[[np.ndarray, float], float]) -> int:
    """(numbers, target) → the sum of the subset, possibly empty, that is closest to the target."""
    mistakes: list[tuple[str, Callable[[np.ndarray, float], Any]]] = [
        ("the empty subset counts, too: its sum is 0.", _not_empty),
        ("that is the closest sum from below; one from above is closer.", _below),
        ("that is the closest sum from above; one from below is closer.", _above),
        ("each half was searched by itself; add a sum of the first to a sum of the second.", _one_half),
        ("the second list must be sorted before np.searchsorted.", _unsorted),
        ("taking whatever number helps most, one after the other, is not exact.", _greedy),
        ("that is the closest single number; several may be added.", _single),
        ("that is the distance from the target; return the sum.",
         lambda n, t: abs(closest_subset(n, t)[1] - t)),
        ("those are the numbers taken (a mask); return their sum.", lambda n, t: closest_subset(n, t)[0]),
        ("those are the numbers taken; return their sum.", lambda n, t: list(n[closest_subset(n, t)[0]])),
        ("those are the numbers taken; return their sum.", lambda n, t: n[closest_subset(n, t)[0]]),
        ("those are the positions of the numbers taken; return their sum.",
         lambda n, t: np.flatnonzero(closest_subset(n, t)[0])),
        ("those are the positions of the numbers taken; return their sum.",
         lambda n, t: np.flatnonzero(closest_subset(n, t)[0]).tolist()),
    ]  # fmt: skip
    random = np.random.default_rng(6)
    cases = [
        (np.array([0.9, -0.5, -0.8, 0.7]), 0.29),
        (np.array([1.0, -0.3, -0.4, -0.5]), 0.37),
        (np.array([0.3, 0.5]), 0.05),
        (np.array([0.8]), 0.7),
        (random.uniform(-1, 1, 9), 0.321),
        (random.uniform(-1, 1, 12), -0.456),
        (random.uniform(-1, 1, 20), 0.123),
    ]
    for numbers, target in cases:
        shown = f"numbers {np.round(numbers, 4).tolist() if len(numbers) < 10 else len(numbers)}, target {target}"
        expect(attempt, (numbers, target), closest_subset(numbers, target)[1], mistakes, shown)
    return len(cases)


def _nearest(sums: np.ndarray, target: float) -> float:
    return float(sums[np.abs(sums - target).argmin()]) if len(sums) else math.nan


def _below(numbers: np.ndarray, target: float) -> float:
    sums = all_sums(numbers)
    return _nearest(sums[sums <= target], target)


def _above(numbers: np.ndarray, target: float) -> float:
    sums = all_sums(numbers)
    return _nearest(sums[sums >= target], target)


def _not_empty(numbers: np.ndarray, target: float) -> float:
    return _nearest(all_sums(numbers)[1:], target)


def _single(numbers: np.ndarray, target: float) -> float:
    return _nearest(numbers, target)


def _halves(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    middle = len(numbers) // 2
    return all_sums(numbers[:middle]), all_sums(numbers[middle:])


def _one_half(numbers: np.ndarray, target: float) -> float:
    return _nearest(np.concatenate(_halves(numbers)), target)


def _unsorted(numbers: np.ndarray, target: float) -> float:
    first, second = _halves(numbers)
    place = np.searchsorted(second, target - first)
    above, below = place.clip(max=len(second) - 1), (place - 1).clip(min=0)
    return _nearest(np.concatenate([first + second[above], first + second[below]]), target)


def _greedy(numbers: np.ndarray, target: float) -> float:
    total, left = 0.0, list(numbers)
    while left:
        best = min(left, key=lambda number: abs(total + number - target))
        if abs(total + best - target) >= abs(total - target):
            break
        total += best
        left.remove(best)
    return total
