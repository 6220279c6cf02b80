"""The checks of notebook 10 pass the solutions and others as good, and name the mistake in the likely wrong answers."""

import math
from collections import Counter
from pathlib import Path

import nbformat
import numpy as np
import pytest
from answers import each_submission, the_courses_own_pass, told_why_and_given_what_it_earns

from lth_teach.lab import checks
from lth_teach.lab.checks import _nb10_prices, nb10

pytestmark = pytest.mark.usefixtures("own_progress")

PAGE = Path(__file__).parent.parent / "notebooks" / "10_generalisation.ipynb"
POINTS = {"gap": 1, "price": 2, "price_list": 3}
our_gap, our_price, our_list = (getattr(nb10, name).solution for name in POINTS)


def test_the_courses_own_answers_pass(capsys):
    the_courses_own_pass(nb10, POINTS)
    assert "gap: passed (4 cases).\nprice: passed" not in capsys.readouterr().out  # or_ours speaks in between


@each_submission("nb10")
def test_submissions_are_told_why_and_earn_what_they_deserve(made, capsys):
    told_why_and_given_what_it_earns(made, nb10, POINTS, capsys)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda n, m, d: our_gap(n, m, d) * math.sqrt(2), "the 2 beside the examples is missing"),
        (lambda n, m, d: our_gap(n, m, d) * 2, "the 2 belongs below the fraction"),
        (lambda n, m, d: our_gap(n, m, d) ** 2, "the root is missing"),
        (lambda n, m, d: math.sqrt((n - math.log(d)) / 2) / m, "belongs under the root"),
        (lambda n, m, d: math.sqrt(abs(n + math.log(d)) / (2 * m)), "not log(delta)"),
        (lambda n, m, d: math.sqrt(n / (2 * m)), "delta is missing"),
        (lambda n, m, d: math.sqrt(((math.log(n) if n else n) - math.log(d)) / (2 * m)), "do not take it again"),
        (lambda n, m, d: math.sqrt(n / d / (2 * m)), "delta divides the number of networks"),
        (lambda n, m, d: math.sqrt((n - math.log10(d)) / (2 * m)), "natural logarithm"),
        (lambda n, m, d: None, "Does your function return its result?"),
        (lambda n, m, d: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_gap_names_the_mistake(attempt, message, capsys):
    assert not nb10.gap(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda n, k, b, o, s: our_price(n, k, b, 0, s), "the biases are stored, too"),
        (lambda n, k, b, o, s: our_price(n, k, b, o, 1), "the settings are missing"),
        (lambda n, k, b, o, s: math.log(math.comb(n, k)), "the values are missing"),
        (lambda n, k, b, o, s: (k + o) * b * math.log(2) + math.log(s), "the mask is missing"),
        (lambda n, k, b, o, s: our_price(n, n, b, o, s) + math.log(math.comb(n, k)), "only the weights that are kept"),
        (lambda n, k, b, o, s: our_price(n, k, b, o, s) / math.log(2), "this is in bits"),
        (lambda n, k, b, o, s: math.comb(n, k) * 2 ** (b * (k + o)) * s, "take its logarithm"),
        (lambda n, k, b, o, s: our_price(n, k, b, o, 1) + s, "inside a logarithm"),
        (lambda n, k, b, o, s: None, "Does your function return its result?"),
    ],
)
def test_price_names_the_mistake(attempt, message, capsys):
    assert not nb10.price(attempt)
    assert message in capsys.readouterr().out


def test_counting_with_whole_numbers_passes():
    assert nb10.price(lambda n, k, b, o, s: math.log(math.comb(n, k) * 2 ** (b * (k + o)) * s))


def one_after_the_other(values, bits):
    """Laplace's rule: what was seen is expected again."""
    seen, price = Counter(), 0.0
    for place, value in enumerate(values):
        price -= math.log((seen[value] + 1) / (place + 2**bits))
        seen[value] += 1
    return price


def middle_first(values, bits):
    """A list of prices that was fixed beforehand: binomial."""
    top = 2**bits - 1
    return sum(top * math.log(2) - math.log(math.comb(top, value)) for value in values)


