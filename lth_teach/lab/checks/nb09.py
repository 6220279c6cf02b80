"""Checks of notebook 09: the share of progress, a counter-example to the theorem, and a share that holds all along."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ...measures import masked_descent
from . import Wrong, call, describe, exercise, expect, prints_below


def our_ratio(gradient: Tensor, mask: Tensor) -> float:
    """⟨g, m ⊙ g⟩ / ‖g‖²."""
    return float(gradient[mask].square().sum() / gradient.square().sum())


@exercise(
    "A dense step goes along g, a sparse one along m ⊙ g. To first order, a step along d lowers the loss by η ⟨g, d⟩.",
    "So the ratio is ⟨g, m ⊙ g⟩ over ⟨g, g⟩. A mask entry is 0 or 1.",
    "Square every entry of the gradient. Add up the squares of those that are kept, and divide by the sum of all.",
    solution=our_ratio,
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
        ("that is the cosine. The ratio of progress is its square.", lambda g, m: our_ratio(g, m) ** 0.5),
        ("that is the squared length of the kept part; divide by the squared length of the whole.", _kept),
        ("that is the share that is dropped, 1 minus the ratio.", lambda g, m: 1 - our_ratio(g, m)),
        ("that is dense over sparse; the sparse step is the numerator.", lambda g, m: 1 / our_ratio(g, m)),
        ("that is the share of the weights kept. How large their gradients are matters, too.", _density),
        ("you added up sizes; an inner product adds up squares.", _sizes),
        ("you added up entries with their signs; an inner product of g with itself adds up squares.", _signed),
        ("the ratio was squared once more: cos² is the ratio itself.", lambda g, m: our_ratio(g, m) ** 2),
    ]
    for gradient, mask in cases:
        expect(attempt, [gradient, mask], our_ratio(gradient, mask), mistakes)
    return len(cases)


def _kept(gradient: Tensor, mask: Tensor) -> float:
    return float((gradient * mask).square().sum())


def _density(_gradient: Tensor, mask: Tensor) -> float:
    return float(mask.double().mean())


def _sizes(gradient: Tensor, mask: Tensor) -> float:
    return float((gradient * mask).abs().sum() / gradient.abs().sum())


def _signed(gradient: Tensor, mask: Tensor) -> float:
    return float((gradient * mask).sum() / gradient.sum())


# ---- a counter-example

REMOVED = 0.01  # of the loss, at most this much may be removed by the masked run


def our_counter_example(epsilon: float) -> tuple[list[float], list[float], list[bool]]:
    """A steep weight next to its optimum, which is kept, and a flat one far away, which is not.

    The dropped weight has curvature 1, distance 1: loss 1/2, squared gradient 1. The kept one has a squared gradient of
    1/ε, so cos² = 1/(1 + ε) ≥ (1 − ε)², and a loss of 1/400.
    """
    steep = 200 / epsilon
    return [steep, 1.0], [(1 / epsilon) ** 0.5 / steep, 1.0], [True, False]


@exercise(
    "A quadratic with curvature a at distance d from its lowest point has the loss ½ a d² and the gradient a d. Which "
    "of the two feels the curvature more?",
    "The kept weights need nearly all of the squared gradient, the dropped ones nearly all of the loss. The squared "
    "gradient is 2 a times the loss.",
    "Keep one very steep weight that stands almost at its lowest point, and drop one flat weight that stands far away. "
    "Fix the dropped one and the kept one's share of the loss; then the curvature that the kept one needs follows "
    "from ε.",
    solution=our_counter_example,
)
def counter_example(attempt: Callable[[float], Any]) -> int:
    """ε → curvatures, start, mask: cos ≥ 1 − ε at the start, and the masked run removes at most 1 % of the loss."""
    cases = (0.1, 0.3, 1e-2, 1e-4, 1e-6)
    for epsilon in cases:
        shown = f"  input     epsilon {epsilon:g}\n"
        with prints_below() as printed:
            found = call(attempt, [epsilon], shown, printed)
            if why := _no_counter_example(found, epsilon):
                raise Wrong(f"{shown}  found     {describe(found)}\n{why}")
    return len(cases)


def _no_counter_example(found: Any, epsilon: float) -> str:
    """What is wrong with it, in words; empty if nothing is."""
    if found is None:
        return "Does your function return its result?"
    try:
        curvature, start, mask = ([float(one) for one in part] for part in found)
    except (TypeError, ValueError, RuntimeError):
        return "Return three lists: curvature, start, mask."
    if not len(curvature) == len(start) == len(mask):
        return f"The lists have {len(curvature)}, {len(start)} and {len(mask)} entries; each weight needs one in each."
    if not all(map(math.isfinite, curvature + start)):
        return "Curvature and start must be finite numbers."
    if not all(a > 0 for a in curvature):
        return (
            "Every curvature must be positive. Where it is 0 the loss is flat and nothing is lost; where it is "
            "negative there is no lowest point for the dense run to reach."
        )
    if any(one not in (0, 1) for one in mask):
        return "The mask holds True and False only."
    if len(set(mask)) < 2:
        return "Keep one weight at least, and drop one at least."
    return _fails(curvature, start, mask, epsilon)


def _fails(curvature: list[float], start: list[float], mask: list[float], epsilon: float) -> str:
    losses = [a * d**2 / 2 for a, d in zip(curvature, start, strict=True)]
    squares = [(a * d) ** 2 for a, d in zip(curvature, start, strict=True)]
    if not sum(squares) > 0:
        return "At this start the gradient is zero, so it has no direction."
    kept, removed = (
        sum(m * one for m, one in zip(mask, parts, strict=True)) / sum(parts) for parts in (squares, losses)
    )
    least = (1 - epsilon) * (1 - 1e-9)
    if max(1 - kept, 0) ** 0.5 >= least and 1 - removed <= REMOVED * (1 + 1e-9):
        return "The mask is the wrong way round: True = kept. With the other one it would be right."
    if kept**0.5 < least:
        told = f"The cosine is {kept**0.5:.7g}, and at least 1 − ε = {1 - epsilon:.7g} was asked."
        return told + "\nA smaller ε needs a steeper kept weight: let the curvature depend on ε."
    if removed > REMOVED * (1 + 1e-9):
        told = f"The cosine will do, but the masked run still removes {removed:.1%} of the loss; at most 1 % is asked."
        return told + (
            "\nMove the kept weight nearer to 0: its part of the loss falls with the square of the distance. Then make "
            "it steeper, so that its gradient stays."
        )
    return ""


# ---- a share that holds all along the run


@exercise(
    "The gradient is Aᵀr, with r = Aθ − y. Its kept part is A_mᵀr, where A_m has the kept columns of A. Only r changes "
    "along the run, and y decides which r occur.",
    "So cos² = rᵀ(A_m A_mᵀ)r / rᵀ(A Aᵀ)r, and you look for the least value that this can have, over all r. Had the "
    "lower matrix been the identity, it would be the least eigenvalue of the upper one.",
    "Put the square root of A Aᵀ (or its Cholesky factor) into new coordinates, so that the denominator becomes a "
    "plain squared length. What stands between the new coordinates in the numerator is a symmetric matrix. Its least "
    "eigenvalue is the answer.",
    solution=masked_descent.worst_share,
)
def guaranteed_share(attempt: Callable[[Tensor, Tensor], float]) -> int:
    """(A, mask) → the least cos² at any θ and for any target."""
    cases = [(_diagonal(), torch.tensor([True, True, True, True, False]))]
    for seed, (rows, weights, density) in enumerate(((4, 12, 0.6), (6, 30, 0.5), (5, 9, 0.8), (3, 10, 0.99))):
        numbers = torch.Generator().manual_seed(seed)
        matrix = torch.randn(rows, weights, dtype=torch.double, generator=numbers)
        cases.append((matrix, torch.rand(weights, generator=numbers) < density))
    cases.append((cases[2][0], torch.arange(30) < 3))  # fewer kept weights than rows: nothing is guaranteed
    for matrix, mask in cases:
        kept = int(mask.sum())
        shown = f"A of shape {tuple(matrix.shape)}, a mask that keeps {kept} of {len(mask)} weights"
        expect(attempt, [matrix, mask], masked_descent.worst_share(matrix, mask), MISTAKES, shown)
    return len(cases)


def _diagonal() -> Tensor:
    """Two rows and five weights, so that the answer can be had by hand: (1 + 4) / (1 + 4 + 4) and 1: 5/9."""
    return torch.tensor([[1.0, 2.0, 0.0, 0.0, 2.0], [0.0, 0.0, 1.0, 3.0, 0.0]], dtype=torch.double)


def _kernels(matrix: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    return matrix @ matrix.T, matrix[:, mask] @ matrix[:, mask].T


def _quotients(matrix: Tensor, mask: Tensor) -> Tensor:
    whole, kept = _kernels(matrix, mask)
    return torch.linalg.eigvals(torch.linalg.solve(whole, kept)).real


def _too_careful(matrix: Tensor, mask: Tensor) -> float:
    whole, kept = _kernels(matrix, mask)
    return float(torch.linalg.eigvalsh(kept)[0] / torch.linalg.eigvalsh(whole)[-1])


def _each_least(matrix: Tensor, mask: Tensor) -> float:
    whole, kept = _kernels(matrix, mask)
    return float(torch.linalg.eigvalsh(kept)[0] / torch.linalg.eigvalsh(whole)[0])


def _one_triangle(matrix: Tensor, mask: Tensor) -> float:
    return float(torch.linalg.eigvalsh(torch.linalg.solve(*_kernels(matrix, mask)))[0])


MISTAKES: list[tuple[str, Callable[[Tensor, Tensor], float]]] = [
    ("(A Aᵀ)⁻¹ A_m A_mᵀ is not symmetric, and eigvalsh reads one triangle only: use eigvals, or make it symmetric "
     "(second hint).", _one_triangle),
    ("that is the largest eigenvalue: the best residual, not the worst.", lambda a, m: float(_quotients(a, m).max())),
    ("that is the mean over the eigenvalues; a bound must hold for the worst residual.",
     lambda a, m: float(_quotients(a, m).mean())),
    ("that is the cosine; the share is its square.", lambda a, m: masked_descent.worst_share(a, m) ** 0.5),
    ("a true bound, but not the largest: the least of the numerator and the largest of the denominator need not "
     "come from one r.", _too_careful),
    ("the least of the numerator over the least of the denominator: they need not come from one r, so this bounds "
     "nothing.", _each_least),
    ("the denominator is missing: divide by what the whole gradient has for the same r.",
     lambda a, m: float(torch.linalg.eigvalsh(_kernels(a, m)[1])[0])),
    ("that is the share of the weights kept.", lambda a, m: float(m.double().mean())),
    ("that is the share of the squared entries of A that are kept: an average over residuals, not the worst.",
     lambda a, m: float(a[:, m].square().sum() / a.square().sum())),
    ("that is the share that is dropped.", lambda a, m: 1 - masked_descent.worst_share(a, m)),
]  # fmt: skip
