"""Chapter 05's figures of tickets that start at step k: against k, against density, arm by arm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...replicates import Interval, interval
from ..plots import Picture, density_axis, style
from .arm_rows import check, seeds
from .labels import label, push_apart
from .stability_dots import INTERVALS, barrier_axis, middle

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("budget", "recipe", "seed", "arm", "level", "k", "density", "accuracy")
RUN = ["budget", "recipe", "seed"]  # what a ticket shares with its dense network
GAP = "points above the dense network"
LOOKS = {  # of arms that only this chapter has
    "early mask, late start": ("#56B4E9", ">"),
    "late mask, early start": ("#56B4E9", "<"),
    "learning-rate rewinding": ("#009E73", "P"),
}
DOTS: dict[str, Any] = {"linestyle": "none", "marker": ".", "markersize": 6, "markeredgewidth": 0, "alpha": 0.4}


def gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of pruned networks, with a column ``gap``: points of accuracy above their own seed's dense network.

    Args:
        rows: columns ``COLUMNS``, each seed's dense network among them.

    Raises:
        ValueError: a column is missing, or a seed has not exactly one dense network of its budget and recipe.
    """
    check(rows, COLUMNS)
    dense = rows[rows["arm"] == "dense"]
    pruned = rows[rows["arm"] != "dense"]
    found = pruned.merge(dense[[*RUN, "accuracy"]], on=RUN, how="left", suffixes=("", "_dense"))
    if len(found) != len(pruned) or found["accuracy_dense"].isna().any():
        raise ValueError("each seed needs exactly one dense network of its budget and recipe")
    return found.assign(gap=100 * (found["accuracy"] - found["accuracy_dense"]))


def start_name(k: float) -> str:
    """k, a part of the training, as the figures write it: "0", "1 %"."""
    return f"{100 * k:g} %" if k else "0"


def signed(found: Interval) -> str:
    """A mean with its interval, in tenths, with signs: "−3.1 [−4.0, −2.2]"; without one where n is 1."""
    numbers = [found.mean] if found.low is None or found.high is None else [found.mean, found.low, found.high]
    mean, *bounds = (f"{number:+.1f}".replace("+0.0", "0.0").replace("-0.0", "0.0") for number in numbers)
    text = f"{mean} [{', '.join(bounds)}]" if bounds else mean
    return text.replace("-", "−")


def against_k(rows: pd.DataFrame, copies: pd.DataFrame, *, level: int) -> Picture:
    """A column for each budget. Above: ticket and random mask, less the dense network, against k. Below: barriers.

    Accuracies have means; barriers, which cannot be below zero, have medians on chapter 03's scale.

    Args:
        rows: one recipe's tickets, columns ``COLUMNS`` and barrier (a fraction).
        copies: the barriers of dense copies, columns budget, arm ("copies"), k and barrier.
        level: which tickets.
    """
    chosen, dense = gaps(rows[rows["level"].isin([0, level])]), copies[copies["arm"] == "copies"]
    places = {k: place for place, k in enumerate(sorted({*chosen["k"], *dense["k"]}))}
    budgets = list(chosen["budget"].unique())
    kept = f"{100 * chosen['density'].mean():.1f} %"
    figure, told = Picture("", 7.6, 6.2), []
    grid = figure.subplots(2, len(budgets), sharex=True, sharey="row", squeeze=False)
    for (upper, lower), budget in zip(grid.T, budgets, strict=True):
        part = chosen[chosen["budget"] == budget]
        n = seeds(part, ["arm", "k"])
        upper.axhline(0, color="black", linestyle="--", linewidth=1.2)
        lines = [_line(upper, part[part["arm"] == arm], "gap", arm, places) for arm in ("ticket", "random")]
        tickets = part[part["arm"] == "ticket"]
        ridges = [_line(lower, tickets, "barrier", "ticket", places)]
        ridges += [_line(lower, dense[dense["budget"] == budget], "barrier", "dense", places)]
        barrier_axis(lower, 100 * max(chosen["barrier"].max(), dense["barrier"].max()))
        upper.set_title(f"{budget} budget, n = {n}", fontsize=11)
        told.append(
            f"{budget.capitalize()} budget, n = {n}. {GAP.capitalize()}: {'; '.join(lines)}. "
            f"Error barrier between two copies, medians: {'; '.join(ridges)}."
        )
        lower.set_xlabel("start at k (part of the training)", fontsize=11)
        lower.set_xticks(list(places.values()), [start_name(k) for k in places])
        for axes in (upper, lower):
            axes.grid(alpha=0.25)
            axes.set_xlim(-0.4, len(places) - 0.6)
    grid[0, 0].set_ylabel(GAP, fontsize=11)
    grid[1, 0].set_ylabel("error barrier (points)", fontsize=11)
    grid[0, -1].legend(frameon=False, fontsize=11)
    grid[1, -1].legend(frameon=False, fontsize=11, loc="upper right")  # both lines fall from left to right
    figure.suptitle(f"{kept} of the weights kept: how good, and how stable", fontsize=12)
    figure.alt = (
        f"Four panels against the starting step k, {kept} kept, dots are seeds. Accuracies: means with 95 % intervals. "
        f"Barriers: medians, {INTERVALS}; a dotted line at 2 points. {' '.join(told)}"
    )
    return figure


