"""The explorer of notebook 06: what it says in words, what it draws, and that its sliders reach both."""

import re
import subprocess
import sys

import pytest

from lth_teach.explore import explorers


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


def test_a_widget_is_shown_as_ipywidgets_shows_it_with_our_words_beside_it():
    explorer = explorers.widths_explorer(0.1, 2, 1.0)
    view = "application/vnd.jupyter.widget-view+json"
    shown, theirs = explorer._repr_mimebundle_(), explorer.widget._repr_mimebundle_()
    assert shown == {view: theirs[view], "text/plain": explorer.text}
