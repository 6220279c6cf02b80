"""Chapter 09: how much of the gradient a mask keeps, along plain gradient descent, and how far the descent comes.

Nothing here is stochastic but the start: all training rows in every step, no momentum, one rate. Biases stay at zero,
so that the weights are all there is and a share of the gradient is a share of what moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from statistics import fmean
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .. import masks as masks_module
from .. import models, scores
from ..data import Dataset, mnist1d
from ..ground.arguments import one_of, open_unit
from ..ground.devices import own_threads
from ..masks import Masks, prunable_parameters
from ..measures import masked_descent
from ..pruning_at_init import SynFlowPruner
from ..randomness import generator
from ..training import evaluate
from .claims import FASTER, KEEPS_UP, Claim, Exact, arms
from .explanations import few
from .imp import Row, levels_at

if TYPE_CHECKING:
    import pandas as pd

    from .claims import Accuracies

ROWS = 1_000  # training rows of MNIST-1D in every step, of 9,800
RATE = 0.1
STEPS = {"short": 500, "long": 2_000}
DENSITY = 0.64**3  # 26.2 %: where all masks are compared
MARKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)  # steps whose numbers a row keeps
ZERO, IN_PLACE = "zero", "in place"  # where pruned weights stay: a ticket's; at θ₀, as the document's formula has it
LOSS = {"short": 1.7, "long": 0.8}  # nats on the training rows; steps are counted until it is reached

SEEDS = {"short": 30, "long": 12}
SETTINGS: tuple[Row, ...] = tuple({"data": "mnist1d", "budget": budget, "prune_rate": 0.36} for budget in SEEDS)


@dataclass(frozen=True)
class Descent:
    """One run: a number for each step from 0 to the last, each taken before that step is made.

    Attributes:
        losses: on all training rows, nats.
        shares: cos², the part of the squared gradient that lies on the weights that may move, in [0, 1].
        squares: ‖∇L‖², of the whole gradient, pruned weights included.
        model: the network at the end.
    """

    losses: list[float]
    shares: list[float]
    squares: list[float]
    model: nn.Module

    @property
    def descended(self) -> float:
        """Part of the steps that lowered the loss by at least η/2 · ‖m ⊙ ∇L‖², as any step does if η ≤ 1/β."""
        promised = [RATE / 2 * share * square for share, square in zip(self.shares, self.squares, strict=True)]
        steps = zip(self.losses, self.losses[1:], promised, strict=False)
        return sum(before - after >= least for before, after, least in steps) / (len(self.losses) - 1)

    @property
    def steepness(self) -> float:
        """The least ½ ‖∇L‖² / L along the run: the largest μ for which it is PL there, if the infimum of L is 0."""
        return min(square / 2 / loss for square, loss in zip(self.squares, self.losses, strict=True))

    def steps_to(self, wanted: float) -> int | None:
        """The first step at which the loss is at most ``wanted`` nats; None if there is none."""
        return next((step for step, loss in enumerate(self.losses) if loss <= wanted), None)


@dataclass(frozen=True)
class Setup:
    """One seed's data, start and descent; ``stop`` ends every descent after so many steps (a rehearsal)."""

    dataset: Dataset
    budget: str
    seed: int
    device: str = "cpu"
    stop: int | None = None

    @property
    def steps(self) -> int:
        """How many steps one descent makes."""
        return STEPS[self.budget] if self.stop is None else min(self.stop, STEPS[self.budget])

    @property
    def rows(self) -> tuple[Tensor, Tensor]:
        """All training rows: inputs and labels."""
        return self.dataset.x_train.to(self.device), self.dataset.y_train.to(self.device)

    def network(self, masks: Masks | None = None, pruned: str = ZERO) -> nn.Sequential:
        """40-300-100-10 at the seed's start, θ₀, or with its pruned weights set to zero; its biases are zero."""
        model = models.mlp(self.dataset.x_train.shape[1], 300, 100, 10, seed=self.seed).to(self.device)
        if masks is not None and pruned == ZERO:
            model.load_state_dict(masks_module.masked(model.state_dict(), masks))
        return model

    def gradient(self, model: nn.Module) -> tuple[float, dict[str, Tensor]]:
        """Loss on all training rows, and its derivative by every weight, pruned or not."""
        x, y = self.rows
        weights = prunable_parameters(model)
        loss = cross_entropy(model(x), y)
        return loss.item(), dict(zip(weights, torch.autograd.grad(loss, list(weights.values())), strict=True))

    def descend(
        self, masks: Masks, pruned: str = ZERO, share: Callable[[Tensor, Tensor], float] = masked_descent.share
    ) -> Descent:
        """Gradient descent that moves the kept weights only.

        Args:
            masks: name → bool tensor, True = may move.
            pruned: ``ZERO`` or ``IN_PLACE``, where pruned weights stay.
            share: (gradient, mask) → cos², both flat.
        """
        model, kept = self.network(masks, pruned), flat(masks)
        weights = prunable_parameters(model)
        made = Descent([], [], [], model)
        with own_threads():
            for step in range(self.steps + 1):
                loss, gradient = self.gradient(model)
                whole = flat(gradient)
                made.losses.append(loss)
                made.shares.append(float(share(whole, kept)))
                made.squares.append(float(whole.square().sum()))
                with torch.no_grad():
                    for name, weight in weights.items() if step < self.steps else ():
                        weight -= RATE * masks[name] * gradient[name]
        return made

    def search(self, prune_rate: float) -> Iterator[tuple[int, Masks, Descent]]:
        """Iterative magnitude pruning by this descent: level, masks and run, from the dense network on."""
        masks = masks_module.dense(self.network())
        found = self.descend(masks)
        yield 0, masks, found
        for level in range(1, levels_at(prune_rate, (DENSITY,))[-1] + 1):
            masks = masks_module.prune(scores.magnitude(found.model), masks, prune_rate)
            found = self.descend(masks)
            yield level, masks, found


