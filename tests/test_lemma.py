from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lth_teach.ground.arguments import open_unit
from lth_teach.lemma import ROUNDINGS, follow, imp_levels, imp_schedule, kept_at_target, number_to_prune

PERCENT = st.integers(1, 99).map(lambda n: Fraction(n, 100))
PER_MILLE = st.integers(1, 999).map(lambda n: Fraction(n, 1000))


# The lemma of section 6.4


def test_the_example_of_the_document():
    assert imp_levels(0.2, 0.9) == 11


@pytest.mark.parametrize(
    ("prune_rate", "target", "levels"),
    [
        (0.2, 0.36, 2),
        (0.7, 0.91, 2),
        (0.1, 0.271, 3),
        (0.2, 0.488, 3),
        (0.6, 0.936, 3),
        (0.3, 0.51, 2),
        (0.3, 0.657, 3),
    ],
)
def test_targets_that_are_hit_exactly_and_trip_floating_point(prune_rate, target, levels):
    assert imp_levels(prune_rate, target) == levels
    assert imp_levels(str(prune_rate), str(target)) == levels


def is_least(levels, rate, target):
    return (1 - rate) ** levels <= 1 - target < (1 - rate) ** (levels - 1)


@given(rate=PERCENT, target=PER_MILLE)
@settings(deadline=None)
def test_the_lemma_gives_the_least_number_of_levels(rate, target):
    assert is_least(imp_levels(rate, target), rate, target)


@given(rate=PERCENT, levels=st.integers(1, 30), nudge=st.sampled_from([-1, 0, 1]), digits=st.integers(10, 90))
@settings(deadline=None)
def test_a_hair_beside_an_exact_hit_decides(rate, levels, nudge, digits):
    target = 1 - (1 - rate) ** levels + Fraction(nudge, 10**digits)
    if 0 < target < 1:
        assert is_least(imp_levels(rate, target), rate, target)


@given(rate=st.floats(0.001, 0.999), target=st.floats(0.001, 0.999))
@settings(deadline=None)
def test_floats_count_as_the_decimals_they_print_as(rate, target):
    assert is_least(imp_levels(rate, target), Fraction(str(rate)), Fraction(str(target)))


@pytest.mark.parametrize(("rate", "target", "levels"), [("1e-50", "2e-50", 3), ("1e-50", "1e-50", 1), (0.5, 1e-300, 1)])
def test_extreme_values_are_exact_too(rate, target, levels):
    assert imp_levels(rate, target) == levels


def test_the_least_float_is_an_answer_not_a_crash():
    assert imp_levels(1e-300, 0.9) > 10**300


# Whole weights


@pytest.mark.parametrize(("rounding", "levels"), [("floor", 12), ("ceil", 10), ("round", 11)])
def test_whole_weights_change_the_number_of_levels(rounding, levels):
    schedule = imp_schedule(100, 0.2, 0.9, rounding)
    assert len(schedule) - 1 == levels
    assert schedule[0] == 100
    assert schedule[-1] <= 10 < schedule[-2]


def test_the_first_levels_of_lenet():
    assert imp_schedule(266_200, 0.2, 0.9)[:4] == [266_200, 212_960, 170_368, 136_294]


def test_floor_stalls_and_says_where():
    with pytest.raises(ValueError, match=r"stalls at 4 of 100 weights.*raise prune_rate"):
        imp_schedule(100, 0.2, 0.99, "floor")
    with pytest.raises(ValueError, match="stalls"):
        imp_schedule(50, 0.1, 0.9, "floor")


@given(n=st.integers(1, 5_000), rate=PERCENT, target=PERCENT)
@settings(deadline=None)
def test_each_level_removes_the_rounded_share(n, rate, target):
    try:
        kept = imp_schedule(n, rate, target)
    except ValueError:  # so few weights that it stalls
        assume(False)
    assert all(before - after == round(rate * before) for before, after in pairwise(kept))
    assert Fraction(kept[-1], n) <= 1 - target
    assert all(Fraction(k, n) > 1 - target for k in kept[:-1])


@given(n=st.integers(1_000, 100_000), rate=st.integers(5, 90).map(lambda p: Fraction(p, 100)), target=PERCENT)
@settings(deadline=None)
def test_the_schedule_agrees_with_the_lemma_up_to_rounding(n, rate, target):
    # Each level rounds by at most ½, and later levels shrink that error by 1 − p: it stays below 1 / 2p weights, plus
    # one for the whole number that the target allows. So the lemma for a target moved by that much is a bound.
    error = (1 / (2 * rate) + 1) / n
    levels = len(imp_schedule(n, rate, target)) - 1
    if target - error > 0:
        assert levels >= imp_levels(rate, target - error)
    if target + error < 1:
        assert levels <= imp_levels(rate, target + error)


def test_kept_at_target_is_exact():
    assert kept_at_target(1000, 0.9) == 100  # in floats 1000 * (1 - 0.9) is 99.99…
    assert kept_at_target(99, 0.9) == 9


def test_number_to_prune_is_exact():
    assert number_to_prune(100, 0.29) == 29  # int(100 * 0.29) is 28
    assert [number_to_prune(7, "0.5", rounding) for rounding in ("floor", "round", "ceil")] == [3, 4, 4]


def test_follow_is_the_schedule_where_nothing_stalls_and_else_shows_how_far_it_gets():
    for rounding in ROUNDINGS:
        assert follow(1_000, 0.2, 0.9, rounding) == imp_schedule(1_000, 0.2, 0.9, rounding)
    assert follow(10, 0.2, 0.9, "floor") == [10, 8, 7, 6, 5, 4]
    assert follow(4, 0.1, 0.9, "floor") == [4]


@pytest.mark.parametrize("bad", [(0, 0.2, 0.9), (10, 0, 0.9), (10, 0.2, 1.0), (10, 0.2, 0.9, "up")])
def test_follow_refuses_what_the_lemma_refuses(bad):
    with pytest.raises(ValueError, match="must"):
        follow(*bad)


# Bad input


@pytest.mark.parametrize(
    "value", [0, 1, -0.1, 1.5, float("nan"), float("inf"), "a fifth", "", None, True, "1/0", [0.2]]
)
def test_what_is_not_strictly_between_0_and_1_is_refused_by_name(value):
    with pytest.raises(ValueError, match="prune_rate must"):
        open_unit("prune_rate", value)
    with pytest.raises(ValueError, match="prune_rate must"):
        imp_levels(value, 0.9)
    with pytest.raises(ValueError, match="target_sparsity must"):
        imp_levels(0.2, value)


def test_unknown_rounding_and_no_weights_are_refused():
    with pytest.raises(ValueError, match="round, floor, ceil"):
        number_to_prune(10, 0.2, "up")
    with pytest.raises(ValueError, match="n_weights must be at least 1, got 0"):
        imp_schedule(0, 0.2, 0.9)
