"""A network whose parameters take few bits each: every value becomes the nearest of a grid that was fixed beforehand.

The grid of a tensor has 2^bits values, symmetric about zero, which is not among them (a pruned weight is known from the
mask): ± ½, ± 1½, ± 2½, … steps, up to its largest value, half a step below ``top``. There are :data:`TOPS` to choose
from. So a tensor costs bits × values, and the choice of its top ln(len(TOPS)) nats. Nothing else depends on the data.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..ground.arguments import positive, whole
from ..ground.states import State
from ..masks import Masks

TOPS = tuple(2.0 ** (half / 2) for half in range(-8, 8))  # from 1/16 to 11.3, each √2 times the last


def codes(values: Tensor, bits: int, top: float) -> Tensor:
    """Which of the 2^bits values between −top and top is nearest to each: whole numbers, 0 the lowest.

    Raises:
        ValueError: bits below 1, or a top that is not positive.
    """
    whole(bits=bits)
    positive(top=top)
    half = 2 ** (bits - 1)
    return ((values / _step(bits, top)).floor().clamp(-half, half - 1) + half).long()


def nearest(values: Tensor, bits: int, top: float) -> Tensor:
    """Each value moved to the nearest of the 2^bits values; arguments and errors as :func:`codes`."""
    return (codes(values, bits, top) - 2 ** (bits - 1) + 0.5) * _step(bits, top)


def _step(bits: int, top: float) -> float:
    return 2 * top / 2**bits


def best_top(values: Tensor, bits: int) -> float:
    """The one of :data:`TOPS` whose grid has the least squared error; the smaller of two equals."""
    return min(TOPS, key=lambda top: float((nearest(values, bits, top) - values).square().sum()))


def quantised(state: State, masks: Masks, bits: int) -> State:
    """A state in which each tensor's kept values (all of a tensor without a mask) are on its best grid; the rest zero.

    Raises:
        ValueError: bits below 1.
    """
    result: State = {}
    for name, value in state.items():
        mask = masks.get(name, torch.ones_like(value, dtype=torch.bool))
        result[name] = torch.zeros_like(value)
        result[name][mask] = nearest(value[mask], bits, best_top(value[mask], bits))
    return result


def code_price(values: Tensor, bits: int) -> float:
    """What the values of one tensor cost, in nats, in a code in which frequent ones are cheap.

    ln of the number of ways to have so many of each value, ln C(v + 2^bits − 1, 2^bits − 1), and then ln of the number
    of orders of these v values, ln v!/∏ counts!. Over all tensors of v values exp(−price) adds up to 1.

    Raises:
        ValueError: more distinct values than 2^bits, or bits below 1.
    """
    whole(bits=bits)
    counts = values.unique(return_counts=True)[1].tolist()
    if len(counts) > 2**bits:
        raise ValueError(f"{bits} bits have {2**bits} values, found {len(counts)}")
    many, kinds = len(values.flatten()), 2**bits - 1
    compositions = math.lgamma(many + kinds + 1) - math.lgamma(many + 1) - math.lgamma(kinds + 1)
    return compositions + math.lgamma(many + 1) - sum(math.lgamma(count + 1) for count in counts)
