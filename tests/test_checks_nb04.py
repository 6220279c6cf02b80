"""The checks of notebook 04 pass right answers of several kinds, and name the mistake in the likely wrong ones."""

from pathlib import Path

import nbformat
import pytest
import torch
from answers import each_submission, the_courses_own_pass, told_why_and_given_what_it_earns

from lth_teach.lab.checks import _nb04_worlds, nb04
from lth_teach.replicates import interval

pytestmark = pytest.mark.usefixtures("own_progress")

PAGE = Path(__file__).parent.parent / "notebooks" / "04_ntk_view.ipynb"
POINTS = {"predicted": 2, "masked_kernel": 1, "effect_of_building": 3}
predicted, masked, fair = (getattr(nb04, name).solution for name in POINTS)


def test_the_courses_own_answers_pass(capsys):
    the_courses_own_pass(nb04, POINTS)
    assert "masked_kernel: passed (3 cases).\n" in capsys.readouterr().out


@each_submission("nb04")
def test_submissions_are_told_why_and_earn_what_they_deserve(made, capsys):
    told_why_and_given_what_it_earns(made, nb04, POINTS, capsys)


# ---- the masked kernel


def column_by_column(jacobian_at, weights, mask):
    jacobian = jacobian_at(weights * mask)
    return sum(torch.outer(jacobian[:, k], jacobian[:, k]) for k in mask.nonzero().flatten())


def by_where(jacobian_at, weights, mask):
    jacobian = jacobian_at(torch.where(mask, weights, 0.0))[:, mask]
    return torch.einsum("ik,jk->ij", jacobian, jacobian)


@pytest.mark.parametrize("attempt", [column_by_column, by_where])
def test_other_ways_to_the_masked_kernel_pass(attempt):
    assert nb04.masked_kernel(attempt)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda at, w, m: (at(w) * m) @ (at(w) * m).T, "freezes pruned weights"),
        (lambda at, w, m: at(m * w) @ at(m * w).T, "still have their columns"),
        (lambda at, w, m: at(w) @ at(w).T, "this is the dense kernel"),
        (lambda at, w, m: (at(m * w) * ~m) @ at(m * w).T, "you kept the columns of the pruned weights"),
        (lambda at, w, m: (at(m * w) * m).T @ at(m * w), "found"),
        (lambda at, w, m: (at(m * w) * m).T @ (at(m * w) * m), "that is Jᵀ J"),
        (lambda at, w, m: at(m * w) * m, "not yet multiplied by its transpose"),
        (lambda at, w, m: None, "Does your function return its result?"),
    ],
)
def test_masked_kernel_names_the_mistake(attempt, message, capsys):
    assert not nb04.masked_kernel(attempt)
    assert message in capsys.readouterr().out


# ---- the prediction


def step_by_step(kernel, cross, f0, f0_new, y, rate, steps):
    f, new = f0, f0_new
    for _ in range(steps):
        f, new = f + rate * kernel @ (y - f), new + rate * cross @ (y - f)
    return new


def by_powers(kernel, cross, f0, f0_new, y, rate, steps):
    one = torch.eye(len(y), dtype=y.dtype)
    left = torch.linalg.matrix_power(one - rate * kernel, steps)
    return f0_new + cross @ torch.linalg.inv(kernel) @ (one - left) @ (y - f0)


@pytest.mark.parametrize("attempt", [step_by_step, by_powers])
def test_other_ways_to_the_prediction_pass(attempt):
    """Taking the steps is the oracle: no formula in it."""
    assert nb04.predicted(attempt)


def exponential(kernel, cross, f0, f0_new, y, rate, steps):
    one = torch.eye(len(y), dtype=y.dtype)
    left = torch.matrix_exp(-rate * steps * kernel)
    return f0_new + cross @ torch.linalg.inv(kernel) @ (one - left) @ (y - f0)


def entry_by_entry(kernel, cross, f0, f0_new, y, rate, steps):
    one = torch.eye(len(y), dtype=y.dtype)
    return f0_new + cross @ torch.linalg.inv(kernel) @ (one - (one - rate * kernel) ** steps) @ (y - f0)


