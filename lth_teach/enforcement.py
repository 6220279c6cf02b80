"""Makes a model obey a mask, whoever trains it: pruned weights are exactly zero, always.

The mask belongs to the parameter: it is an attribute of it, wherever the parameter is used, whatever wraps the model,
and by whatever name. Three hooks look it up:

- After the backward pass the gradient of a pruned weight is zero, so that clipping by norm sees only survivors.
- After each optimizer step the weight is zero again, since momentum from before still moves it.
- Before each forward pass, of the model or of one of its layers alone, for loops that move weights by hand.

A mask is applied to the bits: a bitwise AND is as fast as a product, and makes zero of NaN and infinity, too.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer, register_optimizer_step_post_hook
from torch.utils.hooks import RemovableHandle

from .ground.states import parameters, place
from .masks import Masks, check_masks, check_same_layers

MASK = "_lth_teach_mask"  # the attribute by which a parameter carries its mask
WHOLE_NUMBERS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}  # by bytes


def enforce(model: nn.Module, masks: Masks) -> None:
    """Zero the pruned weights now, and keep them exactly zero whoever trains the model, however.

    A parameter obeys one mask at a time: all masks that parameters of this model had are lifted, whoever set them.
    Copies of the model are masked, too; a layer or parameter that takes the place of another is not (as by
    ``load_state_dict(..., assign=True)``), nor what moves weights in the middle of a forward pass. ``torch.func``
    computes with the weights that it is given. For ``torch.jit.script`` call :func:`release` first.

    Raises:
        ValueError: a mask without its layer, of another shape, or not of bools; two masks for one tied weight.
    """
    chosen = _by_parameter(model, masks)
    for parameter in model.parameters():
        _detach(parameter)
    for parameter, mask in chosen.items():
        _attach(parameter, mask)
        mask.apply(parameter.data)
    torch.clear_autocast_cache()  # it may hold the weights from before
    if not any(isinstance(hook, _Before) and hook.covers(set(chosen)) for hook in model._forward_pre_hooks.values()):
        _remove_hooks(model)
        _add_hooks(model, tuple(chosen))
        if "torch._dynamo" in sys.modules and torch._dynamo.convert_frame.input_codes.seen:
            torch.compiler.reset()  # what was compiled before knows nothing of these hooks


def release(model: nn.Module) -> None:
    """Stop enforcing any mask on this model's parameters; the weights stay as they are."""
    for parameter in model.parameters():
        _detach(parameter)
    _remove_hooks(model)


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """For a loop in which nothing moves the weights but a new SGD or Adam: spares masking them again at every step.

    Gradients are masked all the same. With a gradient of zero at every step, and no momentum from before, such an
    optimizer leaves a weight of zero where it is, weight decay included. A copy made inside is not masked.
    """
    held = {p: mask for p in model.parameters() if (mask := getattr(p, MASK, None)) is not None}
    if not held or _is_compiled(model):
        yield
        return
    _remove_hooks(model)
    for parameter, mask in held.items():
        mask.apply(parameter.data)
        mask.at_rest = True
    try:
        yield
    finally:
        _add_hooks(model, tuple(held))
        for parameter, mask in held.items():
            mask.at_rest = False
            mask.apply(parameter.data)


def _by_parameter(model: nn.Module, masks: Masks) -> dict[nn.Parameter, _Mask]:
    everything = parameters(model)
    check_masks(masks)
    check_same_layers(masks, everything)
    tied: dict[Hashable, set[nn.Parameter]] = {}  # by memory: two parameters may be views of one
    for parameter in everything.values():
        tied.setdefault(place(parameter), set()).add(parameter)
    chosen: dict[nn.Parameter, _Mask] = {}
    for name, mask in masks.items():
        for parameter in tied[place(everything[name])]:
            known = chosen.setdefault(parameter, _Mask(mask))
            if not torch.equal(known.kept.to(mask.device), mask):
                raise ValueError(f"{name} is tied to a layer of another name, and the two have different masks")
    return chosen


class _Mask:
    """What a parameter carries. It follows the weight to another device or number type."""

    def __init__(self, kept: Tensor) -> None:
        self.kept = kept.detach().clone()
        self._dtype, self._bits = torch.bool, self.kept
        self.gradient_hook: Any = None
        self.at_rest = False  # see undisturbed()

    def __reduce__(self) -> tuple[Any, ...]:
        return _Mask, (self.kept,)

    def apply(self, tensor: Tensor) -> None:
        """Zero the pruned entries, whatever they are."""
        if tensor.dtype is not self._dtype or tensor.device != self._bits.device:
            if tensor.element_size() not in WHOLE_NUMBERS:  # complex numbers in double precision
                tensor.masked_fill_(~self.kept.to(tensor.device), 0)
                return
            self._dtype = tensor.dtype
            self._bits = -self.kept.to(tensor.device, WHOLE_NUMBERS[tensor.element_size()])  # −1 is all bits set
        tensor.view(self._bits.dtype).bitwise_and_(self._bits)


