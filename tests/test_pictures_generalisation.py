"""Pictures of chapter 10: what their alt texts say is what is drawn. Oracles: numbers by hand, coins counted."""

import math

import numpy as np
import pandas as pd
import pytest

from lth_teach.experiments import generalisation
from lth_teach.lab.pictures import certificates, generalisation_tables
from lth_teach.lab.pictures import generalisation as pictures
from lth_teach.measures.bounds import certificate, log_choices

ARMS = {"dense": ("dense", 0), "ticket, 11 %": ("ticket", 5)}


def fits(seeds=4, **arms):
    """Rows with a training and a test error of each arm; seeds differ by a thousandth."""
    return pd.DataFrame(
        {
            "seed": seed,
            "arm": arm,
            "level": 5 if arm == "ticket" else 0,
            "train_accuracy": 1 - train - 0.001 * seed,
            "accuracy": 1 - test - 0.001 * seed,
        }
        for arm, (train, test) in arms.items()
        for seed in range(seeds)
    )


def test_the_scatter_shows_every_seed_and_tells_each_gap():
    figure = pictures.scatter({"some": fits(dense=(0.1, 0.3), ticket=(0.2, 0.25))}, ARMS, "a title")
    (axes,) = figure.axes
    clouds = [line for line in axes.lines if line.get_marker() == "."]
    assert [len(line.get_xdata()) for line in clouds] == [4, 4]
    assert clouds[0].get_xdata() == pytest.approx([10, 10.1, 10.2, 10.3])
    assert clouds[1].get_ydata() == pytest.approx([25, 25.1, 25.2, 25.3])
    assert "some, n = 4 seeds: dense 10.1 and 30.2, gap 20.0 [20.0, 20.0]; ticket, 11 % 20.1 and 25.1" in figure.alt


def test_diagonals_have_one_gap_each_and_none_is_negative():
    figure = pictures.scatter({"some": fits(dense=(0.0, 0.3), ticket=(0.35, 0.4))}, ARMS)
    lines = [line.get_xydata() for line in figure.axes[0].lines if line.get_color() == "0.8"]
    gaps = [{round(y - x, 6) for x, y in line} for line in lines]
    assert [len(gap) for gap in gaps] == [1] * len(gaps)
    assert sorted(gap.pop() for gap in gaps) == [0, 10, 20, 30, 40]
    assert figure.png()


def test_one_seed_has_no_interval_and_a_network_that_is_missing_is_named():
    alone = pictures.scatter({"one": fits(1, dense=(0.1, 0.3), ticket=(0.2, 0.25))}, ARMS)
    assert "n = 1 seed: dense 10.0 and 30.0, gap 20.0;" in alone.alt
    with pytest.raises(ValueError, match="hold no ticket"):
        pictures.scatter({"some": fits(dense=(0.1, 0.3))}, ARMS)
    with pytest.raises(ValueError, match="train_accuracy"):
        pictures.scatter({"some": fits(dense=(0.1, 0.3)).drop(columns="train_accuracy")}, ARMS)


@pytest.mark.parametrize(("coins", "tosses"), [(1, 10), (7, 20), (1_000, 100)])
def test_the_fewest_heads_by_counting(coins, tosses):
    """Oracle: the cumulative distribution of the minimum, from scipy."""
    from scipy.stats import binom

    found = pictures.fewest_heads(coins, tosses)
    undercut = [1 - (1 - binom.cdf(heads - 1, tosses, 0.5)) ** coins for heads in (found, found + 1)]
    assert undercut[0] <= 0.05 < undercut[1]


def test_the_promise_lies_below_what_happens():
    figure = pictures.luckiest(100, 1_000)
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in figure.axes[0].lines}
    exact, promised = (
        next(values for label, values in lines.items() if label.startswith(word))
        for word in ("the luckiest", "the promise")
    )
    assert (promised < exact).all()
    assert promised[0] == pytest.approx(100 * (0.5 - math.sqrt(math.log(20) / 200)))
    assert "1,000 coins: 31 of 100" in figure.alt


