"""Build the site: the pages to read, from the stored notebooks and docs/. Nothing is executed.

    python scripts/site.py                 into build/site/
    python scripts/site.py some/folder     into another folder

A page is the learner's version of a notebook (no solutions, no hidden tests) with the outputs that it clears, except
those of exercises and their tests.
"""

import argparse
import importlib
import re
import shutil
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from sphinx.cmd.build import build_main

from lth_teach.lab.dependence import is_graded
from lth_teach.lab.learner import learners_version

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
CHAPTERS = (
    "00_start_here",
    "01_hypothesis",
    "02_imp",
    "03_stability",
    "03b_three_explanations",
    "04_ntk_view",
    "05_late_reset",
    "09_gradient_flow",
    "10_generalisation",
    "11_imp_lemma",
)
PAGES = [ROOT / "notebooks" / f"{name}.ipynb" for name in CHAPTERS]
TEXTS = ("index.md", "glossary.md", "bibliography.md", "ticket.png")

EXPLORER = "lth_teach_explorer"  # in an output's metadata: the module of lth_teach.explore that takes its place
WIDGET = "application/vnd.jupyter.widget-view+json"  # shows nothing without a kernel; what stands beside it does
TEXT_STUB = "*Your answer: write a few sentences, in the notebook.*"
FOLDED = {"after-prediction": "hide-output", "parameters": "hide-input"}  # our tag → myst-nb's
LINK_TO_FILE = re.compile(r"(?<!!)\[([^\[\]]+)\]\((?![a-z]+:)([^()\s#]+\.(?:ipynb|md))(?:#[^()\s]*)?\)")
REMOTE_STYLE = re.compile(r"<link\b[^>]*\bhref=[\"']?(?:https?:)?//[^>]*>")


def without_dead_links(text: str, pages: Collection[str]) -> str:
    """Markdown in which a link to a notebook or text that is no page (file names) is left as plain words."""
    return LINK_TO_FILE.sub(lambda link: link[0] if link[2] in pages else link[1], text)


def shown(output: NotebookNode) -> NotebookNode:
    """An output as the page shows it: an explorer instead of its picture, no widget, no style sheet of another host.

    matplotlib's animations ask for such a style sheet, for the icons of their buttons; the theme has those icons.

    Raises:
        ValueError: the output is a figure without alt text.
    """
    metadata, data = output.get("metadata", {}), output.get("data", {})
    if EXPLORER in metadata:
        explorer = importlib.import_module(f"lth_teach.explore.{metadata[EXPLORER]}")
        return new_output("display_data", {"text/html": explorer.html()})
    if "image/png" in data and not metadata.get("image/png", {}).get("alt"):
        raise ValueError(
            'a figure has no alt text: metadata["image/png"]["alt"] is missing or empty (see plots.Picture)'
        )
    still = {kind: content for kind, content in data.items() if kind != WIDGET}
    if "text/html" in still:
        still["text/html"] = REMOTE_STYLE.sub("", still["text/html"])
    return NotebookNode(output | {"data": NotebookNode(still)}) if data else output


def fold(cell: NotebookNode) -> None:
    """Give a code cell the tags by which myst-nb folds its input or outputs."""
    tags = cell.metadata.get("tags", [])
    cell.metadata["tags"] = [*tags, *(FOLDED[tag] for tag in tags if tag in FOLDED and FOLDED[tag] not in tags)]
    if "after-prediction" in tags:
        cell.metadata["mystnb"] = {"code_prompt_show": "Show the {type} (predict first)"}


def page_of(stored: NotebookNode, pages: Collection[str]) -> NotebookNode:
    """The page of a stored notebook: nothing of a solution or a hidden test, everything else as it was run.

    Args:
        pages: file names of the notebooks that are pages, so that links to them stay.

    Raises:
        ValueError: a figure has no alt text; says in which cell.
    """
    page = learners_version(stored, TEXT_STUB)
    before = {cell.id: cell for cell in stored.cells}
    for index, cell in enumerate(page.cells):
        if cell.cell_type == "markdown":
            cell.source = without_dead_links(cell.source, pages)
        elif cell.cell_type == "code":
            fold(cell)
            if not is_graded(cell):
                try:
                    cell.outputs = [shown(output) for output in before[cell.id].outputs]
                except ValueError as error:
                    raise ValueError(f"cell {index}: {error}") from error
    return page


def write_source(folder: Path, notebooks: Sequence[Path]) -> None:
    """Write what Sphinx reads: the texts of docs/, and the page of each notebook."""
    (folder / "notebooks").mkdir(parents=True)
    for name in TEXTS:
        shutil.copy(DOCS / name, folder)
    pages = {path.name for path in notebooks}
    for path in notebooks:
        page = page_of(nbformat.read(path, as_version=4), pages)
        (folder / "notebooks" / path.name).write_text(nbformat.writes(page), encoding="utf-8")


def build(target: Path, notebooks: Sequence[Path]) -> Path:
    """Build the site of these notebooks into the folder ``target`` and return its first page.

    The folder appears, or is replaced, when all is done.

    Raises:
        ValueError: the folder holds something else than a site; or a figure has no alt text.
        RuntimeError: Sphinx warned of something; what it was stands in stderr.
    """
    if target.exists() and not (target / ".buildinfo").exists():
        raise ValueError(f"{target} exists and is no site, so it is not replaced: name a new folder, or delete it")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".site-", dir=target.parent) as temporary:
        source, html, doctrees = (Path(temporary) / name for name in ("source", "html", "doctrees"))
        write_source(source, notebooks)
        strict = ["-q", "-W", "--keep-going"]
        if build_main([*strict, "-c", str(DOCS), "-d", str(doctrees), str(source), str(html)]):
            raise RuntimeError("the site was not built: Sphinx's warnings above say why")
        if target.exists():
            shutil.rmtree(target)
        html.rename(target)
    return target / "index.html"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "site", help="default: build/site")
    try:
        print(build(parser.parse_args().folder, PAGES))
    except (ValueError, RuntimeError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
