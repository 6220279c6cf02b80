"""Pictures of chapter 03: error barriers of dense networks by the part of training they share, and of other pairs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...experiments import archive
from ..plots import Picture, style
from .arm_rows import only
from .stability_dots import INTERVALS, LIMIT, barrier_axis, columns, count, middle, percent, seeds, told

DENSE, BLUE = style("dense")["color"], style("ticket")["color"]
PAIRS = {
    "barrier": "two\nticket\ncopies",
    "to_previous": "ticket,\nlevel\nbefore",
    "to_dense": "ticket,\ndense",
    "rise": "the same,\nabove the\nworse end",
}


def answer(copies: pd.DataFrame, tickets: pd.DataFrame, level: int) -> Picture:
    """Left, the barrier between two dense copies against the part of training they share; right, what tickets lose.

    Args:
        copies: rows of the study "copies" of one budget.
        tickets: what ``stable_tickets.beside_dense`` returned, of the same budget and one recipe.
        level: of the tickets on the right.
    """
    figure = Picture("", width=9.0, height=3.9)
    left, right = figure.subplots(1, 2, width_ratios=(5, 3.6))
    parted = copies[copies["arm"] == "copies"]
    groups = {percent(k): 100 * part["barrier"] for k, part in parted.groupby("k")}
    barriers = columns(left, groups, [style("dense")] * len(groups))
    barrier_axis(left, max(values.max() for values in groups.values()))
    left.set(xlabel="part of the training that two copies share (k)", ylabel="error barrier (points)")
    left.set_title(f"Dense network: two copies, {seeds(barriers)}", fontsize=11)
    _note(left, "stable below 2", LIMIT)
    chosen = tickets[(tickets["level"] == level) & (tickets["arm"] == "ticket")]
    kept = 100 * chosen["density"].mean()
    groups = {percent(k): part["gain"] for k, part in chosen.groupby("k")}
    gains = columns(right, groups, [style("ticket")] * len(groups))
    right.axhline(0, color="black", linestyle="--", linewidth=1.2)
    _note(right, "dense", 0)
    right.set(xlabel="part of the training after which it starts (k)", ylabel="ticket − dense (points)")
    right.set_title(f"Tickets, {kept:.2g} % kept, {seeds(gains)}", fontsize=11)
    right.grid(alpha=0.25)
    figure.alt = (
        "Two panels of dots, one a seed. Left: error barrier between two copies of the dense network against the part "
        f"of the training that they share; medians, {INTERVALS}: {told(barriers)} points. A dotted line marks 2 "
        f"points. Right: accuracy of tickets with {kept:.2g} % of the weights minus that of the dense network, against "
        f"the part of the training after which they start: {told(gains)} points."
    )
    return figure


def _note(axes: Any, text: str, height: float) -> None:
    """A few words on a horizontal line, at its left end."""
    axes.annotate(text, (0.02, height), (0, 3), xycoords=("axes fraction", "data"), textcoords="offset points")


def pairs(rows: pd.DataFrame, copies: pd.DataFrame, level: int) -> Picture:
    """Barriers of four pairs for each rewind point; that of ticket and dense network by two definitions.

    Args:
        rows: what ``stable_tickets.beside_dense`` returned, of one budget and one recipe.
        copies: rows of the study "copies" of that budget: two dense networks that part at the rewind point.
        level: of the tickets.
    """
    chosen = rows[(rows["level"] == level) & (rows["arm"] == "ticket")]
    parted = copies[copies["arm"] == "copies"]
    figure = Picture("", 9.4, 4.4)
    splits = list(chosen.groupby("k"))
    described = []
    for axes, (k, part) in zip(figure.subplots(1, len(splits), sharey=True, squeeze=False).flat, splits, strict=True):
        groups = {"two\ndense\ncopies": 100 * parted[parted["k"] == k]["barrier"]}
        groups |= {name: part[column] for column, name in PAIRS.items()}
        colours = [DENSE, BLUE, BLUE, BLUE, "0.45"]
        found = columns(axes, groups, [{"color": colour, "marker": "o"} for colour in colours])
        most = max(100 * parted["barrier"].max(), chosen[[*PAIRS]].max().max())
        barrier_axis(axes, most, until=(len(groups) - 0.9) / (len(groups) + 0.2))  # up to the last column
        axes.hlines(0, len(groups) - 1.4, len(groups) - 0.6, color="0.45", linestyle=":", linewidth=1.6)
        for position, values in enumerate([*groups.values()][:-1]):
            axes.annotate(
                f"{(values < LIMIT).sum()}/{len(values)}", (position, 0.97), xycoords=("data", "axes fraction"),
                ha="center", va="top", fontsize=8,
            )  # fmt: skip
        axes.tick_params(axis="x", labelsize=7)
        axes.set_title(f"k = {percent(k)}, {seeds(found)}", fontsize=11)
        stable = "; ".join(count(values < LIMIT) for values in [*groups.values()][:-1])
        described.append(f"From {percent(k)}: {told(found)}. Of the first four, below 2 points: {stable}.")
    figure.axes[0].annotate("document: 0", (len(PAIRS), 0), (0, 3), textcoords="offset points", ha="center", fontsize=7)
    kept = f"{100 * chosen['density'].mean():.2g} % kept"
    figure.axes[0].set_ylabel("points")
    budget = only(chosen, "budget")
    figure.suptitle(f"Error barriers of pairs, {kept}, {budget} trainings (at the top: seeds below 2)", fontsize=11)
    figure.alt = (
        f"Panels of dots, one a seed, {budget} trainings: error barriers between two dense copies that part at k, "
        f"between two copies of a ticket with {kept} that starts there, between it and the ticket of the level before, "
        "and between it and the dense network, also as the rise above the worse end, for which the document's limit, "
        f"0, is drawn; medians, {INTERVALS}, points. {' '.join(described)}"
    )
    return figure


def own_among(copies: pd.DataFrame, mine: pd.DataFrame) -> Picture:
    """Barriers of dense copies against the part of the training they share, the learner's own as large hollow circles.

    Args:
        copies: rows of the study "copies" of one budget.
        mine: columns k and barrier (fraction).
    """
    parted = copies[copies["arm"] == "copies"]
    groups = {percent(k): 100 * part["barrier"] for k, part in parted.groupby("k")}
    other = copies[copies["arm"] == "another start"]
    groups = {"another\nstart": 100 * other["barrier"]} | groups
    figure = Picture("", 6.4, 3.9)
    axes = figure.add_subplot()
    found = columns(axes, groups, [{"color": "0.5", "marker": "s"}] + [style("dense")] * (len(groups) - 1))
    hollow: dict[str, Any] = {
        "markersize": 11,
        "markerfacecolor": "none",
        "markeredgewidth": 1.8,
        "linestyle": "none",
        "zorder": 4,
    }
    places = [list(groups).index(percent(k)) for k in mine["k"]]
    axes.plot(places, 100 * mine["barrier"], marker="o", color="black", label="your run", **hollow)
    barrier_axis(axes, max([*(values.max() for values in groups.values()), 100 * mine["barrier"].max()]))
    axes.set(xlabel="part of the training that the two share", ylabel="error barrier (points)")
    axes.set_title(f"Two dense networks, {seeds(found)}", fontsize=11)
    axes.legend(frameon=False, fontsize=10)
    figure.alt = (
        "Dots, one a seed: error barrier between two dense networks, from two starts and from one start by the part of "
        f"the training that they share; medians, {INTERVALS}: {told(found)} points. "
        "Large hollow circles: your run."
    )
    return figure


def one_more(copies: pd.DataFrame, mine: pd.DataFrame) -> pd.DataFrame:
    """Between which barriers (points) that of one more seed should lie, and whether one's own does.

    Args:
        copies: rows of the study "copies" of one budget.
        mine: columns k and barrier (fraction).

    Returns:
        A row for each k of ``mine``. A bound below zero, which no barrier can reach, is given as 0.
    """
    pairs = copies[copies["arm"] == "copies"]
    # archive.compare looks at a column of that name; here it holds barriers
    found = archive.compare(mine.assign(accuracy=mine["barrier"]), pairs.assign(accuracy=pairs["barrier"]), by=["k"])
    bounds = 100 * found[["low", "high"]].clip(lower=0)
    table = pd.DataFrame(
        {
            "seeds": [int((pairs["k"] == k).sum()) for k in found["k"]],
            "from": bounds["low"].map("{:.1f}".format),
            "to": bounds["high"].map("{:.1f}".format),
            "yours lies there": found["inside"],
        }
    )
    return table.set_index(found["k"].map(percent).rename("shared part"))


def barrier_table(copies: pd.DataFrame) -> pd.DataFrame:
    """Median barrier with its 95 % interval (points), and how many seeds are stable, by shared part and budget."""
    table = {}
    for budget, rows in copies.groupby("budget", sort=False):
        parts = {"another start": rows[rows["arm"] == "another start"]}
        parts |= {percent(k): part for k, part in rows[rows["arm"] == "copies"].groupby("k")}
        for name, part in parts.items():
            points = 100 * part["barrier"]
            table[name, f"{budget}: barrier"] = str(middle(points))
            table[name, f"{budget}: stable"] = count(points < LIMIT)
    found = pd.Series(table).unstack(sort=False)
    return found.rename_axis("shared part").rename_axis(None, axis="columns")
