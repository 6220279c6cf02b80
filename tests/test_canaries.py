"""Code and archive of every experiment agree: one archived seed of each setting, rehearsed again.

Three steps of each of its trainings. The oracle is the archive; test_imp_experiment.py and test_residual_experiment.py
show that a canary notices another learning rate, order of the data, start or mask.
"""

import importlib
import pkgutil

import pytest

from lth_teach import experiments
from lth_teach.experiments import archive, hypothesis

CHAPTERS = [module.name for module in pkgutil.iter_modules(experiments.__path__)]
SETTINGS = [
    (name, setting)
    for name in CHAPTERS
    for setting in getattr(importlib.import_module(f"lth_teach.experiments.{name}"), "SETTINGS", ())
]


def words(name, setting):
    return " ".join([name, *(str(value) for key, value in setting.items() if key != "prune_rate")])


@pytest.mark.parametrize(("name", "setting"), SETTINGS, ids=[words(*one) for one in SETTINGS])
def test_code_and_archive_agree(name, setting):
    if setting.get("data") == "mnist" and not hypothesis.mnist_folder().is_dir():
        pytest.skip("full MNIST is not on this machine")
    table = archive.canary(name, setting)
    assert table["agrees"].all(), f"\n{table}"
