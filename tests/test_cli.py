"""The command line: what it prints, what it writes, what it refuses, and that a stopped search goes on."""

import json
import os
import subprocess
import sys

import pytest
import torch
import tqdm

from lth_teach import Ticket, data
from lth_teach.cli import main
from lth_teach.explore.search import RANDOM, Search, describe

SMALL = ("--prune-rate", "0.5", "--target-sparsity", "0.7", "--iterations", "10", "--seeds", "2")


@pytest.fixture
def ticket(monkeypatch, tiny, tmp_path):
    """Calls the command `ticket` on data of 6 inputs and for 10 steps; writes to a folder of the test."""
    monkeypatch.setattr(data, "mnist1d", lambda: tiny)
    monkeypatch.setattr("lth_teach.explore.search.BATCH", 20)
    return lambda *options: main(["ticket", "--out", str(tmp_path / "found"), *SMALL, *options])


def rows(folder):
    return json.loads((folder / "found" / "rows.json").read_bytes())["rows"]


def test_it_prints_the_levels_and_the_reading_and_writes_the_picture_and_the_ticket(ticket, tmp_path, tiny, capsys):
    import pandas as pd

    assert ticket() == 0
    out = capsys.readouterr().out
    choices = Search(0.5, 0.7, seeds=2, iterations=10)
    expected = list(choices.rows(None, tmp_path / "elsewhere"))
    assert rows(tmp_path) == expected
    assert describe(pd.DataFrame(expected)) in out
    dense = [f"{100 * row['accuracy']:.1f}" for row in expected if row["level"] == 0]
    assert f"seed 0  level  0  100.0% kept  test accuracy {dense[0]}%  ticket\n" in out
    assert f"test accuracy {100 * expected[-1]['accuracy']:.1f}%  {RANDOM}\n" in out
    assert (tmp_path / "found" / "ticket.png").read_bytes().startswith(b"\x89PNG")

    saved = Ticket.load(tmp_path / "found" / "ticket.safetensors")
    found = choices.finder(tiny, 0, tmp_path / "third").find_ticket(choices.trainer(tiny, 0))
    assert saved.masks.keys() == found.masks.keys()
    assert all(torch.equal(saved.masks[name], mask) for name, mask in found.masks.items())
    assert [level.accuracy for level in saved.levels] == [level.accuracy for level in found.levels]


def test_a_search_stopped_by_ctrl_c_goes_on_and_ends_like_one_that_was_not(ticket, tmp_path, monkeypatch, capsys):
    plain, steps = tqdm.tqdm.update, []

    def ctrl_c_at_step_45(bar, n=1):
        steps.append(n)
        if len(steps) == 45:
            raise KeyboardInterrupt
        plain(bar, n)

    monkeypatch.setattr(tqdm.tqdm, "update", ctrl_c_at_step_45)
    assert ticket() == 130
    stopped = capsys.readouterr()
    assert "What is finished is kept in" in stopped.err
    assert "Traceback" not in stopped.err
    assert len(rows(tmp_path)) == 4
    steps[:] = [0] * 100
    assert ticket() == 0
    assert len(steps) - 100 == 6 * 10  # only what was not finished: six networks of the ten
    expected = list(Search(0.5, 0.7, seeds=2, iterations=10).rows(None, tmp_path / "elsewhere"))
    assert rows(tmp_path) == expected


def test_more_seeds_join_those_that_the_folder_holds(ticket, tmp_path, capsys):
    assert ticket("--seeds", "1") == 0
    capsys.readouterr()
    assert ticket() == 0
    out = capsys.readouterr().out
    assert "seed 0  level" not in out
    assert out.count("seed 1  level") == 5
    assert "n = 2 seeds." in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--prune-rate", "1"], "prune_rate must lie strictly between 0 and 1, got 1.0"),
        (["--prune-rate", "much"], "argument --prune-rate: invalid float value: 'much'"),
        (["--target-sparsity", "nan"], "target_sparsity must"),
        (["--target-sparsity", "0.99999"], "the schedule stalls at"),
        (["--late-reset-iter", "10"], "late_reset_iter must be from 0 to below the 10 iterations, got 10"),
        (["--seeds", "0"], "seeds must be at least 1, got 0"),
        (["--iterations", "0"], "iterations must be"),
        (["--device", "abacus"], "device 'abacus' is not a device"),
        (["--colour", "blue"], "unrecognized arguments: --colour blue"),
    ],
)
def test_what_is_not_allowed_is_answered_in_one_line_before_anything_is_written(
    ticket, tmp_path, capsys, options, message
):
    with pytest.raises(SystemExit) as refused:
        ticket(*options)
    assert refused.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "found").exists()


def test_a_folder_of_another_search_is_refused_and_left_alone(ticket, tmp_path, capsys):
    assert ticket("--seeds", "1") == 0
    before = rows(tmp_path)
    with pytest.raises(SystemExit) as refused:
        ticket("--seeds", "1", "--prune-rate", "0.6")
    assert refused.value.code == 2
    assert "holds a search with prune_rate 0.5, not 0.6; --out chooses another" in capsys.readouterr().err
    assert rows(tmp_path) == before


@pytest.mark.parametrize("content", ["", "[]", '{"rows": [1], "settings": {}}', '{"rows": [{}], "settings": {}}'])
def test_a_damaged_folder_is_told(ticket, tmp_path, capsys, content):
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "rows.json").write_text(content)
    with pytest.raises(SystemExit):
        ticket()
    assert "rows.json is damaged or not from this command; delete it" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told_before_the_training(ticket, tmp_path, capsys):
    (tmp_path / "found").write_text("a file stands where the folder should be")
    assert ticket() == 1
    told = capsys.readouterr()
    assert f"cannot write to the folder {tmp_path / 'found'}" in told.err
    assert told.out == ""


def test_doctor_works_on_a_terminal_without_utf_8_and_without_a_cache(tmp_path):
    (tmp_path / "file").touch()
    surroundings = os.environ | {"PYTHONIOENCODING": "ascii", "LTH_TEACH_CACHE": str(tmp_path / "file" / "Überall")}
    done = subprocess.run([sys.executable, "-m", "lth_teach", "doctor"], env=surroundings, capture_output=True)
    out = done.stdout.decode("ascii")
    assert done.returncode == 0, done.stderr
    for name in ("python ", "torch ", "devices ", "cores ", "tested "):
        assert f"\n{name}" in f"\n{out}"
    assert "cache       cannot be written" in out


def test_doctor_fails_when_a_package_does_not_load(monkeypatch, capsys):
    monkeypatch.setattr("lth_teach.lab.environment.PACKAGES", ("torch", "a_package_that_nobody_has"))
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "does not load: ModuleNotFoundError: No module named 'a_package_that_nobody_has'" in out
    assert "verdict     install again, as README says: a_package_that_nobody_has" in out
