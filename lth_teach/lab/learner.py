"""The learner's version of a notebook: what ``nbgrader generate_assignment`` makes of it, without nbgrader.

nbgrader's marks (``cell.metadata.nbgrader``) say which cells are answers and tests. Solutions give way to a stub,
hidden tests go, marked cells get the flags and checksums by which nbgrader recognises them later, and what was computed
with an answer is cleared. ``scripts/nbgrader_config.py`` lists the same steps for nbgrader; a test compares the two.

Nothing is imported but nbformat, so that the notebooks can be made while a wheel is built.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .dependence import dependent, is_graded

CODE_STUB = '# YOUR CODE HERE: replace the next line\nraise NotImplementedError("this exercise is not written yet")'
TEXT_STUB = "*Your answer: double-click here, and write a few sentences.*"

MARKER = ".lth-teach.json"  # in the folder of a course: which version made it, and from what
MAY_FAIL = "raises-exception"  # Jupyter and nbclient go on after an error in a cell with this tag
AFTER_PREDICTION = "after-prediction"  # the output of a cell with this tag tells what was to be predicted
_ALLOWED = {"SOLUTION": "a solution", "HIDDEN TESTS": "a grade"}


def learners_version(stored: NotebookNode, text_stub: str = TEXT_STUB) -> NotebookNode:
    """A copy of an instructor's notebook without solutions, hidden tests, and what was computed with an answer.

    Args:
        stored: the notebook, with nbgrader's marks.
        text_stub: what stands in place of a model answer in words.

    Raises:
        ValueError: a region is not closed, not opened or in a cell without the mark that it needs, or two cells have
            one grade_id; the message names the cell.
    """
    nb = copy.deepcopy(stored)
    nb.metadata.pop("celltoolbar", None)
    for cell in nb.cells:
        _lock(cell)
        _clear_solution(cell, CODE_STUB if cell.cell_type == "code" else text_stub)
    clear_answers(nb.cells)
    for cell in nb.cells:
        _remove_hidden_tests(cell)
        if _is_marked(cell):
            cell.metadata.nbgrader |= {"checksum": _checksum(cell), "cell_type": cell.cell_type}
    marked = [cell.metadata.nbgrader.grade_id for cell in nb.cells if _is_marked(cell)]
    if twice := sorted({name for name in marked if marked.count(name) > 1}):
        raise ValueError(f"each grade_id must be that of one cell only; found more than once: {', '.join(twice)}")
    return nb


def clear_answers(cells: Sequence[NotebookNode]) -> None:
    """Clear, in place, what answers an exercise or a prediction, and let *Run All* go on to the end.

    Outputs go from graded cells, from cells that depend on an answer, and from those that follow a prediction; the
    other figures and tables keep theirs. Graded and dependent cells may fail, so neither an open exercise nor an answer
    that is half written stops the notebook.
    """
    open_cells = dependent(cells)
    for index, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        may_fail = index in open_cells or is_graded(cell)
        if may_fail or AFTER_PREDICTION in cell.metadata.get("tags", []):
            cell.outputs, cell.execution_count = [], None
        if may_fail:
            tag(cell, MAY_FAIL)


def tag(cell: NotebookNode, name: str) -> None:
    """Give a cell a tag, as its last one."""
    cell.metadata["tags"] = [*(old for old in cell.metadata.get("tags", []) if old != name), name]


def course_files(notebooks: Path, version: str) -> dict[str, str]:
    """Name → text of every file that a learner gets: the notebooks, their map, and the marker (see :data:`MARKER`).

    Args:
        notebooks: the folder of the instructor's notebooks and of their README.md, whose first part is the map.
        version: of lth_teach, for the marker.

    Raises:
        FileNotFoundError: the folder holds no notebook, or no README.md.
        ValueError: see :func:`learners_version`; names the notebook, too.
    """
    files, contents = {}, {}
    for path in sorted(notebooks.glob("*.ipynb")):
        try:
            nb = learners_version(nbformat.read(path, as_version=4))
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from error
        nbformat.validate(nb)
        files[path.name] = nbformat.writes(nb) + "\n"
        content = [[cell.cell_type, cell.source, cell.metadata.get("nbgrader")] for cell in nb.cells]
        contents[path.name] = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    if not files:
        raise FileNotFoundError(f"{notebooks} holds no notebook")
    files["README.md"] = (notebooks / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]
    files[MARKER] = json.dumps({"lth_teach": version, "notebooks": contents}, indent=1) + "\n"
    return files


def _mark(cell: NotebookNode, name: str) -> bool:
    return cell.metadata.get("nbgrader", {}).get(name, False)


def _is_marked(cell: NotebookNode) -> bool:
    """Whether nbgrader knows the cell again by its grade_id."""
    return _mark(cell, "solution") or _is_locked(cell)


def _is_locked(cell: NotebookNode) -> bool:
    """Whether nbgrader puts the cell back as it was before it grades."""
    return not _mark(cell, "solution") and (_mark(cell, "grade") or _mark(cell, "locked"))


def _lock(cell: NotebookNode) -> None:
    if _is_marked(cell):
        cell.metadata["deletable"] = False
    if _is_locked(cell):
        cell.metadata["editable"] = False


def _clear_solution(cell: NotebookNode, stub: str) -> None:
    replaced = _replace(cell, "SOLUTION", stub.split("\n"), allowed=_mark(cell, "solution"))
    if _mark(cell, "solution") and not replaced:
        cell.source = stub


def _remove_hidden_tests(cell: NotebookNode) -> None:
    _replace(cell, "HIDDEN TESTS", [], allowed=_mark(cell, "grade"))


def _replace(cell: NotebookNode, what: str, lines: list[str], allowed: bool) -> bool:
    """Put these lines, indented as the region is, in place of each region; returns whether there was one."""
    kept: list[str] = []
    inside = found = False
    for line in cell.source.split("\n"):
        if f"BEGIN {what}" in line:
            if inside:
                raise _wrong(cell, f"BEGIN {what} comes again before its END {what}")
            inside = found = True
            indent = line[: len(line) - len(line.lstrip())]
            kept += [indent + new for new in lines]
        elif f"END {what}" in line:
            if not inside:  # nbgrader lets this pass, and hands out what stands above it
                raise _wrong(cell, f"END {what} comes without its BEGIN {what}")
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise _wrong(cell, f"BEGIN {what} comes without its END {what}")
    if found and not allowed:
        raise _wrong(cell, f"{what} regions are for cells that nbgrader's marks say are {_ALLOWED[what]}")
    cell.source = "\n".join(kept)
    return found


def _wrong(cell: NotebookNode, what: str) -> ValueError:
    name = cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id") or "without an id"
    return ValueError(f"cell {name}: {what}; it begins {cell.source[:60]!r}")


def _checksum(cell: NotebookNode) -> str:
    """As nbgrader computes it: MD5 of the source and of the marks, each as Python writes it."""
    marks = cell.metadata.nbgrader
    parts = [cell.source, cell.cell_type, _mark(cell, "grade"), _mark(cell, "solution"), _is_locked(cell)]
    parts += [marks.grade_id, *([float(marks.points)] if _mark(cell, "grade") else [])]
    return hashlib.md5("".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
