"""Functions that take results and return a figure with alt text. No pyplot, so they work in any thread."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from torch import Tensor

from ..replicates import Interval

if TYPE_CHECKING:
    import pandas as pd

# Okabe & Ito's colours, safe for colour-blind readers; the marker is the second cue.
STYLES = {
    "dense": ("#000000", "o"),
    "ticket": ("#0072B2", "o"),
    "re-initialised": ("#D55E00", "s"),
    "sign-constant": ("#009E73", "D"),
    "random": ("#CC79A7", "^"),  # as many weights in each layer as the ticket has
    "random (layer densities)": ("#CC79A7", "^"),  # its name in the first edition
    "random (global)": ("#E69F00", "v"),
    "signs kept": ("#E69F00", "D"),
    "sizes kept": ("#56B4E9", "s"),
    "pruned dense solution": ("#56B4E9", "P"),
}
SPARE_STYLES = (
    ("#0072B2", "o"),
    ("#D55E00", "s"),
    ("#009E73", "D"),
    ("#CC79A7", "^"),
    ("#E69F00", "v"),
    ("#56B4E9", "P"),
)


class Picture(Figure):
    """A matplotlib figure that carries its description in words (alt text) into the notebook."""

    def __init__(self, alt: str, width: float = 7.0, height: float = 4.0) -> None:
        super().__init__(figsize=(width, height), layout="constrained")
        self.alt = alt

    def png(self, dpi: int = 100) -> bytes:
        """The picture as PNG."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=dpi, facecolor="white")
        return buffer.getvalue()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"image/png": self.png(), "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


def style(name: str, position: int = 0, styles: Mapping[str, tuple[str, str]] | None = None) -> dict[str, Any]:
    """Colour and marker of a series: as in ``styles``, else fixed for the arms of the course, else by position."""
    colour, marker = (STYLES | dict(styles or {})).get(name, SPARE_STYLES[position % len(SPARE_STYLES)])
    return {"color": colour, "marker": marker}


def accuracy_by_density(
    summary: pd.DataFrame,
    *,
    by: str = "arm",
    title: str = "",
    alt: str = "",
    ylabel: str = "test accuracy (%)",
    dense: Interval | None = None,
    styles: Mapping[str, tuple[str, str]] | None = None,
) -> Picture:
    """Mean with a 95 % band of each series against the percent of weights kept (log axis, dense on the left).

    A series of one density has a bar instead of a band.

    Args:
        summary: columns ``by``, density (fraction), mean, n and, unless n is 1, low and high; see
            :func:`lth_teach.replicates.summarise`.
        dense: mean of the dense network, drawn as a dashed line with its own band.
        styles: series → (colour, marker), for series that are not arms of the course.
    """
    figure = Picture(alt or f"Line plot: {ylabel} against percent of weights kept, one line for each {by}.")
    axes = figure.add_subplot()
    for position, (name, part) in enumerate(summary.groupby(by, sort=False)):
        part = part.sort_values("density")
        look = style(str(name), position, styles)
        axes.plot(100 * part["density"], part["mean"], label=str(name), markersize=5, linewidth=1.6, **look)
        if "low" not in part:  # one seed, so no interval
            continue
        percent, low, high = 100 * part["density"], part["low"], part["high"]
        if len(part) == 1:
            axes.vlines(percent, low, high, color=look["color"], linewidth=1.6)
        axes.fill_between(percent, low, high, color=look["color"], alpha=0.15, linewidth=0)
    if dense is not None:
        axes.axhline(dense.mean, color="black", linestyle="--", linewidth=1, label="dense")
        if dense.low is not None and dense.high is not None:
            axes.axhspan(dense.low, dense.high, color="black", alpha=0.06, linewidth=0)
    density_axis(axes)
    least, most = int(summary["n"].min()), int(summary["n"].max())
    seeds = f"{most}" if least == most else f"{least} to {most}"
    band = f"band: 95 % interval, n = {seeds} seeds" if most > 1 else "n = 1 seed, so no interval"
    axes.set_title(f"{title}\n{band}" if title else band, fontsize=10)
    axes.set_ylabel(ylabel)
    axes.legend(frameon=False, fontsize=9)
    return figure


