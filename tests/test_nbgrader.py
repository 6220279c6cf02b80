"""Handing out and grading: what learners get holds no answer, and nbgrader gives every submission what it deserves."""

import ast
import csv
import html
import inspect
import re
import runpy
import subprocess
import sys
import textwrap
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade
from run_nbgrader import environment, nbgrader, use, warm_kernels

import lth_teach
from lth_teach.lab import checks, dependence, grading, learner

ROOT = Path(__file__).resolve().parent.parent
STORED = {path.stem: nbformat.read(path, as_version=4) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
# Code without colours in what is handed back: they take half of the time and tell nobody anything here.
PLAIN_CODE = """
import html
c.HTMLExporter.filters = {"highlight_code": lambda source, **_: f"<pre>{html.escape(source)}</pre>"}
"""
WRONG = ("first", "second", "third")  # students who hand in the first, second and third class of tests/submissions

each_notebook = pytest.mark.parametrize("name", STORED)


def number_of(name):
    """What stands before the first underscore of a notebook's name: "03", or "03b"."""
    return name.partition("_")[0]


def graded(nb):
    """Name of the exercise → its cell with the answer, and the one that tests it."""
    cells = [cell for cell in nb.cells if cell.cell_type == "code" and dependence.is_graded(cell)]
    pairs = zip(cells[::2], cells[1::2], strict=True)
    return {
        answer.metadata.nbgrader.grade_id.partition("-")[2].replace("-", "_"): (answer, test) for answer, test in pairs
    }


def questions(nb):
    """The cells for an answer in words."""
    return [cell for cell in nb.cells if cell.cell_type == "markdown" and dependence.is_graded(cell)]


def function_of(cell):
    """What a reader of an answer's cell sees first: name, arguments with their types, and docstring."""
    (function,) = [node for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef)]
    head = ast.unparse(function.args), function.returns and ast.unparse(function.returns)
    return function.name, *head, ast.get_docstring(function)


def text_of(outputs):
    """What they say, without the colours of tracebacks."""
    text = "".join(output.get("text", "") or "\n".join(output.get("traceback", [])) for output in outputs)
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


# What the stored notebooks hold


@each_notebook
def test_every_exercise_has_an_answer_a_test_points_and_a_hidden_test(name):
    exercises = graded(STORED[name])
    assert list(exercises) == list(dict.fromkeys(exercises))
    for exercise, (answer, test) in exercises.items():
        marks = {"schema_version": 3, "task": False}
        identity = f"{number_of(name)}-{exercise.replace('_', '-')}"
        assert dict(answer.metadata.nbgrader) == marks | {
            "grade": False, "grade_id": identity, "locked": False, "solution": True,
        }  # fmt: skip
        assert dict(test.metadata.nbgrader) == marks | {
            "grade": True, "grade_id": f"{identity}-test", "locked": True, "solution": False,
            "points": test.metadata.nbgrader.points,
        }  # fmt: skip
        assert test.metadata.nbgrader.points in (1, 2, 3)
        assert function_of(answer)[0] == exercise
        assert test.source.startswith(
            f"assert checks.nb{number_of(name)}.{exercise}({exercise})\n### BEGIN HIDDEN TESTS\n"
        )
        assert test.source.endswith("\n### END HIDDEN TESTS")
        assert text_of(test.outputs).startswith(f"{exercise}: passed (")
    assert set(exercises) == set(checks._exercises()[f"nb{number_of(name)}"])


@each_notebook
def test_an_answer_reaches_its_test_as_it_was_written(name):
    """Were the course's own function put in its place before the test, an open exercise would earn its points."""
    cells = STORED[name].cells
    for exercise, (answer, test) in graded(STORED[name]).items():
        between = cells[cells.index(answer) + 1 : cells.index(test)]
        assert [cell.source for cell in between if exercise in dependence.names(cell.source)[0]] == []


def test_there_are_enough_exercises():
    for name, nb in STORED.items():
        if number_of(name) != "00":
            assert len(graded(nb)) >= 2, name
            assert len(questions(nb)) == 1, name
    assert sum(len(graded(nb)) for nb in STORED.values()) >= 34


@each_notebook
def test_a_question_in_words_has_points_and_a_model_answer(name):
    for cell in questions(STORED[name]):
        marks = cell.metadata.nbgrader
        assert (marks.grade, marks.solution, marks.locked, marks.task) == (True, True, False, False)
        assert 2 <= marks.points <= 5
        assert cell.source.startswith("*Model answer.*")


