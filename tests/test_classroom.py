"""What a learner saves, and what a page shows of a class. The experiment is made up, so that nothing is trained; the
claims are judged on rows of the archive under learners' seeds. Oracles: files by hand, and the archive's own verdicts.
"""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lth_teach import __version__
from lth_teach.experiments import archive, explanations, imp, residual
from lth_teach.experiments.claims import judge
from lth_teach.lab.classroom import class_rows, files, page, save_rows, show
from lth_teach.lab.pictures import classroom as picture

SHORT = {"study": "arms", "data": "mnist1d", "budget": "short", "prune_rate": 0.36}
SEED = 482_130


def run(seed, *, study="arms", budget="short", device="cpu", stop=None):
    """A dense network and two tickets; the loss depends on the seed and on where training stops."""
    if study != "arms":
        raise ValueError(f"study must be arms, got {study!r}")
    return [
        {"arm": "ticket" if level else "dense", "level": level, "density": 0.5**level, "accuracy": 0.8, "loss": loss}
        for level, loss in enumerate(1 + seed / 7e6 + (stop or 100) / 900 + np.arange(3))
    ]


@pytest.fixture
def toy(monkeypatch):
    real = archive.chapter
    chapter = SimpleNamespace(run=run)
    monkeypatch.setattr(archive, "chapter", lambda name: chapter if name == "toy" else real(name))
    return {"study": "arms", "budget": "short"}


@pytest.fixture
def live():
    """Rows of a live run that did not look at the second ticket."""
    return [
        {"arm": "dense", "level": 0, "accuracy": 0.7123456, "seen": "yes"},
        {"arm": "ticket", "level": 1, "accuracy": 0.65, "seen": "no"},
    ]


def test_what_is_saved_is_read_again_with_its_canaries(toy, live, tmp_path, capsys):
    save_rows("toy", live, SEED, folder=tmp_path, **toy)
    name = f"rows-toy-arms-short-{SEED}.csv"
    said = f"2 rows of seed {SEED} are in {name}, beside this notebook: the file to hand in.\n"
    assert capsys.readouterr().out == said
    kind, about, rows = files.read(tmp_path / name)
    assert (kind, about) == ("rows", {"lth_teach": __version__, "experiment": "toy", "setting": toy})
    heard = [row["loss"] for row in run(SEED, stop=archive.REHEARSAL)][:2]
    assert rows["canary"].tolist() == pytest.approx(heard, rel=1e-6)
    assert rows["accuracy"].tolist() == [0.71235, 0.65]
    assert rows["density"].tolist() == [1.0, 0.5]  # as the experiment has it
    assert rows["seed"].tolist() == [SEED, SEED]
    assert set(rows["fingerprint"]) == set(rows["canary_fingerprint"]) == {archive.numerics()["fingerprint"]}
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert rows["study"].tolist() == ["arms", "arms"]


@pytest.mark.parametrize("seed", [0, 1_000, 2_000, 99_999, 1_000_000])
def test_with_a_seed_that_is_nobodys_own_nothing_is_saved_and_a_line_says_so(toy, live, tmp_path, capsys, seed):
    save_rows("toy", live, seed, folder=tmp_path, **toy)
    assert not any(tmp_path.iterdir())
    assert capsys.readouterr().out.startswith(f"Nothing is saved, since seed {seed} is nobody's own.")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"arm": "winner"}, "toy has no winner at level 1 in this setting; it has dense at level 0, ticket at level 1"),
        ({"level": 5}, "toy has no ticket at level 5"),
        ({"arm": "dense", "level": 0}, "two rows are about one network, dense at level 0"),
    ],
)
def test_rows_that_the_experiment_has_not_are_refused(toy, live, tmp_path, change, told):
    with pytest.raises(ValueError, match=told):
        save_rows("toy", [live[0], live[1] | change], SEED, folder=tmp_path, **toy)
    assert not any(tmp_path.iterdir())


def test_a_row_without_a_level_and_a_setting_that_there_is_not_are_refused(toy, live, tmp_path):
    with pytest.raises(ValueError, match="each row of toy needs arm, level; there is no level"):
        save_rows("toy", [{"arm": "dense", "accuracy": 0.5}], SEED, folder=tmp_path, **toy)
    with pytest.raises(ValueError, match="study must be arms, got 'legs'"):
        save_rows("toy", live, SEED, folder=tmp_path, study="legs")
    with pytest.raises(
        ValueError, match="nothing that toy measures, such as accuracy, is in these rows; they have arm"
    ):
        save_rows("toy", [{"arm": "dense", "level": 0, "acuracy": 0.5}], SEED, folder=tmp_path, **toy)


def test_a_folder_that_cannot_be_written_stops_no_page(toy, live, tmp_path, capsys):
    (tmp_path / "file").touch()
    save_rows("toy", live, SEED, folder=tmp_path / "file", **toy)
    assert "could not be saved here" in capsys.readouterr().out


