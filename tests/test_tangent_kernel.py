"""The tangent kernel against torch.func, in double precision, on small nets."""

import pytest
import torch
from torch.func import functional_call, jacrev

from lth_teach import masks, models, scores
from lth_teach.measures import tangent_kernel


def reference_jacobian(model, x, weights=None):
    """(samples × outputs, weights), all weights, by one call of jacrev."""
    weights = weights or {name: p.detach() for name, p in model.named_parameters()}
    parts = jacrev(lambda w: functional_call(model, w, (x,)))(weights)
    return torch.cat([part.flatten(2) for part in parts.values()], dim=2).flatten(0, 1)


def diagonal(model, kept):
    """The mask as one vector over all weights; biases are kept."""
    return torch.cat([kept.get(name, torch.ones_like(p)).flatten() for name, p in model.named_parameters()]).double()


def test_the_kernel_is_the_jacobian_times_itself(net, x):
    expected = reference_jacobian(net, x)
    assert torch.allclose(tangent_kernel.empirical_ntk(net, x), expected @ expected.T, atol=1e-12)


def test_a_kernel_of_two_sets_has_a_row_for_each_output_of_the_first(net, x):
    kernel = tangent_kernel.empirical_ntk(net, x[:2], x)
    assert kernel.shape == (6, 18)
    assert torch.allclose(kernel, tangent_kernel.empirical_ntk(net, x)[:6], atol=1e-12)


def test_it_is_symmetric_and_positive_semidefinite(net, x):
    kernel = tangent_kernel.empirical_ntk(net, x)
    assert torch.equal(kernel, kernel.T)
    assert torch.linalg.eigvalsh(kernel).min() > -1e-10


def test_blocks_do_not_change_the_result(net, x, monkeypatch):
    whole = tangent_kernel.empirical_ntk(net, x)
    kept = masks.keep_top(scores.magnitude(net), 0.4)
    sparse = tangent_kernel.empirical_ntk(net, x, masks=kept)
    jacobian = tangent_kernel.jacobian(net, x)
    monkeypatch.setattr(tangent_kernel, "BLOCK", 2)
    monkeypatch.setattr(tangent_kernel, "COLUMNS", 3)
    monkeypatch.setattr(tangent_kernel, "ROWS", 4)
    assert torch.allclose(tangent_kernel.empirical_ntk(net, x), whole, atol=1e-12)
    assert torch.allclose(tangent_kernel.empirical_ntk(net, x, masks=kept), sparse, atol=1e-12)
    assert torch.equal(tangent_kernel.jacobian(net, x), jacobian)


def test_what_is_no_plain_linear_layer_is_differentiated_as_it_is(x):
    class Odd(torch.nn.Module):
        """A layer called twice, two that share a weight, an activation in place, a convolution."""

        def __init__(self):
            super().__init__()
            self.twice, self.one, self.two = (torch.nn.Linear(4, 4) for _ in range(3))
            self.two.weight = self.one.weight
            self.convolution = torch.nn.Conv1d(1, 2, 3)
            self.plain, self.last = torch.nn.Linear(4, 4), torch.nn.Linear(4, 3, bias=False)

        def forward(self, rows):
            hidden = self.twice(torch.tanh(self.twice(rows)))
            hidden = torch.sigmoid_(self.plain(hidden))
            hidden = self.one(hidden) + torch.tanh(self.two(hidden))
            return self.last(hidden * self.convolution(hidden[:, None]).mean((1, 2))[:, None])

    torch.manual_seed(0)
    model = Odd().double()
    kept = masks.keep_top({"twice.weight": torch.rand(4, 4), "last.weight": torch.rand(3, 4)}, 0.5)
    for chosen in (None, kept):
        j = tangent_kernel.jacobian(model, x, chosen)
        assert torch.allclose(tangent_kernel.empirical_ntk(model, x, masks=chosen), j @ j.T, atol=1e-12)
    assert torch.allclose(tangent_kernel.jacobian(model, x), reference_jacobian(model, x), atol=1e-12)


def test_a_bias_can_be_masked_and_a_single_layer_is_a_network_too(x):
    layer = torch.nn.Linear(4, 3).double()
    kept = {"bias": torch.tensor([True, False, True])}
    j = reference_jacobian(layer, x, masks.masked(dict(layer.named_parameters()), kept))
    expected = j @ torch.diag(diagonal(layer, kept)) @ j.T
    assert torch.allclose(tangent_kernel.empirical_ntk(layer, x, masks=kept), expected, atol=1e-12)


@pytest.mark.parametrize("density", [0.2, 0.4, 0.9])
def test_the_masked_kernel_is_j_diag_m_jt_at_the_masked_weights(net, x, density):
    kept = masks.keep_top(scores.magnitude(net), density)
    at = masks.masked({name: p.detach() for name, p in net.named_parameters()}, kept)
    j = reference_jacobian(net, x, at)
    expected = j @ torch.diag(diagonal(net, kept)) @ j.T
    assert torch.allclose(tangent_kernel.empirical_ntk(net, x, masks=kept), expected, atol=1e-12)


def test_frozen_weights_stay_in_the_network_and_do_not_move(net, x):
    kept = masks.keep_top(scores.magnitude(net), 0.4)
    j = reference_jacobian(net, x)
    expected = j @ torch.diag(diagonal(net, kept)) @ j.T
    found = tangent_kernel.empirical_ntk(net, x, masks=kept, frozen=True)
    assert torch.allclose(found, expected, atol=1e-12)
    assert not torch.allclose(found, tangent_kernel.empirical_ntk(net, x, masks=kept))


def test_the_rank_is_at_most_the_number_of_weights_that_move(net, x):
    kept = masks.prune(scores.magnitude(net), masks.dense(net), 0.9, scope="layer")
    moving = masks.count(kept) + sum(p.numel() for name, p in net.named_parameters() if name not in kept)
    assert torch.linalg.matrix_rank(tangent_kernel.empirical_ntk(net, x, masks=kept)) <= moving


def test_batchnorm_is_used_as_in_evaluation_and_left_as_it_was(x):
    model = models.ResidualMLP(4, 6, 1, 3, seed=0).double()
    before = {name: b.clone() for name, b in model.named_buffers()}
    kernel = tangent_kernel.empirical_ntk(model, x)
    assert torch.allclose(kernel[:3, :3], tangent_kernel.empirical_ntk(model, x[:1]), atol=1e-12)
    assert all(torch.equal(b, before[name]) for name, b in model.named_buffers())
    assert model.training


def test_a_kernel_that_would_not_fit_says_how_much_it_needs():
    model = models.lenet_300_100(seed=0)
    with pytest.raises(ValueError, match=r"this kernel needs \d+\.\d GB .* take fewer samples"):
        tangent_kernel.empirical_ntk(model, torch.zeros(3_000, 784))
    with pytest.raises(ValueError, match=r"this Jacobian needs \d+\.\d GB .* take fewer samples"):
        tangent_kernel.jacobian(model, torch.zeros(1_000, 784))