@each_notebook
def test_a_hidden_test_catches_an_answer_that_was_learned_by_heart(name, monkeypatch, tmp_path):
    """Such an answer is right on whatever the visible check asks, and on anything else repeats its last answer."""
    monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path))
    nb = STORED[name]
    for exercise, (_, test) in graded(nb).items():
        variables = {}
        for index in sorted(dependence.needed(nb.cells)):
            if nb.cells[index] is test:
                break
            exec(nb.cells[index].source, variables)
        solution, answers = variables[exercise], []

        def learn(*arguments, solution=solution, answers=answers):
            answers.append(solution(*arguments))
            return answers[-1]

        visible, hidden = test.source.split("### BEGIN HIDDEN TESTS\n")
        variables[exercise] = learn
        exec(visible, variables)
        variables[exercise] = lambda *_, answers=answers: answers[-1]
        with pytest.raises((AssertionError, AttributeError, RuntimeError, TypeError, KeyError)):
            exec(hidden, variables)


# What learners get


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """The folder that `make student` writes; beside it lie its zip and its wheel, both unpacked."""
    folder = tmp_path_factory.mktemp("build")
    script = [sys.executable, str(ROOT / "scripts" / "student_version.py"), str(folder)]
    subprocess.run(script, check=True, capture_output=True)
    with zipfile.ZipFile(folder / "lth-teach-student.zip") as archive:
        archive.extractall(folder / "unpacked")
    (wheel,) = (folder / "student").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "student"


COURSE = "lth_teach/lab/course"  # in the wheel: what `lth-teach lab` copies


def student_notebook(student, name):
    return nbformat.read(student.parent / "installed" / COURSE / f"{name}.ipynb", as_version=4)


def squeezed(text):
    return re.sub(r"\s+", "", text)


@each_notebook
def test_nothing_that_gives_an_answer_away_is_left(student, name):
    given = nbformat.writes(student_notebook(student, name))
    sources = squeezed("\n".join(cell.source for cell in nbformat.reads(given, as_version=4).cells))
    assert "BEGIN" not in given
    assert "Model answer" not in given
    for answer, test in graded(STORED[name]).values():
        for secret in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", answer.source, re.DOTALL):
            assert squeezed(secret) not in sources
        hidden = test.source.split("### BEGIN HIDDEN TESTS\n")[1].split("### END")[0]
        assert squeezed(hidden) not in sources
    for cell in questions(STORED[name]):
        assert squeezed(cell.source)[20:120] not in sources


@each_notebook
def test_what_an_answer_leads_to_is_cleared_and_the_rest_is_kept(student, name):
    nb = student_notebook(student, name)
    open_cells = dependence.dependent(STORED[name].cells)
    assert [cell.id for cell in nb.cells] == [cell.id for cell in STORED[name].cells]
    for index, (cell, stored) in enumerate(zip(nb.cells, STORED[name].cells)):
        if cell.cell_type != "code":
            continue
        tags = cell.metadata.get("tags", [])
        if index in open_cells or dependence.is_graded(cell):
            assert (cell.outputs, cell.execution_count) == ([], None)
            assert learner.MAY_FAIL in tags
        elif learner.AFTER_PREDICTION in tags:
            assert (cell.source, cell.outputs, cell.execution_count) == (stored.source, [], None)
        else:
            assert (cell.source, cell.outputs) == (stored.source, stored.outputs)


@each_notebook
def test_a_stub_asks_for_what_its_solution_does(student, name, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path))
    nb = student_notebook(student, name)
    variables = {}
    for index in sorted(dependence.needed(nb.cells)):
        if not dependence.is_graded(nb.cells[index]):
            exec(nb.cells[index].source, variables)
    before = "".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    for exercise, (answer, test) in graded(nb).items():
        assert function_of(answer) == function_of(graded(STORED[name])[exercise][0])
        assert ast.get_docstring(ast.parse(answer.source).body[0])
        assert f'checks.hint("{exercise}")' in before
        assert answer.metadata.deletable is False
        assert (test.metadata.deletable, test.metadata.editable) == (False, False)
        exec(answer.source, variables)
        with pytest.raises(AssertionError):
            exec(test.source, variables)
        assert "It is not written yet: replace the placeholder with your answer." in capsys.readouterr().out
    for cell in questions(nb):
        assert cell.source == "*Your answer: double-click here, and write a few sentences.*"


