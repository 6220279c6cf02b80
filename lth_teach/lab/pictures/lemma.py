"""Pictures of chapter 11: printed densities beside two rules, a staircase of whole weights, what one cut may take."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from ...ground.arguments import open_unit
from ...lemma import follow, imp_levels
from ..plots import SPARE_STYLES, Picture

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

BLUE, ORANGE = SPARE_STYLES[0][0], SPARE_STYLES[1][0]
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


def cuts(after: pd.DataFrame, rates: pd.DataFrame) -> Picture:
    """What one cut does to a trained network at once; below, what whole searches with cuts of that size come to.

    Args:
        after: what :func:`lth_teach.experiments.imp_lemma.after_one_cut` gives.
        rates: what :func:`lth_teach.experiments.imp_lemma.rates` gives.
    """
    told = "; ".join(
        f"{budget}: "
        + ", ".join(f"{one.iloc[1]:.1f} after {one.iloc[0]:.0f} %" for _, one in part.drop(columns="n").iterrows())
        for budget, part in after.groupby("budget", sort=False)
    )
    figure = Picture(
        "Two panels against what one cut, or a level, removes (%). Above, accuracy right after one cut of a trained "
        f"network, in percent, with 95 % intervals. {told}. Below, whole searches down to a tenth, in points against "
        "the one of 36 % a level: after short training they fall from the gentlest rate on; after long training 67 % "
        "stays within a point of 36 %, and only the roughest cut is below.",
        6.6,
        6.0,
    )
    above, below = figure.subplots(2, 1, sharex=True)
    _points(above, after, "one cut removes (%)", "accuracy (%)", named=True)
    _points(below, rates, "a level removes (%)", "points", linewidth=1)
    below.axhline(0, color="0.7", linewidth=1, zorder=0)
    above.set_title("Right after one cut, not trained again", fontsize=11, loc="left")
    below.set_title("Whole searches down to a tenth, against 36 % a level", fontsize=11, loc="left")
    below.set_xlabel("one cut, or a level, removes (%)", fontsize=11)
    return figure


def _points(axes: Axes, table: pd.DataFrame, x: str, y: str, named: bool = False, linewidth: float = 0) -> None:
    """Means with 95 % bars, a colour for each budget; if ``named``, each with its number beside it."""
    for (budget, part), (colour, marker) in zip(table.groupby("budget", sort=False), BUDGETS, strict=True):
        look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 7, "linewidth": linewidth}
        reach = (part[y] - part["low"], part["high"] - part[y])
        name = f"{budget} training, n = {part['n'].iloc[0]}"
        axes.errorbar(part[x], part[y], reach, capsize=3, elinewidth=1.2, label=name, **look)
        for place in zip(part[x], part[y], strict=True) if named else ():
            beside: dict[str, Any] = {"xytext": (9, 0), "textcoords": "offset points", "va": "center", "fontsize": 11}
            axes.annotate(f"{place[1]:.1f}", place, color=colour, **beside)
    axes.legend(frameon=False, fontsize=11, loc="lower left")
    axes.set_xlim(-3, 100)
    axes.set_ylabel(y, fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
