"""Chapter 06: random networks that hold small ones: widths reached and planned, what a mask costs, counting.

Conventions of the chapter, here and in :mod:`lth_teach.strong`: a target's weights are at most ½, random ones uniform
in [−1, 1]; ε is the largest error on the ball ‖x‖ ≤ 1, δ the probability of an unlucky draw. A *candidate* for a weight
is a random path through one neuron between, with weights u and v; the method "neurons" has whole neurons instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ground.devices import own_threads
from ..strong import counting, gaussian_ball, trained
from ..strong.construct import Imitation, choose_masks
from ..strong.plan import Layers, Plan, plan, random_network
from ..strong.products import product_probability
from ..strong.subset_sum import LUEKER, all_sums, closest_subset, worst_distance
from ..strong.target import Target, balanced, highest
from ..strong.twins import uniform_in_ball
from .claims import KEEPS_UP, Claim, Exact

if TYPE_CHECKING:
    import pandas as pd

    from .claims import Accuracies

Row = dict[str, Any]
Study = Callable[[Target, np.random.Generator], Iterator[Row]]
SEEDS = 30
SETTINGS: tuple[Row, ...] = (
    {"study": "width", "task": "saddle"},
    {"study": "plan", "task": "line"},
    {"study": "plan", "task": "saddle"},
    {"study": "digits", "task": "digits"},
    {"study": "sums", "task": "one z"},
    {"study": "sums", "task": "every z"},
)
LADDER = {  # study "width": candidates for each weight, or neurons
    "neurons": (1_000, 10_000, 100_000, 1_000_000),
    "products": (10, 30, 100, 300, 1_000, 3_000, 10_000),
    "subsets": (8, 16, 24, 32, 40, 48),
}
ASKED: dict[
    str, dict[str, tuple[float, ...]]
] = {  # study "plan": the ε that the plan is made for; what is missing does not fit into memory
    "line": {"neurons": (0.3, 0.1), "products": (0.3, 0.1, 0.03), "subsets": (0.3, 0.1, 0.03)},
    "saddle": {"products": (0.3, 0.1, 0.03), "subsets": (0.3, 0.1, 0.03)},
}
FAILURE = 0.01  # δ of the plans
CANDIDATES = (8, 16, 32, 64)  # study "digits", for each weight
TOLERANCE = 0.001  # study "digits": a sum this close is close enough
CONSTANTS = (1.5, 2.0, 2.5, 3.0)  # study "sums": C in N = ⌈C log2(2/ε)⌉, with δ = ε
SUMS = (0.1, 0.03, 0.01)  # study "sums": ε, and δ
DRAWS = 1_000  # of each
MOST_LISTED = 16  # numbers of which all 2^16 sums are listed; "every z" has no more
COARSE = 64  # a rehearsal rounds its target to 64ths, so that the masks are the same on every processor


def run(seed: int, *, study: str = "plan", task: str = "saddle", stop: int | None = None) -> list[Row]:
    """One seed of one study: always the same rows in the same order.

    ``arm`` is the method, ``level`` counts the sizes or the ε. Sizes are numbers of the random network's weights
    (``weights``), of those that the mask keeps (``kept``), and of candidates. ``guarantee`` bounds the error on the
    ball, ``log_guarantee`` is its logarithm to base 10.

    Args:
        study: "width" (guarantee against size), "plan" (a size planned for ε, and the one that would have done),
            "digits" (a network that reads digits, and was never trained), "sums" (how many numbers until a subset sum
            is near).
        task: the target, "line", "saddle" or "digits"; for sums "one z" or "every z".
        stop: a rehearsal: the target's training ends after this many steps, and of sums as many draws are made.

    Raises:
        ValueError: a study or task that there is not (the message lists them), or two that do not belong together.
    """
    if {"study": study, "task": task} not in SETTINGS:
        allowed = ", ".join(f"{setting['study']}: {setting['task']}" for setting in SETTINGS)
        raise ValueError(f"study and task must be one of these pairs: {allowed}; got {study!r} and {task!r}")
    with own_threads():
        random = np.random.default_rng([6, seed])
        if study == "sums":
            return list(_sums(random, task, stop))
        target = trained_target(task, seed, stop)
        if stop is not None:
            target = Target(*(np.round(COARSE * layer) / COARSE for layer in (target.inner, target.outer)))
        studied: dict[str, Study] = {
            "width": _width,
            "plan": partial(_plan, asked=ASKED.get(task, {})),
            "digits": _digits,
        }
        return list(studied[study](target, random))


def line(x: np.ndarray) -> np.ndarray:
    """The function of task "line", x shape (samples, 1)."""
    return np.asarray(0.3 * x[:, 0] ** 2)


def saddle(x: np.ndarray) -> np.ndarray:
    """The function of task "saddle", x shape (samples, 2)."""
    return np.asarray(0.3 * (x[:, 0] ** 2 - x[:, 1] ** 2))


def trained_target(task: str, seed: int, stop: int | None = None) -> Target:
    """The target of a task: 4 hidden neurons for the line, 12 for the saddle, 24 for digits."""
    steps = trained.STEPS if stop is None else stop
    if task == "digits":
        return trained.fit_digits(trained.digits(), 24, seed, steps)
    wanted, inputs, hidden = {"line": (line, 1, 4), "saddle": (saddle, 2, 12)}[task]
    return trained.fit_function(wanted, inputs, hidden, seed, steps)


# ---- studies


def widths(target: Target, method: str, candidates: tuple[int, int]) -> tuple[int, ...]:
    """Hidden layers of a random network with so many candidates for each inner and outer weight of the target."""
    hidden, inputs = target.inner.shape
    first, second = candidates
    return (first,) if method == "neurons" else (inputs * first, hidden, hidden * second)


def _width(target: Target, random: np.random.Generator) -> Iterator[Row]:
    for method, sizes in LADDER.items():
        for level, count in enumerate(sizes):
            network = random_network(target, widths(target, method, (count, count)), random)
            made = choose_masks(network, target, method)
            row = {"arm": method, "level": level, "candidates": count, **_sizes(made), "loss": made.guarantee}
            yield row | {"log_guarantee": math.log10(made.guarantee)}  # five decimals would make 0 of a millionth


def _plan(target: Target, random: np.random.Generator, asked: dict[str, tuple[float, ...]]) -> Iterator[Row]:
    x = uniform_in_ball(20_000, target.inner.shape[1] - 1, 1.0, random)
    x[::2] /= np.linalg.norm(x[::2], axis=1, keepdims=True)  # half of them on the surface, where errors are largest
    wanted = target(x)
    for method, tolerances in asked.items():
        for level, epsilon in enumerate(tolerances):
            sizes = plan(target, epsilon, method, failure=FAILURE)
            network = random_network(target, sizes.widths, random)
            made = choose_masks(network, target, method, tolerances=sizes.tolerances)
            row = {"arm": method, "level": level, "epsilon": epsilon, "planned": sum(sizes.widths)}
            row |= {"needed": needed(network, target, method, epsilon, sizes), **_sizes(made)}
            row |= {"error": float(np.abs(made(x) - wanted).max()), **bits(made, target)}
            yield row | {"loss": made.guarantee}


def first_candidates(network: Layers, target: Target, method: str, candidates: tuple[int, int]) -> Layers:
    """The network with only the first so many of the candidates for each weight."""
    if method == "neurons":
        return network[0][: candidates[0]], network[1][:, : candidates[0]]
    parts: list[np.ndarray] = []
    for enter, leave, count in zip(network[::2], network[1::2], candidates, strict=True):
        columns = enter.shape[1]
        own = np.arange(len(enter)).reshape(columns, -1)[:, :count].ravel()
        parts += [enter[own], leave[:, own]]
    return tuple(parts)


def needed(network: Layers, target: Target, method: str, epsilon: float, sizes: Plan) -> int | None:
    """Hidden neurons that would have been enough for ε: of all candidates the first so many, both layers in proportion.

    Tried from a fiftieth upwards in steps of a tenth. ``None`` if the whole network is too small.
    """
    for part in 1.1 ** np.arange(-41.0, 1.0):
        counts = tuple(max(1, round(part * count)) for count in sizes.candidates)
        cut = first_candidates(network, target, method, counts)
        if choose_masks(cut, target, method, tolerances=sizes.tolerances).guarantee <= epsilon:
            return sum(len(layer) for layer in cut[:-1])
    return None


def bits(made: Imitation, target: Target) -> Row:
    """Bits for each weight of the target: of the mask, of the mask in the shortest code, of rounding as exactly.

    mask_bits: one for each random weight. coded_bits: log2 of the number of masks that keep as many of each layer.
    rounded_bits: log2 (1/2η) for a weight in [−½, ½] that may be off by η; η as planned for the mask's guarantee.
    """
    number = target.inner.size + target.outer.size
    coded = sum(_log2_choose(mask.size, int(mask.sum())) for mask in made.masks)
    tolerances = plan(target, min(made.guarantee, 0.9), "products").tolerances
    sizes = (target.inner.size, target.outer.size)
    rounded = sum(size * max(0.0, -math.log2(2 * off)) for size, off in zip(sizes, tolerances, strict=True))
    return {"mask_bits": made.total / number, "coded_bits": coded / number, "rounded_bits": rounded / number}


def _log2_choose(number: int, chosen: int) -> float:
    logs = math.lgamma(number + 1) - math.lgamma(chosen + 1) - math.lgamma(number - chosen + 1)
    return logs / math.log(2)


def _digits(target: Target, random: np.random.Generator) -> Iterator[Row]:
    rows = trained.digits()
    x, digit = rows["x test"].double().numpy(), rows["y test"].numpy()
    right = float((target(x).argmax(axis=1) == digit).mean())
    for method in ("products", "subsets"):
        for level, count in enumerate(CANDIDATES):
            network = random_network(target, widths(target, method, (count, count)), random)
            made = choose_masks(network, target, method, tolerances=(TOLERANCE, TOLERANCE))
            accuracy = float((made(x).argmax(axis=1) == digit).mean())
            row = {"arm": method, "level": level, "candidates": count, **_sizes(made), **bits(made, target)}
            yield row | {"accuracy": accuracy, "target_accuracy": right, "loss": made.guarantee}
    by_chance = tuple(random.permuted(mask.ravel()).reshape(mask.shape) for mask in made.masks)
    control = Imitation(made.weights, by_chance, math.inf)
    accuracy = float((control(x).argmax(axis=1) == digit).mean())
    row = {"arm": "random mask", "level": level, "candidates": count, "weights": made.total, "kept": control.kept}
    yield row | {"accuracy": accuracy, "target_accuracy": right, "loss": float(np.abs(control(x)).mean())}


def _sizes(made: Imitation) -> Row:
    return {"weights": made.total, "kept": made.kept, "guarantee": float(f"{made.guarantee:.4g}")}


def _sums(random: np.random.Generator, task: str, stop: int | None) -> Iterator[Row]:
    """Of so many draws of N products, the share with which a sum comes within ε of ½, or of every z in [−½, ½]."""
    for level, epsilon in enumerate(SUMS):
        for constant in CONSTANTS:
            number = math.ceil(constant * math.log2(2 / epsilon))
            if task == "every z" and number > MOST_LISTED:
                continue
            off = [_distance(random, number, task) for _ in range(stop or DRAWS)]
            row = {"arm": f"C = {constant}", "level": level, "epsilon": epsilon, "numbers": number}
            yield row | {"reached": float(np.mean(np.array(off) <= epsilon)), "loss": float(np.mean(off))}


def _distance(random: np.random.Generator, number: int, task: str) -> float:
    products = random.uniform(-1, 1, number) * random.uniform(0, 1, number)
    if task == "every z":
        return worst_distance(all_sums(products))
    return abs(closest_subset(products, counting.LARGEST)[1] - counting.LARGEST)


# ---- claims


def of_one_row(first: str, second: str) -> Callable[[pd.DataFrame], Accuracies]:
    """The contrast of two columns of the same rows."""

    def contrast(rows: pd.DataFrame) -> Accuracies:
        by_seed = rows.set_index("seed")
        return by_seed[first], by_seed[second]

    return contrast


def reached_and_promised(rows: pd.DataFrame) -> Accuracies:
    """The contrast of the share of draws that come within ε, and the promised 1 − δ; here δ = ε."""
    by_seed = rows.set_index("seed")
    return by_seed["reached"], 1 - by_seed["epsilon"]


def _a_size_without_epsilon_is_enough() -> bool:
    """One input, one hidden neuron, δ = 1/20: C · n² log(n/δ) neurons of three weights each, at an ε of 2^−(M+2)."""
    for constant in (1, 10, 100):
        weights = 3 * math.ceil(constant * counting.document_width(1, 0.05))
        epsilon = Fraction(1, 2 ** (weights + 2))
        if 2**weights * 2 * epsilon < Fraction(19, 20):  # the share of targets in an interval of 1 that masks can serve
            return False
    return True


def _the_proof_s_draws_are_enough() -> bool:
    """One input, one neuron, B = 1, δ = 1/20: C (2/ε) log(1/δ) draws, each a twin with a probability of at most ε²."""
    for constant in (1, 10, 100):
        epsilon = Fraction(1, 1_000 * constant)
        draws = math.ceil(constant * counting.document_proof_width(1, 1, 1.0, float(epsilon), 0.05))
        if draws * epsilon**2 < Fraction(19, 20):
            return False
    return True


def _gaussian_ball_is_so_likely() -> bool:
    claimed = gaussian_ball.claimed_ball_bound(epsilon=0.5, bound=3.0, d=1)
    return gaussian_ball.ball_probability(3.0, epsilon=0.5, bound=3.0, d=1) >= claimed


def _large_enough_networks_hold_a_target() -> bool:
    """For targets of random weights: all failures of the plan for products add up to δ, all errors to ε."""
    random = np.random.default_rng(6)
    targets = [
        balanced(*(random.uniform(-0.5, 0.5, shape) for shape in ((n, d + 1), (1, n)))) for n, d in ((4, 1), (12, 5))
    ]
    return all(
        failures(target, made) <= FAILURE and errors(target, made.tolerances) <= epsilon * (1 + 1e-9)
        for target in targets
        for epsilon in (0.3, 0.03, 0.003)
        for made in [plan(target, epsilon, "products", failure=FAILURE)]
    )


def failures(target: Target, made: Plan) -> float:
    """The probability, at most, that some weight of the target finds no product within its tolerance."""
    missed = 0.0
    for layer, sides, off, count in zip(
        (target.inner, target.outer), (2, 1), made.tolerances, made.candidates, strict=True
    ):
        missed += sum(sides * (1 - product_probability(float(weight), off)) ** count for weight in layer.flat)
    return missed


def errors(target: Target, tolerances: tuple[float, float]) -> float:
    """The output's largest error on the unit ball if every weight is off by its tolerance."""
    off = tolerances[0] * (math.sqrt(target.inner.shape[1] - 1) + 1)
    return float(
        np.abs(target.outer).sum(axis=1).max() * off + tolerances[1] * (highest(target.inner, 1.0) + off).sum()
    )


