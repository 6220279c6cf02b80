"""What the tests share: one cache folder a session, so that the user's own is left alone, and a small data set."""

import pytest
import torch

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
