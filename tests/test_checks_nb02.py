"""The checks of notebook 02 pass the solutions, and name the mistake in the likely wrong answers.

The long lists of wrong answers to ``one_level`` and ``imp`` have files of their own.
"""

import pytest
import torch
from answers import each_submission

from lth_teach.lab.checks import nb02

pytestmark = pytest.mark.usefixtures("own_progress")

POINTS = {"sparse_training": 2, "one_level": 2, "imp": 3, "recombine": 1}


def one_level(start, trained, mask, rate):
    sizes = trained[mask].abs()
    number = round(rate * len(sizes))
    order = sizes.argsort(descending=True, stable=True)
    keep = torch.ones(len(sizes), dtype=torch.bool)
    keep[order[len(sizes) - number :]] = False
    new_mask = mask.clone()
    new_mask[mask] = keep
    weights = torch.where(new_mask, start, 0.0)
    return new_mask, weights


def sparse_training(weight, mask, velocity, gradient, steps):
    weight = weight * mask
    for _ in range(steps):
        velocity = 0.9 * velocity + gradient(weight)
        weight = (weight - 0.1 * velocity) * mask
    return weight


def recombine(signs_from, sizes_from):
    return sizes_from.abs() * signs_from.sign()


def test_the_solutions_pass(capsys):
    assert nb02.one_level(one_level)
    assert nb02.sparse_training(sparse_training)
    assert nb02.imp(nb02.imp.solution)
    assert nb02.recombine(recombine)
    assert capsys.readouterr().out == (
        "one_level: passed (6 cases).\nsparse_training: passed (3 cases).\n"
        "imp: passed (2 cases).\nrecombine: passed (2 cases).\n"
    )


@pytest.mark.parametrize("name", ["one_level", "imp", "recombine"])
def test_the_courses_own_answers_pass(name, capsys):
    exercise = getattr(nb02, name)
    assert exercise.or_ours(lambda *_: None) is exercise.solution
    assert exercise(exercise.solution)
    assert capsys.readouterr().out.startswith(f"{name}: yours does not pass its check yet")


# Wrong answers


@each_submission("nb02")
def test_a_submission_earns_its_points_and_is_told_why(made, capsys):
    answers = {name: getattr(made, name, getattr(nb02, name).solution) for name in POINTS} | (
        {} if hasattr(made, "sparse_training") else {"sparse_training": sparse_training}
    )
    earned = 0
    for name, points in POINTS.items():
        passed = getattr(nb02, name)(answers[name])
        told = capsys.readouterr().out
        assert passed is (name not in made.says), name
        assert made.says.get(name, "passed") in told
        earned += points * passed
    assert earned == made.points


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


def test_masking_velocity_and_gradient_as_well_passes_too():
    def thorough(weight, mask, velocity, gradient, steps):
        weight, velocity = weight * mask, velocity * mask
        for _ in range(steps):
            velocity = 0.9 * velocity + gradient(weight) * mask
            weight = weight - 0.1 * velocity
        return weight

    assert nb02.sparse_training(thorough)


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
    assert not nb02.sparse_training(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda signs, sizes: signs.abs() * sizes.sign(), "sign and size are swapped"),
        (lambda signs, sizes: sizes * signs.sign(), "brought its own signs along"),
        (lambda signs, sizes: signs * sizes, "that is the product"),
        (lambda signs, sizes: signs * sizes.abs(), "the sizes of `signs_from` are still in it"),
        (lambda signs, sizes: signs.sign(), "these are only signs"),
        (lambda signs, sizes: sizes.abs(), "these are only sizes"),
        (lambda signs, sizes: signs, "`signs_from` unchanged"),
        (lambda signs, sizes: sizes, "`sizes_from` unchanged"),
        (lambda signs, sizes: signs.sign() * sizes.abs().mean(), "all of one size"),
        (lambda signs, sizes: sizes.abs_() * signs.sign(), "your function changed its arguments"),
    ],
)
def test_wrong_recombination_is_told_why(attempt, message, capsys):
    assert not nb02.recombine(attempt)
    assert message in capsys.readouterr().out
