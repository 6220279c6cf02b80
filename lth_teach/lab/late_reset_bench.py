"""Chapter 05's live runs: a learner's search on one seed of the deep network, and how good each of its trainings is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from .. import masks as masks_module
from .. import scores
from ..experiments.residual import STEPS, Setup
from ..masks import Masks


def follow(search: Callable[..., Any], setup: Setup, *arguments: Any) -> tuple[Any, list[float]]:
    """Run ``search(network, train, cut, steps, *arguments)`` with a seed's network and training.

    Returns:
        What the search returns, and the test accuracy (0 to 1) after each training in its order. A training of no
        steps is none: how a search writes "the first 0 steps" makes no difference.
    """
    reached: list[float] = []

    def train(network: nn.Module, first: int, last: int) -> None:
        if first < last:
            reached.append(float(setup.trainer()(network, start_iter=first, max_iter=last)))

    def cut(network: nn.Module, kept: Masks) -> Masks:
        return masks_module.prune(scores.magnitude(network), kept, setup.prune_rate)

    return search(setup.network(), train, cut, STEPS[setup.budget], *arguments), reached
