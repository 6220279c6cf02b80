from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from lth_teach import masks, models, pruning_at_init, scores
from lth_teach.pruning_at_init import GraSPPruner, SNIPPruner, SynFlowPruner

PRUNERS = (SNIPPruner, GraSPPruner, SynFlowPruner)
every_pruner = pytest.mark.parametrize("pruner", PRUNERS)


def net(seed=0):
    return models.mlp(6, 20, 10, 3, seed=seed)


@pytest.fixture
def loader(tiny):
    return DataLoader(TensorDataset(tiny.x_train, tiny.y_train), batch_size=20)


@pytest.fixture
def dark():
    """Rows in which four of ten inputs are always zero, as pixels at the border of a digit are."""
    x = torch.randn(30, 10, generator=torch.Generator().manual_seed(0))
    x[:, [0, 3, 7, 9]] = 0
    return [(x, torch.arange(30) % 4)]


def threshold_of_the_document(saliency, sparsity):
    quantile = torch.quantile(torch.cat([score.flatten() for score in saliency.values()]), sparsity)
    return {name: score > quantile for name, score in saliency.items()}


def test_snip_keeps_the_weights_of_highest_saliency(loader):
    pruner = SNIPPruner(net(), sparsity=0.8)
    saliency = pruner.compute_saliency(loader, F.cross_entropy)
    kept = pruner.prune(loader, F.cross_entropy)
    lowest = min(saliency[name][mask].min() for name, mask in kept.items())
    highest_removed = max(saliency[name][~mask].max() for name, mask in kept.items())
    assert lowest > highest_removed
    expected = scores.snip(net(), loader, F.cross_entropy)
    assert all(torch.equal(saliency[name], expected[name]) for name in expected)


@every_pruner
@pytest.mark.parametrize("sparsity", [0.07, 0.5, 0.9])
def test_the_number_kept_is_exact(pruner, sparsity, loader):
    kept = pruner(net(), sparsity).prune(loader, F.cross_entropy)
    assert masks.count(kept) == round((1 - sparsity) * 350)


@pytest.mark.parametrize("sparsity", [0.1, 0.3, 0.45, 0.8])
def test_the_number_kept_is_exact_with_two_fifths_of_the_saliencies_zero(sparsity, dark):
    model = models.mlp(10, 30, 4, seed=0)
    pruner = SNIPPruner(model, sparsity)
    saliency = pruner.compute_saliency(dark, F.cross_entropy)
    assert (saliency["0.weight"] == 0).float().mean() >= 0.4
    kept = pruner.prune(dark, F.cross_entropy)
    assert masks.count(kept) == round((1 - sparsity) * 420)
    by_threshold = masks.count(threshold_of_the_document(saliency, sparsity))
    zeros = sum(int((score == 0).sum()) for score in saliency.values())
    if sparsity * 420 < zeros:
        assert by_threshold == 420 - zeros < masks.count(kept)


def test_equal_saliencies_are_told_apart_by_position(loader, monkeypatch):
    model = nn.Sequential(nn.Linear(6, 10))
    monkeypatch.setattr(scores, "snip", lambda *_: {"0.weight": torch.ones(10, 6)})
    kept = SNIPPruner(model, 0.7).prune(loader, F.cross_entropy)["0.weight"].flatten()
    assert kept[:18].all()
    assert not kept[18:].any()


def test_all_batches_count_and_one_of_them_gives_another_mask(loader):
    first, *_ = loader
    whole = SNIPPruner(net(), 0.8).prune(loader, F.cross_entropy)
    one = SNIPPruner(net(), 0.8).prune([first], F.cross_entropy)
    assert masks.overlap(whole, one) < 1


def test_grasp_settings_are_those_of_the_score(loader):
    kept = GraSPPruner(net(), 0.8, temperature=1.0, absolute=True).prune(loader, F.cross_entropy)
    expected = masks.keep_top(scores.grasp(net(), loader, F.cross_entropy, 1.0, absolute=True), 0.2)
    assert masks.overlap(kept, expected) == 1
    assert masks.overlap(kept, GraSPPruner(net(), 0.8).prune(loader, F.cross_entropy)) < 1


def test_the_default_temperature_is_that_of_the_authors_code(loader):
    found = GraSPPruner(net()).compute_saliency(loader, F.cross_entropy)
    expected = scores.grasp(net(), loader, F.cross_entropy, 200)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@every_pruner
def test_images_are_pruned_too(pruner):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24, 3))
    images = torch.randn(12, 1, 5, 6, generator=torch.Generator().manual_seed(0))
    kept = pruner(model, 0.5).prune([(images, torch.arange(12) % 3)], F.cross_entropy)
    assert masks.count(kept) == (18 + 72) // 2


@every_pruner
def test_a_generator_that_can_be_read_only_once_will_do(pruner, loader):
    expected = pruner(net()).prune(loader, F.cross_entropy)
    found = pruner(net()).prune((batch for batch in loader), F.cross_entropy)
    assert masks.overlap(found, expected) == 1


@every_pruner
def test_the_model_obeys_the_mask_whoever_trains_it(pruner, loader):
    model = net().eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    kept = pruner(model, 0.8).prune(loader, F.cross_entropy)
    assert not model.training
    assert all(torch.equal(model.get_parameter(n)[mask], before[n][mask]) for n, mask in kept.items())
    assert all(p.grad is None for p in model.parameters())
    mine = {name: mask.clone() for name, mask in kept.items()}
    for mask in kept.values():
        mask.fill_(True)  # what was returned is a copy
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    for name, mask in mine.items():
        assert (model.get_parameter(name)[~mask] == 0).all()
        assert not torch.equal(model.get_parameter(name)[mask], before[name][mask])


