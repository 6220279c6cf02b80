"""Prune a random network, without training it, until it imitates a given trained one; three constructions.

The target has one hidden ReLU layer. ``neurons`` keeps whole random neurons, one for each of the target's: the
document's proof with the parts that it leaves out. ``products`` replaces each weight by a path through one more ReLU
neuron, whose two random weights multiply to about that weight (Malach et al. 2020, arXiv 2002.00585). ``subsets``
replaces it by several such paths, which add up to it (Pensia et al. 2020, arXiv 2006.07990). The last two double the
depth, as those papers do; one more layer would be enough (Burkholz 2022, arXiv 2205.02321). Orseau et al. (2020, arXiv
2006.12156) reach the same logarithm by digits of a weight, from random weights that are not uniform; not built here.

In all three the random network comes first and is never changed; only a mask is chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..ground.arguments import one_of
from .plan import METHODS, Layers, plan, random_network
from .subset_sum import closest_subset, most_numbers
from .target import Target, forward, highest

Choose = Callable[[np.ndarray, float, float], np.ndarray]


@dataclass(frozen=True)
class Imitation:
    """A random network and a mask for it. On the ball it differs from its target by at most ``guarantee``.

    ``weights`` and ``masks``: one array a layer, (outputs, inputs). The last input of the first layer is always 1.
    """

    weights: Layers
    masks: Layers
    guarantee: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Outputs of the masked network, shape (samples, outputs), for inputs of shape (samples, d)."""
        alive: np.ndarray = np.ones(self.masks[0].shape[1], dtype=bool)
        layers: list[np.ndarray] = []
        for weight, mask in zip(self.weights, self.masks, strict=True):
            # A hidden neuron with no weight left is always 0. There are far too many of them to compute with.
            rows = mask.sum(axis=1) > 0 if len(layers) < len(self.masks) - 1 else np.ones(len(mask), dtype=bool)
            part = np.ix_(rows, alive)
            layers.append(weight[part] * mask[part])
            alive = rows
        return forward(layers, x)

    @property
    def kept(self) -> int:
        """The number of weights that the masks keep."""
        return sum(int(mask.sum()) for mask in self.masks)

    @property
    def total(self) -> int:
        """The number of weights of the random network."""
        return sum(mask.size for mask in self.masks)


def imitate(
    target: Target,
    epsilon: float,
    method: str,
    random: np.random.Generator,
    radius: float = 1.0,
    failure: float = 0.01,
) -> Imitation:
    """Draw a random network of the planned width, then choose a mask with which it imitates the target within ε.

    The result's ``guarantee`` is worked out from the errors that the mask really makes. But for bad luck, of
    probability ``failure``, it is at most ε. (For ``neurons`` that is *about* the probability: each needs a twin of its
    own, and a twin that two of them want is taken from one.)

    Raises:
        ValueError: as :func:`plan` and :func:`random_network`.
    """
    sizes = plan(target, epsilon, method, radius, failure)
    network = random_network(target, sizes.widths, random)
    return choose_masks(network, target, method, radius, sizes.tolerances)


def choose_masks(
    network: Layers, target: Target, method: str, radius: float = 1.0, tolerances: tuple[float, float] = (0.0, 0.0)
) -> Imitation:
    """Prune ``network`` to imitate the target as well as the method can; subsets stop at the tolerances.

    Raises:
        ValueError: an unknown method, or a network that has the wrong shape for it.
    """
    one_of("method", method, METHODS)
    (hidden, inputs), outputs = target.inner.shape, len(target.outer)
    wanted = (inputs, outputs) if method == "neurons" else (inputs, hidden, outputs)
    found = (network[0].shape[1], *(layer.shape[0] for layer in network[1::2]))
    if len(network) != 2 * len(wanted) - 2 or found != wanted:
        raise ValueError(
            f"{method!r} needs {2 * len(wanted) - 2} layers with {', '.join(map(str, wanted))} neurons before, between "
            f"and after each pair; the network has {len(network)} layers with {', '.join(map(str, found))}"
        )
    if method == "neurons":
        return _match_neurons(network, target, radius)
    choose = _closest_product if method == "products" else _shortest_subset
    enter, inner_errors = _make_up(target.inner, network[:2], choose, tolerances[0], signed=inputs - 1)
    leave, outer_errors = _make_up(target.outer, network[2:], choose, tolerances[1], signed=0)
    off = _off(inner_errors, radius)
    errors = np.abs(target.outer) @ off + outer_errors @ (highest(target.inner, radius) + off)
    return Imitation(network, (*enter, *leave), float(errors.max()))


