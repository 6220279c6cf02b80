"""The smallest counter-example to "a high gradient cosine is enough": two weights, one steep and one flat.

The loss is L(θ) = ½ (curvature · θ₁² + (θ₂ − best)²), the start θ₀ = (1, 1), and the mask keeps one of the weights.
Gradient descent has the rate ½ / curvature, so that each step halves the steep θ₁. For section 6.2 of the document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..lab.plots import Picture
from ..measures.bounds import cosine

if TYPE_CHECKING:
    from .widgets import Explorer

STARTS = {"left where it was (the document)": False, "set to zero (a ticket)": True}
LENGTH = 2_000  # steps drawn


def gradient(theta: np.ndarray, curvature: float, best: float) -> np.ndarray:
    """∇L at θ, shape (2,)."""
    return np.array([curvature * theta[0], theta[1] - best])


def loss(theta: np.ndarray, curvature: float, best: float) -> np.ndarray:
    """L at one θ, shape (2,), or at many, shape (…, 2)."""
    return (curvature * theta[..., 0] ** 2 + (theta[..., 1] - best) ** 2) / 2


def descent(
    kept: tuple[bool, bool], steps: int, curvature: float = 100.0, best: float = 0.0, zeroed: bool = False
) -> np.ndarray:
    """The weights at steps 0, 1, …, ``steps`` of gradient descent that moves the kept weights only.

    Args:
        kept: which of the two weights may move; ``(True, True)`` is the dense network.
        curvature: of the loss along θ₁, at least 1. ``best`` is the θ₂ that the loss would like.
        zeroed: the other weights are set to zero first, as pruning does. Otherwise they stay at their initial value,
            as in the document's θ₀ − η m ⊙ g.

    Returns:
        Shape (steps + 1, 2).

    Raises:
        ValueError: fewer than 0 steps, or a curvature below 1 or not finite.
    """
    if steps < 0:
        raise ValueError(f"steps must be 0 or more, got {steps}")
    if not 1 <= curvature < np.inf:
        raise ValueError(f"curvature must be a number from 1 on, got {curvature}")
    mask = np.array(kept, dtype=float)
    theta = mask.copy() if zeroed else np.ones(2)
    path = [theta]
    for _ in range(steps):
        theta = theta - 0.5 / curvature * mask * gradient(theta, curvature, best)
        path.append(theta)
    return np.array(path)


def sentence(step: int, curvature: float = 100.0, best: float = 0.0, zeroed: bool = False) -> str:
    """The cosine of the mask that keeps θ₁, and both losses after a number of steps, in words."""
    angle = cosine(gradient(np.ones(2), curvature, best), [True, False])
    losses = [
        float(loss(descent(kept, step, curvature, best, zeroed)[-1], curvature, best))
        for kept in ((True, True), (True, False))
    ]
    other = next(text for text, value in STARTS.items() if value == zeroed)
    return (
        f"keep θ₁, curvature {curvature:g}, θ₂ would like to be {best:g} and is {other}: cosine {angle:.5f}. "
        f"After {step:,} step{'' if step == 1 else 's'} the loss is {losses[0]:.3g} dense, {losses[1]:.3g} masked."
    )


def picture(step: int, curvature: float = 100.0, best: float = 0.0, zeroed: bool = False) -> Picture:
    """Left: both paths over the contours of the loss, up to a step. Right: the two losses against the step."""
    figure = Picture(
        "Two panels. Left: contours of a loss over two weights, with the path of the dense network, which turns "
        "along the valley to its lowest point, and the path of the masked one, which can move sideways only. Right: "
        "both losses against the step on log axes.",
        width=9.0,
    )
    plane, curve = figure.subplots(1, 2)
    across, along = np.meshgrid(np.linspace(-0.3, 1.15, 80), np.linspace(-0.4, 2.4, 80))
    heights = loss(np.stack([across, along], axis=-1), curvature, best)
    levels = np.geomspace(0.05, max(heights.max(), 1), 9)
    plane.contour(across, along, heights, levels=levels, colors="0.75", linewidths=0.8)
    plane.plot(0, best, marker="*", color="#E69F00", markersize=14, linestyle="none", label="lowest point")
    runs = (("dense", (True, True), "#000000", "o", "-"), ("only θ₁ moves", (True, False), "#D55E00", "s", "--"))
    for name, kept, colour, marker, line in runs:
        path = descent(kept, LENGTH, curvature, best, zeroed)
        so_far = path[: step + 1]
        plane.plot(so_far[:, 0], so_far[:, 1], color=colour, linestyle=line, linewidth=1.6)
        plane.plot(so_far[-1, 0], so_far[-1, 1], color=colour, marker=marker, linestyle="none", label=name)
        values = np.maximum(loss(path, curvature, best), 1e-12)
        steps = np.arange(LENGTH + 1) + 1  # so that the start has a place on the log axis
        curve.plot(steps, values, color=colour, linestyle=line, linewidth=1.6)
        curve.plot(steps[step], values[step], color=colour, marker=marker, linestyle="none", label=name)
    plane.set(xlabel="θ₁ (steep)", ylabel="θ₂ (flat)")
    plane.set_title(f"after {step:,} step{'' if step == 1 else 's'}", fontsize=10)
    curve.set(xlabel="step + 1", ylabel="loss", xscale="log", yscale="log", ylim=(1e-6, 3 * curvature))
    curve.set_title(f"curvature {curvature:g}, θ₂ would like to be {best:g}", fontsize=10)
    for axes, corner in ((plane, "upper right"), (curve, "lower left")):
        axes.grid(alpha=0.25)
        axes.legend(frameon=False, fontsize=9, loc=corner)
    return figure


def explorer(step: int = 10, curvature: float = 100.0) -> Explorer:
    """Sliders for step and curvature and menus for the rest; read as text it is one sentence.

    Raises:
        ValueError: a step or curvature that the sliders do not have.
    """
    from . import widgets

    allowed = {
        "step": (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000, LENGTH),
        "curvature": (1, 3, 10, 30, 100, 300, 1_000),
    }
    for name, value in (("step", step), ("curvature", curvature)):
        if value not in allowed[name]:
            raise ValueError(f"{name} must be one of {', '.join(map(str, allowed[name]))}, got {value!r}")
    controls = {
        "step": widgets.choice_slider("Step", allowed["step"], step),
        "curvature": widgets.choice_slider("Curvature along θ₁", allowed["curvature"], curvature),
        "best": widgets.menu("θ₂ would like to be", [("0", 0.0), ("2", 2.0)], 0.0),
        "zeroed": widgets.menu("The pruned weight is", list(STARTS.items()), False),
    }

    def draw(step: int, curvature: float, best: float, zeroed: bool) -> tuple[Picture, str]:
        return picture(step, curvature, best, zeroed), sentence(step, curvature, best, zeroed)

    return widgets.Explorer(draw, controls, "Explorer: " + sentence(step, curvature))