def _attach(parameter: nn.Parameter, mask: _Mask) -> None:
    _detach(parameter)
    setattr(parameter, MASK, mask)
    if parameter.is_floating_point() or parameter.is_complex():
        trained = parameter.requires_grad
        parameter.requires_grad_(True)  # a frozen one takes no hook, and may be trained later
        mask.gradient_hook = parameter.register_post_accumulate_grad_hook(_after_backward)
        parameter.requires_grad_(trained)


def _detach(parameter: nn.Parameter) -> None:
    if (mask := parameter.__dict__.pop(MASK, None)) is not None and mask.gradient_hook is not None:
        mask.gradient_hook.remove()


class _Held:
    """What the hooks of one model share. A copy of them brings the masks along to the parameters of the copy."""

    def __init__(self, parameters: Sequence[nn.Parameter], masks: Sequence[_Mask | None] = (), hooks: int = 0) -> None:
        RemovableHandle.next_id = max(RemovableHandle.next_id, hooks)  # else a new hook takes the place of ours
        self.parameters = tuple(parameters)
        self.under_way = 0  # the number of the module whose forward pass has masked all that is in it
        for parameter, mask in zip(parameters, masks, strict=False):
            if mask is not None:
                _attach(parameter, mask)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Held, (self.parameters, tuple(getattr(p, MASK, None) for p in self.parameters), RemovableHandle.next_id)


class _Hook:
    """Takes part in the forward passes of a module; ``parameters`` are those of a layer, ``None`` for the model."""

    def __init__(self, held: _Held, number: int, parameters: tuple[nn.Parameter, ...] | None = None) -> None:
        self.held, self.number, self.parameters = held, number, parameters

    @property
    def __name__(self) -> str:  # asked for by torch.jit.script, which cannot compile what it finds here
        raise AttributeError("a masked model cannot be scripted; call lth_teach.enforcement.release(model) first")


class _Before(_Hook):
    def __call__(self, *_: Any) -> None:
        if self.parameters and self.held.under_way:
            return
        if torch.compiler.is_exporting() or torch.jit.is_tracing():
            return  # what is exported holds the weights as they are, zeros included
        for parameter in self.parameters or self.held.parameters:
            if (mask := getattr(parameter, MASK, None)) is not None:
                mask.apply(parameter.data)
        self.held.under_way = self.number

    def covers(self, parameters: set[nn.Parameter]) -> bool:
        """Whether this is the hook of a whole model that holds just these."""
        return self.parameters is None and set(self.held.parameters) == parameters


class _After(_Hook):
    def __call__(self, *_: Any) -> None:
        if self.held.under_way == self.number:
            self.held.under_way = 0


def _add_hooks(model: nn.Module, parameters: tuple[nn.Parameter, ...]) -> None:
    held = _Held(parameters)
    for number, module in enumerate(model.modules(), start=1):
        own = set(module.parameters())  # of the layers in it, too: attention reads weights of a layer it never calls
        some = None if module is model else tuple(p for p in parameters if p in own)
        if some is None or some:
            module.register_forward_pre_hook(_Before(held, number, some), prepend=module is model)
            module.register_forward_hook(_After(held, number), always_call=True)


def _is_compiled(model: nn.Module) -> bool:
    return any("_orig_mod" in module._modules or module._compiled_call_impl for module in model.modules())


def _remove_hooks(model: nn.Module) -> None:
    for module in model.modules():
        for hooks in (module._forward_pre_hooks, module._forward_hooks):
            for key in [key for key, hook in hooks.items() if isinstance(hook, _Hook)]:
                del hooks[key]
                module._forward_hooks_always_called.pop(key, None)


def _after_backward(parameter: Tensor) -> None:
    if (gradient := parameter.grad) is None or (mask := getattr(parameter, MASK, None)) is None:
        return
    if gradient.layout == torch.strided:
        mask.apply(gradient.data)
        return
    rows = gradient.coalesce()  # of an embedding with sparse=True
    kept = mask.kept.to(gradient.device)[rows.indices().unbind()]
    values = rows.values().masked_fill(~kept, 0)
    parameter.grad = torch.sparse_coo_tensor(rows.indices(), values, rows.shape, check_invariants=False)


def _after_step(optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if (mask := getattr(parameter, MASK, None)) is not None and not mask.at_rest:
                mask.apply(parameter.data)


# Once, for all optimizers, and never removed: torch's table of such hooks must not change while a thread trains.
register_optimizer_step_post_hook(_after_step)