def text(about=None, **columns):
    """A file as somebody could write it who knows the rule of the checksum."""
    held = {"seed": [SEED], "arm": "ticket", "level": 1, "accuracy": 0.5, "canary": 2.0}
    held |= dict.fromkeys(archive.FINGERPRINTS, "0123abcd")
    given = {"lth_teach": "1", "experiment": "toy", "setting": {}} if about is None else about
    table = pd.DataFrame({name: value for name, value in (held | columns).items() if value is not None})
    return files.written("rows", {"setting": {}} | given, table)


def by_hand(about, table):
    header = json.dumps({"lth_teach": "1", "experiment": "toy"} | about)
    return f"# lth-teach rows 1 {files._checksum(header, table)} {header}\n{table}"


DAMAGE = {
    "an empty file": ("", "no file of rows: its first line is ''"),
    "another csv": ("a,b\n1,2\n", "no file of rows: its first line is 'a,b'"),
    "an archive": (archive.written(pd.DataFrame({"seed": [1]})), "no file of rows"),
    "one digit": (text().replace("0.5", "0.9"), "damaged: rows and checksum do not agree"),
    "cut off": (text()[:-9], "damaged"),
    "another setting": (text().replace('"toy"', '"imp"'), "damaged"),
    "a later version": (text().replace("rows 1", "rows 2"), "written in version 2 of this format, expected 1"),
    "no canary": (text(canary=None), "incomplete: no column canary"),
    "a blank canary": (text(canary=np.nan), "incomplete: entries are missing in the column canary"),
    "nothing measured": (text(accuracy=None), "incomplete: it holds nothing that was measured"),
    "the stored page's seed": (text(seed=[2_000]), "seed 2000 is no learner's own; a learner's is from 100000 to"),
    "half a seed": (text(seed=[482_130.5]), "seed 482130.5 is no learner's own"),
    "a seed in words": (text(seed=["mine"]), "numbers are expected in the column seed"),
    "a level in words": (text(level=["five"]), "numbers are expected in the column level"),
    "an accuracy in words": (text(accuracy=["high"]), "numbers are expected in the column accuracy"),
    "a table of one column": (text(about=None, **dict.fromkeys(["level", "arm"])), "incomplete: no column arm, level"),
    "percent": (text(accuracy=63.8), "accuracy must be a fraction"),
    "a row twice": (text(seed=[SEED, SEED]), "a seed has two rows for one network"),
    "a setting that is a list": (
        text({"lth_teach": "1", "experiment": "toy", "setting": {"a": [1]}}),
        "content is not",
    ),
    "a setting that is a column": (by_hand({"setting": {"seed": 1}}, text().partition("\n")[2]), "its content is not"),
    "a version that is a list": (text({"lth_teach": [], "experiment": "toy", "setting": {}}), "content is not"),
    "no experiment": (text({"lth_teach": "1", "setting": {}}), "its checksum is right, its content is not"),
}


@pytest.mark.parametrize(("content", "told"), DAMAGE.values(), ids=DAMAGE)
def test_a_file_that_is_not_as_it_was_written_is_refused_with_the_reason(tmp_path, content, told):
    path = tmp_path / "rows.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        files.read(path)


def test_what_mail_and_editors_do_to_a_file_does_no_harm(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text().replace("\n", "\r\n").encode())  # a mark in front, Windows' line ends
    assert files.read(path)[2]["accuracy"].tolist() == [0.5]


def test_a_file_as_large_as_a_film_is_not_read(tmp_path):
    with (tmp_path / "rows.csv").open("wb") as file:
        file.truncate(files.LARGEST + 1)
    with pytest.raises(ValueError, match="larger than 4 MB"):
        files.read(tmp_path / "rows.csv")


# ---- a page with a class


def as_a_class(rows):
    """Rows of the archive under learners' seeds."""
    return rows.assign(seed=rows["seed"] + 400_000, canary_fingerprint=rows["fingerprint"])


def pooled(path, rows, setting, name="imp"):
    about = {"lth_teach": __version__, "experiment": name, "setting": setting}
    path.write_text(files.written("class", about, rows), encoding="utf-8")


@pytest.fixture(scope="module")
def thirty():
    return archive.load("imp", **SHORT)


@pytest.fixture
def live_arms(thirty):
    """What page 02 measures: the dense network, and six arms with a tenth of the weights."""
    arms = ["ticket", "re-initialised", "sign-constant", "random", "signs kept", "sizes kept"]
    chosen = (thirty["level"] == 0) | ((thirty["level"] == 5) & thirty["arm"].isin(arms))
    return as_a_class(thirty[chosen].drop(columns=["trainings", "seconds"]))


