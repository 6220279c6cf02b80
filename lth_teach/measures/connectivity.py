"""Linear mode connectivity: what happens to the error on the straight line between two trained networks."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..data import Dataset
from ..ground.arguments import whole_number
from ..ground.devices import own_threads
from ..training import evaluate, training_mode

State = Mapping[str, Tensor]
STABLE = 0.02  # an error barrier below 2 points counts as stable (Frankle et al. 2020, section 3)


@dataclass(frozen=True)
class Path:
    """Errors along θ(α) = (1 − α) θ_a + α θ_b.

    Attributes:
        alphas: from 0 (θ_a) to 1 (θ_b).
        errors: test error at each α, a fraction.
        losses: mean cross-entropy at each α, in nats.
    """

    alphas: tuple[float, ...]
    errors: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def barrier(self) -> float:
        """max over α of the error, minus the mean error of the two ends (Frankle et al. 2020, arXiv 1912.05671)."""
        return max(self.errors) - (self.errors[0] + self.errors[-1]) / 2

    @property
    def excess(self) -> float:
        """max over α of the error, minus the larger error of the two ends: the document's definition, as a number.

        Connected in the document's sense means 0. The two differ by half the difference between the ends.
        """
        return max(self.errors) - max(self.errors[0], self.errors[-1])


def interpolate(state_a: State, state_b: State, alpha: float) -> dict[str, Tensor]:
    """(1 − α) θ_a + α θ_b, for every floating-point entry; whole numbers (BatchNorm's counters) are taken from θ_a.

    Raises:
        ValueError: the states differ in their names or shapes (the message names one).
    """
    check_same_shape(state_a, state_b)
    return {
        name: torch.lerp(tensor, state_b[name], alpha) if tensor.is_floating_point() else tensor.clone()
        for name, tensor in state_a.items()
    }


def check_same_shape(state_a: State, state_b: State) -> None:
    """Raise ValueError, naming an entry, unless two states hold the same names and shapes."""
    if missing := sorted(state_a.keys() ^ state_b.keys()):
        raise ValueError(f"the two states do not hold the same entries; only one has {', '.join(missing)}")
    for name, tensor in state_a.items():
        if tensor.shape != state_b[name].shape:
            raise ValueError(
                f"{name} has shape {tuple(tensor.shape)} in one state, {tuple(state_b[name].shape)} in the other"
            )


def error_barrier(
    model: nn.Module, state_a: State, state_b: State, data: Dataset, points: int = 30, *, recompute: bool = True
) -> Path:
    """Measure test error and loss at ``points`` values of α between two states of a model.

    BatchNorm's running statistics belong to the weights they were measured with, so they are measured anew on the
    training data at every α (``recompute=False`` interpolates them instead, which is wrong, and shown as such).

    Args:
        model: gives the shape of the network; it is left as it was.
        state_a, state_b: state_dicts of the two ends.
        points: number of α from 0 to 1, both included.

    Raises:
        ValueError: points not a whole number or below 3, or states that do not fit each other or the model.
    """
    points = whole_number("points", points, 3, "whole number of points, the two ends included")
    check_same_shape(state_a, state_b)
    check_same_shape(model.state_dict(), state_a)
    probe = copy.deepcopy(model)
    alphas = [index / (points - 1) for index in range(points)]
    errors, losses = [], []
    with own_threads():
        for alpha in alphas:
            probe.load_state_dict(interpolate(state_a, state_b, alpha))
            if recompute:
                recompute_batchnorm(probe, data.x_train)
            loss, accuracy = evaluate(probe, data.x_test, data.y_test)
            errors.append(1 - accuracy)
            losses.append(loss)
    return Path(tuple(alphas), tuple(errors), tuple(losses))


@torch.no_grad()
def recompute_batchnorm(model: nn.Module, x: Tensor, rows: int = 2_000) -> None:
    """Measure BatchNorm's running mean and variance anew, on the first ``rows`` inputs as one batch."""
    layers = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    device = next(model.parameters()).device
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # a plain average over the batches that follow; here one
    with training_mode(model, True):
        model(x[:rows].to(device))
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
