"""Notebooks run with other parameters than the stored ones. (That the stored ones still hold is nbval's part.)"""

import re
import runpy
import struct
from pathlib import Path

import numpy as np
import papermill
import pytest

from lth_teach.ground.idx import MNIST_FILES
from lth_teach.lab.first_edition.claims import METADATA

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


def claims_of(notebook):
    """Key → claim, from the metadata that claims.record leaves with a notebook's outputs."""
    found = [output.get("metadata", {}).get(METADATA) for output in outputs(notebook)]
    return {claim["key"]: claim for claim in found if claim}


def write_idx(path, array):
    path.write_bytes(struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape) + array.tobytes())


@pytest.mark.slow
def test_full_preset_runs_on_a_folder_of_idx_files(tmp_path):
    random = np.random.default_rng(0)
    for name, rows in zip(MNIST_FILES, (240, 240, 60, 60), strict=True):
        if "images" in name:
            array = random.integers(0, 256, (rows, 28, 28), dtype=np.uint8)
        else:
            array = (np.arange(rows) % 10).astype(np.uint8)
        write_idx(tmp_path / name, array)
    notebook = run(
        "01_hypothesis.ipynb",
        tmp_path,
        preset="full",
        data_folder=str(tmp_path),
        full_iterations=50,
        prune_rate=0.7,
        seeds=2,
        device="cpu",
    )
    claims = claims_of(notebook)
    assert {"01-attribution", "01-formal-statement", "01-accuracy-digits", "01-matching-test-size"} <= set(claims)
    assert claims["01-accuracy-digits"]["n"] == 2
    text = "".join(output.get("text", "") for output in outputs(notebook))
    assert "'iterations': 50, " in text
    assert "60 test digits" in text  # it read the folder, not the digits that come with a package
    assert not any(output.get("name") == "stderr" for output in outputs(notebook))


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
