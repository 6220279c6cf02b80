"""`lth-teach lab`: the learner's folder is made once, whole or not at all, never overwritten; it says what is new."""

import json
import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from jupyterlab.labapp import LabApp
from small_lesson import lesson, student_lesson

from lth_teach import __version__
from lth_teach.cli import main
from lth_teach.lab import course
from lth_teach.lab.learner import MARKER, course_files
from lth_teach.lab.own_seed import with_seed

NEW = (
    "course is new: the notebooks of the course, for you to work in, with a seed of your own, 482130. "
    "The same command opens it again.\n"
)
AGAIN = "course is opened as it was.\n"


def carry(notebooks, version=__version__):
    """Put these instructor's notebooks, by name, where an installed wheel has the learner's."""
    source = course.PACKED.with_name("source")
    for folder in (course.PACKED, source):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    (source / "README.md").write_text("# The map\n\n## Teaching\n\nNot for learners.")
    for name, nb in notebooks.items():
        nbformat.write(nb, source / name)
    for name, text in course_files(source, version).items():
        (course.PACKED / name).write_text(text, encoding="utf-8")


@pytest.fixture
def lab(tmp_path, monkeypatch, capsys):
    """Calls `lth-teach lab` in an empty folder; returns what it said, and keeps what JupyterLab was called with.

    This installation carries two notebooks.
    """
    monkeypatch.setattr(course, "PACKED", tmp_path / "installed")
    carry({course.FIRST: lesson(), "01_next.ipynb": lesson()})
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(course, "own_seed", lambda: 482_130)
    started = []
    monkeypatch.setattr(LabApp, "launch_instance", started.append)

    def call(*arguments):
        assert main(["lab", *arguments]) == 0
        return capsys.readouterr().out

    call.started = started
    return call


def contents(folder):
    return {path.relative_to(folder): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


# Made once, and opened again


def test_the_first_time_it_makes_the_folder_and_opens_the_first_notebook(lab):
    assert lab() == NEW
    assert {path.name for path in Path("course").iterdir()} == {course.FIRST, "01_next.ipynb", "README.md", MARKER}
    assert nbformat.read(Path("course", course.FIRST), as_version=4) == student_lesson()
    assert Path("course", "README.md").read_text() == "# The map\n"
    assert lab.started == [[str(Path("course", course.FIRST).resolve())]]
    assert [path.name for path in Path().iterdir()] == ["course"]  # nothing of the making is left


def test_the_notebooks_have_the_learners_own_seed_and_that_is_no_news(lab):
    seeded = lesson()
    seeded.cells[0].source = "base_seed: int = 2000  # the first of the seeds"
    seeded.cells[0].cell_type = "markdown"
    carry({course.FIRST: seeded})
    lab()
    assert "base_seed: int = 482130  # the" in Path("course", course.FIRST).read_text(encoding="utf-8")
    assert lab() == AGAIN


def test_the_next_time_it_opens_the_folder_as_it_was(lab):
    lab()
    Path("course", course.FIRST).write_text("my work")
    Path("course", "01_next.ipynb").unlink()
    Path("course", "mine.txt").write_text("a note")
    before = contents(Path("course"))
    assert lab() == AGAIN
    assert contents(Path("course")) == before
    assert lab.started[1] == lab.started[0]


def test_without_the_first_notebook_the_folder_is_opened(lab):
    lab()
    Path("course", course.FIRST).unlink()
    lab()
    assert lab.started[1] == [str(Path("course").resolve())]


def test_another_folder_and_options_for_jupyter(lab, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)  # as in many containers
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    lab("~/a/b c", "--", "--no-browser", "--port=8899")
    opened = str((tmp_path / "a" / "b c" / course.FIRST).resolve())
    assert lab.started == [[opened, "--allow-root", "--no-browser", "--port=8899"]]
    assert "MPLBACKEND" not in os.environ  # figures belong into the notebooks


def test_a_clone_of_the_repository_makes_the_course_from_its_notebooks(lab, monkeypatch):
    monkeypatch.setattr(course, "PACKED", Path("none"))
    lab()
    made = {path.name: path.read_text(encoding="utf-8") for path in Path("course").iterdir()}
    ours = course_files(Path(__file__).resolve().parent.parent / "notebooks", __version__)
    assert made == {name: with_seed(text, 482_130) for name, text in ours.items()}
    assert len(made) == 20
    assert "Teaching" not in made["README.md"]
    assert "### BEGIN" not in "".join(made.values())
    assert lab() == AGAIN


def test_an_installation_without_notebooks_says_what_to_do(lab, monkeypatch, capsys):
    monkeypatch.setattr(course, "PACKED", Path("none"))
    monkeypatch.setattr(course, "CHECKOUT", Path("neither"))
    assert main(["lab"]) == 1
    assert (
        "this installation of lth_teach has no notebooks: neither none nor neither is there" in capsys.readouterr().err
    )
    assert not list(Path().iterdir())


# A later version


def changed(text):
    nb = lesson()
    nb.cells[0].source = text
    return nb


def test_it_says_what_a_later_version_brings_and_how_to_get_it(lab):
    lab()
    (Path("course") / course.FIRST).write_text("my work")
    carry({course.FIRST: changed("better words"), "01_next.ipynb": lesson(), "02_more.ipynb": lesson()}, "9.0")
    said = lab()
    assert said.startswith(AGAIN)
    assert f"It was made by lth-teach {__version__}." in said
    assert f"What differs since then: {course.FIRST}, 02_more.ipynb (new)." in said
    assert said.endswith("Your work stays as it is. For a fresh copy beside it:   " + command("course-2") + "\n")
    assert Path("course", course.FIRST).read_text() == "my work"

    assert lab("course-2") == NEW.replace("course is", "course-2 is")
    assert "better words" in Path("course-2", course.FIRST).read_text()
    assert lab("course-2") == AGAIN.replace("course is", "course-2 is")
    assert command("course-3") in lab()


def command(folder):
    """What to type where the shell finds no `lth-teach`."""
    return f"{sys.executable} -m lth_teach lab {folder}"


def test_it_tells_the_versions_apart(lab):
    carry({course.FIRST: changed("old words")}, "0.1.7")
    lab()
    carry({course.FIRST: lesson()})
    assert f"made by lth-teach 0.1.7, and this is {__version__}. What differs since then: {course.FIRST}.\n" in lab()


@pytest.mark.parametrize(
    "change",
    [
        lambda nb: nb.cells[-1].update(outputs=[], execution_count=7),
        lambda nb: nb.cells[5].update(source=nb.cells[5].source.replace("halve(5) == 2.5", "halve(7) == 3.5")),
    ],
    ids=["outputs", "hidden tests"],
)
def test_what_a_learner_does_not_read_is_not_news(lab, change):
    lab()
    nb = lesson()
    before = nbformat.writes(nb)
    change(nb)
    assert nbformat.writes(nb) != before
    carry({course.FIRST: nb, "01_next.ipynb": lesson()}, "9.0")
    assert lab() == AGAIN


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"lth_teach": "0.2.0", "notebooks": 3}', "\xff"])
def test_a_damaged_marker_keeps_nobody_from_the_work(lab, content):
    lab()
    (Path("course") / MARKER).write_bytes(content.encode("latin-1"))
    said = lab()
    assert said.startswith(AGAIN + "What has changed since it was made cannot be told: ")
    assert len(lab.started) == 2


