"""Checks of notebook 06: how many weights counting asks for, two paths that make a weight, and pruning two layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...strong.subset_sum import closest_subset
from . import Wrong, call, describe, exercise, expect, prints_below


def _least(epsilon: float, length: float) -> int:
    return max(0, math.ceil(math.log2(length / (2 * epsilon))))


@exercise(
    "How many masks do M weights have? How long is the part of the interval that one mask can serve?",
    "2^M masks, each serving 2ε, must cover the length. Solve 2^M · 2ε ≥ length for M. math.log2 takes the logarithm.",
    "Divide the length by 2ε and take the logarithm to base 2. Weights are whole, so round up; where it comes out "
    "negative none are needed.",
    solution=_least,
)
def weights_needed(attempt: Callable[[float, float], int]) -> int:
    """(epsilon, length) → the least whole M with 2^M · 2ε ≥ length."""
    mistakes: list[tuple[str, Callable[[float, float], Any]]] = [
        ("if 2ε is longer than the interval no weight is needed at all: M may be 0.",
         lambda e, n: max(1, math.ceil(math.log2(n / (2 * e))))),
        ("that is the number of masks; M weights have 2^M of them.", lambda e, n: math.ceil(n / (2 * e))),
        ("weights are whole: round up.", lambda e, n: math.log2(n / (2 * e))),
        ("round up, not to the nearest.", lambda e, n: max(0, round(math.log2(n / (2 * e))))),
        ("weights are whole: round up, not down.", lambda e, n: max(0, math.floor(math.log2(n / (2 * e))))),
        ("where the masks cover the length exactly no further weight is needed.",
         lambda e, n: max(0, math.floor(math.log2(n / (2 * e))) + 1)),
        ("the length of the interval is missing.", lambda e, n: max(0, math.ceil(math.log2(1 / (2 * e))))),
        ("a number of weights cannot be negative: if 2ε is longer than the interval, none are needed.",
         lambda e, n: math.ceil(math.log2(n / (2 * e)))),
        ("one mask serves the targets on both sides of its value, 2ε in all and not ε.",
         lambda e, n: max(0, math.ceil(math.log2(n / e)))),
        ("a weight is either kept or not, so the masks of M weights are powers of 2: take log2, not the natural log.",
         lambda e, n: max(0, math.ceil(math.log(n / (2 * e))))),
    ]  # fmt: skip
    # In this order each mistake fails first where it differs from those listed before it.
    cases = [(0.01, 1.0), (0.1, 1.0), (0.01, 4.0), (2.0**-10, 1.0), (0.001, 0.3), (1.7, 1.0)]
    for epsilon, length in cases:
        shown = f"epsilon {epsilon:g}, length {length:g}"
        expect(attempt, (epsilon, length), _least(epsilon, length), mistakes, shown)
    return len(cases)


Paths = Callable[[np.ndarray, np.ndarray, float], Any]


def _nearest(distance: np.ndarray, allowed: np.ndarray) -> int:
    return int(np.where(allowed, distance, np.inf).argmin())


def our_paths(u: np.ndarray, v: np.ndarray, w: float) -> tuple[int, int]:
    """The path with u > 0 whose product is nearest to w, and the one with u < 0."""
    distance = np.abs(u * v - w)
    return _nearest(distance, u > 0), _nearest(distance, u < 0)


def _among_its_side(u: np.ndarray, v: np.ndarray, w: float) -> tuple[int, int]:
    return int(np.abs(u * v - w)[u > 0].argmin()), int(np.abs(u * v - w)[u < 0].argmin())


PATH_MISTAKES: list[tuple[str, Paths]] = [
    ("first the path with u > 0, then the one with u < 0.", lambda u, v, w: our_paths(u, v, w)[::-1]),
    ("these are positions among the paths of one side; count positions in the whole arrays.", _among_its_side),
    ("for x < 0 as well the slope is u · v itself: relu(u x) is u x wherever it is not 0. So aim at w, not at −w.",
     lambda u, v, w: (our_paths(u, v, w)[0], our_paths(u, v, -w)[1])),
    ("what tells which side of zero a path serves is the sign of u, not that of v.",
     lambda u, v, w: our_paths(v, u, w)),
    ("the sign of a product matters: a path whose product is near −w bends the wrong way.",
     lambda u, v, w: tuple(_nearest(np.abs(np.abs(u * v) - abs(w)), side) for side in (u > 0, u < 0))),
    ("you want u near |w| and v near ±1, as the proof does. Any pair with the right product will do.",
     lambda u, v, w: tuple(
         _nearest(np.maximum(np.abs(np.abs(u) - abs(w)), np.abs(v - np.sign(w) * np.sign(u))), side)
         for side in (u > 0, u < 0))),
    ("those are the two products; return their positions.",
     lambda u, v, w: tuple(float((u * v)[place]) for place in our_paths(u, v, w))),
    ("both paths have a u of the same sign, so that one side of zero gets nothing.",
     lambda u, v, w: tuple(int(place) for place in np.abs(u * v - w).argsort()[:2])),
]  # fmt: skip


@exercise(
    "Which inputs does a path with u > 0 let through? And one with u < 0?",
    "On its own side a path is a straight line. What is its slope? You want the same slope on both sides.",
    "Measure for every path how far its product u · v is from w. Then look for the least distance twice: among the "
    "paths with u > 0, and among those with u < 0. np.where(allowed, distance, np.inf) keeps all others out.",
    solution=our_paths,
)
def two_paths(attempt: Paths) -> int:
    """(u, v, w) → positions of the best path with u > 0 and of the best one with u < 0."""
    by_hand = np.array([0.7, -0.9, 0.5, -0.6, -0.5, 0.9]), np.array([0.6, -0.3, 0.6, -0.6, -0.4, -0.2])
    cases = [(*by_hand, 0.4), (*by_hand, -0.2)]
    random = np.random.default_rng(6)
    for size, w in ((12, -0.37), (30, 0.21), (60, -0.5), (60, 0.45)):
        cases.append((random.uniform(-1, 1, size), random.uniform(-1, 1, size), w))
    for u, v, w in cases:
        numbers = f"u {u.tolist()}, v {v.tolist()}" if len(u) < 10 else f"{len(u)} random paths"
        expect(attempt, (u, v, w), our_paths(u, v, w), PATH_MISTAKES, f"{numbers}, w {w}")
    return len(cases)


Masks = tuple[np.ndarray, np.ndarray]
CLOSE = 0.02  # slopes may be off by so much; the solution is off by less than a hundredth of it


def our_layer(enter: np.ndarray, leave: np.ndarray, wanted: np.ndarray) -> Masks:
    """An equal share of the neurons for each input; for each sign of u and each output the best subset of them."""
    keep_in, keep_out = np.zeros(enter.shape, dtype=bool), np.zeros(leave.shape, dtype=bool)
    inputs = enter.shape[1]
    for column in range(inputs):
        own = np.arange(column, len(enter), inputs)
        u = enter[own, column]
        for side in (own[u > 0], own[u < 0]):
            for row in range(len(leave)):
                taken, _ = closest_subset(enter[side, column] * leave[row, side], float(wanted[row, column]))
                keep_out[row, side[taken]] = True
        keep_in[own, column] = keep_out[:, own].any(axis=0)
    return keep_in, keep_out


@exercise(
    "Take one weight of the target, from input c to output r. Which paths can make it? Give each input an equal share "
    "of the neurons, and let those keep their weight from this input alone.",
    "A side of zero gets only the paths whose u has its sign, so each weight needs two subsets: one of the paths with "
    "u > 0, one of those with u < 0. The sums of both must come to the weight.",
    "Two loops around: over inputs, and over the two signs. Inside a loop over outputs: the products of this share, "
    "closest_subset of them, and its mask goes into the row of the second mask. At the end an incoming weight stays "
    "wherever some output uses its neuron.",
    solution=our_layer,
)
def prune_layers(attempt: Callable[[np.ndarray, np.ndarray, np.ndarray], Masks]) -> int:
    """(enter, leave, wanted) → masks of two random layers, with which they act like the matrix ``wanted``."""
    shapes = ((1, 1), (1, 2), (2, 1), (3, 2))  # inputs, outputs
    for seed, (inputs, outputs) in enumerate(shapes):
        random = np.random.default_rng([6, seed])
        enter, leave = random.uniform(-1, 1, (40 * inputs, inputs)), random.uniform(-1, 1, (outputs, 40 * inputs))
        wanted = random.uniform(-0.5, 0.5, (outputs, inputs))
        shown = f"  input     enter {enter.shape}, leave {leave.shape}, wanted {np.round(wanted, 3).tolist()}\n"
        with prints_below() as printed:
            given = enter.copy(), leave.copy(), wanted.copy()
            found = call(attempt, given, shown + "  expected  two masks\n", printed)
            if why := _wrong(found, enter, leave, wanted):
                raise Wrong(f"{shown}{why}")
            if not all(np.array_equal(*pair) for pair in zip(given, (enter, leave, wanted), strict=True)):
                raise Wrong(f"{shown}Your function changed its arguments; the random weights stay as they are.")
    return len(shapes)


def _wrong(found: Any, enter: np.ndarray, leave: np.ndarray, wanted: np.ndarray) -> str:
    """What is wrong with a pair of masks, in words; empty if nothing is."""
    if found is None:
        return "  found     None\nDoes your function return its result?"
    if not isinstance(found, Sequence) or len(found) != 2:
        return f"  found     {describe(found)}\nReturn two masks: of enter, and of leave."
    for mask, weights, name in zip(found, (enter, leave), ("enter", "leave"), strict=True):
        if not isinstance(mask, np.ndarray) or mask.dtype != bool or mask.shape != weights.shape:
            kind = f"{mask.dtype} array of shape {mask.shape}" if isinstance(mask, np.ndarray) else describe(mask)
            return f"  found     {kind}\nThe mask of {name} must be a bool array of shape {weights.shape}."
    keep_in, keep_out = found
    x = np.random.default_rng(0).standard_normal((400, enter.shape[1]))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    made = np.maximum(x @ (enter * keep_in).T, 0) @ (leave * keep_out).T
    off = float(np.abs(made - x @ wanted.T).max())
    if off <= CLOSE:
        return ""
    told = f"  expected  outputs within {CLOSE} of wanted · x on the unit sphere\n  found     off by up to {off:.3f}"
    return f"{told}\nLikely: {_likely(keep_in, keep_out, enter, leave, wanted)}"


def _likely(keep_in: np.ndarray, keep_out: np.ndarray, enter: np.ndarray, leave: np.ndarray, wanted: np.ndarray) -> str:
    if keep_in.sum(axis=1).max() > 1:
        return (
            "a neuron keeps weights from several inputs. The relu of a sum is no sum of relus: let each neuron keep "
            "the weight from one input only."
        )
    if (keep_out.any(axis=0) & ~keep_in.any(axis=1)).any():
        return "you keep weights out of neurons whose weight in is pruned; those neurons are always 0."
    positive, negative = ((leave * keep_out) @ (enter * keep_in * (enter * sign > 0)) for sign in (1, -1))

    def close(slopes: np.ndarray, to: np.ndarray) -> bool:
        return bool(np.abs(slopes - to).max() <= CLOSE)

    if close(positive, wanted) and not negative.any():
        return "only paths with u > 0 are kept, so negative inputs pass nothing on."
    if close(positive + negative, wanted):
        return (
            "you made one sum of paths of both signs. An input of one sign sees only the paths of its own sign, so "
            "each side must come to the weight by itself."
        )
    if close(positive, wanted) and close(negative, -wanted):
        return "below 0 the slopes come out as −wanted; u · v is the slope on both sides of zero."
    if close(positive, wanted) or close(negative, wanted):
        where = "above" if close(positive, wanted) else "below"
        return f"for inputs {where} 0 the slopes are right, on the other side they are not."
    counts = [int((keep_out & (enter.max(axis=1) * sign > 0)).sum()) for sign in (1, -1)]
    if max(counts) <= wanted.size:
        return "that is one path a weight and side. Several paths add up: take the best subset."
    return "compare (leave · keep_out) @ (enter · keep_in), with only the u > 0, and with only the u < 0, to wanted."
