"""The folder in which a learner works: made once, never overwritten, opened again as it was."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import __version__
from ..ground.storage import temporary_name
from .learner import MARKER, course_files
from .own_seed import own_seed, with_seed

FIRST = "00_start_here.ipynb"
PACKED = Path(__file__).parent / "course"  # what an installed wheel carries; setup.py puts it there
CHECKOUT = Path(__file__).parents[2] / "notebooks"  # in a clone of the repository: the instructor's


def prepare(folder: Path) -> str:
    """Make the learner's folder if it is not there, and leave it alone if it is; returns what to tell the learner.

    Its notebooks have the learner's own seed, see :mod:`.own_seed`, where the stored ones have 2000.

    Raises:
        ValueError: something else has that name; nothing has been written.
        OSError: the folder cannot be written, or this installation carries no notebooks.
    """
    if os.path.lexists(folder):
        return f"{folder} is opened as it was.{_news(folder)}"
    files, seed = _files(), own_seed()
    _write(folder, {name: with_seed(text, seed) for name, text in files.items()})
    return (
        f"{folder} is new: the notebooks of the course, for you to work in, with a seed of your own, {seed}. "
        "The same command opens it again."
    )


def start(folder: Path, options: Sequence[str]) -> None:
    """Run JupyterLab on the first notebook of the folder until it is stopped; the options are for Jupyter.

    Jupyter refuses to run as root, as in many containers, unless it is told to.
    """
    from jupyterlab.labapp import LabApp

    os.environ.pop("MPLBACKEND", None)  # one set outside would replace the figures in the notebooks
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    first = folder / FIRST
    LabApp.launch_instance([str((first if first.is_file() else folder).resolve()), *root, *options])


def _files() -> dict[str, str]:
    """Name → text of what a new folder gets."""
    if PACKED.is_dir():
        return {path.name: path.read_text(encoding="utf-8") for path in PACKED.iterdir()}
    if (CHECKOUT / FIRST).is_file():
        return course_files(CHECKOUT, __version__)
    raise FileNotFoundError(
        f"this installation of lth_teach has no notebooks: neither {PACKED} nor {CHECKOUT} is there. Install it again: "
        "from a wheel, or in a clone of the repository with   pip install -c constraints.txt -e ."
    )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """All or nothing: under a temporary name first, then renamed."""
    temporary = temporary_name(folder)
    try:
        temporary.mkdir(parents=True)
        for name, text in files.items():
            (temporary / name).write_text(text, encoding="utf-8", newline="\n")
        os.rename(temporary, folder)
    except OSError as error:
        raise OSError(f"cannot make the folder {folder}: {error.strerror}; name another one") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _news(folder: Path) -> str:
    """Which notebooks differ from those that the folder was made from, and how to get them; empty if none does.

    Whatever is wrong with the marker, the learner's work is there, and is opened.

    Raises:
        ValueError: there is no marker, so this command did not make the folder.
    """
    marker = folder / MARKER
    if not marker.is_file():
        raise ValueError(
            f"{folder} is {_what(folder)}, not a folder that this command made (no {MARKER} is in it), so it is left "
            f"alone; choose another name, such as   {_command(_free(folder))}"
        )
    try:
        made = json.loads(marker.read_bytes())
        version, before = str(made["lth_teach"]), dict(made["notebooks"])
        now = json.loads(_files()[MARKER])["notebooks"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"\nWhat has changed since it was made cannot be told: {MARKER} or our notebooks are damaged ({error})."
    changed = [name if name in before else f"{name} (new)" for name in now if before.get(name) != now[name]]
    if not changed:
        return ""
    this = "" if version == __version__ else f", and this is {__version__}"
    return (
        f"\nIt was made by lth-teach {version}{this}. What differs since then: {', '.join(changed)}."
        f"\nYour work stays as it is. For a fresh copy beside it:   {_command(_free(folder))}"
    )


def _what(folder: Path) -> str:
    if not folder.is_dir():
        return "a file" if folder.exists() else "a broken link"
    names = sorted(path.name for path in folder.iterdir())
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"a folder with {', '.join(names[:3])}{more}" if names else "an empty folder"


def _free(folder: Path) -> Path:
    """A name like this one that nothing has: course-2, course-3, …; for a folder without a name, one inside it."""
    like = folder if folder.name.strip(".") else folder / "course"
    names = (like.with_name(f"{like.name}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([like], names) if not os.path.lexists(path))


def _command(folder: Path) -> str:
    """What to type for another folder: the short command where the shell would find it, else Python's long one."""
    found, python = shutil.which("lth-teach"), Path(sys.executable)
    if found and Path(found).parent == python.parent:
        program = "lth-teach"
    else:
        here = Path.cwd()
        program = f"{python.relative_to(here) if python.is_relative_to(here) else python} -m lth_teach"
    return f"{program} lab " + (f'"{folder}"' if " " in str(folder) else str(folder))
