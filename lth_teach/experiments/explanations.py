"""Chapter 03b: three explanations of why a ticket learns, each with the controls that could prove it wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from .. import masks as masks_module
from ..data import Dataset, mnist1d, mnist5k, with_changes
from ..finder import LotteryTicketFinder
from ..ground.arguments import one_of, open_unit
from ..ground.devices import own_threads
from ..ground.states import State
from ..masks import Masks
from ..randomness import generator
from ..tickets import Ticket, random_mask, reinitialised, train_ticket
from ..training import Trainer, evaluate
from .claims import BETTER, FURTHER, WORSE, Claim, arms
from .imp import DATA, DENSITIES, FRESH, LAST, Row, Setup, levels_at

if TYPE_CHECKING:
    import pandas as pd

    from .claims import Accuracies

NOISE = {"short": (0.5, 1, 2, 4), "long": (0.5,)}  # in units of σ, the spread of a layer's initial weights
FEW = 1_000  # training rows of MNIST-1D in the study "few rows", of 9,800
FEW_TRAINING = {"short": (450, 5e-3), "long": (1_800, 5e-3)}  # 28 and 112 epochs; imp's 7,000 steps would be 437

SEEDS = {"short": 30, "long": 12}
SETTINGS: tuple[Row, ...] = (
    *({"study": "arms", "data": "mnist1d", "budget": budget, "prune_rate": 0.36} for budget in SEEDS),
    {"study": "arms", "data": "mnist5k", "budget": "short", "prune_rate": 0.36},
    *({"study": "few rows", "data": "mnist1d", "budget": budget, "prune_rate": 0.36} for budget in SEEDS),
)


class FewRows(Setup):
    """One seed's setup with a tenth of the training rows, and trainings of a length that suits so few."""

    def train(self, model: nn.Module, trainings: int = 1) -> float:
        """Train in place, as :meth:`Setup.train` does; returns test accuracy."""
        steps, rate = FEW_TRAINING[self.budget]
        steps *= trainings
        settings: Row = {"lr": rate, "schedule": "cosine", "evaluations": 4, "order_seed": self.seed}
        trainer = Trainer(self.dataset, steps, 60, device=self.device, **settings)
        return float(trainer(model, max_iter=None if self.stop is None else min(self.stop, steps)))


def run(
    seed: int,
    *,
    study: str = "arms",
    data: str = "mnist1d",
    budget: str = "short",
    prune_rate: float = 0.36,
    device: str = "cpu",
    stop: int | None = None,
) -> list[Row]:
    """One seed of one study: a row for each trained network, always the same rows in the same order.

    A row has the test accuracy; ``train_accuracy`` and ``loss`` (nats) on the first 1,000 training rows; where it is
    defined, ``moved`` and ``moved_largest``, see :func:`moved`; and ``signs``, the share of the ticket's survivors
    that start on the same side of zero.

    Args:
        study: "arms" (a ticket, its start disturbed and redrawn, other masks, and how far weights move), or
            "few rows" (the ticket and two networks of its size, with 1,000 training rows).
        data: "mnist1d" (a network of 40-300-100-10) or "mnist5k" (LeNet-300-100).
        budget: "short" or "long", the steps of one training.
        prune_rate: fraction of the survivors that a level removes, in (0, 1).
        stop: end each training after this many steps: a rehearsal, in which masks come from hardly trained weights.

    Raises:
        ValueError: a study, data set or budget that there is not (the message lists them), or a rate outside (0, 1).
    """
    studies = {"arms": _arms, "few rows": _few_rows}
    one_of("study", study, studies)
    one_of("data", data, DATA)
    one_of("budget", budget, SEEDS)
    open_unit("prune_rate", prune_rate)
    if (study, data) == ("few rows", "mnist5k"):
        raise ValueError("study few rows takes its rows from mnist1d; mnist5k has few as it is")
    chosen = mnist5k() if data == "mnist5k" else mnist1d()
    with own_threads():
        if study == "few rows":
            return list(_few_rows(FewRows(few(chosen), budget, seed, device, stop), prune_rate))
        return list(_arms(Setup(chosen, budget, seed, device, stop), prune_rate))


def few(dataset: Dataset, rows: int = FEW) -> Dataset:
    """The same data with the first so many training rows; validation and test stay."""
    return with_changes(dataset, x_train=dataset.x_train[:rows], y_train=dataset.y_train[:rows])


