"""The checks of notebook 14 pass the solutions, and name the mistake in the likely wrong answers."""

from math import comb

import pytest

from lth_teach.lab import checks

pytestmark = pytest.mark.usefixtures("own_progress")


def expected_overlap(n, a, b):
    ways = {k: comb(a, k) * comb(n - a, b - k) for k in range(max(0, a + b - n), min(a, b) + 1)}
    return sum(number * k / (a + b - k) for k, number in ways.items()) / comb(n, b)


def reorder_units(first, bias, second, order):
    return first[order], bias[order], second[:, order]


def binomial(n, a, b):
    return sum(comb(b, k) * (a / n) ** k * (1 - a / n) ** (b - k) * k / (a + b - k) for k in range(b + 1))


def uniform(n, a, b):
    possible = range(max(0, a + b - n), min(a, b) + 1)
    return sum(k / (a + b - k) for k in possible) / len(possible)


def in_place(first, bias, second, order):
    bias[:] = bias[order].clone()
    return first[order], bias, second[:, order]


def test_the_solutions_pass(capsys):
    assert checks.nb14.expected_overlap(expected_overlap)
    assert checks.nb14.reorder_units(reorder_units)
    assert capsys.readouterr().out == "expected_overlap: passed (7 cases).\nreorder_units: passed (3 cases).\n"


def test_a_sum_over_all_k_from_zero_passes_too():
    def from_zero(n, a, b):
        ways = (comb(a, k) * comb(n - a, b - k) * k / (a + b - k) for k in range(min(a, b) + 1) if n - a >= b - k)
        return sum(ways) / comb(n, b)

    assert checks.nb14.expected_overlap(from_zero)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda n, a, b: a * b / n / (a + b - a * b / n), "The mean of a ratio is not the ratio of the means"),
        (lambda n, a, b: a * b / n, "divide each k by the size of its union"),
        (lambda n, a, b: a * b / n**2, "the product of the densities"),
        (lambda n, a, b: b / n, "the share of the first mask's weights"),
        (lambda n, a, b: a * b / n / (a + b), "counts the shared weights twice"),
        (binomial, "with replacement"),
        (uniform, "equally likely"),
        (lambda n, a, b: None, "Does your function return its result?"),
        (lambda n, a, b: 1 / 0, "ZeroDivisionError"),
        (lambda n, a, b: "0.1", "found     '0.1'"),
    ],
)
def test_a_wrong_expectation_is_told_why(attempt, message, capsys):
    assert not checks.nb14.expected_overlap(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda f, b, s, o: (f[o], b[o], s), "the outgoing weights stayed behind"),
        (lambda f, b, s, o: (f[o], b, s[:, o]), "the bias stayed behind"),
        (lambda f, b, s, o: (f, b[o], s), "only the bias moved"),
        (lambda f, b, s, o: reorder_units(f, b, s, o.argsort()), "the other way round"),
        (lambda f, b, s, o: (f[o], b[o], s[:, o.argsort()]), "by different orders"),
        (lambda f, b, s, o: (f, b, s), "nothing was moved"),
        (lambda f, b, s, o: (f[o], b[o], s[o]), "IndexError"),
        (lambda f, b, s, o: f[o], "found     float64 tensor"),
        (lambda f, b, s, o: None, "Does your function return its result?"),
        (in_place, "your function changed its arguments"),
    ],
)
def test_units_moved_wrongly_are_told_why(attempt, message, capsys):
    assert not checks.nb14.reorder_units(attempt)
    assert message in capsys.readouterr().out


def test_moving_the_rows_of_a_square_second_layer_is_told_why(capsys):
    def rows(first, bias, second, order):
        return first[order], bias[order], second[order] if len(second) == len(order) else second[:, order]

    assert not checks.nb14.reorder_units(rows)
    assert "the columns are ours" in capsys.readouterr().out
