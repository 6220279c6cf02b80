"""Checks of notebook 03: the height of an error barrier, and BatchNorm's statistics between two networks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from . import exercise, expect

Statistics = tuple[Tensor, Tensor]


@exercise(
    "Two numbers are needed: the worst error anywhere on the line, and what the two ends would lead you to expect.",
    "The ends are errors[0] and errors[-1]. Expect their mean, not the larger of the two. The worst point is wherever "
    "the errors say, not always in the middle; it may be an end.",
    "return max(errors) - (errors[0] + errors[-1]) / 2",
)
def barrier_height(attempt: Callable[[list[float]], float]) -> int:
    """Errors (fractions) at evenly spaced α from 0 to 1, both ends included → Frankle's error barrier, a fraction."""
    cases = [
        [0.30, 0.35, 0.50, 0.35, 0.30],
        [0.20, 0.40, 0.60, 0.50, 0.30],
        [0.30, 0.65, 0.40, 0.20],  # the worst point is not in the middle
        [0.10, 0.20, 0.30, 0.40, 0.50],  # rises evenly: the worst point is an end
        [0.25, 0.25, 0.25],
    ]
    mistakes: list[tuple[str, Callable[[list[float]], float]]] = [
        (
            "you compared with the higher of the two ends, as the document does, or with the last one. The error "
            "barrier compares with their mean.",
            lambda e: max(e) - max(e[0], e[-1]),
        ),
        ("that is the worst error itself; subtract what the two ends would lead you to expect.", max),
        ("you looked at the middle of the line only; the worst point may lie anywhere.", _middle_only),
        ("you left out the ends when you looked for the worst point; it may be one of them.", _without_ends),
        ("you compared with one end only, the first or the lower one; take the mean of both.", lambda e: max(e) - e[0]),
        (
            "you subtracted the mean of the whole line; take the mean of the two ends.",
            lambda e: max(e) - sum(e) / len(e),
        ),
        ("you subtracted the sum of the two ends; take their mean.", lambda e: max(e) - (e[0] + e[-1])),
        ("that is the average height; the barrier is the highest point's.", lambda e: sum(e) / len(e) - _ends(e)),
        ("the sign is turned round: a barrier is positive.", lambda e: _ends(e) - max(e)),
        ("that is in points; a fraction is asked for.", lambda e: 100 * _barrier(e)),
    ]
    for errors in cases:
        expect(attempt, [errors], _barrier(errors), mistakes)
    return len(cases)


@exercise(
    "First make the layer that stands at α. Then send the inputs through it, and only then look at its outputs.",
    "A layer with weights W turns inputs x, one sample a row, into x @ W.T. Each column is one unit; mean and variance "
    "are taken over the rows. Do not average the variances of the two ends.",
    "weight = (1 - alpha) * weight_a + alpha * weight_b; outputs = x @ weight.T; "
    "return outputs.mean(0), outputs.var(0)",
)
def statistics_between(attempt: Callable[[Tensor, Tensor, float, Tensor], Statistics]) -> int:
    """(weight_a, weight_b, alpha, x) → mean and variance of each unit of the layer at α, measured on the inputs x."""
    generator = torch.Generator().manual_seed(3)
    mistakes: list[tuple[str, Callable[[Tensor, Tensor, float, Tensor], Statistics]]] = [
        (
            "you averaged the statistics of the two ends. The means are right, because a linear layer's mean follows "
            "its weights in a straight line; the variances are too large. Build the layer at α and measure it.",
            _averaged,
        ),
        ("α runs from the first network (α = 0) to the second (α = 1); yours runs the other way.", _turned_round),
        ("you measured the middle, whatever α is.", lambda a, b, _, x: _measured(a, b, 0.5, x)),
        ("these are standard deviations; a variance is their square.", lambda *given: _changed(given, torch.sqrt)),
        ("you divided by n; BatchNorm's running variance divides by n − 1, as tensor.var does.", _divided_by_n),
        ("the statistics are one number for each sample; take them over the samples (dim 0).", partial(_over, 1)),
        ("these are one mean and variance over all units; each unit has its own (dim 0).", partial(_over, None)),
        ("these are the statistics of the inputs; BatchNorm sees what the layer makes of them.", _of_inputs),
        ("mean and variance are in the wrong order.", lambda *given: _measured(*given)[::-1]),
    ]
    cases = 0
    for units, inputs, rows, alpha in ((4, 3, 20, 0.5), (3, 5, 12, 0.25), (2, 2, 50, 1.0)):
        weight_a, weight_b = (torch.randn(units, inputs, dtype=torch.double, generator=generator) for _ in range(2))
        x = 1 + torch.randn(rows, inputs, dtype=torch.double, generator=generator)
        arguments = (weight_a, weight_b, alpha, x)
        shown = f"two layers of {units} units with {inputs} inputs, α = {alpha}, {rows} samples"
        expect(attempt, arguments, _measured(*arguments), mistakes, shown)
        cases += 1
    return cases


def _ends(errors: list[float]) -> float:
    return (errors[0] + errors[-1]) / 2


def _barrier(errors: list[float]) -> float:
    return max(errors) - _ends(errors)


def _middle_only(errors: list[float]) -> float:
    return errors[len(errors) // 2] - _ends(errors)


def _without_ends(errors: list[float]) -> float:
    return max(errors[1:-1]) - _ends(errors)


def _measured(weight_a: Tensor, weight_b: Tensor, alpha: float, x: Tensor) -> Statistics:
    outputs = x @ ((1 - alpha) * weight_a + alpha * weight_b).T
    return outputs.mean(0), outputs.var(0)


def _averaged(weight_a: Tensor, weight_b: Tensor, alpha: float, x: Tensor) -> Statistics:
    (mean_a, variance_a), (mean_b, variance_b) = (_measured(w, w, 0.0, x) for w in (weight_a, weight_b))
    return (1 - alpha) * mean_a + alpha * mean_b, (1 - alpha) * variance_a + alpha * variance_b


def _turned_round(weight_a: Tensor, weight_b: Tensor, alpha: float, x: Tensor) -> Statistics:
    return _measured(weight_b, weight_a, alpha, x)


def _changed(given: tuple[Tensor, Tensor, float, Tensor], change: Callable[[Tensor], Tensor]) -> Statistics:
    mean, variance = _measured(*given)
    return mean, change(variance)


def _divided_by_n(weight_a: Tensor, weight_b: Tensor, alpha: float, x: Tensor) -> Statistics:
    return _changed((weight_a, weight_b, alpha, x), lambda variance: variance * (len(x) - 1) / len(x))


def _over(dim: int | None, weight_a: Tensor, weight_b: Tensor, alpha: float, x: Tensor) -> Statistics:
    outputs = x @ ((1 - alpha) * weight_a + alpha * weight_b).T
    return (outputs.mean(), outputs.var()) if dim is None else (outputs.mean(dim), outputs.var(dim))


def _of_inputs(_a: Tensor, _b: Tensor, _alpha: float, x: Tensor) -> Statistics:
    return x.mean(0), x.var(0)
