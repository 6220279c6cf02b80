"""Bounds of section 6.1: against brute force and simulation where there is one, and that they move the right way."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lth_teach import existence, gaussian_ball

# Counting


def test_the_counting_bound_is_met_by_evenly_spaced_values():
    assert existence.counting_bound(1 / 16) == 3  # 2^3 values serve an interval of length 8 · 2/16 = 1, and not more
    assert existence.counting_bound(1 / 16, failure=0.5) == 2
    assert existence.counting_bound(1 / 16, length=4) == 5
    assert existence.counting_bound(0.7) == 0
    assert existence.counting_bound(2.0**-900) == pytest.approx(899)


@given(epsilon=st.floats(1e-12, 0.4), failure=st.floats(0, 0.9), length=st.floats(0.1, 10))
def test_counting_asks_for_more_when_more_is_wanted(epsilon, failure, length):
    bound = existence.counting_bound(epsilon, failure, length)
    assert bound <= existence.counting_bound(epsilon / 2, failure, length)
    assert bound <= existence.counting_bound(epsilon, failure / 2, length)
    assert bound <= existence.counting_bound(epsilon, failure, 2 * length)


@pytest.mark.parametrize("bad", [{"epsilon": 0}, {"epsilon": 0.1, "failure": 1}, {"epsilon": 0.1, "length": -1}])
def test_the_counting_bound_refuses_what_makes_no_sense(bad):
    with pytest.raises(ValueError, match="must be"):
        existence.counting_bound(**bad)


def test_the_two_widths_of_the_document():
    assert existence.document_width(10, 0.05) == pytest.approx(100 * math.log(200))
    assert existence.document_proof_width(10, 2, 1.0, 0.1, 0.05) == pytest.approx(10 * 400 * math.log(200))


@given(n=st.integers(1, 50), d=st.integers(1, 8), epsilon=st.floats(0.01, 1), failure=st.floats(0.01, 0.5))
def test_the_widths_grow_with_the_target_and_with_the_demand(n, d, epsilon, failure):
    width = existence.document_proof_width(n, d, 1.0, epsilon, failure)
    assert width <= existence.document_proof_width(n + 1, d, 1.0, epsilon, failure)
    assert width <= existence.document_proof_width(n, d + 1, 1.0, epsilon, failure)
    assert width <= existence.document_proof_width(n, d, 1.0, epsilon / 2, failure)
    assert existence.document_width(n, failure) <= existence.document_width(n + 1, failure)


def test_draws_needed():
    assert existence.draws_needed(0.01, 0.05) == 299  # 0.99^299 < 0.05 < 0.99^298
    assert existence.draws_needed(1, 0.05) == 1
    assert existence.draws_needed(1e-30, 0.05) == pytest.approx(3e30, rel=0.01)
    for bad in ((0, 0.1), (1.5, 0.1), (0.1, 0), (0.1, 1)):
        with pytest.raises(ValueError, match="must"):
            existence.draws_needed(*bad)
    assert existence.draws_for_all(0.1, 2, 0.05) == existence.draws_needed(0.1**2, 0.05) == 299


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: existence.draws_needed(1e-310, 0.05), r"a probability of 1e-310 needs more than 1e\+250 draws"),
        (lambda: existence.draws_for_all(0.005, 150, 0.05), r"match 150 numbers at once takes about 1e\+345 random"),
        (lambda: existence.sizes_for_one_neuron(0.01, 1.0, 150), r"about 1e\+345 random neurons; take another method"),
        (
            lambda: existence.document_proof_width(300, 784, 1.0, 0.01, 0.05),
            r"\(2B/ε\)\^d is about 1e\+1804, too large",
        ),
        (lambda: existence.product_candidates(0.5, 1e-20, 0.05), "epsilon must be at least 1e-12"),
    ],
)
def test_numbers_too_large_to_compute_with_are_refused_with_their_size(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# The ball


def test_the_documents_bound_fails_at_the_edge_in_one_dimension():
    exact = gaussian_ball.ball_probability(3, 0.5, 3, 1)
    assert exact == pytest.approx(0.00487, abs=5e-6)
    assert gaussian_ball.claimed_ball_bound(0.5, 3, 1) == pytest.approx(0.0833, abs=5e-5)
    assert gaussian_ball.mended_ball_bound(0.5, 3, 1) < exact


def test_the_mended_bound_by_hand():
    assert gaussian_ball.mended_ball_bound(0.5, 3, 1) == pytest.approx(math.e**-4.5 / 12)
    assert gaussian_ball.mended_ball_bound(0.5, 1, 3) == pytest.approx(math.e**-0.5 / 64)
    assert gaussian_ball.mended_ball_bound(2.0, 1, 3) <= 1
    with pytest.raises(ValueError, match="at most 2B = 2, got 2.1"):
        gaussian_ball.mended_ball_bound(2.1, 1, 3)


def test_far_out_in_one_dimension_no_digits_are_lost():
    """Around 10 the density falls so fast that nearly all of the interval's mass lies at its near end."""
    exact = gaussian_ball.ball_probability(10, 0.5, 12, 1)
    tail = math.erfc(9.5 / math.sqrt(2)) / 2 - math.erfc(10.5 / math.sqrt(2)) / 2
    assert exact == pytest.approx(tail, rel=1e-9)
    assert gaussian_ball.ball_probability(30, 0.1, 31, 1) > 0


