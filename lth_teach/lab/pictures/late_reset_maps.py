"""Chapter 05's drawings: what each way of rewinding trains, mask crossed with start, and the stability map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Rectangle

from ...replicates import Interval, interval
from ..plots import STYLES, Picture
from .arm_rows import seeds
from .late_reset import GAP, gaps, signed, start_name
from .stability_dots import INTERVALS, LIMIT, Middle, middle

if TYPE_CHECKING:
    import pandas as pd

PART = 0.2  # where k is drawn: far too late, so that it can be seen
ENDS = (0.5, 32.0)  # points of barrier at which the map's colours end
KEY = (0.5, 1, 2, 4, 8, 16, 32)  # points beside its colour key
UNSAID = "cannot say"
SIGNS = {"keeps up": " ✓", "behind": "", UNSAID: " ?"}
WAYS = (  # name, where a later level's weights start, where its schedule starts
    ("start again\n(notebook 02)", "θ₀", 0.0),
    ("late reset", "θ_k", PART),
    ("learning-rate\nrewinding", "stay", 0.0),
)


def three_ways() -> Picture:
    """The learning rate over the steps that each training takes, for three ways of rewinding; a level is a row."""
    figure = Picture(
        "Nine small panels: three ways of rewinding, each with its dense training and two levels. The filled curve is "
        "the learning rate over the steps that are trained. Starting again: every level starts from θ₀ and trains all "
        "steps. Late reset: every level starts from θ_k and trains the steps from k on; the first k, drawn as a "
        "fifth of the training so that they can be seen, are left out. "
        "Learning-rate rewinding: every level starts from the weights as they are and trains all steps.",
        7.6,
        4.2,
    )
    grid = figure.subplots(3, 3, sharex="col", sharey=True)
    steps = np.linspace(0, 1, 101)
    for column, (name, start, first) in zip(grid.T, WAYS, strict=True):
        column[0].set_title(f"{name}\n(k drawn far too late)" if first else name, fontsize=11)
        column[0].set_xticks([0, first, 1] if first else [0, 1], ["0", "k", "T"] if first else ["0", "T"])
        for level, axes in enumerate(column):
            begin = first if level else 0.0
            trained = steps[steps >= begin - 1e-9]
            colour = STYLES["ticket" if level else "dense"][0]
            axes.fill_between(trained, (1 + np.cos(math.pi * trained)) / 2, color=colour, alpha=0.35, linewidth=0)
            axes.axvline(begin, color=colour, linewidth=2)
            words = "weights stay" if start == "stay" else f"from {start}"
            axes.text(0.98, 0.9, words if level else "from θ₀", transform=axes.transAxes, ha="right", va="top")
            if first:
                axes.axvline(first, color="#555555", linestyle=":", linewidth=1)
            axes.set_ylim(0, 1.08)
            axes.set_yticks([])
            axes.set_xlim(-0.03, 1.03)
            axes.spines[["top", "right", "left"]].set_visible(False)
    for axes, row in zip(grid[:, 0], ("dense", "level 1", "level 2"), strict=True):
        axes.set_ylabel(row, fontsize=11)
    figure.supxlabel("step (height: its learning rate)", fontsize=11)
    return figure


def crossed(rows: pd.DataFrame, *, level: int) -> Picture:
    """Mask found from step 0 or from k × start at step 0 or k: mean points above dense, a panel for each budget."""
    cells = {("from 0", "θ₀"): ("ticket", 0.0), ("from 0", "θ_k"): ("early mask, late start", None)}
    cells |= {("from k", "θ₀"): ("late mask, early start", None), ("from k", "θ_k"): ("ticket", None)}
    chosen = gaps(rows[rows["level"].isin([0, level])])
    late = float(chosen[chosen["arm"] == "early mask, late start"]["k"].iloc[0])
    budgets = list(chosen["budget"].unique())
    found = {}
    for budget in budgets:
        part = chosen[chosen["budget"] == budget]
        for cell, (arm, k) in cells.items():
            wanted = late if k is None and cell[1] == "θ_k" else 0.0
            found[budget, cell] = interval(part[(part["arm"] == arm) & (part["k"] == wanted)]["gap"])
    figure, told = Picture("", 7.6, 3.4), []
    for axes, budget in zip(figure.subplots(1, len(budgets), squeeze=False).flat, budgets, strict=True):
        grid = np.array([found[budget, cell].mean for cell in cells]).reshape(2, 2)
        drawn = axes.imshow(grid, cmap="cividis", aspect="auto")
        for place, cell in enumerate(cells):
            one = found[budget, cell]
            red, green, blue, _ = drawn.cmap(drawn.norm(one.mean))
            ink = "black" if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.18 else "white"
            mean, _, bounds = signed(one).partition(" ")
            axes.text(place % 2, place // 2 - 0.08, mean, color=ink, fontsize=18, ha="center", va="center")
            axes.text(place % 2, place // 2 + 0.22, bounds, color=ink, fontsize=11, ha="center", va="center")
            told.append(f"{budget} budget, mask {cell[0]}, start {cell[1]}: {signed(one)}")
        axes.set_xticks([0, 1], ["start θ₀", f"start θ_k, k = {start_name(late)}"], fontsize=11)
        axes.set_yticks([0, 1], ["mask\nfrom 0", "mask\nfrom k"], fontsize=11)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        n = seeds(chosen[(chosen["budget"] == budget) & (chosen["arm"] == "ticket")], ["k"])
        axes.set_title(f"{budget} budget, n = {n}", fontsize=11)
    kept = f"{100 * chosen['density'].mean():.1f} % kept"
    figure.suptitle(f"{GAP.capitalize()}, {kept}, 95 % intervals", fontsize=12)
    figure.alt = f"Four cells for each budget, {GAP}, {kept}. {'; '.join(told)}."
    return figure


def stability_map(rows: pd.DataFrame, *, recipes: Sequence[str] = ("plain", "warm-up", "low rate")) -> Picture:
    """Median barrier of each ticket, by start and recipe (down) and density (across); frames say if it keeps up.

    A frame: the whole 95 % interval of ticket − dense lies above −1 point. Dashed: it holds −1 point, so it may or may
    not. None: it lies below. The colour turns at 2 points, the course's limit for *stable*; a question mark beside the
    barrier: the interval of its median holds 2 points, or there are too few seeds for one.

    Args:
        rows: columns as for :func:`gaps`, and barrier (a fraction).
    """
    found = gaps(rows)
    found = found[found["barrier"].notna()]
    lines = [
        (arm, recipe, k)
        for recipe in recipes
        for arm in ("ticket", "random")
        for k in sorted(found[(found["recipe"] == recipe) & (found["arm"] == arm)]["k"].unique())
    ]
    levels, budgets = sorted(found["level"].unique()), list(found["budget"].unique())
    figure, told = Picture("", 8.6, 1.5 + 0.62 * len(lines)), []
    names = [f"{'random mask' if arm == 'random' else recipe}, k = {start_name(k)}" for arm, recipe, k in lines]
    for axes, budget in zip(figure.subplots(1, len(budgets), sharey=True, squeeze=False).flat, budgets, strict=True):
        part, cells = found[found["budget"] == budget], np.full((len(lines), len(levels)), np.nan)
        for row, (arm, recipe, k) in enumerate(lines):
            line = part[(part["arm"] == arm) & (part["recipe"] == recipe) & (part["k"] == k)]
            words = []
            for column, level in enumerate(levels):
                like = line[line["level"] == level]
                if not like.empty:
                    ridge, gap = middle(100 * like["barrier"]), interval(like["gap"])
                    cells[row, column] = ridge.median
                    sign, doubt = SIGNS[keeps_up(gap)], " ?" if stable(ridge) == UNSAID else ""
                    _cell(axes, row, column, f"{ridge.median:.1f}{doubt}", gap, sign)
                    kept = f"{_kept(like, level)} kept"
                    words.append(f"{kept}: {ridge}{doubt}, {signed(gap)}{sign}")
            if words:
                told.append(f"{budget}, {names[row]}: {'; '.join(words)}.")
        # Log axis around the limit: a quarter of it is as purple as four times it is orange. Pale enough for black ink.
        drawn = axes.imshow(np.log2(np.clip(cells, *ENDS) / LIMIT), cmap="PuOr_r", vmin=-6, vmax=6, aspect="auto")
        axes.patch.set(hatch="///", edgecolor="#BBBBBB")  # seen where there is no cell
        axes.set_xticks(range(len(levels)), [_kept(part, level) for level in levels], fontsize=11)
        axes.set_yticks(range(len(lines)), names, fontsize=11)
        axes.tick_params(length=0)
        axes.set_xlabel("weights kept", fontsize=11)
        axes.set_title(f"{budget} budget, n = {seeds(part, ['arm', 'recipe', 'k', 'level'])}", fontsize=11)
    bar = figure.colorbar(drawn, ax=figure.axes, orientation="horizontal", aspect=50, shrink=0.7)
    bar.set_ticks([math.log2(points / LIMIT) for points in KEY], labels=[f"{points:g}" for points in KEY])
    bar.ax.set_xlim(*(math.log2(points / LIMIT) for points in ENDS))
    bar.set_label("error barrier (points), the large number; purple: stable, orange: not; ?: cannot say", fontsize=11)
    figure.suptitle(
        "Small: points above the dense network of the same recipe.\n"
        "Framed: keeps up. Dashed: cannot say. No frame: behind. Hatched: not run.",
        fontsize=11,
    )
    figure.alt = (
        f"Table, start by density: the error barrier between two copies in points, medians, {INTERVALS}, ? where that "
        "cannot say whether it is below 2; then the points above the dense network of the same recipe with their 95 % "
        f"interval; ✓ where it keeps up, ? where the interval cannot say. {' '.join(told)}"
    )
    return figure


def _kept(rows: pd.DataFrame, level: int) -> str:
    return f"{100 * rows[rows['level'] == level]['density'].mean():.2g} %"


def keeps_up(gap: Interval) -> str:
    """ "keeps up" where the whole interval lies above −1 point, "behind" where below, else (or without one) UNSAID."""
    if gap.low is None or gap.high is None or gap.low <= -1 <= gap.high:
        return UNSAID
    return "keeps up" if gap.low > -1 else "behind"


def stable(ridge: Middle) -> str:
    """ "stable" where the median's whole interval lies below 2 points, "unstable" where above, else UNSAID."""
    if ridge.low is None or ridge.high is None or ridge.low <= LIMIT <= ridge.high:
        return UNSAID
    return "stable" if ridge.high < LIMIT else "unstable"


def _cell(axes: Any, row: int, column: int, ridge: str, gap: Interval, sign: str) -> None:
    axes.text(column, row - 0.14, ridge, fontsize=15, fontweight="bold", ha="center", va="center")
    axes.text(column, row + 0.24, signed(gap).partition(" ")[0], fontsize=13, ha="center", va="center")
    if sign:
        line: dict[str, Any] = {"edgecolor": "#0072B2", "linewidth": 2.5, "linestyle": "--" if "?" in sign else "-"}
        frame = Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, **line)
        axes.add_patch(frame)
