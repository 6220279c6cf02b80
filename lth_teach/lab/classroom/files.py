"""Files of rows: one learner's (``rows``), or those of a class (``class``). Plain text with a checksum, no pickles.

The first line says what the file is, in which version of this format, its checksum, and as JSON the version of
lth_teach, the experiment and the setting; a table in CSV follows. So whoever opens it can see what is handed in.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ...experiments.archive import FINGERPRINTS
from ..own_seed import SEEDS

VERSION = 1
OWN, POOLED = "rows", "class"
KEYS = ("arm", "level", "k")  # what tells the rows of a seed apart; k, the step rewound to, where there is one
NEEDED = ("seed", "arm", "level", "canary", *FINGERPRINTS)
LARGEST = 4_000_000  # bytes; ten thousand rows are a fifth of it

About = dict[str, Any]  # lth_teach (version), experiment, setting
Key = tuple[Hashable, ...]


def written(kind: str, about: About, rows: pd.DataFrame) -> str:
    """The text of a file with these rows; columns that the setting tells are left out of the table."""
    header = json.dumps(about)
    table = rows.drop(columns=[name for name in about["setting"] if name in rows])
    text = table.to_csv(index=False, lineterminator="\n")
    return f"# lth-teach {kind} {VERSION} {_checksum(header, text)} {header}\n{text}"


def read(path: Path) -> tuple[str, About, pd.DataFrame]:
    """Kind, about, and rows with a column for each entry of the setting.

    Raises:
        ValueError: the file is of another kind or version, damaged, or holds what cannot be; the message begins with
            what is wrong, without the path.
        OSError: it cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError(f"no file of rows: larger than {LARGEST // 1_000_000} MB")
    first, _, text = path.read_text(encoding="utf-8-sig", errors="replace").partition("\n")
    words = first.split(" ", 5)
    if words[:2] != ["#", "lth-teach"] or len(words) != 6 or words[2] not in (OWN, POOLED):
        raise ValueError(f"no file of rows: its first line is {first[:40]!r}")
    _, _, kind, version, checksum, header = words
    if version != str(VERSION):
        raise ValueError(f"written in version {version[:20]} of this format, expected {VERSION}")
    if checksum != _checksum(header, text):
        raise ValueError("damaged: rows and checksum do not agree; a spreadsheet that saves it changes it")
    try:
        about, rows = json.loads(header), pd.read_csv(io.StringIO(text), dtype=dict.fromkeys(FINGERPRINTS, str))
        setting = about["setting"]
        texts = isinstance(about["lth_teach"], str) and isinstance(about["experiment"], str)
        plain = all(isinstance(value, (str, int, float)) for value in setting.values())
        if len(about) != 3 or not texts or not plain or set(setting) & {*rows, "lth_teach", "experiment"}:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("no file of rows: its checksum is right, its content is not") from None
    _check(rows)
    return kind, about, rows.assign(**setting)


def keys_of(rows: pd.DataFrame) -> list[str]:
    """The columns that tell the rows of one seed apart."""
    return [name for name in KEYS if name in rows]


def measured(rows: pd.DataFrame) -> list[str]:
    """The columns with what was measured: all numbers but the canary."""
    known = {*NEEDED, *KEYS, "seconds"}
    return [str(name) for name in rows.select_dtypes("number").columns if name not in known]


def name_of(row: Mapping[Hashable, Any]) -> str:
    """Which network a row is about, in words: "ticket at level 5"."""
    start = f", k = {row['k']:g}" if "k" in row else ""
    return f"{row['arm']} at level {row['level']}{start}"


def _check(rows: pd.DataFrame) -> None:
    """Refuse rows that no page saves; a right checksum says only that they were written by this program's rule."""
    if absent := [name for name in NEEDED if name not in rows]:
        raise ValueError(f"incomplete: no column {', '.join(absent)}")
    numbers = set(rows.select_dtypes("number").columns)
    if words := [
        str(name) for name in rows if name not in numbers | {"arm", *FINGERPRINTS} and rows[name].notna().any()
    ]:
        raise ValueError(f"no file of rows: numbers are expected in the column {', '.join(words)}")
    if rows.empty or not measured(rows):
        raise ValueError("incomplete: it holds nothing that was measured")
    if blank := [name for name in (*NEEDED, *keys_of(rows)) if rows[name].isna().any()]:
        raise ValueError(f"incomplete: entries are missing in the column {', '.join(dict.fromkeys(blank))}")
    whole = pd.api.types.is_integer_dtype(rows["seed"])  # so no entry is missing
    if foreign := [seed for seed in rows["seed"].unique() if not whole or int(seed) not in SEEDS]:
        allowed = f"a learner's is from {SEEDS.start} to {SEEDS.stop - 1}"
        raise ValueError(f"seed {foreign[0]} is no learner's own; {allowed}")
    if rows.duplicated(["seed", *keys_of(rows)]).any():
        raise ValueError("no file of rows: a seed has two rows for one network")
    if "accuracy" in rows and not rows["accuracy"].dropna().between(0, 1).all():
        raise ValueError("accuracy must be a fraction, from 0 to 1, in every row")


def _checksum(header: str, text: str) -> str:
    return hashlib.sha256(f"{header}\n{text}".encode()).hexdigest()
