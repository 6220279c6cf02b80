"""The archive: rows of many seeds, kept with the package; read here, made by :mod:`lth_teach.experiments.making`.

``<name>.csv`` holds the rows below one line with the checksum; ``<name>.json`` says how and when they were made.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import torch

from .. import replicates
from ..ground.arguments import one_of
from ..ground.devices import own_threads

Run = Callable[..., list[dict[str, Any]]]  # an experiment: run(seed, *, stop=None, **setting)

DATA = Path(__file__).parent / "data"
NO_CHAPTERS = ("__init__", "archive", "claims", "making", "verdicts", "imp_lemma")  # in the last nothing trains
VERSION = 1
FINGERPRINTS = ("fingerprint", "canary_fingerprint")  # of the numerics that made a row, and its canary
FIRST_SEED = 1_000  # of an archive; settings are chosen on seeds below 100
REHEARSAL = 3  # steps after which a rehearsal ends each training; more, and rounding grows as large as what is sought
SAME_NUMERICS = 1e-6  # relative; a canary made with the same numerics agrees to the digits that are stored
OTHER_NUMERICS = 2e-6  # of the median row, on another processor or torch (docs/log.md, 2026-11-29)


class NotInArchive(LookupError):
    """The archive holds no rows of this setting; the message says which it holds."""


def chapter(name: str) -> ModuleType:
    """The module of an experiment.

    Raises:
        ValueError: there is no such experiment (the message lists those there are).
    """
    files = Path(__file__).parent.glob("*.py")
    there = sorted(path.stem for path in files if path.stem not in NO_CHAPTERS)
    one_of("experiment", name, there)
    return import_module(f"{__package__}.{name}")


def load(name: str, *, folder: Path = DATA, **setting: Any) -> pd.DataFrame:
    """The stored rows of an experiment, one for each trained network.

    Args:
        name: of the experiment, such as "imp".
        folder: where the archive lies.
        setting: columns and the values that they must have, such as ``budget="long"``.

    Raises:
        ValueError: an unknown experiment or column, or a file that is damaged or of another version.
        NotInArchive: no rows of this setting, or no file yet.
    """
    chapter(name)
    path = folder / f"{name}.csv"
    if not path.is_file():
        raise NotInArchive(f"there is no archive of {name} in {folder} yet; make archive EXPERIMENT={name} makes it")
    rows = read(path)
    for column, value in setting.items():
        if column not in rows:
            raise ValueError(f"the archive of {name} has no column {column!r}; it has {', '.join(map(str, rows))}")
        found = rows[rows[column] == value]
        if found.empty:
            held = ", ".join(str(one) for one in rows[column].dropna().unique()[:20])
            raise NotInArchive(f"the archive of {name} holds no {column} {value!r} here; it holds {held}")
        rows = found
    return rows.dropna(axis="columns", how="all").reset_index(drop=True)


def load_or_run(
    name: str, seeds: int, *, base_seed: int = 0, jobs: int | None = None, device: str = "cpu", **setting: Any
) -> pd.DataFrame:
    """The archive's rows of a setting; where it has none, ``seeds`` runs made here and now, which it says.

    Raises:
        ValueError: as :func:`load`, or a setting that the experiment refuses.
    """
    try:
        return load(name, **setting)
    except NotInArchive as missing:
        print(f"{missing}. So this page runs {seeds} seed{'s' if seeds > 1 else ''} here.")
    run = chapter(name).run
    return replicates.run(run, seeds, [{**setting, "device": device}], base_seed=base_seed, device=device, jobs=jobs)


def read(path: Path) -> pd.DataFrame:
    """The rows of one file.

    Raises:
        ValueError: it is damaged, or of another version.
    """
    first, _, text = path.read_text(encoding="utf-8", errors="replace").partition("\n")
    words = first.split()
    if words[:3] != ["#", "lth-teach", "archive"] or len(words) != 5:
        raise ValueError(f"{path} is no archive, or its first line is damaged; fetch or make it again")
    if words[3] != str(VERSION):
        raise ValueError(f"{path} is an archive of version {words[3]}; this program reads version {VERSION}")
    if words[4] != _checksum(text):
        raise ValueError(f"{path} is damaged: its rows do not agree with its checksum; fetch or make it again")
    return pd.read_csv(io.StringIO(text), dtype=dict.fromkeys(FINGERPRINTS, str))  # they may look like numbers


def written(rows: pd.DataFrame) -> str:
    """The text of a file with these rows."""
    text = rows.to_csv(index=False, lineterminator="\n")
    return f"# lth-teach archive {VERSION} {_checksum(text)}\n{text}"


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def numerics() -> dict[str, str]:
    """What decides the last digits of a run here: the version of torch, the processor's kernels, and a product."""
    numbers = torch.Generator().manual_seed(0)
    with own_threads():
        x, weight = torch.randn(60, 300, generator=numbers), torch.randn(100, 300, generator=numbers)
        product = torch.softmax(x @ weight.T, 1)
    found = {
        "torch": torch.__version__,
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "product": hashlib.sha256(product.numpy().tobytes()).hexdigest()[:8],
    }
    return {"fingerprint": hashlib.sha256(repr(found).encode()).hexdigest()[:8], **found}


