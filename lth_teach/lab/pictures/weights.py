"""What pruning does to the weights: before against after training, and the phases of a level as histograms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from torch import Tensor

from ...ground.states import State
from ...masks import Masks, count
from ..plots import STYLES, Picture

MOST_POINTS = 3_000
SIZE = (5.0, 3.6)  # of a frame, in inches
BLUE, RED, GREY = STYLES["ticket"][0], STYLES["re-initialised"][0], "#767676"


def weights_before_and_after(start: Tensor, trained: Tensor, mask: Tensor) -> Picture:
    """Each weight's value before and after training: survivors blue, pruned grey, the cut as dotted lines.

    The dotted lines are left out where no cut of the trained sizes would give this mask (a random one, say).

    Args:
        start, trained: values of the weights, shape (n,). At most 3,000 are drawn, evenly picked.
        mask: shape (n,), 1 or True for survivors.

    Raises:
        ValueError: the shapes differ, are not (n,), or n is 0.
    """
    shapes = [tuple(tensor.shape) for tensor in (start, trained, mask)]
    if len(set(shapes)) > 1 or len(shapes[0]) != 1 or not start.numel():
        raise ValueError(f"start, trained and mask must have one shape (n,) with n at least 1, got {shapes}")
    before, after = (tensor.detach().cpu().double().numpy() for tensor in (start, trained))
    kept = mask.detach().cpu().numpy().astype(bool)
    share = f"{100 * kept.mean():.3g} %"
    picked = np.unique(np.linspace(0, len(before) - 1, MOST_POINTS).round().astype(int))
    figure = Picture(
        f"Scatter plot of each weight after training against its starting value. Blue: the {share} that survive the "
        "cut. Grey: those pruned. A thin diagonal marks weights that did not move.",
        5.2,
        4.6,
    )
    axes = figure.add_subplot()
    for group, colour, name in ((~kept, "#999999", "pruned"), (kept, STYLES["ticket"][0], f"survive ({share})")):
        shown = picked[group[picked]]
        axes.plot(
            before[shown], after[shown], ".", markersize=4, markeredgewidth=0, alpha=0.6, color=colour, label=name
        )
    axes.axline((0, 0), slope=1, color="black", linewidth=0.8, label="did not move")
    size = np.abs(after)
    if kept.any() and not kept.all() and size[~kept].max() <= size[kept].min():
        figure.alt += " Two dotted horizontal lines mark the cut; all blue points lie outside them."
        for sign in (1, -1):
            place, words = sign * size[kept].min(), "cut" if sign > 0 else None
            axes.axhline(place, color="black", linestyle=":", linewidth=1.5, label=words)
    axes.set_xlabel("starting value $w_0$", fontsize=11)
    axes.set_ylabel("after training $w_T$", fontsize=11)
    figure.legend(loc="outside upper center", ncols=4, frameon=False, fontsize=10, markerscale=3, columnspacing=1.0)
    return figure


class LevelWeights(NamedTuple):
    """One level of magnitude pruning: the survivors' values before and after training, and how many are cut then."""

    start: Tensor  # shape (survivors,)
    trained: Tensor  # shape (survivors,)
    removed: int


def levels_of(states: Sequence[Sequence[State]], found: Sequence[Masks]) -> list[LevelWeights]:
    """The levels of a search: what survived before each, and how many of these the next mask cuts.

    Args:
        states: (before, after) its training, for each level: name → tensor.
        found: the masks of all levels, the dense one first; one more than ``states``.
    """
    levels = []
    for pair, (mask, following) in zip(states, pairwise(found), strict=True):
        before, after = (torch.cat([state[name][kept.cpu()] for name, kept in mask.items()]) for state in pair)
        levels.append(LevelWeights(before, after, count(mask) - count(following)))
    return levels


class Frame(NamedTuple):
    """One moment of a level: sizes to draw in blue and in red, the cut (or None), and what it is called."""

    level: int
    phase: str
    kept: np.ndarray
    cut_off: np.ndarray
    line: float | None
    caption: str


def frames(levels: Sequence[LevelWeights], moves: int = 3) -> Iterator[Frame]:
    """The moments of a pruning run: start, then for each level train, the cut in ``moves`` steps, and rewind.

    Raises:
        ValueError: no level, tensors that do not fit together, or a number of removed weights that leaves none.
    """
    for number, (before, after, removed) in enumerate(_sizes(levels), start=1):
        n = len(before)
        order = np.argsort(after, kind="stable")  # ties by position, as in the masks
        line = (after[order[removed - 1]] + after[order[removed]]) / 2
        name = f"Level {number}"
        if number == 1:
            yield Frame(1, "start", before, after[:0], None, f"{name}, start: all {n:,} weights as they were drawn.")
        yield Frame(number, "train", after, after[:0], None, f"{name}, train: the same {n:,} weights after training.")
        for move in range(1, moves + 1):
            now = line * move / moves
            below = order[: removed if move == moves else np.searchsorted(after[order], now)]
            words = (
                f"{name}, cut: the {removed:,} smallest go (red)." if move == moves else f"{name}, the cut moves in …"
            )
            yield Frame(number, "cut", np.delete(after, below), after[below], now, words)
        words = f"{name}, rewind: the {n - removed:,} survivors are back at their starting values."
        yield Frame(number, "rewind", before[order[removed:]], after[:0], None, words)


