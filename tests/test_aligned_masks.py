"""A mask built for alignment: the kernel that autograd sees is the kernel, and its alignment rises or falls.

Oracles: the tested sample kernel, finite differences, counts.
"""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lth_teach import masks, models
from lth_teach.measures import aligned_masks, kernel_measures


@pytest.fixture(scope="module")
def small():
    """A network with biases that are not zero, a mask of half of its weights, and samples."""
    numbers = torch.Generator().manual_seed(3)
    model = models.mlp(5, 9, 8, 3, seed=1).double()
    with torch.no_grad():
        for layer in (model[0], model[2], model[4]):
            layer.bias += 0.1
    kept = {name: torch.rand(m.shape, generator=numbers) < 0.5 for name, m in masks.dense(model).items()}
    return model, kept, torch.randn(12, 5, generator=numbers).double()


def test_with_gates_of_0_and_1_it_is_the_sample_kernel(small):
    model, kept, x = small
    for chosen in (kept, masks.dense(model)):
        found = aligned_masks.gated_kernel(model, {name: mask.double() for name, mask in chosen.items()}, x)
        assert torch.allclose(found, kernel_measures.sample_kernel(model, x, masks=chosen), atol=1e-12)


@pytest.mark.parametrize(("layer", "place"), [("0.weight", (0, 1)), ("2.weight", (3, 3)), ("4.weight", (2, 5))])
def test_the_derivative_of_the_alignment_is_that_of_finite_differences(small, layer, place):
    model, kept, x = small
    targets = F.one_hot(torch.arange(12) % 3).double()
    step = 1e-6

    def alignment(by):
        gates = {name: mask.double() for name, mask in kept.items()}
        gates[layer][place] += by
        return kernel_measures.alignment(aligned_masks.gated_kernel(model, gates, x), targets)

    found = aligned_masks._derivatives(model, kept, x, targets)[layer][place]
    assert found.item() == pytest.approx((alignment(step) - alignment(-step)) / (2 * step), rel=1e-4, abs=1e-8)


def test_an_exchange_keeps_the_number_and_takes_only_what_gains():
    """By hand: 3 and 4 are pruned and score 5 and 0; 0 and 1 are kept and score 1 and 2. Only 0 ↔ 3 gains."""
    mask = torch.tensor([True, True, True, False, False])
    score = torch.tensor([1.0, 2.0, 9.0, 5.0, 0.0])
    assert aligned_masks._exchanged(mask, score, 2).tolist() == [False, True, True, True, False]
    assert aligned_masks._exchanged(mask, score, 0).tolist() == mask.tolist()
    whole = torch.ones(3, dtype=torch.bool)
    assert aligned_masks._exchanged(whole, torch.rand(3), 2).all()


def test_alignment_on_other_samples_rises_or_falls_and_the_weights_stay():
    """Classes are the sign of one input, and 100 of 300 samples a round; measured on 200 samples that no round saw."""
    numbers = torch.Generator().manual_seed(0)
    x = torch.randn(500, 6, generator=numbers)
    labels = (x[:, 0] > 0).long()
    model = models.mlp(6, 40, 30, 2, seed=2)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    start = masks.random_like(
        masks.keep_top({n: p.detach().abs() for n, p in masks.prunable_parameters(model).items()}, 0.3), 4
    )

    def measured(chosen):
        kernel = kernel_measures.sample_kernel(model, x[300:], masks=chosen)
        return kernel_measures.alignment(kernel, F.one_hot(labels[300:]))

    up, down = (aligned_masks.aligned_mask(model, start, x[:300], labels[:300], 0, 20, sign) for sign in (1, -1))
    assert measured(up) > measured(start) + 0.03
    assert measured(down) < measured(start) - 0.03
    assert masks.layer_densities(up) == masks.layer_densities(down) == masks.layer_densities(start)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    again = aligned_masks.aligned_mask(model, start, x[:300], labels[:300], 0, 20)
    assert all(torch.equal(up[name], again[name]) for name in up)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.Linear(5, 2, bias=False)), "needs linear layers with biases"),
        (nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2)), "a ReLU between them"),
        (nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)), "no gates for 0.weight"),
    ],
)
def test_another_kind_of_network_is_refused(model, message):
    with pytest.raises(ValueError, match=message):
        aligned_masks.gated_kernel(model, {}, torch.randn(3, 5))


def test_too_few_samples_are_refused(small):
    model, kept, x = small
    with pytest.raises(ValueError, match="a round takes 100 samples, got 12"):
        aligned_masks.aligned_mask(model, kept, x, torch.zeros(12, dtype=torch.long), 0)
