"""The tangent kernel: what a network that is linear in its weights would do, and what a mask does to it.

Near its weights θ a network is f(θ + d) ≈ f(θ) + J d, where the Jacobian J has a row for each output of each sample
and a column for each weight. Training that linear model by squared loss depends on J only through K = J Jᵀ.
Source: Jacot et al. 2018, arXiv 1806.07572; Lee et al. 2019, arXiv 1902.06720.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vmap

from ..masks import Masks, check_same_layers, masked
from ..training import training_mode

BLOCK = 50  # samples differentiated at a time
COLUMNS = 8_192  # weights of a masked layer taken at a time
ROWS = 500  # rows of a kernel worked out at a time
MEMORY = 3 * 2**30  # bytes that a Jacobian, or a kernel and what it is made of, may take

Factor = tuple[Tensor, Tensor]  # of a linear layer: its inputs, and the derivatives of the outputs by its result


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
        ValueError: a mask without its layer, or of another shape, or a Jacobian that would need more than 3 GB.
    """
    weights = weights_at(model, masks or {}, frozen)
    moving = sum(w.numel() for w in weights.values()) - sum(int((~mask).sum()) for mask in (masks or {}).values())
    rows = len(x) * _outputs(model, x)
    _check_memory("Jacobian", rows * moving * x.element_size(), f"{rows:,} rows of {moving:,} weights")
    return _jacobian(model, x, weights, list(weights), masks or {})


def empirical_ntk(
    model: nn.Module, x1: Tensor, x2: Tensor | None = None, masks: Masks | None = None, *, frozen: bool = False
) -> Tensor:
    """K = J(x1) J(x2)ᵀ; with a mask J diag(m) Jᵀ, at m ⊙ θ or, ``frozen``, at θ (see :func:`jacobian`).

    The Jacobian is not built as a whole. K is a sum over the weight tensors, and for a linear layer z = W a + b the
    row of J that belongs to W is the outer product of ∂f/∂z and a. So what W adds to K is the kernel of the ∂f/∂z
    times the kernel of the a, entry by entry (Novak et al. 2022, arXiv 2206.08720).

    Args:
        x2: defaults to x1; the kernel is then symmetric.

    Returns:
        Shape (samples of x1 × outputs, samples of x2 × outputs).

    Raises:
        ValueError: it would need more than 3 GB (the message says how much, and what to reduce), or a mask does not
            fit.
    """
    chosen = masks or {}
    weights = weights_at(model, chosen, frozen)
    sets = [x1] if x2 is None else [x1, x2]
    rest = [name for name in weights if name.rpartition(".")[0] not in _plain_linear_layers(model)]
    outputs = _outputs(model, x1)
    rows = [len(x) * outputs for x in (sets[0], sets[-1])]
    entries = 4 * rows[0] * rows[1] + sum(rows) * (COLUMNS + sum(weights[name].numel() for name in rest))
    _check_memory("kernel", entries * x1.element_size(), f"{rows[0]:,} × {rows[1]:,} entries")

    with training_mode(model, False):
        factors = [layer_factors(model, x, weights) for x in sets]
    kernel = weights[next(iter(weights))].new_zeros(rows[0], rows[1])
    for name in weights:
        layer, _, kind = name.rpartition(".")
        if layer in factors[0]:
            part = _bias_part if kind == "bias" else _weight_part
            kernel += part(factors[0][layer], factors[-1][layer], chosen.get(name))
    if rest := [name for name in weights if name.rpartition(".")[0] not in factors[0]]:
        parts = [_jacobian(model, x, weights, rest, chosen) for x in sets]
        kernel += _gram(parts[0], parts[-1])
    # The kernel of a set with itself: what lies below the diagonal is complete, and makes the rest.
    return kernel if x2 is not None else kernel.tril() + kernel.tril(-1).T


def _plain_linear_layers(model: nn.Module) -> dict[str, nn.Linear]:
    """Linear layers that share their weights with nothing else."""
    owners = Counter(id(p) for module in model.modules() for p in module.parameters(recurse=False))
    return {
        name: module
        for name, module in model.named_modules()
        if type(module) is nn.Linear and all(owners[id(p)] == 1 for p in module.parameters())
    }


