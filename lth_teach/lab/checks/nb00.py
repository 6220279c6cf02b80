"""Checks of notebook 00: reading an accuracy-against-density plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import exercise, expect


@exercise(
    "Sparsity counts what is gone, density what is kept. Together they make 1.",
    "Percent is the fraction times 100.",
    "return 100 * (1 - sparsity)",
)
def percent_kept(attempt: Callable[[float], float]) -> int:
    """Sparsity (fraction removed) → percent of weights kept."""
    cases = (0.9, 0.488, 0.0, 0.964)
    mistakes = [
        ("that is the fraction kept; the question asks for percent.", lambda sparsity: 1 - sparsity),
        ("sparsity is a fraction from 0 to 1, not a percentage; 1 is all of it.", lambda sparsity: 100 - sparsity),
        ("that is the percent removed; 90 % sparsity leaves 10 % of the weights.", lambda sparsity: 100 * sparsity),
    ]
    for sparsity in cases:
        expect(attempt, [sparsity], 100 * (1 - sparsity), mistakes, shown=f"sparsity {sparsity}")
    return len(cases)


@exercise(
    "The first entry is the dense network. A level keeps up if it has at least the dense accuracy minus the tolerance.",
    "The curve may dip and come back. The question asks for the last level that keeps up, so look at all of them.",
    "Collect the indices i with accuracies[i] >= accuracies[0] - tolerance and return the largest.",
)
def last_matching_level(attempt: Callable[[Sequence[float], float], int]) -> int:
    """Accuracies by level (dense first, in percent) and a tolerance in points → index of the last that keeps up."""
    cases: list[tuple[list[float], float, int]] = [
        ([70.0, 71.5, 72.0, 70.2, 66.0, 61.0], 0.0, 3),
        ([70.0, 71.5, 69.5, 70.5, 69.1, 61.0], 1.0, 4),
        ([70.0, 72.0, 71.0, 71.0, 65.0], 0.0, 3),
        ([70.0, 71.0, 70.0, 65.0], 0.0, 2),
        ([70.0, 68.0, 70.0, 67.0], 0.0, 2),
        ([70.0, 60.0, 50.0], 1.0, 0),
    ]
    mistakes: list[tuple[str, Callable[[Sequence[float], float], float]]] = [
        ("that is the accuracy; the question asks for its index.", _accuracy),
        ("that is where the curve first falls below; it may come back above.", _first_run),
        ("that counts strictly better levels only; equal to the bound still keeps up (>=, not >).", _strict),
        ("that is the most accurate level; the question asks for the sparsest that keeps up.", _best),
        ("you compare with the dense accuracy plus the tolerance; a tolerance makes the bound lower.", _plus),
        ("equal accuracies: list.index finds the first of them, and you want the last.", _first_of_equals),
        ("that is the first level that does not keep up any more; you want the one before.", _one_too_many),
    ]
    for accuracies, tolerance, expected in cases:
        shown = f"accuracies {accuracies}, tolerance {tolerance}"
        expect(attempt, [accuracies, tolerance], expected, mistakes, shown)
    return len(cases)


def _right(accuracies: Sequence[float], tolerance: float) -> int:
    return max(i for i, accuracy in enumerate(accuracies) if accuracy >= accuracies[0] - tolerance)


def _accuracy(accuracies: Sequence[float], tolerance: float) -> float:
    return accuracies[_right(accuracies, tolerance)]


def _first_of_equals(accuracies: Sequence[float], tolerance: float) -> int:
    return list(accuracies).index(accuracies[_right(accuracies, tolerance)])


def _first_run(accuracies: Sequence[float], tolerance: float) -> int:
    falls = [i for i, accuracy in enumerate(accuracies) if accuracy < accuracies[0] - tolerance]
    return falls[0] - 1 if falls else len(accuracies) - 1


def _strict(accuracies: Sequence[float], tolerance: float) -> int:
    return max((i for i, accuracy in enumerate(accuracies) if accuracy > accuracies[0] - tolerance), default=0)


def _best(accuracies: Sequence[float], _tolerance: float) -> int:
    return max(range(len(accuracies)), key=lambda i: accuracies[i])


def _plus(accuracies: Sequence[float], tolerance: float) -> int:
    return max((i for i, accuracy in enumerate(accuracies) if accuracy >= accuracies[0] + tolerance), default=0)


def _one_too_many(accuracies: Sequence[float], tolerance: float) -> int:
    return _right(accuracies, tolerance) + 1
