"""The judge of notebook 02's ``imp``: it watches each training, and follows the search level by level."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from . import Wrong, call, describe, prints_below
from ._nb02_cuts import mistake_of, next_mask, number_to_go
from ._nb02_watch import Training, watched

Masks = Mapping[str, Tensor]


@dataclass(frozen=True)
class Case:
    """A network of forty-odd weights, and what to ask of ``imp``."""

    words: str
    model: nn.Module
    rate: float
    levels: int

    @property
    def shown(self) -> str:
        """What goes in, for the message."""
        return f"  input     {self.words}, rate {self.rate:g}, levels {self.levels}\n"


def judge(attempt: Any, case: Case) -> None:
    """Run the attempt on a copy of the case's network, and go through what it did in the order in which it happened.

    Each level is judged by the learner's own masks and trained values, so that the first thing that went wrong is
    named, not what followed from it; and any way of holding a mask will do.

    Raises:
        Wrong: with what went in, what was expected, what was found, and the likely mistake.
    """
    with prints_below() as printed:
        model = copy.deepcopy(case.model)
        trainings: list[Training] = []
        start = {name: value.clone() for name, value in case.model.state_dict().items()}
        shapes = {name: p.shape for name, p in case.model.named_parameters() if p.dim() == 2}
        inputs = next(iter(shapes.values()))[1]
        arguments = [model, watched(inputs, list(start), trainings), case.rate, case.levels]
        found = call(attempt, arguments, case.shown, printed)
        search = _Search(case, start, _masks(found, shapes, case), trainings)
        search.check_number_of_trainings()
        for level in range(len(trainings)):
            search.check_start(level)
            search.check_held(level)
            if level < case.levels:
                search.check_cut(level)


def _masks(found: Any, shapes: Mapping[str, torch.Size], case: Case) -> list[Masks]:
    """The masks of all levels, on the CPU, in the order of the model's layers; what is not right about their form."""
    want = f"a list of {case.levels + 1} dictionaries, name → bool tensor"
    if found is None:
        raise _wrong(case, want, "None", "does your function return its result?")
    if isinstance(found, dict):
        raise _wrong(case, want, "one dictionary", "these are the masks of one level; collect those of every level.")
    if not isinstance(found, (list, tuple)) or not all(isinstance(level, dict) for level in found):
        raise _wrong(case, want, describe(found))
    for number, level in enumerate(found):
        _check_masks(level, shapes, number, case)
    full = [all(bool(mask.all()) for mask in level.values()) for level in found]
    if len(found) != case.levels + 1:
        why = "level 0, the mask that keeps everything, is missing." if len(found) == case.levels else ""
        if why and full[0]:
            why = "the mask of the last cut is missing."
        raise _wrong(case, want, f"{len(found)} of them", why)
    places = [{mask.data_ptr() for mask in level.values()} for level in found]
    if any(places[one] & places[two] for one in range(len(found)) for two in range(one)):
        why = "you changed them in place, so that every level shows the last; make new tensors for each level."
        raise _wrong(case, "masks of its own for every level", "several levels that share the same tensors", why)
    if not full[0]:
        raise _wrong(case, "level 0 all True", f"level 0 keeps {_count(found[0])} of {_total(found[0])}")
    return [{name: level[name].detach().cpu() for name in shapes} for level in found]


def _check_masks(level: Masks, shapes: Mapping[str, torch.Size], number: int, case: Case) -> None:
    want = f"level {number} with a bool tensor for each of {', '.join(shapes)}"
    if level.keys() != shapes.keys():
        more = level.keys() > shapes.keys()
        why = "biases are not pruned: only parameters with two dimensions get a mask." if more else ""
        raise _wrong(case, want, f"level {number} with {', '.join(map(str, level)) or 'nothing'}", why)
    for name, mask in level.items():
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
            why = "these are weights, or scores, not masks."
            if isinstance(mask, Tensor) and bool(((mask == 0) | (mask == 1)).all()):
                why = "zeros and ones, but not bools: mask.bool(), or a comparison, makes a mask of them."
            raise _wrong(case, want, f"{describe(mask)} for {name}", why)
        if mask.shape != shapes[name]:
            found = f"a mask of shape {tuple(mask.shape)} for {name}, whose shape is {tuple(shapes[name])}"
            raise _wrong(case, want, found)


