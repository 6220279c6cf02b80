"""The checks of notebook 05 pass the solutions, and name the mistake in the likely wrong answers."""

import pytest
import torch

from lth_teach.lab import checks

pytestmark = pytest.mark.usefixtures("own_progress")


def rewind(trained, theta_k, masks, k, total):
    state = {name: value * masks[name] if name in masks else value.clone() for name, value in theta_k.items()}
    return {"state": state, "first_step": k, "steps": total - k}


def changed(**entries):
    """The right answer with some entries replaced; each is a function of the check's arguments."""
    return lambda *arguments: rewind(*arguments) | {name: entry(*arguments) for name, entry in entries.items()}


def parameters_only(trained, theta_k, masks, k, total):
    state = {name: value for name, value in trained.items() if "running" in name or "tracked" in name}
    return rewind(trained, theta_k | state, masks, k, total)


def new_statistics(trained, theta_k, masks, k, total):
    return rewind(trained, theta_k | {"1.running_mean": torch.zeros_like(theta_k["1.running_mean"])}, masks, k, total)


def in_place(trained, theta_k, masks, k, total):
    theta_k["0.weight"] *= masks["0.weight"]
    return {"state": theta_k, "first_step": k, "steps": total - k}


def test_the_solutions_pass(capsys):
    assert checks.nb05.rewind(rewind)
    assert checks.nb05.steps_of_search(lambda prunings, k, total: total + prunings * (total - k))
    assert capsys.readouterr().out == "rewind: passed (2 cases).\nsteps_of_search: passed (4 cases).\n"


def test_a_rewind_by_torch_where_passes_too():
    def by_where(trained, theta_k, masks, k, total):
        state = dict(theta_k)
        for name, mask in masks.items():
            state[name] = torch.where(mask, theta_k[name], 0.0)
        return {"steps": total - k, "state": state, "first_step": k}

    assert checks.nb05.rewind(by_where)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (parameters_only, "running statistics are still those of the trained network"),
        (changed(first_step=lambda *_: 0), "start again at step 0"),
        (changed(steps=lambda *arguments: arguments[4]), "run past the end of the schedule"),
        (changed(first_step=lambda *_: 0, steps=lambda *arguments: arguments[4]), "start from the beginning"),
        (changed(first_step=lambda *a: a[3] + 1, steps=lambda *a: a[4] - a[3] - 1), "The next one has the number k"),
        (changed(state=lambda trained, theta_k, *_: theta_k), "the mask was not applied"),
        (changed(state=lambda trained, *_: trained), "the trained weights, and without the mask"),
        (lambda trained, theta_k, *rest: rewind(trained, trained, *rest), "keeps the mask only"),
        (
            changed(state=lambda *a: {name: a[1][name] * mask for name, mask in a[2].items()}),
            "entries are missing",
        ),
        (new_statistics, "found"),
        (in_place, "your function changed its arguments"),
        (lambda *arguments: rewind(*arguments)["state"], "found"),
        (lambda *_: None, "Does your function return its result?"),
        (lambda *_: 1 / 0, "ZeroDivisionError"),
        (7, "Expected a function"),
    ],
)
def test_a_wrong_rewind_is_told_why(attempt, message, capsys):
    assert not checks.nb05.rewind(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda n, k, total: k + total + n * total, "the steps of the document's code"),
        (lambda n, k, total: (n + 1) * total, "the levels after the first start at step k"),
        (lambda n, k, total: n * (total - k), "the dense network is missing"),
        (lambda n, k, total: (n + 1) * (total - k), "its first k steps"),
        (lambda n, k, total: k + total + n * (total - k), "its first k are among them"),
        (lambda n, k, total: total + (n - 1) * (total - k), "prunings + 1 in all"),
        (lambda n, k, total: str(total + n * (total - k)), "found"),
        (lambda n, k, total: None, "Does your function return its result?"),
    ],
)
def test_a_wrong_count_is_told_why(attempt, message, capsys):
    assert not checks.nb05.steps_of_search(attempt)
    assert message in capsys.readouterr().out
