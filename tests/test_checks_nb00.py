"""Exercise of notebook 00: the solution passes, plausible wrong answers hear why."""

import pytest

from lth_teach.lab.checks import nb00

pytestmark = pytest.mark.usefixtures("own_progress")


def last(levels, margin, clears=lambda low, mean, high, margin: low > -margin):
    return next((kept for kept, *gap in reversed(levels) if clears(*gap, margin)), 100.0)


def test_the_solution_passes_and_the_cells_below_use_it(capsys):
    assert nb00.last_that_keeps_up(last)
    assert nb00.last_that_keeps_up.or_ours(last) is last
    assert nb00.last_that_keeps_up.or_ours(len)([(50.0, -0.5, 0.0, 0.5)], 1.0) == 50.0


def stops_early(levels, margin):
    found = 100.0
    for kept, low, *_ in levels:
        if low <= -margin:
            break
        found = kept
    return found


def sets_nothing(levels, margin):
    for kept, low, *_ in levels:
        if low > -margin:
            found = kept
    return found


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda v, m: max(v, key=lambda level: level[2])[0], "the level with the best mean"),
        (lambda v, m: [k for k, low, *_ in v if low > -m], "asks for the last"),
        (sets_nothing, "Start with 100.0"),
        (lambda v, m: min(k for k, low, *_ in v if low > -m), "Start with 100.0"),
        (lambda v, m: [k for k, low, *_ in v if low > -m][-1], "Start with 100.0"),
        (lambda v, m: next(k for k, low, *_ in reversed(v) if low > -m), "Start with 100.0"),
        (lambda v, m: [level for level in v if level[1] > -m][-1], "that is the whole level"),
        (lambda v, m: last(v, m, lambda low, mean, high, m: low > -m and high < m), "The line has one side only"),
        (lambda v, m: last(v, m, lambda low, mean, high, m: mean >= -m), "that trusts the mean alone"),
        (lambda v, m: last(v, m, lambda low, mean, high, m: high > -m), "Not to be shown to fall behind"),
        (lambda v, m: last(v, m, lambda low, mean, high, m: low > m), "you put the line above zero"),
        (lambda v, m: last(v, m, lambda low, mean, high, m: abs(low) < m), "The line has one side only"),
        (lambda v, m: last(v, m, lambda low, mean, high, m: -m < low < m), "The line has one side only"),
        (lambda v, m: last(v, m, lambda low, mean, high, m: low > 0), "the margin is missing"),
        (stops_early, "The curve may come back"),
        (lambda v, m: next((i for i in (5, 4, 3, 2, 1, 0) if i < len(v) and v[i][1] > -m), 0), "asks for the percent"),
        (lambda v, m: next((k for k, low, *_ in v if low > -m), 100.0), "you want the last"),
        (lambda v, m: last(v, m) % 100, "return 100.0"),
    ],
)
def test_a_wrong_answer_hears_its_likely_mistake(attempt, message, capsys):
    assert not nb00.last_that_keeps_up(attempt)
    assert message in capsys.readouterr().out


def test_an_error_where_levels_do_keep_up_is_not_taken_for_an_empty_list(capsys):
    assert not nb00.last_that_keeps_up(lambda levels, margin: levels[99])
    assert "IndexError" in (told := capsys.readouterr().out)
    assert "Start with 100.0" not in told


def test_no_hint_gives_the_code_away():
    assert all("=" not in hint and "return" not in hint for hint in nb00.last_that_keeps_up.hints)