def layer_factors(model: nn.Module, x: Tensor, weights: dict[str, Tensor]) -> dict[str, Factor]:
    """What the outer products are made of: linear layer → (inputs, derivatives of the outputs by its result).

    Only layers that are called once, on rows, and share their weights with nothing else; in the model's present mode.

    Args:
        weights: at which to differentiate, see :func:`weights_at`.

    Returns:
        Shapes (samples, in) and (samples, outputs, out).
    """
    calls: dict[str, list[Factor]] = defaultdict(list)

    def hook(name: str) -> Any:
        def keep(_module: nn.Module, inputs: tuple[Tensor, ...], result: Tensor) -> Tensor:
            calls[name].append((inputs[0], result))
            return result.clone()  # an activation that works in place must not overwrite what is kept

        return keep

    handles = [layer.register_forward_hook(hook(name)) for name, layer in _plain_linear_layers(model).items()]
    try:
        # The inputs ask for a gradient only so that every layer's result gets one.
        state = weights | dict(model.named_buffers())
        outputs = functional_call(model, state, (x.detach().clone().requires_grad_(),))
    finally:
        for handle in handles:
            handle.remove()
    # A layer that is called twice, or on something other than rows, has no single outer product.
    used = {name: pair[0] for name, pair in calls.items() if len(pair) == 1 and pair[0][1].dim() == 2}
    if not used:
        return {}
    count = outputs.shape[1]
    one_output_each = torch.eye(count).to(outputs)[:, None].expand(count, *outputs.shape)
    results = [result for _, result in used.values()]
    gradients = torch.autograd.grad(outputs, results, one_output_each, is_grads_batched=True)
    return {
        name: (inputs.detach(), gradient.transpose(0, 1).contiguous())
        for (name, (inputs, _)), gradient in zip(used.items(), gradients, strict=True)
    }


def _bias_part(first: Factor, second: Factor, mask: Tensor | None) -> Tensor:
    """What the bias of a linear layer adds to the kernel: its columns of J are the derivatives by the result."""
    rows, columns = (gradients.flatten(0, 1) for _, gradients in (first, second))
    return rows @ columns.T if mask is None else rows[:, mask] @ columns[:, mask].T


def _weight_part(first: Factor, second: Factor, mask: Tensor | None) -> Tensor:
    """What the weights of a linear layer add to the kernel."""
    if mask is not None and mask.float().mean() <= 0.5:
        return _some_weights(first, second, mask)
    outputs = first[1].shape[1]
    inputs = (first[0] @ second[0].T).repeat_interleave(outputs, 0).repeat_interleave(outputs, 1)
    everything = inputs.mul_(_bias_part(first, second, None))
    # Where most weights are kept, it is quicker to take away what the pruned ones would add.
    return everything if mask is None else everything - _some_weights(first, second, ~mask)


def _some_weights(first: Factor, second: Factor, mask: Tensor) -> Tensor:
    """What the weights under the mask add, from their columns of J, some thousands at a time."""
    kernel = first[0].new_zeros(first[1][:, :, 0].numel(), second[1][:, :, 0].numel())
    for row, column in (part.T for part in mask.nonzero().split(COLUMNS)):
        columns = [
            (gradients[:, :, row] * inputs[:, None, column]).flatten(0, 1)
            for inputs, gradients in ([first] if second is first else [first, second])
        ]
        kernel += _gram(columns[0], columns[-1])
    return kernel


def _gram(first: Tensor, second: Tensor) -> Tensor:
    """``first @ second.T``; where both are the same, only what lies on or below the diagonal is sure to be filled."""
    if first is not second:
        return first @ second.T
    product = first.new_zeros(len(first), len(first))
    for start in range(0, len(first), ROWS):
        product[start : start + ROWS, : start + ROWS] = first[start : start + ROWS] @ first[: start + ROWS].T
    return product


def _jacobian(model: nn.Module, x: Tensor, weights: dict[str, Tensor], names: list[str], masks: Masks) -> Tensor:
    """Columns of J for the named weight tensors, by automatic differentiation, some samples at a time."""
    fixed = {name: tensor for name, tensor in weights.items() if name not in names} | dict(model.named_buffers())

    def outputs(moving: dict[str, Tensor], sample: Tensor) -> Tensor:
        return functional_call(model, moving | fixed, (sample[None],))[0]

    blocks = []
    with training_mode(model, False):
        for samples in x.split(BLOCK):
            parts = vmap(jacrev(outputs), (None, 0))({name: weights[name] for name in names}, samples)
            columns = [
                part.flatten(2)[:, :, masks[name].flatten()] if name in masks else part.flatten(2)
                for name, part in parts.items()
            ]
            blocks.append(torch.cat(columns, dim=2).flatten(0, 1))
    return torch.cat(blocks)


def weights_at(model: nn.Module, masks: Masks, frozen: bool) -> dict[str, Tensor]:
    """The weights at which to differentiate: m ⊙ θ, or θ if frozen."""
    weights: dict[str, Tensor] = {name: p.detach() for name, p in model.named_parameters()}
    check_same_layers(masks, weights)
    return weights if frozen else masked(weights, masks)


@torch.no_grad()
def _outputs(model: nn.Module, x: Tensor) -> int:
    with training_mode(model, False):
        return int(model(x[:1]).shape[1])


def _check_memory(what: str, needed: int, shape: str) -> None:
    if needed > MEMORY:
        raise ValueError(
            f"this {what} needs {needed / 2**30:.1f} GB ({shape}), more than the {MEMORY / 2**30:.0f} GB allowed; "
            "take fewer samples, fewer outputs or a smaller network"
        )
