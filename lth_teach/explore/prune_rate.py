"""An explorer of stored rows: what a prune rate costs in trainings, and what accuracy it reaches.

prune_rate.js draws it, in JupyterLab and on a page without a kernel; see :mod:`lth_teach.explore.drawing`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import traitlets
from matplotlib.ticker import MaxNLocator

from .. import replicates
from ..lab.plots import Picture, density_axis
from .drawing import Drawn, number, script

if TYPE_CHECKING:
    import pandas as pd

DENSITY = 0.107  # fraction kept that all prune rates of the archive come to
NEAR = 0.05  # how far from it, relatively, a level may be
BUDGET, RATE = "short", 0.36  # where it starts


def summary(rows: pd.DataFrame, density: float = DENSITY) -> dict[str, Any]:
    """What the script draws, ready for JSON.

    Args:
        rows: one trained network each: budget, prune_rate (fraction), level, density (fraction), trainings, accuracy
            (fraction).
        density: fraction kept at which the prune rates are compared.

    Returns:
        ``density`` as it is reached, and ``budgets``: name → list of prune rates, the smallest first, each with
        ``rate``, ``levels`` (level, density, trainings; mean, low and high in percent; n) and ``reached``, the
        position of the level that is nearest to ``density``.

    Raises:
        ValueError: other budgets than short, or short and long; a prune rate that does not come within 5 % of
            ``density``.
    """
    found = sorted(set(rows["budget"]), reverse=True)
    if found not in (["short"], ["short", "long"]):
        raise ValueError(f"rows must be of the budget short, or of short and long, got {found}")
    budgets = {}
    for budget in found:
        parts = rows[rows["budget"] == budget].groupby("prune_rate")
        budgets[budget] = [_one_rate(float(rate), part, density) for rate, part in parts]
    first = budgets["short"][0]
    return {"density": first["levels"][first["reached"]]["density"], "budgets": budgets}


def _one_rate(rate: float, rows: pd.DataFrame, density: float) -> dict[str, Any]:
    levels = []
    for _, part in rows.groupby("level"):
        level = {"level": int(part["level"].iloc[0]), "density": float(part["density"].mean())}
        level["trainings"] = int(part["trainings"].iloc[0])
        levels.append(level | vars(replicates.interval(part["accuracy"], 100)))
    apart = [abs(math.log(level["density"] / density)) for level in levels]
    reached = apart.index(min(apart))
    if apart[reached] > NEAR:
        kept = [round(level["density"], 4) for level in levels]
        raise ValueError(f"each prune rate must come to about {density} kept; {rate} has levels with {kept}")
    return {"rate": rate, "levels": levels, "reached": reached}


def reading(state: dict[str, Any], budget: str, rate: float) -> str:
    """What one prune rate costs and reaches, in words; the sentence that follows the slider."""
    entry = min(state["budgets"][budget], key=lambda one: abs(math.log(one["rate"] / rate)))
    end = entry["levels"][entry["reached"]]
    band = "" if end["low"] is None else f" [{number(end['low'])}, {number(end['high'])}]"
    return (
        f"Removing {number(100 * entry['rate'], 0)} % a level reaches {number(100 * end['density'])} % kept in "
        f"{end['level']} level{'' if end['level'] == 1 else 's'}: {end['trainings']} trainings, "
        f"{number(end['mean'])} %{band}, n = {end['n']}."
    )


def picture(state: dict[str, Any], budget: str, rate: float) -> Picture:
    """The still picture: left, accuracy by weights kept with one rate in bold; right, accuracy by trainings paid."""
    figure = Picture(
        "Two panels. Left: lines of test accuracy against percent of weights kept, one for each prune rate, a dot a "
        "level, one line bold with its 95 % band. Right: test accuracy at the same percent kept against the trainings "
        f"paid, with 95 % bars. {reading(state, budget, rate)}",
        width=9.0,
    )
    left, right = figure.subplots(1, 2, sharey=True)
    rates = state["budgets"][budget]
    chosen = min(rates, key=lambda one: abs(math.log(one["rate"] / rate)))
    for entry in rates:
        bold = entry is chosen
        look = {"color": "black" if bold else "0.65", "marker": "o", "zorder": 3 if bold else 2}
        percent = [100 * level["density"] for level in entry["levels"]]
        means, low, high = ([level[key] for level in entry["levels"]] for key in ("mean", "low", "high"))
        left.plot(percent, means, linewidth=2.2 if bold else 1, markersize=4 if bold else 2.5, **look)
        if bold and None not in (*low, *high):
            left.fill_between(percent, low, high, color="black", alpha=0.15, linewidth=0)
        end = entry["levels"][entry["reached"]]
        if end["low"] is not None:
            right.plot([end["trainings"]] * 2, [end["low"], end["high"]], color=look["color"], linewidth=1.8)
        right.plot(end["trainings"], end["mean"], linestyle="none", markersize=7 if bold else 5, **look)
        right.annotate(
            f"{number(100 * entry['rate'], 0)} %", (end["trainings"], end["mean"]), (6, 5), textcoords="offset points"
        )
    density_axis(left)
    left.set_ylabel("test accuracy (%)")
    left.set_title(
        f"{number(100 * chosen['rate'], 0)} % removed at each level is bold, with its 95 % band", fontsize=10
    )
    right.set(xlabel="trainings paid", xlim=(0, 1.15 * right.get_xlim()[1]))
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_title(f"the same at {number(100 * state['density'])} % kept, each with its 95 % interval", fontsize=10)
    right.grid(alpha=0.25)
    return figure


class PruneRate(Drawn):
    """A slider over prune rates and a box for the budget, over two panels that the browser draws.

    Args:
        state: what :func:`summary` returned.
        budget, rate: where it starts; the rate nearest to it is chosen.
    """

    name = "prune_rate"
    _esm = script(name)
    state = traitlets.Dict().tag(sync=True)
    budget = traitlets.Unicode(BUDGET).tag(sync=True)
    rate = traitlets.Float(RATE).tag(sync=True)

    def still(self) -> tuple[Picture, str]:
        where = self.state, self.budget, self.rate
        return picture(*where), reading(*where)


def explorer() -> PruneRate:
    """The explorer of the archive's rows.

    Raises:
        lth_teach.experiments.archive.NotInArchive: the package holds no such rows.
    """
    from ..experiments import archive

    return PruneRate(state=summary(archive.load("imp", study="rates")))


def html() -> str:
    """The same as a piece of a page; see :meth:`.drawing.Drawn.page`."""
    return explorer().page()
