"""Each saliency against a reference that computes it another way, in double precision, on a small net."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, jacrev
from torch.nn import functional as F
from torch.nn.utils import prune

from lth_teach import masks, models, scores
from lth_teach.randomness import seeded


@pytest.fixture
def net():
    """Two hidden layers, and biases that are not zero."""
    with models.seeded(0):
        model = models.mlp(4, 5, 6, 3).double()
        for layer in model[::2]:
            nn.init.normal_(layer.bias, std=0.3)
    return model


@pytest.fixture
def batches():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(21, 4, generator=generator).double()
    y = torch.randint(0, 3, (21,), generator=generator)
    return [(x[:7], y[:7]), (x[7:14], y[7:14]), (x[14:], y[14:])]


def loss_of(model, batches, temperature=1.0, **changed):
    """The loss added up over the batches, as a function of some of the weights."""
    weights = {name: p.detach() for name, p in model.named_parameters()} | changed
    return sum(F.cross_entropy(functional_call(model, weights, (x,)) / temperature, y) for x, y in batches)


def all_weights(found):
    return torch.cat([tensor.flatten() for tensor in found.values()])


# Magnitude and random


def test_magnitude_is_the_absolute_value_of_every_prunable_weight():
    model = models.mlp(4, 5, 3, seed=0)
    found = scores.magnitude(model)
    assert list(found) == ["0.weight", "2.weight"]
    assert torch.equal(found["0.weight"], model[0].weight.abs())


def test_scores_are_copies():
    model = models.mlp(4, 3, seed=0)
    before = model[0].weight.clone()
    scores.magnitude(model)["0.weight"].zero_()
    assert torch.equal(model[0].weight, before)


def test_scores_can_be_limited_to_some_layers():
    model = models.mlp(4, 5, 3)
    assert list(scores.magnitude(model, ["2.weight"])) == ["2.weight"]
    assert list(scores.random(model, 0, lambda name, p: name.startswith("0."))) == ["0.weight", "0.bias"]


def test_random_scores_follow_the_seed_and_nothing_else():
    model = models.mlp(4, 5, 3)
    state = torch.get_rng_state()
    first, again, other = (scores.random(model, seed)["0.weight"] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert ((first >= 0) & (first < 1)).all()
    assert torch.equal(torch.get_rng_state(), state)


def test_random_scores_and_masks_do_not_resemble_weights_drawn_from_the_same_seed():
    torch.manual_seed(5)
    layer = torch.nn.Linear(200, 100)
    torch.manual_seed(5)
    uniform = torch.rand(100, 200)
    found = scores.random(layer, seed=5)["weight"]
    chosen = masks.random_like({"weight": found > 0.9}, seed=5, scope="global")["weight"]
    assert abs(torch.corrcoef(torch.stack([found.flatten(), layer.weight.flatten()]))[0, 1]) < 0.05
    assert abs(layer.weight[chosen].mean() / layer.weight.std()) < 0.1
    assert not torch.equal(found, uniform)


# SNIP


def test_snip_is_how_much_the_loss_feels_a_factor_on_each_weight(net, batches):
    """∂L/∂c at c = 1 by central differences, c being a factor on one weight."""
    found = scores.snip(net, batches, F.cross_entropy)
    for name, score in found.items():
        weight = net.get_parameter(name).detach()
        for place in range(weight.numel()):
            step = torch.zeros_like(weight)
            step.view(-1)[place] = 1e-5 * weight.flatten()[place]
            up, down = (loss_of(net, batches, **{name: weight + s * step}) for s in (1, -1))
            assert score.flatten()[place] == pytest.approx(abs(up - down).item() / 2e-5, rel=1e-5, abs=1e-9)


def test_snip_takes_the_absolute_value_after_adding_up_the_batches(net, batches):
    found = scores.snip(net, batches, F.cross_entropy)
    alone = [scores.snip(net, [batch], F.cross_entropy) for batch in batches]
    for name, score in found.items():
        each_apart = sum(part[name] for part in alone)
        assert (score <= each_apart + 1e-12).all()
        assert not torch.allclose(score, each_apart)


def test_snip_does_not_depend_on_how_the_rows_are_cut_into_batches(net, batches):
    whole = [tuple(torch.cat(part) for part in zip(*batches, strict=True))]

    def summed(outputs, targets):
        return F.cross_entropy(outputs, targets, reduction="sum")

    cut, uncut = scores.snip(net, batches, summed), scores.snip(net, whole, summed)
    assert torch.allclose(all_weights(cut), all_weights(uncut))


# GraSP


@pytest.mark.parametrize("temperature", [1.0, 200.0])
def test_grasp_is_the_weight_times_hessian_times_gradient(net, batches, temperature):
    """H in full by torch.func, over all prunable weights at once."""
    names = list(masks.prunable_parameters(net))
    shapes = [net.get_parameter(name).shape for name in names]
    flat = torch.cat([net.get_parameter(name).detach().flatten() for name in names])

    def total(vector):
        parts = vector.split([shape.numel() for shape in shapes])
        changed = {name: part.view(shape) for name, part, shape in zip(names, parts, shapes, strict=True)}
        return loss_of(net, batches, temperature, **changed)

    expected = flat * (jacrev(grad(total))(flat) @ grad(total)(flat))
    found = all_weights(scores.grasp(net, batches, F.cross_entropy, temperature))
    assert torch.allclose(found, expected, rtol=1e-9, atol=1e-16)
    absolute = all_weights(scores.grasp(net, batches, F.cross_entropy, temperature, absolute=True))
    assert torch.equal(absolute, found.abs())


def test_a_weight_with_a_high_grasp_score_is_one_whose_removal_shrinks_the_gradient(net, batches):
    """The slope of ‖g‖² as one weight fades is −2 · score, by central differences."""

    def squared_gradient(name, weight):
        weights = {n: net.get_parameter(n).detach() for n in masks.prunable_parameters(net)} | {name: weight}
        for tensor in weights.values():
            tensor.requires_grad_(True)
        gradient = torch.autograd.grad(loss_of(net, batches, **weights), list(weights.values()))
        return sum((g**2).sum() for g in gradient).item()

    found = scores.grasp(net, batches, F.cross_entropy, temperature=1.0)
    for name, score in found.items():
        weight = net.get_parameter(name).detach().clone()
        for place in range(0, weight.numel(), 3):
            step = torch.zeros_like(weight)
            step.view(-1)[place] = 1e-5 * weight.flatten()[place]
            slope = (squared_gradient(name, weight - step) - squared_gradient(name, weight + step)) / 2e-5
            assert slope == pytest.approx(-2 * score.flatten()[place].item(), rel=1e-4, abs=1e-8)


def test_the_temperature_changes_more_than_the_scale(net, batches):
    plain, warm = (all_weights(scores.grasp(net, batches, F.cross_entropy, t)) for t in (1.0, 200.0))
    assert torch.corrcoef(torch.stack([plain, warm]))[0, 1] < 0.999


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), float("inf")])
def test_grasp_refuses_a_temperature_that_is_none(net, batches, temperature):
    with pytest.raises(ValueError, match="temperature must be a positive number, got"):
        scores.grasp(net, batches, F.cross_entropy, temperature)


# SynFlow


def test_synflow_is_the_flow_over_all_paths_through_a_weight(net):
    first, second, third = (layer.weight.detach().abs() for layer in net[::2])
    found = scores.synflow(net, (4,))
    ones_in, ones_out = torch.ones(4).double(), torch.ones(3).double()
    assert torch.allclose(found["0.weight"], first * (ones_out @ third @ second)[:, None] * ones_in)
    assert torch.allclose(found["2.weight"], second * (ones_out @ third)[:, None] * (first @ ones_in))
    assert torch.allclose(found["4.weight"], third * ones_out[:, None] * (second @ first @ ones_in))


def test_synaptic_flow_is_conserved_in_every_layer_and_every_neuron(net):
    found = list(scores.synflow(net, (4,)).values())
    total = found[0].sum()
    assert total > 0
    for score in found:
        assert score.sum().item() == pytest.approx(total.item(), rel=1e-12)
    for entering, leaving in pairwise(found):
        assert torch.allclose(entering.sum(1), leaving.sum(0), rtol=1e-12)


def test_synaptic_flow_is_conserved_under_a_mask_and_with_batchnorm(net):
    kept = masks.keep_top(scores.random(net, 0), 0.5)
    flow = scores.synflow(net, (4,), kept)
    sums = [score.sum().item() for score in flow.values()]
    assert sums == pytest.approx([sums[0]] * 3, rel=1e-12)
    assert all((flow[name][~kept[name]] == 0).all() for name in kept)
    residual = models.ResidualMLP(4, 6, 2, 3, seed=0).double()
    ends = scores.synflow(residual, (4,))
    assert ends["enter.weight"].sum().item() == pytest.approx(ends["leave.weight"].sum().item(), rel=1e-12)


def test_synflow_takes_images(batches):
    with models.seeded(0):
        model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))
    found = scores.synflow(model, (1, 4, 4))
    assert {name: score.shape for name, score in found.items()} == {"0.weight": (2, 1, 3, 3), "3.weight": (3, 8)}
    assert found["0.weight"].dtype == torch.double
    assert found["0.weight"].sum().item() == pytest.approx(found["3.weight"].sum().item(), rel=1e-6)


def test_synflow_of_sixty_layers_neither_overflows_nor_vanishes():
    """Single precision would end in infinity, or with weights a thousand times smaller in zeros."""
    for size in (1.0, 1e-3):
        model = models.mlp(8, *[100] * 59, 4, seed=0)
        with torch.no_grad():
            for layer in model[::2]:
                layer.weight.mul_(size)
        found = scores.synflow(model, (8,))
        sums = [score.sum().item() for score in found.values()]
        assert 0 < sums[0] < float("inf")
        assert sums == pytest.approx([sums[0]] * 60, rel=1e-9)


def test_a_flow_beyond_double_precision_is_refused():
    model = models.mlp(4, *[50] * 8, 3, seed=0)
    for layer in model[::2]:
        nn.init.constant_(layer.weight, 1e38)
    with pytest.raises(ValueError, match="the flow through this Sequential is inf: too deep"):
        scores.synflow(model, (4,))


def test_what_batchnorm_has_seen_adds_nothing_to_the_flow(batches):
    """Its running mean is left out like a bias; its running variance scales, and stays."""
    model = models.ResidualMLP(4, 6, 1, 3, seed=0).double()
    scores_before = all_weights(scores.synflow(model, (4,)))
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm1d)]
    for layer in norms:
        layer.running_mean.fill_(-5.0)
    assert torch.equal(all_weights(scores.synflow(model, (4,))), scores_before)
    for x, _ in batches:
        model(x)
    assert all((layer.running_mean != 0).any() for layer in norms)
    ends = scores.synflow(model, (4,))
    assert ends["enter.weight"].sum().item() == pytest.approx(ends["leave.weight"].sum().item(), rel=1e-12)
    for layer in norms:
        layer.running_var.mul_(4)
    assert not torch.allclose(all_weights(scores.synflow(model, (4,))), all_weights(ends))


def test_a_mask_of_another_shape_is_refused(net):
    with pytest.raises(ValueError, match="0.weight: mask of shape"):
        scores.synflow(net, (4,), {"0.weight": torch.ones(2, 2, dtype=torch.bool)})


# What they share


SALIENCIES = {
    "snip": lambda model, batches, **given: scores.snip(model, batches, F.cross_entropy, **given),
    "grasp": lambda model, batches, **given: scores.grasp(model, batches, F.cross_entropy, **given),
    "synflow": lambda model, batches, **given: scores.synflow(model, (4,), **given),
}


@pytest.fixture(params=SALIENCIES)
def saliency(request):
    return SALIENCIES[request.param]


def test_the_model_is_left_as_it_was(saliency, batches):
    model = models.ResidualMLP(4, 6, 1, 3, seed=0).double()
    model.blocks[0][1].eval()
    model.enter.weight.requires_grad_(False)
    model.leave.weight.grad = torch.full_like(model.leave.weight, 7.0)
    modes = [module.training for module in model.modules()]
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    found = saliency(model, batches)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert [name for name, p in model.named_parameters() if p.grad is not None] == ["leave.weight"]
    assert (model.leave.weight.grad == 7).all()
    assert not model.enter.weight.requires_grad
    assert all(score.shape == model.get_parameter(name).shape for name, score in found.items())
    assert not any(score.requires_grad for score in found.values())


def test_batchnorm_scores_as_in_training_whatever_the_mode(batches):
    model = models.ResidualMLP(4, 6, 1, 3, seed=0).double()
    training = all_weights(scores.snip(model, batches, F.cross_entropy))
    assert torch.equal(all_weights(scores.snip(model.eval(), batches, F.cross_entropy)), training)
    last = model.leave.weight
    in_eval_mode = loss_of(model, batches, **{"leave.weight": last})
    score = (torch.autograd.grad(in_eval_mode, last)[0] * last).abs()
    assert not torch.allclose(scores.snip(model, batches, F.cross_entropy)["leave.weight"], score)


def test_they_work_where_gradients_are_switched_off_and_can_be_limited_to_some_layers(saliency, net, batches):
    expected = saliency(net, batches)
    with torch.no_grad():
        found = saliency(net, batches, prunable=["2.weight"])
    assert list(found) == ["2.weight"]
    if saliency is not SALIENCIES["grasp"]:  # there g and H range over the chosen weights only
        assert torch.equal(found["2.weight"], expected["2.weight"])


def test_a_generator_of_batches_will_do(saliency, net, batches):
    expected, found = saliency(net, batches), saliency(net, (batch for batch in batches))
    assert torch.equal(all_weights(found), all_weights(expected))


def test_a_layer_that_plays_no_part_scores_zero(saliency, batches):
    class Detour(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(4, 3), nn.Linear(4, 3)

        def forward(self, x):
            return self.used(x)

    found = saliency(Detour().double(), batches)
    assert (found["unused.weight"] == 0).all()
    assert (found["used.weight"] != 0).any()


@pytest.mark.parametrize("method", ["snip", "grasp"])
def test_no_batches_is_an_error(method, net, batches):
    used_up = iter(batches)
    list(used_up)
    for nothing in ([], used_up):
        with pytest.raises(ValueError, match="there are no batches"):
            SALIENCIES[method](net, nothing)


@pytest.mark.parametrize("method", ["snip", "grasp"])
def test_a_batch_without_rows_counts_for_nothing(method, net, batches):
    empty = batches[0][0][:0], batches[0][1][:0]
    with pytest.raises(ValueError, match="there are no batches"):
        SALIENCIES[method](net, [empty])
    expected, found = SALIENCIES[method](net, batches), SALIENCIES[method](net, [empty, *batches])
    assert torch.equal(all_weights(found), all_weights(expected))


def test_dropout_can_be_repeated_by_seeding(batches):
    model = nn.Sequential(nn.Linear(4, 20), nn.Dropout(0.5), nn.Linear(20, 3)).double()
    found = []
    for seed in (0, 0, 1):
        with seeded(seed):
            found.append(all_weights(scores.snip(model, batches, F.cross_entropy)))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


# Models and batches of other shapes


class Attention(nn.Module):
    """Attention over five words of eight numbers; PyTorch computes it in one fused step."""

    def __init__(self):
        super().__init__()
        self.attention, self.last = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 3)

    def forward(self, x):
        return self.last(self.attention(x, x, x, need_weights=False)[0].mean(1))


@pytest.mark.parametrize("method", ["snip", "grasp"])
@pytest.mark.parametrize(
    ("batch", "found"),
    [
        ((torch.ones(2, 4), torch.ones(2), torch.ones(2)), "got a tuple of Tensor, Tensor, Tensor;"),
        ({"x": torch.ones(2, 4), "y": torch.ones(2)}, "got a dict of x, y;"),
        (torch.ones(2, 4), "got a Tensor;"),
        ((np.ones((2, 4)), np.ones(2)), "got a tuple of ndarray, ndarray;"),
        ("ab", "got a str;"),
    ],
)
def test_a_batch_that_is_no_pair_is_named(method, net, batch, found):
    with pytest.raises(ValueError, match=rf"a batch must be a pair \(inputs, targets\) of tensors, {found}"):
        SALIENCIES[method](net, [batch])


@pytest.mark.parametrize("score", [scores.snip, scores.grasp])
@pytest.mark.parametrize(
    ("loss", "found"),
    [
        (lambda outputs, targets: F.cross_entropy(outputs, targets, reduction="none"), r"of shape \(7,\)"),
        (lambda outputs, targets: (outputs.argmax(1) == targets).double().mean(), r"of shape \(\)"),
        (lambda outputs, targets: 0.5, "0.5"),
    ],
)
def test_a_loss_that_is_not_one_number_with_a_gradient_is_refused(score, loss, found, net, batches):
    with pytest.raises(ValueError, match=f"the loss must be a tensor of one number, with a gradient, got {found}"):
        score(net, batches, loss)


@pytest.mark.parametrize("method", ["snip", "grasp"])
def test_a_last_row_that_batchnorm_cannot_normalise_is_left_out_and_said(method, batches):
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 3)).double()
    alone = batches[0][0][:1], batches[0][1][:1]
    with pytest.warns(UserWarning, match="a batch of one row is left out: BatchNorm cannot normalise it"):
        found = SALIENCIES[method](model, [*batches, alone])
    assert torch.equal(all_weights(found), all_weights(SALIENCIES[method](model, batches)))


def test_one_row_counts_where_batchnorm_has_several_values_of_it():
    with seeded(0):
        model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))
    pictures = [(torch.rand(rows, 1, 4, 4), torch.arange(rows)) for rows in (3, 1)]
    both, first = (scores.snip(model, part, F.cross_entropy) for part in (pictures, pictures[:1]))
    assert not torch.equal(all_weights(both), all_weights(first))


def test_grasp_of_fused_attention_is_that_of_the_same_sums_written_out():
    class Written(Attention):
        def forward(self, x):
            part = self.attention
            query, key, value = F.linear(x, part.in_proj_weight, part.in_proj_bias).chunk(3, -1)
            heads = [t.unflatten(-1, (2, 4)).transpose(1, 2) for t in (query, key, value)]
            seen = (heads[0] @ heads[1].mT / 2).softmax(-1) @ heads[2]
            return self.last(part.out_proj(seen.transpose(1, 2).flatten(-2)).mean(1))

    with seeded(0):
        fused, words = Attention().double(), [(torch.randn(6, 5, 8).double(), torch.arange(6) % 3)]
    written = Written().double()
    written.load_state_dict(fused.state_dict())
    found, expected = (scores.grasp(model, words, F.cross_entropy, 1.0) for model in (fused, written))
    assert torch.allclose(all_weights(found), all_weights(expected), rtol=1e-9, atol=1e-14)


def test_grasp_says_that_an_operation_has_no_second_derivative(net, batches):
    class Distances(nn.Module):
        def forward(self, x):
            return torch.cdist(x, torch.eye(3).double(), p=3)

    model = nn.Sequential(net, Distances())
    scores.snip(model, batches, F.cross_entropy)
    with pytest.raises(
        ValueError, match="GraSP needs second derivatives, and an operation of this Sequential has none"
    ):
        scores.grasp(model, batches, F.cross_entropy)


def test_grasp_divides_outputs_that_are_a_tensor(batches):
    class Two(nn.Linear):
        def forward(self, x):
            return super().forward(x), x

    with pytest.raises(ValueError, match="GraSP divides the model's outputs, which must be a tensor, not tuple"):
        scores.grasp(Two(4, 3).double(), batches, lambda outputs, targets: F.cross_entropy(outputs[0], targets))


@pytest.mark.parametrize("score", [scores.snip, scores.grasp])
def test_an_embedding_with_sparse_gradients_scores_as_one_with_plain_ones(score):
    words, found = [(torch.arange(20).view(10, 2), torch.arange(10) % 3)], []
    for sparse in (True, False):
        with seeded(0):
            model = nn.Sequential(nn.Embedding(20, 4, sparse=sparse), nn.Flatten(), nn.Linear(8, 3))
        found.append(all_weights(score(model, words, F.cross_entropy, prunable=["0.weight", "2.weight"])))
        assert model[0].sparse is sparse
    assert torch.equal(*found)


@pytest.mark.parametrize("inputs", [(3,), (5,)])
def test_synflow_says_that_it_has_no_tokens_to_send(inputs):
    model = nn.Sequential(nn.Embedding(20, 4), nn.Flatten(), nn.Linear(12, 3))
    with pytest.raises(
        ValueError, match="ones in place of data, so not of tokens, here of shape .* this Sequential says"
    ):
        scores.synflow(model, inputs)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # torch's, that the old weight_norm is old
@pytest.mark.parametrize(
    "change", [torch.nn.utils.weight_norm, lambda layer: prune.random_unstructured(layer, "weight", 0.3)]
)
def test_a_layer_with_a_computed_weight_is_named_or_passed_over(saliency, batches, change):
    model = nn.Sequential(change(nn.Linear(4, 6).double()), nn.Linear(6, 3).double())
    model(batches[0][0])  # from here on its weight is a tensor that cannot be copied
    with pytest.raises(ValueError, match="the weight of layer '0' is computed from"):
        saliency(model, batches)
    assert list(saliency(model, batches, prunable=["1.weight"])) == ["1.weight"]


def test_inputs_follow_the_type_of_the_model(saliency, net, batches):
    single = [(x.float(), y) for x, y in batches]
    exact = [(x.double(), y) for x, y in single]
    assert torch.equal(all_weights(saliency(net, single)), all_weights(saliency(net, exact)))


def test_a_compiled_model_scores_as_the_plain_one(saliency, net, batches):
    compiled = torch.compile(net, backend="eager")
    assert torch.equal(all_weights(saliency(compiled, batches)), all_weights(saliency(net, batches)))
