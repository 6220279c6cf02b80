"""Chapter 10: training and test error of networks of one size, on labels of three kinds, and a certificate on MNIST."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .. import models
from ..data import Dataset, mnist1d, with_changes
from ..finder import LotteryTicketFinder
from ..ground.arguments import one_of, open_unit
from ..ground.devices import own_threads
from ..ground.states import load_state, state_of
from ..measures.bounds import Certificate, certificate, document_bound, log_choices
from ..measures.quantised import TOPS, code_price, quantised
from ..randomness import generator
from ..tickets import Ticket, random_mask, reinitialised, train_ticket
from ..training import Trainer, evaluate
from .claims import BETTER, KEEPS_UP, WORSE, Claim, Exact, arms
from .explanations import FewRows, few
from .hypothesis import check_setting, full_mnist
from .imp import FRESH, LAST, Row, Setup, levels_at

if TYPE_CHECKING:
    import pandas as pd

    from .claims import Accuracies

LABELS = {"true": 0.0, "noisy": 0.3, "random": 1.0}  # share of labels drawn anew, from all ten classes
STEPS, RATE, BATCH = 3_000, 2e-3, 100  # of one training on full MNIST, Adam, cosine to 0
LEVELS, FIRST = 15, 6  # on MNIST: 0.1 % kept at the last level; quantised from level 6 (7 %) on
BITS = (1, 2, 3, 4, 5)  # a value

SEEDS = {"short": 30, "long": 12, "literature": 3}
SETTINGS: tuple[Row, ...] = tuple(
    {"study": study, "data": data, "budget": budget, "prune_rate": 0.36, "labels": labels}
    for study, data, budget, labels in (
        ("arms", "mnist1d", "short", "true"),
        ("arms", "mnist1d", "long", "true"),
        *(("labels", "mnist1d", "long", labels) for labels in LABELS),
        ("certificate", "mnist", "literature", "true"),
    )
)


def run(
    seed: int,
    *,
    study: str = "arms",
    data: str = "mnist1d",
    budget: str = "short",
    prune_rate: float = 0.36,
    labels: str = "true",
    device: str = "cpu",
    stop: int | None = None,
) -> list[Row]:
    """One seed of one study: a row for each network, always the same rows in the same order.

    A row has accuracy on test and on all training examples (whose labels came about alike), and ``loss`` (nats) on the
    first 1,000 training rows; ``true_accuracy`` on the true test labels where labels were drawn anew. On MNIST
    ``train_accuracy`` is on all 60,000 images, with the number of ``errors``; a quantised network has ``bits``, and its
    weights' price in nats in a shorter code (``coded``).

    Args:
        study: "arms" (a ticket, two networks of its size, and the dense one with all the steps that the ticket cost),
            "labels" (the same on 1,000 training rows), or "certificate" (LeNet-300-100 on full MNIST, quantised).
        data: "mnist1d"; "mnist" for the certificate, see :func:`.hypothesis.mnist_folder`.
        budget: "short" or "long", the steps of one training; "literature" on MNIST.
        prune_rate: fraction of the survivors that a level removes, in (0, 1).
        labels: of the study "labels", one of ``LABELS``.
        stop: end each training after this many steps: a rehearsal, in which masks come from hardly trained weights.

    Raises:
        ValueError: a study that there is not, data, budget or labels that it has not, or a rate outside (0, 1).
        FileNotFoundError: study "certificate" and no MNIST where it is looked for.
    """
    there = {
        "arms": [("mnist1d", "short"), ("mnist1d", "long")],
        "labels": [("mnist1d", "short"), ("mnist1d", "long")],
        "certificate": [("mnist", "literature")],
    }
    open_unit("prune_rate", prune_rate)
    check_setting(study, data, budget, there)
    one_of(f"labels of study {study}", labels, LABELS if study == "labels" else ("true",))
    with own_threads():
        if study == "certificate":
            return list(_certificate(seed, prune_rate, device, stop))
        true = mnist1d()
        if study == "arms":
            return list(_arms(Setup(true, budget, seed, device, stop), true, prune_rate))
        drawn = relabelled(few(true), LABELS[labels], seed)
        return list(_arms(FewRows(drawn, budget, seed, device, stop), true, prune_rate))


def relabelled(dataset: Dataset, share: float, seed: int) -> Dataset:
    """The same data, a share of the labels of all three splits drawn anew, evenly from all classes.

    So a label drawn anew is the old one in one case of ten, and test labels come about as training labels do.
    """
    numbers = generator("labels", seed)

    def drawn(old: Tensor) -> Tensor:
        fresh = torch.randint(dataset.classes, old.shape, generator=numbers)
        return torch.where(torch.rand(old.shape, generator=numbers) < share, fresh, old)

    return with_changes(
        dataset, y_train=drawn(dataset.y_train), y_val=drawn(dataset.y_val), y_test=drawn(dataset.y_test)
    )


# ---- studies


def _arms(setup: Setup, true: Dataset, prune_rate: float) -> Iterator[Row]:
    last = levels_at(prune_rate)[-1]
    finder = LotteryTicketFinder(setup.network(setup.seed), prune_rate, 1 - LAST)
    for level in finder.levels(setup.train, last):
        arm = "ticket" if level.index else "dense"
        yield _row(setup, true, arm, level.index, level.density, finder.model, level.index + 1)
    ticket = Ticket(finder.masks, finder.initial_state)
    for arm, control in _same_size(ticket, setup).items():
        model = setup.network(setup.seed)
        train_ticket(control, model, setup.train)
        yield _row(setup, true, arm, last, control.density, model, 1 if arm == "random" else last + 1)
    model = setup.network(setup.seed)
    setup.train(model, last + 1)
    yield _row(setup, true, "dense, all steps", last, 1.0, model, last + 1)


def _same_size(ticket: Ticket, setup: Setup) -> dict[str, Ticket]:
    """As many weights in each layer as the ticket: its mask from another start, its start under another mask."""
    fresh = setup.network(setup.seed + FRESH)
    return {"re-initialised": reinitialised(ticket, fresh), "random": random_mask(ticket, setup.seed)}


def _row(setup: Setup, true: Dataset, arm: str, level: int, kept: float, model: nn.Module, trainings: int) -> Row:
    data = setup.dataset
    return {
        "arm": arm,
        "level": level,
        "density": kept,
        "trainings": trainings,
        "accuracy": evaluate(model, data.x_test, data.y_test)[1],
        "train_accuracy": evaluate(model, data.x_train, data.y_train)[1],
        "true_accuracy": evaluate(model, true.x_test, true.y_test)[1],
        "loss": evaluate(model, data.x_train[:1_000], data.y_train[:1_000])[0],
    }


def _certificate(seed: int, prune_rate: float, device: str, stop: int | None) -> Iterator[Row]:
    """Trained on 55,000 images, measured on all 60,000: a certificate is for every network, whatever found it."""
    data = full_mnist("certificate")
    inputs, labels = torch.cat([data.x_train, data.x_val]), torch.cat([data.y_train, data.y_val])
    model, copy = (models.mlp(data.x_train.shape[1], 300, 100, 10, seed=seed) for _ in range(2))
    trainer = Trainer(data, STEPS, BATCH, lr=RATE, schedule="cosine", evaluations=2, order_seed=seed, device=device)

    def train(network: nn.Module) -> float:
        return trainer(network, max_iter=None if stop is None else min(stop, STEPS))

    def about(network: nn.Module) -> Row:
        right = evaluate(network, inputs, labels)[1]
        return {
            "accuracy": evaluate(network, data.x_test, data.y_test)[1],
            "train_accuracy": right,
            "errors": round((1 - right) * len(labels)),
            "loss": evaluate(network, data.x_train[:1_000], data.y_train[:1_000])[0],
        }

    finder = LotteryTicketFinder(model, prune_rate, 0.99, scope="layer_half_output")
    for level in finder.levels(train, LEVELS):
        row: Row = {"level": level.index, "density": level.density, "kept": level.kept}
        yield {"arm": "ticket" if level.index else "dense", **row, **about(finder.model)}
        if level.index >= FIRST:
            solution = state_of(finder.model)
            for bits in BITS:
                stored = quantised(solution, finder.masks, bits)
                load_state(copy, stored)
                coded = sum(code_price(stored[name][mask], bits) for name, mask in finder.masks.items())
                yield {
                    "arm": f"quantised, {bits} bit{'s' * (bits > 1)}",
                    **row,
                    "bits": bits,
                    "coded": coded,
                    **about(copy),
                }


def certified(row: Row, coded: bool = False) -> Certificate:
    """What a row of a quantised LeNet-300-100 promises, all that the data chose paid for: level, bits, six tops.

    ``coded``: with the weights in the shorter code of :func:`.quantised.code_price`.
    """
    weights, biases = 266_200, 410
    choices = (LEVELS + 1) * len(BITS) * len(TOPS) ** 6
    errors, kept, bits = (int(row[name]) for name in ("errors", "kept", "bits"))
    flat = certificate(errors, 60_000, weights, kept, bits, biases, choices=choices)
    return replace(flat, values=float(row["coded"])) if coded else flat


# ---- claims


def gaps(first: str, second: str) -> Callable[[pd.DataFrame], Accuracies]:
    """The contrast of two arms' gaps, each as test minus training accuracy, so that a smaller gap is a better one."""
    return lambda rows: arms(first, second, "fit")(rows.assign(fit=rows["accuracy"] - rows["train_accuracy"]))


