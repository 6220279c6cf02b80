"""Pictures of chapter 10: training against test error, the luckiest of many coins, what networks cost to count."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...ground.arguments import whole_number
from ...measures.bounds import document_bound, log_choices
from ...replicates import interval
from ..plots import SPARE_STYLES, Picture
from .arm_rows import check, look_of, seeds

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN = (colour for colour, _ in SPARE_STYLES[:3])
EVERY = 10  # points of error between two diagonals
LEAST = 12  # points that each axis shows, so that a panel in which all is fitted is no line


def scatter(panels: Mapping[str, pd.DataFrame], arms: Mapping[str, tuple[str, int]], title: str = "") -> Picture:
    """Test error against training error, a faint dot a seed and a marker for the mean; diagonals have one gap each.

    Args:
        panels: words for a panel → rows with seed, arm, level, accuracy and train_accuracy.
        arms: what to call a network → (arm, level).

    Raises:
        ValueError: rows that lack a column, or hold none of an arm.
    """
    figure = Picture("", 3.6 * len(panels) + 0.4, 4.9)
    grid = figure.subplots(1, len(panels), squeeze=False)[0]
    told = []
    for axes, (words, rows) in zip(grid, panels.items(), strict=True):
        check(rows, ("seed", "arm", "level", "accuracy", "train_accuracy"))
        shown = {name: rows[(rows["arm"] == arm) & (rows["level"] == level)] for name, (arm, level) in arms.items()}
        said = [_cloud(axes, name, part, position) for position, (name, part) in enumerate(shown.items())]
        _diagonals(axes)
        label = f"{words}, n = {seeds(next(iter(shown.values())), ['arm'])}"
        axes.set_title(label, fontsize=11, loc="left")
        axes.set_xlabel("training error (%)", fontsize=11)
        told.append(f"{label}: {'; '.join(said)}.")
    grid[0].set_ylabel("test error (%)", fontsize=11)
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=11)
    figure.suptitle(f"{title}\ngrey: lines of one gap, in points".strip(), fontsize=11)
    figure.alt = "Test error against training error, in percent; grey diagonals are lines of equal gap. " + " ".join(
        told
    )
    return figure


def _cloud(axes: Axes, name: str, part: pd.DataFrame, position: int) -> str:
    """One arm's dots and mean; returns its numbers in words."""
    if part.empty:
        raise ValueError(f"the rows hold no {name}")
    look, trained, test = look_of(name, position), *(100 * (1 - part[c]) for c in ("train_accuracy", "accuracy"))
    axes.plot(trained, test, color=look["color"], marker=".", markersize=5, alpha=0.3, linestyle="none")
    axes.plot(trained.mean(), test.mean(), linestyle="none", markersize=9, markeredgecolor="white", label=name, **look)
    gap = interval(test - trained)
    spread = "" if gap.low is None else f" [{gap.low:.1f}, {gap.high:.1f}]"
    return f"{name} {trained.mean():.1f} and {test.mean():.1f}, gap {gap.mean:.1f}{spread}"


def _diagonals(axes: Axes) -> None:
    """Lines of equal gap across what the panel shows, each with its gap at its upper or right end."""
    axes.margins(0.12)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    left = -1.0 if left < 1 else left  # no error is negative, and no marker is to be cut
    right, spare = max(right, left + LEAST), max(0.0, LEAST - (top - bottom)) / 2
    bottom, top = bottom - spare, top + spare
    first = max(0, EVERY * math.ceil((bottom - right) / EVERY))
    for gap in range(first, math.floor(top - left) + 1, EVERY):
        axes.plot([left, right], [left + gap, right + gap], color="0.8", linewidth=1, zorder=0)
        x = min(right, top - gap)
        if x > left + 0.1 * (right - left) and x + gap > bottom + 0.1 * (top - bottom):
            above = x < right
            axes.annotate(
                f"{gap}", (x, x + gap), (0 if above else -3, -3 if above else 0), textcoords="offset points",
                ha="center" if above else "right", va="top" if above else "center", fontsize=9, color="0.45",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )  # fmt: skip
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.spines[["top", "right"]].set_visible(False)


