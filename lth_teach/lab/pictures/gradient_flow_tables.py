"""Chapter 09's tables: how long whole gradients are where the loss is equal, and means with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ...experiments.gradient_flow import numbers
from ...replicates import interval
from .arm_rows import check

if TYPE_CHECKING:
    import pandas as pd


def at_equal_loss(panels: Mapping[str, tuple[pd.DataFrame, Sequence[float]]]) -> pd.DataFrame:
    """‖∇L‖² where a run first comes to a loss, "0.092 ± 0.003" (95 %, over seeds); a line an arm, "–": never there.

    Args:
        panels: words → rows with seed, arm, accuracy, losses and squares (text), and the losses asked for, in nats.

    Raises:
        ValueError: rows that lack a column.
    """
    import pandas as pd

    table: dict[str, pd.Series] = {}
    for words, (rows, wanted) in panels.items():
        check(rows, ("seed", "arm", "accuracy", "losses", "squares"))
        runs = list(zip(rows["losses"].map(numbers), rows["squares"].map(numbers), strict=True))
        for loss in wanted:
            found = pd.Series([square_at(*run, loss) for run in runs], index=rows["arm"])
            table[f"{words}, at {loss}"] = found.groupby(level=0).apply(_said)
    return pd.DataFrame(table)


def square_at(losses: Sequence[float], squares: Sequence[float], wanted: float) -> float:
    """‖∇L‖² where the loss first falls to ``wanted``; NaN if it never does, or begins below.

    Between two steps whose numbers are kept, the logarithm of ‖∇L‖² is taken as linear in the loss.
    """
    for (high, first), (low, last) in pairwise(zip(losses, squares, strict=True)):
        if high >= wanted >= low:
            part = (high - wanted) / (high - low) if high > low else 0.0
            return float(first ** (1 - part) * last**part)
    return math.nan


def means(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Means of columns, "0.45 ± 0.01" (95 %, over seeds); a line an arm."""
    check(rows, ("seed", "arm", "accuracy", *columns))
    return rows.groupby("arm")[list(columns)].agg(_said)


def _said(values: pd.Series) -> str:
    """The mean in two decimals, or three where it is below 0.2, ± half the 95 % interval in one significant digit."""
    if not values.notna().all():
        return "–"
    found = interval(values)
    half = "" if found.high is None else f" ± {found.high - found.mean:.1g}"
    return f"{found.mean:.{2 if abs(found.mean) >= 0.2 else 3}f}{half}"
