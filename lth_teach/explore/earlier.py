"""The searches that a panel has finished before the present one: what differed, and their lines in its picture."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..lab import plots
from .archived import widen
from .search import Search

if TYPE_CHECKING:
    import pandas as pd

MOST = 3  # more lines than that cannot be told apart
DASHES = ((0, (7, 2)), (0, (1.5, 1.5)), (0, (6, 1.5, 1.5, 1.5)))  # of the newest, the one before, the oldest
WIDTH = 26  # characters of a line of the legend


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
    """Draw earlier tickets, faint and dashed, into the picture of a search; the legend names each.

    Args:
        figure: what :func:`lth_teach.explore.search.picture` returned; its alt text gets a sentence about the lines.
        lines: (label, rows of that search), the newest first, at most :data:`MOST`; none is allowed.
    """
    (axes,) = figure.axes
    for (label, rows), dashes in zip(lines, DASHES, strict=False):
        tickets = rows[rows["arm"] == "ticket"]
        means = 100 * tickets.groupby("density")["accuracy"].mean().sort_index(ascending=False)
        percent = 100 * means.index.to_numpy()
        name = textwrap.fill(f"earlier: {label}", WIDTH)
        axes.plot(percent, means, color="0.55", linewidth=1.4, linestyle=dashes, zorder=1, label=name)
        widen(axes, float(percent[-1]))
    # Where accuracy that falls leaves room: to look for room takes time.
    axes.legend(loc="lower left", frameon=False, fontsize=9)
    if lines:
        figure.alt += f" Faint dashed lines are tickets of earlier searches: {'; '.join(label for label, _ in lines)}."
