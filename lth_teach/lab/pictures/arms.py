"""The arms of an experiment against density and against cost, and the 2 × 2 of signs and sizes (chapter 02)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from ...replicates import interval
from ..plots import Picture, density_axis
from .arm_rows import check, look_of, only, seeds
from .labels import label, push_apart

if TYPE_CHECKING:
    import pandas as pd

SHOWN = {"mnist1d": "MNIST-1D", "mnist5k": "MNIST digits"}
CELLS = {  # (signs, sizes) → the arm that keeps or breaks them
    ("kept", "kept"): "ticket",
    ("kept", "redrawn"): "signs kept",
    ("shuffled", "kept"): "sizes kept",
    ("shuffled", "redrawn"): "re-initialised",
}


def arms(rows: pd.DataFrame, *, title: str, mine: pd.DataFrame | None = None, alt: str | None = None) -> Picture:
    """Accuracy against the percent of weights kept: a panel for each data set, a line for each arm.

    A line joins the means; the faint dots are the single seeds. The dense network is a dashed line at its mean.

    Args:
        rows: columns data, budget, seed, arm, density (fraction) and accuracy (fraction). One budget a data set.
        mine: the same columns, the learner's own run, drawn as large hollow markers.
        alt: text in place of the one that gives the means at the lowest density.

    Raises:
        ValueError: a column is missing, an accuracy is outside 0 … 1, or a data set has more than one budget.
    """
    for table in (rows,) if mine is None else (rows, mine):
        check(table, ("data", "budget", "seed", "arm", "density", "accuracy"))
    panels = {str(data): part for data, part in rows.groupby("data", sort=False)}
    figure = Picture("", 6.4, 0.5 + 2.9 * len(panels))
    seen = []
    for axes, (data, part) in zip(figure.subplots(len(panels), squeeze=False).flat, panels.items(), strict=True):
        words = f"{SHOWN.get(data, data)}, {only(part, 'budget')} budget, n = {seeds(part, ['arm', 'density'])}"
        ends = _lines(axes, part)
        axes.set_title(words, fontsize=11, loc="left")
        axes.set_ylabel("test accuracy (%)", fontsize=11)
        axes.set_xlim(90 * rows["density"].min(), 108)
        density_axis(axes)
        axes.xaxis.label.set_fontsize(11)
        if mine is not None and (mine["data"] == data).any():
            _own_run(axes, mine[mine["data"] == data], part)
        seen.append(f"{words}. {_told(ends)}")
    figure.suptitle(f"{title}\ndots: single seeds, lines: their means", fontsize=11)
    own = " Large hollow markers: your run." if mine is not None else ""
    figure.alt = alt or f"Test accuracy against weights kept, a line for each arm. {' '.join(seen)}{own}"
    push_apart(figure)
    return figure


def _lines(axes: Any, part: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Draw the arms of one panel with their labels; arm → (density, mean) at the right end of its line, in percent."""
    ends = {}
    names = [str(arm) for arm in part["arm"].unique()]
    for position, arm in enumerate(names):
        chosen, look = part[part["arm"] == arm], look_of(arm, position)
        # The dots of two arms lie side by side.
        shift = 1.0 if arm == "dense" else 1 + 0.018 * (position - (len(names) - 1) / 2)
        dots = {"marker": ".", "markersize": 6, "markeredgewidth": 0, "alpha": 0.45, "linestyle": "none"}
        axes.plot(100 * chosen["density"] * shift, 100 * chosen["accuracy"], color=look["color"], zorder=1, **dots)
        means = 100 * chosen.groupby("density")["accuracy"].mean().sort_index(ascending=False)
        if arm == "dense":
            mean = 100 * float(chosen["accuracy"].mean())
            axes.axhline(mean, color="black", linestyle="--", linewidth=1.2, zorder=2)
            ends[arm] = (100 * float(part["density"].min()), mean)
        else:
            axes.plot(100 * means.index, means, markersize=5.5, linewidth=1.8, zorder=3, **look)
            ends[arm] = (100 * float(means.index[-1]), float(means.iloc[-1]))
        label(axes, arm, ends[arm], (1.03, ends[arm][1]), axes.get_yaxis_transform(), look["color"])
    return ends


def _told(ends: dict[str, tuple[float, float]]) -> str:
    """The right ends of the lines in words, from high to low."""
    sparsest = min(density for density, _ in ends.values())
    values = []
    for arm, (density, mean) in sorted(ends.items(), key=lambda item: -item[1][1]):
        where = "" if density == sparsest else f" (at {density:.3g} %)"
        values.append(f"{arm} {mean:.1f} %{' (dashed line)' if arm == 'dense' else where}")
    return f"At {sparsest:.3g} % of the weights, from high to low: {', '.join(values)}."


def _own_run(axes: Any, mine: pd.DataFrame, part: pd.DataFrame) -> None:
    """Large hollow markers of one run, and what they are, at the lower left, where falling lines leave room."""
    if set(mine["budget"]) != set(part["budget"]):
        raise ValueError(
            f"mine has the budget {set(mine['budget'])}, rows {set(part['budget'])}; compare like with like"
        )
    names = list(dict.fromkeys([*part["arm"], *mine["arm"]]))
    hollow: dict[str, Any] = {"markersize": 11, "markerfacecolor": "none", "markeredgewidth": 1.8, "linestyle": "none"}
    for arm, own in mine.groupby("arm", sort=False):
        look = look_of(str(arm), names.index(arm))
        axes.plot(100 * own["density"], 100 * own["accuracy"], zorder=4, **hollow, **look)
    key = Line2D([], [], marker="o", color="#333333", **hollow, label="your run")
    axes.legend(handles=[key], loc="lower left", frameon=False, fontsize=11, handletextpad=0.3)