def the_cheaper_of_two(values, bits):
    return math.log(2) + min(middle_first(values, bits), len(values) * bits * math.log(2))


def by_entropy(values, bits):
    return sum(-many * math.log(many / len(values)) for many in Counter(values).values())


HONEST = {"ours": our_list, "one after the other": one_after_the_other, "fixed": middle_first}
HONEST |= {"the cheaper of two": the_cheaper_of_two}
WRONG = {
    "entropy": by_entropy,
    "the cheaper of two, for nothing": lambda v, b: the_cheaper_of_two(v, b) - math.log(2),
    "flat": lambda v, b: len(v) * b * math.log(2),
    "one price for all": lambda v, b: 695.0,
}
WRONG |= {f"entropy and a fee of {fee}": lambda v, b, fee=fee: by_entropy(v, b) + fee for fee in (5, 10, 18, 20.5)}


@pytest.mark.parametrize("name", HONEST)
def test_any_honest_price_list_that_is_cheaper_passes(name):
    assert nb10.price_list(HONEST[name])


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (by_entropy, "Which frequencies were taken must be paid for, too"),
        (WRONG["the cheaper of two, for nothing"], "too many lists are cheap at once"),
        (WRONG["entropy and a fee of 5"], "must grow with the length"),
        (WRONG["entropy and a fee of 18"], "must grow with the length"),
        (WRONG["entropy and a fee of 20.5"], "must grow with the length"),
        (WRONG["flat"], "that is the flat price"),
        (lambda v, b: 0.0, "everything is free"),
        (lambda v, b: -1.0, "nothing may cost less than nothing"),
        (lambda v, b: our_list(v, b) / math.log(2), "in bits? Use natural logarithms"),
        (lambda v, b: _nb10_prices._orders(v) + math.log(len(v) + 1), "more ways to share out the counts"),
        (lambda v, b: len(v) * b * math.log(2) - 30 * (len(v) > 100), "hardly cheaper than the flat price"),
        (lambda v, b: our_list(v, b) + 30, "every list is too dear"),
        (lambda v, b: 695.0, "every list is too dear"),
        (lambda v, b: None, "expected  one number, in nats"),
        (lambda v, b: [our_list(v, b)], "expected  one number, in nats"),
        (lambda v, b: v[99], "IndexError"),
    ],
)
def test_price_list_names_the_mistake(attempt, message, capsys):
    assert not nb10.price_list(attempt)
    assert message in capsys.readouterr().out


def test_the_values_of_the_check_pile_up_in_the_middle():
    values = _nb10_prices.skewed()
    assert len(values) == _nb10_prices.LONG
    counts = [values.count(value) for value in range(8)]
    assert counts == counts[::-1]
    assert counts[:4] == sorted(counts[:4])


def test_long_lists_are_drawn_as_often_as_the_courses_price_says():
    """Then the mean of exp(course's price − price) is the sum of exp(−price). Oracle: means of the counts."""
    lists = _nb10_prices.drawn()
    assert {len(one) for one in lists} == {_nb10_prices.LONG}
    assert sum(sum(one) for one in lists) / (100 * 400) == pytest.approx(7.5, abs=0.5)
    largest = sum(max(Counter(one).values()) for one in lists) / 100
    assert largest == pytest.approx(400 * sum(1 / i for i in range(1, 17)) / 16, rel=0.1)  # of a broken stick


@pytest.mark.parametrize("name", [*HONEST, *WRONG])
def test_the_hidden_test_of_the_page_takes_every_honest_list_and_no_other(name):
    """Where the check and the hidden test disagreed, a learner would pass on the page and lose the points."""
    cells = nbformat.read(PAGE, as_version=4).cells
    (hidden,) = [cell.source for cell in cells if cell.source.startswith("assert checks.nb10.price_list(")]
    _, _, hidden = hidden.partition("\n")
    given = {"math": math, "np": np, "checks": checks, "price_list": (HONEST | WRONG)[name]}
    if name in HONEST:
        exec(hidden, given)
    else:
        with pytest.raises(AssertionError):
            exec(hidden, given)
