"""Chapter 05's tables beside its figures: what each half gains, in both orders; the recipes; the map, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ...experiments.residual import LATE
from ...replicates import interval
from .late_reset import gaps, signed, start_name
from .late_reset_maps import UNSAID, keeps_up, stable
from .stability_dots import middle

if TYPE_CHECKING:
    from collections.abc import Callable


def halves(rows: pd.DataFrame, *, level: int) -> pd.DataFrame:
    """Points of accuracy that a later start, a later mask and both gain, with 95 % intervals; a column for each budget.

    The rows "in another order" compare the tickets' second copies, trained on the data in another order.

    Args:
        rows: one recipe, columns budget, seed, arm, level, k, accuracy, copy_accuracy.
        level: of the tickets.
    """
    table: dict[str, dict[str, str]] = {}
    for budget, part in rows[rows["level"] == level].groupby("budget", sort=False):
        arm = _arms(part)
        early, late, later = (arm("ticket", k) for k in (0.0, LATE, 0.05))
        again, late_again, later_again = (arm("ticket", k, "copy_accuracy") for k in (0.0, LATE, 0.05))
        start, mask = arm("early mask, late start", LATE), arm("late mask, early start", 0.0)
        gained = {
            "the start alone (mask from 0, on θ_k)": start - early,
            "the mask alone (mask from k, on θ₀)": mask - early,
            "both: from k = 0 to k = 1 %": late - early,
            "… beyond the sum of the two": late - start - mask + early,
            "… both, in another order": late_again - again,
            "from k = 1 % to k = 5 %": later - late,
            "… in another order": later_again - late_again,
            "k = 0: another order − its own": again - early,
        }
        table[str(budget)] = {name: signed(interval(points)) for name, points in gained.items()}
    return pd.DataFrame(table).rename_axis("points gained")


def recipes(rows: pd.DataFrame, *, level: int) -> pd.DataFrame:
    """Mean accuracy (%) of dense networks and tickets, by budget and recipe, from the seeds that a recipe has."""
    chosen = rows[(rows["arm"] == "dense") | ((rows["arm"] == "ticket") & (rows["level"] == level))]
    names = chosen["arm"].where(chosen["arm"] == "dense", "ticket, k = " + chosen["k"].map(start_name))
    keys = [chosen["budget"], chosen["recipe"], names.rename("accuracy (%)")]
    means = 100 * chosen.groupby(keys, sort=False)["accuracy"].mean()
    table = means.map("{:.1f}".format).unstack(sort=False).fillna("–")
    return table.reindex(rows["budget"].unique(), level=0)


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """The cells of the stability map that are tickets, counted: stable or not, by keeping up or not."""
    found = gaps(rows)
    found = found[found["barrier"].notna() & (found["arm"] == "ticket")]
    cells = [
        {"budget": budget, "copies": stable(middle(100 * part["barrier"])), "ticket": keeps_up(interval(part["gap"]))}
        for (budget, *_), part in found.groupby(["budget", "recipe", "k", "level"], sort=False)
    ]
    table = pd.DataFrame(cells).groupby(["budget", "copies", "ticket"]).size().unstack(fill_value=0)
    order = pd.MultiIndex.from_product([found["budget"].unique(), ["stable", UNSAID, "unstable"]])
    return table.reindex(index=order, columns=["keeps up", UNSAID, "behind"], fill_value=0).rename_axis(None, axis=1)


def _arms(rows: pd.DataFrame) -> Callable[..., pd.Series]:
    def points(arm: str, k: float, column: str = "accuracy") -> pd.Series:
        return 100 * rows[(rows["arm"] == arm) & (rows["k"] == k)].set_index("seed")[column]

    return points
