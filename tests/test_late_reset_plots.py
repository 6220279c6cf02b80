"""Chapter 05's figures on a made-up table: what they say in words, and what they refuse. Oracle: means by hand."""

import pandas as pd
import pytest

from lth_teach.lab import late_reset_maps, late_reset_plots
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


def rows(recipe="plain", budgets=("short", "long"), seeds=range(1000, 1004)):
    """Every seed has its arm's gap, but for half a point more or less in turn; the long budget loses half as much."""
    table = []
    for budget in budgets:
        for seed in seeds:
            run = {"study": "tickets", "recipe": recipe, "budget": budget, "seed": seed}
            table.append(run | {"arm": "dense", "level": 0, "k": 0.0, "density": 1.0, "accuracy": DENSE})
            for (arm, k), gap in GAPS.items():
                for level in (3, 4):
                    accuracy = DENSE + (gap + 0.5 * (-1) ** seed) / 100 / (5 - level) / (1 + (budget == "long"))
                    row = run | {"arm": arm, "level": level, "k": k, "density": 0.45**level, "accuracy": accuracy}
                    stable = {"barrier": BARRIERS[k]} if arm == "ticket" or (arm, k) == ("random", 0.01) else {}
                    table.append(row | stable)
    return pd.DataFrame(table)


def copies():
    barriers = {0.0: 0.4, 0.0025: 0.2, 0.01: 0.1, 0.05: 0.03, 0.2: 0.01}
    run = [{"budget": budget, "seed": seed} for budget in ("short", "long") for seed in range(1000, 1004)]
    return pd.DataFrame([one | {"arm": "copies", "k": k, "barrier": b} for one in run for k, b in barriers.items()])


NAMES = {(arm, k): f"{arm} {k:g}" for arm, k in GAPS}
PICTURES = {
    "against_k": lambda: late_reset_plots.against_k(rows(), copies(), level=4),
    "by_density": lambda: late_reset_plots.by_density(some_lines(), title="short budget"),
    "arm_by_arm": lambda: late_reset_plots.arm_by_arm(rows(), level=4, names=NAMES),
    "crossed": lambda: late_reset_maps.crossed(rows(), level=4),
    "stability_map": lambda: late_reset_maps.stability_map(pd.concat([rows(), rows("warm-up", ("short",))])),
    "three_ways": late_reset_maps.three_ways,
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
    found = late_reset_plots.gaps(rows(seeds=[1001]))
    long = found[(found["budget"] == "long") & (found["level"] == 4)].set_index(["arm", "k"])["gap"]
    assert long["ticket", 0.0] == pytest.approx((-8.0 - 0.5) / 2)
    assert "dense" not in set(found["arm"])


def test_a_seed_without_its_dense_network_or_with_two_is_refused():
    table = rows()
    dense = table["arm"] == "dense"
    for wrong in (table[~dense | (table["seed"] != 1000)], pd.concat([table, table[dense]])):
        with pytest.raises(ValueError, match="exactly one dense network"):
            late_reset_plots.gaps(wrong)
    with pytest.raises(ValueError, match=r"missing: \['k'\]"):
        late_reset_plots.gaps(table.drop(columns="k"))


def test_the_picture_at_the_top_says_accuracy_and_barrier_for_each_k():
    alt = PICTURES["against_k"]().alt
    assert "Short budget, n = 4 seeds." in alt
    assert "ticket −8.0 [−8.9, −7.1] at k = 0, −0.5 [−1.4, +0.4] at k = 1 %" in alt  # ± 3.18 · 0.577 / √4
    assert "random mask on θ_k −14.0" in alt
    assert "dense network 40.0 [40.0, 40.0] at k = 0, 20.0 [20.0, 20.0] at k = 0.25 %" in alt
    long = alt.partition("Long budget")[2]
    assert "ticket −4.0 [−4.5, −3.5] at k = 0" in long


def test_a_line_from_step_0_is_dotted_and_a_later_one_is_not():
    (axes,) = PICTURES["by_density"]().axes
    blue = [line.get_linestyle() for line in axes.lines if line.get_color() == STYLES["ticket"][0]]
    assert [style for style in blue if style != "None"] == [":", "-"]


def test_your_own_run_is_large_half_filled_from_a_later_step_and_not_in_the_text():
    mine = [some_lines().query("seed == @seed") for seed in (1000, 1001)]
    pictures = [late_reset_plots.by_density(some_lines(), title="", mine=own) for own in mine]
    assert pictures[0].alt == pictures[1].alt
    assert pictures[0].alt.endswith("your run, hollow from step 0, half filled from k.")
    large = [line for line in pictures[0].axes[0].lines if line.get_markersize() > 10]
    fills = {(line.get_color(), line.get_fillstyle()) for line in large}
    assert {(STYLES[arm][0], fill) for arm in ("ticket", "random") for fill in ("none", "bottom")} <= fills


def test_arms_stand_in_the_order_that_was_asked_for():
    picture = PICTURES["arm_by_arm"]()
    assert [text.get_text() for text in picture.axes[0].get_yticklabels()] == list(NAMES.values())
    assert "learning-rate rewinding 0 +2.0 [+1.1, +2.9]" in picture.alt
    with pytest.raises(ValueError, match="no rows of the arm 'frozen' with k 0 at level 4"):
        late_reset_plots.arm_by_arm(rows(), level=4, names={("frozen", 0.0): "frozen"})


def test_mask_and_start_are_crossed_as_the_arms_say():
    alt = PICTURES["crossed"]().alt
    assert "short budget, mask from 0, start θ₀: −8.0" in alt
    assert "short budget, mask from 0, start θ_k: −4.0" in alt
    assert "short budget, mask from k, start θ₀: −7.0" in alt
    assert "short budget, mask from k, start θ_k: −0.5" in alt
    assert "long budget, mask from k, start θ₀: −3.5" in alt


def test_the_map_frames_what_keeps_up_and_shows_all_barriers():
    picture = PICTURES["stability_map"]()
    assert "short, plain, k = 0: 9.1 % kept: 8.0, −4.0 [−4.5, −3.5]; 4.1 % kept: 8.0, −8.0 [−8.9, −7.1]." in picture.alt
    assert (
        "short, plain, k = 5 %: 9.1 % kept: 1.0, +0.5 [0.0, +1.0] ✓; 4.1 % kept: 1.0, +1.0 [+0.1, +1.9] ✓."
        in picture.alt
    )
    *panels, key = picture.axes
    assert [text.get_text() for text in key.get_xticklabels()][2] == "2"  # where the colour turns
    for axes, budget in zip(panels, ("short", "long"), strict=True):
        told = [part for part in picture.alt.split(". ") if f"{budget}, " in part]
        assert len(axes.patches) == sum(part.count("✓") + part.count("?") for part in told)
        dashed = [frame for frame in axes.patches if frame.get_linestyle() == "--"]
        assert len(dashed) == sum(part.count("?") for part in told)
        (image,) = axes.images
        assert image.get_array().count() == len([text for text in axes.texts if text.get_fontsize() > 11])
    assert "short, random mask, k = 1 %: 9.1 % kept: 3.0, −5.0" in picture.alt
    assert "short, warm-up, k = 0" in picture.alt
    assert "long, warm-up" not in picture.alt  # there is no such run, and no cell
