"""Sliders that recompute a formula at once; nothing here trains. ipywidgets is loaded only when one is made."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from .plots import Picture
from .theory import ROUNDINGS, follow, imp_levels, kept_at_target, open_unit

if TYPE_CHECKING:
    from .widgets import Explorer

SIZES = (10, 20, 50, 100, 200, 1_000, 10_000, 43_000, 266_200)


def levels_sentence(
    n_weights: int, prune_rate: float | str | Fraction, target_sparsity: float | str | Fraction, rounding: str = "round"
) -> str:
    """What the lemma says and what whole weights do, in words."""
    rate, target = open_unit("prune_rate", prune_rate), open_unit("target_sparsity", target_sparsity)
    lemma, kept = imp_levels(rate, target), follow(n_weights, rate, target, rounding)
    goal, levels = kept_at_target(n_weights, target), len(kept) - 1
    start = (
        f"p = {float(rate):g}, s = {float(target):g}. The lemma: {_levels(lemma)}, "
        f"ending with {float(1 - rate) ** lemma:.1%} kept. {n_weights:,} whole weights ({rounding}): "
    )
    if kept[-1] > goal:
        return f"{start}stalls at {kept[-1]} weights after {_levels(levels)}; the target needs at most {goal}."
    return f"{start}{_levels(levels)}, ending with {kept[-1]:,} weights, {kept[-1] / n_weights:.1%} kept."


def _levels(number: int) -> str:
    return f"{number} level" if number == 1 else f"{number} levels"


def levels_picture(
    n_weights: int, prune_rate: float | str | Fraction, target_sparsity: float | str | Fraction, rounding: str = "round"
) -> Picture:
    """Percent of weights kept against the level: the lemma's (1 − p)^t, whole weights, and the target."""
    rate, target = open_unit("prune_rate", prune_rate), open_unit("target_sparsity", target_sparsity)
    kept = follow(n_weights, rate, target, rounding)
    lemma = imp_levels(rate, target)
    last = max(lemma, len(kept) - 1)
    figure = Picture(
        "Line plot on a log axis of percent of weights kept against pruning level: the lemma's straight line, "
        "the whole weights beside it, and a dashed line at the target."
    )
    axes = figure.add_subplot()
    ideal = [100 * float(1 - rate) ** level for level in range(last + 1)]
    whole = [100 * count / n_weights for count in kept if count]
    axes.plot(range(last + 1), ideal, color="#0072B2", linewidth=1.5, label="lemma: (1 − p)^t")
    axes.plot(
        range(len(whole)), whole, color="#D55E00", marker="s", linestyle="none", markersize=5, label="whole weights"
    )
    axes.axhline(100 * float(1 - target), color="black", linestyle="--", linewidth=1, label="target 1 − s")
    axes.axvline(lemma, color="#0072B2", linestyle=":", linewidth=1, label="levels by the lemma")
    axes.set_yscale("log")
    low = axes.get_ylim()[0]
    axes.set_yticks([tick for tick in (100, 50, 20, 10, 5, 2, 1, 0.5) if tick >= low])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set(xlabel="pruning level t", ylabel="weights kept (%)")
    axes.set_title(f"p = {float(rate):g}, s = {float(target):g}, n = {n_weights:,}, rounding: {rounding}", fontsize=10)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9)
    return figure


def levels_explorer(
    n_weights: int = 100, prune_rate: float = 0.2, target_sparsity: float = 0.9, rounding: str = "round"
) -> Explorer:
    """Sliders for p, s, n and the rounding over a picture and a sentence; read as text it is the sentence.

    The sliders count in whole percent, so that every rate is exact; the values given here are rounded to that.

    Raises:
        ValueError: a value that the lemma refuses.
    """
    from . import widgets

    sizes = [(f"{size:,}", size) for size in sorted({*SIZES, n_weights})]
    controls = {
        "p": widgets.whole_slider("Prune rate p (%)", round(100 * prune_rate), 1, 99),
        "s": widgets.whole_slider("Target sparsity s (%)", round(100 * target_sparsity), 1, 99),
        "n": widgets.choice_slider("Weights n", sizes, n_weights),
        "rounding": widgets.menu("Rounding of p × survivors", list(ROUNDINGS), rounding),
    }

    def draw(p: int, s: int, n: int, rounding: str) -> tuple[Picture, str]:
        chosen = n, Fraction(p, 100), Fraction(s, 100), rounding
        return levels_picture(*chosen), levels_sentence(*chosen)

    return widgets.Explorer(
        draw, controls, "Explorer: " + levels_sentence(n_weights, prune_rate, target_sparsity, rounding)
    )
