"""The error on lines and planes between networks (chapter 03)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..plots import Picture

if TYPE_CHECKING:
    from ...measures.planes import Plane

GREYS = ("black", "0.55", "black", "0.55")  # all are pairs of dense networks, and those are black


def paths(lines: Mapping[str, Sequence[float]], dashed: str = "", title: str = "") -> Picture:
    """Error in percent along lines between networks.

    Args:
        lines: name → errors (fractions) at evenly spaced α from 0 to 1.
        dashed: which of them is drawn dashed.
    """
    figure = Picture(f"Test error against α on the lines between two networks: {', '.join(lines)}.", 6.4, 3.6)
    axes = figure.add_subplot()
    for position, (name, errors) in enumerate(lines.items()):
        look: dict[str, Any] = {"color": GREYS[position % len(GREYS)], "marker": "os^D"[position % 4], "markersize": 5}
        if name == dashed:
            look |= {"linestyle": "--", "markerfacecolor": "white"}
        axes.plot(np.linspace(0, 1, len(errors)), 100 * np.asarray(errors), label=name, **look)
    axes.set(xlabel="α: from the first copy (0) to the second (1)", ylabel="test error (%)")
    axes.set_ylim(bottom=0)
    axes.set_title(title, fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=10)
    return figure


def planes(found: Mapping[str, Plane], names: Sequence[str] = ("copy 1", "copy 2", "θ_k")) -> Picture:
    """The error around two copies and the network they come from, one panel for each plane."""
    figure = Picture(
        f"The test error on planes through two copies and the network they come from, one panel each: "
        f"{', '.join(found)}. Contours every ten percent; the copies are joined by a straight line.",
        4.6 * len(found),
        3.9,
    )
    panels = figure.subplots(1, len(found), squeeze=False)
    for axes, (name, plane) in zip(panels.flat, found.items(), strict=True):
        errors = 100 * plane.errors
        drawn = axes.contourf(plane.across, plane.along, errors, levels=range(0, 101, 5), cmap="cividis")
        axes.contour(plane.across, plane.along, errors, levels=range(10, 100, 10), colors="white", linewidths=0.6)
        axes.plot(*zip(*plane.corners[:2], strict=True), color="white", linewidth=1.4, linestyle="--")
        for (x, y), mark, text in zip(plane.corners, "oos", names, strict=True):
            axes.plot(x, y, mark, color="white", markeredgecolor="black", markersize=7)
            axes.annotate(
                text, (x, y), (0, 9), textcoords="offset points", ha="center", fontsize=10, color="white",
                bbox={"boxstyle": "round,pad=0.15", "facecolor": "black", "alpha": 0.55, "linewidth": 0},
            )  # fmt: skip
        axes.set(xlabel="distance along copy 1 → copy 2")
        axes.set_title(name, fontsize=11)
    panels.flat[0].set_ylabel("distance towards θ_k")
    figure.colorbar(drawn, ax=panels, label="test error (%)")
    return figure