def two_by_two(rows: pd.DataFrame, *, density: float) -> Picture:
    """Signs kept or shuffled × sizes kept or redrawn: mean accuracy with its 95 % interval in each of the four cells.

    Args:
        rows: columns seed, arm, density and accuracy (fractions) of one data set, with the arms of ``CELLS``.
        density: fraction of the weights kept; the rows within 2 % of it are taken.

    Raises:
        ValueError: a column or one of the four arms is missing, or there is more than one data set, budget or density.
    """
    check(rows, ("seed", "arm", "density", "accuracy"))
    chosen = rows[(rows["density"] / density - 1).abs() < 0.02]
    if set(CELLS.values()) - set(chosen["arm"]) or chosen["density"].nunique() != 1:
        there = sorted(zip(rows["density"], rows["arm"], strict=True))
        found = ", ".join(f"{arm} at {kept:.4g}" for kept, arm in dict.fromkeys(there)) or "none"
        raise ValueError(f"density {density:g} needs the arms {', '.join(CELLS.values())}; there are: {found}")
    chosen = chosen[chosen["arm"].isin(CELLS.values())]
    data = [SHOWN.get(name, name) for name in [only(chosen, "data")] if name]
    budget = [f"{name} budget" for name in [only(chosen, "budget")] if name]
    cells = {cell: interval(chosen[chosen["arm"] == arm]["accuracy"], 100) for cell, arm in CELLS.items()}
    words = ", ".join([*data, *budget, f"{100 * density:.3g} % kept", f"n = {seeds(chosen, ['arm'])}"])
    told = "; ".join(
        f"signs {signs}, sizes {sizes} ({CELLS[signs, sizes]}): {value.mean:.1f} %"
        for (signs, sizes), value in cells.items()
    )
    figure = Picture(f"Mean test accuracy in four cells, {words}. {told}.", 5.2, 4.2)
    axes = figure.add_subplot()
    grid = np.array([value.mean for value in cells.values()]).reshape(2, 2)
    drawn = axes.imshow(grid, cmap="cividis", aspect="auto")
    for place, (arm, value) in enumerate(zip(CELLS.values(), cells.values(), strict=True)):
        red, green, blue, _ = drawn.cmap(drawn.norm(grid.flat[place]))
        ink = "black" if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.18 else "white"
        bounds = "" if value.low is None else f"[{value.low:.1f}, {value.high:.1f}]"
        name = arm if arm not in ("signs kept", "sizes kept") else f"only the {arm}"
        for text, size, lift in ((name, 11, -0.24), (f"{value.mean:.1f} %", 20, 0.0), (bounds, 11, 0.24)):
            axes.text(place % 2, place // 2 + lift, text, color=ink, fontsize=size, ha="center", va="center")
    axes.set_xticks([0, 1], ["sizes kept", "sizes redrawn"], fontsize=12)
    axes.set_yticks([0, 1], ["signs\nkept", "signs\nshuffled"], fontsize=12)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.axhline(0.5, color="white", linewidth=3)
    axes.axvline(0.5, color="white", linewidth=3)
    figure.suptitle(f"Test accuracy: {words}\nin brackets: 95 % interval", fontsize=11)
    return figure


def cost(rows: pd.DataFrame) -> Picture:
    """Accuracy with its 95 % interval against the trainings paid (log axis), one labelled point an arm.

    Args:
        rows: columns arm, trainings (1 or more, in units of one dense training) and accuracy (fraction); a row a seed.
            "dense, 12 times as long" looks like "dense": what stands before a comma decides.

    Raises:
        ValueError: a column is missing, an accuracy is outside 0 … 1, or an arm has two numbers of trainings.
    """
    check(rows, ("arm", "trainings", "accuracy"))
    figure = Picture("", 6.4, 3.8)
    axes = figure.add_subplot()
    told = []
    for position, (arm, part) in enumerate(rows.groupby("arm", sort=False)):
        paid, look = float(only(part, "trainings")), look_of(str(arm), position)
        value = interval(part["accuracy"], 100)
        if value.low is not None and value.high is not None:
            axes.vlines(paid, value.low, value.high, color=look["color"], linewidth=2)
        fill = "white" if "," in str(arm) else look["color"]
        axes.plot([paid], [value.mean], markersize=8, markerfacecolor=fill, markeredgewidth=1.8, **look)
        label(axes, str(arm), (paid, value.mean), (1.12 * paid, value.mean), axes.transData, look["color"])
        told.append((value.mean, f"{arm} {value.mean:.1f} % for {paid:g}"))
    axes.set_xscale("log")
    ticks = sorted(float(paid) for paid in rows["trainings"].unique())
    axes.set_xlim(ticks[0] / 1.25, ticks[-1] * 1.25)
    axes.set_xticks(ticks, [f"{paid:g}" for paid in ticks])
    axes.spines[["top", "right"]].set_visible(False)  # labels go on beyond the right end
    axes.set_xticks([], minor=True)
    axes.set_xlabel("trainings paid (log axis)", fontsize=11)
    axes.set_ylabel("test accuracy (%)", fontsize=11)
    axes.grid(alpha=0.25)
    budget = f"{only(rows, 'budget')} budget; " if "budget" in rows else ""
    axes.set_title(f"{budget}bar: 95 % interval, n = {seeds(rows, ['arm'])}", fontsize=11)
    in_order = ", ".join(text for _, text in sorted(told)[::-1])
    figure.alt = f"Accuracy against trainings paid, from high to low: {in_order}."
    push_apart(figure)
    return figure
