"""The figures of chapter 03b: their alt texts tell the means, arms keep their looks, panels their places.

Oracles: means by hand, of tables made here in which every seed has a known distance from its arm's mean.
"""

import pandas as pd
import pytest

from lth_teach.lab.pictures import arm_rows, explanations_gaps, explanations_parts
from lth_teach.lab.pictures import explanations as figures
from lth_teach.lab.plots import STYLES
from lth_teach.replicates import interval

ACCURACY = {
    ("dense", 1.0): 0.64,
    ("ticket", 0.107): 0.63,
    ("noise 0.5σ", 0.107): 0.62,
    ("noise 2σ", 0.107): 0.57,
    ("re-initialised", 0.107): 0.47,
    ("random", 0.107): 0.45,
    ("largest at the start", 0.107): 0.46,
}
MOVED = {"dense": 1.4, "dense, other order": 1.2, "dense, another start": 1.02}


def table(seeds=12):
    """Every seed lies 0.01 above or below the mean of its arm, in turn; training accuracy is 0.1 higher."""
    rows = []
    for seed in range(seeds):
        wobble = 0.01 * (-1) ** seed
        for (arm, density), mean in ACCURACY.items():
            row = {"seed": seed, "arm": arm, "density": density, "accuracy": mean + wobble, "signs": 0.75}
            rows.append(row | {"train_accuracy": mean + 0.1})
    return pd.DataFrame(rows)


def moving(seeds=12):
    return pd.DataFrame(
        {"seed": seed, "arm": arm, "moved": moved + 0.01 * (-1) ** seed, "moved_largest": 1.0}
        for seed in range(seeds)
        for arm, moved in MOVED.items()
    )


def test_arms_reached_are_told_from_top_to_bottom_and_missing_ones_left_out():
    panels = {"short": table(), "long": table()[table()["arm"] != "noise 2σ"]}
    figure = figures.reached(panels, ["dense", "ticket", "noise 2σ", "largest at the start"], title="All")
    assert figure.alt == (
        "Test accuracy of each arm. short, n = 12 seeds: dense 64.0 %, ticket 63.0 %, noise 2σ 57.0 %, largest at the "
        "start 46.0 %. long, n = 12 seeds: dense 64.0 %, ticket 63.0 %, largest at the start 46.0 %."
    )
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == [
        "dense",
        "ticket",
        "largest at the start",
    ]


def test_an_arm_has_the_colour_that_it_has_everywhere_and_noise_is_not_random():
    for arm in ("dense", "ticket", "re-initialised", "random"):
        assert arm_rows.look_of(arm) == {"color": STYLES[arm][0], "marker": STYLES[arm][1]}
    own = {arm_rows.look_of(arm)["color"] for arm in ("noise 0.5σ", "largest at the start")}
    assert arm_rows.look_of("noise 0.5σ") == arm_rows.look_of("noise 4σ")
    assert len(own | {colour for colour, _ in STYLES.values()}) == len({colour for colour, _ in STYLES.values()}) + 2


def test_movement_tells_three_ratios_on_one_scale():
    figure = figures.movement({"short": moving(), "long": moving()})
    assert (
        "short, n = 12 seeds: the order that chose the mask 1.40, another order of the data 1.20, another start "
        "1.02; the largest at the start at most 1.00." in figure.alt
    )
    assert len({axes.get_xlim() for axes in figure.axes}) == 1


def test_one_s_own_run_is_shown_where_the_archive_has_its_setting():
    """Oracle: the panel's own column budget. A hollow marker lies at the run's value, in the row of another order."""
    short, long = moving().assign(budget="short"), moving().assign(budget="long")
    figure = figures.movement({"short": short, "long": long}, 1.17, {"budget": "long"})
    hollow = [[line for line in axes.lines if line.get_markersize() == 11] for axes in figure.axes]
    assert [len(lines) for lines in hollow] == [0, 1]
    assert list(hollow[1][0].get_xdata()) == [1.17]
    assert figure.alt.count("a hollow marker for your run") == 1
    assert "your run" in [text.get_text().removeprefix("hollow: ") for text in figure.axes[1].texts]
    other = figures.movement({"short": short}, 1.17, {"budget": "long"})
    assert "your run" not in other.alt