def rows_of(run: Run, seed: int, setting: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One job: the experiment's rows, each with its canary, the training loss in a rehearsal of the same job."""
    rehearsed = run(seed, stop=REHEARSAL, **setting)
    rows = run(seed, **setting)
    marks = dict.fromkeys(FINGERPRINTS, numerics()["fingerprint"])
    return [
        {"seed": seed, **setting, **_rounded(row), "canary": float(f"{heard['loss']:.7g}"), **marks}
        for row, heard in zip(rows, rehearsed, strict=True)
    ]


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in row.items() if key != "loss"}
    return {key: round(value, 5) if isinstance(value, float) else value for key, value in kept.items()}


def canary(name: str, setting: Mapping[str, Any], seed: int = FIRST_SEED, *, folder: Path = DATA) -> pd.DataFrame:
    """Rehearse one archived job again: arm, level, stored and new loss, and whether they agree.

    A rehearsal ends every training of the job after three steps, and prunes and rewinds as the job did. So it notices
    another learning rate, data order, start or mask in seconds, for long runs as for short ones.

    Raises:
        ValueError: as :func:`load`.
        NotInArchive: as :func:`load`.
    """
    stored = load(name, folder=folder, seed=seed, **setting)
    heard = chapter(name).run(seed, stop=REHEARSAL, **setting)
    if [(row["arm"], row["level"]) for row in heard] != list(zip(stored["arm"], stored["level"], strict=True)):
        raise ValueError(f"{name} no longer gives the rows of the archive: {[row['arm'] for row in heard]}")
    return agreement(stored, [row["loss"] for row in heard])


def agreement(stored: pd.DataFrame, now: Sequence[float]) -> pd.DataFrame:
    """Arm, level and canary of rows beside the losses that a rehearsal here gives, and whether they agree.

    Args:
        stored: columns arm, level, canary and canary_fingerprint.
        now: a loss (nats) for each row.
    """
    table = stored[["arm", "level", "canary"]].copy()
    table["now"] = list(now)
    table["moved"] = (table["now"] / table["canary"] - 1).abs()
    same = stored["canary_fingerprint"] == numerics()["fingerprint"]
    # Elsewhere a mask may differ in a weight or two, which moves single rows far; what is broken moves most of them.
    typical = bool(table["moved"].median() <= OTHER_NUMERICS)
    table["agrees"] = (table["moved"] <= SAME_NUMERICS) | (~same & typical & table["moved"].notna())
    return table


def prediction(values: Iterable[float], false_alarm: float) -> tuple[float, float]:
    """Where one more value like these would lie, but for this probability (Student's t; ±infinity from one value).

    Raises:
        ValueError: no values, or one that is not finite.
    """
    from scipy.special import stdtrit

    values = list(values)
    found = replicates.interval(values)
    if found.low is None:
        return -math.inf, math.inf
    half = stdtrit(found.n - 1, 1 - false_alarm / 2) * pd.Series(values).std() * math.sqrt(1 + 1 / found.n)
    return found.mean - half, found.mean + half


def compare(mine: pd.DataFrame, rows: pd.DataFrame, by: Sequence[str], false_alarm: float = 0.01) -> pd.DataFrame:
    """Beside each accuracy of one's own run, where one more run should lie; ``inside`` says whether it does.

    Args:
        by: columns that say which rows belong together, such as ("arm",).
        false_alarm: probability that an honest run is called outside, over all rows of ``mine`` together.

    Raises:
        ValueError: a row of ``mine`` that has none like it among ``rows``.
    """
    results = []
    for _, row in mine.iterrows():
        like = rows
        for column in by:
            like = like[like[column] == row[column]]
        if like.empty:
            raise ValueError(f"the archive has no rows with {dict(row[list(by)])}")
        low, high = prediction(like["accuracy"], false_alarm / len(mine))
        inside = low <= row["accuracy"] <= high
        results.append({**row[list(by)], "mine": row["accuracy"], "low": low, "high": high, "inside": inside})
    return pd.DataFrame(results)
