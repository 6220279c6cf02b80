"""Points of a ball: where the document's proof of section 6.1 looks for twins, and where errors are measured."""

from __future__ import annotations

import numpy as np


def uniform_in_ball(count: int, d: int, bound: float, random: np.random.Generator) -> np.ndarray:
    """``count`` points drawn evenly from the ball of radius ``bound`` in d dimensions, shape (count, d)."""
    directions = random.standard_normal((count, d))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions * bound * random.random((count, 1)) ** (1 / d)
