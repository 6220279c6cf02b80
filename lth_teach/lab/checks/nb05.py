"""Checks of notebook 05: a rewind that forgets nothing, and what a search with late reset costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ...randomness import generator
from . import exercise, expect

State = dict[str, Tensor]
Restart = dict[str, Any]


@exercise(
    "Four things stand at step k when training reaches it: the weights, the running statistics of BatchNorm, the "
    "learning rate, and the place in the data. The last two depend on the number of the step alone.",
    "theta_k is a whole state_dict: go through all of its entries. Only those that have a mask are multiplied by it.",
    "state = {name: value * masks[name] if name in masks else value.clone() for name, value in theta_k.items()}; "
    "the first step is k, and total - k steps are left.",
)
def rewind(attempt: Callable[..., Restart]) -> int:
    """(trained, theta_k, masks, k, total) → {"state": m ⊙ θ_k and buffers of θ_k, "first_step": k, "steps": T − k}."""
    mistakes: list[tuple[str, Callable[..., Restart]]] = [
        ("the state is right, but the schedule and the data start again at step 0; they should stand at k.",
         partial(_restart, first=lambda k, total: 0)),
        ("first step and state are right, but T more steps would run past the end of the schedule.",
         partial(_restart, steps=lambda k, total: total)),
        ("the first step is 0 and the steps are T: schedule and data order start from the beginning.",
         partial(_restart, first=lambda k, total: 0, steps=lambda k, total: total)),
        ("one step short: the steps that are left are k, k + 1, …, T − 1, and those are T − k.",
         partial(_restart, steps=lambda k, total: total - k - 1)),
        ("the first k steps, 0 to k − 1, are done. The next one has the number k.",
         partial(_restart, first=lambda k, total: k + 1, steps=lambda k, total: total - k - 1)),
        ("only weights and biases were rewound; BatchNorm's running statistics are still those of the trained network.",
         partial(_restart, whole=False)),
        ("entries are missing: a state_dict holds biases, BatchNorm's scales and its buffers as well.",
         partial(_restart, only_masked=True)),
        ("the mask was not applied: pruned weights start from θ_k, too.", partial(_restart, masked=False)),
        ("these are the trained weights, and without the mask. Rewinding goes back to θ_k.",
         partial(_restart, trained_weights=True, masked=False)),
        ("these are the trained weights. Rewinding throws them away and keeps the mask only.",
         partial(_restart, trained_weights=True)),
    ]  # fmt: skip
    cases = 0
    for inputs, outputs, k, total in ((3, 1, 7, 700), (2, 2, 0, 40)):
        network = nn.Sequential(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs))
        theta_k, trained = _shifted(network, 2 * cases), _shifted(network, 2 * cases + 1)
        masks = {"0.weight": torch.arange(inputs * outputs).reshape(outputs, inputs) % 3 != 1}
        arguments: list[Any] = [trained, theta_k, masks, k, total]
        shown = f"two states of a linear layer with BatchNorm, masks of {list(masks)}, k = {k}, total = {total}"
        expect(attempt, arguments, _restart(*arguments), mistakes, shown)
        cases += 1
    return cases


@exercise(
    "Count the dense network apart from the rest: it is trained from step 0.",
    "There are `prunings` networks besides the dense one. Each of them starts at step k and stops at step T.",
    "return total + prunings * (total - k)",
)
def steps_of_search(attempt: Callable[[int, int, int], int]) -> int:
    """(prunings, k, total) → training steps of the whole search: T, and T − k for each pruning."""
    mistakes: list[tuple[str, Callable[[int, int, int], int]]] = [
        ("those are the steps of the document's code: k + T for the dense network, then T at every level.",
         lambda n, k, total: k + total + n * total),
        ("you count T steps at every level; the levels after the first start at step k.",
         lambda n, k, total: (n + 1) * total),
        ("the dense network is missing: it is trained, too, and from step 0.", lambda n, k, total: n * (total - k)),
        ("the dense network has to take its first k steps as well, or there would be no θ_k.",
         lambda n, k, total: (n + 1) * (total - k)),
        ("the dense network trains T steps in all; its first k are among them.",
         lambda n, k, total: k + total + n * (total - k)),
        ("the dense network is one of the networks, but not one of the prunings: there are prunings + 1 in all.",
         lambda n, k, total: total + (n - 1) * (total - k)),
    ]  # fmt: skip
    cases = [(4, 7, 700), (10, 0, 500), (0, 20, 2_000), (13, 150, 3_000)]
    for prunings, k, total in cases:
        shown = f"prunings {prunings}, k {k}, total {total}"
        expect(attempt, [prunings, k, total], total + prunings * (total - k), mistakes, shown)
    return len(cases)


def _shifted(network: nn.Module, seed: int) -> State:
    """A state with the network's names and shapes and values of its own, so that no two states share one."""
    draw = generator("state", seed)
    return {
        name: torch.rand(value.shape, generator=draw) + 0.1 if value.is_floating_point() else torch.tensor(seed + 1)
        for name, value in network.state_dict().items()
    }


def _restart(
    trained: State,
    theta_k: State,
    masks: State,
    k: int,
    total: int,
    *,
    first: Callable[[int, int], int] = lambda k, total: k,
    steps: Callable[[int, int], int] = lambda k, total: total - k,
    whole: bool = True,
    only_masked: bool = False,
    masked: bool = True,
    trained_weights: bool = False,
) -> Restart:
    state = dict(trained if trained_weights else theta_k)
    if not whole:
        state |= {name: trained[name] for name in trained if _is_buffer(name)}
    if only_masked:
        state = {name: state[name] for name in masks}
    if masked:
        state |= {name: state[name] * mask for name, mask in masks.items()}
    return {"state": state, "first_step": first(k, total), "steps": steps(k, total)}


def _is_buffer(name: str) -> bool:
    return name.endswith(("running_mean", "running_var", "num_batches_tracked"))
