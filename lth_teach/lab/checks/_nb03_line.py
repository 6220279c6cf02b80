"""What notebook 03's ``error_barrier`` is asked, the ways in which it goes wrong, and its picture."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from . import Wrong, call, describe, prints_below, same

if TYPE_CHECKING:
    from ..plots import Picture

Error = Callable[[Tensor], float]
Line = tuple[Error, Tensor, Tensor, int]
Found = tuple[float, list[float]]


def ridge(centre: float, height: float, tilt: float = 0.0) -> Error:
    """An error over two weights, with a ridge across the first and a slope along it; a fraction."""
    return lambda weights: (
        0.12 + height * math.exp(-8 * (float(weights[0]) - centre) ** 2) + tilt * float(weights.sum())
    )


def line_cases() -> list[tuple[str, Line]]:
    """A ridge in the middle; one beside it; only a slope; few points and weights of another shape; nothing at all."""
    first, second = torch.tensor([-0.9, 1.0]), torch.tensor([0.9, 1.1])
    return [
        ("two valleys with a ridge between, 11 points", (ridge(0.0, 0.3, 0.02), first, second, 11)),
        ("a ridge near the second end, 11 points", (ridge(0.5, 0.4), first, second, 11)),
        ("a slope without a ridge, 6 points", (ridge(0.0, 0.0, 0.04), first, second, 6)),
        ("weights of shape (2, 3), 5 points", (_square, torch.ones(2, 3), torch.full((2, 3), -0.5), 5)),
        ("the same network twice, 3 points", (ridge(0.0, 0.3), first, first.clone(), 3)),
    ]


def _square(weights: Tensor) -> float:
    return 0.4 - 0.3 * float((weights**2).mean())


def our_barrier(error: Error, first: Tensor, second: Tensor, points: int = 11) -> Found:
    """The right answer: (barrier, errors)."""
    errors = _errors(error, first, second, [step / (points - 1) for step in range(points)])
    return max(errors) - _ends(errors), errors


def _errors(error: Error, first: Tensor, second: Tensor, alphas: list[float]) -> list[float]:
    return [float(error((1 - alpha) * first + alpha * second)) for alpha in alphas]


def _ends(errors: list[float]) -> float:
    return (errors[0] + errors[-1]) / 2


def _walk(alpha: Callable[[int, int], float]) -> Callable[..., Found]:
    """A walk whose α of a step is another one."""

    def wrong(error: Error, first: Tensor, second: Tensor, points: int) -> Found:
        errors = _errors(error, first, second, [alpha(step, points) for step in range(points)])
        return max(errors) - _ends(errors), errors

    return wrong


def _measure(height: Callable[[list[float]], float]) -> Callable[..., Found]:
    """The right walk, whose barrier is another number."""

    def wrong(error: Error, first: Tensor, second: Tensor, points: int) -> Found:
        errors = our_barrier(error, first, second, points)[1]
        return height(errors), errors

    return wrong


def _above_the_chord(errors: list[float]) -> float:
    steps = len(errors) - 1
    return max(e - (errors[0] + step / steps * (errors[-1] - errors[0])) for step, e in enumerate(errors))


def _of_errors(error: Error, first: Tensor, second: Tensor, points: int) -> Found:
    ends = error(first), error(second)
    errors = [(1 - step / (points - 1)) * ends[0] + step / (points - 1) * ends[1] for step in range(points)]
    return max(errors) - _ends(errors), errors


def _added(error: Error, first: Tensor, second: Tensor, points: int) -> Found:
    return our_barrier(error, first, first + second, points)


MISTAKES: list[tuple[str, Callable[..., Found]]] = [
    (
        "α never comes to 1, so the second network is never reached: points are one more than steps.",
        _walk(lambda step, points: step / points),
    ),
    (
        "α begins after 0 and the first network is left out: step 0 is the first network.",
        _walk(lambda step, points: (step + 1) / points),
    ),
    ("both ends are left out; they count among the points.", _walk(lambda step, points: (step + 1) / (points + 1))),
    ("α counts steps; divide so that it runs from 0 to 1.", _walk(lambda step, _: float(step))),
    (
        "α runs from the first network (0) to the second (1); yours runs the other way.",
        _walk(lambda step, points: 1 - step / (points - 1)),
    ),
    ("you mixed the two errors. Mix the weights, and measure the error of what comes out.", _of_errors),
    ("the first network keeps its full share: its part is 1 − α.", _added),
    (
        "you compared with the higher of the two ends, as the document does, or with one end. Take their mean.",
        _measure(lambda e: max(e) - max(e[0], e[-1])),
    ),
    ("that is the highest error itself; subtract what the two ends would lead you to expect.", _measure(max)),
    (
        "you looked at the middle of the line only; the highest point may lie anywhere.",
        _measure(lambda e: e[len(e) // 2] - _ends(e)),
    ),
    (
        "you left out the ends when you looked for the highest point; it may be one of them.",
        _measure(lambda e: max(e[1:-1]) - _ends(e)),
    ),
    ("you compared with one end only; take the mean of both.", _measure(lambda e: max(e) - min(e[0], e[-1]))),
    (
        "you measured from the straight line between the errors of the two ends, as Entezari et al. do; here the "
        "height counts from their mean.",
        _measure(_above_the_chord),
    ),
    (
        "you subtracted the mean of the whole line; take the mean of the two ends.",
        _measure(lambda e: max(e) - sum(e) / len(e)),
    ),
    ("you subtracted the sum of the two ends; take their mean.", _measure(lambda e: max(e) - e[0] - e[-1])),
    ("the sign is turned round: a ridge has a positive height.", _measure(lambda e: _ends(e) - max(e))),
    ("that is in points; a fraction is asked for.", _measure(lambda e: 100 * (max(e) - _ends(e)))),
]


def barrier_and_errors(attempt: Any, shown: str, line: Line) -> Found:
    """What the attempt returns, if it is something and a row of numbers: a list, a tuple, an array or a tensor."""
    case = f"  input     {shown}\n  expected  (barrier, errors)\n"
    given = copy.deepcopy(line)
    with prints_below() as printed:
        found = call(attempt, given, case, printed)
        if found is None:
            raise Wrong(f"{case}  found     None\nDoes your function return its result?")
        try:
            barrier, errors = found
            errors = [float(error) for error in errors]
        except (TypeError, ValueError):
            raise Wrong(f"{case}  found     {describe(found)}") from None
        if not (same(given[1], line[1]) and same(given[2], line[2])):
            raise Wrong(f"{case}  found     two networks that your function has changed; mix them into a third.")
    return barrier, errors


def judge_line(attempt: Any, shown: str, line: Line) -> None:
    """Compare the attempt's barrier and errors with the right ones.

    Raises:
        Wrong: with both, and the mistake that gives what was found.
    """
    found, right = barrier_and_errors(attempt, shown, line), our_barrier(*line)
    if same(found, right):
        return
    why = next((text for text, wrong in MISTAKES if same(found, wrong(*line))), "")
    raise Wrong(
        f"  input     {shown}\n  expected  {_short(right)}\n  found     {_short(found)}"
        + (f"\nLikely: {why}" if why else "")
    )


def _short(found: Found) -> str:
    barrier = f"{float(found[0]):.4f}" if hasattr(found[0], "__float__") else describe(found[0])
    return f"barrier {barrier}, errors [{', '.join(f'{error:.4f}' for error in found[1])}]"


def two_lines(attempt: Any) -> Picture | None:
    """The attempt's errors beside the right ones: on the first line that differs, else on the second."""
    from ..pictures.landscape import paths

    for shown, line in line_cases():
        found, right = barrier_and_errors(attempt, shown, line), our_barrier(*line)
        if len(found[1]) != len(right[1]):
            return None
        if not same(found[1], right[1]):
            return paths({"yours": found[1], "right": right[1]}, dashed="right", title=f"error_barrier: {shown}")
    shown, line = line_cases()[1]
    errors = our_barrier(*line)[1]
    return paths({"yours": errors, "right": errors}, dashed="right", title=f"error_barrier: {shown}")
