"""Thirty learners hand in their files, some of them faulty: what is pooled, and what is said. With a made-up experiment
that trains nothing, so that confirming takes no time. Oracle: the numbers that the made-up experiment gives.
"""

import hashlib
import re
from types import SimpleNamespace

import pandas as pd
import pytest

from lth_teach import cli
from lth_teach.experiments import archive
from lth_teach.lab.classroom import confirming, files, save_rows
from lth_teach.lab.classroom.merging import merge

SETTING = {"study": "arms", "budget": "short"}
SEEDS = [100_007 + 29_989 * learner for learner in range(30)]


def luck(*what):
    """A number from 0 to 1 that depends on all of this."""
    return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:4], "big") / 2**32


def run(seed, *, study="arms", budget="short", stop=None):
    return [
        {
            "arm": arm,
            "level": level,
            "density": 0.5**level,
            "accuracy": 0.6 + 0.1 * luck(seed, arm, budget, stop),
            "loss": 1 + luck(seed, arm, budget, stop, "loss"),
        }
        for arm, level in (("dense", 0), ("ticket", 1), ("random", 1), ("unseen", 1))
    ]


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    real = archive.chapter
    monkeypatch.setattr(archive, "chapter", lambda name: SimpleNamespace(run=run) if name == "toy" else real(name))


def hand_in(folder, seed, setting=SETTING, change=lambda rows: rows):
    """A learner's file: the live run looks at three of the four networks."""
    folder.mkdir(exist_ok=True)
    save_rows("toy", change(run(seed, **setting)[:3]), seed, folder=folder, **setting)
    return folder / f"rows-toy-arms-{setting['budget']}-{seed}.csv"


def pooled(path):
    kind, about, rows = files.read(path)
    assert (kind, about["experiment"], about["setting"]) == ("class", "toy", SETTING)
    return rows


@pytest.fixture
def handed_in(tmp_path, capsys):
    """Thirty good files."""
    for seed in SEEDS:
        hand_in(tmp_path / "in", seed)
    capsys.readouterr()
    return tmp_path / "in"


def said(capsys, out, *given, confirm=False):
    """(lines printed, whether all was well)"""
    good = merge([str(one) for one in given], out, confirm, jobs=1)
    return capsys.readouterr().out.splitlines(), good


def test_thirty_good_files_are_pooled(handed_in, tmp_path, capsys):
    out = tmp_path / "class.csv"
    lines, good = said(capsys, out, handed_in)
    assert lines == [f"{out}: 30 seeds from 30 files (toy; study arms, budget short)"]
    assert good
    rows = pooled(out)
    assert rows["seed"].tolist() == [seed for seed in SEEDS for _ in range(3)]
    for seed in SEEDS:
        expected = [round(row["accuracy"], 5) for row in run(seed)[:3]]
        assert rows[rows["seed"] == seed]["accuracy"].tolist() == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class.csv", "in"]


