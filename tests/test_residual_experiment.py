"""Chapters 03 and 05's experiment: the same rows for every setting, controls that keep what they say, and its canaries.

Nearly everything runs with trainings of three steps on the real data. Oracles: lists by hand, counts, states compared.
"""

import math
import random

import numpy as np
import pandas as pd
import pytest
import torch

from lth_teach import data, masks
from lth_teach.enforcement import release
from lth_teach.experiments import archive, residual

CHAIN = [("ticket", level) for level in (1, 2, 3, 4)]
CONTROLS = ["random", "random", "re-initialised", "early mask, late start", "late mask, early start"]
PLAIN = [("dense", 0), *3 * CHAIN, *((arm, level) for level in (3, 4) for arm in CONTROLS)]
PLAIN += [("learning-rate rewinding", level) for level in (1, 2, 3, 4)]
PLACES = {
    ("copies", "plain"): [("dense", 0), *5 * [("copies", 0)], ("another start", 0)],
    ("tickets", "plain"): PLAIN,
    ("tickets", "warm-up"): [("dense", 0), *2 * CHAIN],
    ("tickets", "low rate"): [("dense", 0), *CHAIN],
}
KS = [0.0, 0.01, 0.05]


def name(setting):
    return " ".join(str(value) for key, value in setting.items() if key not in ("data", "prune_rate"))


def places(rows):
    return [(row["arm"], row["level"]) for row in rows]


@pytest.fixture(scope="module")
def rehearsed():
    """(study, recipe, seed) → rows after trainings of three steps; each made once."""
    made = {}

    def rows(study, recipe, seed=5):
        key = study, recipe, seed
        if key not in made:
            made[key] = residual.run(seed, study=study, recipe=recipe, budget="short", stop=3)
        return made[key]

    return rows


# ---- rows


@pytest.mark.parametrize(("study", "recipe"), PLACES)
def test_every_setting_gives_the_same_rows(study, recipe, rehearsed):
    """The short ones; that the long ones give these, too, is seen by their canaries (test_canaries.py)."""
    rows = rehearsed(study, recipe)
    assert places(rows) == PLACES[study, recipe]
    for row in rows:
        dense = row["arm"] in ("dense", "copies", "another start")
        assert row["density"] == pytest.approx(1.0 if dense else 0.45 ** row["level"], rel=2e-3)
        assert 0 <= row["accuracy"] <= 1
        assert 0 <= row["train_accuracy"] <= 1
        assert math.isfinite(row["loss"])


def test_each_row_says_where_it_started(rehearsed):
    by_arm = {arm: [] for arm, _ in PLAIN}
    for row in rehearsed("tickets", "plain"):
        by_arm[row["arm"]].append((row["level"], row["k"]))
    assert by_arm["ticket"] == [(level, k) for k in KS for level in (1, 2, 3, 4)]
    assert by_arm["random"] == [(level, k) for level in (3, 4) for k in (0.0, 0.01)]
    assert by_arm["re-initialised"] == by_arm["early mask, late start"] == [(3, 0.01), (4, 0.01)]
    assert by_arm["late mask, early start"] == [(3, 0.0), (4, 0.0)]


def test_barriers_stand_where_two_networks_were_trained(rehearsed):
    found = [(row["arm"], row["level"], row["k"]) for row in rehearsed("tickets", "plain") if "barrier" in row]
    expected = [("ticket", level, k) for k in KS for level in (2, 3, 4)]
    assert found == [*expected, ("random", 3, 0.01), ("random", 4, 0.01)]
    for row in rehearsed("tickets", "plain"):
        assert ("to_dense" in row) == ("to_previous" in row) == (row["arm"] == "ticket" and row["level"] > 1)
    copies = rehearsed("copies", "plain")
    assert [row["k"] for row in copies if row["arm"] == "copies"] == [0.0, 0.0025, 0.01, 0.05, 0.2]
    assert all("barrier" in row for row in copies[1:])


def test_a_barrier_is_what_stands_above_the_mean_of_the_ends(rehearsed):
    """Its path is stored to a tenth of a percent, so the two agree to that."""
    for row in rehearsed("copies", "plain")[1:]:
        errors = [float(error) for error in row["path"].split()]
        assert len(errors) == 3  # eleven, but for a rehearsal
        assert 100 * row["barrier"] == pytest.approx(max(errors) - (errors[0] + errors[-1]) / 2, abs=0.11)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(rehearsed):
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    again = residual.run(5, recipe="low rate", stop=3)
    assert rehearsed("tickets", "low rate") == again
    other = rehearsed("tickets", "low rate", seed=6)
    assert all(one["loss"] != two["loss"] for one, two in zip(again, other, strict=True))
    assert torch.equal(torch.get_rng_state(), states[0])  # the random numbers of the caller are left alone
    assert (np.random.get_state()[1].tolist(), random.getstate()) == states[1:]