def by_labels(first: str, second: str) -> Callable[[pd.DataFrame], Accuracies]:
    """The contrast of one arm's gaps on two kinds of labels, as in :func:`gaps`."""

    def contrast(rows: pd.DataFrame) -> Accuracies:
        fit = rows.assign(fit=rows["accuracy"] - rows["train_accuracy"]).set_index("seed")
        return tuple(fit[fit["labels"] == labels]["fit"] for labels in (first, second))  # type: ignore[return-value]

    return contrast


def _dense_networks_have_no_gap() -> bool:
    """One weight w = ±1 says w of the input 1, whose nine labels are fair coins; training takes the better sign.

    So n = k = 1 and m = 9. The test error is a half, whichever sign.
    """
    training_errors = [min(sum(labels), 9 - sum(labels)) / 9 for labels in itertools.product((0, 1), repeat=9)]
    return all(1 / 2 - error <= document_bound(1, 1, 9) for error in training_errors)


def _the_choice_is_paid_for() -> bool:
    """One weight of LeNet-300-100 is cut, whichever: n masks, so no bound may count fewer."""
    n = 266_200
    return log_choices(n, n - 1) <= (n - 1) * math.log(n / (n - 1))


def _counting_is_enough() -> bool:
    return certificate(0, 60_000, 266_200, 2_662, 5, 410).gap < 0.5


