"""Chapters 03 and 05: one deep residual network. Is it stable, when does its ticket keep up, and what mends it?

The network has no other use than to be difficult: a ticket of it that starts at step 0 falls behind. Every row says
where a training started (``k``, a fraction of the steps) and, where two trainings are compared, how high the error
barrier between them is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from torch import nn

from .. import models
from ..data import Dataset, mnist1d
from ..finder import LotteryTicketFinder
from ..ground.arguments import one_of, open_unit
from ..ground.devices import own_threads
from ..ground.states import State, copy_state
from ..masks import density
from ..measures.connectivity import error_barrier
from ..tickets import Ticket, random_mask, reinitialised, train_ticket
from ..training import Trainer, evaluate
from .claims import KEEPS_UP, STABLE, WORSE, Claim

if TYPE_CHECKING:
    import pandas as pd

    from .claims import Accuracies

Row = dict[str, Any]
STEPS = {"short": 800, "long": 2_000}  # of one training
RECIPES = {"plain": (0.1, 0.0), "warm-up": (0.1, 0.1), "low rate": (0.02, 0.0)}  # peak rate; part of the steps it rises
SPLITS = (0.0, 0.0025, 0.01, 0.05, 0.2)  # parts of the training after which two dense copies go separate ways
STARTS = {"plain": (0.0, 0.01, 0.05), "warm-up": (0.0, 0.01), "low rate": (0.0,)}  # what tickets are rewound to
LATE = 0.01
PRUNE_RATE = 0.55
LEVELS = 4
DENSITIES = tuple((1 - PRUNE_RATE) ** level for level in range(1, LEVELS + 1))  # 45, 20.3, 9.1, 4.1 %
COPIED = (2, 3, 4)  # levels at which a second copy is trained
COMPARED = (3, 4)  # levels at which controls are
POINTS = 11  # on the line between two networks
FRESH = 1_000_000  # added to a seed for a second, unrelated draw

SEEDS = {"short": 12, "long": 12}
SETTINGS: tuple[Row, ...] = tuple(
    {"study": study, "data": "mnist1d", "recipe": recipe, "budget": budget, "prune_rate": PRUNE_RATE}
    for study, recipe in (("copies", "plain"), ("tickets", "plain"), ("tickets", "warm-up"), ("tickets", "low rate"))
    for budget in SEEDS
    if (recipe, budget) != ("low rate", "long")  # a side issue, and long trainings are dear
)


@dataclass(frozen=True)
class Setup:
    """One seed's network and training; ``stop`` ends every training after so many steps (a rehearsal)."""

    dataset: Dataset
    budget: str
    seed: int
    recipe: str = "plain"
    prune_rate: float = PRUNE_RATE
    device: str = "cpu"
    stop: int | None = None

    def network(self, seed: int | None = None) -> models.ResidualMLP:
        """Four residual blocks of width 128: ten layers, at the seed's own start unless another seed is given."""
        return models.ResidualMLP(width=128, blocks=4, seed=self.seed if seed is None else seed)

    def trainer(self, order: int = 0) -> Trainer:
        """SGD with momentum, as residual networks are trained; ``order`` 0, 1, 2 are unrelated orders of the data."""
        steps, (rate, rising) = STEPS[self.budget], RECIPES[self.recipe]
        settings: Row = {"optimizer": "sgd", "lr": rate, "schedule": "cosine", "warmup": round(rising * steps)}
        order_seed = self.seed + order * FRESH
        return Trainer(self.dataset, steps, 100, evaluations=1, order_seed=order_seed, device=self.device, **settings)

    def train(self, model: nn.Module, order: int = 0, start: float = 0.0, until: float = 1.0) -> float:
        """Train in place from one part of the training to another, with a fresh optimizer; returns test accuracy."""
        steps = STEPS[self.budget]
        first, last = round(start * steps), round(until * steps)
        if self.stop is not None:
            last = min(last, first + self.stop)
        return float(self.trainer(order)(model, start_iter=first, max_iter=last))

    def at(self, k: float, seed: int | None = None) -> State:
        """θ_k of the dense network, from this seed's start or another's."""
        model = self.network(seed)
        self.train(model, until=k)
        return copy_state(model.state_dict())

    @cached_property
    def dense(self) -> tuple[State, float]:
        """The dense network, trained in one go, and its test accuracy."""
        model = self.network()
        accuracy = self.train(model)
        return copy_state(model.state_dict()), accuracy

    def path(self, first: State, second: State) -> tuple[float, str]:
        """Error barrier between two networks, and the errors on the way in percent, as text."""
        points = POINTS if self.stop is None else 3  # a rehearsal is about the loss alone
        found = error_barrier(self.network(), first, second, self.dataset, points)
        return found.barrier, " ".join(f"{100 * error:.1f}" for error in found.errors)

    def row(self, arm: str, level: int, k: float, kept: float, state: State, accuracy: float, **more: Any) -> Row:
        """A trained network: accuracy on test and on 2,000 training rows, and its loss there (nats)."""
        model = self.network()
        model.load_state_dict(state)
        loss, seen = evaluate(model, self.dataset.x_train[:2_000], self.dataset.y_train[:2_000])
        found = {"arm": arm, "level": level, "k": k, "density": kept, "accuracy": accuracy, "train_accuracy": seen}
        return {**found, "loss": loss, **more}


