"""The judge of notebook 05's searches: it follows what was trained and cut, and names the first thing that is wrong."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ...ground.states import State
from ...masks import Masks
from ...tickets import Ticket
from . import Wrong, call, describe, prints_below
from ._nb05_watch import Cutting, Training, Watched, agree, at_step


@dataclass(frozen=True)
class Case:
    """A small network, the steps of a training, the levels, and the two dials.

    Attributes:
        weights_at: the step whose state each level starts from; None: it goes on from the weights as they are.
        rate_at: the step at which the schedule and the data of each level start.
    """

    words: str
    model: nn.Module
    steps: int
    levels: int
    weights_at: int | None
    rate_at: int

    @property
    def shown(self) -> str:
        """What goes in, for the message."""
        return f"  input     {self.words}, steps {self.steps}, levels {self.levels}\n"


@dataclass(frozen=True)
class Search:
    """What an attempt did on a case, and what it returned."""

    case: Case
    events: list[Training | Cutting]
    result: Any
    thetas: dict[int, State] = field(default_factory=dict)  # those asked for so far

    @classmethod
    def of(cls, attempt: Any, case: Case, *arguments: Any) -> Search:
        """Run ``attempt(network, train, cut, steps, *arguments)``; Wrong if it fails."""
        with prints_below() as printed:
            watched = Watched(case.steps)
            given = [copy.deepcopy(case.model), watched.train, watched.cut, case.steps, *arguments]
            result = call(attempt, given, case.shown, printed)
        return cls(case, [e for e in watched.events if isinstance(e, Cutting) or e.first < e.last], result)

    def judge(self) -> None:
        """Go through the events in their order: the dense training, then cut and training, level by level."""
        cuts = [place for place, event in enumerate(self.events) if isinstance(event, Cutting)]
        if len(cuts) != self.case.levels:
            raise self.wrong(f"{self.case.levels} cuts, one a level", f"{len(cuts)}")
        dense = [event for event in self.events[: cuts[0]] if isinstance(event, Training)]
        last = self._check_dense(dense)
        for number, (place, end) in enumerate(zip(cuts, [*cuts[1:], len(self.events)], strict=True), start=1):
            cutting, trainings = self.events[place], self.events[place + 1 : end]
            assert isinstance(cutting, Cutting)
            self._check_cut(number, cutting, last)
            if len(trainings) != 1:
                why = "the ticket is never trained." if not trainings else "once is enough."
                raise self.wrong(f"level {number}: one training after its cut", f"{len(trainings)}", why)
            training = trainings[0]
            assert isinstance(training, Training)
            self._check_steps(number, training)
            self._check_start(number, training, cutting.masks, last)
            self._check_held(number, training)
            last = training

    def theta(self, step: int) -> State:
        """θ at a step of this case's dense training."""
        if step not in self.thetas:
            self.thetas[step] = at_step(copy.deepcopy(self.case.model), step, self.case.steps)
        return self.thetas[step]

    def wrong(self, expected: str, found: str, why: str = "") -> Wrong:
        """The message."""
        likely = f"\nLikely: {why}" if why else ""
        return Wrong(f"{self.case.shown}  expected  {expected}\n  found     {found}{likely}")

    def _check_dense(self, trainings: list[Training]) -> Training:
        """The one that ends at the last step, every step made once on the way; a second network may train after it."""
        steps, k = self.case.steps, self.case.weights_at
        want = f"before the first cut the dense network is trained from step 0 up to {steps}"
        if not trainings:
            why = "the cut ranks trained weights, so something has to be trained first."
            raise self.wrong(want, "no training before the first cut", why)
        for one in reversed(trainings):
            if one.last == steps and same_state(one.before, self.theta(one.first)):
                return one
        told = " and ".join(f"from {training.first} up to {training.last}" for training in trainings)
        final = trainings[-1]
        if final.last < steps:
            why = "the mask was taken from θ_k. Go on to the last step before you cut." if final.last == k else ""
            raise self.wrong(want, f"trained {told}", why)
        why = ""
        if k and final.first == 0 and same_state(final.before, self.theta(k)):
            why = f"k + T steps: after its first {k} the dense network has only T − k left. (The document's program " \
                "does the same.)"  # fmt: skip
        elif k and final.first == k and len(trainings) == 1:
            why = f"the steps from 0 up to {k} were left out."
        raise self.wrong(want, f"trained {told}", why)

    def _check_cut(self, level: int, cutting: Cutting, last: Training) -> None:
        if not same_state(cutting.state, last.after):
            why = ""
            if self.case.weights_at is not None and same_state(cutting.state, self.theta(self.case.weights_at)):
                why = "the weights had been put back already. Cut first, by the trained sizes; then rewind."
            raise self.wrong(f"cut {level} ranks the weights of the training before it", "other weights", why)

    def _check_steps(self, level: int, training: Training) -> None:
        first, steps = self.case.rate_at, self.case.steps
        if (training.first, training.last) == (first, steps):
            return
        why = ""
        if self.case.weights_at != first and training.first == (self.case.weights_at or 0):
            why = "that is where the weights go back to. The schedule has a dial of its own."
        elif (training.first, training.last) == (0, steps - first):
            why = "their number is right, but they are the first ones: the rate is high all the time and never falls."
        elif training.first == first:
            why = "it stops before the end of the schedule."
        elif training.first == first + 1:
            why = f"the first {first} steps have the numbers 0 to {first - 1}. The next one is number {first}."
        elif first and training.first == 0:
            why = f"schedule and data begin at step 0. They should stand at {first}, as they did when θ_k was passed."
        want = f"level {level} trains from step {first} up to {steps}"
        raise self.wrong(want, f"from {training.first} up to {training.last}", why)

    def _check_start(self, level: int, training: Training, masks: Masks, last: Training) -> None:
        at = self.case.weights_at
        wanted = last.after if at is None else self.theta(at)
        differ = differing(training.before, wanted, masks)
        if not differ:
            return
        why = ""
        if at is None and not differing(training.before, self.theta(self.case.steps), masks):
            why = "back at the end of the dense training. To stay is to go on from where the last level ended."
        elif not differing(training.before, last.after, masks):
            why = (
                "you forgot to rewind: this training went on from the last one. If you did load a state, was it a "
                "copy? state_dict() hands out the very tensors that training changes."
            )
            if at == 0:
                why += " And 0 is a step, not *none*: `if 0:` is never taken, so ask `is not None`."
        elif at is not None and not differing(training.before, self.theta(self.case.rate_at), masks):
            why = (
                "that is where the schedule goes back to. The weights have a dial of their own, and 0 is a step of it."
            )
        elif not differing(training.before, self.theta(0), masks):
            why = "that is θ₀. It was saved before the first k steps were trained." if at else "that is θ₀."
        elif not set(differ) & set(masks):
            why = (
                "you rewound the weight matrices only. Biases and BatchNorm's running statistics belong to θ_k, too: "
                "put back all that state_dict() holds."
            )
        name = "the weights as the last training left them" if at is None else f"θ at step {at}"
        raise self.wrong(f"level {level} starts from {name}", f"other values in {', '.join(differ)}", why)

    def _check_held(self, level: int, training: Training) -> None:
        first, ever = training.loose
        if ever:
            why = "the mask was not applied, or the rewind brought pruned weights back." if first else (
                "zero at the start is not enough: every step moves them. enforcement.enforce holds them."
            )  # fmt: skip
            raise self.wrong(f"level {level} is trained with its pruned weights at 0", f"{ever} of them were not", why)