def test_noise_marks_the_arms_of_one_s_own_run():
    rows = table().assign(budget="short")
    figure = figures.noise({"short": rows}, {"ticket": 0.6, "noise 2σ": 0.5, "another": 0.4}, {"budget": "short"})
    marks = [line.get_xydata().tolist()[0] for line in figure.axes[0].lines if line.get_markersize() == 11]
    assert marks == [[0, 60.0], [3, 50.0]]
    assert "hollow markers for your run" in figure.alt
    assert "your run" not in figures.noise({"short": rows}, {"ticket": 0.6}, {"budget": "long"}).alt


def test_over_a_random_mask_the_places_share_of_the_tickets_lead():
    """Oracle: by hand, 63 − 45 = 18 points and 47 − 45 = 2, a ninth, in every seed; the largest have 46 − 45 = 1."""
    figure = figures.over_random({"short": table()})
    assert figure.alt == (
        "Points of test accuracy above a random mask. short, n = 12 seeds: the ticket 18.0 [18.0, 18.0], its places "
        "with new values 2.0 [2.0, 2.0], the largest at the start 1.0 [1.0, 1.0]; the places give 11 [11, 11] % of it, "
        "and lead the largest by 1.0 [1.0, 1.0]."
    )


def test_the_ends_of_a_share_s_interval_are_where_the_interval_of_the_rest_reaches_zero():
    """Oracle: the definition, with the course's own interval of part − q · whole."""
    whole = pd.Series([9.0, 10.0, 12.0, 11.0, 8.0])
    part = pd.Series([5.0, 4.0, 7.0, 6.0, 6.0])
    found = explanations_parts.share(part, whole)
    assert found.mean == pytest.approx(56)  # 28 of 50
    assert interval(part - found.low / 100 * whole).low == pytest.approx(0, abs=1e-9)
    assert interval(part - found.high / 100 * whole).high == pytest.approx(0, abs=1e-9)


def test_a_share_of_what_may_be_zero_and_of_one_seed_has_no_interval():
    around_zero = pd.Series([-2.0, 4.0, -1.0])
    assert explanations_parts.share(pd.Series([1.0, 2.0, 1.0]), around_zero).low is None
    assert explanations_parts.share(pd.Series([1.0]), pd.Series([4.0])).low is None
    assert "11 % of it" in figures.over_random({"mine": table(1)}).alt


def test_new_draws_within_a_point_of_their_ticket_are_counted():
    """Oracle: by hand; three of twelve draws are 0.5 points below their ticket, one is 2 above, the others 16 below."""
    rows = table()
    drawn = rows["arm"] == "re-initialised"
    ticket = rows[rows["arm"] == "ticket"]["accuracy"].to_numpy()
    rows.loc[drawn & (rows["seed"] < 3), "accuracy"] = ticket[:3] - 0.005
    rows.loc[drawn & (rows["seed"] == 3), "accuracy"] = ticket[3] + 0.02
    assert "; 4 of 12 new draws within a point of their ticket." in figures.noise({"short": rows}).alt


def test_noise_stands_at_the_same_place_in_every_panel_and_tells_what_it_costs():
    figure = figures.noise({"short": table(), "long": table()[table()["arm"] != "noise 2σ"]})
    short, long = ([tick.get_text().split("\n")[0] for tick in axes.get_xticklabels()] for axes in figure.axes)
    assert (short, long) == (["no noise", "0.5σ", "2σ", "new draw"], ["no noise", "0.5σ", "new draw"])
    assert list(figure.axes[0].get_xticks()) == [0, 1, 3, 5]
    assert list(figure.axes[1].get_xticks()) == [0, 1, 5]
    lines = [[list(line.get_xdata()) for line in axes.lines if line.get_linestyle() == "-"] for axes in figure.axes]
    assert lines == [[[0, 1, 3]], [[0, 1]]]  # a new draw is no larger noise, and has no line to it
    assert "2σ 57.0 %, 6.0 [6.0, 6.0] below (75 % of the signs); new draw 47.0 %, 16.0 [16.0, 16.0]" in figure.alt


def test_a_gap_is_training_less_test():
    figure = explanations_gaps.gaps({"short": table()}, {"all": ("dense", 1.0), "a tenth": ("ticket", 0.107)})
    assert figure.alt == (
        "Accuracy on training and on test rows, in percent. short, n = 12 seeds: all 74.0 and 64.0, gap 10.0; a tenth "
        "73.0 and 63.0, gap 10.0, against dense −1.0 [−1.0, −1.0]."
    )


