"""Chapter 03b's experiment: the same rows for every setting, controls that keep what they say, movement by hand.

Everything runs with trainings of three steps on the real data. Oracles: lists by hand, counts, sorted sizes.
"""

import math

import pytest
import torch

from lth_teach import data, masks
from lth_teach.experiments import archive, claims, explanations, imp
from lth_teach.finder import LotteryTicketFinder
from lth_teach.tickets import Ticket

NOISE = {"short": ["noise 0.5σ", "noise 1σ", "noise 2σ", "noise 4σ"], "long": ["noise 0.5σ"]}
SIZE = ["re-initialised", "random"]


def name(setting):
    return " ".join(str(value) for key, value in setting.items() if key != "prune_rate")


# ---- rows


@pytest.mark.parametrize(("data_name", "budget"), [("mnist1d", "short"), ("mnist1d", "long"), ("mnist5k", "short")])
def test_one_seed_gives_the_ticket_two_more_dense_networks_and_the_controls(data_name, budget):
    rows = explanations.run(0, study="arms", data=data_name, budget=budget, stop=3)
    search = [("dense", 0), *(("ticket", level) for level in range(1, 6))]
    again = [("dense, other order", 0), ("dense, another start", 0)]
    controls = [(arm, 5) for arm in (*NOISE[budget], *SIZE, "largest at the start")]
    assert [(row["arm"], row["level"]) for row in rows] == search + again + controls
    for row in rows:
        assert row["density"] == pytest.approx(0.64 ** row["level"], rel=1e-3)
        assert 0 <= row["accuracy"] <= 1
        assert 0 <= row["train_accuracy"] <= 1
        assert math.isfinite(row["loss"])
        assert ("moved" in row) == ("moved_largest" in row) == row["arm"].startswith("dense")


@pytest.mark.parametrize("budget", ["short", "long"])
def test_few_rows_compare_three_networks_of_one_size_at_two_densities(budget):
    rows = explanations.run(0, study="few rows", data="mnist1d", budget=budget, stop=3)
    levels = [["dense"], ["ticket"], ["ticket"], ["ticket", *SIZE], ["ticket"], ["ticket", *SIZE]]
    assert [(row["arm"], row["level"]) for row in rows] == [
        (arm, level) for level, arms in enumerate(levels) for arm in arms
    ]


def test_the_ticket_of_few_rows_sees_few_rows():
    everything = data.mnist1d()
    chosen = explanations.few(everything)
    assert torch.equal(chosen.x_train, everything.x_train[:1_000])
    assert torch.equal(chosen.y_train, everything.y_train[:1_000])
    assert torch.equal(chosen.x_test, everything.x_test)
    assert chosen.y_train.bincount().min() >= 50  # every class is there


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"study": "arm"}, "study must be one of arms, few rows, got 'arm'"),
        ({"data": "mnist"}, "data must be one of mnist1d, mnist5k, got 'mnist'"),
        ({"budget": "quick"}, "budget must be one of short, long, got 'quick'"),
        ({"prune_rate": 1.0}, "prune_rate"),
        ({"study": "few rows", "data": "mnist5k"}, "takes its rows from mnist1d"),
    ],
)
def test_what_there_is_not_is_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        explanations.run(0, **setting)


def test_settings_are_all_different_and_trainings_those_of_the_archive():
    """A canary ends after three steps, so it hardly sees how long a training is. Another length: make it anew."""
    assert len({name(setting) for setting in explanations.SETTINGS}) == len(explanations.SETTINGS) == 5
    assert explanations.FEW_TRAINING == {"short": (450, 5e-3), "long": (1_800, 5e-3)}


# ---- controls


@pytest.fixture(scope="module")
def found():
    """A ticket of three levels, and what it was found with."""
    setup = imp.Setup(data.mnist1d(), "short", 5, stop=3)
    finder = LotteryTicketFinder(setup.network(5), 0.36, 0.7)
    return setup, finder.find_ticket(setup.train)


def test_noise_has_the_size_it_should_have_in_each_layer_and_leaves_the_biases(found):
    """Oracle: the standard deviation of the difference, over thousands of weights."""
    _, ticket = found
    start, noisy = ticket.initial_weights, explanations.with_noise(ticket, 2, 7)
    assert noisy.masks == ticket.masks
    for layer, before in start.items():
        difference = noisy.initial_weights[layer] - before
        if layer in ticket.masks:
            assert (difference.std() / before.std()).item() == pytest.approx(2, rel=0.1)
            assert difference.mean().abs() < 0.3 * before.std()
        else:
            assert not difference.any()
    first, second = (explanations.with_noise(ticket, 2, seed).initial_weights["0.weight"] for seed in (7, 8))
    assert torch.equal(first, noisy.initial_weights["0.weight"])
    assert not torch.equal(first, second)


