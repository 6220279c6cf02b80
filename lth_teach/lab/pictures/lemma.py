"""Pictures of chapter 11: printed densities beside two rules, a staircase of whole weights, what one cut may take."""

from __future__ import annotations

import math
from fractions import Fraction
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from ...ground.arguments import open_unit
from ...lemma import follow, imp_levels
from ..plots import SPARE_STYLES, Picture

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

BLUE, ORANGE = SPARE_STYLES[0][0], SPARE_STYLES[1][0]
NORMAL = NormalDist()
FLAT = 0.25  # how far the drawn valley is flat, in lengths of the weight vector
BUDGETS = (("black", "o"), ("0.45", "D"))  # colour and marker of short and of long training


def fingerprint(table: pd.DataFrame) -> Picture:
    """How far two rules are from printed densities; the band holds whatever would be printed as the same number.

    Args:
        table: index levels; columns "printed", "20/20/10, exact shares" and "0.8^levels", in percent.
    """
    rule, power = (table[name] - table["printed"] for name in ("20/20/10, exact shares", "0.8^levels"))
    told = "; ".join(
        f"{levels} levels, printed {row.iloc[0]:.1f}: rule {row['20/20/10, exact shares']:.2f}, power "
        f"{row['0.8^levels']:.2f}"
        for levels, row in table.iterrows()
    )
    missed = int((power < -0.05).sum())
    figure = Picture(
        f"{len(table)} rows, one for each printed density. A grey band holds what would be printed as the same number. "
        f"The blue dots of the 20/20/10 rule all lie inside; of the orange squares of 0.8^levels {missed} lie left of "
        "it. Percent kept: "
        f"{told}.",
        6.6,
        5.2,
    )
    axes = figure.add_subplot()
    rows = np.arange(len(table))
    axes.axvspan(-0.05, 0.05, color="0.88", zorder=0)
    axes.text(0, -1.35, "printed as the same", ha="center", va="center", fontsize=11, color="0.3")
    axes.hlines(rows, power, rule, color="0.75", linewidth=1, zorder=1)
    for values, name, colour, marker in ((rule, "20/20/10", BLUE, "o"), (power, "0.8$^{levels}$", ORANGE, "s")):
        axes.plot(values, rows, linestyle="none", marker=marker, markersize=8, color=colour)
        axes.annotate(
            name, (values.iloc[0], 0), (0, 9), textcoords="offset points", color=colour, fontsize=11, ha="center"
        )
    labels = [f"{printed:.1f} %, {levels} levels" for levels, printed in table["printed"].items()]
    axes.set_yticks(rows, labels, fontsize=11)
    axes.set_ylim(len(table) - 0.5, -1.8)
    axes.set_xlim(-0.17, 0.08)
    axes.set_xlabel("rule − printed (points)", fontsize=11)
    axes.set_title(f"LeNet-300-100: {len(table)} printed densities, two rules for them", fontsize=11, loc="left")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


def staircase(
    n_weights: int, prune_rate: str | Fraction, target_sparsity: str | Fraction, rounding: str, *, words: str
) -> Picture:
    """Percent of weights kept, whole weights and the formula's, against the level; ``words`` go into the alt text.

    Raises:
        ValueError: a value that the lemma refuses.
    """
    rate, target = open_unit("prune_rate", prune_rate), open_unit("target_sparsity", target_sparsity)
    kept, levels = follow(n_weights, rate, target, rounding), imp_levels(rate, target)
    whole = [100 * left / n_weights for left in kept if left]
    figure = Picture(
        "Percent of weights kept, on a log axis, against the level: a staircase of whole weights, the formula's "
        f"straight line, and a dotted line at the target. {words}",
        6.4,
        4.0,
    )
    axes = figure.add_subplot()
    axes.step(range(len(whole)), whole, where="mid", color="black", linewidth=2.2, label="whole weights")
    ideal = [100 * float((1 - rate) ** level) for level in (0, levels)]
    axes.plot([0, levels], ideal, color="black", linewidth=1.2, linestyle="--", label="the formula")
    axes.axhline(100 * float(1 - target), color="black", linestyle=":", linewidth=1.6, label="the target")
    axes.set_yscale("log")
    ticks = [tick for tick in (100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1) if tick >= axes.get_ylim()[0]]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("level", fontsize=11)
    axes.set_ylabel("weights kept (%)", fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=11)
    return figure


