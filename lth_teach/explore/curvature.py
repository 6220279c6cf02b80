"""An explorer of section 6.2: a mask that keeps nearly all of the first gradient, and is stuck all the same.

The loss of two weights is L(a, b) = ½ (a² + h (b − 10)²), with the curvature h from 0.001 to 1. The start is
θ₀ = (a, b) = (1, 0), so the gradient there is g = (1, −10 h). The mask keeps a. So b stays 0, whether one leaves
pruned weights where they were, as the document's θ₀ − η m ⊙ g does, or sets them to zero, as pruning does.

Plain gradient descent with the rate η = ½ (no direction is more curved than 1) halves a at every step and multiplies
b − 10 by 1 − h/2. cos² = a² / (a² + h² (b − 10)²) is 1 / (1 + 100 h²) at the start. The masked run ends at 50 h, which
is 100 h / (1 + 100 h) of the loss at the start: at h = 0.01 it keeps 99 % of the gradient, and half of the loss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import traitlets

from ..lab.plots import Picture
from .drawing import Drawn, decimals, script

RATE, START, BEST = 0.5, (1.0, 0.0), 10.0  # η; a and b at the start; the b of the lowest point
CURVATURES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
LENGTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)  # steps
CURVATURE, STEPS = 0.01, 1_000  # where it starts
ACROSS, ALONG = (-1.0, 13.0), (-1.3, 1.3)  # b and a that are drawn
BLUE = "#0072B2"


@dataclass(frozen=True)
class Run:
    """A descent: a, b, the loss and cos² (of the mask that keeps a) at steps 0, 1, …"""

    a: list[float]
    b: list[float]
    losses: list[float]
    shares: list[float]


def run(curvature: float, steps: int, masked: bool) -> Run:
    """Gradient descent from θ₀; a masked one moves a only.

    Raises:
        ValueError: a curvature outside (0, 1], or steps that are not from 1 to 1,000 (later, a underflows).
    """
    if not (0 < curvature <= 1 and 1 <= steps <= LENGTHS[-1]):
        raise ValueError(
            f"curvature must be above 0 and at most 1, steps from 1 to {LENGTHS[-1]:,}, got {curvature} and {steps}"
        )
    a, away = START[0], START[1] - BEST  # b is kept as its distance from 10, so that no digit of it is lost
    found = Run([], [], [], [])
    for _ in range(steps + 1):
        slope = curvature * away  # the gradient is (a, slope)
        found.a.append(a)
        found.b.append(BEST + away)
        found.losses.append((a * a + slope * away) / 2)
        found.shares.append(1 / (1 + (slope / a) * (slope / a)))
        a -= RATE * a
        away -= 0.0 if masked else RATE * slope
    return found


def reading(curvature: float, steps: int) -> str:
    """cos² at the start and at the end of the masked run, and the losses of both runs, in words."""
    dense, masked = (run(curvature, steps, kept) for kept in (False, True))
    return (
        f"h = {curvature:g}: cos² is {decimals(masked.shares[0], 3)} at the start and "
        f"{decimals(masked.shares[-1], 3)} after {steps:,} step{'' if steps == 1 else 's'} of the masked run. By then "
        f"the loss has come from {decimals(masked.losses[0], 3)} to {decimals(masked.losses[-1], 3)} with the mask, "
        f"to {decimals(dense.losses[-1], 3)} without."
    )


def picture(curvature: float = CURVATURE, steps: int = STEPS) -> Picture:
    """The still picture: left, both paths over lines of equal loss; right, cos² and both losses against the step."""
    dense, masked = (run(curvature, steps, kept) for kept in (False, True))
    figure = Picture(
        "Two panels. Left: lines of equal loss over two weights, b across and a upwards, a long valley whose lowest "
        "point lies far to the right of the start. The dense path falls to the floor and follows it; the masked path "
        "falls to the floor and stays there. Right, against the step on a log axis: cos² along the masked run, and "
        f"the losses of both runs as a share of the first. {reading(curvature, steps)}",
        width=9.0,
    )
    plane, curve = figure.subplots(1, 2)
    b, a = np.meshgrid(np.linspace(*ACROSS, 200), np.linspace(*ALONG, 120))
    heights = (a**2 + curvature * (b - BEST) ** 2) / 2
    levels = [dense.losses[0] / 2**halvings for halvings in range(7, -1, -1)]
    plane.contour(b, a, heights, levels=levels, colors="0.75", linewidths=0.8)
    plane.plot(BEST, 0, "*", color="#E69F00", markersize=13)
    plane.annotate("lowest point", (BEST, 0), (0, 12), textcoords="offset points", ha="center")
    plane.plot(START[1], START[0], "s", color="black", markersize=6)
    plane.annotate("start", (START[1], START[0]), (8, -3), textcoords="offset points")
    ticks = np.log1p(np.arange(steps + 1))
    for name, path, colour, dashes in (("dense", dense, "black", "-"), ("masked", masked, BLUE, "--")):
        plane.plot(path.b, path.a, color=colour, linestyle=dashes, linewidth=1.8)
        plane.plot(path.b[-1], path.a[-1], "o", color=colour, markersize=7)
        left = [loss / path.losses[0] for loss in path.losses]
        curve.plot(ticks, left, color=colour, linestyle=dashes, linewidth=1.8, label=f"loss, {name}")
    curve.plot(ticks, masked.shares, color="#D55E00", linestyle=":", linewidth=2.2, label="cos²")
    plane.set(xlim=ACROSS, ylim=ALONG, xlabel="b, which is pruned (not on the scale of a)", ylabel="a, which is kept")
    plane.set_title(f"curvature h = {curvature:g} along b", fontsize=10)
    shown = [step for step in (0, 1, 10, 100, 1_000) if step <= steps]
    curve.set_xticks([math.log1p(step) for step in shown], [f"{step:,}" for step in shown])
    curve.set(xlabel="step", ylim=(-0.03, 1.05))
    curve.set_title("cos², and the loss as a share of the first", fontsize=10)
    curve.grid(alpha=0.25)
    curve.legend(frameon=False, fontsize=9)
    return figure


class Curvature(Drawn):
    """Sliders for h and the number of steps, over two panels."""

    name = "curvature"
    _esm = script(name)
    curvatures = traitlets.List(list(CURVATURES)).tag(sync=True)
    lengths = traitlets.List(list(LENGTHS)).tag(sync=True)
    curvature = traitlets.Enum(CURVATURES, CURVATURE).tag(sync=True)
    steps = traitlets.Enum(LENGTHS, STEPS).tag(sync=True)

    def still(self) -> tuple[Picture, str]:
        where = self.curvature, self.steps
        return picture(*where), reading(*where)


def explorer() -> Curvature:
    """The explorer, at h = 0.01 and a thousand steps."""
    return Curvature()


def html() -> str:
    """The same as a piece of a page; see :meth:`.drawing.Drawn.page`."""
    return explorer().page()
