"""The checks of notebook 09 pass right answers of several kinds, and name the mistake in the likely wrong ones."""

from pathlib import Path

import nbformat
import pytest
import torch
from answers import each_submission, the_courses_own_pass, told_why_and_given_what_it_earns

from lth_teach.lab.checks import nb09
from lth_teach.measures import masked_descent

pytestmark = pytest.mark.usefixtures("own_progress")

PAGE = Path(__file__).parent.parent / "notebooks" / "09_gradient_flow.ipynb"
POINTS = {"progress_ratio": 2, "counter_example": 2, "guaranteed_share": 3}
ratio, example, worst = (getattr(nb09, name).solution for name in POINTS)


def test_the_courses_own_answers_pass(capsys):
    the_courses_own_pass(nb09, POINTS)
    out = capsys.readouterr().out
    for passed in ("progress_ratio: passed (5", "counter_example: passed (5", "guaranteed_share: passed (6"):
        assert f"{passed} cases).\n" in out


@each_submission("nb09")
def test_submissions_are_told_why_and_earn_what_they_deserve(made, capsys):
    told_why_and_given_what_it_earns(made, nb09, POINTS, capsys)


def test_the_page_gives_these_points():
    cells = nbformat.read(PAGE, as_version=4).cells
    given = [c.metadata["nbgrader"]["points"] for c in cells if c.cell_type == "code" and "nbgrader" in c.metadata
             and c.metadata["nbgrader"]["grade"]]  # fmt: skip
    assert given == list(POINTS.values())


# ---- the ratio


def changes_its_gradient(gradient, mask):
    total = gradient.square().sum()
    gradient *= mask
    return float(gradient.square().sum() / total)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda g, m: (g * (m * g)).sum() / (g * g).sum(),
        lambda g, m: torch.linalg.vector_norm(g * m) ** 2 / torch.linalg.vector_norm(g) ** 2,
        masked_descent.share,
    ],
)
def test_other_ways_to_the_ratio_pass_too(attempt):
    assert nb09.progress_ratio(attempt)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda g, m: ratio(g, m) ** 0.5, "that is the cosine"),
        (lambda g, m: float(torch.nn.functional.cosine_similarity(g.flatten(), (g * m).flatten(), 0)), "the cosine"),
        (lambda g, m: float(g[m].square().sum()), "divide by the squared length"),
        (lambda g, m: 1 - ratio(g, m), "the share that is dropped"),
        (lambda g, m: 1 / ratio(g, m), "the sparse step is the numerator"),
        (lambda g, m: float(m.float().mean()), "the share of the weights kept"),
        (lambda g, m: float(g[m].abs().sum() / g.abs().sum()), "you added up sizes"),
        (lambda g, m: float(g[m].sum() / g.sum()), "with their signs"),
        (lambda g, m: ratio(g, m) ** 2, "squared once more"),
        (lambda g, m: float(((g * g * m).sum() / (g.norm() * (g * m).norm())) ** 2), "found     nan"),  # no cosine
        (lambda g, m: None, "Does your function return its result?"),
        (lambda g, m: g * m, "found     float32 tensor"),
        (changes_its_gradient, "your function changed its arguments"),
        (lambda g, m: g @ m, "RuntimeError"),
    ],
)
def test_a_wrong_ratio_is_told_why(attempt, message, capsys):
    assert not nb09.progress_ratio(attempt)
    assert message in capsys.readouterr().out


# ---- the counter-example


def many_dropped(epsilon):
    """A hundred flat weights far away, two steep ones: as good as one of each, and given as tensors."""
    steep = 1e5 / epsilon
    curvature = torch.cat([torch.full((2,), steep), torch.ones(100)]).double()
    start = torch.cat([torch.full((2,), (100 / epsilon) ** 0.5 / steep), torch.ones(100)]).double()
    return curvature, start, torch.arange(102) < 2


def smallest_steepness(epsilon):
    """Exactly on both limits: cos = 1 − ε and 1 % of the loss removed."""
    square = (1 - epsilon) ** 2
    loss = 0.01 / 0.99 * 0.5
    steep = square / (1 - square) / (2 * loss)
    return [steep, 1.0], [(2 * loss / steep) ** 0.5, 1.0], [True, False]


@pytest.mark.parametrize("attempt", [many_dropped, smallest_steepness, lambda e: tuple(reversed_weights(e))])
def test_other_counter_examples_pass_too(attempt):
    assert nb09.counter_example(attempt)


def reversed_weights(epsilon):
    return [part[::-1] for part in example(epsilon)]


def changed(place, value):
    def attempt(epsilon):
        parts = [list(part) for part in example(epsilon)]
        parts[place] = value
        return tuple(parts)

    return attempt


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda e: ([100.0, 1.0], [1.0, 1.0], [True, False]), "removes 99.0% of the loss"),
        (lambda e: ([2 / e, 1.0], [1.0, 1.0], [True, False]), "Move the kept weight nearer to 0"),
        (lambda e: ([1e4, 1.0], [0.01, 1.0], [True, False]), "removes"),
        (changed(2, [False, True]), "The mask is the wrong way round"),
        (changed(1, [0.0, 1.0]), "let the curvature depend on ε"),
        (changed(1, [0.0, 0.0]), "the gradient is zero"),
        (changed(0, [-1.0, 1.0]), "Every curvature must be positive"),
        (changed(0, [1e6, 0.0]), "Every curvature must be positive"),
        (changed(1, [float("inf"), 1.0]), "finite"),
        (changed(1, [1.0]), "The lists have 2, 1 and 2 entries"),
        (changed(2, [True, True]), "drop one at least"),
        (changed(2, [0.5, 0.5]), "True and False only"),
        (lambda e: 3, "Return three lists"),
        (lambda e: (1, 2, 3), "Return three lists"),
        (lambda e: None, "Does your function return its result?"),
    ],
)
def test_what_is_no_counter_example_is_told_why(attempt, message, capsys):
    assert not nb09.counter_example(attempt)
    assert message in capsys.readouterr().out


