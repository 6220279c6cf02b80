"""pyproject.toml describes the package; this puts the learner's notebooks into a wheel, which they are made for."""

import importlib
import shutil
import sys
from pathlib import Path
from types import ModuleType

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


def learner() -> ModuleType:
    """``lth_teach.lab.learner``, without what ``lth_teach`` itself loads: torch is not there while a wheel is built."""
    for name in ("lth_teach", "lth_teach.lab"):
        package = ModuleType(name)
        package.__path__ = [str(ROOT.joinpath(*name.split(".")))]
        sys.modules[name] = package
    return importlib.import_module("lth_teach.lab.learner")


class WithNotebooks(build_py):
    """Writes what ``lth-teach lab`` copies; an installation that only points to a clone finds the notebooks there."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        course = Path(self.build_lib) / "lth_teach" / "lab" / "course"
        shutil.rmtree(course, ignore_errors=True)  # of an earlier build in this folder
        course.mkdir(parents=True)
        for name, text in learner().course_files(ROOT / "notebooks", self.distribution.get_version()).items():
            (course / name).write_text(text, encoding="utf-8", newline="\n")


setup(cmdclass={"build_py": WithNotebooks})