def _line(axes: Any, part: pd.DataFrame, value: str, arm: str, places: dict[float, int]) -> str:
    """Draw an arm's seeds, middles and intervals against k; returns the same in words."""
    look, words, points = style(arm), [], part[value] * (1 if value == "gap" else 100)
    shift = -0.07 if arm == "ticket" else 0.07
    axes.plot(part["k"].map(places) + 3 * shift, points, color=look["color"], zorder=1, **DOTS)
    found = {float(k): interval(of) if value == "gap" else middle(of) for k, of in points.groupby(part["k"])}
    x = [places[k] + shift for k in found]
    name = {"gap": {"random": "random mask on θ_k"}, "barrier": {"dense": "dense network"}}[value].get(arm, arm)
    middles = [one.mean if isinstance(one, Interval) else one.median for one in found.values()]
    axes.plot(x, middles, linewidth=1.8, markersize=6, label=name, zorder=3, **look)
    for place, (k, one) in zip(x, found.items(), strict=True):
        if one.low is not None and one.high is not None:
            axes.vlines(place, one.low, one.high, color=look["color"], linewidth=2, zorder=2)
        words.append(f"{signed(one) if isinstance(one, Interval) else one} at k = {start_name(k)}")
    return f"{name} {', '.join(words)}"


def by_density(rows: pd.DataFrame, *, title: str, mine: pd.DataFrame | None = None) -> Picture:
    """Accuracy against weights kept: tickets and random masks, dotted from step 0, drawn through from a later step.

    Args:
        rows: one budget and recipe, columns ``COLUMNS``; of each arm that is not dense, k = 0 and one other.
        mine: columns arm, k, density and accuracy: the learner's own run, as large markers: from step 0 to the left.
    """
    check(rows, COLUMNS)
    figure = Picture("", 7.0, 4.4)
    axes, told = figure.add_subplot(), []
    for (arm, k), part in rows.groupby(["arm", "k"], sort=False):
        look, means = style(str(arm)), 100 * part.groupby("level")[["density", "accuracy"]].mean()
        axes.plot(100 * part["density"], 100 * part["accuracy"], color=look["color"], zorder=1, **DOTS)
        if arm == "dense":
            axes.axhline(means["accuracy"].iloc[0], color="black", linestyle="--", linewidth=1.2)
            name, end = "dense", (100 * rows["density"].min(), means["accuracy"].iloc[0])
        else:
            line: dict[str, Any] = {"linestyle": "-" if k else ":", "linewidth": 1.8, "markersize": 5.5}
            axes.plot(means["density"], means["accuracy"], **line, **look)
            name, end = f"{arm}, k = {start_name(part['k'].iloc[0])}", tuple(means.iloc[-1])
        label(axes, name, end, (1.03, end[1]), axes.get_yaxis_transform(), look["color"])
        told.append((end[1], f"{name} {end[1]:.1f} % at {end[0]:.3g} % kept"))
    axes.set_xlim(85 * rows["density"].min(), 115)
    density_axis(axes)
    axes.set_ylabel("test accuracy (%)", fontsize=11)
    if mine is not None:
        for (arm, k), own in mine.groupby(["arm", "k"], sort=False):
            large: dict[str, Any] = {"markersize": 12, "markeredgewidth": 1.8, "markerfacecoloralt": "none"}
            large |= {"linestyle": "none", "fillstyle": "bottom" if k else "none", "zorder": 4}
            axes.plot((93 if k else 107) * own["density"], 100 * own["accuracy"], **large, **style(str(arm)))
    n = seeds(rows[rows["arm"] == "ticket"], ["k", "level"])
    axes.set_title(f"{title}\nsmall dots: n = {n}; lines: their means; dotted: from step 0", fontsize=11)
    own_words = " Large markers: your run, hollow from step 0, half filled from k." if mine is not None else ""
    ends = ", ".join(text for _, text in sorted(told)[::-1])
    figure.alt = f"Test accuracy against weights kept, n = {n}. Right ends, from high to low: {ends}.{own_words}"
    push_apart(figure)
    return figure


