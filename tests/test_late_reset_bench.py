"""Notebook 05's own run gives a search the seed's own training. Oracle: the experiment's `Setup`, for three steps."""

import pytest

from lth_teach import data, masks
from lth_teach.experiments import residual
from lth_teach.lab import late_reset_bench


def test_a_search_has_the_seeds_training_and_a_training_of_no_steps_is_not_noted():
    setup = residual.Setup(data.mnist1d(), "short", 4, prune_rate=0.5)

    def search(network, train, cut, steps, last):
        train(network, 0, 0)
        train(network, 0, last)
        return cut(network, masks.dense(network)), steps

    (kept, steps), reached = late_reset_bench.follow(search, setup, 3)
    assert steps == residual.STEPS["short"]
    assert reached == [setup.train(setup.network(), until=3 / steps)]
    assert masks.density(kept) == pytest.approx(0.5, abs=1e-4)
