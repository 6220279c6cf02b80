"""Damaged submissions through nbgrader, with no network and a cache folder that cannot be written."""

import csv
import html
import re
import subprocess
import sys

import nbformat
import pytest
from damages import BY_HEART, DAMAGES, FIRST, SECOND, TEST, WORDS, at, content
from nbgrader.api import Gradebook
from run_nbgrader import environment, nbgrader, use, warm_kernels
from small_lesson import ROOT

NAME = "11_imp_lemma"
STORED = nbformat.read(ROOT / "notebooks" / f"{NAME}.ipynb", as_version=4)
TABLE = ROOT / "docs" / "damaged-submissions.md"
# Python imports it when it starts; kernels speak through sockets of another library, which this leaves alone.
NO_NETWORK = """
import socket

def refuse(self, address, connect=socket.socket.connect):
    if self.family != socket.AF_UNIX:
        raise OSError("no network here")
    return connect(self, address)

socket.socket.connect = refuse
"""
# Wrong in what the visible check asks, and right in that but not in what the hidden test asks.
RIGHT = STORED.cells[at(STORED, FIRST)].source
WRONG = {"by-heart": BY_HEART, "hidden": RIGHT.replace("kept, levels =", "1 / (prune_rate - 0.9)\n    kept, levels =")}
pytestmark = pytest.mark.slow


def submission(folder):
    """A learner's, in which all is right."""
    nb = nbformat.read(folder / "release" / "lab" / f"{NAME}.ipynb", as_version=4)
    for name in (FIRST, SECOND):
        nb.cells[at(nb, name)].source = STORED.cells[at(STORED, name)].source
    nb.cells[at(nb, WORDS)].source = "Five levels.\nSo two fifths a level."
    return nb


def hand_in(folder, student, nb, in_file=None, name=f"{NAME}.ipynb"):
    path = folder / "submitted" / student / "lab" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content(nb) if in_file is None else in_file)


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """The variables of an environment without a network and with a cache folder that cannot be made."""
    folder = tmp_path_factory.mktemp("offline")
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    (folder / "file").touch()
    return {"PYTHONPATH": str(folder), "LTH_TEACH_CACHE": str(folder / "file" / "cache")}


@pytest.fixture(scope="module")
def course(tmp_path_factory, offline):
    """The folder of a course in which all these were handed in and graded, and what autograde printed."""
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "nbgrader_config.py").write_bytes((ROOT / "scripts" / "nbgrader_config.py").read_bytes())
    (folder / "source" / "lab").mkdir(parents=True)
    nbformat.write(STORED, folder / "source" / "lab" / f"{NAME}.ipynb")
    with warm_kernels(tmp_path_factory.mktemp("kernels"), **offline) as warm:
        use(warm, folder)
        nbgrader(folder, "generate_assignment lab")
        for student, damage in DAMAGES.items():
            nb = submission(folder)
            hand_in(folder, student.replace(" ", "-"), nb, damage.do(nb), damage.name)
        for student, source in WRONG.items():
            nb = submission(folder)
            nb.cells[at(nb, FIRST)].source = source
            hand_in(folder, student, nb)
        printed = nbgrader(folder, "autograde lab", **offline)
    back = {"none", "cut", *WRONG}
    others = {path.name for path in (folder / "submitted").iterdir()} - back
    feedback = f"generate_feedback lab --CourseDirectory.student_id_exclude={','.join(sorted(others))}"
    nbgrader(folder, feedback, "export", **offline)
    return folder, printed


def grades(folder, student):
    """Points of the exercises and whether the words wait for a reader."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        found = {grade.name: grade for grade in gradebook.find_submission_notebook(NAME, "lab", student).grades}
        return sum(found[name].auto_score for name in (TEST, f"{SECOND}-test")), found[WORDS].needs_manual_grade


def report(folder, student):
    """The sentences at the top of a graded notebook, none if nothing was wrong."""
    first = nbformat.read(folder / "autograded" / student / "lab" / f"{NAME}.ipynb", as_version=4).cells[0]
    return re.findall(r"^- (.*)$", first.source, re.MULTILINE) if "Something was wrong" in first.source else []


def page(folder, student):
    """What a learner can read in the feedback."""
    text = (folder / "feedback" / student / "lab" / f"{NAME}.html").read_text(encoding="utf-8")
    return html.unescape(re.sub(r"<[^>]+>", "", text))


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_submission_gets_its_points_and_is_told_what_was_wrong(course, name):
    folder, printed = course
    damage, student = DAMAGES[name], name.replace(" ", "-")
    assert grades(folder, student) == (damage.points, damage.words)
    said = report(folder, student)
    assert len(said) == len(damage.says)
    for sentence, begins in zip(said, damage.says, strict=True):
        assert sentence.startswith(begins)
        assert f"{student}, {NAME}: {sentence}" in printed


def test_nobody_is_lost_and_nobody_gets_more_than_there_is(course):
    folder, printed = course
    with (folder / "grades.csv").open(encoding="utf-8", newline="") as file:
        most = {row["student_id"]: float(row["max_score"]) for row in csv.DictReader(file)}
    assert most == dict.fromkeys([*(name.replace(" ", "-") for name in DAMAGES), *WRONG], 8.0)
    assert "There was an error" not in printed


def test_a_renamed_file_is_told_by_its_old_name(course):
    assert f"renamed: my homework (2).ipynb holds the exercises of {NAME}.ipynb, and is graded as such" in course[1]


def test_the_table_in_the_documentation_is_what_happens(course):
    rows = ["| what was done | points of 5 | the answer in words | what the report says |", "|---|---|---|---|"]
    for name, damage in DAMAGES.items():
        points, waits = grades(course[0], name.replace(" ", "-"))
        words, said = "waits for a reader" if waits else "0", report(course[0], name.replace(" ", "-"))
        rows.append(f"| {damage.what} | {points:g} | {words} | {' '.join(said) or '–'} |")
    made = ROOT / "build" / TABLE.name
    made.parent.mkdir(exist_ok=True)
    made.write_text("\n".join(rows) + "\n", encoding="utf-8")  # to copy from, if this fails
    assert made.read_text(encoding="utf-8") in TABLE.read_text(encoding="utf-8")


@pytest.mark.parametrize("student", ["none", "cut", *WRONG])
def test_feedback_shows_no_hidden_test(course, student):
    told = page(course[0], student)
    for cell in STORED.cells:
        _, _, hidden = cell.source.partition("### BEGIN HIDDEN TESTS\n")
        for line in hidden.splitlines():
            assert line not in told
    assert "HIDDEN TESTS" not in told
    assert told.count("Further tests ran here, on inputs that are not shown.") == 2


def test_feedback_says_why_points_are_missing_and_what_was_mended(course):
    folder, _ = course
    assert "exact_levels: not yet." in page(folder, "by-heart")
    assert "AssertionError in a test that is shown above" in page(folder, "by-heart")
    assert "exact_levels: passed" in page(folder, "hidden")
    assert "ZeroDivisionError in a test that is not shown: " in page(folder, "hidden")
    for sentence in report(folder, "cut"):
        assert sentence.replace("`", "") in page(folder, "cut")


def test_the_network_is_gone_and_the_cache_cannot_be_written(offline, tmp_path):
    code = "import socket, os; os.path.isdir(os.path.dirname(os.environ['LTH_TEACH_CACHE'])) or print('no folder')\n"
    code += "try: socket.create_connection(('127.0.0.1', 9))\nexcept OSError as error: print(error)"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=environment(tmp_path) | offline, capture_output=True, text=True, check=True)
    assert run.stdout == "no folder\nno network here\n"
