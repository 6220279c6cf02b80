"""Chapter 10's tables: by how many points one network leads another, case by case or size by size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...replicates import interval
from .arm_rows import check
from .explanations_parts import said

if TYPE_CHECKING:
    import pandas as pd


def leads(
    cases: Mapping[str, pd.DataFrame], pairs: Mapping[str, tuple[str, str]], column: str = "accuracy"
) -> pd.DataFrame:
    """The first arm minus the second in points, "0.5 [0.2, 0.8]" (95 %, paired by seed); a column a case.

    Args:
        cases: words → rows with seed, arm, accuracy and ``column``; one row a seed and arm.
        pairs: what to call a line of the table → (first arm, second arm).

    Raises:
        ValueError: rows that lack a column.
    """
    import pandas as pd

    table = {}
    for words, rows in cases.items():
        check(rows, ("seed", "arm", "accuracy", column))
        by_arm = {str(arm): part.set_index("seed")[column] for arm, part in rows.groupby("arm")}
        found = (said(interval(by_arm[first] - by_arm[second], 100)) for first, second in pairs.values())
        table[words] = [f"{rows['seed'].nunique()}", *found]
    return pd.DataFrame(table, index=["n", *pairs])


def by_level(cases: Mapping[str, pd.DataFrame], value: str) -> pd.DataFrame:
    """Ticket minus dense in points, "0.5 [0.2, 0.8]" (95 %, paired by seed); a line a share of weights kept.

    Args:
        cases: words → rows with seed, arm, level, density and the columns of ``value``; the same densities in all.
        value: a column, or the difference of two, as "train_accuracy - accuracy" for the gap.

    Raises:
        ValueError: rows that lack a column.
    """
    import pandas as pd

    table = {}
    for words, rows in cases.items():
        check(rows, ("seed", "arm", "level", "density", *value.split(" - ")))
        found: Any = rows.eval(value)
        rows = rows.assign(value=found)
        dense = rows[rows["arm"] == "dense"].set_index("seed")["value"]
        table[words] = {"n": f"{rows['seed'].nunique()}"}
        for _, part in rows[(rows["arm"] == "ticket") & (rows["level"] > 0)].groupby("level"):
            kept = f"{100 * part['density'].mean():.0f} % kept"
            table[words][kept] = said(interval(part.set_index("seed")["value"] - dense, 100))
    return pd.DataFrame(table)
