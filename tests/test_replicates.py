import os
import threading
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.stats
import torch

from lth_teach import Trainer, models, replicates
from lth_teach.replicates import Interval, interval, paired_difference, summarise


def double(seed, factor=2):
    return {"result": factor * seed}


# Running


def test_one_row_for_each_seed():
    table = replicates.run(double, 3, jobs=1)
    assert table.to_dict("list") == {"seed": [0, 1, 2], "result": [0, 2, 4]}


def test_settings_become_columns():
    table = replicates.run(double, 2, [{"factor": 2}, {"factor": 10}], base_seed=5, jobs=1)
    assert table.to_dict("list") == {"seed": [5, 6, 5, 6], "factor": [2, 2, 10, 10], "result": [10, 12, 50, 60]}


def test_an_experiment_may_return_several_rows():
    table = replicates.run(lambda seed: [{"arm": "ticket"}, {"arm": "random"}], [7, 3], jobs=1)
    assert table["seed"].tolist() == [7, 7, 3, 3]
    assert table["arm"].tolist() == ["ticket", "random"] * 2


@pytest.mark.slow
def test_two_processes_give_the_same_table_as_one(tiny):
    def experiment(seed, width):  # a local function, as one defined in a notebook
        model = models.mlp(6, width, 3, seed=seed)
        trainer = Trainer(tiny, iterations=8, batch_size=20, order_seed=seed, device="cpu")
        return {"accuracy": float(trainer(model)), "weight": model[0].weight.sum().item(), "process": os.getpid()}

    settings = [{"width": 8}, {"width": 20}]
    one, two = (replicates.run(experiment, 2, settings, jobs=jobs) for jobs in (1, 2))
    assert set(one.pop("process")) == {os.getpid()}
    assert os.getpid() not in set(two.pop("process"))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_the_users_own_backend_is_respected():
    barrier = threading.Barrier(2, timeout=60)

    def experiment(seed):
        barrier.wait()  # passes only if two run at the same time
        return {"process": os.getpid(), "thread": threading.get_ident()}

    with joblib.parallel_config(backend="threading"):
        table = replicates.run(experiment, 2, jobs=2)
    assert table["process"].unique().tolist() == [os.getpid()]
    assert table["thread"].nunique() == 2


def test_on_a_gpu_runs_follow_each_other_in_this_process(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    table = replicates.run(lambda seed: {"process": os.getpid()}, 3, device="cuda", jobs=2)
    assert table["process"].unique().tolist() == [os.getpid()]


def test_the_number_of_threads_is_put_back():
    before = torch.get_num_threads()
    table = replicates.run(lambda seed: {"threads": torch.get_num_threads()}, 1)
    assert table["threads"].tolist() == [1]
    assert torch.get_num_threads() == before


def test_an_error_in_the_experiment_reaches_you():
    with pytest.raises(ZeroDivisionError):
        replicates.run(lambda seed: {"result": 1 / seed}, 2, jobs=1)


@pytest.mark.parametrize("seeds", [0, -1, []])
def test_fewer_than_one_seed_is_refused(seeds):
    with pytest.raises(ValueError, match="seeds must be at least 1, got"):
        replicates.run(double, seeds)


def test_a_seed_twice_no_settings_and_an_absent_device_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"every seed may appear once only, got \[1, 1\]"):
        replicates.run(double, [1, 1])
    with pytest.raises(ValueError, match="settings is empty"):
        replicates.run(double, 2, [])
    with pytest.raises(ValueError, match="'cuda' is not present"):
        replicates.run(double, 2, device="cuda")


# Intervals


@pytest.mark.parametrize("n", [2, 3, 5, 50])
def test_the_interval_is_students(n):
    values = np.random.default_rng(n).normal(70, 3, n)
    found = interval(values)
    low, high = scipy.stats.t.interval(0.95, n - 1, loc=values.mean(), scale=scipy.stats.sem(values))
    assert (found.mean, found.low, found.high) == pytest.approx((values.mean(), low, high))
    assert found.n == n


def test_fractions_can_be_turned_into_points():
    assert interval([0.25, 0.75], scale=100).mean == 50


