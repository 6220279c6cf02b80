"""The tables that figures of arms are drawn from: what they must hold, and how an arm looks in every figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..plots import style

if TYPE_CHECKING:
    import pandas as pd


NOISY = {"color": "#7F3C8D", "marker": "X"}
LARGEST = {"color": "#8C564B", "marker": "v"}


def look_of(arm: str, position: int = 0) -> dict[str, Any]:
    """Colour and marker of an arm; "dense, twelve times as long" has those of "dense", and all amounts of noise one."""
    if arm.startswith("noise"):
        return NOISY
    return LARGEST if arm.startswith("largest") else style(arm.split(",")[0], position)


def check(rows: pd.DataFrame, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in rows]
    if missing or rows.empty:
        raise ValueError(
            f"rows needs the columns {list(columns)} and a row at least; missing: {missing}, rows: {len(rows)}"
        )
    if not rows["accuracy"].between(0, 1).all():
        least, most = rows["accuracy"].min(), rows["accuracy"].max()
        raise ValueError(f"accuracy must be a fraction, 0 to 1, in every row; found {least:g} to {most:g}")


def only(rows: pd.DataFrame, column: str) -> Any:
    """The one value that a column has in all rows, or None if there is no such column."""
    found = list(rows[column].unique()) if column in rows else [None]
    if len(found) > 1:
        raise ValueError(
            f"the column {column} must hold one value in these rows, found {found}; choose rows beforehand"
        )
    return found[0]


def seeds(rows: pd.DataFrame, by: list[str]) -> str:
    """How many rows the groups have: "16 seeds", or "12 to 16 seeds"."""
    sizes = rows.groupby(by).size()
    most = int(sizes.max())
    return f"{most} seed{'s' if most > 1 else ''}" if sizes.min() == most else f"{sizes.min()} to {most} seeds"
