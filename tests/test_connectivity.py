"""Error barriers: against a computation by hand, with and without BatchNorm."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lth_teach import Trainer, models
from lth_teach.ground.storage import same_state
from lth_teach.measures import connectivity
from lth_teach.training import evaluate


def trained_copies(data, model, seeds=(0, 1)):
    """States of copies of one network, trained with different orders of the data."""
    states = []
    for seed in seeds:
        network = copy.deepcopy(model)
        Trainer(data, iterations=40, batch_size=20, lr=0.02, evaluations=1, order_seed=seed, device="cpu")(network)
        states.append(network.state_dict())
    return states


def test_the_barrier_is_the_highest_error_minus_the_mean_of_the_ends():
    path = connectivity.Path(alphas=(0.0, 0.5, 1.0), errors=(0.1, 0.5, 0.3), losses=(0.0, 1.0, 0.5))
    assert path.barrier == pytest.approx(0.3)
    assert path.excess == pytest.approx(0.2)


def test_with_unequal_ends_the_two_definitions_differ_by_half_the_difference():
    path = connectivity.Path(alphas=(0.0, 0.5, 1.0), errors=(0.1, 0.2, 0.3), losses=(0.0, 0.1, 0.2))
    assert path.excess == pytest.approx(0.0)  # connected, says the document
    assert path.barrier == pytest.approx(0.1)


def test_errors_agree_with_a_computation_by_hand(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    first, second = trained_copies(tiny, model)
    path = connectivity.error_barrier(model, first, second, tiny, points=5)
    for alpha, error, loss in zip(path.alphas, path.errors, path.losses, strict=True):
        hidden = tiny.x_test
        for layer in ("0", "2"):
            weight, bias = (
                (1 - alpha) * first[f"{layer}.{p}"] + alpha * second[f"{layer}.{p}"] for p in ("weight", "bias")
            )
            hidden = hidden @ weight.T + bias
            hidden = hidden.relu() if layer == "0" else hidden
        assert error == pytest.approx((hidden.argmax(1) != tiny.y_test).float().mean().item())
        assert loss == pytest.approx(F.cross_entropy(hidden, tiny.y_test).item(), abs=1e-5)


def test_a_network_and_itself_have_no_barrier(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    path = connectivity.error_barrier(model, model.state_dict(), model.state_dict(), tiny, points=3)
    assert (path.barrier, path.excess) == (0, 0)


def test_batchnorm_is_measured_anew_at_every_point(tiny):
    model = nn.Sequential(nn.Linear(6, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Linear(20, 3))
    first, second = trained_copies(tiny, model)
    middle = connectivity.interpolate(first, second, 0.5)
    probe = copy.deepcopy(model)
    probe.load_state_dict(middle)
    connectivity.recompute_batchnorm(probe, tiny.x_train)
    inputs = F.linear(tiny.x_train, middle["0.weight"], middle["0.bias"])
    assert torch.allclose(probe[1].running_mean, inputs.mean(0), atol=1e-5)
    assert torch.allclose(probe[1].running_var, inputs.var(0), atol=1e-5)
    assert probe[1].momentum == model[1].momentum
    right = connectivity.error_barrier(model, first, second, tiny, points=3)
    wrong = connectivity.error_barrier(model, first, second, tiny, points=3, recompute=False)
    assert right.losses[1] == pytest.approx(evaluate(probe, tiny.x_test, tiny.y_test)[0])
    probe.load_state_dict(middle)
    assert wrong.losses[1] == pytest.approx(evaluate(probe, tiny.x_test, tiny.y_test)[0])
    assert right.losses[1] != pytest.approx(wrong.losses[1])


def test_the_model_is_left_as_it_was(tiny):
    model = models.ResidualMLP(6, 8, 2, 3, seed=0)
    before = copy.deepcopy(model.state_dict())
    first, second = trained_copies(tiny, model)
    connectivity.error_barrier(model, first, second, tiny, points=3)
    assert same_state(model.state_dict(), before)
    assert model.training


def test_counters_are_not_interpolated():
    state = {"weight": torch.zeros(2), "num_batches_tracked": torch.tensor(3)}
    other = {"weight": torch.ones(2), "num_batches_tracked": torch.tensor(8)}
    middle = connectivity.interpolate(state, other, 0.25)
    assert middle["weight"].tolist() == [0.25, 0.25]
    assert middle["num_batches_tracked"] == 3
    for tensor in middle.values():
        tensor.fill_(9)
    assert state["num_batches_tracked"] == 3  # what came out is a copy
    assert state["weight"].tolist() == [0, 0]


def test_states_that_do_not_fit_are_refused_by_name(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    state = model.state_dict()
    with pytest.raises(ValueError, match=r"only one has 2\.bias"):
        connectivity.error_barrier(model, state, {k: v for k, v in state.items() if k != "2.bias"}, tiny)
    with pytest.raises(ValueError, match=r"0\.weight has shape \(20, 6\) in one state, \(10, 6\) in the other"):
        connectivity.error_barrier(model, state, models.mlp(6, 10, 3, seed=0).state_dict(), tiny)


def test_states_of_another_model_are_refused_by_name(tiny):
    wider, deeper = (models.mlp(*sizes, seed=0).state_dict() for sizes in ((6, 30, 3), (6, 20, 20, 3)))
    model = models.mlp(6, 20, 3, seed=0)
    with pytest.raises(ValueError, match=r"0\.weight has shape \(20, 6\) in one state, \(30, 6\) in the other"):
        connectivity.error_barrier(model, wider, wider, tiny)
    with pytest.raises(ValueError, match=r"only one has 4\.bias, 4\.weight"):
        connectivity.error_barrier(model, deeper, deeper, tiny)


@pytest.mark.parametrize("points", [3.5, "5", True])
def test_points_are_a_whole_number(points, tiny):
    model = models.mlp(6, 20, 3, seed=0)
    with pytest.raises(
        ValueError, match="points must be a whole number of points, the two ends included, 3 or more, got"
    ):
        connectivity.error_barrier(model, model.state_dict(), model.state_dict(), tiny, points=points)


def test_two_points_are_too_few(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    with pytest.raises(ValueError, match="points must be a whole number of points.* got 2"):
        connectivity.error_barrier(model, model.state_dict(), model.state_dict(), tiny, points=2)
