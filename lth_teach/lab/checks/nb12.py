"""Checks of notebook 12: the overlap of two masks, and a fair random baseline for a transferred ticket."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from . import Wrong, call, describe, exercise, expect, same

Masks = dict[str, Tensor]


@exercise(
    "Two counts are enough: weights that both masks keep, and weights that at least one keeps.",
    "For bool tensors, & is 'both' and | is 'at least one'. Add up over the layers first, divide once at the end.",
    "both = sum(int((first[n] & second[n]).sum()) for n in first); either likewise with |; "
    "return both / either if either else 1.0",
)
def pooled_overlap(attempt: Callable[[Masks, Masks], float]) -> int:
    """(first, second) → intersection over union of two masks, all layers together; 1.0 if both are empty."""
    numbers = torch.Generator().manual_seed(0)

    def drawn(density: float, shapes: dict[str, tuple[int, int]]) -> Masks:
        return {name: torch.rand(shape, generator=numbers) < density for name, shape in shapes.items()}

    shapes = {"0.weight": (6, 4), "2.weight": (2, 6)}
    small = {"0.weight": torch.tensor([[True, True, False], [True, False, False]])}
    other = {"0.weight": torch.tensor([[True, False, True], [True, False, True]])}
    empty = {"0.weight": torch.zeros(2, 3, dtype=torch.bool)}
    dense, sparse = drawn(0.7, shapes), drawn(0.3, shapes)
    cases = [(small, other), (dense, sparse), (sparse, dense), (dense, dense), (small, empty), (empty, empty)]
    mistakes: list[tuple[str, Callable[[Masks, Masks], float]]] = [
        (
            "that is the mean of the layers' overlaps; a small layer then counts as much as a large one.",
            _mean_of_layers,
        ),
        ("that is the share of all entries that agree. Weights that both masks remove are not shared.", _agreement),
        ("you divided by what the first mask keeps; the union counts weights that either keeps.", _of_first),
        ("you divided by what both keep added up, which counts the shared weights twice.", _of_sum),
        ("you divided by all weights of the network, kept or not.", _of_all),
        ("that is twice the intersection over the sum of both, another measure (Dice).", _dice),
    ]
    for first, second in cases:
        shown = "; ".join(
            f"{label} { ({name: mask.int().tolist() for name, mask in masks.items()}) }"
            for label, masks in (("first", first), ("second", second))
        )
        expect(attempt, [first, second], _overlap(first, second), mistakes, shown)
    return len(cases)


@exercise(
    "Treat each layer by itself: the number of kept weights stays, their places are drawn anew.",
    "A random order of the layer's own entries keeps the count: layer.flatten()[order]. Draw the order from a "
    "generator of your own, seeded with `seed`, once for the whole function.",
    "numbers = torch.Generator().manual_seed(seed); for each layer, order = torch.randperm(layer.numel(), "
    "generator=numbers) and layer.flatten()[order].view_as(layer); for the output layer torch.ones_like(layer).",
)
def fair_baseline(attempt: Callable[[Masks, str, int], Masks]) -> int:
    """(mask, output, seed) → a random mask with the counts of each layer; the output layer keeps everything."""
    if not callable(attempt):
        raise Wrong(f"Expected a function, found {describe(attempt)}.")
    kept = {"0.weight": (20, 10, 30), "2.weight": (8, 20, 60), "4.weight": (5, 8, 10)}
    columns_first = {name: (torch.arange(m * n) < count).view(n, m).T for name, (m, n, count) in kept.items()}
    mask = {name: layer.contiguous() for name, layer in columns_first.items()}
    cases = [("4.weight", 0), ("4.weight", 7), ("2.weight", 0)]
    for output, seed in cases:
        _check_baseline(_call(attempt, mask, output, seed), mask, output)
        if not _same_masks(_call(attempt, mask, output, seed), _call(attempt, mask, output, seed)):
            raise Wrong(f"Called twice with seed {seed}, your function gave two different masks.")
    drawn = [_call(attempt, mask, "4.weight", seed) for seed in range(300)]
    if _same_masks(drawn[0], drawn[1]):
        raise Wrong("Seeds 0 and 1 give the same mask. Draw the places from a generator that starts from `seed`.")
    for name in ("0.weight", "2.weight"):
        share, expected = torch.stack([d[name] for d in drawn]).float().mean(0), mask[name].float().mean().item()
        if (share - expected).abs().max() > 0.17:  # more than 5.5 standard errors: every fair draw stays inside
            raise Wrong(
                f"  over 300 seeds, layer {name} keeps some places in {share.max():.0%} of the masks and others in "
                f"{share.min():.0%}; drawn fairly it would be about {expected:.0%} everywhere\n"
                "Likely: whole rows or columns were moved, or the places were only shifted. Shuffle the single entries."
            )
    return len(cases)


def _call(attempt: Callable[..., Any], mask: Masks, output: str, seed: int) -> Masks:
    given = copy.deepcopy(mask)
    found = call(attempt, (given, output, seed), f"  input     a mask, output {output!r}, seed {seed}\n")
    if not same(given, mask):
        raise Wrong("Your function changed its argument; work on a copy.")
    if found is None:
        raise Wrong("  found     None\nDoes your function return its result?")
    if not isinstance(found, dict) or found.keys() != mask.keys():
        raise Wrong(f"  expected  a dictionary with the layers {list(mask)}\n  found     {describe(found)}")
    return found


def _check_baseline(found: Masks, mask: Masks, output: str) -> None:
    for name, layer in mask.items():
        new = found[name]
        if not isinstance(new, Tensor) or new.dtype != torch.bool or new.shape != layer.shape:
            shape = tuple(layer.shape)
            raise Wrong(f"  layer     {name}\n  expected  a bool tensor of shape {shape}\n  found     {describe(new)}")
    counts = {name: int(new.sum()) for name, new in found.items()}
    wanted = {name: layer.numel() if name == output else int(layer.sum()) for name, layer in mask.items()}
    if counts != wanted:
        raise Wrong(
            f"  kept in each layer\n  expected  {wanted}\n  found     {counts}\nLikely: {_why(counts, mask, output)}"
        )
    if all(torch.equal(found[name], mask[name]) for name in mask if name != output):
        raise Wrong("The hidden layers are those of the given mask. Their places should be drawn anew.")


def _why(counts: dict[str, int], mask: Masks, output: str) -> str:
    if counts[output] == int(mask[output].sum()):
        return "the output layer is pruned. It should keep all its weights, as in every other arm."
    if _kept(mask) - int(mask[output].sum()) == sum(counts.values()) - counts[output]:
        return "places were drawn over all layers together, so layers have other densities than the ticket's."
    return "each weight was kept with a probability, which gives the right number only on average. Keep it exactly."


def _same_masks(first: Masks, second: Masks) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def _counts(first: Masks, second: Masks) -> tuple[int, int]:
    both = sum(int((first[name] & second[name]).sum()) for name in first)
    either = sum(int((first[name] | second[name]).sum()) for name in first)
    return both, either


def _kept(masks: Masks) -> int:
    return sum(int(mask.sum()) for mask in masks.values())


def _overlap(first: Masks, second: Masks) -> float:
    both, either = _counts(first, second)
    return both / either if either else 1.0


def _mean_of_layers(first: Masks, second: Masks) -> float:
    each = [_overlap({name: first[name]}, {name: second[name]}) for name in first]
    return sum(each) / len(each)


def _agreement(first: Masks, second: Masks) -> float:
    agree = sum(int((first[name] == second[name]).sum()) for name in first)
    return agree / sum(mask.numel() for mask in first.values())


def _of_first(first: Masks, second: Masks) -> float:
    return _counts(first, second)[0] / _kept(first)


def _of_sum(first: Masks, second: Masks) -> float:
    return _counts(first, second)[0] / (_kept(first) + _kept(second))


def _of_all(first: Masks, second: Masks) -> float:
    return _counts(first, second)[0] / sum(mask.numel() for mask in first.values())


def _dice(first: Masks, second: Masks) -> float:
    return 2 * _of_sum(first, second)
