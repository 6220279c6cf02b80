"""Pooling a class's files: what does not belong is left out and named with the reason; the rest is kept."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ...ground.storage import write_text
from . import files
from .confirming import unconfirmed

Cell = tuple[files.Key, str]  # a network and something measured of it


@dataclass(frozen=True)
class Part:
    """One seed's rows of one file."""

    path: str
    about: files.About
    seed: int
    rows: pd.DataFrame


def merge(given: Sequence[str], out: Path, confirm: bool = False, jobs: int | None = None) -> bool:
    """Pool files of rows into ``out``, and print what was left out, with the reason, and what is there.

    Files must agree in experiment, setting and version with most of the others. A seed that two files hold with the
    same rows counts once; with other rows it is left out, for nothing tells which of them is right.

    Args:
        given: files, folders (searched to the bottom for ``*.csv``), or patterns with a ``*``.
        out: replaced if it holds pooled rows already; not written where nothing is left.
        confirm: compute every seed again here, and leave out those that do not come out the same.
        jobs: processes for that; ``None`` = one for each core.

    Returns:
        Whether everything given is in.

    Raises:
        ValueError: no files, ``out`` is there and no pooled file, or ``confirm`` with rows of another version.
        OSError: ``out`` cannot be written.
    """
    _check_out(out)
    paths = [path for path in _expanded(given) if path.resolve() != out.resolve()]
    if not paths:
        raise ValueError(f"no files to merge in {', '.join(given)}")
    parts, faults = _read(paths)
    for sieve in (_of_one_kind, _complete, _once):
        parts, more = sieve(parts)
        faults += more
    if confirm and parts:
        wrong = unconfirmed(pd.concat([part.rows for part in parts]), parts[0].about, jobs)
        faults += [f"{part.path}: seed {part.seed} {wrong[part.seed]}" for part in parts if part.seed in wrong]
        parts = [part for part in parts if part.seed not in wrong]
    for fault in faults:
        print(f"left out  {fault}")
    if parts:
        rows = pd.concat([part.rows for part in sorted(parts, key=lambda part: part.seed)], ignore_index=True)
        write_text(out, files.written(files.POOLED, parts[0].about, rows))
    print(_summary(parts, len(paths), out))
    return not faults


def _check_out(out: Path) -> None:
    if not out.exists():
        return
    try:
        if files.read(out)[0] == files.POOLED:
            return
    except (OSError, ValueError):
        pass
    raise ValueError(f"{out} is there and holds no pooled rows; it is left alone. --out takes another name")


def _expanded(given: Sequence[str]) -> list[Path]:
    """Every file once, in the order given."""
    found: dict[Path, None] = {}
    for text in given:
        path = Path(text).expanduser()
        if path.is_dir():
            found |= dict.fromkeys(sorted(path.rglob("*.csv")))
        elif "*" in text and not path.exists():  # a shell that does not expand patterns, as on Windows
            found |= dict.fromkeys(map(Path, sorted(glob.glob(str(path), recursive=True))))
        else:
            found[path] = None
    return list(found)


def _read(paths: Sequence[Path]) -> tuple[list[Part], list[str]]:
    parts, faults = [], []
    for path in paths:
        try:
            _, about, rows = files.read(path)
        except ValueError as error:
            faults.append(f"{path}: {error}")
        except OSError as error:
            faults.append(f"{path}: {error.strerror or error}")
        else:
            seeds = rows["seed"].unique().tolist()
            parts += [Part(str(path), about, seed, rows[rows["seed"] == seed]) for seed in seeds]
    return parts, faults


def _of_one_kind(parts: list[Part]) -> tuple[list[Part], list[str]]:
    """Those with the setting that most have; of two equally frequent ones, the one that came first."""
    if not parts:
        return [], []
    flat = [_flat(part.about) for part in parts]
    (most, many), *_ = Counter(tuple(sorted(one.items(), key=str)) for one in flat).most_common(1)
    expected = dict(most)
    kept, faults = [], []
    for part, found in zip(parts, flat, strict=True):
        if found == expected:
            kept.append(part)
            continue
        names = ["experiment"] if found["experiment"] != expected["experiment"] else [*(expected | found)]
        other = (
            f"{name} {found.get(name, 'none')}, expected {expected.get(name, 'none')}"
            for name in names
            if found.get(name) != expected.get(name)
        )
        faults.append(f"{part.path}: {'; '.join(other)}, as {many} of {len(parts)} have it")
    return kept, faults


def _flat(about: files.About) -> dict[str, Any]:
    return {"experiment": about["experiment"], "lth_teach": about["lth_teach"], **about["setting"]}


def _complete(parts: list[Part]) -> tuple[list[Part], list[str]]:
    """Those that hold what at least half of them hold; what fewer hold is cut off, so that all have the same rows."""
    held = [set(_cells(part.rows)) for part in parts]
    counted = Counter(cell for cells in held for cell in cells)
    expected = {cell for cell, many in counted.items() if 2 * many >= len(parts)}
    networks = {network for network, _ in expected}
    kept, faults = [], []
    for part, cells in zip(parts, held, strict=True):
        if missing := sorted({network for network, _ in expected - cells}, key=str):
            keys = files.keys_of(part.rows)
            words = ", ".join(files.name_of(dict(zip(keys, network, strict=True))) for network in missing)
            faults.append(f"{part.path}: incomplete, without {words}")
        else:
            mine = [network in networks for network in _networks(part.rows)]
            kept.append(Part(part.path, part.about, part.seed, part.rows[mine]))
    return kept, faults


def _cells(rows: pd.DataFrame) -> Iterator[Cell]:
    for column in files.measured(rows):
        there = rows[rows[column].notna()]
        yield from ((network, column) for network in _networks(there))


def _networks(rows: pd.DataFrame) -> list[files.Key]:
    return list(rows[files.keys_of(rows)].itertuples(index=False, name=None))


def _once(parts: list[Part]) -> tuple[list[Part], list[str]]:
    """Each seed once: the first of those that agree to the last digit, and none of those that do not."""
    kept, faults = [], []
    for seed in dict.fromkeys(part.seed for part in parts):
        first, *others = [part for part in parts if part.seed == seed]
        if all(_same(first.rows, other.rows) for other in others):
            kept.append(first)
            faults += [f"{other.path}: seed {seed} with the same rows is in {first.path}" for other in others]
        else:
            names = " and ".join(part.path for part in (first, *others))
            faults.append(f"{names}: seed {seed} with other rows in each; nothing tells which is right")
    return kept, faults


def _same(first: pd.DataFrame, second: pd.DataFrame) -> bool:
    keys = files.keys_of(first)
    both = [table.sort_values(keys).sort_index(axis=1).reset_index(drop=True) for table in (first, second)]
    return both[0].equals(both[1])


def _summary(parts: Sequence[Part], number: int, out: Path) -> str:
    if not parts:
        return f"Nothing was left of {number} files; {out} was not written."
    about = parts[0].about
    setting = ", ".join(f"{name} {value}" for name, value in about["setting"].items())
    return f"{out}: {len(parts)} seeds from {number} files ({about['experiment']}; {setting})"
