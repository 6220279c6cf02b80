"""How likely a random Gaussian weight vector is to fall near a given one: step 2 of the proof in section 6.1."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammainc, ndtr

from ..ground.arguments import positive, whole

NODES, WEIGHTS = np.polynomial.legendre.leggauss(80)  # of the quadrature, on [−1, 1]


def ball_probability(distance: float, epsilon: float, bound: float, d: int) -> float:
    """P(‖v − w‖ < ε) for a standard Gaussian v in d dimensions, given ‖v‖ ≤ B, and ‖w‖ = ``distance``; exact.

    Closed in one dimension. In more, w is turned onto the first axis: what is left is an integral over the first
    coordinate of v, of the chance that the others fit, taken by Gauss-Legendre quadrature to about nine digits.

    Raises:
        ValueError: ε or B not positive, d below 1, or a distance outside [0, B].
    """
    positive(epsilon=epsilon, bound=bound)
    whole(d=d)
    if not 0 <= distance <= bound:
        raise ValueError(f"distance must lie between 0 and the bound {bound}, got {distance}")
    low, high = max(distance - epsilon, -bound), min(distance + epsilon, bound)
    if d == 1:
        # P(low < v < high), taken from the tail below: near 1 a difference of two ndtr would lose its digits.
        return float((ndtr(-low) - ndtr(-high)) / (ndtr(bound) - ndtr(-bound)))
    # The room for the other coordinates has a kink where the two balls' surfaces cross; each side is smooth.
    kink = bound if distance == 0 else (bound**2 + distance**2 - epsilon**2) / (2 * distance)
    kink = min(max(kink, low), high)
    total = sum(_slab(a, b, distance, epsilon, bound, d) for a, b in ((low, kink), (kink, high)))
    return total / float(gammainc(d / 2, bound**2 / 2))


def _slab(low: float, high: float, distance: float, epsilon: float, bound: float, d: int) -> float:
    """P(low < v_1 < high, ‖v − w‖ < ε, ‖v‖ < B) for a standard Gaussian v, w on the first axis."""
    # v_1 = middle + half · sin(πt/2): the sine flattens the square-root edges of the integrand.
    middle, half = (low + high) / 2, (high - low) / 2
    first = middle + half * np.sin(np.pi * NODES / 2)
    steps = WEIGHTS * half * np.pi / 2 * np.cos(np.pi * NODES / 2)
    room = np.minimum(epsilon**2 - (first - distance) ** 2, bound**2 - first**2).clip(min=0)
    others = gammainc((d - 1) / 2, room / 2)
    return float((steps * np.exp(-(first**2) / 2) / math.sqrt(2 * math.pi) * others).sum())


def claimed_ball_bound(epsilon: float, bound: float, d: int) -> float:
    """The document's bound on that probability, (ε/2B)^d. Right for a uniform v, wrong for a Gaussian one."""
    positive(epsilon=epsilon, bound=bound)
    whole(d=d)
    return (epsilon / (2 * bound)) ** d


def mended_ball_bound(epsilon: float, bound: float, d: int) -> float:
    """A bound that holds for ε ≤ 2B: e^(−B²/2) (ε/2B)^d.

    Go from w towards the centre, by ε/2, or by ‖w‖ if that is less. The ball of radius ε/2 around that point lies
    within ε of w, and in the ball of radius B: its centre is 0, or has the norm ‖w‖ − ε/2. There the density is at
    least e^(−B²/2) of its peak, while the whole ball of radius B weighs at most its volume times the peak.

    Raises:
        ValueError: ε or B not positive, d below 1, or ε above 2B, where the bound would exceed 1 or be no bound.
    """
    positive(epsilon=epsilon, bound=bound)
    if epsilon > 2 * bound:
        raise ValueError(f"epsilon must be at most 2B = {2 * bound}, got {epsilon}")
    return math.exp(-(bound**2) / 2) * claimed_ball_bound(epsilon, bound, d)
