"""A folder of levels: each is there again, or set aside; nothing is half-done."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lth_teach.ground import levels


def keep(store, index, details=None):
    store.save(index, {"weights": {"0.x": torch.ones(2)}}, details or {}, levels.random_state())


FULL_DISK = """
import resource, sys, torch
from lth_teach.ground import levels
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
store = levels.LevelStore(sys.argv[1], "0123456789abcdef and more")
store.check_writable()
numbers = levels.random_state()
store.save(0, {"w": {"x": torch.zeros(10)}}, {}, numbers)
try:
    store.save(1, {"w": {"x": torch.zeros(100_000)}}, {}, numbers)
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX's")
def test_a_full_disk_is_reported_with_the_folder_and_what_is_kept(tmp_path):
    run = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert re.search(f"level 1 could not be kept in the store {tmp_path}: .*too large.* kept there: 0;", said)
    assert os.listdir(tmp_path / "0123456789abcdef") == ["level_00.safetensors"]


def test_a_store_that_is_a_file_or_lies_in_one_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "sub"):
        with pytest.raises(NotADirectoryError, match="must be a folder"):
            levels.LevelStore(folder, "key").check_writable()


def test_a_store_in_a_folder_without_permission_is_refused_early(tmp_path, monkeypatch):
    def refused(path, content):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_bytes", refused)  # the tests may run as root, who may write everywhere
    with pytest.raises(OSError, match=f"nothing can be kept in the store {tmp_path}.*Permission denied"):
        levels.LevelStore(tmp_path, "key").check_writable()


@pytest.fixture
def store(tmp_path):
    return levels.LevelStore(tmp_path, "0123456789abcdef and more")


def test_a_store_gives_back_levels_and_leaves_those_of_other_keys_alone(store, tmp_path):
    other = levels.LevelStore(tmp_path, "another key")
    store.check_writable()
    assert os.listdir(tmp_path / "0123456789abcdef") == []
    keep(store, 3, {"accuracy": 0.5})
    parts, details = store.load(3, {})
    assert (parts["weights"]["0.x"].tolist(), details) == ([1, 1], {"accuracy": 0.5})
    assert store.load(2, {}) is None
    assert other.load(3, {}) is None


@pytest.mark.parametrize("how", ["damaged", "another level", "another key"])
def test_a_damaged_or_foreign_level_is_set_aside_with_a_warning(store, tmp_path, how):
    keep(store, 1)
    path = tmp_path / "0123456789abcdef" / "level_01.safetensors"
    if how == "damaged":
        path.write_bytes(path.read_bytes()[:-1])
    elif how == "another level":
        path = path.rename(path.with_name("level_02.safetensors"))
    else:
        keep(levels.LevelStore(tmp_path, "0123456789abcdef and other"), 1)
    content = path.read_bytes()
    index = int(path.name[6:8])
    with pytest.warns(UserWarning, match=rf"now level_0{index}.safetensors.damaged-.*level {index} is computed again"):
        assert store.load(index, {}) is None
    (aside,) = path.parent.iterdir()
    assert aside.read_bytes() == content
    assert store.load(index, {}) is None  # and no second warning
    keep(store, index)
    assert store.load(index, {}) is not None


RANDOM_NUMBERS = """
import random, sys
import numpy as np
import torch
from lth_teach.ground.levels import LevelStore, random_state

torches = torch.manual_seed, lambda: torch.rand(1).item()
numpys = np.random.seed, np.random.standard_normal  # keeps a second number for later
pythons = random.seed, lambda: random.gauss(0, 1)
for name, (seed, draw), (_, other) in (("a", torches, pythons), ("b", numpys, torches), ("c", pythons, numpys)):
    store = LevelStore(sys.argv[1], name)
    seed(1)
    before = random_state()
    drawn = draw()
    store.save(0, {"weights": {"0.x": torch.ones(2)}}, {}, before)
    following = draw()
    assert store.load(0, {}) is None, name  # the numbers stand elsewhere
    seed(1)
    other()  # another generator may stand anywhere
    assert store.load(0, {}) is not None, name
    assert draw() == following != drawn, name  # as if they had been drawn
print("all three")
"""


def test_a_level_that_drew_random_numbers_is_there_only_for_the_same_ones(tmp_path):
    # In a process of its own: threads that other tests left behind may draw numbers here.
    command = [sys.executable, "-c", RANDOM_NUMBERS, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.stdout == "all three\n", run.stderr


def test_a_level_is_there_only_for_a_search_that_stands_where_it_started(store):
    store.save(0, {"masks": {"0.x": torch.tensor([True, False])}}, {}, levels.random_state())
    assert store.load(0, {"masks": {"0.x": torch.tensor([False, True])}}) is None
    assert store.load(0, {"masks": {"0.x": torch.tensor([True, False])}}) is not None
