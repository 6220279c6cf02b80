"""The judge of notebook 05's random mask: many draws from an attempt, and whether they are what a control should be."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ...tickets import Ticket
from . import Wrong, call, describe, prints_below

Draw = Callable[[Ticket, torch.Generator], Ticket]
DRAWS = 200  # of a mask, to see whether it is random
WIDE = 5.5  # standard deviations from the share that is kept: nothing honest is so far off


def made_up(*shapes: tuple[int, int], seed: int) -> Ticket:
    """A ticket of small layers, with a bias and BatchNorm's statistics among its weights."""
    generator = torch.Generator().manual_seed(seed)
    masks = {f"{2 * i}.weight": torch.rand(shape, generator=generator) < 0.35 for i, shape in enumerate(shapes)}
    weights = {name: torch.randn(mask.shape, generator=generator) for name, mask in masks.items()}
    weights |= {name: torch.randn(5, generator=generator) for name in ("0.bias", "1.running_mean")}
    return Ticket(masks, weights)


def judge_draws(attempt: Draw, ticket: Ticket) -> None:
    """Draw many times and go through form, start, numbers, and places.

    Raises:
        Wrong: with what went in, what was expected, what was found, and the likely mistake.
    """
    counts = ", ".join(f"{name} keeps {int(m.sum())} of {m.numel()}" for name, m in ticket.masks.items())
    case = f"  input     a ticket of two layers: {counts}\n"
    with prints_below() as printed:
        call(attempt, [copy.deepcopy(ticket), torch.Generator().manual_seed(0)], case, printed)
        given = copy.deepcopy(ticket)

        def all_of(seeds: Sequence[int]) -> list[Any]:
            return [attempt(given, torch.Generator().manual_seed(seed)) for seed in seeds]

        drawn, again = (call(all_of, [range(many)], case, printed) for many in (DRAWS, 8))
        for found in (*drawn, *again):
            _check_form(found, ticket, case)
        if any(not torch.equal(given.masks[name], mask) for name, mask in ticket.masks.items()):
            raise Wrong(f"{case}  found     a ticket, but your function changed the masks of the one it was given")
        _check_start(drawn[0], ticket, case)
        moved = torch.Generator().manual_seed(0)
        torch.rand(1, generator=moved)
        later = call(attempt, [given, moved], case, printed)
        for name, mask in ticket.masks.items():
            _check_numbers(drawn, ticket, name, case)
            _check_places([one.masks[name] for one in drawn], [one.masks[name] for one in again], mask, name, case)
        if all(torch.equal(mask, later.masks[name]) for name, mask in drawn[0].masks.items()):
            why = "you made a generator of your own from its seed. Use the one that you are given."
            want = "another mask once the generator has been used"
            raise Wrong(f"{case}  expected  {want}\n  found     the same\nLikely: {why}")


def _check_form(found: Any, ticket: Ticket, case: str) -> None:
    if not isinstance(found, Ticket):
        hint = "\nDoes your function return its result?" if found is None else ""
        raise Wrong(f"{case}  expected  a Ticket\n  found     {describe(found)}{hint}")
    for name, mask in ticket.masks.items():
        other = found.masks.get(name)
        if not isinstance(other, Tensor) or other.dtype != torch.bool or other.shape != mask.shape:
            want = f"a bool mask of shape {tuple(mask.shape)} for {name}"
            raise Wrong(f"{case}  expected  {want}\n  found     {describe(other)}")


def _check_start(found: Ticket, ticket: Ticket, case: str) -> None:
    for name, value in ticket.initial_weights.items():
        kept = found.masks.get(name, torch.tensor(True))  # of a layer only what the mask keeps is used
        other = found.initial_weights.get(name)
        if other is not None and other.shape == value.shape and torch.equal(other[kept], value[kept]):
            continue
        why = "new values are a second change; then nobody knows which of the two did it. Keep the ticket's start."
        if other is not None and other.shape == value.shape and bool((other[kept] == 0).any()):
            why = "the start was multiplied by the ticket's mask, so most of the new places hold a zero."
        raise Wrong(f"{case}  expected  the start of the ticket\n  found     other values in {name}\nLikely: {why}")


def _check_numbers(drawn: Sequence[Ticket], ticket: Ticket, name: str, case: str) -> None:
    wanted, counts = int(ticket.masks[name].sum()), {int(one.masks[name].sum()) for one in drawn}
    if counts == {wanted}:
        return
    why = "each weight was kept with a probability, so the number is right on average only."
    if {_count(one) for one in drawn} == {_count(ticket)}:
        why = "drawn over all layers together. Then one layer may be too thin, and that alone could explain a loss."
    elif len(counts) == 1:
        why = "this is another number of weights than the ticket has there."
    found = f"{min(counts)} to {max(counts)}" if len(counts) > 1 else f"{min(counts)}"
    raise Wrong(f"{case}  expected  {wanted} weights in {name} at every draw\n  found     {found}\nLikely: {why}")


def _check_places(drawn: Sequence[Tensor], again: Sequence[Tensor], mask: Tensor, name: str, case: str) -> None:
    if all(torch.equal(one, mask) for one in drawn):
        raise Wrong(f"{case}  expected  {name} at random places\n  found     the ticket's own mask")
    if any(not torch.equal(one, two) for one, two in zip(again, drawn, strict=False)):
        why = "the draw did not come from the generator that you were given."
        raise Wrong(f"{case}  expected  the same mask from equal generators\n  found     others\nLikely: {why}")
    if all(torch.equal(one, drawn[0]) for one in drawn):
        raise Wrong(f"{case}  expected  other places with another generator\n  found     the same mask each time")
    often, share = torch.stack(list(drawn)).double().mean(0), float(mask.double().mean())
    if float((often - share).abs().max()) > WIDE * (share * (1 - share) / len(drawn)) ** 0.5:
        why = "rows or columns were moved as a whole, or some places cannot be drawn. Shuffle single weights."
        most, least = (100 * float(part) for part in (often.max(), often.min()))
        found = f"some kept in {most:.0f} % of the draws, others in {least:.0f} %"
        want = f"each place of {name} as likely as any other"
        raise Wrong(f"{case}  expected  {want}\n  found     {found}\nLikely: {why}")


def _count(ticket: Ticket) -> int:
    return sum(int(mask.sum()) for mask in ticket.masks.values())
