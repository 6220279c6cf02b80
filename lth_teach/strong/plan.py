"""How large a random network must be so that pruning it can imitate a given target, and drawing one of that size.

The three constructions are described in :mod:`lth_teach.imitation`, which chooses the masks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ground.arguments import fraction, positive, whole
from .counting import LARGEST, draws_for_all
from .products import factor_candidates, product_candidates
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
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
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
