"""Which cells a grade needs, and which cells an answer leads to."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lth_teach.lab.grading import MAY_FAIL, SKIP, ClearAnswers, SkipExperiments, dependent, names, needed

ANSWER = {"nbgrader": {"grade": False, "grade_id": "a", "locked": False, "schema_version": 3, "solution": True}}
TEST = {"nbgrader": {"grade": True, "grade_id": "a-test", "locked": True, "solution": False, "points": 1}}


def lesson(**changed):
    """A small notebook; the keywords replace cells."""
    cells = {
        "setup": new_code_cell("import math\nfrom lth_teach import checks"),
        "text": new_markdown_cell("An experiment."),
        "experiment": new_code_cell("results = [math.sqrt(x) for x in range(9)]"),
        "exercise": new_code_cell("def half(x):\n    return x / scale", metadata=ANSWER),
        "helper": new_code_cell("scale = 2"),
        "test": new_code_cell("assert half(4) == 2", metadata=TEST),
        "use": new_code_cell("halves = [half(x) for x in results]"),
        "figure": new_code_cell("print(halves)"),
        "afresh": new_code_cell("halves = [1, 2]"),
        "other": new_code_cell("print(halves)"),
    }
    nb = new_notebook(cells=list((cells | changed).values()))
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [new_output("stream", text="out")], 1
    return nb, list(cells | changed)


def chosen(rule, **changed):
    nb, labels = lesson(**changed)
    return [labels[index] for index in sorted(rule(nb.cells))]


@pytest.mark.parametrize(
    ("source", "defined", "used"),
    [
        ("a = b", {"a"}, {"b"}),
        ("import numpy as np, math", {"np", "math"}, set()),
        ("def f(x):\n    y = x + z\n    return y", {"f"}, {"z"}),
        ("class C:\n    x = y", {"C"}, {"y"}),
        ("def f():\n    global g\n    g = 1", {"f"}, set()),
        ("[i * k for i in row]", set(), {"k", "row"}),
        ("settings['rate'] = r", {"settings"}, {"settings", "r"}),
        ("model.net.rate = 1", {"model"}, {"model"}),
        ("%matplotlib inline\na = 1", {"a"}, {"get_ipython"}),
        ("%%time\na = b", {"a"}, {"b"}),
        ("a = = 1", set(), set()),
    ],
)
def test_names(source, defined, used):
    assert names(source) == (defined, used)


def test_a_grade_needs_the_graded_cells_and_what_they_use():
    # The imports are not among them: neither the answer nor the test uses `math` or `checks`.
    assert chosen(needed) == ["exercise", "helper", "test"]


def test_a_learners_detour_through_an_experiment_is_kept():
    exercise = new_code_cell("def half(x):\n    return results[x] / scale", metadata=ANSWER)
    assert chosen(needed, exercise=exercise) == ["setup", "experiment", "exercise", "helper", "test"]


def test_a_cell_that_changes_a_needed_value_is_kept():
    assert "experiment" in chosen(needed, experiment=new_code_cell("scale[0] = 3"))


def test_what_stands_below_the_last_test_is_never_needed():
    assert "afresh" not in chosen(needed, afresh=new_code_cell("scale = 3"))


def test_an_answer_that_is_not_python_leaves_the_others_gradable():
    broken = new_code_cell("def half(x:\n    return", metadata=ANSWER)
    assert chosen(needed, exercise=broken) == ["exercise", "test"]


def test_a_notebook_without_exercises_needs_nothing():
    assert needed([new_code_cell("a = 1"), new_markdown_cell("text")]) == set()


def test_what_depends_on_an_answer_ends_where_a_name_is_set_afresh():
    assert chosen(dependent) == ["test", "use", "figure"]


def test_skipping_tags_experiments_and_nothing_else():
    nb, labels = lesson(experiment=new_code_cell("results = 1", metadata={"tags": ["mine"]}))
    before = nbformat.from_dict(nb)
    after, _ = SkipExperiments().preprocess(nb, {})
    tags = {label: cell.metadata.get("tags") for label, cell in zip(labels, after.cells)}
    assert tags == {
        "setup": [SKIP], "text": None, "experiment": ["mine", SKIP], "exercise": None, "helper": None, "test": None,
        "use": [SKIP], "figure": [SKIP], "afresh": [SKIP], "other": [SKIP],
    }  # fmt: skip
    assert [cell.source for cell in after.cells] == [cell.source for cell in before.cells]


def test_clearing_takes_the_outputs_of_answers_and_of_what_follows_from_them():
    nb, labels = lesson()
    after, _ = ClearAnswers().preprocess(nb, {})
    code = {label: cell for label, cell in zip(labels, after.cells) if cell.cell_type == "code"}
    assert [label for label, cell in code.items() if not cell.outputs] == ["exercise", "test", "use", "figure"]
    assert [label for label, cell in code.items() if cell.execution_count is None] == [
        "exercise", "test", "use", "figure",
    ]  # fmt: skip
    assert [label for label, cell in code.items() if MAY_FAIL in cell.metadata.get("tags", [])] == [
        "test", "use", "figure",
    ]  # fmt: skip
