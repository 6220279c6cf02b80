"""Chapter 05's tables beside its figures: what each half gains; both orders of the data; the recipes; the map, counted.

A ticket's *own order* of the data is the one that found its mask; its second copy was trained in another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ...experiments.residual import LATE
from ...replicates import interval
from .arm_rows import seeds
from .late_reset import gaps, signed, start_name
from .late_reset_maps import UNSAID, keeps_up, stable
from .stability_dots import middle

if TYPE_CHECKING:
    from collections.abc import Callable

ORDERS = {"gap": "own order", "copy_gap": "another order"}


def halves(rows: pd.DataFrame, *, level: int) -> pd.DataFrame:
    """Points of accuracy that a later start, a later mask and both gain, with 95 % intervals; a column for each budget.

    The rows "in another order" compare the tickets' second copies. The last row: the ticket's mask on another network's
    θ_k, less a random mask on its own.

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
            "both, in another order": late_again - again,
            "… own order − another": late - early - late_again + again,
            "from k = 1 % to k = 5 %": later - late,
            "from 1 % to 5 %, in another order": later_again - late_again,
            "… own order − another, from 1 %": later - late - later_again + late_again,
            "mask on another θ_k − random on θ_k": arm("re-initialised", LATE) - arm("random", LATE),
        }
        table[str(budget)] = {name: signed(interval(points)) for name, points in gained.items()}
    return pd.DataFrame(table).rename_axis("points gained")


def recipes(rows: pd.DataFrame, *, level: int) -> pd.DataFrame:
    """Accuracy (%) of dense networks and tickets, means with 95 % intervals; a column for each budget.

    Args:
        rows: columns budget, recipe, seed, arm, level, k, accuracy.
        level: of the tickets.
    """
    chosen = rows[(rows["arm"] == "dense") | ((rows["arm"] == "ticket") & (rows["level"] == level))]
    names = chosen["arm"].where(chosen["arm"] == "dense", "ticket, k = " + chosen["k"].map(start_name))
    keys = [chosen["recipe"], names.rename("network"), chosen["budget"]]
    found = (100 * chosen["accuracy"]).groupby(keys, sort=False).agg(_unsigned)
    n = seeds(chosen, ["budget", "recipe", "arm", "k"])
    table = found.unstack(sort=False).fillna("–").reindex(columns=rows["budget"].unique())
    return table.rename_axis(f"accuracy (%), n = {n}", axis=1)


def orders(rows: pd.DataFrame) -> pd.DataFrame:
    """Points of the tickets above the dense network, in their own order of the data and in another; 95 % intervals.

    Args:
        rows: one recipe, columns as for :func:`.late_reset.gaps`, and copy_accuracy (a fraction).
    """
    found = _both(rows).sort_values("level", kind="stable")
    kept = found["level"].map(100 * found.groupby("level")["density"].mean()).map("{:.2g} %".format)
    keys = [found["budget"], kept.rename("kept"), found["k"].map(start_name)]
    table = found.groupby(keys, sort=False)[list(ORDERS)].agg(_signed)
    table = table.reindex(rows["budget"].unique(), level=0).rename(columns=ORDERS)
    return table.rename_axis(f"points above dense, n = {seeds(found, ['budget', 'level', 'k'])}", axis=1)


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """The cells of the stability map that are tickets, counted: stable or not, by keeping up or not; by density.

    "4 / 2": four are so when judged in their own order of the data, two in another. The sparsest level stands apart.

    Args:
        rows: columns as for :func:`.late_reset.gaps`, barrier and copy_accuracy (fractions).
    """
    found, cells = _both(rows[rows["barrier"].notna() | (rows["arm"] == "dense")]), []
    sparsest = found["level"] == found["level"].max()
    least = f"{100 * found[sparsest]['density'].mean():.2g} %"
    found["kept"] = sparsest.map({True: least, False: f"over {least}"})
    for (budget, kept, *_), part in found.groupby(["budget", "kept", "recipe", "k", "level"], sort=False):
        cell = {"budget": budget, "kept": kept, "copies": stable(middle(100 * part["barrier"]))}
        cells += [cell | {"order": order, "ticket": keeps_up(interval(part[order]))} for order in ORDERS]
    counts = pd.DataFrame(cells).groupby(["budget", "kept", "copies", "order", "ticket"]).size()
    keys = [
        list(map(str, found["budget"].unique())),
        [f"over {least}", least],
        ["stable", UNSAID, "unstable"],
        list(ORDERS),
    ]
    table = counts.unstack(fill_value=0).reindex(index=pd.MultiIndex.from_product(keys), fill_value=0)
    table = table.reindex(columns=["keeps up", UNSAID, "behind"], fill_value=0).map(str)
    own, again = (pd.DataFrame(table.xs(order, level=3)) for order in ORDERS)
    some = (own != "0").any(axis=1)  # every ticket stands in both: no row is empty in one of them alone
    return (own + " / " + again)[some].rename_axis(None, axis=1)


def _both(rows: pd.DataFrame) -> pd.DataFrame:
    """The tickets that have a second copy, with ``gap`` and ``copy_gap``: points above the dense network."""
    found = gaps(rows)
    found = found[(found["arm"] == "ticket") & found["copy_accuracy"].notna()]
    return found.assign(copy_gap=found["gap"] + 100 * (found["copy_accuracy"] - found["accuracy"]))


def _signed(points: pd.Series) -> str:
    return signed(interval(points))


def _unsigned(percent: pd.Series) -> str:
    return _signed(percent).replace("+", "")


def _arms(rows: pd.DataFrame) -> Callable[..., pd.Series]:
    def points(arm: str, k: float, column: str = "accuracy") -> pd.Series:
        return 100 * rows[(rows["arm"] == arm) & (rows["k"] == k)].set_index("seed")[column]

    return points
