"""Checks of notebook 07: SNIP's saliency, an exact count over several layers, and synaptic flow by hand."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from . import exercise, expect

Scores = dict[str, Tensor]
Pair = tuple[Tensor, Tensor]


@exercise(
    "The loss over all batches is a sum. What is the gradient of a sum?",
    "Add the gradients first. Then multiply by the weight, and take the absolute value as the very last step.",
    "return (weight * sum(gradients)).abs()",
)
def snip_saliency(attempt: Callable[[Tensor, list[Tensor]], Tensor]) -> int:
    """(weight, gradients) → |w · Σ gradients|, the absolute value last."""
    generator = torch.Generator().manual_seed(0)
    opposite = torch.tensor([0.5, -0.25, 1.0])
    cases = [
        (torch.tensor([2.0, -1.0, 0.5]), [opposite, -opposite + torch.tensor([0.0, 0.0, 0.2])]),
        (torch.randn(3, 4, generator=generator), [torch.randn(3, 4, generator=generator) for _ in range(3)]),
        (torch.randn(2, 5, generator=generator), [torch.randn(2, 5, generator=generator)]),
    ]
    mistakes: list[tuple[str, Callable[[Tensor, list[Tensor]], Tensor]]] = [
        (
            "the absolute value was taken batch by batch. Gradients that cancel over the batches should cancel here.",
            lambda w, gs: _total([(w * g).abs() for g in gs]),
        ),
        ("only the first batch was used; all of them count.", lambda w, gs: (w * gs[0]).abs()),
        ("only the last batch was used; all of them count.", lambda w, gs: (w * gs[-1]).abs()),
        ("the absolute value is missing: a weight may matter either way.", lambda w, gs: w * _total(gs)),
        ("the weight is missing: this is the size of the gradient alone.", lambda w, gs: _total(gs).abs()),
        (
            "the absolute value of the gradient, times a weight that still has its sign.",
            lambda w, gs: w * _total(gs).abs(),
        ),
        ("this is the mean over the batches; the loss is added up.", lambda w, gs: (w * _total(gs)).abs() / len(gs)),
        ("square and absolute value rank alike, but the score is not squared.", lambda w, gs: (w * _total(gs)) ** 2),
        ("no gradient in it: this is the magnitude.", lambda w, gs: w.abs()),
    ]
    for weight, gradients in cases:
        shown = f"weight {weight.tolist()}, gradients {[g.tolist() for g in gradients]}" if weight.dim() == 1 else None
        expected = (weight * _total(gradients)).abs()
        expect(attempt, [weight, gradients], expected, mistakes, shown or _sizes(weight, gradients))
    return len(cases)


@exercise(
    "Put all scores into one flat list, in the order of the layers. Which positions should stay?",
    "Sort positions, not values: argsort with descending=True and stable=True puts equal scores in order of position. "
    "A threshold cannot tell equal scores apart.",
    "keep = zeros(len(flat), bool); keep[flat.argsort(descending=True, stable=True)[:number]] = True; then split it by "
    "the layers' sizes and give each part its layer's shape.",
)
def keep_exactly(attempt: Callable[[Scores, int], Scores]) -> int:
    """(scores, number) → masks that keep exactly ``number`` weights over all layers, ties by layer and position."""
    small = {"first": torch.tensor([[0.5, 0.1], [0.0, 0.9]]), "second": torch.tensor([[0.2, 0.7]])}
    equal = {"first": torch.full((2, 2), 0.3), "second": torch.full((1, 3), 0.3)}
    generator = torch.Generator().manual_seed(1)
    zeros = {name: torch.rand(shape, generator=generator) for name, shape in (("first", (6, 10)), ("second", (2, 20)))}
    zeros["first"][:, [0, 2, 5, 6, 9]] = 0
    zeros["second"][0, 10:] = 0
    cases = [(small, 3), (equal, 5), (zeros, 80), (zeros, 30), (small, 6)]
    mistakes: list[tuple[str, Callable[[Scores, int], Scores]]] = [
        (
            "a threshold with `>`: every weight that ties with it goes, and too few stay.",
            lambda scores, number: _by_threshold(scores, number, strict=True),
        ),
        (
            "a threshold with `>=`: every weight that ties with it stays, so too many do.",
            lambda scores, number: _by_threshold(scores, number, strict=False),
        ),
        ("these are the lowest scores; high means keep.", lambda scores, number: _top(scores, number, sign=-1)),
        ("`number` is how many to keep, not how many to remove.", lambda s, number: _top(s, _size(s) - number)),
        ("every layer was ranked by itself; the ranking is over all layers together.", _by_layer),
        ("the right number, but among equal scores the first should stay.", _last_stays),
    ]
    for scores, number in cases:
        if scores is zeros:
            shown = f"scores of two layers of {[s.numel() for s in scores.values()]}, 40 of 100 zero, number {number}"
        else:
            shown = f"scores { {name: s.tolist() for name, s in scores.items()} }, number {number}"
        expect(attempt, [scores, number], _top(scores, number), mistakes, shown)
    return len(cases)


@exercise(
    "Two sums do it: what reaches each hidden unit when every input is 1, and what each hidden unit passes on.",
    "entering = first.abs().sum(dim=1) and leaving = second.abs().sum(dim=0), one number for each hidden unit.",
    "return first.abs() * leaving[:, None], second.abs() * entering",
)
def synflow_scores(attempt: Callable[[Tensor, Tensor], Pair]) -> int:
    """(first, second) → SynFlow's scores of the two layers."""
    generator = torch.Generator().manual_seed(2)
    cases = [
        (torch.tensor([[1.0, -2.0], [3.0, 0.5]]), torch.tensor([[0.5, -1.0], [0.25, 2.0]])),
        (torch.randn(3, 4, generator=generator), torch.randn(2, 3, generator=generator)),
        (torch.randn(3, 3, generator=generator), torch.randn(3, 3, generator=generator)),
    ]
    mistakes: list[tuple[str, Callable[[Tensor, Tensor], Pair]]] = [
        ("the weights keep their signs, so paths cancel. Take sizes (absolute values).", _signed_flow),
        ("the absolute value was taken of the sums; it belongs on each weight before they are added.", _late_sizes),
        ("that is ∂R/∂|w|, the flow that a weight of size 1 would carry. Multiply by the weight's size.", _slopes),
        (
            "that is |w|, the magnitude: each weight needs the paths that lead on from it.",
            lambda a, b: (a.abs(), b.abs()),
        ),
        ("the sums run over the wrong index: rows and columns of the weights are swapped.", _wrong_axis),
        ("the two scores are swapped; return the first layer's first.", lambda a, b: _flow(a, b)[::-1]),
    ]
    for first, second in cases:
        expect(attempt, [first, second], _flow(first, second), mistakes)
    return len(cases)


