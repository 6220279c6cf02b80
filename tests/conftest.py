"""What the tests share: a cache folder a session, so that the user's own is left alone; small data and networks."""

import pytest
import torch

from lth_teach import models
from lth_teach.data import Dataset

torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
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
