"""Checks of notebook 09: the ratio of first-order progress, and where the frozen run of the two-weight example goes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from . import exercise, expect


@exercise(
    "A dense step goes along g, a sparse one along m ⊙ g. To first order, a step along d lowers the loss by η ⟨g, d⟩.",
    "Divide ⟨g, m ⊙ g⟩ by ⟨g, g⟩. A mask entry is 0 or 1, so the numerator is the sum of squares of the kept entries.",
    "return float(gradient[mask].square().sum() / gradient.square().sum())",
)
def progress_ratio(attempt: Callable[[Tensor, Tensor], float]) -> int:
    """(gradient, mask) → ⟨g, m ⊙ g⟩ / ‖g‖²."""
    numbers = torch.Generator().manual_seed(0)
    random = torch.randn(4, 5, dtype=torch.double, generator=numbers)
    cases = [
        (torch.tensor([3.0, -4.0, 12.0]), torch.tensor([True, True, False])),
        (torch.tensor([100.0, 1.0]), torch.tensor([True, False])),
        (random, torch.rand(4, 5, generator=numbers) < 0.4),
        (random, torch.ones(4, 5, dtype=torch.bool)),
        (random, torch.zeros(4, 5, dtype=torch.bool)),
    ]
    mistakes: list[tuple[str, Callable[[Tensor, Tensor], float]]] = [
        ("that is the cosine. The ratio of progress is its square.", lambda g, m: _ratio(g, m) ** 0.5),
        ("that is the squared length of the kept part; divide by the squared length of the whole.", _kept),
        ("that is the share that is dropped, 1 minus the ratio.", lambda g, m: 1 - _ratio(g, m)),
        ("that is dense over sparse; the sparse step is the numerator.", lambda g, m: 1 / _ratio(g, m)),
        ("that is the share of the weights kept. How large their gradients are matters, too.", _density),
        ("you added up sizes; an inner product adds up squares.", _sizes),
        ("you added up entries with their signs; an inner product of g with itself adds up squares.", _signed),
        ("the ratio was squared once more: cos² is the ratio itself.", lambda g, m: _ratio(g, m) ** 2),
    ]
    for gradient, mask in cases:
        expect(attempt, [gradient, mask], _ratio(gradient, mask), mistakes)
    return len(cases)


@exercise(
    "θ₂ never moves, so its part of the loss is the same at every step. Only θ₁ needs a power.",
    "After t steps θ₁ = (1 − 100 η)^t. It enters the loss squared, times 100, and everything is halved.",
    "return (100 * (1 - 100 * rate) ** (2 * steps) + 1) / 2",
)
def frozen_loss(attempt: Callable[[int, float], float]) -> int:
    """(steps, rate) → ½ (100 (1 − 100 η)^(2t) + 1)."""
    cases = [(1, 0.005), (0, 0.005), (3, 0.005), (10, 0.001), (5, 0.019), (2_000, 0.005)]
    mistakes: list[tuple[str, Callable[[int, float], float]]] = [
        ("here θ₂ moves as well: that is the dense run.", lambda t, r: 50 * (1 - 100 * r) ** (2 * t) + _flat(t, r)),
        ("here θ₂ moves and θ₁ is frozen; it is the other way round.", lambda t, r: 50 + _flat(t, r)),
        ("the frozen θ₂ = 1 still costs ½.", lambda t, r: 50 * (1 - 100 * r) ** (2 * t)),
        ("θ₁ enters the loss squared: the exponent is 2 × steps.", lambda t, r: (100 * (1 - 100 * r) ** t + 1) / 2),
        ("the loss has a factor ½.", lambda t, r: 100 * (1 - 100 * r) ** (2 * t) + 1),
        ("the curvature is missing from the factor: each step multiplies θ₁ by 1 − 100 η.", _slow),
        ("the curvature is missing from the loss: θ₁² counts a hundredfold.", lambda t, r: _power(t, r) / 2 + 0.5),
        ("that is one step more than asked for.", lambda t, r: 50 * _power(t + 1, r) + 0.5),
        ("that is one step less than asked for.", lambda t, r: 50 * _power(max(t - 1, 0), r) + 0.5),
    ]
    for steps, rate in cases:
        expect(attempt, [steps, rate], 50 * _power(steps, rate) + 0.5, mistakes, f"steps {steps}, rate {rate:g}")
    return len(cases)


def _kept(gradient: Tensor, mask: Tensor) -> float:
    return float((gradient * mask).square().sum())


def _ratio(gradient: Tensor, mask: Tensor) -> float:
    return _kept(gradient, mask) / float(gradient.square().sum())


def _density(_gradient: Tensor, mask: Tensor) -> float:
    return float(mask.double().mean())


def _sizes(gradient: Tensor, mask: Tensor) -> float:
    return float((gradient * mask).abs().sum() / gradient.abs().sum())


def _signed(gradient: Tensor, mask: Tensor) -> float:
    return float((gradient * mask).sum() / gradient.sum())


def _power(steps: int, rate: float) -> float:
    return (1 - 100 * rate) ** (2 * steps)


def _flat(steps: int, rate: float) -> float:
    return (1 - rate) ** (2 * steps) / 2


def _slow(steps: int, rate: float) -> float:
    return (100 * (1 - rate) ** (2 * steps) + 1) / 2
