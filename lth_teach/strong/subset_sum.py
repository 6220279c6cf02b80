"""Subset sums of a few random numbers: the closest one to a target, exactly, and how far any target is from one.

The halving trick is Horowitz & Sahni's (1974); that few random numbers suffice is Lueker's theorem (1998).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..ground.arguments import fraction

MEMORY = 2**28  # bytes (256 MB) that a call may take
BYTES_A_SUM = 64  # eight arrays of eight-byte numbers live at the same time
LUEKER = 2.5  # the constant of Lueker's bound for products u · v of uniforms; measured, see :func:`numbers_needed`


def most_numbers(memory: int = MEMORY, halved: bool = True) -> int:
    """How many numbers fit into ``memory`` bytes: 2^(n/2) sums are kept if the list is halved, 2^n if not.

    Raises:
        ValueError: not even the empty sum fits.
    """
    if memory < BYTES_A_SUM:
        raise ValueError(f"memory must be at least {BYTES_A_SUM} bytes, those of one sum, got {memory}")
    exponent = int(math.log2(memory / BYTES_A_SUM))
    return 2 * exponent if halved else exponent


def _checked(numbers: Sequence[float] | np.ndarray, halved: bool) -> np.ndarray:
    array = np.asarray(numbers, dtype=float)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError(f"numbers must be a flat list of finite numbers, got shape {array.shape}: {array}")
    most = most_numbers(halved=halved)
    if len(array) > most:
        kept = (len(array) + 1) // 2 if halved else len(array)
        raise ValueError(
            f"{len(array)} numbers need 2^{kept} sums at a time, {BYTES_A_SUM * 2.0**kept / 2**20:,.0f} MB; "
            f"at most {most} numbers fit into {MEMORY // 2**20} MB"
        )
    return array


def all_sums(numbers: Sequence[float] | np.ndarray) -> np.ndarray:
    """The sums of all 2^n subsets, shape (2^n,). Bit i of a position says whether number i is in (the first is 0)."""
    array, sums = _checked(numbers, halved=False), np.zeros(1)
    for number in array:
        sums = np.concatenate([sums, sums + number])
    return sums


def closest_subset(numbers: Sequence[float] | np.ndarray, target: float) -> tuple[np.ndarray, float]:
    """The subset whose sum is closest to ``target``; exact, by meeting in the middle.

    All sums of the first half of the numbers are listed, and all of the second. For each sum of the first, the best
    partner in the sorted second list is found by bisection. That costs about 2^(n/2) steps and not 2^n.

    Args:
        numbers: flat, at most :func:`most_numbers`; may be empty.
        target: finite.

    Returns:
        mask, shape (n,), true for the numbers taken (all false: the empty subset, whose sum is 0); and the sum.

    Raises:
        ValueError: too many numbers (the message says how many may be), or one that is not finite.
    """
    array = _checked(numbers, halved=True)
    if not math.isfinite(target):
        raise ValueError(f"target must be finite, got {target}")
    middle = len(array) // 2
    first, second = all_sums(array[:middle]), all_sums(array[middle:])
    order = np.argsort(second)
    ordered = second[order]
    above = np.searchsorted(ordered, target - first).clip(max=len(ordered) - 1)
    below = (above - 1).clip(min=0)
    nearer = np.abs(first + ordered[below] - target) <= np.abs(first + ordered[above] - target)
    partner = np.where(nearer, below, above)
    best = int(np.argmin(np.abs(first + ordered[partner] - target)))
    codes = (best, middle), (int(order[partner[best]]), len(array) - middle)
    mask = np.array([bool(code >> bit & 1) for code, bits in codes for bit in range(bits)], dtype=bool)
    return mask, float(array[mask].sum())


def worst_distance(sums: np.ndarray, low: float = -0.5, high: float = 0.5) -> float:
    """The largest distance from a z in [low, high] to the nearest of ``sums``.

    Between two neighbouring sums the distance is largest in the middle; otherwise at an end of the interval.
    """
    ordered = np.sort(sums, kind="stable")
    middles, gaps = (ordered[1:] + ordered[:-1]) / 2, np.diff(ordered)
    inside = gaps[(middles >= low) & (middles <= high)]
    ends = [float(np.abs(ordered - end).min()) for end in (low, high)]
    return max(*ends, float(inside.max(initial=0.0)) / 2)


def numbers_needed(epsilon: float, failure: float) -> int:
    """⌈C · log2(2 / min(ε, failure))⌉ products u · v of uniforms bring a z in [−½, ½] within ε of a subset sum.

    The form is Lueker's (1998), for numbers uniform in [−1, 1]; Pensia et al. (2020, arXiv 2006.07990) carried it over
    to products. For some C *every* z is then reached with a probability of at least 1 − failure; the proof gives no
    useful C. Ours is measured, for products of a u in [−1, 1] and a v in [0, 1] or the other way round, at the hardest
    place (|z| = ½) and for every z: study "sums" of :mod:`lth_teach.experiments.malach_bound` and its claim
    06-constant. It is not proven.

    Raises:
        ValueError: either argument outside (0, 1).
    """
    fraction(epsilon=epsilon, failure=failure)
    return math.ceil(LUEKER * math.log2(2 / min(epsilon, failure)))


def subset_candidates(epsilon: float, failure: float) -> int:
    """How many random pairs until some with u > 0 (or u < 0) have products that add up to a z in [−½, ½] within ε.

    Twice what :func:`numbers_needed` asks for, since half of the pairs have the wrong sign.
    """
    return 2 * numbers_needed(epsilon, failure)
