"""Checks of notebook 02: one level by hand, a mask held while training, the whole search, signs and sizes apart."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ... import enforcement, models
from . import exercise, expect
from ._nb02_cuts import MISTAKES
from ._nb02_imp import Case, judge
from ._nb02_level import WEIGHT_MISTAKES, in_words, level_cases, mask_and_weights, our_level, two_masks

Gradient = Callable[[Tensor], Tensor]
Masks = dict[str, Tensor]


@exercise(
    "First line: which weights may be removed, and by which of their values are they ranked?",
    "The rate is a share of the survivors. Their number is rarely a multiple of ten, so round to a whole number.",
    "Rank the trained values of the survivors by size, whatever their sign. Once the mask is made, the trained values "
    "have done their work: a kept weight goes back to its start, and all others are zero.",
    solution=our_level,
    picture=two_masks,
)
def one_level(attempt: Callable[..., tuple[Tensor, Tensor]]) -> int:
    """(start, trained, mask, rate) → (mask without the smallest trained survivors, start where it keeps, else 0)."""
    cases = level_cases()
    for arguments in cases:
        mask_and_weights(attempt, arguments)
        mask, weights = our_level(*arguments)
        shown = in_words(arguments)
        expect(lambda *given: attempt(*given)[0], arguments, mask, MISTAKES, f"{shown} → new_mask")
        expect(lambda *given: attempt(*given)[1], arguments, weights, WEIGHT_MISTAKES, f"{shown} → weights")
    return len(cases)


@exercise(
    "Which lines can make a pruned weight non-zero? The start, and every step.",
    "The velocity was filled before the mask existed. A masked gradient does not empty it, so mask the weight itself.",
    "The mask is needed in two places: once before the first gradient is taken, and again after every single step.",
)
def sparse_training(attempt: Callable[..., Tensor]) -> int:
    """(weight, mask, velocity, gradient, steps) → weights after SGD with momentum, the mask held at every step."""
    generator = torch.Generator().manual_seed(1)
    mistakes: list[tuple[str, Callable[..., Tensor]]] = [
        ("no mask at all: this is the dense network.", _sgd),
        (
            "the mask was applied at the start only. From the first step on the optimizer moves pruned weights.",
            partial(_sgd, masked=("start",)),
        ),
        (
            "you masked the gradient only; the velocity carried over still moves pruned weights.",
            partial(_sgd, masked=("start", "gradient")),
        ),
        (
            "the mask was applied at the end only. Until then the pruned weights worked for the others.",
            partial(_sgd, masked=("end",)),
        ),
        (
            "the first gradient was taken before the mask was applied; start from the masked weight.",
            partial(_sgd, masked=("step",)),
        ),
        ("masking the start and the end leaves the steps between them dense.", partial(_sgd, masked=("start", "end"))),
    ]
    cases = 0
    for size, steps in ((4, 3), (4, 1), (8, 20)):
        weight, velocity, target = (torch.randn(size, dtype=torch.double, generator=generator) for _ in range(3))
        mixing = 0.3 * torch.randn(size, size, dtype=torch.double, generator=generator)
        mask = torch.arange(size) % 3 != 1

        def gradient(w: Tensor, mixing: Tensor = mixing, target: Tensor = target) -> Tensor:
            return mixing.T @ (mixing @ w - target)  # of ½‖Mw − t‖², in which every weight matters to every other

        arguments = (weight, mask, velocity, gradient, steps)
        shown = f"{size} weights of which {int(mask.sum())} are kept, a velocity that is not zero, {steps} step(s)"
        expect(attempt, arguments, _sgd(*arguments, masked=("start", "step")), mistakes, shown)
        cases += 1
    return cases


def _sgd(
    weight: Tensor,
    mask: Tensor,
    velocity: Tensor,
    gradient: Gradient,
    steps: int,
    masked: tuple[str, ...] = (),
) -> Tensor:
    """SGD with momentum 0.9 and rate 0.1; ``masked`` names the places where the mask is applied."""

    def apply(tensor: Tensor, place: str) -> Tensor:
        return tensor * mask if place in masked else tensor

    weight = apply(weight, "start")
    for _ in range(steps):
        velocity = 0.9 * velocity + apply(gradient(weight), "gradient")
        weight = apply(weight - 0.1 * velocity, "step")
    return apply(weight, "end")


def _imp(model: nn.Module, train: Callable[[nn.Module], Any], rate: float, levels: int) -> list[Masks]:
    weights = {name: p for name, p in model.named_parameters() if p.dim() == 2}
    start = copy.deepcopy(model.state_dict())
    found = [{n: torch.ones_like(w, dtype=torch.bool) for n, w in weights.items()}]
    for _ in range(levels):
        model.load_state_dict(start)
        enforcement.enforce(model, found[-1])
        train(model)
        kept = torch.cat([mask.flatten() for mask in found[-1].values()])
        sizes = torch.cat([w.detach().abs().flatten() for w in weights.values()])
        order = sizes.where(kept, torch.inf).argsort(descending=True, stable=True)
        kept[order[len(order) - round(rate * int(kept.sum())) :]] = False
        parts = kept.split([w.numel() for w in weights.values()])
        found.append({n: m.view_as(weights[n]) for n, m in zip(weights, parts)})
    return found


@exercise(
    "Write down one level first: rewind, hold the mask, train, cut. What must you copy before anything is trained?",
    "state_dict() holds all that training moves, biases and buffers included, but it is no copy. enforce(model, masks) "
    "zeroes the pruned weights and keeps them zero whatever train does.",
    "Keep a deep copy of the start. In each level load it, enforce the newest masks, train; then lay the weights of "
    "all layers in one long row, switch off its smallest survivors, and cut the row up into layers again.",
    solution=_imp,
)
def imp(attempt: Callable[..., list[Masks]]) -> int:
    """(model, train, rate, levels) → the masks of every level, level 0 first; rewound, held, ranked over all layers."""
    normed = nn.Sequential(*models.mlp(3, 6, 4, seed=1))
    normed.insert(1, nn.BatchNorm1d(6))
    cases = [
        Case("a network of 40 weights in two layers (4 → 5 → 4)", models.mlp(4, 5, 4, seed=3), 0.35, 3),
        Case("a network of 42 weights in two layers, with BatchNorm between", normed, 0.2, 2),
    ]
    for case in cases:
        judge(attempt, case)
    return len(cases)


@exercise(
    "A number is its sign times its size. Take the one from here and the other from there.",
    "A weight whose size you borrow brings a sign of its own along. Get rid of that first.",
    "The absolute value of the one tensor is a size without a sign; torch.sign of the other is a sign without a size. "
    "Their product has both.",
    solution=lambda signs_from, sizes_from: sizes_from.abs() * signs_from.sign(),
)
def recombine(attempt: Callable[[Tensor, Tensor], Tensor]) -> int:
    """(signs_from, sizes_from) → weights with the signs of the first and the sizes of the second."""
    generator = torch.Generator().manual_seed(2)
    cases = [
        (torch.tensor([0.5, -0.1, 0.2]), torch.tensor([-0.3, -0.4, 0.6])),
        (torch.randn(3, 4, generator=generator), torch.randn(3, 4, generator=generator)),
    ]
    mistakes: list[tuple[str, Callable[[Tensor, Tensor], Tensor]]] = [
        ("sign and size are swapped.", lambda signs, sizes: signs.abs() * sizes.sign()),
        ("`sizes_from` brought its own signs along; take its absolute value first.", lambda a, b: b * a.sign()),
        ("that is the product: the sizes of both are in it. Of `signs_from` take the sign alone.", lambda a, b: a * b),
        ("the sizes of `signs_from` are still in it; take its sign alone.", lambda a, b: a * b.abs()),
        ("these are only signs, all of size 1.", lambda a, b: a.sign()),
        ("these are only sizes; the signs are missing.", lambda a, b: b.abs()),
        ("this is `signs_from` unchanged; its sizes should be gone.", lambda a, b: a.clone()),
        ("this is `sizes_from` unchanged; its signs should be gone.", lambda a, b: b.clone()),
        (
            "all of one size, the mean; every weight has a size of its own.",
            lambda a, b: a.sign() * b.abs().mean(),
        ),
    ]
    for signs_from, sizes_from in cases:
        expect(attempt, [signs_from, sizes_from], sizes_from.abs() * signs_from.sign(), mistakes)
    return len(cases)
