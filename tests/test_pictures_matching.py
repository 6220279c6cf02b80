"""Chapter 01's pictures: their words, from numbers by hand; exact power beside a simulation; errors that say why."""

import math

import numpy as np
import pandas as pd
import pytest

from lth_teach.lab import pictures
from lth_teach.replicates import Interval
from lth_teach.training import TrainingResult


def rows(seeds=4):
    """Tickets that take half of the dense network's steps and are a point better; what is redrawn changes nothing."""
    table = []
    for data in ("mnist1d", "mnist5k"):
        for budget in ("short", "long"):
            for seed in range(seeds):
                common = {"data": data, "budget": budget, "seed": seed, "steps": 400.0}
                accuracy, reached = 0.8 + 0.01 * seed, 200.0 + 10 * seed
                arms = [("dense", 0, 1.0, accuracy, reached), ("ticket", 3, 0.262, accuracy + 0.01, reached / 2)]
                arms += [(arm, 3, 0.262, accuracy, reached) for arm in ("rest redrawn", "ticket redrawn")]
                names = ("arm", "level", "density", "accuracy", "steps_to_loss")
                table += [common | dict(zip(names, arm, strict=True)) for arm in arms]
    return pd.DataFrame(table)


def test_the_losses_of_two_weights_are_those_by_hand():
    """Cut: 1. Retrained: 1 − ρ²."""
    assert pictures.matching.two_weights([0, 0.6]).alt.endswith(
        "Correlation 0: dense 0, cut 1.00, ticket 1.00. Correlation 0.6: dense 0, cut 1.00, ticket 0.64."
    )


def test_the_word_follows_from_where_the_whole_interval_lies():
    shown = {"A": Interval(0.5, -0.9, 1.9, 9), "B": Interval(-2, -3, -1.1, 9), "C": Interval(0, -2, 2, 3)}
    picture = pictures.matching.beside_margin(shown)
    assert picture.alt.endswith(
        "A 0.5 [−0.9, 1.9], matches; B −2.0 [−3.0, −1.1], does not match; C 0.0 [−2.0, 2.0], open."
    )
    assert "A 0.5 [−0.9, 1.9], open" in pictures.matching.beside_margin(shown, margin=0.5).alt
    with pytest.raises(ValueError, match="one value"):
        pictures.matching.beside_margin({"A": Interval(0.5, None, None, 1)})


def test_exact_power_is_that_of_a_simulation():
    numbers = np.random.default_rng(0)
    draws = numbers.normal(0.2, 0.9, (20_000, 4))
    low = draws.mean(1) - 3.182446 * draws.std(1, ddof=1) / 2
    assert pictures.matching.chance_to_match(4, 0.9, 0.2, 1.0) == pytest.approx((low > -1).mean(), abs=0.015)
    assert "equal: 22 % at 3" in pictures.matching.power(0.8649, {"equal": 0}, (3, 0.2)).alt
    assert pictures.matching.power(0.8649, {"equal": 0}, (3, 0.2)).alt.endswith("your simulation: 20 % at 3.")


@pytest.mark.parametrize(("value", "text"), [(0.04, "0.0"), (-0.04, "0.0"), (-1.26, "−1.3"), (2.0, "2.0")])
def test_numbers_have_a_real_minus_and_zero_has_none(value, text):
    assert pictures.matching.signed(value) == text


def test_a_curve_meets_the_fixed_loss_or_never_does():
    history = [(10, 2.0, 0.1), (20, 1.1, 0.4), (30, 1.0, 0.4)]
    slow = [(10, 2.1, 0.1), (30, 1.6, 0.2)]
    runs = {
        "dense": TrainingResult.of(0.2, 30, 0.2, slow),
        "ticket": TrainingResult.of(0.4, 30, 0.4, history),
    }
    assert "reached by dense never, ticket at step 20." in pictures.hypothesis.loss_curves(runs, 1.1).alt


def test_steps_are_shares_of_the_dense_network_of_the_same_seed():
    table = rows()
    assert pictures.hypothesis.steps_to_loss(table).alt.count("50 % at 26.2 % kept; never reached by 0 of 16") == 4
    table.loc[(table["arm"] == "ticket") & (table["seed"] == 0), "steps_to_loss"] = math.nan
    told = pictures.hypothesis.steps_to_loss(table).alt
    assert "88 % at 26.2 % kept; never reached by 1 of 16" in told  # (400/200 + 3 × 0.5) / 4


