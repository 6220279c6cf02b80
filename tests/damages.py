"""Ways to damage a submission of chapter 11, which has two exercises (2 and 3 points) and a question in words (3)."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

FIRST, SECOND, WORDS = "11-exact-levels", "11-landing-schedule", "11-budget"
BY_HEART = "def exact_levels(prune_rate, target_sparsity):\n    return 12"


@dataclass(frozen=True)
class Damage:
    """What was done to a submission in which all is right, and what comes of it.

    Attributes:
        do: changes the notebook, and returns what stands in the file if that is not the notebook as usual.
        points: what nbgrader gives for the exercises, of five.
        words: whether the answer in words waits for a reader; else it has its 0.
        says: what the report begins with, one sentence each.
        name: of the file.
    """

    what: str
    do: Callable[..., bytes | None]
    points: float
    says: tuple[str, ...]
    words: bool = True
    name: str = "11_imp_lemma.ipynb"


def at(nb, name):
    """Index of a cell by its grade id; "setup" is the cell with the imports."""
    for index, cell in enumerate(nb.cells):
        found = cell.metadata.get("nbgrader", {}).get("grade_id")
        if found == name or (name == "setup" and "from fractions import Fraction" in cell.source):
            return index
    raise ValueError(f"no cell {name}")


def delete(name):
    def do(nb):
        del nb.cells[at(nb, name)]

    return do


def move(name, to):
    def do(nb):
        cell = nb.cells.pop(at(nb, name))
        nb.cells.insert(len(nb.cells) if to == "end" else 0 if to == "top" else at(nb, to), cell)

    return do


def upside_down(nb):
    move(SECOND, "top")(nb)
    move("setup", "end")(nb)


def copied(name, source=None, below=True):
    """A second cell with the same marks, as copying makes it; its text may differ."""

    def do(nb):
        index = at(nb, name)
        copy = new_code_cell(nb.cells[index].source if source is None else source, metadata=nb.cells[index].metadata)
        nb.cells.insert(index + below, nbformat.from_dict(copy))

    return do


def split(name, line):
    """As JupyterLab splits a cell: the marks go to both parts."""

    def do(nb):
        cell = nb.cells[at(nb, name)]
        lines = cell.source.split("\n")
        make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
        cell.source = "\n".join(lines[:line])
        nb.cells.insert(at(nb, name) + 1, make("\n".join(lines[line:]), metadata=dict(cell.metadata)))

    return do


def retype(name, make):
    def do(nb):
        cell = nb.cells[at(nb, name)]
        nb.cells[at(nb, name)] = make(cell.source, id=cell.id, metadata=cell.metadata)

    return do


def merge(name, with_next):
    def do(nb):
        nb.cells[at(nb, name)].source += "\n\n" + nb.cells.pop(at(nb, with_next)).source

    return do


def marks(name, **changed):
    return lambda nb: nb.cells[at(nb, name)].metadata["nbgrader"].update(changed)


def without_marks_and_ids(nb):
    """As after a visit to a program that keeps the text of the cells only."""
    for cell in nb.cells:
        cell.metadata.clear()
        del cell["id"]
    nb.nbformat_minor = 4


def skipped(nb):
    nb.cells[at(nb, FIRST)].source = BY_HEART
    nb.cells[at(nb, f"{FIRST}-test")].metadata["tags"] = ["skip-execution"]


def dies(nb):
    nb.cells[at(nb, SECOND)].source = "import os\nos._exit(1)"


def old_marks(nb):
    for cell in nb.cells:
        cell.metadata.get("nbgrader", {}).pop("schema_version", None)


def content(nb):
    return nbformat.writes(nb).encode()


def cut(nb):
    """The file up to the middle of the second answer."""
    text = content(nb)
    return text[: text.index(b"def landing_schedule") + 60]


def old_format(nb):
    return json.dumps(nbformat.convert(nbformat.from_dict(nb), 3)).encode()


def format_5(nb):
    return content(nb).replace(b'"nbformat": 4', b'"nbformat": 5')


def as_it_was(nb):
    return None


TEST = f"{FIRST}-test"
ALL = (("answer", FIRST), ("test", TEST), ("answer", SECOND), ("test", f"{SECOND}-test"), ("answer", WORDS))


def listed(cells):
    text = ", ".join(f"{kind} `{name}`" for kind, name in cells)
    return text[0].upper() + text[1:]


def missing(*cells):
    """Answers are put back empty, tests as they were; one sentence for each kind, the kind of the first cell first."""
    ends = {"answer": " empty: look whether it stands elsewhere.", "test": "."}
    kinds = dict.fromkeys(kind for kind, _ in cells)
    return tuple(f"{listed(c for c in cells if c[0] == kind)}: missing, and put back{ends[kind]}" for kind in kinds)


def without(*cells):
    return (f"{listed(cells)}: with other marks",)


UNREADABLE = "The file is damaged, breaks off or has an unknown format;"
SETUP = "The cell that begins `import math`"
SETUP_MISSING = (f"{SETUP}: missing, and put back.",)
TESTS = f"test `{TEST}`, test `{SECOND}-test`"
ALL_MISSING = (f"{SETUP}, {TESTS}: missing, and put back.", *missing(*ALL[::2]))
DAMAGES = {
    "none": Damage("nothing", as_it_was, 5, ()),
    "no test": Damage("a test deleted", delete(TEST), 5, missing(("test", TEST))),
    "no answer": Damage("an answer deleted", delete(FIRST), 3, missing(("answer", FIRST))),
    "no words": Damage("the answer in words deleted", delete(WORDS), 5, missing(("answer", WORDS)), words=False),
    "no setup": Damage("the cell with the imports deleted", delete("setup"), 5, SETUP_MISSING),
    "older copy": Damage(
        "an answer copied, an older try above it", copied(FIRST, BY_HEART, below=False), 5,
        (f"Answer `{FIRST}`: there 2 times; one counts, the last of those that had been changed.",),
    ),
    "two tests": Damage("a test copied", copied(TEST), 5, (f"Test `{TEST}`: there 2 times; one counts.",)),
    "split answer": Damage(
        "an answer split in the middle of its function", split(FIRST, 2), 5,
        (f"Answer `{FIRST}`: in 2 pieces, which were joined.",),
    ),
    "split words": Damage(
        "the answer in words split", split(WORDS, 1), 5,
        (f"Answer `{WORDS}`: in 2 pieces, which were joined.",),
    ),
    "merged": Damage("an answer and its test merged", merge(FIRST, TEST), 5, missing(("test", TEST))),
    "answer as text": Damage(
        "an answer made a text cell", retype(FIRST, new_markdown_cell), 5,
        (f"Answer `{FIRST}`: made a markdown cell; it is a code cell again.",),
    ),
    "test as text": Damage(
        "a test made a text cell", retype(TEST, new_markdown_cell), 5,
        (f"Test `{TEST}`: made a markdown cell; it is a code cell again.",),
    ),
    "words as code": Damage(
        "the answer in words made a code cell", retype(WORDS, new_code_cell), 5,
        (f"Answer `{WORDS}`: made a code cell; it is a markdown cell again.",),
    ),
    "test first": Damage("a test moved above its answer", move(TEST, FIRST), 5, ("Cells: in another order",)),
    "answer first": Damage(
        "an answer moved to the top, the imports to the end",
        upside_down, 5, ("Cells: in another order",),
    ),
    "other id": Damage(
        "the id of an answer changed", marks(FIRST, grade_id="mine"), 5,
        without(("answer", FIRST)),
    ),
    "more points": Damage(
        "a test made worth 100 points", marks(TEST, points=100), 5,
        without(("test", TEST)),
    ),
    "skipped": Damage(
        "a wrong answer, its test told not to run", skipped, 3,
        without(("test", TEST)),
    ),
    "old marks": Damage("marks of an old nbgrader", old_marks, 5, without(*ALL)),
    "no marks": Damage(
        "all marks and ids lost", without_marks_and_ids, 5, (*without(*ALL[:4]), *missing(ALL[4])), words=False,
    ),
    "renamed": Damage(
        "the file renamed", as_it_was, 5, ("The file was handed in as `my homework (2).ipynb`.",),
        name="my homework (2).ipynb",
    ),
    "cut": Damage(
        "the file cut off in the second answer", cut, 2,
        (f"{UNREADABLE} 14 cells", *missing(*ALL[2:])), words=False,
    ),
    "no notebook": Damage(
        "another file under the name", lambda nb: b"\x89PNG\r\n\x1a\n\xff\xfe", 0,
        ("The file holds bytes that are no text", f"{UNREADABLE} 0 cells",
         *ALL_MISSING), words=False,
    ),
    "empty": Damage(
        "an empty file", lambda nb: b"", 0,
        (f"{UNREADABLE} 0 cells", *ALL_MISSING), words=False,
    ),
    "dies": Damage(
        "an answer that ends the kernel", dies, 2,
        (f"Answer `{SECOND}`: it ended the kernel, so nothing from here on",),
    ),
    "format 3": Damage("the file in format 3", old_format, 5, ("The file was in the old format 3",)),
    "format 5": Damage("a format that does not exist", format_5, 5, (f"{UNREADABLE} 25 cells",)),
    "UTF-16": Damage("another encoding of text", lambda nb: nbformat.writes(nb).encode("utf-16"), 5, ()),
}  # fmt: skip
