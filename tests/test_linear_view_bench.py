"""The bench of notebook 04's own run: what the experiment does, in the learner's hands.

Trainings of three steps on the real data. Oracles: the experiment's own rows of the same seed.
"""

import pandas as pd
import pytest
import torch

from lth_teach import data
from lth_teach.experiments import imp, linear_view
from lth_teach.lab import linear_view_bench
from lth_teach.lab.checks import nb04


@pytest.fixture(scope="module")
def bench():
    return linear_view_bench.Bench(imp.Setup(data.mnist1d(), "short", 4, stop=3), 0.36)


def test_masks_and_accuracies_are_those_of_the_experiment_with_the_same_seed(bench):
    rows = {row["arm"]: row["accuracy"] for row in linear_view.run(4, stop=3)}
    drawn = bench.draw(4)
    for arm, masks in (("ticket", bench.ticket), ("random", drawn), ("aligned", bench.build(drawn, 4))):
        assert bench.accuracy(masks, 4) == rows[arm]


def test_what_was_built_and_trained_is_not_built_and_trained_again(bench, monkeypatch):
    drawn = bench.draw(4)
    known = bench.build(drawn, 4), bench.accuracy(drawn, 4)
    monkeypatch.setattr(linear_view_bench, "aligned_masks", None)
    monkeypatch.setattr(linear_view_bench, "train_ticket", None)
    again = bench.build({name: mask.clone() for name, mask in drawn.items()}, 4), bench.accuracy(drawn, 4)
    assert all(torch.equal(known[0][name], again[0][name]) for name in drawn)
    assert known[1] == again[1]
    with pytest.raises(AttributeError):  # of another seed it is not known
        bench.build(drawn, 5)


def test_the_kernel_is_that_of_the_archive_sorted_by_class(bench):
    kernel, classes = bench.kernel(bench.ticket, 4)
    assert kernel.shape == (300, 300)
    assert (classes.diff() >= 0).all()
    row = linear_view.kernel_row(imp.Setup(data.mnist1d(), "short", 4).network(4), data.mnist1d(), bench.ticket)
    assert bench.alignment(bench.ticket, 4) == pytest.approx(row["alignment"], rel=1e-4)


def test_what_the_exercise_is_given_works_with_the_courses_answer(bench):
    found = nb04.effect_of_building.solution(bench.draw, bench.build, bench.accuracy, bench.alignment, [4])
    assert found.n == 1
    assert found.low is None
    assert -20 < found.mean < 20


def test_a_pair_is_a_seed_of_the_archive(monkeypatch):
    """Oracle: the experiment's row; the course's answer gives its error and its share of answers."""
    monkeypatch.setattr(linear_view, "WIDTHS", (16,))
    rows = {row["step"]: row for row in linear_view.run(4, study="widths")}
    run = linear_view_bench.pair(16, 4)
    for step in (20, 200):
        given = (run.kernel, run.cross, run.real[0], run.real_new[0], run.y, run.rate, step)
        found = nb04.predicted.solution(*given)
        moved = run.real_new[step] - run.real_new[0]
        assert ((found - run.real_new[step]).norm() / moved.norm()).item() == pytest.approx(
            rows[step]["error"], rel=1e-3
        )
        assert (found.sign() == run.real_new[step].sign()).double().mean().item() == rows[step]["accuracy"]
    assert torch.equal(run.y.abs(), torch.ones(100).double())


def test_one_s_own_numbers_stand_beside_where_they_should_lie():
    rows = pd.DataFrame({"seed": range(12), "arm": "random", "accuracy": [0.45, 0.47] * 6})
    line = linear_view_bench.expected({"random": 0.46}, rows, "accuracy", ".1%")
    assert line.startswith("random   46.0%, expected 41.8% to 50.2%")  # 46 ± t(11) · 1.04 · √(13/12)
    assert line.endswith("(n = 12): inside")
    assert linear_view_bench.expected({"random": 0.6}, rows, "accuracy", ".1%").endswith("OUTSIDE")
    assert "n = 3 made here, too few" in linear_view_bench.expected({"random": 0.6}, rows[:3], "accuracy", ".1%")