@dataclass(frozen=True)
class _Search:
    """What an attempt did: the masks that it returned, and its trainings. Level k is trained under mask k."""

    case: Case
    start: dict[str, Tensor]
    masks: list[Masks]
    trainings: list[Training]

    def check_number_of_trainings(self) -> None:
        """One before every cut, and perhaps one more with the last mask."""
        calls, levels = len(self.trainings), self.case.levels
        if calls not in (levels, levels + 1):
            why = "every cut needs a training before it." if calls < levels else "once before each cut is enough."
            want = f"{levels} calls of train, or {levels + 1} if the last mask is trained, too"
            raise _wrong(self.case, want, f"{calls} calls", why)

    def check_start(self, level: int) -> None:
        """Survivors, biases and buffers begin where they were when ``imp`` was called."""
        before, masks = self.trainings[level].before, self.masks[level]
        whole = torch.tensor(True)  # as an index: everything
        where = {name: masks.get(name, whole) for name in self.start}
        moved = [n for n, value in self.start.items() if not torch.equal(before[n][where[n]], value[where[n]])]
        if not moved:
            return
        want = f"training {level + 1} starts from the values that the model had when imp was called"
        raise _wrong(self.case, want, f"other values in {', '.join(moved)}", self._why_moved(level, moved))

    def _why_moved(self, level: int, moved: list[str]) -> str:
        masks = self.masks[level]
        if not level:
            return "the model was changed before its first training."
        if not set(moved) & set(masks):
            return (
                "you rewound the weight matrices only. Biases and buffers (the running averages of BatchNorm) were "
                "trained, too: put back all that state_dict() holds."
            )
        last = self.trainings[level - 1].after
        if all(torch.equal(self.trainings[level].before[name][mask], last[name][mask]) for name, mask in masks.items()):
            return (
                "you forgot to rewind: this training went on from the last one. If you did load a state, was it a "
                "copy, made before any training? state_dict() hands out the very tensors that training changes."
            )
        return "something moved the survivors between the rewind and the training."

    def check_held(self, level: int) -> None:
        """No forward pass used a pruned weight."""
        training, masks = self.trainings[level], self.masks[level]
        first, ever = (sum(int(used[n][~m].sum()) for n, m in masks.items()) for used in training.used)
        if not ever:
            return
        pruned = _total(masks) - _count(masks)
        want = f"the {pruned} pruned weights are 0 throughout training {level + 1}"
        if first:
            why = "the mask was not applied before training, or the rewind brought the pruned weights back."
            raise _wrong(self.case, want, f"{first} of them were not 0 in its first forward pass", why)
        why = "pruned weights were trained again. Zero at the start is not enough: every step moves them."
        raise _wrong(self.case, want, f"0 in its first forward pass, but {ever} of them were not 0 later", why)

    def check_cut(self, level: int) -> None:
        """The next mask is this one without the smallest round(rate × survivors), over all layers together."""
        old, new = self.masks[level], self.masks[level + 1]
        trained = self.trainings[level].after
        flat = (_flat(self.start, old), _flat(trained, old), _flat(old, old), self.case.rate)
        right, found = next_mask(*flat), _flat(new, old)
        if torch.equal(right, found):
            return
        why = mistake_of(*flat, found)
        if all(torch.equal(next_mask(self.start[n], trained[n], m, self.case.rate), new[n]) for n, m in old.items()):
            why = "you pruned each layer by itself. Rank the weights of all layers together, so that one cut fits all."
        if not why and (found & ~flat[2]).any():
            why = "weights that were pruned before are back. The dead stay dead: a new mask can only lose weights."
        if lost := [name for name, mask in self.masks[-1].items() if not mask.any()]:
            why = f"{why} In the end {', '.join(lost)} has no weight left, and no input gets through.".strip()
        share = f"round({self.case.rate:g} × {int(flat[2].sum())}) = {number_to_go(flat[2], self.case.rate)}"
        want = f"level {level + 1} keeps {int(right.sum())} of {_total(old)}: the smallest {share} survivors go"
        got = f"level {level + 1} keeps {int(found.sum())}, and differs in {int((found != right).sum())} places"
        raise _wrong(self.case, want, got, why)


def _wrong(case: Case, expected: str, found: str, why: str = "") -> Wrong:
    return Wrong(f"{case.shown}  expected  {expected}\n  found     {found}" + (f"\nLikely: {why}" if why else ""))


def _flat(values: Masks, names: Masks) -> Tensor:
    return torch.cat([values[name].flatten() for name in names])


def _count(masks: Masks) -> int:
    return sum(int(mask.sum()) for mask in masks.values())


def _total(masks: Masks) -> int:
    return sum(mask.numel() for mask in masks.values())
