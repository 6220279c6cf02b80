"""Masked descent on problems where everything is known. Oracles: hand computation, eigenvalues, many residuals."""

from itertools import pairwise

import pytest
import torch

from lth_teach.measures import masked_descent


def problem(seed=0, rows=10, weights=30):
    return masked_descent.least_squares(rows, weights, 0.5, 4.0, seed)


def half(weights=30, seed=0):
    return torch.rand(weights, generator=torch.Generator().manual_seed(seed)) < 0.6


def test_a_share_by_hand():
    gradient, mask = torch.tensor([3.0, -4.0, 12.0]), torch.tensor([True, True, False])
    assert masked_descent.share(gradient, mask) == pytest.approx(25 / 169)
    assert masked_descent.share(gradient, ~mask) == pytest.approx(144 / 169)


@pytest.mark.parametrize(
    ("gradient", "mask", "told"),
    [
        (torch.zeros(3), torch.ones(3), "no direction"),
        (torch.ones(3), torch.ones(2), r"shape \(3,\), mask of shape \(2,\)"),
        (torch.tensor([torch.nan]), torch.ones(1), "no direction"),
    ],
)
def test_what_has_no_share_is_refused(gradient, mask, told):
    with pytest.raises(ValueError, match=told):
        masked_descent.share(gradient, mask)


@pytest.mark.parametrize(("rows", "weights"), [(10, 30), (30, 10), (8, 8)])
def test_curvatures_and_the_infimum_are_as_said(rows, weights):
    """Oracles: singular values, and the loss at the solution that torch.linalg.lstsq finds."""
    made = problem(3, rows, weights)
    squares = torch.linalg.svdvals(made.matrix) ** 2
    assert (squares.min().item(), squares.max().item()) == pytest.approx((0.5, 4.0))
    best = torch.linalg.lstsq(made.matrix, made.targets[:, None], driver="gelsd").solution[:, 0]
    assert made.loss(best).item() == pytest.approx(made.least, abs=1e-9)
    assert (made.least < 1e-9) == (rows <= weights)


def test_the_pl_inequality_holds_with_mu_and_with_no_larger_number():
    """½ ‖∇L‖² ≥ μ (L − L*), with equality along the least curved direction."""
    for seed, (rows, weights) in enumerate([(10, 30), (30, 10)]):
        made = problem(seed, rows, weights)
        numbers = torch.Generator().manual_seed(seed)
        for _ in range(50):
            theta = torch.randn(weights, dtype=torch.double, generator=numbers)
            gradient = made.matrix.T @ (made.matrix @ theta - made.targets)
            assert gradient.square().sum() / 2 >= made.mu * (made.loss(theta) - made.least) - 1e-9
        flattest = torch.linalg.svd(made.matrix, full_matrices=False)[2][-1]
        best = torch.linalg.lstsq(made.matrix, made.targets[:, None], driver="gelsd").solution[:, 0]
        gradient = made.matrix.T @ (made.matrix @ (best + flattest) - made.targets)
        gap = (made.loss(best + flattest) - made.least).item()
        assert (gradient.square().sum() / 2).item() == pytest.approx(made.mu * gap)


def test_two_steps_by_hand():
    """½ (4 a² + b²) from (1, 1), rate ¼, a moves alone: 2.5, then ½; cos² is 16/17, then 0."""
    curvature = torch.tensor([4.0, 1.0], dtype=torch.double)
    found = masked_descent.descend(
        lambda theta: (curvature * theta**2).sum() / 2,
        torch.ones(2, dtype=torch.double),
        torch.tensor([True, False]),
        0.25,
        1,
    )
    assert found == ([2.5, 0.5], [16 / 17, 0.0])


def test_the_start_is_left_alone():
    start = torch.ones(30, dtype=torch.double)
    masked_descent.descend(problem().loss, start, half(), 0.25, 3)
    assert torch.equal(start, torch.ones(30, dtype=torch.double))


@pytest.mark.parametrize("seed", range(8))
def test_the_theorem_with_the_least_share_of_the_run_and_with_the_one_known_beforehand(seed):
    made, mask = problem(seed), half(seed=seed)
    losses, shares = masked_descent.descend(made.loss, torch.zeros(30, dtype=torch.double), mask, 1 / made.beta, 80)
    known = masked_descent.worst_share(made.matrix, mask)
    assert 0 < known <= min(shares) + 1e-9
    for before, after in pairwise(losses):
        assert after <= (1 - min(shares) * made.mu / made.beta) * before


def test_without_an_optimum_among_the_kept_weights_the_share_falls_to_nothing():
    made, mask = problem(1), torch.arange(30) < 5
    losses, shares = masked_descent.descend(made.loss, torch.zeros(30, dtype=torch.double), mask, 1 / made.beta, 3_000)
    assert shares[0] > 0.05
    assert shares[-1] < 1e-8
    assert losses[-1] > 0.1
    assert masked_descent.worst_share(made.matrix, mask) == 0


@pytest.mark.parametrize("seed", range(5))
def test_no_residual_has_less_than_the_worst_share_and_one_has_it(seed):
    """Oracles: a thousand random residuals; and the generalised eigenvector, from an unsymmetric solver."""
    made, mask = problem(seed), half(seed=seed + 50)
    known = masked_descent.worst_share(made.matrix, mask)
    numbers = torch.Generator().manual_seed(seed)
    residuals = torch.randn(1_000, 10, dtype=torch.double, generator=numbers)
    assert min(masked_descent.share(made.matrix.T @ one, mask) for one in residuals) >= known
    whole, kept = made.matrix @ made.matrix.T, made.matrix[:, mask] @ made.matrix[:, mask].T
    values, vectors = torch.linalg.eig(torch.linalg.solve(whole, kept))
    worst = vectors[:, values.real.argmin()].real
    assert masked_descent.share(made.matrix.T @ worst, mask) == pytest.approx(known, abs=1e-9)


@pytest.mark.parametrize("wrong", [(0, 3, 1, 2), (3, 0, 1, 2), (3, 3, 0, 2), (3, 3, 2, 1)])
def test_problems_that_there_are_not(wrong):
    with pytest.raises(ValueError, match="0 < mu <= beta"):
        masked_descent.least_squares(*wrong, seed=0)