def luckiest(tosses: int, most: int = 10**6, delta: float = 0.05) -> Picture:
    """How few heads the luckiest of so many fair coins shows, exactly, and what the union bound allows for.

    Args:
        tosses: of each coin, 1 or more.
        most: coins, at the right end.
        delta: in this share of all games the luckiest has fewer heads than the black line; see ``fewest_heads``.
    """
    coins = np.unique(np.geomspace(1, most, 60).round().astype(int))
    exact = [100 * fewest_heads(int(number), tosses, delta) / tosses for number in coins]
    promised = [50 - 100 * math.sqrt(math.log(number / delta) / (2 * tosses)) for number in coins]
    told = ", ".join(
        f"{number:,} coin{'s' if number > 1 else ''}: {fewest_heads(number, tosses, delta)} of {tosses}, promised at "
        f"least {tosses * (0.5 - math.sqrt(math.log(number / delta) / (2 * tosses))):.1f}"
        for number in (1, 10, 1_000, most)
    )
    figure = Picture(
        f"Heads of the luckiest of many fair coins, {tosses} tosses each, against their number (log axis). Black "
        f"steps: what it goes below with probability {delta:g} or less, exactly. Orange, below it everywhere: one "
        f"half minus the root of log(coins / {delta:g}) over twice the tosses. {told}.",
        6.4,
        3.6,
    )
    axes = figure.add_subplot()
    axes.axhline(50, color="0.6", linestyle=":", linewidth=1.5)
    axes.plot(coins, exact, color="black", linewidth=2, drawstyle="steps-mid", label="the luckiest, exactly (5 %)")
    axes.plot(coins, promised, color=ORANGE, linewidth=2, linestyle="--", label="the promise: Hoeffding and the union")
    axes.text(most, 50.8, "what each of them is", ha="right", fontsize=11, color="0.4")
    axes.set_xscale("log")
    axes.set_xlabel("coins", fontsize=11)
    axes.set_ylabel("heads of the luckiest (%)", fontsize=11)
    axes.legend(frameon=False, fontsize=11, loc="lower left")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def fewest_heads(coins: int, tosses: int, delta: float = 0.05) -> int:
    """The largest number of heads that the luckiest of so many fair coins goes below with probability ≤ ``delta``."""
    whole_number("coins", coins, 1)
    below, heads = 0.0, 0
    while 1 - (1 - below) ** coins <= delta:  # below: that one coin shows fewer than ``heads``
        below += math.comb(tosses, heads) / 2**tosses
        heads += 1
    return heads - 1


def prices(n: int, m: int, bits: Sequence[int] = (5,)) -> Picture:
    """What k of n weights cost to count, in nats an example, against the share that is kept.

    The document's k ln(n/k), the number of masks, and masks with values of so many bits.
    """
    ks = np.unique((n * np.linspace(0, 1, 201)[1:]).round().astype(int))
    masks = np.array([log_choices(n, int(k)) for k in ks])
    document = [document_bound(n, int(k), m) ** 2 for k in ks]
    figure = Picture(
        f"Price in nats an example ({m:,} of them) against the share of {n:,} weights kept. Orange, dashed: the "
        f"document's k log(n/k), from 0 up to {max(document):.1f} at 37 % and back to 0. Blue: all masks, never below "
        f"it, up to {masks.max() / m:.1f} at 50 % and back to 0, too. Green: masks and values, "
        + ", ".join(f"{(n * bit * math.log(2)) / m:.1f} at 100 % for {bit} bits" for bit in bits)
        + ".",
        6.4,
        3.8,
    )
    axes = figure.add_subplot()
    share = 100 * ks / n
    axes.plot(share, document, color=ORANGE, linestyle="--", linewidth=2, label="the document: k log(n/k)")
    axes.plot(share, masks / m, color=BLUE, linewidth=2, label="which weights: all masks")
    for bit, dashes in zip(bits, ("-", "-.", ":"), strict=False):
        label = f"which, and {bit} bits each"
        axes.plot(share, (masks + ks * bit * math.log(2)) / m, color=GREEN, linestyle=dashes, linewidth=2, label=label)
    axes.set(xlim=(0, 100), ylim=(0, 6))
    axes.set_xlabel("weights kept (%)", fontsize=11)
    axes.set_ylabel("nats an example", fontsize=11)
    axes.legend(frameon=False, fontsize=11, loc="upper right")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
