"""The checks of notebook 03 pass the solutions, and name the mistake in the likely wrong answers."""

import pytest

from lth_teach.lab import checks
from lth_teach.measures import connectivity

pytestmark = pytest.mark.usefixtures("own_progress")


def barrier_height(errors):
    return max(errors) - (errors[0] + errors[-1]) / 2


def statistics_between(weight_a, weight_b, alpha, x):
    outputs = x @ ((1 - alpha) * weight_a + alpha * weight_b).T
    return outputs.mean(0), outputs.var(0)


def averaged(weight_a, weight_b, alpha, x):
    mean_a, variance_a = statistics_between(weight_a, weight_a, 0, x)
    mean_b, variance_b = statistics_between(weight_b, weight_b, 0, x)
    return (1 - alpha) * mean_a + alpha * mean_b, (1 - alpha) * variance_a + alpha * variance_b


def in_place(weight_a, weight_b, alpha, x):
    weight_a.lerp_(weight_b, alpha)
    outputs = x @ weight_a.T
    return outputs.mean(0), outputs.var(0)


def test_the_solutions_pass(capsys):
    assert checks.nb03.barrier_height(barrier_height)
    assert checks.nb03.statistics_between(statistics_between)
    assert capsys.readouterr().out == ("barrier_height: passed (5 cases).\nstatistics_between: passed (3 cases).\n")


def test_interpolating_the_outputs_instead_of_the_weights_passes_too():
    def outputs_first(weight_a, weight_b, alpha, x):
        outputs = (1 - alpha) * (x @ weight_a.T) + alpha * (x @ weight_b.T)
        return outputs.mean(dim=0), ((outputs - outputs.mean(0)) ** 2).sum(0) / (len(x) - 1)

    assert checks.nb03.statistics_between(outputs_first)


def test_the_exercise_and_the_module_agree_on_what_a_barrier_is():
    def of_path(errors):
        alphas = tuple(index / (len(errors) - 1) for index in range(len(errors)))
        return connectivity.Path(alphas, tuple(errors), tuple(errors)).barrier

    assert checks.nb03.barrier_height(of_path)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda e: max(e) - max(e[0], e[-1]), "the higher of the two ends, as the document does"),
        (max, "that is the worst error itself"),
        (lambda e: e[len(e) // 2] - (e[0] + e[-1]) / 2, "the middle of the line only"),
        (lambda e: max(e[1:-1]) - (e[0] + e[-1]) / 2, "left out the ends"),
        (lambda e: max(e) - e[0], "one end only, the first or the lower one"),
        (lambda e: max(e) - e[-1], "or with the last one"),
        (lambda e: max(e) - min(e[0], e[-1]), "one end only, the first or the lower one"),
        (lambda e: max(e) - sum(e) / len(e), "the mean of the whole line"),
        (lambda e: max(e) - e[0] - e[-1], "the sum of the two ends"),
        (lambda e: sum(e) / len(e) - (e[0] + e[-1]) / 2, "the average height"),
        (lambda e: -barrier_height(e), "the sign is turned round"),
        (lambda e: 100 * barrier_height(e), "a fraction is asked for"),
        (lambda e: None, "Does your function return its result?"),
        (lambda e: str(barrier_height(e)), "found     '0.2"),
        (lambda e: 1 / 0, "ZeroDivisionError"),
        (lambda e: barrier_height(sorted(e)), "not yet"),
        (lambda e: max(e) - (e.pop(0) + e.pop()) / 2, "your function changed its arguments"),
    ],
)
def test_a_wrong_barrier_is_told_why(attempt, message, capsys):
    assert not checks.nb03.barrier_height(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (averaged, "you averaged the statistics of the two ends"),
        (lambda a, b, alpha, x: statistics_between(b, a, alpha, x), "yours runs the other way"),
        (lambda a, b, alpha, x: statistics_between(a, b, 0.5, x), "you measured the middle, whatever α is"),
        (lambda a, b, alpha, x: (x @ (a + alpha * (b - a)).T).std(0), "not yet"),
        (
            lambda a, b, alpha, x: (statistics_between(a, b, alpha, x)[0], (x @ (a + alpha * (b - a)).T).std(0)),
            "these are standard deviations",
        ),
        (
            lambda a, b, alpha, x: (
                statistics_between(a, b, alpha, x)[0],
                (x @ (a + alpha * (b - a)).T).var(0, correction=0),
            ),
            "you divided by n",
        ),
        (
            lambda a, b, alpha, x: ((x @ (a + alpha * (b - a)).T).mean(1), (x @ (a + alpha * (b - a)).T).var(1)),
            "one number for each sample",
        ),
        (
            lambda a, b, alpha, x: ((x @ (a + alpha * (b - a)).T).mean(), (x @ (a + alpha * (b - a)).T).var()),
            "over all units",
        ),
        (lambda a, b, alpha, x: (x.mean(0), x.var(0)), "the statistics of the inputs"),
        (lambda *given: statistics_between(*given)[::-1], "in the wrong order"),
        (in_place, "your function changed its arguments"),
        (lambda *given: None, "Does your function return its result?"),
        (lambda *given: given[0] @ given[3], "RuntimeError"),
        ("an answer", "Expected a function"),
    ],
)
def test_wrong_statistics_are_told_why(attempt, message, capsys):
    assert not checks.nb03.statistics_between(attempt)
    assert message in capsys.readouterr().out
