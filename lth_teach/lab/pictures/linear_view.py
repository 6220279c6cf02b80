"""Figures of chapter 04: predicted against real training by width, one run, decay by eigenvector, several formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from ...replicates import Interval, interval
from ..plots import SPARE_STYLES, Picture
from . import explanations_parts as parts
from .arm_rows import seeds

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

    from ..linear_view_bench import Pair

MOMENTS = {20: SPARE_STYLES[0], 200: SPARE_STYLES[1]}  # colour and marker of an early and of a late comparison
NETWORKS = {
    "frozen": "pruned weights frozen",
    "zeroed": "pruned weights zeroed",
    "rescaled": "zeroed, the others larger",
}
FORMULAS = {
    "at θ₀": ("at θ₀, as the document has it", "#D55E00", "s"),
    "f₀ wrong": ("f₀ from θ₀, K at m ⊙ θ₀", "#E69F00", "v"),
    "K wrong": ("f₀ at m ⊙ θ₀, K from θ₀", "#CC79A7", "^"),
    "K to size": ("the same, K brought to size", "#56B4E9", "P"),
    "K of the dense network": ("f₀ at its own point, dense K", "#56B4E9", "D"),
    "at its own point": ("both at its own point", "#0072B2", "o"),
}


def by_width(rows: pd.DataFrame) -> Picture:
    """Error of the linear prediction, and the share of answers that it misses, against the width; 20 and 200 steps.

    Args:
        rows: columns seed, width, step, error (a share of the distance moved) and accuracy (answers predicted), a row
            for each seed, width and step. The mean of the errors is that of their logarithms.
    """
    figure = Picture("", 6.4, 5.4)
    upper, lower = figure.subplots(2, 1, sharex=True)
    told = []
    for number, (step, (colour, marker)) in enumerate(MOMENTS.items()):
        look, part = {"color": colour, "marker": marker}, rows[rows["step"] == step]
        errors = _line(upper, part, "error", look, number, math.log10, lambda value: 10**value)
        missed = _line(lower, part.assign(missed=100 * (1 - part["accuracy"])), "missed", look, number)
        upper.annotate(
            f"after {step} steps", (1024, errors[1024].mean), (9, 0), textcoords="offset points", color=colour,
            fontsize=11, va="center", annotation_clip=False,
        )  # fmt: skip
        lines = [f"width {width} {errors[width].mean:.3f}, {missed[width].mean:.1f} % missed" for width in errors]
        told.append(f"After {step} steps: {'; '.join(lines)}.")
    upper.set_yscale("log")
    upper.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    upper.set_ylabel("error / movement", fontsize=11)
    lower.set_ylabel("answers missed (%)", fontsize=11)
    lower.set_xscale("log", base=2)
    widths = sorted(rows["width"].unique())
    lower.set_xticks(widths, [f"{width:g}" for width in widths])
    lower.set_xlim(widths[0] / 1.4, widths[-1] * 1.4)
    lower.set_xlabel("width of both hidden layers (log axis)", fontsize=11)
    for axes in (upper, lower):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        f"How wrong is the linear prediction? n = {seeds(rows, ['width', 'step'])}\n{parts.BAND}", fontsize=11
    )
    figure.alt = "Error of the linear prediction on new samples, as a share of the movement. " + " ".join(told)
    return figure


def _line(
    axes: Any,
    part: pd.DataFrame,
    column: str,
    look: Mapping[str, Any],
    number: int,
    there: Callable[[float], float] = float,
    back: Callable[[float], float] = float,
) -> dict[int, Interval]:
    """Means with intervals by width, taken after ``there`` and drawn after ``back``; single seeds as dots."""
    found = {}
    for width in sorted(map(int, part["width"].unique())):
        values = part[part["width"] == width][column]
        place = width * 1.05 ** (2 * number - 1)  # the dots of two moments side by side
        taken = interval(values.map(there))
        low, high = (None if bound is None else back(bound) for bound in (taken.low, taken.high))
        found[width] = Interval(back(taken.mean), low, high, taken.n)
        dots = {"marker": ".", "markersize": 5, "markeredgewidth": 0, "alpha": 0.35, "linestyle": "none"}
        axes.plot([place] * len(values), values, color=look["color"], **dots)
        if low is not None:
            axes.vlines(place, low, high, color=look["color"], linewidth=2.5)
    places = [width * 1.05 ** (2 * number - 1) for width in found]
    axes.plot(places, [value.mean for value in found.values()], linewidth=1.4, markersize=6, zorder=3, **look)
    return found


def movements(pairs: Mapping[str, tuple[Tensor, Tensor]]) -> Picture:
    """How far the output of each new sample moved, predicted against real: a panel for each network.

    Args:
        pairs: words → (real, predicted), each of shape (samples,).
    """
    figure = Picture("", 6.4, 3.6)
    told = []
    for axes, (words, (real, predicted)) in zip(
        figure.subplots(1, len(pairs), squeeze=False).flat, pairs.items(), strict=True
    ):
        axes.axline((0, 0), slope=1, color="black", linewidth=0.8)
        axes.plot(real, predicted, ".", color=SPARE_STYLES[0][0], alpha=0.6, markersize=5, markeredgewidth=0)
        share = float((real - predicted).norm() / real.norm())
        axes.set_title(f"{words}: error {share:.3f}", fontsize=11, loc="left")
        axes.set_xlabel("real movement", fontsize=11)
        axes.set_aspect("equal", adjustable="datalim")
        axes.grid(alpha=0.25)
        told.append(f"{words}: error {share:.3f} of the movement")
    figure.axes[0].set_ylabel("predicted", fontsize=11)
    figure.suptitle("a dot a new sample; line: predicted exactly", fontsize=11)
    figure.alt = f"Predicted against real movement of new samples' outputs. {'; '.join(told)}."
    return figure


def decay(run: Pair, numbers: Sequence[int] = (1, 2, 5, 20)) -> Picture:
    """The training error of one run along some eigenvectors of its kernel: dots as it was, lines as (1 − ηλ)ᵗ has it.

    Args:
        run: a network's training beside its kernel.
        numbers: which eigenvectors, 1 = that of the largest eigenvalue.
    """
    values, vectors = torch.linalg.eigh(run.kernel)
    along = ((run.real - run.y) @ vectors).abs()
    figure = Picture("", 6.4, 3.8)
    axes = figure.add_subplot()
    told = []
    steps = torch.arange(len(along))
    for (colour, marker), number in zip(SPARE_STYLES, numbers, strict=False):
        value, measured = float(values[-number]), along[:, -number] / along[0, -number]
        predicted = (1 - run.rate * value) ** steps
        axes.plot(steps, predicted, color=colour, linewidth=1.4)
        axes.plot(
            steps[::10], measured[::10], color=colour, marker=marker, linestyle="none", markersize=5,
            label=f"number {number}: ηλ = {run.rate * value:.2g}",
        )  # fmt: skip
        told.append(f"number {number}, {float(measured[-1]):.2f} left, predicted {float(predicted[-1]):.2f}")
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("step", fontsize=11)
    axes.set_ylabel("error left (share)", fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=10, title="eigenvector")
    axes.set_title(f"Width {run.width}. Lines: (1 − ηλ)ᵗ; markers: the real network", fontsize=11, loc="left")
    figure.alt = (
        f"Share of the training error left along eigenvectors of the kernel, width {run.width}. "
        f"After {len(along) - 1} steps: {'; '.join(told)}."
    )
    return figure


def formulas(rows: pd.DataFrame) -> Picture:
    """How many of a trained sparse network's answers each formula misses: a panel for each network.

    Args:
        rows: columns seed, network, arm (the formula), accuracy (answers predicted) and error.
    """
    there = {name: [arm for arm in FORMULAS if ((rows["network"] == name) & (rows["arm"] == arm)).any()]
             for name in NETWORKS}  # fmt: skip
    figure, grid = parts.panels([len(arms) for arms in there.values()], sharex=True)
    told = []
    for axes, (network, arms) in zip(grid, there.items(), strict=True):
        chosen, found = rows[rows["network"] == network], []
        for place, arm in enumerate(arms):
            words, colour, marker = FORMULAS[arm]
            part = chosen[chosen["arm"] == arm]
            missed = parts.row(axes, place, 100 * (1 - part["accuracy"]), {"color": colour, "marker": marker})
            error = 10 ** part["error"].map(math.log10).mean()
            found.append(f"{words} {missed.mean:.1f} % (error {error:.2f})")
        parts.names(axes, [FORMULAS[arm][0] for arm in arms])
        label = f"{NETWORKS[network]}, n = {seeds(chosen, ['arm'])}"
        axes.set_title(label, fontsize=11, loc="left")
        told.append(f"{label}: {'; '.join(found)}.")
    alt = "Answers of a trained network that a formula misses, and its error as a share of the movement. "
    return parts.finish(figure, "", "answers of the trained network that are missed (%)", alt + " ".join(told))
