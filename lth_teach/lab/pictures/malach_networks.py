"""Diagrams of chapter 06: two paths that make one weight, a random network with its kept edges lit, three images."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..plots import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POSITIVE, NEGATIVE, GREY = "#0072B2", "#D55E00", "0.75"  # kept paths with u > 0, with u < 0; edges not kept
LINE = np.linspace(-1, 1, 201)


def computed(u: Sequence[float], v: Sequence[float], kept: Collection[str], x: np.ndarray) -> np.ndarray:
    """What a network of one input, one layer of ReLU neurons and one output computes with only some of its edges.

    Args:
        u, v: into and out of each neuron.
        kept: names of edges: "u1" leads into the first neuron, "v1" out of it.
        x: shape (samples,).

    Raises:
        ValueError: a name that no edge has (the message lists those there are), or lists of two lengths.
    """
    if len(u) != len(v):
        raise ValueError(f"every neuron has one u and one v, got {len(u)} and {len(v)}")
    names = [f"{side}{neuron}" for side in "uv" for neuron in range(1, len(u) + 1)]
    if unknown := sorted(set(kept) - set(names)):
        raise ValueError(f"there is no edge {', '.join(map(str, unknown))}; there are {', '.join(names)}")
    masks = [np.array([f"{side}{neuron}" in kept for neuron in range(1, len(u) + 1)]) for side in "uv"]
    hidden = np.maximum(np.outer(x, masks[0] * np.array(u)), 0)
    return np.asarray(hidden @ (masks[1] * np.array(v)))


def network(u: Sequence[float], v: Sequence[float], kept: Collection[str], weight: float) -> Picture:
    """A small network, its kept edges lit, beside what it computes and the line ``weight`` · x.

    Args:
        u, v, kept: as of :func:`computed`.
        weight: w of the line that is wanted.

    Raises:
        ValueError: as :func:`computed`.
    """
    values = computed(u, v, kept, LINE)
    off = float(np.abs(values - weight * LINE).max())
    paths = [n for n in range(1, len(u) + 1) if f"u{n}" in kept and f"v{n}" in kept]
    sides = [[n for n in paths if (u[n - 1] > 0) == positive] for positive in (True, False)]
    told = " ".join(
        f"{words}: {_listed(side)} with {' + '.join(f'{u[n - 1] * v[n - 1]:.2f}' for n in side) or '0'}."
        for words, side in zip(("Paths for x > 0", "Paths for x < 0"), sides, strict=True)
    ).replace("-", "−")
    figure = Picture(
        f"Left: one input, {len(u)} neurons, one output; {len(set(kept))} of {2 * len(u)} edges are kept and coloured. "
        f"{told} Right: what the network computes for x from −1 to 1, and the line {weight:g} x; they differ by at "
        f"most {off:.3f}.",
        8.4,
        4.4,
    )
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": [1.25, 1]})
    _edges(left, u, v, kept)
    right.plot(LINE, weight * LINE, color="black", linewidth=1.2, linestyle="--")
    for colour, side in ((POSITIVE, LINE >= 0), (NEGATIVE, LINE <= 0)):
        right.plot(LINE[side], values[side], color=colour, linewidth=2.5)
    right.set(xlabel="input x", ylabel="output", xlim=(-1, 1))
    right.set_title(f"dashed: {weight:g} x; off by at most {off:.3f}", fontsize=11)
    right.grid(alpha=0.25)
    return figure


def _listed(neurons: Sequence[int]) -> str:
    return "neuron" + "s" * (len(neurons) != 1) + " " + (", ".join(map(str, neurons)) or "none")


def _edges(axes: Axes, u: Sequence[float], v: Sequence[float], kept: Collection[str]) -> None:
    """Input, neurons and output from left to right; a number on each edge."""
    heights = np.linspace(1, -1, len(u))
    for number, (height, into, out) in enumerate(zip(heights, u, v, strict=True), start=1):
        colour = POSITIVE if into > 0 else NEGATIVE
        for side, weight, ends in (("u", into, (0, 1)), ("v", out, (1, 2))):
            lit = f"{side}{number}" in kept
            look: dict[str, Any] = {"color": colour, "linewidth": 2.2} if lit else {"color": GREY, "linewidth": 0.8}
            axes.plot(ends, (0, height) if side == "u" else (height, 0), zorder=2 if lit else 1, **look)
            text = f"{weight:.1f}".replace("-", "−")
            look = {"color": colour, "weight": "bold"} if lit else {"color": "0.45"}
            look |= {"fontsize": 10, "ha": "center", "va": "center"}
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
            axes.text(0.66 if side == "u" else 1.34, 0.66 * height, text, bbox=box, **look)
        axes.plot(1, height, marker="o", markersize=15, color="white", markeredgecolor="0.3", zorder=3)
        axes.text(1, height, str(number), fontsize=10, ha="center", va="center", zorder=4)
    for place, text in ((0.0, "x"), (2.0, "f")):
        axes.plot(place, 0, marker="s", markersize=19, color="white", markeredgecolor="0.3", zorder=3)
        axes.text(place, 0, text, fontsize=12, ha="center", va="center", zorder=4)
    for place, text in ((0.5, "weights u"), (1.5, "weights v")):
        axes.text(place, 1.18, text, fontsize=11, ha="center", va="center")
    axes.set(xlim=(-0.15, 2.15), ylim=(-1.12, 1.28))
    axes.axis("off")


def gadget(positive: tuple[float, float], negative: tuple[float, float]) -> Picture:
    """Two paths (u, v), u > 0 in one and u < 0 in the other: what each passes on, and their sum, a straight line."""
    weights = [u * v for u, v in (positive, negative)]
    shown = [f"{u:g} · {v:g} = {u * v:.2f}".replace("-", "−") for u, v in (positive, negative)]
    figure = Picture(
        f"Two rows. Above: a path with weights {shown[0]} passes {weights[0]:.2f} x on where x is positive and nothing "
        f"elsewhere. Below: a path with weights {shown[1]} does so where x is negative. Right: their sum is a line "
        f"with slope {weights[0]:.2f} on one side and {weights[1]:.2f} on the other.",
        8.4,
        3.6,
    )
    grid = figure.add_gridspec(2, 3, width_ratios=[1.3, 1, 1.3])
    total = np.zeros_like(LINE)
    for row, ((u, v), colour) in enumerate(zip((positive, negative), (POSITIVE, NEGATIVE), strict=True)):
        drawn = figure.add_subplot(grid[row, 0])
        for place, text, marker in ((0.0, "x", "s"), (1.0, "ReLU", "o"), (2.0, "f", "s")):
            drawn.plot(place, 0, marker=marker, markersize=34, color="white", markeredgecolor="0.3", zorder=2)
            drawn.text(place, 0, text, fontsize=11, ha="center", va="center", zorder=3)
        drawn.plot((0, 2), (0, 0), color=colour, linewidth=2.5, zorder=1)
        for place, name, weight in ((0.5, "u", u), (1.5, "v", v)):
            text = f"{name} = {weight:g}".replace("-", "−")
            drawn.text(place, 0.022, text, fontsize=11, ha="center", va="bottom", color=colour)
        drawn.set(xlim=(-0.4, 2.4), ylim=(-0.06, 0.06))
        drawn.axis("off")
        passed = v * np.maximum(u * LINE, 0)
        total += passed
        axes = figure.add_subplot(grid[row, 1])
        axes.plot(LINE, passed, color=colour, linewidth=2.5)
        _plain(axes, "v · relu(u x)" if not row else "")
    axes = figure.add_subplot(grid[:, 2])
    for colour, side in ((POSITIVE, LINE >= 0), (NEGATIVE, LINE <= 0)):
        axes.plot(LINE[side], total[side], color=colour, linewidth=2.5)
    _plain(axes, "both together")
    return figure


def _plain(axes: Axes, title: str) -> None:
    axes.set(xlim=(-1, 1), ylim=(-0.5, 0.5), xticks=(-1, 0, 1), yticks=(-0.4, 0, 0.4))
    axes.set_title(title, fontsize=11)
    axes.grid(alpha=0.25)


def three_images(target: np.ndarray, made: np.ndarray, *, ends: float) -> Picture:
    """A target, what imitates it, on one scale, and their difference on a scale of its own.

    Args:
        target, made: square arrays of outputs; rows are x₂ upwards, columns x₁, both from −``ends`` to ``ends``.
    """
    off = made - target
    largest = float(np.abs(off).max())
    scale, fine = float(np.abs(target).max()), largest or 1.0
    figure = Picture(
        f"Three square images. The target, from {target.min():.2f} to {target.max():.2f}; the pruned random network, "
        f"which looks the same; and their difference, on a scale of its own, nowhere more than {largest:.2g}.".replace(
            "-", "−"
        ),
        8.4,
        3.2,
    )
    panels = (("target", target, scale), ("pruned, never trained", made, scale), ("difference", off, fine))
    for axes, (name, values, most) in zip(figure.subplots(1, 3), panels, strict=True):
        extent = (-ends, ends, -ends, ends)
        colours = "PuOr" if name == "difference" else "cividis"
        drawn = axes.imshow(values, origin="lower", extent=extent, vmin=-most, vmax=most, cmap=colours)
        axes.set_title(name, fontsize=11)
        axes.set(xticks=(-ends, 0, ends), yticks=(-ends, 0, ends), xlabel="x₁")
        axes.set_ylabel("x₂" if name == "target" else "")
        bar = figure.colorbar(drawn, ax=axes, location="bottom", shrink=0.9, ticks=(-most, 0, most))
        bar.ax.set_xticklabels([f"{-most:.2g}".replace("-", "−"), "0", f"{most:.2g}"])
    return figure
