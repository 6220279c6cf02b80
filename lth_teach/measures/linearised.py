"""How a network that is linear in its weights would train, and how the real one does.

The tangent kernel K = J Jᵀ (see :mod:`lth_teach.measures.tangent_kernel`) decides everything about such a network.
Trained by full-batch gradient descent at rate η on ½ ‖f − y‖², its outputs after t steps are y + (1 − ηK)^t (f₀ − y),
which for small η is y + e^(−ηKt) (f₀ − y).
Source: Jacot et al. 2018, arXiv 1806.07572; Lee et al. 2019, arXiv 1902.06720.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..enforcement import enforce, release
from ..masks import Masks
from ..training import training_mode


def predicted_movement(
    kernel: Tensor, start: Tensor, targets: Tensor, rate: float, steps: int, cross: Tensor | None = None
) -> Tensor:
    """How far the outputs of a linear network have moved after ``steps`` of gradient descent on ½ ‖f − y‖².

    Args:
        kernel: K of the training outputs, shape (m, m), symmetric.
        start: f₀, the training outputs before training, shape (m,) or (m, columns).
        targets: y, of the same shape.
        rate: η; below 2 / (largest eigenvalue), or the outputs run away as those of any such network would.
        cross: kernel between other outputs and the training ones, shape (k, m); ``None`` = of the training outputs.

    Returns:
        f_t − f₀, shape (m, …), or (k, …) with ``cross``: cross · K⁻¹ (1 − (1 − ηK)^t) (y − f₀).

    Raises:
        ValueError: shapes that do not fit, or a rate or steps below 0.
    """
    check_square(kernel)
    if start.shape != targets.shape or len(start) != len(kernel):
        raise ValueError(f"kernel {tuple(kernel.shape)}, start {tuple(start.shape)}, targets {tuple(targets.shape)}")
    if rate < 0 or steps < 0:
        raise ValueError(f"rate and steps must be 0 or more, got {rate} and {steps}")
    values, vectors = torch.linalg.eigh(kernel.double())
    values = values.clamp(min=1e-12 * float(values[-1].clamp(min=1e-300)))  # what follows has a limit at 0
    gain = (1 - (1 - rate * values) ** steps) / values
    pull = (targets - start).double()
    weights = vectors @ (torch.diag(gain) @ (vectors.T @ pull))
    return (kernel if cross is None else cross).double() @ weights


def gradient_descent(
    model: nn.Module,
    x: Tensor,
    targets: Tensor,
    rate: float,
    steps: int,
    masks: Masks | None = None,
    watch: Tensor | None = None,
) -> Tensor:
    """Train the real network by full-batch gradient descent on ½ ‖f − y‖² and record its outputs.

    Args:
        x, targets: training samples, and y of shape (samples, outputs).
        masks: held from before the first step to after the last; ``None`` trains dense.
        watch: samples whose outputs are recorded; ``None`` = the training samples.

    Returns:
        Outputs before training and after every step, shape (steps + 1, samples watched, outputs).
    """
    release(model) if masks is None else enforce(model, masks)
    watched = x if watch is None else watch
    optimizer = torch.optim.SGD(model.parameters(), rate)
    record = []
    with training_mode(model, False):
        for step in range(steps + 1):
            with torch.no_grad():
                record.append(model(watched))
            if step < steps:
                optimizer.zero_grad()
                (0.5 * (model(x) - targets).square().sum()).backward()
                optimizer.step()
    return torch.stack(record)


def check_square(kernel: Tensor) -> None:
    """Raise ValueError unless the kernel has as many rows as columns."""
    if kernel.dim() != 2 or kernel.shape[0] != kernel.shape[1]:
        raise ValueError(f"a kernel must be square, got shape {tuple(kernel.shape)}")
