"""Chapter 01's experiment: its rows, what is cut and what is redrawn, the fixed loss, and where MNIST is looked for.

Trainings of three steps on few samples of the real data. Oracles: sorted values, counts, the same run in chapter 02.
"""

import math

import pandas as pd
import pytest
import torch

from lth_teach import data, masks
from lth_teach.data import Dataset
from lth_teach.experiments import claims, hypothesis, imp
from lth_teach.finder import LotteryTicketFinder
from lth_teach.training import TrainingResult

CUT = ["dense, cut", "dense, ticket's mask"]
BY_LEVEL = [["dense"], ["ticket"], ["ticket"], ["ticket", *CUT, "rest redrawn", "ticket redrawn"], ["ticket"]]
ARMS = [*((arm, level) for level, arms in enumerate(BY_LEVEL) for arm in arms), ("ticket", 5), *((a, 5) for a in CUT)]


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    """MNIST-1D of 700 samples, which is made in a moment."""
    small = data.mnist1d(700)
    monkeypatch.setattr(hypothesis, "mnist1d", lambda: small)
    return small


@pytest.fixture
def setup(few_samples):
    return hypothesis.Setup(few_samples, "short", 5, stop=3)


@pytest.fixture
def ticket(setup):
    return LotteryTicketFinder(setup.network(5), 0.8, 0.8).find_ticket(setup.train)


@pytest.mark.parametrize("budget", ["short", "long"])
def test_one_seed_gives_tickets_the_dense_solution_cut_and_two_that_are_redrawn(budget):
    rows = hypothesis.run(3, budget=budget, stop=3)
    assert [(row["arm"], row["level"]) for row in rows] == ARMS
    for row in rows:
        assert row["density"] == pytest.approx(0.64 ** row["level"], rel=1e-3)  # of the ticket that it is about
        assert 0 <= row["accuracy"] <= 1
        trained = row["arm"] not in CUT
        assert ("steps" in row) == trained
        if trained:
            assert row["steps"] == imp.TRAINING["mnist1d", budget][0]
            assert math.isnan(row["steps_to_loss"])  # nobody gets there in three steps


def test_the_dense_network_and_the_tickets_are_those_of_chapter_02(few_samples, monkeypatch):
    monkeypatch.setattr(imp, "mnist1d", lambda: few_samples)
    here = {row["level"]: row["loss"] for row in hypothesis.run(3, stop=3) if row["arm"] in ("dense", "ticket")}
    there = {row["level"]: row["loss"] for row in imp.run(3, stop=3) if row["arm"] in ("dense", "ticket")}
    assert here == there


def test_the_cut_networks_are_the_trained_dense_one_with_zeros(setup, ticket, monkeypatch):
    model = setup.network(5)
    setup.train(model)
    seen = []
    monkeypatch.setattr(
        hypothesis.Setup, "about", lambda self, arm, level, kept, net: seen.append({**net.state_dict()}) or {"arm": arm}
    )
    monkeypatch.setattr(hypothesis, "load_state", lambda net, state: net.load_state_dict(dict(state)))
    rows = []
    for row in hypothesis._cut(setup, dict(model.state_dict()), ticket, {"level": 1}):
        rows.append(row)
        kept = {name: weights != 0 for name, weights in seen[-1].items() if name in ticket.masks}
        seen[-1] = {name: weights.clone() for name, weights in seen[-1].items()}
        assert masks.count(kept) == masks.count(ticket.masks)
        for name, mask in kept.items():
            assert torch.equal(seen[-1][name][mask], model.state_dict()[name][mask])
    assert [row["arm"] for row in rows] == CUT
    sizes = torch.cat([model.state_dict()[name].abs().flatten() for name in ticket.masks])
    smallest_kept = min(seen[0][name][seen[0][name] != 0].abs().min() for name in ticket.masks)
    assert (sizes >= smallest_kept).sum() == masks.count(ticket.masks)  # its own largest
    assert all(torch.equal(seen[1][name] != 0, mask) for name, mask in ticket.masks.items())


def test_what_is_redrawn_is_shuffled_and_the_rest_stays(setup, ticket, monkeypatch):
    started = []

    def train(self, model):
        started.append({name: value.clone() for name, value in model.state_dict().items()})
        return TrainingResult.of(0.5, 1, 0.5, [])

    monkeypatch.setattr(hypothesis.Setup, "train", train)
    row = {"level": 1}
    assert [r["arm"] for r in hypothesis._redrawn(setup, ticket, row)] == ["rest redrawn", "ticket redrawn"]
    start = ticket.initial_weights
    for state, stays in zip(started, (True, False), strict=True):
        for name, mask in ticket.masks.items():
            same, moved = mask == stays, mask != stays
            assert torch.equal(state[name][same], start[name][same])
            assert torch.equal(state[name][moved].sort().values, start[name][moved].sort().values)
            assert not torch.equal(state[name][moved], start[name][moved])


