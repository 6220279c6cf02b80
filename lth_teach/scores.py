"""Saliency scores: one short function a method, each returning name → tensor of the weight's shape. Higher = keep."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .masks import Prunable, prunable_parameters
from .randomness import generator


def magnitude(model: nn.Module, prunable: Prunable = None) -> dict[str, Tensor]:
    """|w|, the score of iterative magnitude pruning (Han et al. 2015; Frankle & Carbin 2019)."""
    return {name: p.detach().abs() for name, p in prunable_parameters(model, prunable).items()}


def random(model: nn.Module, seed: int, prunable: Prunable = None) -> dict[str, Tensor]:
    """Uniform numbers in [0, 1): the baseline that knows nothing."""
    numbers = generator("scores", seed)
    return {
        name: torch.rand(p.shape, generator=numbers).to(p.device)
        for name, p in prunable_parameters(model, prunable).items()
    }