def _off(errors: np.ndarray, radius: float) -> np.ndarray:
    """By how much hidden neurons can be off on the ball if their weights have these errors, (n, d + 1); shape (n,)."""
    return np.asarray(radius * np.linalg.norm(errors[:, :-1], axis=1) + np.abs(errors[:, -1]))


def _match_neurons(network: Layers, target: Target, radius: float) -> Imitation:
    """Keep, for each target neuron, the random neuron that does the least harm in its place."""
    inner, outer = network
    peaks, harm = highest(inner, radius), np.zeros(len(outer))
    keep_in, keep_out = np.zeros(inner.shape, dtype=bool), np.zeros(outer.shape, dtype=bool)
    for weights, out in zip(target.inner, target.outer.T[:, :, None], strict=True):
        errors = np.abs(out) * _off(inner - weights, radius) + np.abs(outer - out) * peaks  # (outputs, width)
        best = int(np.where(keep_out[0], np.inf, errors.max(axis=0)).argmin())
        keep_in[best], keep_out[:, best] = True, True
        harm += errors[:, best]
    return Imitation(network, (keep_in, keep_out), float(harm.max()))


def _make_up(
    weights: np.ndarray, pair: Layers, choose: Choose, tolerance: float, signed: int
) -> tuple[Layers, np.ndarray]:
    """Mask two random layers with a ReLU between them so that they act like one linear layer, ``weights``.

    Each column, an input x, owns an equal share of the neurons between: those keep their weight u from x alone. A path
    through one gives v · relu(u·x), which is u·v·x for an x of u's sign and 0 otherwise. So neurons with u > 0 and
    with u < 0 are chosen apart, and each side makes up the whole weight for its half of the line. Only the first
    ``signed`` inputs can be negative.

    Returns:
        the two masks; and for each weight the larger of its two errors, shape of ``weights``.
    """
    (rows, columns), (enter, leave) = weights.shape, pair
    share = len(enter) // columns
    keep_in, keep_out = np.zeros(enter.shape, dtype=bool), np.zeros(leave.shape, dtype=bool)
    errors = np.zeros(weights.shape)
    for column in range(columns):
        own = slice(column * share, (column + 1) * share)
        u = enter[own, column]
        for side in (u > 0, u < 0) if column < signed else (u > 0,):
            neurons = np.flatnonzero(side) + own.start
            for row in range(rows):
                products = u[side] * leave[row, neurons]
                chosen = choose(products, float(weights[row, column]), tolerance)
                keep_out[row, neurons[chosen]] = True
                error = abs(products[chosen].sum() - weights[row, column])
                errors[row, column] = max(errors[row, column], error)
        keep_in[own, column] = keep_out[:, own].any(axis=0)
    return (keep_in, keep_out), errors


def _closest_product(products: np.ndarray, weight: float, tolerance: float) -> np.ndarray:
    """Mask of the one product closest to the weight; of none if none is closer than 0 is."""
    mask = np.zeros(len(products), dtype=bool)
    if len(products) and np.abs(products - weight).min() < abs(weight):
        mask[np.abs(products - weight).argmin()] = True
    return mask


def _shortest_subset(products: np.ndarray, weight: float, tolerance: float) -> np.ndarray:
    """Mask of the subset whose sum is closest to the weight, among as few of the products as are enough.

    Of more products than the solver can take only the first are used.
    """
    mask, most = np.zeros(len(products), dtype=bool), min(len(products), most_numbers())
    for count in [*range(8, most, 4), most]:
        taken, total = closest_subset(products[:count], weight)
        if abs(total - weight) <= tolerance:
            break
    mask[: len(taken)] = taken
    return mask
