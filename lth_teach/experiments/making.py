"""Making the archive: what is missing, job by job, on this machine or on a Dask cluster; killed, it goes on."""

from __future__ import annotations

import json
import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm.auto import tqdm

from .. import __version__
from ..ground.arguments import whole_number
from ..ground.storage import write_text
from . import archive

Job = tuple[archive.Run, int, dict[str, Any]]  # experiment, seed, setting
Outcome = tuple[int, list[dict[str, Any]], dict[str, str] | str]  # which job, its rows, its numerics or what went wrong
PATIENCE = 15  # seconds to wait for a cluster to answer


class Failed(RuntimeError):
    """Some jobs failed; the message names each with its seed. The rows of all others are in the archive."""


def make(
    name: str,
    seeds: int | None = None,
    *,
    folder: Path = archive.DATA,
    scheduler: str = "",
    processes: int | None = None,
) -> pd.DataFrame:
    """Compute the rows that the archive of an experiment lacks, and nothing else; returns all of them.

    Each (setting, seed) is a job; its rows are in the file as soon as it ends. Stop whenever you like, and start again.

    Args:
        seeds: how many for every setting, from 1000 on; ``None`` = what the experiment says for each budget.
        scheduler: address of a Dask scheduler, such as "tcp://host:8786"; empty = processes of this machine.
        processes: how many on this machine; ``None`` = one for each core.

    Raises:
        ValueError: an unknown experiment, a damaged file, or workers of other versions or with several threads.
        ConnectionError: the cluster cannot be reached.
        Failed: some jobs failed.
    """
    chapter = archive.chapter(name)
    path = folder / f"{name}.csv"
    rows = archive.read(path) if path.is_file() else pd.DataFrame()
    jobs = missing(chapter.run, chapter.SETTINGS, seeds if seeds is not None else chapter.SEEDS, rows)
    failures = []
    with _running(scheduler, processes) as running:
        results = running(jobs)
        for number, new, numerics in tqdm(results, f"archive {name}", total=len(jobs), unit="job", smoothing=0.05):
            if isinstance(numerics, str):
                _, seed, setting = jobs[number]
                failures.append(f"seed {seed} of {setting}: {numerics}")
                tqdm.write(f"failed: {failures[-1]}")
                continue
            rows = _in_order([rows, pd.DataFrame(new)], chapter.SETTINGS)
            write_text(path, archive.written(rows))
            about = path.with_suffix(".json")
            write_text(about, json.dumps(_description(rows, chapter.SETTINGS, numerics, about), indent=1) + "\n")
    if failures:
        raise Failed(f"{len(failures)} of {len(jobs)} jobs failed:\n" + "\n".join(failures))
    return rows


def missing(
    run: archive.Run, settings: Sequence[dict[str, Any]], seeds: int | dict[str, int], rows: pd.DataFrame
) -> list[Job]:
    """The jobs whose rows are not there, seed by seed, so that an unfinished archive has as many of each setting.

    Raises:
        ValueError: settings that do not name the same things, so that rows could not be told apart by them.
    """
    jobs = []
    for setting in settings:
        if setting.keys() != settings[0].keys():
            raise ValueError(f"every setting must name {', '.join(settings[0])}, got one with {', '.join(setting)}")
        number = whole_number("seeds", seeds[setting["budget"]] if isinstance(seeds, dict) else seeds, 1)
        there = set() if rows.empty else set(_of(rows, setting)["seed"])
        wanted = range(archive.FIRST_SEED, archive.FIRST_SEED + number)
        jobs += [(run, seed, setting) for seed in wanted if seed not in there]
    return sorted(jobs, key=lambda job: job[1])


def _of(rows: pd.DataFrame, setting: dict[str, Any]) -> pd.DataFrame:
    for column, value in setting.items():
        rows = rows[rows[column] == value]
    return rows


