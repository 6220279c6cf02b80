"""Notebook 03's own run keeps the networks that a stability test trains. Oracle: the experiment's `Setup`."""

import copy

import torch

from lth_teach import data
from lth_teach.experiments import residual
from lth_teach.ground.states import copy_state
from lth_teach.lab import stability_bench


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_the_parent_is_the_network_that_the_learners_own_first_part_made():
    setup = residual.Setup(data.mnist1d(), "short", 4, stop=2)
    asked = []

    def test(model, train, k, refresh, error):
        train(model, 7, 0, k)
        for order in (1, 2):
            train(copy.deepcopy(model), order, k, 1)
        return error(model), (0.1, 0.3, 0.2)

    found = stability_bench.watch(test, setup, 0.5, asked.append, lambda model: asked.append(model) or 0.0)
    parent = setup.network()
    setup.train(parent, 7, 0, 0.5)
    assert same(found["parent"], copy_state(parent.state_dict()))
    assert len(found["twins"]) == 2
    for order, twin in enumerate(found["twins"], start=1):
        model = copy.deepcopy(parent)
        setup.train(model, order, 0.5, 1)
        assert same(twin, model.state_dict())
    assert found["stable"] is False
    assert found["errors"] == [0.1, 0.3, 0.2]
    assert abs(found["barrier"] - 0.15) < 1e-12
    assert len(asked) == 1
