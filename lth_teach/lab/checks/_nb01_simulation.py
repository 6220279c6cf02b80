"""The judge of notebook 01's ``simulate``: shares of many draws, beside what the noncentral t distribution says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from . import Wrong, call, describe, prints_below
from ._nb01_matching import our_matching

SURE = 4.5  # standard deviations of a share that a right answer may be off: once in 100,000


@dataclass(frozen=True)
class Case:
    """What to ask of ``simulate``."""

    n: int
    spread: float
    truth: float
    margin: float
    repeats: int = 2_000

    @property
    def shown(self) -> str:
        """In words, for the message."""
        return (
            f"n = {self.n} seeds, spread {self.spread:g}, true difference {self.truth:g}, margin {self.margin:g}, "
            f"{self.repeats:,} repeats"
        )

    @property
    def shares(self) -> tuple[float, float]:
        """Coverage and power, but for chance."""
        from ..pictures.matching import chance_to_match

        return 0.95, chance_to_match(self.n, self.spread, self.truth, self.margin)


def simulation_cases() -> list[Case]:
    """Three seeds of an equal ticket; ten of one that is a little worse; five and eight of one that is better.

    The last shows who counts a match only where the truth is held as well: .907 instead of .951.
    """
    return [Case(3, 0.9, 0.0, 1.0), Case(10, 1.0, -0.3, 1.0), Case(5, 1.2, 1.0, 0.5), Case(8, 1.0, 0.5, 1.0)]


def our_simulation(
    n: int, spread: float, truth: float, margin: float, repeats: int, numbers: np.random.Generator
) -> tuple[float, float]:
    """The right answer: (coverage, power)."""
    held = shown = 0
    for _ in range(repeats):
        low, high, word = our_matching(numbers.normal(truth, spread, n), np.zeros(n), margin)
        held += low <= truth <= high
        shown += word == "matches"
    return held / repeats, shown / repeats


def two_shares(attempt: Any, case: Case) -> None:
    """Raise :class:`Wrong` unless the attempt's coverage and power are those of the case, but for chance."""
    given = (case.n, case.spread, case.truth, case.margin, case.repeats)
    right = case.shares
    want = f"  input     {case.shown}\n  expected  about ({right[0]:.3f}, {right[1]:.3f})\n"
    with prints_below() as printed:
        found = call(attempt, [*given, np.random.default_rng(7)], want, printed)
        if found is None:
            raise Wrong(f"{want}  found     None\nDoes your function return its result?")
        if not isinstance(found, (tuple, list)) or len(found) != 2 or not all(map(_is_number, found)):
            raise Wrong(f"{want}  found     {describe(found)}, not a pair of numbers")
        coverage, power = (float(share) for share in found)
        if _near((coverage, power), right, case.repeats):
            return
        why = _likely((coverage, power), right, case)
        got = f"  found     ({coverage:.3f}, {power:.3f})"
        raise Wrong(f"{want}{got}" + (f"\nLikely: {why}" if why else ""))


def _likely(found: tuple[float, float], right: tuple[float, float], case: Case) -> str:
    if found[0] == 1 and found[1] in (0, 1):
        drawn = "every experiment was the same: draw anew, from `numbers`, in each repeat."
        equal = "all differences are equal: noise that stands on both sides cancels, so dense is np.zeros(n)."
        return drawn if found[1] == 0 else f"{equal} Or {drawn}"
    for text, scale in (("these are counts; divide by the number of repeats.", case.repeats),
                        ("these are percentages; fractions are asked for.", 100)):  # fmt: skip
        if _near((found[0] / scale, found[1] / scale), right, case.repeats):
            return text
    near = [(math.dist(found, wrong), text) for text, wrong in _mistakes(case) if _near(found, wrong, case.repeats)]
    if near:
        return min(near)[1]  # some lie close together
    other = next((one for one in simulation_cases() if _near(found, one.shares, one.repeats)), None)
    return "" if other is None else f"these are the shares for {other.shown}. Do yours depend on what is given?"


def _is_number(value: Any) -> bool:
    return hasattr(value, "__float__") and np.ndim(value) == 0


def _near(found: tuple[float, float], right: tuple[float, float], repeats: int) -> bool:
    return all(
        abs(one - share) <= SURE * math.sqrt(min(share, 1) * max(1 - share, 0) / repeats) + 2 / repeats
        for one, share in zip(found, right, strict=True)
    )


def _mistakes(case: Case) -> list[tuple[str, tuple[float, float]]]:
    """(explanation, the pair it would give), by a simulation of many draws at once."""
    from ..pictures.matching import chance_to_match

    numbers = np.random.default_rng(0)
    n, truth, margin = case.n, case.truth, case.margin
    draws = numbers.normal(truth, case.spread, (40_000, n))
    error = draws.std(axis=1, ddof=1) / math.sqrt(n)
    low, high = (draws.mean(axis=1) + sign * stdtrit(n - 1, 0.975) * error for sign in (-1, 1))

    def pair(held: np.ndarray, shown: np.ndarray) -> tuple[float, float]:
        return float(held.mean()), float(shown.mean())

    covered, matches = (low <= truth) & (truth <= high), low > -margin
    narrow = numbers.normal(truth, case.spread / math.sqrt(n), (40_000, n))
    half = stdtrit(n - 1, 0.975) * narrow.std(axis=1, ddof=1) / math.sqrt(n)
    rough = draws.mean(axis=1) - 1.96 * error, draws.mean(axis=1) + 1.96 * error
    right = pair(covered, matches)
    zero, at_margin = (low <= 0) & (high >= 0), (low <= -margin) & (-margin <= high)
    return [
        ("the two are the wrong way round: coverage first.", right[::-1]),
        (
            "coverage asks whether the interval holds the *true difference*; you asked for zero.",
            pair(zero, matches),
        ),
        ("coverage asks for the true difference; you asked whether −margin is held.", pair(at_margin, matches)),
        ("`truth` was left out of the draws, so the true difference is zero in them.", _without_truth(case)),
        (
            "power is how often the word is 'matches'; you counted how often the mean lies above −margin.",
            pair(covered, draws.mean(axis=1) > -margin),
        ),
        ("power: 'open' is not 'matches'. You counted all that is not refuted.", pair(covered, high >= -margin)),
        ("power: you asked for both at once; the word alone decides.", pair(covered, covered & matches)),
        (
            "the dense network is np.zeros(n): `spread` is that of the difference already.",
            (0.95, chance_to_match(n, math.sqrt(2) * case.spread, truth, margin)),
        ),
        ("power: that is how often zero is left out of the interval.", pair(covered, ~zero)),
        ("power: that is how often zero is held by the interval.", pair(covered, zero)),
        (
            "the spread is that of one seed's difference; it is not divided by √n before the draw.",
            pair(
                (narrow.mean(axis=1) - half <= truth) & (truth <= narrow.mean(axis=1) + half),
                narrow.mean(axis=1) - half > -margin,
            ),
        ),
        (
            "an interval with 1.96 is too narrow for so few seeds; use Student's t, as `matching` does.",
            pair((rough[0] <= truth) & (truth <= rough[1]), rough[0] > -margin),
        ),
    ]


def _without_truth(case: Case) -> tuple[float, float]:
    draws = np.random.default_rng(1).normal(0, case.spread, (40_000, case.n))
    half = stdtrit(case.n - 1, 0.975) * draws.std(axis=1, ddof=1) / math.sqrt(case.n)
    low, high = draws.mean(axis=1) - half, draws.mean(axis=1) + half
    held, shown = (low <= case.truth) & (case.truth <= high), low > -case.margin
    return float(held.mean()), float(shown.mean())
