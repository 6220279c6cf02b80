"""Notebooks run with other parameters than the stored ones. (That the stored ones still hold is nbval's part.)"""

import re
import runpy
from pathlib import Path

import papermill
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"


def run(name, folder, **given):
    """Execute a notebook with these parameters through papermill; its output goes to ``folder``."""
    return papermill.execute_notebook(
        NOTEBOOKS / name,
        folder / "out.ipynb",
        parameters=given,
        kernel_name="python3",
        progress_bar=False,
        cwd=NOTEBOOKS,
    )


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_the_picture_of_readme_and_site_is_described_by_the_numbers_that_it_shows():
    picture = runpy.run_path(str(ROOT / "scripts" / "readme_picture.py"))["picture"]()
    assert f"![{picture.alt}](docs/ticket.png)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f":alt: {picture.alt}\n" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_every_notebook_in_the_maps_exists_and_every_notebook_is_in_them():
    names = {path.name for path in NOTEBOOKS.glob("*.ipynb")}
    for readme, folder in ((ROOT / "README.md", "notebooks/"), (NOTEBOOKS / "README.md", "")):
        assert set(re.findall(rf"\]\({folder}(\w+\.ipynb)\)", readme.read_text(encoding="utf-8"))) == names


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"prun_rate": 0.3}, "unknown parameter prun_rate; this notebook takes prune_rate, device, seeds"),
        ({"preset": "fast"}, "preset must be one of quick, full, got 'fast'"),
        ({"seeds": 0}, "seeds must be at least 1, got 0"),
    ],
)
def test_a_wrong_parameter_stops_a_notebook_before_it_computes_anything(tmp_path, given, message):
    with pytest.raises(papermill.PapermillExecutionError, match=message):
        run("11_imp_lemma.ipynb", tmp_path, **given)


@pytest.mark.slow
def test_a_setting_that_the_archive_lacks_is_run_live_and_the_page_says_so(tmp_path):
    notebook = run("02_imp.ipynb", tmp_path, prune_rate=0.9, seeds=2, base_seed=7)
    text = "".join(output.get("text", "") for output in outputs(notebook))
    assert "holds no prune_rate 0.9 here; it holds 0.36" in text
    assert "So this page runs 2 seeds here." in text
    assert "LotteryTicketFinder are the same: True" in text
