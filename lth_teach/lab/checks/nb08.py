"""Checks of notebook 08: the straight-through estimator, the signed constant, and one gain for a binary layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ...strong import supermasks
from . import exercise, expect

Estimator = Callable[[Tensor, int], Tensor]


@exercise(
    "You need something whose value is the mask and whose gradient is that of the scores. detach() gives a value "
    "without a gradient.",
    "scores - scores.detach() is worth nothing, and its gradient is one for every score.",
    "mask = supermasks.top(scores, kept).to(scores.dtype); return mask + (scores - scores.detach()).",
)
def straight_through(attempt: Estimator) -> int:
    """(scores, kept) → the mask as 0 and 1, through which gradients reach all scores unchanged."""
    numbers = torch.Generator().manual_seed(0)
    cases = [
        (torch.tensor([[0.9, -0.1, 0.5], [0.2, 0.7, -0.3]], dtype=torch.double), 2),
        (torch.tensor([0.3, 0.1, 0.2, 0.4], dtype=torch.double), 4),
        (torch.randn(20, 30, dtype=torch.double, generator=numbers), 180),
    ]
    mistakes: list[tuple[str, Estimator]] = [
        (
            "this is the bare mask. Its gradient is nothing: choosing the highest is a step, flat almost everywhere, "
            "so no score would ever move.",
            lambda s, k: _mask(s, k).detach(),
        ),
        (
            "the value is right, but the gradient reaches only the scores of used weights. A weight that is out must "
            "feel whether it is missed, or it can never come back.",
            lambda s, k: _mask(s, k) + _mask(s, k) * (s - s.detach()),
        ),
        ("these are the scores of the used weights; the value should be 0 or 1.", lambda s, k: _mask(s, k) * s),
        ("the scores are left in the value; subtract them again, detached.", lambda s, k: _mask(s, k) + s),
        ("the gradient has the wrong sign: the detached copy is the one to subtract.", lambda s, k: _reversed(s, k)),
        ("these are the scores; the value should be the mask.", lambda s, k: s * 1),
        ("the gradient is that of a sigmoid; it should arrive unchanged.", lambda s, k: _soft(s, k)),
        ("the gradient is scaled by the number of kept weights.", lambda s, k: _mask(s, k) + (s - s.detach()) / k),
        ("the mask is turned round: 1 belongs to the highest scores.", lambda s, k: _mask(-s, k) + (s - s.detach())),
    ]
    for scores, kept in cases:
        what = scores.tolist() if scores.numel() < 12 else f"of shape {tuple(scores.shape)}"
        shown = f"scores {what}, kept {kept}, and a gradient sent back through the result"
        probe = torch.arange(1.0, scores.numel() + 1, dtype=torch.double).view_as(scores)
        expected = {"value": supermasks.top(scores, kept).double(), "gradient of scores": probe}
        wrong = [(text, _tried(function)) for text, function in mistakes]
        expect(_tried(attempt) if callable(attempt) else attempt, [scores, kept], expected, wrong, shown)
    return len(cases)


@exercise(
    "Two factors: the sign of each weight, and one size for the whole layer.",
    "A weight matrix has the shape (outputs, inputs); the number of inputs is weight.shape[1].",
    "return weight.sign() * math.sqrt(2 / (weight.shape[1] * density))",
)
def signed_constant(attempt: Callable[[Tensor, float], Tensor]) -> int:
    """(weight of shape outputs × inputs, density) → its signs at the size √(2 / (inputs · density))."""
    numbers = torch.Generator().manual_seed(1)
    cases = [
        (torch.tensor([[0.3, -0.1, 0.2, -0.7], [0.5, 0.4, -0.6, 0.1]]), 0.4),
        (torch.tensor([[0.3, -0.1, 0.2, -0.7], [0.5, 0.4, -0.6, 0.1]]), 1.0),
        (torch.randn(7, 5, generator=numbers), 0.3),
    ]
    mistakes: list[tuple[str, Callable[[Tensor, float], Tensor]]] = [
        ("you used the number of outputs, weight.shape[0]; what adds up is the inputs.", lambda w, d: _size(w, d, 0)),
        (
            "the density is missing. With fewer weights in use each must be larger, or the signal fades.",
            lambda w, d: _size(w, 1.0),
        ),
        ("you multiplied by the density; with fewer weights each must be larger.", lambda w, d: _size(w, 1 / d)),
        ("the root is missing.", lambda w, d: w.sign() * 2 / (w.shape[1] * d)),
        ("the root of the density is missing.", lambda w, d: _size(w, d * d)),
        (
            "the 2 is missing. A ReLU lets half of the signal through; it makes up for that.",
            lambda w, d: _size(w, 2 * d),
        ),
        ("the signs are missing.", lambda w, d: _size(w, d).abs()),
        ("these are the signs without the size.", lambda w, d: w.sign()),
        ("each weight still has its own size; take the sign first.", lambda w, d: w * _size(w, d).abs()),
    ]
    for weight, density in cases:
        expect(attempt, [weight, density], _size(weight, density), mistakes)
    return len(cases)


@exercise(
    "What is wanted is a mean size, and only kept weights count towards it.",
    "weight[mask] is the flat list of the kept weights; abs() gives sizes, mean() their mean.",
    "return weight.sign() * mask * weight[mask].abs().mean()",
)
def binary_layer(attempt: Callable[[Tensor, Tensor], Tensor]) -> int:
    """(weight, mask) → −a, 0 or a, with a the mean size of the kept weights."""
    numbers = torch.Generator().manual_seed(2)
    weight = torch.randn(6, 9, generator=numbers)
    cases = [
        (torch.tensor([[1.0, -2.0, 7.0], [8.0, -3.0, 4.0]]), torch.tensor([[True, True, True], [False, True, False]])),
        (weight, torch.rand(6, 9, generator=numbers) < 0.3),
        (weight, torch.ones(6, 9, dtype=torch.bool)),
    ]
    mistakes: list[tuple[str, Callable[[Tensor, Tensor], Tensor]]] = [
        ("the mean was taken over all weights; pruned ones do not count.", lambda w, m: w.sign() * m * w.abs().mean()),
        (
            "pruned weights were counted as zeros, which makes the mean too small.",
            lambda w, m: w.sign() * m * (w * m).abs().mean(),
        ),
        ("pruned weights should be zero.", lambda w, m: w.sign() * w[m].abs().mean()),
        (
            "that is the root mean square. The mean size changes the layer least; set the derivative of "
            "the sum of (w − a·sign w)² to zero and see.",
            lambda w, m: w.sign() * m * w[m].square().mean().sqrt(),
        ),
        (
            "that is the mean of the weights, in which signs cancel; take sizes.",
            lambda w, m: w.sign() * m * w[m].mean(),
        ),
        ("the signs are missing.", lambda w, m: m * w[m].abs().mean()),
        ("these are the signs without the gain.", lambda w, m: w.sign() * m),
        ("that is the gain alone; return the layer.", lambda w, m: w[m].abs().mean()),
        ("these are the kept weights as they were.", lambda w, m: w * m),
    ]
    for values, mask in cases:
        expect(attempt, [values, mask], values.sign() * mask * values[mask].abs().mean(), mistakes)
    return len(cases)


def _tried(attempt: Estimator) -> Callable[[Tensor, int], Any]:
    """What an estimator gives, and what gradient the scores get when 1, 2, 3, … is sent back through it."""

    def run(scores: Tensor, kept: int) -> Any:
        leaf = scores.clone().requires_grad_()
        value = attempt(leaf, kept)
        if not isinstance(value, Tensor) or value.shape != scores.shape:
            return value
        if value.requires_grad:
            value.backward(torch.arange(1.0, scores.numel() + 1).view_as(value).to(value))
        if not torch.equal(leaf.detach(), scores):
            scores.copy_(leaf.detach())  # the attempt wrote into its copy; `expect` is to see that
        gradient = torch.zeros_like(scores) if leaf.grad is None else leaf.grad
        return {"value": value.detach().to(scores.dtype), "gradient of scores": gradient}

    return run


def _mask(scores: Tensor, kept: int) -> Tensor:
    return supermasks.top(scores, kept).to(scores.dtype)


def _reversed(scores: Tensor, kept: int) -> Tensor:
    return _mask(scores, kept) + (scores.detach() - scores)


def _soft(scores: Tensor, kept: int) -> Tensor:
    soft = scores.sigmoid()
    return _mask(scores, kept) + (soft - soft.detach())


def _size(weight: Tensor, density: float, side: int = 1) -> Tensor:
    return weight.sign() * math.sqrt(2 / (weight.shape[side] * density))
