"""A random network is pruned, and only pruned, until it imitates a target within ε on the whole ball."""

import math
from collections import OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lth_teach import models
from lth_teach.strong import construct, counting, plan, subset_sum
from lth_teach.strong import products as product_bounds
from lth_teach.strong import target as targets


def small_target(d=2, hidden=4, outputs=1, seed=0, size=0.5):
    random = np.random.default_rng(seed)
    return targets.balanced(
        random.uniform(-size, size, (hidden, d + 1)), random.uniform(-size, size, (outputs, hidden))
    )


def ball(d, radius=1.0, count=3_000):
    """Points of the ball, half of them on its surface, where a ReLU network is often furthest off."""
    x = np.random.default_rng(7).standard_normal((count, d))
    x *= radius / np.linalg.norm(x, axis=1, keepdims=True)
    x[: count // 2] *= np.linspace(0, 1, count // 2)[:, None]
    return x


# The target


def test_a_trained_network_becomes_a_target_that_computes_the_same():
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
    with torch.no_grad():
        for value in model.parameters():
            value.copy_(torch.rand(value.shape, generator=torch.Generator().manual_seed(0)) * 0.4 - 0.2)
    target = targets.target_of(model)
    assert target.inner.shape == (6, 4)  # one neuron more: the output's bias
    x = ball(3, count=50)
    expected = model.double()(torch.from_numpy(x)).detach().numpy()
    assert np.allclose(target(x), expected, atol=1e-12)
    assert np.allclose(np.abs(target.inner).max(axis=1), np.abs(target.outer).max(axis=0))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 1)], "two layers of weights.* has 3"),
        ([nn.Linear(2, 1)], "two layers of weights.* has 1"),
        ([nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)], "exactly Linear, ReLU, Linear; found Linear, Tanh, Linear"),
        ([nn.Linear(2, 3), nn.Linear(3, 1)], "exactly Linear, ReLU, Linear; found Linear, Linear"),
        (
            [nn.Linear(2, 3), nn.ReLU(), nn.Dropout(), nn.Linear(3, 1)],
            "exactly .*; found Linear, ReLU, Dropout, Linear",
        ),
    ],
)
def test_the_condition_that_fails_is_named(layers, message):
    with pytest.raises(ValueError, match=message):
        targets.target_of(nn.Sequential(*layers))


def test_only_a_sequential_network_will_do_and_its_layers_may_have_names():
    for model in (nn.Linear(2, 3), models.ResidualMLP(4, 6, 1, 3, seed=0)):
        with pytest.raises(ValueError, match=f"must be an nn.Sequential of Linear, .* got {type(model).__name__}"):
            targets.target_of(model)
    plain = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    for value in plain.parameters():
        nn.init.uniform_(value, -0.3, 0.3, generator=torch.Generator().manual_seed(0))
    named = nn.Sequential(OrderedDict(zip(("enter", "bend", "leave"), plain, strict=True)))
    x = ball(2, count=20)
    assert (targets.target_of(named)(x) == targets.target_of(plain)(x)).all()


def test_weights_beyond_the_bound_are_refused_with_the_factor_that_mends_it():
    inner, outer = np.array([[2.0, 0.1, 0.0]]), np.array([[0.5]])
    with pytest.raises(ValueError, match=r"one of 1\. Divide its output by 4 or more"):
        targets.balanced(inner, outer)
    assert np.abs(targets.balanced(inner, outer / 4).inner).max() == 0.5


def test_dead_neurons_are_dropped_and_broken_targets_refused():
    inner, outer = np.array([[0.2, 0.1], [0.0, 0.0], [0.3, 0.3]]), np.array([[0.2, 0.4, 0.0]])
    assert len(targets.balanced(inner, outer).inner) == 1
    with pytest.raises(ValueError, match="zero everywhere"):
        targets.balanced(inner, np.zeros((1, 3)))
    with pytest.raises(ValueError, match="not finite"):
        targets.balanced(inner, np.array([[0.2, np.nan, 0.1]]))


