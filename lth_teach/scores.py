"""Saliency scores: one short function a method, each returning name → tensor of the weight's shape. Higher = keep.

Those that look at data take ``batches``, pairs (inputs, targets) such as a DataLoader gives, and ``loss``, a function
of outputs and targets that returns one number. They work on a copy of the model in training mode, so that BatchNorm
sees each batch as training will, and the model's own mode, gradients and buffers are left alone. Dropout draws from
PyTorch's own generator, as it does in training; score inside :func:`lth_teach.randomness.seeded` to repeat a draw.
Inputs follow the model's floating type, as in training. A batch of one row that BatchNorm cannot normalise is left out,
with a warning, as ``drop_last`` would.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from .data import converted
from .masks import Masks, Prunable, check_same_layers, prunable_parameters
from .randomness import generator
from .training import floating_type

Batches = Iterable[Sequence[Tensor]]
Loss = Callable[[Tensor, Tensor], Tensor]
Scores = dict[str, Tensor]
SHIFTS = ("bias", "running_mean")  # what a layer adds; SynFlow leaves it out


def magnitude(model: nn.Module, prunable: Prunable = None) -> Scores:
    """|w|, the score of iterative magnitude pruning (Han et al. 2015; Frankle & Carbin 2019)."""
    return {name: p.detach().abs() for name, p in prunable_parameters(model, prunable).items()}


def random(model: nn.Module, seed: int, prunable: Prunable = None) -> Scores:
    """Uniform numbers in [0, 1): the baseline that knows nothing."""
    numbers = generator("scores", seed)
    return {
        name: torch.rand(p.shape, generator=numbers).to(p.device)
        for name, p in prunable_parameters(model, prunable).items()
    }


@torch.enable_grad()
def snip(model: nn.Module, batches: Batches, loss: Loss, prunable: Prunable = None) -> Scores:
    """|w · ∂L/∂w|, with L added up over all batches and the absolute value taken last; 0 or more.

    This is |∂L/∂c| at c = 1 for a network whose weights are c · w: how much the loss feels it when a weight begins to
    fade. Source: Lee et al. 2019, arXiv 1810.02340, section 4.1.

    Raises:
        ValueError: there are no batches, one that is no pair, a loss that is not one number, or nothing is prunable.
    """
    net, weights = _copy(model, prunable)
    gradient = _added_up(_gradients(net, weights, batches, loss))
    return {name: (p.detach() * g).abs() for (name, p), g in zip(weights.items(), gradient, strict=True)}


@torch.enable_grad()
def grasp(
    model: nn.Module,
    batches: Batches,
    loss: Loss,
    temperature: float = 200.0,
    *,
    absolute: bool = False,
    prunable: Prunable = None,
) -> Scores:
    """w · (Hg), with gradient g and Hessian H of the loss added up over all batches; of either sign.

    Without this weight the squared norm of the gradient would be less by about twice that. The authors' score is
    −w · (Hg), and they remove the largest; with the sign turned, higher = keep.
    Source: Wang et al. 2020, arXiv 2002.07376.

    Args:
        temperature: T, by which the outputs are divided before the loss. The authors' code has 200; 1 = plain loss.
        absolute: return |w · (Hg)|, a variant of Frankle et al. 2021, arXiv 2009.08576.

    Raises:
        ValueError: as for :func:`snip`; or a temperature that is not positive, outputs that are not a tensor, or an
            operation that PyTorch cannot differentiate twice. Fused attention is computed unfused.
    """
    if not temperature > 0 or not math.isfinite(temperature):
        raise ValueError(f"temperature must be a positive number, got {temperature!r}")

    def tempered(outputs: Tensor, targets: Tensor) -> Tensor:
        if not isinstance(outputs, Tensor):
            raise ValueError(f"GraSP divides the model's outputs, which must be a tensor, not {type(outputs).__name__}")
        return loss(outputs / temperature, targets)

    net, weights = _copy(model, prunable)
    pairs = list(batches)  # every batch is needed twice, and a generator can be read only once
    with sdpa_kernel(SDPBackend.MATH):  # the fused kernels have no second derivative
        gradient = _added_up(_gradients(net, weights, pairs, tempered))
        try:
            # Hg is the derivative of ⟨g, ∇L⟩ with g held fixed.
            products = (_dot(gradient, part) for part in _gradients(net, weights, pairs, tempered, graph=True))
            hessian_gradient = _added_up(_derivatives(product, weights) for product in products)
        except RuntimeError as error:
            if "derivative" not in str(error).lower() and "double backward" not in str(error).lower():
                raise
            what = f"GraSP needs second derivatives, and an operation of this {type(model).__name__} has none"
            raise ValueError(f"{what} in PyTorch ({str(error).splitlines()[0]})") from error
    signed = {name: p.detach() * hg for (name, p), hg in zip(weights.items(), hessian_gradient, strict=True)}
    return {name: score.abs() for name, score in signed.items()} if absolute else signed


@torch.enable_grad()
def synflow(
    model: nn.Module, input_shape: Sequence[int], masks: Masks | None = None, prunable: Prunable = None
) -> Scores:
    """|w| · ∂R/∂|w|, where R = 1ᵀ |W_L| … |W_1| 1 is what all-one inputs give when every weight is made positive.

    A weight's score is the sum, over all paths through it, of the product of the sizes of the weights on the path. No
    data are looked at. Biases are left out, so the scores of every layer on the only way from input to output add up
    to R. That holds for layers that double their output when their input doubles: linear, convolution, BatchNorm
    (here in evaluation mode, without its mean), ReLU and pooling. Source: Tanaka et al. 2020, arXiv 2006.05467.

    Computed and returned in double precision, whatever the model's: R grows or shrinks with every layer, and in single
    precision the scores of a deep network would be infinite, or all zero.

    Args:
        input_shape: of one sample, such as ``(40,)``.
        masks: weights already pruned, which carry no flow; ``None`` = none.

    Raises:
        ValueError: a mask that does not fit, nothing is prunable, a model that cannot take all-one inputs (one that
            takes tokens, say), or a flow beyond double precision.
    """
    net, weights = _copy(model, prunable)
    net.cpu().double().eval()
    weights = prunable_parameters(net, prunable)
    check_same_layers(masks or {}, weights)
    for name, tensor in (*net.named_parameters(), *net.named_buffers()):
        if name.endswith(SHIFTS):
            tensor.data.zero_()
        elif tensor.is_floating_point():
            tensor.data.abs_()
    for name, mask in (masks or {}).items():
        weights[name].data.masked_fill_(~mask.cpu(), 0)
    try:
        flow = net(torch.ones(1, *input_shape, dtype=torch.double)).sum()
    except Exception as error:  # whatever the layers raise
        what = f"SynFlow puts floating-point ones in place of data, so not of tokens, here of shape {(1, *input_shape)}"
        raise ValueError(f"{what}; this {type(model).__name__} says: {error}") from error
    if not flow.isfinite():
        raise ValueError(
            f"the flow through this {type(model).__name__} is {flow.item()}: too deep, or weights too large"
        )
    scores = {name: p.detach() * d for (name, p), d in zip(weights.items(), _derivatives(flow, weights), strict=True)}
    originals = prunable_parameters(model, list(scores))
    return {name: _moved(score, originals[name].device) for name, score in scores.items()}


def _moved(score: Tensor, device: torch.device) -> Tensor:
    return score.float().to(device) if device.type == "mps" else score.to(device)  # mps has no double precision


def _copy(model: nn.Module, prunable: Prunable) -> tuple[nn.Module, Scores]:
    names = list(prunable_parameters(model, prunable))  # first, since it names layers that cannot be scored
    # torch.nn.utils.prune and weight_norm leave computed tensors on a module, which deepcopy refuses; a forward pass
    # makes them anew.
    made = [t for part in model.modules() for t in vars(part).values() if isinstance(t, Tensor) and not t.is_leaf]
    net = copy.deepcopy(model, {id(tensor): tensor.detach() for tensor in made}).requires_grad_(True).train()
    for part in net.modules():
        if isinstance(part, (nn.Embedding, nn.EmbeddingBag)):
            part.sparse = False  # its gradient is wanted as a plain tensor
    return net, prunable_parameters(net, names)


def _gradients(
    net: nn.Module, weights: Scores, batches: Batches, loss: Loss, graph: bool = False
) -> Iterator[tuple[Tensor, ...]]:
    """The loss's derivatives by each weight, batch by batch; with ``graph`` they can be differentiated again."""
    device, dtype = next(iter(weights.values())).device, floating_type(net)
    for batch in batches:
        inputs, targets = pair(batch)
        if not len(inputs):  # the mean loss over no rows is not a number
            continue
        try:
            outputs = net(converted(inputs, device, dtype))
        except ValueError as error:
            if len(inputs) > 1 or "more than 1 value per channel" not in str(error):
                raise
            warnings.warn("a batch of one row is left out: BatchNorm cannot normalise it in training", stacklevel=1)
            continue
        value = loss(outputs, targets.to(device))
        if not isinstance(value, Tensor) or value.numel() != 1 or not value.requires_grad:
            found = f"of shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
            raise ValueError(f"the loss must be a tensor of one number, with a gradient, got {found}")
        yield _derivatives(value, weights, graph)


