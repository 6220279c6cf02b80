"""Makes a model obey a mask, whoever trains it: pruned weights are exactly zero, always."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.optim.optimizer import Optimizer, register_optimizer_step_post_hook

from .masks import Masks, check_same_layers

FACTOR = "_lth_teach_factor"  # the attribute by which an enforced parameter carries its mask


class Enforcement:
    """Keeps a model's pruned weights at zero until :meth:`remove` is called; made by :func:`enforce`.

    It is part of the model: a copied or unpickled model comes with an enforcement of its own.
    """

    def __init__(self, parameters: Mapping[str, Tensor], factors: Mapping[str, _Factor], handles: list[Any]) -> None:
        self._parts: tuple[Any, ...] = (parameters, factors, handles)
        self._handles = list(handles)
        for name, parameter in parameters.items():
            setattr(parameter, FACTOR, factors[name])  # for _after_step
            if parameter.requires_grad:
                hook = partial(_after_backward, factors[name])
                self._handles.append(parameter.register_post_accumulate_grad_hook(hook))

    def __reduce__(self) -> tuple[Any, ...]:
        # Copying keeps the hooks of a module and drops those of a parameter; building anew sets the latter again.
        return Enforcement, self._parts

    def remove(self) -> None:
        """Let the weights go; calling it twice is harmless."""
        while self._handles:
            self._handles.pop().remove()
        parameters, factors, _ = self._parts
        for name, parameter in parameters.items():
            if getattr(parameter, FACTOR, None) is factors[name]:
                delattr(parameter, FACTOR)
        self._parts = ({}, {}, [])


def enforce(model: nn.Module, masks: Masks) -> Enforcement:
    """Zero the pruned weights now, and keep them exactly zero whoever trains the model, however.

    Three hooks do it. The gradient of a pruned weight is zero, so that clipping by norm sees only survivors. After
    each optimizer step the mask is applied again, since momentum carried over from before still moves weights. And
    it is applied before each forward pass, of the model or of one of its layers alone, for loops that move weights
    without an optimizer. (``torch.func.functional_call`` uses the weights that it is given.)

    A model obeys one mask at a time: this replaces an earlier one.

    Raises:
        ValueError: a mask without its layer, or of another shape.
    """
    everything = dict(model.named_parameters())
    check_same_layers(masks, everything)
    release(model)
    parameters = {name: everything[name] for name in masks}
    factors = {name: _Factor(mask) for name, mask in masks.items()}
    handles: list[Any] = []
    for name, parameter in parameters.items():
        # A fill, not a product: it also removes NaN and infinity.
        parameter.data.masked_fill_(~masks[name].to(parameter.device), 0)
        path, _, attribute = name.rpartition(".")
        layer = model.get_submodule(path)
        handles.append(layer.register_forward_pre_hook(partial(_before_forward, {attribute: factors[name]})))
    # The model as a whole, too: attention reads the weights of its output layer without calling that layer.
    handles.append(model.register_forward_pre_hook(partial(_before_forward, factors)))
    model._enforcement = Enforcement(parameters, factors, handles)  # type: ignore[assignment]
    return model._enforcement  # type: ignore[return-value]


def release(model: nn.Module) -> None:
    """Stop enforcing a mask on this model, if one is; the weights stay as they are."""
    if (enforcement := model.__dict__.pop("_enforcement", None)) is not None:
        enforcement.remove()


class _Factor:
    """A mask as a tensor of 0 and 1 to multiply by, which is many times faster than a masked fill.

    It follows the weight to another device or number type. The product is +0 or −0, both exactly zero.
    """

    def __init__(self, mask: Tensor) -> None:
        self._factor = mask.detach().clone().float()

    def apply(self, tensor: Tensor) -> None:
        if self._factor.device != tensor.device or self._factor.dtype != tensor.dtype:
            self._factor = self._factor.to(tensor)
        tensor.mul_(self._factor)


def _before_forward(factors: Mapping[str, _Factor], module: nn.Module, _args: Any) -> None:
    # Takes the weights from the module it is called with, so that a copy of the model masks itself.
    for name, factor in factors.items():
        path, _, attribute = name.rpartition(".")
        weight = getattr(module.get_submodule(path), attribute)
        if isinstance(weight, nn.Parameter):
            factor.apply(weight.data)


def _after_backward(factor: _Factor, parameter: Tensor) -> None:
    if parameter.grad is not None:
        factor.apply(parameter.grad)


def _after_step(optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if (factor := getattr(parameter, FACTOR, None)) is not None:
                factor.apply(parameter.data)


# Once, for all optimizers, and never removed: torch's table of such hooks must not change while a thread trains.
register_optimizer_step_post_hook(_after_step)
