"""One cut of magnitude pruning, and the ways in which it goes wrong; for two exercises of notebook 02.

Every function here takes (start, trained, mask, rate), tensors of one shape, and returns the next mask.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Cut = Callable[[Tensor, Tensor, Tensor, float], Tensor]


def next_mask(start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    """The right one: without the round(rate × survivors) survivors of smallest trained size, ties by position."""
    return without_smallest(trained.abs(), mask, number_to_go(mask, rate))


def number_to_go(mask: Tensor, rate: float) -> int:
    """round(rate × survivors)."""
    return round(rate * int(mask.sum()))


def without_smallest(sizes: Tensor, mask: Tensor, number: int) -> Tensor:
    """The mask without the ``number`` smallest of its entries; among equal sizes the first by position stays."""
    order = sizes[mask].argsort(descending=True, stable=True)
    keep = torch.ones(len(order), dtype=torch.bool)
    keep[order[max(0, len(order) - number) :]] = False
    new = mask.clone()
    new[mask] = keep
    return new


def mistake_of(start: Tensor, trained: Tensor, mask: Tensor, rate: float, found: Tensor) -> str:
    """The explanation of the first known mistake that gives this mask; "" if none does."""
    arguments = (start, trained, mask, rate)
    return next((text for text, wrong in MISTAKES if torch.equal(wrong(*arguments), found)), "")


def _ranked_start(start: Tensor, _trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return without_smallest(start.abs(), mask, number_to_go(mask, rate))


def _ranked_dead(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return mask & _revived_zeros(_start, trained, mask, rate)


def _ranked_dead_by_quantile(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    sizes = (trained * mask).abs()
    return mask & without_smallest(sizes, torch.ones_like(mask), round(rate * mask.numel()))


def _signed(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return without_smallest(trained, mask, number_to_go(mask, rate))


def _rate_of_all(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return without_smallest(trained.abs(), mask, round(rate * mask.numel()))


def _floor(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return without_smallest(trained.abs(), mask, math.floor(rate * int(mask.sum())))


def _ceil(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return without_smallest(trained.abs(), mask, math.ceil(rate * int(mask.sum())))


def _threshold(trained: Tensor, mask: Tensor, rate: float) -> float:
    """The size of the largest weight that goes; below all sizes if none does."""
    number = number_to_go(mask, rate)
    return float(trained.abs()[mask].kthvalue(number).values) if number else -1.0


def _below(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return mask & ~(trained.abs() < _threshold(trained, mask, rate))


def _up_to(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return mask & (trained.abs() > _threshold(trained, mask, rate))


def _one_more(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return without_smallest(trained.abs(), mask, number_to_go(mask, rate) + 1)


def _kept(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return without_smallest(trained.abs(), mask, int(mask.sum()) - number_to_go(mask, rate))


def _removed_only(start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return mask & ~next_mask(start, trained, mask, rate)


def _largest(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return without_smallest(-trained.abs(), mask, number_to_go(mask, rate))


def _revived(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return without_smallest(trained.abs(), torch.ones_like(mask), number_to_go(mask, rate))


def _revived_zeros(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    return without_smallest((trained * mask).abs(), torch.ones_like(mask), number_to_go(mask, rate))


def _last_stays(_start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> Tensor:
    turned = without_smallest(trained.abs().flatten().flip(0), mask.flatten().flip(0), number_to_go(mask, rate))
    return turned.flip(0).view_as(mask)


def _nothing(_start: Tensor, _trained: Tensor, mask: Tensor, _rate: float) -> Tensor:
    return mask


def _everything(_start: Tensor, _trained: Tensor, mask: Tensor, _rate: float) -> Tensor:
    return torch.zeros_like(mask)


_DEAD = (
    "you ranked the dead, too. Pruned weights are zero, so they count as the smallest and are removed a second time, "
    "while living ones stay. Only survivors are candidates."
)
_BACK = "weights that were pruned before are back. The dead stay dead: a new mask can only lose weights."
MISTAKES: list[tuple[str, Cut]] = [
    ("you ranked the starting values. What training made of a weight decides: rank the trained values.", _ranked_start),
    ("you forgot the absolute value, so the most negative weights went. Size is what counts, not sign.", _signed),
    (_DEAD, _ranked_dead),
    (_DEAD, _ranked_dead_by_quantile),
    (_BACK, _revived),
    (_BACK, _revived_zeros),
    ("you took the rate of all weights. A level removes that share of the survivors, so ever fewer.", _rate_of_all),
    ("the number was rounded down. Take the nearest whole number: `int` and `//` cut off, `round` rounds.", _floor),
    ("the number was rounded up. Take the nearest whole number, with `round`.", _ceil),
    ("`<` against the threshold spares the weight that sits on it, so one too few goes (with ties, more).", _below),
    ("`<=` against the threshold takes every weight that ties with it. Sort, and take positions.", _up_to),
    ("one too many goes. Is the threshold the first weight that should stay?", _one_more),
    ("nothing is left. If the number is 0, order[-0:] is all of the order.", _everything),
    ("you kept the number that should go. The rate is the share to remove, not the share to keep.", _kept),
    ("this mask marks the weights that go. True means kept, so turn it around.", _removed_only),
    ("you removed the largest weights; it is the smallest that go.", _largest),
    ("the right number goes, but among equal sizes the first by position should stay.", _last_stays),
    ("nothing was removed.", _nothing),
]
