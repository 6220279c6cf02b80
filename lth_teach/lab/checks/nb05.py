"""Checks of notebook 05: a search that rewinds to step k, a random mask on θ_k, and a search with two dials."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import nn

from ... import enforcement, masks, models
from ...tickets import Ticket
from . import describe, exercise
from ._nb05_draw import judge_draws, made_up
from ._nb05_search import Case, Search, check_masks, check_theta
from ._nb05_watch import Cut, Train


def _late_reset(network: nn.Module, train: Train, cut: Cut, steps: int, k: int, levels: int) -> Ticket:
    train(network, 0, k)
    theta_k = copy.deepcopy(network.state_dict())
    train(network, k, steps)
    kept = masks.dense(network)
    for _ in range(levels):
        kept = cut(network, kept)
        network.load_state_dict(theta_k)
        enforcement.enforce(network, kept)
        train(network, k, steps)
    return Ticket(kept, theta_k)


def _normed() -> nn.Module:
    network = nn.Sequential(*models.mlp(4, 6, 4, seed=1))
    network.insert(1, nn.BatchNorm1d(6))
    return network


@exercise(
    "When the network stands at step k, something has to be kept. What does training change, besides the weights?",
    "state_dict() holds weights, biases and running statistics, but hands out the live tensors: copy it. The rate and "
    "the data follow from the number of the step alone, so it is enough to begin at the right number.",
    "Copy the state after k steps and train on to the end. In each level, once the cut is made: put the copy back, let "
    "the new mask hold, and train the steps from k to the end.",
    solution=_late_reset,
)
def late_reset(attempt: Callable[..., Ticket]) -> int:
    """(network, train, cut, steps, k, levels) → Ticket(last masks, θ_k); every level starts from θ_k at step k."""
    cases = [
        Case("a network of 48 weights with BatchNorm, k 2", _normed(), 6, 2, 2, 2),
        Case("a network of 48 weights, k 0", models.mlp(4, 6, 4, seed=2), 4, 2, 0, 0),
    ]
    for case in cases:
        search = Search.of(attempt, case, case.rate_at, case.levels)
        search.judge()
        ticket = search.result
        if not isinstance(ticket, Ticket):
            raise search.wrong("a Ticket", describe(ticket))
        check_masks(search, ticket.masks)
        check_theta(search, ticket)
    return len(cases)


def _random_ticket(ticket: Ticket, generator: torch.Generator) -> Ticket:
    chosen = {}
    for name, mask in ticket.masks.items():
        places = torch.randperm(mask.numel(), generator=generator)
        chosen[name] = mask.flatten()[places].view_as(mask)
    return Ticket(chosen, ticket.initial_weights)


@exercise(
    "The control differs from the ticket in one thing only. Which? Then what is the same in every layer?",
    "Shuffle the entries of a layer's mask, all of them: torch.randperm(n, generator=generator) is a random order of n "
    "places.",
    "Lay each mask in one row, read it in a random order, and give it its shape again. That keeps the number of ones "
    "in every layer. The start is the ticket's own, untouched.",
    solution=_random_ticket,
)
def random_ticket(attempt: Callable[[Ticket, torch.Generator], Ticket]) -> int:
    """(ticket, generator) → as many weights in each layer at random places, on the very start of the ticket."""
    tickets = [made_up((5, 7), (3, 5), seed=11), made_up((6, 8), (4, 6), seed=12)]
    for ticket in tickets:
        judge_draws(attempt, ticket)
    return len(tickets)


def _two_dials(
    network: nn.Module, train: Train, cut: Cut, steps: int, levels: int, weights_at: int | None, rate_at: int
) -> masks.Masks:
    pause = weights_at or 0
    train(network, 0, pause)
    start = copy.deepcopy(network.state_dict())
    train(network, pause, steps)
    kept = masks.dense(network)
    for _ in range(levels):
        kept = cut(network, kept)
        if weights_at is not None:
            network.load_state_dict(start)
        enforcement.enforce(network, kept)
        train(network, rate_at, steps)
    return kept


@exercise(
    "Begin with your late_reset. Which of its lines used k for the weights, and which for the schedule?",
    "One dial says what is put back before a level, the other at which number its training begins. If nothing is put "
    "back, each level goes on from the weights that the level before left.",
    "Pause the dense training at weights_at to copy the state (at 0, or where there is nothing to put back, that is "
    "no pause at all). In a level: cut, put the copy back unless the weights stay, hold the mask, train from rate_at.",
    solution=_two_dials,
)
def two_dials(attempt: Callable[..., masks.Masks]) -> int:
    """(network, train, cut, steps, levels, weights_at, rate_at) → the last masks; None: the weights stay."""
    cases = [(0, 0), (2, 2), (None, 0), (None, 4), (1, 0), (0, 2)]
    for weights_at, rate_at in cases:
        words = f"a network of 48 weights with BatchNorm, weights_at {weights_at}, rate_at {rate_at}"
        case = Case(words, _normed(), 6, 2, weights_at, rate_at)
        search = Search.of(attempt, case, case.levels, weights_at, rate_at)
        search.judge()
        check_masks(search, search.result)
    return len(cases)
