"""A ticket; what it is compared with: its density without its mask, or without its weights; and its use elsewhere."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from . import masks as masks_module
from .enforcement import enforce
from .ground import storage
from .ground.arguments import whole_number
from .ground.states import State, copy_state, load_state, place, state_of, with_prefix
from .masks import Masks

TrainFunction = Callable[..., float]


@dataclass(frozen=True)
class Level:
    """One pruning level: what was trained and how it did.

    Attributes:
        index: 0 is the dense network.
        density: fraction of prunable weights kept; ``sparsity`` is 1 − density, ``kept`` their number.
        accuracy: what ``train_fn`` returned.
        best_step, best_accuracy: early-stop step (least validation loss) and the accuracy there, if train_fn says.
        seconds: wall time of training this level.
    """

    index: int
    density: float
    sparsity: float
    kept: int
    accuracy: float
    best_step: int | None
    best_accuracy: float | None
    seconds: float


@dataclass(frozen=True, eq=False)
class Ticket:
    """A mask with the weights to start it from.

    Attributes:
        masks: name → bool tensor, True = kept.
        initial_weights: the whole state_dict at the rewind step, pruned weights still in it (controls need them).
        levels: how it was found; empty for a control.
        rewind_step: k, the step that ``initial_weights`` belong to; 0 is initialisation.
    """

    masks: Masks
    initial_weights: State
    levels: tuple[Level, ...] = ()
    rewind_step: int = 0

    @property
    def density(self) -> float:
        """Fraction of prunable weights kept."""
        return masks_module.density(self.masks)

    def load_into(self, model: nn.Module) -> None:
        """Set the model to the ticket's start, m ⊙ θ_k, and hold its pruned weights at zero from now on.

        A ticket of a wrapped model (DataParallel, torch.compile) fits the plain one, and the other way round.

        Raises:
            ValueError: the model's layers differ (the message names one); the model is then untouched.
        """
        found = state_of(model)
        for state, other in ((self.initial_weights, found), (found, self.initial_weights)):
            masks_module.check_same_layers(state, other)
        # In a model that does not tie them, each copy of a tied weight has the mask.
        tied = {place(self.initial_weights[name]): mask for name, mask in self.masks.items()}
        names = [name for name in self.initial_weights if place(self.initial_weights[name]) in tied]
        masks = {name: tied[place(self.initial_weights[name])] for name in names}
        enforce(model, masks)  # first, since it may refuse
        load_state(model, self.initial_weights)
        enforce(model, masks)

    def save(self, path: str | Path) -> None:
        """Write the ticket to one safetensors file."""
        tensors = {f"mask/{name}": mask for name, mask in self.masks.items()}
        tensors |= {f"weights/{name}": weight for name, weight in self.initial_weights.items()}
        levels = [asdict(level) for level in self.levels]
        storage.save_tensors(path, tensors, {"levels": levels, "rewind_step": self.rewind_step})

    @classmethod
    def load(cls, path: str | Path) -> Ticket:
        """Read a ticket written by :meth:`save`.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is damaged, or holds no ticket whose parts fit together (the message says why).
        """
        tensors, details = storage.load_tensors(path)
        masks, weights = with_prefix(tensors, "mask/"), with_prefix(tensors, "weights/")
        try:
            if not masks or set(details) != {"levels", "rewind_step"} or not isinstance(details["levels"], list):
                raise ValueError("there are no masks, or no levels and no rewind step")
            masks_module.check_masks(masks)
            masks_module.check_same_layers(masks, weights)
            levels = tuple(Level(**level) for level in details["levels"])
            _check_levels(levels, masks)
            return cls(masks, weights, levels, whole_number("rewind_step", details["rewind_step"], 0))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} holds no ticket: {error}") from error


def _check_levels(levels: Sequence[Level], masks: Masks) -> None:
    total, more = masks_module.total(masks), masks_module.total(masks) + 1
    for index, level in enumerate(levels):
        best = 0.0 if level.best_accuracy is None else level.best_accuracy
        numbers = (level.density, level.sparsity, level.accuracy, level.seconds, best)
        whole_number("best_step", 0 if level.best_step is None else level.best_step, 0)
        sound = all(isinstance(number, float) and math.isfinite(number) for number in numbers) and level.seconds >= 0
        if not sound or whole_number("index", level.index, 0) != index:
            raise ValueError(f"level {index} is not a level: {level}")
        kept = whole_number("kept", level.kept, 1)
        if kept >= more or (level.density, level.sparsity) != (kept / total, 1 - kept / total):
            raise ValueError(
                f"level {index} keeps {kept} of {total} weights after {more}, with density {level.density}"
            )
        more = kept
    if levels and more != masks_module.count(masks):  # a control has none
        raise ValueError(f"the masks keep {masks_module.count(masks)} weights, the last level {more}")


def train_ticket(ticket: Ticket, model: nn.Module, train_fn: TrainFunction) -> float:
    """Load a ticket (or a control) into the model, train it from its rewind step, return what train_fn returned.

    Raises:
        TypeError: train_fn cannot start at the ticket's rewind step; the model is then untouched.
        ValueError: the model's layers differ from the ticket's, or train_fn returned no finite number.
    """
    check_train_fn(train_fn, ticket.rewind_step)
    ticket.load_into(model)
    result = run_train_fn(train_fn, model, "this ticket", start_iter=ticket.rewind_step)
    enforce(model, ticket.masks)  # a loop of one's own may end by moving weights
    return result


def reinitialised(ticket: Ticket, fresh: nn.Module) -> Ticket:
    """The ticket's mask on the weights of a freshly initialised model of the same shape, trained from step 0.

    Raises:
        ValueError: other layers; or the very weights of the ticket, which would make a control that is none.
    """
    weights = state_of(fresh)
    masks_module.check_same_layers(ticket.initial_weights, weights)
    if all(torch.equal(weights[name], ticket.initial_weights[name]) for name in ticket.masks):
        raise ValueError("the fresh model has the ticket's own initial weights; draw it from another seed")
    return Ticket(copy_state(ticket.masks), weights)


def sign_constant(ticket: Ticket) -> Ticket:
    """The ticket with every weight of a layer set to ± one size, the layer's root mean square; signs kept.

    Source: Zhou et al. (2019), arXiv 1905.01067: on small nets the signs carry most of what θ_0 gives.
    """
    pruned = {place(ticket.initial_weights[name]) for name in ticket.masks}
    levelled: dict[Hashable, Tensor] = {}
    weights: State = {}
    for name, weight in ticket.initial_weights.items():
        if place(weight) in pruned:  # a tied one under each of its names
            weight = levelled.setdefault(place(weight), weight.sign() * weight.square().mean().sqrt())
        weights[name] = weight
    return _control(ticket, ticket.masks, weights)


def random_mask(ticket: Ticket, seed: int, scope: str = "layer") -> Ticket:
    """The ticket's initial weights under a random mask, as dense in every layer ("layer") or in all ("global")."""
    return _control(ticket, masks_module.random_like(ticket.masks, seed, scope), ticket.initial_weights)


