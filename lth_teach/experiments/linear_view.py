"""Chapter 04: what a linear model of training says, of wide networks, of sparse ones, and of which mask trains well."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .. import masks as masks_module
from .. import models, scores
from ..data import Dataset, mnist1d
from ..finder import LotteryTicketFinder
from ..ground.arguments import one_of, open_unit
from ..ground.devices import own_threads
from ..masks import Masks
from ..measures import aligned_masks, kernel_measures
from ..measures.linearised import gradient_descent, predicted_movement
from ..measures.tangent_kernel import empirical_ntk
from ..randomness import generator
from ..tickets import Ticket, random_mask, reinitialised, train_ticket
from ..training import evaluate
from .claims import BETTER, KEEPS_UP, WORSE, Claim, Exact, arms
from .explanations import largest_at_start
from .imp import FRESH, LAST, Row, Setup, levels_at

if TYPE_CHECKING:
    import pandas as pd

    from .claims import Accuracies

WIDTHS = (16, 64, 256, 1024)
WIDTH, KEPT = 512, 0.5  # in the study "points"; with far fewer kept, steps of one size would be too long at θ₀
MOMENTS = (20, 200)  # steps after which a prediction is compared
RATE = 0.1  # of gradient descent, in units of 1 / (largest eigenvalue of the kernel of the network that is trained)
TRAINED, WATCHED = 100, 300  # rows that the wide networks are trained on, and test rows that they are watched on
FITTED, TESTED = 300, 500  # validation rows that a mask's kernel is measured on; test rows of kernel regression
SCORED = 1_000  # training rows that SNIP and GraSP see

SEEDS = {"short": 24, "long": 12}
SETTINGS: tuple[Row, ...] = (
    *({"study": study, "data": "mnist1d", "budget": "short", "prune_rate": 0.36} for study in ("widths", "points")),
    *({"study": "masks", "data": "mnist1d", "budget": budget, "prune_rate": 0.36} for budget in SEEDS),
    {"study": "draws", "data": "mnist1d", "budget": "short", "prune_rate": 0.36},
)


def run(
    seed: int,
    *,
    study: str = "masks",
    data: str = "mnist1d",
    budget: str = "short",
    prune_rate: float = 0.36,
    device: str = "cpu",
    stop: int | None = None,
) -> list[Row]:
    """One seed of one study: a row for each prediction or each trained mask, always the same rows in the same order.

    Args:
        study: "widths" (a network of each of ``WIDTHS`` and its linear model), "points" (half of a wide network's
            weights, trained in three ways, and several formulas for it), "masks" (masks as dense in each layer as the
            ticket's: what their kernels look like at the start, and how well they train), or "draws" (the main ones,
            MNIST-1D made anew from ``seed``).
        data: "mnist1d", the only one.
        budget: "short" or, in the study "masks", "long": how long a mask is trained. The ticket is found by short
            trainings in any case.
        prune_rate: fraction of the survivors that a level removes, in (0, 1).
        stop: end each training after this many steps, and the search for an aligned mask after as many rounds, and
            leave out what is measured on kernels: a rehearsal.

    Raises:
        ValueError: a study, data set or budget that there is not (the message lists them), or a rate outside (0, 1).
    """
    studies: dict[str, Callable[[Setup, float], Iterator[Row]]] = {
        "widths": _widths, "points": _points, "masks": _masks, "draws": _draws
    }  # fmt: skip
    one_of("study", study, studies)
    one_of("data", data, ("mnist1d",))
    one_of("budget", budget, SEEDS)
    open_unit("prune_rate", prune_rate)
    if budget == "long" and study != "masks":
        raise ValueError(f"only the study masks has a long budget, not {study}")
    chosen = mnist1d(draw=seed) if study == "draws" else mnist1d()
    with own_threads():
        return list(studies[study](Setup(chosen, budget, seed, device, stop), prune_rate))


# ---- a wide network and what its linear model says of it


class Task:
    """Odd classes against even ones: inputs of one length, targets +1 or −1, some rows to train on, others to watch."""

    def __init__(self, dataset: Dataset, seed: int) -> None:
        rows = torch.randperm(len(dataset.x_train), generator=generator("samples", seed))[:TRAINED]
        inputs = torch.cat([dataset.x_train[rows], dataset.x_test[:WATCHED]])
        self.x = F.normalize(inputs) * math.sqrt(inputs.shape[1])
        self.y = 2.0 * (dataset.y_train[rows, None] % 2) - 1

    def kernel(self, model: nn.Module, masks: Masks | None = None, *, frozen: bool = False) -> Tensor:
        """Of all samples with the training ones, in double precision."""
        return empirical_ntk(model, self.x, self.x[:TRAINED], masks, frozen=frozen).double()

    def trained(self, model: nn.Module, rate: float, steps: int, masks: Masks | None, frozen: bool) -> Tensor:
        """The real network's outputs on all samples at each step; pruned weights are zero or stay as they started."""
        if not frozen or masks is None:
            return gradient_descent(model, self.x[:TRAINED], self.y, rate, steps, masks, watch=self.x).double()
        weights = dict(model.named_parameters())
        handles = [weights[name].register_hook(lambda g, mask=mask: g * mask) for name, mask in masks.items()]
        try:
            return gradient_descent(model, self.x[:TRAINED], self.y, rate, steps, watch=self.x).double()
        finally:
            for handle in handles:
                handle.remove()

    def row(self, real: Tensor, step: int, start: Tensor, kernel: Tensor, rate: float) -> Row:
        """What the prediction f_t = start + movement was worth on the watched samples.

        Returns:
            "accuracy": on which share of them it gave the network's answer, +1 or −1; "error", as a share of the
            distance that the network's outputs moved (1 is what "nothing moves" would score, from the right start);
            "loss": the network's on its training samples.
        """
        movement = predicted_movement(kernel[:TRAINED], start[:TRAINED], self.y, rate, step, kernel)
        predicted, before, after = ((start + movement)[TRAINED:], real[0, TRAINED:], real[step, TRAINED:])
        return {
            "accuracy": float((predicted.sign() == after.sign()).double().mean()),
            "error": float((after - predicted).norm() / (after - before).norm()),
            "loss": float((real[step, :TRAINED] - self.y).square().mean()),
        }


