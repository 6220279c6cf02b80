import copy
import pickle

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lth_teach import Trainer, models
from lth_teach.strong import supermasks


def hidden(density=0.4, kind="signed", seed=0):
    return supermasks.edge_popup(models.mlp(6, 8, 3, seed=seed), density, kind, seed)


def trainer(data, **changes):
    return Trainer(data, **({"iterations": 30, "batch_size": 20, "optimizer": "sgd", "lr": 0.5} | changes))


# The mask


def test_the_highest_scores_are_kept():
    mask = supermasks.top(torch.tensor([[0.1, 3.0], [-2.0, 0.2]]), kept=2)
    assert mask.tolist() == [[False, True], [False, True]]


def test_among_equal_scores_the_first_by_position_are_kept():
    scores = torch.tensor([1.0, 0.0, 1.0, 2.0, 1.0, 1.0])
    assert supermasks.top(scores, 3).tolist() == [True, False, True, True, False, False]
    assert supermasks.top(torch.zeros(5), 2).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("kept", [1, 7, 149, 150])
def test_exactly_as_many_are_kept_as_asked_for_however_many_ties(kept):
    ties = torch.randint(0, 3, (10, 15), generator=torch.Generator().manual_seed(kept)).float()
    mask = supermasks.top(ties, kept)
    assert int(mask.sum()) == kept
    assert ties[mask].min() >= (ties[~mask].max() if kept < 150 else 0)


@pytest.mark.parametrize("kept", [0, 5, -1])
def test_a_number_that_cannot_be_kept_is_refused(kept):
    with pytest.raises(ValueError, match=f"from 1 to the 4 scores, got {kept}"):
        supermasks.top(torch.rand(4), kept)


def test_scores_that_are_nan_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        supermasks.top(torch.tensor([1.0, float("nan")]), 1)


@pytest.mark.parametrize("density", [0.1, 0.29, 0.5, 1.0, 1])
def test_every_layer_keeps_its_share_before_and_after_training(density, tiny):
    model = hidden(density)
    wanted = {"0.weight": round(density * 48), "2.weight": round(density * 24)}
    assert {name: int(mask.sum()) for name, mask in supermasks.masks_of(model).items()} == wanted
    trainer(tiny)(model)
    assert {name: int(mask.sum()) for name, mask in supermasks.masks_of(model).items()} == wanted


# The gradient


def test_scores_receive_the_gradient_of_the_mask_computed_by_hand():
    weight, scores = torch.tensor([[2.0, -3.0, 5.0]]), torch.tensor([[0.9, 0.1, 0.5]])
    layer = supermasks.MaskedLinear(weight, None, scores, kept=2)
    x = torch.tensor([[1.0, 10.0, 100.0]])
    output = layer(x)  # uses the first and the last weight: 2 · 1 + 5 · 100
    assert output.item() == 502
    (output**2).backward()
    # d output² / d mask_i = 2 · output · w_i · x_i, also for the weight that is not used.
    assert torch.equal(layer.scores.grad, 2 * 502 * torch.tensor([[2.0, -30.0, 500.0]]))


def test_scores_of_a_network_receive_the_gradient_that_a_real_mask_would():
    model, (x, y) = hidden(), (torch.randn(9, 6), torch.arange(9) % 3)
    F.cross_entropy(model(x), y).backward()
    masks = {name: mask.float().requires_grad_() for name, mask in supermasks.masks_of(model).items()}
    first, last = model[0], model[2]
    within = F.linear(x, first.weight * masks["0.weight"], first.bias).relu()
    F.cross_entropy(F.linear(within, last.weight * masks["2.weight"], last.bias), y).backward()
    assert torch.allclose(first.scores.grad, masks["0.weight"].grad)
    assert torch.allclose(last.scores.grad, masks["2.weight"].grad)
    assert (first.scores.grad[masks["0.weight"] == 0] != 0).any()


def test_in_a_binary_layer_the_gain_is_a_fixed_number_for_the_gradient():
    weight, scores = torch.tensor([[2.0, -3.0, 5.0]]), torch.tensor([[0.9, 0.1, 0.5]])
    layer = supermasks.MaskedLinear(weight, None, scores, kept=2, binary=True)
    output = layer(torch.tensor([[1.0, 10.0, 100.0]]))
    assert output.item() == 3.5 * (1 + 100)  # the mean of 2 and 5
    output.backward()
    assert torch.equal(layer.scores.grad, 3.5 * torch.tensor([[1.0, -10.0, 100.0]]))