def _in_order(tables: Sequence[pd.DataFrame], settings: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """As the experiment lists its settings, then by seed: the same file, in whatever order the jobs ended."""
    rows = pd.concat([table for table in tables if len(table)])
    parts = [_of(rows, setting).sort_values("seed", kind="stable") for setting in settings]
    first = ["seed", *dict.fromkeys(column for setting in settings for column in setting), "arm", "level"]
    columns = sorted(rows.columns, key=lambda name: (first.index(name) if name in first else len(first), name))
    return pd.concat(parts, ignore_index=True)[columns]


def _description(
    rows: pd.DataFrame, settings: Sequence[dict[str, Any]], numerics: dict[str, str], about: Path
) -> dict[str, Any]:
    """What the file beside the rows says; the numerics of earlier jobs, perhaps of other machines, stay in it."""
    held = [(setting, _of(rows, setting)) for setting in settings]
    earlier: Any = {}
    with suppress(OSError, ValueError, KeyError):
        earlier = json.loads(about.read_text(encoding="utf-8"))["numerics"]
    commit = ""
    with suppress(OSError):  # a machine without git
        asked = ["git", "rev-parse", "HEAD"]
        commit = subprocess.run(asked, cwd=Path(__file__).parent, capture_output=True, text=True).stdout.strip()
    return {
        "settings": [
            {**setting, "seeds": part["seed"].nunique(), "rows": len(part), "seconds": round(part["seconds"].sum())}
            for setting, part in held
        ],
        "numerics": earlier | {numerics["fingerprint"]: numerics},
        "versions": _versions() | {package: version(package) for package in ("pandas", "mnist1d", "mlxtend")},
        "date": date.today().isoformat(),
        "commit": commit or None,
    }


def _attempt(number: int, job: Job) -> Outcome:
    """One job, in whichever process; what goes wrong there is an answer, too."""
    started = time.perf_counter()
    try:
        rows = archive.rows_of(*job)
        each = round((time.perf_counter() - started) / len(rows), 3)  # so that a sum over rows is right
        return number, [{**row, "seconds": each} for row in rows], archive.numerics()
    except Exception as error:
        return number, [], f"{type(error).__name__}: {error}"


@contextmanager
def _running(scheduler: str, processes: int | None) -> Iterator[Callable[[Sequence[Job]], Iterator[Outcome]]]:
    """A function that runs jobs and gives each result once, as they end."""
    if not scheduler:
        import joblib

        pool = joblib.Parallel(n_jobs=processes or joblib.cpu_count(), return_as="generator_unordered")
        yield lambda jobs: pool(joblib.delayed(_attempt)(*numbered) for numbered in enumerate(jobs))
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ValueError("a scheduler needs Dask: pip install 'lth-teach[cluster]'") from error
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ConnectionError(f"no Dask scheduler answers at {scheduler}: {error}") from error
    with client:
        _check_workers(client, scheduler)
        yield lambda jobs: _on_cluster(client, jobs)


def _on_cluster(client: Any, jobs: Sequence[Job]) -> Iterator[Outcome]:
    from distributed import as_completed

    futures = {client.submit(_attempt, *numbered, pure=False): numbered[0] for numbered in enumerate(jobs)}
    for future in as_completed(futures):  # a job of a worker that dies is given to another one; its future ends once
        try:
            outcome: Outcome = future.result()
        except Exception as error:  # a job that kills each worker it comes to, or a scheduler that went away
            outcome = futures[future], [], f"{type(error).__name__}: {error}"
        yield outcome
        future.release()


def _versions() -> dict[str, str]:
    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, "lth_teach": __version__, "torch": version("torch"), "numpy": version("numpy")}


def _check_workers(client: Any, scheduler: str) -> None:
    """Refuse workers whose rows would not be ours: other versions, or threads that share one random generator."""
    from distributed import TimeoutError

    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        raise ConnectionError(f"the Dask scheduler at {scheduler} has no workers") from error
    here = _versions()
    for worker, there in client.run(_versions).items():
        if there != here:
            raise ValueError(f"worker {worker} has {there}, this machine has {here}; install the same versions")
    for worker, threads in client.nthreads().items():
        if threads != 1:
            raise ValueError(f"worker {worker} has {threads} threads; start workers with --nthreads 1")
