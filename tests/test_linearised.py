"""The linear model of training against the steps taken one by one, and against real networks."""

import pytest
import torch
from torch import nn

from lth_teach import masks, models
from lth_teach.measures import linearised, tangent_kernel


def a_kernel(size=5, rank=5):
    features = torch.randn(size, rank, generator=torch.Generator().manual_seed(2)).double()
    return features @ features.T


def pull(size=5):
    return torch.randn(size, generator=torch.Generator().manual_seed(3)).double()


def test_the_prediction_is_that_of_taking_the_steps_one_by_one():
    kernel, start, targets, rate = a_kernel(), pull(), torch.ones(5).double(), 0.02
    outputs = start.clone()
    for _ in range(50):
        outputs += rate * kernel @ (targets - outputs)
    predicted = start + linearised.predicted_movement(kernel, start, targets, rate, 50)
    assert torch.allclose(predicted, outputs, atol=1e-9)


def test_many_small_steps_are_the_exponential():
    kernel, start, targets = a_kernel(), pull(), torch.ones(5).double()
    predicted = start + linearised.predicted_movement(kernel, start, targets, 1e-5, 20_000)
    assert torch.allclose(predicted, targets + torch.matrix_exp(-0.2 * kernel) @ (start - targets), atol=1e-3)


def test_after_a_very_long_time_what_lies_in_the_range_is_fitted_and_nothing_else():
    kernel, target = a_kernel(rank=2), pull()
    inside = kernel @ pull()
    zero = torch.zeros(5).double()
    assert torch.allclose(linearised.predicted_movement(kernel, zero, inside, 0.1, 10_000), inside, atol=1e-6)
    left = target - linearised.predicted_movement(kernel, zero, target, 0.1, 10_000)
    assert left.norm() > 0.1
    assert torch.allclose(kernel @ left, zero, atol=1e-6)


def test_other_samples_move_through_the_cross_kernel():
    kernel, zero = a_kernel(), torch.zeros(5).double()
    whole = linearised.predicted_movement(kernel, zero, pull(), 0.1, 7)
    assert torch.allclose(linearised.predicted_movement(kernel, zero, pull(), 0.1, 7, kernel[:2]), whole[:2])


def test_a_column_is_predicted_as_if_it_were_alone():
    kernel, two = a_kernel(), torch.stack([pull(), pull().flip(0)], dim=1)
    both = linearised.predicted_movement(kernel, torch.zeros(5, 2).double(), two, 0.1, 7)
    alone = linearised.predicted_movement(kernel, torch.zeros(5).double(), two[:, 1], 0.1, 7)
    assert torch.allclose(both[:, 1], alone)


def test_a_wide_network_trains_as_predicted_and_a_narrow_one_less_so(x):
    errors = []
    targets = torch.tensor([[1.0], [-1.0]] * 3).double()
    for width in (4, 400):
        model = models.mlp(4, width, width, 1, seed=0).double()
        kernel = tangent_kernel.empirical_ntk(model, x)
        rate = 0.1 / float(torch.linalg.eigvalsh(kernel)[-1])
        real = linearised.gradient_descent(model, x, targets, rate, 100)
        moved = linearised.predicted_movement(kernel, real[0], targets, rate, 100)
        errors.append(float((real[-1] - real[0] - moved).norm() / moved.norm()))
    assert errors[1] < 0.1 < errors[0]


def test_a_small_eigenvalue_beside_a_large_one_moves_at_its_own_pace():
    kernel, zero = torch.diag(torch.tensor([1.0, 1e-6])).double(), torch.zeros(2).double()
    moved = linearised.predicted_movement(kernel, zero, torch.ones(2).double(), 1.0, 1_000)
    assert moved.tolist() == pytest.approx([1.0, 1 - (1 - 1e-6) ** 1_000], rel=1e-6)


def test_a_dense_run_after_a_masked_one_is_dense(net, x):
    kept = {name: torch.arange(m.numel()).view_as(m) % 2 == 0 for name, m in masks.dense(net).items()}
    targets = torch.ones(6, 3).double()
    linearised.gradient_descent(net, x, targets, 0.01, 2, kept)
    linearised.gradient_descent(net, x, targets, 0.01, 2)
    assert all(bool((net.get_parameter(name)[~mask] != 0).any()) for name, mask in kept.items())


def test_gradient_descent_switches_dropout_off_and_leaves_the_mode_alone(x):
    model = nn.Sequential(nn.Linear(4, 7), nn.Dropout(0.5), nn.Linear(7, 1)).double()
    record = linearised.gradient_descent(model, x, torch.ones(6, 1).double(), 0.01, 3)
    assert model.training
    assert torch.equal(record[-1], model.eval()(x).detach())
    errors = (record - 1).square().sum((1, 2))
    assert (errors[1:] < errors[:-1]).all()


def test_gradient_descent_records_every_step_and_holds_the_mask(net, x):
    kept = masks.shuffled(
        {name: torch.arange(m.numel()).view_as(m) % 2 == 0 for name, m in masks.dense(net).items()}, 0
    )
    record = linearised.gradient_descent(net, x, torch.zeros(6, 3).double(), 0.01, 4, kept, watch=x[:2])
    assert record.shape == (5, 2, 3)
    assert all(bool((net.state_dict()[name][~mask] == 0).all()) for name, mask in kept.items())
    assert torch.equal(record[-1], net(x[:2]).detach())
    assert not torch.equal(record[0], record[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linearised.predicted_movement(torch.ones(2, 3), torch.ones(2), torch.ones(2), 0.1, 1), "be square"),
        (lambda: linearised.predicted_movement(torch.eye(3), torch.ones(2), torch.ones(2), 0.1, 1), "kernel"),
        (lambda: linearised.predicted_movement(torch.eye(2), torch.ones(2), torch.ones(2), -0.1, 1), "0 or more"),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