def rate_for(kernel: Tensor) -> float:
    """``RATE`` over the largest eigenvalue; the kernel as of :meth:`Task.kernel`."""
    return RATE / float(torch.linalg.eigvalsh(kernel[:TRAINED])[-1])


def _widths(setup: Setup, _prune_rate: float) -> Iterator[Row]:
    task = Task(setup.dataset, setup.seed)
    for width in WIDTHS:
        model = models.mlp(task.x.shape[1], width, width, 1, seed=setup.seed)
        kernel = task.kernel(model)
        rate = rate_for(kernel)
        ends = [moment if setup.stop is None else setup.stop for moment in MOMENTS]
        real = task.trained(model, rate, ends[-1], None, frozen=False)
        for moment, step in zip(MOMENTS, ends, strict=True):
            measured = task.row(real, step, real[0], kernel, rate)
            yield {"arm": "linear", "level": 0, "width": width, "step": moment, **measured}


def _points(setup: Setup, _prune_rate: float) -> Iterator[Row]:
    """Three networks that keep one random half: pruned weights frozen, at zero, at zero and the others larger."""
    task = Task(setup.dataset, setup.seed)
    model = models.mlp(task.x.shape[1], WIDTH, WIDTH, 1, seed=setup.seed)
    dense, f0 = task.kernel(model), model(task.x).detach().double()
    start = Ticket(masks_module.dense(model), {name: w.detach().clone() for name, w in model.state_dict().items()})
    pruned = Ticket(masks_module.keep_top(scores.random(model, setup.seed), KEPT), start.initial_weights)
    frozen_kernel = task.kernel(model, pruned.masks, frozen=True)
    steps = MOMENTS[-1] if setup.stop is None else setup.stop
    for network in ("frozen", "zeroed", "rescaled"):
        frozen = network == "frozen"
        model.load_state_dict((rescaled(pruned) if network == "rescaled" else start).initial_weights)
        own = task.kernel(model, pruned.masks, frozen=frozen)
        real = task.trained(model, rate_for(own), steps, pruned.masks, frozen)
        formulas = {"at θ₀": (f0, frozen_kernel), "at its own point": (real[0], own)}
        if network == "zeroed":
            to_size = frozen_kernel * own[:TRAINED].trace() / frozen_kernel[:TRAINED].trace()
            formulas |= {"f₀ wrong": (f0, own), "K wrong": (real[0], frozen_kernel), "K to size": (real[0], to_size)}
        if network == "rescaled":
            formulas["K of the dense network"] = real[0], dense
        for formula, (begin, kernel) in formulas.items():
            measured = task.row(real, steps, begin, kernel, rate_for(own))
            yield {"arm": formula, "level": 0, "network": network, "step": MOMENTS[-1], "density": KEPT, **measured}


# ---- masks

MAIN = ("ticket", "random", "aligned", "against")
LONG_ARMS = MAIN[:3]  # a long training takes fifteen times as long as a short one


def _masks(setup: Setup, prune_rate: float) -> Iterator[Row]:
    return _kernels_and_accuracies(setup, prune_rate, LONG_ARMS if setup.budget == "long" else None)


