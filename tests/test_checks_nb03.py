"""The checks of notebook 03 pass right answers, and name the mistake in the likely wrong ones."""

import copy
import re

import numpy as np
import pytest
import torch
from answers import each_submission, told_why_and_given_what_it_earns
from torch import nn

from lth_teach.lab.checks import _nb03_watch, nb03
from lth_teach.measures import connectivity

pytestmark = pytest.mark.usefixtures("own_progress")

POINTS = {"error_barrier": 2, "disagree": 1, "stability_test": 3}


def test_the_solutions_pass(capsys):
    for name in POINTS:
        exercise = getattr(nb03, name)
        assert exercise(exercise.solution)
    assert capsys.readouterr().out == (
        "error_barrier: passed (5 cases).\ndisagree: passed (5 cases).\nstability_test: passed (3 cases).\n"
    )


@each_submission("nb03")
def test_a_wrong_submission_is_told_why_and_earns_what_it_deserves(made, capsys):
    told_why_and_given_what_it_earns(made, nb03, POINTS, capsys)


# The error barrier of a line


def walk(alpha=lambda step, points: step / (points - 1), mix=torch.lerp, height=None):
    """An ``error_barrier`` of which one part may be another."""

    def attempt(error, first, second, points=11):
        errors = [float(error(mix(first, second, alpha(step, points)))) for step in range(points)]
        ends = (errors[0] + errors[-1]) / 2
        return (max(errors) - ends if height is None else height(errors, ends)), errors

    return attempt


def test_the_exercise_and_the_module_agree_on_what_a_barrier_is():
    def of_path(error, first, second, points):
        alphas = tuple(step / (points - 1) for step in range(points))
        errors = tuple(float(error(torch.lerp(first, second, alpha))) for alpha in alphas)
        return connectivity.Path(alphas, errors, errors).barrier, list(errors)

    assert nb03.error_barrier(of_path)
    assert nb03.error_barrier(walk())


@pytest.mark.parametrize("row", [tuple, np.array, torch.tensor])
def test_the_errors_may_stand_in_a_tuple_an_array_or_a_tensor(row):
    assert nb03.error_barrier(lambda *given: (walk()(*given)[0], row(walk()(*given)[1])))


def test_a_network_that_was_changed_on_the_way_is_noticed(capsys):
    def attempt(error, first, second, points=11):
        barrier, errors = walk()(error, first, second, points)
        first.mul_(0.5)
        return barrier, errors

    assert not nb03.error_barrier(attempt)
    assert "mix them into a third" in capsys.readouterr().out


def test_numbers_in_the_message_are_short(capsys):
    assert not nb03.error_barrier(walk(height=lambda e, ends: max(e)))
    assert not re.search(r"\d\.\d{5}", capsys.readouterr().out)


