"""The set-up stays in one piece: pyproject.toml, environment.yml and constraints.txt agree, and nothing local leaks."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from lth_teach.lab.environment import TESTED

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]

RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
DEV = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
CLUSTER = [Requirement(line) for line in PROJECT["optional-dependencies"]["cluster"]]

PIP_LINES = next(entry["pip"] for entry in ENVIRONMENT if isinstance(entry, dict))
OPTIONS = [line for line in PIP_LINES if line.startswith("-")]
CONDA_PIP = {req.name: req for req in map(Requirement, (line for line in PIP_LINES if line not in OPTIONS))}

LOCK_LINES = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
LOCK = {canonicalize_name(req.name): str(req.specifier).removeprefix("==") for req in map(Requirement, LOCK_LINES)}


def each(requirements):
    return pytest.mark.parametrize("requirement", requirements, ids=lambda req: req.name)


@each(RUNTIME + DEV + CLUSTER)
def test_every_dependency_has_a_lower_bound_and_a_cap(requirement):
    assert sorted(bound.operator for bound in requirement.specifier) == ["<", ">="]


@each(RUNTIME + DEV)
def test_conda_asks_for_the_same_bounds(requirement):
    assert CONDA_PIP[requirement.name].specifier == requirement.specifier


def test_conda_asks_for_nothing_else():
    assert set(CONDA_PIP) == {req.name for req in RUNTIME + DEV}
    assert OPTIONS == ["-c constraints.txt", "-e ."]


def test_conda_and_pip_allow_the_same_pythons():
    assert "python" + PROJECT["requires-python"] in ENVIRONMENT


def test_every_file_names_the_same_pythons():
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert tuple(f"3.{minor}" for minor in range(30) if allowed.contains(f"3.{minor}.0")) == TESTED
    listed = ", ".join(TESTED[:-1])
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == list(TESTED)
    assert f"Python {listed} or {TESTED[-1]}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Python {listed} or {TESTED[-1]}" in (ROOT / "scripts" / "student_readme.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"Python {listed} and {TESTED[-1]}" in makefile
    assert f"\n\t  {'|'.join(TESTED)}) exit 0" in makefile


def test_the_command_is_installed_under_its_name():
    assert PROJECT["scripts"] == {"lth-teach": "lth_teach.cli:main"}


@each(RUNTIME + DEV + CLUSTER)
def test_the_locked_version_lies_inside_the_bounds(requirement):
    assert LOCK[canonicalize_name(requirement.name)] in requirement.specifier


def test_the_lock_is_exact_and_holds_for_every_machine():
    exact = re.compile(r"[\w.-]+==[\w.]+( ; python_full_version [<>]=? \S+)?")  # no ranges, paths or +cpu
    assert [line for line in LOCK_LINES if not exact.fullmatch(line)] == []
    assert LOCK["torch"] == "2.13.0"


def test_import_is_light():
    heavy = {"sklearn", "pandas", "ipywidgets", "matplotlib"}
    code = f"import sys, lth_teach; print(*sorted({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


# A home folder, the build machine's folders, and a kernel's temporary folder (tracebacks and warnings name it).
# The brackets keep this file from finding itself.
LOCAL_PATH = re.compile(
    rb"(?<![\w.:-])/[h]ome/\w|(?<![\w.:-])/[U]sers/\w|[C]:\\+Users|(?<![\w.:-])/[r]oot/|(?<![\w.:-])/[w]ork/"
    rb"|[.]library\b|/[o]pt/(pypi|wheels)|/[i]pykernel_\d"
)


def test_no_file_names_a_folder_of_the_machine_it_was_written_on():
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    leaks = []
    for name in filter(None, listing.stdout.decode().split("\0")):
        path = ROOT / name
        if path.is_file() and (found := LOCAL_PATH.search(path.read_bytes())):
            leaks.append(f"{name}: {found.group().decode()}")
    assert leaks == []