def pair(batch: object, read: int = 2) -> Sequence[Tensor]:
    """The batch, if it is a tuple or list (inputs, targets) whose first ``read`` are tensors; else ValueError."""
    if isinstance(batch, (tuple, list)) and len(batch) == 2 and all(hasattr(part, "to") for part in batch[:read]):
        return batch
    found = type(batch).__name__
    if isinstance(batch, (tuple, list, Mapping)):
        found += f" of {', '.join(part if isinstance(part, str) else type(part).__name__ for part in batch)}"
    raise ValueError(f"a batch must be a pair (inputs, targets) of tensors, got a {found}; pick those two from it")


def _derivatives(value: Tensor, weights: Scores, graph: bool = False) -> tuple[Tensor, ...]:
    # Materialised: zero for a weight that plays no part.
    return torch.autograd.grad(value, list(weights.values()), create_graph=graph, materialize_grads=True)


def _added_up(parts: Iterable[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    total: tuple[Tensor, ...] = ()
    for part in parts:
        total = tuple(before + new for before, new in zip(total, part, strict=True)) if total else part
    if not total:
        raise ValueError("there are no batches to compute a saliency from; is the dataloader empty, or used up?")
    return total


def _dot(first: tuple[Tensor, ...], second: tuple[Tensor, ...]) -> Tensor:
    return torch.stack([(a * b).sum() for a, b in zip(first, second, strict=True)]).sum()
