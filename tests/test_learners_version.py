"""The learner's version of a small notebook: what is cleared, how it runs on, and what a submission of it earns."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.api import Gradebook
from run_nbgrader import environment, nbgrader
from small_lesson import ROOT, lesson, student_lesson

from lth_teach.lab.learner import AFTER_PREDICTION, MAY_FAIL

NOT_YET = "check: not yet.\nIt is not written yet: replace the placeholder with your answer.\n"
FALLS_BACK = "check: yours does not pass its check yet, so the cells below use the course's own.\n"
ANSWERS = {"open": None, "right": "return x / 2", "broken": "return x /"}


def code(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def printed(cell):
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def with_answer(nb, body):
    """The notebook with these lines in place of the stub; ``None`` leaves it."""
    if body is not None:
        (answer,) = [cell for cell in code(nb) if "YOUR CODE HERE" in cell.source]
        answer.source = f"def halve(x: float) -> float:\n    {body}"
    return nb


def run_all(nb, folder):
    """As *Run All Cells* does: on past an error only where a tag allows it."""
    client = NotebookClient(nb, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment(folder))
    return nb


def test_answers_to_predictions_and_exercises_are_cleared_and_their_tags_tell_why():
    kept = [bool(cell.outputs) for cell in code(student_lesson())]
    tags = [cell.metadata.get("tags", []) for cell in code(student_lesson())]
    #               setup, prediction, answer, check, falls back, uses it, last
    assert kept == [True, False, False, False, False, False, True]
    assert tags == [[], [AFTER_PREDICTION], [MAY_FAIL], [MAY_FAIL], [MAY_FAIL], [MAY_FAIL], []]


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """Answer → the notebook after *Run All Cells*, with what it printed."""
    folder = tmp_path_factory.mktemp("learners")
    return {name: run_all(with_answer(student_lesson(), body), folder) for name, body in ANSWERS.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "check", "fallback", "half_of_nine"),
    [
        ("open", NOT_YET, FALLS_BACK, "half of nine is 4.5\n"),
        ("right", "check: passed (1 case).\n", "check: the cells below use yours.\n", "half of nine is 4.5\n"),
        ("broken", "", "", ""),  # no Python: nothing is defined, and the last cell is reached all the same
    ],
    ids=ANSWERS,
)
def test_a_notebook_runs_on_to_its_last_cell(handed_in, answer, check, fallback, half_of_nine):
    *_, tested, falls_back, uses_it, last = map(printed, code(handed_in[answer]))
    assert tested.startswith(check)
    assert falls_back == fallback
    assert uses_it == half_of_nine
    assert last == "reached the end\n"


@pytest.mark.slow
def test_nbgrader_gives_no_point_for_an_open_exercise_and_all_for_a_right_one(handed_in, tmp_path):
    (tmp_path / "nbgrader_config.py").write_bytes((ROOT / "scripts" / "nbgrader_config.py").read_bytes())
    (tmp_path / "source" / "lab").mkdir(parents=True)
    nbformat.write(lesson(), tmp_path / "source" / "lab" / "lesson.ipynb")
    nbgrader(tmp_path, "generate_assignment lab")
    assert nbformat.read(tmp_path / "release" / "lab" / "lesson.ipynb", as_version=4) == student_lesson()
    for answer, nb in handed_in.items():
        folder = tmp_path / "submitted" / answer / "lab"
        folder.mkdir(parents=True)
        nbformat.write(nb, folder / "lesson.ipynb")
    nbgrader(tmp_path, "autograde lab")
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        points = {entry.student.id: entry.score for entry in gradebook.assignment_submissions("lab")}
    assert points == {"open": 0, "right": 2, "broken": 0}