def test_the_highest_value_of_a_neuron_on_the_ball():
    inner = np.array([[0.3, 0.4, 0.1], [0.3, 0.4, -2.0]])
    assert targets.highest(inner, 2.0).tolist() == [2 * 0.5 + 0.1, 0.0]


# The imitation


CASES = [
    ("products", 2, 4, 1, 0.05),
    ("products", 4, 6, 2, 0.2),
    ("subsets", 2, 4, 1, 0.01),
    ("subsets", 4, 6, 2, 0.05),
    ("neurons", 1, 3, 1, 0.3),
]


@pytest.mark.parametrize(("method", "d", "hidden", "outputs", "epsilon"), CASES)
def test_the_error_is_within_the_guarantee_and_the_guarantee_within_epsilon(method, d, hidden, outputs, epsilon):
    target = small_target(d, hidden, outputs)
    imitated = construct.imitate(target, epsilon, method, np.random.default_rng(1))
    x = ball(d)
    error = np.abs(imitated(x) - target(x)).max()
    assert 0 < error <= imitated.guarantee <= epsilon


@pytest.mark.parametrize(("method", "d", "hidden", "outputs", "epsilon"), CASES)
def test_it_is_a_mask_on_a_random_network_and_nothing_else(method, d, hidden, outputs, epsilon):
    target = small_target(d, hidden, outputs)
    widths = plan.plan(target, epsilon, method).widths
    drawn = plan.random_network(target, widths, np.random.default_rng(1))
    imitated = construct.imitate(target, epsilon, method, np.random.default_rng(1))
    x, by_hand = ball(d, count=60), None
    by_hand = np.column_stack([x, np.ones(len(x))])
    for layer, (weight, mask, random) in enumerate(zip(imitated.weights, imitated.masks, drawn, strict=True)):
        assert mask.dtype == bool
        assert mask.shape == random.shape
        masked = np.where(mask, weight, 0.0)
        assert (masked[mask] == random[mask]).all()  # every weight that stays has its random value, bit for bit
        assert not masked[~mask].any()
        by_hand = by_hand @ masked.T
        if layer < len(drawn) - 1:
            by_hand = np.maximum(by_hand, 0)
    assert np.allclose(by_hand, imitated(x), atol=1e-12)
    assert 0 < imitated.kept < imitated.total == sum(weight.size for weight in drawn)


@pytest.mark.parametrize("method", ["products", "subsets"])
@pytest.mark.parametrize("candidates", [(12, 12), (300, 4), (4, 300)])
def test_the_guarantee_holds_for_networks_far_too_small_as_well(method, candidates):
    target, random = small_target(2, 4), np.random.default_rng(3)
    if method == "subsets":
        candidates = tuple(min(count, 40) for count in candidates)
    for _ in range(10):
        network = plan.random_network(target, (3 * candidates[0], 4, 4 * candidates[1]), random)
        imitated = construct.choose_masks(network, target, method)
        x = ball(2, count=800)
        assert np.abs(imitated(x) - target(x)).max() <= imitated.guarantee


@pytest.mark.parametrize("method", plan.METHODS)
def test_the_guarantee_is_that_of_the_worst_output(method):
    """Two outputs, of which the second hardly asks for anything."""
    target = targets.Target(np.array([[0.4, 0.2, 0.3], [0.3, -0.4, 0.1]]), np.array([[0.4, 0.4], [0.001, 0.0]]))
    widths = (12,) if method == "neurons" else (36, 2, 24)
    for seed in range(10):
        network = plan.random_network(target, widths, np.random.default_rng(seed))
        imitated = construct.choose_masks(network, target, method)
        x = ball(2, count=800)
        assert np.abs(imitated(x) - target(x)).max() <= imitated.guarantee


