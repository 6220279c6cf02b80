"""Bounds of section 6.1: against brute force and simulation where there is one, and that they move the right way."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth_teach.strong import counting, products
from lth_teach.strong.target import Target

# Counting


def test_the_counting_bound_is_met_by_evenly_spaced_values():
    assert counting.weights_by_counting(1 / 16) == 3  # 2^3 values serve a length of 8 · 2/16 = 1, and not more
    assert counting.weights_by_counting(1 / 16, failure=0.5) == 2
    assert counting.weights_by_counting(0.7) == 0
    assert counting.weights_by_counting(2.0**-900) == pytest.approx(899)
    assert counting.weights_by_counting(1 / 64, n=4) == 4 * 3


@given(n=st.integers(1, 8), seed=st.integers(0, 99))
def test_as_many_values_as_neurons_can_be_chosen_freely(n, seed):
    """Oracle: the target itself. Its n values are the outer weights, scaled by 1/n and sheared."""
    kinks = -1 + 2 / n * np.arange(n)
    inner = np.column_stack([np.full(n, 0.5), -kinks / 2])
    outer = np.random.default_rng(seed).uniform(-0.5, 0.5, (1, n))
    assert np.abs(inner).max() <= 0.5
    at = np.column_stack([np.maximum(0.5 * (x - kinks), 0) for x in kinks + 2 / n])  # (neurons, inputs)
    assert np.allclose(Target(inner, outer)((kinks + 2 / n)[:, None])[:, 0], outer[0] @ at)
    assert abs(np.linalg.det(at)) == pytest.approx(n**-n)


@given(epsilon=st.floats(1e-12, 0.4), failure=st.floats(0, 0.9), n=st.integers(1, 50))
def test_counting_asks_for_more_when_more_is_wanted(epsilon, failure, n):
    bound = counting.weights_by_counting(epsilon, n, failure)
    assert bound <= counting.weights_by_counting(epsilon / 2, n, failure)
    assert bound <= counting.weights_by_counting(epsilon, n, failure / 2)


@pytest.mark.parametrize("bad", [{"epsilon": 0}, {"epsilon": 0.1, "failure": 1}, {"epsilon": 0.1, "n": 0}])
def test_the_counting_bound_refuses_what_makes_no_sense(bad):
    with pytest.raises(ValueError, match="must be"):
        counting.weights_by_counting(**bad)


def test_the_two_widths_of_the_document():
    assert counting.document_width(10, 0.05) == pytest.approx(100 * math.log(200))
    assert counting.document_proof_width(10, 2, 1.0, 0.1, 0.05) == pytest.approx(10 * 400 * math.log(200))


@given(n=st.integers(1, 50), d=st.integers(1, 8), epsilon=st.floats(0.01, 1), failure=st.floats(0.01, 0.5))
def test_the_widths_grow_with_the_target_and_with_the_demand(n, d, epsilon, failure):
    width = counting.document_proof_width(n, d, 1.0, epsilon, failure)
    assert width <= counting.document_proof_width(n + 1, d, 1.0, epsilon, failure)
    assert width <= counting.document_proof_width(n, d + 1, 1.0, epsilon, failure)
    assert width <= counting.document_proof_width(n, d, 1.0, epsilon / 2, failure)
    assert counting.document_width(n, failure) <= counting.document_width(n + 1, failure)


def test_draws_needed():
    assert counting.draws_needed(0.01, 0.05) == 299  # 0.99^299 < 0.05 < 0.99^298
    assert counting.draws_needed(1, 0.05) == 1
    assert counting.draws_needed(1e-30, 0.05) == pytest.approx(3e30, rel=0.01)
    for bad in ((0, 0.1), (1.5, 0.1), (0.1, 0), (0.1, 1)):
        with pytest.raises(ValueError, match="must"):
            counting.draws_needed(*bad)
    assert counting.draws_for_all(0.1, 2, 0.05) == counting.draws_needed(0.1**2, 0.05) == 299


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: counting.draws_needed(1e-310, 0.05), r"a probability of 1e-310 needs more than 1e\+250 draws"),
        (lambda: counting.draws_for_all(0.005, 150, 0.05), r"match 150 numbers at once takes about 1e\+345 random"),
        (
            lambda: counting.document_proof_width(300, 784, 1.0, 0.01, 0.05),
            r"\(2B/ε\)\^d is about 1e\+1804, too large",
        ),
        (lambda: products.product_candidates(0.5, 1e-20, 0.05), "epsilon must be at least 1e-12"),
    ],
)
def test_numbers_too_large_to_compute_with_are_refused_with_their_size(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("alpha", "epsilon"), [(0.3, 0.05), (-0.3, 0.05), (0.0, 0.1), (0.02, 0.1), (1.0, 0.2), (0.5, 0.9)]
)
def test_the_probability_of_a_product_is_what_simulation_finds(alpha, epsilon):
    u, v = np.random.default_rng(0).uniform(-1, 1, (2, 400_000))
    found = ((u > 0) & (np.abs(u * v - alpha) <= epsilon)).mean()
    assert found == pytest.approx(products.product_probability(alpha, epsilon), abs=0.002)


@given(alpha=st.floats(0, 0.99), epsilon=st.floats(1e-6, 0.3))
def test_a_product_is_harder_to_hit_further_out_and_closer_in(alpha, epsilon):
    probability = products.product_probability(alpha, epsilon)
    assert products.product_probability(alpha + 0.01, epsilon) <= probability + 1e-12
    assert products.product_probability(alpha, epsilon / 2) <= probability + 1e-12
    assert 0 < probability <= 0.5


@given(epsilon=st.floats(1e-4, 0.3))
def test_matching_each_factor_is_never_cheaper_than_matching_the_product(epsilon):
    assert products.factor_candidates(epsilon, 0.05) >= products.product_candidates(0.5, epsilon, 0.05)


def test_products_refuse_what_makes_no_sense():
    with pytest.raises(ValueError, match="between -1 and 1"):
        products.product_probability(1.2, 0.1)
    with pytest.raises(ValueError, match="epsilon must be positive"):
        products.product_probability(0.2, 0)
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        products.factor_candidates(1.0, 0.05)
