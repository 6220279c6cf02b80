"""Chapter 02's experiment: the same rows for every setting, controls that keep what they say, and its canaries.

Nearly everything runs with trainings of three steps on the real data. Oracles: lists by hand, sorted values, counts.
"""

import math
import os
import random
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from lth_teach import data, masks
from lth_teach.enforcement import release
from lth_teach.experiments import archive, imp
from lth_teach.finder import LotteryTicketFinder

MAIN = ["re-initialised", "sign-constant", "random"]
OTHER = ["signs kept", "sizes kept", "sizes shuffled"]
ALL_STEPS = ["dense, all steps", "random, all steps"]
BY_LEVEL = [["dense"], ["ticket"], ["ticket", *MAIN], ["ticket", *MAIN, *OTHER], ["ticket", *MAIN]]
ARMS = [*((arm, level) for level, arms in enumerate(BY_LEVEL) for arm in arms)]
ARMS += [(arm, 5) for arm in ("ticket", *MAIN, *OTHER, *ALL_STEPS)]


def name(setting):
    return " ".join(str(value) for key, value in setting.items() if key != "prune_rate")


def places(rows):
    return [(row["arm"], row["level"]) for row in rows]


# ---- rows


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("budget", ["short", "long"])
def test_one_seed_gives_a_ticket_and_its_controls_at_four_densities(budget, seed):
    rows = imp.run(seed, study="arms", data="mnist1d", budget=budget, stop=3)
    assert places(rows) == ARMS
    for row in rows:
        dense = row["arm"].startswith("dense")
        assert row["density"] == pytest.approx(1.0 if dense else 0.64 ** row["level"], rel=1e-3)
        assert row["trainings"] == (1 if row["arm"] == "random" else row["level"] + 1)
        assert 0 <= row["accuracy"] <= 1
        assert math.isfinite(row["loss"])


def test_digits_give_the_same_rows():
    rows = imp.run(0, study="arms", data="mnist5k", budget="short", stop=3)
    assert places(rows) == ARMS


@pytest.mark.parametrize("budget", ["short", "long"])
def test_one_density_in_few_and_in_many_levels(budget):
    rows = imp.run(0, study="rates", data="mnist1d", budget=budget, stop=3)
    rounds = {"short": [1, 2, 5, 10, 20], "long": [1, 2, 5]}[budget]
    assert places(rows) == [("ticket" if level else "dense", level) for many in rounds for level in range(many + 1)]
    ends = [row for row, following in zip(rows, [*rows[1:], {"level": 0}], strict=True) if following["level"] == 0]
    assert [row["density"] for row in ends] == pytest.approx([0.64**5] * len(rounds), rel=1e-3)
    rates = list(dict.fromkeys(row["prune_rate"] for row in rows))
    assert [(1 - rate) ** many for rate, many in zip(rates, rounds, strict=True)] == pytest.approx(
        [0.64**5] * len(rounds), rel=2e-3
    )
    assert {0.8926, 0.36} <= set(rates)  # those that the claim compares
    assert len({row["loss"] for row in rows if row["arm"] == "dense"}) == 1  # trained once for all rates


@pytest.fixture
def few_samples(monkeypatch):
    """MNIST-1D of 700 samples, which is made in a moment, whatever the draw."""
    made = {}

    def mnist1d(draw=42):
        if draw not in made:
            made[draw] = data.mnist1d(700, draw)
        return made[draw]

    monkeypatch.setattr(imp, "mnist1d", mnist1d)
    return made


def test_another_seed_draws_other_data_and_the_same_seed_the_same(few_samples):
    first = imp.run(3, study="draws", data="mnist1d", budget="long", stop=3)
    assert places(first) == [("dense", 0), *((arm, 5) for arm in ("ticket", *MAIN))]
    assert imp.run(3, study="draws", data="mnist1d", budget="long", stop=3) == first
    imp.run(4, study="draws", data="mnist1d", budget="long", stop=3)
    assert set(few_samples) == {3, 4}
    assert not torch.equal(few_samples[3].x_train, few_samples[4].x_train)


def test_the_other_studies_stay_on_the_published_data(few_samples):
    imp.run(3, study="rates", data="mnist1d", budget="long", stop=3)
    assert set(few_samples) == {42}


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(few_samples):
    first, again, other = (imp.run(seed, budget="short", stop=3) for seed in (5, 5, 6))
    assert first == again
    assert all(one["loss"] != two["loss"] for one, two in zip(first, other, strict=True))


def test_the_random_numbers_of_the_caller_are_left_alone(few_samples):
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    imp.run(5, budget="short", stop=3)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1].tolist(), random.getstate()) == states[1:]


