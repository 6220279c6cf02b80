"""Pictures of chapter 01 that need no experiment: two weights, intervals beside a margin, and power."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from ...replicates import Interval
from ..plots import STYLES, Picture
from .labels import label, push_apart

Point = tuple[float, float]
CUT = "pruned dense solution"
START = "start of the ticket"
NAMES = {"dense": "dense", CUT: "cut", "ticket": "ticket"}
GREY = "#666666"
WORDS = {"matches": "#0072B2", "open": GREY, "does not match": "#D55E00"}


def bowl(correlation: float) -> np.ndarray:
    """The matrix R of the loss (w − 1)ᵀ R (w − 1) of two weights, whose inputs have variance 1 and this correlation."""
    return np.array([[1.0, correlation], [correlation, 1.0]])


def two_weights(correlations: Sequence[float]) -> Picture:
    """The loss over two weights, a panel for each correlation of their inputs: dense, cut, and a ticket.

    Args:
        correlations: each in [0, 1). The dense solution is (1, 1), the cut one (1, 0), the trained ticket (1 + ρ, 0),
            which began at an invented m ⊙ θ₀ further to the right.
    """
    figure = Picture("", 3.1 * len(correlations), 3.6)
    told = []
    for axes, rho in zip(figure.subplots(1, len(correlations), sharey=True, squeeze=False).flat, correlations):
        places = {"dense": (1.0, 1.0), CUT: (1.0, 0.0), START: (2.8, 0.0), "ticket": (1 + rho, 0.0)}
        losses = _contours(axes, bowl(rho), np.ones(2), places)
        axes.set_title(f"correlation {rho:g}\nloss: cut {losses[CUT]:.2f}, ticket {losses['ticket']:.2f}")
        axes.title.set_fontsize(11)
        told.append(f"Correlation {rho:g}: dense 0, cut {losses[CUT]:.2f}, ticket {losses['ticket']:.2f}.")
    figure.axes[0].set_ylabel("second weight", fontsize=11)
    figure.legend(handles=_key(), loc="outside lower center", ncols=4, frameon=False, fontsize=11)
    figure.alt = (
        "Contours of a loss over two weights, with the dense solution at (1, 1), the cut one straight below it at "
        "(1, 0) on the dotted line, and a ticket, which starts far to the right on that line and slides along it to "
        f"its lowest point. {' '.join(told)}"
    )
    return figure


def answer(curvature: np.ndarray, best: Point, found: Mapping[str, Point], right: Mapping[str, Point]) -> Picture:
    """Two solutions of a learner on the loss surface of two weights, with rings where they should lie.

    Args:
        curvature: R, shape (2, 2), of the loss (w − best)ᵀ R (w − best).
        found, right: places of "pruned dense solution" and "ticket".
    """
    words = "; ".join(f"{NAMES[name]} ({x:.2f}, {y:.2f})" for name, (x, y) in found.items())
    wanted = "; ".join(f"{NAMES[name]} ({x:.2f}, {y:.2f})" for name, (x, y) in right.items())
    figure = Picture(f"The loss over two weights. Yours: {words}. Rings, the right ones: {wanted}.", 4.2, 3.6)
    axes = figure.add_subplot()
    _contours(axes, curvature, np.array(best), {"dense": best, **found})
    for place in right.values():
        axes.plot(*place, marker="o", markersize=17, markerfacecolor="none", color="#D55E00", linestyle="none")
    axes.set_ylabel("second weight")
    axes.set_title("yours, and rings where they should be", fontsize=11)
    return figure


def _contours(axes: Any, curvature: np.ndarray, best: np.ndarray, places: Mapping[str, Point]) -> dict[str, float]:
    """Contours and points; returns the loss at each point."""
    points = np.array(list(places.values()))
    (left, low), (right, high) = np.minimum(points.min(0), (0.6, 0)) - 0.4, np.maximum(points.max(0), (1.9, 1)) + 0.4
    grid = np.stack(np.meshgrid(np.linspace(left, right, 90), np.linspace(low, high, 90)), axis=-1) - best
    heights = np.einsum("...i,ij,...j", grid, curvature, grid)
    levels = np.array([0.02, 0.1, 0.3, 0.6, 1, 1.5, 2.2]) * max(1.0, heights.max() / 6)
    axes.contour(heights, levels=levels, extent=(left, right, low, high), colors="0.75", linewidths=0.9)
    axes.axhline(0, color=GREY, linewidth=1, linestyle=":")
    for name, place in places.items():
        size = 14 if name == CUT else 9  # where the ticket is no better, both lie at one place
        axes.plot(*place, **_look(name), markersize=size, linestyle="none", zorder=3)
    for start, end in (("dense", CUT), (START, "ticket")):
        if start in places and max(abs(np.subtract(places[start], places[end]))) > 0.3:
            axes.annotate(
                "",
                places[end],
                places[start],
                arrowprops={"arrowstyle": "->", "color": GREY, "shrinkA": 7, "shrinkB": 7},
            )
    axes.set_xlabel("first weight", fontsize=11)
    return {name: float((p - best) @ curvature @ (p - best)) for name, p in zip(places, points, strict=True)}


def _look(name: str) -> dict[str, str]:
    """Colour and marker; a ticket's start is its ring, still empty."""
    colour, marker = STYLES["ticket" if name == START else name]
    return {"color": colour, "marker": marker} | ({"markerfacecolor": "none"} if name == START else {})


