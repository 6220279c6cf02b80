"""Pictures of chapter 03: tickets and the barriers between their copies, beside what they gain and who is near them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ..plots import Picture, style
from .arm_rows import only
from .stability_dots import INTERVALS, LIMIT, barrier_axis, columns, count, middle, percent, seeds, told

BLUE, PALE = style("ticket")["color"], "#8FC1E3"
RECIPES = {"plain": "o", "warm-up": "v", "low rate": "D"}  # marker
SHORT = {"plain": "", "warm-up": "warm-\nup", "low rate": "low\nrate"}  # below a narrow column


def beside_dense(rows: pd.DataFrame) -> pd.DataFrame:
    """Tickets and random masks of the study "tickets", each beside the dense network of its own recipe and seed.

    Returns:
        Their rows, barriers in points, with the columns ``dense`` (that network's accuracy, a fraction), ``gain``
        (points of test accuracy, negative where the ticket falls behind), ``copy_gain`` (the same of its second
        copy, in the other order of the data, where there is one), ``random`` (accuracy of the random mask of the same
        start, recipe and level, where there is one) and ``rise`` (points by which the line to the dense network rises
        above its worse end: the document's definition). A rise is right to about half a point: the accuracies of the
        ends were measured with BatchNorm's running averages, the barrier without.
    """
    if "recipe" not in rows:  # rows that were made here and now have the recipe that an experiment starts from
        rows = rows.assign(recipe="plain")
    keys = ["recipe", "budget", "seed"]
    dense = rows[rows["arm"] == "dense"].set_index(keys)["accuracy"].rename("dense")
    level = [*keys, "level", "k"]
    random = rows[rows["arm"] == "random"].set_index(level)["accuracy"].rename("random")
    found = rows[rows["arm"].isin(["ticket", "random"])].join(dense, on=keys).join(random, on=level)
    found["gain"] = 100 * (found["accuracy"] - found["dense"])
    found["copy_gain"] = 100 * (found["copy_accuracy"] - found["dense"])
    for column in ("barrier", "to_dense", "to_previous"):
        found[column] *= 100
    # The barrier is measured from the mean of the ends; the worse end lies half their difference above that.
    rise = found["to_dense"] - 50 * (found["copy_accuracy"] - found["dense"]).abs()
    return found.assign(rise=rise.clip(lower=0)).reset_index(drop=True)


def _kinds(rows: pd.DataFrame) -> Iterator[tuple[tuple[str, str, float], pd.DataFrame]]:
    """(arm, recipe, k) and its rows: the tickets by recipe and k, then the random masks."""
    for arm in ("ticket", "random"):
        for recipe in RECIPES:
            part = rows[(rows["arm"] == arm) & (rows["recipe"] == recipe)]
            yield from (((arm, recipe, k), part[part["k"] == k]) for k in sorted(part["k"].unique().tolist()))


def _look(arm: str, recipe: str, k: float) -> dict[str, Any]:
    """Colour of the arm, marker of the recipe; the later the start, the fuller the marker."""
    if arm == "random":
        return style("random")
    return {"color": BLUE, "marker": RECIPES[recipe], "markerfacecolor": BLUE if k > 0.01 else PALE if k else "white"}


def _title(rows: pd.DataFrame) -> str:
    return f"Two copies of each ticket, {only(rows, 'budget')} trainings"


def tickets(rows: pd.DataFrame) -> Picture:
    """Barriers between two copies of a ticket: a panel for each density, a column for each recipe and rewind point.

    Args:
        rows: what :func:`beside_dense` returned, of one budget; levels without a second copy are left out.
    """
    rows = rows.dropna(subset=["barrier"])
    panels = sorted(rows["level"].unique())
    figure = Picture("", 9.0, 4.1)
    described = []
    for axes, level in zip(figure.subplots(1, len(panels), sharey=True, squeeze=False).flat, panels, strict=True):
        part = rows[rows["level"] == level]
        groups, looks = {}, []
        for (arm, recipe, k), kind in _kinds(part):
            name = SHORT[recipe] if arm == "ticket" else "random\nmask"
            groups[f"{percent(k)}\n{name}".strip()] = kind["barrier"]
            looks.append(_look(arm, recipe, k))
        found = columns(axes, groups, looks)
        axes.tick_params(axis="x", labelsize=7)
        barrier_axis(axes, rows["barrier"].max())
        kept = f"{100 * part['density'].mean():.2g} % kept"
        axes.set_title(f"{kept}, {seeds(found)}", fontsize=11)
        described.append(f"{kept}, {seeds(found)}: {told(found)}.")
    figure.axes[0].set_ylabel("error barrier (points)")
    figure.supxlabel("rewound to this part of the training", fontsize=11)
    figure.suptitle(_title(rows), fontsize=11)
    figure.alt = (
        f"{_title(rows)}. Panels of dots, one a seed: error barrier between the two by the part of training that "
        f"the ticket is rewound to, and the recipe; medians, {INTERVALS}. {' '.join(described)}"
    )
    return figure


def gain_by_barrier(rows: pd.DataFrame) -> Picture:
    """What a ticket gains over the dense network of its recipe against its barrier: a dot a seed, a panel a density.

    The shaded corner, upper right, holds tickets that are unstable and yet keep up (not more than 1 point below).

    Args:
        rows: what :func:`beside_dense` returned, of one budget.
    """
    rows = rows.dropna(subset=["barrier"])
    panels = sorted(rows["level"].unique())
    figure = Picture("", 9.0, 4.4)
    described = []
    for axes, level in zip(figure.subplots(1, len(panels), sharey=True, squeeze=False).flat, panels, strict=True):
        part = rows[rows["level"] == level]
        numbers = {}
        for (arm, recipe, k), found in _kinds(part):
            name = f"{recipe}, {percent(k)}" if arm == "ticket" else f"random mask, {percent(k)}"
            axes.plot(found["barrier"], found["gain"], linestyle="none", label=name, **_look(arm, recipe, k))
            numbers[name] = middle(found["gain"])
        barrier_axis(axes, rows["barrier"].max(), horizontal=True)
        axes.axhline(-1, color="black", linestyle=":", linewidth=1.2)
        top = max(2.0, rows["gain"].max() + 1)
        axes.fill_between([LIMIT, axes.get_xlim()[1]], -1, top, color="#E69F00", alpha=0.15, linewidth=0)
        axes.set_ylim(min(-2.0, rows["gain"].min() - 1), top)
        kept = f"{100 * part['density'].mean():.2g} % kept, {seeds(numbers)}"
        axes.set_title(kept, fontsize=11)
        tickets_in, masks_in = (_corners(part[part["arm"] == arm]) for arm in ("ticket", "random"))
        described.append(f"{kept}: {tickets_in}{f'; random masks: {masks_in}' if masks_in else ''}.")
    figure.axes[0].annotate(
        "keeps up", (0.02, -1), (0, 3), xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=9
    )
    figure.axes[0].set_ylabel("ticket − its dense network (points)")
    figure.axes[len(panels) // 2].set_xlabel("error barrier between its two copies (points)", fontsize=11)
    handles = {name: handle for axes in figure.axes for handle, name in zip(*axes.get_legend_handles_labels())}
    figure.suptitle(_title(rows), fontsize=11)
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    figure.alt = (
        f"{_title(rows)}. Scatter plots, one dot a ticket: its accuracy minus that of the dense network of its recipe "
        f"against the error barrier, by recipe and rewind point. {' '.join(described)}"
    )
    return figure


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Medians of barrier, accuracies and gain, and how many are stable, keep up, and beat the random mask there.

    Args:
        rows: what :func:`beside_dense` returned, of one budget; levels without a second copy are left out.

    Returns:
        A row for each density, recipe and rewind point. "keeps up": not more than 1 point below the dense network of
        its recipe, in the order of the data that found the mask; "other order": the same of the second copies. "beats
        random": of the seeds that have a random mask with the same start.
    """
    lines = {}
    for level in sorted(rows.dropna(subset=["barrier"])["level"].unique()):
        part = rows[rows["level"] == level]
        for (arm, recipe, k), found in _kinds(part):
            name = recipe if arm == "ticket" else "random mask"
            copied, compared = found.dropna(subset=["barrier"]), found.dropna(subset=["random"])
            beaten = compared["accuracy"] > compared["random"]
            lines[f"{100 * part['density'].mean():.2g} %, {name}, {percent(k)}"] = {
                "barrier": str(middle(copied["barrier"])) if len(copied) else "–",
                "stable": count(copied["barrier"] < LIMIT),
                "accuracy": f"{100 * found['accuracy'].median():.1f}",
                "its dense": f"{100 * found['dense'].median():.1f}",
                "gain": str(middle(found["gain"])),
                "keeps up": count(found["gain"] > -1),
                "other order": count(copied["copy_gain"] > -1),
                "beats random": count(beaten) if arm == "ticket" else "–",
            }
    return pd.DataFrame(lines).T.rename_axis("kept, recipe, k")


def _corners(part: pd.DataFrame) -> str:
    """How many dots lie in each corner, in words; nothing where there are none."""
    stable, ahead = part["barrier"] < LIMIT, part["gain"] > -1
    kinds = {"stable, keeps up": stable & ahead, "stable, behind": stable & ~ahead}
    kinds |= {"unstable, keeps up": ~stable & ahead, "unstable, behind": ~stable & ~ahead}
    return "; ".join(f"{name} {found.sum()}" for name, found in kinds.items()) if len(part) else ""
