"""The figures of chapter 09: their alt texts tell the means, each arm keeps its look, what was not reached is left out.

Oracles: means by hand, of tables made here in which every seed has a known distance from its arm's mean.
"""

import math

import pandas as pd
import pytest

from lth_teach.lab.pictures import gradient_flow as figures
from lth_teach.lab.pictures import gradient_flow_tables as tables

SHARES = {"dense": 1.0, "ticket": 0.4, "random": 0.3, "largest gradients": 0.9}
ACCURACY = {"dense": 0.42, "ticket": 0.43, "random": 0.27, "largest gradients": 0.33}
STEPS = {"dense": 50, "ticket": 40, "random": 200, "largest gradients": 100}


def table(seeds=6, marks=4):
    """Every seed lies 0.01 above or below the mean of its arm, in turn; cos² falls by a tenth at each mark."""
    return pd.DataFrame(
        {
            "seed": seed,
            "arm": arm,
            "share": SHARES[arm] - (arm != "dense") * 0.01 * (-1) ** seed,
            "mean_share": SHARES[arm] / 2,
            "accuracy": ACCURACY[arm] + 0.01 * (-1) ** seed,
            "steps_to_loss": STEPS[arm],
            "shares": " ".join(f"{max(0, SHARES[arm] - 0.1 * mark):.3f}" for mark in range(marks)),
        }
        for seed in range(seeds)
        for arm in SHARES
    )


def test_what_was_reached_is_told_with_the_share_and_the_dense_network_is_a_line():
    figure = figures.reached({"500 steps": table()})
    assert figure.alt == (
        "Test accuracy against cos² at θ₀, each mask. 500 steps, n = 6 seeds: dense 42.0 %; ticket 0.40 and 43.0 %; "
        "random 0.30 and 27.0 %; largest gradients 0.90 and 33.0 %."
    )
    (axes,) = figure.axes
    assert axes.get_xlim() == (0, 1)
    assert [list(line.get_ydata()) for line in axes.lines if list(line.get_xdata()) == [0, 1]] == [
        pytest.approx([42.0, 42.0])
    ]
    assert {text.get_text() for text in axes.texts} == {"dense 42.0 %", "ticket", "random", "largest gradients"}


def test_cos_squared_along_the_run_stands_at_its_steps():
    figure = figures.along({"500 steps": table()})
    assert "ticket 0.40, then 0.10; random 0.30, then 0.00; largest gradients 0.90, then 0.60." in figure.alt
    (axes,) = figure.axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1", "5"]  # MARKS begins 0, 1, 2, 5
    assert [list(line.get_xdata()) for line in axes.lines] == [[0, 1, 2, 3]] * 3
    assert len(axes.collections) == 3  # a band each; the dense network, 1 throughout, is not drawn


def test_one_seed_has_no_band():
    assert not figures.along({"mine": table(1)}).axes[0].collections
    assert "n = 1 seed:" in figures.reached({"mine": table(1)}).alt


def test_the_pace_is_in_steps_of_the_dense_network_and_stands_over_both_forecasts():
    figure = figures.pace({"500 steps": table()}, {"share": "at step 0", "mean_share": "on the way"})
    assert figure.alt == (
        "Pace against what cos² foretells, first at step 0 and then on the way. 500 steps, n = 6 seeds: ticket 0.40 "
        "and 1.25; random 0.30 and 0.25; largest gradients 0.90 and 0.50; ticket 0.20 and 1.25; random 0.15 and 0.25; "
        "largest gradients 0.45 and 0.50."
    )
    assert [axes.get_xlabel() for axes in figure.axes] == ["at step 0", "on the way"]


def test_an_arm_that_did_not_arrive_in_every_seed_is_left_out_and_named():
    rows = table()
    rows.loc[(rows["arm"] == "random") & (rows["seed"] == 2), "steps_to_loss"] = math.nan
    figure = figures.pace({"500 steps": rows}, {"share": "at step 0"})
    assert "random 0.30" not in figure.alt
    assert figure.alt.endswith("Left out, since some seeds never reached the loss: random.")


def test_a_descent_is_told_with_its_guarantee():
    """By hand: a guarantee of 0.9 a step leaves 10 · 0.9² = 8.1 after two."""
    figure = figures.descents({"45 of 60": ([10.0, 5.0, 1.0], [0.8, 0.5, 0.6], 0.9)})
    assert (
        "45 of 60: L − L* from 10 to 1, guaranteed 8.1; cos² 0.80 at first, 0.6 at last, never below 0.5." in figure.alt
    )
    above, below = figure.axes
    assert above.get_yscale() == "log"
    assert [list(line.get_ydata()) for line in above.lines] == [[10, 5, 1], pytest.approx([10, 9, 8.1])]
    assert list(below.lines[0].get_ydata()) == [0.8, 0.5, 0.6]


def test_arms_look_alike_in_all_figures_and_no_two_are_the_same():
    looks = [tuple(figures.look_of(arm).values()) for arm in figures.MASKS]
    assert len(set(looks)) == len(looks)
    assert figures.look_of("ticket") == {"color": "#0072B2", "marker": "o"}


def test_a_table_without_shares_is_refused():
    with pytest.raises(ValueError, match="share"):
        figures.reached({"short": table().drop(columns="share")})


# ---- tables


@pytest.mark.parametrize(
    ("wanted", "square"),
    [
        (2.0, 0.4),  # at the start
        (1.0, 0.1),  # at a step that is kept; the loss rises afterwards, and only the first time counts
        (1.5, 0.2),  # half way between 0.4 and 0.1 on a log axis
        (2.5, math.nan),  # the run begins below
        (0.5, math.nan),  # and never comes there
    ],
)
def test_the_squared_gradient_is_read_off_where_the_loss_first_comes_by(wanted, square):
    assert tables.square_at([2.0, 1.0, 1.2, 0.9], [0.4, 0.1, 0.7, 0.8], wanted) == pytest.approx(square, nan_ok=True)


def test_equal_losses_make_a_table_with_intervals_and_a_dash_where_a_run_never_came():
    """By hand: 0.3 and 0.5 have the mean 0.4 and the standard error 0.1; t with one degree of freedom is 12.7."""
    rows = pd.DataFrame(
        [(0, "a", "2.0 1.0", "0.3 0.1"), (1, "a", "2.0 1.0", "0.5 0.1"), (0, "b", "1.5 1.0", "0.5 0.1")],
        columns=["seed", "arm", "losses", "squares"],
    ).assign(accuracy=0.4)
    table = tables.at_equal_loss({"here": (rows, (2.0,))})
    assert table["here, at 2.0"].to_dict() == {"a": "0.40 ± 1", "b": "–"}
    with pytest.raises(ValueError, match="squares"):
        tables.at_equal_loss({"here": (rows.drop(columns="squares"), (2.0,))})


def test_small_means_have_three_decimals_and_one_seed_has_no_interval():
    rows = pd.DataFrame({"seed": [0, 1, 0], "arm": ["a", "a", "b"], "value": [0.1, 0.1, 0.5], "accuracy": 0.4})
    assert tables.means(rows, ["value"])["value"].to_dict() == {"a": "0.100 ± 0", "b": "0.50"}
