"""The formulas of sections 6.2 and 6.3: values by hand, and how they move with n, k and m."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth_teach.measures import bounds

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


# Section 6.3: bounds


def test_values_by_hand():
    assert bounds.document_bound(100, 25, 50) == pytest.approx(math.sqrt(25 * math.log(4) / 50))
    assert bounds.document_bound(266_200, 56_168, 60_000) == pytest.approx(1.21, abs=0.005)  # 21.1 % of LeNet
    assert bounds.holdout_bound(1_000) == pytest.approx(0.0387, abs=1e-4)


@given(sizes_and_kept(), SAMPLES)
def test_the_document_s_bound_rises_up_to_n_over_e_and_falls_from_there(case, m):
    n, k = case
    now, further = bounds.document_bound(n, k, m), bounds.document_bound(n, k + 1, m)
    if k + 1 <= n / math.e:
        assert further > now
    elif k >= n / math.e:
        assert further < now
    assert bounds.document_bound(n, n, m) == 0


@given(sizes_and_kept())
def test_the_number_of_masks_lies_between_the_two_logarithms(case):
    n, k = case
    slack = 1e-9 * n  # of the logarithms of factorials
    assert k * math.log(n / k) <= bounds.log_choices(n, k) + slack
    assert bounds.log_choices(n, k) <= k * math.log(math.e * n / k) + slack


@pytest.mark.parametrize(("n", "k"), [(5, 0), (5, 2), (5, 5), (60, 30)])
def test_the_number_of_masks_is_a_binomial_coefficient(n, k):
    assert math.exp(bounds.log_choices(n, k)) == pytest.approx(math.comb(n, k))


@given(st.integers(1, 100_000), st.floats(0.001, 0.5))
def test_more_samples_and_less_certainty_lower_the_holdout_bound(m, delta):
    assert bounds.holdout_bound(m + 1, delta) < bounds.holdout_bound(m, delta)
    assert bounds.holdout_bound(4 * m, delta) == pytest.approx(bounds.holdout_bound(m, delta) / 2)
    assert bounds.holdout_bound(m, delta / 2) > bounds.holdout_bound(m, delta)


# Section 6.3: certificates


@st.composite
def certificates(draw):
    examples, weights = draw(st.integers(1, 100_000)), draw(SIZES)
    return bounds.certificate(
        draw(st.integers(0, examples)),
        examples,
        weights,
        draw(st.integers(1, weights)),
        bits=draw(st.integers(1, 32)),
        biases=draw(st.integers(0, 500)),
        delta=draw(st.floats(0.001, 0.5)),
        choices=draw(st.integers(1, 10**9)),
    )


def test_a_certificate_by_hand():
    """Two of five weights and one bias of 3 bits, 4 of 100 examples wrong, 8 settings. Oracle: networks counted."""
    found = bounds.certificate(4, 100, 5, 2, bits=3, biases=1, delta=0.1, choices=8)
    networks = math.comb(5, 2) * 8 ** (2 + 1)
    assert found.nats == pytest.approx(math.log(networks) + math.log(8) + math.log(10))
    assert found.masks == pytest.approx(math.log(10))
    assert (found.values, found.biases) == pytest.approx((2 * math.log(8), math.log(8)))
    assert found.bound == pytest.approx(0.04 + math.sqrt(found.nats / 200))


def test_lenet_on_sixty_thousand_images():
    """The values of a bound by counting that were known before: 0.61 at 2 % kept and 0.45 at 1 %, biases left out."""
    gaps = [bounds.certificate(0, 60_000, 266_200, kept, 5).gap for kept in (5_324, 2_662)]
    assert gaps == pytest.approx([0.61, 0.45], abs=0.005)


@given(certificates())
def test_the_sharper_bound_solves_its_equation_and_lies_between_training_error_and_bound(found):
    """Oracle: Pinsker's inequality, kl(q, p) ≥ 2 (p − q)², and the divergence written out."""
    q, p = found.train_error, found.sharper
    assert q <= p <= min(1.0, found.bound) + 1e-12
    if 0 < q < p < 1 - 1e-12:
        divergence = q * math.log(q / p) + (1 - q) * math.log((1 - q) / (1 - p))
        assert divergence * found.examples == pytest.approx(found.nats, rel=1e-3)