def test_scores_start_on_both_sides_of_zero_within_one_over_the_root_of_the_inputs():
    scores = supermasks.edge_popup(nn.Linear(400, 50), 0.5).scores.detach()
    assert 0.0495 < scores.max() <= 0.05
    assert -0.05 <= scores.min() < -0.0495
    assert abs(scores.mean()) < 0.001


# The weights


@pytest.mark.parametrize("kind", supermasks.KINDS)
def test_training_learns_and_leaves_every_weight_bit_identical(kind, tiny):
    model = hidden(kind=kind)
    before = copy.deepcopy(model.state_dict())
    accuracy = trainer(tiny, lr=1.0)(model)
    after = model.state_dict()
    assert accuracy > 0.6  # three classes; chance is a third
    for name in before:
        assert torch.equal(before[name], after[name]) == (not name.endswith("scores")), name


def test_only_scores_are_parameters():
    assert [name for name, _ in hidden().named_parameters()] == ["0.scores", "2.scores"]


def test_the_model_that_was_given_is_left_alone(tiny):
    model = models.mlp(6, 8, 3, seed=0)
    before = copy.deepcopy(model.state_dict())
    trainer(tiny)(supermasks.edge_popup(model, 0.5))
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())


def test_a_layer_works_on_copies_of_what_it_is_given():
    weight, bias, scores = torch.ones(2, 3), torch.ones(2), torch.rand(2, 3)
    layer = supermasks.MaskedLinear(weight, bias, scores, kept=4)
    before = copy.deepcopy(layer.state_dict())
    for tensor in (weight, bias, scores):
        tensor.fill_(7.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in layer.state_dict().items())


def test_signed_weights_keep_their_signs_and_have_one_size():
    model, popped = models.mlp(6, 8, 3, seed=0), hidden(density=0.25)
    expected = model[0].weight.sign() * (2 / 6 / 0.25) ** 0.5
    assert torch.allclose(popped[0].weight, expected)


def test_real_weights_are_the_models_own_at_the_same_root_mean_square():
    model, popped = models.mlp(6, 8, 3, seed=0), hidden(density=0.25, kind="real")
    ratio = popped[0].weight / model[0].weight
    assert torch.allclose(ratio, ratio[0, 0].expand_as(ratio))
    assert popped[0].weight.square().mean().item() == pytest.approx(2 / 6 / 0.25)


def test_a_binary_network_starts_from_the_real_weights():
    for binary, real in zip(hidden(kind="binary"), hidden(kind="real"), strict=True):
        if isinstance(binary, supermasks.MaskedLinear):
            assert torch.equal(binary.weight, real.weight)


def test_binary_weights_are_signs_times_the_mean_size_of_those_kept():
    layer = hidden(kind="binary")[0]
    mask = supermasks.top(layer.scores, layer.kept)
    used = layer.masked_weight()
    assert torch.equal(used != 0, mask)
    assert torch.equal(used.sign(), layer.weight.sign() * mask)
    assert torch.allclose(used[mask].abs(), layer.weight[mask].abs().mean())


def test_the_same_seed_gives_the_same_run_and_another_does_not(tiny):
    runs = []
    for seed in (3, 3, 4):
        model = supermasks.edge_popup(models.mlp(6, 8, 3, seed=0), 0.5, seed=seed)
        trainer(tiny)(model)
        runs.append(model[0].scores.detach())
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_the_callers_random_numbers_are_left_alone():
    state = torch.get_rng_state()
    hidden()
    assert torch.equal(torch.get_rng_state(), state)


# The plain network


@pytest.mark.parametrize("kind", supermasks.KINDS)
def test_the_plain_network_gives_the_same_outputs_bit_for_bit(kind, tiny):
    model = hidden(kind=kind)
    trainer(tiny)(model)
    plain = supermasks.subnetwork(model)
    assert [type(layer) for layer in plain] == [nn.Linear, nn.ReLU, nn.Linear]
    assert torch.equal(plain(tiny.x_test), model(tiny.x_test))
    assert all(torch.equal(plain.state_dict()[name] != 0, mask) for name, mask in supermasks.masks_of(model).items())


