"""Checks of notebook 01: how sparse a set of masks is, and what *matching* means."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from . import exercise, expect

Masks = dict[str, Tensor]


@exercise(
    "A mask is True where a weight is kept. You want the fraction of weights that are gone.",
    "A big layer counts for more than a small one: add up over all layers first, divide once at the end.",
    "kept = sum(mask.sum() for mask in masks.values()) and all = sum(mask.numel() for …); return 1 - kept / all.",
)
def sparsity(attempt: Callable[[Masks], float]) -> int:
    """Masks (name → bool tensor, True = kept) → fraction of all weights removed."""
    cases = [
        _masks(a=(2, 10), b=(3, 5)),
        _masks(a=(1, 3), b=(2, 5), c=(4, 4)),
        _masks(only=(5, 5)),
        _masks(wide=(10, 400), narrow=(8, 10)),
    ]
    mistakes: list[tuple[str, Callable[[Masks], float]]] = [
        ("that is the fraction kept, the density; sparsity is the fraction removed.", lambda m: 1 - _sparsity(m)),
        (
            "that is the mean of the layers' sparsities; it gives a layer of ten weights as much say as one of "
            "hundreds. Add up over all layers, then divide.",
            lambda m: sum(_sparsity({name: mask}) for name, mask in m.items()) / len(m),
        ),
        (
            "that is the mean of the layers' densities; add up over all layers, and count what is removed.",
            lambda m: 1 - sum(_sparsity({name: mask}) for name, mask in m.items()) / len(m),
        ),
        ("that is in percent; a fraction is asked for.", lambda m: 100 * _sparsity(m)),
        ("that is how many weights were removed; divide by how many there are.", _removed),
        ("that is how many weights are kept; a fraction is asked for.", lambda m: _total(m) - _removed(m)),
    ]
    for masks in cases:
        layers = ", ".join(f"{name}: {int(mask.sum())} of {mask.numel()} kept" for name, mask in masks.items())
        expect(attempt, [masks], _sparsity(masks), mistakes, shown=f"masks with layers {layers}")
    return len(cases)


@exercise(
    "Two conditions: accurate enough, and early enough. Both must hold.",
    "The accuracies are fractions, the tolerance is in points. One point is 0.01.",
    "return ticket_accuracy >= dense_accuracy - tolerance / 100 and ticket_step <= dense_step",
)
def is_matching(attempt: Callable[[float, int, float, int, float], bool]) -> int:
    """Accuracies (fractions), early-stop steps and a tolerance in points → does the ticket match?"""
    both = "one condition is not enough: the ticket must be accurate enough and stop early enough."
    # (ticket accuracy, ticket step, dense accuracy, dense step, tolerance), the answer, why another is wrong. The
    # equalities (0.5 against 0.75 at 25 points) are exact in binary, whichever way they are computed.
    cases: list[tuple[tuple[float, int, float, int, float], bool, str]] = [
        ((0.60, 300, 0.95, 400, 0.2), False, both),
        ((0.97, 300, 0.95, 400, 0.2), True, "a better and earlier ticket matches too; is a comparison turned round?"),
        (
            (0.90, 300, 0.95, 400, 0.2),
            False,
            "the accuracies are fractions and the tolerance is in points: 0.2 points is 0.002.",
        ),
        ((0.95, 500, 0.95, 400, 0.2), False, "the ticket stops later than the dense network; the steps count as well."),
        ((0.949, 300, 0.95, 400, 0.2), True, "0.1 points below is within a tolerance of 0.2 points."),
        ((0.947, 300, 0.95, 400, 0.2), False, "0.3 points below is outside a tolerance of 0.2 points."),
        ((0.5, 300, 0.75, 400, 25.0), True, "exactly at the tolerance still matches (>=, not >)."),
        ((0.95, 400, 0.95, 400, 0.2), True, "'at most as many' steps includes equally many (<=, not <)."),
    ]
    for arguments, expected, why in cases:
        accuracy, step, dense_accuracy, dense_step, tolerance = arguments
        shown = (
            f"ticket accuracy {accuracy} at step {step}, dense accuracy {dense_accuracy} at step {dense_step}, "
            f"tolerance {tolerance} points"
        )
        expect(attempt, list(arguments), expected, [(why, _opposite(expected))], shown)
    return len(cases)


def _masks(**layers: tuple[int, int]) -> Masks:
    """Layers by name, each as (number kept, number of weights)."""
    return {name: torch.arange(weights) < kept for name, (kept, weights) in layers.items()}


def _total(masks: Masks) -> int:
    return sum(mask.numel() for mask in masks.values())


def _removed(masks: Masks) -> int:
    return sum(int((~mask).sum()) for mask in masks.values())


def _sparsity(masks: Masks) -> float:
    return _removed(masks) / _total(masks)


def _opposite(expected: bool) -> Callable[..., bool]:
    return lambda *_: not expected
