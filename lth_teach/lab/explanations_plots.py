"""Figures of chapter 03b: arms at a tenth of the weights, noise on the start, how far weights move, gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..replicates import Interval, interval
from .arm_rows import check, seeds
from .matching_plots import signed
from .plots import Picture, style

if TYPE_CHECKING:
    import pandas as pd

NOISY = {"color": "#7F3C8D", "marker": "X"}
LARGEST = {"color": "#8C564B", "marker": "v"}
TRAININGS = {  # arm → how the figure calls it
    "dense": "the training that chose the mask",
    "dense, other order": "another order of the data",
    "dense, another start": "another start",
}
LADDER = ("ticket", "noise 0.5σ", "noise 1σ", "noise 2σ", "noise 4σ", "re-initialised")
MASKS = {"moved": ("the ticket's weights", "ticket"), "moved_largest": ("the largest at the start", "largest")}
BAND = "bar: 95 % interval, dots: single seeds"


def look_of(arm: str) -> dict[str, Any]:
    """Colour and marker of an arm of this chapter."""
    if arm.startswith("noise"):
        return NOISY
    return LARGEST if arm.startswith("largest") else style(arm.split(",")[0])


def reached(panels: Mapping[str, pd.DataFrame], arms: Sequence[str], *, title: str) -> Picture:
    """Test accuracy of each arm, a row an arm, a panel for each table.

    Args:
        panels: words for a panel → rows with seed, arm and accuracy (a fraction), one a seed and arm.
        arms: which arms, from top to bottom; one that a panel lacks is left out there.

    Raises:
        ValueError: a column is missing or an accuracy is outside 0 … 1.
    """
    shown = {words: [arm for arm in arms if (rows["arm"] == arm).any()] for words, rows in panels.items()}
    figure, grid = _panels([len(there) for there in shown.values()])
    told = []
    for axes, (words, rows) in zip(grid, panels.items(), strict=True):
        check(rows, ("seed", "arm", "accuracy"))
        found = {}
        for row, arm in enumerate(shown[words]):
            found[arm] = _row(axes, row, 100 * rows[rows["arm"] == arm]["accuracy"], look_of(arm))
        _names(axes, shown[words])
        label = f"{words}, n = {seeds(rows[rows['arm'].isin(arms)], ['arm'])}"
        axes.set_title(label, fontsize=11, loc="left")
        told.append(f"{label}: {', '.join(f'{arm} {value.mean:.1f} %' for arm, value in found.items())}.")
    return _finish(figure, title, "test accuracy (%)", "Test accuracy of each arm. " + " ".join(told))


def movement(panels: Mapping[str, pd.DataFrame]) -> Picture:
    """How far weights move in three dense trainings, over as many weights of each layer at random.

    Args:
        panels: words for a panel → rows with seed, arm, moved and moved_largest, of the arms of ``TRAININGS``.
    """
    figure, grid = _panels([len(TRAININGS) * 1.2] * len(panels), sharex=True)
    told = []
    for axes, (words, rows) in zip(grid, panels.items(), strict=True):
        means = []
        for row, (arm, name) in enumerate(TRAININGS.items()):
            here = rows[rows["arm"] == arm]
            for column, (_, kind) in MASKS.items():
                value = _row(axes, row + (0.16 if kind == "largest" else -0.16), here[column], look_of(kind))
                if kind == "ticket":
                    means.append(f"{name} {value.mean:.2f}")
        axes.axvline(1, color="black", linewidth=1)
        _names(axes, list(TRAININGS.values()))
        label = f"{words}, n = {seeds(rows[rows['arm'].isin(TRAININGS)], ['arm'])}"
        axes.set_title(label, fontsize=11, loc="left")
        largest = rows[rows["arm"].isin(TRAININGS)].groupby("arm")["moved_largest"].mean()
        told.append(f"{label}: {', '.join(means)}; the largest at the start at most {largest.max():.2f}.")
    for y, (name, kind) in zip((0.28, 0.12), MASKS.values(), strict=True):
        colour = look_of(kind)["color"]
        grid[0].text(1.0, y, name, color=colour, fontsize=11, ha="right", va="center", transform=grid[0].transAxes)
    alt = "How far the ticket's weights move, over weights at random. " + " ".join(told)
    return _finish(figure, "", "distance moved, over weights at random (1 = as far)", alt)


def noise(panels: Mapping[str, pd.DataFrame]) -> Picture:
    """Test accuracy against noise on the ticket's start, up to a new draw; below, how many signs are left.

    Args:
        panels: words for a panel → rows with seed, arm, accuracy and signs, of one data set and budget, at one density.
    """
    figure = Picture("", 6.4, 0.7 + 2.6 * len(panels))
    grid = list(figure.subplots(len(panels), squeeze=False).flat)
    told = []
    for axes, (words, rows) in zip(grid, panels.items(), strict=True):
        ladder = [arm for arm in LADDER if (rows["arm"] == arm).any()]
        places = [LADDER.index(arm) for arm in ladder]
        ticks, means, said = [], [], []
        for x, arm in zip(places, ladder, strict=True):
            part = rows[rows["arm"] == arm]
            value = _column(axes, x, 100 * part["accuracy"], look_of(arm))
            cost = _difference(rows[rows["arm"] == "ticket"], part)
            means.append(value.mean)
            signs = 100.0 if arm == "ticket" else 100 * part["signs"].mean()
            name = {"ticket": "no noise", "re-initialised": "new draw"}.get(arm, arm.removeprefix("noise "))
            ticks.append(f"{name}\n{signs:.0f} %")
            less = "" if arm == "ticket" else f", {_said(cost)} below"
            said.append(f"{name} {value.mean:.1f} %{less} ({signs:.0f} % of the signs)")
        axes.plot(places, means, color=NOISY["color"], linewidth=1.2, zorder=1)
        axes.set_xticks(places, ticks)
        axes.set_ylabel("test accuracy (%)", fontsize=11)
        axes.grid(axis="y", alpha=0.25)
        label = f"{words}, n = {seeds(rows[rows['arm'].isin(ladder)], ['arm'])}"
        axes.set_title(label, fontsize=11, loc="left")
        told.append(f"{label}: {'; '.join(said)}.")
    grid[-1].set_xlabel("noise on the start, and how many survivors keep their sign", fontsize=11)
    figure.suptitle(BAND, fontsize=11)
    figure.alt = "Test accuracy against noise on the ticket's start. " + " ".join(told)
    return figure


def gaps(panels: Mapping[str, pd.DataFrame], arms: Mapping[str, tuple[str, float]]) -> Picture:
    """Accuracy on training rows (hollow) and on test rows (full), a row an arm; the line between them is the gap.

    Args:
        panels: words for a panel → rows with seed, arm, density, accuracy and train_accuracy.
        arms: what to call a row → (arm, density); densities are taken to 3 %.
    """
    figure, grid = _panels([len(arms)] * len(panels))
    told = []
    for axes, (words, rows) in zip(grid, panels.items(), strict=True):
        check(rows, ("seed", "arm", "density", "accuracy", "train_accuracy"))
        said, used = [], []
        for row, (name, (arm, density)) in enumerate(arms.items()):
            part, look = _at(rows, arm, density), look_of(arm)
            used.append(part)
            test = _row(axes, row, 100 * part["accuracy"], look)
            trained = 100 * part["train_accuracy"].mean()
            axes.plot([test.mean, trained], [row, row], color=look["color"], linewidth=1.2, zorder=1)
            axes.plot([trained], [row], markerfacecolor="white", markersize=7, markeredgewidth=1.6, zorder=3, **look)
            said.append(f"{name} {trained:.1f} and {test.mean:.1f}, gap {trained - test.mean:.1f}")
        _names(axes, list(arms))
        label = f"{words}, n = {seeds(_together(used), ['arm', 'density'])}"
        axes.set_title(label, fontsize=11, loc="left")
        told.append(f"{label}: {'; '.join(said)}.")
    alt = "Accuracy on training and on test rows, in percent. " + " ".join(told)
    return _finish(figure, "hollow: training rows, full: test rows", "accuracy (%)", alt)


def fits(panels: Mapping[str, pd.DataFrame], arms: Mapping[str, tuple[str, float]]) -> Picture:
    """Accuracy on training rows (left) and on test rows (right, its own scale), a row an arm; arguments as `gaps`.

    For networks whose gap is so wide that one scale would hide how they differ. The gap stands beside each row, as a
    number. The alt text also tells by how much an arm's test accuracy differs from the dense network's (95 %).
    """
    figure, grid = _panels([len(arms)] * len(panels), 2, sharey="row", width_ratios=[1, 1.4])
    told = []
    for (left, right), (words, rows) in zip(zip(grid[::2], grid[1::2], strict=True), panels.items(), strict=True):
        check(rows, ("seed", "arm", "density", "accuracy", "train_accuracy"))
        said, used = [], []
        for row, (name, (arm, density)) in enumerate(arms.items()):
            part, look = _at(rows, arm, density), look_of(arm)
            used.append(part)
            trained = _row(left, row, 100 * part["train_accuracy"], look)
            test = _row(right, row, 100 * part["accuracy"], look)
            gap = trained.mean - test.mean
            right.text(1.04, row, f"{gap:.1f}", transform=right.get_yaxis_transform(), va="center", fontsize=11)
            said.append(f"{name} {trained.mean:.1f} and {test.mean:.1f}, gap {gap:.1f}")
            if arm != "dense":
                said[-1] += f", against dense {_said(_difference(part, rows[rows['arm'] == 'dense']))}"
            else:
                right.axvline(test.mean, color=look["color"], linestyle="--", linewidth=1, zorder=0)
        for axes in (left, right):
            _names(axes, list(arms))
        left.set_xlim(62, 102)
        right.locator_params(axis="x", nbins=4)
        label = f"{words}, n = {seeds(_together(used), ['arm', 'density'])}"
        left.set_title(f"{label}\ntraining rows", fontsize=11, loc="left")
        right.set_title("test rows", fontsize=11, loc="left")
        right.text(1.04, 1.02, "gap", transform=right.transAxes, fontsize=11)
        told.append(f"{label}: {'; '.join(said)}.")
    alt = "Accuracy on training and on test rows, in percent. " + " ".join(told)
    return _finish(figure, "", "accuracy (%)", alt)


# ---- parts


def _at(rows: pd.DataFrame, arm: str, density: float) -> pd.DataFrame:
    return rows[(rows["arm"] == arm) & ((rows["density"] / density - 1).abs() < 0.03)]


def _difference(first: pd.DataFrame, second: pd.DataFrame) -> Interval:
    """Points of test accuracy by which the first leads, seed by seed."""
    return interval(first.set_index("seed")["accuracy"] - second.set_index("seed")["accuracy"], 100)


def _said(value: Interval) -> str:
    """Mean and, where there is one, interval; to a tenth, with a minus of its own."""
    bounds = "" if value.low is None or value.high is None else f" [{signed(value.low)}, {signed(value.high)}]"
    return f"{signed(value.mean)}{bounds}"


def _panels(
    rows: Sequence[float], columns: int = 1, width_ratios: Sequence[float] | None = None, **settings: Any
) -> tuple[Picture, list[Any]]:
    """A figure with panels above each other, each as high as its number of rows needs."""
    figure = Picture("", 6.4, 1.0 + sum(0.55 + 0.33 * many for many in rows))
    ratios = {"height_ratios": list(rows), "width_ratios": width_ratios}
    grid = figure.subplots(len(rows), columns, squeeze=False, gridspec_kw=ratios, **settings)
    return figure, list(grid.flat)


def _row(axes: Any, y: float, values: pd.Series, look: Mapping[str, Any]) -> Interval:
    """Single seeds as faint dots, the mean as a marker, its 95 % interval as a bar, along a row."""
    return _drawn(axes, (values, np.full(len(values), y)), interval(values), y, look)


def _column(axes: Any, x: float, values: pd.Series, look: Mapping[str, Any]) -> Interval:
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


def _names(axes: Any, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=11)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(parts)


def _finish(figure: Picture, title: str, xlabel: str, alt: str) -> Picture:
    figure.supxlabel(xlabel, fontsize=11)
    figure.suptitle(f"{title}\n{BAND}" if title else BAND, fontsize=11)
    figure.alt = alt
    return figure