@pytest.mark.parametrize(("errors", "kept"), [(0, 3), (40, 3), (40, 12), (400, 12)])
def test_the_sharper_bound_lies_a_little_above_that_of_the_binomial_tail_itself(errors, kept):
    """Oracle: scipy's binomial distribution. The largest p under which so few errors are not rarer than exp(−nats)."""
    from scipy.optimize import brentq
    from scipy.stats import binom

    found = bounds.certificate(errors, 1_000, 40, kept, bits=2)
    exact = brentq(lambda p: binom.logcdf(errors, 1_000, p) + found.nats, errors / 1_000 + 1e-9, 1 - 1e-9)
    assert exact < found.sharper < exact + 0.01


def test_a_promise_is_broken_no_more_often_than_delta_says():
    """Oracle: a thousand draws of the world in the hardest case, in which all networks are coins of the same error."""
    numbers = np.random.default_rng(1)
    networks, examples, error, delta = 3 * 2**2, 50, 0.4, 0.2  # one of 3 weights, 1 bit, 1 bias of 1 bit
    errors = numbers.binomial(examples, error, (1_000, networks)).min(axis=1)
    found = [bounds.certificate(int(wrong), examples, 3, 1, bits=1, biases=1, delta=delta) for wrong in errors]
    assert math.exp(found[0].masks + found[0].values + found[0].biases) == pytest.approx(networks)
    for promise in ("bound", "sharper"):
        assert np.mean([getattr(one, promise) < error for one in found]) <= delta


@given(st.integers(2, 5_000), st.integers(1, 1_000_000))
def test_each_part_costs(n, m):
    base = {"bits": 4, "biases": 3, "delta": 0.05, "choices": 2}
    gap = bounds.certificate(0, m, n, 1, **base).gap
    for dearer in ({"bits": 5}, {"biases": 4}, {"delta": 0.04}, {"choices": 3}):
        assert bounds.certificate(0, m, n, 1, **(base | dearer)).gap > gap
    assert bounds.certificate(0, m + 1, n, 1, **base).gap < gap
    assert bounds.certificate(0, m, n + 1, 1, **base).gap > gap


def test_at_its_ends():
    everything_wrong = bounds.certificate(10, 10, 5, 2, bits=1)
    assert everything_wrong.sharper == 1
    free = bounds.certificate(0, 10**9, 1, 1, bits=1, delta=0.5)
    assert 0 < free.sharper < free.bound < 1e-4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bounds.document_bound(10, 0, 5), "k must be from 1 to n = 10"),
        (lambda: bounds.document_bound(10, 5, 0), "samples must be at least 1, got 0"),
        (lambda: bounds.log_choices(10, -1), "k must be from 0"),
        (lambda: bounds.holdout_bound(0), "got 0"),
        (lambda: bounds.certificate(0, 5, 10, 11, 3), "k must be from 1 to n = 10 kept weights, got 11"),
        (lambda: bounds.certificate(6, 5, 10, 5, 3), "errors must be from 0 to examples = 5, got 6"),
        (lambda: bounds.certificate(0.1, 5, 10, 5, 3), "errors must be a whole number"),
        (lambda: bounds.certificate(0, 5, 10, 5, 0), "bits"),
        (lambda: bounds.certificate(0, 5, 10, 5, 3, biases=-1), "biases"),
        (lambda: bounds.certificate(0, 5, 10, 5, 3, choices=0), "choices"),
        (lambda: bounds.certificate(0, 5, 10, 5, 3, delta=1), "delta must lie strictly between 0 and 1"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