def density_axis(axes: Any) -> None:
    """Percent of weights kept on a log axis, 100 % on the left, so that reading onwards is pruning further."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    ticks = [tick for tick in (100, 50, 20, 10, 5, 2, 1, 0.5) if low * 0.95 <= tick <= high * 1.05]
    axes.set_xticks(ticks, minor=False)
    axes.set_xticks([], minor=True)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlim(high, low)
    axes.set_xlabel("weights kept (%)")
    axes.grid(alpha=0.25)


def intervals(
    results: Mapping[str, Interval],
    *,
    title: str = "",
    alt: str = "",
    xlabel: str = "difference in accuracy (points)",
    styles: Mapping[str, tuple[str, str]] | None = None,
) -> Picture:
    """One row for each interval: a dot for the mean, a bar for 95 %, and a line at zero."""
    figure = Picture(
        alt
        or f"Dots with 95 % intervals, one row each, of {xlabel}: {', '.join(results)}. A vertical line marks zero.",
        height=1.2 + 0.42 * len(results),
    )
    axes = figure.add_subplot()
    for row, (name, result) in enumerate(results.items()):
        look = style(name, row, styles)
        if result.low is not None and result.high is not None:
            axes.plot([result.low, result.high], [row, row], color=look["color"], linewidth=2.5, solid_capstyle="butt")
        axes.plot([result.mean], [row], linestyle="none", markersize=7, **look)
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(range(len(results)), list(results))
    axes.set_ylim(len(results) - 0.5, -0.5)
    axes.set_xlabel(xlabel)
    axes.grid(axis="x", alpha=0.25)
    n = min(result.n for result in results.values())
    note = f"bar: 95 % interval, n = {n}" if n > 1 else "n = 1, so no intervals"
    axes.set_title(f"{title}\n{note}" if title else note, fontsize=10)
    return figure


def curves(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    alt: str = "",
    marks: Mapping[str, float] | None = None,
    bands: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    styles: Mapping[str, tuple[str, str]] | None = None,
) -> Picture:
    """Plain lines, name → (x, y); ``marks`` puts a vertical dotted line at an x for a name (an early stop, say).

    ``bands`` shades the area between (lower, upper) around the line of a name, a 95 % interval for instance.
    ``styles`` gives (colour, marker) for lines that are not arms of the course.
    """
    figure = Picture(alt or f"Line plot of {ylabel} against {xlabel} for {', '.join(lines)}.")
    axes = figure.add_subplot()
    for position, (name, (x, y)) in enumerate(lines.items()):
        look = style(name, position, styles)
        axes.plot(x, y, label=name, markersize=4, linewidth=1.5, **look)
        if marks and name in marks:
            axes.axvline(marks[name], color=look["color"], linestyle=":", linewidth=1.5)
        if bands and name in bands:
            axes.fill_between(x, *bands[name], color=look["color"], alpha=0.15, linewidth=0)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9)
    return figure


def images(
    pictures: Mapping[str, Tensor | np.ndarray], *, title: str = "", alt: str = "", label: str = "", columns: int = 4
) -> Picture:
    """Small images on one common scale, name → 2-D array, with a colour bar labelled ``label``."""
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    figure = Picture(alt or f"{len(pictures)} images: {', '.join(pictures)}.", 1.9 * columns + 1, 2.1 * rows + 0.4)
    grid = figure.subplots(rows, columns, squeeze=False)
    arrays = {
        name: np.asarray(picture.detach().cpu().double() if isinstance(picture, Tensor) else picture, dtype=float)
        for name, picture in pictures.items()
    }
    low, high = min(a.min() for a in arrays.values()), max(a.max() for a in arrays.values())
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, (name, array) in zip(grid.flat, arrays.items(), strict=False):
        drawn = axes.imshow(array, cmap="cividis", vmin=low, vmax=high, aspect="auto", interpolation="nearest")
        axes.set_title(name, fontsize=9)
    bar = figure.colorbar(drawn, ax=grid, shrink=0.8)
    bar.set_label(label)
    figure.suptitle(title, fontsize=10)
    return figure
