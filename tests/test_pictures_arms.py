import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.text import Annotation, Text

from lth_teach.lab import pictures
from lth_teach.lab.plots import STYLES, Picture

MEANS = {  # accuracy at 41, 17 and 10.7 % of the weights
    "ticket": (0.79, 0.78, 0.77),
    "sign-constant": (0.79, 0.77, 0.765),
    "re-initialised": (0.76, 0.68, 0.62),
    "random": (0.75, 0.65, 0.58),
}


def rows(data="mnist1d", seeds=range(1000, 1004), budget="long"):
    """Every seed has the mean of its arm, but for 0.01 more or less in turn."""
    table = []
    for seed in seeds:
        row = {"data": data, "budget": budget, "seed": seed}
        wobble = 0.01 * (-1) ** seed
        table.append(row | {"arm": "dense", "density": 1.0, "accuracy": 0.79 + wobble})
        for arm, means in MEANS.items():
            for density, mean in zip((0.41, 0.17, 0.107), means, strict=True):
                table.append(row | {"arm": arm, "density": density, "accuracy": mean + wobble})
    return pd.DataFrame(table)


def four_cells():
    table = rows()
    more = {"signs kept": 0.76, "sizes kept": 0.64}
    return pd.concat(
        [table, *(table[table["arm"] == "ticket"].assign(arm=arm, accuracy=value) for arm, value in more.items())]
    )


def paid():
    table = rows()
    table = table[table["density"].isin([1.0, 0.107])]
    longer = table[table["arm"] == "dense"].assign(arm="dense, 12 times as long")
    table = pd.concat([table, longer])
    return table.assign(trainings=table["arm"].map(lambda arm: 1 if arm in ("dense", "random") else 12))


def weights(n=5000):
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(n, generator=generator)
    trained = start + 0.3 * torch.randn(n, generator=generator)
    return start, trained, trained.abs() > trained.abs().quantile(0.8)


PICTURES = {
    "arms": lambda: pictures.arms.arms(pd.concat([rows(), rows("mnist5k")]), title="Mask or start?"),
    "two_by_two": lambda: pictures.arms.two_by_two(four_cells(), density=0.107),
    "cost": lambda: pictures.arms.cost(paid()),
    "weights": lambda: pictures.weights.weights_before_and_after(*weights()),
}


def written(picture):
    """Every text of a picture that is not empty."""
    texts = picture.findobj(match=lambda artist: hasattr(artist, "get_text"))
    return [text.get_text() for text in texts if text.get_text()]


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_has_alt_text_and_is_a_png(name):
    picture = PICTURES[name]()
    assert isinstance(picture, Picture)
    data, metadata = picture._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == picture.alt
    assert len(picture.alt) > 80


def test_the_alt_text_of_the_arms_says_their_means_from_high_to_low():
    alt = PICTURES["arms"]().alt
    assert "MNIST-1D, long budget, n = 4 seeds" in alt
    assert "MNIST digits, long budget, n = 4 seeds" in alt
    assert alt.count("At 10.7 % of the weights, from high to low: dense 79.0 % (dashed line), ticket 77.0 %") == 2
    assert alt.index("re-initialised 62.0 %") < alt.index("random 58.0 %")
    assert pictures.arms.arms(rows(), title="", alt="What one sees.").alt == "What one sees."


def test_an_arm_that_ends_at_another_density_is_said_to():
    table = rows()
    shorter = table[~((table["arm"] == "random") & (table["density"] == 0.107))]
    assert "random 65.0 % (at 17 %)" in pictures.arms.arms(shorter, title="").alt


def test_a_line_runs_through_the_means_with_dense_dashed_and_dense_on_the_left():
    (axes,) = pictures.arms.arms(rows(), title="").axes
    lines = {line.get_color(): line for line in axes.lines if line.get_linestyle() == "-"}
    for arm, means in MEANS.items():
        line = lines[STYLES[arm][0]]
        np.testing.assert_allclose(line.get_xdata(), [41, 17, 10.7])
        np.testing.assert_allclose(line.get_ydata(), 100 * np.array(means))
    (dashed,) = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert dashed.get_ydata()[0] == pytest.approx(79)
    left, right = axes.get_xlim()
    assert left > 100 > 10.7 > right


