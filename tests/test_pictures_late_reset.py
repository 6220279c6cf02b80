"""Chapter 05's figures and tables on a made-up one: what they say, and what they refuse. Oracle: means by hand."""

import pandas as pd
import pytest

from lth_teach.lab import pictures
from lth_teach.lab.plots import STYLES

DENSE = 0.70
GAPS = {  # (arm, k): points above the dense network at level 4; half of it at level 3
    ("ticket", 0.0): -8.0,
    ("ticket", 0.01): -0.5,
    ("ticket", 0.05): 1.0,
    ("random", 0.0): -14.0,
    ("random", 0.01): -10.0,
    ("re-initialised", 0.01): -6.0,
    ("early mask, late start", 0.01): -4.0,
    ("late mask, early start", 0.0): -7.0,
    ("learning-rate rewinding", 0.0): 2.0,
}
BARRIERS = {0.0: 0.08, 0.01: 0.03, 0.05: 0.01}
STARTS = ("0", "1 %", "5 %")  # as the tables write them


def rows(recipe="plain", budgets=("short", "long"), seeds=range(1000, 1006)):
    """Every seed has its arm's gap, but for half a point more or less in turn; the long budget loses half as much.

    In another order of the data every ticket is a point better.
    """
    table = []
    for budget in budgets:
        for seed in seeds:
            run = {"study": "tickets", "recipe": recipe, "budget": budget, "seed": seed}
            table.append(run | {"arm": "dense", "level": 0, "k": 0.0, "density": 1.0, "accuracy": DENSE})
            for (arm, k), gap in GAPS.items():
                for level in (3, 4):
                    accuracy = DENSE + (gap + 0.5 * (-1) ** seed) / 100 / (5 - level) / (1 + (budget == "long"))
                    row = run | {"arm": arm, "level": level, "k": k, "density": 0.45**level, "accuracy": accuracy}
                    row |= {"copy_accuracy": accuracy + 0.01}
                    stable = {"barrier": BARRIERS[k]} if arm == "ticket" or (arm, k) == ("random", 0.01) else {}
                    table.append(row | stable)
    return pd.DataFrame(table)


def copies():
    barriers = {0.0: 0.4, 0.0025: 0.2, 0.01: 0.1, 0.05: 0.03, 0.2: 0.01}
    run = [{"budget": budget, "seed": seed} for budget in ("short", "long") for seed in range(1000, 1006)]
    return pd.DataFrame([one | {"arm": "copies", "k": k, "barrier": b} for one in run for k, b in barriers.items()])


NAMES = {(arm, k): f"{arm} {k:g}" for arm, k in GAPS}
PICTURES = {
    "against_k": lambda: pictures.late_reset.against_k(rows(), copies(), level=4),
    "by_density": lambda: pictures.late_reset.by_density(some_lines(), title="short budget"),
    "arm_by_arm": lambda: pictures.late_reset.arm_by_arm(rows(), level=4, names=NAMES),
    "crossed": lambda: pictures.late_reset_maps.crossed(rows(), level=4),
    "stability_map": lambda: pictures.late_reset_maps.stability_map(pd.concat([rows(), rows("warm-up", ("short",))])),
    "three_ways": pictures.late_reset_maps.three_ways,
}


def some_lines():
    table = rows(budgets=("short",))
    return table[table["arm"].isin(["dense", "ticket", "random"]) & table["k"].isin([0.0, 0.01])]


@pytest.mark.parametrize("name", PICTURES)
def test_each_has_a_text_without_nan_and_letters_that_can_be_read(name):
    picture = PICTURES[name]()
    assert picture.png().startswith(b"\x89PNG")
    assert len(picture.alt) > 80
    assert "nan" not in picture.alt.split()
    sizes = [text.get_fontsize() for axes in picture.axes for text in (axes.title, axes.xaxis.label, *axes.texts)]
    assert min(sizes) >= 10


def test_gaps_are_points_above_the_seeds_own_dense_network():
    found = pictures.late_reset.gaps(rows(seeds=[1001]))
    long = found[(found["budget"] == "long") & (found["level"] == 4)].set_index(["arm", "k"])["gap"]
    assert long["ticket", 0.0] == pytest.approx((-8.0 - 0.5) / 2)
    assert "dense" not in set(found["arm"])


def test_a_seed_without_its_dense_network_or_with_two_is_refused():
    table = rows()
    dense = table["arm"] == "dense"
    for wrong in (table[~dense | (table["seed"] != 1000)], pd.concat([table, table[dense]])):
        with pytest.raises(ValueError, match="exactly one dense network"):
            pictures.late_reset.gaps(wrong)
    with pytest.raises(ValueError, match=r"missing: \['k'\]"):
        pictures.late_reset.gaps(table.drop(columns="k"))


