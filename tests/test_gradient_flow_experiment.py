"""Chapter 09's experiment: the same rows for every setting, a descent that moves what it should, and its canary.

Descents of three steps on the real data, and of a few more where steps are counted. Oracles: an optimizer of PyTorch's,
the descent by hand, counts.
"""

import copy
import math

import pandas as pd
import pytest
import torch
from torch.nn.functional import cross_entropy

from lth_teach import data, masks, models, scores
from lth_teach.experiments import archive, claims, gradient_flow
from lth_teach.experiments.explanations import few

OTHERS = ["random", "largest weights", "SNIP", "GraSP", "largest gradients", "SynFlow"]


@pytest.fixture(scope="module")
def setup():
    return gradient_flow.Setup(few(data.mnist1d(), gradient_flow.ROWS), "short", 5, stop=3)


@pytest.fixture(scope="module")
def ticket(setup):
    *_, (_, found, _) = setup.search(0.36)
    return found


# ---- rows


@pytest.mark.parametrize("budget", ["short", "long"])
def test_one_seed_gives_the_search_six_other_masks_and_the_short_budget_all_in_place(budget):
    rows = gradient_flow.run(0, budget=budget, stop=3)
    search = [("dense", 0, "zero"), *(("ticket", level, "zero") for level in (1, 2, 3))]
    others = [(arm, 3, "zero") for arm in OTHERS]
    again = [("dense", 0, "in place"), *((arm, 3, "in place") for arm in ("ticket", *OTHERS))]
    assert [(row["arm"], row["level"], row["pruned"]) for row in rows] == search + others + again * (budget == "short")
    for row in rows:
        assert row["density"] == pytest.approx(0.64 ** row["level"], rel=1e-3)
        assert 0 <= row["accuracy"] <= 1
        assert 0 <= row["train_accuracy"] <= 1
        assert row["loss"] == row["end_loss"]
        for column in ("shares", "losses", "squares"):
            assert len(gradient_flow.numbers(row[column])) == 3  # steps 0, 1 and 2


def test_the_same_seed_gives_the_same_numbers_and_another_one_others():
    first, again, other = (gradient_flow.run(seed, stop=2) for seed in (5, 5, 6))
    assert first == again
    assert all(one["loss"] != two["loss"] for one, two in zip(first, other, strict=True))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"data": "mnist5k"}, "data must be one of mnist1d, got 'mnist5k'"),
        ({"budget": "quick"}, "budget must be one of short, long, got 'quick'"),
        ({"prune_rate": 1.0}, "prune_rate"),
    ],
)
def test_what_there_is_not_is_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        gradient_flow.run(0, **setting)


def test_lengths_and_losses_are_those_of_the_archive():
    """A canary ends after three steps, so it hardly sees how long a descent is. Another length: make it anew."""
    assert gradient_flow.STEPS == {"short": 500, "long": 2_000}
    assert gradient_flow.LOSS == {"short": 1.7, "long": 0.8}
    assert [setting["budget"] for setting in gradient_flow.SETTINGS] == ["short", "long"]


# ---- the descent


def test_the_dense_descent_is_plain_gradient_descent_on_all_rows(setup):
    """Oracle: torch.optim.SGD on a network whose biases do not learn."""
    model = setup.network()
    weights = [parameter for parameter in model.parameters() if parameter.dim() == 2]
    optimizer = torch.optim.SGD(weights, gradient_flow.RATE)
    x, y = setup.rows
    assert len(x) == 1_000
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        loss = cross_entropy(model(x), y)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    found = setup.descend(masks.dense(model))
    assert found.losses == pytest.approx(losses, rel=1e-5)
    assert found.shares == [1.0] * 4
    assert found.descended == 1.0


@pytest.mark.parametrize("pruned", ["zero", "in place"])
def test_only_kept_weights_move_and_the_others_stay_where_they_were_put(setup, ticket, pruned):
    start, found = setup.network().state_dict(), setup.descend(ticket, pruned)
    for name, end in found.model.state_dict().items():
        if name not in ticket:
            assert torch.equal(end, torch.zeros_like(end))  # biases
            continue
        mask = ticket[name]
        expected = start[name] if pruned == "in place" else torch.zeros_like(start[name])
        assert torch.equal(end[~mask], expected[~mask])
        assert (end[mask] != start[name][mask]).float().mean() > 0.9
    assert all(0.2 < share < 0.9 for share in found.shares)


