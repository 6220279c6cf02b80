"""Puts a ticket that was found on one task on the network of another, or says in which layers the two differ."""

from __future__ import annotations

from collections.abc import Collection

from torch import nn

from .arms import Ticket, copy_state


def differing_layers(ticket: Ticket, model: nn.Module, own: Collection[str] = ()) -> list[str]:
    """One sentence for each layer in which the model differs from the ticket; an empty list if the ticket fits.

    Args:
        own: layers that do not have to agree, see :func:`transfer`.
    """
    wanted, found = ticket.initial_weights, model.state_dict()
    sentences = []
    for name in [*wanted, *(name for name in found if name not in wanted)]:
        if _belongs(name, own):
            continue
        if name not in found:
            sentences.append(f"{name} of shape {tuple(wanted[name].shape)} is missing from the model")
        elif name not in wanted:
            sentences.append(f"{name} of shape {tuple(found[name].shape)} is extra in the model")
        elif wanted[name].shape != found[name].shape:
            shapes = f"{tuple(wanted[name].shape)} in the ticket and {tuple(found[name].shape)} in the model"
            sentences.append(f"{name} has shape {shapes}")
    return sentences


def transfer(ticket: Ticket, model: nn.Module, own: Collection[str] = ()) -> Ticket:
    """The ticket, made ready for another task: its masks and initial weights, but the model's own where ``own`` says.

    Output layers of two tasks mean different things, even where their shapes agree: name the output layer in ``own``,
    and it starts from the model's values, unpruned. The model is left alone; give the result to
    :func:`lth_teach.train_ticket`. The idea is that of Morcos et al. (2019), arXiv 1906.02773.

    Args:
        model: a network for the new task, at its initialisation.
        own: layers (such as "4", for "4.weight" and "4.bias") or single tensors that are not transferred.

    Raises:
        TypeError: ``own`` is one string instead of a list of names.
        ValueError: the other layers differ (the message names every one of them), a name in ``own`` that the model
            does not have, or nothing of the mask left to transfer.
    """
    if isinstance(own, str):  # its letters would pass for names of layers
        raise TypeError(f"own must be a list of layers, such as [{own!r}], got the string {own!r}")
    state = model.state_dict()
    if unknown := [entry for entry in own if not any(_belongs(name, [entry]) for name in state)]:
        raise ValueError(f"own names {unknown}, and the model has no such layer; it has {list(state)}")
    if sentences := differing_layers(ticket, model, own):
        raise ValueError("this ticket does not fit the model: " + "; ".join(sentences))
    masks = {name: mask for name, mask in ticket.masks.items() if not _belongs(name, own)}
    if not masks:
        raise ValueError(
            f"own = {list(own)} covers every masked layer {list(ticket.masks)}: nothing would be transferred"
        )
    weights = {name: tensor if _belongs(name, own) else ticket.initial_weights[name] for name, tensor in state.items()}
    return Ticket(copy_state(masks), copy_state(weights), rewind_step=ticket.rewind_step)


def _belongs(name: str, layers: Collection[str]) -> bool:
    return any(name == layer or name.startswith(f"{layer}.") for layer in layers)
