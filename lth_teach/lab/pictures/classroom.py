"""A class beside the archive: the same networks, other seeds, one cloud above the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from ...replicates import Interval, interval
from ..plots import Picture
from .arm_rows import look_of

if TYPE_CHECKING:
    import pandas as pd

VALUES = {"accuracy": "test accuracy (%)", "barrier": "error barrier (points)"}
GREY = "#777777"


def beside(ours: pd.DataFrame, archived: pd.DataFrame, value: str = "accuracy") -> Picture:
    """A row for each network of the class: its seeds in the arm's colour, below them those of the archive, in grey.

    Dots are single seeds; a diamond with a bar is their mean with its 95 % interval.

    Args:
        ours: columns seed, arm, level (and k) and ``value`` (a fraction), a row a seed and network.
        archived: the same columns; networks that the class lacks are not drawn.
        value: one of ``VALUES``.

    Raises:
        ValueError: a value that is not among them, or no row of ours has one.
    """
    if value not in VALUES:
        raise ValueError(f"value must be one of {', '.join(VALUES)}, got {value!r}")
    keys = [name for name in ("arm", "level", "k") if name in ours]
    groups = list(ours.dropna(subset=[value]).groupby(keys, sort=False))
    if not groups:
        raise ValueError(f"no row of the class has a {value}")
    figure = Picture("", 6.4, 1.4 + 0.62 * len(groups))
    axes = figure.add_subplot()
    names, told = [], []
    for row, (key, part) in enumerate(groups):
        like = archived
        for column, wanted in zip(keys, key, strict=True):
            like = like[like[column] == wanted]
        names.append(_name(key, keys, ours))
        look = look_of(str(key[0]), row)
        both = _draw(axes, row - 0.17, part[value], look), _draw(axes, row + 0.17, like[value], look | {"color": GREY})
        told.append(f"{names[-1]}: {' and '.join(map(_said, both))}")
    axes.set_yticks(range(len(names)), names, fontsize=11)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel(VALUES[value], fontsize=11)
    axes.grid(axis="x", alpha=0.25)
    dots: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 6}
    who = {"your class, in colour": (ours, "#222222"), "the archive, grey": (archived, GREY)}
    titles = [f"{name}, n = {rows['seed'].nunique()}" for name, (rows, _) in who.items()]
    handles = [Line2D([], [], color=colour, label=title, **dots) for title, (_, colour) in zip(titles, who.values())]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False, fontsize=11)
    axes.set_title("dots: single seeds; diamond and bar: their mean, 95 % interval", fontsize=10)
    figure.alt = f"{VALUES[value]}: {titles[0]}, above {titles[1]}. Means: {'; '.join(told)}."
    return figure


def _draw(axes: Any, height: float, values: pd.Series, look: dict[str, Any]) -> Interval | None:
    """One cloud with its mean; the dots lie a little apart, in the order of their values."""
    values = 100 * values.dropna()
    if values.empty:
        return None
    lift = 0.1 * (np.argsort(np.argsort(values)) * 7 % 10 / 10 - 0.45)
    axes.plot(values, height + lift, ".", color=look["color"], alpha=0.45, markersize=7, markeredgewidth=0)
    found = interval(values)
    if found.low is not None and found.high is not None:
        axes.plot([found.low, found.high], [height, height], color=look["color"], linewidth=2.5)
    axes.plot([found.mean], [height], "D", color=look["color"], markeredgecolor="white", markersize=5)
    return found


def _name(key: tuple[Any, ...], keys: list[str], rows: pd.DataFrame) -> str:
    """The arm, with its level and k where the arm alone does not tell."""
    like = rows[rows["arm"] == key[0]]
    more = [f"{name} {value:g}" for name, value in zip(keys[1:], key[1:], strict=True) if like[name].nunique() > 1]
    return ", ".join([str(key[0]), *more])


def _said(found: Interval | None) -> str:
    return "none" if found is None else f"{found.mean:.1f}"
