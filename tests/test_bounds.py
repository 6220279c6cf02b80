"""The formulas of section 6.3: values by hand, and how they move with n, k and m."""

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
