"""Subnetworks of a random network that solve a task with no weight ever trained: edge-popup, and a binarised variant.

Every weight is frozen and gets a score. The forward pass uses the k weights of each layer with the highest scores, and
training moves the scores only. Sources: Ramanujan et al. 2020, arXiv 1911.13299; Diffenderfer & Kailkhura 2021, arXiv
2103.09377.
"""

from __future__ import annotations

import copy
import math
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..masks import Masks
from ..randomness import generator

KINDS = ("signed", "real", "binary")


def top(scores: Tensor, kept: int) -> Tensor:
    """Bool mask, True at exactly ``kept`` highest scores; among equal scores the first by position is kept.

    Raises:
        ValueError: ``kept`` is not from 1 to the number of scores, or a score is NaN.
    """
    flat = scores.detach().cpu().numpy().ravel()
    if not 1 <= kept <= len(flat):
        raise ValueError(f"kept must be from 1 to the {len(flat)} scores, got {kept}")
    # numpy, because this runs at every step and its partition is ten times faster than torch.topk on a processor.
    place = len(flat) - kept
    threshold = np.partition(flat, place)[place]
    mask = flat >= threshold
    surplus = np.count_nonzero(mask) - kept
    if surplus < 0:  # comparing with NaN is false
        raise ValueError("some scores are NaN; did training diverge? Try a lower lr")
    if surplus:  # ties at the threshold: the last of them go
        mask[np.flatnonzero(flat == threshold)[-surplus:]] = False
    return torch.from_numpy(mask).view(scores.shape).to(scores.device)


class StraightThrough(torch.autograd.Function):
    """The mask of the highest scores as 0 and 1; backwards it pretends to be the identity.

    The true derivative is zero almost everywhere: a small change of a score rarely changes which scores are highest.
    So the gradient with respect to the mask is handed to the scores as it is, those of unused weights included.
    """

    @staticmethod
    def forward(ctx: Any, scores: Tensor, kept: int) -> Tensor:
        """scores, k → mask of the same shape and type."""
        return top(scores, kept).to(scores.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Gradient of the mask → gradient of the scores, unchanged; k has none."""
        return gradients[0], None


class MaskedLinear(nn.Module):
    """A linear layer with frozen weights, of which the ``kept`` with the highest scores are used.

    ``weight`` (outputs × inputs) and ``bias`` are buffers, so that no optimizer sees them; ``scores`` is the only
    parameter. With ``binary``, a kept weight counts as its sign times the mean size of the kept weights.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None, scores: Tensor, kept: int, binary: bool = False) -> None:
        super().__init__()
        self.register_buffer("weight", weight.detach().clone())
        self.register_buffer("bias", None if bias is None else bias.detach().clone())
        self.scores = nn.Parameter(scores.detach().clone())
        self.kept, self.binary = kept, binary

    def masked_weight(self) -> Tensor:
        """What the forward pass multiplies by: pruned weights zero, gradients to the scores straight through."""
        mask = StraightThrough.apply(self.scores, self.kept)
        if not self.binary:
            return self.weight * mask
        gain = (self.weight.abs() * mask.detach()).sum() / self.kept
        return self.weight.sign() * gain * mask

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs) → (batch, outputs)."""
        return F.linear(x, self.masked_weight(), self.bias)


def edge_popup(model: nn.Module, density: float, kind: str = "signed", seed: int = 0) -> nn.Module:
    """A copy of the model whose linear layers are frozen and masked by trainable scores; train it as any model.

    A layer's weights get the scale √(2 / inputs) / √density, so that signals keep their size when only a fraction
    ``density`` of the weights is used (Ramanujan et al. 2020).

    Args:
        density: fraction of the weights used in every layer, in (0, 1]; 1 is the random network itself.
        kind: "signed" keeps the signs of the model's weights, all of one size (a signed constant); "real" keeps their
            different sizes; "binary" starts from those, but uses sign times mean size of the kept weights.
        seed: of the initial scores.

    Raises:
        ValueError: a density or kind that is not allowed, a layer that would keep no weight or whose weights are all
            zero, no linear layer, or parameters outside linear layers, which would be trained (the message names them).
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    try:
        exact = Fraction(str(density))
    except (ValueError, ZeroDivisionError):
        exact = Fraction(0)
    if not 0 < exact <= 1:
        raise ValueError(f"density must be a number above 0 and up to 1, got {density!r}")
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Linear)}
    if not layers:
        raise ValueError(f"this {type(model).__name__} has no linear layer to mask")
    ours = {id(parameter) for layer in layers.values() for parameter in layer.parameters()}
    if others := [name for name, parameter in model.named_parameters() if id(parameter) not in ours]:
        raise ValueError(f"only linear layers can be masked; these parameters would be trained: {others}")
    numbers = generator("scores", seed)
    replaced: dict[str, nn.Module] = {}
    for name, layer in layers.items():
        kept = round(exact * layer.weight.numel())
        if not kept:
            raise ValueError(f"{name}: density {density} of {layer.weight.numel()} weights rounds to none")
        weight = layer.weight.detach()
        if not weight.any():
            raise ValueError(f"{name}: all weights are zero, so no subnetwork could pass a signal")
        weight = weight.sign() if kind == "signed" else weight / weight.square().mean().sqrt()
        # Scores start as PyTorch's linear layers do: uniform, within ± 1 / √inputs.
        scores = (2 * torch.rand(weight.shape, generator=numbers) - 1).to(weight) / math.sqrt(layer.in_features)
        weight = weight * math.sqrt(2 / layer.in_features / exact)
        replaced[name] = MaskedLinear(weight, layer.bias, scores, kept, binary=kind == "binary")
    return _with_layers(model, replaced)


