"""What chapter 03b's pictures are made of: panels with a row an arm, where seeds are dots and their mean has a bar."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...replicates import Interval, interval
from ..plots import Picture
from .matching import signed

if TYPE_CHECKING:
    import pandas as pd

BAND = "bar: 95 % interval, dots: single seeds"


def at(rows: pd.DataFrame, arm: str, density: float) -> pd.DataFrame:
    """The rows of one arm at one density, taken to 3 %."""
    return rows[(rows["arm"] == arm) & ((rows["density"] / density - 1).abs() < 0.03)]


def leads(first: pd.DataFrame, second: pd.DataFrame) -> pd.Series:
    """Points of test accuracy by which the first leads, a value a seed."""
    return 100 * (first.set_index("seed")["accuracy"] - second.set_index("seed")["accuracy"])


def difference(first: pd.DataFrame, second: pd.DataFrame) -> Interval:
    """The mean of these, with its 95 % interval."""
    return interval(leads(first, second))


def said(value: Interval) -> str:
    """Mean and, where there is one, interval; to a tenth, with a minus of its own."""
    bounds = "" if value.low is None or value.high is None else f" [{signed(value.low)}, {signed(value.high)}]"
    return f"{signed(value.mean)}{bounds}"


def share(part: pd.Series, whole: pd.Series) -> Interval:
    """How many percent of a whole a part is, both means over seeds, with Fieller's 95 % interval.

    It holds the shares q for which 0 lies in the interval of part − q · whole. None where the whole may be zero.

    Args:
        part, whole: a value a seed, with the seeds as index.
    """
    both = part.to_frame("part").assign(whole=whole).dropna()
    n, mean = len(both), both.mean()
    value = 100 * float(mean["part"] / mean["whole"])
    if n == 1:
        return Interval(value, None, None, 1)
    from scipy.special import stdtrit

    reach = float(stdtrit(n - 1, 0.975)) ** 2 / n * both.cov()
    a, b, c = (mean[x] * mean[y] - reach.loc[x, y] for x, y in (("whole",) * 2, ("part", "whole"), ("part",) * 2))
    if a <= 0:
        return Interval(value, None, None, n)
    half = math.sqrt(b * b - a * c)
    return Interval(value, 100 * (b - half) / a, 100 * (b + half) / a, n)


def like(rows: pd.DataFrame, kind: Mapping[str, Any]) -> bool:
    """Whether these rows have that setting, so that a run of it may be shown among them."""
    return bool(kind) and all((rows[name] == value).all() for name, value in kind.items())


def own_run(axes: Any, points: Sequence[tuple[float, float, Mapping[str, Any]]], x: float, y: float) -> None:
    """One's own run, a large hollow marker a point (x, y, look), and these words, at a place in the panel (0 to 1)."""
    hollow: dict[str, Any] = {"markersize": 11, "markerfacecolor": "none", "markeredgewidth": 1.8, "linestyle": "none"}
    for across, up, look in points:
        axes.plot([across], [up], zorder=4, **hollow, **look)
    side = "left" if x < 0.5 else "right"
    axes.text(x, y, "hollow: your run", fontsize=11, ha=side, va="center", transform=axes.transAxes)


def panels(
    rows: Sequence[float], columns: int = 1, width_ratios: Sequence[float] | None = None, **settings: Any
) -> tuple[Picture, list[Any]]:
    """A figure with panels above each other, each as high as its number of rows needs."""
    figure = Picture("", 6.4, 1.0 + sum(0.55 + 0.33 * many for many in rows))
    ratios = {"height_ratios": list(rows), "width_ratios": width_ratios}
    grid = figure.subplots(len(rows), columns, squeeze=False, gridspec_kw=ratios, **settings)
    return figure, list(grid.flat)


def row(axes: Any, y: float, values: pd.Series, look: Mapping[str, Any]) -> Interval:
    """Single seeds as faint dots, the mean as a marker, its 95 % interval as a bar, along a row."""
    return _drawn(axes, (values, np.full(len(values), y)), interval(values), y, look)


def column(axes: Any, x: float, values: pd.Series, look: Mapping[str, Any]) -> Interval:
    """The same, upright."""
    return _drawn(axes, (np.full(len(values), x), values), interval(values), x, look, upright=True)


def _drawn(
    axes: Any, dots: tuple[Any, Any], value: Interval, at: float, look: Mapping[str, Any], upright: bool = False
) -> Interval:
    axes.plot(*dots, color=look["color"], marker=".", markersize=5, markeredgewidth=0, alpha=0.35, linestyle="none")
    if value.low is not None and value.high is not None:
        (axes.vlines if upright else axes.hlines)(at, value.low, value.high, color=look["color"], linewidth=2.5)
    place = (at, value.mean) if upright else (value.mean, at)
    axes.plot(*([one] for one in place), linestyle="none", markersize=7, zorder=3, **look)
    return value


def names(axes: Any, names: Sequence[str]) -> None:
    """Name the rows 0, 1, … of a panel, from top to bottom."""
    axes.set_yticks(range(len(names)), names, fontsize=11)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def equally_wide(panels: Sequence[Any], along: str = "x", to: float = math.inf) -> None:
    """Give the axes of several panels one width, about the middle of what each shows, so that distances compare.

    Args:
        panels: matplotlib's axes.
        along: "x" or "y".
        to: no panel goes beyond this; one that would is moved.
    """
    shown = [getattr(axes, f"get_{along}lim")() for axes in panels]
    width = max(high - low for low, high in shown)
    for axes, (low, high) in zip(panels, shown, strict=True):
        end = min((low + high + width) / 2, to)
        axes.set(**{f"{along}lim": (end - width, end)})


def together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One table of several. This loads pandas, which the figures themselves do not need."""
    import pandas as pd

    return pd.concat(parts)


def finish(figure: Picture, title: str, xlabel: str, alt: str) -> Picture:
    """Write what all panels share: the words below and above them, and the alt text."""
    figure.supxlabel(xlabel, fontsize=11)
    figure.suptitle(f"{title}\n{BAND}" if title else BAND, fontsize=11)
    figure.alt = alt
    return figure
