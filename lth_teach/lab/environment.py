"""Does it run here? A short report of what matters, and a check that fails early with a clear reason."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version

from ..training import available_devices, choose_device, thread_count

PACKAGES = ("torch", "numpy", "scipy", "pandas", "matplotlib", "ipywidgets", "jupyterlab")
OLDEST_PYTHON = (3, 11)


def report(device: str = "cpu") -> str:
    """Versions, device and threads, one a line.

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
        *(f"{package:11} {version(package)}" for package in PACKAGES),
        f"devices     {', '.join(present)} (will use {choose_device(device)})",
        f"cores       {os.cpu_count()}; training uses {thread_count()} thread(s) a process",
    ]
    return "\n".join(lines)
