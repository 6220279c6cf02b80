"""What notebook 09 says of its archive: numbers of two decimals, which test_prose.py leaves alone, and plain sentences.

Oracles: what the page's own cells show, and means computed here.
"""

import re
from functools import cache
from pathlib import Path

import nbformat
import numpy as np
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


def test_at_zero_the_mean_share_does_not_give_the_pace():
    """Steps taken over steps foretold: twice for two masks to a loss of 1.7, a fifth for the ticket."""
    over = {arm: mean("short", "zero", arm, "mean_share") / pace("short", "zero", arm) for arm in ("ticket", *OTHERS)}
    assert over["largest gradients"] == pytest.approx(2, abs=0.2)
    assert over["random"] == pytest.approx(2, abs=0.2)
    assert over["ticket"] == pytest.approx(0.2, abs=0.03)
    assert pace("long", "zero", "ticket") > 2 * mean("long", "zero", "ticket", "mean_share")


def square(budget, pruned, arm, loss):
    """The mean ‖∇L‖² where the loss first comes to ``loss``, by another way: numpy, on the logarithm."""
    table = rows(budget, pruned)
    found = []
    for one in table[table["arm"] == arm].itertuples():
        losses, squares = (np.array(gradient_flow.numbers(text)) for text in (one.losses, one.squares))
        end = int(np.argmax(losses <= loss))
        assert losses[end] <= loss <= losses[end - 1]
        pair = slice(end - 1, end + 1)
        found.append(np.exp(np.interp(-loss, -losses[pair], np.log(squares[pair]))))
    return np.mean(found)


@pytest.mark.parametrize("arm", ["ticket", *OTHERS])
@pytest.mark.parametrize("loss", [2.0, 1.8])
def test_in_place_whole_gradients_are_within_a_fifth_of_the_dense_networks_at_equal_loss(arm, loss):
    dense = square("short", "in place", "dense", loss)
    assert square("short", "in place", arm, loss) == pytest.approx(dense, rel=0.2)


def test_at_zero_they_are_not_and_two_masks_have_caught_up_later():
    dense = square("long", "zero", "dense", 1.8)
    assert square("long", "zero", "ticket", 1.8) > 2 * dense
    late = square("long", "zero", "dense", 1.2)
    for arm in ("largest gradients", "random"):
        assert square("long", "zero", arm, 1.8) == pytest.approx(0.5 * dense, rel=0.1)
        assert square("long", "zero", arm, 1.2) == pytest.approx(late, rel=0.1)


def test_dense_descent_is_where_the_ticket_starts_after_some_twenty_steps():
    start = along("long", "zero", "ticket", 0, "losses")
    assert along("long", "zero", "dense", 4, "losses") > start > along("long", "zero", "dense", 6, "losses")  # 10, 50
    assert along("long", "zero", "dense", 5, "losses") == pytest.approx(start, abs=0.05)  # 20


def test_after_500_steps_the_arms_have_fitted_their_rows_very_differently_and_later_all_have():
    fitted = {arm: 100 * mean("short", "zero", arm, "train_accuracy") for arm in ("dense", "ticket", *OTHERS)}
    said = {"dense": 94, "ticket": 89, "largest gradients": 52, "random": 44}
    assert {arm: round(fitted[arm]) for arm in said} == said
    assert min(mean("long", "zero", arm, "train_accuracy") for arm in fitted) > 0.955


def test_at_zero_with_their_own_first_share_the_claims_have_the_same_signs():
    for budget in ("short", "long"):
        assert pace(budget, "zero", "largest gradients") < along(budget, "zero", "largest gradients", 0)
        assert pace(budget, "zero", "ticket") > along(budget, "zero", "ticket", 0)


def test_the_ticket_starts_lower_and_all_others_about_where_guessing_is():
    """ln 10 = 2.30 is the loss of a guess."""
    starts = {arm: along("long", "zero", arm, 0, "losses") for arm in ("dense", "ticket", *OTHERS)}
    assert starts.pop("ticket") < 2
    assert min(starts.values()) > 2.25


def test_every_step_in_place_keeps_the_promise_of_the_proof():
    assert rows("short", "in place")["descended"].min() == 1


def test_at_zero_only_grasp_breaks_it():
    for budget in ("short", "long"):
        least = rows(budget, "zero").groupby("arm")["descended"].min()
        assert least.pop("GraSP") < 0.75
        assert least.min() > 0.99
