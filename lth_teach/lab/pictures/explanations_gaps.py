"""Figures of chapter 03b on capacity: accuracy on training rows and on test rows, and the gap between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..plots import Picture
from . import explanations_parts as parts
from .arm_rows import check, look_of, seeds

if TYPE_CHECKING:
    import pandas as pd


def gaps(panels: Mapping[str, pd.DataFrame], arms: Mapping[str, tuple[str, float]]) -> Picture:
    """Accuracy on training rows (hollow) and on test rows (full), a row an arm; the line between them is the gap.

    All panels have one scale, so that their gaps can be compared.

    Args:
        panels: words for a panel → rows with seed, arm, density, accuracy and train_accuracy.
        arms: what to call a row → (arm, density); densities are taken to 3 %.
    """
    figure, grid = parts.panels([len(arms)] * len(panels))
    told = []
    for axes, (words, rows) in zip(grid, panels.items(), strict=True):
        check(rows, ("seed", "arm", "density", "accuracy", "train_accuracy"))
        said, used = [], []
        for row, (name, (arm, density)) in enumerate(arms.items()):
            part, look = parts.at(rows, arm, density), look_of(arm)
            used.append(part)
            test = parts.row(axes, row, 100 * part["accuracy"], look)
            trained = 100 * part["train_accuracy"].mean()
            axes.plot([test.mean, trained], [row, row], color=look["color"], linewidth=1.2, zorder=1)
            axes.plot([trained], [row], markerfacecolor="white", markersize=7, markeredgewidth=1.6, zorder=3, **look)
            said.append(f"{name} {trained:.1f} and {test.mean:.1f}, gap {trained - test.mean:.1f}")
            if arm != "dense":
                said[-1] += f", against dense {parts.said(parts.difference(part, parts.at(rows, 'dense', 1.0)))}"
        parts.names(axes, list(arms))
        label = f"{words}, n = {seeds(parts.together(used), ['arm', 'density'])}"
        axes.set_title(label, fontsize=11, loc="left")
        told.append(f"{label}: {'; '.join(said)}.")
    parts.equally_wide(grid, to=101)
    alt = "Accuracy on training and on test rows, in percent. " + " ".join(told)
    return parts.finish(figure, "hollow: training rows, full: test rows", "accuracy (%)", alt)


def fits(panels: Mapping[str, pd.DataFrame], arms: Mapping[str, tuple[str, float]]) -> Picture:
    """Accuracy on training rows (left) and on test rows (right, its own scale), a row an arm; arguments as `gaps`.

    For networks whose gap is so wide that one scale would hide how they differ. The gap stands beside each row, as a
    number. The dense network is a dashed line; a dotted one in the other panels is that of the last, since a ticket has
    cost several trainings. The alt text tells by how much test accuracies differ from these lines (95 %).
    """
    figure, grid = parts.panels([len(arms)] * len(panels), 2, sharey="row", width_ratios=[1, 1.4])
    told = []
    last, longest = list(panels.items())[-1]
    longest = parts.at(longest, "dense", 1.0)
    for (left, right), (words, rows) in zip(zip(grid[::2], grid[1::2], strict=True), panels.items(), strict=True):
        check(rows, ("seed", "arm", "density", "accuracy", "train_accuracy"))
        said, used = [], []
        for row, (name, (arm, density)) in enumerate(arms.items()):
            part, look = parts.at(rows, arm, density), look_of(arm)
            used.append(part)
            trained = parts.row(left, row, 100 * part["train_accuracy"], look)
            test = parts.row(right, row, 100 * part["accuracy"], look)
            gap = trained.mean - test.mean
            right.text(1.04, row, f"{gap:.1f}", transform=right.get_yaxis_transform(), va="center", fontsize=11)
            said.append(f"{name} {trained.mean:.1f} and {test.mean:.1f}, gap {gap:.1f}")
            if arm != "dense":
                said[-1] += f", against dense {parts.said(parts.difference(part, parts.at(rows, 'dense', 1.0)))}"
                if words != last and arm == "ticket":
                    common = longest[longest["seed"].isin(part["seed"])]
                    again = parts.difference(part[part["seed"].isin(common["seed"])], common)
                    said[-1] += f" (against dense of {last}, n = {len(common)}: {parts.said(again)})"
            else:
                right.axvline(test.mean, color=look["color"], linestyle="--", linewidth=1, zorder=0)
        for axes in (left, right):
            parts.names(axes, list(arms))
        left.set_xlim(62, 102)
        right.locator_params(axis="x", nbins=4)
        label = f"{words}, n = {seeds(parts.together(used), ['arm', 'density'])}"
        left.set_title(f"{label}\ntraining rows", fontsize=11, loc="left")
        right.set_title("test rows", fontsize=11, loc="left")
        if words != last:
            right.axvline(100 * longest["accuracy"].mean(), color="black", linestyle=":", linewidth=1.5, zorder=0)
            text, over = f"dotted: dense,\n{last}", {"facecolor": "white", "edgecolor": "none", "pad": 1}
            right.text(0.99, 0.05, text, transform=right.transAxes, ha="right", fontsize=11, bbox=over)
        right.text(1.04, 1.02, "gap", transform=right.transAxes, fontsize=11)
        told.append(f"{label}: {'; '.join(said)}.")
    parts.equally_wide(grid[1::2])
    alt = "Accuracy on training and on test rows, in percent. " + " ".join(told)
    return parts.finish(figure, "", "accuracy (%)", alt)
