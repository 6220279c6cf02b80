"""Names written beside lines and points in place of a legend, pushed apart where they would overlap."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Annotation

SIZE = 11  # of the letters, in points
GAP = 1.25 * SIZE  # least distance of two lines of text, in points


def label(
    axes: Any, text: str, point: tuple[float, float], place: tuple[float, float], transform: Any, colour: Any
) -> None:
    """Write ``text`` at ``place`` (in ``transform``; its y in the axes' own units), with a thin line to ``point``.

    Call :func:`push_apart` when all labels and the limits of the axes are set.
    """
    axes.annotate(
        text,
        point,
        place,
        textcoords=transform,
        color=colour,
        fontsize=SIZE,
        va="center",
        annotation_clip=False,
        arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "alpha": 0.7, "shrinkA": 1, "shrinkB": 4},
    )


def push_apart(figure: Figure) -> None:
    """Move labels that begin at one x up or down until none touches the next, each as little as can be."""
    figure.draw_without_rendering()  # settles the sizes of the axes
    for axes in figure.axes:
        low, high = axes.get_ylim()
        points_high = axes.get_window_extent().height * 72 / figure.dpi
        gap = (high - low) * GAP / points_high
        columns: dict[float, list[Annotation]] = {}
        for child in axes.texts:
            if isinstance(child, Annotation):
                columns.setdefault(child.get_position()[0], []).append(child)
        for x, texts in columns.items():
            wanted = [text.xy[1] for text in texts]
            for text, y in zip(texts, spread(wanted, gap, low, high), strict=True):
                text.set_position((x, y))
        axes.set_ylim(low, high)


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Positions at least ``gap`` apart and in the order of ``wanted``, nearest to it in the sum of squares.

    They lie between ``low`` and ``high`` if there is room for all.
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(wanted, kind="stable")
    steps = gap * np.arange(len(wanted))
    # Less its rank's steps, a spread list need only not fall: that is isotonic regression.
    level = isotonic_regression(np.asarray(wanted, dtype=float)[order] - steps).x
    level = np.clip(level, low, max(low, high - steps[-1]))
    placed = np.empty(len(wanted))
    placed[order] = level + steps
    return placed.tolist()
