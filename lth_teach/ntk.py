"""The tangent kernel: what a network that is linear in its weights would do, and what a mask does to it.

Near its weights θ a network is f(θ + d) ≈ f(θ) + J d, where the Jacobian J has a row for each output of each sample
and a column for each weight. Training that linear model by squared loss depends on J only through K = J Jᵀ.
Source: Jacot et al. 2018, arXiv 1806.07572; Lee et al. 2019, arXiv 1902.06720.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vmap

from .masks import Masks, check_same_layers, masked
from .training import training_mode

BLOCK = 50  # samples differentiated at a time
MEMORY = 3 * 2**30  # bytes that Jacobians and kernel may take together


def jacobian(model: nn.Module, x: Tensor, masks: Masks | None = None, *, frozen: bool = False) -> Tensor:
    """Derivatives of every output by every weight that may move, in eval mode.

    Args:
        x: samples, one a row.
        masks: pruned weights have no column, since they cannot move. The derivative is taken at m ⊙ θ: pruned weights
            are absent from the network. With ``frozen`` it is taken at θ: pruned weights stay in the network at their
            values and merely do not move, which is what the document's formula says.

    Returns:
        Shape (samples × outputs, weights that may move); the rows of a sample are together.

    Raises:
        ValueError: a mask without its layer, or of another shape.
    """
    weights: dict[str, Tensor] = {name: p.detach() for name, p in model.named_parameters()}
    chosen = masks or {}
    check_same_layers(chosen, weights)
    if not frozen:
        weights = masked(weights, chosen)
    buffers = dict(model.named_buffers())

    def outputs(parameters: dict[str, Tensor], sample: Tensor) -> Tensor:
        return functional_call(model, (parameters, buffers), (sample[None],))[0]

    blocks = []
    with training_mode(model, False):
        for samples in x.split(BLOCK):
            parts = vmap(jacrev(outputs), (None, 0))(weights, samples)
            columns = [
                part.flatten(2)[:, :, chosen[name].flatten()] if name in chosen else part.flatten(2)
                for name, part in parts.items()
            ]
            blocks.append(torch.cat(columns, dim=2).flatten(0, 1))
    return torch.cat(blocks)


def empirical_ntk(
    model: nn.Module, x1: Tensor, x2: Tensor | None = None, masks: Masks | None = None, *, frozen: bool = False
) -> Tensor:
    """K = J(x1) J(x2)ᵀ; with a mask J diag(m) Jᵀ, at m ⊙ θ or, ``frozen``, at θ (see :func:`jacobian`).

    Args:
        x2: defaults to x1; the kernel is then symmetric, and only half of it is computed.

    Returns:
        Shape (samples of x1 × outputs, samples of x2 × outputs).

    Raises:
        ValueError: Jacobians and kernel would need more than 3 GB (the message says how much, and what to reduce),
            or a mask does not fit.
    """
    _check_memory(model, x1, x2, masks)
    first = jacobian(model, x1, masks, frozen=frozen)
    if x2 is not None:
        return first @ jacobian(model, x2, masks, frozen=frozen).T
    kernel = first.new_zeros(len(first), len(first))
    for start in range(0, len(first), 500):
        stop = start + 500
        kernel[start:stop, :stop] = first[start:stop] @ first[:stop].T
    return kernel.tril() + kernel.tril(-1).T


@torch.no_grad()
def _check_memory(model: nn.Module, x1: Tensor, x2: Tensor | None, masks: Masks | None) -> None:
    with training_mode(model, False):
        outputs = model(x1[:1]).shape[1]
    weights = sum(p.numel() for p in model.parameters())
    moving = weights - sum(int((~mask).sum()) for mask in (masks or {}).values())
    size = next(model.parameters()).element_size()
    rows = [len(x) * outputs for x in (x1, x2) if x is not None]
    needed = size * (sum(rows) * moving + rows[0] * rows[-1] + 2 * BLOCK * outputs * weights)
    if needed > MEMORY:
        raise ValueError(
            f"this kernel needs {needed / 2**30:.1f} GB ({' + '.join(map(str, rows))} rows of {moving:,} weights), "
            f"more than the {MEMORY / 2**30:.0f} GB allowed; take fewer samples, fewer outputs or a smaller network"
        )