def spoil(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_faulty_ones_are_named_and_lose_no_other(handed_in, tmp_path, capsys):
    paths = sorted(handed_in.iterdir())
    spoil(paths[3], ",ticket,", ",Ticket,")  # a damaged one,
    paths[8].unlink()  # one with another setting,
    other = hand_in(handed_in, SEEDS[8], SETTING | {"budget": "long"})
    (handed_in / "grades.csv").write_text("name,points\nAda,9\n")  # and one that is none
    capsys.readouterr()
    out = tmp_path / "class.csv"
    lines, good = said(capsys, out, handed_in)
    assert lines == [
        f"left out  {handed_in / 'grades.csv'}: no file of rows: its first line is 'name,points'",
        f"left out  {paths[3]}: damaged: rows and checksum do not agree; a spreadsheet that saves it changes it",
        f"left out  {other}: budget long, expected short, as 28 of 29 have it",
        f"{out}: 28 seeds from 31 files (toy; study arms, budget short)",
    ]
    assert not good
    assert set(pooled(out)["seed"]) == set(SEEDS) - {SEEDS[3], SEEDS[8]}


def test_most_files_decide_whichever_comes_first(handed_in, tmp_path, capsys):
    first = hand_in(tmp_path, 999_999, SETTING | {"budget": "long"})
    capsys.readouterr()
    lines, _ = said(capsys, tmp_path / "class.csv", first, handed_in)
    assert lines[0] == f"left out  {first}: budget long, expected short, as 30 of 31 have it"


def test_rows_of_another_version_or_experiment_are_left_out(handed_in, tmp_path, capsys):
    paths = sorted(handed_in.iterdir())
    for path, about in ((paths[0], {"lth_teach": "0.0.1"}), (paths[1], {"experiment": "imp", "setting": {"a": 1}})):
        kind, was, rows = files.read(path)
        path.write_text(files.written(kind, was | about, rows.drop(columns=[*SETTING])), encoding="utf-8")
    lines, _ = said(capsys, tmp_path / "class.csv", handed_in)
    assert re.match(r"left out  .*: lth_teach 0\.0\.1, expected [\d.]+, as 28 of 30 have it", lines[0])
    assert lines[1] == f"left out  {paths[1]}: experiment imp, expected toy, as 28 of 30 have it"


def test_an_incomplete_file_is_left_out_and_rows_that_nobody_else_has_are_cut_off(handed_in, tmp_path, capsys):
    paths = sorted(handed_in.iterdir())
    hand_in(handed_in, SEEDS[0], change=lambda rows: rows[:2])
    hand_in(handed_in, SEEDS[1], change=lambda rows: [*rows, run(SEEDS[1])[3]])
    hand_in(handed_in, SEEDS[2], change=lambda rows: [rows[0] | {"accuracy": None}, *rows[1:]])
    capsys.readouterr()
    lines, good = said(capsys, tmp_path / "class.csv", handed_in)
    assert lines[:2] == [
        f"left out  {paths[0]}: incomplete, without random at level 1",
        f"left out  {paths[2]}: incomplete, without dense at level 0",
    ]
    assert set(pooled(tmp_path / "class.csv")["arm"]) == {"dense", "ticket", "random"}
    assert not good


def test_a_seed_that_comes_twice_with_the_same_rows_counts_once(handed_in, tmp_path, capsys):
    first = sorted(handed_in.iterdir())[0]
    copy = tmp_path / "copy.csv"
    copy.write_bytes(first.read_bytes())
    lines, good = said(capsys, tmp_path / "class.csv", handed_in, copy)
    assert lines[0] == f"left out  {copy}: seed {SEEDS[0]} with the same rows is in {first}"
    assert pooled(tmp_path / "class.csv")["seed"].nunique() == 30
    assert not good


def test_a_seed_that_comes_twice_with_other_rows_does_not_count(handed_in, tmp_path, capsys):
    other = hand_in(tmp_path / "more", SEEDS[0], change=lambda rows: [row | {"accuracy": 0.9} for row in rows])
    capsys.readouterr()
    lines, _ = said(capsys, tmp_path / "class.csv", handed_in, other)
    first = sorted(handed_in.iterdir())[0]
    told = f"left out  {first} and {other}: seed {SEEDS[0]} with other rows in each; nothing tells which is right"
    assert lines[0] == told
    assert set(pooled(tmp_path / "class.csv")["seed"]) == set(SEEDS[1:])


def test_pooled_rows_can_be_pooled_with_more(handed_in, tmp_path, capsys):
    paths = sorted(handed_in.iterdir())
    said(capsys, tmp_path / "first.csv", *paths[:20])
    _, good = said(capsys, tmp_path / "all.csv", tmp_path / "first.csv", *paths[20:])
    said(capsys, tmp_path / "class.csv", handed_in)
    assert good
    assert (tmp_path / "all.csv").read_bytes() == (tmp_path / "class.csv").read_bytes()


def test_the_pooled_file_among_the_given_ones_is_not_read_but_replaced(handed_in, tmp_path, capsys):
    out = handed_in / "class.csv"
    said(capsys, out, handed_in)
    sorted(handed_in.glob("rows*"))[0].unlink()
    lines, good = said(capsys, out, handed_in)
    assert good
    assert lines == [f"{out}: 29 seeds from 29 files (toy; study arms, budget short)"]


# ---- with --confirm


def altered(path, **columns):
    """The file as somebody could write it who knows the rule of the checksum."""
    kind, about, rows = files.read(path)
    ticket = rows["arm"] == "ticket"
    for column, value in columns.items():
        rows.loc[ticket, column] = value
    path.write_text(files.written(kind, about, rows), encoding="utf-8")


def test_what_is_honest_is_confirmed(handed_in, tmp_path, capsys):
    lines, good = said(capsys, tmp_path / "class.csv", handed_in, confirm=True)
    assert good
    assert len(lines) == 1


def test_rows_that_do_not_come_out_the_same_are_named_and_left_out(handed_in, tmp_path, capsys):
    paths = sorted(handed_in.iterdir())
    ticket = run(SEEDS[4])[1]["accuracy"]
    altered(paths[4], accuracy=round(ticket + 0.01, 5))
    altered(paths[5], canary=1.5)
    lines, good = said(capsys, tmp_path / "class.csv", handed_in, confirm=True)
    why = f"is not confirmed: ticket at level 1 (accuracy {ticket + 0.01:.5g}, here {ticket:.5g})"
    assert lines[0] == f"left out  {paths[4]}: seed {SEEDS[4]} {why}"
    assert lines[1].startswith(
        f"left out  {paths[5]}: seed {SEEDS[5]} is not confirmed: ticket at level 1 (canary 1.5, "
    )
    assert set(pooled(tmp_path / "class.csv")["seed"]) == set(SEEDS) - {SEEDS[4], SEEDS[5]}
    assert not good


def test_rows_of_another_processor_are_allowed_what_processors_differ_by(handed_in):
    """Two points, last digits, and one canary in three; not 20 points, nor every canary by a thousandth."""

    def outcome(**change):
        _, about, rows = files.read(sorted(handed_in.iterdir())[0])
        rows = rows.assign(fingerprint="other", canary_fingerprint="other")
        for column, alter in change.items():
            rows[column] = alter(rows[column])
        return confirming.unconfirmed(rows, about, jobs=1)

    assert outcome() == {}
    assert outcome(accuracy=lambda found: found + 0.02) == {}
    assert outcome(canary=lambda found: found * (1 + archive.OTHER_NUMERICS / 2)) == {}
    assert outcome(canary=lambda found: found.where(found.index != 0, 2 * found)) == {}
    assert outcome(accuracy=lambda found: found + 0.2) != {}
    assert outcome(canary=lambda found: found * 1.001) != {}


def test_rows_of_another_version_cannot_be_confirmed_here(handed_in):
    _, about, rows = files.read(sorted(handed_in.iterdir())[0])
    with pytest.raises(ValueError, match=r"rows of lth_teach 0\.0\.1 can be confirmed by that version only"):
        confirming.unconfirmed(rows, about | {"lth_teach": "0.0.1"})


def test_the_message_names_three_networks_and_counts_the_rest(handed_in):
    _, about, rows = files.read(sorted(handed_in.iterdir())[0])
    more = pd.concat([rows, rows.iloc[:1].assign(arm="winner")])
    (told,) = confirming.unconfirmed(more.assign(accuracy=0.1), about, jobs=1).values()
    assert told.count("here") == 3
    assert told.endswith(", and 1 more")


# ---- the command


def command(*given):
    return cli.main(["merge", *map(str, given)])


def test_the_command_exits_with_0_if_all_is_in_and_with_1_if_not(handed_in, tmp_path, capsys):
    out = tmp_path / "class.csv"
    assert command(handed_in, "--out", out) == 0
    (handed_in / "empty.csv").touch()
    assert command(handed_in, "--out", out) == 1
    assert pooled(out)["seed"].nunique() == 30
    assert command(handed_in, "absent.csv", "--out", out) == 1
    assert "left out  absent.csv: No such file or directory" in capsys.readouterr().out


def test_a_pattern_that_the_shell_left_alone_is_expanded(handed_in, tmp_path):
    assert command(handed_in / "rows-*.csv", "--out", tmp_path / "class.csv") == 0


@pytest.mark.parametrize(
    ("files", "told"), [(["nowhere-*.csv"], "no files to merge in nowhere-"), (["empty"], "no files to merge in empty")]
)
def test_nothing_to_merge(tmp_path, monkeypatch, capsys, files, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match="2"):
        command(*files)
    assert told in capsys.readouterr().err


def test_nothing_left(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("a\n")
    out = tmp_path / "class.csv"
    assert command(tmp_path / "a.csv", "--out", out) == 1
    assert not out.exists()
    assert capsys.readouterr().out.endswith(f"Nothing was left of 1 files; {out} was not written.\n")


def test_a_file_that_is_not_pooled_is_never_overwritten(handed_in, capsys):
    """Such as a learner's: ``--out`` forgotten, and a name too many."""
    mine = sorted(handed_in.iterdir())[0]
    before = mine.read_bytes()
    with pytest.raises(SystemExit, match="2"):
        command(handed_in, "--out", mine)
    assert f"{mine} is there and holds no pooled rows" in capsys.readouterr().err
    assert mine.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told(handed_in, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert command(handed_in, "--out", tmp_path / "file" / "class.csv") == 1
    assert "lth-teach merge: " in capsys.readouterr().err


def test_stopped_while_confirming_nothing_is_written_and_what_was_there_stays(handed_in, tmp_path, monkeypatch, capsys):
    out = tmp_path / "class.csv"
    command(handed_in, "--out", out)
    before = out.read_bytes()
    sorted(handed_in.iterdir())[0].unlink()
    monkeypatch.setattr("lth_teach.replicates.run", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert command(handed_in, "--out", out, "--confirm") == 130
    assert out.read_bytes() == before
