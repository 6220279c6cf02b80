"""Compressed layers and networks without dead neurons compute what the masked network computed, in fewer bytes."""

import copy

import pytest
import torch
from torch import nn

from lth_teach import enforcement, masks, models, scores
from lth_teach.measures import sparse_models
from lth_teach.measures.sparse_models import bytes_of, median_seconds, to_csr, without_dead_neurons


def randomise(model, seed=0):
    """Every entry random, buffers too (variances positive), so that nothing agrees by being zero."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.randn(tensor.shape, generator=generator))
            if name.endswith("running_var"):
                tensor.abs_()
    return model.double().eval()


def sparse(*sizes, kept=0.1, seed=0):
    """A network in double precision with random biases and a random mask, applied once."""
    model = randomise(models.mlp(*sizes, seed=seed), seed)
    for name, mask in masks.keep_top(scores.random(model, seed), kept).items():
        model.get_parameter(name).data.mul_(mask)
    return model


def inputs(width, rows=20):
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(9)).double()


def same_function(model, other, width):
    with torch.no_grad():
        return torch.allclose(model(inputs(width)), other(inputs(width)), rtol=0, atol=1e-10)


@pytest.mark.parametrize("index_type", [torch.int64, torch.int32])
def test_compressed_layers_compute_the_same_and_leave_the_model_alone(index_type):
    model = sparse(6, 9, 4, kept=0.3)
    before = copy.deepcopy(model.state_dict())
    assert same_function(model, to_csr(model, index_type), 6)
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before)


def test_layers_inside_other_modules_are_found_and_the_rest_is_kept():
    model = randomise(models.ResidualMLP(5, 6, 2, 3, seed=0))
    compressed = to_csr(model)
    assert same_function(model, compressed, 5)
    assert not any(isinstance(module, nn.Linear) for module in compressed.modules())
    assert sum(isinstance(module, nn.BatchNorm1d) for module in compressed.modules()) == 4


def test_a_compressed_network_can_be_copied_and_its_state_loaded():
    model = sparse(6, 9, 4)
    compressed = to_csr(model)
    twin = copy.deepcopy(compressed)
    twin.load_state_dict(compressed.state_dict())
    assert same_function(model, twin, 6)


def test_one_layer_alone_and_one_without_bias_can_be_compressed():
    layer = randomise(nn.Linear(5, 3, bias=False))
    assert same_function(layer, to_csr(layer), 5)


def test_an_empty_layer_can_be_compressed():
    layer = nn.Linear(4, 2).double()
    nn.init.zeros_(layer.weight)
    assert same_function(layer, to_csr(layer), 4)


def test_bytes_of_values_columns_row_starts_and_biases():
    model = nn.Sequential(nn.Linear(10, 4))
    assert bytes_of(model) == 4 * (40 + 4)
    model[0].weight.data[:, 3:] = 0
    assert bytes_of(model) == 4 * (40 + 4)  # zeros are stored like any other number
    assert bytes_of(to_csr(model)) == 12 * (4 + 8) + 5 * 8 + 4 * 4
    assert bytes_of(to_csr(model, torch.int32)) == 12 * (4 + 4) + 5 * 4 + 4 * 4


def test_what_cannot_be_compressed_is_refused():
    with pytest.raises(ValueError, match="index_type must be torch.int64 or torch.int32, got torch.int16"):
        to_csr(nn.Linear(2, 2), torch.int16)
    with pytest.raises(ValueError, match="this ReLU has no linear layer to compress"):
        to_csr(nn.ReLU())


def test_a_constant_neuron_goes_and_its_constant_stays():
    model = randomise(models.mlp(3, 4, 2, seed=0))
    model[0].weight.data[1] = 0
    model[0].bias.data[1] = 0.7  # relu leaves 0.7, which must not get lost
    smaller = without_dead_neurons(model)
    assert smaller[0].out_features == 3
    assert same_function(model, smaller, 3)
    assert torch.allclose(smaller[2].bias, model[2].bias + 0.7 * model[2].weight[:, 1])


def test_a_useless_neuron_goes_and_the_biases_stay():
    model = randomise(models.mlp(3, 4, 2, seed=0))
    model[2].weight.data[:, 2] = 0
    smaller = without_dead_neurons(model)
    assert smaller[0].out_features == smaller[2].in_features == 3
    assert torch.equal(smaller[2].bias, model[2].bias)
    assert same_function(model, smaller, 3)


def test_removing_goes_on_until_no_neuron_is_dead():
    model = randomise(models.mlp(3, 4, 4, 4, 2, seed=0))
    model[0].weight.data[0] = 0  # constant, and the only input of neuron 1 of the next layer ...
    model[2].weight.data[1, 1:] = 0  # ... which is therefore constant, too
    model[6].weight.data[:, 3] = 0  # useless, and the only output of neuron 2 of the layer before ...
    model[4].weight.data[:3, 2] = 0  # ... which is therefore useless, too
    smaller = without_dead_neurons(model)
    assert [smaller[place].out_features for place in (0, 2, 4, 6)] == [3, 2, 3, 2]
    assert same_function(model, smaller, 3)


@pytest.mark.parametrize("kept", [0.5, 0.1, 0.05, 0.02])
def test_random_masks_at_any_density_leave_the_function_as_it_was(kept):
    model = sparse(20, 30, 25, 5, kept=kept)
    smaller = without_dead_neurons(model)
    assert same_function(model, smaller, 20)
    assert bytes_of(smaller) <= bytes_of(model)
    for first, second in ((smaller[0], smaller[2]), (smaller[2], smaller[4])):
        assert first.out_features == 1 or not (first.weight == 0).all(1).any()
        assert first.out_features == 1 or not (second.weight == 0).all(0).any()


def test_batchnorm_and_other_activations_pass_the_constant_on():
    model = nn.Sequential(
        nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Sigmoid(), nn.Dropout(0.5), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2)
    )
    randomise(model)
    model[0].weight.data[[0, 3]] = 0
    model[4].weight.data[:, 5] = 0
    smaller = without_dead_neurons(model)
    assert smaller[1].num_features == smaller[1].running_mean.numel() == 3
    assert same_function(model, smaller, 4)


def test_a_layer_without_bias_gets_one_only_if_there_is_a_constant_to_hold():
    for activation, has_bias in ((nn.ReLU(), False), (nn.Sigmoid(), True)):
        model = randomise(nn.Sequential(nn.Linear(3, 4, bias=False), activation, nn.Linear(4, 2, bias=False)))
        model[0].weight.data[0] = 0
        smaller = without_dead_neurons(model)
        assert (smaller[2].bias is not None) == has_bias
        assert same_function(model, smaller, 3)


def test_a_network_of_nothing_keeps_a_neuron_a_layer():
    model = randomise(models.mlp(3, 4, 5, 2, seed=0))
    for layer in (model[0], model[2], model[4]):
        layer.weight.data.zero_()
    smaller = without_dead_neurons(model)
    assert [smaller[place].out_features for place in (0, 2, 4)] == [1, 1, 2]
    assert same_function(model, smaller, 3)


def test_the_model_is_left_alone_mask_and_mode_included():
    model = models.mlp(6, 8, 3, seed=0)
    kept = masks.keep_top(scores.random(model, 0), 0.1)
    enforcement.enforce(model, kept)
    before = copy.deepcopy(model.state_dict())
    smaller = without_dead_neurons(model)
    assert model.training
    assert not smaller.training
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before)
    model[0].weight.data.fill_(1)
    model(torch.ones(1, 6))  # the mask is still held here ...
    assert masks.density({"0.weight": model[0].weight != 0}) == masks.density({"0.weight": kept["0.weight"]})
    smaller(torch.ones(1, 6))  # ... and no longer asked for there, where it would not fit


def test_networks_that_cannot_be_shrunk_are_refused_by_name():
    with pytest.raises(TypeError, match="this can shrink an nn.Sequential, got a ResidualMLP"):
        without_dead_neurons(models.ResidualMLP())
    with pytest.raises(TypeError, match="layer '1' is a Softmax, which may mix neurons"):
        without_dead_neurons(nn.Sequential(nn.Linear(2, 3), nn.Softmax(1), nn.Linear(3, 1)))


def test_times_are_those_of_each_model_and_modes_are_put_back():
    class Slow(nn.Module):
        def forward(self, x):
            for _ in range(200):
                x = x @ torch.eye(50)
            return x

    quick = nn.Identity()
    seconds = median_seconds({"slow": Slow(), "quick": quick}, torch.randn(50, 50), repeats=5)
    assert seconds["slow"] > 3 * seconds["quick"] > 0
    assert quick.training
    assert torch.get_num_threads() == 1


def test_times_of_nothing_are_refused():
    with pytest.raises(ValueError, match="at least one model and one repeat, got 0 and 5"):
        median_seconds({}, torch.ones(1, 1), repeats=5)
    with pytest.raises(ValueError, match="got 1 and 0"):
        sparse_models.median_seconds({"a": nn.Identity()}, torch.ones(1, 1), repeats=0)
