"""The drawings of notebook 00: what they say in words, and that the map knows the notebooks."""

import re
from pathlib import Path

import pytest

from lth_teach.data import Dataset
from lth_teach.lab import pictures
from lth_teach.lab.plots import STYLES

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def test_the_map_holds_every_notebook_once_in_order():
    numbers = [number for number, _, _ in pictures.start.MAP]
    assert numbers == sorted({path.name.partition("_")[0] for path in NOTEBOOKS.glob("*.ipynb")} | {"03b"})


def test_the_links_of_the_page_lead_to_every_notebook_of_the_map_but_itself():
    text = (NOTEBOOKS / "00_start_here.ipynb").read_text(encoding="utf-8")
    linked = {name for name in re.findall(r"\]\((\d\d\w?)_\w+\.ipynb\)", text)}
    assert linked == {number for number, _, _ in pictures.start.MAP} - {"00"}


def test_the_map_says_its_ways_in_words():
    told = pictures.start.course_map().alt
    assert "one day: 00, 01, 02, 03 (pictures), 05, 07, 16; two weeks: all; theory: 04, 06, 09, 10, 11, after" in told
    assert told.endswith("after 00, 01, 02; engineer: 02, 07, 13, 15, after 00, 01.")


def test_the_map_draws_what_it_says():
    """By kind of dot: whole stops, hollow ones, and the small ones that are needed before."""
    start = pictures.start
    dots = [line for line in start.course_map().axes[0].lines if line.get_marker() == "o"]
    for x, (way, letter) in enumerate(zip(start.WAYS, start.LETTERS, strict=True)):
        here = [(start.MAP[dot.get_ydata()[0]][0], dot) for dot in dots if list(dot.get_xdata()) == [x]]
        hollow = [number for number, dot in here if dot.get_markerfacecolor() == "white"]
        stops = [number for number, dot in here if dot.get_markersize() == 10]
        assert stops == [number for number, _, on in start.MAP if letter in on or way == "two weeks"]
        assert tuple(hollow) == start.PICTURES.get(way, ())
        small = [y for dot in dots if dot.get_markersize() < 10 and x in dot.get_xdata() for y in dot.get_ydata()]
        assert tuple(start.MAP[y][0] for y in small) == start.BEFORE.get(way, ())


def test_a_way_goes_only_where_what_it_needs_came_before():
    """What a page of the second edition says it needs, for the ways of one day, theory and engineer."""
    start = pictures.start
    needs = {"01": {"00"}, "02": {"00", "01"}, "03": {"00", "01", "02"}, "05": {"02", "03"}, "11": {"02"}}
    for way, letter in (("one day", "d"), ("two weeks", "_"), ("theory", "t"), ("engineer", "e")):
        seen = set(start.BEFORE.get(way, ()))
        for number, _, on in start.MAP:
            if letter in on or letter == "_":
                assert needs.get(number, set()) <= seen, (way, number)
                seen.add(number)


def test_the_loop_draws_twenty_weights_three_times_and_what_is_left_once():
    first, second, fourth, third = pictures.start.loop().axes
    lines = [[line for line in axes.lines if line.get_linestyle() != "None"] for axes in (first, second, third, fourth)]
    assert [len(found) for found in lines] == [20, 20, 20, 13]
    assert sum(line.get_linestyle() == ":" for line in lines[2]) == pictures.start.CUT
    left = [line for line in lines[2] if line.get_linestyle() != ":"]
    gone = [line for line in lines[2] if line.get_linestyle() == ":"]
    assert [list(line.get_ydata()) for line in left] == [list(line.get_ydata()) for line in lines[3]]
    assert not {line.get_color() for line in gone} & {colour for colour, _ in STYLES.values()}
    widths = {tuple(line.get_ydata()): line.get_linewidth() for line in lines[1]}
    assert max(widths[tuple(line.get_ydata())] for line in gone) <= min(line.get_linewidth() for line in left)


def test_the_gaps_are_told_in_words_and_the_margin_is_drawn_below_zero():
    figure = pictures.start.gaps({"short": [(50.0, -0.2, 0.3, 0.8)], "long": [(50.0, -1.2, -0.7, -0.2)]}, margin=1)
    assert "short: 0.3 [−0.2, 0.8] at 50.0 %; long: −0.7 [−1.2, −0.2] at 50.0 %." in figure.alt
    dotted = [line for axes in figure.axes for line in axes.lines if line.get_linestyle() == ":"]
    assert [line.get_ydata()[0] for line in dotted] == [-1, -1]
    assert not {line.get_color() for line in dotted} & {colour for colour, _ in STYLES.values()}
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


def test_samples_are_so_many_of_each_class(tiny):
    import torch

    pixels, answers = torch.rand(8, 784), torch.arange(8) % 4
    digits = Dataset("d", *[pixels if i % 2 == 0 else answers for i in range(6)])
    figure = pictures.start.samples(tiny, digits, classes=(0, 2), each=2)
    assert [axes.get_title() for axes in figure.axes] == ["0", "0", "2", "2", "", "", "", ""]
    drawn = [axes.images[0].get_array().flatten() for axes in figure.axes[4:]]
    assert [list(image) for image in drawn] == [pixels[i].tolist() for i in (0, 4, 2, 6)]
    assert "2 each of the digit 0 and the digit 2: MNIST-1D" in figure.alt
    for wrong in ({"classes": ()}, {"each": 0}):
        with pytest.raises(ValueError, match="classes needs one class at least, and each must be 1 or more"):
            pictures.start.samples(tiny, digits, **wrong)
