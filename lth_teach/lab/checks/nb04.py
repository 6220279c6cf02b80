"""Checks of notebook 04: the kernel of a masked network, a linear network on new samples, and a test of a cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.func import jacrev

from ...replicates import Interval
from . import Wrong, call, describe, exercise, expect, prints_below, same
from ._nb04_worlds import MISTAKES, World, fair

JacobianAt = Callable[[Tensor], Tensor]
Prediction = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, float, int], Tensor]
SEEDS = list(range(12))


def _kernel(jacobian: Tensor) -> Tensor:
    return jacobian @ jacobian.T


def _masked_kernel(jacobian_at: JacobianAt, weights: Tensor, mask: Tensor) -> Tensor:
    return _kernel(jacobian_at(mask * weights) * mask)


@exercise(
    "Two things are masked: the point at which the derivative is taken, and the columns of the result.",
    "The sparse network has the weights mask * weights, so ask for the Jacobian there. Its pruned weights cannot move, "
    "so their columns must not count.",
    "Take the Jacobian at the masked weights, set the columns of pruned weights to zero, and multiply the result by "
    "its own transpose, so that rows and columns belong to samples.",
    solution=_masked_kernel,
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
    sizes = ((3, 2), (12, 3), (5, 4))
    for samples, units in sizes:
        x = torch.randn(samples, 3, generator=generator, dtype=torch.double)
        weights = torch.randn(4 * units, generator=generator, dtype=torch.double)
        mask = torch.arange(4 * units) % 3 != 1

        def jacobian_at(at: Tensor, x: Tensor = x, units: int = units) -> Tensor:
            return jacrev(lambda w: (x @ w[: 3 * units].view(3, units)).tanh() @ w[3 * units :])(at)

        shown = f"a network of {4 * units} weights, {int(mask.sum())} of them kept, and {samples} samples"
        expected = _masked_kernel(jacobian_at, weights, mask)
        expect(attempt, (jacobian_at, weights, mask), expected, mistakes, shown)
    return len(sizes)


def _rows_masked(jacobian_at: JacobianAt, weights: Tensor, mask: Tensor) -> Tensor:
    jacobian = jacobian_at(mask * weights)
    rows = mask[: len(jacobian), None]  # the second case has as many rows as weights
    return _kernel(jacobian * rows) if len(rows) == len(jacobian) else jacobian


def _predicted(kernel: Tensor, cross: Tensor, f0: Tensor, f0_new: Tensor, y: Tensor, rate: float, steps: int) -> Tensor:
    values, vectors = torch.linalg.eigh(kernel)
    pull = vectors.T @ (y - f0)
    return f0_new + cross @ (vectors @ ((1 - (1 - rate * values) ** steps) / values * pull))


@exercise(
    "The formula has a start and a movement. On new samples, which start, and which kernel carries the movement over?",
    "torch.linalg.eigh(kernel) gives eigenvalues and, as columns, eigenvectors. A power of a matrix is the power of "
    "each eigenvalue, and so is its inverse. Or leave the algebra and take the steps, one after the other.",
    "Write y − f₀ along the eigenvectors, multiply each part by (1 − (1 − ηλ)ᵗ)/λ, go back, multiply by the kernel "
    "between new and training samples, and add the outputs that the new samples start from.",
    solution=_predicted,
)
def predicted(attempt: Prediction) -> int:
    """(kernel, cross, f0, f0_new, y, rate, steps) → outputs of the linear network on new samples."""
    mistakes: list[tuple[str, Prediction]] = [
        (
            "this is the movement; new samples do not start at 0 but at f0_new.",
            lambda k, c, f, g, y, rate, steps: _predicted(k, c, f, 0 * g, y, rate, steps),
        ),
        (
            "the network is pulled by y − f0, not by y: what it has already, it need not learn.",
            lambda k, c, f, g, y, rate, steps: _predicted(k, c, 0 * f, g, y, rate, steps),
        ),
        (
            "the sign: the outputs move by cross K⁻¹ (1 − (1 − ηK)ᵗ) times y − f0, not f0 − y.",
            lambda k, c, f, g, y, rate, steps: 2 * g - _predicted(k, c, f, g, y, rate, steps),
        ),
        (
            "this is the end of endless training: (1 − ηK)ᵗ is missing.",
            lambda k, c, f, g, y, rate, steps: g + c @ torch.linalg.solve(k, y - f),
        ),
        (
            "that is e^(−ηKt), the limit of endlessly small steps. With steps of size η it is (1 − ηK)ᵗ.",
            lambda k, c, f, g, y, rate, steps: (
                g + c @ torch.linalg.solve(k, (torch.eye(len(k)).to(k) - torch.matrix_exp(-rate * steps * k)) @ (y - f))
            ),
        ),
        (
            "you took the power entry by entry. (1 − ηK)ᵗ is a product of t matrices: torch.linalg.matrix_power.",
            lambda k, c, f, g, y, rate, steps: (
                g
                + c
                @ torch.linalg.solve(
                    k, (torch.eye(len(k)).to(k) - (torch.eye(len(k)).to(k) - rate * k) ** steps) @ (y - f)
                )
            ),
        ),
        (
            "one step, times their number: with each step the error, and so the pull, gets smaller.",
            lambda k, c, f, g, y, rate, steps: g + steps * rate * c @ (y - f),
        ),
        (
            "K⁻¹ is missing, so each direction moves λ times too far.",
            lambda k, c, f, g, y, rate, steps: (
                g + c @ ((torch.eye(len(k)).to(k) - torch.linalg.matrix_power(_step(k, rate), steps)) @ (y - f))
            ),
        ),
        (
            "one step too many: after 0 steps nothing has moved.",
            lambda k, c, f, g, y, rate, steps: _predicted(k, c, f, g, y, rate, steps + 1),
        ),
    ]
    numbers = torch.Generator().manual_seed(1)
    by_hand = torch.tensor([[5.0, 4.0], [4.0, 5.0]], dtype=torch.double), torch.ones(1, 2, dtype=torch.double) * 3
    zeros, y = torch.zeros(2, dtype=torch.double), torch.tensor([2.0, 0.0], dtype=torch.double)
    cases: list[tuple[Tensor, Tensor, Tensor, Tensor, Tensor, float, int]] = [(*by_hand, zeros, zeros[:1], y, 0.1, 2)]
    for n, new, steps in ((4, 3, 7), (6, 2, 40), (5, 5, 0)):
        features = torch.randn(n + new, 9, generator=numbers, dtype=torch.double)
        start = torch.randn(n + new, generator=numbers, dtype=torch.double)
        targets = torch.randn(n, generator=numbers, dtype=torch.double)
        everything = _kernel(features)
        rate = 0.5 / float(torch.linalg.eigvalsh(everything[:n, :n])[-1])
        cases.append((everything[:n, :n], everything[n:, :n], start[:n], start[n:], targets, rate, steps))
    for case in cases:
        kernel, cross, *_, rate, steps = case
        shown = f"{len(kernel)} training samples, {len(cross)} new ones, rate {rate:.3g}, {steps} steps"
        expect(attempt, case, _predicted(*case), mistakes, shown)
    return len(cases)


def _step(kernel: Tensor, rate: float) -> Tensor:
    return torch.eye(len(kernel)).to(kernel) - rate * kernel


@exercise(
    "A mask that happens to be aligned may be good for another reason. Which of the functions changes the alignment "
    "and nothing else that you know of?",
    "What would the very same mask have reached, on the very same start, had it not been built upon? Starts have luck "
    "of their own, so the seed of both must be one.",
    "For each seed draw a mask, build on it, and subtract the accuracy of the drawn mask from that of the built one, "
    "on the start of this seed. Give lt.replicates.interval the differences in points.",
    solution=fair,
)
def effect_of_building(attempt: Callable[..., Interval]) -> int:
    """(draw, build, accuracy, alignment, seeds) → the interval of what building for alignment does to the accuracy."""
    worlds = (("alignment is a sign of something else", 0.0), ("alignment makes masks better", 3.0))
    for name, worth in worlds:
        _judge(attempt, World(name, worth))
    return len(worlds)


def _judge(attempt: Callable[..., Interval], world: World) -> None:
    case = f"  world     {world.name}: building is worth {world.worth:g} points, {len(SEEDS)} seeds\n"
    with prints_below() as printed:
        given = [world.draw, world.build, world.accuracy, world.alignment, list(SEEDS)]
        found = call(attempt, given, case, printed)
        if found is None:
            raise Wrong(f"{case}  found     None\nDoes your function return its result?")
        if not isinstance(found, Interval):
            raise Wrong(f"{case}  found     {describe(found)}\nReturn what lt.replicates.interval gives, n included.")
        fresh = World(world.name, world.worth)
        expected = _run(fair, fresh)
        if _alike(found, expected):
            return
        why = next((text for text, wrong in MISTAKES if _alike(found, _run(wrong, fresh))), "")
        if not why and not world.built:
            why = "you never called build, so no alignment was changed."
        if not why and found.n != len(SEEDS):
            why = f"the interval has n = {found.n}; each of the {len(SEEDS)} seeds gives one difference."
        likely = f"\nLikely: {why}" if why else ""
        raise Wrong(f"{case}  expected  {expected}\n  found     {found}{likely}")


def _run(measure: Callable[..., Interval], world: World) -> Interval:
    return measure(world.draw, world.build, world.accuracy, world.alignment, SEEDS)


def _alike(found: Interval, expected: Interval) -> bool:
    def parts(one: Interval) -> list[Any]:
        return [one.mean, one.low, one.high, one.n]

    return all(same(a, b) for a, b in zip(parts(found), parts(expected), strict=True))