def _control(ticket: Ticket, masks: Masks, weights: State) -> Ticket:
    return Ticket(copy_state(masks), copy_state(weights), rewind_step=ticket.rewind_step)


def differing_layers(ticket: Ticket, model: nn.Module, own: Collection[str] = ()) -> list[str]:
    """One sentence for each layer in which the model differs from the ticket; an empty list if the ticket fits.

    Args:
        own: layers that do not have to agree, see :func:`transfer`.
    """
    wanted, found = ticket.initial_weights, state_of(model)
    sentences = []
    for name in [*wanted, *(name for name in found if name not in wanted)]:
        if _is_own(name, found, own):
            continue
        if name not in found:
            sentences.append(f"{name} of shape {_shape(wanted[name])} is missing from the model")
        elif name not in wanted:
            sentences.append(f"{name} of shape {_shape(found[name])} is extra in the model")
        elif _shape(wanted[name]) != _shape(found[name]):
            shapes = f"{_shape(wanted[name])} in the ticket and {_shape(found[name])} in the model"
            sentences.append(f"{name} has shape {shapes}")
    return sentences


def transfer(ticket: Ticket, model: nn.Module, own: Collection[str] = ()) -> Ticket:
    """The ticket, made ready for another task: its masks and initial weights, but the model's own where ``own`` says.

    Output layers of two tasks mean different things, even where their shapes agree: name the output layer in ``own``,
    and it starts from the model's values, unpruned. The model is left alone; give the result to
    :func:`lth_teach.train_ticket`. The idea is that of Morcos et al. (2019), arXiv 1906.02773.

    Args:
        model: a network for the new task, at its initialisation.
        own: layers (such as "4", for "4.weight" and "4.bias") or single tensors that are not transferred. A weight
            that is tied to a layer outside ``own`` is transferred all the same.

    Raises:
        TypeError: ``own`` is one string instead of a list of names.
        ValueError: the other layers differ (the message names every one of them), a name in ``own`` that the model
            does not have, or nothing of the mask left to transfer.
    """
    if isinstance(own, str):  # its letters would pass for names of layers
        raise TypeError(f"own must be a list of layers, such as [{own!r}], got the string {own!r}")
    state = state_of(model)
    if unknown := [entry for entry in own if not any(_belongs(name, [entry]) for name in state)]:
        raise ValueError(f"own names {unknown}, and the model has no such layer; it has {list(state)}")
    if sentences := differing_layers(ticket, model, own):
        raise ValueError("this ticket does not fit the model: " + "; ".join(sentences))
    masks = {name: mask for name, mask in ticket.masks.items() if not _is_own(name, state, own)}
    if not masks:
        raise ValueError(
            f"own = {list(own)} covers every masked layer {list(ticket.masks)}: nothing would be transferred"
        )
    weights = {
        name: value if _is_own(name, state, own) else ticket.initial_weights[name] for name, value in state.items()
    }
    return Ticket(copy_state(masks), copy_state(weights), rewind_step=ticket.rewind_step)


