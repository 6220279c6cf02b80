"""What notebook 03b's own run stands on: one start, searched and trained in any order of the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from ..experiments import explanations
from ..experiments.archive import prediction
from ..experiments.imp import LAST, Setup, levels_at
from ..finder import LotteryTicketFinder
from ..ground.states import State
from ..masks import Masks
from ..randomness import generator
from ..tickets import Ticket, train_ticket

if TYPE_CHECKING:
    import pandas as pd


COMPARED = 7  # numbers of one's own run that the page compares with the archive: three, and four amounts of noise
FEWEST = 10  # runs that say where one more should lie; of three a point apart the range would be 60 points wide


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

    def noisy(self, with_noise: Callable[[State, float, torch.Generator], State], amount: float) -> State:
        """The start with a learner's noise, drawn from the experiment's random numbers, so that others can repeat it.

        Layer by layer, as the experiment draws. What agrees with the experiment's noise but for rounding is replaced by
        it: in 450 steps the last digit would grow.
        """
        seed = self._setup.seed
        ones = {name: torch.ones_like(weights, dtype=torch.bool) for name, weights in self.start.items()}
        theirs = explanations.with_noise(Ticket(ones, self._state), amount, seed).initial_weights
        found = {}
        for index, (name, weights) in enumerate(self.start.items()):
            mine = with_noise({name: weights.clone()}, amount, generator("noise", seed, index))[name].to(weights)
            found[name] = theirs[name] if torch.allclose(mine, theirs[name], rtol=1e-4, atol=1e-6) else mine
        return found

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
        rows: of the archive, one study, data set and budget; with fewer than ten runs no range is given.
        moved: how far the ticket's weights moved in another order, over weights at random.

    Raises:
        ValueError: an arm that the rows lack.
    """
    last = rows[rows["level"] == rows["level"].max()]
    lines = [_line(arm, mine, last[last["arm"] == arm]["accuracy"], ".1%") for arm, mine in own.items()]
    if moved is not None:
        fresh = rows[rows["arm"] == "dense, other order"]["moved"]
        lines.append(_line("moved, another order", moved, fresh, ".2f", " times as far"))
    return "\n".join(lines)


def _line(name: str, mine: float, others: pd.Series, form: str, unit: str = "") -> str:
    """A number of one's own run, the range of one more like the others, and whether it lies inside."""
    low, high = prediction(others, 0.01 / COMPARED)  # an honest page has one outside at most once in 100 times
    found, n = f"{name:<21}{mine:{form}}{unit}", len(others)
    if n < FEWEST:
        return f"{found}; made here: n = {n}, too few to say where it should lie"
    word = "inside" if low <= mine <= high else "OUTSIDE"
    return f"{found}, expected {low:{form}} to {high:{form}} (n = {n}): {word}"
