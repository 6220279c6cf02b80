"""One weight as the product of two random ones: how likely a pair comes close, and how many pairs until one does."""

from __future__ import annotations

import math

from ..ground.arguments import fraction, positive
from .counting import draws_needed


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
