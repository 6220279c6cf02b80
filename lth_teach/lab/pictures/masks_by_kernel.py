"""Figures of chapter 04: kernels as heat maps sorted by class, and how masks train against what kernels promise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from torch.nn import functional as F

from ...measures.kernel_measures import alignment, centred
from ...replicates import interval
from ..plots import STYLES, Picture
from . import explanations_parts as parts
from .arm_rows import LARGEST, check, seeds
from .labels import label, push_apart

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

LOOKS = {
    **{arm: STYLES[arm] for arm in ("dense", "ticket", "re-initialised", "random")},
    "random, rescaled": ("#CC79A7", "v"),
    "largest at the start": (LARGEST["color"], LARGEST["marker"]),
    "half the ticket": ("#56B4E9", "D"),
    "SNIP": ("#882255", "P"),
    "GraSP": ("#7F7F7F", "X"),
    "aligned": ("#009E73", "*"),
    "against": ("#E69F00", "p"),
}
PROMISES = {"alignment": "centred alignment before training", "regression": "accuracy of kernel regression (%)"}


def heat_maps(kernels: Mapping[str, Tensor], classes: Tensor) -> Picture:
    """Centred kernels side by side, samples sorted by class, each scaled by its own size: red alike, blue unlike.

    Each dot is the mean over five samples by five, so that classes stand out from single pairs.

    Args:
        kernels: words → kernel between the same samples, (n, n). ``classes``: of the samples, in order, (n,).
    """
    figure = Picture("", 6.8, 2.7)
    targets = np.eye(int(classes.max()) + 1)[classes.numpy()]
    borders = np.flatnonzero(np.diff(classes.numpy())) + 0.5
    told = []
    grid = figure.subplots(1, len(kernels), squeeze=False)
    for axes, (words, kernel) in zip(grid.flat, kernels.items(), strict=True):
        middle = centred(kernel.double())
        dots = F.avg_pool2d(middle[None], 5)[0]
        extent = (-0.5, 5 * len(dots) - 0.5, 5 * len(dots) - 0.5, -0.5)  # in samples, as the borders are
        size = float(dots.abs().flatten().quantile(0.99))
        drawn = axes.imshow(
            (dots / size).numpy(), cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest", extent=extent
        )
        for border in borders:
            axes.axhline(border, color="black", linewidth=0.3, alpha=0.5)
            axes.axvline(border, color="black", linewidth=0.3, alpha=0.5)
        found = alignment(kernel, kernel.new_tensor(targets))
        axes.set_title(f"{words}\nalignment {found:.2f}", fontsize=11)
        axes.set_xticks([])
        axes.set_yticks([])
        told.append(f"{words} {found:.2f}")
    figure.colorbar(drawn, ax=grid, shrink=0.8, ticks=[-1, 0, 1]).ax.set_yticklabels(["unlike", "0", "alike"])
    figure.alt = (
        f"Centred kernels of {len(classes)} samples sorted by class, as heat maps; squares along the diagonal belong "
        f"to one class. Alignment: {', '.join(told)}."
    )
    return figure


def trained(
    rows: pd.DataFrame, promise: str = "alignment", mine: Mapping[str, tuple[float, float]] | None = None
) -> Picture:
    """Accuracy after training against what the kernel promised before it: a dot a mask, a large marker an arm's mean.

    Args:
        rows: columns seed, arm, accuracy and the promise, of arms in ``LOOKS``; one setting.
        promise: "alignment" or "regression".
        mine: arm → (promise, accuracy) of one's own run, drawn as large hollow markers.

    Raises:
        ValueError: another promise, or a column is missing.
    """
    if promise not in PROMISES:
        raise ValueError(f"promise must be one of {', '.join(PROMISES)}, got {promise!r}")
    check(rows, ("seed", "arm", "accuracy", promise))
    scale = 100 if promise == "regression" else 1
    figure = Picture("", 6.6, 4.6)
    axes = figure.add_subplot()
    told = []
    shown = [arm for arm in LOOKS if (rows["arm"] == arm).any()]
    right = scale * rows[promise].max()
    for arm in shown:
        part, (colour, marker) = rows[rows["arm"] == arm], LOOKS[arm]
        across, up = scale * part[promise], 100 * part["accuracy"]
        axes.plot(across, up, ".", color=colour, markersize=5, markeredgewidth=0, alpha=0.35)
        axes.plot([across.mean()], [up.mean()], color=colour, marker=marker, markersize=9, zorder=3)
        point = (float(across.mean()), float(up.mean()))
        label(axes, arm, point, (1.03, point[1]), axes.get_yaxis_transform(), colour)
        digits = 1 if promise == "regression" else 2
        told.append((point[1], f"{arm} {point[0]:.{digits}f} and {point[1]:.1f} %"))
    for arm, (found, reached) in (mine or {}).items():
        colour, marker = LOOKS[arm]
        hollow: dict[str, Any] = {"markersize": 13, "markerfacecolor": "none", "markeredgewidth": 1.8}
        axes.plot([scale * found], [100 * reached], color=colour, marker=marker, zorder=4, **hollow)
    axes.set_xlim(right=right + 0.02 * (right - scale * rows[promise].min()))
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(PROMISES[promise], fontsize=11)
    axes.set_ylabel("test accuracy after training (%)", fontsize=11)
    axes.grid(alpha=0.25)
    own = "; hollow: your run" if mine else ""
    axes.set_title(f"small dots: single seeds, n = {seeds(rows, ['arm'])}; large: means{own}", fontsize=11, loc="left")
    listed = ", ".join(words for _, words in sorted(told, reverse=True))
    kept = rows[~rows["arm"].isin(("dense", "aligned", "against"))]
    ranks = [float(part[promise].corr(part["accuracy"], method="spearman")) for _, part in kept.groupby("seed")]
    # One arm alone has no rank.
    correlated = interval(ranks) if kept["arm"].nunique() > 2 else None
    figure.alt = f"{PROMISES[promise].capitalize()}, and test accuracy after training, from high to low: {listed}."
    if correlated is not None:
        figure.alt += f" Rank correlation within a seed, without dense and built masks: {correlated.mean:.2f}."
    push_apart(figure)
    return figure


def built(panels: Mapping[str, pd.DataFrame]) -> Picture:
    """Points of accuracy by which a mask built for, or against, alignment beats the random mask that it began as.

    Args:
        panels: words for a case → rows with seed, arm and accuracy, of the arms ticket, random, aligned and, maybe,
            against.
    """
    arms = {"ticket": "the ticket", "aligned": "built for alignment", "against": "built against it"}
    there = {words: [arm for arm in arms if (rows["arm"] == arm).any()] for words, rows in panels.items()}
    figure, grid = parts.panels([len(found) for found in there.values()], sharex=True)
    told = []
    for axes, (words, rows) in zip(grid, panels.items(), strict=True):
        check(rows, ("seed", "arm", "accuracy", "alignment"))
        random, found = rows[rows["arm"] == "random"], []
        for place, arm in enumerate(there[words]):
            part, (colour, marker) = rows[rows["arm"] == arm], LOOKS[arm]
            value = parts.row(axes, place, parts.leads(part, random), {"color": colour, "marker": marker})
            found.append(f"{arms[arm]} {parts.said(value)} (alignment {part['alignment'].mean():.2f})")
        axes.axvline(0, color="black", linewidth=1)
        parts.names(
            axes, [f"{arms[arm]}\nalignment {rows[rows['arm'] == arm]['alignment'].mean():.2f}" for arm in there[words]]
        )
        title = f"{words}, n = {seeds(rows, ['arm'])}; random: {random['alignment'].mean():.2f}"
        axes.set_title(title, fontsize=11, loc="left")
        told.append(f"{title}: {'; '.join(found)}.")
    return parts.finish(
        figure, "", "points of test accuracy above the random mask", "Points above the random mask. " + " ".join(told)
    )