def test_a_stop_beyond_the_end_is_the_whole_training(few_samples, monkeypatch):
    monkeypatch.setattr(imp, "TRAINING", {("mnist1d", "short"): (4, 5e-3)})
    assert imp.run(5, budget="short", stop=100) == imp.run(5, budget="short")
    assert imp.run(5, budget="short", stop=3) != imp.run(5, budget="short")


@pytest.mark.parametrize(("rate", "levels"), [(0.36, [2, 3, 4, 5]), (0.2, [4, 6, 8, 10]), (0.5, [1, 2, 3]), (0.9, [1])])
def test_the_levels_that_come_nearest_to_the_four_densities(rate, levels):
    """By hand: 0.8⁴ = 41.0 %, 0.8⁶ = 26.2 %, …; at 0.5, 50 % is nearest to 41.0 in ratio, 25 to 26.2, 12.5 to 16.8."""
    assert imp.levels_at(rate) == levels


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"study": "signs"}, "study must be one of arms, rates, draws, got 'signs'"),
        ({"data": "mnist"}, "data must be one of mnist1d, mnist5k, got 'mnist'"),
        ({"budget": "endless"}, "budget must be one of short, long, got 'endless'"),
        ({"prune_rate": 1.2}, "prune_rate .*1.2"),
        ({"prune_rate": 0.0}, "prune_rate .*0.0"),
        ({"study": "draws", "data": "mnist5k"}, "draws makes MNIST-1D anew; there is only one mnist5k"),
    ],
)
def test_a_setting_that_there_is_not(setting, told):
    with pytest.raises(ValueError, match=told):
        imp.run(0, stop=3, **setting)


def test_every_setting_has_a_length_a_rate_and_a_number_of_seeds():
    for setting in imp.SETTINGS:
        steps, rate = imp.TRAINING[setting["data"], setting["budget"]]
        assert steps >= archive.REHEARSAL
        assert 0 < rate < 1
        assert imp.SEEDS[setting["budget"]] >= 12
    assert len({name(setting) for setting in imp.SETTINGS}) == len(imp.SETTINGS)


def test_lengths_and_rates_are_those_that_the_archive_was_made_with():
    """A canary ends after three steps, so it hardly sees how long a training is. Another length: make it anew."""
    assert imp.TRAINING == {
        ("mnist1d", "short"): (450, 5e-3),
        ("mnist1d", "long"): (7_000, 7e-3),
        ("mnist5k", "short"): (250, 5e-3),
        ("mnist5k", "long"): (1_000, 5e-3),
    }


# ---- controls


@pytest.fixture(scope="module")
def found():
    """A ticket of three levels, and what it was found with."""
    setup = imp.Setup(data.mnist1d(), "short", 5, stop=3)
    finder = LotteryTicketFinder(setup.network(5), 0.36, 0.7)
    return setup, finder.find_ticket(setup.train)


def survivors(weights, ticket):
    """(layer, the values of its survivors)."""
    return [(layer, weights[layer][mask]) for layer, mask in ticket.masks.items()]


def test_the_main_controls_keep_what_they_say(found):
    setup, ticket = found
    start, controls = ticket.initial_weights, imp.main_controls(ticket, setup)
    fresh = setup.network(5 + imp.FRESH).state_dict()
    again, constant, shuffled = (controls[arm] for arm in MAIN)
    assert list(controls) == MAIN
    for layer, mask in ticket.masks.items():
        assert torch.equal(again.masks[layer], mask)
        assert torch.equal(again.initial_weights[layer], fresh[layer])
        assert torch.equal(constant.masks[layer], mask)
        assert torch.equal(constant.initial_weights[layer].sign(), start[layer].sign())
        assert len(constant.initial_weights[layer].abs().unique()) == 1
        assert torch.equal(shuffled.initial_weights[layer], start[layer])
        assert not torch.equal(shuffled.masks[layer], mask)
    assert masks.layer_densities(shuffled.masks) == masks.layer_densities(ticket.masks)


