"""For instructors: the steps that nbgrader takes with what :mod:`.dependence` knows of a notebook.

See ``scripts/nbgrader_config.py``: experiments that no grade needs are not run, and learners find no answer in an
output and no hidden test in their feedback.
"""

from __future__ import annotations

import re

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Bool

from .dependence import needed
from .learner import clear_answers, tag

SKIP = "skip-execution"  # nbclient does not run a cell with this tag
_HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS", re.DOTALL)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class SkipExperiments(Preprocessor):
    """Before autograding: tag the cells that no grade needs, so that they stay in the notebook but are not executed."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        kept = needed(nb.cells)
        for index, cell in enumerate(nb.cells):
            if cell.cell_type == "code" and index not in kept:
                tag(cell, SKIP)
        return nb, resources


class ClearAnswers(Preprocessor):
    """For the learner's version: see :func:`.learner.clear_answers`."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        clear_answers(nb.cells)
        return nb, resources


class HideHiddenTests(Preprocessor):
    """For the feedback: take hidden tests out of the cells, and out of tracebacks, which quote the lines that failed.

    What a check printed stays. An error is told by its kind and message, and whether the hidden part raised it.
    """

    enabled = Bool(True).tag(config=True)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        marks = cell.metadata.get("nbgrader", {})
        hidden = _HIDDEN.search(cell.source)
        if not (marks.get("grade") and marks.get("locked") and hidden):  # nbgrader wrote these cells, nobody else
            return cell, resources
        shown = cell.source.count("\n", 0, hidden.start())  # lines
        cell.source = _HIDDEN.sub("# Further tests ran here, on inputs that are not shown.", cell.source)
        for output in cell.outputs:
            if output.output_type == "error":
                lines = re.findall(
                    r"^Cell In.*?line (\d+)", _COLOURS.sub("", "\n".join(output.traceback)), re.MULTILINE
                )
                where = (
                    "in a test that is shown above"
                    if lines and int(lines[0]) <= shown
                    else "in a test that is not shown"
                )
                output.traceback = [f"{output.ename} {where}: {output.evalue}".removesuffix(": ")]
        return cell, resources
