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
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, BUILD = PYPROJECT["project"], PYPROJECT["build-system"]["requires"]
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


def test_a_learner_installs_no_linters_browsers_or_graders():
    others = {"ruff", "mypy", "playwright", "nbgrader", "transformers", "dask", "sphinx", "hypothesis", "jupytext"}
    assert {req.name for req in DEV} >= others
    assert {req.name for req in RUNTIME} & others == set()


def test_a_wheel_is_built_with_what_makes_the_notebooks():
    """setup.py runs where nothing else is installed."""
    setuptools, nbformat = map(Requirement, BUILD)
    assert setuptools.name == "setuptools"
    assert str(nbformat) in map(str, RUNTIME)


def ways_to_begin(readme):
    """The blocks of commands that end by opening the course."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|powershell)\n(.*?)\n```", text, re.DOTALL)
    return [block.split("\n") for block in blocks if block.endswith("lth-teach lab")]


def ways_without_make(package):
    """On Windows, where the separator is another one, and with conda."""
    install = "-m pip install -c constraints.txt"
    windows = [rf".venv\Scripts\python {install} {package.replace('/', chr(92))}", r".venv\Scripts\lth-teach lab"]
    conda = ["conda activate lth-teach", f"python {install} {package}", "lth-teach lab"]
    return [
        ["py -3.12 -m venv .venv", *windows],
        ["conda create -n lth-teach -c conda-forge python=3.12 pip", *conda],
    ]


def test_every_way_to_begin_installs_the_lock_and_opens_the_course():
    """In the repository `make lab` is the first way: see test_make.py."""
    linux = [".venv/bin/python -m pip install -c constraints.txt ./WHEEL", ".venv/bin/lth-teach lab"]
    assert ways_to_begin("README.md") == ways_without_make("-e .")
    assert ways_to_begin("scripts/student_readme.md") == [
        ["python3 -m venv .venv", *linux],
        *ways_without_make("./WHEEL"),
    ]
    assert "3.12" in TESTED


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
