"""The formulas of sections 6.2 and 6.3: values by hand, and how they move with n, k and m."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lth_teach.measures import bounds

BOUNDS = {
    "document": bounds.document_bound,
    "sparse": bounds.sparse_bound,
    "relu": partial(bounds.relu_bound, depth=3),
    "counting": partial(bounds.counting_bound, bits=1),  # near k = n the choice gets cheaper by more than a bit costs
}
SIZES = st.integers(2, 50_000)
SAMPLES = st.integers(1, 1_000_000)


@st.composite
def sizes_and_kept(draw):
    n = draw(SIZES)
    return n, draw(st.integers(1, n - 1))


@st.composite
def gradients_and_masks(draw):
    length = draw(st.integers(1, 40))
    entries = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)
    gradient = draw(st.lists(entries, min_size=length, max_size=length).filter(any))
    return np.array(gradient), np.array(draw(st.lists(st.booleans(), min_size=length, max_size=length)))


# Section 6.2: the gradient that a mask keeps


def test_the_cosine_of_the_two_weight_example():
    assert bounds.cosine([100.0, 1.0], [True, False]) == pytest.approx(0.99995, abs=1e-6)
    assert bounds.progress_ratio([100.0, 1.0], [True, False]) == pytest.approx(10_000 / 10_001)


@given(gradients_and_masks())
def test_the_progress_ratio_is_the_square_of_the_cosine(case):
    gradient, kept = case
    angle = bounds.cosine(gradient, kept)
    assert 0 <= angle <= 1
    assert bounds.progress_ratio(gradient, kept) == pytest.approx(angle**2, abs=1e-12)
    norms = np.linalg.norm(gradient * kept) / np.linalg.norm(gradient)
    assert angle == pytest.approx(norms, abs=1e-12)


@given(gradients_and_masks(), st.data())
def test_keeping_one_weight_more_never_lowers_the_cosine(case, data):
    gradient, kept = case
    more = kept.copy()
    more[data.draw(st.integers(0, len(kept) - 1))] = True
    assert bounds.cosine(gradient, more) >= bounds.cosine(gradient, kept) - 1e-12


@given(gradients_and_masks(), st.floats(1e-200, 1e200))
def test_the_length_of_the_gradient_does_not_matter(case, length):
    gradient, kept = case
    assert bounds.cosine(gradient * length, kept) == pytest.approx(bounds.cosine(gradient, kept), abs=1e-9)


def test_masks_that_keep_all_of_the_gradient_or_none():
    gradient = np.array([[3.0, 0.0], [0.0, -4.0]])
    assert bounds.cosine(gradient, [[1, 0], [0, 1]]) == pytest.approx(1)
    assert bounds.cosine(gradient, [[0, 1], [1, 0]]) == 0
    assert bounds.progress_ratio(gradient, [[0, 1], [1, 0]]) == 0


@pytest.mark.parametrize("function", [bounds.cosine, bounds.progress_ratio])
@pytest.mark.parametrize(
    ("gradient", "kept", "message"),
    [
        ([0.0, 0.0], [True, False], "no direction"),
        ([1.0, math.nan], [True, False], "not finite"),
        ([1.0, 2.0], [True], r"shape \(2,\), mask of shape \(1,\)"),
        ([1.0, 2.0], [0.5, 0.0], "true and false, or 1 and 0; it also has 0.5"),
        ([1.0, 2.0], [math.nan, 0.0], "it also has nan"),
    ],
)
def test_gradients_without_a_cosine_are_refused(function, gradient, kept, message):
    with pytest.raises(ValueError, match=message):
        function(gradient, kept)


def test_rounding_lifts_no_cosine_above_one():
    numbers = np.random.default_rng(0)
    assert max(bounds.cosine(numbers.normal(size=7), np.ones(7)) for _ in range(200)) == 1


def test_masks_may_be_numbers():
    assert bounds.cosine([3.0, 4.0], [1.0, 0.0]) == bounds.cosine([3.0, 4.0], [True, False]) == pytest.approx(0.6)


# Section 6.3: the bounds


def test_values_by_hand():
    assert bounds.document_bound(100, 25, 50) == pytest.approx(math.sqrt(25 * math.log(4) / 50))
    assert bounds.sparse_bound(100, 25, 50) == pytest.approx(math.sqrt(25 * math.log(4 * math.e) / 50))
    expected = (25 * 3 * math.log(25) + 25 * math.log(4 * math.e) + math.log(10)) / 50
    assert bounds.relu_bound(100, 25, 50, depth=3, delta=0.1) == pytest.approx(math.sqrt(expected))
    expected = (2 * 8 * math.log(2) + math.log(10) + math.log(20)) / 14  # C(5, 2) = 10
    assert bounds.counting_bound(5, 2, 7, bits=8) == pytest.approx(math.sqrt(expected))
    assert bounds.holdout_bound(1_000) == pytest.approx(0.0387, abs=1e-4)


def test_lenet_with_a_fifth_of_its_weights():
    n = 266_200
    assert bounds.document_bound(n, round(0.211 * n), 60_000) == pytest.approx(1.21, abs=0.005)
    assert bounds.sparse_bound(n, round(0.211 * n), 60_000) == pytest.approx(1.55, abs=0.005)


@given(sizes_and_kept(), SAMPLES)
def test_all_but_the_document_s_bound_rise_with_the_weights_kept(case, m):
    n, k = case
    for name in ("sparse", "relu"):
        assert BOUNDS[name](n, k + 1, m) > BOUNDS[name](n, k, m)


@given(st.integers(2, 5_000), st.floats(0, 1), SAMPLES)
def test_with_many_bits_a_weight_the_counting_bound_rises_with_the_weights_kept(n, part, m):
    k = 1 + int(part * (n - 2))  # below n
    assert bounds.counting_bound(n, k + 1, m, bits=32) > bounds.counting_bound(n, k, m, bits=32)


@given(st.integers(1, 100_000), st.floats(0.001, 0.5))
def test_more_samples_lower_the_holdout_bound(m, delta):
    assert bounds.holdout_bound(m + 1, delta) < bounds.holdout_bound(m, delta)
    assert bounds.holdout_bound(4 * m, delta) == pytest.approx(bounds.holdout_bound(m, delta) / 2)


@given(sizes_and_kept(), SAMPLES)
def test_the_document_s_bound_rises_up_to_n_over_e_and_falls_from_there(case, m):
    n, k = case
    now, further = bounds.document_bound(n, k, m), bounds.document_bound(n, k + 1, m)
    if k + 1 <= n / math.e:
        assert further > now
    elif k >= n / math.e:
        assert further < now
    assert bounds.document_bound(n, n, m) == 0


@pytest.mark.parametrize("name", BOUNDS)
@given(case=sizes_and_kept(), m=SAMPLES)
def test_more_samples_lower_a_bound_and_more_weights_to_choose_from_raise_it(name, case, m):
    n, k = case
    bound = BOUNDS[name]
    assert bound(n, k, m + 1) < bound(n, k, m)
    assert bound(n, k, 4 * m) == pytest.approx(bound(n, k, m) / 2)
    assert bound(n + 1, k, m) > bound(n, k, m)


@given(sizes_and_kept(), SAMPLES)
def test_the_order_of_the_bounds(case, m):
    n, k = case
    document, sparse, relu = (BOUNDS[name](n, k, m) for name in ("document", "sparse", "relu"))
    assert document < sparse < relu


@given(sizes_and_kept(), SAMPLES)
def test_the_values_cost_k_and_the_choice_the_rest(case, m):
    n, k = case
    assert bounds.sparse_bound(n, k, m) ** 2 * m == pytest.approx(k + bounds.document_bound(n, k, m) ** 2 * m)


@given(sizes_and_kept())
def test_the_number_of_masks_lies_between_the_two_logarithms(case):
    n, k = case
    slack = 1e-9 * n  # of the logarithms of factorials
    assert k * math.log(n / k) <= bounds.log_choices(n, k) + slack
    assert bounds.log_choices(n, k) <= k * math.log(math.e * n / k) + slack


@pytest.mark.parametrize(("n", "k"), [(5, 0), (5, 2), (5, 5), (60, 30)])
def test_the_number_of_masks_is_a_binomial_coefficient(n, k):
    assert math.exp(bounds.log_choices(n, k)) == pytest.approx(math.comb(n, k))


@given(st.floats(0.001, 0.5), st.integers(1, 10_000))
def test_a_surer_bound_is_a_larger_bound(delta, m):
    assert bounds.holdout_bound(m, delta / 2) > bounds.holdout_bound(m, delta)
    assert bounds.relu_bound(100, 10, m, 2, delta / 2) > bounds.relu_bound(100, 10, m, 2, delta)
    assert bounds.counting_bound(100, 10, m, 8, delta / 2) > bounds.counting_bound(100, 10, m, 8, delta)


# Where a bound is vacuous


@pytest.mark.parametrize("name", BOUNDS)
@given(n=st.integers(1, 200), m=st.integers(1, 500), limit=st.floats(0.01, 5))
@settings(deadline=None)
def test_vacuous_finds_the_same_as_trying_every_k(name, n, m, limit):
    def bound(k):
        return BOUNDS[name](n, k, m)

    assert list(bounds.vacuous(bound, n, limit)) == [k for k in range(1, n + 1) if bound(k) > limit]


def test_the_document_s_bound_is_not_vacuous_at_both_ends():
    n, m = 266_200, 60_000
    found = bounds.vacuous(lambda k: bounds.document_bound(n, k, m), n)
    assert 1 < found.start < n / math.e < found.stop <= n
    for k, above in ((found.start - 1, False), (found.start, True), (found.stop - 1, True), (found.stop, False)):
        assert (bounds.document_bound(n, k, m) > 1) is above


def test_a_bound_equal_to_the_limit_is_not_vacuous():
    assert bounds.vacuous(lambda k: min(k, 10 - k), 9, limit=3) == range(4, 7)


def test_with_samples_enough_no_k_is_vacuous():
    assert len(bounds.vacuous(lambda k: bounds.sparse_bound(100, k, 101), 100)) == 0
    assert bounds.vacuous(lambda k: bounds.sparse_bound(100, k, 99), 100).stop == 101


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bounds.document_bound(10, 0, 5), "k must be from 1 to n = 10"),
        (lambda: bounds.sparse_bound(10, 11, 5), "got 11"),
        (lambda: bounds.log_choices(10, -1), "k must be from 0"),
        (lambda: bounds.sparse_bound(10, 5, 0), "samples must be at least 1, got 0"),
        (lambda: bounds.relu_bound(10, 5, 5, 0), "depth must be at least 1"),
        (lambda: bounds.relu_bound(10, 5, 5, 2, delta=1), "delta must lie strictly between 0 and 1"),
        (lambda: bounds.counting_bound(10, 5, 5, bits=0), "bits must be at least 1"),
        (lambda: bounds.holdout_bound(0), "got 0"),
        (lambda: bounds.vacuous(lambda k: 1.0, 0), "n must be at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