def test_a_stop_beyond_the_end_is_the_whole_training(rehearsed, monkeypatch):
    monkeypatch.setattr(residual, "STEPS", {"short": 4})
    monkeypatch.setattr(residual, "POINTS", 3)
    whole = residual.run(5, recipe="low rate")
    assert residual.run(5, recipe="low rate", stop=100) == whole
    assert rehearsed("tickets", "low rate") != whole


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"study": "arms"}, "study must be one of copies, tickets, got 'arms'"),
        ({"data": "mnist5k"}, "data must be one of mnist1d, got 'mnist5k'"),
        ({"recipe": "cold"}, "recipe must be one of plain, warm-up, low rate, got 'cold'"),
        ({"budget": "endless"}, "budget must be one of short, long, got 'endless'"),
        ({"prune_rate": 1.2}, "prune_rate .*1.2"),
    ],
)
def test_a_setting_that_there_is_not(setting, told):
    with pytest.raises(ValueError, match=told):
        residual.run(0, stop=1, **setting)


def test_lengths_rates_and_starts_are_those_that_the_archive_was_made_with():
    """A canary ends after three steps, so it hardly sees how long a training is. Another length: make it anew."""
    assert residual.STEPS == {"short": 800, "long": 2_000}
    assert residual.RECIPES == {"plain": (0.1, 0.0), "warm-up": (0.1, 0.1), "low rate": (0.02, 0.0)}
    assert residual.SPLITS == (0.0, 0.0025, 0.01, 0.05, 0.2)
    assert residual.STARTS == {"plain": (0.0, 0.01, 0.05), "warm-up": (0.0, 0.01), "low rate": (0.0,)}
    assert (residual.PRUNE_RATE, residual.LEVELS, residual.POINTS) == (0.55, 4, 11)
    assert {setting["budget"] for setting in residual.SETTINGS} <= set(residual.SEEDS)
    assert min(residual.SEEDS.values()) >= 12
    assert len({name(setting) for setting in residual.SETTINGS}) == len(residual.SETTINGS)


def test_a_warm_up_rises_over_a_tenth_of_the_steps_and_a_low_rate_is_a_fifth():
    at = {recipe: residual.Setup(data.mnist1d(), "short", 5, recipe).trainer().lr_at for recipe in residual.RECIPES}
    assert at["plain"](0) == pytest.approx(0.1)
    assert at["warm-up"](0) == pytest.approx(0.1 / 81)
    assert at["warm-up"](100) == at["plain"](100)
    assert at["low rate"](100) == pytest.approx(at["plain"](100) / 5)


def test_copies_see_the_data_in_orders_of_their_own():
    setup = residual.Setup(data.mnist1d(), "short", 5)
    assert len({setup.trainer(order).order_seed for order in (0, 1, 2)}) == 3


# ---- controls


@pytest.fixture(scope="module")
def found():
    """A setup of short trainings, and its tickets by (k, level)."""
    setup = residual.Setup(data.mnist1d(), "short", 5, stop=3)
    return setup, {(k, row["level"]): ticket for k in KS[:2] for row, ticket in residual.chain(setup, k)}


@pytest.fixture
def controls(found, monkeypatch):
    """(arm, level, k) → the control, before it is trained."""
    trained = []

    def train(setup, ticket, model, k, order=0):
        if not order:
            trained.append((ticket, k))
        return model.state_dict(), 0.5

    monkeypatch.setattr(residual, "_trained_ticket", train)
    rows = list(residual._controls(*found))
    assert [row["k"] for row in rows] == [k for _, k in trained]
    return {(row["arm"], row["level"], row["k"]): ticket for row, (ticket, _) in zip(rows, trained, strict=True)}


def same_masks(one, two):
    return all(torch.equal(mask, two.masks[layer]) for layer, mask in one.masks.items())


def same_start(one, two):
    return all(torch.equal(value, two.initial_weights[entry]) for entry, value in one.initial_weights.items())


def test_a_ticket_starts_from_the_dense_networks_own_state_at_k(found):
    setup, tickets = found
    for (k, _), ticket in tickets.items():
        assert all(torch.equal(ticket.initial_weights[entry], value) for entry, value in setup.at(k).items())
    assert not same_start(tickets[0.0, 1], tickets[0.01, 1])


def test_all_chains_make_the_same_first_cut_and_masks_are_nested(found):
    _, tickets = found
    assert same_masks(tickets[0.0, 1], tickets[0.01, 1])
    assert not same_masks(tickets[0.0, 4], tickets[0.01, 4])
    for k in KS[:2]:
        for level in (1, 2, 3):
            for layer, mask in tickets[k, level + 1].masks.items():
                assert not (mask & ~tickets[k, level].masks[layer]).any()


@pytest.mark.parametrize("level", [3, 4])
def test_a_random_mask_is_as_dense_in_each_layer_and_stands_on_theta_k(found, controls, level):
    _, tickets = found
    for k in (0.0, 0.01):
        control = controls["random", level, k]
        assert masks.layer_densities(control.masks) == masks.layer_densities(tickets[k, level].masks)
        assert not same_masks(control, tickets[k, level])
        assert same_start(control, tickets[k, level])


