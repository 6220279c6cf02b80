"""The archive behind a search of one's own: the rows that were made with the same choices, drawn and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..experiments import archive
from ..experiments.imp import TRAINING
from ..lab import plots
from .search import RANDOM, Search

if TYPE_CHECKING:
    import pandas as pd

ARMS = ("dense", "ticket", RANDOM)
BUDGETS = {training: budget for (data, budget), training in TRAINING.items() if data == "mnist1d"}


def like(choices: Search) -> tuple[pd.DataFrame | None, str]:
    """The archive's rows of these choices (other seeds), and a sentence about them; None where it has none.

    The target does not matter, since it only ends the search, nor does the device.
    """
    budget = BUDGETS.get((choices.iterations, choices.lr))
    if choices.late_reset_iter:
        why = "they have no late reset"
    elif budget is None or choices.hidden != Search.hidden:
        steps = " or ".join(f"{steps:,}" for steps, _ in BUDGETS)
        why = f"they trained a network of 40-300-100-10 for {steps} steps"
    else:
        rate = round(choices.prune_rate, 4)  # as the archive rounds; a slider may be off in the last digits
        setting: dict[str, Any] = {"data": "mnist1d", "budget": budget, "prune_rate": rate}
        for study in ("arms", "rates"):  # the second knows more prune rates, but no random masks
            try:
                rows = archive.load("imp", study=study, **setting)
            except archive.NotInArchive:
                continue
            rows = rows[rows["arm"].isin(ARMS)]
            n = rows["seed"].nunique()
            return rows, f"Small dots: {n} seeds of the archive, made with these choices."
        why = f"they removed {'36 % or 20 %' if budget == 'short' else '36 %'} a level"
    return None, f"The archive's seeds are not shown, since {why}."


def behind(figure: plots.Picture, rows: pd.DataFrame) -> None:
    """Draw archived rows as small dots behind the lines of ``search.picture``; the axis then spans them, too."""
    (axes,) = figure.axes
    n = rows["seed"].nunique()
    dots: dict[str, Any] = {"linestyle": "none", "marker": ".", "markeredgewidth": 0}
    for arm, part in rows.groupby("arm"):
        beside = 0.94 + 0.12 * (part["seed"].rank(method="dense") * 7 % n) / n  # so that dots do not cover each other
        look = {"color": plots.style(str(arm))["color"], "markersize": 5, "alpha": 0.35, "zorder": 0}
        axes.plot(100 * part["density"] * beside, 100 * part["accuracy"], label="_archive", **dots, **look)
    axes.plot([], [], color="0.4", markersize=6, label=f"archive, {n} seeds", **dots)
    widen(axes, 100 * float(rows["density"].min()))
    figure.alt += f" Small dots: the same of {n} seeds of the archive."


def widen(axes: Any, percent: float) -> None:
    """Let the axis of weights kept reach from the dense network to this percent, or further if it did already."""
    low, high = sorted(axes.get_xlim())
    axes.set_xlim(min(low, 0.9 * percent), max(high, 108))
    plots.density_axis(axes)


def compared(mine: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Whether each of one's own networks lies where one more of the archive's should, in two sentences.

    Args:
        mine: rows of :meth:`Search.rows`; those of a level or arm that the archive lacks play no part.
        rows: what :func:`like` returned.
    """
    own = mine.assign(arm=mine["arm"].where(mine["level"] > 0, "dense"))
    there = set(zip(rows["arm"], rows["level"], strict=True))
    own = own[[key in there for key in zip(own["arm"], own["level"], strict=True)]]
    beside = archive.compare(own, rows, by=["arm", "level"])
    inside = bool(beside["inside"].all())
    return (
        f"Of your {len(mine)} points, {len(own)} have the archive's beside them, and all of these lie where one more "
        f"seed should: {inside}. (That asks about all {len(own)} at once, with one false alarm in a hundred, so it "
        "allows more than the clouds of dots show.)"
    )
