"""The measures, on kernels one can work out by hand; the kernel between samples, against the full one."""

import pytest
import torch
from torch import nn

from lth_teach import masks
from lth_teach.measures import kernel_measures, tangent_kernel


def a_kernel():
    features = torch.randn(5, 5, generator=torch.Generator().manual_seed(2)).double()
    return features @ features.T


def test_the_sample_kernel_is_the_mean_of_the_outputs_own_blocks(net, x):
    kept = masks.shuffled(
        {name: torch.arange(m.numel()).view_as(m) % 2 == 0 for name, m in masks.dense(net).items()}, 0
    )
    for frozen in (False, True):
        full = tangent_kernel.empirical_ntk(net, x, masks=kept, frozen=frozen).view(6, 3, 6, 3)
        expected = sum(full[:, c, :, c] for c in range(3)) / 3
        found = kernel_measures.sample_kernel(net, x, masks=kept, frozen=frozen)
        assert torch.allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("frozen", [False, True])
def test_layers_of_any_kind_and_masked_biases_will_do(net, x, frozen):
    convolution = nn.Sequential(nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(9, 3))
    for model in (net, convolution.double()):
        kept = {name: torch.arange(p.numel()).view_as(p) % 3 != 1 for name, p in model.named_parameters()}
        full = tangent_kernel.empirical_ntk(model, x, masks=kept, frozen=frozen).view(6, 3, 6, 3)
        expected = sum(full[:, c, :, c] for c in range(3)) / 3
        assert torch.allclose(kernel_measures.sample_kernel(model, x, masks=kept, frozen=frozen), expected, atol=1e-12)


def test_without_a_mask_it_is_the_same(net, x):
    full = tangent_kernel.empirical_ntk(net, x[:2], x).view(2, 3, 6, 3)
    expected = sum(full[:, c, :, c] for c in range(3)) / 3
    for kept in (None, masks.dense(net)):
        assert torch.allclose(kernel_measures.sample_kernel(net, x[:2], x, kept), expected, atol=1e-12)


def test_blocks_do_not_change_the_sample_kernel(net, x, monkeypatch):
    kept = masks.keep_top({name: p.detach().abs() for name, p in net.named_parameters() if p.dim() == 2}, 0.5)
    whole = kernel_measures.sample_kernel(net, x[:2], x, kept)
    monkeypatch.setattr(kernel_measures, "BLOCK", 4)
    assert whole.shape == (2, 6)
    assert torch.allclose(kernel_measures.sample_kernel(net, x[:2], x, kept), whole, atol=1e-12)


def test_centring_takes_a_constant_out():
    assert torch.allclose(kernel_measures.centred(a_kernel() + 3), kernel_measures.centred(a_kernel()))
    assert torch.allclose(kernel_measures.centred(a_kernel()).sum(0), torch.zeros(5).double(), atol=1e-12)


def test_alignment_is_one_for_the_targets_own_kernel_whatever_its_size():
    targets = torch.eye(3).repeat(2, 1)
    assert kernel_measures.alignment(5 * targets @ targets.T + 2, targets) == pytest.approx(1)
    assert kernel_measures.alignment(torch.eye(6), targets) < 0.7


def test_regression_recovers_labels_that_the_kernel_knows():
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    same_class = (labels[:, None] == labels).float()
    assert kernel_measures.regression_accuracy(same_class, same_class, labels, labels) == 1
    assert kernel_measures.regression_accuracy(same_class, same_class, labels, (labels + 1) % 3) == 0


def test_the_ridge_is_a_share_of_the_kernel_so_the_kernel_s_size_does_not_matter():
    generator = torch.Generator().manual_seed(0)
    labels, test_labels = torch.arange(60) % 3, torch.arange(90) % 3
    means = torch.randn(3, 8, generator=generator)
    x, x_test = (means[y] + 2 * torch.randn(len(y), 8, generator=generator) for y in (labels, test_labels))
    x, x_test = x * torch.logspace(0, -2, 8), x_test * torch.logspace(0, -2, 8)

    def accuracy(size, ridge):
        return kernel_measures.regression_accuracy(size * x @ x.T, size * x_test @ x.T, labels, test_labels, ridge)

    for ridge in (0.01, 1.0):
        assert accuracy(1e-4, ridge) == accuracy(1.0, ridge) == accuracy(1e4, ridge)
    assert accuracy(1.0, 1e-4) != accuracy(1.0, 1.0)  # the ridge does matter here


def test_where_the_kernel_knows_nothing_the_most_frequent_class_is_predicted():
    labels = torch.tensor([0, 1, 1, 1, 2])
    found = kernel_measures.regression_accuracy(torch.eye(5), torch.zeros(4, 5), labels, torch.tensor([1, 1, 0, 2]))
    assert found == 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kernel_measures.centred(torch.ones(2, 3)), "must be square"),
        (lambda: kernel_measures.alignment(torch.ones(3, 3), torch.eye(3)), "nothing is left after centring"),
        (lambda: kernel_measures.alignment(torch.eye(3), torch.ones(3)), "targets must have 3 rows"),
        (
            lambda: kernel_measures.regression_accuracy(torch.eye(2), torch.eye(3), torch.zeros(2), torch.zeros(2)),
            "cross kernel",
        ),
        (
            lambda: kernel_measures.regression_accuracy(torch.eye(2), torch.eye(2), torch.zeros(2), torch.zeros(2), -1),
            "ridge must be 0 or more",
        ),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
