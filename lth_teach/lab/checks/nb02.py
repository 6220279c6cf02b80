"""Checks of notebook 02: exact magnitude pruning, a mask held while training, and a control that keeps the signs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from . import exercise, expect

Gradient = Callable[[Tensor], Tensor]


@exercise(
    "Work on the survivors alone: scores[mask] is the flat list of their scores, in order of position.",
    "A threshold cannot count: equal scores fall on the same side of it. Sort, and take positions instead of values. "
    "torch.argsort has the arguments descending and stable.",
    "order = scores[mask].argsort(descending=True, stable=True); keep = ones of that length, with "
    "keep[order[len(order) - number:]] = False; then new = mask.clone() and new[mask] = keep.",
)
def exact_pruning(attempt: Callable[[Tensor, Tensor, int], Tensor]) -> int:
    """(scores, mask, number) → the mask without the ``number`` survivors of lowest score; ties: the first stays."""
    every = torch.ones(2, 3, dtype=torch.bool)
    some = torch.tensor([[True, False, True], [True, True, False]])
    ties = torch.randint(0, 4, (6, 7), generator=torch.Generator().manual_seed(0)).double()
    first = torch.tensor([[0.5, 0.1, 0.4], [0.3, 0.2, 0.6]], dtype=torch.double)
    cases = [
        (first, every, 2),
        (first + 0.5 * ~some, some, 2),  # pruned weights that score high
        (first * some, some, 2),  # pruned weights are zero, so they score lowest
        (torch.full_like(first, 0.7), every, 2),
        (first, every, 0),
        (ties, ties != 2, 11),
    ]
    mistakes: list[tuple[str, Callable[[Tensor, Tensor, int], Tensor]]] = [
        ("with number = 0, order[-number:] is order[-0:], which is everything.", _nothing_is_everything),
        ("`<` against the threshold spares the weight that sits on it, so one too few goes (with ties, more).", _below),
        ("`<=` against the threshold removes every weight that ties with it; it can empty a whole layer.", _up_to),
        ("you ranked pruned weights, too. They are gone already; only survivors are candidates.", _rank_all),
        ("the weights removed earlier are back. The new mask can only lose weights.", _revive),
        ("you kept `number` weights; `number` is how many to remove.", _keep_number),
        ("you removed the weights with the highest scores; high means keep.", _highest),
        ("the right number, but among equal scores the first by position should stay.", _last_stays),
    ]
    for scores, mask, number in cases:
        shown = f"scores {scores.tolist()}, mask {mask.tolist()}, number {number}"
        expect(attempt, [scores, mask, number], _without_lowest(scores, mask, number), mistakes, shown)
    return len(cases)


@exercise(
    "Which lines can make a pruned weight non-zero? The start, and every step.",
    "The velocity was filled before the mask existed. A masked gradient does not empty it, so mask the weight itself.",
    "weight = weight * mask before the loop, and again as the last line inside it.",
)
def sparse_training(attempt: Callable[..., Tensor]) -> int:
    """(weight, mask, velocity, gradient, steps) → weights after SGD with momentum, the mask held at every step."""
    generator = torch.Generator().manual_seed(1)
    mistakes: list[tuple[str, Callable[..., Tensor]]] = [
        ("no mask at all: this is the dense network.", _sgd),
        (
            "the mask was applied at the start only. From the first step on the optimizer moves pruned weights.",
            partial(_sgd, masked=("start",)),
        ),
        (
            "you masked the gradient only; the velocity carried over still moves pruned weights.",
            partial(_sgd, masked=("start", "gradient")),
        ),
        (
            "the mask was applied at the end only. Until then the pruned weights worked for the others.",
            partial(_sgd, masked=("end",)),
        ),
        (
            "the first gradient was taken before the mask was applied; start from the masked weight.",
            partial(_sgd, masked=("step",)),
        ),
        ("masking the start and the end leaves the steps between them dense.", partial(_sgd, masked=("start", "end"))),
    ]
    cases = 0
    for size, steps in ((4, 3), (4, 1), (8, 20)):
        weight, velocity, target = (torch.randn(size, dtype=torch.double, generator=generator) for _ in range(3))
        mixing = 0.3 * torch.randn(size, size, dtype=torch.double, generator=generator)
        mask = torch.arange(size) % 3 != 1

        def gradient(w: Tensor, mixing: Tensor = mixing, target: Tensor = target) -> Tensor:
            return mixing.T @ (mixing @ w - target)  # of ½‖Mw − t‖², in which every weight matters to every other

        arguments = (weight, mask, velocity, gradient, steps)
        shown = f"{size} weights of which {int(mask.sum())} are kept, a velocity that is not zero, {steps} step(s)"
        expect(attempt, arguments, _sgd(*arguments, masked=("start", "step")), mistakes, shown)
        cases += 1
    return cases


@exercise(
    "A number is its sign times its size. Take the one from here and the other from there.",
    "torch.sign and Tensor.abs; a fresh weight that happens to have the right sign stays as it is.",
    "return fresh.abs() * initial.sign()",
)
def same_signs(attempt: Callable[[Tensor, Tensor], Tensor]) -> int:
    """(initial, fresh) → weights with the sizes of ``fresh`` and the signs of ``initial``."""
    generator = torch.Generator().manual_seed(2)
    cases = [
        (torch.tensor([0.5, -0.1, 0.2]), torch.tensor([-0.3, -0.4, 0.6])),
        (torch.randn(3, 4, generator=generator), torch.randn(3, 4, generator=generator)),
    ]
    mistakes: list[tuple[str, Callable[[Tensor, Tensor], Tensor]]] = [
        ("sign and size are swapped: the sizes should be the fresh ones.", lambda a, b: a.abs() * b.sign()),
        ("you flipped signs by those of `initial`; take the size (absolute value) of `fresh` first.", _flip),
        ("these are the fresh weights, signs and all.", lambda a, b: b.clone()),
        ("these are the initial weights; their sizes should be gone.", lambda a, b: a.clone()),
        ("these are only the signs, all of size 1.", lambda a, b: a.sign()),
        ("that is the sign-constant arm; here each weight takes the size of its fresh partner.", _constant),
    ]
    for initial, fresh in cases:
        expect(attempt, [initial, fresh], fresh.abs() * initial.sign(), mistakes)
    return len(cases)


def _without_lowest(scores: Tensor, mask: Tensor, number: int) -> Tensor:
    order = scores[mask].argsort(descending=True, stable=True)
    keep = torch.ones(len(order), dtype=torch.bool)
    keep[order[len(order) - number :]] = False
    new = mask.clone()
    new[mask] = keep
    return new


def _nothing_is_everything(scores: Tensor, mask: Tensor, number: int) -> Tensor:
    if number:
        return _without_lowest(scores, mask, number)
    return torch.zeros_like(mask)


def _threshold(scores: Tensor, mask: Tensor, number: int) -> float:
    return float(scores[mask].kthvalue(number).values) if number else -1.0


def _below(scores: Tensor, mask: Tensor, number: int) -> Tensor:
    return mask & ~(scores < _threshold(scores, mask, number))


def _up_to(scores: Tensor, mask: Tensor, number: int) -> Tensor:
    return mask & (scores > _threshold(scores, mask, number))


def _rank_all(scores: Tensor, mask: Tensor, number: int) -> Tensor:
    return mask & _without_lowest(scores, torch.ones_like(mask), number)


def _revive(scores: Tensor, mask: Tensor, number: int) -> Tensor:
    return _without_lowest(scores, torch.ones_like(mask), number)


def _keep_number(scores: Tensor, mask: Tensor, number: int) -> Tensor:
    return _without_lowest(scores, mask, int(mask.sum()) - number)


def _highest(scores: Tensor, mask: Tensor, number: int) -> Tensor:
    return _without_lowest(-scores, mask, number)


def _last_stays(scores: Tensor, mask: Tensor, number: int) -> Tensor:
    return _without_lowest(scores.flip(0, 1), mask.flip(0, 1), number).flip(0, 1)


def _sgd(
    weight: Tensor,
    mask: Tensor,
    velocity: Tensor,
    gradient: Gradient,
    steps: int,
    masked: tuple[str, ...] = (),
) -> Tensor:
    """SGD with momentum 0.9 and rate 0.1; ``masked`` names the places where the mask is applied."""

    def apply(tensor: Tensor, place: str) -> Tensor:
        return tensor * mask if place in masked else tensor

    weight = apply(weight, "start")
    for _ in range(steps):
        velocity = 0.9 * velocity + apply(gradient(weight), "gradient")
        weight = apply(weight - 0.1 * velocity, "step")
    return apply(weight, "end")


def _flip(initial: Tensor, fresh: Tensor) -> Tensor:
    return fresh * initial.sign()


def _constant(initial: Tensor, _fresh: Tensor) -> Tensor:
    return initial.sign() * initial.std()