def test_prices_are_those_of_the_counts():
    figure = pictures.prices(1_000, 100, bits=(3,))
    document, masks, values = (np.asarray(line.get_ydata()) for line in figure.axes[0].lines)
    assert (document <= masks + 1e-9).all()
    assert masks[99] == pytest.approx(log_choices(1_000, 500) / 100)
    assert (document[-1], masks[-1]) == pytest.approx((0, 0))
    assert values[-1] == pytest.approx(1_000 * 3 * math.log(2) / 100)
    assert f"{values[-1]:.1f} at 100 % for 3 bits" in figure.alt


@pytest.fixture
def stored():
    """Two seeds, three levels, dense and quantised."""
    return pd.DataFrame(
        {
            "seed": seed,
            "level": level,
            "density": 0.64**level,
            "kept": round(266_200 * 0.64**level),
            "bits": bits,
            "errors": 600 * level,
            "accuracy": 1 - 0.012 * level,
            "train_accuracy": 1 - 0.01 * level,
        }
        for seed in (0, 1)
        for level in (8, 10, 12)
        for bits in (math.nan, 2, 4)
    )


def test_certificates_against_size_are_those_of_the_rows(stored):
    figure = certificates.by_size(stored, bits=(2, 4))
    dots = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    assert [len(line.get_xdata()) for line in dots] == [6] * 4  # two certificates, test and training error
    row = stored[(stored["bits"] == 4) & (stored["level"] == 12)].iloc[0]
    found = generalisation.certified(row).bound
    assert found in np.asarray(dots[1].get_ydata())
    assert f"certified, 4 bits a value: {dots[1].get_ydata()[0]:.2f} at 2.8 % kept" in figure.alt
    assert "test error (4 bits) from 0.096 to 0.144" in figure.alt


def test_the_parts_of_a_certificate_add_up_to_its_bound():
    made = {"a": certificate(600, 60_000, 266_200, 2_662, 4, 410, choices=9), "b": certificate(0, 100, 10, 5, 2)}
    figure = certificates.made_of(made)
    widths = {}
    for bar in figure.axes[0].patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        widths[row] = widths.get(row, 0) + bar.get_width()
    for row, found in enumerate(made.values()):
        rest = (found.choices + found.confidence) / found.nats * found.gap
        assert widths[row] == pytest.approx(found.bound - rest)
    assert f"a: training error 0.010, gap {made['a'].gap:.3f}" in figure.alt


def test_leads_are_paired_by_seed():
    rows = fits(dense=(0.1, 0.3), ticket=(0.2, 0.25))
    table = generalisation_tables.leads({"some rows": rows}, {"− dense": ("ticket", "dense")})
    assert table["some rows"].to_dict() == {"n": "4", "− dense": "5.0 [5.0, 5.0]"}


def test_the_table_of_sizes_has_a_line_a_level_and_pairs_by_seed():
    rows = fits(dense=(0.1, 0.3), ticket=(0.2, 0.25)).assign(density=0.1)
    other = rows[rows["arm"] == "ticket"].assign(level=1, density=0.64, accuracy=lambda t: t["accuracy"] - 0.08)
    rows = pd.concat([rows, other]).iloc[::-1]  # seeds in another order than the first
    table = generalisation_tables.by_level({"some rows": rows}, "accuracy")
    found = {"n": "4", "64 % kept": "−3.0 [−3.0, −3.0]", "10 % kept": "5.0 [5.0, 5.0]"}
    assert list(table["some rows"].items()) == list(found.items())
    gaps = generalisation_tables.by_level({"some rows": rows}, "train_accuracy - accuracy")
    assert list(gaps["some rows"]) == ["4", "−7.0 [−7.0, −7.0]", "−15.0 [−15.0, −15.0]"]
    with pytest.raises(ValueError, match="density"):
        generalisation_tables.by_level({"some rows": rows.drop(columns="density")}, "accuracy")
