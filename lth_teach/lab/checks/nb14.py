"""Checks of notebook 14: the overlap expected by chance, and hidden units in another order."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import torch
from torch import Tensor

from . import exercise, expect

Layer = tuple[Tensor, Tensor, Tensor]


@exercise(
    "Go through all k that are possible, weight the overlap k / (a + b − k) with the probability of k, and add up.",
    "k runs from max(0, a + b − n) to min(a, b). The number of ways to get it is comb(a, k) · comb(n − a, b − k), of "
    "comb(n, b) in all.",
    "return sum(comb(a, k) * comb(n - a, b - k) * k / (a + b - k) for k in range(max(0, a + b - n), min(a, b) + 1)) "
    "/ comb(n, b)",
)
def expected_overlap(attempt: Callable[[int, int, int], float]) -> int:
    """(n, a, b) → exact mean of the IoU of two independent random masks that keep a and b of n weights."""
    cases = [(9, 3, 4), (10, 1, 3), (6, 5, 4), (20, 5, 5), (7, 0, 3), (5, 5, 5), (300, 30, 30)]
    mistakes: list[tuple[str, Callable[[int, int, int], float]]] = [
        ("that is the IoU at the mean of k. The mean of a ratio is not the ratio of the means.", _at_the_mean),
        ("that is the expected number of shared weights; divide each k by the size of its union.", _shared),
        ("that is the product of the densities: the share of all weights that both keep.", _product),
        ("that is the share of the first mask's weights that the second keeps as well.", _of_first),
        ("the weights were drawn with replacement (binomial). A mask can keep a weight only once.", _binomial),
        ("you divided k by a + b, which counts the shared weights twice; the union is a + b − k.", _of_sum),
        ("all k were taken to be equally likely.", _uniform),
    ]
    for n, a, b in cases:
        expect(attempt, [n, a, b], _expected(n, a, b), mistakes, f"n = {n}, a = {a}, b = {b}")
    return len(cases)


@exercise(
    "A unit owns a row of `first`, a number of `bias` and a column of `second`. All three move with it.",
    "Indexing with a permutation moves rows: first[order]. For columns, put the permutation in the second place.",
    "return first[order], bias[order], second[:, order]",
)
def reorder_units(attempt: Callable[[Tensor, Tensor, Tensor, Tensor], Layer]) -> int:
    """(first, bias, second, order) → the three tensors of the same network with its hidden units in that order."""
    numbers = torch.Generator().manual_seed(0)

    def case(inputs: int, units: int, outputs: int) -> list[Tensor]:
        shapes = ((units, inputs), (units,), (outputs, units))
        return [torch.randn(shape, dtype=torch.double, generator=numbers) for shape in shapes]

    cycle = torch.tensor([2, 0, 1])
    cases = [
        [*case(2, 3, 2), cycle],
        [*case(4, 4, 4), torch.tensor([3, 0, 2, 1])],
        [*case(5, 6, 1), torch.tensor([4, 2, 5, 0, 1, 3])],
    ]
    mistakes: list[tuple[str, Callable[[Tensor, Tensor, Tensor, Tensor], Layer]]] = [
        ("the outgoing weights stayed behind. Unit i now speaks through another unit's column.", _second_stays),
        ("the bias stayed behind. It belongs to its unit, and has to move with it.", _bias_stays),
        (
            "the rows of `second` were moved. Its rows are the next layer's units; the columns are ours.",
            _rows_of_second,
        ),
        ("only the bias moved with its units.", lambda f, b, s, order: (f, b[order], s)),
        ("that is the order the other way round: new unit i is old unit order[i].", _backwards),
        ("rows and columns are moved by different orders, so `second` does not fit.", _mixed),
        ("nothing was moved.", lambda f, b, s, _order: (f, b, s)),
    ]
    for arguments in cases:
        first, _, second, order = arguments
        shown = f"{first.shape[1]} inputs, {len(first)} hidden units, {len(second)} outputs, order {order.tolist()}"
        expect(attempt, arguments, _reordered(*arguments), mistakes, shown)
    return len(cases)


def _ways(n: int, a: int, b: int) -> dict[int, int]:
    return {k: comb(a, k) * comb(n - a, b - k) for k in range(max(0, a + b - n), min(a, b) + 1)}


def _expected(n: int, a: int, b: int) -> float:
    return sum(number * k / (a + b - k) for k, number in _ways(n, a, b).items()) / comb(n, b)


def _at_the_mean(n: int, a: int, b: int) -> float:
    return a * b / n / (a + b - a * b / n)


def _shared(n: int, a: int, b: int) -> float:
    return a * b / n


def _product(n: int, a: int, b: int) -> float:
    return a * b / n**2


def _of_first(n: int, _a: int, b: int) -> float:
    return b / n


def _binomial(n: int, a: int, b: int) -> float:
    chances = {k: comb(b, k) * (a / n) ** k * (1 - a / n) ** (b - k) for k in range(b + 1)}
    return sum(chance * k / (a + b - k) for k, chance in chances.items())


def _of_sum(n: int, a: int, b: int) -> float:
    return a * b / n / (a + b)


def _uniform(n: int, a: int, b: int) -> float:
    possible = _ways(n, a, b)
    return sum(k / (a + b - k) for k in possible) / len(possible)


def _reordered(first: Tensor, bias: Tensor, second: Tensor, order: Tensor) -> Layer:
    return first[order], bias[order], second[:, order]


def _second_stays(first: Tensor, bias: Tensor, second: Tensor, order: Tensor) -> Layer:
    return first[order], bias[order], second


def _bias_stays(first: Tensor, bias: Tensor, second: Tensor, order: Tensor) -> Layer:
    return first[order], bias, second[:, order]


def _rows_of_second(first: Tensor, bias: Tensor, second: Tensor, order: Tensor) -> Layer:
    return first[order], bias[order], second[order]


def _backwards(first: Tensor, bias: Tensor, second: Tensor, order: Tensor) -> Layer:
    return _reordered(first, bias, second, order.argsort())


def _mixed(first: Tensor, bias: Tensor, second: Tensor, order: Tensor) -> Layer:
    return first[order], bias[order], second[:, order.argsort()]