def test_equal_values_have_an_interval_of_no_width():
    assert interval([0.5, 0.5, 0.5]) == Interval(0.5, 0.5, 0.5, 3)


def test_one_value_has_no_interval_and_says_so_without_nan_or_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = interval([0.5])
        table = summarise(pd.DataFrame({"arm": ["a", "b"], "accuracy": [0.5, 0.6]}), "arm", "accuracy")
    assert (found.low, found.high) == (None, None)
    assert str(found) == "0.50 (n = 1, so no interval)"
    assert table["n"].tolist() == [1, 1]
    assert list(table.columns) == ["arm", "mean", "n"]
    assert not table.isna().any(axis=None)


def test_an_interval_says_how_many_values_it_rests_on():
    assert str(Interval(1.234, 1.0, 1.5, 3)) == "1.23 [1.00, 1.50], n = 3"


@pytest.mark.parametrize("values", [[], [1, float("nan")], [float("inf")]])
def test_no_values_and_values_that_are_not_finite_are_refused(values):
    with pytest.raises(ValueError, match="finite values, at least one"):
        interval(values)


TABLE = pd.DataFrame(
    {
        "seed": [0, 1, 2, 2, 1, 0],  # the second arm in another order
        "arm": ["ticket"] * 3 + ["random"] * 3,
        "accuracy": [0.50, 0.70, 0.90, 0.88, 0.67, 0.49],
    }
)


def test_summarise_gives_an_interval_for_each_group():
    table = summarise(TABLE, "arm", "accuracy", scale=100).set_index("arm")
    expected = interval([50, 70, 90])
    assert table.loc["ticket"].tolist() == pytest.approx([expected.mean, expected.low, expected.high, 3])
    assert table.index.tolist() == ["ticket", "random"]
    assert len(summarise(TABLE, ["arm", "seed"], "accuracy")) == 6


def test_differences_are_paired_by_seed_not_by_place():
    found = paired_difference(TABLE, "accuracy", {"arm": "ticket"}, {"arm": "random"})
    expected = interval([1, 3, 2])  # 50 − 49, 70 − 67, 90 − 88
    assert (found.mean, found.low, found.high) == pytest.approx((expected.mean, expected.low, expected.high))


def test_pairing_needs_the_same_seeds_once_on_both_sides():
    ticket, random = {"arm": "ticket"}, {"arm": "random"}
    with pytest.raises(ValueError, match=r"has seeds \[0, 1, 2\]"):
        paired_difference(TABLE[1:], "accuracy", random, ticket)
    with pytest.raises(ValueError, match="selects 6 rows; pairing needs exactly one for each seed"):
        paired_difference(TABLE, "accuracy", {}, random)
    with pytest.raises(ValueError, match="'arm': 'reinit'} selects 0 rows"):
        paired_difference(TABLE, "accuracy", ticket, {"arm": "reinit"})


@pytest.mark.parametrize("seeds", [np.int64(3), np.uint8(3), np.arange(3), [np.int64(0), 1, 2], torch.arange(3)])
def test_seeds_may_be_numpys(seeds):
    found = replicates.seed_list(seeds)
    assert found == [0, 1, 2]
    assert {type(seed) for seed in found} == {int}


def test_seeds_may_be_of_any_size():
    assert replicates.seed_list(2, 2**70) == [2**70, 2**70 + 1]
    assert replicates.seed_list(2, np.int64(-5)) == [-5, -4]
    assert replicates.run(double, [2**70, -(2**70)], jobs=np.int64(1))["seed"].tolist() == [2**70, -(2**70)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"seeds": [1, True]}, "a seed must be a whole number, got True"),
        ({"seeds": [0.5]}, "a seed must be a whole number, got 0.5"),
        ({"seeds": np.array([0.5])}, "a seed must be a whole number, got np.float64"),
        ({"seeds": 3.0}, "seeds must be a whole number or a list of them, got 3.0"),
        ({"seeds": np.zeros((2, 2), int)}, "seeds must be a whole number or a list of them, got array"),
        ({"seeds": 3, "base_seed": "0"}, "base_seed must be a whole number, got '0'"),
    ],
)
def test_seeds_that_are_none_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        replicates.seed_list(**given)