def _draws(setup: Setup, prune_rate: float) -> Iterator[Row]:
    return _kernels_and_accuracies(setup, prune_rate, MAIN)


def _kernels_and_accuracies(setup: Setup, prune_rate: float, chosen: Sequence[str] | None) -> Iterator[Row]:
    """Masks as dense in each layer as the ticket's: their kernels before training, and their accuracy after it."""
    finder = LotteryTicketFinder(setup.network(setup.seed), prune_rate, 1 - LAST)
    *_, last = finder.levels(replace(setup, budget="short").train, levels_at(prune_rate)[-1])
    ticket = Ticket(finder.masks, finder.initial_state)
    found = candidates(setup, ticket)
    for arm in chosen or found:
        model, candidate = setup.network(setup.seed), found[arm]
        model.load_state_dict(candidate.initial_weights)
        measured = kernel_row(model, setup.dataset, candidate.masks) if setup.stop is None else {}
        accuracy = train_ticket(candidate, model, setup.train)
        loss, _ = evaluate(model, setup.dataset.x_train[:1_000], setup.dataset.y_train[:1_000])
        level = 0 if arm == "dense" else last.index
        yield {
            "arm": arm, "level": level, "density": candidate.density, **measured, "accuracy": accuracy, "loss": loss
        }  # fmt: skip


def candidates(setup: Setup, ticket: Ticket) -> dict[str, Ticket]:
    """The ticket and what it is compared with; "aligned" and "against" are built for high and for low alignment."""
    start, random = ticket.initial_weights, random_mask(ticket, setup.seed)
    model, x, y = setup.network(setup.seed), setup.dataset.x_train, setup.dataset.y_train
    rounds = aligned_masks.ROUNDS if setup.stop is None else setup.stop

    def built(sign: int) -> Ticket:
        return Ticket(aligned_masks.aligned_mask(model, random.masks, x, y, setup.seed, rounds, sign), start)

    def scored(score: scores.Scores) -> Ticket:
        return Ticket(as_dense(score, ticket.masks), start)

    batches = [(x[:SCORED], y[:SCORED])]
    return {
        "ticket": ticket,
        "random": random,
        "aligned": built(1),
        "against": built(-1),
        "SNIP": scored(scores.snip(model, batches, F.cross_entropy)),
        "GraSP": scored(scores.grasp(model, batches, F.cross_entropy)),
        "largest at the start": largest_at_start(ticket),
        "half the ticket": half_exchanged(ticket, setup.seed),
        "random, rescaled": rescaled(random),
        "re-initialised": reinitialised(ticket, setup.network(setup.seed + FRESH)),
        "dense": Ticket(masks_module.dense(model), start),
    }


def as_dense(score: scores.Scores, masks: Masks) -> Masks:
    """In each layer the weights of the highest score, as many as ``masks`` keep there."""
    shares = masks_module.layer_densities(masks)
    return {
        name: mask if mask.all() else masks_module.keep_top({name: score[name]}, shares[name])[name]
        for name, mask in masks.items()
    }


