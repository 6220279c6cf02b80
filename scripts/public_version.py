"""Write a repository for learners: build/public/, whose pages open in Colab and Binder at a click.

    python scripts/public_version.py

Its address stands in one place, `Learners` under `[project.urls]` of pyproject.toml. It holds the learner's notebooks
with badges, the module as a wheel, and what Binder installs; solutions and hidden tests are not in it. Make it anew and
push it whenever the course changes: a `.git` in that folder stays.
"""

import re
import runpy
import shutil
import sys
import tomllib
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from lth_teach import __version__
from lth_teach.lab import learner

ROOT = Path(__file__).resolve().parent.parent
BRANCH = "main"
COLAB = """\
# For Colab only: installs the course's module and leaves Colab's own packages as they are. Elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    %pip install -q anywidget mnist1d
    %pip install -q --no-deps https://raw.githubusercontent.com/{repository}/{branch}/{wheel}
    from google.colab import output

    output.enable_custom_widget_manager()"""
BINDER = {
    "requirements.txt": "--extra-index-url https://download.pytorch.org/whl/cpu\n-c constraints.txt\n./{wheel}\n",
    "runtime.txt": "python-3.12\n",
}


def address(project: str) -> str:
    """OWNER/NAME of the learners' repository, from the text of pyproject.toml.

    Raises:
        ValueError: there is none, or it is not on GitHub.
    """
    found = tomllib.loads(project)["project"].get("urls", {}).get("Learners")
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(\.git)?/?", found or "")
    if not match:
        what = f"it is {found!r}" if found else "it has none"
        raise ValueError(
            f"pyproject.toml should name the repository for learners, and {what}. Write\n[project.urls]\n"
            'Learners = "https://github.com/OWNER/NAME"'
        )
    return match[1]


def badges(repository: str, name: str) -> str:
    """Markdown of the two badges of a page."""
    colab = f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{name}"
    binder = f"https://mybinder.org/v2/gh/{repository}/{BRANCH}?urlpath=lab/tree/{name}"
    return (
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})\n"
        f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder})"
    )


def with_badges(text: str, repository: str, name: str, wheel: str) -> str:
    """A learner's notebook with its badges below the title, and the cell that Colab needs."""
    nb = nbformat.reads(text, as_version=4)
    title, _, rest = nb.cells[0].source.partition("\n")
    nb.cells[0].source = f"{title}\n\n{badges(repository, name)}\n{rest}".rstrip("\n")
    source = COLAB.format(repository=repository, branch=BRANCH, wheel=wheel)
    nb.cells.insert(1, new_code_cell(source, id="colab", metadata={"tags": ["hide-input"]}))
    nbformat.validate(nb)
    return nbformat.writes(nb) + "\n"


def write(folder: Path, repository: str, wheel: str) -> None:
    """Write all but the wheel itself into an empty folder."""
    for name, text in learner.course_files(ROOT / "notebooks", __version__).items():
        content = with_badges(text, repository, name, wheel) if name.endswith(".ipynb") else text
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
    for name, text in BINDER.items():
        (folder / name).write_text(text.format(wheel=wheel), encoding="utf-8", newline="\n")
    for name in ("constraints.txt", "LICENSE"):
        shutil.copy(ROOT / name, folder)


def main() -> int:
    try:
        repository = address((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    except ValueError as error:
        print(f"public_version.py: {error}", file=sys.stderr)
        return 1
    folder = ROOT / "build" / "public"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name != ".git":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    build_wheel = runpy.run_path(str(ROOT / "scripts" / "student_version.py"))["build_wheel"]
    write(folder, repository, build_wheel(folder))
    print(f"{folder}: push it to the branch {BRANCH} of https://github.com/{repository}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
