"""Targets to imitate: small networks with one hidden ReLU layer, trained here with their weights held within ½."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ..data import mnist5k
from ..ground.devices import own_threads
from ..randomness import seeded
from .counting import LARGEST
from .target import Target, target_of
from .twins import uniform_in_ball

STEPS = 500  # of a training, on all rows at once
POINTS = 1_000  # of the unit ball, on which a function is learnt
DIRECTIONS = 16  # along which images of digits are measured
Wanted = Callable[[np.ndarray], np.ndarray]


def fit(x: Tensor, y: Tensor, hidden: int, seed: int, steps: int = STEPS) -> nn.Sequential:
    """A network with one hidden layer fitted to (x, y) by Adam on the squared error, no weight beyond ½.

    Args:
        x: shape (samples, inputs), inside the unit ball.
        y: shape (samples, outputs).
    """
    with own_threads(), seeded(seed):
        output = nn.Linear(hidden, y.shape[1], bias=False)
        model = nn.Sequential(nn.Linear(x.shape[1], hidden), nn.ReLU(), output)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        for _ in range(steps):
            optimizer.zero_grad()
            ((model(x) - y) ** 2).mean().backward()
            optimizer.step()
            with torch.no_grad():
                for weight in model.parameters():
                    weight.clamp_(-LARGEST, LARGEST)
    return model


def fit_function(wanted: Wanted, inputs: int, hidden: int, seed: int, steps: int = STEPS) -> Target:
    """A target fitted to a function on the unit ball; the best of four starts, since a few neurons easily get stuck.

    Args:
        wanted: takes an array (samples, inputs), returns a number for each row, best between −0.3 and 0.3.

    Raises:
        ValueError: it returns something else.
    """
    points = uniform_in_ball(POINTS, inputs, 1.0, np.random.default_rng([4, seed]))
    values = np.asarray(wanted(points), dtype=float)
    if values.shape != (POINTS,) or not np.isfinite(values).all():
        raise ValueError(f"the function must give one finite number a row, {POINTS} in all, got shape {values.shape}")
    x, y = torch.tensor(points, dtype=torch.float32), torch.tensor(values[:, None], dtype=torch.float32)
    tried = [fit(x, y, hidden, 10 * seed + start, steps) for start in range(4)]
    with torch.no_grad():
        return target_of(min(tried, key=lambda model: float(((model(x) - y) ** 2).mean())))


def digits() -> dict[str, Tensor]:
    """Images of MNIST-5k as points on the unit sphere, and their digits: "x train", "y train", "x test", "y test".

    What is taken of an image is how far it reaches along the 16 directions in which training images differ most.
    """
    data = mnist5k()
    images = {"train": data.x_train.flatten(1), "test": data.x_test.flatten(1)}
    centre = images["train"].mean(dim=0)
    directions = torch.linalg.eigh((images["train"] - centre).T @ (images["train"] - centre)).eigenvectors
    directions = directions[:, -DIRECTIONS:]
    largest = directions.abs().argmax(dim=0, keepdim=True)
    directions *= directions.gather(0, largest).sign()  # which of its two signs comes out differs between libraries
    measured = {part: (rows - centre) @ directions for part, rows in images.items()}
    x = {f"x {part}": rows / rows.norm(dim=1, keepdim=True) for part, rows in measured.items()}
    return x | {"y train": data.y_train, "y test": data.y_test}


def fit_digits(rows: dict[str, Tensor], hidden: int, seed: int, steps: int = STEPS) -> Target:
    """A target with ten outputs, the largest of which names the digit; ``rows`` as of :func:`digits`."""
    wanted = nn.functional.one_hot(rows["y train"], 10).float() - 0.5
    return target_of(fit(rows["x train"], 0.6 * wanted, hidden, seed, steps))
