"""Making the archive: only what is missing, each result once, whatever dies. With a made-up experiment that writes a
file for each call, so that calls can be counted across processes. Oracle: the results as computed here, one by one.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import torch

from lth_teach.experiments import archive, making

PAUSE = 0.2  # seconds a job takes


def run(seed, *, budget, notes, stop=None):
    """Two rows, from which seed, setting and rehearsal can be read; a file in the folder ``notes`` for each call.

    What the folder holds tells the experiment to fail, to be interrupted, or to kill the process it runs in.
    """
    folder = Path(notes)
    if stop is None:
        (folder / f"call-{budget}-{seed}-{uuid.uuid4().hex}").touch()
        if (folder / f"fail-{seed}").exists():
            raise ValueError(f"no luck with {seed}")
        if (folder / f"interrupt-{seed}").exists():
            raise KeyboardInterrupt
        if (folder / f"deadly-{seed}").exists():
            os.kill(os.getpid(), signal.SIGKILL)
        if (folder / "die once").exists() and len(list(folder.glob("call-*"))) >= 6:
            (folder / "die once").unlink()  # of two processes that come here, one finds nothing to remove, and fails
            time.sleep(PAUSE / 2)
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(PAUSE if (folder / "slowly").exists() else 0)
    steps = stop or {"short": 100, "long": 1_000}[budget]
    rows = [
        {"arm": arm, "level": level, "accuracy": seed / 10_000 + level / 10, "loss": 1 + steps * (seed + level) / 1e7}
        for level, arm in enumerate(("dense", "ticket"))
    ]
    return [{**row, "depth": 3} for row in rows] if budget == "long" else rows


def calls(notes):
    """(budget, seed) of each call, in order, rehearsals left out."""
    found = (path.name.split("-") for path in notes.glob("call-*"))
    return sorted((budget, int(seed)) for _, budget, seed, _ in found)


def forget(notes):
    for path in notes.iterdir():
        path.unlink()


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


@pytest.fixture
def folder(tmp_path, notes, monkeypatch):
    """Where the archive of the experiment "toy" goes: three seeds of its short setting, two of its long one."""
    settings = tuple({"budget": budget, "notes": str(notes)} for budget in ("short", "long"))
    chapter = SimpleNamespace(run=run, SETTINGS=settings, SEEDS={"short": 3, "long": 2})
    monkeypatch.setattr(archive, "chapter", lambda name: chapter)
    return tmp_path / "archive"


EVERYTHING = [("long", 1_000), ("long", 1_001), ("short", 1_000), ("short", 1_001), ("short", 1_002)]


def make(folder, **options):
    return making.make("toy", folder=folder, **{"processes": 1, **options})


def held(folder):
    """(budget, seed) of each pair of rows in the file, in order; each pair is checked."""
    rows = archive.read(folder / "toy.csv")
    for (budget, seed), part in rows.groupby(["budget", "seed"]):
        assert part["arm"].tolist() == ["dense", "ticket"]
        assert part["accuracy"].tolist() == [round(seed / 10_000 + level / 10, 5) for level in (0, 1)]
        assert part["canary"].tolist() == [
            float(f"{1 + archive.REHEARSAL * (seed + level) / 1e7:.7g}") for level in (0, 1)
        ]
        assert part["depth"].tolist() == [3, 3] if budget == "long" else part["depth"].isna().all()
    return sorted(rows[["budget", "seed"]].drop_duplicates().itertuples(index=False, name=None))


def test_all_that_the_experiment_asks_for_is_computed_once(folder, notes):
    rows = make(folder)
    assert calls(notes) == held(folder) == EVERYTHING
    pd.testing.assert_frame_equal(archive.read(folder / "toy.csv"), rows)
    assert rows[["budget", "seed", "arm"]].values.tolist() == [
        [budget, seed, arm]
        for budget, seeds in (("short", 3), ("long", 2))
        for seed in range(1_000, 1_000 + seeds)
        for arm in ("dense", "ticket")
    ]
    assert list(rows)[:5] == ["seed", "budget", "notes", "arm", "level"]


def test_only_what_is_missing_is_computed(folder, notes):
    make(folder, seeds=2)
    assert calls(notes) == [(budget, seed) for budget in ("long", "short") for seed in (1_000, 1_001)]
    forget(notes)
    make(folder, seeds=4)
    assert calls(notes) == [(budget, seed) for budget in ("long", "short") for seed in (1_002, 1_003)]
    assert len(held(folder)) == 8


def test_where_nothing_is_missing_nothing_happens(folder, notes):
    make(folder)
    before = (folder / "toy.csv").stat().st_mtime_ns
    forget(notes)
    assert len(make(folder)) == len(make(folder, seeds=1)) == 10
    assert calls(notes) == []
    assert (folder / "toy.csv").stat().st_mtime_ns == before


def test_after_an_interruption_it_goes_on(folder, notes):
    (notes / "interrupt-1001").touch()
    with pytest.raises(KeyboardInterrupt):
        make(folder)
    assert held(folder) == [("long", 1_000), ("short", 1_000)]
    forget(notes)
    make(folder)
    assert calls(notes) == [("long", 1_001), ("short", 1_001), ("short", 1_002)]
    assert held(folder) == EVERYTHING


@pytest.fixture
def timeless(monkeypatch):
    """Jobs that take no time, so that files can be compared."""
    monkeypatch.setattr(making, "time", SimpleNamespace(perf_counter=lambda: 0.0))


@pytest.mark.parametrize("order", range(4))
def test_the_file_is_the_same_in_whatever_order_the_jobs_end(folder, timeless, monkeypatch, order):
    make(folder)
    text = (folder / "toy.csv").read_bytes()

    @contextmanager
    def in_another_order(_scheduler, _processes):
        def running(jobs):
            numbered = list(enumerate(jobs))
            random.Random(order).shuffle(numbered)
            yield from (making._attempt(*one) for one in numbered)

        yield running

    monkeypatch.setattr(making, "_running", in_another_order)
    make(folder / "again")
    assert (folder / "again" / "toy.csv").read_bytes() == text


def test_the_file_is_the_same_made_at_once_or_bit_by_bit_or_in_two_processes(folder, timeless):
    make(folder, seeds=3)
    for seeds in (1, 2, 3):
        make(folder / "bit by bit", seeds=seeds)
    assert (folder / "bit by bit" / "toy.csv").read_bytes() == (folder / "toy.csv").read_bytes()
    make(folder / "in two", seeds=3, processes=2)
    pd.testing.assert_frame_equal(
        archive.read(folder / "in two" / "toy.csv").drop(columns="seconds"),
        archive.read(folder / "toy.csv").drop(columns="seconds"),
    )


def test_a_job_that_fails_is_reported_and_loses_no_other_and_is_tried_again(folder, notes):
    (notes / "fail-1001").touch()
    with pytest.raises(making.Failed, match="^2 of 5 jobs failed:") as told:
        make(folder)
    for budget in ("short", "long"):
        setting = {"budget": budget, "notes": str(notes)}
        assert f"seed 1001 of {setting}: ValueError: no luck with 1001" in str(told.value)
    assert held(folder) == [one for one in EVERYTHING if one[1] != 1_001]
    forget(notes)
    make(folder)
    assert calls(notes) == [("long", 1_001), ("short", 1_001)]
    assert held(folder) == EVERYTHING


def test_a_job_without_rows_is_a_failure(folder, monkeypatch):
    monkeypatch.setattr(archive.chapter("toy"), "run", lambda seed, **setting: [])
    with pytest.raises(making.Failed, match="5 of 5 jobs failed"):
        make(folder)


def test_a_damaged_file_is_refused_before_anything_is_computed(folder, notes):
    make(folder, seeds=1)
    forget(notes)
    path = folder / "toy.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("dense", "sense", 1), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"toy\.csv is damaged"):
        make(folder)
    assert calls(notes) == []
    assert path.read_bytes() == before


def test_jobs_come_seed_by_seed_and_only_those_that_are_wanted(folder):
    chapter = archive.chapter("toy")
    jobs = making.missing(run, chapter.SETTINGS, chapter.SEEDS, pd.DataFrame())
    assert [(seed, setting["budget"]) for _, seed, setting in jobs] == [
        (1_000, "short"),
        (1_000, "long"),
        (1_001, "short"),
        (1_001, "long"),
        (1_002, "short"),
    ]


def test_settings_that_name_different_things_are_refused_before_anything_is_computed():
    settings = [{"budget": "short", "depth": 3}, {"budget": "long"}]
    with pytest.raises(ValueError, match="every setting must name budget, depth, got one with budget$"):
        making.missing(run, settings, 2, pd.DataFrame())


@pytest.mark.parametrize("seeds", [0, -1, 1.5, "many"])
def test_a_number_of_seeds_that_is_none(folder, notes, seeds):
    with pytest.raises(ValueError, match="seeds"):
        make(folder, seeds=seeds)
    assert calls(notes) == []


# ---- what stands beside the rows


def about(folder):
    return json.loads((folder / "toy.json").read_text(encoding="utf-8"))


def test_beside_the_rows_stands_how_they_were_made(folder, notes):
    rows = make(folder)
    found = about(folder)
    seconds = {budget: round(part["seconds"].sum()) for budget, part in rows.groupby("budget")}
    assert found["settings"] == [
        {"budget": "short", "notes": str(notes), "seeds": 3, "rows": 6, "seconds": seconds["short"]},
        {"budget": "long", "notes": str(notes), "seeds": 2, "rows": 4, "seconds": seconds["long"]},
    ]
    here = archive.numerics()
    assert found["numerics"] == {here["fingerprint"]: here}
    assert set(rows["fingerprint"]) == {here["fingerprint"]}
    assert found["date"] == date.today().isoformat()
    assert {"python", "lth_teach", "torch", "numpy", "pandas", "mnist1d", "mlxtend"} == set(found["versions"])
    assert found["versions"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert found["commit"] is None or len(found["commit"]) == 40


def test_the_seconds_of_a_job_are_shared_among_its_rows(folder, notes):
    (notes / "slowly").touch()
    rows = make(folder, seeds=1)
    for _, part in rows.groupby("budget"):
        assert PAUSE <= part["seconds"].sum() < 20 * PAUSE
        assert part["seconds"].nunique() == 1


def test_numerics_of_an_earlier_machine_are_kept(folder):
    make(folder, seeds=1)
    path = folder / "toy.json"
    elsewhere = {"fingerprint": "feedbeef", "torch": "2.6.0", "cpu": "NEON", "product": "0badcafe"}
    path.write_text(json.dumps(about(folder) | {"numerics": {"feedbeef": elsewhere}}), encoding="utf-8")
    make(folder, seeds=2)
    here = archive.numerics()
    assert about(folder)["numerics"] == {"feedbeef": elsewhere, here["fingerprint"]: here}


@pytest.mark.parametrize("text", ["", "{", "{}", None])
def test_a_damaged_description_does_not_stop_it(folder, text):
    make(folder, seeds=1)
    path = folder / "toy.json"
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")
    make(folder, seeds=2)
    assert [one["seeds"] for one in about(folder)["settings"]] == [2, 2]


def test_a_machine_without_git_will_do(folder, monkeypatch):
    def missing(*_arguments, **_options):
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", missing)
    make(folder, seeds=1)
    assert about(folder)["commit"] is None


def test_no_half_written_file_is_left(folder):
    make(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["toy.csv", "toy.json"]


# ---- on a cluster


def test_a_cluster_needs_dask(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"needs Dask: pip install 'lth-teach\[cluster\]'"):
        make(folder, scheduler="tcp://127.0.0.1:9")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://127.0.0.1:9"])
def test_a_cluster_that_does_not_answer(folder, monkeypatch, address):
    pytest.importorskip("distributed")
    monkeypatch.setattr(making, "PATIENCE", 1)
    started = time.perf_counter()
    with pytest.raises(ConnectionError, match=f"no Dask scheduler answers at {address}"):
        make(folder, scheduler=address)
    assert time.perf_counter() - started < 20


@contextmanager
def local_cluster(place, **options):
    """Two workers of one thread each, in processes of their own, unless told otherwise."""
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "memory_limit": 0, **options}
    settings["dashboard_address"] = ":0"  # any free port: None would take the usual one, which may be in use
    cluster = distributed.LocalCluster(local_directory=str(place), **settings)
    try:
        yield cluster
    finally:
        with suppress(TimeoutError):  # a busy machine may take longer to stop a worker than Dask waits
            cluster.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with local_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        yield cluster


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"n_workers": 0}, ConnectionError, "has no workers"),
        ({"n_workers": 1, "threads_per_worker": 2}, ValueError, "has 2 threads; start workers with --nthreads 1"),
    ],
)
def test_a_cluster_that_cannot_do_it(folder, notes, tmp_path, monkeypatch, options, error, told):
    monkeypatch.setattr(making, "PATIENCE", 1)
    with (
        local_cluster(tmp_path / "dask", processes=False, **options) as small,
        pytest.raises(error, match=told),
    ):
        make(folder, scheduler=small.scheduler_address)
    assert calls(notes) == []


def test_workers_of_another_version_are_refused(folder, notes, cluster, monkeypatch):
    monkeypatch.setattr(making, "__version__", "0.0.1")  # here; the workers have their own
    with pytest.raises(ValueError, match="worker tcp://.* has .*, this machine has .*'0.0.1'.*same versions"):
        make(folder, scheduler=cluster.scheduler_address)
    assert calls(notes) == []


def test_a_cluster_gives_what_this_machine_gives(folder, notes, cluster):
    at_once = make(folder / "here").drop(columns="seconds")
    forget(notes)
    (notes / "fail-1002").touch()
    with pytest.raises(making.Failed, match=r"1 of 5 jobs failed:\nseed 1002 of .*: ValueError: no luck with 1002"):
        make(folder, scheduler=cluster.scheduler_address)
    assert calls(notes) == EVERYTHING
    forget(notes)
    rows = make(folder, scheduler=cluster.scheduler_address).drop(columns="seconds")
    assert calls(notes) == [("short", 1_002)]
    pd.testing.assert_frame_equal(rows, at_once)


def test_a_worker_that_is_killed_loses_nothing(folder, notes, cluster):
    """SIGKILL in the middle of a job: the job runs again on another worker, and every result is there once."""
    (notes / "slowly").touch()
    (notes / "die once").touch()
    rows = make(folder, seeds=6, scheduler=cluster.scheduler_address)
    wanted = sorted((budget, seed) for budget in ("long", "short") for seed in range(1_000, 1_006))
    assert held(folder) == wanted
    assert len(rows) == 2 * len(wanted)
    assert not rows.duplicated(["budget", "seed", "arm"]).any()
    assert not (notes / "die once").exists()
    assert sorted(set(calls(notes))) == wanted
    assert len(calls(notes)) > len(wanted)  # the job that the dead worker had begun


def test_a_job_that_kills_its_workers_is_reported(folder, notes, tmp_path, monkeypatch):
    (notes / "deadly-1000").touch()
    with local_cluster(tmp_path / "dask", n_workers=1) as doomed:
        monkeypatch.setattr(doomed.scheduler, "allowed_failures", 0)  # Dask itself would try it on four workers
        with pytest.raises(making.Failed, match="seed 1000 of .*: KilledWorker") as told:
            make(folder, seeds=1, scheduler=doomed.scheduler_address)
    assert str(told.value).count("KilledWorker") == 2
    forget(notes)
    assert len(make(folder, seeds=1)) == 4
