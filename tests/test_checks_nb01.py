"""The checks of notebook 01 pass the solutions, and name the mistake in the likely wrong answers.

Oracles: scipy's own t interval, numbers by hand, and published values of Student's t.
"""

import math

import numpy as np
import pytest
from answers import each_submission, told_why_and_given_what_it_earns
from scipy import stats

from lth_teach.lab import pictures
from lth_teach.lab.checks import Wrong, _nb01_matching, nb01

pytestmark = pytest.mark.usefixtures("own_progress")


POINTS = {"two_networks": 2, "matching": 2, "simulate": 3}


def told(exercise, attempt, capsys):
    assert not exercise(attempt)
    return capsys.readouterr().out


@each_submission("nb01")
def test_submissions_are_told_why_and_earn_what_they_deserve(made, capsys):
    told_why_and_given_what_it_earns(made, nb01, POINTS, capsys)


# ---- one mask, two networks


def fit(x, y):
    return np.linalg.lstsq(x, y)[0]


def in_place(x, y, kept):
    weights = np.zeros(x.shape[1])
    weights[kept] = fit(x[:, kept], y)
    return weights


def clears_x(x, y, kept):
    result = nb01.our_two_networks(x, y, kept)
    x[:] = 0
    return result


def test_two_networks_by_hand(capsys):
    """Fitting 2 = w · 1 and 2 = w · 1 with one of two equal inputs: the one that is left takes over."""
    x = np.array([[1.0, 0.5], [0.5, 1.0], [1.0, 1.0]])
    cut, ticket = nb01.our_two_networks(x, x @ [1.0, 1.0], np.array([True, False]))
    assert cut == pytest.approx([1, 0])
    assert ticket == pytest.approx([(1.5 + 0.75 + 2) / 2.25, 0])
    assert nb01.two_networks(nb01.two_networks.solution)
    assert capsys.readouterr().out == "two_networks: passed (3 cases).\n"


def test_fitting_masked_columns_will_do_too():
    assert nb01.two_networks(lambda x, y, kept: (fit(x, y) * kept, fit(x * kept, y)))


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda x, y, kept: (fit(x, y) * kept, fit(x, y) * kept), "this is the cut one again"),
        (lambda x, y, kept: (fit(x, y), in_place(x, y, kept)), "nothing is cut"),
        (lambda x, y, kept: (in_place(x, y, kept), in_place(x, y, kept)), "so it is the ticket"),
        (lambda x, y, kept: (fit(x, y) * ~kept, in_place(x, y, kept)), "the mask is the wrong way round"),
        (lambda x, y, kept: (fit(x, y) * kept, fit(x, y)), "the mask plays no part in it"),
        (lambda x, y, kept: (fit(x, y) * kept, in_place(x, y, ~kept)), "you fitted the columns that are cut"),
        (lambda x, y, kept: (fit(x, y) * kept, fit(x[:, kept], y)), "Put them back in their places"),
        (lambda x, y, kept: fit(x, y) * kept, "a pair (cut, ticket)"),
        (lambda x, y, kept: (np.linalg.lstsq(x, y) * kept, in_place(x, y, kept)), "lstsq returns four things"),
        (lambda x, y, kept: (np.linalg.lstsq(x, y), in_place(x, y, kept)), "lstsq returns four things"),
        (lambda x, y, kept: None, "Does your function return its result?"),
        (clears_x, "your function changed its arguments"),
    ],
)
def test_wrong_networks_are_told_why(attempt, message, capsys):
    assert message in told(nb01.two_networks, attempt, capsys)


def test_who_forgets_the_zero_sees_the_input_once(capsys):
    """The likeliest mistake, whether it fails inside or in what is returned."""
    inside = told(nb01.two_networks, lambda x, y, kept: (np.linalg.lstsq(x, y) * kept, in_place(x, y, kept)), capsys)
    returned = told(nb01.two_networks, lambda x, y, kept: (np.linalg.lstsq(x, y), in_place(x, y, kept)), capsys)
    for out in (inside, returned):
        assert out.count("input     x of shape (40, 2)") == 1
        assert out.count("found     ValueError: setting an array element") == 1


def test_the_picture_shows_where_the_two_solutions_lie():
    picture = nb01.two_networks.picture(nb01.two_networks.solution)
    assert isinstance(picture, pictures.matching.Picture)
    assert "Yours: cut (1.00, 0.00)" in picture.alt
    with pytest.raises(Wrong, match="not written yet"):
        nb01.two_networks.picture(lambda *_: (_ for _ in ()).throw(NotImplementedError))


# ---- matching


def matching(ticket, dense, margin, paired=True, **changes):
    difference = ticket - dense
    n = len(difference)
    settings = {"t": stats.t.ppf(0.975, n - 1), "s": difference.std(ddof=1), "root": math.sqrt(n)} | changes
    half = settings["t"] * settings["s"] / settings["root"]
    low, high = difference.mean() - half, difference.mean() + half
    return low, high, word(low, high, margin)


