"""Exercises of notebook 00: the solutions pass, plausible wrong answers hear why."""

import pytest

from lth_teach.lab.checks import nb00

pytestmark = pytest.mark.usefixtures("own_progress")


def last(accuracies, tolerance):
    return max(i for i, accuracy in enumerate(accuracies) if accuracy >= accuracies[0] - tolerance)


def test_the_solutions_pass():
    assert nb00.percent_kept(lambda sparsity: 100 * (1 - sparsity))
    assert nb00.last_matching_level(last)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda sparsity: 1 - sparsity, "the question asks for percent"),
        (lambda sparsity: 100 * sparsity, "that is the percent removed"),
        (lambda sparsity: 100 - sparsity, "a fraction from 0 to 1, not a percentage"),
    ],
)
def test_percent_kept_says_what_is_wrong(attempt, message, capsys):
    assert not nb00.percent_kept(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda a, t: max(i for i in range(len(a)) if a[i] > a[0] - t or i == 0), ">=, not >"),
        (lambda a, t: a[last(a, t)], "that is the accuracy; the question asks for its index"),
        (lambda a, t: a.index(a[last(a, t)]), "list.index finds the first of them"),
        (lambda a, t: next((i for i, x in enumerate(a) if x < a[0] - t), len(a)) - 1, "it may come back above"),
        (lambda a, t: a.index(max(a)), "the most accurate level"),
    ],
)
def test_last_matching_level_says_what_is_wrong(attempt, message, capsys):
    assert not nb00.last_matching_level(attempt)
    assert message in capsys.readouterr().out
