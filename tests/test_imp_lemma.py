"""Chapter 11: densities that were printed, claims that are counted. Oracles: the paper; the masks that IMP makes."""

from fractions import Fraction

import pandas as pd
import pytest

from lth_teach import lemma, masks, models, scores
from lth_teach.experiments import archive, imp_lemma, verdicts

LEVELS = (3, 4, 7, 8, 9, 12, 15, 16, 18, 20, 24, 28)


def test_the_rule_gives_all_that_the_paper_prints_and_the_power_of_four_fifths_the_last_three():
    table = imp_lemma.fingerprint()
    assert list(table.index) == list(LEVELS)
    printed, *by_rule, power = (table[column].round(1) for column in table)
    assert all((column == printed).all() for column in by_rule)
    assert list(table.index[power == printed]) == [20, 24, 28]


def test_whole_weights_are_those_that_pruning_leaves():
    """How many weights go does not depend on the scores."""
    lenet = models.lenet_300_100(seed=0)
    ranked, mask = scores.random(lenet, seed=0), masks.dense(lenet)
    for level in range(1, LEVELS[-1] + 1):
        mask = masks.prune(ranked, mask, 0.2, scope="layer_half_output")
        assert [int(layer.sum()) for layer in mask.values()] == imp_lemma.kept_by_layer(level)


def test_exact_shares_are_powers():
    kept = imp_lemma.kept_by_layer(5, whole=False)
    assert kept == [235_200 * Fraction(4, 5) ** 5, 30_000 * Fraction(4, 5) ** 5, 1_000 * Fraction(9, 10) ** 5]
    assert imp_lemma.kept_by_layer(0) == [235_200, 30_000, 1_000]


def test_rates_shows_every_rate_of_the_archive_with_the_differences_of_the_seeds():
    rows = archive.load("imp", study="rates")
    table = imp_lemma.rates(rows)
    assert list(table.loc["short", "a level removes (%)"]) == [11, 20, 36, 67, 89]
    assert list(table.loc["long", "a level removes (%)"]) == [36, 67, 89]
    assert list(table.loc["short", "trainings"]) == [21, 11, 6, 3, 2]
    assert dict(zip(table.index, table["n"], strict=True)) == {"short": 30, "long": 16}

    def accuracy(budget, rate):
        last = rows[(rows["arm"] == "ticket") & (rows["budget"] == budget) & (rows["prune_rate"] == rate)]
        return last[last["level"] == last["level"].max()].set_index("seed")["accuracy"]

    for budget, percent, rate in (("short", 20, 0.2), ("short", 89, 0.8926), ("long", 67, 0.6723)):
        (row,) = table.loc[budget][lambda part, of=percent: part["a level removes (%)"] == of].itertuples()
        assert row.points == pytest.approx(100 * (accuracy(budget, rate) - accuracy(budget, 0.36)).mean())
        assert row.low < row.points < row.high


def test_one_cut_is_shown_beside_the_network_that_was_cut():
    rows = archive.load("hypothesis", study="ticket", data="mnist1d")
    table = imp_lemma.after_one_cut(rows)
    assert list(table["one cut removes (%)"]) == 2 * [0, 74, 89]
    assert list(zip(table.index, table["n"], strict=True)) == 3 * [("short", 30)] + 3 * [("long", 12)]
    rough = rows[(rows["arm"] == "dense, cut") & (rows["budget"] == "long") & (rows["level"] == 5)]
    last = table.iloc[-1]
    assert last["accuracy (%)"] == pytest.approx(100 * rough["accuracy"].mean())
    assert last["low"] < last["accuracy (%)"] < last["high"]


def test_neighbouring_levels_are_told_by_median_least_and_greatest_barrier():
    kind = {"arm": "ticket", "density": 0.0911, "recipe": "plain", "budget": "long"}
    rows = [{**kind, "k": 0.0, "level": 3, "seed": seed, "to_previous": b} for seed, b in enumerate((0.1, 0.16, 0.2))]
    others = [{"level": 1, "to_previous": None}, {"k": 0.05}, {"arm": "random"}]
    late = {"k": 0.01, "level": 2, "density": 0.2025, "recipe": "warm-up", "to_previous": 0.004}
    table = imp_lemma.neighbours(
        pd.DataFrame([*rows, *({**rows[0], **other} for other in others), {**rows[0], **late}])
    )
    assert list(table.columns) == ["recipe", "rewound to (%)", "n", "20 % kept", "9 % kept"]
    assert table.loc["long", "9 % kept"].tolist()[0] == "16.0 (10.0 to 20.0)"
    assert table.iloc[1].tolist()[:4] == ["warm-up", 1, 1, "0.4 (0.4 to 0.4)"]
    assert table["n"].tolist() == [3, 1]


def test_rates_and_layers_must_fit():
    with pytest.raises(ValueError, match="3 layers of weights need as many rates, got 2"):
        imp_lemma.kept_by_layer(1, (Fraction(1, 5), Fraction(1, 10)))
    with pytest.raises(ValueError, match="prune_rate must lie strictly between 0 and 1"):
        imp_lemma.kept_by_layer(1, (Fraction(1, 5), Fraction(1, 5), Fraction(1)))


def test_what_the_claims_come_to():
    assert {claim.key: claim.word() for claim in imp_lemma.CLAIMS} == {
        "11-formula": "holds",
        "11-eleven": "holds",
        "11-ten-levels": "does not hold",
        "11-whole-weights": "no",
    }
    assert len(verdicts.verdicts(imp_lemma.CLAIMS).lines) == 4


def test_from_324_weights_on_it_takes_eleven_levels_however_one_rounds():
    def levels(n_weights, rounding):
        kept = lemma.follow(n_weights, "0.2", "0.9", rounding)
        return len(kept) - 1

    assert all(levels(n, rounding) == 11 for n in range(324, 1_500) for rounding in lemma.ROUNDINGS)
    assert levels(323, "ceil") == 10


def test_it_has_no_archive():
    with pytest.raises(ValueError, match="experiment must be one of .*imp.*, got 'imp_lemma'"):
        archive.load("imp_lemma")
