"""An explorer of stored rows: the lines between pairs of dense networks, by the part of the training that they share.

barrier.js draws it, in JupyterLab and on a page without a kernel; see :mod:`lth_teach.explore.drawing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from ..experiments.residual import STEPS
from ..lab.pictures.stability_dots import LIMIT, barrier_axis, middle, sideways
from ..lab.plots import Picture
from .drawing import Drawn, number, script

if TYPE_CHECKING:
    import pandas as pd

UNRELATED = -1.0  # stands for k where two networks share not even their start
BUDGET, SPLIT = "short", 0.0  # where it starts


def summary(rows: pd.DataFrame) -> dict[str, Any]:
    """What the script draws, ready for JSON.

    Args:
        rows: of the study "copies": budget, arm ("copies" or "another start"; others are left out), k (fraction), path
            (errors in percent, as text) and barrier (fraction).

    Returns:
        ``budgets``: name → ``steps`` and ``splits``, the least shared first, each with ``k`` (−1 for two starts),
        ``paths`` (a list of errors for each seed, in percent), their ``mean``, ``barriers`` in points, and the
        ``median`` of these.

    Raises:
        ValueError: no such rows, or other budgets than short, or short and long.
    """
    chosen = rows[rows["arm"].isin(["copies", "another start"])]
    found = sorted(set(chosen["budget"]), reverse=True)
    if found not in (["short"], ["short", "long"]):
        raise ValueError(f"rows must be of the budget short, or of short and long, got {found}")
    chosen = chosen.assign(k=chosen["k"].where(chosen["arm"] == "copies", UNRELATED))
    return {
        "budgets": {
            budget: {"steps": STEPS[budget], "splits": [_split(float(k), part) for k, part in of.groupby("k")]}
            for budget, of in ((budget, chosen[chosen["budget"] == budget]) for budget in found)
        }
    }


def _split(k: float, rows: pd.DataFrame) -> dict[str, Any]:
    paths = [[float(error) for error in path.split()] for path in rows["path"]]
    barriers = [round(100 * float(barrier), 3) for barrier in rows["barrier"]]
    mean = np.mean(paths, axis=0).round(3).tolist()
    return {"k": k, "paths": paths, "mean": mean, "barriers": barriers, "median": middle(barriers).median}


def chosen(state: dict[str, Any], budget: str, split: float) -> dict[str, Any]:
    """The budget's entry whose k is nearest to ``split``."""
    return min(state["budgets"][budget]["splits"], key=lambda entry: abs(entry["k"] - split))


def name(k: float) -> str:
    """What the networks share, as the slider says it: "no start", "0 %", "0.25 %"."""
    return "no start" if k < 0 else f"{100 * k:g} %"


def reading(state: dict[str, Any], budget: str, split: float) -> str:
    """Where the two part, how high the barrier is, and how many seeds are stable; the sentence below the slider."""
    entry, steps = chosen(state, budget, split), state["budgets"][budget]["steps"]
    barriers = entry["barriers"]
    shared = int(entry["k"] * steps + 0.5)
    before = "From two starts" if entry["k"] < 0 else f"Parting after {shared} of {steps:,} steps"
    stable = sum(barrier < LIMIT for barrier in barriers)
    return (
        f"{before}: error barrier {number(entry['median'])} points (median of {len(barriers)}, from "
        f"{number(min(barriers))} to {number(max(barriers))}); {stable} of {len(barriers)} stable."
    )


def picture(state: dict[str, Any], budget: str = BUDGET, split: float = SPLIT) -> Picture:
    """The still picture: left, the error on each line and their mean; right, all barriers, those of one k in bold."""
    figure = Picture(
        "Two panels. Left: test error against α on the line between two dense networks, one thin line a seed and a "
        "bold one for their mean. Right: error barriers by the part of the training that the two share, one dot a "
        f"seed, those of the chosen part black. A dotted line marks 2 points. {reading(state, budget, split)}",
        width=9.0,
    )
    left, right = figure.subplots(1, 2)
    entry, splits = chosen(state, budget, split), state["budgets"][budget]["splits"]
    alphas = np.linspace(0, 1, len(entry["mean"]))
    for path in entry["paths"]:
        left.plot(alphas, path, color="0.6", linewidth=0.9)
    left.plot(alphas, entry["mean"], color="black", linewidth=2.4)
    left.set(xlabel="α: from the first network (0) to the second (1)", ylabel="test error (%)", ylim=(0, _most(state)))
    left.set_title(f"shared: {name(entry['k'])} of the training", fontsize=10)
    for position, other in enumerate(splits):
        places = position + sideways(len(other["barriers"]))
        right.plot(places, other["barriers"], "o", color="black" if other is entry else "0.7", markersize=4.5)
    barrier_axis(right, max(max(other["barriers"]) for other in splits))
    right.set_xticks(range(len(splits)), [name(other["k"]) for other in splits])
    right.set(xlabel="shared part of the training", ylabel="error barrier (points)")
    left.grid(alpha=0.25)
    return figure


def _most(state: dict[str, Any]) -> float:
    """The upper end of the errors' axis: the greatest error there is, up to the next ten."""
    splits = (split for budget in state["budgets"].values() for split in budget["splits"])
    return 10 * float(np.ceil(max(max(path) for split in splits for path in split["paths"]) / 10))


class Barrier(Drawn):
    """A slider over the part of the training that two networks share, and a box for the budget, over two panels.

    Args:
        state: what :func:`summary` returned.
        budget, split: where it starts; the k nearest to ``split`` is chosen, −1 for two starts.
    """

    name = "barrier"
    _esm = script(name)
    state = traitlets.Dict().tag(sync=True)
    budget = traitlets.Unicode(BUDGET).tag(sync=True)
    split = traitlets.Float(SPLIT).tag(sync=True)

    def still(self) -> tuple[Picture, str]:
        where = self.state, self.budget, self.split
        return picture(*where), reading(*where)


def explorer() -> Barrier:
    """The explorer of the archive's rows.

    Raises:
        lth_teach.experiments.archive.NotInArchive: the package holds no such rows.
    """
    from ..experiments import archive

    return Barrier(state=summary(archive.load("residual", study="copies")))


def html() -> str:
    """The same as a piece of a page; see :meth:`.drawing.Drawn.page`."""
    return explorer().page()
