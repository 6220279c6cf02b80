"""Damaged submissions put in order. The oracle is the notebook as it was handed out; what nbgrader makes of each is in
test_damaged.py."""

import nbformat
import pytest
from damages import BY_HEART, DAMAGES, FIRST, SECOND, TEST, WORDS, at, content
from nbformat.v4 import new_code_cell
from small_lesson import ROOT, lesson, student_lesson

from lth_teach.lab import learner
from lth_teach.lab.handed_in import find_renamed, read
from lth_teach.lab.mending import mend

STORED = nbformat.read(ROOT / "notebooks" / "11_imp_lemma.ipynb", as_version=4)
MY_WORDS = "Five levels, since the sixth training is the ticket's.\nSo two fifths a level."


@pytest.fixture(scope="module")
def handed_out():
    return learner.learners_version(STORED)


def submission(handed_out):
    """A learner's, in which all is right."""
    nb = nbformat.from_dict(handed_out)
    for name in (FIRST, SECOND):
        nb.cells[at(nb, name)].source = STORED.cells[at(STORED, name)].source
    nb.cells[at(nb, WORDS)].source = MY_WORDS
    return nb


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_mended_and_told(handed_out, name):
    damage, nb = DAMAGES[name], submission(handed_out)
    in_file = damage.do(nb)
    found, of_the_file = read(content(nb) if in_file is None else in_file)
    cells, of_the_cells = mend(found.cells, handed_out.cells)
    told = () if name in ("renamed", "dies") else damage.says  # those two are seen elsewhere
    assert len([*of_the_file, *of_the_cells]) == len(told)
    for sentence, begins in zip([*of_the_file, *of_the_cells], told, strict=True):
        assert sentence.startswith(begins)
    marks = [cell.metadata["nbgrader"] for cell in cells if "nbgrader" in cell.metadata]
    assert marks == [cell.metadata["nbgrader"] for cell in handed_out.cells if "nbgrader" in cell.metadata]
    nbformat.validate(nbformat.v4.new_notebook(cells=cells))


def test_a_notebook_with_nothing_wrong_stays_as_it_is(handed_out):
    nb = submission(handed_out)
    nb.cells.insert(12, new_code_cell("my_own = 1"))
    assert mend(nb.cells, handed_out.cells) == (nb.cells, [])


@pytest.mark.parametrize("name", ["split answer", "older copy", "no marks", "other id", "answer as text"])
def test_the_answer_that_counts_is_the_learners(handed_out, name):
    nb = submission(handed_out)
    DAMAGES[name].do(nb)
    cells, _ = mend(nb.cells, handed_out.cells)
    (answer,) = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == FIRST]
    assert answer.source == STORED.cells[at(STORED, FIRST)].source


def test_both_parts_of_a_split_answer_in_words_reach_the_reader(handed_out):
    nb = submission(handed_out)
    DAMAGES["split words"].do(nb)
    cells, _ = mend(nb.cells, handed_out.cells)
    (words,) = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == WORDS]
    assert words.source == MY_WORDS.replace("\n", "\n\n")


def test_other_tries_of_the_learner_stay_and_empty_copies_go(handed_out):
    nb = submission(handed_out)
    stub = handed_out.cells[at(handed_out, FIRST)]
    for source in (BY_HEART, stub.source):  # below the answer: run last, an empty copy would undo it
        nb.cells.insert(at(nb, FIRST) + 1, new_code_cell(source, metadata=dict(stub.metadata)))
    nb.cells.reverse()
    nb.cells.sort(key=lambda cell: cell.source == BY_HEART)  # the other try comes last
    cells, _ = mend(nb.cells, handed_out.cells)
    sources = [cell.source for cell in cells]
    assert sources.count(BY_HEART) == 1
    assert stub.source not in sources
    assert len(cells) == len(handed_out.cells) + 1


def test_a_test_behind_the_fallback_would_pass_an_open_exercise_so_it_goes_back():
    handed_out = student_lesson().cells
    answer, test, fallback, *rest = handed_out[4:]
    for cells in ([*handed_out[:4], answer, fallback, *rest, test], [*handed_out[:4], answer, fallback, *rest]):
        mended, said = mend(cells, handed_out)
        assert [cell.source for cell in mended] == [cell.source for cell in handed_out]
        assert len(said) == 1


