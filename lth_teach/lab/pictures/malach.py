"""Figures of chapter 06's archive: weights against error, planned and needed widths, digits, and Lueker's constant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ...replicates import interval
from ...strong.counting import weights_by_counting
from ..plots import Picture
from .labels import label, push_apart

if TYPE_CHECKING:
    import pandas as pd

LOOKS: dict[str, dict[str, Any]] = {
    "neurons": {"color": "#D55E00", "marker": "s"},
    "products": {"color": "#009E73", "marker": "D"},
    "subsets": {"color": "#0072B2", "marker": "o"},
    "random mask": {"color": "#CC79A7", "marker": "^"},
}
WORDS = {"neurons": "whole neurons", "products": "products", "subsets": "subset sums"}
DOTS: dict[str, Any] = {"marker": ".", "markersize": 5, "markeredgewidth": 0, "alpha": 0.35, "linestyle": "none"}
SMALLEST = 1.1**-41  # share of the plan that "needed" tried first, as in lth_teach.experiments.malach_bound.needed
MARKERS = {0.3: "o", 0.1: "s", 0.03: "D"}  # of ε
COLOURS = {0.1: ("#0072B2", "o"), 0.03: ("#009E73", "s"), 0.01: ("#D55E00", "D")}  # and markers, of δ = ε


def widths(rows: pd.DataFrame, hidden: int, nothing: float, mine: pd.DataFrame | None = None) -> Picture:
    """Weights of the random network against the error that it surely keeps, and the least that counting allows.

    Args:
        rows: study "width": seed, arm, weights and log_guarantee.
        hidden: of the target's neurons, n: counting asks for n log2(1/2nε) weights.
        nothing: by how much an empty mask is off, the largest |output| of a target.
        mine: one's own run, as large hollow markers.
    """
    figure = Picture("", 7.0, 4.8)
    axes = figure.add_subplot()
    told = []
    for arm, look in LOOKS.items():
        part = rows[rows["arm"] == arm]
        if part.empty:
            continue
        sizes = sorted(part["weights"].unique())
        middle = [float(10 ** part[part["weights"] == size]["log_guarantee"].mean()) for size in sizes]
        axes.plot(10 ** part["log_guarantee"], part["weights"], color=look["color"], **DOTS)
        axes.plot(middle, sizes, linewidth=1.8, markersize=6, **look)
        at, shift = (3, (0, 9)) if arm == "subsets" else (-1, (8, 2))
        axes.annotate(
            WORDS[arm],
            (middle[at], sizes[at]),
            shift,
            textcoords="offset points",
            color=look["color"],
            fontsize=11,
            va="bottom",
        )
        if mine is not None:
            own = mine[mine["arm"] == arm]
            axes.plot(
                10 ** own["log_guarantee"], own["weights"], linestyle="none", markersize=11, markerfacecolor="none",
                markeredgewidth=1.6, **look,
            )  # fmt: skip
        ends = (f"{_short(sizes[end])} weights {_error(middle[end])}" for end in (0, -1))
        told.append(f"{WORDS[arm]}: {', '.join(ends)}")
    errors = np.logspace(math.log10(1 / (4 * hidden)), rows["log_guarantee"].min(), 60)
    least = [weights_by_counting(float(error), hidden) for error in errors]
    axes.plot(errors, least, color="black", linestyle="--", linewidth=1.6)
    axes.annotate("counting: no fewer", (errors[-1], least[-1]), (0, -9), textcoords="offset points", fontsize=11,
                  ha="right", va="top")  # fmt: skip
    axes.axvline(nothing, color="0.35", linestyle=":", linewidth=1.6)
    axes.annotate("everything\ncrossed out", (nothing, 11), (-4, 0), textcoords="offset points", fontsize=11,
                  color="0.35", ha="right", va="bottom")  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="error that is surely not exceeded (shrinks to the right)")
    axes.set_ylim(8, 3e7)
    axes.set_ylabel("weights of the random network")
    axes.invert_xaxis()
    axes.grid(alpha=0.25)
    key = "; large hollow markers: your run" if mine is not None else ""
    axes.set_title(f"dots: {_seeds(rows)} seeds, lines: their geometric means{key}", fontsize=11)
    figure.alt = (
        f"Weights of the random network against the error that is surely not exceeded, n = {_seeds(rows)} seeds. "
        f"{'; '.join(told)}. Dashed: the least by counting, {least[-1]:.0f} weights for {_error(errors[-1])}. "
        f"Dotted: everything crossed out, off by {_error(nothing)}."
        + (" Large hollow markers: your run." if mine is not None else "")
    )
    return figure


def _geometric(values: pd.Series) -> float:
    return float(10 ** np.log10(values).mean())


def _error(value: float) -> str:
    return f"{value:.2g}" if value >= 0.001 else f"{value:.1e}".replace("e-0", "e-").replace("-", "−")


def _short(number: float) -> str:
    return f"{number:,.0f}"


def _seeds(rows: pd.DataFrame) -> int:
    return int(rows["seed"].nunique())


def planned(panels: dict[str, pd.DataFrame]) -> Picture:
    """Hidden neurons that would have been enough against those that were planned, both on log axes.

    Where the smallest size tried was enough already, ``needed`` is only an upper bound: an arrow points down from means
    that hold such runs, and the alt text counts them.

    Args:
        panels: words for a target → rows of study "plan": seed, arm, epsilon, planned and needed.
    """
    figure = Picture("", 8.4, 4.4)
    grid = figure.subplots(1, len(panels), squeeze=False, sharex=True, sharey=True)[0]
    ends, told = (80, 2e6), []
    for axes, (words, rows) in zip(grid, panels.items(), strict=True):
        axes.plot(ends, ends, color="black", linewidth=1.2)
        axes.plot(ends, [end / 10 for end in ends], color="black", linewidth=0.9, linestyle=":")
        axes.plot(ends, [end * SMALLEST for end in ends], color="0.35", linewidth=0.9, linestyle="--")
        said = []
        for (arm, epsilon), part in rows.groupby(["arm", "epsilon"], sort=False):
            colour, marker = LOOKS[str(arm)]["color"], MARKERS[float(str(epsilon))]
            axes.plot(part["planned"], part["needed"], color=colour, **DOTS)
            plan, need = (_geometric(part[name].dropna()) for name in ("planned", "needed"))
            axes.plot(plan, need, color=colour, marker=marker, markersize=8, markeredgecolor="white")
            at_first = int((part["needed"] < part["planned"] * SMALLEST * math.sqrt(1.1)).sum())
            text = f"{WORDS[str(arm)]}, ε = {epsilon:g}: {_short(plan)} planned, "
            if at_first:
                axes.annotate("", (plan, need / 2.6), (plan, need), arrowprops={"arrowstyle": "->", "color": colour})
                text += f"at most {_short(need)} needed (smallest size tried enough in {at_first} of {len(part)})"
            else:
                text += f"{_short(need)} needed"
            said.append(text)
        axes.set(xscale="log", yscale="log", xlabel="hidden neurons planned", xlim=ends, ylim=(20, 2e6))
        axes.set_title(f"{words}, n = {_seeds(rows)} seeds", fontsize=11)
        axes.grid(alpha=0.25)
        told.append(f"{words}, n = {_seeds(rows)} seeds. {'; '.join(said)}.")
    for place, words in (((3e4, 4.2e4), "needed = planned"), ((9e5, 1.1e5), "a tenth")):
        grid[0].text(*place, words, fontsize=10, ha="right", va="bottom")
    grid[0].text(4.2e4, 560, "smallest size tried", fontsize=10, color="0.35", va="top")
    grid[0].set_ylabel("hidden neurons that would have done")
    for height, (arm, words) in zip((0.96, 0.89, 0.82), WORDS.items(), strict=True):
        look = {"color": LOOKS[arm]["color"], "fontsize": 11, "va": "top"}
        grid[-1].text(0.04, height, words, transform=grid[-1].transAxes, **look)
    for epsilon, marker in MARKERS.items():
        words = f"ε = {epsilon:g}" + " (an empty\nmask mostly does)" * (epsilon == 0.3)
        grid[-1].plot([], [], color="0.4", marker=marker, markersize=7, linestyle="none", label=words)
    grid[-1].legend(frameon=False, fontsize=10, loc="lower right", title="asked for")
    figure.alt = "Hidden neurons planned and needed, geometric means. " + " ".join(told)
    return figure


def digits(rows: pd.DataFrame) -> Picture:
    """Test accuracy of pruned random networks against candidates for each weight, their targets' as a line.

    Args:
        rows: study "digits": seed, arm, candidates, accuracy and target_accuracy (fractions).
    """
    figure = Picture("", 7.0, 4.2)
    axes = figure.add_subplot()
    target = interval(rows.drop_duplicates("seed")["target_accuracy"], 100)
    axes.axhline(target.mean, color="black", linestyle="--", linewidth=1.4)
    most = int(rows["candidates"].max())
    label(axes, "its trained target", (most, target.mean), (1.03, target.mean), axes.get_yaxis_transform(), "black")
    told = [f"trained targets {target.mean:.1f} %"]
    for arm in ("subsets", "products", "random mask"):
        part, look = rows[rows["arm"] == arm], LOOKS[arm]
        axes.plot(part["candidates"], 100 * part["accuracy"], color=look["color"], **DOTS)
        means = 100 * part.groupby("candidates")["accuracy"].mean()
        axes.plot(means.index, means, markersize=6.5, linewidth=1.8, **look)
        words = WORDS.get(arm, arm)
        place = (1.03, means.iloc[-1])
        label(axes, words, (float(means.index[-1]), place[1]), place, axes.get_yaxis_transform(), look["color"])
        told.append(f"{words} " + ", ".join(f"{value:.1f} % ({size:g})" for size, value in means.items()))
    sizes = sorted({int(size) for size in rows["candidates"]})
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="random paths for each weight of the target (log axis)", ylabel="test accuracy (%)", ylim=(0, 100))
    axes.set_title(f"ten digits, never trained; dots: {_seeds(rows)} seeds, lines: means", fontsize=11)
    axes.grid(alpha=0.25)
    figure.alt = (
        f"Test accuracy on ten digits against random paths for each weight, n = {_seeds(rows)} seeds: "
        f"{'; '.join(told)}."
    )
    push_apart(figure)
    return figure


def constant(rows: pd.DataFrame) -> Picture:
    """The share of draws whose subset sums fail, against the constant C, beside the share δ that was allowed.

    Args:
        rows: study "sums": seed, task, arm ("C = 2.5"), epsilon and reached (a fraction).
    """
    figure = Picture("", 8.4, 3.9)
    tasks = list(dict.fromkeys(rows["task"]))
    told = []
    for axes, task in zip(figure.subplots(1, len(tasks), sharey=True), tasks, strict=True):
        said = []
        for epsilon, (colour, marker) in COLOURS.items():
            part = rows[(rows["task"] == task) & (rows["epsilon"] == epsilon)]
            failed = 100 * (1 - part.groupby("arm")["reached"].mean())
            places = [float(str(arm).removeprefix("C = ")) for arm in failed.index]
            axes.plot(places, failed, color=colour, marker=marker, linewidth=1.8, markersize=6.5)
            axes.axhline(100 * epsilon, color=colour, linestyle=":", linewidth=1.4)
            if task == tasks[-1]:
                words = f"δ = ε = {epsilon:g}"
                below = epsilon < 0.1
                height, align = (93 if below else 107) * epsilon, "top" if below else "bottom"
                axes.text(3.06, height, words, color=colour, fontsize=11, ha="right", va=align)
            listed = ", ".join(f"{value:.1f} % (C = {place:g})" for place, value in zip(places, failed, strict=True))
            said.append(f"ε = {epsilon:g}: {listed}")
        axes.set(yscale="log", xlabel="constant C, for N = C log₂(2/ε) numbers", xlim=(1.42, 3.08))
        axes.set_title({"one z": "one place, z = ½", "every z": "every z from −½ to ½"}[str(task)], fontsize=11)
        axes.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
        axes.set_xticks([1.5, 2, 2.5, 3])
        axes.set_ylim(0.05, 60)
        axes.grid(alpha=0.25)
        if task == tasks[0]:
            axes.set_ylabel("draws that fail (%)")
        told.append(f"{task}: {'; '.join(said)}.")
    figure.suptitle(f"dotted: the share allowed; n = {_seeds(rows)} seeds of 1,000 draws", fontsize=11)
    figure.alt = (
        f"Percent of draws in which no subset sum is within ε, against the constant C, n = {_seeds(rows)} seeds of "
        f"1,000 draws. {' '.join(told)} Dotted lines: the share δ = ε allowed."
    )
    return figure
