"""A mask built so that its tangent kernel fits the labels: the question whether alignment makes a mask train well.

It begins as any mask, and exchanges weights where the gradient of the alignment says that this raises it. Nothing is
trained, and every layer keeps as many weights as before. Masks have been made from tangent kernels for other ends:
Liu & Zenke 2020, arXiv 2006.08228 (the dense kernel), and Wang et al. 2023, arXiv 2304.02840 (its spectrum).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..masks import Masks
from ..randomness import generator
from .kernel_measures import centred

ROUNDS = 40
SHARE = 0.02  # of a layer's survivors, exchanged in the first round; ten times as many, and the alignment only jumps
ROWS = 100  # labelled samples of one round, drawn anew each time, so that no few samples are fitted


def gated_kernel(model: nn.Sequential, gates: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """The tangent kernel between samples, as a function of the mask that autograd can differentiate.

    A gate multiplies its weight, and what the weight's column adds to J Jᵀ: 1 is kept, 0 is pruned. With gates of 0 and
    1 this is :func:`lth_teach.measures.kernel_measures.sample_kernel`, the mean over the outputs of their own kernels.

    What the weights into unit i of a layer add, for inputs a and derivatives δ of the outputs by the unit, is
    (Σ δδᵀ) ∘ (A diag(gates of the unit) Aᵀ), the sum running over the outputs. So no column of J is built.

    Args:
        model: linear layers with biases, and a ReLU between any two of them.
        gates: name of a weight → a number for each, of its shape; biases are never gated.
        x: shape (samples, inputs).

    Returns:
        Shape (samples, samples).

    Raises:
        ValueError: another kind of network, or a weight without gates.
    """
    layers = _layers(model, gates)
    inputs, open_units = [x], []
    for weight, bias, _ in layers[:-1]:
        result = inputs[-1] @ weight.T + bias
        open_units.append((result > 0).to(x))
        inputs.append(result * open_units[-1])
    outputs = layers[-1][0].shape[0]
    derivative = torch.eye(outputs).to(x)[:, None].expand(outputs, len(x), outputs)  # of each output by each unit
    kernel = x.new_zeros(len(x), len(x))
    for position in reversed(range(len(layers))):
        weight, _, gate = layers[position]
        by_unit = derivative.permute(2, 1, 0)  # units, samples, outputs
        a = inputs[position]
        kernel = kernel + ((by_unit @ by_unit.mT) * ((gate[:, None] * a) @ a.T + 1)).sum(0)
        if position:
            derivative = (derivative @ weight) * open_units[position - 1]
    return kernel / outputs


def aligned_mask(
    model: nn.Sequential,
    masks: Masks,
    x: Tensor,
    labels: Tensor,
    seed: int,
    rounds: int = ROUNDS,
    sign: int = 1,
) -> Masks:
    """A mask of higher alignment, made from ``masks`` by exchanging weights; the model's weights stay as they are.

    In each round the alignment on :data:`ROWS` random samples is differentiated by the gates. In each layer the kept
    weights of the lowest derivative give way to the pruned ones of the highest, :data:`SHARE` of the survivors at
    first and fewer in each further round, and only where the second is higher than the first.

    Args:
        model: see :func:`gated_kernel`. ``masks``: one for each of its layers.
        x, labels: training samples and their classes, int64.
        sign: −1 builds a mask of *lower* alignment.

    Returns:
        As many weights in each layer as ``masks`` keep.

    Raises:
        ValueError: as :func:`gated_kernel`, or fewer samples than a round takes.
    """
    if len(x) < ROWS:
        raise ValueError(f"a round takes {ROWS} samples, got {len(x)}")
    numbers = generator("aligned", seed)
    for number in range(rounds):
        rows = torch.randperm(len(x), generator=numbers)[:ROWS]
        scores = _derivatives(model, masks, x[rows], F.one_hot(labels[rows]).to(x))
        share = SHARE * (1 - number / rounds)
        masks = {
            name: _exchanged(mask, sign * scores[name], round(share * int(mask.sum()))) for name, mask in masks.items()
        }
    return masks


def _derivatives(model: nn.Sequential, masks: Masks, x: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """Of the alignment, by the gates, at the mask."""
    gates = {name: mask.to(x).requires_grad_() for name, mask in masks.items()}
    found, wanted = centred(gated_kernel(model, gates, x)), centred(targets @ targets.T)
    cosine = (found * wanted).sum() / (found.norm() * wanted.norm())
    return dict(zip(gates, torch.autograd.grad(cosine, list(gates.values())), strict=True))


def _exchanged(mask: Tensor, score: Tensor, number: int) -> Tensor:
    """Give up to ``number`` kept weights of the lowest score for as many pruned ones of a higher one."""
    number = min(number, int((~mask).sum()))
    values = score.flatten()
    leave = torch.where(mask.flatten(), values, torch.inf).topk(number, largest=False).indices
    enter = torch.where(mask.flatten(), -torch.inf, values).topk(number).indices
    gains = values[enter] > values[leave]
    result = mask.flatten().clone()
    result[leave[gains]] = False
    result[enter[gains]] = True
    return result.view_as(mask)


def _layers(model: nn.Sequential, gates: Mapping[str, Tensor]) -> list[tuple[Tensor, Tensor, Tensor]]:
    """For each linear layer its gated weight, its bias and its gates."""
    kinds = [type(module) for module in model.children()]
    wanted = [nn.Linear, nn.ReLU] * (len(kinds) // 2) + [nn.Linear]
    if kinds != wanted or any(layer.bias is None for layer in list(model)[::2]):
        raise ValueError(f"needs linear layers with biases and a ReLU between them, got {kinds}")
    layers = []
    for position, module in enumerate(model.children()):
        if isinstance(module, nn.Linear):
            if (gate := gates.get(f"{position}.weight")) is None:
                raise ValueError(f"there are no gates for {position}.weight; there are gates for {list(gates)}")
            layers.append((module.weight.detach() * gate, module.bias.detach(), gate))
    return layers
