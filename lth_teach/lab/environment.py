"""Does it run here? A short report of what matters, and a check that fails early with a clear reason."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from importlib import import_module
from importlib.metadata import version

from ..ground import storage
from ..ground.devices import available_devices, choose_device, thread_count

PACKAGES = ("torch", "numpy", "scipy", "pandas", "matplotlib", "ipywidgets", "jupyterlab")
OLDEST_PYTHON = (3, 11)
TESTED = ("3.11", "3.12", "3.13")


def report(device: str = "cpu") -> str:
    """Versions, device and threads, one a line; a package that does not load is named with the reason.

    Raises:
        RuntimeError: this Python is too old.
        ValueError: the device is absent.
    """
    if sys.version_info < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        raise RuntimeError(f"lth_teach needs Python {needed} or newer, this is {platform.python_version()}")
    present = [name for name, here in available_devices().items() if here and name != "auto"]
    lines = [
        f"python      {platform.python_version()} on {platform.system()} ({platform.machine()})",
        *(f"{package:11} {problem(package) or version(package)}" for package in PACKAGES),
        f"devices     {', '.join(present)} (will use {choose_device(device)})",
        f"cores       {os.cpu_count()}; training uses {thread_count()} thread(s) a process",
    ]
    return "\n".join(lines)


def doctor() -> tuple[str, bool]:
    """(:func:`report` with what else may go wrong, whether everything needed is there).

    A cache folder that cannot be written is told, but nothing needs it.

    Raises:
        RuntimeError: this Python is too old.
    """
    here = ".".join(platform.python_version_tuple()[:2])
    lines = [
        report(),
        f"tested      on Python {', '.join(TESTED)}; this one is {'among them' if here in TESTED else 'not'}",
        f"cache       {_cache()}",
    ]
    broken = [package for package in PACKAGES if problem(package)]
    verdict = f"install again, as README says: {', '.join(broken)}" if broken else "it runs here"
    lines.append(f"verdict     {verdict}")
    return "\n".join(lines), not broken


def problem(package: str) -> str:
    """Why a package cannot be imported, on one line; empty if it can."""
    try:
        import_module(package)
    except Exception as error:  # a broken installation raises anything
        return " ".join(f"does not load: {type(error).__name__}: {error}".split())
    return ""


def _cache() -> str:
    try:
        folder = storage.cache_dir()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, RuntimeError) as error:  # a RuntimeError: no home folder can be found
        return f"cannot be written ({error}): data are made anew each time, and progress is not kept"
    return f"{folder} (can be written)"
