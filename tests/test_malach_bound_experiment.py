"""Chapter 06's experiment: the same rows for every setting, sizes by hand, and a canary that hears what is broken.

Rehearsals (targets of three steps). Oracles: networks written out by hand, counts, the guarantee itself.
"""

import math

import numpy as np
import pandas as pd
import pytest

from lth_teach.experiments import archive, claims, malach_bound
from lth_teach.strong import construct, plan, trained
from lth_teach.strong.target import Target
from lth_teach.strong.twins import uniform_in_ball


def name(setting):
    return " ".join(setting.values())


@pytest.fixture(scope="module")
def rehearsed():
    """One rehearsal of each setting: name → rows."""
    return {name(setting): malach_bound.run(0, stop=3, **setting) for setting in malach_bound.SETTINGS}


# ---- rows


def test_every_setting_gives_a_row_for_each_size_or_tolerance(rehearsed):
    def arms(key):
        return [(row["arm"], row["level"]) for row in rehearsed[key]]

    assert arms("width saddle") == [(m, i) for m, sizes in malach_bound.LADDER.items() for i in range(len(sizes))]
    for task, asked in malach_bound.ASKED.items():
        assert arms(f"plan {task}") == [(m, i) for m, tolerances in asked.items() for i in range(len(tolerances))]
    trained_arms = [(m, i) for m in ("products", "subsets") for i in range(4)]
    assert arms("digits digits") == [*trained_arms, ("random mask", 3)]
    assert arms("sums one z") == [(f"C = {c}", i) for i in range(3) for c in malach_bound.CONSTANTS]
    assert [row["numbers"] for row in rehearsed["sums every z"]] == [7, 9, 11, 13, 10, 13, 16, 12, 16]
    for rows in rehearsed.values():
        assert all(math.isfinite(row["loss"]) for row in rows)


def test_sizes_are_those_of_the_networks(rehearsed):
    """Saddle: 3 inputs (one is always 1), 12 hidden neurons. A candidate: 3·3 + 3·12 + 12·12 + 12·1 = 201 weights."""
    for row in rehearsed["width saddle"]:
        assert row["weights"] == row["candidates"] * (4 if row["arm"] == "neurons" else 201)
        assert 0 < row["kept"] <= row["weights"]
        assert 10 ** row["log_guarantee"] == pytest.approx(row["loss"])


def test_what_is_needed_is_a_part_of_what_is_planned(rehearsed):
    for row in [*rehearsed["plan line"], *rehearsed["plan saddle"]]:
        assert row["error"] <= row["guarantee"] * (1 + 1e-3)  # the guarantee is stored to four digits
        assert row["needed"] is None or 0 < row["needed"] <= row["planned"]
        assert row["rounded_bits"] < row["coded_bits"] < row["mask_bits"]


def test_a_pair_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="width: saddle, plan: line, .*; got 'plan' and 'digits'"):
        malach_bound.run(0, study="plan", task="digits")


# ---- by hand


def test_the_first_candidates_of_each_weight():
    """Two inputs with three candidates each, then two hidden neurons with two each."""
    target = Target(np.ones((2, 2)), np.ones((1, 2)))
    enter = np.arange(12.0).reshape(6, 2)
    leave = np.arange(12.0).reshape(2, 6)
    again, out = np.arange(8.0).reshape(4, 2), np.arange(4.0).reshape(1, 4)
    cut = malach_bound.first_candidates((enter, leave, again, out), target, "products", (2, 1))
    assert cut[0].tolist() == [[0, 1], [2, 3], [6, 7], [8, 9]]
    assert cut[1].tolist() == [[0, 1, 3, 4], [6, 7, 9, 10]]
    assert (cut[2].tolist(), cut[3].tolist()) == ([[0, 1], [4, 5]], [[0, 2]])
    wide, out = malach_bound.first_candidates((enter, leave), target, "neurons", (4, 4))
    assert (wide.shape, out.shape) == ((4, 2), (2, 4))


