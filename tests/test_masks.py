import contextlib
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lth_teach import masks

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