@given(d=st.integers(1, 7), bound=st.floats(0.1, 4), size=st.floats(0.01, 0.9))
def test_the_mended_bound_grows_with_the_ball_and_shrinks_with_the_dimension_and_the_weights(d, bound, size):
    epsilon, found = 2 * bound * size, gaussian_ball.mended_ball_bound(2 * bound * size, bound, d)
    assert found < gaussian_ball.mended_ball_bound(1.1 * epsilon, bound, d)
    assert found > gaussian_ball.mended_ball_bound(epsilon, bound, d + 1)
    assert found > gaussian_ball.mended_ball_bound(epsilon, 1.1 * bound, d)


@given(d=st.integers(1, 7), bound=st.floats(0.1, 4), size=st.floats(0.01, 1), place=st.floats(0, 1))
@settings(deadline=None)
def test_the_mended_bound_holds_everywhere(d, bound, size, place):
    epsilon = 2 * bound * size
    exact = gaussian_ball.ball_probability(place * bound, epsilon, bound, d)
    assert gaussian_ball.mended_ball_bound(epsilon, bound, d) <= exact * (1 + 1e-6)


@pytest.mark.parametrize(("distance", "epsilon", "bound", "d"), [(1, 0.7, 1, 2), (0.5, 1.2, 2, 3), (0, 0.8, 1.5, 4)])
def test_the_probability_is_what_simulation_finds(distance, epsilon, bound, d):
    v = np.random.default_rng(0).standard_normal((400_000, d))
    v = v[np.linalg.norm(v, axis=1) <= bound]
    v[:, 0] -= distance
    found = (np.linalg.norm(v, axis=1) < epsilon).mean()
    exact = gaussian_ball.ball_probability(distance, epsilon, bound, d)
    assert found == pytest.approx(exact, abs=4 * math.sqrt(exact / len(v)))


@given(d=st.integers(1, 5), bound=st.floats(0.2, 3), distance=st.floats(0, 1))
@settings(deadline=None)
def test_a_ball_that_holds_the_whole_range_is_certain_and_larger_balls_are_likelier(d, bound, distance):
    at = [
        gaussian_ball.ball_probability(distance * bound, part * bound, bound, d) for part in (0.2, 0.5, 1, 1.5, 2.001)
    ]
    assert at[-1] == pytest.approx(1)
    assert all(a <= b + 1e-9 for a, b in pairwise(at))


@pytest.mark.parametrize("bad", [(4, 0.5, 3, 1), (0, 0, 3, 1), (0, 0.5, 3, 0), (-1, 0.5, 3, 1), (0, 0.5, 3, 1.5)])
def test_the_ball_refuses_what_makes_no_sense(bad):
    with pytest.raises(ValueError, match="must"):
        gaussian_ball.ball_probability(*bad)


