"""The bench of notebook 03b's own run: what the experiment does, in the learner's hands.

Trainings of three steps on the real data. Oracles: the experiment's own rows of the same seed; t values from a table.
"""

import pandas as pd
import pytest
import torch

from lth_teach import data
from lth_teach.experiments import explanations, imp
from lth_teach.lab import explanations_bench
from lth_teach.lab.checks import nb03b


@pytest.fixture
def bench():
    return explanations_bench.Bench(imp.Setup(data.mnist1d(), "short", 4, stop=3), 0.36)


def test_accuracies_are_those_of_the_experiment_with_the_same_seed(bench):
    rows = {row["arm"]: row["accuracy"] for row in explanations.run(4, stop=3)}  # of the ticket, the last level's
    masks = bench.find(bench.start, 0)
    largest = nb03b.largest_at_start.solution(bench.start, masks)
    assert bench.accuracy(masks, bench.start) == rows["ticket"]
    assert bench.accuracy(largest, bench.start) == rows["largest at the start"]


def test_an_order_is_searched_once_for_a_start_and_trained_with_its_own_data(bench):
    first, again = bench.find(bench.start, 1), bench.find(bench.start, 1)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert sum(int(mask.sum()) for mask in first.values()) / 43_000 == pytest.approx(0.64**5, rel=1e-3)
    other = bench.find({name: weights.flip(0) for name, weights in bench.start.items()}, 1)
    assert any(not torch.equal(first[name], other[name]) for name in first)
    ends = [bench.train(bench.start, order) for order in (1, 1, 2)]
    for name in bench.start:
        assert torch.equal(ends[0][name], ends[1][name])
        assert not torch.equal(ends[0][name], ends[2][name])


def test_expected_is_where_one_more_run_should_lie():
    rows = pd.DataFrame(
        {"arm": arm, "level": level, "accuracy": 0.6 + 0.01 * seed, "moved": 1.2 + 0.01 * seed}
        for seed in (-1, 0, 1)
        for arm, level in (("ticket", 5), ("dense, other order", 0))
    )
    text = explanations_bench.expected({"ticket": 0.61}, rows, moved=1.25)
    # 1 % over the page's seven numbers, p = 1 − 0.01/14; with two degrees of freedom t = (2p − 1) / √(2p(1 − p)) =
    # 26.42, times 0.01 · √(4/3) = 0.01155: 30.5 points, and 0.305
    assert text.splitlines() == [
        "ticket               61.0%, expected 29.5% to 90.5%",
        "moved, another order 1.25 times as far, expected 0.89 to 1.51",
    ]
    assert explanations_bench.expected({"ticket": 0.61}, rows).count("\n") == 0


def test_an_arm_that_the_archive_lacks_is_refused():
    rows = pd.DataFrame({"arm": ["ticket"], "level": [5], "accuracy": [0.6], "moved": [1.2]})
    with pytest.raises(ValueError, match="finite values"):
        explanations_bench.expected({"noise": 0.6}, rows)
