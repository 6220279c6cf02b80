"""How far kept weights move: the measure that notebook 03b asks for, and the likely wrong ones."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

State = dict[str, Tensor]
Masks = dict[str, Tensor]
Measure = Callable[[State, Masks, State], float]
CLOSE = 0.03  # relative; one random mask in place of the mean of all differs with a standard deviation of 0.7 %


def ratio(start: State, masks: Masks, end: State) -> float:
    """Mean distance of the kept weights, over that of as many weights of each layer at random."""
    return _by(lambda start, end: (end - start).abs(), start, masks, end)


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


def _outwards(start: State, masks: Masks, end: State) -> float:
    return _by(lambda start, end: end.abs() - start.abs(), start, masks, end)


def _change_of_size(start: State, masks: Masks, end: State) -> float:
    return _by(lambda start, end: (end.abs() - start.abs()).abs(), start, masks, end)


def _signed(start: State, masks: Masks, end: State) -> float:
    return _by(lambda start, end: end - start, start, masks, end)


def _squared(start: State, masks: Masks, end: State) -> float:
    return _by(lambda start, end: (end - start) ** 2, start, masks, end)


def _root_mean_square(start: State, masks: Masks, end: State) -> float:
    return _squared(start, masks, end) ** 0.5


def _by(distance: Callable[[Tensor, Tensor], Tensor], start: State, masks: Masks, end: State) -> float:
    """The ratio, with something else in place of the distance |end − start|."""
    chosen = expected = 0.0
    for name, mask in masks.items():
        moved = distance(start[name], end[name])
        chosen += float(moved[mask].sum())
        expected += float(moved.mean() * mask.sum())
    return chosen / expected


MISTAKES: list[tuple[str, Measure]] = [
    ("this is the distance in the training that chose the masks; use the other one.", ratio),
    ("the comparison takes weights from all layers together. One layer moves further, and the masks hold more "
     "of it; compare with as many weights of each layer.", _pooled),
    ("you compared with the weights that were cut, layer by layer. Compare with weights at random, kept ones "
     "included.", _against_the_cut),
    ("you compared with the weights that were cut, all layers together. One layer moves further, and the masks hold "
     "more of it.", _pooled_cut),
    ("this is the ratio upside down.", _upside_down),
    ("this is a distance; divide by what weights at random would move.", _plain_distance),
    ("these are squared distances, and a few long ways decide them. Take the mean of |end − start|.", _squared),
    ("this is a root mean square, which counts long ways for more. Take the mean of |end − start|.",
     _root_mean_square),
    ("these are steps with their signs, and those up and down cancel out. Take |end − start|.", _signed),
    ("these are sizes at the end, not distances from the start: subtract the start first.", _final_sizes),
    ("these are sizes at the start, not distances.", _starting_sizes),
    ("this is how much larger the weights became. A weight that moved inwards, or through zero, moved as well: "
     "take |end − start|.", _outwards),
    ("this is by how much the sizes changed. A weight that went through zero moved further than that: take "
     "|end − start|.", _change_of_size),
    ("this is the mean of the layers' ratios; a layer with few kept weights then counts as much as one with "
     "many.", _mean_of_layers),
]  # fmt: skip