def test_the_share_of_the_ticket_among_the_largest(ticket):
    everything = {"end": {name: torch.ones_like(mask) for name, mask in ticket.masks.items()}}
    nothing = {"end": {name: ~mask for name, mask in ticket.masks.items()}}
    assert hypothesis._shares(everything, ticket) == {"ticket_among_largest_end": 1}
    assert hypothesis._shares(nothing, ticket) == {"ticket_among_largest_end": 0}
    assert hypothesis._shares({"end": ticket.masks}, ticket) == {"ticket_among_largest_end": 1}


def test_the_first_step_at_or_below_the_fixed_loss(setup):
    history = [(10, 2.0, 0.1), (20, 1.05, 0.4), (30, 1.2, 0.4), (40, 0.9, 0.6)]
    result = TrainingResult.of(0.6, 40, 0.6, history)
    row = setup.trained("dense", 0, 1.0, setup.network(5), result)
    assert (row["steps_to_loss"], row["steps"], row["best_step"]) == (20, 450, 40)


def test_one_that_never_gets_there_counts_as_all_its_steps():
    """By hand: 100 of 450 steps, and 450 of 450, is −77.8 % and 0 %."""
    rows = pd.DataFrame(
        [
            {"seed": seed, "arm": arm, "steps": 450, "steps_to_loss": reached}
            for seed, both in enumerate([(100, 450), (math.nan, 450)])
            for arm, reached in zip(("ticket", "dense"), both, strict=True)
        ]
    )
    first, second = hypothesis.steps("ticket", "dense")(rows)
    (condition,) = claims.FASTER.conditions
    assert condition.effect(first, second).tolist() == pytest.approx([100 * (100 / 450 - 1), 0])
    assert first.tolist() == [100, 450]


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"study": "speed"}, "study must be one of ticket, mnist, got 'speed'"),
        ({"data": "mnist"}, "must be one of mnist1d short, mnist1d long, .* got 'mnist' 'short'"),
        ({"study": "mnist"}, "must be one of mnist literature, got 'mnist1d' 'short'"),
        ({"prune_rate": 1.0}, "prune_rate"),
    ],
)
def test_a_setting_that_there_is_not(setting, told):
    with pytest.raises(ValueError, match=told):
        hypothesis.run(0, stop=3, **setting)


MNIST = {"study": "mnist", "data": "mnist", "budget": "literature", "prune_rate": 0.2}


def test_without_mnist_the_message_says_how_to_name_its_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LTH_TEACH_MNIST", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="set LTH_TEACH_MNIST to their folder"):
        hypothesis.run(0, stop=3, **MNIST)
    monkeypatch.delenv("LTH_TEACH_MNIST")
    assert hypothesis.mnist_folder().name == "mnist"  # in the cache


def test_full_mnist_is_pruned_by_layers_to_3_6_percent(monkeypatch):
    """By hand: 265,200 · 0.8¹⁵ + 1,000 · 0.9¹⁵ = 9,537 of 266,200 are 3.58 %."""
    numbers = torch.Generator().manual_seed(0)
    x, y = torch.rand(90, 784, generator=numbers), torch.arange(90) % 10
    monkeypatch.setattr(hypothesis, "mnist", lambda folder: Dataset("MNIST", x, y, x[:30], y[:30], x[:30], y[:30]))
    rows = hypothesis.run(0, stop=2, **MNIST)
    assert [row["level"] for row in rows if row["arm"] == "ticket"] == list(range(1, 16))
    assert [row["level"] for row in rows if row["arm"] == "re-initialised"] == [7, 15]
    assert rows[-1]["density"] == pytest.approx(9_537 / 266_200, rel=1e-3)


def test_every_setting_has_its_steps_its_loss_and_its_seeds():
    for setting in hypothesis.SETTINGS:
        key = setting["data"], setting["budget"]
        assert hypothesis.LOSS[key] > 0
        assert hypothesis.SEEDS[setting["budget"]] >= (3 if setting["study"] == "mnist" else 12)
    cases = [case for claim in hypothesis.CLAIMS for case in claim.cases.values()]
    assert len(cases) == 20
    assert all(case["study"] == "ticket" for case in cases)  # no claim rests on three seeds
