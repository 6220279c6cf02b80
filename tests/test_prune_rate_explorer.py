"""The explorer of prune rates: the numbers it is given, and that the browser's script reads them as Python does."""

import json
import math
import re

import pandas as pd
import pytest
from explorer_pages import NODE, in_node

from lth_teach import replicates
from lth_teach.experiments import archive
from lth_teach.explore import prune_rate

LEVELS = {0.8926: 1, 0.6723: 2, 0.36: 5, 0.2: 10, 0.1056: 20}


def made_up(seeds=4, budgets=("short", "long")):
    """Rows as the archive has them, with accuracies that fall with the level; the long budget has three rates."""
    rows = []
    for budget in budgets:
        for rate, last in list(LEVELS.items())[: 5 if budget == "short" else 3]:
            for level in range(last + 1):
                for seed in range(seeds):
                    fall = 0.02 + 0.05 * rate + 0.003 * ((7 * seed + 3 * level + last) % 5)
                    accuracy = (0.78 if budget == "short" else 0.83) - fall * level / last
                    row = {"budget": budget, "prune_rate": rate, "level": level, "density": (1 - rate) ** level}
                    rows.append(row | {"seed": 1000 + seed, "trainings": level + 1, "accuracy": accuracy})
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def state():
    return prune_rate.summary(made_up())


def test_the_summary_has_every_level_with_its_interval_in_percent_and_survives_json(state):
    assert json.loads(json.dumps(state)) == state
    assert [entry["rate"] for entry in state["budgets"]["short"]] == sorted(LEVELS)
    assert [entry["rate"] for entry in state["budgets"]["long"]] == [0.36, 0.6723, 0.8926]
    assert state["density"] == pytest.approx(0.107, abs=0.001)
    for entry in state["budgets"]["short"]:
        assert [level["level"] for level in entry["levels"]] == list(range(LEVELS[entry["rate"]] + 1))
        assert [level["trainings"] for level in entry["levels"]] == [level["level"] + 1 for level in entry["levels"]]
        assert entry["reached"] == LEVELS[entry["rate"]]
    rows = made_up()
    rows = rows[(rows["budget"] == "long") & (rows["prune_rate"] == 0.36) & (rows["level"] == 3)]
    expected = replicates.interval(rows["accuracy"], 100)
    level = state["budgets"]["long"][0]["levels"][3]
    assert (level["mean"], level["low"], level["high"], level["n"]) == tuple(vars(expected).values())


def test_the_level_that_is_compared_is_the_one_nearest_to_the_density_not_the_last():
    rows = pd.concat(
        [made_up(), made_up().query("level == 1 and prune_rate == 0.8926").assign(level=2, density=0.0115)]
    )
    (entry,) = [entry for entry in prune_rate.summary(rows)["budgets"]["short"] if entry["rate"] == 0.8926]
    assert len(entry["levels"]) == 3
    assert entry["reached"] == 1


def test_the_reading_names_levels_trainings_and_the_interval(state):
    words = (
        r"Removing 36 % a level reaches 10.7 % kept in 5 levels: 6 trainings, \d+\.\d % \[\d+\.\d, \d+\.\d\], n = 4\."
    )
    assert re.fullmatch(words, prune_rate.reading(state, "short", 0.36))
    assert prune_rate.reading(state, "long", 0.8926).startswith(
        "Removing 89.3 % a level reaches 10.7 % kept in 1 level: 2"
    )
    assert prune_rate.reading(state, "long", 0.1) == prune_rate.reading(state, "long", 0.36)  # the nearest there is
    single = prune_rate.reading(prune_rate.summary(made_up(seeds=1)), "short", 0.36)
    assert single.endswith(" %, n = 1.")


def test_rows_that_it_cannot_show_are_refused():
    with pytest.raises(ValueError, match=r"of the budget short, or of short and long, got \['long'\]"):
        prune_rate.summary(made_up(budgets=("long",)))
    rows = made_up().query("level < 5 or prune_rate != 0.36")
    with pytest.raises(
        ValueError, match=r"must come to about 0.107 kept; 0.36 has levels with \[1.0, 0.64, .*0.1678\]"
    ):
        prune_rate.summary(rows)


@NODE
@pytest.mark.parametrize("seeds", [1, 4])
def test_the_script_computes_the_same_sentences_and_numbers_as_python(seeds):
    state = prune_rate.summary(made_up(seeds))
    asked = [(budget, rate) for budget in state["budgets"] for rate in (*LEVELS, 0.5, 0.99)]
    values = [0, 0.04, 0.05, 0.25, 0.35, 76.25, 76.75, 77.349999, 99.95, 100, *(math.pi * k for k in range(1, 30))]
    answers = in_node(
        "prune_rate",
        f"const state = {json.dumps(state)};"
        f"const said = {json.dumps(asked)}.map(([budget, rate]) => reading(state, budget, rate));"
        f"const numbers = {json.dumps(values)}.map((value) => [number(value), number(value, 0)]);"
        "console.log(JSON.stringify({ said, numbers, range: range(state) }));",
    )
    assert answers["said"] == [prune_rate.reading(state, *one) for one in asked]
    assert answers["numbers"] == [[prune_rate.number(value), prune_rate.number(value, 0)] for value in values]
    drawn = [level for rates in state["budgets"].values() for entry in rates for level in entry["levels"]]
    assert answers["range"]["low"] <= min(level["low"] or level["mean"] for level in drawn)
    assert answers["range"]["high"] >= max(level["high"] or level["mean"] for level in drawn)


def test_the_page_needs_nothing_else_and_its_data_cannot_end_the_script(state):
    widget = prune_rate.PruneRate(state={**state, "note": "</script><b>"})
    page = widget.page()
    assert page.count("</script>") == 1
    assert page.count("</div>") == 1
    assert not re.search(r"\bimport\b|\bfetch\b|\bsrc=\"(?!data:)|https?://(?!www\.w3\.org/2000/svg)", page)
    assert prune_rate.reading(state, "short", 0.36) in page
    assert page == widget.page()


def test_a_notebook_gets_the_widget_a_picture_and_words(state):
    widget = prune_rate.PruneRate(state=state)
    data, metadata = widget._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert data["text/plain"] == "Explorer: " + prune_rate.reading(state, "short", 0.36)
    assert metadata["lth_teach_explorer"] == "prune_rate"
    assert prune_rate.reading(state, "short", 0.36) in metadata["image/png"]["alt"]
    widget.budget, widget.rate = "long", 0.6723
    assert "Removing 67.2 %" in widget._repr_mimebundle_()[0]["text/plain"]


def test_explorer_and_html_show_what_the_archive_holds(monkeypatch):
    asked = []
    monkeypatch.setattr(archive, "load", lambda *names, **setting: asked.append((names, setting)) or made_up())
    assert prune_rate.explorer().state == prune_rate.summary(made_up())
    assert prune_rate.html() == prune_rate.PruneRate(state=prune_rate.summary(made_up())).page()
    assert asked == [(("imp",), {"study": "rates"})] * 2
