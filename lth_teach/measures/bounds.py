"""Section 6.3 as formulas: bounds on how far test and training part.

A generalisation bound says: with probability at least 1 − delta over the training samples, the test error is at most
the training error plus this much. Errors lie in [0, 1], so a bound above 1 says nothing; it is called vacuous.

Throughout, n is the number of prunable weights, k of them are kept, and m samples were trained on. Logarithms are
natural, so a price is in nats. A :func:`certificate` is proven, with no constant left open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..ground.arguments import fraction, whole, whole_number


def log_choices(n: int, k: int) -> float:
    """ln C(n, k): the number of masks that keep k of n weights, as a logarithm. 0 ≤ k ≤ n.

    k ln(n/k) ≤ ln C(n, k) ≤ k ln(en/k) = k + k ln(n/k) for 1 ≤ k ≤ n. The extra k is still a price of the mask; the
    values of the k weights cost more on top.
    """
    _check(n, k, 1, least=0)
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def document_bound(n: int, k: int, m: int) -> float:
    """√(k ln(n/k) / m), as the document's section 6.3 has it, its O(…) read as 1. 0 at k = n, largest near k = n/e.

    Raises:
        ValueError: unless 1 ≤ k ≤ n and m ≥ 1.
    """
    _check(n, k, m)
    return math.sqrt(k * math.log(n / k) / m)


@dataclass(frozen=True)
class Certificate:
    """A bound on the test error of one network, with its price in parts.

    Attributes:
        errors, examples: how many of the m training examples the network, as it is stored, gets wrong.
        masks: ln C(n, k), in nats, as all parts below.
        values: k · bits · ln 2, the kept weights.
        biases: biases · bits · ln 2.
        choices: ln of the number of settings among which the data chose.
        confidence: ln(1/delta).
    """

    errors: int
    examples: int
    masks: float
    values: float
    biases: float
    choices: float
    confidence: float

    @property
    def nats(self) -> float:
        """The whole price."""
        return self.masks + self.values + self.biases + self.choices + self.confidence

    @property
    def train_error(self) -> float:
        """errors / examples, in [0, 1]."""
        return self.errors / self.examples

    @property
    def gap(self) -> float:
        """√(nats / 2m): how far the test error may lie above the training error (Hoeffding)."""
        return math.sqrt(self.nats / (2 * self.examples))

    @property
    def bound(self) -> float:
        """Training error plus gap. Above 1 it is vacuous."""
        return self.train_error + self.gap

    @property
    def sharper(self) -> float:
        """The largest test error p with kl(training error, p) ≤ nats / m (Chernoff); never above :attr:`bound`.

        kl(q, p) = q ln(q/p) + (1 − q) ln((1 − q)/(1 − p)). It is at most 1 at any price, so it is vacuous from the
        error of guessing on. Inverting the binomial tail itself would take off another ln(m)/m or so.
        """
        return _farthest(self.train_error, self.nats / self.examples)


def certificate(
    errors: int,
    examples: int,
    weights: int,
    kept: int,
    bits: int,
    biases: int = 0,
    delta: float = 0.05,
    choices: int = 1,
) -> Certificate:
    """What the training error alone promises of the test error, with probability 1 − delta. Nothing is left open.

    There are C(n, k) · 2^(bits · (k + biases)) networks of k weights and so many biases, each one of 2^bits values
    that were fixed before the data. Hoeffding's inequality for each, and a union over all, give the bound. The
    starting weights may be used freely if they do not depend on the data. What the data did choose, such as k, bits
    or the scale of the values, is paid for by ``choices``, all combinations that it could have chosen.

    Args:
        errors: of the network as it is stored, on all training examples.
        examples: m; drawn independently from the distribution that the test error is about.
        weights: n, among which the mask chooses.
        kept: k.
        bits: of each kept weight, and of each bias.
        biases: how many parameters are stored beside the masked weights.
        delta: the probability that the promise is broken, in (0, 1).
        choices: the number of settings.

    Raises:
        ValueError: a count that is not a whole number in its range (1 ≤ k ≤ n, 0 ≤ errors ≤ m, bits and choices ≥ 1,
            biases ≥ 0), or a delta outside (0, 1).
    """
    whole(examples=examples, bits=bits, choices=choices)
    whole_number("errors", errors, 0)
    whole_number("biases", biases, 0)
    if errors > examples:
        raise ValueError(f"errors must be from 0 to examples = {examples}, got {errors}")
    _check(weights, kept, examples, delta)
    bit = bits * math.log(2)
    masks = log_choices(weights, kept)
    return Certificate(errors, examples, masks, kept * bit, biases * bit, math.log(choices), -math.log(delta))


def _farthest(q: float, price: float) -> float:
    """The largest p in [q, 1] with kl(q, p) ≤ price, by halving; kl rises with p there."""
    low, high = q, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _kl(q, middle) <= price else (low, middle)
    return high  # the safe side of what rounding leaves


def _kl(q: float, p: float) -> float:
    """Divergence of Bernoulli(q) from Bernoulli(p), in nats."""
    wrong = q * math.log(q / p) if q > 0 else 0.0
    if q == 1:
        return wrong
    return math.inf if p == 1 else wrong + (1 - q) * (math.log1p(-q) - math.log1p(-p))


def holdout_bound(samples: int, delta: float = 0.05) -> float:
    """√(ln(1/delta) / 2m): how far the true error lies above that on m samples which chose nothing (Hoeffding).

    Raises:
        ValueError: unless samples ≥ 1 and 0 < delta < 1.
    """
    _check(1, 1, samples, delta)
    return math.sqrt(-math.log(delta) / (2 * samples))


def _check(n: int, k: int, m: int, delta: float = 0.5, least: int = 1) -> None:
    if not least <= k <= n:
        raise ValueError(f"k must be from {least} to n = {n} kept weights, got {k}")
    if m < 1:
        raise ValueError(f"the number of samples must be at least 1, got {m}")
    fraction(delta=delta)
