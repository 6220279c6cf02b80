"""Masks are plain dictionaries, parameter name → bool tensor (True = kept), and these are pure functions on them."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .ground.arguments import open_unit
from .ground.states import place
from .lemma import number_to_prune
from .prunable import Prunable, prunable_parameters
from .prunable import left_out as left_out
from .randomness import generator

Masks = dict[str, Tensor]
SCOPES = ("global", "layer", "layer_half_output")


def dense(model: nn.Module, prunable: Prunable = None) -> Masks:
    """The mask that keeps everything."""
    return {name: torch.ones_like(p, dtype=torch.bool) for name, p in prunable_parameters(model, prunable).items()}


def prune(scores: Mapping[str, Tensor], masks: Masks, rate: float, scope: str = "global") -> Masks:
    """Remove exactly round(rate × survivors) of the surviving weights, those with the lowest scores.

    Among equal scores the first by position stays. Only survivors are ranked, whatever pruned weights score.

    Args:
        scores: one tensor a mask, of its shape; higher = keep.
        rate: fraction of the survivors to remove, in (0, 1).
        scope: "global" ranks all layers together; "layer" removes the rate from every layer by itself;
            "layer_half_output" does too, with half the rate for the last layer (Frankle & Carbin 2019 on LeNet).

    Raises:
        ValueError: a rate or scope that is not allowed, scores that do not fit the masks, are NaN or +infinite, or a
            layer that would lose its last weight (the message names it).
    """
    if scope not in SCOPES:
        raise ValueError(f"scope must be one of {', '.join(SCOPES)}, got {scope!r}")
    exact = open_unit("rate", rate)
    _check_scores(scores, masks)
    if scope == "global":
        return _without_lowest(scores, masks, number_to_prune(count(masks), exact))
    *_, output = masks
    result: Masks = {}
    for name, mask in masks.items():
        layer_rate = exact / 2 if scope == "layer_half_output" and name == output else exact
        result |= _without_lowest({name: scores[name]}, {name: mask}, number_to_prune(count({name: mask}), layer_rate))
    return result


def keep_top(scores: Mapping[str, Tensor], density: float) -> Masks:
    """Keep exactly round(density × weights): those with the highest scores over all layers, ties by position."""
    exact = open_unit("density", density)
    everything = {name: torch.ones_like(score, dtype=torch.bool) for name, score in scores.items()}
    _check_scores(scores, everything)
    total = count(everything)
    return _without_lowest(scores, everything, total - round(exact * total))


def _without_lowest(scores: Mapping[str, Tensor], masks: Masks, number: int) -> Masks:
    """Without the ``number`` lowest of the kept weights; of those that are equal, the last by position go."""
    if not number:
        return {name: mask.clone() for name, mask in masks.items()}
    flat = torch.cat([score.detach().flatten() for score in scores.values()])
    kept = torch.cat([mask.flatten() for mask in masks.values()]).to(flat.device)
    if flat.dtype in (torch.bfloat16, torch.float16) or not flat.is_floating_point():
        flat = flat.double()  # numpy knows no bfloat16, and whole numbers no infinity
    flat = flat.where(kept, math.inf)  # last in rank
    # A selection, not a sort; numpy's is ten times as fast as torch's.
    cut = float(np.partition(flat.cpu().numpy(), number - 1)[number - 1])
    keep = kept & (flat > cut)
    tied = (kept & (flat == cut)).nonzero().flatten()
    keep[tied[: len(tied) - (number - int((kept & (flat < cut)).sum()))]] = True
    result: Masks = {}
    for (name, mask), left in zip(masks.items(), keep.split([m.numel() for m in masks.values()]), strict=True):
        if mask.any() and not left.any():
            raise ValueError(
                f"this would remove all {int(mask.sum())} weights left in layer {name!r}; remove fewer (a lower rate "
                "or sparsity), or rank each layer by itself (scope='layer')"
            )
        result[name] = left.view(mask.shape).to(mask.device)
    return result


def _check_scores(scores: Mapping[str, Tensor], masks: Masks) -> None:
    if scores.keys() != masks.keys():
        raise ValueError(f"scores are for {list(scores)}, masks for {list(masks)}")
    for name, mask in masks.items():
        if scores[name].shape != mask.shape:
            raise ValueError(f"{name}: scores of shape {tuple(scores[name].shape)}, mask of {tuple(mask.shape)}")
        if scores[name][mask].isnan().any():
            raise ValueError(f"{name}: some scores are NaN; did training diverge?")
        if scores[name][mask].isposinf().any():  # several of them would be told apart by position alone
            raise ValueError(f"{name}: some scores are infinite, so they cannot be ranked; did something overflow?")


def shuffled(masks: Masks, seed: int) -> Masks:
    """The same number of kept weights in every layer, at random places."""
    numbers = generator("mask", seed)
    result = {}
    for name, mask in masks.items():
        order = torch.randperm(mask.numel(), generator=numbers).to(mask.device)
        result[name] = mask.flatten()[order].view_as(mask)
    return result


def random_like(masks: Masks, seed: int, scope: str = "layer") -> Masks:
    """A random mask as dense as this one: in every layer (scope "layer") or only over all of them ("global")."""
    if scope == "layer":
        return shuffled(masks, seed)
    if scope != "global":
        raise ValueError(f"scope must be 'layer' or 'global', got {scope!r}")
    numbers = generator("mask", seed)
    scores = {name: torch.rand(mask.shape, generator=numbers).to(mask.device) for name, mask in masks.items()}
    everything = {name: torch.ones_like(mask) for name, mask in masks.items()}
    return _without_lowest(scores, everything, total(masks) - count(masks))


def count(masks: Masks) -> int:
    """Number of kept weights."""
    return sum(int(mask.sum()) for mask in masks.values())


def total(masks: Masks) -> int:
    """Number of weights, kept or not."""
    return sum(mask.numel() for mask in masks.values())


def density(masks: Masks) -> float:
    """Fraction of weights kept, in [0, 1]."""
    return count(masks) / total(masks)


def layer_densities(masks: Masks) -> dict[str, float]:
    """Fraction kept in each layer."""
    return {name: density({name: mask}) for name, mask in masks.items()}


def overlap(first: Masks, second: Masks) -> float:
    """Intersection over union: weights kept by both over weights kept by either, in [0, 1]."""
    check_same_layers(first, second)
    both = sum(int((first[name] & second[name]).sum()) for name in first)
    either = sum(int((first[name] | second[name]).sum()) for name in first)
    return both / either


def check_masks(masks: Mapping[str, Any]) -> None:
    """Raise ValueError, naming the layer, unless every mask is a tensor of bools."""
    for name, mask in masks.items():
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
            found = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
            raise ValueError(f"{name}: a mask is a tensor of bools (True = kept), such as mask.bool(); got {found}")


def check_same_layers(masks: Mapping[str, Any], others: Mapping[str, Any]) -> None:
    """Raise ValueError, naming the layer, unless every mask has a tensor of its name and shape among ``others``."""
    for name, mask in masks.items():
        if name not in others:
            raise ValueError(f"there is no layer {name!r} to mask; there are {list(others)}")
        here, there = (tuple(getattr(value, "shape", ())) for value in (mask, others[name]))
        if here != there:
            raise ValueError(f"{name}: mask of shape {here}, weights of {there}")


def masked(state: Mapping[str, Tensor], masks: Masks) -> dict[str, Tensor]:
    """A copy of a state_dict with the pruned weights set to zero, under every name that a tied weight has."""
    check_same_layers(masks, state)
    kept = {place(state[name]): mask for name, mask in masks.items()}
    return {name: _zeroed(value, kept.get(place(value))) for name, value in state.items()}


def _zeroed(value: Tensor, mask: Tensor | None) -> Tensor:
    if mask is not None:
        return torch.where(mask.to(value.device), value, 0)
    return value.clone() if isinstance(value, Tensor) else copy.deepcopy(value)  # a state may hold other things, too