# ---- controls


def with_noise(ticket: Ticket, amount: float, seed: int) -> Ticket:
    """The ticket with Gaussian noise on its initial weights, ``amount`` times each layer's standard deviation."""
    weights = dict(ticket.initial_weights)
    for index, name in enumerate(ticket.masks):
        start = weights[name]
        noise = torch.randn(start.shape, generator=generator("noise", seed, index))
        weights[name] = start + amount * start.std() * noise
    return Ticket(ticket.masks, weights)


def largest_at_start(ticket: Ticket) -> Ticket:
    """The ticket's start under a mask that needs no training: in each layer, as many as the ticket's, the largest."""
    chosen: Masks = {}
    for name, mask in ticket.masks.items():
        sizes = {name: ticket.initial_weights[name].abs()}
        chosen |= {name: mask} if mask.all() else masks_module.keep_top(sizes, masks_module.density({name: mask}))
    return Ticket(chosen, ticket.initial_weights)


def moved(before: State, after: State, masks: Masks) -> float:
    """Mean distance |after − before| of the weights that masks keep, over that of weights at random.

    At random: as many of each layer, since some layers move further than others. Their mean is computed exactly, as
    that of all random masks: each layer's mean distance, weighted by the number of weights kept in it.
    """
    chosen = expected = 0.0
    for name, mask in masks.items():
        distance = (after[name] - before[name]).abs()
        chosen += distance[mask].sum().item()
        expected += distance.mean().item() * int(mask.sum())
    return chosen / expected


def signs_as_in(ticket: Ticket, start: State) -> float:
    """Share of the ticket's survivors that have the same sign in another start."""
    same = [(start[name].sign() == ticket.initial_weights[name].sign())[mask] for name, mask in ticket.masks.items()]
    return torch.cat(same).float().mean().item()


# ---- studies


def _arms(setup: Setup, prune_rate: float) -> Iterator[Row]:
    found, dense = _search(setup, prune_rate)
    rows, ticket = [row for row, _ in found], found[-1][1]
    largest = largest_at_start(ticket)
    measured = (ticket.masks, largest.masks)
    yield rows[0] | _movement(ticket.initial_weights, dense, measured)
    yield from rows[1:]
    yield _dense_again("dense, other order", setup, setup.seed, setup.seed + FRESH, measured)
    yield _dense_again("dense, another start", setup, setup.seed + FRESH, setup.seed, measured)
    controls = {
        **{f"noise {amount}σ": with_noise(ticket, amount, setup.seed) for amount in NOISE[setup.budget]},
        **_same_size(ticket, setup),
        "largest at the start": largest,
    }
    yield from _controls(setup, ticket, controls, rows[-1])


def _few_rows(setup: Setup, prune_rate: float) -> Iterator[Row]:
    found, _ = _search(setup, prune_rate)
    compared = levels_at(prune_rate)
    for row, ticket in found:
        yield row
        if row["level"] in (compared[-1], compared[1 % len(compared)]):  # 26.2 and 10.7 %
            yield from _controls(setup, ticket, _same_size(ticket, setup), row)


def _search(setup: Setup, prune_rate: float) -> tuple[list[tuple[Row, Ticket]], State]:
    """The dense network and each level's ticket, with the row of its training; and the dense network's end."""
    finder = LotteryTicketFinder(setup.network(setup.seed), prune_rate, 1 - LAST)
    found: list[tuple[Row, Ticket]] = []
    for level in finder.levels(setup.train, levels_at(prune_rate)[-1]):
        if not found:
            dense = _weights(finder.model)
        row = _row(
            setup, "ticket" if level.index else "dense", level.index, level.density, finder.model, level.accuracy
        )
        found.append((row, Ticket(finder.masks, finder.initial_state)))
    return found, dense


def _dense_again(arm: str, setup: Setup, start_seed: int, order_seed: int, measured: tuple[Masks, Masks]) -> Row:
    """A dense network that had no say in the masks, and how far it moves the weights that they keep."""
    model = setup.network(start_seed)
    before = _weights(model)
    accuracy = replace(setup, seed=order_seed).train(model)
    return _row(setup, arm, 0, 1.0, model, accuracy) | _movement(before, _weights(model), measured)