# Matched neurons


def test_points_fill_the_ball_evenly():
    points = existence.uniform_in_ball(20_000, 3, 2.0, np.random.default_rng(0))
    norms = np.linalg.norm(points, axis=1)
    assert norms.max() <= 2
    assert (norms < 1).mean() == pytest.approx(1 / 8, abs=0.01)
    assert np.abs(points.mean(axis=0)).max() < 0.05


def test_the_draws_until_a_match_follow_the_probability():
    weights, random = np.array([[0.0]]), np.random.default_rng(1)  # within 0.05 of 0 with probability 0.05
    drawn = [existence.neurons_until_matched(weights, None, 0.05, 1.0, random) for _ in range(300)]
    assert np.mean(drawn) == pytest.approx(20, rel=0.2)
    bias = np.array([0.0])
    drawn = [existence.neurons_until_matched(weights, bias, 0.05, 1.0, random) for _ in range(300)]
    assert np.mean(drawn) == pytest.approx(400, rel=0.2)


def test_the_last_of_several_matches_counts():
    """Two neurons take 20 · (1 + ½) draws on average; one that anything matches takes one."""
    weights, random = np.array([[0.0], [0.5]]), np.random.default_rng(2)
    drawn = [existence.neurons_until_matched(weights, None, 0.05, 1.0, random) for _ in range(400)]
    assert np.mean(drawn) == pytest.approx(30, rel=0.15)
    assert existence.neurons_until_matched(np.array([[0.0]]), None, 1.5, 1.0, random) == 1


def test_draws_are_counted_over_all_batches_up_to_the_last_match(monkeypatch):
    """Draw 5 matches the first neuron; the second has to wait for draw 1,025, the first of the second batch."""
    batches = [np.full((1_024, 1), 0.9), np.full((2_048, 1), 0.9)]
    batches[0][4], batches[1][0] = 0.0, 0.5
    monkeypatch.setattr(existence, "uniform_in_ball", lambda *_: batches.pop(0))
    weights = np.array([[0.0], [0.5]])
    assert existence.neurons_until_matched(weights, None, 0.05, 1.0, np.random.default_rng(0)) == 1_025


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        ([[0.1]], [1.5], "a bias beyond the bound 1"),
        ([[0.1]], [math.nan], "a bias beyond the bound 1.0, or not finite"),
        ([[math.nan]], None, "a norm beyond the bound 1.0, or not finite"),
        ([[0.1], [0.2]], [0.3], "2 target neurons need as many biases"),
        (np.zeros((0, 2)), None, r"at least one, got shape \(0, 2\)"),
        ([0.1, 0.2], None, r"got shape \(2,\)"),
    ],
)
def test_targets_that_could_never_be_matched_are_refused(weights, biases, message):
    biases = None if biases is None else np.array(biases)
    with pytest.raises(ValueError, match=message):
        existence.neurons_until_matched(np.array(weights), biases, 0.3, 1.0, np.random.default_rng(0), most=2_000)


def test_matching_gives_up_and_says_how_far_it_came():
    weights = np.array([[0.1], [0.2]])
    with pytest.raises(RuntimeError, match=r"2 of 2 neurons have no match"):
        existence.neurons_until_matched(weights, None, 1e-9, 1.0, np.random.default_rng(0), most=1_000)
    with pytest.raises(ValueError, match="beyond the bound"):
        existence.neurons_until_matched(weights, None, 0.1, 0.15, np.random.default_rng(0))


# Products


@pytest.mark.parametrize(
    ("alpha", "epsilon"), [(0.3, 0.05), (-0.3, 0.05), (0.0, 0.1), (0.02, 0.1), (1.0, 0.2), (0.5, 0.9)]
)
def test_the_probability_of_a_product_is_what_simulation_finds(alpha, epsilon):
    u, v = np.random.default_rng(0).uniform(-1, 1, (2, 400_000))
    found = ((u > 0) & (np.abs(u * v - alpha) <= epsilon)).mean()
    assert found == pytest.approx(existence.product_probability(alpha, epsilon), abs=0.002)


