"""What the tests share: a cache folder a session, so that the user's own is left alone; small data and networks."""

import os

import pytest
import torch
from xdist.scheduler import LoadScopeScheduling

from lth_teach import models
from lth_teach.data import Dataset
from lth_teach.ground import storage
from lth_teach.lab import checks

torch.set_num_threads(1)


class OneFileOneProcess(LoadScopeScheduling):
    """Under ``pytest -n 2``: the fixtures of a file are made once; and what keeps both cores busy runs by itself."""

    def _split_scope(self, nodeid):
        file = nodeid.partition("::")[0]
        return "both cores" if file.startswith(("tests/browser/", "tests/test_nbgrader.py")) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return OneFileOneProcess(config, log)


def pytest_collection_modifyitems(items):
    """What takes long goes first, so that no process waits for another at the end."""
    items.sort(key=lambda item: not any(map(item.get_closest_marker, ("slow", "browser"))))


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory):
    """One for all processes of a run, so that data are generated once; files there are written whole or not at all."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "cache"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LTH_TEACH_CACHE", str(folder))
        yield folder


@pytest.fixture
def tiny():
    """Three overlapping clouds of points: 6 inputs, 80 rows to train on, 30 to validate, 40 to test."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(150) % 3
    x = torch.randn(3, 6, generator=generator)[y] + torch.randn(150, 6, generator=generator)
    return Dataset("tiny", x[:80], y[:80], x[80:110], y[80:110], x[110:], y[110:])


@pytest.fixture
def own_progress(tmp_path, monkeypatch):
    """A progress file of the test's own, for those that pass exercises or ask for hints."""
    monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path))


@pytest.fixture
def net():
    """A small network in double precision: 4 inputs, 3 outputs."""
    return models.mlp(4, 7, 3, seed=0).double()


@pytest.fixture
def x():
    """Six inputs for it."""
    return torch.randn(6, 4, generator=torch.Generator().manual_seed(1)).double()


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    """A cache folder that nobody can make, root included: a file lies where it should be. Nothing was said yet."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(storage, "_failures", [])
    monkeypatch.setattr(checks, "_unwritten", {})
