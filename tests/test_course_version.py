"""A course of one's own: chapters dropped and points changed, refused if it cannot be, and graded end to end."""

import csv
import re
import runpy
import tomllib

import nbformat
import pytest
from run_nbgrader import nbgrader, use, warm_kernels
from small_lesson import ROOT

SCRIPT = runpy.run_path(str(ROOT / "scripts" / "course_version.py"))
PUBLIC = runpy.run_path(str(ROOT / "scripts" / "public_version.py"))
TIMES = runpy.run_path(str(ROOT / "scripts" / "times.py"))
STORED = {path.name: path.read_bytes() for path in (ROOT / "notebooks").iterdir() if path.is_file()}
CHAPTERS = [name.partition("_")[0] for name in sorted(STORED) if name.endswith(".ipynb")]
THREE = {"05-a": 3, "05-b": 2, "05-words": 3}


def write(folder, *arguments):
    """Exit status of the script, writing into this folder."""
    return SCRIPT["main"]([*arguments, "--out", str(folder)])


def read(folder, name, assignment="course"):
    return nbformat.read(folder / "source" / assignment / name, as_version=4)


def texts(nb):
    return "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


@pytest.mark.parametrize(
    ("given", "total", "expected"),
    [
        ({}, None, THREE),
        ({"05-a": 7}, None, THREE | {"05-a": 7}),
        ({}, 16, {"05-a": 6, "05-b": 4, "05-words": 6}),
        ({"05-b": 4}, 10, {"05-a": 3, "05-b": 4, "05-words": 3}),
        ({"05-a": 1, "05-b": 1, "05-words": 1}, 3, dict.fromkeys(THREE, 1)),
    ],
)
def test_points_are_given_or_shared_in_proportion(given, total, expected):
    assert SCRIPT["share"](THREE, given, total) == expected