def test_only_chosen_layers_are_pruned(loader):
    for pruner in PRUNERS:
        chosen = pruner(net(), prunable=["2.weight"])
        assert list(chosen.compute_saliency(loader, F.cross_entropy)) == ["2.weight"]
        assert list(chosen.prune(loader, F.cross_entropy)) == ["2.weight"]


# SynFlow's rounds, and layers that would be emptied


def deep(seed=0):
    """Six layers, one of them far wider than the others."""
    return models.mlp(6, 8, 8, 100, 8, 8, 3, seed=seed)


def test_one_round_of_synflow_is_the_score_of_the_unpruned_network(loader):
    pruner = SynFlowPruner(net(), 0.5, rounds=1)
    saliency = pruner.compute_saliency(loader, None)
    assert masks.overlap(pruner.prune(loader, None), masks.keep_top(saliency, 0.5)) == 1


def test_what_one_round_of_synflow_removed_stays_removed(loader, monkeypatch):
    rounds = []

    def unrelated_scores(model, shape, kept, names):
        rounds.append(kept)
        return scores.random(model, seed=len(rounds))

    monkeypatch.setattr(scores, "synflow", unrelated_scores)
    rounds.append(SynFlowPruner(net(), 0.8, rounds=5).prune(loader, F.cross_entropy))
    assert [masks.count(kept) for kept in rounds] == [350, *(round(350 * 0.2 ** (k / 5)) for k in range(1, 6))]
    for before, after in pairwise(rounds):
        assert all((before[name] | ~after[name]).all() for name in before)


def test_synflow_protects_every_one_of_sixty_layers():
    model = models.mlp(8, *[100] * 59, 4, seed=0)
    kept = SynFlowPruner(model, 0.99, rounds=5).prune([(torch.zeros(1, 8), None)], None)
    assert all(mask.any() for mask in kept.values())
    flow = torch.ones(8, dtype=torch.double)
    for name, mask in kept.items():
        flow = torch.where(mask, model.get_parameter(name).abs(), 0).double() @ flow
    assert flow.sum() > 0


def test_synflow_looks_at_no_data(loader):
    kept = SynFlowPruner(net()).prune(loader, F.cross_entropy)
    assert masks.overlap(kept, SynFlowPruner(net()).prune([(torch.zeros(1, 6), None)], None)) == 1


def test_synflow_leaves_a_path_where_the_other_methods_empty_a_layer(loader):
    total = masks.total(masks.dense(deep()))
    for left in (6, 12, 60):  # 6 = one weight for each layer
        kept = SynFlowPruner(deep(), 1 - left / total).prune(loader, F.cross_entropy)
        assert masks.count(kept) == left
        assert all(mask.any() for mask in kept.values())
        model = deep()
        weights = [torch.where(kept[name], model.get_parameter(name).abs(), 0) for name in kept]
        flow = torch.ones(6)
        for weight in weights:
            flow = weight @ flow
        assert flow.sum() > 0
    for pruner in (SNIPPruner(deep(), 0.99), SynFlowPruner(deep(), 0.99, rounds=1)):
        with pytest.raises(ValueError, match=r"would remove all \d+ weights left in layer '\d+.weight'"):
            pruner.prune(loader, F.cross_entropy)


def test_a_model_whose_layer_would_be_emptied_is_left_unchanged(loader):
    model = deep()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(ValueError, match="would remove all"):
        SNIPPruner(model, 0.99).prune(loader, F.cross_entropy)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_ties_that_would_empty_a_layer_name_it(loader, monkeypatch):
    even = {name: torch.ones_like(p) for name, p in masks.prunable_parameters(net()).items()}
    monkeypatch.setattr(scores, "snip", lambda *_: even)
    with pytest.raises(ValueError, match="all 200 weights left in layer '2.weight'"):
        SNIPPruner(net(), 0.9).prune(loader, F.cross_entropy)


# Bad input


@every_pruner
@pytest.mark.parametrize("sparsity", [0, 1, -0.1, 1.5, float("nan"), "much"])
def test_a_sparsity_outside_zero_and_one_is_refused(pruner, sparsity):
    with pytest.raises(ValueError, match="sparsity must"):
        pruner(net(), sparsity)


@every_pruner
def test_an_empty_dataloader_is_refused(pruner):
    with pytest.raises(ValueError, match="there are no batches .* is the dataloader empty, or used up"):
        pruner(net()).prune([], F.cross_entropy)


@pytest.mark.parametrize("rounds", [0, 2.5, True])
def test_rounds_are_a_whole_number(rounds):
    with pytest.raises(ValueError, match="rounds must be a whole number, 1 or more, got"):
        SynFlowPruner(net(), rounds=rounds)


def test_a_saliency_that_is_not_a_number_is_refused(loader):
    model = net()
    model[0].weight.data[0, 0] = float("nan")
    with pytest.raises(ValueError, match="some scores are NaN"):
        SNIPPruner(model).prune(loader, F.cross_entropy)


def test_a_network_with_nothing_to_prune_is_refused():
    with pytest.raises(ValueError, match="nothing in this BatchNorm1d is prunable"):
        pruning_at_init.SNIPPruner(nn.BatchNorm1d(3))


@every_pruner
def test_a_batch_that_is_no_pair_is_refused_and_the_model_left_alone(pruner):
    model = net()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(ValueError, match="a batch must be a pair .* got a dict of x, y;"):
        pruner(model).prune([{"x": torch.zeros(2, 6), "y": torch.zeros(2)}], F.cross_entropy)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_rounds_may_be_numpys():
    rounds = SynFlowPruner(net(), rounds=np.int64(3)).rounds
    assert (rounds, type(rounds)) == (3, int)