def _total(gradients: list[Tensor]) -> Tensor:
    return torch.stack(gradients).sum(dim=0)


def _sizes(weight: Tensor, gradients: list[Tensor]) -> str:
    return f"weight of shape {tuple(weight.shape)}, {len(gradients)} gradient{'s' if len(gradients) != 1 else ''}"


def _flat(scores: Scores) -> Tensor:
    return torch.cat([score.flatten() for score in scores.values()])


def _size(scores: Scores) -> int:
    return len(_flat(scores))


def _layers(keep: Tensor, scores: Scores) -> Scores:
    parts = keep.split([score.numel() for score in scores.values()])
    return {name: part.view(scores[name].shape) for name, part in zip(scores, parts, strict=True)}


def _top(scores: Scores, number: int, sign: int = 1) -> Scores:
    flat = sign * _flat(scores)
    keep = torch.zeros(len(flat), dtype=torch.bool)
    keep[flat.argsort(descending=True, stable=True)[:number]] = True
    return _layers(keep, scores)


def _by_threshold(scores: Scores, number: int, strict: bool) -> Scores:
    flat = _flat(scores)
    if strict:  # the highest score that goes
        removed = len(flat) - number
        threshold = flat.kthvalue(removed).values if removed else flat.min() - 1
        return _layers(flat > threshold, scores)
    return _layers(flat >= flat.topk(number).values.min(), scores)


def _by_layer(scores: Scores, number: int) -> Scores:
    share = number / _size(scores)
    return {name: _top({name: score}, round(share * score.numel()))[name] for name, score in scores.items()}


def _last_stays(scores: Scores, number: int) -> Scores:
    flat = _flat(scores).flip(0)
    keep = torch.zeros(len(flat), dtype=torch.bool)
    keep[flat.argsort(descending=True, stable=True)[:number]] = True
    return _layers(keep.flip(0), scores)


def _flow(first: Tensor, second: Tensor) -> Pair:
    return first.abs() * second.abs().sum(0)[:, None], second.abs() * first.abs().sum(1)


def _signed_flow(first: Tensor, second: Tensor) -> Pair:
    return first * second.sum(0)[:, None], second * first.sum(1)


def _late_sizes(first: Tensor, second: Tensor) -> Pair:
    return (first * second.sum(0)[:, None]).abs(), (second * first.sum(1)).abs()


def _slopes(first: Tensor, second: Tensor) -> Pair:
    return second.abs().sum(0)[:, None].expand_as(first), first.abs().sum(1).expand_as(second)


def _wrong_axis(first: Tensor, second: Tensor) -> Pair:
    if first.shape != second.shape or first.shape[0] != first.shape[1]:
        return first, second  # with other shapes the swap shows by itself
    return first.abs() * second.abs().sum(1)[:, None], second.abs() * first.abs().sum(0)
