"""Sliders that recompute a formula at once; nothing here trains. ipywidgets is loaded only when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lab.plots import Picture, style
from ..strong.plan import sizes_for_one_neuron

if TYPE_CHECKING:
    from .widgets import Explorer

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
