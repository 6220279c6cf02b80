"""Sliders that recompute a formula at once; nothing here trains. ipywidgets is loaded only when one is made."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from ..ground.arguments import open_unit
from ..lab.plots import Picture, style
from ..lemma import ROUNDINGS, follow, imp_levels, kept_at_target
from ..strong.plan import sizes_for_one_neuron

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


TOLERANCES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
BOUNDS = (0.5, 1.0, 2.0, 3.0)


def widths_sentence(epsilon: float, d: int, bound: float) -> str:
    """How many random neurons each construction needs for one neuron, and how many weights by counting, in words."""
    sizes = sizes_for_one_neuron(epsilon, bound, d)
    listed = "; ".join(f"{name} {size:,}" if size < 1e7 else f"{name} {size:.0e}" for name, size in sizes.items())
    return f"ε = {epsilon:g}, d = {d}, B = {bound:g}, success in 95 %: {listed} weights."


def widths_picture(epsilon: float, d: int, bound: float) -> Picture:
    """Random neurons needed against ε on log axes, for d inputs and weights up to B; ε is marked."""
    figure = Picture(
        "Line plot on log axes of random neurons needed against the tolerance, which shrinks to the right: one line "
        "each for matching the neuron, matching two factors, best product and subset sum. A dashed line is the "
        "counting bound, which counts random weights. A dotted vertical line marks the chosen tolerance."
    )
    axes = figure.add_subplot()
    shown = [tolerance for tolerance in TOLERANCES if tolerance < 2 * bound]
    table = [sizes_for_one_neuron(tolerance, bound, d) for tolerance in shown]
    for position, name in enumerate(table[0]):
        look = style(name, position) | {"linestyle": "--" if name.startswith("counting") else "-"}
        axes.plot(shown, [sizes[name] for sizes in table], label=name, markersize=4, **look)
    axes.axvline(epsilon, color="black", linestyle=":", linewidth=1)
    axes.set(xscale="log", yscale="log", ylim=(1, 1e12), xlabel="tolerance ε")
    axes.set_ylabel("random neurons (dashed: weights) for one neuron")
    axes.invert_xaxis()
    axes.set_title(f"d = {d}, B = {bound:g}, success in 95 %", fontsize=10)
    axes.grid(alpha=0.25)
    figure.legend(frameon=False, fontsize=9, loc="outside right center")
    return figure


def widths_explorer(epsilon: float = 0.1, d: int = 2, bound: float = 1.0) -> Explorer:
    """Sliders for ε, d and B over the picture and the sentence; read as text it is the sentence.

    Raises:
        ValueError: a value that the bounds refuse, or an ε or B that is not on its slider.
    """
    from . import widgets

    if epsilon not in TOLERANCES or bound not in BOUNDS:
        raise ValueError(f"epsilon must be one of {TOLERANCES} and bound of {BOUNDS}, got {epsilon} and {bound}")
    controls = {
        "epsilon": widgets.choice_slider("Tolerance ε", [(f"{value:g}", value) for value in TOLERANCES], epsilon),
        "d": widgets.whole_slider("Inputs d", d, 1, 12),
        "bound": widgets.choice_slider("Bound B on the weights", [(f"{value:g}", value) for value in BOUNDS], bound),
    }

    def draw(epsilon: float, d: int, bound: float) -> tuple[Picture, str]:
        return widths_picture(epsilon, d, bound), widths_sentence(epsilon, d, bound)

    return widgets.Explorer(draw, controls, "Explorer: " + widths_sentence(epsilon, d, bound))