def half_exchanged(ticket: Ticket, seed: int) -> Ticket:
    """The ticket with half of each layer's survivors, drawn at random, given for as many of the pruned weights."""
    masks: Masks = {}
    for index, (name, mask) in enumerate(ticket.masks.items()):
        flat, numbers = mask.flatten().clone(), generator("half", seed, index)
        kept, pruned = flat.nonzero().flatten(), (~flat).nonzero().flatten()
        number = min(len(kept) // 2, len(pruned))
        flat[kept[torch.randperm(len(kept), generator=numbers)[:number]]] = False
        flat[pruned[torch.randperm(len(pruned), generator=numbers)[:number]]] = True
        masks[name] = flat.view_as(mask)
    return Ticket(masks, ticket.initial_weights)


def rescaled(ticket: Ticket) -> Ticket:
    """The same mask, each layer's weights divided by the root of its density, so that signals keep their size."""
    roots = {name: share**0.5 for name, share in masks_module.layer_densities(ticket.masks).items()}
    weights = {name: value / roots.get(name, 1.0) for name, value in ticket.initial_weights.items()}
    return Ticket(ticket.masks, weights)


def kernel_row(model: nn.Module, dataset: Dataset, masks: Masks) -> Row:
    """Measures of the kernel of a masked network on validation rows, which no search has seen.

    Returns:
        "alignment" with the classes; "frozen", the same at θ₀; "size", the mean eigenvalue; "regression", the accuracy
        on test rows of kernel regression on those rows.
    """
    x, y = dataset.x_val[:FITTED], dataset.y_val[:FITTED]
    kernel = kernel_measures.sample_kernel(model, x, masks=masks)
    frozen = kernel_measures.sample_kernel(model, x, masks=masks, frozen=True)
    cross = kernel_measures.sample_kernel(model, dataset.x_test[:TESTED], x, masks)
    return {
        "alignment": kernel_measures.alignment(kernel, F.one_hot(y)),
        "frozen": kernel_measures.alignment(frozen, F.one_hot(y)),
        "size": float(kernel.diagonal().mean()),
        "regression": kernel_measures.regression_accuracy(kernel, cross, y, dataset.y_test[:TESTED]),
    }


# ---- claims


def answers(arm: str) -> Callable[[pd.DataFrame], Accuracies]:
    """The contrast of a prediction with the network itself: the share of its answers that were predicted, and ones."""

    def contrast(rows: pd.DataFrame) -> Accuracies:
        predicted = rows[rows["arm"] == arm].set_index("seed")["accuracy"]
        return predicted, 0 * predicted + 1

    return contrast


def _formula_starts_at_the_network() -> bool:
    """f(a, b) = a b at (2, 3), with a pruned: does the document's right-hand side give the sparse network's output?"""
    a, b, mask = 2.0, 3.0, (0.0, 1.0)
    gradient = (mask[0] * b, mask[1] * a)
    formula = a * b + gradient[0] * (mask[0] * a - a) + gradient[1] * (mask[1] * b - b)
    network = (mask[0] * a) * (mask[1] * b)
    return formula == network


def _only_what_spans_can_fit() -> bool:
    """J = (1, 2)ᵀ, a rank of one for two samples, from f₀ = 0: can y = (3, 6) not be fitted?"""
    jacobian, y = torch.tensor([[1.0], [2.0]], dtype=torch.double), torch.tensor([3.0, 6.0], dtype=torch.double)
    kernel = jacobian @ jacobian.T
    reached = predicted_movement(kernel, torch.zeros_like(y), y, 0.1, 200)
    return not (int(torch.linalg.matrix_rank(kernel)) < len(y) and torch.allclose(reached, y))


BY_WIDTH = {
    f"width {width}, {step} steps": {"study": "widths", "width": width, "step": step}
    for width, step in ((16, 200), (1024, 200), (1024, 20))
}
SPARSE = {f"pruned weights {words}": {"study": "points", "network": network} for network, words in (
    ("zeroed", "zeroed"), ("rescaled", "zeroed, others rescaled")
)}  # fmt: skip
SHORT, LONG, ANEW = (
    {"study": study, "budget": budget} for study, budget in (("masks", "short"), ("masks", "long"), ("draws", "short"))
)
CLAIMS = (
    Claim(
        "04-linear",
        "3.3",
        "“At initialization, network behaves linearly”",
        "answers of the linear model on new samples, against those of the trained network",
        answers("linear"),
        KEEPS_UP,
        BY_WIDTH,
    ),
    Exact(
        "04-formula",
        "3.3",
        "“f_m(x; θ) ≈ f(x; θ₀) + (m ⊙ ∇f(x; θ₀))ᵀ(θ − θ₀)”",
        "f = a·b with a pruned, where the sparse network starts: the formula says a·b, the network 0",
        _formula_starts_at_the_network,
    ),
    Claim(
        "04-point",
        "3.3",
        "“f_m(x; θ) ≈ f(x; θ₀) + (m ⊙ ∇f(x; θ₀))ᵀ(θ − θ₀)”",
        "half kept, width 512, answers of the trained sparse network: the formula at θ₀ against the one at m ⊙ θ₀",
        arms("at θ₀", "at its own point"),
        KEEPS_UP,
        SPARSE,
    ),
    Exact(
        "04-span",
        "3.3",
        "“The masked gradient must still span the function space.”",
        "J = (1, 2)ᵀ has rank 1 for two samples, and fits y = (3, 6): only y − f₀ has to lie in the range of K",
        _only_what_spans_can_fit,
    ),
    Claim(
        "04-aligned",
        "",
        "Does a mask built for alignment train better than a random one?",
        "as many weights in each layer, a tenth kept: built for alignment against random",
        arms("aligned", "random"),
        BETTER,
        {"450 steps": SHORT, "7,000 steps": LONG, "MNIST-1D made anew, 450 steps": ANEW},
    ),
    Claim(
        "04-aligned-ticket",
        "",
        "Does it train as well as the ticket?",
        "built for alignment against the ticket, a tenth kept",
        arms("aligned", "ticket"),
        KEEPS_UP,
        {"450 steps": SHORT, "MNIST-1D made anew, 450 steps": ANEW},
    ),
    Claim(
        "04-against",
        "",
        "Does a mask built against alignment train worse than a random one?",
        "built for the least alignment against random, a tenth kept",
        arms("against", "random"),
        WORSE,
        {"450 steps": SHORT, "MNIST-1D made anew, 450 steps": ANEW},
    ),
)
