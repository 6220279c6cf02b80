"""What a page shows of a class: its cloud beside the archive's, and the claims judged on its own seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ...experiments.claims import Claim, Exact, select
from ...experiments.verdicts import verdicts
from ..pictures import classroom as picture
from . import files

PATTERN = "class*.csv"


def class_rows(name: str, folder: Path = Path(), **setting: Any) -> pd.DataFrame | None:
    """The class's rows of this experiment and setting, from a file ``class*.csv`` in the folder.

    Where there is none, a line says how to get one; a file that is damaged is named.

    Args:
        name: of the experiment, such as "imp".
        folder: that of the notebook.
        setting: as in the archive, such as ``budget="short"``.
    """
    for path in sorted(folder.glob(PATTERN)):
        try:
            kind, about, rows = files.read(path)
        except (OSError, ValueError) as error:
            print(f"{path.name}: {error}")
            continue
        if (kind, about["experiment"], about["setting"]) == (files.POOLED, name, setting):
            return rows
    print(
        "No class.csv with these settings lies beside this notebook. "
        "lth-teach merge FILES --out class.csv makes it from the files that a class has saved."
    )
    return None


def show(
    name: str, claims: Sequence[Claim | Exact], archived: pd.DataFrame, folder: Path = Path(), **setting: Any
) -> None:
    """Draw a class beside the archive, and judge on both the claims that the class's rows can decide.

    Args:
        claims: of the chapter; see :func:`judged_by`.
        archived: rows of the archive with the same setting.
        name, folder, setting: see :func:`class_rows`, which says so where there is no class.
    """
    from IPython.display import display

    rows = class_rows(name, folder, **setting)
    if rows is None:
        return
    for value in files.measured(rows):
        if value in picture.VALUES:
            display(picture.beside(rows, archived, value))
    chosen = judged_by(claims, rows, setting)
    if not chosen:
        print("None of this page's claims can be judged on these rows.")
        return
    for who, table in (("the class", rows), ("the archive", archived)):
        print(f"On the seeds of {who}, by the page's margins and rule:")
        display(verdicts(chosen, table))


def judged_by(claims: Sequence[Claim | Exact], rows: pd.DataFrame, setting: Mapping[str, Any]) -> list[Claim]:
    """The measured claims that these rows can decide, with the cases of this setting alone.

    A case whose budget is another one is judged on the budget of the rows, and its name says so. What the class did not
    measure is left out: other data, densities or arms.
    """
    found = []
    for claim in claims:
        if isinstance(claim, Claim) and (cases := dict(_cases(claim, rows, setting))):
            found.append(replace(claim, cases=cases))
    return found


def _cases(claim: Claim, rows: pd.DataFrame, setting: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    seen: list[dict[str, Any]] = []
    for name, wanted in claim.cases.items():
        here = dict(wanted)
        if "budget" in setting:
            here["budget"] = setting["budget"]
        fits = all(setting.get(column, value) == value for column, value in here.items())
        if fits and here not in seen and _measured(claim, select(rows, **here)):
            seen.append(here)
            yield (name if here == dict(wanted) else f"{name}, {here['budget']} training"), here


def _measured(claim: Claim, rows: pd.DataFrame) -> bool:
    """Whether both sides of the contrast are there."""
    try:
        first, second = claim.contrast(rows)
    except KeyError:  # a column that the class does not have
        return False
    return len(first) > 0 and set(first.index) == set(second.index)