def _key() -> list[Line2D]:
    texts = {"dense": "dense", CUT: "cut (pruned dense solution)"}
    texts |= {START: "ticket's start, m ⊙ θ₀", "ticket": "ticket, trained"}
    return [
        Line2D([], [], **_look(name), linestyle="none", markersize=9, label=text)  # type: ignore[arg-type]
        for name, text in texts.items()
    ]


def beside_margin(results: Mapping[str, Interval], margin: float = 1.0, *, title: str = "") -> Picture:
    """Intervals of ticket − dense, in points, beside the line at −margin, each with the word that follows.

    Raises:
        ValueError: an interval without bounds, from a single value.
    """
    figure = Picture("", 6.8, 1.4 + 0.4 * len(results))
    axes = figure.add_subplot()
    told, right = [], 0.4 + max(max(one.high or one.mean for one in results.values()), 0.2)
    for row, (name, one) in enumerate(results.items()):
        if one.low is None or one.high is None:
            raise ValueError(f"{name} has one value, so no interval, and no word follows")
        word = "matches" if one.low > -margin else "does not match" if one.high < -margin else "open"
        axes.plot([one.low, one.high], [row, row], color=WORDS[word], linewidth=3, solid_capstyle="butt")
        axes.plot([one.mean], [row], color=WORDS[word], marker="o", markersize=8)
        axes.text(right, row, word, color=WORDS[word], fontsize=11, va="center")
        told.append(f"{name} {signed(one.mean)} [{signed(one.low)}, {signed(one.high)}], {word}")
    axes.axvspan(min(axes.get_xlim()[0], -margin - 1), -margin, color="#D55E00", alpha=0.08, linewidth=0)
    axes.axvline(-margin, color="#D55E00", linewidth=1.5)
    axes.axvline(0, color=GREY, linewidth=1, linestyle=":")
    axes.set_yticks(range(len(results)), list(results), fontsize=11)
    axes.set_ylim(len(results) - 0.5, -0.5)
    axes.set_xlabel(f"ticket − dense (points); the margin is {margin:g}", fontsize=11)
    axes.set_title(title, fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.alt = f"Intervals of ticket − dense in points, beside a margin of {margin:g}: {'; '.join(told)}."
    return figure


def chance_to_match(n: int, spread: float, truth: float, margin: float) -> float:
    """The probability that a 95 % interval over n ≥ 2 normal differences lies wholly above −margin (noncentral t).

    Args:
        spread: standard deviation of the difference of one seed, positive; ``truth``: its mean. Units as ``margin``.
    """
    from scipy.special import nctdtr, stdtrit

    return float(1 - nctdtr(n - 1, (truth + margin) * np.sqrt(n) / spread, stdtrit(n - 1, 0.975)))


def power(spread: float, truths: Mapping[str, float], dot: tuple[int, float], margin: float = 1.0) -> Picture:
    """How often n seeds show that a ticket matches, a line for each true difference; and one simulated share.

    Args:
        spread: of the difference of one seed, in points; ``truths``: words → true difference in points.
        dot: (n, fraction) of the simulation, drawn as a ring.
    """
    figure = Picture("", 6.8, 3.8)
    axes = figure.add_subplot()
    numbers, told = (2, 3, 4, 5, 7, 10, 15, 20, 30), []
    for (name, truth), colour in zip(truths.items(), ("0.4", "black", "0.4", "0.4"), strict=False):
        percent = [100 * chance_to_match(n, spread, truth, margin) for n in numbers]
        axes.plot(numbers, percent, color=colour, linewidth=1.8)
        label(axes, name, (numbers[-1], percent[-1]), (1.03, percent[-1]), axes.get_yaxis_transform(), colour)
        shown = [f"{share:.0f} % at {n}" for n, share in zip(numbers, percent, strict=True) if n in (3, 10, 30)]
        told.append(f"{name}: {', '.join(shown)}")
    axes.plot(dot[0], 100 * dot[1], marker="o", markersize=13, markerfacecolor="none", markeredgewidth=2, color="black")
    axes.text(1.12 * dot[0], 100 * dot[1] - 6, "your simulation", fontsize=11)
    axes.set_xscale("log")
    axes.set_xticks([2, 3, 5, 10, 20, 30], ["2", "3", "5", "10", "20", "30"])
    axes.set_xticks([], minor=True)
    axes.set(ylim=(0, 104))
    axes.set_xlabel("seeds (log axis)", fontsize=11)
    axes.set_ylabel("shown to match (%)", fontsize=11)
    axes.set_title(f"margin {margin:g} point, spread {spread:.1f} points a seed", fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    figure.alt = (
        f"How often the interval shows that a ticket matches, against the number of seeds. {'; '.join(told)}. "
        f"A ring, your simulation: {100 * dot[1]:.0f} % at {dot[0]}."
    )
    push_apart(figure)
    return figure


def signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if text in ("-0.0", "+0.0") else text.replace("-", "−").replace("+", "")
