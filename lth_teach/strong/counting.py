"""Counting: how many weights, or draws, a random network needs at least before it can contain a small one.

For section 6.1 of the document. Notation: d inputs, n hidden neurons, tolerance ε (a distance, never a probability),
failure probability δ; B, the document's bound on weights, stands in its own formulas only. Logarithms are natural
unless they say log2.
"""

from __future__ import annotations

import math

from ..ground.arguments import fraction, positive, whole

LARGEST = 0.5  # of a target's weights, where random ones are uniform in [−1, 1]; the hardest place to reach
MOST_DIGITS = 250  # of a number of random neurons; beyond, floats run out, and nothing is lost


def weights_by_counting(epsilon: float, n: int = 1, failure: float = 0.0) -> float:
    """The least number of weights M that counting allows, n log2(1/2nε) + log2(1 − failure), not below 0.

    M weights have 2^M masks. For n = 1: at one input each masked network has one value, which serves the targets at
    most ε away, an interval of 2ε. If a share 1 − failure of the targets in an interval of length 1 is served, then
    2^M · 2ε ≥ 1 − failure. For n: targets with n hidden neurons and weights of at most ½ take any values in a volume of
    n^(−n) at n inputs of the unit ball (neuron k is relu(½(x − t_k)), its kink t_k a step 2/n left of the k-th input,
    so that the outer weight a_k adds a_k/n there and later neurons nothing); a mask serves (2ε)^n of it.

    Raises:
        ValueError: ε not positive, n below 1, or failure outside [0, 1).
    """
    positive(epsilon=epsilon)
    whole(n=n)
    if not 0 <= failure < 1:
        raise ValueError(f"failure must be at least 0 and below 1, got {failure}")
    return max(0.0, math.log2(1 - failure) - n * math.log2(2 * n * epsilon))


def document_width(n: int, failure: float) -> float:
    """The document's theorem without the constant: n² log(n/δ) neurons."""
    whole(n=n)
    fraction(failure=failure)
    return n**2 * math.log(n / failure)


def document_proof_width(n: int, d: int, bound: float, epsilon: float, failure: float) -> float:
    """What the document's proof sets: n (2B/ε)^d log(n/δ) neurons.

    Raises:
        ValueError: n or d below 1, B or ε not positive, failure outside (0, 1), or a number too large for a float.
    """
    whole(n=n, d=d)
    positive(bound=bound, epsilon=epsilon)
    fraction(failure=failure)
    if (digits := d * math.log10(2 * bound / epsilon)) > MOST_DIGITS:
        raise ValueError(f"(2B/ε)^d is about 1e+{digits:.0f}, too large a number of neurons to compute with")
    return n * (2 * bound / epsilon) ** d * math.log(n / failure)


def draws_needed(probability: float, failure: float) -> int:
    """The least number of independent draws that hit an event of this probability, but for ``failure``.

    Raises:
        ValueError: failure outside (0, 1), a probability outside (0, 1], or one below 1e-250.
    """
    fraction(failure=failure)
    if not 0 < probability <= 1:
        raise ValueError(f"probability must be above 0 and at most 1, got {probability}")
    if probability < 10.0**-MOST_DIGITS:
        raise ValueError(f"a probability of {probability:.1g} needs more than 1e+{MOST_DIGITS} draws")
    return 1 if probability == 1 else max(1, math.ceil(math.log(failure) / math.log1p(-probability)))


def draws_for_all(chance: float, numbers: int, failure: float) -> int:
    """How many draws of ``numbers`` independent numbers until all match at once, each with this chance.

    Raises:
        ValueError: as :func:`draws_needed`; the message says about how many draws would be needed.
    """
    whole(numbers=numbers)
    if 0 < chance <= 1 and (digits := -numbers * math.log10(chance)) > MOST_DIGITS:
        raise ValueError(
            f"to match {numbers} numbers at once takes about 1e+{digits:.0f} random neurons; take another method"
        )
    return draws_needed(chance**numbers, failure)
