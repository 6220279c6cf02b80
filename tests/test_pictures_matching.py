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
        "Correlation 0: dense 0, cut 1.00, retrained 1.00. Correlation 0.6: dense 0, cut 1.00, retrained 0.64."
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
    table = pictures.hypothesis.differences(rows(), pairs)
    assert next(iter(table.index)) == "MNIST-1D, short, n = 4"
    assert table["ticket"].tolist() == ["1.0 [1.0, 1.0]"] * 4
    assert table["other"].tolist() == ["0.0 [0.0, 0.0]"] * 4
    assert pictures.hypothesis.differences(rows(1), pairs)["ticket"].tolist() == ["1.0"] * 4
    assert "ticket 1.0 [1.0, 1.0]" in pictures.hypothesis.against_dense(rows(), ["ticket", "rest redrawn"]).alt


def test_full_mnist_stands_beside_the_numbers_of_the_paper():
    table = [{"seed": 0, "arm": "dense", "density": 1.0, "best_step": 2_000, "best_accuracy": 0.97}]
    for arm, step, accuracy in (("ticket", 1_000, 0.98), ("re-initialised", 3_000, 0.96)):
        table.append({"seed": 0, "arm": arm, "density": 0.2107, "best_step": step, "best_accuracy": accuracy})
    told = pictures.hypothesis.full_mnist(pd.DataFrame(table)).alt
    assert "ticket at 21.1 %: early stop at 50 % of the dense network's step, accuracy 1.0 points" in told
    assert "re-initialised at 21.1 %: early stop at 150 % of the dense network's step, accuracy −1.0 points" in told
    assert "62 % of the steps" in told