@given(alpha=st.floats(0, 0.99), epsilon=st.floats(1e-6, 0.3))
def test_a_product_is_harder_to_hit_further_out_and_closer_in(alpha, epsilon):
    probability = existence.product_probability(alpha, epsilon)
    assert existence.product_probability(alpha + 0.01, epsilon) <= probability + 1e-12
    assert existence.product_probability(alpha, epsilon / 2) <= probability + 1e-12
    assert 0 < probability <= 0.5


@given(epsilon=st.floats(1e-4, 0.3))
def test_matching_each_factor_is_never_cheaper_than_matching_the_product(epsilon):
    assert existence.factor_candidates(epsilon, 0.05) >= existence.product_candidates(0.5, epsilon, 0.05)


def test_products_refuse_what_makes_no_sense():
    with pytest.raises(ValueError, match="between -1 and 1"):
        existence.product_probability(1.2, 0.1)
    with pytest.raises(ValueError, match="epsilon must be positive"):
        existence.product_probability(0.2, 0)
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        existence.factor_candidates(1.0, 0.05)


# One neuron, all constructions


@given(d=st.integers(1, 10), bound=st.sampled_from([0.5, 1.0, 3.0]), epsilon=st.floats(0.002, 0.4))
def test_all_sizes_grow_with_the_demand_and_none_beats_counting(d, bound, epsilon):
    sizes = existence.sizes_for_one_neuron(epsilon, bound, d)
    finer = existence.sizes_for_one_neuron(epsilon / 2, bound, d)
    larger = existence.sizes_for_one_neuron(epsilon, 2 * bound, d)
    for name, size in sizes.items():
        assert size <= finer[name]
        assert size <= larger[name]
        assert size >= sizes["counting: at least"] or name == "match the neuron"
    # A matched neuron is one of N, so only the masks of N neurons with one kept count: N ≥ 2^M is the price.
    assert sizes["match the neuron"] >= d * math.log2(2 * bound / epsilon) - 5


def test_all_sizes_by_hand():
    """Two inputs, ε = ½, B = 1: each weight within ½ / √2, of numbers twice as large as those of [−1, 1]."""
    each, share = 0.5 / (2 * math.sqrt(2)), 0.05 / 4
    found = existence.sizes_for_one_neuron(0.5, 1.0, 2)
    by_product = existence.product_probability(0.5, each)
    assert found["match the neuron"] == math.ceil(math.log(0.05) / math.log(1 - 1 / 16))
    assert found["match two factors"] == 2 * math.ceil(math.log(share) / math.log(1 - each / 2 * each / 4))
    assert found["best product"] == 2 * math.ceil(math.log(share) / math.log(1 - by_product))
    assert found["subset sum"] == 2 * 2 * math.ceil(2.5 * math.log2(2 / share))
    assert found["counting: at least"] == math.ceil(math.log2(0.95 * 4 / (math.pi * 0.25)))


def test_a_share_of_the_targets_left_out_can_save_a_weight():
    """One dimension: intervals of 2ε = 1 in a box of length 4, so two bits serve all, and one bit a half of them."""
    assert existence.sizes_for_one_neuron(0.5, 2.0, 1, 0.05)["counting: at least"] == 2
    assert existence.sizes_for_one_neuron(0.5, 2.0, 1, 0.5)["counting: at least"] == 1
    assert existence.sizes_for_one_neuron(1.96, 1.0, 1, 0.6)["counting: at least"] == 1


def test_a_box_of_one_dimension_is_counted_as_an_interval():
    assert existence.sizes_for_one_neuron(0.01, 1.0, 1)["counting: at least"] == math.ceil(
        existence.counting_bound(0.01, 0.05, length=2)
    )
    with pytest.raises(ValueError, match="between 0 and 2B = 1"):
        existence.sizes_for_one_neuron(1.0, 0.5, 2)