def above_the_chord(errors, ends):
    """The barrier of Entezari et al. (2022): from the line between the errors of the ends."""
    return max(np.array(errors) - np.linspace(errors[0], errors[-1], len(errors)))


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (walk(alpha=lambda step, points: step / points), "the second network is never reached"),
        (walk(alpha=lambda step, points: (step + 1) / points), "step 0 is the first network"),
        (walk(alpha=lambda step, points: (step + 1) / (points + 1)), "both ends are left out"),
        (walk(alpha=lambda step, points: float(step)), "α counts steps"),
        (walk(alpha=lambda step, points: 1 - step / (points - 1)), "yours runs the other way"),
        (walk(mix=lambda a, b, alpha: a + alpha * b), "its part is 1 − α"),
        (walk(height=lambda e, ends: max(e) - max(e[0], e[-1])), "the higher of the two ends, as the document does"),
        (walk(height=lambda e, ends: max(e) - e[-1]), "or with one end"),
        (walk(height=lambda e, ends: max(e)), "that is the highest error itself"),
        (walk(height=lambda e, ends: e[len(e) // 2] - ends), "the middle of the line only"),
        (walk(height=above_the_chord), "the straight line between the errors of the two ends"),
        (walk(height=lambda e, ends: max(e[1:-1]) - ends), "you left out the ends"),
        (walk(height=lambda e, ends: max(e) - e[0]), "one end only"),
        (walk(height=lambda e, ends: max(e) - min(e[0], e[-1])), "one end only"),
        (walk(height=lambda e, ends: max(e) - sum(e) / len(e)), "the mean of the whole line"),
        (walk(height=lambda e, ends: max(e) - e[0] - e[-1]), "the sum of the two ends"),
        (walk(height=lambda e, ends: ends - max(e)), "the sign is turned round"),
        (walk(height=lambda e, ends: 100 * (max(e) - ends)), "a fraction is asked for"),
        (lambda *given: walk()(*given)[0], "expected  (barrier, errors)"),
        (lambda *given: None, "Does your function return its result?"),
        (lambda *given: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_barrier_is_told_why(attempt, message, capsys):
    assert not nb03.error_barrier(attempt)
    assert message in capsys.readouterr().out


def test_mixing_the_errors_of_the_ends_is_told_apart(capsys):
    def attempt(error, first, second, points=11):
        ends = error(first), error(second)
        errors = [ends[0] + step / (points - 1) * (ends[1] - ends[0]) for step in range(points)]
        return max(errors) - sum(ends) / 2, errors

    assert not nb03.error_barrier(attempt)
    assert "Mix the weights" in capsys.readouterr().out


def test_the_picture_shows_the_line_that_differs():
    right = nb03.error_barrier.picture(walk())
    assert "yours, right" in right.alt
    wrong = nb03.error_barrier.picture(walk(alpha=lambda step, points: step / points))
    mine, ours = wrong.axes[0].lines
    assert mine.get_ydata()[-1] != pytest.approx(ours.get_ydata()[-1])


# Two definitions that disagree


def test_other_lines_on_which_they_disagree_pass_too():
    def straight(first, last):
        if abs(first - last) > 0.04:
            return [first + step / 4 * (last - first) for step in range(5)]
        return [first, first, max(first, last) + 1e-4, last, last]

    assert nb03.disagree(straight)
    assert nb03.disagree(lambda first, last: torch.tensor(nb03.disagree.solution(first, last)))  # of 32 bits


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda a, b: [a, a, b, b, b], "a small bump leaves the barrier below 0.02"),
        (
            lambda a, b: [a, a, max(a, b) + 0.001, b, b],
            "0.1000 above the mean, and that is 0.02 or more without any bump",
        ),
        (lambda a, b: [a, a, max(a, b) + 0.05 * (abs(a - b) < 0.04), b, b], "your bump is too high: 0.0150"),
        (lambda a, b: [a, b], "these are 2 errors, not five"),
        (lambda a, b: [0.1, 0.2, 0.3, 0.2, 0.1], "the first and the last must be the ends that were given"),
        (lambda a, b: [a, -1, a, b, b], "an error is a fraction"),
        (lambda a, b: max(a, b), "found     0.25"),
        (lambda a, b: None, "Does your function return its result?"),
    ],
)
def test_lines_on_which_both_agree_are_told_why(attempt, message, capsys):
    assert not nb03.disagree(attempt)
    assert message in capsys.readouterr().out


def test_the_picture_says_which_definition_says_what():
    alt = nb03.disagree.picture(nb03.disagree.solution).alt
    assert "Ends 5 and 25 %: connected, not stable. Ends 20 and 21 %: stable, not connected." in alt


# A stability test


def two_copies(
    trunk=lambda model, train, k: train(model, 0, 0, k),
    twin=copy.deepcopy,
    orders=(1, 2),
    go_on=lambda train, twin, order, k: train(twin, order, k, 1),
    read=lambda model, refresh, error: (refresh(model), error(model))[1],
    alphas=tuple(step / 10 for step in range(11)),
    say=lambda errors: (max(errors) - (errors[0] + errors[-1]) / 2 < 0.02, errors),
):
    """A ``stability_test`` with whole states, of which one part may be another."""

    def attempt(model, train, k, refresh, error):
        trunk(model, train, k)
        twins = []
        for order in orders:
            other = twin(model)
            go_on(train, other, order, k)
            twins.append(other.state_dict())
        errors = []
        for alpha in alphas:
            model.load_state_dict(connectivity.interpolate(twins[0], twins[-1], alpha))
            errors.append(read(model, refresh, error))
        return say(errors)

    return attempt


def live_states(model, train, k, refresh, error):
    """The ends are the live tensors of one network."""
    train(model, 0, 0, k)
    start = copy.deepcopy(model.state_dict())
    ends = []
    for order in (1, 2):
        model.load_state_dict(start)
        train(model, order, k, 1)
        ends.append(dict(model.named_parameters()))
    vectors = [nn.utils.parameters_to_vector(end.values()).detach() for end in ends]
    errors = []
    for step in range(11):
        nn.utils.vector_to_parameters(torch.lerp(*vectors, step / 10).clone(), model.parameters())
        refresh(model)
        errors.append(error(model))
    return max(errors) - (errors[0] + errors[-1]) / 2 < 0.02, errors


def once():
    """Refresh at the first point only."""

    def attempt(model, train, k, refresh, error):
        done = []
        return two_copies(read=lambda m, r, e: (done or (r(m), done.append(1)), e(m))[1])(
            model, train, k, refresh, error
        )

    return attempt


def each_trains_the_shared_part(model, train, k, refresh, error):
    """The shared part once for each copy, in the same order, and in two pieces."""
    twins = iter([copy.deepcopy(model), copy.deepcopy(model)])

    def go_on(train, twin, order, k):
        train(twin, 0, 0, k / 2)
        train(twin, 0, k / 2, k)
        train(twin, order, k, 1)

    attempt = two_copies(trunk=lambda *_: None, twin=lambda _: next(twins), go_on=go_on)
    return attempt(model, train, k, refresh, error)


def ends_first(model, train, k, refresh, error):
    """Both ends are measured before the nine between them."""
    found = {}

    def read(probe, refresh, error):
        refresh(probe)
        return error(probe)

    places = (0, 1, *(step / 10 for step in range(1, 10)))
    two_copies(alphas=places, read=read, say=lambda e: found.update(zip(places, e, strict=True)))(
        model, train, k, refresh, error
    )
    errors = [found[place] for place in sorted(found)]
    return max(errors) - (errors[0] + errors[-1]) / 2 < 0.02, np.array(errors)


def test_other_ways_to_test_stability_pass_too():
    assert nb03.stability_test(two_copies())
    assert nb03.stability_test(
        two_copies(orders=(7, 3), say=lambda e: [bool(max(e) - (e[0] + e[-1]) / 2 < 0.02), tuple(e)])
    )
    assert nb03.stability_test(two_copies(alphas=tuple(1 - step / 10 for step in range(11))))
    skip = two_copies(trunk=lambda model, train, k: k and train(model, 0, 0, k))
    assert nb03.stability_test(skip)
    assert nb03.stability_test(each_trains_the_shared_part)
    assert nb03.stability_test(ends_first)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (two_copies(orders=(1, 1)), "the same order for both"),
        (two_copies(twin=lambda model: model), "they share weights"),
        (live_states, "all points are the same network"),
        (two_copies(trunk=lambda *_: None), "the first part of the training is missing"),
        (two_copies(go_on=lambda train, twin, order, k: train(twin, order, 0, 1)), "let it go on at k"),
        (
            two_copies(trunk=lambda *_: None, go_on=lambda train, twin, order, k: train(twin, order, 0, 1)),
            "the two never trained together",
        ),
        (
            two_copies(
                trunk=lambda *_: None,
                go_on=lambda train, twin, order, k: (train(twin, order, 0, k), train(twin, order, k, 1)),
            ),
            "they parted before k",
        ),
        (two_copies(orders=(1,), say=lambda e: None), "train two copies"),
        (two_copies(read=lambda model, refresh, error: error(model)), "statistics were mixed like weights"),
        (two_copies(read=lambda model, refresh, error: (error(model), refresh(model))[0]), "statistics"),
        (once(), "statistics were mixed like weights"),
        (two_copies(alphas=(0, 0.5, 1)), "found     3 calls"),
        (two_copies(alphas=tuple(step / 11 for step in range(11))), "α from 0 to 1 in ten even steps"),
        (two_copies(say=lambda e: (max(e) < 0.02, e)), "was the mean of the two ends subtracted?"),
        (two_copies(say=lambda e: (max(e) - max(e[0], e[-1]) < 0.02, e)), "you compared with the worse end"),
        (two_copies(say=lambda e: (max(e) - (e[0] + e[-1]) / 2 < 2, e)), "0.02 is two points"),
        (two_copies(say=lambda e: (e, True)), "the two are swapped"),
        (two_copies(say=lambda e: (False, [100 * error for error in e])), "these are percent"),
        (two_copies(say=lambda e: ("no", e)), "say True or False"),
        (two_copies(say=lambda e: e), "expected  (stable, errors)"),
        (two_copies(say=lambda e: None), "return its result"),
        (two_copies(go_on=lambda train, twin, order, k: train(twin, order, k)), "TypeError"),
    ],
)
def test_a_wrong_stability_test_is_told_why(attempt, message, capsys):
    assert not nb03.stability_test(attempt)
    assert message in capsys.readouterr().out


def test_the_cases_are_stable_by_one_definition_or_the_other_but_never_by_both():
    for case, (stable, connected) in zip(
        _nb03_watch.CASES, [(False, False), (True, False), (False, True)], strict=True
    ):
        errors = [case.error(step / 10) for step in range(11)]
        path = connectivity.Path(tuple(range(11)), tuple(errors), tuple(errors))
        assert (path.barrier < connectivity.STABLE, path.excess < 1e-9) == (stable, connected)
