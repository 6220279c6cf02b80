"""Pictures of chapter 01's runs and archive: loss curves, steps to a fixed loss, arms beside dense, full MNIST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from ...replicates import interval
from ..plots import STYLES, Picture, density_axis
from .arms import SHOWN
from .labels import label, push_apart
from .matching import GREY, signed

if TYPE_CHECKING:
    import pandas as pd

LOOKS = STYLES | {"rest redrawn": ("#009E73", "D"), "ticket redrawn": ("#E69F00", "v")}


def loss_curves(runs: Mapping[str, Any], fixed: float, *, title: str = "") -> Picture:
    """Validation loss against the step of single runs, with a line at the fixed loss and where each meets it.

    Args:
        runs: arm → :class:`lth_teach.training.TrainingResult`.
    """
    figure = Picture("", 6.8, 3.8)
    axes = figure.add_subplot()
    told = []
    for arm, result in runs.items():
        colour, marker = LOOKS[arm]
        steps, losses, _ = zip(*result.history)
        axes.plot(steps, losses, color=colour, linewidth=1.6)
        label(axes, arm, (steps[-1], losses[-1]), (1.03, losses[-1]), axes.get_yaxis_transform(), colour)
        reached = next((step for step, loss in zip(steps, losses) if loss <= fixed), None)
        if reached is not None:
            axes.plot(reached, fixed, color=colour, marker=marker, markersize=10, zorder=3)
        told.append(f"{arm} {'never' if reached is None else f'at step {reached:,}'}")
    axes.axhline(fixed, color=GREY, linestyle=":", linewidth=1.5)
    axes.set(xscale="log", yscale="log")
    axes.set_xlabel("step (log axis)", fontsize=11)
    axes.set_ylabel("validation loss (nats, log axis)", fontsize=11)
    for axis, ticks in ((axes.xaxis, (3, 10, 30, 100, 300, 1_000, 3_000)), (axes.yaxis, (0.3, 0.5, 0.7, 1, 1.5, 2))):
        low, high = axis.get_view_interval()
        axis.set_ticks([tick for tick in ticks if low <= tick <= high])
        axis.set_major_formatter("{x:,g}")
        axis.set_minor_locator(NullLocator())
    axes.set_title(title, fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.alt = (
        f"Validation loss against the step on log axes. The fixed loss of {fixed:g} is reached by {', '.join(told)}."
    )
    push_apart(figure)
    return figure


def _panels(rows: pd.DataFrame, width: float, height: float) -> tuple[Picture, list[tuple[Any, str, pd.DataFrame]]]:
    """A figure with one panel for each data set and budget: (axes, what it shows, its rows)."""
    parts = list(rows.groupby(["data", "budget"], sort=False))
    figure = Picture("", width, height)
    grid = figure.subplots(2, 2, sharex=True, sharey=True)
    found = []
    for axes, ((data, budget), part) in zip(grid.flat, parts, strict=True):
        words = f"{SHOWN[str(data)]}, {budget}, n = {part['seed'].nunique()}"
        axes.set_title(words, fontsize=11, loc="left")
        axes.grid(alpha=0.25)
        found.append((axes, words, part))
    return figure, found


def steps_to_loss(rows: pd.DataFrame) -> Picture:
    """Steps to the fixed loss in percent of the dense network's of the same seed, against weights kept: a panel a case.

    Args:
        rows: of the study "ticket", for two data sets and two budgets: columns data, budget, seed, arm, density, steps
            and steps_to_loss (NaN: never reached, which counts as ``steps``).
    """
    figure, panels = _panels(rows, 7.0, 5.4)
    told = []
    for axes, words, part in panels:
        part = part.assign(reached=part["steps_to_loss"].fillna(part["steps"])).dropna(subset="reached")
        dense = part[part["arm"] == "dense"].set_index("seed")["reached"]
        axes.axhline(100, color="black", linestyle="--", linewidth=1.2)
        axes.axhline(80, color="#D55E00", linestyle=":", linewidth=1.2)
        tickets = part[part["arm"] == "ticket"]
        share = 100 * tickets["reached"] / tickets["seed"].map(dense)
        jitter = 1 + 0.04 * np.random.default_rng(0).uniform(-1, 1, len(share))
        axes.plot(100 * tickets["density"] * jitter, share, ".", color=LOOKS["ticket"][0], alpha=0.3, markersize=5)
        groups = {100 * float(kept): interval(of) for kept, of in share.groupby(tickets["density"].round(3))}
        means = [found.mean for found in groups.values()]
        axes.plot(list(groups), means, color=LOOKS["ticket"][0], marker="o", markersize=5)
        never = int(part["steps_to_loss"].isna().sum())
        kept = ", ".join(f"{mean:.0f} % at {at:.3g} % kept" for at, mean in zip(groups, means, strict=True))
        told.append(f"{words}: {kept}; never reached by {never} of {len(part)}")
    density_axis(figure.axes[0])  # which the others share
    figure.axes[0].set_xlabel("")
    for axes in figure.axes:
        axes.set_yscale("log")
        axes.set_yticks([20, 40, 80, 100, 200], ["20", "40", "80", "100", "200"])
        axes.set_yticks([], minor=True)
    figure.supxlabel("weights kept (%)", fontsize=11)
    figure.supylabel("steps, in % of the dense network's", fontsize=11)
    note = "dashed: the dense network; dotted: “faster” begins here"
    figure.suptitle(f"Steps to a fixed validation loss (dots: single seeds, lines: means)\n{note}", fontsize=11)
    figure.alt = (
        "Steps of tickets to a fixed validation loss, in percent of the steps of their dense networks, on a log axis. "
        f"{'. '.join(told)}."
    )
    return figure


def against_dense(rows: pd.DataFrame, arms: Sequence[str]) -> Picture:
    """Accuracy of arms minus the dense network's of the same seed, in points with 95 % intervals, a group a case."""
    cases = list(rows.groupby(["data", "budget"], sort=False))
    figure = Picture("", 6.8, 1.2 + 0.3 * len(cases) * (len(arms) + 1))
    axes = figure.add_subplot()
    ticks, told = {}, []
    for place, ((data, budget), part) in enumerate(cases):
        by_arm = {arm: of.set_index("seed")["accuracy"] for arm, of in part.groupby("arm") if arm in (*arms, "dense")}
        row, words = place * (len(arms) + 1.0), []
        ticks[f"{SHOWN[str(data)]}\n{budget}, n = {len(by_arm['dense'])}"] = row + (len(arms) - 1) / 2
        for step, arm in enumerate(arms):
            found, (colour, marker) = interval(by_arm[arm] - by_arm["dense"], 100), LOOKS[arm]
            if found.low is not None and found.high is not None:
                axes.plot([found.low, found.high], [row + step] * 2, color=colour, linewidth=2.5)
                words.append(f"{arm} {signed(found.mean)} [{signed(found.low)}, {signed(found.high)}]")
            axes.plot([found.mean], [row + step], color=colour, marker=marker, markersize=8, linestyle="none",
                      label=arm if not place else None)  # fmt: skip
        told.append(f"{SHOWN[str(data)]}, {budget}, n = {len(by_arm['dense'])}: {', '.join(words)}")
    axes.axvline(0, color="black", linestyle="--", linewidth=1.2)
    axes.set_yticks(list(ticks.values()), list(ticks), fontsize=11)
    axes.invert_yaxis()
    axes.set_xlabel("test accuracy − dense network's (points); bar: 95 % interval", fontsize=11)
    axes.grid(axis="x", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(arms), frameon=False, fontsize=11)
    figure.alt = f"Test accuracy minus the dense network's in points, with 95 % intervals. {'. '.join(told)}."
    return figure


