"""The lemma of the document's section 6.4: how many levels of pruning a target needs, exactly, in whole weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

from .ground.arguments import open_unit

ROUNDINGS: dict[str, Callable[[Fraction], int]] = {"round": round, "floor": math.floor, "ceil": math.ceil}


def kept_at_target(n_weights: int, target_sparsity: float | str | Fraction) -> int:
    """The largest number of kept weights, of ``n_weights``, that still reaches the target sparsity."""
    return math.floor(n_weights * (1 - open_unit("target_sparsity", target_sparsity)))


def number_to_prune(survivors: int, prune_rate: float | str | Fraction, rounding: str = "round") -> int:
    """How many of ``survivors`` one level removes: rate × survivors, rounded (halves to the even number)."""
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS)}, got {rounding!r}")
    return ROUNDINGS[rounding](open_unit("prune_rate", prune_rate) * survivors)


def imp_levels(prune_rate: float | str | Fraction, target_sparsity: float | str | Fraction) -> int:
    """The lemma: the least t with 1 − (1 − p)^t ≥ s, that is ⌈log(1 − s) / log(1 − p)⌉, never off by one.

    The logarithms are taken with 60 decimal digits, and two more for each digit of the inputs. A quotient that
    agrees with a whole number to 40 digits more than the inputs have is that whole number.

    Args:
        prune_rate: p in (0, 1), the fraction of the survivors removed by one level.
        target_sparsity: s in (0, 1), the fraction of all weights to remove.

    Raises:
        ValueError: either lies outside (0, 1).
    """
    rate, target = open_unit("prune_rate", prune_rate), open_unit("target_sparsity", target_sparsity)
    with localcontext() as context:
        digits = max(len(str(rate.denominator)), len(str(target.denominator)))
        context.prec = 60 + 2 * digits
        log_kept, log_wanted = (
            (Decimal(part.numerator) / Decimal(part.denominator)).ln() for part in (1 - rate, 1 - target)
        )
        quotient = log_wanted / log_kept
        nearest = quotient.to_integral_value()
        if abs(quotient - nearest) < Decimal(10) ** -(40 + digits):
            return int(nearest)
        return math.ceil(quotient)


def follow(
    n_weights: int, prune_rate: float | str | Fraction, target_sparsity: float | str | Fraction, rounding: str = "round"
) -> list[int]:
    """Weights kept at each level, level 0 first, up to the target or to a level that removes nothing (a stall).

    Counts whole weights. :func:`imp_schedule` refuses a stall; this shows how far it gets.

    Raises:
        ValueError: a rate outside (0, 1), an unknown rounding, or n_weights below 1.
    """
    if n_weights < 1:
        raise ValueError(f"n_weights must be at least 1, got {n_weights}")
    goal = kept_at_target(n_weights, target_sparsity)
    kept = [n_weights]
    while kept[-1] > goal and (removed := number_to_prune(kept[-1], prune_rate, rounding)):
        kept.append(kept[-1] - removed)
    return kept


def imp_schedule(
    n_weights: int,
    prune_rate: float | str | Fraction,
    target_sparsity: float | str | Fraction,
    rounding: str = "round",
) -> list[int]:
    """How many weights each level keeps, level 0 (all of them) first, the first level at the target last.

    Weights are whole, so a level removes a rounded number and the count of levels can differ from the lemma's.

    Raises:
        ValueError: n_weights is below 1, a rate is outside (0, 1), or the schedule stalls: so few weights are left
            that a level rounds to removing none (the message says at how many).
    """
    kept = follow(n_weights, prune_rate, target_sparsity, rounding)
    goal = kept_at_target(n_weights, target_sparsity)
    if kept[-1] > goal:
        raise ValueError(
            f"the schedule stalls at {kept[-1]} of {n_weights} weights: {prune_rate} of {kept[-1]} rounds to 0 "
            f"({rounding}), and target_sparsity {target_sparsity} needs at most {goal}; raise prune_rate"
        )
    return kept
