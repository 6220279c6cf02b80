"""The checks of notebook 10 pass the solutions, and name the mistake in the likely wrong answers."""

import math

import pytest

from lth_teach.lab import checks
from lth_teach.measures import bounds

pytestmark = pytest.mark.usefixtures("own_progress")


def corrected_bound(n, k, m):
    return math.sqrt(k * math.log(math.e * n / k) / m)


def largest_k(n, m):
    low, high = 0, n
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if corrected_bound(n, middle, m) <= 1 else (low, middle - 1)
    return low


def by_trying(n, m):
    k = 0
    while k < n and corrected_bound(n, k + 1, m) <= 1:
        k += 1
    return k


def from_above(bound):
    return lambda n, m: next((k for k in range(n, 0, -1) if bound(n, k, m) <= 1), 0)


def from_below(bound):
    return lambda n, m: next((k - 1 for k in range(1, n + 1) if bound(n, k, m) > 1), n)


def test_the_solutions_pass(capsys):
    assert checks.nb10.corrected_bound(corrected_bound)
    assert checks.nb10.largest_k(largest_k)
    assert capsys.readouterr().out == "corrected_bound: passed (4 cases).\nlargest_k: passed (6 cases).\n"


@pytest.mark.parametrize("attempt", [bounds.sparse_bound, lambda n, k, m: ((k + k * math.log(n / k)) / m) ** 0.5])
def test_other_ways_to_the_bound_pass_too(attempt):
    assert checks.nb10.corrected_bound(attempt)


def test_trying_one_k_after_the_other_passes_too():
    assert checks.nb10.largest_k(by_trying)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda n, k, m: math.sqrt(k * math.log(n / k) / m), "the e is missing"),
        (lambda n, k, m: math.sqrt(k * math.e * math.log(n / k) / m), "e belongs inside"),
        (lambda n, k, m: math.sqrt(k / m) * math.log(math.e * n / k), "under the root"),
        (lambda n, k, m: math.sqrt(k * math.log(math.e * n / k)) / m, "m belongs under the root"),
        (lambda n, k, m: k * math.log(math.e * n / k) / m, "the root is missing"),
        (lambda n, k, m: math.sqrt(k * math.log2(math.e * n / k) / m), "natural logarithm"),
        (lambda n, k, m: math.sqrt(k * math.log10(math.e * n / k) / m), "natural logarithm"),
        (lambda n, k, m: math.sqrt(n * math.log(math.e * n / k) / m), "the factor before the logarithm is k"),
        (lambda n, k, m: math.sqrt(k * math.log(math.e * n) / m), "inside the logarithm stands e n / k"),
        (lambda n, k, m: math.sqrt(k * math.log(math.e * k / n) / m), "ValueError"),
        (lambda n, k, m: None, "Does your function return its result?"),
        (lambda n, k, m: str(corrected_bound(n, k, m)), "not yet"),
    ],
)
def test_a_wrong_bound_is_told_why(attempt, message, capsys):
    assert not checks.nb10.corrected_bound(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda n, m: largest_k(n, m) + 1, "the last good one is one less"),
        (lambda n, m: largest_k(n, m) - 1, "one less than the largest"),
        (lambda n, m: largest_k(n, m) / n, "that is a density"),
        (from_below(bounds.document_bound), "the e is missing"),
        (from_above(bounds.document_bound), "comes down again near k = n"),
        (lambda n, m: min(n, m), "that is m"),
        (lambda n, m: largest_k(n, m) if largest_k(n, m) < n else m, "k may not be larger than n"),
        (lambda n, m: max(1, largest_k(n, m)), "return 0"),
        (lambda n, m: None, "Does your function return its result?"),
        (lambda n, m: [largest_k(n, m)], "not yet"),
        (lambda n, m: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_k_is_told_why(attempt, message, capsys):
    assert not checks.nb10.largest_k(attempt)
    assert message in capsys.readouterr().out
