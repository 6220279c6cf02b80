"""`make setup`, `lab` and `teach` where something is missing. The Pythons here are shell scripts that play a part."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")

MAKEFILE = Path(__file__).resolve().parent.parent / "Makefile"
SUPPORTED = "lth-teach runs on Python 3.11, 3.12 and 3.13. Choose one of them:   make PYTHON=python3.12"


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def python(path, version, ensurepip=True, pip=True):
    """A Python that knows its version, makes environments with itself in them, and notes what pip is asked for."""
    script(
        path,
        f"""case "$*" in
        *version_info*) echo {version} ;;
        *ensurepip*) exit {0 if ensurepip else 1} ;;
        "-m venv "*) mkdir -p "$3/bin"; sed 's/exit 7/exit 0/' "$0" > "$3/bin/python"; chmod +x "$3/bin/python" ;;
        "-m pip --version") exit {0 if pip else 7} ;;
        "-m pip install "*) echo "$@" > installed ;;
        *) exit 9 ;;
        esac""",
    )


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Calls make in a folder with our Makefile, where the first folder of PATH is `bin`."""
    shutil.copy(MAKEFILE, tmp_path / "Makefile")
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "constraints.txt").touch()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHON", "VENV", "LAB_ARGS"):  # set when make runs these tests
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")

    def call(*arguments):
        return subprocess.run(["make", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60)

    return call


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_setup_makes_an_environment_and_installs_the_lock_into_it(make, tmp_path, version):
    python(tmp_path / "bin" / "python3", version)
    done = make("setup")
    assert done.returncode == 0, done.stderr
    assert "-c constraints.txt -e .[dev]" in (tmp_path / "installed").read_text()
    assert make("setup").stdout == "make: Nothing to be done for 'setup'.\n"


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("2.7", "too old"),
        ("3.9", "too old"),
        ("3.10", "too old"),
        ("3.14", "newer than what lth-teach is tested on"),
        ("3.20", "newer than what lth-teach is tested on"),
        ("4.0", "newer than what lth-teach is tested on"),
    ],
)
def test_setup_says_which_pythons_it_supports_and_where_to_get_one(make, tmp_path, version, reason):
    python(tmp_path / "bin" / "python3", version)
    done = make("setup")
    assert done.returncode != 0
    assert f"python3 is Python {version}, {reason}" in done.stderr
    for hint in (
        f"{SUPPORTED} setup\n",
        "sudo apt install python3 python3-venv",
        "brew install python@3.12",
        "www.python.org",
    ):
        assert hint in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_another_python_is_chosen_as_the_message_says(make, tmp_path):
    python(tmp_path / "bin" / "python3", "3.14")
    python(tmp_path / "bin" / "python3.12", "3.12")
    assert make("PYTHON=python3.12", "setup").returncode == 0
    assert make("setup").returncode == 0  # and python3 is not asked again


def test_setup_says_so_when_there_is_no_such_python(make, tmp_path):
    done = make("PYTHON=python3.99", "setup")
    assert done.returncode != 0
    assert "python3.99 does not run." in done.stderr
    assert SUPPORTED in done.stderr


def test_setup_names_the_package_that_debian_leaves_out(make, tmp_path):
    python(tmp_path / "bin" / "python3", "3.12", ensurepip=False)
    done = make("setup")
    assert done.returncode != 0
    assert "sudo apt install python3-venv   (or python3.12-venv)" in done.stderr
    assert "Then again:          make setup" in done.stderr
    assert not (tmp_path / ".venv").exists()  # nothing half-made


def test_an_environment_left_without_pip_is_completed(make, tmp_path):
    python(tmp_path / "bin" / "python3", "3.12")
    python(tmp_path / ".venv" / "bin" / "python", "3.12", pip=False)
    assert make("setup").returncode == 0
    assert "-e .[dev]" in (tmp_path / "installed").read_text()


def test_an_environment_of_an_unsupported_python_is_to_be_deleted_first(make, tmp_path):
    python(tmp_path / "bin" / "python3", "3.12")
    python(tmp_path / ".venv" / "bin" / "python", "3.14")
    done = make("setup")
    assert done.returncode != 0
    assert ".venv/bin/python is Python 3.14, newer than" in done.stderr
    assert "rm -r .venv" in done.stderr


def test_lab_installs_what_a_learner_needs_and_opens_the_course_for_learners(make, tmp_path):
    python(tmp_path / "bin" / "python3", "3.12")
    script(tmp_path / ".venv" / "bin" / "lth-teach", 'echo "lth-teach $@"')
    for _ in range(2):
        done = make("lab", "LAB_ARGS=--no-browser")
        assert done.stdout.endswith("lth-teach lab course -- --no-browser\n"), done.stderr
    assert "-c constraints.txt -e .\n" in (tmp_path / "installed").read_text()
    assert make("setup").returncode == 0
    assert "-e .[dev]\n" in (tmp_path / "installed").read_text()  # which a learner does not need, so it was not there


def test_after_setup_nothing_is_left_to_install_for_lab(make, tmp_path):
    python(tmp_path / "bin" / "python3", "3.12")
    script(tmp_path / ".venv" / "bin" / "lth-teach", 'echo "lth-teach $@"')
    assert make("setup").returncode == 0
    assert make("lab").stdout == "lth-teach lab course --\n"


@pytest.mark.parametrize(("version", "reason"), [("3.9", "too old"), ("3.14", "newer than what")])
def test_lab_says_with_which_python_to_call_it(make, tmp_path, version, reason):
    """On macOS `python3` is 3.9."""
    python(tmp_path / "bin" / "python3", version)
    done = make("lab")
    assert f"python3 is Python {version}, {reason}" in done.stderr
    assert f"{SUPPORTED} lab\n" in done.stderr
    assert "brew install python@3.12" in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(("user", "options"), [("0", "--allow-root --no-browser"), ("1000", "--no-browser")])
def test_teach_opens_the_instructors_notebooks_and_tells_jupyter_when_it_runs_as_root(make, tmp_path, user, options):
    python(tmp_path / "bin" / "python3", "3.12")
    script(tmp_path / "bin" / "id", f"echo {user}")
    assert make("setup").returncode == 0
    script(tmp_path / ".venv" / "bin" / "jupyter", 'echo "jupyter $@"')
    done = make("teach", "LAB_ARGS=--no-browser")
    assert f"jupyter lab --ServerApp.ip=localhost {options} notebooks/00_start_here.ipynb" in done.stdout
    assert ("You are root" in done.stdout) == (user == "0")