def moved(rate: float) -> float:
    """How far setting the smallest share of bell-shaped weights to zero moves them, in lengths of the weight vector.

    For weights w from a normal distribution, the root of E[w² where |w| is among the smallest ``rate``] / E[w²].

    Raises:
        ValueError: ``rate`` lies outside (0, 1).
    """
    cut = NORMAL.inv_cdf((1 + float(open_unit("rate", rate))) / 2)
    return math.sqrt(rate - 2 * cut * NORMAL.pdf(cut))


def valley(rates: pd.DataFrame) -> Picture:
    """A drawn valley of the loss with one cut of each rate in it; below, what these rates cost in fact.

    The distances are :func:`moved`; the valley itself is a drawing.

    Args:
        rates: what :func:`lth_teach.experiments.imp_lemma.rates` gives.
    """
    places = {percent: moved(percent / 100) for percent in sorted(set(rates["a level removes (%)"]))}
    told = ", ".join(f"{percent} % moves {100 * place:.1f} %" for percent, place in places.items())
    figure = Picture(
        "Above, a drawn valley of the loss: flat as far as a quarter, then rising. Dots show where one cut lands, in "
        f"percent of the length of the weights: {told}. The first three lie on the flat floor, the others up the "
        "slope. Below, measured, whole searches against the one of 36 % a level, each at the length of one cut: "
        "after short training the points fall from the gentlest rate on; after long training 67 % stays within a point "
        "of 36 %, and only the roughest cut is below.",
        6.6,
        5.6,
    )
    drawn, measured = figure.subplots(2, 1, sharex=True)
    _draw_valley(drawn, places)
    for (budget, part), (colour, marker) in zip(rates.groupby("budget", sort=False), BUDGETS, strict=True):
        at = [100 * places[percent] for percent in part["a level removes (%)"]]
        reach = (part["points"] - part["low"], part["high"] - part["points"])
        label = f"{budget} training, n = {part['n'].iloc[0]}"
        measured.errorbar(
            at, part["points"], reach, color=colour, marker=marker, markersize=7, capsize=3, linewidth=1, label=label
        )
    measured.axhline(0, color="0.7", linewidth=1, zorder=0)
    measured.legend(frameon=False, fontsize=11, loc="lower left")
    measured.set_xlim(0, 80)
    measured.set_xlabel("length of one cut (% of the length of all weights)", fontsize=11)
    measured.set_ylabel("points", fontsize=11)
    measured.set_title("Measured: searches of 1 to 20 cuts against 36 % a level, a tenth kept", fontsize=11, loc="left")
    drawn.axvspan(0, 100 * FLAT, color="0.93", zorder=-1)  # nobody measured that floor
    for axes in (drawn, measured):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_valley(axes: Axes, places: dict[int, float]) -> None:
    def loss(x: np.ndarray | float) -> np.ndarray:
        return 2.2 * np.maximum(x - FLAT, 0.0) ** 1.6 + 0.02

    x = np.linspace(0, 0.8, 200)
    axes.plot(100 * x, loss(x), color="0.35", linewidth=2)
    axes.text(50 * FLAT, 0.5, "flat: as good\nas before", ha="center", fontsize=11, color="0.3")
    axes.plot(0, loss(0.0), marker="*", markersize=14, color="black", linestyle="none", clip_on=False)
    for percent, place in places.items():
        spot = (100 * place, float(loss(place)))
        axes.plot(*spot, marker="o", markersize=8, color="black", linestyle="none")
        label = f"{percent}" if percent < 36 else f"{percent} %"  # the first two lie close together
        aside = -14 if place > FLAT else 0  # off the slope
        axes.annotate(label, spot, (aside, 9), textcoords="offset points", ha="center", fontsize=11)
    axes.set_ylim(-0.08, 0.95)
    axes.set_yticks([])
    axes.set_ylabel("loss", fontsize=11)
    axes.set_title("Drawn: where one cut of each rate lands", fontsize=11, loc="left")
