"""Gradient descent that moves only the weights a mask keeps: how much of the gradient that is, and what it guarantees.

Write g for the gradient of a loss L and m for a mask of zeros and ones. A masked step is θ − η m ⊙ g. Where L is
β-smooth and η ≤ 1/β, it lowers L by at least η/2 · ‖m ⊙ g‖² = η/2 · cos² · ‖g‖². Where L is μ-PL, that is
½ ‖g‖² ≥ μ (L − L*) with L* the infimum over *all* weights (Polyak 1963; Karimi et al. 2016, arXiv 1608.04636), and
cos² ≥ c, a step therefore leaves at most 1 − c η μ of L − L*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..randomness import generator


def share(gradient: Tensor, mask: Tensor) -> float:
    """cos² between a gradient and its masked copy: the part of ‖g‖² that lies on kept weights, in [0, 1].

    Raises:
        ValueError: shapes differ, or the gradient is zero, so that it has no direction.
    """
    if gradient.shape != mask.shape:
        raise ValueError(f"gradient of shape {tuple(gradient.shape)}, mask of shape {tuple(mask.shape)}")
    whole = float(gradient.square().sum())
    if not whole > 0:
        raise ValueError(f"the gradient has a squared length of {whole}, so no direction to share")
    return float(gradient[mask.bool()].square().sum()) / whole


@dataclass(frozen=True)
class LeastSquares:
    """L(θ) = ½ ‖A θ − y‖², of which everything that the theorem needs is known exactly.

    Attributes:
        matrix: A, rows × weights; ``targets``: y.
        mu: the least singular value squared that is not zero. Then ½ ‖∇L‖² ≥ μ (L − L*) everywhere.
        beta: the largest one squared: no direction is more curved.
        least: L*, the infimum over all weights.
    """

    matrix: Tensor
    targets: Tensor
    mu: float
    beta: float
    least: float

    def loss(self, theta: Tensor) -> Tensor:
        """L at weights of shape (weights,)."""
        return (self.matrix @ theta - self.targets).square().sum() / 2


def least_squares(rows: int, weights: int, mu: float, beta: float, seed: int) -> LeastSquares:
    """A random problem whose squared singular values run from ``mu`` to ``beta``, evenly; in double precision.

    With fewer rows than weights every target can be met, so L* = 0.

    Raises:
        ValueError: fewer than one row or weight, or unless 0 < mu ≤ beta.
    """
    if min(rows, weights) < 1 or not 0 < mu <= beta:
        raise ValueError(f"need a row, a weight and 0 < mu <= beta, got {rows}, {weights}, {mu} and {beta}")
    numbers = generator("least squares", seed)
    rank = min(rows, weights)
    left, right = (_orthonormal(size, rank, numbers) for size in (rows, weights))
    matrix = left * torch.linspace(mu, beta, rank, dtype=torch.double).sqrt() @ right.T
    targets = torch.randn(rows, dtype=torch.double, generator=numbers)
    least = float((targets - left @ (left.T @ targets)).square().sum() / 2)
    return LeastSquares(matrix, targets, mu, beta, least)


def _orthonormal(size: int, columns: int, numbers: torch.Generator) -> Tensor:
    return torch.linalg.qr(torch.randn(size, columns, dtype=torch.double, generator=numbers))[0]


def descend(
    loss: Callable[[Tensor], Tensor], start: Tensor, mask: Tensor, rate: float, steps: int
) -> tuple[list[float], list[float]]:
    """Losses and cos² at steps 0, 1, …, ``steps`` of a descent that moves the kept weights only.

    Others stay as ``start`` has them; set them to zero there if they are to be zero.
    """
    theta, losses, shares = start.detach().clone().requires_grad_(), [], []
    for _ in range(steps + 1):
        value = loss(theta)
        (gradient,) = torch.autograd.grad(value, theta)
        losses.append(value.item())
        shares.append(share(gradient, mask))
        theta = (theta - rate * mask * gradient).detach().requires_grad_()
    return losses, shares


def worst_share(matrix: Tensor, mask: Tensor) -> float:
    """The c of least squares: cos² ≥ c at every θ and for every target, and equal to c for the worst residual.

    The gradient is Aᵀr with r the residual, so cos² = rᵀ(A_m A_mᵀ)r / rᵀ(A Aᵀ)r, where A_m has the kept columns. The
    least such quotient is an eigenvalue. It is zero if the kept columns cannot make every r, as when they are fewer
    than the rows.

    Args:
        matrix: A, rows × weights, with independent rows. ``mask``: bool, one entry a weight, True = kept.
    """
    half = torch.linalg.inv(torch.linalg.cholesky(matrix @ matrix.T))
    kept = half @ matrix[:, mask.bool()]
    return max(0.0, float(torch.linalg.eigvalsh(kept @ kept.T)[0]))