def test_the_zip_holds_all_that_is_needed(student):
    unpacked, installed = student.parent / "unpacked" / "lth-teach", student.parent / "installed"
    files = {path.relative_to(student): path.read_bytes() for path in student.rglob("*") if path.is_file()}
    assert {path.relative_to(unpacked): path.read_bytes() for path in unpacked.rglob("*") if path.is_file()} == files
    (wheel,) = student.glob("*.whl")
    assert set(map(str, files)) == {"README.md", "LICENSE", "constraints.txt", wheel.name}
    readme = (student / "README.md").read_text(encoding="utf-8")
    assert f"pip install -c constraints.txt ./{wheel.name}\n" in readme
    assert "WHEEL" not in readme
    assert (student / "constraints.txt").read_bytes() == (ROOT / "constraints.txt").read_bytes()
    files = (path for path in (ROOT / "lth_teach").rglob("*.*") if path.suffix in (".py", ".js", ".csv", ".json"))
    modules = {path.relative_to(ROOT).as_posix() for path in files}
    course = learner.course_files(ROOT / "notebooks", lth_teach.__version__)
    packed = {path.relative_to(installed).as_posix() for path in installed.rglob("*") if path.is_file()}
    assert {name for name in packed if ".dist-info/" not in name} == modules | {f"{COURSE}/{name}" for name in course}
    assert {name: (installed / COURSE / name).read_text(encoding="utf-8") for name in course} == course
    assert "Teaching" not in course["README.md"]
    assert f"Version: {lth_teach.__version__}\n" in next(installed.glob("*.dist-info/METADATA")).read_text()


# The way back: generate_assignment, autograde and generate_feedback in a temporary course


def wrong_answers(name):
    """The three submissions of a notebook: (points, exercise → message, exercise → source of the wrong function)."""
    file = ROOT / "tests" / "submissions" / f"nb{number_of(name)}.py"
    classes = [value for value in runpy.run_path(str(file)).values() if inspect.isclass(value)]
    lines = file.read_text(encoding="utf-8").splitlines()
    found = []
    for node in ast.parse("\n".join(lines)).body:
        if isinstance(node, ast.ClassDef):
            functions = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            sources = {f.name: textwrap.dedent("\n".join(lines[f.lineno - 1 : f.end_lineno])) for f in functions}
            made = next(made for made in classes if made.__name__ == node.name)
            found.append((made.points, made.says, sources))
    return found


def answered(nb, answers):
    """A copy of a notebook with these functions as answers."""
    nb = nbformat.from_dict(nb)
    for exercise, (answer, _) in graded(nb).items():
        if exercise in answers:
            answer.source = answers[exercise]
    return nb


def solutions(name):
    return {exercise: answer.source for exercise, (answer, _) in graded(STORED[name]).items()}


def points(name):
    """Points of the exercises, and of the questions in words."""
    nb = STORED[name]
    by_machine = [test.metadata.nbgrader.points for _, test in graded(nb).values()]
    return sum(by_machine), sum(cell.metadata.nbgrader.points for cell in questions(nb))


