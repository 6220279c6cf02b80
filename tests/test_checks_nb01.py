"""The checks of notebook 01 pass the solutions, and name the mistake in the likely wrong answers."""

import pytest
import torch

from lth_teach.lab import checks

pytestmark = pytest.mark.usefixtures("own_progress")


def sparsity(masks):
    kept = sum(int(mask.sum()) for mask in masks.values())
    return 1 - kept / sum(mask.numel() for mask in masks.values())


def is_matching(ticket_accuracy, ticket_step, dense_accuracy, dense_step, tolerance):
    return ticket_accuracy >= dense_accuracy - tolerance / 100 and ticket_step <= dense_step


def mean_of_layers(masks):
    return sum(1 - mask.float().mean().item() for mask in masks.values()) / len(masks)


def clears_the_masks(masks):
    result = sparsity(masks)
    for mask in masks.values():
        mask.zero_()
    return result


def test_the_solutions_pass(capsys):
    assert checks.nb01.sparsity(sparsity)
    assert checks.nb01.is_matching(is_matching)
    assert capsys.readouterr().out == "sparsity: passed (4 cases).\nis_matching: passed (8 cases).\n"


def test_points_may_be_compared_instead_of_fractions():
    assert checks.nb01.is_matching(lambda a, j, b, k, tolerance: 100 * (b - a) <= tolerance and j <= k)


def test_a_sum_of_tensors_is_a_fraction_too():
    def by_tensors(masks):
        return 1 - torch.cat([mask.flatten() for mask in masks.values()]).float().mean()

    assert checks.nb01.sparsity(by_tensors)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda masks: 1 - sparsity(masks), "that is the fraction kept, the density"),
        (mean_of_layers, "that is the mean of the layers' sparsities"),
        (lambda masks: 1 - mean_of_layers(masks), "that is the mean of the layers' densities"),
        (lambda masks: 100 * sparsity(masks), "that is in percent"),
        (lambda masks: sum(int((~mask).sum()) for mask in masks.values()), "that is how many weights were removed"),
        (lambda masks: sum(int(mask.sum()) for mask in masks.values()), "that is how many weights are kept"),
        (clears_the_masks, "your function changed its arguments"),
        (lambda masks: None, "Does your function return its result?"),
        (lambda masks: masks["weight"], "KeyError: 'weight'"),
    ],
)
def test_a_wrong_sparsity_is_told_why(attempt, message, capsys):
    assert not checks.nb01.sparsity(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda a, j, b, k, t: a >= b - t / 100 or j <= k, "one condition is not enough"),
        (lambda a, j, b, k, t: abs(a - b) <= t / 100 and j <= k, "a better and earlier ticket matches too"),
        (lambda a, j, b, k, t: a >= b - t and j <= k, "0.2 points is 0.002"),
        (lambda a, j, b, k, t: a >= b - t / 100, "the steps count as well"),
        (lambda a, j, b, k, t: a >= b and j <= k, "within a tolerance of 0.2 points"),
        (lambda a, j, b, k, t: a >= b - t / 10 and j <= k, "outside a tolerance of 0.2 points"),
        (lambda a, j, b, k, t: a > b - t / 100 and j <= k, "exactly at the tolerance still matches"),
        (lambda a, j, b, k, t: a >= b - t / 100 and j < k, "includes equally many"),
    ],
)
def test_a_wrong_matching_is_told_why(attempt, message, capsys):
    assert not checks.nb01.is_matching(attempt)
    assert message in capsys.readouterr().out


def test_a_failed_check_shows_the_input_and_offers_a_hint(capsys):
    assert not checks.nb01.sparsity(lambda masks: 0.0)
    out = capsys.readouterr().out
    assert "masks with layers a: 2 of 10 kept, b: 3 of 5 kept" in out
    assert "expected  0.666667" in out
    assert "checks.hint('sparsity')" in out
    assert "Likely" not in out