def test_the_dots_are_all_the_seeds():
    (axes,) = pictures.arms.arms(rows(), title="").axes
    dots = [line for line in axes.lines if line.get_marker() == "."]
    assert sum(len(line.get_xdata()) for line in dots) == len(rows())


def boxes(picture):
    """The places of the labels, one list for each panel."""
    picture.draw_without_rendering()
    return [
        [Text.get_window_extent(text) for text in axes.texts if isinstance(text, Annotation)]  # without the thin line
        for axes in picture.axes
    ]


def test_labels_do_not_overlap_and_stay_inside_the_picture():
    table = rows()
    same = [table[table["arm"] == "ticket"].assign(arm=f"arm {number}") for number in range(4)]
    for picture in (
        *(PICTURES[name]() for name in ("arms", "cost")),
        pictures.arms.arms(pd.concat([table, *same]), title=""),
    ):
        whole = picture.bbox
        for found in boxes(picture):
            assert len(found) >= 5
            for number, box in enumerate(found):
                assert box.x1 <= whole.x1
                assert box.y0 >= whole.y0
                assert box.y1 <= whole.y1
                assert not any(box.overlaps(other) for other in found[:number])


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [
        ([1, 5, 9], [1, 5, 9]),  # far enough apart: nothing moves
        ([5, 5], [4.5, 5.5]),  # both give way alike
        ([5.2, 5.0, 9], [5.6, 4.6, 9]),  # the order stays
        ([0.1, 0.1], [0, 1]),  # the lower end holds
        ([9.9, 9.9, 9.9], [8, 9, 10]),  # and the upper
    ],
)
def test_positions_are_spread_as_little_as_can_be(wanted, placed):
    assert pictures.labels.spread(wanted, 1.0, 0.0, 10.0) == pytest.approx(placed)


def test_your_own_run_is_drawn_hollow_on_its_panel_only():
    both = pd.concat([rows(), rows("mnist5k")])
    picture = pictures.arms.arms(both, title="", mine=rows(seeds=[2000]))
    first, second = ([line for line in axes.lines if line.get_markersize() > 10] for axes in picture.axes)
    assert {line.get_color() for line in first} == {STYLES[arm][0] for arm in ("dense", *MEANS)}
    assert all(line.get_markerfacecolor() == "none" for line in first)
    assert second == []
    assert [axes.get_legend() is not None for axes in picture.axes] == [True, False]
    assert "your run" in written(picture)
    assert picture.alt.endswith("Large hollow markers: your run.")


def test_what_one_run_measured_is_not_in_the_alt_text():
    """Stored outputs are compared on other machines: the archive's means are the same there, a run is not."""
    one, other = rows(seeds=[2000]), rows(seeds=[2001])
    assert pictures.arms.arms(rows(), title="", mine=one).alt == pictures.arms.arms(rows(), title="", mine=other).alt


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (rows().drop(columns="density"), r"missing: \['density'\]"),
        (rows().iloc[:0], "rows: 0"),
        (rows().assign(accuracy=79.0), "fraction, 0 to 1, in every row; found 79 to 79"),
        (pd.concat([rows(), rows(budget="short")]), "budget must hold one value"),
    ],
)
def test_tables_that_cannot_be_drawn_are_refused(table, message):
    with pytest.raises(ValueError, match=message):
        pictures.arms.arms(table, title="")


def test_a_run_of_another_budget_is_refused():
    with pytest.raises(ValueError, match="compare like with like"):
        pictures.arms.arms(rows(), title="", mine=rows(seeds=[2000], budget="short"))


def test_the_four_cells_hold_their_means_and_intervals():
    picture = PICTURES["two_by_two"]()
    texts = written(picture)
    assert [text for text in texts if text.endswith(" %") and text[0].isdigit()] == [
        "77.0 %",
        "76.0 %",
        "64.0 %",
        "62.0 %",
    ]
    assert "[75.2, 78.8]" in texts  # 77 ± 3.18 · 1.155 / √4, Student's t with three degrees of freedom
    assert "signs kept, sizes kept (ticket): 77.0 %" in picture.alt
    assert "signs shuffled, sizes redrawn (re-initialised): 62.0 %" in picture.alt


