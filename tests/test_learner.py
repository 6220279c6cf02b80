"""The learner's version against its oracle, nbgrader itself: the same cells, flags, checksums and ids."""

import subprocess
import sys
from pathlib import Path

import everything_lesson
import nbformat
import pytest
import small_lesson
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.preprocessors import SaveCells
from traitlets.config.loader import PyFileConfigLoader

from lth_teach.lab.learner import learners_version

ROOT = Path(__file__).resolve().parent.parent
CONFIG = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT / "scripts")).load_config()

MARKS = {"schema_version": 3, "task": False, "grade": False, "solution": False, "locked": False}
TWO_REGIONS = """
def mean(x):
    total = 0
    for value in x:
        ### BEGIN SOLUTION
        total += value
        ### END SOLUTION

    # BEGIN SOLUTION (and other spellings of the same line)
    return total / len(x)
    # END SOLUTION
"""


def marked(name, **marks):
    return {"nbgrader": MARKS | {"grade_id": name} | marks}


def odd():
    """A notebook with marks that the course does not use, or uses otherwise."""
    hidden = "assert mean([1, 2]) == 1.5\n### BEGIN HIDDEN TESTS\nassert mean([3]) == 3\n### END HIDDEN TESTS\nmean"
    text = "Say why.\n\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION\n\nIn one sentence."
    cells = [
        new_markdown_cell("# Odd", metadata={"nbgrader": MARKS}),
        new_code_cell(TWO_REGIONS.strip(), metadata=marked("two", solution=True) | {"tags": ["mine"]}),
        new_code_cell(hidden, metadata=marked("two-test", grade=True, locked=True, points=1.5)),
        new_code_cell("all_of_it = 1", metadata=marked("whole", solution=True)),
        new_code_cell("by_hand = 2", metadata=marked("by-hand", solution=True, grade=True, points=0)),
        new_markdown_cell(text, metadata=marked("words", solution=True, grade=True, points=3)),
        new_code_cell("print('do not touch')", metadata=marked("locked", locked=True)),
        new_markdown_cell("Read only: ä, θ and 中.", metadata=marked("text", locked=True)),
        new_raw_cell("raw", metadata=marked("raw", locked=True)),
        new_code_cell("print(all_of_it)", metadata={"tags": ["raises-exception", "mine"]}, execution_count=3),
        new_code_cell("%%time\nnot_python = mean([1])", execution_count=4),
        new_code_cell(""),
    ]
    return new_notebook(cells=cells, metadata={"celltoolbar": "Create Assignment"})


def by_nbgrader(nb):
    """What nbgrader's own steps make of a notebook, without the one that needs its database."""
    nb, resources = nbformat.from_dict(nb), {}
    for step in CONFIG.GenerateAssignment.preprocessors:
        if step is not SaveCells:
            nb, resources = step(config=CONFIG).preprocess(nb, resources)
    return nb


def read(path):
    return lambda: nbformat.read(path, as_version=4)


NOTEBOOKS = {path.stem: read(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
MADE_UP = {"small": small_lesson.lesson, "everything": everything_lesson.lesson, "odd": odd}


@pytest.mark.parametrize("stored", (NOTEBOOKS | MADE_UP).values(), ids=NOTEBOOKS | MADE_UP)
def test_it_is_what_nbgrader_hands_out(stored):
    nb = stored()
    ours, theirs = learners_version(nb), by_nbgrader(nb)
    for our_cell, their_cell in zip(ours.cells, theirs.cells, strict=True):
        assert our_cell == their_cell
    assert ours == theirs
    assert nbformat.writes(ours) == nbformat.writes(theirs)  # True is not 1, and 1.0 not 1


@pytest.mark.parametrize(
    "change", [{"points": 2}, {"grade_id": "another"}, {"solution": True}, {"grade": False, "locked": True}]
)
def test_another_mark_is_another_checksum_as_in_nbgrader(change):
    nb, changed = odd(), odd()
    changed.cells[2].source = nb.cells[2].source.partition("\n")[0]  # a cell without hidden tests may have any mark
    nb.cells[2].source = changed.cells[2].source
    changed.cells[2].metadata.nbgrader |= change
    before, after = (learners_version(each).cells[2].metadata.nbgrader.checksum for each in (nb, changed))
    assert before != after
    assert after == by_nbgrader(changed).cells[2].metadata.nbgrader.checksum


def test_the_instructors_notebook_stays_as_it_is():
    nb = odd()
    before = nbformat.writes(nb)
    learners_version(nb)
    assert nbformat.writes(nb) == before


BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@pytest.mark.parametrize(
    ("source", "marks", "message"),
    [
        (f"{BEGIN}\nsecret", {"solution": True}, "BEGIN SOLUTION comes without its END SOLUTION"),
        (f"secret\n{END}", {"solution": True}, "END SOLUTION comes without its BEGIN SOLUTION"),
        (f"{BEGIN}\n{BEGIN}\n{END}", {"solution": True}, "BEGIN SOLUTION comes again before its END SOLUTION"),
        (f"{BEGIN}\nsecret\n{END}", {}, "SOLUTION regions are for cells that nbgrader's marks say are a solution"),
        ("### BEGIN HIDDEN TESTS", {"grade": True, "points": 1}, "BEGIN HIDDEN TESTS comes without its END"),
        ("### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS", {}, "HIDDEN TESTS regions are for cells .* a grade"),
    ],
)
def test_a_region_that_would_give_something_away_is_refused_and_its_cell_named(source, marks, message):
    nb = new_notebook(cells=[new_code_cell(source, metadata=marked("named", **marks))])
    with pytest.raises(ValueError, match=f"cell named: {message}"):
        learners_version(nb)


def test_two_cells_with_one_grade_id_are_refused():
    cells = [new_code_cell("", metadata=marked(name, solution=True)) for name in ("once", "twice", "twice")]
    with pytest.raises(ValueError, match="found more than once: twice"):
        learners_version(new_notebook(cells=cells))


def test_what_builds_a_wheel_needs_nothing_but_nbformat():
    """setup.py makes the notebooks where neither torch nor Jupyter is installed."""
    code = """
import runpy, sys
sys.argv = ["setup.py", "--name"]
runpy.run_path("setup.py")["learner"]()
print(*sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert {"lth_teach", "nbformat"} <= loaded
    assert not loaded & {"torch", "numpy", "IPython", "nbconvert", "jupyterlab"}
