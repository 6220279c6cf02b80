"""The checks of notebook 12 pass the solutions, and name the mistake in the likely wrong answers."""

import pytest
import torch

from lth_teach.lab import checks

pytestmark = pytest.mark.usefixtures("own_progress")


def kept(masks):
    return sum(int(mask.sum()) for mask in masks.values())


def both(first, second):
    return sum(int((first[name] & second[name]).sum()) for name in first)


def pooled_overlap(first, second):
    either = sum(int((first[name] | second[name]).sum()) for name in first)
    return both(first, second) / either if either else 1.0


def mean_of_layers(first, second):
    each = [pooled_overlap({name: first[name]}, {name: second[name]}) for name in first]
    return sum(each) / len(each)


def fair_baseline(mask, output, seed):
    numbers = torch.Generator().manual_seed(seed)
    drawn = {}
    for name, layer in mask.items():
        order = torch.randperm(layer.numel(), generator=numbers)
        drawn[name] = torch.ones_like(layer) if name == output else layer.flatten()[order].view_as(layer)
    return drawn


def over_all_layers(mask, output, seed):
    hidden = {name: layer for name, layer in mask.items() if name != output}
    order = torch.randperm(
        sum(layer.numel() for layer in hidden.values()), generator=torch.Generator().manual_seed(seed)
    )
    flat = torch.cat([layer.flatten() for layer in hidden.values()])[order]
    parts = flat.split([layer.numel() for layer in hidden.values()])
    drawn = {name: part.view_as(layer) for (name, layer), part in zip(hidden.items(), parts, strict=True)}
    return {name: drawn.get(name, torch.ones_like(layer)) for name, layer in mask.items()}


def by_probability(mask, output, seed):
    numbers = torch.Generator().manual_seed(seed)
    drawn = {name: torch.rand(layer.shape, generator=numbers) < layer.float().mean() for name, layer in mask.items()}
    return drawn | {output: torch.ones_like(mask[output])}


def rows_moved(mask, output, seed):
    numbers = torch.Generator().manual_seed(seed)
    drawn = {name: layer[torch.randperm(len(layer), generator=numbers)] for name, layer in mask.items()}
    return drawn | {output: torch.ones_like(mask[output])}


def in_place(mask, output, seed):
    drawn = fair_baseline(mask, output, seed)
    mask[output] = drawn[output]
    return drawn


def test_the_solutions_pass(capsys):
    assert checks.nb12.pooled_overlap(pooled_overlap)
    assert checks.nb12.fair_baseline(fair_baseline)
    assert capsys.readouterr().out == "pooled_overlap: passed (6 cases).\nfair_baseline: passed (3 cases).\n"


def test_drawing_places_instead_of_shuffling_passes_too():
    def by_places(mask, output, seed):
        numbers = torch.Generator().manual_seed(seed)
        drawn = {name: torch.zeros_like(layer) for name, layer in mask.items()}
        for name, layer in mask.items():
            places = torch.rand(layer.numel(), generator=numbers).argsort()[: int(layer.sum())]
            drawn[name].view(-1)[places] = True
        drawn[output][:] = True
        return drawn

    assert checks.nb12.fair_baseline(by_places)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (mean_of_layers, "mean of the layers' overlaps"),
        (lambda a, b: sum(int((a[n] == b[n]).sum()) for n in a) / sum(m.numel() for m in a.values()), "that agree"),
        (lambda a, b: both(a, b) / kept(a), "what the first mask keeps"),
        (lambda a, b: both(a, b) / (kept(a) + kept(b)), "counts the shared weights twice"),
        (lambda a, b: both(a, b) / sum(m.numel() for m in a.values()), "all weights of the network"),
        (lambda a, b: 2 * both(a, b) / (kept(a) + kept(b)), "Dice"),
        (lambda a, b: torch.tensor([1.0, 2.0]), "found     float32 tensor"),
        (lambda a, b: None, "Does your function return its result?"),
        (lambda a, b: both(a, b) / sum(int((a[n] | b[n]).sum()) for n in a), "ZeroDivisionError"),
    ],
)
def test_a_wrong_overlap_is_told_why(attempt, message, capsys):
    assert not checks.nb12.pooled_overlap(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda m, o, s: fair_baseline(m, "none", s), "the output layer is pruned"),
        (over_all_layers, "drawn over all layers together"),
        (by_probability, "only on average"),
        (rows_moved, "whole rows or columns were moved"),
        (lambda m, o, s: m | {o: torch.ones_like(m[o])}, "Their places should be drawn anew"),
        (lambda m, o, s: fair_baseline(m, o, 0), "Seeds 0 and 1 give the same mask"),
        (lambda m, o, s: fair_baseline(m, o, int(torch.randint(1000, ()))), "two different masks"),
        (in_place, "Your function changed its argument"),
        (lambda m, o, s: {n: x.float() for n, x in fair_baseline(m, o, s).items()}, "expected  a bool tensor"),
        (lambda m, o, s: {o: m[o]}, "a dictionary with the layers"),
        (lambda m, o, s: None, "Does your function return its result?"),
        (lambda m, o, s: 1 / 0, "ZeroDivisionError"),
        (3, "Expected a function"),
    ],
)
def test_an_unfair_baseline_is_told_why(attempt, message, capsys):
    assert not checks.nb12.fair_baseline(attempt)
    assert message in capsys.readouterr().out
