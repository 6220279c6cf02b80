"""Checks of notebook 03: the error barrier of a line, two definitions that disagree, a stability test of one's own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from torch import nn

from . import exercise
from ._nb03_copies import LIMIT, judge
from ._nb03_definitions import ENDS, judge_disagreement, our_disagreement, two_definitions
from ._nb03_line import judge_line, line_cases, our_barrier, two_lines
from ._nb03_watch import CASES


@exercise(
    "The point at α mixes the two networks. At the first step all of it is the first, at the last all the second.",
    "With eleven points there are ten steps. Mix weights, not errors. The highest point may be anywhere, an end too.",
    "α is the step as a part of all steps. The weights are 1 − α parts of the first and α of the second. The height is "
    "counted from half-way between the errors of the two ends, since that is what one would expect without a ridge.",
    solution=our_barrier,
    picture=two_lines,
)
def error_barrier(attempt: Callable[..., tuple[float, list[float]]]) -> int:
    """(error, first, second, points) → (highest error on the line minus the mean of its ends, the errors)."""
    cases = line_cases()
    for shown, line in cases:
        judge_line(attempt, shown, line)
    return len(cases)


@exercise(
    "Draw the two ends. Where may the points between them lie for the document, and where for Frankle et al.?",
    "The document draws its line at the worse end, the paper at the mean of the ends plus 0.02. Which line is higher "
    "depends on how far the ends are apart.",
    "Put the highest point between the two lines. With ends more than 0.04 apart, no point need lie above the worse "
    "end; with ends nearer to each other, a bump on the worse end is needed, lower than what is left of 0.02.",
    solution=our_disagreement,
    picture=two_definitions,
)
def disagree(attempt: Callable[[float, float], list[float]]) -> int:
    """(first, last) → five errors between these ends on which the document's definition and the paper's disagree."""
    for first, last in ENDS:
        judge_disagreement(attempt, first, last)
    return len(ENDS)


def _stability_test(
    model: nn.Module, train: Callable[..., Any], k: float, refresh: Callable[..., Any], error: Callable[..., float]
) -> tuple[bool, list[float]]:
    train(model, 0, 0, k)
    twins = []
    for order in (1, 2):
        twin = copy.deepcopy(model)
        train(twin, order, k, 1)
        twins.append(nn.utils.parameters_to_vector(twin.parameters()).detach())

    def at(weights: Any) -> float:
        nn.utils.vector_to_parameters(weights, model.parameters())
        refresh(model)
        return error(model)

    barrier, errors = our_barrier(at, twins[0], twins[1])
    return barrier < LIMIT, errors


@exercise(
    "Write down what the two copies have in common and what not. Everything else must be the same for both.",
    "copy.deepcopy(model) makes a twin that shares nothing. A twin goes on at k, with an order of its own, to the end. "
    "Before each measurement on the line the network needs its weights, then fresh statistics.",
    "Train once up to k. Make two twins, train each to the end, and keep their weights as two long vectors. Then walk "
    "from one to the other with a function that puts a vector into a network, refreshes it and measures its error.",
    solution=_stability_test,
)
def stability_test(attempt: Callable[..., tuple[bool, list[float]]]) -> int:
    """(model, train, k, refresh, error) → (is the barrier below 2 points?, the errors at eleven points)."""
    for case in CASES:
        judge(attempt, case)
    return len(CASES)
