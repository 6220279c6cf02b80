"""A ``train``, ``refresh`` and ``error`` for notebook 03's ``stability_test`` that note what they see.

The errors on the line are scripted: they depend on where the weights lie between the two trained copies, and not on
what the network computes. So a case is stable or not as it is meant to be, whatever orders an attempt chooses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...ground.devices import own_threads
from ...measures.connectivity import recompute_batchnorm

STEPS, RATE = 12, 0.2
Vector = Tensor  # all parameters, or all of BatchNorm's statistics, in one row


@dataclass(frozen=True)
class Case:
    """What to test: the part of the training that two copies share, and the error at α, a fraction."""

    shown: str
    k: float
    error: Callable[[float], float]


CASES = (
    Case("copies that part after a quarter, with a high ridge between them", 0.25, lambda a: 0.2 + 1.2 * a * (1 - a)),
    Case("copies that part after half, with hardly a bump between them", 0.5, lambda a: 0.2 + 0.04 * a * (1 - a)),
    Case("copies that part at once, one worse than the other, with no ridge", 0.0, lambda a: 0.1 + 0.1 * a),
)


def network() -> nn.Module:
    """Three inputs, five units with BatchNorm, three classes."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3))


def weights_of(model: nn.Module) -> Vector:
    """A copy of all parameters."""
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()]).clone()


def statistics_of(model: nn.Module) -> Vector:
    """A copy of BatchNorm's running means and variances."""
    return torch.cat([buffer.flatten() for buffer in model.buffers() if buffer.is_floating_point()]).clone()


@dataclass(frozen=True)
class Training:
    """One call of ``train``: from where to where, and the weights and statistics before and after."""

    order: Any
    start: float
    stop: float
    before: Vector
    after: Vector
    statistics: Vector


@dataclass
class Watch:
    """Notes the trainings, and at each call of ``error`` the weights, the statistics, and what these should be."""

    case: Case
    trainings: list[Training] = field(default_factory=list)
    readings: list[tuple[Vector, Vector, Vector]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.x = torch.randn(48, 3, generator=torch.Generator().manual_seed(4))
        self.y = torch.arange(48) % 3

    @own_threads()
    def train(self, model: nn.Module, order: Any, start: float, stop: float) -> None:
        """SGD on small batches whose rows depend on order and step; written out, since a check must answer at once."""
        if not 0 <= start <= stop <= 1:
            raise ValueError(f"train needs 0 <= start <= stop <= 1, got {start} and {stop}")
        before = weights_of(model)
        model.train()
        for step in range(round(start * STEPS), round(stop * STEPS)):
            rows = torch.randperm(48, generator=torch.Generator().manual_seed(1_000 * int(order) + step))[:16]
            model.zero_grad()
            F.cross_entropy(model(self.x[rows]), self.y[rows]).backward()
            with torch.no_grad():
                for weight in model.parameters():
                    assert weight.grad is not None
                    weight.sub_(RATE * weight.grad)
        model.zero_grad()
        after, statistics = weights_of(model), statistics_of(model)
        self.trainings.append(Training(order, float(start), float(stop), before, after, statistics))

    @own_threads()
    def refresh(self, model: nn.Module) -> None:
        """BatchNorm's statistics of the model's present weights."""
        recompute_batchnorm(model, self.x)

    @own_threads()
    def error(self, model: nn.Module) -> float:
        """The scripted error of a place between the copies."""
        weights, stored = weights_of(model), statistics_of(model)
        recompute_batchnorm(model, self.x)
        self.readings.append((weights, stored, statistics_of(model)))
        ends = self.ends
        if len(ends) != 2:
            return 0.5
        across = ends[1].after - ends[0].after
        alpha = float((weights - ends[0].after) @ across / (across @ across).clamp(min=1e-12))
        return self.case.error(min(1.0, max(0.0, alpha)))

    @property
    def ends(self) -> list[Training]:
        """The trainings that came to the end."""
        return [training for training in self.trainings if training.stop == 1]