def test_what_is_needed_is_the_least_that_was_tried():
    """Oracle: one step less is not enough, by the guarantee of the cut network itself."""
    target = malach_bound.trained_target("line", 1)
    sizes = plan.plan(target, 0.1, "products", failure=malach_bound.FAILURE)
    network = plan.random_network(target, sizes.widths, np.random.default_rng(3))
    enough = malach_bound.needed(network, target, "products", 0.1, sizes)

    def cut(part):
        counts = tuple(max(1, round(part * count)) for count in sizes.candidates)
        return malach_bound.first_candidates(network, target, "products", counts)

    tried = [cut(1.1**power) for power in range(-41, 1)]
    place = next(i for i, layers in enumerate(tried) if sum(len(layer) for layer in layers[:-1]) == enough)
    guarantees = [construct.choose_masks(layers, target, "products").guarantee for layers in tried[: place + 1]]
    assert guarantees[-1] <= 0.1 < min(guarantees[:-1])
    tiny = plan.Plan(sizes.tolerances, (1, 1), (2, 4, 4))
    network = plan.random_network(target, tiny.widths, np.random.default_rng(3))
    assert malach_bound.needed(network, target, "products", 1e-6, tiny) is None


def test_bits_by_hand():
    """Four random weights, two kept: 4 bits, or log2 6 for the 6 ways to keep two; the target has two weights."""
    target = Target(np.array([[0.5]]), np.array([[0.5]]))
    masks = (np.array([[True], [False], [True], [False]]),)
    found = malach_bound.bits(construct.Imitation((np.ones((4, 1)),), masks, 0.01), target)
    assert (found["mask_bits"], found["coded_bits"]) == (2, pytest.approx(math.log2(6) / 2))
    inner, outer = plan.plan(target, 0.01, "products").tolerances
    assert found["rounded_bits"] == pytest.approx((math.log2(1 / (2 * inner)) + math.log2(1 / (2 * outer))) / 2)


def test_failures_and_errors_by_hand():
    """One weight in (½, and no bias), one out (½): (2 · q₁ + 2 · q₀) and q, each to the power of the candidates."""
    target = Target(np.array([[0.5, 0.0]]), np.array([[0.5]]))
    made = plan.Plan((0.1, 0.1), (3, 5), (6, 1, 5))
    p = malach_bound.product_probability
    expected = 2 * (1 - p(0.5, 0.1)) ** 3 + 2 * (1 - p(0.0, 0.1)) ** 3 + (1 - p(0.5, 0.1)) ** 5
    assert malach_bound.failures(target, made) == pytest.approx(expected)
    # the neuron is off by 0.1 · (1 + 1); the output by 0.5 · 0.2 + 0.1 · (0.5 + 0.2)
    assert malach_bound.errors(target, (0.1, 0.1)) == pytest.approx(0.17)


def test_errors_are_never_exceeded():
    """Oracle: targets moved by their tolerances, on points of the ball."""
    random, x = np.random.default_rng(0), uniform_in_ball(500, 2, 1.0, np.random.default_rng(1))
    for _ in range(20):
        target = Target(random.uniform(-0.5, 0.5, (5, 3)), random.uniform(-0.5, 0.5, (1, 5)))
        near = Target(
            target.inner + 0.05 * random.choice([-1, 1], (5, 3)), target.outer + 0.02 * random.choice([-1, 1], (1, 5))
        )
        assert np.abs(near(x) - target(x)).max() <= malach_bound.errors(target, (0.05, 0.02))


# ---- targets


def test_a_function_is_learnt_with_weights_of_at_most_a_half():
    target = malach_bound.trained_target("saddle", 0)
    x = uniform_in_ball(500, 2, 1.0, np.random.default_rng(2))
    assert np.abs(target(x)[:, 0] - malach_bound.saddle(x)).mean() < 0.02
    assert max(np.abs(target.inner).max(), np.abs(target.outer).max()) <= 0.5 + 1e-6
    with pytest.raises(ValueError, match=r"one finite number a row, 1000 in all, got shape \(1000, 2\)"):
        trained.fit_function(lambda x: x, 2, 4, 0)


