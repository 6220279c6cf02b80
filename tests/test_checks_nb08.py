"""The checks of notebook 08 pass the solutions, and name the mistake in the likely wrong answers."""

import math

import pytest
import torch

from lth_teach.lab import checks
from lth_teach.strong import supermasks

pytestmark = pytest.mark.usefixtures("own_progress")


def mask_of(scores, kept):
    return supermasks.top(scores, kept).to(scores.dtype)


def straight_through(scores, kept):
    return mask_of(scores, kept) + (scores - scores.detach())


def overwrites_its_scores(scores, kept):
    mask = mask_of(scores, kept)
    scores.data.zero_()
    return mask + (scores - scores.detach())


def signed_constant(weight, density):
    return weight.sign() * math.sqrt(2 / (weight.shape[1] * density))


def binary_layer(weight, mask):
    return weight.sign() * mask * weight[mask].abs().mean()


def in_place(weight, mask):
    weight *= mask
    return weight.sign() * weight[mask].abs().mean()


def test_the_solutions_pass(capsys):
    assert checks.nb08.straight_through(straight_through)
    assert checks.nb08.signed_constant(signed_constant)
    assert checks.nb08.binary_layer(binary_layer)
    assert capsys.readouterr().out == (
        "straight_through: passed (3 cases).\nsigned_constant: passed (3 cases).\nbinary_layer: passed (3 cases).\n"
    )


@pytest.mark.parametrize(
    "attempt",
    [
        lambda s, k: s + (mask_of(s, k) - s).detach(),
        lambda s, k: mask_of(s, k) + s - s.detach(),  # rounds, by less than matters
        supermasks.StraightThrough.apply,
    ],
)
def test_other_ways_to_pass_the_gradient_straight_through_pass_too(attempt):
    assert checks.nb08.straight_through(attempt)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (mask_of, "this is the bare mask"),
        (supermasks.top, "this is the bare mask"),
        (lambda s, k: (s >= s.flatten().sort().values[-k]).double(), "this is the bare mask"),
        (lambda s, k: mask_of(s, k) + mask_of(s, k) * (s - s.detach()), "reaches only the scores of used weights"),
        (lambda s, k: mask_of(s, k) * s, "the value should be 0 or 1"),
        (lambda s, k: mask_of(s, k) + s, "subtract them again, detached"),
        (lambda s, k: mask_of(s, k) + s.detach() - s, "the wrong sign"),
        (lambda s, k: s, "these are the scores"),
        (lambda s, k: mask_of(s, k) + (s.sigmoid() - s.sigmoid().detach()), "that of a sigmoid"),
        (lambda s, k: mask_of(s, k) + (s - s.detach()) / k, "scaled by the number of kept weights"),
        (lambda s, k: mask_of(-s, k) + (s - s.detach()), "the mask is turned round"),
        (lambda s, k: None, "Does your function return its result?"),
        (lambda s, k: mask_of(s, k).flatten()[:1], "found     float64 tensor of shape (1,)"),
        (overwrites_its_scores, "your function changed its arguments"),
        (lambda s, k: 1 / 0, "ZeroDivisionError"),
        (3, "Expected a function, found 3"),
    ],
)
def test_a_wrong_estimator_is_told_why(attempt, message, capsys):
    assert not checks.nb08.straight_through(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda w, d: w.sign() * math.sqrt(2 / (w.shape[0] * d)), "the number of outputs"),
        (lambda w, d: w.sign() * math.sqrt(2 / w.shape[1]), "the density is missing"),
        (lambda w, d: w.sign() * math.sqrt(2 * d / w.shape[1]), "you multiplied by the density"),
        (lambda w, d: w.sign() * 2 / (w.shape[1] * d), "the root is missing"),
        (lambda w, d: w.sign() * math.sqrt(2 / w.shape[1]) / d, "the root of the density is missing"),
        (lambda w, d: w.sign() * math.sqrt(1 / (w.shape[1] * d)), "the 2 is missing"),
        (lambda w, d: torch.full_like(w, math.sqrt(2 / (w.shape[1] * d))), "the signs are missing"),
        (lambda w, d: w.sign(), "the signs without the size"),
        (lambda w, d: w * math.sqrt(2 / (w.shape[1] * d)), "each weight still has its own size"),
        (lambda w, d: math.sqrt(2 / (w.shape[1] * d)), "found     1.1"),
        (lambda w, d: None, "Does your function return its result?"),
    ],
)
def test_a_wrong_constant_is_told_why(attempt, message, capsys):
    assert not checks.nb08.signed_constant(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda w, m: w.sign() * m * w.abs().mean(), "taken over all weights"),
        (lambda w, m: w.sign() * m * (w * m).abs().mean(), "counted as zeros"),
        (lambda w, m: w.sign() * w[m].abs().mean(), "pruned weights should be zero"),
        (lambda w, m: w.sign() * m * w[m].square().mean().sqrt(), "the root mean square"),
        (lambda w, m: w.sign() * m * w[m].mean(), "signs cancel"),
        (lambda w, m: m * w[m].abs().mean(), "the signs are missing"),
        (lambda w, m: w.sign() * m * w[m].abs().median(), "expected  float32 tensor of shape (2, 3) [[3.25"),
        (lambda w, m: w.sign() * m, "the signs without the gain"),
        (lambda w, m: w[m].abs().mean(), "the gain alone"),
        (lambda w, m: w * m, "as they were"),
        (in_place, "your function changed its arguments"),
        (lambda w, m: w @ m, "RuntimeError"),
    ],
)
def test_a_wrong_binary_layer_is_told_why(attempt, message, capsys):
    assert not checks.nb08.binary_layer(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize("name", ["straight_through", "signed_constant", "binary_layer"])
def test_there_are_three_hints(name, capsys):
    checks.hint(name)
    assert f"Hint 1 of 3 for {name}" in capsys.readouterr().out