def word(low, high, margin):
    return "matches" if low > -margin else "does not match" if high < -margin else "open"


def unpaired(ticket, dense, margin):
    found = stats.ttest_ind(ticket, dense).confidence_interval()
    return found.low, found.high, word(*found, margin)


def judged(rule):
    return lambda ticket, dense, margin: (*matching(ticket, dense, margin)[:2], rule(ticket, dense, margin))


def by_interval(rule):
    return judged(lambda *case: rule(*matching(*case)[:2], case[2]))


def test_the_interval_is_the_one_of_scipy(capsys):
    for ticket, dense, margin in _nb01_matching.matching_cases():
        low, high, _ = _nb01_matching.our_matching(ticket, dense, margin)
        right = stats.ttest_rel(ticket, dense).confidence_interval()
        assert (low, high) == pytest.approx((right.low, right.high))
    assert nb01.matching(matching)
    assert capsys.readouterr().out == "matching: passed (8 cases).\n"


def test_the_cases_ask_for_all_three_words():
    words = [_nb01_matching.our_matching(*case)[2] for case in _nb01_matching.matching_cases()]
    assert words[:5] == ["matches", "matches", "open", "does not match", "matches"]
    assert words[5:] == ["matches", "does not match", "open"]  # wide, wide, narrow


def test_where_the_width_misleads_half_of_it_lies_on_the_other_side_of_the_margin():
    """By hand: 3.182 · 0.95 / √4 = 1.5 for four seeds, 2.365 · 0.6 / √8 = 0.5 for eight; the margin is 1."""
    halves = []
    for *case, margin in _nb01_matching.matching_cases()[5:]:
        low, high, _ = _nb01_matching.our_matching(*case, margin)
        halves.append((high - low) / 2)
        assert margin == 1
    assert halves == pytest.approx([1.5, 1.5, 0.5], abs=0.02)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (unpaired, "Take the difference seed by seed"),
        (lambda t, d, m: matching(t, d, m, t=1.959963984540054), "1.96 is for a spread that is known"),
        (lambda t, d, m: matching(t, d, m, s=(t - d).std()), "divides by n − 1 (ddof=1)"),
        (lambda t, d, m: matching(t, d, m, root=1), "the √n is missing"),
        (lambda t, d, m: matching(t, d, m, root=len(t)), "you divided by n"),
        (lambda t, d, m: matching(t, d, m, root=math.sqrt(len(t)) / 2), "twice as wide"),
        (lambda t, d, m: matching(t, d, m, s=(t - d).var(ddof=1)), "that is the variance"),
        (lambda t, d, m: matching(t, d, m, t=stats.t.ppf(0.95, len(t) - 1)), "so t is at 0.975"),
        (lambda t, d, m: matching(d, t, m), "ticket minus dense"),
        (lambda t, d, m: ((t - d).min(), (t - d).max(), "open"), "the least and the largest difference"),
        (judged(lambda t, d, m: "matches" if (t - d).mean() > -m else "does not match"), "by the mean alone"),
        (by_interval(lambda low, high, m: "matches" if high >= 0 else "does not match"), "whether zero lies"),
        (
            by_interval(lambda low, high, m: "open" if low < 0 < high else "matches" if low > 0 else "does not match"),
            "A ticket may be a little worse",
        ),
        (by_interval(lambda low, high, m: "matches" if low > -m else "does not match"), "there is a third word"),
        (
            by_interval(
                lambda low, high, m: "matches" if -m < low and high < m else word(low, high, m) if high < -m else "open"
            ),
            "a ticket that is better matches, too",
        ),
        (by_interval(lambda low, high, m: word(low, high, -m)), "the sign of the margin"),
        (
            by_interval(lambda low, high, m: "open" if (high - low) / 2 > m else word(*[(low + high) / 2] * 2, m)),
            "you judged by the width",
        ),
        (
            by_interval(lambda low, high, m: "open" if (high - low) / 2 > m else word(low, high, m)),
            "you judged by the width",
        ),
        (lambda t, d, m: matching(t, d, m)[2], "(low, high, word)"),
        (lambda t, d, m: (*matching(t, d, m)[:2], True), "(low, high, word)"),
        (lambda t, d, m: None, "Does your function return its result?"),
    ],
)
def test_a_wrong_test_is_told_why(attempt, message, capsys):
    assert message in told(nb01.matching, attempt, capsys)


# ---- coverage and power


