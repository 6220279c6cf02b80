"""The explorers of notebooks 11 and 06: what they say in words, what they draw, and that their sliders reach both."""

import re
import subprocess
import sys

import pytest

from lth_teach import lemma
from lth_teach.explore import explorers


def test_follow_is_the_schedule_where_nothing_stalls():
    for rounding in lemma.ROUNDINGS:
        assert explorers.follow(1_000, 0.2, 0.9, rounding) == lemma.imp_schedule(1_000, 0.2, 0.9, rounding)


def test_follow_shows_how_far_a_stalling_schedule_gets():
    assert explorers.follow(10, 0.2, 0.9, "floor") == [10, 8, 7, 6, 5, 4]
    assert explorers.follow(4, 0.1, 0.9, "floor") == [4]


@pytest.mark.parametrize("bad", [(0, 0.2, 0.9), (10, 0, 0.9), (10, 0.2, 1.0), (10, 0.2, 0.9, "up")])
def test_follow_refuses_what_the_lemma_refuses(bad):
    with pytest.raises(ValueError, match="must"):
        explorers.follow(*bad)


def test_the_sentence_gives_both_counts_or_the_stall():
    assert "12 levels, ending with 9 weights" in explorers.levels_sentence(100, 0.2, 0.9, "floor")
    assert "The lemma: 11 levels" in explorers.levels_sentence(100, 0.2, 0.9, "floor")
    assert "stalls at 4 weights after 5 levels" in explorers.levels_sentence(10, 0.2, 0.9, "floor")
    assert "1 level," in explorers.levels_sentence(100, 0.5, 0.5)


def test_the_picture_draws_every_level_that_keeps_something():
    axes = explorers.levels_picture(100, 0.2, 0.9, "floor").axes[0]
    whole = next(line for line in axes.lines if line.get_label() == "whole weights")
    assert list(whole.get_ydata()) == explorers.follow(100, 0.2, 0.9, "floor")
    assert axes.get_ylabel() == "weights kept (%)"
    assert explorers.levels_picture(10, 0.99, 0.99, "ceil").png()  # nothing is left, and a log axis must bear it


def test_the_sliders_change_the_sentence_and_the_picture():
    explorer = explorers.levels_explorer(100, 0.2, 0.9, "floor")
    *controls, line, image = explorer.widget.children
    before = image.value
    controls[0].value = 29  # percent, so 29 hundredths exactly
    assert "p = 0.29" in line.value
    assert image.value != before
    assert explorer._repr_mimebundle_()["text/plain"].startswith("Explorer: p = 0.2, s = 0.9. The lemma: 11 levels")


def test_the_widths_are_told_and_drawn_and_follow_the_sliders():
    explorer = explorers.widths_explorer(0.1, 2, 1.0)
    *controls, line, image = explorer.widget.children
    assert "d = 2" in line.value
    assert "match the neuron 1,197" in line.value  # ln(0.05) / ln(1 − 0.05²)
    assert re.search(r"counting: at least \d+ weights\.", line.value)
    before = image.value
    controls[1].value = 8
    assert "d = 8" in line.value
    assert image.value != before
    controls[2].value, controls[0].value = 0.5, 0.5
    assert explorers.widths_picture(0.5, 8, 0.5).axes[0].get_xscale() == "log"
    with pytest.raises(ValueError, match=r"epsilon must be one of .* got 0.3"):
        explorers.widths_explorer(0.3)


def test_importing_it_does_not_import_ipywidgets():
    code = "import sys; from lth_teach.explore import explorers; sys.exit('ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