def test_a_test_that_was_changed_is_told():
    handed_out = student_lesson().cells
    _, said = mend(lesson().cells, handed_out)  # the instructor's own, with the hidden test
    assert said == ["Test `99-halve-test`: changed, and graded as it was handed out."]


@pytest.mark.parametrize(
    "content",
    [b"[]", b"null", b'{"cells": 3}', b'{"cells": [1, {"cell_type": "x"}, null]}', b"[" * 100_000, b"\xff\xfe\x00"],
)
def test_a_file_that_holds_anything_is_an_empty_notebook_and_a_sentence(content):
    nb, said = read(content)
    assert nb.cells == []
    assert said


def test_of_a_cell_whatever_is_sound_is_kept():
    given = '{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["a", 1], "id": "?", "metadata": {"tags": 3}}]}'
    (cell,) = read(given.encode())[0].cells
    assert (cell.cell_type, cell.source, cell.outputs) == ("code", "a", [])


def test_a_copied_answer_does_not_need_its_test_to_be_near(handed_out):
    nb = submission(handed_out)
    nb.cells.append(new_code_cell("exact_levels = None", metadata=dict(nb.cells[at(nb, FIRST)].metadata)))
    cells, _ = mend(nb.cells, handed_out.cells)
    order = [cell.metadata["nbgrader"]["grade_id"] for cell in cells if "nbgrader" in cell.metadata]
    assert order.index(TEST) == order.index(FIRST) + 1


# Files with another name


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A learner's, in a course that has handed out the small lesson as ``lesson.ipynb``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "release" / "lab").mkdir(parents=True)
    nbformat.write(student_lesson(), tmp_path / "release" / "lab" / "lesson.ipynb")
    (tmp_path / "submitted" / "ada" / "lab").mkdir(parents=True)
    return tmp_path / "submitted" / "ada" / "lab"


def look(folder, caplog):
    """What nbgrader is to grade, and what it says."""
    caplog.clear()
    notebooks = [str(path) for path in sorted(folder.glob("*.ipynb"))]
    find_renamed(assignment="lab", student="*", notebooks=notebooks)
    return [name.removeprefix(f"{folder}/") for name in notebooks], caplog.text


def test_a_renamed_file_is_found_by_its_exercises_and_copied(folder, caplog):
    nbformat.write(lesson(), folder / "mine.ipynb")
    notebooks, said = look(folder, caplog)
    assert notebooks == ["mine.ipynb", "lesson.ipynb"]
    assert "ada: mine.ipynb holds the exercises of lesson.ipynb, and is graded as such" in said
    assert nbformat.read(folder / "lesson.ipynb", as_version=4).cells[4].source == lesson().cells[4].source


def test_a_later_version_under_the_wrong_name_takes_the_place_of_the_copy(folder, caplog):
    nbformat.write(student_lesson(), folder / "mine.ipynb")
    look(folder, caplog)
    nbformat.write(lesson(), folder / "mine.ipynb")
    notebooks, _ = look(folder, caplog)
    assert sorted(notebooks) == ["lesson.ipynb", "mine.ipynb"]
    assert nbformat.read(folder / "lesson.ipynb", as_version=4).cells[4].source == lesson().cells[4].source


def test_a_file_with_the_right_name_is_never_replaced(folder, caplog):
    (folder / "lesson.ipynb").write_text("broken")
    nbformat.write(lesson(), folder / "lesson (1).ipynb")
    assert look(folder, caplog) == (["lesson (1).ipynb", "lesson.ipynb"], "")
    assert (folder / "lesson.ipynb").read_text() == "broken"


@pytest.mark.parametrize("names", [["a.ipynb", "b.ipynb.txt"], []])
def test_what_cannot_be_told_apart_is_left_to_the_instructor_with_the_name_expected(folder, caplog, names):
    nbformat.write(nbformat.v4.new_notebook(), folder / "other.ipynb")
    for name in names:
        nbformat.write(lesson(), folder / name)
    _, said = look(folder, caplog)
    assert f"ada: lesson.ipynb is expected and not there; found {', '.join(names) or 'other.ipynb'}." in said
    assert not (folder / "lesson.ipynb").exists()
