"""Chapter 04's experiment: the same rows each time, controls that keep what they say, predictions that can fail.

Trainings of three steps on the real data. Oracles: lists by hand, counts, a network that is linear in its weights.
"""

import math

import pytest
import torch
from torch import nn

from lth_teach import data, masks
from lth_teach.experiments import archive, claims, imp, linear_view
from lth_teach.finder import LotteryTicketFinder
from lth_teach.tickets import Ticket

OTHERS = ["SNIP", "GraSP", "largest at the start", "half the ticket", "random, rescaled", "re-initialised"]


def name(setting):
    return f"{setting['study']} {setting['budget']}"


# ---- rows


@pytest.fixture(scope="module")
def rehearsed():
    """Every setting, three steps a training."""
    return {name(setting): linear_view.run(0, stop=3, **setting) for setting in linear_view.SETTINGS}


def test_one_seed_gives_these_masks(rehearsed):
    found = {key: [(row["arm"], row["level"]) for row in rehearsed[key]] for key in rehearsed}
    main = [("ticket", 5), ("random", 5), ("aligned", 5), ("against", 5)]
    assert found["masks short"] == [*main, *((arm, 5) for arm in OTHERS), ("dense", 0)]
    assert found["masks long"] == main[:3]
    assert found["draws short"] == main
    for key in ("masks short", "masks long", "draws short"):
        for row in rehearsed[key]:
            assert row["density"] == pytest.approx(0.64 ** row["level"], rel=1e-3)
            assert 0 <= row["accuracy"] <= 1
            assert math.isfinite(row["loss"])


def test_one_seed_gives_these_predictions(rehearsed):
    assert [(row["width"], row["step"]) for row in rehearsed["widths short"]] == [
        (width, step) for width in (16, 64, 256, 1024) for step in (20, 200)
    ]
    both = ["at θ₀", "at its own point"]
    assert [(row["network"], row["arm"]) for row in rehearsed["points short"]] == [
        *(("frozen", arm) for arm in both),
        *(("zeroed", arm) for arm in [*both, "f₀ wrong", "K wrong", "K to size"]),
        *(("rescaled", arm) for arm in [*both, "K of the dense network"]),
    ]


def test_frozen_the_formula_at_the_start_is_the_formula_at_its_own_point(rehearsed):
    """The document's formula describes frozen weights; for the other two networks it starts at other outputs."""
    table = {(row["network"], row["arm"]): row for row in rehearsed["points short"]}
    assert table["frozen", "at θ₀"]["error"] == table["frozen", "at its own point"]["error"] < 0.05
    for network in ("zeroed", "rescaled"):
        assert table[network, "at its own point"]["error"] < 0.05 < table[network, "at θ₀"]["error"]


def test_kernels_are_measured_in_a_run_and_not_in_a_rehearsal(rehearsed):
    assert not any("alignment" in row for row in rehearsed["masks short"])
    model, dataset = imp.Setup(data.mnist1d(), "short", 0).network(0), data.mnist1d()
    row = linear_view.kernel_row(model, dataset, masks.dense(model))
    assert row["alignment"] == row["frozen"]  # nothing is pruned
    assert 0.05 < row["alignment"] < 0.3
    assert 0.15 < row["regression"] < 0.5
    assert row["size"] > 0


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"study": "width"}, "study must be one of widths, points, masks, draws, got 'width'"),
        ({"data": "mnist5k"}, "data must be one of mnist1d, got 'mnist5k'"),
        ({"budget": "quick"}, "budget must be one of short, long, got 'quick'"),
        ({"prune_rate": 1.0}, "prune_rate"),
        ({"study": "draws", "budget": "long"}, "only the study masks has a long budget, not draws"),
    ],
)
def test_what_there_is_not_is_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        linear_view.run(0, **setting)


# ---- predictions


def test_a_network_that_is_linear_in_its_weights_is_predicted_exactly():
    """Oracle: the theory itself; one linear layer is linear in its weights, so nothing is left over."""
    task = linear_view.Task(data.mnist1d(), 3)
    model = nn.Sequential(nn.Linear(40, 1))
    kernel = task.kernel(model)
    rate = linear_view.rate_for(kernel)
    real = task.trained(model, rate, 30, None, frozen=False)
    row = task.row(real, 30, real[0], kernel, rate)
    assert row["error"] < 1e-4
    assert row["accuracy"] >= 1 - 1 / linear_view.WATCHED
    halved = task.row(real, 30, real[0], 0.5 * kernel, rate)
    assert halved["error"] > 0.1  # the wrong kernel is heard


def test_frozen_weights_do_not_move_and_the_others_do():
    task = linear_view.Task(data.mnist1d(), 3)
    model = nn.Sequential(nn.Linear(40, 8), nn.ReLU(), nn.Linear(8, 1))
    kept = {"0.weight": torch.arange(320).view(8, 40) % 2 == 0, "2.weight": torch.arange(8).view(1, 8) < 4}
    before = {key: value.clone() for key, value in model.state_dict().items()}
    task.trained(model, 1e-4, 5, kept, frozen=True)
    for layer, mask in kept.items():
        moved = model.state_dict()[layer] != before[layer]
        assert not moved[~mask].any()
        assert moved[mask].any()
    assert model.state_dict()["0.weight"][~kept["0.weight"]].all()  # and they are not zero
    assert not model[0].weight._backward_hooks


# ---- controls


