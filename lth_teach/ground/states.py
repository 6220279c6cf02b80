"""A model's parameters and its state, under names that do not depend on what wraps it."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

State = dict[str, Any]  # what a state_dict holds: tensors, and the extra state of a module


def plain_names(model: nn.Module, names: Iterable[str]) -> dict[str, str]:
    """Name without the parts that wrappers (DataParallel, torch.compile) put into it → name in this model.

    So a ticket of a wrapped model fits the plain one, and the other way round.
    """
    wrappers = []
    for path, module in model.named_modules():
        if inner := _wrapped(module):
            outside = f"{path}." if path else ""
            wrappers.append((f"{outside}{inner}.", outside))
    plain = {}
    for name in names:
        short = name
        for inside, outside in reversed(wrappers):  # the innermost first
            if short.startswith(inside):
                short = outside + short.removeprefix(inside)
        plain[short] = name
    return plain


def unwrapped(model: nn.Module) -> nn.Module:
    """The model without the wrappers around it."""
    while inner := _wrapped(model):
        model = getattr(model, inner)
    return model


def _wrapped(module: nn.Module) -> str:
    """The name under which a wrapper holds what it wraps; empty for any other module."""
    if isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        return "module"
    return "_orig_mod" if "_orig_mod" in module._modules else ""


def parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Every parameter by its plain name (see :func:`plain_names`), and by those that it has in this model.

    A tied one appears under each of its names.
    """
    found = dict(model.named_parameters(remove_duplicate=False))
    return {plain: found[name] for plain, name in plain_names(model, found).items()} | found


def state_of(model: nn.Module) -> State:
    """A copy of the model's state_dict, under plain names (see :func:`plain_names`)."""
    state = model.state_dict()
    return copy_state({plain: state[name] for plain, name in plain_names(model, state).items()})


def load_state(model: nn.Module, state: State) -> None:
    """Put a state with plain names into a model, which may be wrapped."""
    model.load_state_dict({name: state[plain] for plain, name in plain_names(model, model.state_dict()).items()})


def copy_state(state: State) -> State:
    """A copy on the CPU that shares no memory with the original; names of one tied weight share theirs."""
    copies: dict[Hashable, Any] = {}
    for value in state.values():
        if place(value) not in copies:
            copied = value.detach().cpu().clone() if isinstance(value, Tensor) else copy.deepcopy(value)
            copies[place(value)] = copied
    return {name: copies[place(value)] for name, value in state.items()}


def with_prefix(tensors: State, prefix: str) -> State:
    """The tensors whose names start with ``prefix``, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def place(value: Any) -> Hashable:
    """Where a tensor lies in memory: the same for two names of one tied weight in a state_dict."""
    if not isinstance(value, Tensor) or is_lazy(value) or value.layout != torch.strided or not value.numel():
        return id(value)
    return value.device, value.data_ptr(), value.dtype, value.shape, value.stride(), value.is_conj(), value.is_neg()
