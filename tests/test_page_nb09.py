"""What notebook 09 says of its archive: numbers of two decimals, which test_prose.py leaves alone, and plain sentences.

Oracles: what the page's own cells show, and means computed here.
"""

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest

from lth_teach.experiments import archive, gradient_flow

PAGE = Path(__file__).resolve().parent.parent / "notebooks" / "09_gradient_flow.ipynb"
OTHERS = ("random", "largest weights", "SNIP", "GraSP", "largest gradients", "SynFlow")


@cache
def rows(budget, pruned):
    """Of the dense network, the last ticket and the other masks."""
    table = archive.load("gradient_flow", budget=budget, pruned=pruned)
    return table[table["level"].isin([0, 3])]


def mean(budget, pruned, arm, column="share"):
    table = rows(budget, pruned)
    return table[table["arm"] == arm][column].mean()


def along(budget, pruned, arm, step, column="shares"):
    """The mean at the n-th of the steps whose numbers a row keeps."""
    table = rows(budget, pruned)
    return table[table["arm"] == arm][column].map(gradient_flow.numbers).str[step].mean()


def pace(budget, pruned, arm):
    steps = rows(budget, pruned).pivot(index="seed", columns="arm", values="steps_to_loss")
    return (steps["dense"] / steps[arm]).mean()


def test_every_number_of_two_decimals_or_more_stands_in_an_output_that_is_compared():
    cells = nbformat.read(PAGE, as_version=4).cells
    shown = ""
    for cell in cells:
        if cell.cell_type == "code" and "nbval-ignore-output" not in cell.metadata.get("tags", []):
            for output in cell.outputs:
                shown += output.get("text", "") + output.get("data", {}).get("text/plain", "") + "\n"
    readings = [c.source for c in cells if c.cell_type == "markdown" and c.source.startswith("**Reading.**")]
    quoted = [number for text in readings for number in re.findall(r"(?<![\d.v/−])\d+\.\d{2,}(?![\d.])", text)]
    assert len(quoted) > 15
    assert [number for number in quoted if not re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", shown)] == []


def test_the_largest_gradients_come_down_to_a_random_mask_and_below_the_ticket():
    assert along("short", "in place", "largest gradients", 0) > 0.85
    last = {arm: along("short", "in place", arm, -1) for arm in ("ticket", *OTHERS)}
    assert 0 < last["largest gradients"] - last["random"] < 0.06
    assert last["ticket"] > last["largest gradients"]


def test_no_mask_s_share_falls_to_nothing():
    for budget, pruned in (("short", "in place"), ("short", "zero"), ("long", "zero")):
        assert rows(budget, pruned)["least_share"].min() > 0.15


@pytest.mark.parametrize("arm", ["ticket", *OTHERS])
def test_in_place_every_mask_s_pace_is_its_mean_share_or_nearly(arm):
    assert pace("short", "in place", arm) == pytest.approx(mean("short", "in place", arm, "mean_share"), abs=0.07)


def test_at_zero_only_the_ticket_leaves_the_diagonal():
    for arm in OTHERS:
        assert pace("long", "zero", arm) < mean("long", "zero", arm, "mean_share") + 0.1
    assert pace("long", "zero", "ticket") > 2 * mean("long", "zero", "ticket", "mean_share")


def test_the_ticket_starts_lower_and_all_others_about_where_guessing_is():
    """ln 10 = 2.30 is the loss of a guess."""
    starts = {arm: along("long", "zero", arm, 0, "losses") for arm in ("dense", "ticket", *OTHERS)}
    assert starts.pop("ticket") < 2
    assert min(starts.values()) > 2.25


def test_every_step_in_place_keeps_the_promise_of_the_proof():
    assert rows("short", "in place")["descended"].min() == 1