def hold_course(folder, names, warm=None):
    """Everything that the teaching guide lists, for an assignment of these notebooks."""

    def write(path, nb):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(nbformat.writes(nb), encoding="utf-8")

    folder.mkdir()
    use(warm, folder)
    config = (ROOT / "scripts" / "nbgrader_config.py").read_text(encoding="utf-8")
    (folder / "nbgrader_config.py").write_text(config + PLAIN_CODE, encoding="utf-8")
    for name in names:
        write(folder / "source" / "lab" / f"{name}.ipynb", STORED[name])
    nbgrader(folder, "generate_assignment lab")
    for name in names:
        released = nbformat.read(folder / "release" / "lab" / f"{name}.ipynb", as_version=4)
        for cell in released.cells:  # only to save time: nbgrader would clear them
            if cell.cell_type == "code":
                cell.outputs = []
        write(folder / "submitted" / "untouched" / "lab" / f"{name}.ipynb", released)
        write(folder / "submitted" / "instructor" / "lab" / f"{name}.ipynb", STORED[name])
        for student, (_, _, answers) in zip(WRONG, wrong_answers(name), strict=True):
            nb = answered(released, solutions(name) | answers)
            write(folder / "submitted" / student / "lab" / f"{name}.ipynb", nb)
    nbgrader(folder, "autograde lab", f"generate_feedback lab --student={WRONG[0]}", "export")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Folder of the course for each notebook. There are two courses, one for each of two processor cores."""
    folder = tmp_path_factory.mktemp("courses")
    groups = {folder / "a": list(STORED)[::2], folder / "b": list(STORED)[1::2]}
    with warm_kernels(tmp_path_factory.mktemp("kernels")) as warm, ThreadPoolExecutor() as pool:
        held = [pool.submit(hold_course, course, names, warm) for course, names in groups.items()]
        for each in held:
            each.result()
    return {name: course for course, names in groups.items() for name in names}


def grades(course, name, student):
    """Grade id → the automatic score, None if a reader has to give it."""
    with Gradebook(f"sqlite:///{course[name] / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission_notebook(name, "lab", student)
        return {grade.name: grade.auto_score for grade in submission.grades}


@pytest.mark.slow
@each_notebook
def test_the_solutions_earn_every_point(course, name):
    given = grades(course, name, "instructor")
    waiting = {cell.metadata.nbgrader.grade_id for cell in questions(STORED[name])}
    assert {identity for identity, score in given.items() if score is None} == waiting
    assert sum(score for score in given.values() if score is not None) == points(name)[0]


@pytest.mark.slow
@each_notebook
def test_the_untouched_student_version_earns_none(course, name):
    assert set(grades(course, name, "untouched").values()) == {0}


@pytest.mark.slow
@each_notebook
@pytest.mark.parametrize("number", range(3), ids=WRONG)
def test_a_wrong_submission_earns_what_it_deserves_and_is_told_why(course, name, number):
    expected, says, _ = wrong_answers(name)[number]
    given = grades(course, name, WRONG[number])
    prefix = number_of(name)
    failed = {f"{prefix}-{exercise.replace('_', '-')}-test" for exercise in says}
    assert {identity for identity, score in given.items() if score == 0 and identity.endswith("-test")} == failed
    assert sum(score for identity, score in given.items() if identity.endswith("-test")) == expected
    nb = nbformat.read(course[name] / "autograded" / WRONG[number] / "lab" / f"{name}.ipynb", as_version=4)
    for exercise, message in says.items():
        assert message in text_of(graded(nb)[exercise][1].outputs)


@pytest.mark.slow
@each_notebook
def test_feedback_says_why_and_shows_no_hidden_test(course, name):
    back = course[name] / "feedback" / WRONG[0] / "lab" / f"{name}.html"
    told = html.unescape(re.sub(r"<[^>]+>", "", back.read_text(encoding="utf-8")))
    for message in wrong_answers(name)[0][1].values():
        assert message in told
    for _, test in graded(STORED[name]).values():
        hidden = test.source.split("### BEGIN HIDDEN TESTS\n")[1].split("### END")[0]
        assert [line for line in hidden.splitlines() if "assert" in line and line.strip() in told] == []


@pytest.mark.slow
def test_grading_leaves_the_home_folder_alone(course):
    for folder in set(course.values()):
        touched = [path for path in (folder / "home").rglob("*") if path.is_file()]
        assert [path for path in touched if "lth" in str(path)] == []
        assert not list(folder.rglob("*.pkl"))


@pytest.mark.slow
@each_notebook
def test_what_is_released_is_what_learners_get_from_lth_teach_lab(course, student, name):
    released = nbformat.read(course[name] / "release" / "lab" / f"{name}.ipynb", as_version=4)
    assert released == student_notebook(student, name)


@pytest.mark.slow
def test_all_grades_are_exported(course):
    for folder in set(course.values()):
        with (folder / "grades.csv").open(encoding="utf-8", newline="") as file:
            assert {row["student_id"] for row in csv.DictReader(file)} == {"instructor", "untouched", *WRONG}


def test_the_teaching_guide_tells_what_is_tested_here():
    guide = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8").partition("## Teaching with it")[2]
    commands = re.findall(r"^nbgrader (.*)$", guide, re.MULTILINE)
    assert commands == ["generate_assignment lab1", "autograde lab1", "generate_feedback lab1", "export"]
    rows = re.findall(r"^\| (\d\d\w?) \|.*\| (\d+) \| (\d+) \|$", guide, re.MULTILINE)
    assert {number: (int(auto), int(words)) for number, auto, words in rows} == {
        number_of(name): points(name) for name in STORED
    }


# The notebook as a learner runs it, and that leaving experiments out changes no grade


def execute(nb, folder):
    """Run a notebook as "Run All Cells" does: on past an error only where a tag allows it."""
    client = NotebookClient(nb, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment(folder))
    return nb


def scores(nb):
    return {exercise: determine_grade(test)[0] for exercise, (_, test) in graded(nb).items()}


@pytest.mark.slow
def test_a_notebook_runs_on_past_open_exercises_and_experiments_change_no_grade(student, tmp_path):
    name, right = "11_imp_lemma", "landing_schedule"  # the quickest; one exercise stays open
    nb = answered(student_notebook(student, name), {right: solutions(name)[right]})
    (given,) = [cell for cell in nb.cells if "parameters" in cell.metadata.get("tags", [])]
    given.source = re.sub(r"seeds: int = \d+", "seeds: int = 2", given.source)  # one for each core
    whole = execute(nbformat.from_dict(nb), tmp_path)
    open_cells = dependence.dependent(nb.cells)
    code = {index: cell for index, cell in enumerate(whole.cells) if cell.cell_type == "code"}
    assert all(cell.execution_count for cell in code.values())
    failed = {index for index, cell in code.items() if any(out.output_type == "error" for out in cell.outputs)}
    assert failed
    assert failed <= open_cells
    reduced, _ = grading.SkipExperiments().preprocess(nbformat.from_dict(nb), {})
    assert scores(execute(reduced, tmp_path)) == scores(whole)
    assert {exercise for exercise, score in scores(whole).items() if score} == {right}