@pytest.fixture(scope="module")
def found():
    """A ticket of three levels, what it was found with, and the masks beside it."""
    setup = imp.Setup(data.mnist1d(), "short", 5, stop=3)
    finder = LotteryTicketFinder(setup.network(5), 0.36, 0.7)
    ticket = finder.find_ticket(setup.train)
    return ticket, linear_view.candidates(setup, ticket)


def test_every_mask_is_as_dense_in_each_layer_as_the_ticket(found):
    ticket, candidates = found
    for arm, candidate in candidates.items():
        wanted = dict.fromkeys(ticket.masks, 1.0) if arm == "dense" else masks.layer_densities(ticket.masks)
        assert masks.layer_densities(candidate.masks) == pytest.approx(wanted), arm
    same_start = [arm for arm in candidates if arm not in ("random, rescaled", "re-initialised")]
    for arm in same_start:
        assert torch.equal(candidates[arm].initial_weights["0.weight"], ticket.initial_weights["0.weight"])


def test_half_of_the_ticket_is_left(found):
    ticket, candidates = found
    for layer, mask in candidates["half the ticket"].masks.items():
        kept = int(ticket.masks[layer].sum())
        assert int((mask & ticket.masks[layer]).sum()) == kept - kept // 2


def test_rescaled_weights_keep_the_size_of_signals(found):
    """Oracle: by hand; a quarter kept, so weights are doubled."""
    mask = torch.arange(16).view(4, 4) % 4 == 0
    ticket = Ticket({"a": mask}, {"a": torch.ones(4, 4), "bias": torch.ones(4)})
    larger = linear_view.rescaled(ticket)
    assert (larger.initial_weights["a"] == 2).all()
    assert (larger.initial_weights["bias"] == 1).all()
    assert torch.equal(larger.masks["a"], mask)


def test_built_masks_begin_as_the_random_one_and_part_from_it(found):
    _, candidates = found
    random, aligned, against = (candidates[arm].masks for arm in ("random", "aligned", "against"))
    for built in (aligned, against):
        assert 0.85 < masks.overlap(random, built) < 0.99  # three rounds of at most 2 %
    assert masks.overlap(aligned, against) < masks.overlap(aligned, random)


# ---- claims


def test_predicted_answers_are_judged_in_points_below_all_of_them():
    import pandas as pd

    rows = pd.DataFrame({"seed": range(8), "arm": "linear", "accuracy": [0.97, 0.99] * 4})
    margin = claims.KEEPS_UP.conditions[0]
    assert margin.effect(*linear_view.answers("linear")(rows)).mean() == pytest.approx(-2)


def test_the_exact_claims_fail_by_their_counter_examples():
    """By hand: the formula says 2·3 = 6 where the network says 0; J = (1, 2)ᵀ reaches (3, 6) with the weight 3."""
    exact = {claim.key: claim.word() for claim in linear_view.CLAIMS if isinstance(claim, claims.Exact)}
    assert exact == {"04-formula": "does not hold", "04-span": "does not hold"}


def test_every_case_of_every_claim_finds_both_arms_in_what_the_experiment_gives(rehearsed):
    """Oracle: `judge` itself, which refuses a case without rows."""
    import pandas as pd

    table = pd.DataFrame(
        {"seed": seed, **setting, **row}
        for setting in linear_view.SETTINGS
        for seed in (0, 1)
        for row in rehearsed[name(setting)]
    )
    measured = [claim for claim in linear_view.CLAIMS if isinstance(claim, claims.Claim)]
    for claim in measured:
        _, cases = claims.judge(claim, table)
        assert [case.name for case in cases] == list(claim.cases)
        assert all(case.effect.n == 2 for case in cases)
    assert sum(len(claim.cases) for claim in measured) == 12


# ---- archive


def test_the_canary_hears_another_rate_and_another_search(rehearsed, monkeypatch):
    def losses(setting, **changes):
        with monkeypatch.context() as patch:
            for where, value in changes.items():
                patch.setattr(linear_view.aligned_masks if where == "SHARE" else linear_view, where, value)
            return {
                (row["arm"], row.get("network", row.get("width"))): row["loss"]
                for row in linear_view.run(0, stop=3, **setting)
            }

    by_name = {name(setting): setting for setting in linear_view.SETTINGS}
    before = {
        key: {(r["arm"], r.get("network", r.get("width"))): r["loss"] for r in rows} for key, rows in rehearsed.items()
    }
    for key in ("widths short", "points short"):
        other = losses(by_name[key], RATE=0.11)
        assert all(abs(other[row] / before[key][row] - 1) > archive.OTHER_NUMERICS for row in other)
    draws = losses(by_name["draws short"], SHARE=0.03)
    changed = {arm for (arm, _), loss in draws.items() if loss != before["draws short"][arm, None]}
    assert changed == {"aligned", "against"}


def test_settings_are_all_different_and_of_the_archive():
    """A canary ends after three steps, so it hardly sees these. Others: make the archive anew."""
    assert len({name(setting) for setting in linear_view.SETTINGS}) == len(linear_view.SETTINGS) == 5
    assert (linear_view.RATE, linear_view.MOMENTS, linear_view.aligned_masks.ROUNDS) == (0.1, (20, 200), 40)


def test_the_archive_holds_every_seed_of_every_setting():
    for setting in linear_view.SETTINGS:
        rows = archive.load("linear_view", **setting)
        assert rows["seed"].nunique() == linear_view.SEEDS[setting["budget"]]
