"""Pictures of chapter 11: what their alt texts say is what is drawn. Oracle for distances: weights drawn at random."""

import numpy as np
import pytest

from lth_teach.experiments import imp_lemma
from lth_teach.lab import lemma_plots


def test_the_rule_lies_in_the_band_of_what_is_printed_and_the_power_left_of_it():
    figure = lemma_plots.fingerprint(imp_lemma.fingerprint())
    rule, power = (np.asarray(line.get_xdata()) for line in figure.axes[0].lines)
    assert (np.abs(rule) < 0.05).all()
    assert (power < -0.05).all()
    assert "18 levels, printed 1.9: rule 1.85, power 1.80" in figure.alt


@pytest.mark.parametrize("rate", [0.2, 0.36, 0.9])
def test_how_far_a_cut_moves_bell_shaped_weights(rate):
    weights = np.random.default_rng(0).standard_normal(400_000)
    cut = np.sort(np.abs(weights))[: round(rate * len(weights))]
    assert lemma_plots.moved(rate) == pytest.approx(np.linalg.norm(cut) / np.linalg.norm(weights), rel=0.01)


@pytest.mark.parametrize("rate", [0, 1, float("nan")])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match="rate must"):
        lemma_plots.moved(rate)


def test_the_gentle_cuts_stay_on_the_flat_floor_and_the_rough_one_leaves_it():
    figure = lemma_plots.valley()
    assert "20 % moves 6.5 %, 36 % moves 16.0 %, 90 % moves 74.9 %" in figure.alt
    (_, floor), *cuts = [line.get_xydata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    assert [bool(height > floor) for _, height in cuts] == [False, False, True]


def test_the_staircase_draws_every_level_that_keeps_something():
    axes = lemma_plots.staircase(100, "0.2", "0.9", "floor", words="").axes[0]
    whole = next(line for line in axes.lines if line.get_label() == "whole weights")
    assert list(whole.get_ydata()) == pytest.approx([100, 80, 64, 52, 42, 34, 28, 23, 19, 16, 13, 11, 9])
    nothing_left = lemma_plots.staircase(10, "0.99", "0.99", "ceil", words="Nothing is left.")
    assert nothing_left.png()  # a log axis must bear it
    assert nothing_left.alt.endswith("Nothing is left.")
