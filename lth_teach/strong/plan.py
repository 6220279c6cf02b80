"""How large a random network must be so that pruning it can imitate a given target, and drawing one of that size.

The three constructions are described in :mod:`lth_teach.strong.construct`, which chooses the masks. As there, a
target's weights are at most ½, random ones uniform in [−1, 1], and ε is the largest error on the ball.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ground.arguments import fraction, one_of, positive
from .counting import LARGEST, draws_for_all
from .products import product_candidates
from .subset_sum import subset_candidates
from .target import Target, highest

METHODS = ("neurons", "products", "subsets")
MOST_WEIGHTS = 20_000_000  # of a random network: 160 MB
Layers = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Plan:
    """How large the random network has to be.

    tolerances: for a weight of the target's inner and outer layer. candidates: random numbers, or neurons, for each.
    widths: of the random network's hidden layers.
    """

    tolerances: tuple[float, float]
    candidates: tuple[int, int]
    widths: tuple[int, ...]


def plan(target: Target, epsilon: float, method: str, radius: float = 1.0, failure: float = 0.01) -> Plan:
    """The tolerances that keep the output within ε on the ball ‖x‖ ≤ radius, and the width that reaches them.

    If each inner weight is off by at most η, a hidden neuron is off by at most e = η (√d · radius + 1), since ReLU
    enlarges no difference. If each outer weight is off by at most ζ, an output is off by at most
    Σ|a_k| e + ζ Σ (H_k + e), where H_k is the largest value of hidden neuron k on the ball. Each term gets ε/2; for
    ``neurons``, η = ζ. The failure probability is shared out over all weights.

    Raises:
        ValueError: an unknown method; ε or failure outside (0, 1); a radius that is not positive; or so many neurons
            that they cannot be computed with (the message says about how many).
    """
    one_of("method", method, METHODS)
    fraction(epsilon=epsilon, failure=failure)
    positive(radius=radius)
    (hidden, inputs), outputs = target.inner.shape, len(target.outer)
    reach, total = math.sqrt(inputs - 1) * radius + 1, float(np.abs(target.outer).sum(axis=1).max())
    peak = float(highest(target.inner, radius).sum())
    if method == "neurons":
        # η · (total·reach + peak + hidden·η·reach) = ε, solved for η
        square, linear = hidden * reach, total * reach + peak
        eta = (math.sqrt(linear**2 + 4 * square * epsilon) - linear) / (2 * square)
        # The target's weights are at most ½, random ones uniform in [−1, 1]: each is within η with probability η.
        count = draws_for_all(min(eta, LARGEST), inputs + outputs, failure / hidden)
        return Plan((eta, eta), (count, count), (count,))
    eta = epsilon / (2 * total * reach)
    zeta = epsilon / (2 * (peak + hidden * eta * reach))
    each = failure / (2 * target.inner.size + target.outer.size)
    counts = [_candidates(method, min(tolerance, LARGEST), each) for tolerance in (eta, zeta)]
    return Plan((eta, zeta), (counts[0], counts[1]), (inputs * counts[0], hidden, hidden * counts[1]))


def _candidates(method: str, tolerance: float, failure: float) -> int:
    """Extra neurons for one weight, at the worst place, ½."""
    if method == "products":
        return product_candidates(LARGEST, tolerance, failure)
    return subset_candidates(tolerance, failure)


def random_network(target: Target, widths: Sequence[int], random: np.random.Generator) -> Layers:
    """A network for the target's inputs and outputs, with these hidden layers; weights uniform in [−1, 1].

    Raises:
        ValueError: it would be too large to hold (the message says how large).
    """
    sizes = [target.inner.shape[1], *widths, len(target.outer)]
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    total = sum(rows * columns for rows, columns in shapes)
    if total > MOST_WEIGHTS:
        raise ValueError(
            f"hidden layers of {', '.join(map(_short, widths))} neurons have {_short(total)} weights; at most "
            f"{MOST_WEIGHTS:,} fit into memory. Raise epsilon, or take another method"
        )
    return tuple(random.uniform(-1, 1, shape) for shape in shapes)


def _short(number: int) -> str:
    return f"{number:,}" if number < 1e9 else f"{number:.1e}"
