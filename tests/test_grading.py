"""Which cells a grade needs, and which cells an answer leads to."""

import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lth_teach.lab.dependence import dependent, names, needed
from lth_teach.lab.grading import SKIP, ClearAnswers, HideHiddenTests, SkipExperiments
from lth_teach.lab.learner import AFTER_PREDICTION, MAY_FAIL

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
        ("a = '\\0", set(), set()),
        ("a = \0", set(), set()),
        # Comprehensions keep their variable to themselves, and a walrus in them sets a name outside.
        ("a = [i for i in row if i > low]", {"a"}, {"row", "low"}),
        ("a = {i for i in row}", {"a"}, {"row"}),
        ("a = {key: value * k for key, value in row}", {"a"}, {"row", "k"}),
        ("a = (i for i in row)", {"a"}, {"row"}),
        ("a = [[i * j for j in i] for i in row]", {"a"}, {"row"}),
        ("[i for i in i]", set(), {"i"}),
        ("a = [i for i in row]\ni", {"a"}, {"row", "i"}),
        ("i = 0\na = [i for i in row]", {"i", "a"}, {"row"}),
        ("[last := i for i in row]", {"last"}, {"row"}),
        ("any((hit := i) > low for i in row)", {"hit"}, {"any", "row", "low"}),
        ("if (n := size) > 3:\n    pass", {"n"}, {"size"}),
        ("def f():\n    return [last := i for i in row], last", {"f"}, {"row"}),
        ("class C:\n    a = [i * k for i in row]", {"C"}, {"row", "k"}),
        ("[lambda i=i: i + j for i in row]", set(), {"row", "j"}),
        ("async def f():\n    return [i async for i in row]", {"f"}, {"row"}),
        ("a = [await i for i in row]", {"a"}, {"row"}),
        ("[0 for settings['rate'] in row]", {"settings"}, {"row", "settings"}),
        # Functions and lambdas.
        ("a = lambda x, *y, k=z, **w: x + y + k + w + v", {"a"}, {"z", "v"}),
        ("lambda: (inner := b)", set(), {"b"}),
        ("def f(x: T = d) -> R:\n    return x", {"f"}, {"T", "d", "R"}),
        ("@cached\ndef f():\n    pass", {"f"}, {"cached"}),
        ("def f():\n    def g():\n        return x + y\n    x = 1\n    return g", {"f"}, {"y"}),
        ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = y\n    return g", {"f"}, {"y"}),
        ("def f():\n    global g\n    g += 1", {"f"}, {"g"}),
        ("def f(m):\n    m.rate = 1\n    m['k'] = b", {"f"}, {"b"}),
        ("def f():\n    import math as m\n    return m.pi", {"f"}, set()),
        ("def f():\n    x: int\n    x = 1\n    return x", {"f"}, {"int"}),
        # Classes: their names are not seen in their methods.
        ("class C(B, metaclass=M):\n    def m(self):\n        self.x = y", {"C"}, {"B", "M", "y"}),
        ("class C:\n    x = 1\n    def m(self):\n        return x", {"C"}, {"x"}),
        ("class C:\n    x = x", {"C"}, {"x"}),
        ("class C:\n    def f(self):\n        pass", {"C"}, set()),
        # Everything else that sets a name, or takes it away.
        ("a += b", {"a"}, {"a", "b"}),
        ("a.rate += b", {"a"}, {"a", "b"}),
        ("a[i] -= b", {"a"}, {"a", "i", "b"}),
        ("def f():\n    a = 1\n    a += b\n    return a", {"f"}, {"b"}),
        ("del a", {"a"}, {"a"}),
        ("del a, (b, c.d)", {"a", "b", "c"}, {"a", "b", "c"}),
        ("del settings['rate']", {"settings"}, {"settings"}),
        ("def f():\n    a = 1\n    del a", {"f"}, set()),
        ("a: int = b", {"a"}, {"int", "b"}),
        ("a: int", set(), {"int"}),
        ("a, (b, *c) = d", {"a", "b", "c"}, {"d"}),
        ("a = b = c", {"a", "b"}, {"c"}),
        ("for i, (j, *k) in row:\n    pass\nelse:\n    n = 1", {"i", "j", "k", "n"}, {"row"}),
        ("for m.rate in row:\n    pass", {"m"}, {"m", "row"}),
        ("with open(p) as f, lock as g.x:\n    pass", {"f", "g"}, {"open", "p", "lock", "g"}),
        ("try:\n    a\nexcept E as error:\n    b", {"error"}, {"a", "b", "E"}),
        ("try:\n    a\nexcept* E as error:\n    b", {"error"}, {"a", "b", "E"}),
        ("match p:\n    case Q(x=a, y=[b, *c]) if d:\n        pass", {"a", "b", "c"}, {"p", "Q", "d"}),
        ("match p:\n    case {'k': v, **rest} | [v, rest]:\n        pass", {"v", "rest"}, {"p"}),
        ("match p:\n    case (1 | 2) as n:\n        pass", {"n"}, {"p"}),
        ("match p:\n    case _:\n        pass", set(), {"p"}),
        ("import os.path", {"os"}, set()),
        ("import os.path as p", {"p"}, set()),
        ("from math import pi as π, e", {"π", "e"}, set()),
        ("global a\na = 1", {"a"}, set()),
        ("print(f'{a!r:>{width}} {b + 1}')", set(), {"print", "a", "width", "b"}),
        ("    a = b", {"a"}, {"b"}),
        ("files = !ls", {"files"}, {"get_ipython"}),
    ],
)
def test_names(source, defined, used):
    """The same on every Python, although comprehensions have had no scope of their own since 3.12."""
    assert names(source) == (defined, used)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="new syntax of Python 3.12")
