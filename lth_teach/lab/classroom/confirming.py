"""Does a learner's file say what the experiment gives? Its seed, computed again here, and compared."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from ... import __version__, replicates
from ...experiments import archive
from . import files

STORED = 1.5e-5  # measured numbers are stored to five digits
# Of an accuracy computed with other numerics. Another processor moved single trainings by up to 2.5 points
# (docs/log.md), and an unstable network may move as far as its seeds lie apart, with a standard deviation of up to 3
# points. So this finds rows that were mixed up, not an altered digit: there the canaries are the sharp test.
ELSEWHERE = 0.1
SHOWN = 3  # networks that a message names


def unconfirmed(rows: pd.DataFrame, about: files.About, jobs: int | None = None) -> dict[int, str]:
    """The seeds that do not come out here as their rows say, each with what differs, in words.

    Each seed's whole job is computed again, with its rehearsal. Canaries are judged as those of the archive. What was
    measured must agree to the digits stored, if it was made with the same numerics as here; with others an accuracy
    must lie within 10 points, and nothing else is compared.

    Args:
        rows: of one setting; each seed once.
        jobs: processes; ``None`` = one for each core.

    Raises:
        ValueError: rows of another version of lth_teach, or a setting that the experiment refuses.
    """
    if about["lth_teach"] != __version__:
        made = about["lth_teach"]
        raise ValueError(f"rows of lth_teach {made} can be confirmed by that version only; this one is {__version__}")
    seeds = [int(seed) for seed in rows["seed"].unique()]
    again = replicates.run(
        partial(_again, about["experiment"]), seeds, [about["setting"]], jobs=jobs, label="confirming"
    )
    found = {}
    for seed in seeds:
        if wrong := _differences(rows[rows["seed"] == seed], again[again["seed"] == seed]):
            more = f", and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
            found[seed] = f"is not confirmed: {'; '.join(wrong[:SHOWN])}{more}"
    return found


def _again(name: str, seed: int, **setting: Any) -> list[dict[str, Any]]:
    return archive.rows_of(archive.chapter(name).run, seed, setting)


def _differences(rows: pd.DataFrame, again: pd.DataFrame) -> list[str]:
    """A line for each network of one seed whose canary or measurements do not agree."""
    both = rows.merge(again, on=files.keys_of(rows), how="left", suffixes=("", " here"))
    agrees = archive.agreement(both, both["canary here"].tolist())["agrees"]
    same = both["fingerprint"] == both["fingerprint here"]
    lines = []
    for index, row in enumerate(both.to_dict("records")):
        wrong = [] if agrees.iloc[index] else [f"canary {row['canary']:.7g}, here {row['canary here']:.7g}"]
        for column in files.measured(rows):
            here = row.get(f"{column} here", float("nan"))
            allowed = STORED if same.iloc[index] else ELSEWHERE if column == "accuracy" else float("inf")
            if row[column] == row[column] and not abs(row[column] - here) <= allowed:
                wrong.append(f"{column} {row[column]:.5g}, here {here:.5g}")
        if wrong:
            lines.append(f"{files.name_of(row)} ({', '.join(wrong)})")
    return lines
