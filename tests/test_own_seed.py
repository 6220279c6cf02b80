"""A learner's own seed: the same at every call, nobody else's, and there without a folder that can be written."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from lth_teach.experiments import archive
from lth_teach.lab import own_seed as module
from lth_teach.lab.own_seed import SEEDS, own_seed, with_seed

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


@pytest.fixture
def nothing_drawn():
    module._drawn.cache_clear()
    yield
    module._drawn.cache_clear()


def elsewhere():
    """What another process says."""
    code = "from lth_teach.lab.own_seed import own_seed; print(own_seed())"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_it_is_drawn_once_and_kept_beside_the_progress_file(own_progress, nothing_drawn, tmp_path):
    seed = own_seed()
    assert seed in SEEDS
    assert (tmp_path / "own_seed.txt").read_text() == f"{seed}\n"
    assert own_seed() == elsewhere() == seed


def test_two_learners_have_two_seeds(nothing_drawn, monkeypatch, tmp_path):
    seeds = set()
    for learner in range(30):
        module._drawn.cache_clear()
        monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path / str(learner)))
        seeds.add(own_seed())
    assert len(seeds) >= 28  # two pairs among thirty: once in eight million classes


def test_it_is_no_seed_of_the_archive_the_settings_or_a_stored_page():
    taken = {*range(100), *range(archive.FIRST_SEED, archive.FIRST_SEED + 1_000), module.STORED, module.STORED + 1}
    assert not taken & set(SEEDS)
    assert SEEDS.stop + 1_000 < 1_000_000 + SEEDS.start  # experiments add a million for a second draw


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"2000", b"-400000", b"\xff\xfe", "٤٠٠٠٠٠".encode(), b"9" * 5000]
)
def test_a_damaged_file_is_drawn_anew(own_progress, nothing_drawn, tmp_path, content):
    (tmp_path / "own_seed.txt").write_bytes(content)
    assert own_seed() in SEEDS
    assert own_seed() == int((tmp_path / "own_seed.txt").read_text())


def test_without_a_folder_to_write_it_lasts_as_long_as_the_process_and_one_warning_says_so(no_cache, nothing_drawn):
    with pytest.warns(UserWarning, match="nothing can be kept in the cache") as told:
        seeds = {own_seed(), own_seed()}
    assert len(told) == len(seeds) == 1
    assert seeds <= set(SEEDS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_page_is_given_it_in_its_parameters_and_nowhere_else(path):
    """Pages of the first edition begin at seed 0 for experiments of their own, and are left as they are."""
    text = path.read_text(encoding="utf-8")
    before, after = (nbformat.reads(one, as_version=4).cells for one in (text, with_seed(text, 482_130)))
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    if "base_seed: int = 0" in text:
        assert changed == []
        return
    (given,) = changed
    assert given.metadata.tags == ["parameters"]
    assert re.search(r"^base_seed: int = 482130 ", given.source, re.MULTILINE)