def arm_by_arm(rows: pd.DataFrame, *, level: int, names: dict[tuple[str, float], str]) -> Picture:
    """Points above the dense network, a row for each arm, a panel for each budget.

    Args:
        rows: one recipe, columns ``COLUMNS``.
        level: of the tickets and controls.
        names: (arm, k) → what stands beside its row, from top to bottom.

    Raises:
        ValueError: an arm that has no rows at this level.
    """
    chosen = gaps(rows[rows["level"].isin([0, level])])
    budgets = list(chosen["budget"].unique())
    figure, told = Picture("", 8.4, 1.4 + 0.36 * len(names)), []
    for axes, budget in zip(
        figure.subplots(1, len(budgets), sharex=True, sharey=True, squeeze=False).flat, budgets, strict=True
    ):
        part, words = chosen[chosen["budget"] == budget], []
        axes.axvline(0, color="black", linestyle="--", linewidth=1.2)
        for place, ((arm, k), name) in enumerate(names.items()):
            values = part[(part["arm"] == arm) & (part["k"] == k)]["gap"]
            if values.empty:
                raise ValueError(f"there are no rows of the arm {arm!r} with k {k:g} at level {level}")
            found, look = interval(values), style(arm, styles=LOOKS)
            axes.plot(values, [place + 0.24] * len(values), color=look["color"], **DOTS)
            if found.low is not None and found.high is not None:
                axes.hlines(place, found.low, found.high, color=look["color"], linewidth=2.5)
            axes.plot([found.mean], [place], linestyle="none", markersize=7, **look)
            words.append(f"{name} {signed(found)}")
        n = seeds(part[part["arm"] == "ticket"], ["k"])
        axes.set_title(f"{budget} budget, n = {n}", fontsize=11)
        axes.set_yticks(range(len(names)), list(names.values()), fontsize=11)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.grid(axis="x", alpha=0.25)
        axes.set_xlabel(GAP, fontsize=11)
        told.append(f"{budget.capitalize()} budget, n = {n}: {'; '.join(words)}.")
    kept = f"{100 * chosen['density'].mean():.1f} % kept"
    figure.suptitle(f"{kept}; dots: seeds, bars: 95 % intervals", fontsize=12)
    figure.alt = f"{GAP.capitalize()}, {kept}, means with 95 % intervals. {' '.join(told)}"
    return figure
