"""How notebook 10 judges a price list: any will do that is honest, and cheaper where values are frequent.

Honest: over all lists of one length exp(−price) adds up to 1 at most, so that the union bound can be paid from it.
Short lists are all added up. Of long ones some are drawn, each with probability exp(−the course's price): the mean of
exp(course's price − price) over all such draws is the same sum.
"""

from __future__ import annotations

import io
import itertools
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from . import Wrong, call, describe, prints_below

SHORT = ((1, 6), (2, 4), (3, 2), (2, 1), (1, 1))  # bits, length: all lists are tried
LONG = 400  # values of 3 bits, most of them in the middle
ROOM = 20  # nats above the flat price that a short list may cost
SHARE = 0.95  # of the flat price, at most
DRAWN = 100  # long lists of 4 bits
FAR = 1_000  # by Markov's inequality the mean over the draws of an honest list is above this once in a thousand times


def skewed(many: int = LONG, bits: int = 3) -> list[int]:
    """A list of values that pile up in the middle, as weights do."""
    spread = [math.comb(2**bits - 1, value) for value in range(2**bits)]
    counts = [round(many * share / sum(spread)) for share in spread]
    return [value for value, count in enumerate(counts) for _ in range(count)]


def drawn(bits: int = 4) -> list[list[int]]:
    """Long lists in random order; all counts that a list of :data:`LONG` values may have are equally likely."""
    lot = np.random.default_rng(0)
    return [lot.choice(2**bits, LONG, p=lot.dirichlet(np.ones(2**bits))).tolist() for _ in range(DRAWN)]


def course(values: list[int] | tuple[int, ...], bits: int) -> float:
    """The course's price in nats: one of all counts that there may be, and one of all orders with these counts."""
    others = 2**bits - 1
    return math.log(math.comb(len(values) + others, others)) + _orders(values)


def judge(attempt: Callable[[list[int], int], Any]) -> int:
    """Raise :class:`Wrong` unless the list is honest on short lists, cheap on a skewed one, and honest on long ones."""
    with prints_below() as printed:
        call(attempt, [[0, 1], 1], "  input     the list [0, 1] of 1 bit\n", printed)  # is it a function at all?
        for bits, many in SHORT:
            everything = list(itertools.product(range(2**bits), repeat=many))
            words = f"{many} value{'s' * (many > 1)} of {bits} bit{'s' * (bits > 1)}"
            case = f"  input     all {len(everything):,} lists of {words}\n"
            # one call for all, so that a loop that never ends is stopped once
            found = call(
                lambda bits, lists: [attempt(list(one), bits) for one in lists], [bits, everything], case, printed
            )
            prices = [_number(one, case) for one in found]
            if (total := sum(math.exp(-price) for price in prices)) > 1 + 1e-6:
                raise Wrong(
                    f"{case}  expected  exp(−price), added up over all of them, at most 1\n  found     {total:.4g}\n"
                    f"Likely: {_why(everything, prices, bits)}"
                )
            if min(prices) > bits * many * math.log(2) + ROOM:
                raise Wrong(
                    f"{case}  expected  the cheapest below {bits * many * math.log(2) + ROOM:.0f} nats\n  found     "
                    f"{min(prices):.0f}\nLikely: honest, but every list is too dear. What does a list this short need?"
                )
        values = skewed()
        case = f"  input     {len(values)} values of 3 bits, most of them in the middle\n"
        found = _number(call(attempt, [list(values), 3], case, printed), case)
        flat = len(values) * 3 * math.log(2)
        if found > SHARE * flat:
            why = _dear(values, found)
            raise Wrong(f"{case}  expected  less than {SHARE * flat:.0f} nats\n  found     {found:.0f}\nLikely: {why}")
        _judge_long(attempt, printed)
    return len(SHORT) + 2


def _judge_long(attempt: Callable[[list[int], int], Any], printed: io.StringIO) -> None:
    lists, bits = drawn(), 4
    case = f"  input     {DRAWN} lists of {LONG} values of {bits} bits, drawn by lot\n"
    found = call(lambda bits, lists: [attempt(list(one), bits) for one in lists], [bits, lists], case, printed)
    saved = [min(course(one, bits) - _number(price, case), 99) for one, price in zip(lists, found, strict=True)]
    if (total := sum(math.exp(nats) for nats in saved) / DRAWN) > FAR:
        raise Wrong(
            f"{case}  expected  exp(−price), added up over all such lists, at most 1\n  found     about {total:.1g}\n"
            "Likely: honest on short lists only. The fee for reading off the frequencies must grow with the length."
        )


def _number(found: Any, case: str) -> float:
    try:
        price = float(found)
    except (TypeError, ValueError):
        raise Wrong(f"{case}  expected  one number, in nats\n  found     {describe(found)}") from None
    if isinstance(found, (bool, str)) or math.isnan(price):
        raise Wrong(f"{case}  expected  one number, in nats\n  found     {describe(found)}")
    if price < -1e-9:
        raise Wrong(f"{case}  found     a price of {price:.3g}: nothing may cost less than nothing.")
    return price


def _why(lists: list[tuple[int, ...]], prices: list[float], bits: int) -> str:
    many = len(lists[0])

    def like(wrong: Callable[[tuple[int, ...]], float]) -> bool:
        return all(abs(wrong(one) - price) < 1e-6 for one, price in zip(lists, prices, strict=True))

    if all(price == 0 for price in prices):
        return "everything is free."
    if like(lambda one: many * _entropy(one)) or like(_orders):
        return (
            "the frequencies are read off the list, so the list with the one right set of frequencies is cheap, and "
            "so is every other list by its own. Which frequencies were taken must be paid for, too."
        )
    if like(lambda one: _orders(one) + math.log(many + 1)):
        return "with 2**bits values there are more ways to share out the counts than many + 1."
    return (
        "too many lists are cheap at once. Whatever your list of prices is made from must be fixed beforehand, or "
        "paid for."
    )


def _dear(values: list[int], found: float) -> str:
    flat = len(values) * 3 * math.log(2)
    if abs(found - flat) < 1e-6:
        return "that is the flat price. Frequent values could cost less, rare ones more."
    if found > flat and found * math.log(2) < SHARE * flat:
        return "in bits? Use natural logarithms."
    return "honest, but hardly cheaper than the flat price. Are frequent values cheap?"


def _entropy(values: tuple[int, ...]) -> float:
    """Nats a value, by the frequencies of the list itself."""
    return sum(-count / len(values) * math.log(count / len(values)) for count in Counter(values).values())


def _orders(values: list[int] | tuple[int, ...]) -> float:
    return math.lgamma(len(values) + 1) - sum(math.lgamma(count + 1) for count in Counter(values).values())
