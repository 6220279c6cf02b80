"""Put a damaged submission in order before it is graded, with what was handed out as the measure.

Learners delete cells, copy, split, merge, retype and move them, and some programs lose the marks by which nbgrader
XX"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from .dependence import is_graded, names, needed
from .grading import SKIP

Said = dict[str, list[str]]  # what was done → to which cells
_DECIDES = ("grade_id", "grade", "solution", "locked", "task", "points", "schema_version")


def mend(cells: Sequence[NotebookNode], handed_out: Sequence[NotebookNode]) -> tuple[list[NotebookNode], list[str]]:
    """The cells of a submission as nbgrader can grade them, and a sentence for each kind of repair, if any.

    Args:
        cells: of the submission; they are not changed.
        handed_out: the cells of the same notebook as learners got it.
    """
    cells = [copy.deepcopy(cell) for cell in cells]
    said: Said = {}
    graded = {place for place, cell in enumerate(handed_out) if is_graded(cell)}
    wanted = graded | needed(handed_out)
    places = _places(cells, handed_out)
    for original in sorted(graded):
        cells, places = _only_one(cells, places, original, handed_out, said)
    for index, place in enumerate(places):
        if place is not None and place in wanted:
            cells[index] = _restored(cells[index], handed_out[place], said)
        elif marks := cells[index].metadata.pop("nbgrader", None):
            _say(said, f"`{_mark(marks)}`", "no exercise of this notebook, so the cell counts as any other")
    cells = _in_order(cells, places, handed_out, wanted, said)
    return cells, [sentence(", ".join(found), what) for what, found in said.items()]


def _places(cells: Sequence[NotebookNode], handed_out: Sequence[NotebookNode]) -> list[int | None]:
    """For each cell, which of those handed out it is, or None: by id, mark, source, at last by function."""
    ids = {cell["id"]: place for place, cell in enumerate(handed_out) if "id" in cell}
    marks = {_mark(cell.metadata.get("nbgrader")): place for place, cell in enumerate(handed_out) if is_graded(cell)}
    places: list[int | None] = []
    for cell in cells:
        place = ids.get(cell.get("id"))
        again = place is None or place in places  # two cells with one id: the second is a copy
        places.append(marks.get(_mark(cell.metadata.get("nbgrader"))) if again else place)
    for place, original in enumerate(handed_out):
        if place in places:
            continue
        free = [index for index, taken in enumerate(places) if taken is None]
        same = [index for index in free if cells[index].source.strip() == original.source.strip()][:1]
        if not same and is_graded(original) and (defined := names(original.source)[0]):
            same = [index for index in free if defined <= names(cells[index].source)[0]]
        for index in same:
            places[index] = place
    return places


def _only_one(
    cells: list[NotebookNode],
    places: list[int | None],
    place: int,
    handed_out: Sequence[NotebookNode],
    said: Said,
) -> tuple[list[NotebookNode], list[int | None]]:
    """Make one cell of several that are this one: pieces are joined, untouched copies go, others lose the mark."""
    group, original = [index for index, taken in enumerate(places) if taken == place], handed_out[place]
    if len(group) < 2:
        return cells, places
    changed = [index for index in group if cells[index].source.strip() != original.source.strip()]
    untouched = [index for index in group if index not in changed]
    keep = (changed or group)[-1] if _solution(original) else (untouched or group)[0]
    joined = _joined([cells[index].source for index in changed], original)
    if joined is not None:
        _say(said, title(original), f"in {len(changed)} pieces, which were joined")
        cells[keep].source = joined
    else:
        last = ", the last of those that had been changed" if keep in changed else ""
        _say(said, title(original), f"there {len(group)} times; one counts{last}")
    gone = set(group if joined is not None else untouched) - {keep}
    for index in set(changed) - {keep}:
        cells[index].metadata.pop("nbgrader", None)
        places[index] = None
    rest = [index for index in range(len(cells)) if index not in gone]
    return [cells[index] for index in rest], [places[index] for index in rest]


def _joined(pieces: Sequence[str], original: NotebookNode) -> str | None:
    """Pieces of an answer put together: words always, code if it becomes Python only that way."""
    if len(pieces) < 2 or not _solution(original):
        return None
    if original.cell_type == "markdown":
        return "\n\n".join(pieces)
    whole = "\n".join(pieces)
    return whole if _is_python(whole) and not all(map(_is_python, pieces)) else None


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):  # ValueError: a null byte
        return False
    return True


def _restored(cell: NotebookNode, original: NotebookNode, said: Said) -> NotebookNode:
    """A cell with the kind, and if it is graded the marks, that it was handed out with."""
    if cell.cell_type != original.cell_type:
        _say(said, title(original), f"made a {cell.cell_type} cell; it is a {original.cell_type} cell again")
        make = new_code_cell if original.cell_type == "code" else new_markdown_cell
        cell = make(cell.source, id=cell.get("id", original.get("id")), metadata=cell.metadata)
    if is_graded(original):
        if _essence(cell) != _essence(original):
            _say(said, title(original), "with other marks for nbgrader than those handed out, which are back")
        if not _solution(original) and cell.source.strip() != original.source.strip():
            _say(said, title(original), "changed, and graded as it was handed out")
        cell.metadata = copy.deepcopy(original.metadata)
    return cell


def _in_order(
    cells: Sequence[NotebookNode],
    places: Sequence[int | None],
    handed_out: Sequence[NotebookNode],
    wanted: set[int],
    said: Said,
) -> list[NotebookNode]:
    """The cells with those that were missing, and in the order in which they were handed out where grades need it.

    A test that comes after the cell in which an open exercise falls back on the course's own function would pass. Cells
    that nothing depends on, and those that the learner added, stay behind the cell that they followed.
    """
    steps = _steps(handed_out)
    pairs, before = [], -1
    for place, cell in zip(places, cells, strict=True):
        before = place if place is not None and place in steps else before
        pairs.append((before, cell))
    fixed = [place for place in places if place is not None and place in steps]
    if fixed != sorted(fixed):
        _say(said, "cells", "in another order, some before what they need; graded in the order handed out")
        pairs.sort(key=lambda pair: pair[0])  # stable
    for place in sorted(wanted - set(fixed)):
        empty = " empty: look whether it stands elsewhere" if _solution(handed_out[place]) else ""
        _say(said, title(handed_out[place]), f"missing, and put back{empty}")
        at = next((index for index, (before, _) in enumerate(pairs) if before > place), len(pairs))
        pairs.insert(at, (place, copy.deepcopy(handed_out[place])))
    return [cell for _, cell in pairs]


def _steps(cells: Sequence[NotebookNode]) -> set[int]:
    """Places of the graded cells and of all that define, before or after them, a name that one of these uses."""
    code = {place: names(cell.source) for place, cell in enumerate(cells) if cell.cell_type == "code"}
    found = {place for place, cell in enumerate(cells) if is_graded(cell)}
    while True:
        used = set().union(*(code[place][1] for place in found if place in code))
        more = {place for place, (defined, _) in code.items() if defined & used} - found
        if not more:
            return found
        found |= more


def _mark(marks: object) -> str | None:
    """The name by which nbgrader knows a cell, None if there is none."""
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return name if isinstance(name, str) and name else None


def _essence(cell: NotebookNode) -> tuple[object, ...]:
    """What decides how a cell is graded: its marks, and whether it runs at all."""
    marks = cell.metadata.get("nbgrader")
    told = [marks.get(key) for key in _DECIDES] if isinstance(marks, dict) else []
    return *told, SKIP in cell.metadata.get("tags", [])


def title(cell: NotebookNode) -> str:
    """What a report calls a cell."""
    if not is_graded(cell):
        return f"the cell that begins `{cell.source.strip().splitlines()[0]}`"
    return f"{'answer' if _solution(cell) else 'test'} `{_mark(cell.metadata['nbgrader'])}`"


def sentence(who: str, what: str) -> str:
    """A sentence for a report."""
    return f"{who[0].upper()}{who[1:]}: {what}."


def _solution(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _say(said: Said, name: str, what: str) -> None:
    said.setdefault(what, []).append(name)
