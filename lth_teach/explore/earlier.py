"""The searches that a panel has finished before the present one: what differed, and their lines in its picture."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..lab import plots
from .search import Search

if TYPE_CHECKING:
    import pandas as pd

MOST = 3  # more lines than that cannot be told apart
DASHES = ((0, (7, 2)), (0, (1.5, 1.5)), (0, (6, 1.5, 1.5, 1.5)))  # of the newest, the one before, the oldest
LINE = 0.06  # height of a line of a label, as a fraction of the picture's


def difference(before: Search, now: Search) -> str:
    """What a learner had chosen otherwise before, in words: "prune rate 0.5, 2 seeds"."""
    words = {
        "prune_rate": f"prune rate {before.prune_rate:.3g}",
        "target_sparsity": f"target {before.target_sparsity:.3g}",
        "late_reset_iter": f"late reset {before.late_reset_iter}",
        "seeds": f"{before.seeds} seed{'' if before.seeds == 1 else 's'}",
        "device": f"device {before.device}",
    }
    changed = [text for name, text in words.items() if getattr(before, name) != getattr(now, name)]
    return ", ".join(changed) or "the same choices"


def overlay(figure: plots.Picture, lines: Sequence[tuple[str, pd.DataFrame]]) -> None:
    """Draw earlier tickets, faint and dashed, into the picture of a search; each is labelled at its right end.

    Args:
        figure: what :func:`lth_teach.explore.search.picture` returned; its alt text gets a sentence about the lines.
        lines: (label, rows of that search), the newest first, at most :data:`MOST`; none is allowed.
    """
    (axes,) = figure.axes
    title = "\n".join(textwrap.fill(line, 50) for line in axes.get_title().splitlines())
    axes.set_title("")
    figure.suptitle(title, fontsize=10)  # over the labels, too
    if (legend := axes.get_legend()) is not None:
        legend.set_loc("lower left")  # where accuracy that falls leaves room; to look for room takes time
    if not lines:
        return
    ends: list[tuple[float, float, str]] = []
    for (label, rows), dashes in zip(lines, DASHES, strict=False):
        tickets = rows[rows["arm"] == "ticket"]
        means = 100 * tickets.groupby("density")["accuracy"].mean().sort_index(ascending=False)
        percent = 100 * means.index.to_numpy()
        axes.plot(percent, means, color="0.62", linewidth=1.4, linestyle=dashes, zorder=1, label="_earlier")
        ends.append((float(means.iloc[-1]), float(percent[-1]), label))
    axes.set_xlim(*sorted(axes.get_xlim()))
    axes.set_xlim(min(axes.get_xlim()[0], 0.9 * min(end[1] for end in ends)), axes.get_xlim()[1])
    plots.density_axis(axes)
    low, high = axes.get_ylim()
    free = float("-inf")  # above this height, no label has been written yet
    for accuracy, kept, label in sorted(ends):
        parts = [part.replace(" ", "\N{NO-BREAK SPACE}") for part in label.split(", ")]
        text = textwrap.fill(", ".join(parts), 18)
        half = LINE * (text.count("\n") + 1) / 2
        middle = max((accuracy - low) / (high - low), free + half)
        free = middle + half
        axes.annotate(
            text,
            xy=(kept, accuracy),
            xytext=(1.02, middle),
            textcoords="axes fraction",
            arrowprops={"arrowstyle": "-", "color": "0.75", "linewidth": 0.7, "shrinkA": 0, "shrinkB": 2},
            annotation_clip=False,
            color="0.35",
            fontsize=9,
            va="center",
        )
    figure.alt += f" Faint dashed lines are tickets of earlier searches: {'; '.join(label for label, _ in lines)}."