def without_the_inverse(kernel, cross, f0, f0_new, y, rate, steps):
    one = torch.eye(len(y), dtype=y.dtype)
    return f0_new + cross @ (one - torch.linalg.matrix_power(one - rate * kernel, steps)) @ (y - f0)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda k, c, f, g, y, r, t: step_by_step(k, c, f, 0 * g, y, r, t), "do not start at 0 but at f0_new"),
        (lambda k, c, f, g, y, r, t: by_powers(k, c, 0 * f, g, y, r, t), "pulled by y − f0, not by y"),
        (lambda k, c, f, g, y, r, t: by_powers(k, c, y, g, f, r, t), "the sign"),
        (lambda k, c, f, g, y, r, t: g + c @ torch.linalg.inv(k) @ (y - f), "the end of endless training"),
        (exponential, "the limit of endlessly small steps"),
        (entry_by_entry, "entry by entry"),
        (without_the_inverse, "K⁻¹ is missing"),
        (lambda k, c, f, g, y, r, t: g + t * r * c @ (y - f), "one step, times their number"),
        (lambda k, c, f, g, y, r, t: by_powers(k, c, f, g, y, r, t + 1), "one step too many"),
    ],
)
def test_predicted_names_the_mistake(attempt, message, capsys):
    assert not nb04.predicted(attempt)
    assert message in capsys.readouterr().out


# ---- the test of a cause


def measured_twice(draw, build, accuracy, alignment, seeds):
    """Right, with two random masks a seed: the mean of both differences."""
    found = []
    for seed in seeds:
        mask = draw(seed)
        found += [100 * (accuracy(build(mask, seed), seed) - accuracy(mask, seed))]
    return interval(found)


@pytest.mark.parametrize("attempt", [fair, measured_twice])
def test_fair_tests_pass(attempt):
    assert nb04.effect_of_building(attempt)


@pytest.mark.parametrize(("message", "attempt"), _nb04_worlds.MISTAKES)
def test_effect_of_building_names_the_mistake(attempt, message, capsys):
    assert not nb04.effect_of_building(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda *given: fair(*given).mean, "Return what lt.replicates.interval gives"),
        (lambda draw, build, a, b, seeds: interval([0.0, 1.0]), "you never called build"),
        (lambda draw, build, a, b, seeds: fair(draw, build, a, b, seeds[:3]), "each of the 12 seeds gives one"),
        (lambda *given: None, "Does your function return its result?"),
        (lambda draw, build, a, b, seeds: build(draw(0)), "TypeError"),
    ],
)
def test_effect_of_building_says_what_is_missing(attempt, message, capsys):
    assert not nb04.effect_of_building(attempt)
    assert message in capsys.readouterr().out


def test_in_one_world_the_correlation_lies_and_in_both_the_fair_test_tells_the_truth():
    """Oracle: what building is worth stands in the world itself."""
    for worth in (0.0, 3.0):
        world = _nb04_worlds.World("a world", worth)
        given = (world.draw, world.build, world.accuracy, world.alignment, range(400))
        assert abs(fair(*given).mean - worth) < 0.1
    lying = _nb04_worlds.chosen_among_random(*given)
    assert lying.low > 1  # "aligned masks are better", whatever building does


# ---- the page


def test_the_page_has_the_points_of_this_list():
    graded = [cell.metadata.get("nbgrader", {}) for cell in nbformat.read(PAGE, as_version=4).cells]
    points = {grade["grade_id"]: grade["points"] for grade in graded if grade.get("grade")}
    assert points == {
        "04-predicted-test": 2,
        "04-masked-kernel-test": 1,
        "04-effect-of-building-test": 3,
        "04-hundred-networks": 3,
    }


def test_hidden_tests_refuse_what_the_checks_refuse():
    """Each mistake, one exercise at a time, against the hidden tests of the page."""
    hidden = {}
    for cell in nbformat.read(PAGE, as_version=4).cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name.endswith("-test"):
            body = cell.source.partition("### BEGIN HIDDEN TESTS\n")[2].partition("### END HIDDEN TESTS")[0]
            hidden[name] = body
    import lth_teach as lt

    given = {"torch": torch, "lt": lt, "predicted": predicted, "masked_kernel": masked, "effect_of_building": fair}
    for body in hidden.values():
        exec(body, dict(given))
    wrong = {
        "04-predicted-test": ("predicted", [exponential, without_the_inverse]),
        "04-masked-kernel-test": ("masked_kernel", [lambda at, w, m: (at(w) * m) @ (at(w) * m).T]),
        "04-effect-of-building-test": ("effect_of_building", [made for _, made in _nb04_worlds.MISTAKES[1:]]),
    }
    for test, (name, attempts) in wrong.items():
        for attempt in attempts:
            with pytest.raises((AssertionError, TypeError)):
                exec(hidden[test], given | {name: attempt})