@pytest.mark.parametrize(
    ("source", "defined", "used"),
    [
        ("def f[T: B](x: T) -> list[T]:\n    return x + y", {"f"}, {"B", "list", "y"}),
        ("class C[T](P[T]):\n    x: T", {"C"}, {"P"}),
        ("type Pairs[T] = list[tuple[T, U]]", {"Pairs"}, {"list", "tuple", "U"}),
    ],
)
def test_names_of_type_parameters(source, defined, used):
    assert names(source) == (defined, used)


def test_a_value_that_an_answer_added_to_depends_on_it():
    assert "helper" in chosen(dependent, helper=new_code_cell("scale = half(1)"))
    cells = [new_code_cell("total = 0", metadata=ANSWER), new_code_cell("total += 1"), new_code_cell("print(total)")]
    assert dependent(cells) == {1, 2}


def test_the_variable_of_a_comprehension_needs_no_cell_and_taints_none():
    cells = [
        new_code_cell("x = [1, 2]"),
        new_code_cell("squares = [x * x for x in range(3)]", metadata=ANSWER),
        new_code_cell("assert squares == [0, 1, 4]", metadata=TEST),
        new_code_cell("print(x)"),
    ]
    assert needed(cells) == {1, 2}
    assert dependent(cells) == {2}


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


def cleared(**changed):
    """Labels of the cells that the student version shows without outputs, and of those that may fail in it."""
    nb, labels = lesson(**changed)
    after, _ = ClearAnswers().preprocess(nb, {})
    code = {label: cell for label, cell in zip(labels, after.cells) if cell.cell_type == "code"}
    empty = [label for label, cell in code.items() if not cell.outputs]
    assert empty == [label for label, cell in code.items() if cell.execution_count is None]
    return empty, [label for label, cell in code.items() if MAY_FAIL in cell.metadata.get("tags", [])]


def test_clearing_takes_the_outputs_of_answers_and_of_what_follows_from_them():
    assert cleared() == (["exercise", "test", "use", "figure"], ["exercise", "test", "use", "figure"])


def test_clearing_takes_the_output_that_tells_what_was_to_be_predicted_and_leaves_the_tag():
    tags = {"tags": [AFTER_PREDICTION, "mine"]}
    told = new_code_cell("print(results)", metadata=tags)
    empty, may_fail = cleared(experiment=new_code_cell("results = [1]", metadata=tags), other=told)
    assert empty == ["experiment", "exercise", "test", "use", "figure", "other"]
    assert may_fail == ["exercise", "test", "use", "figure"]  # an experiment that fails is a fault of the course
    assert told.metadata["tags"] == [AFTER_PREDICTION, "mine"]


def test_what_falls_back_on_the_courses_function_depends_on_the_answer_and_so_does_what_uses_it():
    falls_back = new_code_cell("half = checks.nb99.half.or_ours(half)")
    assert chosen(dependent, afresh=falls_back, other=new_code_cell("print(half(1))")) == [
        "test", "use", "figure", "afresh", "other",
    ]  # fmt: skip


def test_clearing_lets_a_test_fail_that_names_no_answer():
    empty, may_fail = cleared(test=new_code_cell("assert scale == 3", metadata=TEST))
    assert "test" in empty
    assert "test" in may_fail


def with_hidden(error_in, hidden="assert half(6) == 3"):
    """The lesson's test with a hidden part and an error as IPython shows it, handed through the feedback's step."""
    source = f"assert half(4) == 2\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
    test = new_code_cell(source, metadata=TEST)
    line = 1 if error_in == "shown" else 3
    traceback = ["\x1b[31mAssertionError\x1b[39m", f"\x1b[36mCell\x1b[39m\x1b[36m In[4], line {line}\x1b[39m\n{source}"]
    test.outputs = [new_output("stream", text="half: passed (1 case).\n")]
    test.outputs += [new_output("error", ename="AssertionError", evalue="", traceback=traceback)]
    nb, _ = HideHiddenTests().preprocess(new_notebook(cells=[test]), {})
    return nb.cells[0]


@pytest.mark.parametrize(
    ("error_in", "told"), [("shown", "in a test that is shown above"), ("hidden", "in a test that is not shown")]
)
def test_feedback_tells_that_a_test_failed_and_not_what_it_asked(error_in, told):
    cell = with_hidden(error_in)
    assert "half(6)" not in str(cell)
    assert cell.source == "assert half(4) == 2\n# Further tests ran here, on inputs that are not shown."
    assert cell.outputs[0].text == "half: passed (1 case).\n"
    assert cell.outputs[1].traceback == [f"AssertionError {told}"]


def test_feedback_leaves_alone_what_only_looks_like_a_hidden_test():
    source = "### BEGIN HIDDEN TESTS\nmine\n### END HIDDEN TESTS"
    nb, _ = HideHiddenTests().preprocess(new_notebook(cells=[new_code_cell(source, metadata=ANSWER)]), {})
    assert nb.cells[0].source == source
