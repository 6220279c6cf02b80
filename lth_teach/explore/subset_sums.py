"""An explorer of sections 5.1 and 6.1: how the subset sums of a few random numbers fill [−½, ½].

Lueker's theorem (1998) is about numbers uniform in [−1, 1], as here; in chapter 06 a path carries a product of two
such numbers. Distances and ε mean what they mean in :mod:`lth_teach.strong.subset_sum`: a place z is within ε of a sum
s if |z − s| ≤ ε. Everything is counted in whole millionths, so that Python and subset_sums.js agree to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import traitlets

from ..lab.plots import Picture
from ..strong.subset_sum import all_sums, worst_distance
from .drawing import Drawn, decimals, script

MILLION, HALF = 1_000_000, 500_000
# numpy.random.default_rng(0).uniform(-1, 1, 12), in millionths.
NUMBERS = (273923, -460427, -918053, -966945, 626540, 825511, 213272, 458993, 87250, 870145, 631707, -994523)
EPSILONS = (0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002)
COUNT, EPSILON, TARGET = 6, 0.02, 0.3  # where it starts
BLUE = "#0072B2"


@dataclass(frozen=True)
class Found:
    """What the first numbers reach; lengths in millionths.

    Attributes:
        sums: of all subsets, shape (2^count,); bit i of a position says whether number i is in.
        stretches: the parts of [−½, ½] within ε of a sum, from left to right, none touching the next.
        worst: distance of the place in [−½, ½] that is farthest from a sum.
        taken: positions of the numbers of the best subset, the first is 0. Of equally good subsets, the first in
            ``sums``.
        total: their sum.
        error: distance of ``total`` from the target.
    """

    sums: np.ndarray
    stretches: list[tuple[float, float]]
    worst: float
    taken: list[int]
    total: float
    error: float


def solve(count: int, epsilon: float, target: float) -> Found:
    """What the first ``count`` of :data:`NUMBERS` reach.

    Args:
        epsilon: above 0.
        target: w, from −½ to ½.

    Raises:
        ValueError: a value outside its range.
    """
    if not (1 <= count <= len(NUMBERS) and epsilon > 0 and -0.5 <= target <= 0.5):
        raise ValueError(
            f"count must be from 1 to {len(NUMBERS)}, epsilon above 0 and target from -0.5 to 0.5, "
            f"got {count}, {epsilon} and {target}"
        )
    sums, wanted = all_sums(NUMBERS[:count]), round(MILLION * target)
    best = int(np.abs(sums - wanted).argmin())
    return Found(
        sums,
        _stretches(np.sort(sums), round(MILLION * epsilon)),
        worst_distance(sums, -HALF, HALF),
        [i for i in range(count) if best >> i & 1],
        float(sums[best]),
        abs(float(sums[best]) - wanted),
    )


def _stretches(ordered: np.ndarray, reach: int) -> list[tuple[float, float]]:
    stretches: list[tuple[float, float]] = []
    for centre in ordered.tolist():
        low, high = max(centre - reach, -HALF), min(centre + reach, HALF)
        if low >= high:  # beyond the interval
            continue
        if stretches and low <= stretches[-1][1]:
            low = stretches.pop()[0]
        stretches.append((low, high))
    return stretches


def reading(count: int, epsilon: float, target: float) -> str:
    """How full the interval is, how far its worst place is from a sum, and the best subset for w, in words.

    The percentage is rounded down, so that 100.0 % is all of the interval.
    """
    found = solve(count, epsilon, target)
    inside = int((np.abs(found.sums) <= HALF).sum())
    covered = sum(high - low for low, high in found.stretches)
    share = decimals(covered // (MILLION // 1000) / 10, 1)
    within = "within" if found.error <= round(MILLION * epsilon) else "not within"
    return (
        f"N = {count}: {2**count:,} subset sums, {inside:,} of them in [−½, ½]. {share} % of this interval lies within "
        f"ε = {epsilon:g} of a sum; its worst place is {_length(found.worst)} away from one. For w = "
        f"{signed(target, 2)}, {_subset(found.taken)} {signed(found.total / MILLION, 4)}, which is "
        f"{_length(found.error)} off: {within} ε."
    )


def _length(millionths: float) -> str:
    return decimals(millionths / MILLION, 4)


def signed(value: float, digits: int) -> str:
    """With a true minus sign."""
    return f"{'−' if value < 0 else ''}{decimals(abs(value), digits)}"


def _subset(taken: list[int]) -> str:
    names = [str(i + 1) for i in taken]
    if not names:
        return "no number at all makes"
    return f"number {names[0]} makes" if len(names) == 1 else f"numbers {', '.join(names[:-1])} and {names[-1]} make"


def picture(count: int = COUNT, epsilon: float = EPSILON, target: float = TARGET) -> Picture:
    """The still picture: left, all sums for 1, 2, … numbers and the part within ε; right, the subset for w."""
    found = solve(count, epsilon, target)
    figure = Picture(
        f"Two panels with a row for each of {len(NUMBERS)} numbers. Left: a tick for each subset sum of the first 1, "
        "2, … numbers, from −½ to ½; further down the rows are ever fuller. One row is blue; a bar below shows what "
        "lies within ε of its sums. Right: the numbers as bars, those of the best subset for w blue, and their sum. A "
        f"dashed line marks w. {reading(count, epsilon, target)}",
        width=9.0,
        height=4.6,
    )
    left, right = figure.subplots(1, 2)
    last, sums = len(NUMBERS) + 1, all_sums(NUMBERS) / MILLION
    for row, number in enumerate(NUMBERS, 1):
        bold, seen = row == count, row <= count
        places = sums[: 2**row]
        places = places[np.abs(places) <= 0.5]
        look = {"color": BLUE if bold else "black", "alpha": 1 if bold else 0.6 if seen else 0.2}
        left.vlines(places, row - 0.38, row + 0.38, linewidth=1.2 if bold else 0.6, **look)
        kept = row - 1 in found.taken
        right.barh(row, number / MILLION, 0.7, color=BLUE if kept else "0.75", alpha=1 if seen else 0.3)
    for low, high in found.stretches:
        left.barh(last, (high - low) / MILLION, 0.76, left=low / MILLION, color=BLUE)
    right.barh(last, found.total / MILLION, 0.76, color="black")
    left.set(xlim=(-0.5, 0.5), xlabel=f"subset sum; last row: what lies within ε = {epsilon:g}")
    right.set(xlim=(-1.05, 1.05), xlabel="number")
    left.set_title(f"subset sums of 1, 2, … {len(NUMBERS)} numbers")
    right.set_title(f"the best subset for w = {signed(target, 2)}")
    names = [str(row) for row in range(1, last)]
    for axes, name, ticks in ((left, "± ε", (-0.5, 0, 0.5)), (right, "sum", (-1, 0, 1))):
        axes.set_xticks(ticks)
        axes.axvline(target, color="black", linestyle="--", linewidth=1)
        axes.set_yticks(range(1, last + 1), [*names, name])
        axes.set_ylim(last + 0.7, 0.3)
        axes.title.set_fontsize(10)
    left.set_ylabel("how many numbers, N")
    return figure


class SubsetSums(Drawn):
    """Sliders for N, ε and w over two panels."""

    name = "subset_sums"
    _esm = script(name)
    numbers = traitlets.List(list(NUMBERS)).tag(sync=True)
    epsilons = traitlets.List(list(EPSILONS)).tag(sync=True)
    count = traitlets.Int(COUNT, min=1, max=len(NUMBERS)).tag(sync=True)
    epsilon = traitlets.Enum(EPSILONS, EPSILON).tag(sync=True)
    target = traitlets.Float(TARGET, min=-0.5, max=0.5).tag(sync=True)

    def still(self) -> tuple[Picture, str]:
        where = self.count, self.epsilon, self.target
        return picture(*where), reading(*where)


def explorer() -> SubsetSums:
    """The explorer, at six numbers, ε = 0.02 and w = 0.3."""
    return SubsetSums()


def html() -> str:
    """The same as a piece of a page; see :meth:`.drawing.Drawn.page`."""
    return explorer().page()
