"""Bounds on how large a random network must be to contain a small one: counting, matched neurons, products, subsets.

For section 6.1 of the document. Notation: d inputs, n hidden neurons, weights bounded by B, tolerance ε, failure
probability δ. Logarithms are natural unless they say log2.
"""

from __future__ import annotations

import math

from .ranges import fraction, positive, whole
from .subset_sum import numbers_needed

LARGEST = 0.5  # of a target's weights, where random ones are uniform in [−1, 1]; the hardest place to reach
MOST_DIGITS = 250  # of a number of random neurons; beyond, floats run out, and nothing is lost


# Counting


def weights_by_counting(epsilon: float, failure: float = 0.0, length: float = 1.0) -> float:
    """The least number of weights M that counting allows, log2((1 − failure) · length / 2ε), not below 0.

    M weights have 2^M masks. At one input each masked network has one value, which serves the targets at most ε away:
    an interval of 2ε. If a share 1 − failure of the targets in an interval of this length is served, then
    2^M · 2ε ≥ (1 − failure) · length.

    Raises:
        ValueError: ε or length not positive, or failure outside [0, 1).
    """
    positive(epsilon=epsilon, length=length)
    if not 0 <= failure < 1:
        raise ValueError(f"failure must be at least 0 and below 1, got {failure}")
    return max(0.0, math.log2((1 - failure) * length) - math.log2(2 * epsilon))


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


# One weight as a product of two


def product_probability(alpha: float, epsilon: float) -> float:
    """P(u > 0 and |u·v − α| ≤ ε) for u and v uniform in [−1, 1]; exact.

    For two uniforms in [0, 1], P(u·v ≤ z) = z (1 − log z). A quarter of the pairs has two given signs.

    Raises:
        ValueError: |α| above 1, or ε below 1e-12, where rounding would take over.
    """
    positive(epsilon=epsilon)
    if epsilon < 1e-12:
        raise ValueError(f"epsilon must be at least 1e-12, got {epsilon}")
    if not -1 <= alpha <= 1:
        raise ValueError(f"alpha must lie between -1 and 1, got {alpha}")

    def below(z: float) -> float:
        z = min(abs(z), 1.0)
        return z * (1 - math.log(z)) if z else 0.0

    low, high = abs(alpha) - epsilon, abs(alpha) + epsilon
    return (below(high) - math.copysign(below(low), low)) / 4


def product_candidates(alpha: float, epsilon: float, failure: float) -> int:
    """How many random pairs (u, v) until one has u > 0 and a product within ε of α, but for ``failure``."""
    return draws_needed(product_probability(alpha, epsilon), failure)


def factor_candidates(epsilon: float, failure: float) -> int:
    """The same if each factor is matched by itself: u within ε/2 of |α| and v within ε/2 of ±1.

    That is how Malach et al. (2020, arXiv 2002.00585) count, and where their 1/ε² comes from. Uniform u and v in
    [−1, 1] do it with probability ε/2 · ε/4.

    Raises:
        ValueError: ε or failure outside (0, 1).
    """
    fraction(epsilon=epsilon)
    return draws_needed(epsilon**2 / 8, failure)


# All of them for one neuron


def subset_candidates(epsilon: float, failure: float) -> int:
    """How many random pairs until some with u > 0 (or u < 0) have products that add up to a z in [−½, ½] within ε.

    Twice what :func:`lth_teach.subset_sum.numbers_needed` asks for, since half of the pairs have the wrong sign.
    """
    return 2 * numbers_needed(epsilon, failure)


def sizes_for_one_neuron(epsilon: float, bound: float, d: int, failure: float = 0.05) -> dict[str, float]:
    """How many random neurons each construction needs to come within ε of the d weights w of one neuron, ‖w‖ ≤ B.

    The last entry is another kind of number: it is no construction and counts random *weights*, not neurons. It is the
    least number of them by counting, if a share 1 − failure of all w in the box [−B, B]^d is to be served.

    Closeness is Euclidean; paths meet each weight within ε/√d. Random weights are uniform: v in the ball of radius B,
    or u and v in [−√2B, √2B], so that products reach 2B and the weights at most half of that.

    Raises:
        ValueError: B not positive, d below 1, ε outside (0, 2B), failure outside (0, 1), or a number of neurons too
            large to compute with (the message says about how many).
    """
    positive(bound=bound)
    whole(d=d)
    fraction(failure=failure)
    if not 0 < epsilon < 2 * bound:
        raise ValueError(f"epsilon must lie strictly between 0 and 2B = {2 * bound}, got {epsilon}")
    each, share = epsilon / (2 * bound * math.sqrt(d)), failure / (2 * d)
    log2_ball = d / 2 * math.log2(math.pi) - math.lgamma(d / 2 + 1) / math.log(2)
    counted = d * math.log2(2 * bound / epsilon) - log2_ball + math.log2(1 - failure)
    return {
        "match the neuron": draws_for_all(epsilon / (2 * bound), d, failure),
        "match two factors": d * factor_candidates(each, share),
        "best product": d * product_candidates(LARGEST, each, share),
        "subset sum": d * subset_candidates(each, share),
        "counting: at least": max(1, math.ceil(counted)),
    }
