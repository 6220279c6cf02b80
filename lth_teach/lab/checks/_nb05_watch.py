"""A ``train`` and a ``cut`` for notebook 05's searches that note what they see, in the order in which it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ... import masks as masks_module
from ... import scores
from ...ground.devices import own_threads
from ...ground.states import State, copy_state
from ...masks import Masks

CUT = 0.4  # what a cut removes of the survivors
Train = Callable[[nn.Module, int, int], float]
Cut = Callable[[nn.Module, Masks], Masks]


@dataclass(frozen=True)
class Training:
    """One call of ``train``: its steps, the states before and after, and how many pruned weights it found at work.

    Attributes:
        loose: pruned weights that were not zero in the first forward pass; then, the most in any of them.
    """

    first: int
    last: int
    before: State
    after: State
    loose: tuple[int, int]


@dataclass(frozen=True)
class Cutting:
    """One call of ``cut``: the state that it looked at, and the masks that it gave."""

    state: State
    masks: Masks


@dataclass
class Watched:
    """A training of ``steps`` steps, each a function of its number alone, and what was asked of it so far."""

    steps: int
    events: list[Training | Cutting] = field(default_factory=list)
    masks: Masks = field(default_factory=dict)  # of the last cut; none before it

    def train(self, network: nn.Module, first: int, last: int) -> float:
        """Steps ``first`` to ``last`` − 1 in place, by plain SGD whose rate falls to 0 at the end.

        Raises:
            ValueError: steps that there are not.
        """
        if not 0 <= first <= last <= self.steps:
            raise ValueError(
                f"train was asked for the steps from {first} up to {last}. The schedule has the steps from 0 up to "
                f"{self.steps}; who starts at k has {self.steps} − k left"
            )
        before, loose = copy_state(network.state_dict()), [0]
        with own_threads():
            network.train()
            for step in range(first, last):
                loose.append(self._one_step(network, step))
        found = (loose[1] if len(loose) > 1 else 0, max(loose))
        self.events.append(Training(first, last, before, copy_state(network.state_dict()), found))
        return 0.5

    def _one_step(self, network: nn.Module, step: int) -> int:
        x = torch.randn(24, 4, generator=torch.Generator().manual_seed(step))
        network.zero_grad()
        loss = F.cross_entropy(network(x), (x.sum(1) > 0).long())
        loose = sum(int((network.get_parameter(name)[~mask] != 0).sum()) for name, mask in self.masks.items())
        loss.backward()
        with torch.no_grad():
            for weight in network.parameters():
                if weight.grad is not None:
                    weight.sub_((1 - step / self.steps) * weight.grad)
        return loose

    def cut(self, network: nn.Module, masks: Masks) -> Masks:
        """The masks without the smallest of their weights."""
        self.masks = masks_module.prune(scores.magnitude(network), masks, CUT)
        self.events.append(Cutting(copy_state(network.state_dict()), copy_state(self.masks)))
        return copy_state(self.masks)


def at_step(model: nn.Module, step: int, steps: int) -> State:
    """θ at a step of the dense training; ``model`` is trained to it."""
    Watched(steps).train(model, 0, step)
    return copy_state(model.state_dict())


def agree(found: Tensor, wanted: Tensor) -> bool:
    """Equal, but for rounding."""
    return found.shape == wanted.shape and torch.allclose(found.double(), wanted.double(), rtol=1e-5, atol=1e-7)
