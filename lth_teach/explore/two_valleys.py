"""A toy of two weights: one valley that forks into two, two copies in it, and the error on the line between them.

Everything here is invented. The copies follow noisy slopes; each has a noise of its own from the step at which they
part. two_valleys.js draws it, in JupyterLab and on a page without a kernel; see :mod:`lth_teach.explore.drawing`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from contourpy import contour_generator

from ..lab.plots import Picture
from .drawing import Drawn, number, script

STEPS = 60  # of one training
SPLITS = (0, 5, 6, 7, 10, 30)  # steps that the two copies have in common
POINTS = 21  # on the line, both ends included
HEIGHTS = (15, 20, 30, 40, 50, 60)  # of the contours, in percent
ACROSS, ALONG = (-1.5, 1.5), (-0.15, 1.2)  # the part of the plane that is drawn
SHARED, FIRST, SECOND = 31, 131, 231  # seeds of the noise
ALPHA, SPLIT = 0.5, 0  # where it starts


def error(theta: np.ndarray) -> np.ndarray:
    """Error in percent at one θ, shape (2,), or at many, shape (…, 2). Above 0.3 in the second the valley forks."""
    across, along = theta[..., 0], theta[..., 1]
    fork = 1.2 * np.maximum(0, along - 0.3)
    return 12 + 50 * (1 - along) ** 2 + 40 * (across**2 - fork) ** 2 + 3 * across


def descend(start: np.ndarray, first: int, last: int, seed: int) -> np.ndarray:
    """Noisy descent from step ``first`` to step ``last``, with rates that fall along a cosine.

    The noise of a step depends on the step and the seed alone, as the batches of a training do.

    Returns:
        Shape (last − first + 1, 2), the start included.
    """
    path = [np.asarray(start, dtype=float)]
    for step in range(first, last):
        slope = (error(path[-1] + 1e-5 * np.eye(2)) - error(path[-1] - 1e-5 * np.eye(2))) / 2e-5
        noise = 25 * (1 - step / STEPS) * np.random.default_rng([seed, step]).standard_normal(2)
        path.append(path[-1] - 0.002 * (1 + np.cos(np.pi * step / STEPS)) * (slope + noise))
    return np.array(path)


def copies(k: int) -> tuple[np.ndarray, np.ndarray]:
    """The paths of two copies that have their first k steps in common, each of shape (61, 2)."""
    trunk = descend(np.zeros(2), 0, k, SHARED)
    first, second = (np.concatenate([trunk, descend(trunk[-1], k, STEPS, seed)[1:]]) for seed in (FIRST, SECOND))
    return first, second


def summary() -> dict[str, Any]:
    """What the script draws, ready for JSON.

    Returns:
        ``contours``: lines of equal error, each a list of points; ``steps``; ``splits``: for each k the two ``paths``,
        the ``errors`` in percent at ``POINTS`` evenly spaced α, and the ``barrier`` in points.
    """
    grid = np.stack(np.meshgrid(np.linspace(*ACROSS, 121), np.linspace(*ALONG, 109)), axis=-1)
    lines = contour_generator(grid[..., 0], grid[..., 1], error(grid))
    contours = [np.asarray(line)[::3].round(3).tolist() for height in HEIGHTS for line in lines.lines(height)]
    return {"contours": contours, "steps": STEPS, "splits": [_split(k) for k in SPLITS]}


def _split(k: int) -> dict[str, Any]:
    first, second = copies(k)
    errors = error(first[-1] + np.linspace(0, 1, POINTS)[:, None] * (second[-1] - first[-1])).round(3)
    barrier = round(float(errors.max() - (errors[0] + errors[-1]) / 2), 3)
    paths = [path.round(3).tolist() for path in (first, second)]
    return {"k": k, "paths": paths, "errors": errors.tolist(), "barrier": barrier}


def chosen(state: dict[str, Any], split: int) -> dict[str, Any]:
    """The entry whose copies part nearest to a step."""
    return min(state["splits"], key=lambda entry: abs(entry["k"] - split))


def reading(state: dict[str, Any], alpha: float, split: int) -> str:
    """The error at α, and the barrier, in words; the sentence that follows the sliders."""
    entry = chosen(state, split)
    errors = entry["errors"]
    here, ends = errors[round(alpha * (len(errors) - 1))], (errors[0] + errors[-1]) / 2
    word = "stable" if entry["barrier"] < 2 else "not stable"
    return (
        f"The copies part after {entry['k']} of {state['steps']} steps. At α = {alpha:.2f} the error is "
        f"{number(here)} %; the mean of the two ends is {number(ends)} %. Error barrier: {number(entry['barrier'])} "
        f"points, {word}."
    )


def picture(state: dict[str, Any], alpha: float = ALPHA, split: int = SPLIT) -> Picture:
    """The still picture: left, the plane with both paths and the line; right, the error on the line."""
    figure = Picture(
        "Two panels. Left: contours of an invented error over two weights, a valley that forks into two as training "
        "goes up; the paths of two copies, and a straight line between their ends with a dot on it. Right: the error "
        "on that line against α, with the same dot and a dashed line at the mean of the ends. "
        + reading(state, alpha, split),
        width=9.0,
    )
    plane, curve = figure.subplots(1, 2)
    entry = chosen(state, split)
    for line in state["contours"]:
        plane.plot(*zip(*line, strict=True), color="0.75", linewidth=0.8)
    for path, dashes in zip(entry["paths"], ("-", "--"), strict=True):
        plane.plot(*zip(*path, strict=True), color="black", linewidth=1.4, linestyle=dashes)
        plane.plot(*path[-1], "o", color="black", markersize=6)
    plane.plot(*entry["paths"][0][0], "s", color="black", markersize=6)
    plane.annotate("start", entry["paths"][0][0], (8, -4), textcoords="offset points", fontsize=10)
    ends = np.array([path[-1] for path in entry["paths"]])
    plane.plot(*ends.T, color="#0072B2", linewidth=1.6)
    plane.plot(*((1 - alpha) * ends[0] + alpha * ends[1]), "o", color="#0072B2", markersize=9)
    plane.set(xlabel="first weight", ylabel="second weight", xlim=ACROSS, ylim=ALONG)
    plane.set_title("two copies, and the line between them", fontsize=10)
    errors = entry["errors"]
    curve.plot(np.linspace(0, 1, len(errors)), errors, color="#0072B2", linewidth=1.6)
    curve.plot(alpha, errors[round(alpha * (len(errors) - 1))], "o", color="#0072B2", markersize=9)
    curve.axhline((errors[0] + errors[-1]) / 2, color="black", linestyle="--", linewidth=1)
    curve.annotate("mean of the ends", (0.5, (errors[0] + errors[-1]) / 2), (0, -12), textcoords="offset points")
    curve.set(xlabel="α: from the first copy (0) to the second (1)", ylabel="error (%)", ylim=(0, 50))
    curve.set_title(f"error barrier {number(entry['barrier'])} points", fontsize=10)
    curve.grid(alpha=0.25)
    return figure


class TwoValleys(Drawn):
    """A slider over α and one over the step at which the copies part; ``state`` is what :func:`summary` returned."""

    name = "two_valleys"
    _esm = script(name)
    state = traitlets.Dict().tag(sync=True)
    alpha = traitlets.Float(ALPHA).tag(sync=True)
    split = traitlets.Int(SPLIT).tag(sync=True)

    def still(self) -> tuple[Picture, str]:
        where = self.state, self.alpha, self.split
        return picture(*where), reading(*where)


def explorer() -> TwoValleys:
    """The explorer, at α = ½ between copies that part at once."""
    return TwoValleys(state=summary())


def html() -> str:
    """The same as a piece of a page; see :meth:`.drawing.Drawn.page`."""
    return explorer().page()
