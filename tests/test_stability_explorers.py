"""The explorers of chapter 03: what they are given, and that the browser's scripts read it as Python does."""

import json
import re

import numpy as np
import pytest
from explorer_pages import NODE, in_node
from test_pictures_stability import copies

from lth_teach.experiments import archive
from lth_teach.explore import barrier, two_valleys
from lth_teach.lab.pictures.stability_dots import doubling


@pytest.fixture(scope="module")
def lines():
    return barrier.summary(copies())


@pytest.fixture(scope="module")
def toy():
    return two_valleys.summary()


# Lines between stored networks


def test_the_summary_has_every_seed_from_two_starts_to_the_longest_shared_part(lines):
    assert json.loads(json.dumps(lines)) == lines
    assert {budget: entry["steps"] for budget, entry in lines["budgets"].items()} == {"short": 800, "long": 2_000}
    splits = lines["budgets"]["long"]["splits"]
    assert [split["k"] for split in splits] == [-1, 0, 0.0025, 0.01, 0.05, 0.2]
    for split in splits:
        assert len(split["barriers"]) == len(split["paths"]) == 12
        assert np.mean(split["paths"], axis=0) == pytest.approx(split["mean"], abs=1e-3)
    assert splits[1]["median"] == pytest.approx(30)


def test_the_reading_counts_stable_seeds_and_says_the_steps(lines):
    assert barrier.reading(lines, "short", 0.0).startswith("Parting after 0 of 800 steps: error barrier 30.0 points")
    assert barrier.reading(lines, "long", 0.05).startswith("Parting after 100 of 2,000 steps: error barrier 1.8 points")
    assert barrier.reading(lines, "long", 0.05).endswith("12 of 12 stable.")
    assert barrier.reading(lines, "long", 0.03) == barrier.reading(lines, "long", 0.01 if 0.03 - 0.01 < 0.02 else 0.05)
    assert barrier.reading(lines, "short", -1.0).startswith("From two starts: error barrier 50.0 points (median of 12")


def test_rows_that_it_cannot_show_are_refused():
    with pytest.raises(ValueError, match=r"of the budget short, or of short and long, got \['long'\]"):
        barrier.summary(copies(budgets=("long",)))


@NODE
@pytest.mark.parametrize("seeds", [range(1000, 1001), range(1000, 1012)])
def test_the_script_of_the_lines_says_what_python_says(seeds):
    state = barrier.summary(copies(seeds))
    asked = [(budget, k) for budget in state["budgets"] for k in (-1, 0, 0.0025, 0.01, 0.05, 0.2, 0.5)]
    points = [0, 0.7, 2, 3, 45.1]
    answers = in_node(
        "barrier",
        f"const state = {json.dumps(state)};"
        f"const said = {json.dumps(asked)}.map(([budget, k]) => reading(state, budget, k));"
        f"const units = {json.dumps(points)}.map(doubling);"
        f"const names = {json.dumps([k for _, k in asked])}.map(name);"
        "console.log(JSON.stringify({ said, units, names, most: most(state) }));",
    )
    assert answers["said"] == [barrier.reading(state, *one) for one in asked]
    assert answers["units"] == pytest.approx(list(doubling(points)))
    assert answers["names"] == [barrier.name(k) for _, k in asked]
    assert answers["most"]["error"] >= max(
        max(path) for split in state["budgets"]["long"]["splits"] for path in split["paths"]
    )


def test_explorer_and_html_show_what_the_archive_holds(monkeypatch):
    asked = []
    monkeypatch.setattr(archive, "load", lambda *names, **setting: asked.append((names, setting)) or copies())
    assert barrier.explorer().state == barrier.summary(copies())
    assert barrier.html() == barrier.Barrier(state=barrier.summary(copies())).page()
    assert asked == [(("residual",), {"study": "copies"})] * 2


# The toy


def test_copies_that_part_late_end_in_one_valley_and_early_ones_do_not(toy):
    barriers = {split["k"]: split["barrier"] for split in toy["splits"]}
    assert min(barriers[0], barriers[5], barriers[6]) > 20
    assert max(barriers[7], barriers[10], barriers[30]) < 2
    for split in toy["splits"]:
        first, second = np.array(split["paths"])
        assert len(first) == len(second) == two_valleys.STEPS + 1
        np.testing.assert_array_equal(first[: split["k"] + 1], second[: split["k"] + 1])
        assert not np.array_equal(first[split["k"] + 1], second[split["k"] + 1])
        ends = two_valleys.error(np.array([first[-1], second[-1]]))
        assert [split["errors"][0], split["errors"][-1]] == pytest.approx(list(ends), abs=0.05)


@pytest.mark.parametrize(("k", "least", "most"), [(7, 0.15, 0.3), (30, 0, 0)])
def test_other_noises_part_a_pair_in_five_after_seven_steps_and_none_after_thirty(k, least, most):
    """Oracle: 300 other noises from the same trunk; two copies part where one of them goes right and one left."""
    trunk, _ = two_valleys.copies(k)
    ends = [two_valleys.descend(trunk[k], k, two_valleys.STEPS, seed)[-1] for seed in range(1_000, 1_300)]
    right = np.mean([across > 0 for across, _ in ends])
    assert least <= 2 * right * (1 - right) <= most


def test_every_line_of_equal_error_has_one_of_the_heights(toy):
    for contour in toy["contours"]:
        heights = two_valleys.error(np.array(contour))
        nearest = min(two_valleys.HEIGHTS, key=lambda height: abs(height - np.median(heights)))
        assert np.abs(heights - nearest).max() < 1.5


@NODE
def test_the_script_of_the_toy_says_what_python_says(toy):
    asked = [(step / 20, k) for step in range(21) for k in (0, 5, 10, 30, 24)]
    answers = in_node(
        "two_valleys",
        f"const state = {json.dumps(toy)};"
        f"console.log(JSON.stringify({json.dumps(asked)}.map(([alpha, k]) => reading(state, alpha, k))));",
    )
    assert answers == [two_valleys.reading(toy, *one) for one in asked]


# Both


@pytest.mark.parametrize("module", [barrier, two_valleys])
def test_the_page_needs_nothing_else_and_a_notebook_gets_a_picture_and_words(module, monkeypatch):
    monkeypatch.setattr(archive, "load", lambda *_, **__: copies())
    page = module.html()
    assert (page.count("</script>"), page.count("</div>")) == (1, 1)
    assert not re.search(r"\bimport\b|\bfetch\b|\bsrc=\"(?!data:)|https?://(?!www\.w3\.org/2000/svg)", page)
    widget = module.explorer()
    data, metadata = widget._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert data["text/plain"].removeprefix("Explorer: ") in page.replace("&#x27;", "'")
    assert metadata["lth_teach_explorer"] == module.__name__.rpartition(".")[2]
    assert data["text/plain"].removeprefix("Explorer: ") in metadata["image/png"]["alt"]
    if module is barrier:
        widget.budget, widget.split = "long", 0.05
        assert "after 100 of 2,000" in widget._repr_mimebundle_()[0]["text/plain"]
    else:
        widget.alpha, widget.split = 0.0, 30
        assert "after 30 of 60 steps. At α = 0.00" in widget._repr_mimebundle_()[0]["text/plain"]