RIGHT = {
    "counter_example": (example, many_dropped, smallest_steepness, reversed_weights),
    "guaranteed_share": (worst,),
    "progress_ratio": (ratio, masked_descent.share),
}
WRONG = {
    "counter_example": (lambda e: ([100.0, 1.0], [1.0, 1.0], [True, False]), lambda e: ([2 / e, 1], [1, 1], [1, 0])),
    "guaranteed_share": (nb09._too_careful, nb09._each_least, lambda a, m: m.double().mean().item()),
    "progress_ratio": (lambda g, m: ratio(g, m) ** 0.5, lambda g, m: m.float().mean().item()),
}


def hidden(name, answer):
    """Run the hidden test of the page on an answer."""
    cells = nbformat.read(PAGE, as_version=4).cells
    (test,) = [cell.source for cell in cells if cell.source.startswith(f"assert checks.nb09.{name}(")]
    exec(test.partition("\n")[2], {"torch": torch, name: answer})


@pytest.mark.parametrize(("name", "answer"), [(name, one) for name, many in RIGHT.items() for one in many])
def test_the_hidden_test_takes_what_the_check_takes(name, answer):
    """Where they disagreed, a learner would pass on the page and lose the points."""
    hidden(name, answer)


@pytest.mark.parametrize(("name", "answer"), [(name, one) for name, many in WRONG.items() for one in many])
def test_the_hidden_test_refuses_what_the_check_refuses(name, answer):
    with pytest.raises(AssertionError):
        hidden(name, answer)


def test_our_counter_example_by_descent():
    """Oracle: the descent itself, dense and masked, on ε = 0.3."""
    curvature, start, mask = (torch.tensor(part) for part in example(0.3))

    def loss(theta):
        return (curvature * theta**2).sum() / 2

    rate = 1 / curvature.max().item()
    masked, shares = masked_descent.descend(loss, start, mask, rate, 1)
    assert shares[0] ** 0.5 >= 0.7
    assert masked[-1] >= 0.99 * masked[0]  # one step brings the kept weight to its lowest point
    dense, _ = masked_descent.descend(loss, start, torch.tensor([True, True]), rate, 5_000)
    assert dense[-1] < 1e-3 * dense[0]


# ---- the share that holds all along


def by_cholesky_solve(matrix, mask):
    whole, kept = nb09._kernels(matrix, mask)
    return max(0.0, torch.linalg.eigvals(torch.linalg.solve(whole, kept)).real.min().item())


def by_the_root(matrix, mask):
    values, vectors = torch.linalg.eigh(matrix @ matrix.T)
    root = vectors / values.sqrt() @ vectors.T
    return torch.linalg.eigvalsh(root @ nb09._kernels(matrix, mask)[1] @ root)[0].clamp(min=0).item()


def by_singular_values(matrix, mask):
    right = torch.linalg.svd(matrix, full_matrices=False)[2]
    squares = torch.linalg.svdvals(right[:, mask]) ** 2
    return squares[-1].item() if len(squares) == len(matrix) else 0.0


@pytest.mark.parametrize("attempt", [by_cholesky_solve, by_the_root, by_singular_values])
def test_other_ways_to_the_worst_share_pass_too(attempt):
    assert nb09.guaranteed_share(attempt)


def of_random_residuals(matrix, mask):
    residuals = torch.randn(200, len(matrix), dtype=torch.double, generator=torch.Generator().manual_seed(0))
    return min(masked_descent.share(matrix.T @ one, mask) for one in residuals)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda a, m: nb09._quotients(a, m).max().item(), "the best residual, not the worst"),
        (lambda a, m: nb09._quotients(a, m).mean().item(), "that is the mean over the eigenvalues"),
        (lambda a, m: worst(a, m) ** 0.5, "that is the cosine"),
        (
            lambda a, m: torch.linalg.eigvalsh(torch.linalg.solve(a @ a.T, a[:, m] @ a[:, m].T))[0].item(),
            "is not symmetric, and eigvalsh reads one triangle only",
        ),
        (nb09._too_careful, "a true bound, but not the largest"),
        (nb09._each_least, "so this bounds nothing"),
        (lambda a, m: torch.linalg.eigvalsh(nb09._kernels(a, m)[1])[0].item(), "the denominator is missing"),
        (lambda a, m: m.double().mean().item(), "that is the share of the weights kept"),
        (lambda a, m: (a[:, m].square().sum() / a.square().sum()).item(), "an average over residuals"),
        (lambda a, m: 1 - worst(a, m), "that is the share that is dropped"),
        (of_random_residuals, "found"),
        (lambda a, m: None, "Does your function return its result?"),
        (lambda a, m: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_share_is_told_why(attempt, message, capsys):
    assert not nb09.guaranteed_share(attempt)
    assert message in capsys.readouterr().out


def test_the_first_case_by_hand():
    """Two rows without a common column: 1, 4 and 4 with the last dropped leave 5/9; the other row keeps all."""
    assert worst(nb09._diagonal(), torch.tensor([True, True, True, True, False])) == pytest.approx(5 / 9)
