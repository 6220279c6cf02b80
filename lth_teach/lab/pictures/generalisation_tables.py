"""Chapter 10's table: by how many points one network leads another, case by case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

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