def run(
    seed: int,
    *,
    study: str = "tickets",
    data: str = "mnist1d",
    recipe: str = "plain",
    budget: str = "short",
    prune_rate: float = PRUNE_RATE,
    device: str = "cpu",
    stop: int | None = None,
) -> list[Row]:
    """One seed of one study: a row for each trained network, always the same rows in the same order.

    Args:
        study: "copies" (two dense copies that part after k), or "tickets" (iterative magnitude pruning from several
            k, each ticket with a second copy; with recipe "plain" also their controls).
        data: "mnist1d", the only one.
        recipe: "plain" (peak rate 0.1), "warm-up" (the rate rises over the first tenth) or "low rate" (0.02).
        budget: "short" or "long", the steps of one training, see ``STEPS``.
        prune_rate: fraction of the survivors that each of the four levels removes, in (0, 1).
        stop: end each training after this many steps: a rehearsal.

    Raises:
        ValueError: a study, data set, recipe or budget that there is not (the message lists them), or a wrong rate.
    """
    studies = {"copies": _copies, "tickets": _tickets}
    one_of("study", study, studies)
    one_of("data", data, ("mnist1d",))
    one_of("recipe", recipe, RECIPES)
    one_of("budget", budget, SEEDS)
    open_unit("prune_rate", prune_rate)
    with own_threads():
        return list(studies[study](Setup(mnist1d(), budget, seed, recipe, prune_rate, device, stop)))


def _copies(setup: Setup) -> Iterator[Row]:
    """The dense network; two copies from each split, in orders of their own; a network from another start."""
    dense, accuracy = setup.dense
    yield setup.row("dense", 0, 0.0, 1.0, dense, accuracy)
    for k in SPLITS:
        start = setup.at(k)
        (first, one), (second, _) = (_trained(setup, start, order, k) for order in (1, 2))
        barrier, path = setup.path(first, second)
        yield setup.row("copies", 0, k, 1.0, first, one, barrier=barrier, path=path)
    other, found = _trained(setup, setup.at(0.0, setup.seed + FRESH), 1)
    barrier, path = setup.path(dense, other)
    yield setup.row("another start", 0, 0.0, 1.0, other, found, barrier=barrier, path=path)


def _tickets(setup: Setup) -> Iterator[Row]:
    dense, accuracy = setup.dense
    yield setup.row("dense", 0, 0.0, 1.0, dense, accuracy)
    found: dict[tuple[float, int], Ticket] = {}
    for k in STARTS[setup.recipe]:
        for row, ticket in chain(setup, k):
            yield row
            found[k, row["level"]] = ticket
    if setup.recipe == "plain":
        yield from _controls(setup, found)
        yield from learning_rate_rewinding(setup)