def test_where_there_is_no_class_a_line_says_how_to_get_one(tmp_path, capsys):
    assert class_rows("imp", tmp_path, **SHORT) is None
    assert capsys.readouterr().out.startswith("No class.csv with these settings lies beside this notebook.")


def test_a_page_finds_its_own_class_among_others(tmp_path, live_arms, capsys):
    (tmp_path / "class-a.csv").write_text("damaged")
    pooled(tmp_path / "class-b.csv", live_arms, SHORT | {"budget": "long"})
    pooled(tmp_path / "class-c.csv", live_arms, SHORT)
    rows = class_rows("imp", tmp_path, **SHORT)
    assert rows["seed"].nunique() == 30
    assert capsys.readouterr().out == "class-a.csv: no file of rows: its first line is 'damaged'\n"
    assert class_rows("imp", tmp_path, **SHORT | {"prune_rate": 0.2}) is None


def test_the_claims_are_judged_by_the_same_rule_on_the_class_own_rows(live_arms, thirty):
    """The oracle: the same claim with its case written by hand, judged on all of the archive's rows."""
    chosen = page.judged_by(imp.CLAIMS, live_arms, SHORT)
    assert [claim.key for claim in chosen] == ["02-another-start", "02-random-mask", "02-keeps-up", "02-signs-or-sizes"]
    by_hand = {"study": "arms", "data": "mnist1d", "budget": "short", "density": imp.LAST}
    for claim in chosen:
        ((name, case),) = claim.cases.items()
        assert name.startswith("MNIST-1D")
        assert name.endswith(", short training")
        assert case == by_hand
        (word, (found,)), (expected, (there,)) = (
            judge(claim, live_arms),
            judge(replace(claim, cases={"": by_hand}), thirty),
        )
        assert (word, found.effect) == (expected, there.effect)


def test_a_case_of_another_budget_is_renamed_and_one_of_its_own_keeps_its_name():
    rows = as_a_class(archive.load("explanations", study="arms", data="mnist1d", budget="short"))
    rows = rows[rows["arm"].isin(["ticket", "largest at the start"]) & (rows["level"] == 5)]
    (claim,) = page.judged_by(explanations.CLAIMS, rows, SHORT)
    assert list(claim.cases) == ["MNIST-1D, 450 steps"]


def test_barriers_are_judged_too():
    setting = {"study": "copies", "data": "mnist1d", "recipe": "plain", "budget": "short", "prune_rate": 0.55}
    rows = archive.load("residual", **setting)
    rows = as_a_class(rows[(rows["arm"] == "copies") & rows["k"].isin([0.0, residual.LATE])])
    (claim,) = page.judged_by(residual.CLAIMS, rows, setting)
    assert (claim.key, list(claim.cases)) == ("03-first-steps", ["short"])


def test_a_page_draws_the_class_beside_the_archive_and_shows_both_tables(
    tmp_path, live_arms, thirty, capsys, monkeypatch
):
    pooled(tmp_path / "class.csv", live_arms, SHORT)
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    show("imp", imp.CLAIMS, thirty, tmp_path, **SHORT)
    drawn, ours, theirs = shown
    ticket = 100 * thirty[(thirty["arm"] == "ticket") & (thirty["level"] == 5)]["accuracy"].mean()
    assert f"ticket: {ticket:.1f} and {ticket:.1f};" in drawn.alt
    assert "your class, in colour, n = 30, above the archive, grey, n = 30" in drawn.alt
    assert repr(ours) == repr(theirs)  # the class's rows are the archive's here
    assert "much better" not in repr(ours)
    assert capsys.readouterr().out.count("On the seeds of the") == 2


def test_a_class_that_can_judge_nothing_is_told(tmp_path, thirty, capsys, monkeypatch):
    monkeypatch.setattr("IPython.display.display", lambda _: None)
    pooled(tmp_path / "class.csv", as_a_class(thirty[thirty["arm"] == "dense"]).drop(columns="trainings"), SHORT)
    show("imp", imp.CLAIMS, thirty, tmp_path, **SHORT)
    assert "None of this page's claims" in capsys.readouterr().out


def test_the_picture_shows_one_seed_and_networks_that_the_archive_lacks():
    rows = pd.DataFrame({"seed": [SEED], "arm": "ticket", "level": 1, "k": 0.01, "barrier": 0.2})
    drawn = picture.beside(rows, rows.iloc[:0], "barrier")
    who = "your class, in colour, n = 1, above the archive, grey, n = 0"
    assert drawn.alt == f"error barrier (points): {who}. Means: ticket: 20.0 and none."
    assert drawn.png().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="value must be one of accuracy, barrier, got 'loss'"):
        picture.beside(rows, rows, "loss")
    with pytest.raises(ValueError, match="no row of the class has a barrier"):
        picture.beside(rows.assign(barrier=np.nan), rows, "barrier")
