"""The exercises of notebook 06: the solutions pass, and the likely wrong answers get the right message."""

import math

import numpy as np
import pytest

from lth_teach.lab.checks import nb06
from lth_teach.strong import subset_sum

pytestmark = pytest.mark.usefixtures("own_progress")


def weights_needed(epsilon, length):
    return max(0, math.ceil(math.log2(length / (2 * epsilon))))


def halves(numbers):
    middle = len(numbers) // 2
    return subset_sum.all_sums(numbers[:middle]), subset_sum.all_sums(numbers[middle:])


def nearest(sums, target):
    return sums[np.abs(sums - target).argmin()]


def closest_sum(numbers, target):
    first, second = halves(numbers)
    second = np.sort(second)
    place = np.searchsorted(second, target - first)
    above, below = place.clip(max=len(second) - 1), (place - 1).clip(min=0)
    return nearest(np.concatenate([first + second[above], first + second[below]]), target)


def from_below(numbers, target):
    first, second = halves(numbers)
    totals = [a + b for a in first for b in second if a + b <= target]
    return max(totals, default=0.0)


def without_sorting(numbers, target):
    first, second = halves(numbers)
    place = np.searchsorted(second, target - first)
    above, below = place.clip(max=len(second) - 1), (place - 1).clip(min=0)
    return nearest(np.concatenate([first + second[above], first + second[below]]), target)


def greedy(numbers, target):
    total, left = 0.0, list(numbers)
    while left:
        best = min(left, key=lambda number: abs(total + number - target))
        if abs(total + best - target) >= abs(total - target):
            return total
        total += best
        left.remove(best)
    return total


def sorts_its_argument(numbers, target):
    numbers.sort()
    return closest_sum(numbers, target)


@pytest.mark.parametrize(
    ("exercise", "solution"),
    [
        (nb06.weights_needed, weights_needed),
        (nb06.weights_needed, lambda e, length: next(m for m in range(99) if 2**m * 2 * e >= length)),
        (nb06.closest_sum, closest_sum),
        (nb06.closest_sum, lambda numbers, target: nearest(subset_sum.all_sums(numbers), target)),
        (nb06.closest_sum, lambda numbers, target: float(subset_sum.closest_subset(numbers, target)[1])),
    ],
)
def test_a_solution_passes(exercise, solution, capsys):
    assert exercise(solution)
    assert "passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("exercise", "attempt", "message"),
    [
        (nb06.weights_needed, lambda e, n: math.ceil(n / (2 * e)), "that is the number of masks"),
        (nb06.weights_needed, lambda e, n: math.ceil(math.log(n / (2 * e))), "take log2"),
        (nb06.weights_needed, lambda e, n: math.ceil(math.log2(n / e)), "2ε in all and not ε"),
        (nb06.weights_needed, lambda e, n: math.ceil(math.log2(1 / (2 * e))), "length of the interval is missing"),
        (nb06.weights_needed, lambda e, n: math.log2(n / (2 * e)), "weights are whole: round up."),
        (nb06.weights_needed, lambda e, n: int(math.log2(n / (2 * e))), "round up, not down"),
        (nb06.weights_needed, lambda e, n: round(math.log2(n / (2 * e))), "not to the nearest"),
        (nb06.weights_needed, lambda e, n: max(0, int(math.log2(n / (2 * e))) + 1), "cover the length exactly"),
        (nb06.weights_needed, lambda e, n: math.ceil(math.log2(n / (2 * e))), "cannot be negative"),
        (nb06.weights_needed, lambda e, n: max(1, math.ceil(math.log2(n / (2 * e)))), "M may be 0"),
        (nb06.weights_needed, lambda e, n: 10**400, "found     1000"),
        (nb06.weights_needed, lambda e, n: None, "return its result?"),
        (nb06.closest_sum, from_below, "from below"),
        (nb06.closest_sum, lambda n, t: min(s for s in [*subset_sum.all_sums(n), 9] if s >= t), "from above"),
        (nb06.closest_sum, lambda n, t: nearest(subset_sum.all_sums(n)[1:], t), "the empty subset counts"),
        (nb06.closest_sum, lambda n, t: nearest(np.concatenate(halves(n)), t), "each half was searched by itself"),
        (nb06.closest_sum, without_sorting, "must be sorted"),
        (nb06.closest_sum, greedy, "is not exact"),
        (nb06.closest_sum, lambda n, t: nearest(n, t), "closest single number"),
        (nb06.closest_sum, lambda n, t: abs(closest_sum(n, t) - t), "that is the distance"),
        (nb06.closest_sum, lambda n, t: subset_sum.closest_subset(n, t)[0], "(a mask); return their sum"),
        (nb06.closest_sum, lambda n, t: n[subset_sum.closest_subset(n, t)[0]], "those are the numbers taken"),
        (nb06.closest_sum, lambda n, t: np.flatnonzero(subset_sum.closest_subset(n, t)[0]), "positions of the numbers"),
        (nb06.closest_sum, lambda n, t: np.array([None]), "found     array([None]"),
        (nb06.closest_sum, sorts_its_argument, "changed its arguments"),
        (nb06.closest_sum, lambda n, t: None, "return its result?"),
        (nb06.closest_sum, lambda n, t: subset_sum.all_sums(n)[2 ** len(n)], "IndexError"),
    ],
)
def test_a_likely_mistake_is_named(exercise, attempt, message, capsys):
    assert not exercise(attempt)
    told = capsys.readouterr().out
    assert message in told
    assert f"checks.hint('{exercise.name}')" in told