def _weights(model: nn.Module) -> State:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def _movement(before: State, after: State, measured: tuple[Masks, Masks]) -> Row:
    return {"moved": moved(before, after, measured[0]), "moved_largest": moved(before, after, measured[1])}


def _same_size(ticket: Ticket, setup: Setup) -> dict[str, Ticket]:
    """As many weights in each layer as the ticket: its mask from another start, its start under another mask."""
    fresh = setup.network(setup.seed + FRESH)
    return {"re-initialised": reinitialised(ticket, fresh), "random": random_mask(ticket, setup.seed)}


def _controls(setup: Setup, ticket: Ticket, controls: dict[str, Ticket], row: Row) -> Iterator[Row]:
    for arm, control in controls.items():
        model = setup.network(setup.seed)
        accuracy = train_ticket(control, model, setup.train)
        same = signs_as_in(ticket, control.initial_weights)
        yield _row(setup, arm, row["level"], control.density, model, accuracy) | {"signs": same}


def _row(setup: Setup, arm: str, level: int, kept: float, model: nn.Module, accuracy: float) -> Row:
    """One trained network, with accuracy and loss (nats) on the first 1,000 training rows."""
    loss, fitted = evaluate(model, setup.dataset.x_train[:1_000], setup.dataset.y_train[:1_000])
    measured = {"accuracy": float(accuracy), "train_accuracy": fitted, "loss": loss}
    return {"arm": arm, "level": level, "density": kept, **measured}


# ---- claims


def movement_of(arm: str) -> Callable[[pd.DataFrame], Accuracies]:
    """The contrast of how far an arm moves the ticket's weights, and weights at random: a ratio, and ones."""

    def contrast(rows: pd.DataFrame) -> Accuracies:
        chosen = rows[rows["arm"] == arm].set_index("seed")["moved"]
        return chosen, 0 * chosen + 1

    return contrast


LENGTHS: dict[str, Row] = {
    "MNIST-1D, 450 steps": {"study": "arms", "data": "mnist1d", "budget": "short"},
    "MNIST-1D, 7,000 steps": {"study": "arms", "data": "mnist1d", "budget": "long"},
    "digits, 250 steps": {"study": "arms", "data": "mnist5k", "budget": "short"},
}
TENTH = {name: {**case, "density": LAST} for name, case in LENGTHS.items()}
OVERFITTED = {
    f"1,000 rows, {steps} steps, {percent} % kept": {
        "study": "few rows",
        "data": "mnist1d",
        "budget": budget,
        "density": density,
    }
    for steps, budget in (("450", "short"), ("1,800", "long"))
    for percent, density in ((26, DENSITIES[1]), (11, LAST))
}
IMPORTANT = "“Training reveals which weights become important; IMP keeps these.”"
CAPACITY = "“Sparse networks have lower capacity → better generalization”"
CLAIMS = (
    Claim(
        "03b-needs-training",
        "3.1",
        IMPORTANT,
        "a mask of the largest starting values, chosen without training, against the ticket, a tenth kept",
        arms("largest at the start", "ticket"),
        WORSE,
        TENTH,
    ),
    Claim(
        "03b-other-order",
        "3.1",
        IMPORTANT,
        "the weights that the ticket keeps, in a dense training with another order of the data",
        movement_of("dense, other order"),
        FURTHER,
        LENGTHS,
    ),
    Claim(
        "03b-another-start",
        "3.1",
        "“Pruning finds important connections”",
        "the places that the ticket keeps, in a dense training from another start",
        movement_of("dense, another start"),
        FURTHER,
        LENGTHS,
    ),
    Claim(
        "03b-lucky",
        "3.1",
        "“The specific random values in winning tickets are ‘lucky’”",
        "the ticket with noise of half a standard deviation on its start, against the ticket, a tenth kept",
        arms("noise 0.5σ", "ticket"),
        WORSE,
        TENTH,
    ),
    Claim(
        "03b-regularises",
        "3.1",
        CAPACITY,
        "the ticket against the dense network, which fits all of its 1,000 training rows",
        arms("ticket", "dense"),
        BETTER,
        OVERFITTED,
    ),
    Claim(
        "03b-capacity",
        "3.1",
        CAPACITY,
        "a random mask with as many weights against the dense network, 1,000 training rows",
        arms("random", "dense"),
        BETTER,
        OVERFITTED,
    ),
)