# Frankle & Carbin (2019), section 2, on LeNet: percent kept → (early stop in % of the dense one's, accuracy in points
# above it); None where the text gives no number. "more than 0.3" and "regresses to" are drawn at 0.3 and 0.
PAPER: dict[str, dict[float, tuple[float | None, float | None]]] = {
    "ticket": {21.1: (62.0, None), 13.5: (None, 0.3), 3.6: (None, 0.0)},
    "re-initialised": {21.1: (62.0 * 2.51, None)},
}


def full_mnist(rows: pd.DataFrame) -> Picture:
    """Early stop and accuracy there on full MNIST, each beside the dense network of its seed; stars: the paper.

    Args:
        rows: of the study "mnist": columns seed, arm, density, best_step, best_accuracy.
    """
    dense = rows[rows["arm"] == "dense"].set_index("seed")
    figure = Picture("", 8.4, 3.9)
    left, right = figure.subplots(1, 2)
    told = []
    for arm in ("ticket", "re-initialised"):
        part, (colour, marker) = rows[rows["arm"] == arm], LOOKS[arm]
        steps = 100 * part["best_step"] / part["seed"].map(dense["best_step"])
        points = 100 * (part["best_accuracy"] - part["seed"].map(dense["best_accuracy"]))
        for axes, values, which in ((left, steps, 0), (right, points, 1)):
            axes.plot(100 * part["density"], values, marker=marker, color=colour, markersize=5, alpha=0.7,
                      linestyle="none", label=f"{arm}, a dot a seed")  # fmt: skip
            stars = {kept: at[which] for kept, at in PAPER[arm].items() if at[which] is not None}
            axes.plot(list(stars), list(stars.values()), marker="*", markersize=16, markerfacecolor="none",
                      markeredgewidth=1.5, color=colour, linestyle="none")  # fmt: skip
        for kept in (21.1, 13.5, 3.6):
            near = (100 * part["density"] / kept - 1).abs() < 0.03
            if near.any():
                told.append(
                    f"{arm} at {kept} %: early stop at {steps[near].mean():.0f} % of the dense network's step, "
                    f"accuracy {signed(points[near].mean())} points from it"
                )
    for axes, base in ((left, 100), (right, 0)):
        axes.axhline(base, color="black", linestyle="--", linewidth=1.2)
        density_axis(axes)
    left.set_yscale("log")
    left.set_yticks([25, 50, 100, 200], ["25", "50", "100", "200"])
    left.set_yticks([], minor=True)
    left.set_ylabel("early-stop step, % of the dense one's", fontsize=11)
    right.set_ylabel("accuracy there − dense (points)", fontsize=11)
    star = Line2D([], [], marker="*", markersize=13, markerfacecolor="none", color=GREY, linestyle="none")
    handles, names = left.get_legend_handles_labels()
    figure.legend(
        [*handles, star], [*names, "Frankle & Carbin's text"], loc="outside upper center", ncols=3, frameon=False
    )
    n = rows["seed"].nunique()
    figure.alt = (
        f"Full MNIST, LeNet-300-100, {n} seeds. Left: early-stop step against weights kept, in percent of the dense "
        f"network's. Right: test accuracy at the early stop, minus the dense network's. Means: {'; '.join(told)}. "
        "Stars, the paper's text: ticket at 21.1 %: 62 % of the steps; at 13.5 %: 0.3 points above; at 3.6 %: 0.0; "
        "re-initialised at 21.1 %: 2.51 times the ticket's steps."
    )
    return figure
