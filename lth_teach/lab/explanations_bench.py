"""What notebook 03b's own run stands on: one start, searched and trained in any order of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from ..experiments.archive import prediction
from ..experiments.imp import LAST, Setup, levels_at
from ..finder import LotteryTicketFinder
from ..ground.states import State
from ..masks import Masks
from ..tickets import Ticket, train_ticket

if TYPE_CHECKING:
    import pandas as pd


COMPARED = 7  # numbers of one's own run that the page compares with the archive: three, and four amounts of noise


class Bench:
    """One seed's start, with the two functions that an exercise is given and one that trains a ticket.

    Attributes:
        start: name of a layer → its initial weights; biases are not pruned and stay as the seed drew them.
    """

    def __init__(self, setup: Setup, prune_rate: float) -> None:
        self._setup, self._prune_rate = setup, prune_rate
        self._state: State = setup.network(setup.seed).state_dict()
        self.start = {name: weights.clone() for name, weights in self._state.items() if weights.dim() == 2}
        self._found: dict[int, tuple[State, Masks]] = {}

    def find(self, start: State, order: int) -> Masks:
        """The masks of a ticket with 10.7 % of the weights; a search that was made before is not repeated."""
        known, masks = self._found.get(order, ({}, {}))
        if not known or any(not torch.equal(known[name], start[name]) for name in known):
            finder = LotteryTicketFinder(self._network(start), self._prune_rate, 1 - LAST)
            finder.find_ticket(self._with(order).train, levels_at(self._prune_rate)[-1])
            masks = finder.masks
            self._found[order] = {name: start[name].clone() for name in self.start}, masks
        return dict(masks)

    def train(self, start: State, order: int) -> State:
        """The weights after a dense training."""
        model = self._network(start)
        self._with(order).train(model)
        end = model.state_dict()
        return {name: end[name].cpu() for name in self.start}

    def accuracy(self, masks: Masks, start: State) -> float:
        """Test accuracy of a ticket that was trained in the order of the seed."""
        return float(train_ticket(Ticket(masks, {**self._state, **start}), self._network({}), self._setup.train))

    def _network(self, start: State) -> nn.Module:
        model = self._setup.network(self._setup.seed)
        model.load_state_dict({**self._state, **start})
        return model

    def _with(self, order: int) -> Setup:
        return replace(self._setup, seed=self._setup.seed + order)


def expected(own: Mapping[str, float], rows: pd.DataFrame, moved: float | None = None) -> str:
    """A line for each number of one's own run, with where one more run of the archive's kind should lie.

    Args:
        own: arm → test accuracy (a fraction), at the last level.
        rows: of the archive, one study, data set and budget.
        moved: how far the ticket's weights moved in another order, over weights at random.

    Raises:
        ValueError: an arm that the rows lack.
    """
    alarm = 0.01 / COMPARED  # an honest run is outside anywhere on the page at most once in 100 times
    last = rows[rows["level"] == rows["level"].max()]
    lines = []
    for arm, mine in own.items():
        low, high = prediction(last[last["arm"] == arm]["accuracy"], alarm)
        lines.append(f"{arm:<21}{mine:.1%}, expected {low:.1%} to {high:.1%}")
    if moved is not None:
        low, high = prediction(rows[rows["arm"] == "dense, other order"]["moved"], alarm)
        lines.append(f"{'moved, another order':<21}{moved:.2f} times as far, expected {low:.2f} to {high:.2f}")
    return "\n".join(lines)
