"""Which code a claim rests on, and whether that code is still the same.

A claim rests on the cells that ran before it and on the files of lth_teach that these import, directly or through one
another. :func:`claims.record` keeps short hashes of them with its output (the *stamp*), wherever the notebook runs, and
the ledger compares these with today's code. Dates would say less: checking out a file makes it new.

Comments, docstrings and layout do not count. Nor do files that only show something. Versions of other packages are not
looked at; the lock file and the test suite watch over those.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[2]
SHOWS_ONLY = (
    *("lab.checks", "lab.environment", "lab.plots", "lab.first_edition.provenance"),
    *("explore.panel", "explore.widgets"),
    "ground.levels",  # gives back what was computed before
)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

Stamp = dict[str, str]  # "cells": hashes; "modules": name:hash. Parted by blanks, as lists would fill pages of JSON


def stamp(cells: Iterable[str]) -> Stamp:
    """What is kept with a claim: the hashes of the cells that ran and of the files of lth_teach they rest on."""
    sources = [source for source in cells if source.strip()]
    files = (f"{name}:{now}" for name, now in module_hashes(sources).items())
    return {"cells": " ".join(dict.fromkeys(map(code_hash, sources))), "modules": " ".join(files)}


def changes(kept: Stamp, cells: Sequence[str]) -> list[str]:
    """What a claim rests on today that is not what it was recorded with, in words; an empty list means nothing.

    Args:
        kept: the claim's stamp.
        cells: the notebook's code cells down to the claim's own, as they stand now.
    """
    ran, before = set(kept["cells"].split()), set(kept["modules"].split())
    sources = [source for source in cells if source.strip()]
    new = sum(code_hash(source) not in ran for source in sources)
    files = [f"{name}.py" for name, now in module_hashes(sources).items() if f"{name}:{now}" not in before]
    return ([f"{new} cell{'s' if new > 1 else ''} of the notebook"] if new else []) + files


def executed_cells() -> list[str] | None:
    """The cells this kernel has run so far, the running one included; ``None`` outside a notebook."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    shell = get_ipython()
    return None if shell is None else list(shell.history_manager.input_hist_raw)


def module_hashes(sources: Iterable[str]) -> dict[str, str]:
    """Name → hash of every file of lth_teach that the sources import, also through one another, in order of name."""
    found: dict[str, str] = {}
    waiting = {name for source in sources for name in _imported(source)}
    while waiting:
        name = waiting.pop()
        if name in found or name.startswith(SHOWS_ONLY):
            continue
        source = _file(name).read_text(encoding="utf-8")
        found[name] = code_hash(source)
        waiting |= _imported(source, name.rpartition(".")[0])
    return dict(sorted(found.items()))


@lru_cache(maxsize=2000)
def code_hash(source: str) -> str:
    """Eight hex digits that change when the code does; the same on every Python version."""
    tree = parse(source)
    text = source if tree is None else _plain(tree)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def parse(source: str) -> ast.Module | None:
    """The syntax tree of a cell, magic commands included; ``None`` where there is none."""
    try:
        return ast.parse(source)
    except SyntaxError:
        pass
    try:
        from IPython.core.inputtransformer2 import TransformerManager

        return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        return None


def _plain(node: Any) -> str:
    """A tree as text. Unlike ``ast.dump`` it leaves out docstrings, and what only some Python versions write."""
    if isinstance(node, list):
        return "[" + ",".join(map(_plain, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: value for name, value in ast.iter_fields(node) if value is not None and value != []}
    if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = node.body[1:]
    return f"{type(node).__name__}(" + ",".join(f"{name}={_plain(value)}" for name, value in fields.items()) + ")"


@lru_cache(maxsize=2000)
def _imported(source: str, room: str = "") -> frozenset[str]:
    """Files of lth_teach that a cell, or a file of this room, imports itself; a whole room stands for all its files."""
    names: set[str] = set()
    for node in ast.walk(parse(source) or ast.Module([], [])):
        if isinstance(node, ast.Import):
            names |= {alias.name.removeprefix("lth_teach.") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            path = [part for part in (node.module or "").split(".") if part]
            if node.level:
                rooms = [part for part in room.split(".") if part]
                path = rooms[: len(rooms) - node.level + 1] + path
            elif path[0] == "lth_teach":
                path = path[1:]
            else:
                continue
            names |= (
                {".".join(path)} if _file(".".join(path)).is_file() else {".".join([*path, a.name]) for a in node.names}
            )
    return frozenset(file for name in names if name for file in _files(name))


def _files(name: str) -> set[str]:
    """The files that a dotted name stands for: itself, those of a room, or the home of a name of the package."""
    if _file(name).is_file():
        return {name}
    room = PACKAGE.joinpath(*name.split("."))
    if room.is_dir():
        return {f"{name}.{path.stem}" for path in room.glob("*.py") if path.stem != "__init__"}
    for node in ast.walk(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level and name in {alias.name for alias in node.names}:
            return {node.module or ""}
    return set()


def _file(name: str) -> Path:
    return PACKAGE.joinpath(*name.split(".")).with_suffix(".py")
