"""Two small worlds in which notebook 03b's test of movement must tell the truth, and the ways in which it may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from ... import masks as masks_module
from ...randomness import generator
from . import Wrong, describe

State = dict[str, Tensor]
Masks = dict[str, Tensor]
SHAPES = {"slow": (150, 100), "fast": (50, 100)}
SPREAD = {"slow": 0.1, "fast": 0.5}  # of the noise that a training adds in each layer; starting values have 0.5
KEPT = 0.2
CLOSE = 0.03  # relative; a random mask instead of the mean of all of them differs by about 1 %


def ratio(start: State, masks: Masks, end: State) -> float:
    """Mean distance of the kept weights, over that of as many weights of each layer at random."""
    chosen = expected = 0.0
    for name, mask in masks.items():
        distance = (end[name] - start[name]).abs()
        chosen += float(distance[mask].sum())
        expected += float(distance.mean() * mask.sum())
    return chosen / expected


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
    why = next(
        (f"\nLikely: {text}" for text, wrong in MISTAKES if any(_is(world, p, wrong, value) for p in orders)), ""
    )
    raise Wrong(f"{case}  expected  {true[0]:.3g}\n  found     {value:.3g}{why}")


def _measured(world: World, orders: tuple[int, int], measure: Callable[[State, Masks, State], float]) -> float:
    return measure(world.start, world.find(world.start, orders[0]), world.train(world.start, orders[1]))


def _is(world: World, orders: tuple[int, int], measure: Callable[[State, Masks, State], float], value: float) -> bool:
    if orders[0] == orders[1] and measure is not ratio:
        return False
    return _close(value, _measured(world, orders, measure))


def _close(found: float, wanted: float) -> bool:
    return abs(found - wanted) <= CLOSE * abs(wanted)


def _pooled(start: State, masks: Masks, end: State) -> float:
    distances = torch.cat([(end[name] - start[name]).abs().flatten() for name in masks])
    kept = torch.cat([mask.flatten() for mask in masks.values()])
    return float(distances[kept].mean() / distances.mean())


def _against_the_cut(start: State, masks: Masks, end: State) -> float:
    distance = {name: (end[name] - start[name]).abs() for name in masks}
    chosen = sum(float(distance[name][mask].sum()) for name, mask in masks.items())
    return chosen / sum(float(distance[name][~mask].mean() * mask.sum()) for name, mask in masks.items())


def _pooled_cut(start: State, masks: Masks, end: State) -> float:
    distances = torch.cat([(end[name] - start[name]).abs().flatten() for name in masks])
    kept = torch.cat([mask.flatten() for mask in masks.values()])
    return float(distances[kept].mean() / distances[~kept].mean())


def _upside_down(start: State, masks: Masks, end: State) -> float:
    return 1 / ratio(start, masks, end)


def _mean_of_layers(start: State, masks: Masks, end: State) -> float:
    layers = [ratio(start, {name: mask}, end) for name, mask in masks.items()]
    return sum(layers) / len(layers)


def _plain_distance(start: State, masks: Masks, end: State) -> float:
    kept = torch.cat([(end[name] - start[name])[mask].abs() for name, mask in masks.items()])
    return float(kept.mean())


def _final_sizes(start: State, masks: Masks, end: State) -> float:
    return ratio({name: torch.zeros_like(weights) for name, weights in start.items()}, masks, end)


def _starting_sizes(start: State, masks: Masks, _end: State) -> float:
    return ratio({name: torch.zeros_like(weights) for name, weights in start.items()}, masks, start)


MISTAKES: list[tuple[str, Callable[[State, Masks, State], float]]] = [
    ("this is the distance in the training that chose the masks; use the other one.", ratio),
    ("the comparison takes weights from all layers together. One layer moves further, and the masks hold more "
     "of it; compare with as many weights of each layer.", _pooled),
    ("you compared with the weights that were cut, layer by layer. Compare with weights at random, kept ones "
     "included.", _against_the_cut),
    ("you compared with the weights that were cut, all layers together. One layer moves further, and the masks hold "
     "more of it.", _pooled_cut),
    ("this is the ratio upside down.", _upside_down),
    ("this is a distance; divide by what weights at random would move.", _plain_distance),
    ("these are sizes at the end, not distances from the start: subtract the start first.", _final_sizes),
    ("these are sizes at the start, not distances.", _starting_sizes),
    ("this is the mean of the layers' ratios; a layer with few kept weights then counts as much as one with "
     "many.", _mean_of_layers),
]  # fmt: skip
