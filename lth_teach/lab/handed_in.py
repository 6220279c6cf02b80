"""What learners hand in, read as far as it can be: for nbgrader, see ``scripts/nbgrader_config.py``.

A file that is no notebook any more gives the cells that can be made out; a renamed one is known by its exercises; and
:mod:`.mending` puts the cells in order. What was wrong stands at the top of the graded notebook, hence on the feedback
page, and in nbgrader's log.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO, cast

import nbformat
from nbclient.exceptions import DeadKernelError
from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from nbgrader.preprocessors import Execute
from traitlets import Bool, Int
from traitlets.log import get_logger

from ..ground.storage import write_text
from .grading import SKIP
from .mending import mend, sentence, title

NAME_BEFORE = "handed_in_as"  # in a notebook's metadata: the name of the file that it was copied from
_MAKE = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


def read(content: bytes) -> tuple[NotebookNode, list[str]]:
    """The notebook of a file without its outputs, or what is left of one, and what was wrong with the file."""
    said: list[str] = []
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError:
        text = content.decode("utf-8", errors="replace")
        said.append("The file holds bytes that are no text; a � stands for each.")
    try:
        nb = nbformat.v4.upgrade(nbformat.reads(text, as_version=4))
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.validate(nb, relax_add_props=True)
        if (version := json.loads(text)["nbformat"]) < 4:
            said.append(f"The file was in the old format {version}, and was converted.")
    except Exception:  # anything can stand in a file, and one learner's must not stop the grading of all others
        nb = new_notebook(cells=[cell for given in _whole_cells(text) for cell in _cell(given)])
        said.append(f"The file is damaged, breaks off or has an unknown format; {len(nb.cells)} cells could be read.")
    return nb, said


def _whole_cells(text: str) -> list[Any]:
    """The cells of a notebook's text before the place where it stops to be JSON."""
    found, decoder = [], json.JSONDecoder()
    at = text.find("[", text.find('"cells"')) + 1
    while at > 0:
        at += len(text[at:]) - len(text[at:].lstrip(", \t\r\n"))
        try:
            cell, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(cell)
    return found


def _cell(given: Any) -> list[NotebookNode]:
    """A proper cell of what was given for one, none if it has no kind. Of odd metadata, only the marks are kept."""
    kind = given.get("cell_type") if isinstance(given, dict) else None
    make = _MAKE.get(kind) if isinstance(kind, str) else None
    if make is None:
        return []
    lines = given.get("source")
    source = "".join(line for line in (lines if isinstance(lines, list) else [lines]) if isinstance(line, str))
    metadata = given.get("metadata") if isinstance(given.get("metadata"), dict) else {}
    try:
        return [make(source, metadata=metadata, **({"id": given["id"]} if isinstance(given.get("id"), str) else {}))]
    except nbformat.ValidationError:
        return [make(source, metadata={"nbgrader": metadata.get("nbgrader")} if "nbgrader" in metadata else {})]


class Reader(NotebookExporter):
    """nbgrader's exporter, which takes a damaged file for what it still is."""

    def from_file(self, file_stream: TextIO, resources: Any = None, **kw: Any) -> tuple[Any, dict[str, Any]]:
        nb, said = read(file_stream.buffer.read())
        return self.from_notebook_node(nb, resources={**(resources or {}), "file": said}, **kw)


class Mend(Preprocessor):
    """Before autograding: put the cells in order, and say at the top what was wrong."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        who = resources["nbgrader"]
        said = list(resources["file"])
        if before := nb.metadata.pop(NAME_BEFORE, None):
            said.append(f"The file was handed in as `{before}`.")
        course = cast(Any, self.parent).parent.coursedir
        released = Path(
            course.format_path(course.release_directory, ".", who["assignment"]), f"{who['notebook']}.ipynb"
        )
        if released.is_file():
            nb.cells, sentences = mend(nb.cells, nbformat.read(released, as_version=4).cells)
            said += sentences
        else:
            self.log.warning("%s is not there, so no submission of it can be put in order", released)
        for line in said:
            self.log.warning("%s, %s: %s", who["student"], who["notebook"], line)
        if said:
            nb.cells.insert(0, new_markdown_cell(_report(said)))
        return nb, resources


class ExecuteUntilItDies(Execute):
    """Executes a submission. If its kernel dies, what has not run has failed; nbgrader would give up on all of it."""

    at = Int(-1)  # index of the cell that is executed; below 0: none yet

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        self.at = index
        return super().preprocess_cell(cell, resources, index)

    def preprocess(self, nb: NotebookNode, resources: dict, km: Any = None) -> tuple[NotebookNode, dict]:
        try:
            return super().preprocess(nb, resources, km)
        except DeadKernelError:
            if self.at < 0:  # no submission's fault
                raise
            for cell in nb.cells[self.at :]:
                if cell.cell_type == "code" and SKIP not in cell.metadata.get("tags", []):
                    cell.outputs.append(new_output("error", ename="Not run", traceback=["The kernel had died."]))
            said = sentence(title(nb.cells[self.at]), "it ended the kernel, so nothing from here on was run")
            self.log.warning("%s, %s: %s", resources["nbgrader"]["student"], resources["nbgrader"]["notebook"], said)
            nb.cells.insert(0, new_markdown_cell(_report([said])))
            return nb, resources


def _report(said: Sequence[str]) -> str:
    lines = "\n".join(f"- {sentence}" for sentence in said)
    return (
        f"**Something was wrong with this notebook. It was graded as far as it could be; ask if in doubt.**\n\n{lines}"
    )


def find_renamed(assignment: str, student: str, notebooks: list[str]) -> None:
    """Called by nbgrader before it grades a submission: give files with another name the one that nbgrader looks for.

    A file is known by the exercises in it. It is copied, not renamed; where two claim one name, neither is. ``student``
    may be a pattern; ``notebooks``, the paths of the submission's notebooks, gets the copies.
    """
    folder = Path(notebooks[0]).parent
    who, log = folder.parent.name, get_logger()
    expected = {path.name: _exercises(path) for path in sorted(Path("release", assignment).glob("*.ipynb"))}
    files = [path for path in sorted(folder.iterdir()) if path.suffix in (".ipynb", ".json", ".txt")]
    others = {path: _exercises(path) for path in files if path.name not in expected}
    for name, exercises in expected.items():
        target = folder / name
        if target.is_file() and NAME_BEFORE not in read(target.read_bytes())[0].metadata:
            continue
        claim = [path for path, found in others.items() if found & exercises]
        if len(claim) == 1:
            nb, _ = read(claim[0].read_bytes())
            nb.metadata[NAME_BEFORE] = claim[0].name
            write_text(target, nbformat.writes(nb))
            notebooks += [str(target)] if str(target) not in notebooks else []
            log.warning("%s: %s holds the exercises of %s, and is graded as such", who, claim[0].name, name)
        else:
            found = ", ".join(path.name for path in (claim or others)) or "nothing else"
            log.warning("%s: %s is expected and not there; found %s. Rename the right file", who, name, found)


def _exercises(path: Path) -> set[str]:
    """The grade ids in a file; none if it is no notebook."""
    marks = [cell.metadata.get("nbgrader") for cell in read(path.read_bytes())[0].cells]
    return {str(mark["grade_id"]) for mark in marks if isinstance(mark, dict) and mark.get("grade_id")}
