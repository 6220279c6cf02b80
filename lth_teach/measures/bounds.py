"""Sections 6.2 and 6.3 as formulas: how much gradient a mask keeps, and bounds on how far test and training part.

A generalisation bound says: with probability at least 1 − delta over the training samples, the test error is at most
the training error plus this much. Errors lie in [0, 1], so a bound above 1 says nothing; it is called vacuous.

Throughout, n is the number of prunable weights, k of them are kept, and m samples were trained on. Logarithms are
natural. Where the source says O(…), the constant is taken as 1, which is generous: proofs give larger ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ..ground.arguments import fraction


def cosine(gradient: ArrayLike, kept: ArrayLike) -> float:
    """The cosine of the angle between a gradient g and its masked copy m ⊙ g, in [0, 1].

    Computed from its definition, ⟨g, m ⊙ g⟩ / (‖g‖ ‖m ⊙ g‖). The numerator is ‖m ⊙ g‖², so it is ‖m ⊙ g‖ / ‖g‖.
    It is 0 where the mask keeps no gradient at all.

    Args:
        gradient: any shape.
        kept: the mask, of the same shape; true = kept.

    Raises:
        ValueError: shapes differ, the mask holds other values than 0 and 1, a gradient entry is not finite, or the
            gradient is zero, so that it has no direction.
    """
    dense, sparse = _masked(gradient, kept)
    norm = float(np.linalg.norm(sparse))
    # min: rounding can lift a full mask's cosine just above 1.
    return min(1.0, float(dense @ sparse) / (float(np.linalg.norm(dense)) * norm)) if norm > 0 else 0.0


def progress_ratio(gradient: ArrayLike, kept: ArrayLike) -> float:
    """First-order progress of a step along m ⊙ g over that of a step of the same rate along g, in [0, 1].

    The document's section 6.2: ⟨g, m ⊙ g⟩ / ‖g‖², which is the square of :func:`cosine`. Arguments and errors as there.
    """
    dense, sparse = _masked(gradient, kept)
    return float(dense @ sparse) / float(dense @ dense)


def _masked(gradient: ArrayLike, kept: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    dense, mask = np.asarray(gradient, dtype=float), np.asarray(kept)
    if dense.shape != mask.shape:
        raise ValueError(f"gradient of shape {dense.shape}, mask of shape {mask.shape}; they must be the same")
    if not (binary := np.isin(mask, (0, 1))).all():
        raise ValueError(f"a mask holds only true and false, or 1 and 0; it also has {mask[~binary][0]}")
    mask = mask.astype(bool)
    if not np.isfinite(dense).all():
        raise ValueError("the gradient has entries that are not finite")
    if not dense.any():
        raise ValueError("the gradient is zero, so it has no direction to preserve")
    dense = dense.ravel() / np.abs(dense).max()  # so that no square over- or underflows; neither result depends on it
    return dense, dense * mask.ravel()


def log_choices(n: int, k: int) -> float:
    """ln C(n, k): the number of masks that keep k of n weights, as a logarithm. 0 ≤ k ≤ n.

    k ln(n/k) ≤ ln C(n, k) ≤ k ln(en/k) for 1 ≤ k ≤ n.
    """
    _check(n, k, 1, least=0)
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def document_bound(n: int, k: int, m: int) -> float:
    """√(k ln(n/k) / m), as the document's section 6.3 has it. It is 0 at k = n and largest near k = n/e.

    Raises:
        ValueError: unless 1 ≤ k ≤ n and m ≥ 1.
    """
    _check(n, k, m)
    return math.sqrt(k * math.log(n / k) / m)


def sparse_bound(n: int, k: int, m: int) -> float:
    """√(k ln(en/k) / m), the same with the price of the k values: k ln(en/k) = k + k ln(n/k). Rises with k.

    Raises:
        ValueError: unless 1 ≤ k ≤ n and m ≥ 1.
    """
    _check(n, k, m)
    return math.sqrt(k * (1 + math.log(n / k)) / m)


def relu_bound(n: int, k: int, m: int, depth: int, delta: float = 0.05) -> float:
    """√((k L ln k + k ln(en/k) + ln(1/delta)) / m) for a ReLU network of L = ``depth`` layers.

    A network of k weights has a Vapnik-Chervonenkis dimension of order k L ln k (Bartlett et al. 2019, arXiv
    1703.02930); the second term pays for choosing the mask after seeing the data.

    Raises:
        ValueError: unless 1 ≤ k ≤ n, m ≥ 1, depth ≥ 1 and 0 < delta < 1.
    """
    _check(n, k, m, delta)
    if depth < 1:
        raise ValueError(f"depth must be at least 1 layer, got {depth}")
    return math.sqrt((k * depth * math.log(k) + k * (1 + math.log(n / k)) - math.log(delta)) / m)


def counting_bound(n: int, k: int, m: int, bits: int = 32, delta: float = 0.05) -> float:
    """√((k · bits · ln 2 + ln C(n, k) + ln(1/delta)) / 2m): proven, with no constant left open.

    There are at most 2^(bits · k) · C(n, k) networks with k weights of that many bits each. Hoeffding's inequality
    for each of them and a union over all give the bound. (Other parameters, such as biases, are not counted.)

    Raises:
        ValueError: unless 1 ≤ k ≤ n, m ≥ 1, bits ≥ 1 and 0 < delta < 1.
    """
    _check(n, k, m, delta)
    if bits < 1:
        raise ValueError(f"bits must be at least 1 a weight, got {bits}")
    return math.sqrt((k * bits * math.log(2) + log_choices(n, k) - math.log(delta)) / (2 * m))


def holdout_bound(samples: int, delta: float = 0.05) -> float:
    """√(ln(1/delta) / 2m): how far the true error lies above that on m samples which chose nothing (Hoeffding).

    Raises:
        ValueError: unless samples ≥ 1 and 0 < delta < 1.
    """
    _check(1, 1, samples, delta)
    return math.sqrt(-math.log(delta) / (2 * samples))


def vacuous(bound: Callable[[int], float], n: int, limit: float = 1.0) -> range:
    """All numbers k of kept weights, from 1 to n, for which ``bound(k)`` is above the limit; empty if there are none.

    Each bound here rises with k up to a peak (perhaps n itself) and falls from there on, so these k lie together,
    and halving finds both ends exactly.

    Args:
        bound: of k alone, for example ``lambda k: sparse_bound(266_200, k, 60_000)``.

    Raises:
        ValueError: n is below 1.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    peak = _first(lambda k: k == n or bound(k + 1) <= bound(k), 1, n)
    if bound(peak) <= limit:
        return range(0)
    start = _first(lambda k: bound(k) > limit, 1, peak)
    return range(start, n + 1) if bound(n) > limit else range(start, _first(lambda k: bound(k) <= limit, peak, n))


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The least number from low to high for which a condition holds that, once it holds, holds up to high."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _check(n: int, k: int, m: int, delta: float = 0.5, least: int = 1) -> None:
    if not least <= k <= n:
        raise ValueError(f"k must be from {least} to n = {n} kept weights, got {k}")
    if m < 1:
        raise ValueError(f"the number of samples must be at least 1, got {m}")
    fraction(delta=delta)
