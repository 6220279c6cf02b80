"""How long a notebook takes: write the columns "read" and "time" of notebooks/README.md from the notebooks.

    python scripts/times.py

Reading: the learner's text at 110 words a minute. Time: that, and ten minutes for each exercise and question. Both are
rounded up to five minutes.
"""

import math
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "notebooks" / "README.md"
WORDS_A_MINUTE, MINUTES_AN_EXERCISE = 110, 10


def minutes(nb: NotebookNode) -> tuple[int, int]:
    """Minutes to read a notebook, and to read it and do its exercises; model answers are not read."""
    marked = [(cell, cell.metadata.get("nbgrader", {})) for cell in nb.cells]
    text = " ".join(cell.source for cell, marks in marked if cell.cell_type == "markdown" and not marks.get("solution"))
    text = re.sub(r"<[^>]+>|\]\([^)]*\)", " ", text)  # tags, and the addresses of links
    reading = len(re.findall(r"\w[\w'’-]*", text)) / WORDS_A_MINUTE
    working = reading + MINUTES_AN_EXERCISE * sum(bool(marks.get("solution")) for _, marks in marked)
    return _up(reading), _up(working)


def _up(value: float) -> int:
    return 5 * math.ceil(value / 5)


def with_times(guide: str) -> str:
    """The guide with both columns as the notebooks say."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        reading, working = minutes(nbformat.read(path, as_version=4))
        number = path.name.partition("_")[0]
        guide = re.sub(rf"(?m)^(\| \[{path.stem}\].*\| )\d+( min \|(?: [^|]* \|){{2}})$", rf"\g<1>{reading}\2", guide)
        guide = re.sub(rf"(?m)^(\| {number} \|.*\| )\d+( min \| \d+ \| \d+ \|)$", rf"\g<1>{working}\2", guide)
    return guide


def main() -> None:
    GUIDE.write_text(with_times(GUIDE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
