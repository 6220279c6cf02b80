"""Waiting for twins: the document's proof of section 6.1, played out by drawing random neurons."""

from __future__ import annotations

import numpy as np

from ..ground.arguments import positive


def uniform_in_ball(count: int, d: int, bound: float, random: np.random.Generator) -> np.ndarray:
    """``count`` points drawn evenly from the ball of radius ``bound`` in d dimensions, shape (count, d)."""
    directions = random.standard_normal((count, d))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions * bound * random.random((count, 1)) ** (1 / d)


def neurons_until_matched(
    weights: np.ndarray,
    biases: np.ndarray | None,
    epsilon: float,
    bound: float,
    random: np.random.Generator,
    most: int = 5_000_000,
) -> int:
    """Draw random neurons until each target neuron has met one within ε; the document's proof, played out.

    A random neuron has weights v uniform in the ball of radius B, for which the document's (ε/2B)^d holds, and a bias
    c uniform in [−B, B]. It matches a target neuron (w, b) if ‖v − w‖ < ε and, unless ``biases`` is ``None``,
    |c − b| < ε.

    Args:
        weights: of the n target neurons, shape (n, d); norms at most B.
        biases: shape (n,), or ``None`` to look at the weights alone, as the document's probability does.

    Returns:
        The number of neurons drawn, the one that made the last match included.

    Raises:
        ValueError: ε or B not positive, no target neuron, shapes that do not fit, or a target that is not finite or
            lies beyond B.
        RuntimeError: ``most`` draws were not enough.
    """
    positive(epsilon=epsilon, bound=bound)
    if weights.ndim != 2 or not weights.size:
        raise ValueError(f"weights must have a row for each target neuron, at least one, got shape {weights.shape}")
    if biases is not None and biases.shape != weights.shape[:1]:
        raise ValueError(f"{len(weights)} target neurons need as many biases, got shape {biases.shape}")
    allowed = bound * (1 + 1e-12)
    if not (np.linalg.norm(weights, axis=1) <= allowed).all():  # NaN compares false
        raise ValueError(f"a target neuron has weights of a norm beyond the bound {bound}, or not finite")
    if biases is not None and not (np.abs(biases) <= allowed).all():
        raise ValueError(f"a target neuron has a bias beyond the bound {bound}, or not finite")
    open_, drawn, last, chunk = np.arange(len(weights)), 0, 0, 1_024
    while len(open_) and drawn < most:
        v = uniform_in_ball(chunk, weights.shape[1], bound, random)
        c = random.uniform(-bound, bound, chunk)
        near = (v**2).sum(1)[:, None] + (weights[open_] ** 2).sum(1) - 2 * v @ weights[open_].T < epsilon**2
        if biases is not None:
            near &= np.abs(c[:, None] - biases[open_]) < epsilon
        met = near.any(axis=0)
        if met.any():
            last = drawn + int(near.argmax(axis=0)[met].max()) + 1
        open_, drawn, chunk = open_[~met], drawn + chunk, min(2 * chunk, 65_536)
    if len(open_):
        raise RuntimeError(f"{len(open_)} of {len(weights)} neurons have no match among {drawn:,}; raise most or ε")
    return last
