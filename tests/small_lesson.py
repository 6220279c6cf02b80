"""A small notebook as an instructor stores it, for tests of what learners get: an exercise, its check, and the rest.

The exercise is to halve a number; the cell below its check falls back on the course's own function where it is open.
"""

from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lth_teach.lab.learner import AFTER_PREDICTION, learners_version

ROOT = Path(__file__).resolve().parent.parent

SETUP = """
from lth_teach.lab import checks


@checks.exercise("How many times does 2 go into it?", "Divide.", solution=lambda x: x / 2)
def check(attempt):
    checks.expect(attempt, [4], 2.0)
    return 1
"""
SOLUTION = '''
def halve(x: float) -> float:
    """Half of x."""
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION
'''
CHECK = """
assert check(halve)
### BEGIN HIDDEN TESTS
assert halve(5) == 2.5
### END HIDDEN TESTS
"""
MARKS = {"schema_version": 3, "task": False}
ANSWER = MARKS | {"grade": False, "grade_id": "99-halve", "locked": False, "solution": True}
TEST = MARKS | {"grade": True, "grade_id": "99-halve-test", "locked": True, "solution": False, "points": 2}


def lesson() -> NotebookNode:
    """The notebook; each code cell has an output, which says "stored"."""
    cells = [
        new_markdown_cell("# A small lesson\n\nWhat is half of six? Predict first."),
        new_code_cell(SETUP.strip()),
        new_code_cell("print('half of six is', 6 / 2)", metadata={"tags": [AFTER_PREDICTION]}),
        new_markdown_cell("**Exercise.** Halve a number. The next cell checks your answer."),
        new_code_cell(SOLUTION.strip(), metadata={"nbgrader": ANSWER}),
        new_code_cell(CHECK.strip(), metadata={"nbgrader": TEST}),
        new_code_cell("halve = check.or_ours(halve)"),
        new_code_cell("print('half of nine is', halve(9))"),
        new_code_cell("print('reached', 'the end')"),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [new_output("stream", text="stored\n")], 1
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


def student_lesson() -> NotebookNode:
    """The same notebook as learners get it."""
    return learners_version(lesson())