@pytest.mark.parametrize("level", [3, 4])
def test_crossed_arms_have_the_mask_of_one_and_the_start_of_the_other(found, controls, level):
    _, tickets = found
    early, late = tickets[0.0, level], tickets[0.01, level]
    one, other = controls["early mask, late start", level, 0.01], controls["late mask, early start", level, 0.0]
    assert same_masks(one, early)
    assert same_start(one, late)
    assert same_masks(other, late)
    assert same_start(other, early)


@pytest.mark.parametrize("level", [3, 4])
def test_the_re_initialised_one_shares_the_mask_and_comes_from_another_start_trained_k_steps(found, controls, level):
    setup, tickets = found
    control = controls["re-initialised", level, 0.01]
    other = setup.at(0.01, 5 + residual.FRESH)
    assert same_masks(control, tickets[0.01, level])
    assert all(torch.equal(control.initial_weights[entry], value) for entry, value in other.items())
    assert all(not torch.equal(other[layer], tickets[0.01, level].initial_weights[layer]) for layer in control.masks)


def test_learning_rate_rewinding_keeps_its_masks_nested_and_its_weights_where_they_are(monkeypatch):
    seen = []

    def train(setup, model, order=0, start=0.0, until=1.0):
        before = {entry: value.clone() for entry, value in model.state_dict().items()}
        real(setup, model, order, start, until)
        seen.append((before, {entry: value.clone() for entry, value in model.state_dict().items()}, (start, until)))
        return 0.5

    real = residual.Setup.train
    monkeypatch.setattr(residual.Setup, "train", train)
    rows = list(residual.learning_rate_rewinding(residual.Setup(data.mnist1d(), "short", 5, stop=3)))
    _, *levels = seen
    assert len(levels) == len(rows) == 4
    for (_, last, _), (before, after, steps) in zip(seen, levels, strict=False):
        assert steps == (0.0, 1.0)  # the whole schedule, each time
        for layer in (entry for entry in before if before[entry].dim() == 2):
            kept = before[layer] != 0
            assert torch.equal(before[layer][kept], last[layer][kept])
            assert not (after[layer] != 0)[~kept].any()
        buffers = [entry for entry in before if "running" in entry]
        assert all(torch.equal(before[entry], last[entry]) for entry in buffers)


# ---- canaries


BROKEN = {"study": "tickets", "data": "mnist1d", "recipe": "low rate", "budget": "short", "prune_rate": 0.55}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """An archive of one job's canaries, as if made on another machine: so the wider tolerance is what must notice."""
    rows = residual.run(5, stop=archive.REHEARSAL, **BROKEN)
    table = pd.DataFrame([{"seed": 5, **BROKEN, **row, "canary": row["loss"]} for row in rows])
    folder = tmp_path_factory.mktemp("archive")
    (folder / "residual.csv").write_text(archive.written(table.assign(canary_fingerprint="feedbeef")), encoding="utf-8")
    return folder


def canary(folder):
    return archive.canary("residual", BROKEN, seed=5, folder=folder)


def test_the_canary_is_quiet_while_nothing_is_broken(elsewhere):
    assert canary(elsewhere)["moved"].max() < archive.SAME_NUMERICS


def faster(monkeypatch):
    peak, rising = residual.RECIPES["low rate"]
    monkeypatch.setitem(residual.RECIPES, "low rate", (1.1 * peak, rising))


def another_order(monkeypatch):
    def trainer(*arguments, order_seed, **settings):
        return real(*arguments, order_seed=order_seed + 1, **settings)

    real = residual.Trainer
    monkeypatch.setattr(residual, "Trainer", trainer)


def another_start(monkeypatch):
    real = residual.Setup.network
    monkeypatch.setattr(
        residual.Setup, "network", lambda setup, seed=None: real(setup, (setup.seed if seed is None else seed) + 1)
    )


def masks_released(monkeypatch):
    def train(setup, model, order=0, start=0.0, until=1.0):
        release(model)
        return real(setup, model, order, start, until)

    real = residual.Setup.train
    monkeypatch.setattr(residual.Setup, "train", train)


@pytest.mark.parametrize("break_it", [faster, another_order, another_start, masks_released])
def test_the_canary_notices_what_was_broken(elsewhere, monkeypatch, break_it):
    break_it(monkeypatch)
    table = canary(elsewhere).set_index("arm")
    assert table["moved"].median() > archive.OTHER_NUMERICS
    assert not table.loc["ticket", "agrees"].any()
    if break_it is masks_released:  # the dense network has no mask
        assert table.loc["dense", "moved"] < archive.SAME_NUMERICS
    else:
        assert not table.loc["dense", "agrees"]


def test_nor_does_it_miss_the_mildest_break_that_was_found(monkeypatch):
    """With warm-up the first steps are so small that masks let go hardly show; the bound must lie below them."""
    setting = BROKEN | {"recipe": "warm-up", "budget": "long"}
    heard = [row["loss"] for row in residual.run(5, stop=archive.REHEARSAL, **setting)]
    masks_released(monkeypatch)
    broken = [row["loss"] for row in residual.run(5, stop=archive.REHEARSAL, **setting)]
    moved = pd.Series(broken) / pd.Series(heard) - 1
    assert moved.abs().median() > 3 * archive.OTHER_NUMERICS
