"""Checks of notebook 10: the corrected bound, and the most weights for which it says something."""

from __future__ import annotations

import math
from collections.abc import Callable

from ...measures.bounds import document_bound, sparse_bound, vacuous
from . import exercise, expect


@exercise(
    "Three parts, from the inside: log(en/k), times k over m, and the root of it all.",
    "e is math.e, and math.log is the natural logarithm. log(en/k) = 1 + log(n/k).",
    "return math.sqrt(k * math.log(math.e * n / k) / m)",
)
def corrected_bound(attempt: Callable[[int, int, int], float]) -> int:
    """(n, k, m) → √(k ln(en/k) / m)."""
    cases = [(266_200, 56_168, 60_000), (100, 25, 50), (1_000, 1, 40), (43_000, 43_000, 9_800)]
    mistakes: list[tuple[str, Callable[[int, int, int], float]]] = [
        ("that is the document's bound: the e is missing.", document_bound),
        ("e belongs inside the logarithm, which then is 1 + log(n/k).", _e_outside),
        ("the logarithm belongs under the root.", lambda n, k, m: math.sqrt(k / m) * (1 + math.log(n / k))),
        ("m belongs under the root.", lambda n, k, m: math.sqrt(k * (1 + math.log(n / k))) / m),
        ("the root is missing.", lambda n, k, m: sparse_bound(n, k, m) ** 2),
        ("use the natural logarithm, math.log.", lambda n, k, m: math.sqrt(k * math.log2(math.e * n / k) / m)),
        ("use the natural logarithm, math.log.", lambda n, k, m: math.sqrt(k * math.log10(math.e * n / k) / m)),
        ("the factor before the logarithm is k, the number of weights kept.", _n_outside),
        ("the logarithm is of en/k, not of ek/n.", lambda n, k, m: math.sqrt(abs(k * (1 + math.log(k / n)) / m))),
        ("n is all weights, and k those kept; inside the logarithm stands e n / k.", _only_n),
    ]
    for n, k, m in cases:
        expect(attempt, [n, k, m], sparse_bound(n, k, m), mistakes, f"n {n:,}, k {k:,}, m {m:,}")
    return len(cases)


@exercise(
    "The bound rises with k, so there is a last k that is still fine. Try whole numbers; nothing else is exact.",
    "A loop over k from 1 on is enough, though slow for big networks: stop at the first k whose bound is above 1. "
    "Halving is fast: keep a k that is fine and one that is not, and try the middle.",
    "low, high = 0, n; while low < high: middle = (low + high + 1) // 2; if corrected_bound(n, middle, m) <= 1, "
    "low = middle, otherwise high = middle - 1; return low",
)
def largest_k(attempt: Callable[[int, int], int]) -> int:
    """(n, m) → the largest k from 1 to n with √(k ln(en/k) / m) ≤ 1; 0 if there is none."""
    cases = [(266_200, 60_000), (43_000, 9_800), (266_200, 3_600), (100, 100), (100, 5_000), (1_000, 5)]
    mistakes: list[tuple[str, Callable[[int, int], float]]] = [
        ("if not even k = 1 is fine, return 0.", lambda n, m: max(1, _largest(n, m))),
        ("that is the first k whose bound is above 1; the last good one is one less.", lambda n, m: _largest(n, m) + 1),
        ("that is one less than the largest; a bound of at most 1 is fine.", lambda n, m: _largest(n, m) - 1),
        ("that is a density; return the number of weights.", lambda n, m: _largest(n, m) / n),
        ("that is for the document's bound, which is too low: the e is missing.", _document_first),
        ("the document's bound comes down again near k = n. Use the corrected one.", _document_last),
        ("k may not be larger than n.", _no_end),
        ("that is m: the logarithm costs something, too.", lambda n, m: min(n, m)),
    ]
    for n, m in cases:
        expect(attempt, [n, m], _largest(n, m), mistakes, f"n {n:,}, m {m:,}")
    return len(cases)


def _e_outside(n: int, k: int, m: int) -> float:
    return math.sqrt(k * math.e * math.log(n / k) / m)


def _n_outside(n: int, k: int, m: int) -> float:
    return math.sqrt(n * math.log(math.e * n / k) / m)


def _only_n(n: int, k: int, m: int) -> float:
    return math.sqrt(k * math.log(math.e * n) / m)


def _largest(n: int, m: int) -> int:
    above = vacuous(lambda k: sparse_bound(n, k, m), n)
    return above.start - 1 if above else n


def _document_first(n: int, m: int) -> int:
    above = vacuous(lambda k: document_bound(n, k, m), n)
    return above.start - 1 if above else n


def _document_last(n: int, _m: int) -> int:
    return n  # where it is 0


def _no_end(n: int, m: int) -> int:
    found = _largest(n, m)
    return found if found < n else m
