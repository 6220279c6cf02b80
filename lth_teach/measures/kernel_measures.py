"""Measures of a tangent kernel: how well it fits a task, and what it would predict.

The kernel here is one number for each pair of samples; :func:`sample_kernel` makes it. The measures take any kernel.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..masks import Masks
from ..training import training_mode
from .linearised import check_square
from .tangent_kernel import empirical_ntk, jacobian, layer_factors, weights_at

BLOCK = 100  # samples of the second set differentiated at a time


def sample_kernel(
    model: nn.Module, x1: Tensor, x2: Tensor | None = None, masks: Masks | None = None, *, frozen: bool = False
) -> Tensor:
    """The tangent kernel between samples: the mean over the outputs of their own kernels.

    The full kernel has a row for each output of each sample. In a wide network different outputs hardly share
    anything, and each has the same kernel; this is the estimate of that one (Jacot et al. 2018).

    Args:
        x2: defaults to x1.
        masks, frozen: see :func:`lth_teach.measures.tangent_kernel.jacobian`.

    Returns:
        Shape (samples of x1, samples of x2).
    """
    if all(bool(mask.all()) for mask in (masks or {}).values()):  # the kernel of whole layers needs no columns
        whole = empirical_ntk(model, x1, x2)
        blocks = whole.unflatten(1, (len(x1 if x2 is None else x2), -1)).unflatten(0, (len(x1), -1))
        return blocks.diagonal(dim1=1, dim2=3).mean(-1)
    first = _columns_by_output(model, x1, masks or {}, frozen)
    parts = []
    for samples in (x1 if x2 is None else x2).split(BLOCK):
        second = _columns_by_output(model, samples, masks or {}, frozen)
        parts.append(torch.stack([a.T @ b for a, b in zip(first, second, strict=True)]).mean(0))
    return torch.cat(parts, dim=1)


def _columns_by_output(model: nn.Module, x: Tensor, masks: Masks, frozen: bool) -> list[Tensor]:
    """For each output its part of the Jacobian, a row for each weight that may move and a column for each sample."""
    weights = weights_at(model, masks, frozen)
    with training_mode(model, False):
        factors = layer_factors(model, x, weights)
    if any(name.rpartition(".")[0] not in factors for name in weights):  # not made of linear layers alone
        return [part.T for part in jacobian(model, x, masks, frozen=frozen).unflatten(0, (len(x), -1)).unbind(1)]
    by_output: list[list[Tensor]] = []
    for output in range(next(iter(factors.values()))[1].shape[1]):
        by_output.append([])
        for name, weight in weights.items():
            inputs, gradients = factors[name.rpartition(".")[0]]
            gradient = gradients[:, output].T.contiguous()
            kept = masks.get(name, torch.ones_like(weight, dtype=torch.bool))
            if name.endswith("bias"):
                by_output[-1].append(gradient[kept])
            else:  # of a weight that leads from unit a to unit z: the derivative by z, times the value of a
                z, a = kept.nonzero().T
                by_output[-1].append(gradient[z] * inputs.T.contiguous()[a])
    return [torch.cat(parts) for parts in by_output]


def centred(kernel: Tensor) -> Tensor:
    """The kernel after the mean over the samples is taken out of its features: what it says beyond a constant."""
    check_square(kernel)
    return kernel - kernel.mean(0, keepdim=True) - kernel.mean(1, keepdim=True) + kernel.mean()


def alignment(kernel: Tensor, targets: Tensor) -> float:
    """Centred kernel-target alignment: how much samples that the kernel finds similar have similar targets.

    The cosine between the centred kernel and the centred Y Yᵀ: 1 = the same up to a factor, 0 = unrelated.
    Source: Cortes et al. 2012, arXiv 1203.0550.

    Args:
        targets: Y, shape (samples, columns); one-hot rows for classes.

    Raises:
        ValueError: shapes that do not fit, or a kernel or targets that are constant.
    """
    if targets.dim() != 2 or len(targets) != len(kernel):
        raise ValueError(f"targets must have {len(kernel)} rows and some columns, got shape {tuple(targets.shape)}")
    found, wanted = centred(kernel.double()), centred(targets.double() @ targets.double().T)
    size = found.norm() * wanted.norm()
    if not size > 0:
        raise ValueError("kernel or targets are constant: nothing is left after centring")
    return float((found * wanted).sum() / size)


def regression_accuracy(
    kernel: Tensor, cross: Tensor, labels: Tensor, test_labels: Tensor, ridge: float = 0.01
) -> float:
    """Test accuracy of kernel regression on one-hot labels, with a ridge.

    A linear network that is trained for very long comes to nearly the same, but it has no ridge, and it starts from the
    outputs f₀ of the network instead of from the mean label.

    Args:
        kernel: between training samples, (n, n). ``cross``: between test samples and those, (k, n).
        labels, test_labels: classes, int64, shapes (n,) and (k,).
        ridge: what is added to the diagonal, as a multiple of the mean eigenvalue; 0 or more.

    Raises:
        ValueError: shapes that do not fit, or a negative ridge.
    """
    check_square(kernel)
    if cross.shape != (len(test_labels), len(labels)) or len(kernel) != len(labels):
        raise ValueError(f"{len(labels)} and {len(test_labels)} labels for a cross kernel {tuple(cross.shape)}")
    if ridge < 0:
        raise ValueError(f"ridge must be 0 or more, got {ridge}")
    kernel = kernel.double()
    onehot = F.one_hot(labels).double()
    identity = torch.eye(len(kernel), dtype=kernel.dtype, device=kernel.device)
    lifted = kernel + ridge * kernel.trace() / len(kernel) * identity
    weights = torch.linalg.solve(lifted, onehot - onehot.mean(0))
    chosen = (cross.double() @ weights + onehot.mean(0)).argmax(1)
    return float((chosen == test_labels).double().mean())