def test_the_guarantee_by_hand():
    """One input, one hidden neuron, and a network with one candidate for everything, on the ball of radius 2."""
    target = targets.Target(np.array([[0.4, 0.2]]), np.array([[0.3]]))
    # The first two neurons are the input's and the next two the constant's.
    enter = np.array([[0.5, 0.9], [-0.5, 0.9], [0.9, 0.5], [0.9, -0.5]])
    leave = np.array([[0.7, -0.7, 0.5, 0.4]])
    middle, outer = np.array([[0.6]]), np.array([[0.6]])
    imitated = construct.choose_masks((enter, leave, middle, outer), target, "products", radius=2.0)
    # For both signs of x the path has weight 0.35, 0.05 short; the bias has 0.25, 0.05 too much; 0.36 stands for 0.3.
    off = 0.05 * 2 + 0.05
    highest = 0.4 * 2 + 0.2
    assert imitated.guarantee == pytest.approx(0.3 * off + 0.06 * (highest + off))


def test_the_guarantee_of_matched_neurons_by_hand():
    target = targets.Target(np.array([[0.4, 0.2]]), np.array([[0.3]]))
    network = (np.array([[0.5, 0.1], [-1.0, 1.0]]), np.array([[0.36, 0.9]]))
    imitated = construct.choose_masks(network, target, "neurons", radius=2.0)
    assert imitated.masks[0].tolist() == [[True, True], [False, False]]
    assert imitated.guarantee == pytest.approx(0.3 * (0.1 * 2 + 0.1) + 0.06 * (0.5 * 2 + 0.1))


def test_a_path_is_kept_only_if_it_is_nearer_than_nothing():
    products = np.array([0.5, -0.4])
    assert not construct._closest_product(products, 0.2, 0.0).any()  # 0.5 is 0.3 away, nothing is 0.2 away
    assert construct._closest_product(products, 0.3, 0.0).tolist() == [True, False]
    assert not construct._closest_product(np.array([]), 0.3, 0.0).any()


def test_subsets_stop_at_the_tolerance_and_take_no_more_than_the_solver_can(monkeypatch):
    products = np.random.default_rng(0).uniform(-1, 1, 24)
    tried = []

    def spied(numbers, weight):
        tried.append(len(numbers))
        return subset_sum.closest_subset(numbers, weight)

    monkeypatch.setattr(construct, "closest_subset", spied)
    mask = construct._shortest_subset(products, 0.3, 0.1)
    assert tried == [8]
    assert abs(products[mask].sum() - 0.3) <= 0.1
    tried.clear()
    monkeypatch.setattr(construct, "most_numbers", lambda: 14)
    mask = construct._shortest_subset(products, 0.3, 0.0)
    assert tried == [8, 12, 14]
    assert mask.shape == (24,)
    assert not mask[14:].any()


def test_two_equal_neurons_need_two_twins():
    target = targets.balanced(np.full((2, 2), 0.3), np.full((1, 2), 0.3))
    network = plan.random_network(target, (200,), np.random.default_rng(0))
    imitated = construct.choose_masks(network, target, "neurons")
    assert imitated.masks[0].any(axis=1).sum() == 2
    x = ball(1)
    assert np.abs(imitated(x) - target(x)).max() <= imitated.guarantee


def test_a_product_keeps_one_path_for_each_weight_and_sign():
    target = small_target(2, 4)
    imitated = construct.imitate(target, 0.1, "products", np.random.default_rng(0))
    paths_in, paths_out = imitated.masks[1].sum(), imitated.masks[3].sum()
    assert paths_in == 4 * (2 + 2 + 1)  # two inputs of either sign, and the constant 1
    assert paths_out == 4


def test_subsets_take_more_than_one_path_but_a_far_smaller_network():
    target = small_target(2, 4)
    products, subsets = (
        construct.imitate(target, 0.01, method, np.random.default_rng(0)) for method in ("products", "subsets")
    )
    assert subsets.masks[1].sum() > products.masks[1].sum()
    assert subsets.total < products.total / 20


def test_more_width_gives_a_better_guarantee():
    target = small_target(1, 3)
    for method, few, many in (("neurons", (300,), (30_000,)), ("products", (60, 3, 90), (600, 3, 900))):
        guarantees = [
            construct.choose_masks(
                plan.random_network(target, widths, np.random.default_rng(0)), target, method
            ).guarantee
            for widths in (few, many)
        ]
        assert guarantees[1] < guarantees[0] / 2


