"""Write what learners get: build/student/ and, of the same files, build/lth-teach-student.zip.

    python scripts/student_version.py                 into build/
    python scripts/student_version.py some/folder     into another folder

The notebooks go through the steps of `nbgrader generate_assignment`, as scripts/nbgrader_config.py lists them, without
its database. The zip also holds lth_teach as a wheel, with the exact versions of everything else, so that it can be
opened without this repository.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import SaveCells
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

ROOT = Path(__file__).resolve().parent.parent


def settings() -> Config:
    """The settings of nbgrader_config.py."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(ROOT / "scripts")).load_config()


def student_notebook(nb: NotebookNode, config: Config) -> NotebookNode:
    """A notebook without solutions, hidden tests, and what was computed with an answer."""
    resources: dict = {}
    for step in config.GenerateAssignment.preprocessors:
        if step is not SaveCells:  # the one that needs the database
            nb, resources = step(config=config).preprocess(nb, resources)
    return nb


def build_wheel(folder: Path) -> str:
    """Build lth_teach into the folder, from a copy: building leaves files behind. Returns the wheel's name."""
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "source"
        shutil.copytree(ROOT / "lth_teach", source / "lth_teach", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "LICENSE"):
            shutil.copy(ROOT / name, source)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*command, "--no-build-isolation", "--wheel-dir", str(folder), str(source)], check=True)
    return next(folder.glob("lth_teach-*.whl")).name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build", help="default: build")
    target = parser.parse_args().folder / "student"
    shutil.rmtree(target, ignore_errors=True)
    (target / "notebooks").mkdir(parents=True)
    config = settings()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        nb = student_notebook(nbformat.read(path, as_version=4), config)
        nbformat.validate(nb)
        (target / "notebooks" / path.name).write_text(nbformat.writes(nb) + "\n", encoding="utf-8", newline="\n")
    map_of_notebooks = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]
    (target / "notebooks" / "README.md").write_text(map_of_notebooks, encoding="utf-8")
    for name in ("constraints.txt", "LICENSE"):
        shutil.copy(ROOT / name, target)
    wheel = build_wheel(target)
    readme = (ROOT / "scripts" / "student_readme.md").read_text(encoding="utf-8")
    (target / "README.md").write_text(readme.replace("WHEEL", wheel), encoding="utf-8")
    packed = target.with_name("lth-teach-student.zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(target.rglob("*")):
            archive.write(path, Path("lth-teach") / path.relative_to(target))
    print(f"{target}\n{packed}")


if __name__ == "__main__":
    main()
