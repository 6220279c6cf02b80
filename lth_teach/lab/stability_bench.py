"""Chapter 03's live run: a learner's stability test on one seed of the deep network, and the networks it trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from ..experiments.residual import Setup
from ..ground.states import State, copy_state


def watch(
    test: Callable[..., Any],
    setup: Setup,
    k: float,
    refresh: Callable[[nn.Module], None],
    error: Callable[[nn.Module], float],
) -> dict[str, Any]:
    """Run ``test(network, train, k, refresh, error)`` with a seed's network and training, and keep what it trained.

    Returns:
        ``stable`` and ``errors`` (fractions) as the test gave them; their ``barrier`` (a fraction); ``parent``, the
        weights θ_k that the first copy set out from; ``twins``, the weights of the copies at the end of training.
    """
    parents: list[State] = []
    twins: list[State] = []

    def train(model: nn.Module, order: int, start: float, stop: float) -> None:
        if stop == 1:
            parents.append(copy_state(model.state_dict()))
        setup.train(model, order, start, stop)
        if stop == 1:
            twins.append(copy_state(model.state_dict()))

    stable, given = test(setup.network(), train, k, refresh, error)
    errors = [float(one) for one in given]
    barrier = max(errors) - (errors[0] + errors[-1]) / 2
    return {"stable": bool(stable), "errors": errors, "barrier": barrier, "parent": parents[0], "twins": twins}