def test_what_is_measured_at_step_0_by_hand(setup, ticket):
    """Oracle: autograd on the network with the mask multiplied in, pruned weights' derivatives included."""
    model = setup.network()
    weights = {name: p for name, p in model.named_parameters() if p.dim() == 2}
    for name, weight in weights.items():
        weight.data *= ticket[name]
    x, y = setup.rows
    loss = cross_entropy(model(x), y)
    gradient = torch.autograd.grad(loss, list(weights.values()))
    kept = sum((g[ticket[name]] ** 2).sum() for name, g in zip(weights, gradient, strict=True))
    whole = sum((g**2).sum() for g in gradient)
    found = setup.descend(ticket)
    assert found.losses[0] == pytest.approx(loss.item(), rel=1e-6)
    assert found.squares[0] == pytest.approx(whole.item(), rel=1e-5)
    assert found.shares[0] == pytest.approx((kept / whole).item(), rel=1e-5)


def test_the_gradients_at_both_starts_agree_where_they_are_one(setup, ticket):
    """Oracle: the cosine by hand; in place both starts are θ₀."""
    run = setup.descend(ticket)
    zero, in_place = (gradient_flow.row(setup, "ticket", 3, ticket, run, pruned) for pruned in ("zero", "in place"))
    assert in_place["agreement"] == pytest.approx(1, abs=1e-5)
    first, own = (setup.gradient(model)[1] for model in (setup.network(), setup.network(ticket)))
    kept = [torch.cat([g[name][ticket[name]] for name in ticket]) for g in (first, own)]
    by_hand = (kept[0] @ kept[1]) / (kept[0].norm() * kept[1].norm())
    assert zero["agreement"] == pytest.approx(by_hand.item(), abs=1e-5)


def test_the_share_can_be_the_learners_own(setup, ticket):
    assert setup.descend(ticket, share=lambda gradient, mask: len(gradient) / len(mask)).shares == [1.0] * 4


def test_steps_are_counted_and_the_least_is_found():
    """By hand: 8, 4 and 2 are lowered by 4 and 2; η/2 · cos² · ‖g‖² promises 0.05 · 1 · 80 = 4 and 0.05 · ½ · 100."""
    run = gradient_flow.Descent([8.0, 4.0, 2.0], [1.0, 0.5, 0.5], [80.0, 100.0, 8.0], torch.nn.Identity())
    assert (run.steps_to(8.0), run.steps_to(5), run.steps_to(1)) == (0, 1, None)
    assert run.descended == 0.5
    assert run.steepness == min(80 / 16, 100 / 8, 8 / 4)


# ---- masks


def test_all_masks_have_the_ticket_s_size_and_only_the_random_one_its_layers(setup, ticket):
    others = gradient_flow.other_masks(setup, ticket)
    assert list(others) == ["random", "largest weights", "SNIP", "GraSP", "largest gradients", "SynFlow"]
    assert {masks.count(mask) for mask in others.values()} == {masks.count(ticket)}
    assert masks.layer_densities(others["random"]) == masks.layer_densities(ticket)


def test_no_mask_of_the_size_keeps_more_of_the_gradient_than_the_largest_gradients(setup, ticket):
    gradient = gradient_flow.flat(setup.gradient(setup.network())[1])
    best = gradient.square().sort(descending=True).values[: masks.count(ticket)].sum() / gradient.square().sum()
    rows = {
        arm: gradient_flow.masked_descent.share(gradient, gradient_flow.flat(mask))
        for arm, mask in {"ticket": ticket, **gradient_flow.other_masks(setup, ticket)}.items()
    }
    assert rows.pop("largest gradients") == pytest.approx(best.item(), rel=1e-5)
    assert max(rows.values()) < best


# ---- claims


def rows(**steps):
    """One row an arm and seed with the steps that it took, NaN if it never arrived; cos² is a half."""
    return pd.DataFrame(
        {"seed": seed, "budget": "short", "arm": arm, "share": 1.0 if arm == "dense" else 0.5, "steps_to_loss": many}
        for arm, seeds in steps.items()
        for seed, many in enumerate(seeds)
    )


def test_the_law_leaves_an_arm_as_many_steps_as_its_share_says():
    """By hand: with cos² = ½ an arm's 200 and 300 steps are worth 100 and 150 of the dense network's."""
    table = rows(dense=[100, 90], ticket=[200, 300])
    dense, law = gradient_flow.steps_by_the_law("ticket", slower=True)(table)
    assert (dense.tolist(), law.tolist()) == ([100, 90], [100, 150])
    law, dense = gradient_flow.steps_by_the_law("ticket", slower=False)(table)
    assert (dense.tolist(), law.tolist()) == ([100, 90], [100, 150])


