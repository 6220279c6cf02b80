"""The exercises of notebook 16: the solutions pass, and the likely wrong answers get the right message."""

import pytest

from lth_teach.lab.checks import nb16
from lth_teach.lab.first_edition import claims
from lth_teach.replicates import Interval

pytestmark = pytest.mark.usefixtures("own_progress")


def outcome_above(low, high, margin):
    if low is None:
        return "undecided"
    if low > margin:
        return "holds"
    return "does not hold" if high < margin else "undecided"


def by_the_course(low, high, margin):
    decided = claims.decide(Interval(0.0, low, high, 3), above=margin)
    return {True: "holds", False: "does not hold", None: "undecided"}[decided]


def no_longer_holds(intervals, margin, stricter):
    held = [low for low, _ in intervals if low > margin]
    return len(held) - len([low for low in held if low > stricter])


def misses(intervals, confidence):
    return intervals * (1 - confidence), 1 - confidence**intervals


def touching_counts(low, high, margin):
    if low is None:
        return "undecided"
    return "holds" if low >= margin else "does not hold" if high <= margin else "undecided"


def by(end):
    """An attempt that looks at one number only."""
    return lambda low, high, margin: (
        "undecided" if low is None else "holds" if end(low, high) > margin else "does not hold"
    )


def changes_its_argument(intervals, margin, stricter):
    answer = no_longer_holds(intervals, margin, stricter)
    intervals.clear()
    return answer


@pytest.mark.parametrize(
    ("exercise", "solution"),
    [
        (nb16.outcome_above, outcome_above),
        (nb16.outcome_above, by_the_course),
        (nb16.no_longer_holds, no_longer_holds),
        (nb16.misses, misses),
        (nb16.misses, lambda m, c: (m - m * c, -(c**m) + 1)),
    ],
)
def test_a_solution_passes(exercise, solution, capsys):
    assert exercise(solution)
    assert "passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (by(lambda low, high: (low + high) / 2), "part of the interval lies below"),
        (by(lambda low, high: high), "its upper end lies above is not enough"),
        (by(lambda low, high: low), "decides nothing; for"),
        (lambda low, high, margin: outcome_above(low or 0, high or 0, margin), "there is no interval (low is None)"),
        (lambda low, high, margin: "holds" if low and low > margin else "undecided", "is an answer, too"),
        (touching_counts, "just touches"),
        (lambda low, high, margin: outcome_above(low, high, 0), "compares with zero"),
        (lambda low, high, margin: "holds" if low > margin else outcome_above(low, high, margin), "TypeError"),
        (lambda low, high, margin: low is not None and low > margin, "found     True"),
        (lambda low, high, margin: None, "Does your function return its result?"),
    ],
)
def test_a_wrong_outcome_is_told_why(attempt, message, capsys):
    assert not nb16.outcome_above(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda i, m, s: sum(low > s for low, _ in i), "still hold at the stricter margin"),
        (lambda i, m, s: sum(low > m for low, _ in i), "how many hold at the first margin"),
        (lambda i, m, s: sum(low <= s for low, _ in i), "also those that never held"),
        (lambda i, m, s: sum(m < low and high <= s for low, high in i), "wherever the upper end is"),
        (lambda i, m, s: sum(m < (low + high) / 2 <= s for low, high in i), "you went by the means"),
        (lambda i, m, s: sum(m < low < s for low, _ in i), "that claim no longer holds"),
        (lambda i, m, s: sum(m <= low <= s for low, _ in i), "never held"),
        (changes_its_argument, "changed its arguments"),
        (lambda i, m, s: None, "Does your function return its result?"),
        (lambda i, m, s: 1 / 0, "ZeroDivisionError"),
        (lambda i, m, s: str(no_longer_holds(i, m, s)), "found     '4'"),
    ],
)
def test_a_wrong_count_is_told_why(attempt, message, capsys):
    assert not nb16.no_longer_holds(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda m, c: (m * c, 1 - c**m), "that an interval is right"),
        (lambda m, c: (m * (1 - c), c**m), "1 minus the chance of none"),
        (lambda m, c: (m * (1 - c), (1 - c) ** m), "every interval misses"),
        (lambda m, c: (m * (1 - c), 1 - (1 - c) ** m), "at least one is right"),
        (lambda m, c: (m * (1 - c), m * (1 - c)), "several may miss at once"),
        (lambda m, c: (1 - c**m, m * (1 - c)), "the other way round"),
        (lambda m, c: m * (1 - c), "expected  ("),
        (lambda m, c: None, "Does your function return its result?"),
    ],
)
def test_wrong_misses_are_told_why(attempt, message, capsys):
    assert not nb16.misses(attempt)
    assert message in capsys.readouterr().out
