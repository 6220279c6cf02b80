"""A ticket search over seeds with its random control, one result at a time, so that it can be watched and stopped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import data, models
from .arms import Ticket, random_mask, train_ticket
from .masks import layer_densities
from .replicates import interval, seed_list, summarise
from .theory import imp_levels
from .tickets import LotteryTicketFinder
from .training import Trainer

if TYPE_CHECKING:
    import pandas as pd

RANDOM = "random (layer densities)"


@dataclass(frozen=True)
class Search:
    """What to search: a small network on MNIST-1D, with the choices a learner makes.

    Attributes:
        prune_rate, target_sparsity, late_reset_iter: see :class:`lth_teach.LotteryTicketFinder`.
        seeds: how many repetitions, from ``base_seed`` on.
        device: "auto", "cpu", "cuda" or "mps".
        iterations: training steps of each level.
        hidden: widths of the hidden layers.
    """

    prune_rate: float = 0.2
    target_sparsity: float = 0.9
    late_reset_iter: int = 0
    seeds: int = 3
    base_seed: int = 0
    device: str = "auto"
    iterations: int = 500
    hidden: tuple[int, ...] = (300, 100)

    @property
    def total_steps(self) -> int:
        """Training steps of the whole search, controls included (by the lemma, so give or take a level)."""
        trainings = 2 * imp_levels(self.prune_rate, self.target_sparsity) + 1  # a control at each level but the dense
        return self.seeds * (trainings * (self.iterations - self.late_reset_iter) + self.late_reset_iter)

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
            ValueError: as :class:`LotteryTicketFinder` and :class:`Trainer` do, before anything is trained.
        """
        dataset = data.mnist1d()
        sizes = (dataset.x_train[0].numel(), *self.hidden, dataset.classes)
        for seed in seed_list(self.seeds, self.base_seed):
            train = Trainer(
                dataset,
                self.iterations,
                100,
                lr=2e-3,
                evaluations=5,
                order_seed=seed,
                device=self.device,
                on_step=on_step,
            )
            finder = LotteryTicketFinder(
                models.mlp(*sizes, seed=seed),
                self.prune_rate,
                self.target_sparsity,
                self.late_reset_iter,
                store=store / f"seed_{seed}",
            )
            for level in finder.levels(train):
                row: dict[str, Any] = {"seed": seed, "level": level.index, "density": level.density}
                row["layers"] = layer_densities(finder.masks)
                if (seed, level.index, "ticket") not in known:
                    yield row | {"arm": "ticket", "accuracy": level.accuracy}
                if level.index and (seed, level.index, RANDOM) not in known:
                    ticket = Ticket(finder.masks, finder.initial_state, rewind_step=self.late_reset_iter)
                    accuracy = train_ticket(random_mask(ticket, seed), models.mlp(*sizes), train)
                    yield row | {"arm": RANDOM, "accuracy": float(accuracy)}


def describe(rows: pd.DataFrame, tolerance: float = 1.0) -> str:
    """What the rows of a search say, in two sentences, with the number of seeds.

    Args:
        tolerance: points below the dense accuracy that still count as keeping up with it.
    """
    tickets = rows[rows["arm"] == "ticket"]
    dense = interval(tickets[tickets["level"] == 0]["accuracy"], 100)
    means = summarise(tickets, "density", "accuracy", 100)
    means = means[means["n"] == means["n"].max()].sort_values("density")
    last = means[means["mean"] >= dense.mean - tolerance].iloc[0]
    text = (
        f"Dense {dense.mean:.1f} %. The sparsest ticket within {tolerance:g} point of that keeps "
        f"{100 * last['density']:.1f} % of the weights ({last['mean']:.1f} %)."
    )
    both = set(rows[rows["arm"] == RANDOM]["density"]) & set(means["density"])
    if both:
        sparsest = min(both)
        at = summarise(rows[rows["density"] == sparsest], "arm", "accuracy", 100).set_index("arm")["mean"]
        text += (
            f" With {100 * sparsest:.1f} % kept the ticket reaches {at['ticket']:.1f} % and a random mask of the same "
            f"layer densities {at[RANDOM]:.1f} %."
        )
    return f"{text} n = {dense.n} seed{'s' if dense.n > 1 else ''}."
