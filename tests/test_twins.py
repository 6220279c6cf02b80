"""Points of a ball are evenly spread."""

import numpy as np
import pytest

from lth_teach.strong import twins


def test_points_fill_the_ball_evenly():
    points = twins.uniform_in_ball(20_000, 3, 2.0, np.random.default_rng(0))
    norms = np.linalg.norm(points, axis=1)
    assert norms.max() <= 2
    assert (norms < 1).mean() == pytest.approx(1 / 8, abs=0.01)
    assert np.abs(points.mean(axis=0)).max() < 0.05
