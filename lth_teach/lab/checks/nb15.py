"""Checks of notebook 15: a whole snapshot, training mode put back, an honest ±, and a constant neuron folded away."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from scipy.stats import t as student
from torch import Tensor, nn

from . import Wrong, call, describe, exercise, expect

State = dict[str, Tensor]
Report = tuple[float, float | None]


@exercise(
    "What does a module remember beside its parameters? Compare named_parameters() with state_dict().",
    "state_dict() has everything by name, but its tensors are the model's own memory. Which method of a tensor copies?",
    "return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}",
)
def snapshot(attempt: Callable[[nn.Module], State]) -> int:
    """A model → name → copy of everything its state_dict holds."""
    mistakes: list[tuple[str, Callable[[nn.Module], Any]]] = [
        (
            "these are the parameters alone. BatchNorm also keeps buffers, its running mean and variance.",
            lambda model: {name: p.detach() for name, p in model.named_parameters()},
        ),
        ("these are the buffers alone; the weights are missing.", lambda model: dict(model.named_buffers())),
        (
            "only the weights that can be pruned are there; a rewind needs the rest, too.",
            lambda model: {n: p for n, p in model.named_parameters() if n.endswith("weight") and p.dim() > 1},
        ),
    ]
    networks = [_small_network(False), _small_network(True)]
    for network in networks:
        shown = f"a network that holds {list(network.state_dict())}"
        expected = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
        expect(attempt, [network], expected, mistakes, shown)
        taken = call(attempt, [network])
        with torch.no_grad():
            for tensor in network.state_dict().values():
                tensor.add_(1)
        if moved := [name for name in taken if not torch.equal(taken[name], expected[name])]:
            raise Wrong(
                f"  input     {shown}\n  found     after training went on, {', '.join(moved)} in your snapshot had "
                "changed, too\nLikely: the tensors are the model's own, not copies of them."
            )
    return len(networks)


@exercise(
    "Every module has its own flag `training`, and model.modules() gives all of them. Note them before you change any.",
    "The work may raise an error. What belongs in a `finally:` block?",
    "before = [(m, m.training) for m in model.modules()]; model.train(); try: return work(model); "
    "finally: for m, mode in before: m.training = mode.",
)
def in_training_mode(attempt: Callable[[nn.Module, Callable[[nn.Module], Any]], Any]) -> int:
    """(model, work) → work(model), done in training mode; afterwards every part is in the mode it was in before."""
    if not callable(attempt):
        raise Wrong(f"Expected a function, found {describe(attempt)}.")
    cases = [
        ("a network in evaluation mode", [False] * 5, False),
        ("a network in training mode", [True] * 5, False),
        ("a network in training mode, its BatchNorm in evaluation mode", [True, True, False, True, True], False),
        ("a network in evaluation mode, and work that raises an error", [False] * 5, True),
    ]
    for shown, modes, fails in cases:
        _check_modes(attempt, shown, modes, fails)
    return len(cases)


@exercise(
    "The interval of a mean is the standard deviation of the values, divided by √n, times Student's factor.",
    "The standard deviation of a sample divides by n − 1. Student's factor for n values is "
    "scipy.stats.t.ppf(0.975, n - 1).",
    "n = len(values); mean = sum(values) / n; if n == 1 return mean, None; else the half-width is "
    "t.ppf(0.975, n - 1) * math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1) / n).",
)
def honest_report(attempt: Callable[[list[float]], Report]) -> int:
    """Accuracies of n trials → (mean, half-width of its 95 % interval), or (mean, None) for one trial."""
    mistakes: list[tuple[str, Callable[[list[float]], Any]]] = [
        (
            "that is ± one standard deviation: how far trials scatter, not how sure the mean is.",
            lambda v: _report(v, factor=1, root=False),
        ),
        ("that is the standard error. Multiply it by Student's factor for a 95 % interval.", lambda v: _report(v, 1)),
        ("1.96 is the factor for very many trials; few need Student's, which is larger.", lambda v: _report(v, 1.96)),
        ("1.96 is the factor for very many trials; few need Student's.", lambda v: _report(v, student.ppf(0.975, 1e9))),
        ("95 % in the middle leaves 2.5 % on each side: ppf(0.975), not ppf(0.95).", _one_sided),
        ("n values leave n − 1 degrees of freedom; you gave Student's t one too many.", _too_free),
        ("the standard deviation should divide by n − 1, not by n.", lambda v: _report(v, spare=0)),
        ("divide by √n: the mean of many trials is surer than one of them.", lambda v: _report(v, root=False)),
        ("one trial has no scatter to measure. Return None, not a number.", lambda v: (_report(v)[0], 0.0)),
        ("the two are swapped: first the mean, then the half-width.", lambda v: _report(v)[::-1]),
    ]
    cases = [[0.951, 0.962, 0.955], [0.91], [0.7, 0.9], [0.91, 0.93, 0.92, 0.95, 0.9]]
    for values in cases:
        if len(values) == 1 and callable(attempt) and "nan" in repr(call(attempt, [list(values)])):
            raise Wrong(
                f"  input     {values}\n  found     nan\nLikely: one trial has no scatter. Return None, not nan."
            )
        expect(attempt, [values], _report(values), mistakes)
    return len(cases)


@exercise(
    "A neuron without incoming weights sees only its bias. What does ReLU make of that, for every input alike?",
    "Each such neuron adds its constant times its outgoing weight to each output. Outgoing weights are a column.",
    "return out_bias + out_weight[:, dead] @ hidden_bias[dead].relu()",
)
def folded_bias(attempt: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> int:
    """(hidden_bias, out_weight, out_bias, dead) → the output bias once the dead neurons are taken out."""
    numbers = torch.Generator().manual_seed(3)
    mistakes: list[tuple[str, Callable[..., Tensor]]] = [
        ("the bias is unchanged, but a neuron without inputs is a constant, not zero.", lambda b, w, c, d: c.clone()),
        ("the constant passes through ReLU before it reaches the next layer.", lambda b, w, c, d: c + w[:, d] @ b[d]),
        ("you folded the living neurons in, too; they still compute.", lambda b, w, c, d: c + w @ b.relu()),
        ("you folded in the living neurons; `dead` is True for those that go.", _the_living),
        ("the sign: what the neuron added has to be added to the bias.", lambda b, w, c, d: c - w[:, d] @ b[d].relu()),
        ("the outgoing weights are missing: each output gets the constant times its weight.", _without_weights),
    ]
    cases = 0
    for dead in ([True, False, True], [False, False, False], [True, True, True], [False, True, False, True, True]):
        gone, hidden = torch.tensor(dead), len(dead)
        bias, out_bias = (torch.randn(size, dtype=torch.double, generator=numbers) for size in (hidden, 2))
        bias[0] = -0.4
        weight = torch.randn(2, hidden, dtype=torch.double, generator=numbers)
        expect(attempt, [bias, weight, out_bias, gone], out_bias + weight[:, gone] @ bias[gone].relu(), mistakes)
        cases += 1
    return cases


def _small_network(batchnorm: bool) -> nn.Module:
    numbers = torch.Generator().manual_seed(4)
    network = nn.Sequential(nn.Linear(3, 4), *([nn.BatchNorm1d(4)] if batchnorm else []), nn.ReLU(), nn.Linear(4, 2))
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.copy_(torch.randint(1, 99, tensor.shape, generator=numbers))
    return network


class _WorkFailed(Exception):
    """What the work raises in the case in which it fails."""


def _check_modes(attempt: Callable[..., Any], shown: str, modes: Sequence[bool], fails: bool) -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
    parts, seen = list(network.modules()), []  # the network itself, then its four layers
    for part, mode in zip(parts, modes, strict=True):
        part.training = mode

    def work(model: nn.Module) -> str:
        seen.append([part.training for part in model.modules()])
        if fails:
            raise _WorkFailed("the work failed")
        return "the result"

    def guarded(*arguments: Any) -> tuple[Any, bool]:
        try:
            return attempt(*arguments), False
        except _WorkFailed:
            return None, True

    found, raised = call(guarded, [network, work], f"  input     {shown}\n")
    after = [part.training for part in parts]
    for wrong, message in [
        (len(seen) != 1, f"work was called {len(seen)} times; it should be called once."),
        (not all(map(all, seen)), "not every part was in training mode while the work was done."),
        (fails and not raised, "the error was swallowed; whoever called you must see it."),
        (not fails and found != "the result", "what work(model) returns has to be returned."),
        (fails and after != list(modes), "after an error the modes were not put back; that is what `finally` is for."),
        (not any(modes) and all(after), "the network is left in training mode."),
        (all(modes) and not any(after), "the network was in training mode before; do not end with eval() regardless."),
        (after != list(modes), "each part should be in its own mode again; model.train(...) sets all to the same."),
    ]:
        if wrong:
            raise Wrong(f"  input     {shown}\n  found     {message}")


def _report(values: list[float], factor: float | None = None, *, spare: int = 1, root: bool = True) -> Report:
    """Mean and half-width; ``spare`` = 0 divides by n, without ``root`` the deviation is not divided by √n."""
    n = len(values)
    mean = sum(values) / n
    if n == 1:
        return mean, None
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (n - spare))
    factor = float(student.ppf(0.975, n - 1)) if factor is None else factor
    return mean, factor * deviation / (math.sqrt(n) if root else 1)


def _one_sided(values: list[float]) -> Report:
    return _report(values, float(student.ppf(0.95, len(values) - 1)))


def _too_free(values: list[float]) -> Report:
    return _report(values, float(student.ppf(0.975, len(values))))


def _the_living(bias: Tensor, weight: Tensor, out_bias: Tensor, dead: Tensor) -> Tensor:
    return out_bias + weight[:, ~dead] @ bias[~dead].relu()


def _without_weights(bias: Tensor, _weight: Tensor, out_bias: Tensor, dead: Tensor) -> Tensor:
    return out_bias + bias[dead].relu().sum()
