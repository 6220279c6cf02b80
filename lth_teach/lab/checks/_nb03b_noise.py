"""How notebook 03b judges noise on a start: by its spread in each layer, since any order of drawing will do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from . import Wrong, call, describe, prints_below

State = dict[str, Tensor]
SPREADS = {"first": 0.05, "second": 0.4}  # of the starting values in the two layers
CLOSE = 0.05  # relative; the spread of 12,000 normal numbers is right to 0.7 %


def judge(attempt: Callable[..., Any], amount: float) -> None:
    """Raise :class:`Wrong`, with the likely mistake, unless each layer has noise of the right spread and no more."""
    numbers = torch.Generator().manual_seed(6)
    start = {name: spread * torch.randn(120, 100, generator=numbers) for name, spread in SPREADS.items()}
    spreads = " and ".join(f"{spread:g}" for spread in SPREADS.values())
    case = f"  input     two layers of 12,000 weights, of spread {spreads}, noise {amount:g}\n"
    with prints_below() as printed:
        found = [
            call(attempt, [_copy(start), amount, torch.Generator().manual_seed(seed)], case, printed)
            for seed in (1, 1, 2)
        ]
        untouched = _copy(start)
        call(attempt, [untouched, amount, torch.Generator().manual_seed(1)], case, printed)
        first = found[0]
        for name, weights in start.items():
            if not (isinstance(first, dict) and isinstance(first.get(name), Tensor)):
                raise Wrong(f"{case}  expected  a dictionary, name → tensor\n  found     {describe(first)}")
            if first[name].shape != weights.shape:
                raise Wrong(f"{case}  found     layer {name!r} of shape {tuple(first[name].shape)}; keep the shape.")
        if why := _mistake(start, first, amount):
            raise Wrong(f"{case}{_spreads(start, first, amount)}\nLikely: {why}")
        if any(not torch.equal(untouched[name], start[name]) for name in start):
            raise Wrong(f"{case}  found     the right noise, but your function changed its arguments; work on a copy.")
        if why := _not_drawn_with_it(start, found):
            raise Wrong(f"{case}  found     {why}")
        used = torch.Generator().manual_seed(1)
        twice = [call(attempt, [_copy(start), amount, used], case, printed) for _ in range(2)]
        if any(torch.equal(twice[0][name], twice[1][name]) for name in start):
            raise Wrong(
                f"{case}  found     the same noise when your function was called again with the same generator.\nDraw "
                "with that generator itself, not with a new one of its seed: it remembers how far it has come."
            )


def _copy(state: State) -> State:
    return {name: weights.clone() for name, weights in state.items()}


def _not_drawn_with_it(start: State, found: Sequence[State]) -> str:
    """What is wrong with the random numbers of three calls, with generators of one seed, the same and another."""
    first, again, other = found
    if any(not torch.equal(first[name], again[name]) or torch.equal(first[name], other[name]) for name in start):
        return (
            "noise that does not follow the generator.\nUse generator=generator, and make no generator of your own: "
            "otherwise nobody can repeat your run, or draw another."
        )
    if abs(_together(*(first[name] - weights for name, weights in start.items()))) > 0.9:
        return (
            "the same random numbers in both layers.\nDraw on with the generator that you were given; do not start "
            "it anew in each layer."
        )
    return ""


def _spreads(start: State, found: State, amount: float) -> str:
    """Expected and found spread of the noise, layer by layer."""
    wanted = {name: amount * weights.std().item() for name, weights in start.items()}
    seen = {name: (found[name] - weights).std().item() for name, weights in start.items()}
    lines = [
        f"  {word:<10}noise of spread " + ", ".join(f"{value:.2g} in {name!r}" for name, value in spread.items())
        for word, spread in (("expected", wanted), ("found", seen))
    ]
    return "\n".join(lines)


def _mistake(start: State, found: State, amount: float) -> str:
    noise = {name: (found[name] - weights).flatten() for name, weights in start.items()}
    spread = {name: values.std().item() for name, values in noise.items()}
    relative = {name: spread[name] / start[name].std().item() for name in start}
    if any(not torch.isfinite(values).all() for values in noise.values()):
        return "some values are not finite."
    if all(not values.any() for values in noise.values()):
        return "nothing was added."
    if any(spread[name] < 1e-6 * SPREADS[name] for name in start):
        return "every weight of a layer gets the same amount. Draw one number for each weight."
    if any(abs(_together(found[name], start[name])) < 0.1 for name in start):
        return "this is the noise alone; add it to the start."
    if all(_together(noise[name].abs(), start[name].abs()) > 0.3 for name in start):
        return "noise proportional to each weight: small weights hardly move. σ is that of the whole layer."
    if any(abs(values.mean().item()) > 0.2 * spread[name] for name, values in noise.items()):
        return "the noise is not zero on average. Is it torch.rand? You need torch.randn."
    if all(_close(value, amount) for value in relative.values()):
        return ""
    if all(_close(value, amount) for value in spread.values()):
        return "the spread of the layer is missing: σ is a standard deviation of the starting values."
    if all(_close(value, 1.0) for value in relative.values()):
        return "the amount is missing."
    if all(_close(value, amount**0.5) for value in relative.values()):
        return "the amount is a standard deviation, not a variance."
    if _close(*spread.values()):
        return "one σ for all layers. Each layer has its own."
    if all(_close(spread[name], amount * start[name].var().item()) for name in start):
        return "you multiplied by the variance; σ is its root."
    return "each layer's noise should have `amount` times the standard deviation of that layer."


def _close(found: float, wanted: float) -> bool:
    return abs(found / wanted - 1) < CLOSE


def _together(first: Tensor, second: Tensor) -> float:
    """The correlation of two tensors' entries."""
    return torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1].item()
