"""The chance of a near twin of a Gaussian weight vector: by hand, by simulation, and against both bounds."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lth_teach.strong import gaussian_ball


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