def chain(setup: Setup, k: float) -> Iterator[tuple[Row, Ticket]]:
    """Iterative magnitude pruning that rewinds to θ_k; the first cut is that of the dense network, whatever k is.

    At the levels ``COPIED`` the ticket is trained a second time in another order of the data. Barriers: between the
    two; from the second one to the dense network, and to the ticket of the level before, with which it shares no order.
    """
    finder = LotteryTicketFinder(setup.network(), setup.prune_rate, setup.prune_rate)
    start = setup.at(k)
    finder.model.load_state_dict(setup.dense[0])
    before = setup.dense[0]
    for level in range(1, LEVELS + 1):
        finder.prune_iteration()
        ticket = Ticket(finder.masks, start)
        state, accuracy = _trained_ticket(setup, ticket, finder.model, k)
        more: Row = {}
        if level in COPIED:
            copy, again = _trained_ticket(setup, ticket, setup.network(), k, order=1)
            barrier, path = setup.path(state, copy)
            more = {"barrier": barrier, "path": path, "copy_accuracy": again}
            more |= {"to_dense": setup.path(copy, setup.dense[0])[0], "to_previous": setup.path(copy, before)[0]}
        yield setup.row("ticket", level, k, ticket.density, state, accuracy, **more), ticket
        before = state


def _controls(setup: Setup, found: dict[tuple[float, int], Ticket]) -> Iterator[Row]:
    """Random masks on θ_0 and θ_k; the late ticket's mask on another start; masks and starting points crossed.

    The late random mask gets a second copy: a network may be stable and yet no match.
    """
    other = setup.network()
    other.load_state_dict(setup.at(LATE, setup.seed + FRESH))
    for level in COMPARED:
        early, late = found[0.0, level], found[LATE, level]
        arms: list[tuple[str, float, Ticket]] = [
            ("random", k, random_mask(found[k, level], setup.seed)) for k in (0.0, LATE)
        ]
        arms += [
            ("re-initialised", LATE, reinitialised(late, other)),
            ("early mask, late start", LATE, Ticket(early.masks, late.initial_weights)),
            ("late mask, early start", 0.0, Ticket(late.masks, early.initial_weights)),
        ]
        for arm, k, control in arms:
            state, accuracy = _trained_ticket(setup, control, setup.network(), k)
            more: Row = {}
            if (arm, k) == ("random", LATE):
                copy, again = _trained_ticket(setup, control, setup.network(), k, order=1)
                barrier, path = setup.path(state, copy)
                more = {"barrier": barrier, "path": path, "copy_accuracy": again}
            yield setup.row(arm, level, k, control.density, state, accuracy, **more)


def learning_rate_rewinding(setup: Setup) -> Iterator[Row]:
    """Prune, keep the weights where they are, and train through the whole schedule (Renda et al. 2020, 2003.02389)."""
    finder = LotteryTicketFinder(setup.network(), setup.prune_rate, setup.prune_rate)
    finder.model.load_state_dict(setup.dense[0])
    for level in range(1, LEVELS + 1):
        finder.prune_iteration()
        accuracy = setup.train(finder.model)
        state = copy_state(finder.model.state_dict())
        yield setup.row("learning-rate rewinding", level, 0.0, density(finder.masks), state, accuracy)


def _trained(setup: Setup, start: State, order: int, k: float = 0.0) -> tuple[State, float]:
    model = setup.network()
    model.load_state_dict(start)
    accuracy = setup.train(model, order, k)
    return copy_state(model.state_dict()), accuracy


def _trained_ticket(setup: Setup, ticket: Ticket, model: nn.Module, k: float, order: int = 0) -> tuple[State, float]:
    accuracy = train_ticket(ticket, model, lambda masked: setup.train(masked, order, k))
    return copy_state(model.state_dict()), accuracy


def _pick(rows: pd.DataFrame, arm: str, k: float, column: str = "accuracy") -> pd.Series:
    return rows[(rows["arm"] == arm) & (rows["k"] == k)].set_index("seed")[column]


def starts(first: tuple[str, float], second: tuple[str, float]) -> Callable[[pd.DataFrame], Accuracies]:
    """The contrast of two arms, each with the k that it started from."""
    return lambda rows: (_pick(rows, *first), _pick(rows, *second))


def barrier(arm: str, k: float, column: str = "barrier") -> Callable[[pd.DataFrame], Accuracies]:
    """An error barrier, against none at all."""

    def contrast(rows: pd.DataFrame) -> Accuracies:
        found = _pick(rows, arm, k, column)
        return found, 0 * found

    return contrast


