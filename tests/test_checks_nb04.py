"""The checks of notebook 04 pass the solutions, and name the mistake in the likely wrong answers."""

import pytest
import torch

from lth_teach.lab import checks

pytestmark = pytest.mark.usefixtures("own_progress")


def masked_kernel(jacobian_at, weights, mask):
    j = jacobian_at(mask * weights) * mask
    return j @ j.T


def rank_at_most(samples, outputs, masks):
    return min(samples * outputs, sum(int(mask.sum()) for mask in masks.values()))


def leftover(kernel, pull):
    values, vectors = torch.linalg.eigh(kernel)
    null = vectors[:, values <= 1e-10 * values.max()]
    return null @ (null.T @ pull)


def gram(j):
    return j @ j.T


def by_a_fixed_number(kernel, pull):
    values, vectors = torch.linalg.eigh(kernel)
    null = vectors[:, values <= 1e-3]
    return null @ (null.T @ pull)


def in_place(kernel, pull):
    pull[:] = leftover(kernel, pull)
    return pull


def test_the_solutions_pass(capsys):
    assert checks.nb04.masked_kernel(masked_kernel)
    assert checks.nb04.rank_at_most(rank_at_most)
    assert checks.nb04.leftover(leftover)
    assert capsys.readouterr().out == (
        "masked_kernel: passed (3 cases).\nrank_at_most: passed (5 cases).\nleftover: passed (4 cases).\n"
    )


@pytest.mark.parametrize(
    "attempt",
    [
        lambda at, w, m: gram(at(m * w)[:, m]),  # columns dropped instead of zeroed
        lambda at, w, m: at(m * w) @ torch.diag(m.double()) @ at(m * w).T,
        lambda at, w, m: gram(at(m * (m * w)) * m * m),  # masked twice
    ],
)
def test_other_ways_to_the_same_kernel_pass(attempt):
    assert checks.nb04.masked_kernel(attempt)


def test_the_leftover_by_projection_passes_too():
    def by_pseudoinverse(kernel, pull):
        return pull - kernel @ (torch.linalg.pinv(kernel, rtol=1e-10, hermitian=True) @ pull)

    assert checks.nb04.leftover(by_pseudoinverse)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda at, w, m: gram(at(w) * m), "pruning zeroes them"),
        (lambda at, w, m: gram(at(m * w)), "as if they could move"),
        (lambda at, w, m: gram(at(w)), "this is the dense kernel"),
        (lambda at, w, m: gram(at(m * w)[:, ~m]), "you kept the columns of the pruned weights"),
        (lambda at, w, m: (at(m * w) * m).T @ (at(m * w) * m), "that is Jᵀ J"),
        (lambda at, w, m: at(m * w) * m, "not yet multiplied by its transpose"),
        (lambda at, w, m: gram(at(m * w) * m[: len(at(w)), None]), "you masked rows"),
        (lambda at, w, m: None, "Does your function return its result?"),
        (lambda at, w, m: 1 / 0, "ZeroDivisionError"),
        (7, "Expected a function"),
    ],
)
def test_wrong_kernels_are_told_why(attempt, message, capsys):
    assert not checks.nb04.masked_kernel(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda n, c, masks: min(n, rank_at_most(100, 100, masks)), "a row for each of its outputs"),
        (lambda n, c, masks: min(n * c, sum(m.numel() for m in masks.values())), "pruned weights have no column"),
        (lambda n, c, masks: n * c, "cannot exceed the number of kept weights"),
        (lambda n, c, masks: rank_at_most(100, 100, masks), "cannot exceed the number of rows"),
        (lambda n, c, masks: min(n * c, len(masks)), "the number of layers"),
        (lambda n, c, masks: str(rank_at_most(n, c, masks)), "found     '5'"),
    ],
)
def test_wrong_bounds_are_told_why(attempt, message, capsys):
    assert not checks.nb04.rank_at_most(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda k, p: p - leftover(k, p), "the part that does get fitted"),
        (lambda k, p: torch.zeros_like(p), "exactly 0"),
        (lambda k, p: p.clone(), "some parts do shrink"),
        (lambda k, p: k @ p, "what the first step moves"),
        (lambda k, p: leftover(k, p).norm(), "return the vector itself"),
        (lambda k, p: leftover(k, p).tolist(), "expected  float64 tensor"),
        (by_a_fixed_number, "depends on the largest eigenvalue"),
        (in_place, "your function changed its arguments"),
    ],
)
def test_wrong_leftovers_are_told_why(attempt, message, capsys):
    assert not checks.nb04.leftover(attempt)
    assert message in capsys.readouterr().out
