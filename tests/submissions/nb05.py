"""Notebook 05, 8 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import copy

import torch

from lth_teach import Ticket, enforcement, masks


class StartsTheScheduleAgain:
    points = 2
    says = {
        "late_reset": "schedule and data begin at step 0",
        "two_dials": "schedule and data begin at step 0",
    }

    def late_reset(network, train, cut, steps, k, levels):
        train(network, 0, k)
        theta_k = copy.deepcopy(network.state_dict())
        train(network, k, steps)
        kept = masks.dense(network)
        for _ in range(levels):
            kept = cut(network, kept)
            network.load_state_dict(theta_k)
            enforcement.enforce(network, kept)
            train(network, 0, steps)
        return Ticket(kept, theta_k)

    def two_dials(network, train, cut, steps, levels, weights_at, rate_at):
        train(network, 0, weights_at or 0)
        start = copy.deepcopy(network.state_dict())
        train(network, weights_at or 0, steps)
        kept = masks.dense(network)
        for _ in range(levels):
            kept = cut(network, kept)
            if weights_at is not None:
                network.load_state_dict(start)
            enforcement.enforce(network, kept)
            train(network, 0, steps)
        return kept


class TrainsAsTheDocumentDoes:
    points = 3
    says = {
        "late_reset": "k + T steps",
        "random_ticket": "right on average only",
    }

    def late_reset(network, train, cut, steps, k, levels):
        train(network, 0, k)
        theta_k = copy.deepcopy(network.state_dict())
        train(network, 0, steps)
        kept = masks.dense(network)
        for _ in range(levels):
            kept = cut(network, kept)
            network.load_state_dict(theta_k)
            enforcement.enforce(network, kept)
            train(network, k, steps)
        return Ticket(kept, theta_k)

    def random_ticket(ticket, generator):
        chosen = {}
        for name, mask in ticket.masks.items():
            chosen[name] = torch.rand(mask.shape, generator=generator) < mask.float().mean()
        return Ticket(chosen, ticket.initial_weights)


class ForgetsTheCopyAndTheBuffers:
    points = 0
    says = {
        "late_reset": "state_dict() hands out the very tensors",
        "random_ticket": "new values are a second change",
        "two_dials": "you rewound the weight matrices only",
    }

    def late_reset(network, train, cut, steps, k, levels):
        train(network, 0, k)
        theta_k = network.state_dict()
        train(network, k, steps)
        kept = masks.dense(network)
        for _ in range(levels):
            kept = cut(network, kept)
            network.load_state_dict(theta_k)
            enforcement.enforce(network, kept)
            train(network, k, steps)
        return Ticket(kept, theta_k)

    def random_ticket(ticket, generator):
        chosen = {}
        for name, mask in ticket.masks.items():
            chosen[name] = mask.flatten()[torch.randperm(mask.numel(), generator=generator)].view_as(mask)
        fresh = {name: torch.randn(value.shape, generator=generator) for name, value in ticket.initial_weights.items()}
        return Ticket(chosen, fresh)

    def two_dials(network, train, cut, steps, levels, weights_at, rate_at):
        train(network, 0, weights_at or 0)
        start = {name: weight.detach().clone() for name, weight in network.named_parameters()}
        train(network, weights_at or 0, steps)
        kept = masks.dense(network)
        for _ in range(levels):
            kept = cut(network, kept)
            if weights_at is not None:
                network.load_state_dict(start, strict=False)
            enforcement.enforce(network, kept)
            train(network, rate_at, steps)
        return kept
