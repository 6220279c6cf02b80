"""What notebook 01's ``matching`` is asked and should answer, and how its mistakes look."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.special import stdtrit

from . import Wrong, call, describe, prints_below

Case = tuple[np.ndarray, np.ndarray, float]  # accuracies of ticket and dense in percent, by seed; margin in points
ANSWERS = ("matches", "does not match", "open")


def our_matching(ticket: np.ndarray, dense: np.ndarray, margin: float) -> tuple[float, float, str]:
    """The right answer: (low, high, word)."""
    low, high = _bounds(ticket, dense, margin)
    return low, high, "matches" if low > -margin else "does not match" if high < -margin else "open"


def matching_cases() -> list[Case]:
    """Better; a little worse, but surely within the margin; three seeds that say nothing; worse; a wider margin.

    Then three in which the width misleads: wide, and wholly above; wide, and wholly below; narrow, and −margin inside.
    """
    cases = []
    given = ((8, 0.9, 1.0, 0.6), (12, -0.4, 1.0, 0.6), (3, -0.3, 1.0, 0.6), (10, -3.0, 1.0, 0.6), (10, -3.0, 5.0, 0.6),
             (4, 2.0, 1.0, 0.95), (4, -4.0, 1.0, 0.95), (8, -1.2, 1.0, 0.6))  # fmt: skip
    for number, (n, mean, margin, spread) in enumerate(given):
        numbers = np.random.default_rng(number)
        dense = 80 + 2 * numbers.normal(size=n)
        differences = numbers.normal(size=n)
        differences = mean + spread * (differences - differences.mean()) / differences.std(ddof=1)
        cases.append((np.round(dense + differences, 2), np.round(dense, 2), margin))
    return cases


def _bounds(
    ticket: np.ndarray,
    dense: np.ndarray,
    margin: float,
    *,
    quantile: float = 0.975,
    normal: bool = False,
    ddof: int = 1,
    divisor: Callable[[int], float] = math.sqrt,
    power: int = 1,
    turned: bool = False,
) -> tuple[float, float]:
    """The interval, right or with one thing wrong."""
    differences = (dense - ticket) if turned else ticket - dense
    n = len(differences)
    factor = 1.959963984540054 if normal else float(stdtrit(n - 1, quantile))
    half = factor * float(differences.std(ddof=ddof)) ** power / divisor(n)
    return float(differences.mean()) - half, float(differences.mean()) + half


def _unpaired(ticket: np.ndarray, dense: np.ndarray, margin: float, pooled: bool) -> tuple[float, float]:
    n, mean = len(ticket), float(ticket.mean() - dense.mean())
    error = math.sqrt((ticket.var(ddof=1) + dense.var(ddof=1)) / n)
    half = float(stdtrit(2 * n - 2 if pooled else n - 1, 0.975)) * error
    return mean - half, mean + half


def _ends(ticket: np.ndarray, dense: np.ndarray, margin: float) -> tuple[float, float]:
    differences = ticket - dense
    return float(differences.min()), float(differences.max())


UNPAIRED = "you treated the two columns as unrelated. Take the difference seed by seed: what both share cancels."
INTERVALS: list[tuple[str, Callable[..., tuple[float, float]]]] = [
    (UNPAIRED, partial(_unpaired, pooled=False)),
    (UNPAIRED, partial(_unpaired, pooled=True)),
    ("1.96 is for a spread that is known. From n seeds take Student's t with n − 1.", partial(_bounds, normal=True)),
    ("the standard deviation divides by n − 1 (ddof=1); numpy divides by n unless told.", partial(_bounds, ddof=0)),
    ("the √n is missing: the mean of n seeds spreads less than one seed.", partial(_bounds, divisor=lambda n: 1)),
    (
        "twice as wide: t × spread / √n is the way from the mean to *either* end, not half of it.",
        partial(_bounds, divisor=lambda n: math.sqrt(n) / 2),
    ),
    ("you divided by n; the standard deviation of a mean is that of one seed by √n.", partial(_bounds, divisor=float)),
    ("that is the variance; its root, the standard deviation, is in points.", partial(_bounds, power=2)),
    (
        "5 % are left out on each side; 95 % in the middle leave 2.5 %, so t is at 0.975.",
        partial(_bounds, quantile=0.95),
    ),
    ("the difference is the wrong way round: ticket minus dense.", partial(_bounds, turned=True)),
    ("these are the least and the largest difference. A mean can be placed better than that.", _ends),
]


def _word(rule: Callable[[float, float, float], str]) -> Callable[..., str]:
    return lambda ticket, dense, margin: rule(*_bounds(ticket, dense, margin), margin)


def _by_mean(low: float, high: float, margin: float) -> str:
    return "matches" if (low + high) / 2 > -margin else "does not match"


def _against_zero(low: float, high: float, margin: float) -> str:
    return "open" if low <= 0 <= high else "matches" if low > 0 else "does not match"


def _holds_zero(low: float, high: float, margin: float) -> str:
    return "matches" if high >= 0 else "does not match"


def _by_high(low: float, high: float, margin: float) -> str:
    return "matches" if high > -margin else "does not match"


def _by_low(low: float, high: float, margin: float) -> str:
    return "matches" if low > -margin else "does not match"


def _both_sides(low: float, high: float, margin: float) -> str:
    if low > -margin and high < margin:
        return "matches"
    return "does not match" if high < -margin or low > margin else "open"


def _by_width(low: float, high: float, margin: float) -> str:
    return "open" if (high - low) / 2 > margin else _by_mean(low, high, margin)


def _narrow_first(low: float, high: float, margin: float) -> str:
    lies = "matches" if low > -margin else "does not match" if high < -margin else "open"
    return "open" if (high - low) / 2 > margin else lies


WIDTH = "you judged by the width. A wide interval may lie wholly above −margin, or below; a narrow one may hold it."


def _turned(low: float, high: float, margin: float) -> str:
    return "matches" if low > margin else "does not match" if high < margin else "open"


WORDS: list[tuple[str, Callable[..., str]]] = [
    ("you judged by the mean alone. The whole interval must lie above −margin.", _word(_by_mean)),
    (
        "that asks whether zero lies in the interval. Seeds that say nothing would then match; ask where the interval "
        "lies from −margin.",
        _word(_holds_zero),
    ),
    ("you compared with zero. A ticket may be a little worse: compare with −margin.", _word(_against_zero)),
    ("you looked at the upper end. That it might match is not enough: look at the lower end.", _word(_by_high)),
    ("there is a third word: where the interval holds −margin, the case is open.", _word(_by_low)),
    ("a ticket that is better matches, too; only the lower side has a margin.", _word(_both_sides)),
    (WIDTH, _word(_by_width)),
    (WIDTH, _word(_narrow_first)),
    ("the sign of the margin: 'not more than 1 point below' is above −1.", _word(_turned)),
]


def pairs(case: Case) -> str:
    """A case in words."""
    ticket, dense, margin = case
    shown = ", ".join(f"{a:g}/{b:g}" for a, b in zip(ticket[:4], dense[:4], strict=True))
    return f"{len(ticket)} seeds, ticket/dense {shown}{', …' * (len(ticket) > 4)}, margin {margin:g}"


def three_parts(attempt: Any, case: Case) -> str:
    """The word, if the attempt returns two numbers and one of the three words; else raise :class:`Wrong`."""
    shown = f"  input     {pairs(case)}\n  expected  (low, high, word), the word one of {', '.join(ANSWERS)}\n"
    with prints_below() as printed:
        ticket, dense, margin = case
        found = call(attempt, [ticket.copy(), dense.copy(), margin], shown, printed)
        if found is None:
            raise Wrong(f"{shown}  found     None\nDoes your function return its result?")
        if not isinstance(found, (tuple, list)) or len(found) != 3 or found[2] not in ANSWERS:
            raise Wrong(f"{shown}  found     {describe(found)}")
        return str(found[2])
