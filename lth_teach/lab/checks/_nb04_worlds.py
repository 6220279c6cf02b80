"""Small worlds in which notebook 04's test of a cause must tell the truth, with what may go wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from ...randomness import generator
from ...replicates import Interval, interval

Mask = tuple[int, str]  # its seed, and how it was made
Draw = Callable[[int], Mask]
Build = Callable[[Mask, int], Mask]
Measure = Callable[[Mask, int], float]
RAISED = 0.1  # what building adds to the alignment


@dataclass
class World:
    """Alignment and accuracy of masks, by formulas; the calls that were made are noted.

    Attributes:
        name: in words.
        worth: points of accuracy that building for alignment really brings.
        drawn, built, trained: the calls that were made.
    """

    name: str
    worth: float
    drawn: list[int] = field(default_factory=list)
    built: list[tuple[Mask, int]] = field(default_factory=list)
    trained: list[tuple[Mask, int]] = field(default_factory=list)

    def draw(self, seed: int) -> Mask:
        self.drawn.append(seed)
        return (int(seed), "random")

    def build(self, mask: Mask, seed: int) -> Mask:
        self.built.append((mask, int(seed)))
        return (mask[0], "built")

    def alignment(self, mask: Mask, seed: int) -> float:
        """Random masks that happen to be good are also aligned: one luck decides both."""
        return 0.12 + 0.02 * _luck("mask", mask[0]) + RAISED * (mask[1] == "built")

    def accuracy(self, mask: Mask, seed: int) -> float:
        """The start's luck, the mask's, what building really brings, and noise."""
        self.trained.append((mask, int(seed)))
        brought = (mask[1] == "built") * (self.worth / 100 + 0.004 * _luck("building", mask[0]))
        return 0.5 + 0.02 * _luck("start", int(seed)) + 0.02 * _luck("mask", mask[0]) + brought


def _luck(kind: str, number: int) -> float:
    return float(torch.randn(1, generator=generator(f"nb04 {kind}", number)))


def fair(draw: Draw, build: Build, accuracy: Measure, alignment: Measure, seeds: Sequence[int]) -> Interval:
    """The course's answer: each built mask against the random one that it began as, on one start."""
    found = []
    for seed in seeds:
        mask = draw(seed)
        found.append(accuracy(build(mask, seed), seed) - accuracy(mask, seed))
    return interval(found, 100)


def chosen_among_random(
    draw: Draw, build: Build, accuracy: Measure, alignment: Measure, seeds: Sequence[int]
) -> Interval:
    """Wrong: the better aligned half of random masks against the other half, which nobody intervened in."""
    order = sorted((draw(seed) for seed in seeds), key=lambda mask: alignment(mask, mask[0]))
    half = len(order) // 2
    return interval([accuracy(b, b[0]) - accuracy(a, a[0]) for a, b in zip(order, order[half:], strict=False)], 100)


def other_mask(draw: Draw, build: Build, accuracy: Measure, alignment: Measure, seeds: Sequence[int]) -> Interval:
    """Wrong: a built mask against another random one, on another start."""
    pairs = zip(seeds, [*seeds[1:], seeds[0]], strict=True)
    return interval([accuracy(build(draw(a), a), a) - accuracy(draw(b), b) for a, b in pairs], 100)


def only_built(draw: Draw, build: Build, accuracy: Measure, alignment: Measure, seeds: Sequence[int]) -> Interval:
    """Wrong: no control."""
    return interval([accuracy(build(draw(seed), seed), seed) for seed in seeds], 100)


def turned(draw: Draw, build: Build, accuracy: Measure, alignment: Measure, seeds: Sequence[int]) -> Interval:
    """Wrong: random minus built."""
    found = fair(draw, build, accuracy, alignment, seeds)
    return _times(found, -1)


def fractions(draw: Draw, build: Build, accuracy: Measure, alignment: Measure, seeds: Sequence[int]) -> Interval:
    """Wrong: in fractions."""
    found = fair(draw, build, accuracy, alignment, seeds)
    return _times(found, 0.01)


def _times(found: Interval, factor: float) -> Interval:
    bounds = sorted(factor * bound for bound in (found.low, found.high) if bound is not None)
    return Interval(factor * found.mean, bounds[0], bounds[-1], found.n)


MISTAKES: tuple[tuple[str, Callable[..., Interval]], ...] = (
    (
        "you compared random masks that happen to be aligned with others that are not. Whatever makes a mask good may "
        "also have made it aligned; change the alignment yourself, with build.",
        chosen_among_random,
    ),
    (
        "built and random mask have not the same seed. Starts and masks have luck of their own: compare each built "
        "mask with the random one that it began as, on one start.",
        other_mask,
    ),
    ("this is the accuracy of the built masks; what would they have reached without building?", only_built),
    ("the sign: built minus random.", turned),
    ("these are fractions; the answer is asked in points.", fractions),
)