def test_the_largest_at_the_start_are_as_many_in_each_layer(found):
    _, ticket = found
    control = explanations.largest_at_start(ticket)
    assert control.initial_weights is ticket.initial_weights
    assert masks.layer_densities(control.masks) == masks.layer_densities(ticket.masks)
    for layer, mask in control.masks.items():
        sizes = ticket.initial_weights[layer].abs()
        assert sizes[mask].min() >= sizes[~mask].max()


def test_a_layer_that_the_ticket_keeps_whole_stays_whole():
    whole = Ticket({"a": torch.ones(2, 2, dtype=torch.bool)}, {"a": torch.randn(2, 2)})
    assert explanations.largest_at_start(whole).masks["a"].all()


def test_movement_by_hand():
    """Layer a moves 1, 2, 3 and 6, mean 3; layer b moves 10 and 20, mean 15. Kept: 2 and 6 of a, 20 of b.

    So the kept ones move 28 in all, and random ones of as many in each layer 2 × 3 + 15 = 21.
    """
    before = {"a": torch.zeros(4), "b": torch.ones(2)}
    after = {"a": torch.tensor([1.0, -2.0, 3.0, -6.0]), "b": torch.tensor([11.0, -19.0])}
    kept = {"a": torch.tensor([False, True, False, True]), "b": torch.tensor([False, True])}
    assert explanations.moved(before, after, kept) == pytest.approx(28 / 21)
    assert explanations.moved(before, after, {name: torch.ones_like(mask) for name, mask in kept.items()}) == 1


def test_signs_are_counted_among_the_survivors():
    ticket = Ticket({"a": torch.tensor([True, True, True, False])}, {"a": torch.tensor([1.0, -1.0, 2.0, 3.0])})
    assert explanations.signs_as_in(ticket, {"a": torch.tensor([4.0, 1.0, 0.1, -3.0])}) == pytest.approx(2 / 3)


def test_the_other_order_has_the_same_start_and_the_other_start_the_same_order(found, monkeypatch):
    """Oracle: what the trainer is given, noted."""
    seen = []

    def train(setup, model, trainings=1):
        seen.append((setup.seed, model[0].weight.detach().clone()))
        return 0.5

    setup, ticket = found
    monkeypatch.setattr(imp.Setup, "train", train)
    measured = (ticket.masks, ticket.masks)
    monkeypatch.setattr(explanations, "_movement", lambda *_: {})
    explanations._dense_again("a", setup, 5, 5 + imp.FRESH, measured)
    explanations._dense_again("b", setup, 5 + imp.FRESH, 5, measured)
    (first_order, first), (second_order, second) = seen
    assert (first_order, second_order) == (5 + imp.FRESH, 5)
    assert torch.equal(first, ticket.initial_weights["0.weight"])
    assert torch.equal(second, setup.network(5 + imp.FRESH)[0].weight)


# ---- claims


def test_movement_is_judged_in_percent():
    """Oracle: 1.08 and 1.10 are 9 % further on average, short of a tenth."""
    import pandas as pd

    rows = pd.DataFrame({"seed": range(8), "arm": "dense, other order", "moved": [1.08, 1.10] * 4})
    margin = claims.FURTHER.conditions[0]
    effect = margin.effect(*explanations.movement_of("dense, other order")(rows))
    assert effect.mean() == pytest.approx(9)
    assert margin.above == 10


def test_every_case_of_every_claim_finds_both_arms_in_what_the_experiment_gives():
    """Oracle: `judge` itself, which refuses a case without rows, on trainings of three steps."""
    import pandas as pd

    table = pd.DataFrame(
        {"seed": seed, **setting, **row}
        for setting in explanations.SETTINGS
        for seed in (0, 1)
        for row in explanations.run(seed, stop=2, **setting)
    )
    for claim in explanations.CLAIMS:
        _, cases = claims.judge(claim, table)
        assert [case.name for case in cases] == list(claim.cases)
        assert all(case.effect.n == 2 for case in cases)


# ---- archive


def test_the_archive_holds_every_seed_of_every_setting():
    for setting in explanations.SETTINGS:
        rows = archive.load("explanations", **setting)
        assert rows["seed"].nunique() == explanations.SEEDS[setting["budget"]]
