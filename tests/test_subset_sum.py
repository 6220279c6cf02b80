"""The subset-sum solver against brute force, its limits, and how far any target is from a sum."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lth_teach.strong import subset_sum

NUMBERS = st.lists(st.floats(-2, 2), max_size=9)


def every_sum(numbers):
    return [sum(chosen) for size in range(len(numbers) + 1) for chosen in itertools.combinations(numbers, size)]


@given(numbers=NUMBERS, target=st.floats(-3, 3))
@settings(deadline=None)
def test_no_subset_is_closer_than_the_one_found(numbers, target):
    mask, total = subset_sum.closest_subset(numbers, target)
    best = min(abs(found - target) for found in every_sum(numbers))
    assert abs(total - target) == pytest.approx(best, abs=1e-12)
    assert total == pytest.approx(sum(number for number, taken in zip(numbers, mask, strict=True) if taken), abs=1e-12)


@given(numbers=NUMBERS, mask=st.lists(st.booleans(), min_size=9, max_size=9))
@settings(deadline=None)
def test_a_target_that_is_a_sum_is_hit(numbers, mask):
    target = sum(number for number, taken in zip(numbers, mask, strict=False) if taken)
    assert subset_sum.closest_subset(numbers, target)[1] == pytest.approx(target, abs=1e-12)


def test_the_closest_sum_may_lie_above_below_or_be_empty():
    assert subset_sum.closest_subset([0.3, 0.5], 0.75)[1] == 0.8
    assert subset_sum.closest_subset([0.3, 0.5], 0.6)[1] == 0.5
    mask, total = subset_sum.closest_subset([0.3, 0.5], 0.1)
    assert (mask.tolist(), total) == ([False, False], 0.0)
    assert subset_sum.closest_subset([], 0.7)[1] == 0.0


def test_as_many_numbers_as_an_imitation_uses_are_hit_to_rounding():
    numbers = np.random.default_rng(0).uniform(-1, 1, 32)
    mask, total = subset_sum.closest_subset(numbers, 0.25)
    assert abs(total - 0.25) < 1e-7  # 2^32 sums lie about 5e-9 apart
    assert total == numbers[mask].sum()


def test_too_many_numbers_are_refused_with_the_number_that_fits():
    most = subset_sum.most_numbers()
    assert most == 44
    with pytest.raises(ValueError, match=rf"60 numbers need 2\^30 sums.*65,536 MB; at most {most} numbers fit"):
        subset_sum.closest_subset([0.1] * 60, 0.5)
    with pytest.raises(ValueError, match=r"25 numbers need 2\^25 sums.*at most 22 numbers"):
        subset_sum.all_sums([0.1] * 25)


def test_memory_below_one_sum_holds_nothing():
    assert subset_sum.most_numbers(64) == 0
    assert subset_sum.most_numbers(640) == 6
    with pytest.raises(ValueError, match="at least 64 bytes, those of one sum, got 10"):
        subset_sum.most_numbers(10)


@pytest.mark.parametrize(("numbers", "target"), [([math.nan], 0.1), ([[0.1]], 0.1), ([0.1], math.inf)])
def test_what_is_no_number_is_refused(numbers, target):
    with pytest.raises(ValueError, match="must be"):
        subset_sum.closest_subset(numbers, target)


def test_all_sums_are_in_the_order_of_their_codes():
    assert subset_sum.all_sums([1, 10, 100]).tolist() == [0, 1, 10, 11, 100, 101, 110, 111]


@given(sums=st.lists(st.floats(-1, 1), min_size=1, max_size=8))
@settings(deadline=None)
def test_the_worst_distance_is_the_largest_on_a_fine_grid(sums):
    z = np.linspace(-0.5, 0.5, 2_001)
    on_grid = np.abs(z[:, None] - np.array(sums)).min(axis=1).max()
    assert on_grid - 1e-12 <= subset_sum.worst_distance(np.array(sums)) <= on_grid + 0.0005


@given(epsilon=st.floats(1e-9, 0.4), failure=st.floats(1e-9, 0.4))
def test_the_number_needed_grows_as_either_argument_shrinks(epsilon, failure):
    needed = subset_sum.numbers_needed(epsilon, failure)
    assert needed <= subset_sum.numbers_needed(epsilon / 2, failure)
    assert needed <= subset_sum.numbers_needed(epsilon, failure / 2)
    assert needed >= math.log2(1 / (2 * epsilon))  # nothing can beat counting


@pytest.mark.parametrize(("epsilon", "failure"), [(0.05, 0.02), (0.002, 0.05)])
def test_the_number_needed_is_enough_at_the_worst_place(epsilon, failure):
    random, count = np.random.default_rng(0), subset_sum.numbers_needed(epsilon, failure)
    missed = 0
    for _ in range(600):
        products = random.uniform(0, 1, count) * random.uniform(-1, 1, count)
        missed += abs(subset_sum.closest_subset(products, 0.5)[1] - 0.5) > epsilon
    assert missed / 600 <= failure


@pytest.mark.parametrize("bad", [(0, 0.1), (0.1, 1), (-1, 0.1), (0.1, math.nan)])
def test_an_argument_outside_its_range_is_refused(bad):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        subset_sum.numbers_needed(*bad)
