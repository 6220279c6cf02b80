"""The networks of the course. Each is an ordinary ``torch.nn`` module; nothing in it knows about pruning."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from .randomness import seeded


def mlp(*sizes: int, seed: int | None = None) -> nn.Sequential:
    """A fully connected ReLU network: ``mlp(40, 256, 256, 10)`` has 40 inputs, two hidden layers and 10 outputs.

    Weights start Glorot-normal and biases at zero, as in Frankle & Carbin (2019).

    Raises:
        ValueError: fewer than two sizes, or one below 1.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"mlp needs at least an input and an output size, all positive, got {sizes}")
    layers: list[nn.Module] = []
    with seeded(seed):
        for inputs, outputs in pairwise(sizes):
            layer = nn.Linear(inputs, outputs)
            nn.init.xavier_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
            layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def lenet_300_100(seed: int | None = None, inputs: int = 784) -> nn.Sequential:
    """LeNet-300-100, the small network of Frankle & Carbin (2019): 266,200 weights for 784 inputs."""
    return mlp(inputs, 300, 100, 10, seed=seed)
