"""Chapter 01's tables beside its figures: one arm minus another, two ways of being early, and the ticket inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ...experiments.hypothesis import LOSS
from ...replicates import interval
from .arms import SHOWN
from .matching import signed

if TYPE_CHECKING:
    from ...replicates import Interval


def differences(rows: pd.DataFrame, pairs: Mapping[str, tuple[str, str]], confidence: float = 0.95) -> pd.DataFrame:
    """Accuracy of one arm minus another's in points, "0.5 [0.2, 0.8]": a line a case, a column a pair.

    Args:
        rows: one density beside the dense network; ``pairs``: what to call it → (first arm, second arm).
        confidence: of the intervals.
    """
    table = {}
    for case, by_arm in _cases(rows):
        gaps = (by_arm[first]["accuracy"] - by_arm[second]["accuracy"] for first, second in pairs.values())
        table[case] = [_bounds(interval(gap, 100, confidence)) for gap in gaps]
    return pd.DataFrame(table, index=list(pairs)).T


def marks(rows: pd.DataFrame) -> pd.DataFrame:
    """When dense networks reach the fixed loss, and when their loss is least: mean step of T; spread over seeds in %.

    Args:
        rows: of the study "ticket", columns steps, steps_to_loss (all of them reached it) and best_step.
    """
    table = {}
    keys = rows[["data", "budget"]].drop_duplicates().itertuples(index=False, name=None)
    for key, (case, by_arm) in zip(keys, _cases(rows), strict=True):
        dense = by_arm["dense"]
        last, found = int(dense["steps"].iloc[0]), [f"{LOSS[key]:g}"]
        for column in ("steps_to_loss", "best_step"):
            mean, spread = dense[column].mean(), dense[column].std()
            found += [f"{mean:,.0f} of {last:,}", f"{100 * spread / mean:.0f}"]
        table[case] = found
    names = ["fixed loss (nats)", "reached at step", "spread (%)", "least loss at step", "its spread (%)"]
    return pd.DataFrame(table, index=names).T


def early_stop(rows: pd.DataFrame) -> pd.DataFrame:
    """The paper's criterion, ticket − dense with 95 % intervals: step of the least loss, accuracy there and at the end.

    Args:
        rows: one density beside the dense network, columns best_step, best_accuracy and accuracy.
    """
    table = {}
    for case, by_arm in _cases(rows):
        ticket, dense = by_arm["ticket"], by_arm["dense"]
        table[case] = [
            _bounds(interval(ticket["best_step"] / dense["best_step"] - 1, 100), digits=0),
            _bounds(interval(ticket["best_accuracy"] - dense["best_accuracy"], 100)),
            _bounds(interval(ticket["accuracy"] - dense["accuracy"], 100)),
        ]
    return pd.DataFrame(table, index=["early-stop step (%)", "accuracy there (points)", "accuracy at the end"]).T


def redrawn(rows: pd.DataFrame) -> pd.DataFrame:
    """Means of networks trained dense: steps to the fixed loss, and how much of the ticket is among the largest.

    Args:
        rows: one density. The shares of the dense network itself stand in the rows of the arm "dense, cut".
    """
    shares = {"ticket_among_largest_start": "ticket's places among the largest: at the start (%)"}
    shares |= {"ticket_among_largest_end": "at the end (%)"}
    parts = rows.replace({"arm": {"dense, cut": "dense"}})
    parts = parts[parts["arm"].isin(["dense", "rest redrawn", "ticket redrawn"])]
    cases = (parts["data"].map(SHOWN) + ", " + parts["budget"]).rename("case")
    means = parts.groupby([cases, "arm"], sort=False)[["steps_to_loss", *shares]].mean()
    means[list(shares)] *= 100
    return means.round(0).astype(int).rename(columns={"steps_to_loss": "steps to the fixed loss"} | shares)


def _cases(rows: pd.DataFrame) -> Iterator[tuple[str, dict[str, pd.DataFrame]]]:
    """For each data set and budget: its name, and arm → rows by seed."""
    for (data, budget), part in rows.groupby(["data", "budget"], sort=False):
        by_arm = {str(arm): of.set_index("seed") for arm, of in part.groupby("arm")}
        yield f"{SHOWN[str(data)]}, {budget}, n = {part['seed'].nunique()}", by_arm


def _bounds(found: Interval, digits: int = 1) -> str:
    def text(value: float) -> str:
        return signed(value) if digits else f"{round(value)}".replace("-", "−")

    ends = "" if found.low is None or found.high is None else f" [{text(found.low)}, {text(found.high)}]"
    return text(found.mean) + ends