# What is not ours


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ({}, "an empty folder"),
        ({"b.txt": "", "a.txt": ""}, "a folder with a.txt, b.txt,"),
        ({f"{i}.ipynb": "{}" for i in range(5)}, "a folder with 0.ipynb, 1.ipynb, 2.ipynb and 2 more,"),
        ("a text", "a file,"),
        (None, "a broken link,"),
    ],
    ids=["empty", "files", "many files", "file", "broken link"],
)
def test_a_course_that_it_did_not_make_is_refused_and_left_alone(lab, capsys, there, found):
    folder = Path("course")
    if isinstance(there, dict):
        folder.mkdir()
        for name, text in there.items():
            (folder / name).write_text(text)
    elif there is None:
        try:
            folder.symlink_to("nowhere")
        except OSError:  # on Windows that is a right of its own
            pytest.skip("this user may not make links")
    else:
        folder.write_text(there)
    before = contents(Path())
    with pytest.raises(SystemExit) as refused:
        main(["lab"])
    assert refused.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(
        f"lth-teach lab: course is {found.rstrip(',')}, not a folder that this command made (no {MARKER}"
    )
    assert said.endswith(f"choose another name, such as {command('course-2')}\n")
    assert said.count("\n") == 1
    assert contents(Path()) == before
    assert lab.started == []


def test_where_the_name_is_that_of_no_new_folder_one_inside_is_proposed(lab, capsys):
    with pytest.raises(SystemExit):
        main(["lab", "."])
    assert capsys.readouterr().err.endswith(f"such as {command('course')}\n")


def test_the_short_command_is_proposed_where_the_shell_finds_it(lab, capsys, monkeypatch):
    Path("my work").mkdir()
    for found, expected in [
        (Path(sys.executable).parent, "lth-teach"),
        (Path("elsewhere"), f"{sys.executable} -m lth_teach"),
    ]:
        monkeypatch.setattr(shutil, "which", lambda name, found=found: str(found / name))
        with pytest.raises(SystemExit):
            main(["lab", "my work"])
        assert capsys.readouterr().err.endswith(f'such as {expected} lab "my work-2"\n')


# Whole or not at all


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_when_the_making_is_stopped_nothing_is_left(lab, monkeypatch, capsys, stop):
    plain, written = Path.write_text, []

    def write_text(path, *arguments, **options):
        written.append(path)
        if len(written) == 3:
            raise stop
        return plain(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", write_text)
        status = main(["lab"])
    said = capsys.readouterr().err
    if stop is KeyboardInterrupt:
        assert (status, said) == (130, "\nlth-teach lab: stopped\n")
    else:
        assert status == 1
        assert said == "lth-teach lab: cannot make the folder course: No space left on device; name another one\n"
    assert not list(Path().iterdir())
    assert lab() == NEW


def test_until_all_is_written_there_is_no_folder_of_that_name(lab, monkeypatch):
    """So that a program killed at any moment leaves no half of one, which would then be opened as it was."""
    plain, seen = Path.write_text, []

    def write_text(path, *arguments, **options):
        seen.append(os.path.lexists("course"))
        return plain(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", write_text)
    lab()
    assert seen == [False] * 4


def test_a_place_that_cannot_be_written_is_told(lab, capsys):
    Path("file").write_text("")
    assert main(["lab", "file/course"]) == 1
    assert "cannot make the folder" in capsys.readouterr().err


def test_only_lab_takes_options_for_another_program(capsys):
    with pytest.raises(SystemExit) as refused:
        main(["doctor", "--", "--no-browser"])
    assert refused.value.code == 2
    assert capsys.readouterr().err == "lth-teach doctor: nothing may follow --, found: --no-browser\n"


def test_the_marker_is_a_few_lines(lab):
    lab()
    made = json.loads((Path("course") / MARKER).read_text())
    assert made["lth_teach"] == __version__
    assert list(made["notebooks"]) == [course.FIRST, "01_next.ipynb"]
