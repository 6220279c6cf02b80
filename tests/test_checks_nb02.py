"""The checks of notebook 02 pass the solutions, and name the mistake in the likely wrong answers."""

import pytest
import torch

from lth_teach.lab import checks

pytestmark = pytest.mark.usefixtures("own_progress")


def exact_pruning(scores, mask, number):
    order = scores[mask].argsort(descending=True, stable=True)
    keep = torch.ones(len(order), dtype=torch.bool)
    keep[order[len(order) - number :]] = False
    new = mask.clone()
    new[mask] = keep
    return new


def sparse_training(weight, mask, velocity, gradient, steps):
    weight = weight * mask
    for _ in range(steps):
        velocity = 0.9 * velocity + gradient(weight)
        weight = (weight - 0.1 * velocity) * mask
    return weight


def same_signs(initial, fresh):
    return fresh.abs() * initial.sign()


def threshold(scores, mask, number):
    return scores[mask].kthvalue(number).values


def in_place(scores, mask, number):
    mask[:] = exact_pruning(scores, mask, number)
    return mask


def never_masked(weight, mask, velocity, gradient, steps):
    for _ in range(steps):
        velocity = 0.9 * velocity + gradient(weight)
        weight = weight - 0.1 * velocity
    return weight


def masked_at_the_start(weight, mask, velocity, gradient, steps):
    return never_masked(weight * mask, mask, velocity, gradient, steps)


def masked_at_the_end(weight, mask, velocity, gradient, steps):
    return never_masked(weight, mask, velocity, gradient, steps) * mask


def masked_at_both_ends(weight, mask, velocity, gradient, steps):
    return masked_at_the_start(weight, mask, velocity, gradient, steps) * mask


def masked_gradient(weight, mask, velocity, gradient, steps):
    return never_masked(weight * mask, mask, velocity, lambda w: gradient(w) * mask, steps)


def masked_after_each_step_only(weight, mask, velocity, gradient, steps):
    for _ in range(steps):
        velocity = 0.9 * velocity + gradient(weight)
        weight = (weight - 0.1 * velocity) * mask
    return weight


def test_the_solutions_pass(capsys):
    assert checks.nb02.exact_pruning(exact_pruning)
    assert checks.nb02.sparse_training(sparse_training)
    assert checks.nb02.same_signs(same_signs)
    assert capsys.readouterr().out == (
        "exact_pruning: passed (6 cases).\nsparse_training: passed (3 cases).\nsame_signs: passed (2 cases).\n"
    )


def test_pruning_by_position_in_the_whole_tensor_passes_too():
    def by_position(scores, mask, number):
        survivors = mask.flatten().nonzero().flatten()
        order = scores.flatten()[survivors].argsort(descending=True, stable=True)
        new = mask.clone().flatten()
        new[survivors[order[len(order) - number :]]] = False
        return new.view_as(mask)

    assert checks.nb02.exact_pruning(by_position)


def test_masking_velocity_and_gradient_as_well_passes_too():
    def thorough(weight, mask, velocity, gradient, steps):
        weight, velocity = weight * mask, velocity * mask
        for _ in range(steps):
            velocity = 0.9 * velocity + gradient(weight) * mask
            weight = weight - 0.1 * velocity
        return weight

    assert checks.nb02.sparse_training(thorough)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda s, m, n: m & ~(s < threshold(s, m, n)), "spares the weight that sits on it"),
        (lambda s, m, n: m & (s >= threshold(s, m, n)), "spares the weight that sits on it"),
        (lambda s, m, n: m & (s > threshold(s, m, n)), "can empty a whole layer"),
        (lambda s, m, n: m & exact_pruning(s, torch.ones_like(m), n), "only survivors are candidates"),
        (lambda s, m, n: exact_pruning(s, torch.ones_like(m), n), "the weights removed earlier are back"),
        (lambda s, m, n: exact_pruning(s, m, int(m.sum()) - n), "`number` is how many to remove"),
        (lambda s, m, n: exact_pruning(-s, m, n), "high means keep"),
        (lambda s, m, n: exact_pruning(s.flip(0, 1), m.flip(0, 1), n).flip(0, 1), "the first by position should stay"),
        (in_place, "your function changed its arguments"),
        (lambda s, m, n: None, "Does your function return its result?"),
        (lambda s, m, n: exact_pruning(s, m, n).float(), "expected  bool tensor"),
    ],
)
def test_wrong_pruning_is_told_why(attempt, message, capsys):
    assert not checks.nb02.exact_pruning(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (never_masked, "this is the dense network"),
        (masked_at_the_start, "at the start only"),
        (masked_gradient, "the velocity carried over still moves pruned weights"),
        (masked_at_the_end, "at the end only"),
        (masked_after_each_step_only, "the first gradient was taken before the mask"),
        (masked_at_both_ends, "leaves the steps between them dense"),
        (lambda *_: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_wrong_sparse_training_is_told_why(attempt, message, capsys):
    assert not checks.nb02.sparse_training(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda initial, fresh: initial.abs() * fresh.sign(), "sign and size are swapped"),
        (lambda initial, fresh: fresh * initial.sign(), "take the size (absolute value) of `fresh` first"),
        (lambda initial, fresh: fresh, "these are the fresh weights"),
        (lambda initial, fresh: initial, "these are the initial weights"),
        (lambda initial, fresh: initial.sign(), "all of size 1"),
        (lambda initial, fresh: initial.sign() * initial.std(), "the sign-constant arm"),
    ],
)
def test_wrong_signs_are_told_why(attempt, message, capsys):
    assert not checks.nb02.same_signs(attempt)
    assert message in capsys.readouterr().out
