"""The checks of notebook 09 pass the solutions, and name the mistake in the likely wrong answers."""

import pytest
import torch

from lth_teach.lab import checks
from lth_teach.measures import bounds

pytestmark = pytest.mark.usefixtures("own_progress")


def progress_ratio(gradient, mask):
    return float(gradient[mask].square().sum() / gradient.square().sum())


def frozen_loss(steps, rate):
    return (100 * (1 - 100 * rate) ** (2 * steps) + 1) / 2


def by_descent(steps, rate):
    theta = 1.0
    for _ in range(steps):
        theta -= rate * 100 * theta
    return (100 * theta**2 + 1) / 2


def changes_its_gradient(gradient, mask):
    total = gradient.square().sum()
    gradient *= mask
    return float(gradient.square().sum() / total)


def test_the_solutions_pass(capsys):
    assert checks.nb09.progress_ratio(progress_ratio)
    assert checks.nb09.frozen_loss(frozen_loss)
    assert capsys.readouterr().out == "progress_ratio: passed (5 cases).\nfrozen_loss: passed (6 cases).\n"


@pytest.mark.parametrize(
    "attempt",
    [
        lambda g, m: (g * (m * g)).sum() / (g * g).sum(),
        lambda g, m: torch.linalg.vector_norm(g * m) ** 2 / torch.linalg.vector_norm(g) ** 2,
        lambda g, m: bounds.progress_ratio(g, m),
        lambda g, m: bounds.cosine(g, m) ** 2,
    ],
)
def test_other_ways_to_the_ratio_pass_too(attempt):
    assert checks.nb09.progress_ratio(attempt)


def test_a_loop_over_the_steps_passes_too():
    assert checks.nb09.frozen_loss(by_descent)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda g, m: progress_ratio(g, m) ** 0.5, "that is the cosine"),
        (lambda g, m: float(torch.nn.functional.cosine_similarity(g.flatten(), (g * m).flatten(), 0)), "the cosine"),
        (lambda g, m: float(g[m].square().sum()), "divide by the squared length"),
        (lambda g, m: 1 - progress_ratio(g, m), "the share that is dropped"),
        (lambda g, m: 1 / progress_ratio(g, m), "the sparse step is the numerator"),
        (lambda g, m: float(m.float().mean()), "the share of the weights kept"),
        (lambda g, m: float(g[m].abs().sum() / g.abs().sum()), "you added up sizes"),
        (lambda g, m: float(g[m].sum() / g.sum()), "with their signs"),
        (lambda g, m: progress_ratio(g, m) ** 2, "squared once more"),
        (lambda g, m: float(((g * g * m).sum() / (g.norm() * (g * m).norm())) ** 2), "found     nan"),  # no cosine
        (lambda g, m: None, "Does your function return its result?"),
        (lambda g, m: g * m, "found     float32 tensor"),
        (changes_its_gradient, "your function changed its arguments"),
        (lambda g, m: g @ m, "RuntimeError"),
    ],
)
def test_a_wrong_ratio_is_told_why(attempt, message, capsys):
    assert not checks.nb09.progress_ratio(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda t, r: (100 * (1 - 100 * r) ** (2 * t) + (1 - r) ** (2 * t)) / 2, "that is the dense run"),
        (lambda t, r: (100 + (1 - r) ** (2 * t)) / 2, "the other way round"),
        (lambda t, r: 50 * (1 - 100 * r) ** (2 * t), "still costs ½"),
        (lambda t, r: (100 * (1 - 100 * r) ** t + 1) / 2, "the exponent is 2 × steps"),
        (lambda t, r: 100 * (1 - 100 * r) ** (2 * t) + 1, "the loss has a factor ½"),
        (lambda t, r: (100 * (1 - r) ** (2 * t) + 1) / 2, "missing from the factor"),
        (lambda t, r: ((1 - 100 * r) ** (2 * t) + 1) / 2, "missing from the loss"),
        (lambda t, r: frozen_loss(t + 1, r), "one step more"),
        (lambda t, r: frozen_loss(max(t - 1, 0), r), "one step less"),
        (lambda t, r: None, "Does your function return its result?"),
        (lambda t, r: str(frozen_loss(t, r)), "not yet"),
        (lambda t, r: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_loss_is_told_why(attempt, message, capsys):
    assert not checks.nb09.frozen_loss(attempt)
    assert message in capsys.readouterr().out
