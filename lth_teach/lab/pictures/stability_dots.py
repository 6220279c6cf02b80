"""Dots of error barriers on their scale, with medians; what the pictures and the explorer of chapter 03 share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...measures.connectivity import STABLE

if TYPE_CHECKING:
    import pandas as pd

LIMIT = 100 * STABLE  # points
INTERVALS = "from six seeds on with 95 % intervals"
TICKS = (0, 1, 2, 4, 8, 16, 32, 64)


class Middle(NamedTuple):
    """The median of n values; low and high bound the median they were drawn from in 95 %, None below six values."""

    median: float
    low: float | None
    high: float | None
    n: int

    def __str__(self) -> str:
        bounds = "" if self.low is None else f" [{_signed(self.low)}, {_signed(self.high or 0)}]"
        return f"{_signed(self.median)}{bounds}"


def _signed(value: float) -> str:
    text = f"{value:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", "−")


def middle(values: Sequence[float] | pd.Series) -> Middle:
    """Median with an interval between two of the values themselves: for a barrier it never reaches below zero.

    As many values lie below the median as heads fall in n tosses; of twelve values the third and the tenth bound it.

    Raises:
        ValueError: no values.
    """
    ordered = sorted(float(value) for value in values)
    n = len(ordered)
    if not n:
        raise ValueError("a median needs at least one value, got none")
    left_out, tail = 0, 0.5**n
    while tail + math.comb(n, left_out + 1) * 0.5**n <= 0.025 and left_out < n // 2:
        left_out += 1
        tail += math.comb(n, left_out) * 0.5**n
    if tail > 0.025:
        return Middle(float(np.median(ordered)), None, None, n)
    return Middle(float(np.median(ordered)), ordered[left_out], ordered[n - 1 - left_out], n)


def doubling(points: Any) -> Any:
    """A scale for barriers: linear up to 2 points, beyond that one unit for each doubling. The same in barrier.js."""
    points = np.asarray(points, dtype=float)
    return np.where(points <= LIMIT, points / LIMIT, 1 + np.log2(np.maximum(points, LIMIT) / LIMIT))


def _halving(units: Any) -> Any:
    units = np.asarray(units, dtype=float)
    return np.where(units <= 1, LIMIT * units, LIMIT * 2 ** (np.maximum(units, 1) - 1))


def barrier_axis(axes: Any, most: float, horizontal: bool = False, until: float = 1.0) -> None:
    """The doubling scale from 0 to beyond ``most`` points, with the limit of stability.

    Args:
        until: where a level limit ends, as a part of the panel's width: columns beyond it have another one.
    """
    ticks = [tick for tick in TICKS if tick <= 1.1 * most or tick <= 4]
    limits = (-0.25, 1.35 * max(most, 4.0))
    if horizontal:
        axes.set_xscale("function", functions=(doubling, _halving))
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.set_xlim(*limits)
        axes.axvline(LIMIT, color="black", linestyle=":", linewidth=1.2)
    else:
        axes.set_yscale("function", functions=(doubling, _halving))
        axes.set_yticks(ticks, [str(tick) for tick in ticks])
        axes.set_ylim(*limits)
        axes.axhline(LIMIT, xmax=until, color="black", linestyle=":", linewidth=1.2)
    axes.grid(alpha=0.25)


def sideways(n: int) -> np.ndarray:
    """Where the dots of n seeds stand beside the middle of their column."""
    return np.linspace(-0.2, 0.2, n) if n > 1 else np.zeros(n)


def columns(axes: Any, groups: Mapping[str, pd.Series], looks: Sequence[Mapping[str, Any]]) -> dict[str, Middle]:
    """A column of dots for each group, one a seed, with its median and the median's interval; returns these."""
    found = {}
    for position, ((name, values), look) in enumerate(zip(groups.items(), looks, strict=True)):
        places = position + sideways(len(values))
        dots = {"linestyle": "none", "markersize": 4.5, "alpha": 0.55, "markeredgewidth": 0.9}
        axes.plot(places, values, **dots, **look)
        found[name] = value = middle(values)
        axes.hlines(value.median, position - 0.3, position + 0.3, color=look["color"], linewidth=2.6)
        if value.low is not None:
            axes.vlines(position + 0.3, value.low, value.high, color=look["color"], linewidth=1.4)
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set_xlim(-0.6, len(groups) - 0.4)
    return found


def told(found: Mapping[str, Middle]) -> str:
    """Medians with their intervals in words."""
    return "; ".join(
        f"{name.replace('-' + chr(10), '-').replace(chr(10), ' ')} {value}" for name, value in found.items()
    )


def seeds(found: Mapping[str, Middle]) -> str:
    """The number of seeds: "n = 12", or "n = 3 to 12"."""
    least, most = min(value.n for value in found.values()), max(value.n for value in found.values())
    return f"n = {most}" if least == most else f"n = {least} to {most}"


def count(which: pd.Series) -> str:
    """How many of these hold: "5 of 12", or a dash where there are none to ask."""
    return f"{which.sum()} of {len(which)}" if len(which) else "–"


def percent(k: Any) -> str:
    """A part of the training: "0", "0.25 %", "1 %"."""
    return f"{100 * k:g} %" if k else "0"
