"""Pictures of chapter 11: what their alt texts say is what is drawn. Oracle for distances: weights drawn at random."""

import numpy as np
import pytest

from lth_teach.experiments import archive, imp_lemma
from lth_teach.lab import pictures


def test_the_rule_lies_in_the_band_of_what_is_printed_and_most_of_the_power_left_of_it():
    figure = pictures.lemma.fingerprint(imp_lemma.fingerprint())
    rule, power = (np.asarray(line.get_xdata()) for line in figure.axes[0].lines)
    assert (np.abs(rule) < 0.05).all()
    assert (power < -0.05).sum() == 9
    assert "12 rows" in figure.alt
    assert "of the orange squares of 0.8^levels 9 lie left of it" in figure.alt
    assert "18 levels, printed 1.9: rule 1.85, power 1.80" in figure.alt


@pytest.mark.parametrize("rate", [0.2, 0.36, 0.9])
def test_how_far_a_cut_moves_bell_shaped_weights(rate):
    weights = np.random.default_rng(0).standard_normal(400_000)
    cut = np.sort(np.abs(weights))[: round(rate * len(weights))]
    assert pictures.lemma.moved(rate) == pytest.approx(np.linalg.norm(cut) / np.linalg.norm(weights), rel=0.01)


@pytest.mark.parametrize("rate", [0, 1, float("nan")])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match="rate must"):
        pictures.lemma.moved(rate)


def test_the_valley_shows_what_fits_it_and_what_does_not():
    rates = imp_lemma.rates(archive.load("imp", study="rates"))
    figure = pictures.lemma.valley(rates)
    assert "20 % moves 6.5 %, 36 % moves 16.0 %, 67 % moves" in figure.alt
    drawn, measured = figure.axes
    (_, floor), *cuts = [line.get_xydata()[0] for line in drawn.lines if len(line.get_xdata()) == 1]
    assert [bool(height > floor) for _, height in cuts] == [False, False, False, True, True]
    short, long = (np.asarray(bars.lines[0].get_xydata()) for bars in measured.containers)
    assert (np.diff(short[:, 1]) < 0).all()  # "the points fall from the gentlest rate on"
    assert [*short[:, 1], *long[:, 1]] == list(rates["points"])
    row = rates.loc["long"].set_index("a level removes (%)")
    assert row.loc[67, "low"] > -1  # "67 % stays within a point of 36 %"
    assert row.loc[67, "high"] < 1
    assert row.loc[89, "high"] < 0


def test_the_staircase_draws_every_level_that_keeps_something():
    axes = pictures.lemma.staircase(100, "0.2", "0.9", "floor", words="").axes[0]
    whole = next(line for line in axes.lines if line.get_label() == "whole weights")
    assert list(whole.get_ydata()) == pytest.approx([100, 80, 64, 52, 42, 34, 28, 23, 19, 16, 13, 11, 9])
    nothing_left = pictures.lemma.staircase(10, "0.99", "0.99", "ceil", words="Nothing is left.")
    assert nothing_left.png()  # a log axis must bear it
    assert nothing_left.alt.endswith("Nothing is left.")
