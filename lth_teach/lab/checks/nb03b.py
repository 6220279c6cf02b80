"""Checks of notebook 03b: the largest at the start, noise on a start, and a test of movement that is not circular."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from . import Wrong, call, exercise, expect, prints_below
from ._nb03b_measures import State
from ._nb03b_noise import judge as judge_noise
from ._nb03b_worlds import World, fair, judge

Masks = dict[str, Tensor]


def _largest(start: State, masks: Masks) -> Masks:
    chosen = {}
    for name, mask in masks.items():
        order = start[name].abs().flatten().argsort(descending=True, stable=True)
        keep = torch.zeros(mask.numel(), dtype=torch.bool)
        keep[order[: int(mask.sum())]] = True
        chosen[name] = keep.view_as(mask)
    return chosen


@exercise(
    "How many weights does each layer keep? That number is all that you may take from the ticket's masks.",
    "Each layer is ranked by itself: layers start at different sizes, and a common list would favour one of them.",
    "In each layer sort the absolute starting values, largest first, and keep as many as the ticket's mask has True "
    "entries there. The places where they are True play no part.",
    solution=_largest,
)
def largest_at_start(attempt: Callable[[State, Masks], Masks]) -> int:
    """(start, masks) → masks that keep as many weights in each layer, those with the largest starting values."""
    generator = torch.Generator().manual_seed(4)
    by_hand = (
        {"a": torch.tensor([[0.8, -0.1, 0.3], [-0.6, 0.05, -0.9]]), "b": torch.tensor([[0.02, -0.03, 0.01]])},
        {"a": torch.tensor([[False, False, True], [True, False, False]]), "b": torch.tensor([[True, False, False]])},
    )
    scales = {"wide": 0.1, "narrow": 1.0}
    start = {name: scale * torch.randn(5, 6, generator=generator) for name, scale in scales.items()}
    uneven = {name: torch.rand(5, 6, generator=generator) < share for name, share in (("wide", 0.6), ("narrow", 0.2))}
    whole = {"a": torch.randn(2, 3, generator=generator)}, {"a": torch.ones(2, 3, dtype=torch.bool)}
    cases = [by_hand, (start, uneven), whole]
    mistakes: list[tuple[str, Callable[[State, Masks], Masks]]] = [
        ("these are the ticket's own masks; only how many they keep may be used.", lambda _, masks: masks),
        (
            "you ranked signed values. A large negative weight is large; take the absolute value.",
            lambda start, masks: _ranked(start, masks, lambda weights: weights),
        ),
        (
            "these are the smallest at the start.",
            lambda start, masks: _ranked(start, masks, lambda weights: -weights.abs()),
        ),
        ("you ranked all layers together, so some layers keep more weights than the ticket does.", _together),
        (
            "every layer has the same share. The ticket keeps a different share of each.",
            lambda start, masks: _largest(start, _even(masks)),
        ),
        (
            "one weight fewer than the ticket keeps: > where you need ≥?",
            lambda start, masks: _largest(start, {name: _with(mask, -1) for name, mask in masks.items()}),
        ),
        (
            "one weight more than the ticket keeps: places are counted from 0.",
            lambda start, masks: _largest(start, {name: _with(mask, 1) for name, mask in masks.items()}),
        ),
        (
            "these masks are the wrong way round: True where a weight goes.",
            lambda start, masks: {name: ~mask for name, mask in _largest(start, masks).items()},
        ),
    ]
    for start, masks in cases:
        numbers = ", ".join(f"{name}: {int(mask.sum())} of {mask.numel()}" for name, mask in masks.items())
        expect(attempt, [start, masks], _largest(start, masks), mistakes, f"layers that keep {numbers}")
    return len(cases)


def _ranked(start: State, masks: Masks, score: Callable[[Tensor], Tensor]) -> Masks:
    """As the right answer, by another score of the weights."""
    scores = {name: score(start[name]) for name in masks}
    return _largest({name: values - values.min() for name, values in scores.items()}, masks)


def _together(start: State, masks: Masks) -> Masks:
    sizes = torch.cat([start[name].abs().flatten() for name in masks])
    keep = torch.zeros(len(sizes), dtype=torch.bool)
    keep[sizes.argsort(descending=True, stable=True)[: sum(int(mask.sum()) for mask in masks.values())]] = True
    parts = keep.split([mask.numel() for mask in masks.values()])
    return {name: part.view_as(masks[name]) for name, part in zip(masks, parts, strict=True)}


def _even(masks: Masks) -> Masks:
    share = sum(int(mask.sum()) for mask in masks.values()) / sum(mask.numel() for mask in masks.values())
    return {
        name: (torch.arange(mask.numel()) < round(share * mask.numel())).view_as(mask) for name, mask in masks.items()
    }


def _with(mask: Tensor, more: int) -> Tensor:
    """A mask of the same shape that keeps so many weights more."""
    return (torch.arange(mask.numel()) < int(mask.sum()) + more).view_as(mask)


def _noisy(start: State, amount: float, generator: torch.Generator) -> State:
    return {
        name: weights + amount * weights.std() * torch.randn(weights.shape, generator=generator)
        for name, weights in start.items()
    }


@exercise(
    "σ is not one number: every layer has its own. Which function of its tensor gives it?",
    "torch.randn(shape, generator=generator) has spread 1. What must it be multiplied with, and what is it added to?",
    "For each layer draw standard normal numbers of its shape, multiply them by the amount and by that layer's own "
    "standard deviation, and add them to its weights, into a new tensor.",
    solution=_noisy,
)
def with_noise(attempt: Callable[[State, float, torch.Generator], State]) -> int:
    """(start, amount, generator) → the start with Gaussian noise of ``amount`` times each layer's spread."""
    for amount in (0.5, 2.0):
        judge_noise(attempt, amount)
    return 2


@exercise(
    "What made the first test circular? The same training chose the weights and then measured them.",
    "find and train both take the number of an order. And what would weights at random have moved? Some layers move "
    "further than others, so the comparison must take as many weights from each layer as the masks do.",
    "Find the masks with one order. Train the same start with another order. Add up the distances |end − start| of the "
    "kept weights; divide by what as many weights of each layer would move on average, which is each layer's mean "
    "distance times its number of kept weights, added up over the layers.",
    solution=fair,
)
def fair_movement(attempt: Callable[..., float]) -> int:
    """(start, find, train) → how much further the weights of a ticket move in a training that had no say in them."""
    for world in (World("nothing matters", 0.0), World("a tenth of the weights matters", 0.6)):
        with prints_below() as printed:
            seen = world.watch()
            found = call(attempt, [seen.start, seen.find, seen.train], f"  world     {world.name}\n", printed)
            if found is None:
                raise Wrong(f"  world     {world.name}\n  found     None\nDoes your function return its result?")
            judge(world, seen, found)
    return 2
