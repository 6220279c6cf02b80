"""Bounds of section 6.1: against brute force and simulation where there is one, and that they move the right way."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth_teach.strong import counting, plan, products

# Counting


def test_the_counting_bound_is_met_by_evenly_spaced_values():
    assert (
        counting.weights_by_counting(1 / 16) == 3
    )  # 2^3 values serve an interval of length 8 · 2/16 = 1, and not more
    assert counting.weights_by_counting(1 / 16, failure=0.5) == 2
    assert counting.weights_by_counting(1 / 16, length=4) == 5
    assert counting.weights_by_counting(0.7) == 0
    assert counting.weights_by_counting(2.0**-900) == pytest.approx(899)


@given(epsilon=st.floats(1e-12, 0.4), failure=st.floats(0, 0.9), length=st.floats(0.1, 10))
def test_counting_asks_for_more_when_more_is_wanted(epsilon, failure, length):
    bound = counting.weights_by_counting(epsilon, failure, length)
    assert bound <= counting.weights_by_counting(epsilon / 2, failure, length)
    assert bound <= counting.weights_by_counting(epsilon, failure / 2, length)
    assert bound <= counting.weights_by_counting(epsilon, failure, 2 * length)


@pytest.mark.parametrize("bad", [{"epsilon": 0}, {"epsilon": 0.1, "failure": 1}, {"epsilon": 0.1, "length": -1}])
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
        (lambda: plan.sizes_for_one_neuron(0.01, 1.0, 150), r"about 1e\+345 random neurons; take another method"),
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


# One neuron, all constructions


@given(d=st.integers(1, 10), bound=st.sampled_from([0.5, 1.0, 3.0]), epsilon=st.floats(0.002, 0.4))
def test_all_sizes_grow_with_the_demand_and_none_beats_counting(d, bound, epsilon):
    sizes = plan.sizes_for_one_neuron(epsilon, bound, d)
    finer = plan.sizes_for_one_neuron(epsilon / 2, bound, d)
    larger = plan.sizes_for_one_neuron(epsilon, 2 * bound, d)
    for name, size in sizes.items():
        assert size <= finer[name]
        assert size <= larger[name]
        assert size >= sizes["counting: at least"] or name == "match the neuron"
    # A matched neuron is one of N, so only the masks of N neurons with one kept count: N ≥ 2^M is the price.
    assert sizes["match the neuron"] >= d * math.log2(2 * bound / epsilon) - 5


def test_all_sizes_by_hand():
    """Two inputs, ε = ½, B = 1: each weight within ½ / √2, of numbers twice as large as those of [−1, 1]."""
    each, share = 0.5 / (2 * math.sqrt(2)), 0.05 / 4
    found = plan.sizes_for_one_neuron(0.5, 1.0, 2)
    by_product = products.product_probability(0.5, each)
    assert found["match the neuron"] == math.ceil(math.log(0.05) / math.log(1 - 1 / 16))
    assert found["match two factors"] == 2 * math.ceil(math.log(share) / math.log(1 - each / 2 * each / 4))
    assert found["best product"] == 2 * math.ceil(math.log(share) / math.log(1 - by_product))
    assert found["subset sum"] == 2 * 2 * math.ceil(2.5 * math.log2(2 / share))
    assert found["counting: at least"] == math.ceil(math.log2(0.95 * 4 / (math.pi * 0.25)))


def test_a_share_of_the_targets_left_out_can_save_a_weight():
    """One dimension: intervals of 2ε = 1 in a box of length 4, so two bits serve all, and one bit a half of them."""
    assert plan.sizes_for_one_neuron(0.5, 2.0, 1, 0.05)["counting: at least"] == 2
    assert plan.sizes_for_one_neuron(0.5, 2.0, 1, 0.5)["counting: at least"] == 1
    assert plan.sizes_for_one_neuron(1.96, 1.0, 1, 0.6)["counting: at least"] == 1


def test_a_box_of_one_dimension_is_counted_as_an_interval():
    assert plan.sizes_for_one_neuron(0.01, 1.0, 1)["counting: at least"] == math.ceil(
        counting.weights_by_counting(0.01, 0.05, length=2)
    )
    with pytest.raises(ValueError, match="between 0 and 2B = 1"):
        plan.sizes_for_one_neuron(1.0, 0.5, 2)