DIGITS: dict[str, Row] = {
    f"{method}, {count} candidates a weight": {"study": "digits", "arm": method, "candidates": count}
    for method in ("products", "subsets")
    for count in CANDIDATES[1:]
}
PROMISED: dict[str, Row] = {
    f"{task}, ε = δ = {epsilon}": {"study": "sums", "task": task, "epsilon": epsilon, "arm": f"C = {LUEKER}"}
    for task, tolerances in (("one z", SUMS), ("every z", SUMS[:2]))
    for epsilon in tolerances
}
CLAIMS = (
    Exact(
        "06-no-epsilon",
        "5.1, 6.1",
        "Width w for targets of width w/log(w), or O(n² log(n/δ)) neurons, whatever ε is (paraphrase).",
        "M weights have 2^M masks, and one serves targets in an interval of 2ε: proof in part 1; counted for 1, 10 and "
        "100 times n² log(n/δ) neurons, n = 1, δ = 0.05",
        _a_size_without_epsilon_is_enough,
    ),
    Exact(
        "06-proof",
        "6.1",
        "“Setting m = O(n · (2B/ε)^d · log(n/δ)) ensures success.”",
        "the bias must match as well: however v and c are drawn, independent of each other, for d = 1 some target is "
        "met with a probability of at most ε²; proof in part 2",
        _the_proof_s_draws_are_enough,
    ),
    Exact(
        "06-gaussian-ball",
        "6.1",
        "“P(‖w − v‖ < ε) ≥ (ε/2B)^d” for a Gaussian v cut off at ‖v‖ ≤ B.",
        "d = 1, B = 3, ε = 0.5, w = B: 0.0049, and not 0.0833",
        _gaussian_ball_is_so_likely,
    ),
    Exact(
        "06-existence",
        "5.1",
        "“For any target network f_T with weights θ_T, a sufficiently overparameterized random network f contains a "
        "subnetwork that approximates f_T.”",
        "one hidden layer, weights at most ½, products: probabilities and errors added up, proof in part 3; deeper "
        "targets: Malach et al., theorem 2.1",
        _large_enough_networks_hold_a_target,
    ),
    Claim(
        "06-never-trained",
        "5.2",
        "“Winning tickets exist at initialization without any training.”",
        "ten digits: a random network, pruned to imitate a trained target and never trained, against that target",
        of_one_row("accuracy", "target_accuracy"),
        KEEPS_UP,
        DIGITS,
    ),
    Claim(
        "06-constant",
        "",
        "Are 2.5 log₂(2/ε) random products enough for a subset sum within ε, but for a share δ = ε of the draws?",
        "the share of draws that come within ε, against 1 − δ",
        reached_and_promised,
        KEEPS_UP,
        PROMISED,
    ),
)