def luminance(colour):
    """Relative luminance as WCAG 2 defines it."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("sizes_kept", [0.62, 0.66, 0.68, 0.70, 0.72, 0.77])
def test_the_text_of_a_cell_can_be_read_on_its_colour(sizes_kept):
    table = four_cells()
    table.loc[table["arm"] == "sizes kept", "accuracy"] = sizes_kept
    (axes,) = pictures.arms.two_by_two(table, density=0.107).axes
    (image,) = axes.images
    for text in axes.texts:
        x, y = text.get_position()
        cell = image.get_array()[round(y), round(x)]
        light, dark = sorted((luminance(image.cmap(image.norm(cell))[:3]), luminance(text.get_color())), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_four_cells_need_their_four_arms_at_one_density():
    with pytest.raises(ValueError, match=r"density 0.107 needs the arms .*; there are: random at 0.107"):
        pictures.arms.two_by_two(rows(), density=0.107)
    with pytest.raises(ValueError, match="density 0.3 needs"):
        pictures.arms.two_by_two(four_cells(), density=0.3)
    with pytest.raises(ValueError, match="data must hold one value"):
        pictures.arms.two_by_two(pd.concat([four_cells(), four_cells().assign(data="mnist5k")]), density=0.107)


def test_one_seed_has_no_interval_in_the_cells_and_no_bar_in_the_cost():
    one = four_cells().query("seed == 1000")
    assert not any("[" in text for text in written(pictures.arms.two_by_two(one, density=0.107)))
    assert len(pictures.arms.cost(paid().query("seed == 1000")).axes[0].collections) == 0


def test_the_cost_puts_each_arm_at_its_trainings():
    picture = PICTURES["cost"]()
    (axes,) = picture.axes
    places = {line.get_marker() + line.get_color(): float(line.get_xdata()[0]) for line in axes.lines}
    assert places[STYLES["ticket"][1] + STYLES["ticket"][0]] == 12
    assert places[STYLES["random"][1] + STYLES["random"][0]] == 1
    assert "dense 79.0 % for 1, ticket 77.0 % for 12" in picture.alt
    with pytest.raises(ValueError, match="trainings must hold one value"):
        pictures.arms.cost(paid().assign(trainings=range(len(paid()))))


def test_at_most_three_thousand_weights_are_drawn_survivors_outside_the_cut():
    start, trained, mask = weights()
    picture = pictures.weights.weights_before_and_after(start, trained, mask)
    pruned, kept = [line for line in picture.axes[0].lines if line.get_marker() == "."]
    assert len(pruned.get_xdata()) + len(kept.get_xdata()) == 3000
    cut = max(line.get_ydata()[0] for line in picture.axes[0].lines if line.get_linestyle() == ":")
    assert np.abs(pruned.get_ydata()).max() < cut <= np.abs(kept.get_ydata()).min()
    assert kept.get_color() == STYLES["ticket"][0]
    assert "the 20 % that survive" in picture.alt


def test_a_mask_that_no_cut_makes_has_no_cut_lines():
    start, trained, mask = weights()
    picture = pictures.weights.weights_before_and_after(start, trained, mask.flip(0))
    assert not any(line.get_linestyle() == ":" for line in picture.axes[0].lines)
    assert "dotted" not in picture.alt


def test_weights_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"got \[\(3,\), \(3,\), \(4,\)\]"):
        pictures.weights.weights_before_and_after(torch.ones(3), torch.ones(3), torch.ones(4))


def test_numbers_in_pictures_and_alt_texts_are_never_nan():
    for make in PICTURES.values():
        picture = make()
        assert not re.search(r"\bnan\b", " ".join([picture.alt, *written(picture)]))


def test_the_figures_never_import_pyplot():
    code = (
        "import sys, torch; from lth_teach.lab.pictures import animation, arms, weights as w; "
        "w.weights_before_and_after(torch.ones(2), torch.ones(2), torch.ones(2)).png(); "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False"]