def test_wide_gaps_have_two_scales_and_the_dense_network_a_line():
    figure = explanations_gaps.fits({"short": table()}, {"dense": ("dense", 1.0), "random, 11 %": ("random", 0.107)})
    left, right = figure.axes
    assert (left.get_title(loc="left"), right.get_title(loc="left")) == (
        "short, n = 12 seeds\ntraining rows",
        "test rows",
    )
    assert "dense 74.0 and 64.0, gap 10.0; random, 11 % 55.0 and 45.0, gap 10.0, against dense −19.0" in figure.alt
    assert [text.get_text() for text in right.texts] == ["10.0", "10.0", "gap"]
    assert any(list(line.get_xdata()) == pytest.approx([64.0, 64.0]) for line in right.lines)


def test_a_ticket_is_compared_with_the_dense_network_of_the_last_panel_too():
    """Oracle: by hand; the long dense network has 66 %, in the first five seeds, and the short ticket 63."""
    long = table(5)
    long.loc[long["arm"] == "dense", "accuracy"] += 0.02
    arms = {"dense": ("dense", 1.0), "ticket": ("ticket", 0.107), "random": ("random", 0.107)}
    figure = explanations_gaps.fits({"short": table(), "long": long}, arms)
    told = "ticket 73.0 and 63.0, gap 10.0, against dense −1.0 [−1.0, −1.0] (against dense of long, n = 5: −3.0 "
    assert told in figure.alt
    assert figure.alt.count("against dense of long") == 1
    dotted = [[line for line in axes.lines if line.get_linestyle() == ":"] for axes in figure.axes]
    assert [len(lines) for lines in dotted] == [0, 1, 0, 0]
    assert list(dotted[1][0].get_xdata()) == pytest.approx([66.2, 66.2])  # five seeds: three above the mean, two below


def test_a_difference_is_taken_seed_by_seed_and_has_a_95_percent_interval():
    """Oracle: by hand, differences of 1, 2 and 3 points, whose interval is 2 ± 4.303 / √3."""
    rows = pd.DataFrame(
        {"seed": seed, "arm": arm, "density": 1.0, "accuracy": accuracy, "train_accuracy": 1.0}
        for seed, (dense, other) in enumerate([(0.40, 0.41), (0.60, 0.62), (0.50, 0.53)])
        for arm, accuracy in (("dense", dense), ("random", other))
    )
    figure = explanations_gaps.fits({"short": rows.iloc[::-1]}, {"dense": ("dense", 1.0), "random": ("random", 1.0)})
    assert "against dense 2.0 [−0.5, 4.5]." in figure.alt


def test_panels_that_are_compared_have_one_width_and_end_where_accuracy_does():
    high = table().assign(accuracy=lambda rows: rows["accuracy"] + 0.35)  # 0.98 and more for the ticket
    high = high[high["arm"].isin(["dense", "ticket"])]
    panels = {"short": table(), "high": high.assign(train_accuracy=1.0)}
    drawn = {
        "reached": figures.reached(panels, ["dense", "ticket", "random"], title="").axes,
        "gaps": explanations_gaps.gaps(panels, {"a": ("dense", 1.0), "b": ("ticket", 0.107)}).axes,
    }
    widths = {name: [axes.get_xlim()[1] - axes.get_xlim()[0] for axes in panel] for name, panel in drawn.items()}
    upright = [axes.get_ylim()[1] - axes.get_ylim()[0] for axes in figures.noise(panels).axes]
    for short, other in (*widths.values(), upright):
        assert short == pytest.approx(other)
    assert drawn["gaps"][1].get_xlim()[1] <= 101


def test_one_seed_has_dots_and_no_bar():
    figure = figures.reached({"mine": table(1)}, ["ticket"], title="")
    assert not figure.axes[0].collections
    assert "n = 1 seed:" in figure.alt
    assert "2σ 58.0 %, 6.0 below" in figures.noise({"mine": table(1)}).alt


def test_a_table_without_accuracies_is_refused():
    with pytest.raises(ValueError, match="accuracy"):
        figures.reached({"short": table().drop(columns="accuracy")}, ["ticket"], title="")
