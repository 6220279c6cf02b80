"""A made-up notebook with everything that a page of the site has to treat in a way of its own."""

import base64

import matplotlib.animation
import matplotlib.figure
import numpy as np
import pandas as pd
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lth_teach.lab.plots import curves

WIDGET = "application/vnd.jupyter.widget-view+json"
ALT = 'A line that "rises", & <falls>.'
MARKS = {"schema_version": 3, "task": False}
ANSWER = MARKS | {"grade": False, "grade_id": "99-halve", "locked": False, "solution": True}
TEST = MARKS | {"grade": True, "grade_id": "99-halve-test", "locked": True, "solution": False, "points": 1}
WORDS = MARKS | {"grade": True, "grade_id": "99-words", "locked": False, "solution": True, "points": 2}


def printed(text: str) -> list[NotebookNode]:
    return [new_output("stream", text=text + "\n")]


def displayed(mime_type: str, content: str, **metadata: str) -> list[NotebookNode]:
    return [new_output("display_data", {mime_type: content}, metadata=metadata)]


def figure(alt: str) -> list[NotebookNode]:
    """The outputs of a cell that shows a figure, as Jupyter stores them."""
    data, metadata = curves({"a": ([0, 1], [0, 1])}, xlabel="x", ylabel="y", alt=alt)._repr_mimebundle_()
    content = {"image/png": base64.b64encode(data["image/png"]).decode()}
    return [new_output("execute_result", content, metadata=metadata)]


def animation() -> str:
    """Three frames as matplotlib writes them: HTML with buttons, and a style sheet of another host."""
    drawing = matplotlib.figure.Figure(figsize=(2, 1))
    line = drawing.add_subplot().plot([0, 1])[0]
    made = matplotlib.animation.FuncAnimation(drawing, lambda i: line.set_ydata([0, i]), frames=3)
    return made.to_jshtml(embed_frames=True, default_mode="once")


def lesson() -> NotebookNode:
    """The notebook, as an instructor stores it."""
    wide = pd.DataFrame(np.eye(2, 30), columns=[f"column {i}" for i in range(30)])
    quiz = "<details><summary>A. One half.</summary><div>Right, since two halves make one.</div></details>"
    solution = "def halve(x):\n    ### BEGIN SOLUTION\n    return x * 0.5\n    ### END SOLUTION"
    check = "assert halve(2) == 1\n### BEGIN HIDDEN TESTS\nassert halve(31) == 15.5\n### END HIDDEN TESTS"
    code = [
        ("seeds = 3", {"tags": ["parameters"]}, []),
        ("import os", {"tags": ["hide-input"]}, []),
        ("print(6 / 2)", {"tags": ["after-prediction"]}, printed("half of six is 3")),
        (solution, {"nbgrader": ANSWER}, printed("output of the solution")),
        (check, {"nbgrader": TEST}, printed("output of the test")),
        ("print(halve(9))  # " + "long " * 60, {}, printed("half of nine is 4.5")),
        ("draw()", {}, figure(ALT)),
        ("draw_more()", {}, [*figure("The first of two."), *figure("The second of two.")]),
        ("move()", {}, displayed("text/html", animation())),
        ("ask()", {}, displayed("text/html", quiz)),
        ("table()", {}, displayed("text/html", wide.to_html())),
        ("panel()", {}, [new_output("display_data", {WIDGET: {"model_id": "1"}, "text/plain": "what a panel shows"})]),
        ("explore()", {}, displayed("text/plain", "an explorer's stand-in", lth_teach_explorer="made_up")),
    ]
    cells = [
        new_markdown_cell("# A made-up lesson\n\nWith $p^n$ in a line.\n\n$$\\frac{" + "a + " * 60 + "b}{c}$$"),
        new_markdown_cell("[A page](02_imp.ipynb), [no page](99_gone.ipynb#part) and [a text](../notes.md)."),
        new_markdown_cell("| " + "wide | " * 30 + "\n|" + "---|" * 30 + "\n| " + "cell | " * 30),
        *(new_code_cell(source, metadata=metadata, outputs=outputs) for source, metadata, outputs in code),
        new_markdown_cell("*Model answer.* Because two halves make one.", metadata={"nbgrader": WORDS}),
    ]
    return new_notebook(cells=cells, metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"}})