def run(
    seed: int,
    *,
    data: str = "mnist1d",
    budget: str = "short",
    prune_rate: float = 0.36,
    device: str = "cpu",
    stop: int | None = None,
) -> list[Row]:
    """One seed: a row for each network that was trained, always the same rows in the same order.

    The dense network, the tickets down to about 26 %, and six other masks with as many weights as the last ticket.
    With the short budget, all seven masks once more with pruned weights left in place, the dense network beside them.

    Args:
        data: "mnist1d", the only one; its first 1,000 training rows.
        budget: "short" or "long", the steps of one descent.
        prune_rate: fraction of the survivors that a level removes, in (0, 1).
        stop: end each descent after this many steps: a rehearsal, in which masks come from hardly trained weights.

    Raises:
        ValueError: data or a budget that there is not (the message lists them), or a rate outside (0, 1).
    """
    one_of("data", data, ("mnist1d",))
    one_of("budget", budget, SEEDS)
    open_unit("prune_rate", prune_rate)
    with own_threads():
        return list(_rows(Setup(few(mnist1d(), ROWS), budget, seed, device, stop), prune_rate))


def _rows(setup: Setup, prune_rate: float) -> Iterator[Row]:
    searched = list(setup.search(prune_rate))
    level, ticket, _ = searched[-1]
    for level, masks, found in searched:
        yield row(setup, "ticket" if level else "dense", level, masks, found)
    others = other_masks(setup, ticket)
    for arm, masks in others.items():
        yield row(setup, arm, level, masks, setup.descend(masks))
    if setup.budget == "short":
        yield row(setup, "dense", 0, *searched[0][1:], IN_PLACE)  # nothing is pruned, so it is the same run
        for arm, masks in {"ticket": ticket, **others}.items():
            yield row(setup, arm, level, masks, setup.descend(masks, IN_PLACE), IN_PLACE)


def other_masks(setup: Setup, ticket: Masks) -> dict[str, Masks]:
    """Masks chosen at θ₀, each with as many weights as the ticket; "random" has as many in each layer, too."""
    model, density, batch = setup.network(), masks_module.density(ticket), [setup.rows]
    gradient = setup.gradient(model)[1]
    ranked = {
        "largest weights": scores.magnitude(model),
        "SNIP": scores.snip(model, batch, cross_entropy),
        "GraSP": scores.grasp(model, batch, cross_entropy),
        "largest gradients": {name: part.abs() for name, part in gradient.items()},
    }
    chosen = {arm: masks_module.keep_top(score, density) for arm, score in ranked.items()}
    flow = SynFlowPruner(setup.network(), float(1 - density)).prune(batch, cross_entropy)
    return {"random": masks_module.random_like(ticket, setup.seed), **chosen, "SynFlow": flow}


