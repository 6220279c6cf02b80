"""The network that a random one is to imitate: one hidden ReLU layer, weights of at most ½."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import nn

from .counting import LARGEST


def forward(layers: Sequence[np.ndarray], x: np.ndarray) -> np.ndarray:
    """A ReLU network on the inputs (x, 1), linear at the end; x is (samples, d), the result (samples, outputs)."""
    hidden = np.column_stack([x, np.ones(len(x))])
    for weight in layers[:-1]:
        hidden = np.maximum(hidden @ weight.T, 0)
    return np.asarray(hidden @ layers[-1].T)


@dataclass(frozen=True)
class Target:
    """f(x) = outer · relu(inner · (x, 1)), the network to imitate.

    inner: shape (n, d + 1), the last column is the bias. outer: shape (outputs, n).
    """

    inner: np.ndarray
    outer: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Outputs, shape (samples, outputs), for inputs of shape (samples, d)."""
        return forward((self.inner, self.outer), x)


def target_of(model: nn.Sequential) -> Target:
    """A trained ``Linear, ReLU, Linear`` as a :class:`Target`, or an error that says which condition it fails.

    A bias of the output becomes one more hidden neuron that is always 1. Since relu(c·z) = c·relu(z) for c > 0, each
    hidden neuron is rescaled so that its largest weight in and its largest weight out are equal. No output changes.

    Raises:
        ValueError: something other than an ``nn.Sequential``, another number of layers, another activation, anything
            more (such as Dropout), or a weight beyond ½ after rescaling.
    """
    if not isinstance(model, nn.Sequential):
        raise ValueError(f"the target must be an nn.Sequential of Linear, ReLU, Linear, got {type(model).__name__}")
    kinds = [type(layer).__name__ for layer in model]
    if kinds.count("Linear") != 2:
        raise ValueError(f"the construction is for two layers of weights, the target has {kinds.count('Linear')}")
    if kinds != ["Linear", "ReLU", "Linear"]:
        raise ValueError(f"the target must be exactly Linear, ReLU, Linear; found {', '.join(kinds)}")
    layers = nn.Sequential(*model).state_dict()  # numbered, whatever the layers were called
    state = {name: value.detach().cpu().double().numpy() for name, value in layers.items()}
    inner, outer = state["0.weight"], state["2.weight"]
    inner = np.column_stack([inner, state.get("0.bias", np.zeros(len(inner)))])
    if np.any(state.get("2.bias", 0)):
        always_one = np.zeros((1, inner.shape[1]))
        always_one[0, -1] = 1
        inner, outer = np.vstack([inner, always_one]), np.column_stack([outer, state["2.bias"]])
    return balanced(inner, outer)


def balanced(inner: np.ndarray, outer: np.ndarray) -> Target:
    """A target with these weights, shapes (n, d + 1) and (outputs, n), rescaled neuron by neuron; see `target_of`.

    Raises:
        ValueError: a weight that is not finite, or one beyond ½ after rescaling.
    """
    into, out = np.abs(inner).max(axis=1), np.abs(outer).max(axis=0)
    if not (np.isfinite(into).all() and np.isfinite(out).all()):
        raise ValueError("the target has a weight that is not finite")
    used = (into > 0) & (out > 0)  # a neuron without weights on one side does nothing
    if not used.any():
        raise ValueError("the target is zero everywhere: none of its hidden neurons has weights on both sides")
    largest = math.sqrt((into * out).max())
    if largest > LARGEST * (1 + 1e-6):
        raise ValueError(
            f"the construction needs weights of at most {LARGEST}; after rescaling, the target has one of "
            f"{largest:.3g}. Divide its output by {(largest / LARGEST) ** 2:.3g} or more"
        )
    scale = np.sqrt(out[used] / into[used])
    return Target(inner[used] * scale[:, None], outer[:, used] / scale)


def highest(inner: np.ndarray, radius: float) -> np.ndarray:
    """The largest value of each neuron relu(w · x + b) on the ball ‖x‖ ≤ radius; inner is (n, d + 1), this (n,)."""
    return np.asarray(np.maximum(radius * np.linalg.norm(inner[:, :-1], axis=1) + inner[:, -1], 0))