def test_the_plan_by_hand():
    """On the ball of radius 2: two neurons, one input, two outputs, of which the first asks for more."""
    target = targets.Target(np.array([[0.5, 0.0], [0.3, 0.4]]), np.array([[0.5, 0.25], [0.1, 0.1]]))
    reach, total, peak = 1 * 2 + 1, 0.75, 0.5 * 2 + (0.3 * 2 + 0.4)
    eta = 0.1 / (2 * total * reach)
    zeta = 0.1 / (2 * (peak + 2 * eta * reach))
    each = 0.12 / (2 * 4 + 4)  # inner weights are made up twice, once for each sign of the input
    for method, enough in (("products", products_enough), ("subsets", subsets_enough)):
        found = plan.plan(target, 0.1, method, radius=2.0, failure=0.12)
        assert found.tolerances == pytest.approx((eta, zeta))
        assert found.candidates == (enough(eta, each), enough(zeta, each))
        assert found.widths == (2 * found.candidates[0], 2, 2 * found.candidates[1])
    found = plan.plan(target, 0.1, "neurons", radius=2.0, failure=0.12)
    (eta, _), (width,) = found.tolerances, found.widths
    assert eta * (total * reach + peak + 2 * eta * reach) == pytest.approx(0.1)
    assert width == counting.draws_needed(eta**4, 0.12 / 2)  # two weights in, two out; two neurons to match


def products_enough(tolerance, failure):
    return product_bounds.product_candidates(0.5, tolerance, failure)


def subsets_enough(tolerance, failure):
    return 2 * subset_sum.numbers_needed(tolerance, failure)


@given(epsilon=st.floats(0.001, 0.4), method=st.sampled_from(plan.METHODS), failure=st.floats(0.001, 0.3))
@settings(deadline=None)
def test_a_smaller_error_needs_a_wider_network_and_finer_weights(epsilon, method, failure):
    target = small_target(2, 4)
    wide, narrow = (plan.plan(target, e, method, failure=failure) for e in (epsilon / 2, epsilon))
    assert all(a >= b for a, b in zip(wide.widths, narrow.widths, strict=True))
    assert wide.tolerances < narrow.tolerances
    assert sum(plan.plan(target, epsilon, method, failure=failure / 2).widths) >= sum(narrow.widths)
    assert plan.plan(target, epsilon, method, radius=2.0, failure=failure).tolerances < narrow.tolerances


@pytest.mark.parametrize("epsilon", [0, 1, -0.1, float("nan")])
def test_epsilon_outside_its_range_is_refused(epsilon):
    with pytest.raises(ValueError, match="epsilon must lie strictly between 0 and 1"):
        construct.imitate(small_target(), epsilon, "subsets", np.random.default_rng(0))


def test_a_wrong_method_radius_or_shape_is_refused():
    target, random = small_target(), np.random.default_rng(0)
    with pytest.raises(ValueError, match="method must be one of neurons, products, subsets, got 'luck'"):
        construct.imitate(target, 0.1, "luck", random)
    with pytest.raises(ValueError, match="radius must be positive"):
        construct.imitate(target, 0.1, "subsets", random, radius=0)
    network = plan.random_network(target, (50,), random)
    with pytest.raises(ValueError, match="'subsets' needs 4 layers.*the network has 2 layers"):
        construct.choose_masks(network, target, "subsets")


def test_a_network_beyond_memory_is_refused_before_it_is_drawn():
    with pytest.raises(
        ValueError, match=r"layers of 6,000,000 neurons have 24,000,000 weights; at most 20,000,000 fit"
    ):
        plan.random_network(small_target(), (6_000_000,), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"hidden layers of \d\.\de\+\d\d neurons have \d\.\de\+\d\d weights"):
        construct.imitate(small_target(20, 8), 0.1, "neurons", np.random.default_rng(0))


def test_with_as_many_inputs_as_a_picture_has_the_message_says_how_many_neurons_it_would_take():
    with pytest.raises(
        ValueError, match=r"match 122 numbers at once takes about 1e\+\d{3} random neurons; take another"
    ):
        plan.plan(small_target(120, 8), 0.1, "neurons")
    assert math.prod(plan.plan(small_target(120, 8), 0.1, "subsets").widths) > 0
