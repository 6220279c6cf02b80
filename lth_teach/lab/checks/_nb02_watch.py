"""A ``train`` for notebook 02's ``imp`` that notes what it sees, whatever holds the masks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...ground.devices import own_threads

STEPS, RATE, MOMENTUM = 20, 0.1, 0.9


@dataclass(frozen=True)
class Training:
    """One call of ``train``: the model's values before and after, and which of them its forward passes used.

    Attributes:
        before, after: name → value, all of the state_dict.
        used: name → bool tensor, what was not zero in the first forward pass; then the same for any of them.
    """

    before: dict[str, Tensor]
    after: dict[str, Tensor]
    used: tuple[dict[str, Tensor], dict[str, Tensor]]


def watched(inputs: int, names: list[str], trainings: list[Training]) -> Callable[[nn.Module], None]:
    """An honest ``train``: SGD with momentum on fixed data, ``inputs`` numbers a row and four classes.

    It knows nothing of masks, and adds a :class:`Training` to the list at each call. The steps are written out, since
    PyTorch takes seconds to make its first optimizer, and a check must answer at once.
    """
    x = torch.randn(24, inputs, generator=torch.Generator().manual_seed(2))
    y = torch.arange(24) % 4

    @own_threads()
    def train(model: nn.Module) -> None:
        before = {name: _stored(model, name) for name in names}
        first: dict[str, Tensor] = {}
        ever: dict[str, Tensor] = {}
        weights = list(model.parameters())
        velocities = [torch.zeros_like(weight) for weight in weights]
        model.train()
        for _ in range(STEPS):
            model.zero_grad()
            loss = F.cross_entropy(model(x), y)
            used = {name: _effective(model, name) != 0 for name in names}
            first = first or used
            ever = {name: used[name] | ever.get(name, used[name]) for name in names}
            loss.backward()
            with torch.no_grad():
                for weight, velocity in zip(weights, velocities, strict=True):
                    if weight.grad is not None:
                        velocity.mul_(MOMENTUM).add_(weight.grad)
                        weight.sub_(RATE * velocity)
        trainings.append(Training(before, {name: _stored(model, name) for name in names}, (first, ever)))

    return train


def _effective(model: nn.Module, name: str) -> Tensor:
    """What the layer multiplies with: the parameter, or what a hook put in its place."""
    layer, _, attribute = name.rpartition(".")
    value: Tensor = getattr(model.get_submodule(layer), attribute)
    return value.detach().clone()


def _stored(model: nn.Module, name: str) -> Tensor:
    """The value that training moves; torch.nn.utils.prune keeps it under another name."""
    layer, _, attribute = name.rpartition(".")
    values = model.get_submodule(layer)
    value: Tensor = getattr(values, f"{attribute}_orig", getattr(values, attribute))
    return value.detach().clone()
