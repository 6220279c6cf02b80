"""Figures of chapter 03b: arms at a tenth of the weights, how far weights move, what places give, noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..plots import STYLES, Picture
from . import explanations_parts as parts
from .arm_rows import NOISY, check, look_of, seeds

if TYPE_CHECKING:
    import pandas as pd

TRAININGS = {  # arm → how the figure calls it
    "dense": "the order that chose the mask",
    "dense, other order": "another order of the data",
    "dense, another start": "another start",
}
LADDER = ("ticket", "noise 0.5σ", "noise 1σ", "noise 2σ", "noise 4σ", "re-initialised")
PLACES = {
    "ticket": "the ticket",
    "re-initialised": "its places with new values",
    "largest at the start": "the largest at the start",
}
MASKS = {"moved": ("the ticket's weights", "ticket"), "moved_largest": ("the largest at the start", "largest")}


def reached(panels: Mapping[str, pd.DataFrame], arms: Sequence[str], *, title: str) -> Picture:
    """Test accuracy of each arm, a row an arm, a panel for each table, all of one scale.

    Args:
        panels: words for a panel → rows with seed, arm and accuracy (a fraction), one a seed and arm.
        arms: which arms, from top to bottom; one that a panel lacks is left out there.

    Raises:
        ValueError: a column is missing or an accuracy is outside 0 … 1.
    """
    shown = {words: [arm for arm in arms if (rows["arm"] == arm).any()] for words, rows in panels.items()}
    figure, grid = parts.panels([len(there) for there in shown.values()])
    told = []
    for axes, (words, rows) in zip(grid, panels.items(), strict=True):
        check(rows, ("seed", "arm", "accuracy"))
        found = {}
        for row, arm in enumerate(shown[words]):
            found[arm] = parts.row(axes, row, 100 * rows[rows["arm"] == arm]["accuracy"], look_of(arm))
        parts.names(axes, shown[words])
        label = f"{words}, n = {seeds(rows[rows['arm'].isin(arms)], ['arm'])}"
        axes.set_title(label, fontsize=11, loc="left")
        told.append(f"{label}: {', '.join(f'{arm} {value.mean:.1f} %' for arm, value in found.items())}.")
    parts.equally_wide(grid)
    return parts.finish(figure, title, "test accuracy (%)", "Test accuracy of each arm. " + " ".join(told))


def movement(
    panels: Mapping[str, pd.DataFrame], mine: float | None = None, kind: Mapping[str, Any] | None = None
) -> Picture:
    """How far weights move in three dense trainings, over as many weights of each layer at random.

    Args:
        panels: words for a panel → rows with seed, arm, moved and moved_largest, of the arms of ``TRAININGS``.
        mine: the ratio of one's own run in another order, a hollow marker in the panel whose rows have its setting.
        kind: that setting, column → value.
    """
    figure, grid = parts.panels([len(TRAININGS) * 1.2] * len(panels), sharex=True)
    told = []
    for axes, (words, rows) in zip(grid, panels.items(), strict=True):
        means = []
        for row, (arm, name) in enumerate(TRAININGS.items()):
            here = rows[rows["arm"] == arm]
            for column, (_, mask) in MASKS.items():
                value = parts.row(axes, row + (0.16 if mask == "largest" else -0.16), here[column], look_of(mask))
                if mask == "ticket":
                    means.append(f"{name} {value.mean:.2f}")
        axes.axvline(1, color="black", linewidth=1)
        parts.names(axes, list(TRAININGS.values()))
        label = f"{words}, n = {seeds(rows[rows['arm'].isin(TRAININGS)], ['arm'])}"
        if mine is not None and parts.like(rows, kind or {}):
            fresh = list(TRAININGS).index("dense, other order")
            parts.own_run(axes, [(mine, fresh - 0.16, look_of("ticket"))], 1.0, 0.44)
            means.append("a hollow marker for your run")
        axes.set_title(label, fontsize=11, loc="left")
        largest = rows[rows["arm"].isin(TRAININGS)].groupby("arm")["moved_largest"].mean()
        told.append(f"{label}: {', '.join(means)}; the largest at the start at most {largest.max():.2f}.")
    for y, (name, mask) in zip((0.28, 0.12), MASKS.values(), strict=True):
        colour = look_of(mask)["color"]
        grid[0].text(1.0, y, name, color=colour, fontsize=11, ha="right", va="center", transform=grid[0].transAxes)
    alt = "How far the ticket's weights move, over weights at random. " + " ".join(told)
    return parts.finish(figure, "", "distance moved, over weights at random (1 = as far)", alt)


def over_random(panels: Mapping[str, pd.DataFrame]) -> Picture:
    """By how much the ticket beats a random mask, how much of that its places give with new values, and its start
    under a mask that needs no training.

    Args:
        panels: words for a case → rows with seed, arm and accuracy, of the arms of ``PLACES`` and "random", at one
            density.
    """
    figure = Picture("", 6.4, 1.3 + 0.95 * len(panels))
    axes = figure.add_subplot()
    told, names = [], []
    for y, (words, rows) in enumerate(panels.items()):
        check(rows, ("seed", "arm", "accuracy"))
        arms = {arm: rows[rows["arm"] == arm] for arm in (*PLACES, "random")}
        leads = {arm: parts.leads(arms[arm], arms["random"]) for arm in PLACES}
        found = [
            parts.row(axes, y + shift, lead, look_of(arm))
            for shift, (arm, lead) in zip((-0.25, 0, 0.25), leads.items(), strict=True)
        ]
        share = parts.share(leads["re-initialised"], leads["ticket"])
        percent = f"{share.mean:.0f}" + ("" if share.low is None else f" [{share.low:.0f}, {share.high:.0f}]")
        axes.text(1.03, y, f"{percent} %", transform=axes.get_yaxis_transform(), va="center", fontsize=11)
        label = f"{words}, n = {seeds(arms['random'], ['arm'])}"
        names.append(label.replace(", n", "\nn"))
        values = ", ".join(f"{name} {parts.said(value)}" for name, value in zip(PLACES.values(), found, strict=True))
        beyond = parts.said(parts.difference(arms["re-initialised"], arms["largest at the start"]))
        told.append(f"{label}: {values}; the places give {percent} % of it, and lead the largest by {beyond}.")
    axes.axvline(0, color="black", linewidth=1)
    parts.names(axes, names)
    axes.text(1.03, 1.03, "share", transform=axes.transAxes, fontsize=11, color=STYLES["re-initialised"][0])
    for height, (arm, name) in zip((0.23, 0.14, 0.05), PLACES.items(), strict=True):
        colour = look_of(arm)["color"]
        axes.text(0.99, height, name, color=colour, fontsize=11, ha="right", transform=axes.transAxes)
    alt = "Points of test accuracy above a random mask. " + " ".join(told)
    return parts.finish(figure, "", "points of test accuracy above a random mask", alt)


def noise(
    panels: Mapping[str, pd.DataFrame], mine: Mapping[str, float] | None = None, kind: Mapping[str, Any] | None = None
) -> Picture:
    """Test accuracy against noise on the ticket's start, up to a new draw; below, how many signs are left.

    The alt text also tells how many new draws come within a point of the ticket of their seed.

    Args:
        panels: words for a panel → rows with seed, arm, accuracy and signs, of one data set and budget, at one density.
        mine: arm → accuracy of one's own run, hollow markers in the panel whose rows have its setting.
        kind: that setting, column → value.
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
            value = parts.column(axes, x, 100 * part["accuracy"], look_of(arm))
            cost = parts.difference(rows[rows["arm"] == "ticket"], part)
            means.append(value.mean)
            signs = 100.0 if arm == "ticket" else 100 * part["signs"].mean()
            name = {"ticket": "no noise", "re-initialised": "new draw"}.get(arm, arm.removeprefix("noise "))
            ticks.append(f"{name}\n{signs:.0f} %")
            less = "" if arm == "ticket" else f", {parts.said(cost)} below"
            said.append(f"{name} {value.mean:.1f} %{less} ({signs:.0f} % of the signs)")
        near = parts.leads(rows[rows["arm"] == "re-initialised"], rows[rows["arm"] == "ticket"]) > -1
        said[-1] += f"; {near.sum()} of {len(near)} new draws within a point of their ticket"
        on = len(ladder) - ("re-initialised" in ladder)  # a new draw is no larger noise: the line ends before it
        axes.plot(places[:on], means[:on], color=NOISY["color"], linewidth=1.2, zorder=1)
        axes.set_xticks(places, ticks)
        axes.set_ylabel("test accuracy (%)", fontsize=11)
        axes.grid(axis="y", alpha=0.25)
        label = f"{words}, n = {seeds(rows[rows['arm'].isin(ladder)], ['arm'])}"
        if mine and parts.like(rows, kind or {}):
            own = [(LADDER.index(arm), 100 * mine[arm], look_of(arm)) for arm in ladder if arm in mine]
            parts.own_run(axes, own, 0.02, 0.12)
            said.append("hollow markers for your run")
        axes.set_title(label, fontsize=11, loc="left")
        told.append(f"{label}: {'; '.join(said)}.")
    parts.equally_wide(grid, "y", to=101)
    grid[-1].set_xlabel("noise on the start, and how many survivors keep their sign", fontsize=11)
    figure.suptitle(parts.BAND, fontsize=11)
    figure.alt = "Test accuracy against noise on the ticket's start. " + " ".join(told)
    return figure