def test_the_picture_at_the_top_says_accuracy_and_barrier_for_each_k():
    alt = PICTURES["against_k"]().alt
    assert "Short budget, n = 6 seeds." in alt
    assert "ticket −8.0 [−8.6, −7.4] at k = 0, −0.5 [−1.1, +0.1] at k = 1 %" in alt  # ± 2.57 · 0.548 / √6
    assert "random mask on θ_k −14.0" in alt
    assert "dense network 40.0 [40.0, 40.0] at k = 0, 20.0 [20.0, 20.0] at k = 0.25 %" in alt
    long = alt.partition("Long budget")[2]
    assert "ticket −4.0 [−4.3, −3.7] at k = 0" in long


def test_a_barrier_has_its_median_between_two_of_the_seeds():
    table = rows()
    table.loc[table["seed"] == 1000, "barrier"] += 0.3  # one seed far away pulls no median
    alt = pictures.late_reset.against_k(table, copies(), level=4).alt
    assert "medians: ticket 8.0 [8.0, 38.0] at k = 0, 3.0 [3.0, 33.0] at k = 1 %" in alt


def test_a_line_from_step_0_is_dotted_and_a_later_one_is_not():
    (axes,) = PICTURES["by_density"]().axes
    blue = [line.get_linestyle() for line in axes.lines if line.get_color() == STYLES["ticket"][0]]
    assert [style for style in blue if style != "None"] == [":", "-"]


def test_your_own_run_is_large_half_filled_from_a_later_step_and_not_in_the_text():
    mine = [some_lines().query("seed == @seed") for seed in (1000, 1001)]
    drawn = [pictures.late_reset.by_density(some_lines(), title="", mine=own) for own in mine]
    assert drawn[0].alt == drawn[1].alt
    assert drawn[0].alt.endswith("your run, hollow from step 0, half filled from k.")
    large = [line for line in drawn[0].axes[0].lines if line.get_markersize() > 10]
    fills = {(line.get_color(), line.get_fillstyle()) for line in large}
    assert {(STYLES[arm][0], fill) for arm in ("ticket", "random") for fill in ("none", "bottom")} <= fills


def test_arms_stand_in_the_order_that_was_asked_for():
    picture = PICTURES["arm_by_arm"]()
    assert [text.get_text() for text in picture.axes[0].get_yticklabels()] == list(NAMES.values())
    assert "learning-rate rewinding 0 +2.0 [+1.4, +2.6]" in picture.alt
    with pytest.raises(ValueError, match="no rows of the arm 'frozen' with k 0 at level 4"):
        pictures.late_reset.arm_by_arm(rows(), level=4, names={("frozen", 0.0): "frozen"})


def test_mask_and_start_are_crossed_as_the_arms_say():
    alt = PICTURES["crossed"]().alt
    assert "short budget, mask from 0, start θ₀: −8.0" in alt
    assert "short budget, mask from 0, start θ_k: −4.0" in alt
    assert "short budget, mask from k, start θ₀: −7.0" in alt
    assert "short budget, mask from k, start θ_k: −0.5" in alt
    assert "long budget, mask from k, start θ₀: −3.5" in alt


def test_the_map_frames_what_keeps_up_and_shows_all_barriers():
    picture = PICTURES["stability_map"]()
    assert (
        "short, plain, k = 0: 9.1 % kept: 8.0 [8.0, 8.0], −4.0 [−4.3, −3.7]; "
        "4.1 % kept: 8.0 [8.0, 8.0], −8.0 [−8.6, −7.4]." in picture.alt
    )
    assert "k = 5 %: 9.1 % kept: 1.0 [1.0, 1.0], +0.5 [+0.2, +0.8] ✓; 4.1 % kept: 1.0 [1.0, 1.0]" in picture.alt
    *panels, key = picture.axes
    assert [text.get_text() for text in key.get_xticklabels()][2] == "2"  # where the colour turns
    for axes, budget in zip(panels, ("short", "long"), strict=True):
        told = [part for part in picture.alt.split(". ") if f"{budget}, " in part]
        assert len(axes.patches) == sum(part.count("] ✓") + part.count("] ?") for part in told)
        dashed = [frame for frame in axes.patches if frame.get_linestyle() == "--"]
        assert len(dashed) == sum(part.count("] ?") for part in told)
        (image,) = axes.images
        assert image.get_array().count() == len([text for text in axes.texts if text.get_fontsize() > 14])
    assert "short, random mask, k = 1 %: 9.1 % kept: 3.0 [3.0, 3.0], −5.0" in picture.alt
    assert "short, warm-up, k = 0" in picture.alt
    assert "long, warm-up" not in picture.alt  # there is no such run, and no cell


def one_seed_stable(seeds):
    """The barriers of 3 points, and one of 1 among them: which side of 2 the median lies on, nobody can say."""
    table = rows(seeds=seeds)
    table.loc[(table["seed"] == 1000) & (table["barrier"] == 0.03), "barrier"] = 0.01
    return table