def check_masks(search: Search, found: Any) -> None:
    """The masks of the last cut, whatever holds them."""
    final = [event for event in search.events if isinstance(event, Cutting)][-1].masks
    want = "the masks of the last level, name → bool tensor"
    if not isinstance(found, dict) or found.keys() != final.keys():
        raise search.wrong(want, describe(found))
    if not all(isinstance(mask, Tensor) and torch.equal(mask.cpu(), final[name]) for name, mask in found.items()):
        raise search.wrong(want, "other masks")


def check_theta(search: Search, ticket: Ticket) -> None:
    """The whole θ_k, pruned weights too: another mask on the same start needs them."""
    theta_k = search.theta(search.case.rate_at)
    if not (differ := differing(ticket.initial_weights, theta_k, {})):
        return
    why = "they were trained meanwhile, so they are no copy."
    if not differing(ticket.initial_weights, theta_k, ticket.masks):
        why = "the mask was laid on the copy itself. Keep θ_k whole: the next exercise puts other masks on it."
    raise search.wrong("a Ticket that holds θ_k", f"other values in {', '.join(differ)}", why)


def same_state(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> bool:
    """Two whole states, equal but for rounding."""
    return all(agree(found[name], value) for name, value in wanted.items())


def differing(found: State, wanted: State, masks: Masks) -> list[str]:
    """Names of the entries that differ; of a pruned matrix only its survivors count."""
    whole = torch.tensor(True)  # as an index: everything
    where = {name: masks.get(name, whole) for name in wanted}
    return [
        name
        for name, value in wanted.items()
        if name not in found
        or found[name].shape != value.shape
        or not agree(found[name][where[name]], value[where[name]])
    ]
