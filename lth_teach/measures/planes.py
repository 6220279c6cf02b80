"""A picture of the error around three networks: the plane through them in the space of weights, on a coarse grid."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..ground.arguments import whole_number
from ..ground.devices import own_threads
from .connectivity import check_same_shape

State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Plane:
    """Errors on a grid in the plane through three networks.

    Attributes:
        across, along: coordinates of the grid's columns and rows, as distances between networks (the Euclidean norm of
            the difference of all their weights).
        errors: shape (rows, columns), whatever ``error`` returned.
        corners: where the three networks lie, (across, along) each; the first at (0, 0), the second on the across axis.
    """

    across: np.ndarray
    along: np.ndarray
    errors: np.ndarray
    corners: tuple[tuple[float, float], ...]


def through(
    model: nn.Module,
    states: tuple[State, State, State],
    error: Callable[[nn.Module], float],
    points: int = 15,
    margin: float = 0.3,
) -> Plane:
    """Measure an error on a grid in the plane through three networks of one shape.

    Only parameters are combined. Buffers (BatchNorm's statistics) are those of ``model``, so ``error`` should measure
    them anew.

    Args:
        model: gives the shape of the network; it is left as it was.
        states: state_dicts of the three; they must not lie on one line.
        error: called with a network that it may change.
        points: of the grid, in each direction.
        margin: how far the grid goes beyond the three, as a part of their extent.

    Raises:
        ValueError: states that do not fit the model or each other, three that lie on one line, or points below 2.
    """
    points = whole_number("points", points, 2)
    for state in states:
        check_same_shape(model.state_dict(), state)
    probe = copy.deepcopy(model)
    names = [name for name, _ in probe.named_parameters()]
    first, second, third = (torch.cat([state[name].detach().flatten().double() for name in names]) for state in states)
    length = float((second - first).norm())
    ahead = (second - first) / (length or 1)
    sideways = third - first - ((third - first) @ ahead) * ahead
    height = float(sideways.norm())
    if min(length, height) < 1e-9 * float(first.norm() + 1):
        raise ValueError("the three networks lie on one line, so no plane goes through them")
    corners = ((0.0, 0.0), (length, 0.0), (float((third - first) @ ahead), height))
    across, along = (_grid([corner[axis] for corner in corners], points, margin) for axis in (0, 1))
    errors = np.empty((points, points))
    with own_threads(), torch.no_grad():
        for row, up in enumerate(along):
            for column, right in enumerate(across):
                place = first + float(right) * ahead + float(up) * sideways / height
                nn.utils.vector_to_parameters(place.to(next(probe.parameters()).dtype), probe.parameters())
                errors[row, column] = error(probe)
    return Plane(across, along, errors, corners)


def _grid(places: list[float], points: int, margin: float) -> np.ndarray:
    low, high = min(places), max(places)
    beyond = margin * (high - low)
    return np.linspace(low - beyond, high + beyond, points)
