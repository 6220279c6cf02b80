"""Checks of notebook 04: the kernel of a masked network, its greatest rank, and what it can never fit."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import jacrev

from . import exercise, expect

JacobianAt = Callable[[Tensor], Tensor]


@exercise(
    "Two things are masked: the point at which the derivative is taken, and the columns of the result.",
    "The sparse network has the weights mask * weights, so ask for jacobian_at(mask * weights). Its pruned weights "
    "cannot move, so their columns must not count.",
    "j = jacobian_at(mask * weights) * mask; then return j @ j.T.",
)
def masked_kernel(attempt: Callable[[JacobianAt, Tensor, Tensor], Tensor]) -> int:
    """(jacobian_at, weights, mask) → K_m = J diag(m) Jᵀ with J at m ⊙ θ₀."""
    mistakes: list[tuple[str, Callable[..., Tensor]]] = [
        (
            "the derivative was taken at θ₀. That freezes pruned weights at their initial values; pruning zeroes them.",
            lambda jacobian_at, weights, mask: _kernel(jacobian_at(weights) * mask),
        ),
        (
            "the point is right, but the pruned weights still have their columns, as if they could move.",
            lambda jacobian_at, weights, mask: _kernel(jacobian_at(mask * weights)),
        ),
        ("there is no mask in it: this is the dense kernel.", lambda at, weights, mask: _kernel(at(weights))),
        (
            "you kept the columns of the pruned weights, and dropped those of the others.",
            lambda jacobian_at, weights, mask: _kernel(jacobian_at(mask * weights) * ~mask),
        ),
        (
            "that is Jᵀ J, weights by weights; the kernel is J Jᵀ, outputs by outputs.",
            lambda jacobian_at, weights, mask: _kernel((jacobian_at(mask * weights) * mask).T),
        ),
        (
            "you masked rows. A row belongs to a sample, a column to a weight, and weights are what is pruned.",
            _rows_masked,
        ),
        (
            "this is J diag(m), not yet multiplied by its transpose.",
            lambda jacobian_at, weights, mask: jacobian_at(mask * weights) * mask,
        ),
    ]
    generator = torch.Generator().manual_seed(0)
    cases = 0
    for samples, units in ((3, 2), (12, 3), (5, 4)):
        x = torch.randn(samples, 3, generator=generator, dtype=torch.double)
        weights = torch.randn(4 * units, generator=generator, dtype=torch.double)
        mask = torch.arange(4 * units) % 3 != 1

        def jacobian_at(at: Tensor, x: Tensor = x, units: int = units) -> Tensor:
            return jacrev(lambda w: (x @ w[: 3 * units].view(3, units)).tanh() @ w[3 * units :])(at)

        shown = f"a network of {4 * units} weights, {int(mask.sum())} of them kept, and {samples} samples"
        expected = _kernel(jacobian_at(mask * weights) * mask)
        expect(attempt, (jacobian_at, weights, mask), expected, mistakes, shown)
        cases += 1
    return cases


@exercise(
    "K_m = (J diag(m)) (J diag(m))ᵀ. How many rows does J have, and how many columns are not zero?",
    "A row for each output of each sample, a column for each weight that is kept. The rank can exceed neither.",
    "return min(samples * outputs, sum(int(mask.sum()) for mask in masks.values())).",
)
def rank_at_most(attempt: Callable[[int, int, dict[str, Tensor]], int]) -> int:
    """(samples, outputs, masks) → the greatest rank K_m can have, min(nC, ‖m‖₀)."""
    small = {"a": torch.tensor([[True, False, True], [True, True, False]]), "b": torch.tensor([[True], [False]])}
    cases = [(4, 3, small), (1, 2, small), (3, 1, small), (3, 2, small), (7, 1, small)]
    mistakes: list[tuple[str, Callable[[int, int, dict[str, Tensor]], int]]] = [
        ("each sample has a row for each of its outputs.", lambda n, c, masks: min(n, _kept(masks))),
        (
            "pruned weights have no column; count those that are kept.",
            lambda n, c, masks: min(n * c, sum(mask.numel() for mask in masks.values())),
        ),
        ("the rank cannot exceed the number of kept weights either.", lambda n, c, masks: n * c),
        ("the rank cannot exceed the number of rows either.", lambda n, c, masks: _kept(masks)),
        ("that is the number of layers, not of weights.", lambda n, c, masks: min(n * c, len(masks))),
    ]
    for samples, outputs, masks in cases:
        shown = f"{samples} samples, {outputs} outputs, {_kept(masks)} of 8 weights kept"
        expect(attempt, (samples, outputs, masks), min(samples * outputs, _kept(masks)), mistakes, shown)
    return len(cases)


@exercise(
    "Split y − f₀ along the eigenvectors of the kernel. Each part shrinks as e^(−ηλt). Which parts never shrink?",
    "values, vectors = torch.linalg.eigh(kernel). In floating point an eigenvalue that should be 0 is about 1e-16 of "
    "the largest, of either sign, so compare with a small fraction of the largest, such as 1e-10.",
    "null = vectors[:, values <= 1e-10 * values.max()]; then return null @ (null.T @ pull).",
)
def leftover(attempt: Callable[[Tensor, Tensor], Tensor]) -> int:
    """(kernel, pull) → the part of pull = y − f₀ outside the range of the kernel, which no linear training removes."""
    generator = torch.Generator().manual_seed(1)
    mistakes: list[tuple[str, Callable[[Tensor, Tensor], Tensor]]] = [
        ("this is the part that does get fitted; asked is what remains of it.", _fitted),
        (
            "you looked for eigenvalues that are exactly 0. Rounding makes them about 1e-16 times the largest.",
            lambda kernel, pull: _null_part(kernel, pull, 0.0, exact=True),
        ),
        (
            "you compared eigenvalues with a fixed number. What counts as 0 depends on the largest eigenvalue.",
            lambda kernel, pull: _null_part(kernel, pull, 1e-3 / float(torch.linalg.eigvalsh(kernel)[-1])),
        ),
        ("this is everything: some parts do shrink.", lambda kernel, pull: pull.clone()),
        (
            "the coefficients along the null directions are right; multiply by the directions to get back.",
            lambda kernel, pull: _null_vectors(kernel).T @ pull,
        ),
        ("this is kernel @ pull, which is what the first step moves.", lambda kernel, pull: kernel @ pull),
        ("this is its length; return the vector itself.", lambda kernel, pull: _null_part(kernel, pull).norm()),
    ]
    cases = 0
    for size, rank in ((5, 2), (8, 7), (4, 4), (6, 1)):
        features = torch.randn(size, rank, generator=generator, dtype=torch.double)
        pull = torch.randn(size, generator=generator, dtype=torch.double)
        kernel = (1e-6 if cases == 1 else 0.01) * features @ features.T  # "small" is a matter of scale
        shown = f"a kernel of shape ({size}, {size}) and rank {rank}, largest eigenvalue below 1, and a pull"
        expect(attempt, (kernel, pull), _null_part(kernel, pull), mistakes, shown)
        cases += 1
    return cases


def _kernel(jacobian: Tensor) -> Tensor:
    return jacobian @ jacobian.T


def _rows_masked(jacobian_at: JacobianAt, weights: Tensor, mask: Tensor) -> Tensor:
    jacobian = jacobian_at(mask * weights)
    rows = mask[: len(jacobian), None]  # the second case has as many rows as weights
    return _kernel(jacobian * rows) if len(rows) == len(jacobian) else jacobian


def _kept(masks: dict[str, Tensor]) -> int:
    return sum(int(mask.sum()) for mask in masks.values())


def _null_vectors(kernel: Tensor, fraction: float = 1e-10, exact: bool = False) -> Tensor:
    values, vectors = torch.linalg.eigh(kernel)
    return vectors[:, values == 0 if exact else values <= fraction * values.max()]


def _null_part(kernel: Tensor, pull: Tensor, fraction: float = 1e-10, exact: bool = False) -> Tensor:
    null = _null_vectors(kernel, fraction, exact)
    return null @ (null.T @ pull)


def _fitted(kernel: Tensor, pull: Tensor) -> Tensor:
    return pull - _null_part(kernel, pull)