@pytest.mark.parametrize(("seeds", "told"), [(range(1000, 1006), "3.0 [1.0, 3.0] ?"), (range(1000, 1004), "3.0 ?")])
def test_a_barrier_that_may_lie_on_either_side_of_the_limit_has_a_question_mark(seeds, told):
    picture = pictures.late_reset_maps.stability_map(one_seed_stable(seeds))
    assert f"short, plain, k = 1 %: 9.1 % kept: {told}, " in picture.alt
    assert "3.0 ?" in [text.get_text() for text in picture.axes[0].texts]


def test_halves_are_differences_within_seeds():
    found = pictures.late_reset_tables.halves(rows(), level=4)
    short, long = ([float(words.split()[0].replace("−", "-")) for words in found[name]] for name in ("short", "long"))
    assert short == [4.0, 1.0, 7.5, 7.5 - 4.0 - 1.0, 7.5, 0.0, 1.5, 1.5, 0.0, 4.0]
    half = [2.0, 0.5, 3.75, 1.25, 3.75, 0.0, 0.75, 0.75, 0.0, 2.0]
    assert long == pytest.approx(half, abs=0.051)  # in tenths
    assert found["short"].iloc[2] == "+7.5 [+7.5, +7.5]"  # the seeds' own ups and downs cancel


def test_recipes_stand_in_the_order_of_the_rows_and_what_was_not_run_is_a_dash():
    table = pd.concat([rows(), rows("warm-up", ("short",)).query("k == 0")])
    found = pictures.late_reset_tables.recipes(table, level=4)
    assert list(found.columns) == ["short", "long"]
    assert list(found.index)[3:] == [("plain", "ticket, k = 5 %"), ("warm-up", "dense"), ("warm-up", "ticket, k = 0")]
    assert found["short"]["plain"].to_dict() == {  # ± 2.57 · 0.548 / √6
        "dense": "70.0 [70.0, 70.0]",
        "ticket, k = 0": "62.0 [61.4, 62.6]",
        "ticket, k = 1 %": "69.5 [68.9, 70.1]",
        "ticket, k = 5 %": "71.0 [70.4, 71.6]",
    }
    assert found.loc[("warm-up", "ticket, k = 0"), "long"] == "–"
    assert found.columns.name == "accuracy (%), n = 6 seeds"


def test_a_ticket_is_compared_with_its_dense_network_in_both_orders():
    found = pictures.late_reset_tables.orders(rows())
    assert list(found.columns) == ["own order", "another order"]
    assert list(found.index)[:4] == [("short", kept, k) for kept, k in [*zip(3 * ["9.1 %"], STARTS), ("4.1 %", "0")]]
    assert found.loc[("short", "4.1 %", "0")].to_list() == ["−8.0 [−8.6, −7.4]", "−7.0 [−7.6, −6.4]"]
    assert found.loc[("long", "4.1 %", "5 %"), "another order"] == "+1.5 [+1.2, +1.8]"
    assert found.columns.name == "points above dense, n = 6 seeds"


def test_the_map_is_counted_by_density_in_both_orders_without_its_random_masks():
    """In another order each ticket is a point better: at k = 1 % both may say what they could not."""
    found = pictures.late_reset_tables.counted(one_seed_stable(range(1000, 1006)))
    told = {index: dict(zip(found.columns, line)) for index, *line in found.itertuples()}
    none = {"keeps up": "0 / 0", "cannot say": "0 / 0", "behind": "0 / 0"}
    assert {index: told[index] for index in told if index[0] == "short"} == {
        ("short", "over 4.1 %", "stable"): none | {"keeps up": "1 / 1"},  # k = 5 %: +0.5
        ("short", "over 4.1 %", "cannot say"): none | {"keeps up": "1 / 1"},  # k = 1 %: −0.2
        ("short", "over 4.1 %", "unstable"): none | {"behind": "1 / 1"},  # k = 0: −4.0
        ("short", "4.1 %", "stable"): none | {"keeps up": "1 / 1"},
        ("short", "4.1 %", "cannot say"): none | {"keeps up": "0 / 1", "cannot say": "1 / 0"},  # −0.5 [−1.1, +0.1]
        ("short", "4.1 %", "unstable"): none | {"behind": "1 / 1"},
    }


def test_a_kind_of_ticket_that_there_is_not_has_no_row():
    assert "cannot say" not in pictures.late_reset_tables.counted(rows()).index.get_level_values(2)


def test_your_own_runs_from_two_steps_stand_side_by_side():
    mine = some_lines().query("seed == 1000 and arm == 'ticket' and level == 4")
    (axes,) = pictures.late_reset.by_density(some_lines(), title="", mine=mine).axes
    hollow, half = (line.get_xdata()[0] for line in axes.lines if line.get_markersize() > 10)
    assert hollow > 100 * mine["density"].iloc[0] > half
