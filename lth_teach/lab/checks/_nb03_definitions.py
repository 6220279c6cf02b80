"""What notebook 03's ``disagree`` is asked, how its answers are judged, and the picture of two definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import Wrong, call, describe, prints_below

if TYPE_CHECKING:
    from ..plots import Picture

LIMIT = 0.02  # a barrier below it is called stable
TINY = 1e-6  # what torch's usual numbers may be off by
ENDS = ((0.05, 0.25), (0.2, 0.21), (0.3, 0.12), (0.15, 0.15), (0.1, 0.138))  # of the lines asked for


def our_disagreement(first: float, last: float) -> list[float]:
    """The right answer, one of many: up at once to the worse end, and a bump on it where that leaves room."""
    worse, half = max(first, last), abs(first - last) / 2
    bump = max(0.0, (LIMIT - half) / 2)
    return [first, worse, worse + bump, worse, last]


def judge_disagreement(attempt: Any, first: float, last: float) -> list[float]:
    """The attempt's five errors, if the two definitions disagree on them.

    Raises:
        Wrong: with what each of the two says.
    """
    shown = f"ends {first:g} and {last:g}"
    case = f"  input     {shown}\n  expected  five errors on which the two definitions disagree\n"
    with prints_below() as printed:
        found = call(attempt, [first, last], case, printed)
        if found is None:
            raise Wrong(f"{case}  found     None\nDoes your function return its result?")
        try:
            errors = [float(error) for error in found]
        except (TypeError, ValueError):
            raise Wrong(f"{case}  found     {describe(found)}") from None
        told = f"{case}  found     {[float(f'{error:.6g}') for error in errors]}\n"
        if len(errors) != 5:
            raise Wrong(f"{told}Likely: these are {len(errors)} errors, not five.")
        if abs(errors[0] - first) > TINY or abs(errors[-1] - last) > TINY:
            raise Wrong(f"{told}Likely: the first and the last must be the ends that were given.")
        if not all(0 <= error <= 1 for error in errors):
            raise Wrong(f"{told}Likely: an error is a fraction, from 0 to 1.")
        rise, barrier = max(0.0, max(errors) - max(first, last)), max(errors) - (first + last) / 2
        connected, stable = rise <= TINY, barrier < LIMIT
        if connected != stable:
            return errors
        half = abs(first - last) / 2
        says = f"Both say {'yes' if stable else 'no'}: {rise:.4f} above the worse end, {barrier:.4f} above the mean."
        if stable:
            why = f"the mean lies only {half:.4f} below the worse end, so a small bump leaves the barrier below 0.02."
        elif half < LIMIT:
            why = (
                f"your bump is too high: {LIMIT - half:.4f} above the worse end is all that 0.02 above the mean leaves."
            )
        else:
            why = f"the worse end alone is {half:.4f} above the mean, and that is 0.02 or more without any bump."
        raise Wrong(f"{told}{says}\nLikely: {why}")


def two_definitions(attempt: Any) -> Picture | None:
    """The attempt's errors for far and for near ends, with the two lines that the definitions draw."""
    from ..plots import Picture

    figure = Picture("", 8.4, 3.4)
    told = []
    for axes, (first, last) in zip(figure.subplots(1, 2), ENDS[:2], strict=True):
        errors = judge_disagreement(attempt, first, last)
        worse, limit = 100 * max(first, last), 50 * (first + last) + 100 * LIMIT
        axes.plot(np.linspace(0, 1, 5), [100 * error for error in errors], "o-", color="black", linewidth=1.6)
        axes.axhline(worse, color="0.4", linestyle="--", linewidth=1.6, label="the document: not above this")
        axes.axhline(limit, color="0.4", linestyle=":", linewidth=2.2, label="Frankle et al.: below this")
        axes.set(xlabel="α", ylabel="error (%)")
        axes.set_title(f"ends {100 * first:g} and {100 * last:g} %", fontsize=11)
        axes.grid(alpha=0.25)
        connected = max(errors) <= max(first, last) + TINY
        words = "connected, not stable" if connected else "stable, not connected"
        told.append(f"Ends {100 * first:g} and {100 * last:g} %: {words}.")
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False, fontsize=10)
    figure.alt = (
        "Two lines of five errors. A dashed line marks the worse end, which the document forbids to exceed; "
        f"a dotted one the mean of the ends plus two points, the limit of stability. {' '.join(told)}"
    )
    return figure
