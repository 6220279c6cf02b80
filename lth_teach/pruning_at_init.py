"""Pruning at initialisation: score the weights of a network that has not been trained, prune once, then train.

This saves the many trainings of iterative magnitude pruning. It does not save the last one: a pruned network still has
to be trained. The three pruners have the same shape and differ in how they score.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import nn

from . import scores
from .enforcement import enforce
from .ground.arguments import open_unit, whole_number
from .masks import Masks, Prunable, dense, keep_top, prunable_parameters


class Pruner(ABC):
    """Keeps the weights of highest saliency over all layers, exactly round((1 − sparsity) × weights) of them.

    Args:
        model: the network, which is changed only by :meth:`prune`.
        sparsity: fraction of the prunable weights to remove, in (0, 1).
        prunable: what may be pruned, see :func:`lth_teach.masks.prunable_parameters`.

    Raises:
        ValueError: a sparsity outside (0, 1), or nothing prunable.
    """

    def __init__(self, model: nn.Module, sparsity: float = 0.9, *, prunable: Prunable = None) -> None:
        self.model, self.sparsity = model, sparsity
        self._density = float(1 - open_unit("sparsity", sparsity))
        self._names = list(prunable_parameters(model, prunable))

    @abstractmethod
    def compute_saliency(self, dataloader: scores.Batches, criterion: scores.Loss) -> scores.Scores:
        """Name → score of each prunable weight, higher = keep; the model is left as it was."""

    def prune(self, dataloader: scores.Batches, criterion: scores.Loss) -> Masks:
        """Score, keep the best, and hold the model to that mask from now on, whoever trains it.

        Args:
            dataloader: gives batches, pairs (inputs, targets), all of which are used; it is read once.
            criterion: a function of outputs and targets that returns the loss, one number.

        Returns:
            Name → bool tensor, True = kept.

        Raises:
            ValueError: there are no batches, one that is no pair, a saliency is NaN, or a layer would lose all its
                weights (the message names it); and what :mod:`lth_teach.scores` refuses. The model is then unchanged.
        """
        masks = self._masks(dataloader, criterion)
        enforce(self.model, masks)
        return masks

    def _masks(self, dataloader: scores.Batches, criterion: scores.Loss) -> Masks:
        return keep_top(self.compute_saliency(dataloader, criterion), self._density)


class SNIPPruner(Pruner):
    """Single-shot network pruning (Lee et al. 2019, arXiv 1810.02340); see :func:`lth_teach.scores.snip`."""

    def compute_saliency(self, dataloader: scores.Batches, criterion: scores.Loss) -> scores.Scores:
        """|w · ∂L/∂w| of the loss over all batches."""
        return scores.snip(self.model, dataloader, criterion, self._names)


class GraSPPruner(Pruner):
    """Gradient signal preservation (Wang et al. 2020, arXiv 2002.07376); see :func:`lth_teach.scores.grasp`."""

    def __init__(
        self,
        model: nn.Module,
        sparsity: float = 0.9,
        *,
        temperature: float = 200.0,
        absolute: bool = False,
        prunable: Prunable = None,
    ) -> None:
        super().__init__(model, sparsity, prunable=prunable)
        self.temperature, self.absolute = temperature, absolute

    def compute_saliency(self, dataloader: scores.Batches, criterion: scores.Loss) -> scores.Scores:
        """w · (Hg) of the loss over all batches, or its absolute value."""
        return scores.grasp(
            self.model, dataloader, criterion, self.temperature, absolute=self.absolute, prunable=self._names
        )


class SynFlowPruner(Pruner):
    """Iterative synaptic flow pruning (Tanaka et al. 2020, arXiv 2006.05467); see :func:`lth_teach.scores.synflow`.

    The weights are removed in many rounds, and scored anew before each. Round k of n keeps density^(k/n) of them. That
    is what protects a layer from being emptied: the fewer weights it has left, the more flow each of them carries.

    Its methods take the same arguments as the other pruners', but no data enter the scores. Only the shape of the
    first batch's inputs is read; the targets and the criterion are not used.

    Args:
        rounds: n, 1 or more; the authors take 100. One round loses the protection.
    """

    def __init__(
        self, model: nn.Module, sparsity: float = 0.9, *, rounds: int = 100, prunable: Prunable = None
    ) -> None:
        super().__init__(model, sparsity, prunable=prunable)
        self.rounds = whole_number("rounds", rounds, 1)

    def compute_saliency(self, dataloader: scores.Batches, criterion: scores.Loss) -> scores.Scores:
        """|w| · ∂R/∂|w| of the unpruned network: the scores of the first round."""
        return scores.synflow(self.model, _input_shape(dataloader), prunable=self._names)

    def _masks(self, dataloader: scores.Batches, criterion: scores.Loss) -> Masks:
        shape, masks = _input_shape(dataloader), dense(self.model, self._names)
        for k in range(1, self.rounds + 1):
            flow = scores.synflow(self.model, shape, masks, self._names)
            # What was removed stays removed, even if the survivors carry no flow.
            ranked = {name: torch.where(mask, flow[name], -1) for name, mask in masks.items()}
            masks = keep_top(ranked, self._density if k == self.rounds else self._density ** (k / self.rounds))
        return masks


def _input_shape(dataloader: scores.Batches) -> tuple[int, ...]:
    for batch in dataloader:
        return tuple(scores.pair(batch, read=1)[0].shape[1:])
    raise ValueError("there are no batches to read the shape of an input from; is the dataloader empty, or used up?")