@pytest.mark.parametrize(
    ("given", "total", "message"),
    [
        ({}, 12, r"12 points cannot be shared by 05-a \(3\), .*; totals that can: 8 and 16"),
        ({"05-a": 9}, 9, r"0 points cannot be shared by 05-b \(2\), 05-words \(3\) .*: 14\. Or give each its own"),
        ({"05-a": 1, "05-b": 1, "05-words": 1}, 4, "a total of 4 was asked for, and the points given add up to 3"),
    ],
)
def test_a_total_that_does_not_fit_is_refused_with_totals_that_do(given, total, message):
    with pytest.raises(ValueError, match=message):
        SCRIPT["share"](THREE, given, total)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--drop", "99"], f"--drop 99: there is no such chapter; there are {', '.join(CHAPTERS)}"),
        (["--only", "00", "--drop", "00"], "--only 00: named twice"),
        (["--drop", *CHAPTERS], "every chapter is dropped, so nothing is left to teach"),
        (["--drop", "05", "--points", "05=22"], "--points 05=22: there is no 05 here; there is 00, 01"),
        (["--points", "05-dial=2"], "--points 05-dial=2: there is no 05-dial here; there is 05-late-reset, "),
        (["--points", "05=-1"], "--points 05=-1: expected NAME=POINTS with points from 1 to 9999"),
        (["--points", "05-two-dials"], "--points 05-two-dials: expected NAME=POINTS"),
        (["--points", "05=11", "05=22"], "--points 05=22: 05 is given twice"),
        (["../outside"], "an assignment is named by letters, digits, _, . and -, not '../outside'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path, capsys, arguments, message):
    assert write(tmp_path, *arguments) == 1
    assert capsys.readouterr().err.startswith(f"course_version.py: {message}")
    assert list(tmp_path.iterdir()) == []


def test_an_assignment_that_is_there_is_not_overwritten(tmp_path, capsys):
    assert write(tmp_path, "lab1", "--only", "00") == 0
    (tmp_path / "source" / "lab1" / "00_start_here.ipynb").write_text("changed by hand")
    assert write(tmp_path, "lab1", "--only", "00", "01") == 1
    assert "lab1 exists, perhaps with changes of yours" in capsys.readouterr().err
    assert (tmp_path / "source" / "lab1" / "00_start_here.ipynb").read_text() == "changed by hand"
    assert sorted(path.name for path in (tmp_path / "source").iterdir()) == ["lab1"]


def test_a_dropped_chapter_is_linked_from_nowhere_and_the_next_one_is_named(tmp_path, capsys):
    dropped = ("03b_three_explanations.ipynb", "12_transfer.ipynb")
    assert write(tmp_path, "--drop", "03b", "12") == 0
    told = capsys.readouterr().out
    names = {path.name for path in (tmp_path / "source" / "course").iterdir()}
    assert names == set(STORED) - set(dropped)
    for name in names - {"README.md"}:
        for target in re.findall(r"\]\((\w+\.ipynb)", texts(read(tmp_path, name))):
            assert target in names
        with_link = [target for target in dropped if f"]({target}" in texts(nbformat.reads(STORED[name], as_version=4))]
        assert [target for target in dropped if f"{name}: [" in told and f"({target}) is now" in told] or not with_link
    (title,) = re.findall(r"^# (13 · .*)$", texts(read(tmp_path, "13_language_tickets.ipynb")), re.MULTILINE)
    assert f"**Next:** [{title}](13_language_tickets.ipynb)" in texts(read(tmp_path, "11_imp_lemma.ipynb"))
    readme = (tmp_path / "source" / "course" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\((\w+\.ipynb)\)", readme)) == names - {"README.md"}
    assert "## " not in readme


def test_the_stored_notebooks_stay_as_they_are_and_all_else_is_as_stored(tmp_path):
    assert write(tmp_path, "--points", "11-exact-levels=4") == 0
    for name, content in STORED.items():
        assert (ROOT / "notebooks" / name).read_bytes() == content
        if name.endswith(".ipynb"):
            stored = nbformat.reads(content, as_version=4)
            for cell in stored.cells:
                if cell.metadata.get("nbgrader", {}).get("grade_id") == "11-exact-levels-test":
                    cell.metadata.nbgrader.points = 4
            assert read(tmp_path, name) == stored


@pytest.mark.slow
def test_a_course_with_a_dropped_chapter_and_other_points_is_graded_to_its_new_maximum(tmp_path):
    """11 links to 12; two exercises of 2 and 3 points and 3 in words become 6, 3 and 4."""
    folder = tmp_path / "course"
    points = ["--points", "11-exact-levels=6", "11-budget=4", "11=13"]
    assert write(folder, "lab", "--only", "11", "--drop", "12", *points) == 0
    with warm_kernels(tmp_path) as warm:
        use(warm, folder)
        nbgrader(folder, "generate_assignment lab")
        assert (folder / "release" / "lab" / "README.md").is_file()
        solved = read(folder, "11_imp_lemma.ipynb", "lab")
        for cell in solved.cells:
            cell.source = cell.source.replace("share = (goal", "share = (0 * goal")  # the second is wrong
        submitted = folder / "submitted" / "ada" / "lab" / "11_imp_lemma.ipynb"
        submitted.parent.mkdir(parents=True)
        nbformat.write(solved, submitted)
        nbgrader(folder, "autograde lab", "export")
    with (folder / "grades.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (float(row["score"]), float(row["max_score"])) == (6, 13)


def test_the_guide_says_how_long_each_chapter_takes():
    guide = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    assert guide == TIMES["with_times"](guide), "run python scripts/times.py"


def test_times_follow_the_words_and_the_exercises():
    text = nbformat.v4.new_markdown_cell("[two words](https://a.long/address/with/words) " + "word " * 548)
    answer = nbformat.v4.new_code_cell("...", metadata={"nbgrader": {"solution": True}})
    assert TIMES["minutes"](nbformat.v4.new_notebook(cells=[text, answer])) == (5, 15)  # 550 words
    text.source += " one"
    assert TIMES["minutes"](nbformat.v4.new_notebook(cells=[text, answer])) == (10, 20)


def test_pages_for_colab_and_binder_have_badges_and_no_solutions(tmp_path):
    PUBLIC["write"](tmp_path, "somebody/tickets", "lth_teach-9-py3-none-any.whl")
    pages = sorted(tmp_path.glob("*.ipynb"))
    assert [page.name for page in pages] == sorted(name for name in STORED if name.endswith(".ipynb"))
    for page in pages:
        nb = nbformat.read(page, as_version=4)
        nbformat.validate(nb)
        title, _, badges, *_ = nb.cells[0].source.split("\n")
        assert title.startswith("# ")
        assert f"(https://colab.research.google.com/github/somebody/tickets/blob/main/{page.name})" in badges
        assert f"(https://mybinder.org/v2/gh/somebody/tickets/main?urlpath=lab/tree/{page.name})" in nb.cells[0].source
        assert "/somebody/tickets/main/lth_teach-9-py3-none-any.whl" in nb.cells[1].source
        assert "SOLUTION" not in page.read_text(encoding="utf-8")
    needed = (tmp_path / "requirements.txt").read_text().split("\n")
    assert {"-c constraints.txt", "./lth_teach-9-py3-none-any.whl"} <= set(needed)
    assert (tmp_path / "constraints.txt").is_file()


def test_the_cell_for_colab_does_nothing_elsewhere(capsys):
    from IPython.core.inputtransformer2 import TransformerManager

    source = PUBLIC["COLAB"].format(repository="a/b", branch="main", wheel="c.whl")
    exec(TransformerManager().transform_cell(source), {})
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("urls", ["", '[project.urls]\nLearners = "somewhere"', '[project.urls]\nHomepage = "x"'])
def test_without_a_public_address_no_badge_is_written(urls):
    with pytest.raises(ValueError, match=r"pyproject.toml should name the repository for learners, and it "):
        PUBLIC["address"](f"[project]\nname = 'x'\n{urls}")


def test_the_address_stands_in_pyproject():
    text = '[project]\nname = "x"\n[project.urls]\nLearners = "https://github.com/somebody/tickets"'
    assert PUBLIC["address"](text) == "somebody/tickets"
    assert "urls" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"] or PUBLIC["address"](
        (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )


def test_the_commands_of_the_guide_work(tmp_path):
    guide = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^python scripts/course_version\.py (.*) --out \.\./course$", guide, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        assert write(tmp_path, *command.split()) == 0
    assert {path.name for path in (tmp_path / "source").iterdir()} == {command.split()[0] for command in commands}