def test_differences_are_paired():
    pairs = {"ticket": ("ticket", "dense"), "other": ("rest redrawn", "dense")}
    table = pictures.hypothesis_tables.differences(rows(), pairs)
    assert next(iter(table.index)) == "MNIST-1D, short, n = 4"
    assert table["ticket"].tolist() == ["1.0 [1.0, 1.0]"] * 4
    assert table["other"].tolist() == ["0.0 [0.0, 0.0]"] * 4
    assert pictures.hypothesis_tables.differences(rows(1), pairs)["ticket"].tolist() == ["1.0"] * 4
    assert "ticket 1.0 [1.0, 1.0]" in pictures.hypothesis.against_dense(rows(), ["ticket", "rest redrawn"]).alt


def test_an_interval_that_is_to_be_surer_is_wider():
    """Differences 0 and 2 points: t with one degree of freedom is 12.706 at 95 % and 6.314 at 90 %."""
    table = rows(2)
    table.loc[(table["arm"] == "ticket") & (table["seed"] == 0), "accuracy"] = 0.8
    table.loc[(table["arm"] == "ticket") & (table["seed"] == 1), "accuracy"] = 0.83
    pair = {"ticket": ("ticket", "dense")}
    for confidence, text in ((0.95, "1.0 [−11.7, 13.7]"), (0.9, "1.0 [−5.3, 7.3]")):
        assert pictures.hypothesis_tables.differences(table, pair, confidence)["ticket"].tolist() == [text] * 4


def test_the_marks_of_the_dense_network_are_means_with_their_spread():
    """Steps 200 and 210 of 400: mean 205, standard deviation 7.07."""
    table = rows(2).assign(best_step=[step for seed in (0, 1) for step in (300, 1, 1, 1)] * 4)
    table.loc[(table["arm"] == "dense") & (table["seed"] == 1), "best_step"] = 380
    found = pictures.hypothesis_tables.marks(table)
    assert found.loc["MNIST-1D, long, n = 2"].tolist() == ["0.8", "205 of 400", "3", "340 of 400", "17"]
    assert found["fixed loss (nats)"].tolist() == ["1.05", "0.8", "0.28", "0.28"]


def test_at_the_early_stop_step_and_accuracy_are_paired():
    """The ticket stops at half and at three quarters of the dense network's step, a point better and two."""
    table = rows(2).assign(best_step=400.0, best_accuracy=0.7)
    for seed, step, accuracy in ((0, 200, 0.71), (1, 300, 0.72)):
        table.loc[(table["arm"] == "ticket") & (table["seed"] == seed), ["best_step", "best_accuracy"]] = step, accuracy
    first = pictures.hypothesis_tables.early_stop(table).iloc[0].tolist()
    assert first == ["−38 [−196, 121]", "1.5 [−4.9, 7.9]", "1.0 [1.0, 1.0]"]  # 12.706 · 12.5 = 158.8


def test_the_dense_network_finds_its_shares_in_the_rows_of_its_cut():
    shares = {"dense, cut": (0.6, 0.7), "rest redrawn": (0.6, 0.5), "ticket redrawn": (0.6, 0.4)}
    table = rows(2)
    cut = table[table["arm"] == "ticket"].assign(arm="dense, cut", steps_to_loss=math.nan)
    table = pd.concat([table, cut], ignore_index=True)
    for column, place in (("ticket_among_largest_start", 0), ("ticket_among_largest_end", 1)):
        table[column] = table["arm"].map({arm: both[place] for arm, both in shares.items()})
    found = pictures.hypothesis_tables.redrawn(table)
    assert found.loc[("MNIST-1D, short", "dense")].tolist() == [205, 60, 70]
    assert found.loc[("MNIST digits, long", "ticket redrawn")].tolist() == [205, 60, 40]
    assert len(found) == 12


def test_full_mnist_stands_beside_the_numbers_of_the_paper():
    table = [{"seed": 0, "arm": "dense", "density": 1.0, "best_step": 2_000, "best_accuracy": 0.97}]
    for arm, step, accuracy in (("ticket", 1_000, 0.98), ("re-initialised", 3_000, 0.96)):
        table.append({"seed": 0, "arm": arm, "density": 0.2107, "best_step": step, "best_accuracy": accuracy})
    told = pictures.hypothesis.full_mnist(pd.DataFrame(table)).alt
    assert "ticket at 21.1 %: early stop at 50 % of the dense network's step, accuracy 1.0 points" in told
    assert "re-initialised at 21.1 %: early stop at 150 % of the dense network's step, accuracy −1.0 points" in told
    assert "62 % of the steps" in told