def _is_own(name: str, state: State, own: Collection[str]) -> bool:
    """Whether an entry stays the model's: it belongs to ``own``, and so do all layers that it is tied to."""
    tied = [other for other in state if name in state and place(state[other]) == place(state[name])]
    return all(_belongs(other, own) for other in (tied or [name]))


def _belongs(name: str, layers: Collection[str]) -> bool:
    return any(name == layer or name.startswith(f"{layer}.") for layer in layers)


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(getattr(value, "shape", ()))


def check_train_fn(train_fn: TrainFunction, start_iter: int) -> None:
    """Raise TypeError unless train_fn can be called, and can start and stop at a step if ``start_iter`` needs it."""
    if not callable(train_fn):
        raise TypeError(f"train_fn must be a function of the model, got {train_fn!r}")
    accepted = inspect.signature(train_fn).parameters.values()
    if start_iter and not any(p.kind is p.VAR_KEYWORD for p in accepted):
        missing = {"start_iter", "max_iter"} - {p.name for p in accepted}
        if missing:
            needs = f"rewinding to step {start_iter} (late_reset_iter)"
            raise TypeError(f"{needs} needs a train_fn that takes {' and '.join(sorted(missing))}")


def run_train_fn(train_fn: TrainFunction, model: nn.Module, what: str, **steps: int) -> float:
    """Call train_fn and insist on a finite number; ``what`` says in the error what was being trained."""
    wanted = {name: step for name, step in steps.items() if step}  # a plain train_fn(model) will do from step 0
    result: Any = train_fn(model, **wanted)
    if isinstance(result, Tensor) and result.numel() == 1:
        result = result.item()
    if not isinstance(result, numbers.Real) or not math.isfinite(result):
        raise ValueError(f"train_fn returned {result!r} after training {what}; it must return a finite accuracy")
    return result if isinstance(result, float) else float(result)  # a TrainingResult stays one