def row(setup: Setup, arm: str, level: int, masks: Masks, found: Descent, pruned: str = ZERO) -> Row:
    """One run. ``share`` is the document's cos², taken at θ₀; all else is taken along the run.

    ``mean_share`` is the mean cos² until the fixed loss is reached, ``agreement`` the cosine between the masked
    gradients at θ₀ and at the start of the run.
    """
    data, kept = setup.dataset, flat(masks)
    first = flat(setup.gradient(setup.network())[1])
    own = flat(setup.gradient(setup.network(masks, pruned))[1])
    reached = found.steps_to(LOSS[setup.budget])
    marks = [mark for mark in MARKS if mark <= setup.steps]
    return {
        "arm": arm,
        "level": level,
        "pruned": pruned,
        "density": masks_module.density(masks),
        "accuracy": evaluate(found.model, data.x_test, data.y_test)[1],
        "train_accuracy": evaluate(found.model, data.x_train, data.y_train)[1],
        "loss": found.losses[-1],
        "end_loss": found.losses[-1],
        "share": masked_descent.share(first, kept),
        "mean_share": fmean(found.shares[: len(found.shares) if reached is None else max(reached, 1)]),
        "least_share": min(found.shares),
        "agreement": torch.cosine_similarity(first * kept, own * kept, dim=0).item(),
        "steepness": found.steepness,
        "steps_to_loss": math.nan if reached is None else reached,
        "descended": found.descended,
        "shares": " ".join(f"{found.shares[mark]:.3f}" for mark in marks),
        "losses": " ".join(f"{found.losses[mark]:.4f}" for mark in marks),
        "squares": " ".join(f"{found.squares[mark]:.3g}" for mark in marks),
    }


def flat(parts: Mapping[str, Tensor]) -> Tensor:
    """All entries of all layers in one row, layer by layer in the order of their names."""
    return torch.cat([parts[name].flatten() for name in sorted(parts)])


# ---- claims


def numbers(text: str) -> list[float]:
    """What a row keeps as text, such as "0.345 0.344", one number for each of ``MARKS``."""
    return [float(word) for word in text.split()]


def steps_by_the_law(arm: str, slower: bool) -> Callable[[pd.DataFrame], Accuracies]:
    """The contrast of the dense network's steps to the fixed loss with what the first step's share leaves of an arm's.

    If every step made the share cos² of the dense progress, cos² × the arm's steps would be the dense network's. An
    arm that never reached the loss counts with all its steps, the least it can be.

    Args:
        slower: the dense network's steps come first, so that "faster" says that the arm is slower than the law has it.
    """

    def contrast(rows: pd.DataFrame) -> Accuracies:
        by_seed = rows.assign(steps=rows["steps_to_loss"].fillna(rows["budget"].map(STEPS))).set_index("seed")
        dense, mine = (by_seed[by_seed["arm"] == name] for name in ("dense", arm))
        law = mine["share"] * mine["steps"]
        return (dense["steps"], law) if slower else (law, dense["steps"])

    return contrast


def _cases(*wanted: tuple[str, str]) -> dict[str, Row]:
    """Budget and place of the pruned weights → a case, at the compared density."""
    places = {ZERO: "pruned weights at zero", IN_PLACE: "pruned weights left in place"}
    return {
        f"{STEPS[budget]:,} steps, {places[pruned]}": {"budget": budget, "pruned": pruned, "density": DENSITY}
        for budget, pruned in wanted
    }


