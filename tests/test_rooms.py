"""The house: which room may import from which. The imports are read from the files; nothing is executed for it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lth_teach

PACKAGE = Path(lth_teach.__file__).parent
ROOMS = (
    "ground",
    "",
    "measures",
    "strong",
    "language",
    "experiments",
    "lab",
    "explore",
    "cli",
)  # "" is the core; it stands on the ground
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def room(path):
    """The room of a file: a folder, the core, or `cli`, which stands last although it lies beside the core."""
    if path.stem in ("cli", "__main__"):
        return "cli"
    return path.parts[0] if len(path.parts) > 1 else ""


def imported(path):
    """The rooms from which a file imports, anywhere in it."""
    here = list(path.parts[:-1])
    for node in ast.walk(ast.parse((PACKAGE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                target = here[: len(here) - node.level + 1] + (node.module or "").split(".")
            elif (node.module or "").split(".")[0] == "lth_teach":
                target = node.module.split(".")[1:]
            else:
                continue
            target = [part for part in target if part]
            yield from (room(Path(*target, alias.name, "x")) for alias in node.names if not target)
            if target:
                yield room(Path(*target, "x"))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                if parts[0] == "lth_teach":
                    yield room(Path(*parts[1:], "x"))


def rank(name):
    """Where a room stands; a file of the core is in the core, and what ``lth_teach/__init__.py`` defines is nowhere."""
    if name in ROOMS:
        return ROOMS.index(name)
    return ROOMS.index("") if (PACKAGE / f"{name}.py").is_file() else -1


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_imports_only_from_the_core_from_its_own_room_and_from_rooms_before_it(path):
    assert [name for name in imported(path) if rank(name) > rank(room(path))] == []


def test_every_folder_is_a_room():
    assert {room(path) for path in FILES} <= set(ROOMS)
    for name in set(ROOMS) - {"", "cli"}:
        assert (PACKAGE / name / "__init__.py").is_file()


def test_the_pictures_are_listed_by_chapter():
    files = {path.stem for path in FILES if path.parts[:2] == ("lab", "pictures")} - {"__init__"}
    assert {name for name in files if f"``{name}``" not in lth_teach.lab.pictures.__doc__} == set()


def test_the_order_is_held_against_a_file_that_breaks_it(tmp_path, monkeypatch):
    (tmp_path / "strong").mkdir()
    (tmp_path / "masks.py").touch()
    (tmp_path / "strong" / "bad.py").write_text(
        "from ..lab import plots\nfrom .. import explore, masks\nimport lth_teach.lab"
    )
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    assert [rank(name) for name in imported(Path("strong/bad.py"))] == [6, 7, 1, 6]


def test_the_core_can_be_read_in_an_hour():
    lines = {
        path.name: len((PACKAGE / path).read_text(encoding="utf-8").splitlines()) for path in FILES if room(path) == ""
    }
    assert sum(lines.values()) <= 2_300, lines


HEAVY = {"sklearn", "pandas", "matplotlib", "ipywidgets", "scipy", "transformers", "IPython"}


@pytest.mark.parametrize(
    ("use", "loaded", "not_loaded"),
    [
        ("lt.data", {"lth_teach.data"}, {"lth_teach.measures", "lth_teach.lab", "lth_teach.strong"}),
        ("lt.SNIPPruner", {"lth_teach.pruning_at_init"}, {"lth_teach.strong"}),
        ("lt.strong.subset_sum", {"lth_teach.strong.subset_sum"}, {"lth_teach.strong.supermasks", "lth_teach.lab"}),
    ],
)
def test_a_room_is_loaded_when_it_is_first_used(use, loaded, not_loaded):
    code = f"import sys, lth_teach as lt; {use}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(run.stdout.split())
    assert loaded <= modules
    assert not modules & (not_loaded | HEAVY)


def test_a_name_that_is_not_there_is_an_attribute_error():
    for package in (lth_teach, lth_teach.strong, lth_teach.lab.first_edition):
        with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
            package.nothing  # noqa: B018