def test_an_arm_that_never_arrived_counts_with_all_its_steps():
    table = rows(dense=[100], ticket=[math.nan])
    assert gradient_flow.steps_by_the_law("ticket", slower=True)(table)[1].tolist() == [250]


def test_every_case_of_every_claim_finds_both_arms_in_what_the_experiment_gives():
    """Oracle: `judge` itself, which refuses a case without rows, on descents of two steps."""
    table = pd.DataFrame(
        {"seed": seed, **setting, **row}
        for setting in gradient_flow.SETTINGS
        for seed in (0, 1)
        for row in gradient_flow.run(seed, stop=2, **setting)
    )
    for claim in gradient_flow.CLAIMS:
        if isinstance(claim, claims.Claim):
            _, cases = claims.judge(claim, table)
            assert [case.name for case in cases] == list(claim.cases)
            assert all(case.effect.n == 2 for case in cases)


def test_exact_claims():
    words = {claim.key: claim.word() for claim in gradient_flow.CLAIMS if isinstance(claim, claims.Exact)}
    assert words == {"09-ratio": "holds", "09-theorem": "does not hold", "09-repaired": "yes"}


# ---- the archive


SETTING = gradient_flow.SETTINGS[0]


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    """An archive of one job's canaries, as if made on another machine: so the wider tolerance is what must notice."""
    made = gradient_flow.run(5, stop=archive.REHEARSAL, **SETTING)
    table = pd.DataFrame([{"seed": 5, **SETTING, **row, "canary": row["loss"]} for row in made])
    folder = tmp_path_factory.mktemp("archive")
    (folder / "gradient_flow.csv").write_text(archive.written(table.assign(canary_fingerprint="feedbeef")))
    return folder


def faster(monkeypatch):
    monkeypatch.setattr(gradient_flow, "RATE", 1.1 * gradient_flow.RATE)


def fewer_rows(monkeypatch):
    monkeypatch.setattr(gradient_flow, "ROWS", 990)


def another_start(monkeypatch):
    def mlp(*sizes, seed):
        return real(*sizes, seed=seed + 1)

    real = models.mlp
    monkeypatch.setattr(models, "mlp", mlp)


def ranks_the_wrong_way_round(monkeypatch):
    real = copy.copy(scores.magnitude)
    monkeypatch.setattr(scores, "magnitude", lambda model: {name: -size for name, size in real(model).items()})


def biases_learn(monkeypatch):
    def gradient(setup, model):
        loss, found = real(setup, model)
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.data -= 0.01
        return loss, found

    real = gradient_flow.Setup.gradient
    monkeypatch.setattr(gradient_flow.Setup, "gradient", gradient)


@pytest.mark.parametrize("break_it", [faster, fewer_rows, another_start, biases_learn], ids=lambda one: one.__name__)
def test_the_canary_notices_what_was_broken(rehearsed, monkeypatch, break_it):
    break_it(monkeypatch)
    table = archive.canary("gradient_flow", SETTING, seed=5, folder=rehearsed)
    assert table["moved"].median() > archive.OTHER_NUMERICS
    assert table["agrees"].mean() < 0.5


def test_a_wrong_ranking_is_noticed_in_the_masks_that_rank_sizes(rehearsed, monkeypatch):
    """They are fewer than half of the rows, so it takes the machine that made the archive to hear it."""
    ranks_the_wrong_way_round(monkeypatch)
    table = archive.canary("gradient_flow", SETTING, seed=5, folder=rehearsed)
    ranked = table["arm"].isin(["ticket", "random", "largest weights"])  # random has the ticket's layers
    assert (table["moved"] > archive.SAME_NUMERICS).tolist() == ranked.tolist()


def test_the_canary_is_quiet_while_nothing_is_broken(rehearsed):
    table = archive.canary("gradient_flow", SETTING, seed=5, folder=rehearsed)
    assert table["moved"].max() < archive.SAME_NUMERICS
    assert table["agrees"].all()


def test_the_archive_holds_every_seed_of_every_setting():
    for setting in gradient_flow.SETTINGS:
        found = archive.load("gradient_flow", **setting)
        assert found["seed"].nunique() == gradient_flow.SEEDS[setting["budget"]]