def _keeps_its_promise() -> bool:
    """Two weights, in fractions: ½ (100 θ₁² + θ₂²) from (1, 1), θ₂ left in place, rate 1/100 = 1/β."""
    curvature, rate = (Fraction(100), Fraction(1)), Fraction(1, 100)
    dense, masked = [Fraction(1)] * 2, [Fraction(1)] * 2
    cosine_squared = Fraction(100**2, 100**2 + 1)
    for _ in range(1_000):
        dense = [theta - rate * a * theta for theta, a in zip(dense, curvature, strict=True)]
        masked[0] -= rate * curvature[0] * masked[0]
    losses = [sum(a * theta**2 / 2 for theta, a in zip(run, curvature, strict=True)) for run in (dense, masked)]
    broken = cosine_squared > Fraction(9_999, 10_000) ** 2 and losses[0] < Fraction(1, 10**6) and losses[1] >= 0.5
    return not broken


def _is_cosine_squared() -> bool:
    """In whole numbers: ‖m ⊙ g‖ / ‖g‖ · cos = ⟨g, m ⊙ g⟩ / ‖g‖² = cos², for all masks of a gradient."""
    gradient = (3, -1, 4, 1, -5, 9)
    whole = sum(one**2 for one in gradient)
    for mask in product((0, 1), repeat=len(gradient)):
        sparse = [m * one for m, one in zip(mask, gradient, strict=True)]
        inner, kept = sum(a * b for a, b in zip(gradient, sparse, strict=True)), sum(one**2 for one in sparse)
        if inner != kept or inner**2 * whole != kept * inner * whole:
            return False
    return True


def _contracts() -> bool:
    """Thirty least-squares problems with μ and β known, masks at random: every step of every run."""
    for seed in range(30):
        rows, weights = (10, 30) if seed % 2 else (30, 20)
        problem = masked_descent.least_squares(rows, weights, 0.2 + seed / 30, 5.0, seed)
        mask = torch.rand(weights, generator=generator("masked descent", seed)) < 0.3 + seed % 7 / 10
        start = torch.zeros(weights, dtype=torch.double)
        losses, shares = masked_descent.descend(problem.loss, start, mask, 1 / problem.beta, 50)
        left = 1 - min(shares) * problem.mu / problem.beta
        gaps = [loss - problem.least for loss in losses]
        if any(after > left * before + 1e-12 for before, after in pairwise(gaps)):
            return False
    return True


THREE = _cases(("short", IN_PLACE), ("short", ZERO), ("long", ZERO))
CLAIMS = (
    Exact(
        "09-ratio",
        "6.2",
        "The sparse step makes ‖g_sparse‖ / ‖g_dense‖ · cos of the dense step's progress, to first order (paraphrase).",
        "⟨g, m ⊙ g⟩ = ‖m ⊙ g‖², so both factors are the cosine and the ratio is cos²: one line of algebra in part 1",
        _is_cosine_squared,
    ),
    Exact(
        "09-theorem",
        "6.2",
        "“If: cos(g_dense, g_sparse) ≥ 1 − ε then the sparse network achieves similar convergence rate.”",
        "½(100θ₁² + θ₂²) from (1, 1), θ₂ left in place: cosine 0.99995; dense goes to 0, the masked run stays at ½",
        _keeps_its_promise,
    ),
    Exact(
        "09-repaired",
        "",
        "Does cos² ≥ c at every step of the run save the theorem, for a μ-PL and β-smooth loss and η ≤ 1/β?",
        "L − L* shrinks to 1 − cημ of itself at every step: proof in part 3, and every step of 30 least-squares runs",
        _contracts,
    ),
    Claim(
        "09-largest-gradients",
        "",
        "Does the mask that keeps the most of the gradient at θ₀ train as well as the ticket?",
        "the largest gradients against the ticket, 26 % kept: test accuracy",
        arms("largest gradients", "ticket"),
        KEEPS_UP,
        THREE,
    ),
    Claim(
        "09-slower-than-its-share",
        "",
        "Is that mask slower than its share of the first step foretells?",
        "the dense network's steps to a fixed training loss, against cos² at θ₀ × the steps of the largest gradients",
        steps_by_the_law("largest gradients", slower=True),
        FASTER,
        THREE,
    ),
    Claim(
        "09-ticket-faster",
        "",
        "Is the ticket faster than its share of the first step foretells?",
        "cos² at θ₀ × the ticket's steps to a fixed training loss, against the dense network's steps",
        steps_by_the_law("ticket", slower=False),
        FASTER,
        THREE,
    ),
)
