"""The bench of notebook 03b's own run: what the experiment does, in the learner's hands.

Trainings of three steps on the real data. Oracles: the experiment's own rows of the same seed; Student's t from its
closed form.
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


def test_noise_is_that_of_the_experiment_whatever_the_order_of_multiplying():
    """Others can then repeat the run to the last digit."""
    rows = {row["arm"]: row["accuracy"] for row in explanations.run(4, stop=3)}
    bench = explanations_bench.Bench(imp.Setup(data.mnist1d(), "short", 4, stop=3), 0.36)
    masks = bench.find(bench.start, 0)
    course = nb03b.with_noise.solution

    def rounded_otherwise(start, amount, generator):
        return {n: torch.randn(w.shape, generator=generator) * w.std() * amount + w for n, w in start.items()}

    for attempt in (course, rounded_otherwise):
        for amount in explanations.NOISE["short"]:
            assert bench.accuracy(masks, bench.noisy(attempt, amount)) == rows[f"noise {amount}σ"]
    ours, theirs = bench.noisy(course, 2), bench.noisy(rounded_otherwise, 2)
    assert all(torch.equal(ours[name], theirs[name]) for name in bench.start)


def test_noise_that_is_drawn_otherwise_stays_the_learners_own(bench):
    def backwards(start, amount, generator):
        return {n: w + amount * w.std() * torch.randn(w.shape, generator=generator).flip(0) for n, w in start.items()}

    ours, theirs = bench.noisy(nb03b.with_noise.solution, 0.5), bench.noisy(backwards, 0.5)
    assert all(not torch.equal(ours[name], theirs[name]) for name in bench.start)


def rows_of(runs):
    """So many runs, half of them 0.01 above the mean of all and half below; an odd one lies on it."""
    half = runs // 2
    shifts = [-0.01] * half + [0.0] * (runs % 2) + [0.01] * half
    return pd.DataFrame(
        {"arm": arm, "level": level, "accuracy": 0.6 + shift, "moved": 1.2 + shift}
        for shift in shifts
        for arm, level in (("ticket", 5), ("dense, other order", 0))
    )


def test_expected_is_where_one_more_run_should_lie():
    text = explanations_bench.expected({"ticket": 0.61}, rows_of(11), moved=1.3)
    # 1 % over the page's seven numbers, so p = 1 − 0.01/14. With ten degrees of freedom, x = t / √(10 + t²) and
    # y = 1 − x², p = 1/2 + x/2 · (1 + y/2 + 3y²/8 + 5y³/16 + 35y⁴/128), which gives t = 4.357; times the spread, 0.01,
    # and √(12/11): 4.55 points, and 0.0455
    assert text.splitlines() == [
        "ticket               61.0%, expected 55.4% to 64.6% (n = 11): inside",
        "moved, another order 1.30 times as far, expected 1.15 to 1.25 (n = 11): OUTSIDE",
    ]
    assert explanations_bench.expected({"ticket": 0.61}, rows_of(11)).count("\n") == 0


def test_a_few_runs_made_here_give_no_range():
    text = explanations_bench.expected({"ticket": 0.2}, rows_of(3))
    assert text == "ticket               20.0%; made here: n = 3, too few to say where it should lie"


def test_an_arm_that_the_archive_lacks_is_refused():
    rows = pd.DataFrame({"arm": ["ticket"], "level": [5], "accuracy": [0.6], "moved": [1.2]})
    with pytest.raises(ValueError, match="finite values"):
        explanations_bench.expected({"noise": 0.6}, rows)
