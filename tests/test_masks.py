import contextlib
import copy
import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_
from torch.optim.optimizer import _global_optimizer_post_hooks

from lth_teach import enforcement, masks, models

# Pure functions. Scores are drawn from a few whole numbers, so that ties are everywhere.


@st.composite
def scored_masks(draw):
    """Scores and masks of one to three layers, each with at least one weight left."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    levels = draw(st.sampled_from([1, 2, 5, 1000]))
    scores, kept = {}, {}
    for layer in range(draw(st.integers(1, 3))):
        shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
        scores[f"layer{layer}"] = torch.randint(0, levels, shape, generator=generator).float()
        kept[f"layer{layer}"] = torch.rand(shape, generator=generator) < 0.7
        kept[f"layer{layer}"][0, 0] = True
    return scores, kept


RATES = st.integers(1, 99).map(lambda percent: percent / 100)


def best(scores, kept, number):
    """Oracle: (layer, position) of the highest survivors, the first by position among equals."""
    places = [(name, i) for name in scores for i in range(scores[name].numel()) if kept[name].flatten()[i]]
    ranked = sorted(places, key=lambda place: -scores[place[0]].flatten()[place[1]].item())  # sorted() is stable
    return set(ranked[:number])


def kept_places(result):
    return {(name, i) for name, mask in result.items() for i in mask.flatten().nonzero().flatten().tolist()}


@given(scored_masks(), RATES)
@settings(deadline=None)
def test_prune_keeps_exactly_the_best_survivors(drawn, rate):
    scores, kept = drawn
    survivors = masks.count(kept)
    left = survivors - round(Fraction(str(rate)) * survivors)
    expected = best(scores, kept, left)
    if {name for name, _ in expected} == set(kept):
        result = masks.prune(scores, kept, rate)
        assert masks.count(result) == left
        assert kept_places(result) == expected
        assert kept_places(result) <= kept_places(kept)
    else:
        with pytest.raises(ValueError, match="would remove all"):
            masks.prune(scores, kept, rate)


@given(scored_masks(), RATES)
@settings(deadline=None)
def test_keep_top_keeps_exactly_the_share_asked_for(drawn, density):
    scores, _ = drawn
    everything = {name: torch.ones_like(score, dtype=torch.bool) for name, score in scores.items()}
    number = round(Fraction(str(density)) * masks.total(everything))
    expected = best(scores, everything, number)
    if {name for name, _ in expected} == set(scores):
        assert kept_places(masks.keep_top(scores, density)) == expected


@given(scored_masks(), st.integers(0, 1000))
@settings(deadline=None)
def test_overlap_is_symmetric_and_bounded(drawn, seed):
    _, first = drawn
    second = masks.shuffled(first, seed)
    assert 0 <= masks.overlap(first, second) == masks.overlap(second, first) <= 1
    assert masks.overlap(first, first) == 1
    assert (masks.overlap(first, second) == 1) == all(torch.equal(first[name], second[name]) for name in first)


@given(scored_masks(), st.integers(0, 1000))
@settings(deadline=None)
def test_a_random_mask_is_as_dense_in_every_layer(drawn, seed):
    _, kept = drawn
    by_layer = masks.random_like(kept, seed)
    assert masks.layer_densities(by_layer) == masks.layer_densities(kept)
    with contextlib.suppress(ValueError):  # a small layer may lose its last weight
        assert masks.count(masks.random_like(kept, seed, "global")) == masks.count(kept)


def test_overlap_is_intersection_over_union():
    first, second = {"w": torch.tensor([True, True, False])}, {"w": torch.tensor([False, True, True])}
    assert masks.overlap(first, second) == pytest.approx(1 / 3)


def test_the_rate_is_taken_by_its_decimals():
    scores = {"w": torch.arange(100.0)}
    kept = {"w": torch.ones(100, dtype=torch.bool)}
    assert masks.count(masks.prune(scores, kept, 0.29)) == 71  # int(100 * 0.29) is 28


def test_among_equal_scores_the_first_by_position_stay():
    kept = {"a": torch.ones(2, 2, dtype=torch.bool), "b": torch.ones(4, dtype=torch.bool)}
    result = masks.prune({"a": torch.zeros(2, 2), "b": torch.zeros(4)}, kept, 0.25)
    assert result["a"].all()
    assert result["b"].tolist() == [True, True, False, False]


def test_pruned_weights_are_not_ranked_again_whatever_they_score():
    kept = {"w": torch.tensor([False, True, True, True, True])}
    result = masks.prune({"w": torch.tensor([9.0, 4.0, 1.0, 3.0, 2.0])}, kept, 0.25)
    assert result["w"].tolist() == [False, True, False, True, True]
    nan_where_pruned = {"w": torch.tensor([float("nan"), 4.0, 1.0, 3.0, 2.0])}
    assert torch.equal(masks.prune(nan_where_pruned, kept, 0.25)["w"], result["w"])


def test_scope_layer_takes_the_rate_from_every_layer():
    scores = {"small": torch.arange(10.0), "large": torch.arange(100.0, 300.0)}
    kept = {name: torch.ones_like(score, dtype=torch.bool) for name, score in scores.items()}
    by_layer = masks.prune(scores, kept, 0.2, "layer")
    assert [int(mask.sum()) for mask in by_layer.values()] == [8, 160]
    half = masks.prune(scores, kept, 0.2, "layer_half_output")
    assert [int(mask.sum()) for mask in half.values()] == [8, 180]


def test_a_level_that_would_empty_a_layer_names_it():
    scores = {"first": torch.ones(10), "last.weight": torch.zeros(2)}
    kept = {name: torch.ones_like(score, dtype=torch.bool) for name, score in scores.items()}
    with pytest.raises(ValueError, match=r"all 2 weights left in layer 'last.weight'"):
        masks.prune(scores, kept, 0.25)
    with pytest.raises(ValueError, match=r"'last.weight'"):
        masks.keep_top(scores, 0.75)


def test_results_share_no_memory_with_what_went_in():
    kept = {"w": torch.ones(4, dtype=torch.bool)}
    before = kept["w"].clone()
    for result in (
        masks.prune({"w": torch.arange(4.0)}, kept, 0.25),
        masks.prune({"w": torch.arange(4.0)}, kept, 0.01),  # removes nothing
        masks.shuffled(kept, 0),
        masks.random_like(kept, 0, "global"),
    ):
        result["w"].fill_(False)
        assert torch.equal(kept["w"], before)
    state = {"w": torch.ones(4), "b": torch.ones(1)}
    for tensor in masks.masked(state, kept).values():
        tensor.zero_()
    assert state["w"].all()
    assert state["b"].all()


@pytest.mark.parametrize("rate", [0, 1, -0.2, 2, float("nan"), "half", None])
def test_a_rate_or_density_outside_0_and_1_is_refused(rate):
    scores, kept = {"w": torch.arange(4.0)}, {"w": torch.ones(4, dtype=torch.bool)}
    with pytest.raises(ValueError, match="rate must"):
        masks.prune(scores, kept, rate)
    with pytest.raises(ValueError, match="density must"):
        masks.keep_top(scores, rate)


def test_scores_must_fit_the_masks():
    kept = {"w": torch.ones(4, dtype=torch.bool)}
    with pytest.raises(ValueError, match=r"scores are for \['v'\]"):
        masks.prune({"v": torch.ones(4)}, kept, 0.5)
    with pytest.raises(ValueError, match=r"w: scores of shape \(5,\)"):
        masks.prune({"w": torch.ones(5)}, kept, 0.5)
    with pytest.raises(ValueError, match="w: some scores are NaN"):
        masks.prune({"w": torch.full((4,), float("nan"))}, kept, 0.5)
    infinite = {"w": torch.tensor([float("inf"), float("inf"), 1.0, -float("inf")])}
    for call in (lambda: masks.prune(infinite, kept, 0.5), lambda: masks.keep_top(infinite, 0.5)):
        with pytest.raises(ValueError, match="w: some scores are infinite, so they cannot be ranked"):
            call()
    lowest = {"w": torch.tensor([2.0, 3.0, 1.0, -float("inf")])}  # never to be kept
    assert masks.keep_top(lowest, 0.75)["w"].tolist() == [True, True, True, False]
    with pytest.raises(ValueError, match="global, layer"):
        masks.prune({"w": torch.ones(4)}, kept, 0.5, scope="everything")


# What may be pruned


def test_by_default_matrices_and_filters_are_prunable():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(32, 3))
    assert list(masks.prunable_parameters(model)) == ["0.weight", "3.weight"]
    assert all(mask.all() for mask in masks.dense(model).values())


def test_names_or_a_function_choose_otherwise():
    model = models.mlp(4, 5, 3)
    assert list(masks.prunable_parameters(model, ["2.weight", "0.bias"])) == ["0.bias", "2.weight"]
    assert list(masks.prunable_parameters(model, lambda name, p: p.dim() == 1)) == ["0.bias", "2.bias"]
    with pytest.raises(ValueError, match=r"no parameter named \['9.weight'\].*'0.weight'"):
        masks.prunable_parameters(model, ["9.weight"])


def test_a_model_with_nothing_prunable_is_refused():
    with pytest.raises(ValueError, match="nothing in this BatchNorm1d is prunable"):
        masks.prunable_parameters(nn.BatchNorm1d(3))


# Enforcing a mask


def sparse(model, density=0.3):
    """A mask that keeps the largest weights."""
    return masks.keep_top({name: p.detach().abs() for name, p in masks.prunable_parameters(model).items()}, density)


def pruned(model, kept, gradient=False):
    """The values, or gradients, of the pruned weights."""
    parameters = dict(model.named_parameters())
    return torch.cat([(parameters[n].grad if gradient else parameters[n].detach())[~kept[n]] for n in kept])


def watch_forward(model, kept):
    """From now on every forward pass of any layer insists that the pruned weights are zero while it runs."""

    def check(*_):
        assert not pruned(model, kept).any(), "a pruned weight took part in a forward pass"

    for module in model.modules():
        module.register_forward_hook(check)


def take_step(model, optimizer, data):
    optimizer.zero_grad()
    F.cross_entropy(model(data.x_train.to(next(model.parameters()).dtype)), data.y_train).backward()
    optimizer.step()


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1),
    "momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "fused": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, fused=True),
    "adam": lambda p: torch.optim.Adam(p, 0.01),
    "fused adam": lambda p: torch.optim.Adam(p, 0.01, fused=True),
    "adamw": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.5),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.01, momentum=0.9),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_pruned_weights_stay_zero_with_any_optimizer_that_carries_momentum(tiny, name):
    model = models.mlp(6, 20, 3, seed=0)
    optimizer = OPTIMIZERS[name](model.parameters())
    for _ in range(3):  # dense training, which fills the momentum
        take_step(model, optimizer, tiny)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    assert not pruned(model, kept).any()
    watch_forward(model, kept)
    survivors = model[0].weight.detach().clone()
    for _ in range(5):
        take_step(model, optimizer, tiny)
        assert not pruned(model, kept).any()
        assert not pruned(model, kept, gradient=True).any()
    assert not torch.equal(model[0].weight, survivors)  # the others did learn


def test_clipping_by_norm_sees_survivors_only(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    F.cross_entropy(model(tiny.x_train), tiny.y_train).backward()
    norm = clip_grad_norm_(model.parameters(), 1e9)

    enforcement.release(model)
    model.zero_grad()
    F.cross_entropy(model(tiny.x_train), tiny.y_train).backward()
    everything = clip_grad_norm_(model.parameters(), 1e9)
    for name, mask in kept.items():
        model.get_parameter(name).grad[~mask] = 0
    assert norm == pytest.approx(clip_grad_norm_(model.parameters(), 1e9).item())
    assert norm < everything


def test_gradients_added_up_over_batches_are_masked(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    for rows in tiny.x_train.split(20):
        model(rows).square().sum().backward()
    assert not pruned(model, kept, gradient=True).any()


def test_weights_moved_by_hand_are_zero_in_the_next_forward_pass(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    watch_forward(model, kept)
    for _ in range(3):
        for p in model.parameters():
            p.data += 1
        model(tiny.x_train)


def test_a_layer_called_alone_is_masked(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    model[0].weight.data += 1
    model[0](tiny.x_train)
    assert not model[0].weight[~kept["0.weight"]].any()


def test_a_layer_whose_weights_are_read_without_calling_it_is_masked():
    with models.seeded(0):
        model = nn.MultiheadAttention(4, 2)  # reads out_proj.weight and never calls out_proj
    kept = sparse(model)
    enforcement.enforce(model, kept)
    for p in model.parameters():
        p.data += 1
    model(*[torch.randn(3, 1, 4)] * 3)
    assert not pruned(model, kept).any()


def test_weights_that_are_not_finite_are_zeroed_too():
    model = models.mlp(6, 3, seed=0)
    kept = sparse(model)
    model[0].weight.data.fill_(float("nan"))
    enforcement.enforce(model, kept)
    assert not pruned(model, kept).any()


def test_a_second_mask_replaces_the_first(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    first = sparse(model)
    second = {name: ~mask for name, mask in first.items()}
    state = copy.deepcopy(model.state_dict())
    enforcement.enforce(model, first)
    enforcement.enforce(model, second)
    model.load_state_dict(state)
    take_step(model, torch.optim.Adam(model.parameters()), tiny)
    assert not pruned(model, second).any()
    assert pruned(model, first).all()  # exactly what the second mask keeps


def test_a_released_model_trains_dense(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    enforcement.release(model)
    enforcement.release(model)  # harmless
    for _ in range(2):
        take_step(model, torch.optim.Adam(model.parameters()), tiny)
    assert pruned(model, kept).any()


def test_removing_an_old_enforcement_does_not_lift_the_new_one(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    old = enforcement.enforce(model, kept)
    enforcement.enforce(model, kept)
    old.remove()
    take_step(model, torch.optim.Adam(model.parameters()), tiny)
    assert not pruned(model, kept).any()


def test_a_deleted_model_leaves_nothing_behind():
    hooks = len(_global_optimizer_post_hooks)
    model = models.mlp(6, 20, 3, seed=0)
    for _ in range(3):
        enforcement.enforce(model, sparse(model))
    parameter = weakref.ref(model[0].weight)
    del model
    gc.collect()
    assert parameter() is None
    assert len(_global_optimizer_post_hooks) == hooks


def test_masks_may_come_and_go_while_another_thread_trains(tiny):
    model, other = models.mlp(6, 20, 3, seed=0), models.mlp(6, 20, 3, seed=1)
    kept = sparse(model)
    enforcement.enforce(model, kept)

    def train():
        optimizer = torch.optim.Adam(model.parameters())
        for _ in range(100):
            take_step(model, optimizer, tiny)
        return pruned(model, kept)

    with ThreadPoolExecutor() as pool:
        training = pool.submit(train)
        while not training.done():
            enforcement.enforce(other, sparse(other))
            enforcement.release(other)
    assert not training.result().any()


def test_two_models_keep_their_own_masks(tiny):
    pair = [models.mlp(6, 20, 3, seed=seed) for seed in (0, 1)]
    kept = [sparse(model) for model in pair]
    for model, mask in zip(pair, kept):
        enforcement.enforce(model, mask)
    optimizer = torch.optim.Adam([p for model in pair for p in model.parameters()])
    for model, mask in zip(pair, kept):
        take_step(model, optimizer, tiny)
        assert not pruned(model, mask).any()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_of_a_masked_model_masks_itself(tiny, duplicate):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    twin = duplicate(model)
    enforcement.release(model)
    watch_forward(twin, kept)
    optimizer = torch.optim.SGD(twin.parameters(), 0.1, momentum=0.9, weight_decay=0.1)
    for p in twin.parameters():
        p.data += 1
    for _ in range(2):
        take_step(twin, optimizer, tiny)
        assert not pruned(twin, kept).any()
        assert not pruned(twin, kept, gradient=True).any()
    enforcement.release(twin)
    take_step(twin, optimizer, tiny)
    assert pruned(twin, kept).any()


def test_a_model_moved_to_another_number_type_stays_masked(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    watch_forward(model, kept)
    for number_type in (torch.float64, torch.float32):
        model.to(number_type)
        optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, weight_decay=0.1)
        for _ in range(2):
            take_step(model, optimizer, tiny)
            assert not pruned(model, kept).any()
            assert not pruned(model, kept, gradient=True).any()


def test_torch_func_works_on_a_masked_model(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    enforcement.enforce(model, sparse(model))
    weights = {name: p.detach() for name, p in model.named_parameters()}

    def loss(weights):
        return torch.func.functional_call(model, weights, tiny.x_train).square().mean()

    assert torch.func.grad(loss)(weights)["0.weight"].shape == (20, 6)


def test_frozen_weights_can_be_masked():
    model = models.mlp(6, 3, seed=0).requires_grad_(False)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    assert not pruned(model, kept).any()


def test_a_mask_that_does_not_fit_is_refused_and_changes_nothing():
    model = models.mlp(6, 20, 3, seed=0)
    before = copy.deepcopy(model.state_dict())
    kept = sparse(model)
    with pytest.raises(ValueError, match=r"2.weight: mask of shape \(3, 21\), weights of \(3, 20\)"):
        enforcement.enforce(model, kept | {"2.weight": torch.zeros(3, 21, dtype=torch.bool)})
    with pytest.raises(ValueError, match="no layer '4.weight'"):
        enforcement.enforce(model, kept | {"4.weight": torch.zeros(1, dtype=torch.bool)})
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_enforcing_copies_the_mask():
    model = models.mlp(6, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    expected = model[0].weight.detach().clone()
    kept["0.weight"].fill_(False)
    model(torch.randn(1, 6))
    assert torch.equal(model[0].weight, expected)