def test_the_other_starts_keep_the_signs_or_the_sizes(found):
    setup, ticket = found
    start, starts = ticket.initial_weights, imp.other_starts(ticket, setup)
    fresh = setup.network(5 + imp.FRESH).state_dict()
    assert list(starts) == OTHER
    for arm in OTHER:
        assert all(torch.equal(starts[arm].masks[layer], mask) for layer, mask in ticket.masks.items())
        assert all(torch.equal(starts[arm].initial_weights[bias], start[bias]) for bias in start if "bias" in bias)
    signs, sizes, shuffled = (starts[arm].initial_weights for arm in OTHER)
    for layer, before in survivors(start, ticket):
        mask = ticket.masks[layer]
        assert torch.equal(signs[layer].sign(), start[layer].sign())
        assert torch.equal(signs[layer].abs(), fresh[layer].abs())

        after = sizes[layer][mask]
        assert torch.equal(sizes[layer].abs(), start[layer].abs())
        assert (after > 0).sum() == (before > 0).sum()
        assert not torch.equal(after.sign(), before.sign())

        after = shuffled[layer][mask]
        assert torch.equal(after.sign(), before.sign())
        assert torch.equal(after.abs().sort().values, before.abs().sort().values)
        assert not torch.equal(after, before)


def test_another_seed_shuffles_otherwise_and_layers_are_shuffled_apart(found):
    setup, ticket = found
    other = imp.other_starts(ticket, imp.Setup(setup.dataset, "short", 6))
    mine = imp.other_starts(ticket, setup)
    for arm in ("sizes kept", "sizes shuffled"):
        assert not all(
            torch.equal(mine[arm].initial_weights[layer], other[arm].initial_weights[layer]) for layer in ticket.masks
        )


def test_the_controls_leave_the_ticket_as_it_was(found):
    setup, ticket = found
    before = {layer: weights.clone() for layer, weights in ticket.initial_weights.items()}
    imp.main_controls(ticket, setup)
    imp.other_starts(ticket, setup)
    assert all(torch.equal(ticket.initial_weights[layer], weights) for layer, weights in before.items())


# ---- canaries


BROKEN = {"study": "arms", "data": "mnist1d", "budget": "long", "prune_rate": 0.36}


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    """An archive of one job's canaries, as if made on another machine: so the wider tolerance is what must notice."""
    rows = imp.run(5, stop=archive.REHEARSAL, **BROKEN)
    table = pd.DataFrame([{"seed": 5, **BROKEN, **row, "canary": row["loss"]} for row in rows])
    folder = tmp_path_factory.mktemp("archive")
    (folder / "imp.csv").write_text(archive.written(table.assign(canary_fingerprint="feedbeef")), encoding="utf-8")
    return folder


def canary(folder):
    return archive.canary("imp", BROKEN, seed=5, folder=folder).set_index(["arm", "level"])


def test_the_canary_is_quiet_while_nothing_is_broken(rehearsed):
    assert canary(rehearsed)["moved"].max() < archive.SAME_NUMERICS


def faster(monkeypatch):
    steps, rate = imp.TRAINING["mnist1d", "long"]
    monkeypatch.setitem(imp.TRAINING, ("mnist1d", "long"), (steps, 1.1 * rate))


def another_order(monkeypatch):
    def trainer(*arguments, order_seed, **settings):
        return real(*arguments, order_seed=order_seed + 1, **settings)

    real = imp.Trainer
    monkeypatch.setattr(imp, "Trainer", trainer)


def another_start(monkeypatch):
    real = imp.Setup.network
    monkeypatch.setattr(imp.Setup, "network", lambda setup, seed: real(setup, seed + 1))


def masks_released(monkeypatch):
    def train(setup, model, trainings=1):
        release(model)
        return real(setup, model, trainings)

    real = imp.Setup.train
    monkeypatch.setattr(imp.Setup, "train", train)


@pytest.mark.parametrize("break_it", [faster, another_order, another_start, masks_released])
def test_the_canary_notices_what_was_broken(rehearsed, monkeypatch, break_it):
    """Not every row: some networks happen to be as good as before."""
    break_it(monkeypatch)
    table = canary(rehearsed)
    assert table["moved"].median() > archive.OTHER_NUMERICS
    assert table["agrees"].mean() < 0.5
    if break_it is masks_released:  # without a mask nothing is released
        assert set(table[table["moved"] < archive.SAME_NUMERICS].index) == {("dense", 0), ("dense, all steps", 5)}
    else:
        assert (table["moved"] > archive.SAME_NUMERICS).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    "numerics",
    [{"ATEN_CPU_CAPABILITY": "default"}, {"MKL_CBWR": "COMPATIBLE"}, {"LTH_TEACH_THREADS": "2"}],
    ids=lambda numerics: " ".join(numerics),
)
def test_the_canary_is_quiet_with_other_kernels_and_threads(rehearsed, numerics):
    code = (
        "from pathlib import Path; from lth_teach.experiments import archive\n"
        f"table = archive.canary('imp', {BROKEN!r}, seed=5, folder=Path({str(rehearsed)!r}))\n"
        "print(table['agrees'].all(), table['moved'].max())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | numerics, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("True"), done.stdout