def _cases(densities: Mapping[str, float], recipe: str = "plain") -> dict[str, Row]:
    setting: Row = {"study": "tickets", "data": "mnist1d", "recipe": recipe}
    return {
        f"{budget}, {name} kept": {**setting, "budget": budget, "density": kept}
        for budget in SEEDS
        for name, kept in densities.items()
    }


MANY_AND_FEW = _cases({"20 %": DENSITIES[1], "4 %": DENSITIES[3]})
FEW = _cases({"9 %": DENSITIES[2], "4 %": DENSITIES[3]})
DENSE_COPIES: dict[str, Row] = {
    budget: {"study": "copies", "data": "mnist1d", "recipe": "plain", "budget": budget} for budget in SEEDS
}
STABILITY_CLAIMS = (
    Claim(
        "03-to-dense",
        "3.2",
        "“Winning tickets found with late resetting are linearly connected to their dense counterparts.”",
        "error barrier between the ticket rewound to 1 % of training and the dense network, each with its own order",
        barrier("ticket", LATE, "to_dense"),
        STABLE,
        MANY_AND_FEW,
    ),
    Claim(
        "03-first-steps",
        "4.3",
        "“First few iterations stabilize training dynamics”",
        "error barrier between two copies of the dense network that part after 1 % of training",
        barrier("copies", LATE),
        STABLE,
        DENSE_COPIES,
    ),
    Claim(
        "03-early-ticket",
        "",
        "Is a ticket that starts at step 0 stable?",
        "error barrier between two copies of the ticket from step 0",
        barrier("ticket", 0.0),
        STABLE,
        MANY_AND_FEW,
    ),
    Claim(
        "03-unstable-keeps-up",
        "",
        "Does that same ticket keep up with the dense network? (Frankle et al. 2020: only where it is stable)",
        "the ticket from step 0 against the dense network",
        starts(("ticket", 0.0), ("dense", 0.0)),
        KEEPS_UP,
        MANY_AND_FEW,
    ),
)
LATE_RESET_CLAIMS = (
    Claim(
        "05-step-0",
        "4.1",
        "“IMP with reset to θ₀ fails for very deep networks”",
        "the ticket from step 0 against the dense network",
        starts(("ticket", 0.0), ("dense", 0.0)),
        WORSE,
        FEW,
    ),
    Claim(
        "05-late-keeps-up",
        "4.2",
        "Reset to θ_k instead, with k up to 1 % of training, and the loop finds a winning ticket (our paraphrase).",
        "the ticket rewound to 1 % against the dense network",
        starts(("ticket", LATE), ("dense", 0.0)),
        KEEPS_UP,
        FEW,
    ),
    Claim(
        "05-typical-k",
        "4.2",
        "“Typical: k ≈ 0.1% − 1%”",
        "the ticket rewound to 1 % against the one rewound to 5 %, beyond the range",
        starts(("ticket", LATE), ("ticket", 0.05)),
        KEEPS_UP,
        FEW,
    ),
    Claim(
        "05-random-late",
        "",
        "Would any mask do, once it starts at step k?",
        "a random mask, as dense in each layer, on θ_k at 1 %, against the ticket there",
        starts(("random", LATE), ("ticket", LATE)),
        KEEPS_UP,
        FEW,
    ),
    Claim(
        "05-mask-or-start",
        "",
        "Is it the later start alone, whatever start the mask was found from?",
        "the mask found from step 0, on θ_k at 1 %, against the ticket there",
        starts(("early mask, late start", LATE), ("ticket", LATE)),
        KEEPS_UP,
        FEW,
    ),
    Claim(
        "05-warm-up",
        "",
        "Does a warm-up save the ticket that starts at step 0?",
        "with warm-up, the ticket from step 0 against the dense network",
        starts(("ticket", 0.0), ("dense", 0.0)),
        KEEPS_UP,
        _cases({"9 %": DENSITIES[2], "4 %": DENSITIES[3]}, "warm-up"),
    ),
)
CLAIMS = STABILITY_CLAIMS + LATE_RESET_CLAIMS
