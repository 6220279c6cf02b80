"""Pictures of chapter 11: what their alt texts say is what is drawn. Oracle: the tables of the experiment."""

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


def test_the_cuts_are_drawn_where_the_tables_have_them_and_told_in_words():
    after = imp_lemma.after_one_cut(archive.load("hypothesis", study="ticket", data="mnist1d"))
    rates = imp_lemma.rates(archive.load("imp", study="rates"))
    figure = pictures.lemma.cuts(after, rates)
    above, below = figure.axes
    for axes, table, x, y in (
        (above, after, "one cut removes (%)", "accuracy (%)"),
        (below, rates, "a level removes (%)", "points"),
    ):
        drawn = np.concatenate([np.asarray(bars.lines[0].get_xydata()) for bars in axes.containers])
        assert drawn == pytest.approx(table[[x, y]].to_numpy(dtype=float))
    assert "short: 64.2 after 0 %, 43.5 after 74 %, 19.9 after 89 %; long: 81.1 after 0 %" in figure.alt
    assert [text.get_text() for text in above.texts] == [f"{value:.1f}" for value in after["accuracy (%)"]]


def test_the_words_about_the_searches_are_true():
    rates = imp_lemma.rates(archive.load("imp", study="rates"))
    assert (np.diff(rates.loc["short", "points"]) < 0).all()  # "they fall from the gentlest rate on"
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