def simulate(
    draw=lambda numbers, truth, spread, n: numbers.normal(truth, spread, n),
    decide=lambda values: matching(values, 0 * values, 0)[:2],
    holds=lambda low, high, truth, margin: low <= truth <= high,
    shows=lambda low, high, truth, margin: low > -margin,
):
    """A ``simulate`` of which one part may be another."""

    def attempt(n, spread, truth, margin, repeats, numbers):
        ends = [decide(draw(numbers, truth, spread, n)) for _ in range(repeats)]
        return tuple(sum(part(*one, truth, margin) for one in ends) / repeats for part in (holds, shows))

    return attempt


def quickly(values):
    """The interval, without scipy's slow quantile: t at 97.5 % for 2, 4, 7 and 9 degrees of freedom, from the table."""
    half = (
        {3: 4.302653, 5: 2.776445, 8: 2.364624, 10: 2.262157}[len(values)] * values.std(ddof=1) / math.sqrt(len(values))
    )
    return values.mean() - half, values.mean() + half


def with_196(values):
    half = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    return values.mean() - half, values.mean() + half


def the_same(numbers, truth, spread, n):
    return np.random.default_rng(0).normal(truth, spread, n)


RIGHT = simulate(decide=quickly)


def changed(change):
    def attempt(n, spread, truth, margin, repeats, numbers):
        return change(*RIGHT(n, spread, truth, margin, repeats, numbers), repeats)

    return attempt


def test_right_shares_pass_whatever_the_draws(capsys):
    assert nb01.simulate(RIGHT)
    assert nb01.simulate(lambda *given: RIGHT(*given[:-1], np.random.default_rng(99)))
    assert capsys.readouterr().out == 2 * "simulate: passed (4 cases).\n"


def test_the_exact_power_is_that_of_a_one_sided_t_test():
    """At the margin itself 2.5 %; far above it 1; and scipy's noncentral t between them."""
    assert pictures.matching.chance_to_match(3, 0.9, -1, 1) == pytest.approx(0.025)
    assert pictures.matching.chance_to_match(30, 0.9, 2, 1) == pytest.approx(1)
    expected = stats.nct.sf(stats.t.ppf(0.975, 9), 9, 0.7 * math.sqrt(10))
    assert pictures.matching.chance_to_match(10, 1.0, -0.3, 1) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (changed(lambda held, shown, _: (shown, held)), "the wrong way round"),
        (changed(lambda held, shown, repeats: (held * repeats, shown * repeats)), "divide by the number of repeats"),
        (changed(lambda held, shown, _: (100 * held, 100 * shown)), "these are percentages"),
        (changed(lambda held, shown, _: held), "not a pair of numbers"),
        (changed(lambda held, shown, _: None), "Does your function return its result?"),
        (simulate(decide=quickly, holds=lambda low, high, truth, margin: low <= 0 <= high), "you asked for zero"),
        (
            simulate(decide=quickly, holds=lambda low, high, t, margin: low <= -margin <= high),
            "whether −margin is held",
        ),
        (simulate(decide=quickly, draw=lambda r, truth, spread, n: r.normal(0, spread, n)), "`truth` was left out"),
        (
            simulate(decide=quickly, shows=lambda low, high, t, margin: (low + high) / 2 > -margin),
            "how often the mean lies above −margin",
        ),
        (simulate(decide=quickly, shows=lambda low, high, t, margin: high > -margin), "'open' is not 'matches'"),
        (simulate(decide=quickly, shows=lambda low, high, t, m: not low <= 0 <= high), "zero is left out"),
        (simulate(decide=quickly, shows=lambda low, high, t, m: low <= 0 <= high), "zero is held"),
        (
            simulate(decide=quickly, draw=lambda r, truth, spread, n: r.normal(truth, spread / math.sqrt(n), n)),
            "it is not divided by √n before the draw",
        ),
        (simulate(decide=with_196), "an interval with 1.96 is too narrow"),
        (
            simulate(decide=quickly, shows=lambda low, high, truth, margin: low > -margin and low <= truth <= high),
            "you asked for both at once",
        ),
        (
            simulate(
                decide=quickly, draw=lambda r, truth, spread, n: r.normal(truth, spread, n) - r.normal(0, spread, n)
            ),
            "the dense network is np.zeros(n)",
        ),
        (simulate(decide=quickly, draw=the_same), "draw anew, from `numbers`"),
        (lambda *given: (1.0, 0.0), "Likely: every experiment was the same: draw anew"),
        (
            simulate(decide=quickly, draw=lambda r, truth, spread, n: (x := r.normal(80, spread, n)) + truth - x),
            "noise that stands on both sides cancels",
        ),
        (lambda *given: (0.95, 0.22), "these are the shares for n = 3 seeds, spread 0.9"),
    ],
)
def test_wrong_shares_are_told_why(attempt, message, capsys):
    out = told(nb01.simulate, attempt, capsys)
    assert message in out
    assert out.startswith("simulate: not yet.\n  input     n = ")
