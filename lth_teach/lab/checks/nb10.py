"""Checks of notebook 10: the luckiest of many networks, what networks cost to count, and an honest price list."""

from __future__ import annotations

import math
from collections.abc import Callable

from . import exercise, expect
from ._nb10_prices import course, judge

Gap = Callable[[float, int, float], float]
Price = Callable[[int, int, int, int, int], float]


def _gap(log_networks: float, examples: int, delta: float) -> float:
    return math.sqrt((log_networks + math.log(1 / delta)) / (2 * examples))


@exercise(
    "Set the chance that any of them misleads, networks · exp(−2 · examples · ε²), equal to delta. Then solve for ε.",
    "Divide by the number of networks and take logarithms: −2 · examples · ε² = log(delta) − log_networks.",
    "ε is the root of (log_networks + log(1/delta)) / (2 · examples).",
    solution=_gap,
)
def gap(attempt: Gap) -> int:
    """(log_networks, examples, delta) → ε with networks · exp(−2 · examples · ε²) = delta."""
    cases = [(math.log(10), 100, 0.05), (math.log(10**6), 60_000, 0.01), (25_569.0, 9_800, 0.05), (0.0, 100, 0.05)]
    mistakes: list[tuple[str, Gap]] = [
        ("that is for one network: the union over all of them is missing.", lambda n, m, d: _gap(0, m, d)),
        ("the 2 beside the examples is missing.", lambda n, m, d: math.sqrt(2) * _gap(n, m, d)),
        ("the 2 belongs below the fraction, beside the examples.", lambda n, m, d: 2 * _gap(n, m, d)),
        ("the root is missing.", lambda n, m, d: _gap(n, m, d) ** 2),
        ("2 · examples belongs under the root.", lambda n, m, d: _gap(n, 1, d) / m),
        ("the surer you want to be, the smaller delta: log(1/delta), not log(delta).", _delta_turned),
        ("delta is missing.", lambda n, m, d: _gap(n, m, 1.0)),
        ("you were given the logarithm already; do not take it again.", _twice),
        ("delta divides the number of networks, not its logarithm.", lambda n, m, d: math.sqrt(n / d / (2 * m))),
        ("use the natural logarithm, math.log.", lambda n, m, d: math.sqrt((n + math.log10(1 / d)) / (2 * m))),
        ("use the natural logarithm, math.log.", lambda n, m, d: math.sqrt((n + math.log2(1 / d)) / (2 * m))),
    ]
    for log_networks, examples, delta in cases:
        shown = f"log_networks {log_networks:,.4g}, {examples:,} examples, delta {delta}"
        expect(attempt, [log_networks, examples, delta], _gap(log_networks, examples, delta), mistakes, shown)
    return len(cases)


def _delta_turned(log_networks: float, examples: int, delta: float) -> float:
    return math.sqrt(abs(log_networks + math.log(delta)) / (2 * examples))


def _twice(log_networks: float, examples: int, delta: float) -> float:
    return math.sqrt((math.log(log_networks) + math.log(1 / delta)) / (2 * examples))


def _masks(weights: int, kept: int) -> float:
    return math.lgamma(weights + 1) - math.lgamma(kept + 1) - math.lgamma(weights - kept + 1)


def _price(weights: int, kept: int, bits: int, biases: int, settings: int) -> float:
    return _masks(weights, kept) + (kept + biases) * bits * math.log(2) + math.log(settings)


@exercise(
    "How many masks are there? How many ways to fill one kept weight with so many bits? The logarithm of a product is "
    "a sum.",
    "math.comb(weights, kept) counts the masks exactly, and math.log takes whole numbers of any size. One value of b "
    "bits is one of 2**b; there are kept + biases of them.",
    "log C(weights, kept) + (kept + biases) · bits · log 2 + log(settings).",
    solution=_price,
)
def price(attempt: Price) -> int:
    """(weights, kept, bits, biases, settings) → nats: log of the count of such networks, and of the settings."""
    cases = [(5, 2, 1, 0, 1), (4_300, 461, 3, 41, 5), (266_200, 2_662, 5, 410, 80), (300, 300, 2, 10, 1)]
    mistakes: list[tuple[str, Price]] = [
        ("the biases are stored, too: they cost as many bits each.", lambda n, k, b, o, s: _price(n, k, b, 0, s)),
        ("the settings are missing: the data chose one of them.", lambda n, k, b, o, s: _price(n, k, b, o, 1)),
        ("the values are missing: this pays for the mask.", lambda n, k, b, o, s: _masks(n, k) + math.log(s)),
        ("the values are missing: this pays for the mask.", lambda n, k, b, o, s: _masks(n, k)),
        ("the mask is missing.", lambda n, k, b, o, s: _price(n, k, b, o, s) - _masks(n, k)),
        (
            "that is the document's k log(n/k), which is less than the number of masks.",
            lambda n, k, b, o, s: _price(n, k, b, o, s) - _masks(n, k) + k * math.log(n / k),
        ),
        (
            "k log(en/k) is more than the masks cost; math.comb counts them exactly.",
            lambda n, k, b, o, s: _price(n, k, b, o, s) - _masks(n, k) + k * math.log(math.e * n / k),
        ),
        ("only the weights that are kept have values.", lambda n, k, b, o, s: _price(n, k, b, o, s) + (n - k) * b * _2),
        (
            "a value of b bits is one of 2**b: it costs b · log 2 nats.",
            lambda n, k, b, o, s: _bits_plain(n, k, b, o, s),
        ),
        ("one of 2**b, not of b.", lambda n, k, b, o, s: _masks(n, k) + (k + o) * math.log(b) + math.log(s)),
        ("this is in bits; use natural logarithms.", lambda n, k, b, o, s: _price(n, k, b, o, s) / _2),
        ("the settings belong inside a logarithm.", lambda n, k, b, o, s: _price(n, k, b, o, 1) + s),
        ("this is the number of networks; take its logarithm.", lambda n, k, b, o, s: math.exp(_price(n, k, b, o, s))),
    ]
    for weights, kept, bits, biases, settings in cases:
        arguments = [weights, kept, bits, biases, settings]
        shown = (
            f"{kept:,} of {weights:,} weights, {bits} bit{'s' * (bits > 1)} a value, {biases} biases, "
            f"{settings} setting{'s' * (settings > 1)}"
        )
        expect(attempt, arguments, _price(weights, kept, bits, biases, settings), mistakes, shown)
    return len(cases)


_2 = math.log(2)


def _bits_plain(weights: int, kept: int, bits: int, biases: int, settings: int) -> float:
    return _masks(weights, kept) + (kept + biases) * bits + math.log(settings)


@exercise(
    "Frequent values should be cheap. But a list of prices that is read off the values must pay for being read off.",
    "In two parts: first say how often each value occurs, then which of all orders of these values it is. How many "
    "orders are there of 4 zeros and 2 ones? How many ways to share out 6 among 2?",
    "log(v! / (c₀! c₁! …)) for the order, with counts c of the v values, and log C(v + 2**bits − 1, 2**bits − 1) for "
    "the counts. math.lgamma(x + 1) is log x!. Or else: the j-th value costs −log((how often it occurred before + 1) "
    "/ (j − 1 + 2**bits)).",
    solution=course,
)
def price_list(attempt: Callable[[list[int], int], float]) -> int:
    """(values, bits) → an honest price in nats, below that of bits · log 2 a value where some values are frequent."""
    return judge(attempt)