def _sizes(levels: Sequence[LevelWeights]) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """The levels checked, as arrays of |weight|."""
    if not levels:
        raise ValueError("levels is empty; it needs one level at least")
    found: list[tuple[np.ndarray, np.ndarray, int]] = []
    for number, (start, trained, removed) in enumerate(levels, start=1):
        n = start.numel()
        if start.dim() != 1 or start.shape != trained.shape or not 0 < removed < n:
            raise ValueError(
                f"level {number}: start and trained must have one shape (n,), and 0 < removed < n; "
                f"found {tuple(start.shape)}, {tuple(trained.shape)} and {removed}"
            )
        if found and n != len(found[-1][0]) - found[-1][2]:
            raise ValueError(
                f"level {number} has {n} weights; level {number - 1} left {len(found[-1][0]) - found[-1][2]}"
            )
        before, after = (tensor.detach().cpu().double().abs().numpy() for tensor in (start, trained))
        found.append((before, after, removed))
    return found


class Scale(NamedTuple):
    """What all frames of a run share: the bins, the greatest count, and the sizes at the very start."""

    bins: np.ndarray
    top: float
    start: np.ndarray


def scale(moments: Sequence[Frame]) -> Scale:
    """Forty bins up to the size that 99 % of the weights of every frame stay below; the rest lie off to the right."""
    all_sizes = [np.concatenate([moment.kept, moment.cut_off]) for moment in moments]
    bins = np.linspace(0, max(np.quantile(sizes, 0.99) for sizes in all_sizes), 41)
    return Scale(bins, 1.08 * max(np.histogram(sizes, bins)[0].max() for sizes in all_sizes), all_sizes[0])


def draw(axes: Any, moment: Frame, common: Scale, fontsize: float = 11) -> None:
    """One frame: survivors blue, what falls red below the dotted cut, the outline of the very start in grey."""
    bins, top, start = common
    counts = np.histogram(np.concatenate([moment.kept, moment.cut_off]), bins)[0]
    axes.stairs(counts, bins, fill=True, color=BLUE)
    axes.stairs(np.histogram(start, bins)[0], bins, color=GREY, linewidth=1.2)
    if moment.line is not None:
        left = np.append(bins[bins < moment.line], moment.line)  # the bar that the cut goes through is red to the cut
        axes.stairs(counts[: len(left) - 1], left, fill=True, color=RED)
        axes.axvline(moment.line, color="black", linestyle=":", linewidth=1.8)
    axes.set_xlim(0, bins[-1])
    axes.set_ylim(0, top)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.tick_params(labelsize=fontsize - 1)
    axes.spines[["top", "right"]].set_visible(False)


def four_frames(levels: Sequence[LevelWeights]) -> Picture:
    """The four phases of the first level as small histograms of |weight|: start, train, cut, rewind."""
    chosen = [moment for moment in frames(levels[:1], moves=1)]
    common = scale(chosen)
    n, removed = levels[0].start.numel(), levels[0].removed
    figure = Picture(
        f"Four histograms of the sizes of the weights. 1, start: {n:,} weights as drawn. 2, train: the same, spread by "
        f"training. 3, cut: the {removed:,} smallest, left of a dotted line, are red. 4, rewind: the {n - removed:,} "
        "survivors have their starting values again: the histogram of the start, thinned most near zero.",
        *SIZE,
    )
    titles = ("1 · start", "2 · train", "3 · cut the smallest", "4 · rewind, repeat")
    grid = figure.subplots(2, 2, sharex=True, sharey=True)
    for axes, moment, title in zip(grid.flat, chosen, titles, strict=True):
        draw(axes, moment, common, fontsize=10)
        axes.set_title(title, fontsize=11, loc="left")
    for axes, words, colour in ((grid[0, 1], "grey: the start", GREY), (grid[1, 0], "red: below the cut", RED)):
        axes.text(0.99, 0.95, words, color=colour, fontsize=10, ha="right", va="top", transform=axes.transAxes)
    figure.supxlabel("|weight|", fontsize=10)
    figure.supylabel("number of weights", fontsize=10)
    return figure
