"""Chapter 01: what matching means, how soon it comes, the dense solution cut, and the ticket inside a dense network."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from torch import nn

from .. import masks as masks_module
from .. import scores
from ..data import Dataset, mnist, mnist1d, mnist5k
from ..finder import LotteryTicketFinder
from ..ground.arguments import one_of, open_unit
from ..ground.devices import own_threads
from ..ground.states import State, load_state, state_of
from ..ground.storage import cache_dir
from ..masks import Masks
from ..tickets import Ticket, reinitialised
from ..training import Trainer, TrainingResult, evaluate
from . import imp
from .claims import BETTER, FASTER, KEEPS_UP, Claim, arms
from .imp import FRESH, Row

if TYPE_CHECKING:
    import pandas as pd

DATA = imp.DATA  # of the study "ticket"
DENSITIES = (0.64**3, 0.64**5)  # where tickets are looked at closely: 26.2 and 10.7 %
# A validation loss (nats), chosen on seeds 0 to 5 so that every dense network reaches it well before its last step.
LOSS = {
    ("mnist1d", "short"): 1.05,
    ("mnist1d", "long"): 0.8,
    ("mnist5k", "short"): 0.28,
    ("mnist5k", "long"): 0.28,
    ("mnist", "literature"): 0.1,
}
EVALUATIONS = {"short": 60, "long": 90}  # of the validation loss in one training
# Full MNIST as Frankle & Carbin (2019) trained it, batch 60 and Adam at 1.2e-3 throughout; but they took 50,000 steps.
STEPS, RATE, EVERY = 5_000, 1.2e-3, 200
LEVELS, REINITIALISED = 15, (7, 15)  # 3.6 % kept; re-initialised at 21.1 and 3.6 %

SEEDS = {"short": 30, "long": 12, "literature": 3}
SETTINGS: tuple[Row, ...] = (
    *(
        {"study": "ticket", "data": name, "budget": budget, "prune_rate": 0.36}
        for name in DATA
        for budget in ("short", "long")
    ),
    {"study": "mnist", "data": "mnist", "budget": "literature", "prune_rate": 0.2},
)


@dataclass(frozen=True)
class Setup(imp.Setup):
    """One seed's data, network and training, as in chapter 02, with the validation loss watched closely."""

    def train(self, model: nn.Module, trainings: int = 1) -> TrainingResult:
        """Train in place; returns test accuracy, with the history of the validation loss."""
        if self.budget == "literature":
            settings: Row = {"lr": RATE, "evaluations": STEPS // EVERY}
        else:
            _, rate = imp.TRAINING[imp.NAMES[self.dataset.name], self.budget]
            settings = {"lr": rate, "schedule": "cosine", "evaluations": EVALUATIONS[self.budget]}
        trainer = Trainer(self.dataset, self.steps, 60, order_seed=self.seed, device=self.device, **settings)
        return trainer(model, max_iter=self.steps if self.stop is None else min(self.stop, self.steps))

    @property
    def steps(self) -> int:
        """T, the steps of one training."""
        if self.budget == "literature":
            return STEPS
        return imp.TRAINING[imp.NAMES[self.dataset.name], self.budget][0]

    @property
    def fixed_loss(self) -> float:
        """The validation loss (nats) that is waited for."""
        return LOSS[imp.NAMES.get(self.dataset.name, "mnist"), self.budget]

    def about(self, arm: str, level: int, kept: float, model: nn.Module, accuracy: float | None = None) -> Row:
        """A network as it stands; ``kept`` is the density of the ticket that the row is about."""
        data = self.dataset
        if accuracy is None:
            accuracy = evaluate(model, data.x_test, data.y_test)[1]
        loss, _ = evaluate(model, data.x_train[:1_000], data.y_train[:1_000])
        return {"arm": arm, "level": level, "density": kept, "accuracy": accuracy, "loss": loss}

    def trained(self, arm: str, level: int, kept: float, model: nn.Module, result: TrainingResult) -> Row:
        """A trained network: accuracy at the end and at the early stop, and the steps to the fixed loss, if reached."""
        reached = (step for step, loss, _ in result.history if loss <= self.fixed_loss)
        return {
            **self.about(arm, level, kept, model, float(result)),
            "best_step": result.best_step,
            "best_accuracy": result.best_accuracy,
            "steps": self.steps,
            "steps_to_loss": next(reached, math.nan),
        }


def run(
    seed: int,
    *,
    study: str = "ticket",
    data: str = "mnist1d",
    budget: str = "short",
    prune_rate: float = 0.36,
    device: str = "cpu",
    stop: int | None = None,
) -> list[Row]:
    """One seed of one study: a row for each network, always the same rows in the same order.

    Args:
        study: "ticket" (tickets down to 10.7 %, the dense solution cut, and two dense networks that hold the ticket
            or lack it), or "mnist" (full MNIST as in Frankle & Carbin; needs the data set, see :func:`mnist_folder`).
        data: "mnist1d" (a network of 40-300-100-10) or "mnist5k" (LeNet-300-100); "mnist" for the study of that name.
        budget: "short" or "long", the steps of one training, see ``imp.TRAINING``; "literature" for "mnist".
        prune_rate: fraction of the survivors that a level removes, in (0, 1).
        stop: end each training after this many steps: a rehearsal, in which masks come from hardly trained weights.

    Raises:
        ValueError: a study that there is not, data and budget that it has not, or a rate outside (0, 1).
        FileNotFoundError: study "mnist" and no MNIST where it is looked for; the message says how to name the folder.
    """
    open_unit("prune_rate", prune_rate)
    there = {"ticket": [(name, length) for name in DATA for length in ("short", "long")]}
    there["mnist"] = [("mnist", "literature")]
    check_setting(study, data, budget, there)
    chosen = full_mnist(study) if study == "mnist" else mnist5k() if data == "mnist5k" else mnist1d()
    with own_threads():
        make = _mnist_rows if study == "mnist" else _ticket_rows
        return list(make(Setup(chosen, budget, seed, device, stop), prune_rate))


def check_setting(study: str, data: str, budget: str, there: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Refuse a study that there is not, or data and budget that it has not; ``there`` maps studies to such pairs."""
    one_of("study", study, there)
    if (data, budget) not in there[study]:
        pairs = ", ".join(f"{name} {length}" for name, length in there[study])
        raise ValueError(f"data and budget of study {study} must be one of {pairs}, got {data!r} {budget!r}")


def mnist_folder() -> Path:
    """Where full MNIST is looked for: ``$LTH_TEACH_MNIST`` if set, else the folder ``mnist`` in the cache."""
    wanted = os.environ.get("LTH_TEACH_MNIST")
    return Path(wanted).expanduser() if wanted else cache_dir() / "mnist"


def full_mnist(study: str) -> Dataset:
    """The data set that a study needs, from :func:`mnist_folder`.

    Raises:
        FileNotFoundError: it is not there; the message says how to name the folder.
    """
    try:
        return mnist(mnist_folder())
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"study {study} needs the four files of MNIST ({error}); set LTH_TEACH_MNIST to their folder"
        ) from error


def _search(
    setup: Setup, prune_rate: float, levels: int, scope: str = "global"
) -> Iterator[tuple[Row, Ticket, nn.Module]]:
    """The dense network and each ticket: the row of its training, the ticket, and the trained model."""
    finder = LotteryTicketFinder(setup.network(setup.seed), prune_rate, 1 - DENSITIES[-1], scope=scope)
    results: list[TrainingResult] = []

    def train(model: nn.Module) -> float:
        results.append(setup.train(model))
        return results[-1]

    for level in finder.levels(train, levels):
        row = setup.trained("ticket" if level.index else "dense", level.index, level.density, finder.model, results[-1])
        yield row, Ticket(finder.masks, finder.initial_state), finder.model


def _ticket_rows(setup: Setup, prune_rate: float) -> Iterator[Row]:
    compared = imp.levels_at(prune_rate, DENSITIES)
    solution: State = {}
    for row, ticket, model in _search(setup, prune_rate, compared[-1]):
        solution = solution or state_of(model)
        yield row
        if row["level"] in compared:
            yield from _cut(setup, solution, ticket, row)
        if row["level"] == compared[0]:
            yield from _redrawn(setup, ticket, row)


def _cut(setup: Setup, solution: State, ticket: Ticket, row: Row) -> Iterator[Row]:
    """m ⊙ θ_T as it stands, not trained again: θ_T of the dense network, m its largest weights or the ticket's mask."""
    model = setup.network(setup.seed)
    places = {"start": largest(model, ticket)}
    load_state(model, solution)
    places["end"] = largest(model, ticket)
    load_state(model, masks_module.masked(solution, places["end"]))
    yield {**setup.about("dense, cut", row["level"], ticket.density, model), **_shares(places, ticket)}
    load_state(model, masks_module.masked(solution, ticket.masks))
    yield setup.about("dense, ticket's mask", row["level"], ticket.density, model)


def _redrawn(setup: Setup, ticket: Ticket, row: Row) -> Iterator[Row]:
    """Two dense networks, trained dense: the ticket kept and the rest drawn anew, and the other way round.

    A new draw is a new order of the values that were there. What survives began larger than the rest, and fresh values
    would change how large the whole network begins, which matters by itself.
    """
    start, rest = ticket.initial_weights, {name: ~mask for name, mask in ticket.masks.items()}
    for arm, moved in (("rest redrawn", rest), ("ticket redrawn", ticket.masks)):
        weights = {name: imp.shuffled(start[name], moved, name, setup.seed) for name in moved}
        model = setup.network(setup.seed)
        load_state(model, {**start, **weights})
        places = {"start": largest(model, ticket)}
        result = setup.train(model)
        places["end"] = largest(model, ticket)
        yield {**setup.trained(arm, row["level"], ticket.density, model, result), **_shares(places, ticket)}


def largest(model: nn.Module, ticket: Ticket) -> Masks:
    """A mask of as many weights as the ticket's, those that are now the largest over all layers."""
    return masks_module.keep_top(scores.magnitude(model), ticket.density)


def _shares(places: dict[str, Masks], ticket: Ticket) -> Row:
    """How much of the ticket is among the largest weights, at the start and at the end; chance is its density."""
    found = {
        moment: sum(int((mask & ticket.masks[name]).sum()) for name, mask in places[moment].items())
        for moment in places
    }
    return {f"ticket_among_largest_{moment}": many / masks_module.count(ticket.masks) for moment, many in found.items()}


def _mnist_rows(setup: Setup, prune_rate: float) -> Iterator[Row]:
    for row, ticket, model in _search(setup, prune_rate, LEVELS, scope="layer_half_output"):
        yield row
        if row["level"] in REINITIALISED:
            control = reinitialised(ticket, setup.network(setup.seed + FRESH))
            control.load_into(model := setup.network(setup.seed))
            yield setup.trained("re-initialised", row["level"], ticket.density, model, setup.train(model))


def steps(first: str, second: str) -> Callable[[pd.DataFrame], tuple[pd.Series, pd.Series]]:
    """The contrast of the steps to the fixed loss; one that was never reached counts as T, the least it can be."""

    def contrast(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        counted = rows.assign(steps_to_loss=rows["steps_to_loss"].fillna(rows["steps"]))
        return arms(first, second, "steps_to_loss")(counted)

    return contrast


NAMES = {"mnist1d": "MNIST-1D", "mnist5k": "digits"}
QUARTER, TENTH = (
    {
        f"{NAMES[data]}, {budget}, {kept:.0%} kept".replace("%", " %"): {
            "study": "ticket", "data": data, "budget": budget, "density": kept
        }
        for data in DATA
        for budget in ("short", "long")
    }
    for kept in DENSITIES
)  # fmt: skip
CLAIMS = (
    Claim(
        "01-matches",
        "1",
        "“can match the test accuracy … after training for at most the same number of iterations”",
        "the ticket against the dense network, both trained for T steps",
        arms("ticket", "dense"),
        KEEPS_UP,
        QUARTER | TENTH,
    ),
    Claim(
        "01-pruned-solution",
        "1",
        "“Acc(f_{m ⊙ θ_T}) ≥ Acc(f_{θ_T}) − ε”, to the letter: the same θ_T on both sides, cut on one",
        "the trained dense network, cut to its largest weights and not trained again, against itself",
        arms("dense, cut", "dense"),
        KEEPS_UP,
        QUARTER,
    ),
    Claim(
        "01-faster",
        "",
        "Does a ticket also learn faster than the network it comes from?",
        "steps to a fixed validation loss, the ticket's against the dense network's",
        steps("ticket", "dense"),
        FASTER,
        QUARTER,
    ),
    Claim(
        "01-rest-redrawn",
        "",
        "Does a dense network owe its accuracy to the ticket inside it?",
        "the ticket kept and all else redrawn, against the ticket redrawn and all else kept, both trained dense",
        arms("rest redrawn", "ticket redrawn"),
        BETTER,
        QUARTER,
    ),
)
