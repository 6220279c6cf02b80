"""An explorer of section 6.4: from a rate, a target and a number of weights to the number of levels, exactly.

lemma.js counts with whole numbers of any length (BigInt) and draws; here are the same words, from
:mod:`lth_teach.lemma`, for a page without JavaScript. See :mod:`lth_teach.explore.drawing` for how a page gets it.
"""

from __future__ import annotations

from fractions import Fraction

import traitlets

from ..ground.arguments import open_unit
from ..lab.pictures.lemma import staircase
from ..lab.plots import Picture
from ..lemma import ROUNDINGS, follow, imp_levels, kept_at_target
from .drawing import Drawn, script

START = {"p": "0.2", "s": "0.9", "n": "100", "rounding": "floor"}
ROUNDED = {"floor": "rounded down", "round": "rounded to the nearest (halves to even)", "ceil": "rounded up"}


def reading(p: str, s: str, n: str, rounding: str) -> str:
    """What the formula says and what whole weights do; the sentence that follows the fields, to the letter.

    Args:
        p, s: prune rate and target sparsity, each a decimal or a fraction such as "1/5".
        n: number of weights.
        rounding: "floor", "round" (halves to the even number) or "ceil", of p × survivors.

    Raises:
        ValueError: a value that the lemma refuses.
    """
    rate, target, weights = open_unit("p", p), open_unit("s", s), int(n)
    levels, kept = imp_levels(rate, target), follow(weights, rate, target, rounding)
    goal, taken, last = kept_at_target(weights, target), len(kept) - 1, kept[-1]
    tie = " The target is met exactly." if (1 - rate) ** levels == 1 - target else ""
    start = (
        f"p = {_text(rate)}, s = {_text(target)}. The formula: {_levels(levels)}.{tie} "
        f"{weights:,} whole weights, {ROUNDED[rounding]}: "
    )
    if last > goal:
        return f"{start}the search stalls at {last:,} after {_levels(taken)}; the target allows {goal:,}."
    return f"{start}{_levels(taken)}, which keep {last:,}, or {_percent(last, weights)} %; the target allows {goal:,}."


def _text(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _levels(number: int) -> str:
    return f"{number:,} level{'' if number == 1 else 's'}"


def _percent(kept: int, weights: int) -> str:
    """To a tenth, halves up, without floating point."""
    tenths = (2_000 * kept + weights) // (2 * weights)
    return f"{tenths // 10}.{tenths % 10}"


def picture(p: str, s: str, n: str, rounding: str) -> Picture:
    """The still picture of the same values."""
    return staircase(int(n), p, s, rounding, words=reading(p, s, n, rounding))


class Lemma(Drawn):
    """Three fields and a menu over a staircase that the browser draws."""

    name = "lemma"
    _esm = script(name)
    p = traitlets.Unicode(START["p"]).tag(sync=True)
    s = traitlets.Unicode(START["s"]).tag(sync=True)
    n = traitlets.Unicode(START["n"]).tag(sync=True)
    rounding = traitlets.Enum(list(ROUNDINGS), START["rounding"]).tag(sync=True)

    def still(self) -> tuple[Picture, str]:
        return picture(**START), reading(**START)  # what was typed since may be no number


def explorer() -> Lemma:
    """The explorer, at a hundred weights, rounded down."""
    return Lemma()


def html() -> str:
    """The same as a piece of a page; see :meth:`.drawing.Drawn.page`."""
    return explorer().page()
