"""Chapter 03's pictures and the plane through three networks; the oracles are counted or computed by hand."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.text import Text

from lth_teach import models
from lth_teach.lab import pictures
from lth_teach.lab.plots import STYLES, Picture
from lth_teach.measures import planes

SEEDS = range(1000, 1012)
FALLS = {0.0: 0.3, 0.0025: 0.2, 0.01: 0.1, 0.05: 0.018, 0.2: 0.004}


def line(low, barrier):
    """Eleven errors in percent, as the archive stores them."""
    return " ".join(f"{100 * (low + barrier * 4 * a * (1 - a)):.1f}" for a in np.linspace(0, 1, 11))


def copies(seeds=SEEDS, budgets=("short", "long")):
    """Barriers that fall with k, a little different from seed to seed."""
    rows = []
    for budget in budgets:
        for seed in seeds:
            row = {"study": "copies", "recipe": "plain", "budget": budget, "seed": seed}
            rows.append(row | {"arm": "dense", "k": 0.0, "accuracy": 0.8})
            for k, barrier in FALLS.items():
                barrier *= 1 + (seed - 1005.5) / 100
                rows.append(
                    row | {"arm": "copies", "k": k, "accuracy": 0.8, "barrier": barrier, "path": line(0.2, barrier)}
                )
            rows.append(
                row | {"arm": "another start", "k": 0.0, "accuracy": 0.8, "barrier": 0.5, "path": line(0.2, 0.5)}
            )
    return pd.DataFrame(rows)


def tickets(seeds=SEEDS, budget="long"):
    """From step 0 unstable, and ahead with a fifth of the weights; the late one stable; a random mask neither."""
    rows = []
    starts = {"plain": (0.0, 0.01, 0.05), "warm-up": (0.0, 0.01)}
    for recipe, splits in starts.items():
        for seed in seeds:
            row = {"study": "tickets", "recipe": recipe, "budget": budget, "seed": seed}
            rows.append(row | {"arm": "dense", "level": 0, "k": 0.0, "density": 1.0, "accuracy": 0.8})
            for k in splits:
                for level in (1, 2, 3, 4):
                    one = row | {"arm": "ticket", "level": level, "k": k, "density": 0.45**level}
                    one["accuracy"] = 0.82 - 0.01 * (level - 2) * (3 if k == 0 else 1)
                    if level > 1:
                        barrier = 0.15 if k == 0 else 0.01 * level / 4
                        one |= {"barrier": barrier, "to_dense": barrier + 0.03, "to_previous": barrier / 2}
                        one |= {"copy_accuracy": one["accuracy"]}
                    rows.append(one)
            if recipe == "plain":
                one = row | {"arm": "random", "level": 4, "k": 0.01, "density": 0.041, "accuracy": 0.7}
                rows.append(one | {"barrier": 0.3, "copy_accuracy": 0.7})
                rows.append(one | {"k": 0.0, "accuracy": 0.77})
    return pd.DataFrame(rows)


def beside(**chosen):
    rows = pictures.stable_tickets.beside_dense(tickets())
    for column, value in chosen.items():
        rows = rows[rows[column] == value]
    return rows


def plane():
    error = np.add.outer(np.linspace(0.2, 0.6, 5), np.linspace(0, 0.1, 5))
    return planes.Plane(np.linspace(-1, 3, 5), np.linspace(-1, 3, 5), error, ((0.0, 0.0), (2.0, 0.0), (1.0, 2.0)))


PICTURES = {
    "answer": lambda: pictures.stability.answer(copies(budgets=("long",)), beside(recipe="plain"), 4),
    "own": lambda: pictures.stability.own_among(
        copies(budgets=("short",)), pd.DataFrame({"k": [0.0, 0.01], "barrier": [0.27, 0.12]})
    ),
    "tickets": lambda: pictures.stable_tickets.tickets(beside()),
    "gain": lambda: pictures.stable_tickets.gain_by_barrier(beside()),
    "pairs": lambda: pictures.stability.pairs(beside(recipe="plain"), copies(budgets=("long",)), 4),
    "paths": lambda: pictures.landscape.paths({"k = 0": [0.2, 0.5, 0.2], "k = 1 %": [0.2, 0.3, 0.2]}, dashed="k = 1 %"),
    "planes": lambda: pictures.landscape.planes({"parted at once": plane(), "parted late": plane()}),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_has_alt_text_is_a_png_and_never_says_nan(name):
    picture = PICTURES[name]()
    assert isinstance(picture, Picture)
    data, metadata = picture._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == picture.alt
    texts = [text.get_text() for text in picture.findobj(Text)]
    assert len(picture.alt) > 60
    assert not re.search(r"\bnan\b", " ".join([picture.alt, *texts]))


def test_the_median_lies_between_values_counted_off_from_both_ends():
    """Of 12, 2 may be left out on each side: 79 / 4096 of the tosses have at most two heads (0.0193 < 0.025)."""
    assert pictures.stability_dots.middle(range(1, 13)) == (6.5, 3, 10, 12)
    assert pictures.stability_dots.middle(range(6)) == (2.5, 0, 5, 6)  # all heads, all tails: 2 / 64
    assert pictures.stability_dots.middle(range(5)) == (2, None, None, 5)
    assert str(pictures.stability_dots.middle([-0.04] * 12)) == "0.0 [0.0, 0.0]"
    assert str(pictures.stability_dots.middle([-1.25, 3])) == "0.9"
    with pytest.raises(ValueError, match="at least one value"):
        pictures.stability_dots.middle([])


def test_the_interval_covers_the_median_as_often_as_it_says():
    draws = np.random.default_rng(0).exponential(size=(4_000, 12))  # its median is ln 2
    found = [pictures.stability_dots.middle(row) for row in draws]
    assert np.mean([one.low <= np.log(2) <= one.high for one in found]) == pytest.approx(1 - 2 * 79 / 4096, abs=0.01)


def test_the_scale_of_barriers_is_linear_to_two_and_then_doubles():
    points = np.array([0, 1, 2, 4, 8, 16, 32])
    np.testing.assert_allclose(pictures.stability_dots.doubling(points), [0, 0.5, 1, 2, 3, 4, 5])
    np.testing.assert_allclose(pictures.stability_dots._halving(pictures.stability_dots.doubling(points)), points)


def test_the_dots_are_all_the_seeds_and_the_line_is_their_median():
    left, _ = PICTURES["answer"]().axes
    dots = [line for line in left.lines if line.get_linestyle() == "None"]
    assert [len(line.get_ydata()) for line in dots] == [12] * 5
    medians = [bar.get_segments()[0][0][1] for bar in left.collections[::2]]
    np.testing.assert_allclose(medians, [100 * barrier for barrier in FALLS.values()])


def test_what_a_ticket_gains_and_how_far_the_line_rises_above_the_worse_end():
    row = beside(recipe="plain", k=0.01, level=4, arm="ticket").iloc[0]
    assert row["gain"] == pytest.approx(100 * (0.80 - 0.8))
    row = beside(recipe="plain", k=0.0, level=2, arm="ticket").iloc[0]
    assert (row["gain"], row["barrier"], row["to_dense"]) == pytest.approx((2, 15, 18))
    assert row["copy_gain"] == pytest.approx(2)
    assert row["rise"] == pytest.approx(18 - 1)  # the ends are 2 points apart, so the worse lies 1 above their mean


def test_a_rise_is_never_negative():
    """Half the difference of the ends, 1 point, is more than this barrier: they were not measured in one way."""
    rows = tickets()
    late = (rows["level"] == 2) & (rows["k"] == 0.01)
    rows.loc[late, "to_dense"] = 0.006
    found = pictures.stable_tickets.beside_dense(rows)
    assert set(found[(found["level"] == 2) & (found["k"] == 0.01)]["rise"]) == {0}


def test_each_ticket_stands_beside_the_dense_network_of_its_own_recipe_and_its_own_random_mask():
    rows = tickets()
    rows.loc[(rows["recipe"] == "warm-up") & (rows["arm"] == "dense"), "accuracy"] = 0.9
    found = pictures.stable_tickets.beside_dense(rows).query("level == 4 and arm == 'ticket'")
    assert found.groupby("recipe")["dense"].unique().map(list).to_dict() == {"plain": [0.8], "warm-up": [0.9]}
    assert found[found["recipe"] == "warm-up"]["random"].isna().all()
    random = found[found["recipe"] == "plain"].groupby("k")["random"].first()
    assert random.dropna().to_dict() == {0.0: 0.77, 0.01: 0.7}


def test_the_table_and_the_alt_text_count_every_ticket_once():
    plain = beside(recipe="plain")
    table = pictures.stable_tickets.table(plain)
    assert list(table.index[[0, 3, 6]]) == ["20 %, plain, 0", "9.1 %, plain, 0", "4.1 %, plain, 0"]
    assert list(table.index[-2:]) == ["4.1 %, random mask, 0", "4.1 %, random mask, 1 %"]
    columns = ["barrier", "stable", "accuracy", "its dense", "gain", "keeps up", "other order", "beats random"]
    assert list(table.columns) == columns
    many, few = (list(table.loc[f"{kept}, plain, 0"]) for kept in ("20 %", "4.1 %"))
    assert many == ["15.0 [15.0, 15.0]", "0 of 12", "82.0", "80.0", "2.0 [2.0, 2.0]", *["12 of 12"] * 2, "–"]
    assert few[2:] == ["76.0", "80.0", "−4.0 [−4.0, −4.0]", *["0 of 12"] * 3]  # 0.82 − 0.06; the mask has 0.77
    assert table.loc["4.1 %, plain, 1 %", "beats random"] == "12 of 12"
    assert list(table.loc["4.1 %, random mask, 0"])[:3] == ["–", "–", "77.0"]
    assert table.loc["4.1 %, random mask, 0", "other order"] == "–"  # it has no second copy
    alt = pictures.stable_tickets.gain_by_barrier(plain).alt
    counted = "stable, keeps up 24; stable, behind 0; unstable, keeps up 12; unstable, behind 0."
    assert f"20 % kept, n = 12: {counted}" in alt
    assert "random masks: stable, keeps up 0; stable, behind 0; unstable, keeps up 0; unstable, behind 12." in alt


def test_the_number_of_seeds_of_a_panel_is_that_of_its_kinds():
    rows = beside()
    short = rows[~((rows["recipe"] == "warm-up") & (rows["seed"] > 1008))]
    titles = [axes.get_title() for axes in pictures.stable_tickets.gain_by_barrier(short).axes]
    assert titles[0] == "20 % kept, n = 9 to 12"


def test_the_limit_of_two_points_ends_before_the_column_that_has_another():
    axes = PICTURES["pairs"]().axes[0]
    limit = next(line for line in axes.lines if list(line.get_ydata()) == [2, 2])
    left, right = axes.get_xlim()
    assert 3.4 < left + limit.get_xdata()[1] * (right - left) < 3.6  # columns stand at 0 to 4
    assert [text.get_text() for text in axes.texts] == ["0/12"] * 4 + ["document: 0"]


def test_one_more_seed_lies_where_students_t_says():
    """By hand, of 12: mean ± t(11, 1 − 0.01 / 4) · s · √(1 + 1 / 12), since two rows share one false alarm in 100."""
    rows = copies(budgets=("short",))
    mine = pd.DataFrame({"k": [0.0, 0.01], "barrier": [0.3, 0.5]})
    table = pictures.stability.one_more(rows, mine)
    values = 30 * (1 + (np.arange(1000, 1012) - 1005.5) / 100)
    half = 3.497 * values.std(ddof=1) * np.sqrt(13 / 12)
    assert list(table.loc["0"]) == [12, f"{30 - half:.1f}", f"{30 + half:.1f}", True]
    assert not table.loc["1 %", "yours lies there"]
    wide = rows.assign(barrier=rows["barrier"] * (rows["seed"] == 1000))
    assert pictures.stability.one_more(wide, mine).loc["0", "from"] == "0.0"


def test_rows_made_here_have_the_plain_recipe():
    rows = tickets().query("recipe == 'plain'").drop(columns="recipe")
    assert set(pictures.stable_tickets.beside_dense(rows)["recipe"]) == {"plain"}


def test_the_alt_texts_give_the_medians():
    assert "0.25 % 20.0 [19.3, 20.7]; 1 % 10.0" in PICTURES["answer"]().alt
    assert "1 % random mask 30.0" in PICTURES["tickets"]().alt
    alt = PICTURES["pairs"]().alt
    assert "From 1 %: two dense copies 10.0" in alt
    assert "the same, above the worse end 16.0" in alt
    assert "ticket, dense 4.0" in alt
    assert "below 2 points: 0 of 12; 12 of 12; 12 of 12; 0 of 12" in alt  # 10, 1, 0.5 and 4 points


def test_a_random_mask_has_the_colour_of_random_masks_and_tickets_theirs():
    axes = PICTURES["gain"]().axes[-1]
    colours = {line.get_label(): line.get_color() for line in axes.lines}
    assert colours["random mask, 1 %"] == STYLES["random"][0]
    assert colours["plain, 0"] == colours["warm-up, 1 %"] == STYLES["ticket"][0]


def test_what_one_run_measured_is_not_in_the_alt_text():
    mine = [pd.DataFrame({"k": [0.0, 0.01], "barrier": [0.3, barrier]}) for barrier in (0.1, 0.2)]
    one, other = (pictures.stability.own_among(copies(budgets=("short",)), own).alt for own in mine)
    assert one == other


# The plane


@pytest.fixture(scope="module")
def three():
    model = models.mlp(2, 3, 2, seed=0)
    return model, tuple(models.mlp(2, 3, 2, seed=seed).state_dict() for seed in (1, 2, 3))


def vector(state):
    return torch.cat([value.flatten() for value in state.values()]).double()


def test_the_three_networks_lie_where_the_plane_says(three):
    model, states = three
    first, second, third = map(vector, states)
    found = planes.through(model, states, lambda probe: 0.0, points=3)
    (_, _), (length, zero), (across, along) = found.corners
    assert (length, zero) == pytest.approx((float((second - first).norm()), 0))
    assert np.hypot(across, along) == pytest.approx(float((third - first).norm()))
    assert np.hypot(across - length, along) == pytest.approx(float((third - second).norm()))


def test_a_place_on_the_grid_holds_the_weights_at_these_distances(three):
    """The oracle: distance from the first network is the length of (across, along), for the axes stand upright."""
    model, states = three
    start = vector(states[0])
    found = planes.through(model, states, lambda probe: float((vector(probe.state_dict()) - start).norm()), points=4)
    right, up = np.meshgrid(found.across, found.along)
    np.testing.assert_allclose(found.errors, np.hypot(right, up), rtol=1e-4, atol=1e-4)
    assert torch.equal(vector(model.state_dict()), vector(models.mlp(2, 3, 2, seed=0).state_dict()))


def test_three_on_one_line_and_strangers_are_refused(three):
    model, states = three
    with pytest.raises(ValueError, match="lie on one line"):
        planes.through(model, (states[0], states[1], states[1]), lambda probe: 0.0)
    with pytest.raises(ValueError, match="shape"):
        planes.through(model, (*states[:2], models.mlp(2, 4, 2, seed=0).state_dict()), lambda probe: 0.0)