def test_digits_lie_on_the_sphere_and_the_axes_have_one_sign_only():
    rows = trained.digits()
    assert rows["x train"].shape[1] == rows["x test"].shape[1] == trained.DIRECTIONS
    assert rows["x test"].norm(dim=1).sub(1).abs().max() < 1e-5
    target = malach_bound.trained_target("digits", 0)
    right = target(rows["x test"].double().numpy()).argmax(axis=1) == rows["y test"].numpy()
    assert right.mean() > 0.8


# ---- canary


def rehearse(setting):
    return np.array([row["loss"] for row in malach_bound.run(0, stop=3, **setting)])


LINE = {"study": "plan", "task": "line"}


def test_the_canary_hears_another_training(monkeypatch, rehearsed):
    before = np.array([row["loss"] for row in rehearsed["plan line"]])
    monkeypatch.setattr(trained, "LARGEST", 0.25)
    assert np.median(np.abs(rehearse(LINE) / before - 1)) > archive.OTHER_NUMERICS


def test_the_canary_hears_another_draw_and_another_mask(monkeypatch, rehearsed):
    before = np.array([row["loss"] for row in rehearsed["plan line"]])
    draw = malach_bound.random_network
    monkeypatch.setattr(malach_bound, "random_network", lambda *given: tuple(-layer for layer in draw(*given)))
    assert np.median(np.abs(rehearse(LINE) / before - 1)) > archive.OTHER_NUMERICS
    monkeypatch.setattr(malach_bound, "random_network", draw)
    choose = construct._closest_product
    monkeypatch.setattr(construct, "_closest_product", lambda p, w, t: choose(p, w + 1e-3, t))
    monkeypatch.setattr(construct, "_shortest_subset", lambda p, w, t: choose(p, w, t))
    assert np.median(np.abs(rehearse(LINE) / before - 1)) > archive.OTHER_NUMERICS


def test_the_canary_forgives_rounding(monkeypatch, rehearsed):
    """Weights of the trained target that differ in the last digits, as on another processor."""
    before = np.array([row["loss"] for row in rehearsed["plan line"]])
    fit = malach_bound.trained_target

    def nearly(*given):
        target = fit(*given)
        return Target(target.inner * (1 + 3e-7), target.outer * (1 - 3e-7))

    monkeypatch.setattr(malach_bound, "trained_target", nearly)
    assert np.allclose(rehearse(LINE), before, rtol=1e-9)


# ---- claims


def test_settings_are_those_of_the_archive():
    assert len({name(setting) for setting in malach_bound.SETTINGS}) == len(malach_bound.SETTINGS) == 6
    assert (malach_bound.DRAWS, malach_bound.FAILURE, trained.STEPS) == (1_000, 0.01, 500)


def test_every_case_of_every_measured_claim_finds_its_rows(rehearsed):
    table = pd.DataFrame(
        {"seed": seed, **setting, **row}
        for setting in malach_bound.SETTINGS
        for seed in (0, 1)
        for row in rehearsed[name(setting)]
    )
    measured = [claim for claim in malach_bound.CLAIMS if isinstance(claim, claims.Claim)]
    for claim in measured:
        _, cases = claims.judge(claim, table)
        assert [case.name for case in cases] == list(claim.cases)
    assert sum(len(claim.cases) for claim in measured) == 11


def test_exact_claims_are_settled_by_what_they_compute(monkeypatch):
    words = {claim.key: claim.word() for claim in malach_bound.CLAIMS if isinstance(claim, claims.Exact)}
    assert words == {
        "06-no-epsilon": "does not hold",
        "06-proof": "does not hold",
        "06-gaussian-ball": "does not hold",
        "06-existence": "holds",
    }
    monkeypatch.setattr(malach_bound, "product_probability", lambda weight, off: 0.9 * off / 10)
    assert not malach_bound._large_enough_networks_hold_a_target()
    monkeypatch.setattr(malach_bound.counting, "document_width", lambda n, failure: 10**5)
    assert not malach_bound._a_size_without_epsilon_is_enough()
    monkeypatch.setattr(malach_bound.counting, "document_proof_width", lambda *given: given[3] ** -2 * 3)
    assert malach_bound._the_proof_s_draws_are_enough()