def masks_of(model: nn.Module) -> Masks:
    """The masks in use now, name of the weight → bool tensor on the CPU. ValueError if no layer is masked."""
    return {f"{name}.weight": top(layer.scores, layer.kept).cpu() for name, layer in _masked_layers(model).items()}


def subnetwork(model: nn.Module) -> nn.Module:
    """The plain network that a masked one computes: ordinary linear layers, pruned weights zero.

    Its outputs equal those of the masked model bit for bit. ValueError if no layer is masked.
    """
    replaced: dict[str, nn.Module] = {}
    for name, layer in _masked_layers(model).items():
        plain = nn.utils.skip_init(nn.Linear, *layer.weight.shape[::-1], bias=layer.bias is not None)
        plain.to(layer.weight)
        with torch.no_grad():
            plain.weight.copy_(layer.masked_weight())
            if layer.bias is not None:
                plain.bias.copy_(layer.bias)
        replaced[name] = plain
    return _with_layers(model, replaced)


def binarised(model: nn.Module) -> nn.Module:
    """A copy of a plain network in which each linear layer's weights are −a, 0 or a; zeros and signs are kept.

    a is the mean size of the layer's non-zero weights, which changes the layer least (in the sum of squares).
    """
    result = copy.deepcopy(model)
    with torch.no_grad():
        for layer in result.modules():
            if isinstance(layer, nn.Linear):
                sizes = layer.weight.abs()
                layer.weight.copy_(layer.weight.sign() * sizes.sum() / sizes.count_nonzero().clamp(min=1))
    return result


def _masked_layers(model: nn.Module) -> dict[str, MaskedLinear]:
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, MaskedLinear)}
    if not layers:
        raise ValueError(f"this {type(model).__name__} has no masked layer; make one with edge_popup")
    return layers


def _with_layers(model: nn.Module, replaced: dict[str, nn.Module]) -> nn.Module:
    """A copy of the model with some modules, by dotted name, exchanged."""
    if "" in replaced:  # the model is itself the layer
        return replaced[""]
    result = copy.deepcopy(model)
    for name, layer in replaced.items():
        result.set_submodule(name, layer)
    return result
