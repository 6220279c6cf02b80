"""Every measured number in the prose of a second-edition page is one that the archive gives.

Two oracles. For 02, README and the site's first page: means and differences computed here. For the others: what the
page's own cells print or describe of the archive, in outputs that nbval compares.
"""

import re
from itertools import permutations
from pathlib import Path

import nbformat
import pytest

from lth_teach.experiments import archive
from lth_teach.replicates import interval

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"notebooks/02_imp.ipynb": "imp", "README.md": "imp", "docs/index.md": "imp"}
SHOWN = (
    "00_start_here",
    "01_hypothesis",
    "03_stability",
    "03b_three_explanations",
    "04_ntk_view",
    "05_late_reset",
    "06_malach_bound",
    "09_gradient_flow",
    "10_generalisation",
    "11_imp_lemma",
)
INVENTED = "invented-numbers"  # tag of a text cell with a made-up example
NUMBER = r"−?\d+\.\d"
QUOTED = re.compile(rf"(?<![\d.v−]){NUMBER} \[{NUMBER}, {NUMBER}\]|(?<![\d.v−§]){NUMBER}(?![\d.])")


def said(value):
    return f"{value:.1f}".replace("-", "−")


def quotable(name):
    """Densities in percent; means of all arms at each level; differences between any two arms, with their intervals."""
    rows = archive.load(name)
    numbers = {said(100 * density) for density in rows["density"]}
    kinds = ["study", "data", "budget", "prune_rate"]
    for _, part in rows.groupby([kind for kind in kinds if kind in rows], dropna=False):
        dense = part[part["arm"] == "dense"]
        for _, level in part[part["arm"] != "dense"].groupby("level"):
            arms = {arm: of.set_index("seed")["accuracy"] for arm, of in level.groupby("arm")}
            arms["dense"] = dense.set_index("seed")["accuracy"]
            numbers |= {said(interval(values, 100).mean) for values in arms.values()}
            for first, second in permutations(arms.values(), 2):
                found = interval(first - second, 100)
                numbers |= {said(found.mean), f"{said(found.mean)} [{said(found.low)}, {said(found.high)}]"}
    return numbers


def prose(path):
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8").partition("\n## Start")[0]
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(
        c.source for c in cells if c.cell_type == "markdown" and INVENTED not in c.metadata.get("tags", [])
    )


def without_addresses(text):
    return re.sub(r"https?://\S+|`[^`]*`", "", text)


@pytest.mark.parametrize("page", PAGES)
def test_every_number_in_the_prose_is_one_of_the_archive(page):
    text = without_addresses(prose(ROOT / page))
    numbers = quotable(PAGES[page])
    assert [number for number in QUOTED.findall(text) if number not in numbers] == []
    assert len(QUOTED.findall(text)) >= 2  # it did look at some


def shown(path):
    """Numbers in text and alt text of the outputs that nbval compares."""
    numbers = set()
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code" or "nbval-ignore-output" in cell.metadata.get("tags", []):
            continue
        for output in cell.outputs:
            texts = [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
            texts.append(output.get("metadata", {}).get("image/png", {}).get("alt", ""))
            for text in texts:
                found = re.findall(r"[-−+]?\d+\.\d+", text)
                numbers |= {number.replace("-", "−").lstrip("+") for number in found}
    return numbers


@pytest.mark.parametrize("page", SHOWN)
def test_every_number_in_the_prose_stands_in_an_output_that_is_compared(page):
    path = ROOT / "notebooks" / f"{page}.ipynb"
    quoted = re.findall(rf"(?<![\d.v−§]){NUMBER}(?![\d.])", without_addresses(prose(path)))
    assert [number for number in quoted if number not in shown(path)] == []


def test_a_number_that_was_never_measured_is_found():
    assert QUOTED.findall("a loss of 3.7 points, −1.2 [−1.9, −0.5], in 1803.03635 and v2.1") == [
        "3.7",
        "−1.2 [−1.9, −0.5]",
    ]
    assert "99.9" not in quotable("imp")
