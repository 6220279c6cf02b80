"""Waiting for twins: drawn neurons against the probability of a match."""

import math

import numpy as np
import pytest

from lth_teach.strong import twins


def test_points_fill_the_ball_evenly():
    points = twins.uniform_in_ball(20_000, 3, 2.0, np.random.default_rng(0))
    norms = np.linalg.norm(points, axis=1)
    assert norms.max() <= 2
    assert (norms < 1).mean() == pytest.approx(1 / 8, abs=0.01)
    assert np.abs(points.mean(axis=0)).max() < 0.05


def test_the_draws_until_a_match_follow_the_probability():
    weights, random = np.array([[0.0]]), np.random.default_rng(1)  # within 0.05 of 0 with probability 0.05
    drawn = [twins.neurons_until_matched(weights, None, 0.05, 1.0, random) for _ in range(300)]
    assert np.mean(drawn) == pytest.approx(20, rel=0.2)
    bias = np.array([0.0])
    drawn = [twins.neurons_until_matched(weights, bias, 0.05, 1.0, random) for _ in range(300)]
    assert np.mean(drawn) == pytest.approx(400, rel=0.2)


def test_the_last_of_several_matches_counts():
    """Two neurons take 20 · (1 + ½) draws on average; one that anything matches takes one."""
    weights, random = np.array([[0.0], [0.5]]), np.random.default_rng(2)
    drawn = [twins.neurons_until_matched(weights, None, 0.05, 1.0, random) for _ in range(400)]
    assert np.mean(drawn) == pytest.approx(30, rel=0.15)
    assert twins.neurons_until_matched(np.array([[0.0]]), None, 1.5, 1.0, random) == 1


def test_draws_are_counted_over_all_batches_up_to_the_last_match(monkeypatch):
    """Draw 5 matches the first neuron; the second has to wait for draw 1,025, the first of the second batch."""
    batches = [np.full((1_024, 1), 0.9), np.full((2_048, 1), 0.9)]
    batches[0][4], batches[1][0] = 0.0, 0.5
    monkeypatch.setattr(twins, "uniform_in_ball", lambda *_: batches.pop(0))
    weights = np.array([[0.0], [0.5]])
    assert twins.neurons_until_matched(weights, None, 0.05, 1.0, np.random.default_rng(0)) == 1_025


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
        twins.neurons_until_matched(np.array(weights), biases, 0.3, 1.0, np.random.default_rng(0), most=2_000)


def test_matching_gives_up_and_says_how_far_it_came():
    weights = np.array([[0.1], [0.2]])
    with pytest.raises(RuntimeError, match=r"2 of 2 neurons have no match"):
        twins.neurons_until_matched(weights, None, 1e-9, 1.0, np.random.default_rng(0), most=1_000)
    with pytest.raises(ValueError, match="beyond the bound"):
        twins.neurons_until_matched(weights, None, 0.1, 0.15, np.random.default_rng(0))
