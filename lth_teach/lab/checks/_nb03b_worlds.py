"""Two small worlds in which notebook 03b's test of movement must tell the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from ... import masks as masks_module
from ...randomness import generator
from . import Wrong, describe
from ._nb03b_measures import CLOSE, MISTAKES, Masks, Measure, State, ratio

SHAPES = {"slow": (300, 200), "fast": (100, 200)}
SPREAD = {"slow": 0.1, "fast": 0.5}  # of the noise that a training adds in each layer; starting values have 0.5
KEPT = 0.2


def fair(start: State, find: Callable[..., Masks], train: Callable[..., State]) -> float:
    """The course's answer: masks of one order, distances in another."""
    return ratio(start, find(start, 0), train(start, 1))


@dataclass(frozen=True)
class World:
    """A place where training adds noise that depends on its order and, maybe, one push to a tenth of the weights.

    Attributes:
        name: in words.
        push: by how much those weights are moved outwards in every order; 0: no weight matters more than another.
    """

    name: str
    push: float

    @cached_property
    def start(self) -> State:
        numbers = generator("world", 1)
        return {name: 0.5 * torch.randn(shape, generator=numbers) for name, shape in SHAPES.items()}

    def train(self, start: State, order: int) -> State:
        """The weights after a dense training with this order of the data."""
        numbers, important = generator("world order", int(order)), generator("world importance", 1)
        end = {}
        for name, weights in start.items():
            noise = SPREAD[name] * torch.randn(weights.shape, generator=numbers)
            pushed = torch.rand(weights.shape, generator=important) < 0.1
            end[name] = weights + noise + self.push * weights.sign() * pushed
        return end

    def find(self, start: State, order: int) -> Masks:
        """The largest weights after such a training: one big cut."""
        return masks_module.keep_top({name: end.abs() for name, end in self.train(start, order).items()}, KEPT)

    def watch(self) -> Watched:
        """The world as it is given to an answer: what it calls is noted."""
        return Watched(self, {name: weights.clone() for name, weights in self.start.items()})


@dataclass
class Watched:
    """A world's start, find and train, and the calls that were made."""

    world: World
    start: State
    found: list[tuple[State, int]] = field(default_factory=list)
    trained: list[tuple[State, int]] = field(default_factory=list)

    def find(self, start: State, order: int) -> Masks:
        self.found.append((_copied(start), _order(order)))
        return self.world.find(start, order)

    def train(self, start: State, order: int) -> State:
        self.trained.append((_copied(start), _order(order)))
        return self.world.train(start, order)


def _copied(start: Any) -> State:
    if not isinstance(start, dict) or set(start) != set(SHAPES):
        raise TypeError("find and train take (start, order); start is the dictionary that you were given")
    return {name: weights.clone() for name, weights in start.items()}


def _order(order: Any) -> int:
    if isinstance(order, bool) or not isinstance(order, int) or order < 0:
        raise TypeError(f"the order is a whole number from 0 on, such as 0 or 1; got {order!r}")
    return order


def judge(world: World, seen: Watched, found: Any) -> None:
    """Raise :class:`Wrong`, with the likely mistake, unless an answer measured movement fairly in this world."""
    case = f"  world     {world.name}\n"
    if not seen.found:
        raise Wrong(f"{case}You never called find: without its masks there are no weights to follow.")
    if not seen.trained:
        raise Wrong(f"{case}You never called train: nothing moved.")
    for what, calls in (("find", seen.found), ("train", seen.trained)):
        if any(not torch.equal(start[name], world.start[name]) for start, _ in calls for name in SHAPES):
            raise Wrong(
                f"{case}You gave {what} another start than you were given. That asks whether a *place* is important; "
                "this test asks about the start's own weights."
            )
    try:
        value = float(found)
    except (TypeError, ValueError, RuntimeError) as error:
        raise Wrong(f"{case}  expected  one number\n  found     {describe(found)}") from error
    orders = [(a, b) for _, a in seen.found for _, b in seen.trained]
    fresh = [pair for pair in orders if pair[0] != pair[1]]
    if not fresh:
        lesson = ", although no weight matters here" if not world.push else ""
        raise Wrong(
            f"{case}  found     {value:.3g}{lesson}\nLikely: circular. The training that you measured has chosen the "
            f"masks (order {orders[0][0]} for both). Measure in an order that had no say."
        )
    true = [_measured(world, pair, ratio) for pair in fresh]
    if any(_close(value, one) for one in (*true, sum(true) / len(true))):
        return
    if any(_close(value + 1, one) for one in true):
        raise Wrong(
            f"{case}  expected  {true[0]:.3g}\n  found     {value:.3g}\nLikely: this is a difference, or the ratio "
            "minus 1. Divide, and return the ratio: 1 means as far."
        )
    why = _likely(world, orders, value)
    raise Wrong(f"{case}  expected  {true[0]:.3g}\n  found     {value:.3g}" + (f"\nLikely: {why}" if why else ""))


def _likely(world: World, orders: list[tuple[int, int]], value: float) -> str:
    """The mistake that comes nearest to a value, if one comes near: some lie close to each other."""
    found = []
    for pair in orders:
        for text, wrong in MISTAKES:
            if pair[0] != pair[1] or wrong is ratio:
                measured = _measured(world, pair, wrong)
                if _close(value, measured):
                    found.append((abs(value / measured - 1), text))
    return min(found)[1] if found else ""


def _measured(world: World, orders: tuple[int, int], measure: Measure) -> float:
    return measure(world.start, world.find(world.start, orders[0]), world.train(world.start, orders[1]))


def _close(found: float, wanted: float) -> bool:
    return abs(found - wanted) <= CLOSE * abs(wanted)