LENGTHS: dict[str, Row] = {
    "9,800 rows, 450 steps": {"study": "arms", "budget": "short", "density": LAST},
    "9,800 rows, 7,000 steps": {"study": "arms", "budget": "long", "density": LAST},
}
FEW_ROWS: Row = {"study": "labels", "budget": "long", "density": LAST}
ALL = LENGTHS | {"1,000 rows, 1,800 steps": {**FEW_ROWS, "labels": "true"}}
CLAIMS = (
    Exact(
        "10-dense",
        "6.3",
        "“L_test − L_train ≤ O(√(k log(n/k)/m))”",
        "at k = n it says that there is no gap. One weight and nine coins for labels: a gap in each of the 512 draws",
        _dense_networks_have_no_gap,
    ),
    Exact(
        "10-choice",
        "6.3",
        "k log(n/k) pays for “the combinatorial choice of sparse pattern” (our paraphrase of the proof).",
        "one weight of LeNet cut: 266,200 masks, whose logarithm is 12.5; k log(n/k) is 1.0, and stays below 1 for "
        "every n",
        _the_choice_is_paid_for,
    ),
    Exact(
        "10-room",
        "",
        "Can counting alone promise anything of LeNet on 60,000 images?",
        "1 % kept, 5 bits a value, biases counted: the test error is at most 0.46 above the training error (95 %)",
        _counting_is_enough,
    ),
    Claim(
        "10-smaller-gap",
        "6.3",
        "Fewer weights, smaller gap between training and test (our paraphrase of the bound).",
        "the ticket's gap against the dense network's, a tenth kept",
        gaps("ticket", "dense"),
        BETTER,
        LENGTHS,
    ),
    Claim(
        "10-capacity",
        "6.3",
        "“Winning tickets generalize better due to lower effective capacity.”",
        "a random mask with as many weights against the ticket, on test rows",
        arms("random", "ticket"),
        KEEPS_UP,
        ALL,
    ),
    Claim(
        "10-random-labels",
        "",
        "Is the gap on labels without meaning another one, at the same n, k and m?",
        "the gap on random labels against the gap on true ones, 1,000 rows",
        by_labels("random", "true"),
        WORSE,
        {
            "dense": {**FEW_ROWS, "arm": "dense"},
            "ticket": {**FEW_ROWS, "arm": "ticket"},
            "random mask": {**FEW_ROWS, "arm": "random"},
        },
    ),
    Claim(
        "10-all-steps",
        "",
        "Does the ticket keep up with a dense network that was given all the steps that finding it took?",
        "the ticket against the dense network trained six times as long",
        arms("ticket", "dense, all steps"),
        KEEPS_UP,
        ALL,
    ),
    Claim(
        "10-wrong-labels",
        "",
        "Three labels in ten drawn anew: does the ticket do better on true ones than the dense network?",
        "the ticket against the dense network, on the test rows' true labels, 1,000 rows",
        arms("ticket", "dense", "true_accuracy"),
        BETTER,
        {"11 % kept": {**FEW_ROWS, "labels": "noisy"}},
    ),
)