def test_a_network_in_double_precision_stays_in_double_precision():
    model = supermasks.edge_popup(models.mlp(6, 8, 3, seed=0).double(), 0.4, "real")
    plain, x = supermasks.subnetwork(model), torch.randn(5, 6).double()
    assert {p.dtype for p in plain.parameters()} == {torch.double}
    assert torch.equal(plain(x), model(x))


def test_the_plain_network_shares_no_memory_with_the_masked_one():
    model = hidden()
    before = copy.deepcopy(model.state_dict())
    plain = supermasks.subnetwork(model)
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter.fill_(7.0)
    supermasks.masks_of(model)["0.weight"].fill_(True)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_binarised_keeps_zeros_and_signs_and_the_mean_size():
    layer = nn.Linear(4, 1)
    layer.weight.data = torch.tensor([[1.0, -2.0, 0.0, 6.0]])
    found = supermasks.binarised(nn.Sequential(layer))[0].weight
    assert found.tolist() == [[3.0, -3.0, 0.0, 3.0]]
    assert layer.weight.tolist() == [[1.0, -2.0, 0.0, 6.0]]


def test_the_mean_size_changes_the_weights_least():
    weight = torch.randn(30, generator=torch.Generator().manual_seed(0))
    layer = nn.Linear(30, 1)
    layer.weight.data = weight[None]
    best = (supermasks.binarised(nn.Sequential(layer))[0].weight - weight).square().sum()
    assert all(best < (weight.sign() * a - weight).square().sum() for a in (0.9 * weight.abs().mean(), 1.0, 0.5))


def test_binarising_a_signed_subnetwork_changes_nothing():
    plain = supermasks.subnetwork(hidden())
    assert torch.allclose(supermasks.binarised(plain)[0].weight, plain[0].weight)


# Copies, other shapes, wrong input


def test_a_masked_model_can_be_copied_and_pickled():
    model, x = hidden(), torch.randn(5, 6)
    assert torch.equal(copy.deepcopy(model)(x), model(x))
    assert torch.equal(pickle.loads(pickle.dumps(model))(x), model(x))


def test_layers_inside_other_modules_are_found_and_biases_kept():
    model = nn.Sequential(nn.Sequential(nn.Linear(6, 5), nn.Tanh()), nn.Linear(5, 2, bias=False))
    popped = supermasks.edge_popup(model, 0.5)
    assert list(supermasks.masks_of(popped)) == ["0.0.weight", "1.weight"]
    assert torch.equal(popped[0][0].bias, model[0][0].bias)
    x = torch.randn(4, 6)
    assert torch.equal(supermasks.subnetwork(popped)(x), popped(x))


def test_a_single_layer_can_be_masked():
    popped = supermasks.edge_popup(nn.Linear(4, 2), 0.5)
    assert torch.equal(supermasks.subnetwork(popped)(torch.ones(1, 4)), popped(torch.ones(1, 4)))


@pytest.mark.parametrize("density", [0, -0.1, 1.01, float("nan"), float("inf"), "a third", None])
def test_a_density_outside_0_and_1_is_refused(density):
    with pytest.raises(ValueError, match="density must be a number above 0 and up to 1"):
        hidden(density)


def test_a_layer_that_would_keep_nothing_is_named():
    with pytest.raises(ValueError, match=r"2: density 0.01 of 24 weights rounds to none"):
        supermasks.edge_popup(models.mlp(80, 8, 3), 0.01)


@pytest.mark.parametrize("kind", supermasks.KINDS)
def test_a_layer_of_zeros_is_refused_by_name(kind):
    model = models.mlp(6, 8, 3, seed=0)
    nn.init.zeros_(model[2].weight)
    with pytest.raises(ValueError, match="2: all weights are zero"):
        supermasks.edge_popup(model, 0.5, kind)


def test_a_model_without_linear_layers_is_refused():
    with pytest.raises(ValueError, match="Sequential has no linear layer"):
        supermasks.edge_popup(nn.Sequential(nn.ReLU()), 0.5)


def test_parameters_that_would_be_trained_are_refused_and_named():
    with pytest.raises(ValueError, match=r"would be trained: \['1.weight', '1.bias'\]"):
        supermasks.edge_popup(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)), 0.5)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="signed, real, binary, got 'ternary'"):
        hidden(kind="ternary")


@pytest.mark.parametrize("function", [supermasks.masks_of, supermasks.subnetwork])
def test_a_model_without_masked_layers_is_refused(function):
    with pytest.raises(ValueError, match="no masked layer; make one with edge_popup"):
        function(models.mlp(4, 2))
