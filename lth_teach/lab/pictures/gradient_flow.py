"""Figures of chapter 09: the gradient that masks keep against what they reach, along the run, and the pace it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...experiments.gradient_flow import MARKS, numbers
from ...replicates import Interval, interval
from ..plots import Picture, style
from .arm_rows import check, seeds
from .labels import label, push_apart

if TYPE_CHECKING:
    import pandas as pd

LOOKS: dict[str, tuple[str, str]] = {  # of the arms that the course's other figures do not have
    "largest gradients": ("#E69F00", "*"),
    "SNIP": ("#D55E00", "s"),
    "GraSP": ("#7F7F7F", "X"),
    "SynFlow": ("#009E73", "D"),
    "largest weights": ("#8C564B", "v"),  # as "largest at the start" in chapter 03b
}
MASKS = ("ticket", "random", *LOOKS)


def look_of(arm: str) -> dict[str, Any]:
    """Colour and marker of an arm of this chapter."""
    return style(arm, styles=LOOKS)


def reached(panels: Mapping[str, pd.DataFrame]) -> Picture:
    """Test accuracy against cos² at θ₀, a panel for each table.

    Args:
        panels: words for a panel → rows with seed, arm, share and accuracy (fractions), one a seed and arm; "dense" is
            drawn as a line.

    Raises:
        ValueError: a column is missing or an accuracy is outside 0 … 1.
    """
    figure = Picture("", 6.4, 0.5 + 3.3 * len(panels))
    told = []
    for axes, (words, rows) in zip(_panels(figure, len(panels)), panels.items(), strict=True):
        check(rows, ("seed", "arm", "accuracy", "share"))
        dense = interval(100 * rows[rows["arm"] == "dense"]["accuracy"])
        axes.axhline(dense.mean, color="black", linewidth=1.4)
        axes.text(0.01, dense.mean, f"dense {dense.mean:.1f} %", va="bottom", fontsize=11)
        said = [f"dense {dense.mean:.1f} %"]
        for arm in _there(rows):
            across, along = (_of(rows, arm, column) for column in ("share", "accuracy"))
            _cross(axes, arm, across, 100 * along)
            point = (across.mean(), 100 * along.mean())
            label(axes, arm, point, (1.03, point[1]), axes.get_yaxis_transform(), look_of(arm)["color"])
            said.append(f"{arm} {point[0]:.2f} and {point[1]:.1f} %")
        axes.set(xlim=(0, 1))
        axes.set_ylabel("test accuracy (%)", fontsize=11)
        told.append(_titled(axes, words, rows) + f": {'; '.join(said)}.")
    words = "share of the squared gradient at θ₀ that the mask keeps (cos²)"
    return _finish(figure, words, "Test accuracy against cos² at θ₀, each mask. ", told)


def along(panels: Mapping[str, pd.DataFrame]) -> Picture:
    """cos² at the steps of the run, the mean over seeds with its 95 % band, a panel for each table.

    Args:
        panels: words for a panel → rows with seed, arm and shares (text, a number for each of ``MARKS``).
    """
    figure = Picture("", 6.4, 0.5 + 3.3 * len(panels))
    told = []
    for axes, (words, rows) in zip(_panels(figure, len(panels)), panels.items(), strict=True):
        said = []
        for arm in _there(rows):
            there = [interval(column) for column in zip(*map(numbers, _of(rows, arm, "shares")), strict=True)]
            steps, means = list(MARKS[: len(there)]), [value.mean for value in there]
            look = look_of(arm)
            axes.plot(_places(steps), means, linewidth=1.8, markersize=5, **look)
            if there[0].low is not None:
                low, high = [value.low for value in there], [value.high for value in there]
                axes.fill_between(_places(steps), low, high, color=look["color"], alpha=0.18, linewidth=0)
            end = (_places(steps)[-1], means[-1])
            label(axes, arm, end, (1.03, end[1]), axes.get_yaxis_transform(), look["color"])
            said.append(f"{arm} {means[0]:.2f}, then {means[-1]:.2f}")
        named = {0, *steps[::-2]}  # every second, the last among them, so that they do not touch
        axes.set_xticks(_places(sorted(named)), [f"{step:,}" for step in sorted(named)])
        axes.set(ylim=(0, 1))
        axes.set_ylabel("cos² at this step", fontsize=11)
        told.append(_titled(axes, words, rows) + f": {'; '.join(said)}.")
    return _finish(figure, "step", "cos² along the run, at its first and its last step. ", told)


def _places(steps: Sequence[int]) -> list[float]:
    """Where steps 0, 1, 2, 5, … stand: one apart, as on a log axis that has a place for 0."""
    return [float(MARKS.index(step)) for step in steps]


def pace(panels: Mapping[str, pd.DataFrame], foretold: Mapping[str, str]) -> Picture:
    """How fast a mask is, in steps of the dense network's, against what its cos² foretells (the diagonal).

    Args:
        panels: words for a row of panels → rows with seed, arm, steps_to_loss and the columns of ``foretold``; an arm
            of which a seed never reached the loss is left out, and the alt text says so.
        foretold: column → words for the horizontal axis, such as "share": "cos² at step 0".
    """
    figure = Picture("", 6.4, 0.7 + 3.0 * len(panels))
    grid = figure.subplots(len(panels), len(foretold), sharex=True, sharey="row", squeeze=False)
    told = []
    for line, (words, rows) in zip(grid, panels.items(), strict=True):
        dense = rows[rows["arm"] == "dense"].set_index("seed")["steps_to_loss"]
        arms = [arm for arm in _there(rows) if rows[rows["arm"] == arm]["steps_to_loss"].notna().all()]
        missing = [arm for arm in _there(rows) if arm not in arms]
        said = []
        for axes, column in zip(line, foretold, strict=True):
            axes.axline((0, 0), slope=1, color="black", linestyle=":", linewidth=1.2)
            for arm in arms:
                here = rows[rows["arm"] == arm].set_index("seed")
                speed = dense.loc[here.index] / here["steps_to_loss"]
                _cross(axes, arm, here[column], speed)
                point = (here[column].mean(), speed.mean())
                if column == list(foretold)[-1]:
                    label(axes, arm, point, (1.03, point[1]), axes.get_yaxis_transform(), look_of(arm)["color"])
                said.append(f"{arm} {point[0]:.2f} and {point[1]:.2f}")
            axes.set(xlim=(0, 1))
            axes.set_ylim(bottom=0)
            axes.grid(alpha=0.25)
        line[0].set_ylabel("dense steps / its steps", fontsize=11)
        told.append(_titled(line[0], words, rows) + f": {'; '.join(said)}.")
        if missing:
            told.append(f"Left out, since some seeds never reached the loss: {', '.join(missing)}.")
    for axes, text in zip(grid[-1], foretold.values(), strict=True):
        axes.set_xlabel(text, fontsize=11)
    return _finish(figure, "", "Pace against what cos² foretells, first "
                   f"{' and then '.join(foretold.values())}. ", told)  # fmt: skip


# ---- parts


def _panels(figure: Picture, many: int) -> list[Any]:
    return list(figure.subplots(many, 1, squeeze=False).flat)


def _there(rows: pd.DataFrame) -> list[str]:
    return [arm for arm in MASKS if (rows["arm"] == arm).any()]


def _of(rows: pd.DataFrame, arm: str, column: str) -> pd.Series:
    return rows[rows["arm"] == arm].set_index("seed")[column]


def _cross(axes: Any, arm: str, across: pd.Series, along: pd.Series) -> None:
    """Single seeds as faint dots, the mean as a marker with a bar each way, its 95 % interval."""
    look = look_of(arm)
    axes.plot(across, along, color=look["color"], marker=".", markersize=4, markeredgewidth=0, alpha=0.3,
              linestyle="none")  # fmt: skip
    flat, upright = interval(across), interval(along)
    _bar(axes.hlines, upright.mean, flat, look)
    _bar(axes.vlines, flat.mean, upright, look)
    size = 12 if look["marker"] == "*" else 8  # a star fills less of its square
    axes.plot(flat.mean, upright.mean, linestyle="none", markersize=size, zorder=3, **look)


def _bar(draw: Any, at: float, value: Interval, look: Mapping[str, Any]) -> None:
    if value.low is not None and value.high is not None:
        draw(at, value.low, value.high, color=look["color"], linewidth=2)


def _titled(axes: Any, words: str, rows: pd.DataFrame) -> str:
    title = f"{words}, n = {seeds(rows, ['arm'])}"
    axes.set_title(title, fontsize=11, loc="left")
    return title


def _finish(figure: Picture, xlabel: str, first: str, told: Sequence[str]) -> Picture:
    for axes in figure.axes:
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    if xlabel:
        figure.supxlabel(xlabel, fontsize=11)
    push_apart(figure)
    figure.alt = first + " ".join(told)
    return figure


def descents(runs: Mapping[str, tuple[Sequence[float], Sequence[float], float]]) -> Picture:
    """Above, L − L* along masked descents, with what the theorem guarantees (dashed); below, cos² along them.

    Args:
        runs: words for a run → L − L* at steps 0, 1, …; cos² there; and the factor that is guaranteed at each step.
    """
    figure = Picture("", 6.4, 5.2)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 2)})
    told = []
    for place, (words, (gaps, shares, factor)) in enumerate(runs.items()):
        colour = style(words, place)["color"]
        steps = np.arange(len(gaps))
        above.plot(steps, gaps, color=colour, linewidth=2)
        above.plot(steps, gaps[0] * factor**steps, color=colour, linewidth=1.4, linestyle="--")
        below.plot(steps, shares, color=colour, linewidth=2)
        above.annotate(words, (steps[-1], gaps[-1]), xytext=(5, 0), textcoords="offset points", color=colour,
                       fontsize=11, va="center", annotation_clip=False)  # fmt: skip
        promised = gaps[0] * factor ** (len(gaps) - 1)
        told.append(
            f"{words}: L − L* from {gaps[0]:.2g} to {gaps[-1]:.2g}, guaranteed {promised:.2g}; cos² {shares[0]:.2f} "
            f"at first, {shares[-1]:.2g} at last, never below {min(shares):.2g}."
        )
    above.set(yscale="log")
    above.set_ylabel("L − L*", fontsize=11)
    below.set(ylim=(0, 1))
    below.set_ylabel("cos²", fontsize=11)
    for axes in (above, below):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    below.set_xlabel("step", fontsize=11)
    figure.suptitle("solid: measured; dashed: the theorem's bound", fontsize=11)
    figure.alt = "L − L* on a log axis, measured and guaranteed, and cos², along masked descents. " + " ".join(told)
    return figure
