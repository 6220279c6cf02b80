"""The ledger: every claim that the stored notebooks hold, as a table. It reads notebooks; it never makes up a row."""

from __future__ import annotations

import ast
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import provenance
from .claims import CODE_METADATA, METADATA, Claim

if TYPE_CHECKING:
    import pandas as pd

FIELDS = tuple(field.name for field in fields(Claim))
EXERCISE = "nbgrader"  # metadata of the cells that belong to the reader; no claim of the course rests on them


@dataclass(frozen=True)
class Notebook:
    """A stored notebook, as the ledger sees it.

    Attributes:
        name: file name without ``.ipynb``.
        ran: whether any of its code cells has run.
        claims: one dictionary for each recorded claim: the fields of :class:`~lth_teach.claims.Claim`, and age and
            changed (see :func:`gather`).
        missing: keys of the claims that its code records and its outputs do not hold.
    """

    name: str
    ran: bool
    claims: tuple[dict[str, Any], ...]
    missing: tuple[str, ...]

    @property
    def state(self) -> str:
        """One of: never run, incomplete, complete, no claims."""
        if not self.ran:
            return "never run"
        if self.missing:
            return "incomplete"
        return "complete" if self.claims else "no claims"


def read(folder: str | Path = ".", leave_out: Sequence[str] = ()) -> list[Notebook]:
    """The notebooks of a folder in order of name.

    Args:
        folder: "." also finds the course's notebooks in a folder ``notebooks`` in or above the one a program runs in,
            since a kernel need not run where its notebook lies.
        leave_out: names of notebooks not to read, without ``.ipynb``.

    Raises:
        FileNotFoundError: the folder does not exist, or holds no notebook.
        ValueError: a file that is no notebook, or a claim that was not left by ``claims.record``.
    """
    folder, here = Path(os.path.expanduser(folder)), Path.cwd()
    if folder == Path():
        places = (place / inside for place in (here, *here.parents) for inside in ("", "notebooks"))
        folder = next((place for place in places if any(place.glob("[0-9][0-9]_*.ipynb"))), folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}; give the one that holds the notebooks")
    paths = sorted(path for path in folder.glob("*.ipynb") if path.stem not in leave_out)
    if not paths:
        tried = f"{here} and the folders above it hold" if folder == Path() else f"the folder {folder} holds"
        raise FileNotFoundError(f"{tried} no notebook, so there is nothing to gather")
    return [_read(path) for path in paths]


def gather(notebooks: Sequence[Notebook]) -> pd.DataFrame:
    """One row for each recorded claim, in the order of the notebooks.

    Columns: notebook; those of a claim (key, section, document, tested, outcome, verdict, mean, low, high, n, unit,
    literature); age, which is current, older (than the code it rests on) or unknown (recorded before the code was noted
    down); changed, which says what of the code is not the same any more.

    Raises:
        ValueError: no notebook holds a claim, or two claims have the same key.
    """
    import pandas as pd

    rows = [{"notebook": notebook.name, **claim} for notebook in notebooks for claim in notebook.claims]
    if not rows:
        states = ", ".join(f"{notebook.name} ({notebook.state})" for notebook in notebooks)
        raise ValueError(f"no claim is on record: {states}. Run these notebooks and save them, then gather again")
    for key, times in Counter(row["key"] for row in rows).items():
        if times > 1:
            places = " and ".join(row["notebook"] for row in rows if row["key"] == key)
            raise ValueError(f"the key {key!r} is recorded {times} times, in {places}; each claim needs its own")
    return pd.DataFrame(rows)


def status(notebooks: Sequence[Notebook]) -> pd.DataFrame:
    """One row for each notebook: state, number of claims, those older than their code, and missing keys."""
    import pandas as pd

    return pd.DataFrame(
        {
            "notebook": notebook.name,
            "state": notebook.state,
            "claims": len(notebook.claims),
            "older": sum(claim["age"] == "older" for claim in notebook.claims),
            "missing": ", ".join(notebook.missing),
        }
        for notebook in notebooks
    )


def _read(path: Path) -> Notebook:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in code]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is not a notebook of format 4: {type(error).__name__}: {error}") from error
    above: list[str] = []
    claims: list[dict[str, Any]] = []
    missing: list[str] = []
    for number, (cell, source) in enumerate(zip(code, sources, strict=True), start=1):
        if EXERCISE not in cell.get("metadata", {}):
            above.append(source)
        kept = [output.get("metadata", {}) for output in cell.get("outputs", [])]
        found = [_claim(entry, above, path.name) for entry in kept if METADATA in entry]
        claims += found
        if not found:
            missing += [key or f"code cell {number}" for key in _recorded(source)]
    ran = any(cell.get("execution_count") is not None or cell.get("outputs") for cell in code)
    return Notebook(path.stem, ran, tuple(claims), tuple(missing))


def _claim(metadata: dict[str, Any], above: list[str], name: str) -> dict[str, Any]:
    claim = metadata[METADATA]
    if not isinstance(claim, dict) or set(claim) != set(FIELDS):
        raise ValueError(f"{name} holds a claim that claims.record did not leave there; run the notebook again")
    stamp = metadata.get(CODE_METADATA)
    changed = [] if stamp is None else provenance.changes(stamp, above)
    age = "unknown" if stamp is None else "older" if changed else "current"
    return {field: claim[field] for field in FIELDS} | {"age": age, "changed": ", ".join(changed)}


def _recorded(source: str) -> list[str | None]:
    """The keys given to ``claims.record`` in a cell; ``None`` for one that is not written out."""
    keys: list[str | None] = []
    for node in ast.walk(provenance.parse(source) or ast.Module([], [])):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "claims.record":
            given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "key")]
            constant = given[0].value if given and isinstance(given[0], ast.Constant) else None
            keys.append(constant if isinstance(constant, str) else None)
    return keys
