"""A ticket search over seeds with its random control, one result at a time, so that it can be watched and stopped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from .. import data, models
from ..data import Dataset
from ..experiments.imp import TRAINING
from ..finder import LotteryTicketFinder
from ..ground.arguments import open_unit, whole
from ..ground.devices import choose_device
from ..lemma import imp_levels
from ..masks import layer_densities
from ..replicates import interval, seed_list, summarise
from ..tickets import Ticket, random_mask, train_ticket
from ..training import Trainer

if TYPE_CHECKING:
    import pandas as pd

    from ..lab.plots import Picture

RANDOM = "random"
STEPS, RATE = TRAINING["mnist1d", "short"]  # as the archive of chapter 02 trains, so that its seeds can lie behind
BATCH = 60


@dataclass(frozen=True)
class Search:
    """What to search: a small network on MNIST-1D, with the choices a learner makes.

    As it stands it repeats what the archive of :mod:`lth_teach.experiments.imp` holds for thirty other seeds.

    Attributes:
        prune_rate, target_sparsity, late_reset_iter: see :class:`lth_teach.LotteryTicketFinder`.
        seeds: how many repetitions, from ``base_seed`` on.
        device: "cpu" (the fastest for networks this small), "cuda", "mps" or "auto".
        iterations: training steps of each level.
        lr: learning rate at its peak, from where it falls to 0 along a cosine.
        hidden: widths of the hidden layers.

    Raises:
        ValueError: a choice that is not allowed, or a device that is absent.
    """

    prune_rate: float = 0.36
    target_sparsity: float = 0.89
    late_reset_iter: int = 0
    seeds: int = 3
    base_seed: int = 0
    device: str = "cpu"
    iterations: int = STEPS
    lr: float = RATE
    hidden: tuple[int, ...] = (300, 100)

    def __post_init__(self) -> None:
        open_unit("prune_rate", self.prune_rate)
        open_unit("target_sparsity", self.target_sparsity)
        seed_list(self.seeds, self.base_seed)
        whole(iterations=self.iterations)
        if not 0 <= self.late_reset_iter < self.iterations:
            raise ValueError(
                f"late_reset_iter must be from 0 to below the {self.iterations} iterations, got {self.late_reset_iter}"
            )
        choose_device(self.device)

    @property
    def total_steps(self) -> int:
        """Training steps of the whole search, controls included (by the lemma, so give or take a level)."""
        trainings = 2 * imp_levels(self.prune_rate, self.target_sparsity) + 1  # a control at each level but the dense
        return self.seeds * (trainings * (self.iterations - self.late_reset_iter) + self.late_reset_iter)

    def model(self, dataset: Dataset, seed: int) -> nn.Sequential:
        """The network of one seed at its initialisation."""
        return models.mlp(dataset.x_train[0].numel(), *self.hidden, dataset.classes, seed=seed)

    def trainer(self, dataset: Dataset, seed: int, on_step: Callable[[int, int], None] | None = None) -> Trainer:
        """How one seed is trained: the seed is also that of the order of the data."""
        return Trainer(
            dataset,
            self.iterations,
            BATCH,
            lr=self.lr,
            schedule="cosine",
            evaluations=4,
            order_seed=seed,
            device=self.device,
            on_step=on_step,
        )

    def finder(self, dataset: Dataset, seed: int, store: Path) -> LotteryTicketFinder:
        """The finder of one seed, which keeps its levels in a folder of its own in ``store``.

        Raises:
            ValueError: so few weights that pruning would stall.
        """
        return LotteryTicketFinder(
            self.model(dataset, seed),
            self.prune_rate,
            self.target_sparsity,
            self.late_reset_iter,
            store=store / f"seed_{seed}",
        )

    def rows(
        self,
        on_step: Callable[[int, int], None] | None,
        store: Path,
        known: Collection[tuple[int, int, str]] = (),
    ) -> Iterator[dict[str, Any]]:
        """One row for each trained network: seed, level, density, arm, accuracy, and the densities of the layers.

        Args:
            on_step: called with (step, steps of this network) after each training step; may raise to stop the search.
            store: a folder for finished levels. A new call with the same folder does not train them again.
            known: (seed, level, arm) of rows that an earlier, stopped call has already given; they are left out.

        Raises:
            ValueError: so few weights that pruning would stall, before anything is trained.
        """
        dataset = data.mnist1d()
        for seed in seed_list(self.seeds, self.base_seed):
            train, finder = self.trainer(dataset, seed, on_step), self.finder(dataset, seed, store)
            for level in finder.levels(train):
                row: dict[str, Any] = {"seed": seed, "level": level.index, "density": level.density}
                row["layers"] = layer_densities(finder.masks)
                if (seed, level.index, "ticket") not in known:
                    yield row | {"arm": "ticket", "accuracy": level.accuracy}
                if level.index and (seed, level.index, RANDOM) not in known:
                    ticket = Ticket(finder.masks, finder.initial_state, rewind_step=self.late_reset_iter)
                    accuracy = train_ticket(random_mask(ticket, seed), self.model(dataset, seed), train)
                    yield row | {"arm": RANDOM, "accuracy": float(accuracy)}


def picture(rows: pd.DataFrame, steps: int) -> Picture:
    """Accuracy against density of these rows, trained for ``steps``, with the dense line and the random control."""
    from ..lab import plots

    summary = summarise(rows, ["arm", "density"], "accuracy", 100)
    dense = interval(rows[(rows["arm"] == "ticket") & (rows["level"] == 0)]["accuracy"], 100)
    return plots.accuracy_by_density(
        summary,
        title=f"MNIST-1D, {steps:,} steps a training",
        alt=f"Test accuracy after {steps:,} steps against percent of weights kept, for the ticket and for a random "
        "mask of the same layer densities, with the dense network as a dashed line.",
        dense=dense,
    )


def describe(rows: pd.DataFrame, tolerance: float = 1.0) -> str:
    """What the picture of these rows shows, in words, with the number of seeds. It chooses nothing.

    While a search is under way, only the seeds that have come as far as the sparsest level count.

    Args:
        tolerance: points below the dense accuracy that still count as keeping up with it.
    """
    sparsest = rows["density"].min()
    rows = rows[rows["seed"].isin(rows[rows["density"] == sparsest]["seed"])]
    tickets = summarise(rows[rows["arm"] == "ticket"], "density", "accuracy", 100).set_index("density")["mean"]
    dense = tickets.loc[tickets.index.max()]
    close = tickets[tickets >= dense - tolerance].index.min()
    n = rows["seed"].nunique()
    text = (
        f"Dense {dense:.1f} %. {'Mean accuracy' if n > 1 else 'Accuracy'} is within {tolerance:g} point of that, or "
        f"above, at {100 * close:.1f} % of the weights kept ({tickets[close]:.1f} %)"
        + (", and below it at every sparser level." if close > sparsest else ", the sparsest level.")
    )
    controls = rows[rows["arm"] == RANDOM]
    if not controls.empty:
        last = controls["density"].min()
        random = interval(controls[controls["density"] == last]["accuracy"], 100).mean
        text += (
            f" With {100 * last:.1f} % kept the ticket reaches {tickets[last]:.1f} % and a random mask of the same "
            f"layer densities {random:.1f} %."
        )
    return f"{text} n = {n} seed{'s' if n > 1 else ''}."
