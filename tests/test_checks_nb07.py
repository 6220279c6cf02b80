"""The checks of notebook 07 pass the solutions, and name the mistake in the likely wrong answers."""

import pytest
import torch

from lth_teach import masks, models, scores
from lth_teach.lab import checks

pytestmark = pytest.mark.usefixtures("own_progress")


def snip_saliency(weight, gradients):
    return (weight * sum(gradients)).abs()


def flat_of(found):
    return torch.cat([score.flatten() for score in found.values()])


def in_layers(keep, found):
    parts = keep.split([score.numel() for score in found.values()])
    return {name: part.view(found[name].shape) for name, part in zip(found, parts, strict=True)}


def keep_exactly(found, number):
    flat = flat_of(found)
    keep = torch.zeros(len(flat), dtype=torch.bool)
    keep[flat.argsort(descending=True, stable=True)[:number]] = True
    return in_layers(keep, found)


def synflow_scores(first, second):
    return first.abs() * second.abs().sum(0)[:, None], second.abs() * first.abs().sum(1)


def test_the_solutions_pass(capsys):
    assert checks.nb07.snip_saliency(snip_saliency)
    assert checks.nb07.keep_exactly(keep_exactly)
    assert checks.nb07.synflow_scores(synflow_scores)
    assert capsys.readouterr().out == (
        "snip_saliency: passed (3 cases).\nkeep_exactly: passed (5 cases).\nsynflow_scores: passed (3 cases).\n"
    )


def test_what_the_course_itself_does_passes_too():
    def by_the_package(found, number):
        everything = {name: torch.ones_like(score, dtype=torch.bool) for name, score in found.items()}
        total = masks.total(everything)
        return everything if number == total else masks.keep_top(found, number / total)

    def by_autograd(first, second):
        net = models.mlp(first.shape[1], first.shape[0], second.shape[0])
        net[0].weight.data, net[2].weight.data = first.clone(), second.clone()
        return tuple(scores.synflow(net, (first.shape[1],)).values())

    assert checks.nb07.keep_exactly(by_the_package)
    assert checks.nb07.synflow_scores(by_autograd)


def test_a_solution_that_goes_round_in_a_loop_passes_too():
    def loop(weight, gradients):
        total = torch.zeros_like(weight)
        for gradient in gradients:
            total = total + gradient
        return weight.abs() * total.abs()

    assert checks.nb07.snip_saliency(loop)


def spoil(weight, gradients):
    gradients[0] += sum(gradients[1:])
    return (weight * gradients[0]).abs()


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda w, gs: sum((w * g).abs() for g in gs), "taken batch by batch"),
        (lambda w, gs: w.abs() * sum(g.abs() for g in gs), "taken batch by batch"),
        (lambda w, gs: (w * gs[0]).abs(), "only the first batch was used"),
        (lambda w, gs: (w * gs[-1]).abs(), "only the last batch was used"),
        (lambda w, gs: w * sum(gs), "the absolute value is missing"),
        (lambda w, gs: sum(gs).abs(), "the weight is missing"),
        (lambda w, gs: w * sum(gs).abs(), "a weight that still has its sign"),
        (lambda w, gs: (w * sum(gs) / len(gs)).abs(), "the mean over the batches"),
        (lambda w, gs: (w * sum(gs)) ** 2, "the score is not squared"),
        (lambda w, gs: w.abs(), "this is the magnitude"),
        (spoil, "your function changed its arguments"),
        (lambda w, gs: None, "Does your function return its result?"),
        (lambda w, gs: 1 / 0, "ZeroDivisionError"),
        (lambda w, gs: snip_saliency(w, gs).tolist(), "return a float32 tensor"),
        (0.5, "Expected a function"),
    ],
)
def test_a_wrong_saliency_is_told_why(attempt, message, capsys):
    assert not checks.nb07.snip_saliency(attempt)
    assert message in capsys.readouterr().out


def above_the_quantile(found, number):
    flat = flat_of(found)
    return in_layers(flat > torch.quantile(flat, 1 - number / len(flat)), found)


def above_the_highest_removed(found, number):
    flat = flat_of(found)
    threshold = flat.sort().values[len(flat) - number - 1] if number < len(flat) else -1
    return in_layers(flat > threshold, found)


def from_the_lowest_kept(found, number):
    flat = flat_of(found)
    return in_layers(flat >= flat.sort(descending=True).values[number - 1], found)


def last_stays(found, number):
    flat = flat_of(found)
    keep = torch.zeros(len(flat), dtype=torch.bool)
    keep[flat.argsort(stable=True)[len(flat) - number :]] = True
    return in_layers(keep, found)


def by_layer(found, number):
    share = number / len(flat_of(found))
    return {name: keep_exactly({name: score}, round(share * score.numel()))[name] for name, score in found.items()}


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (above_the_highest_removed, "every weight that ties with it goes"),
        (above_the_quantile, "every weight that ties with it goes"),
        (from_the_lowest_kept, "every weight that ties with it stays"),
        (lambda s, n: keep_exactly({name: -score for name, score in s.items()}, n), "high means keep"),
        (lambda s, n: keep_exactly(s, len(flat_of(s)) - n), "not how many to remove"),
        (by_layer, "every layer was ranked by itself"),
        (last_stays, "among equal scores the first should stay"),
        (lambda s, n: {name: mask.float() for name, mask in keep_exactly(s, n).items()}, "expected  {'first': bool"),
        (lambda s, n: flat_of(keep_exactly(s, n)), "found     bool tensor of shape (6,)"),
        (lambda s, n: None, "Does your function return its result?"),
        (lambda s, n: s["third"], "KeyError"),
    ],
)
def test_a_wrong_count_is_told_why(attempt, message, capsys):
    assert not checks.nb07.keep_exactly(attempt)
    assert message in capsys.readouterr().out


def swapped(first, second):
    return first.abs() * second.abs().sum(1)[:, None], second.abs() * first.abs().sum(0)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda a, b: (a * b.sum(0)[:, None], b * a.sum(1)), "so paths cancel"),
        (lambda a, b: ((a * b.sum(0)[:, None]).abs(), (b * a.sum(1)).abs()), "before they are added"),
        (
            lambda a, b: (b.abs().sum(0)[:, None].expand_as(a), a.abs().sum(1).expand_as(b)),
            "flow that a weight of size 1",
        ),
        (lambda a, b: (a.abs(), b.abs()), "the magnitude"),
        (swapped, "rows and columns of the weights are swapped"),
        (lambda a, b: synflow_scores(a, b)[::-1], "the two scores are swapped"),
        (lambda a, b: synflow_scores(a, b)[0], "expected  (tensor"),
        (lambda a, b: 1 / 0, "ZeroDivisionError"),
        (lambda a, b: None, "Does your function return its result?"),
    ],
)
def test_wrong_flow_is_told_why(attempt, message, capsys):
    assert not checks.nb07.synflow_scores(attempt)
    assert message in capsys.readouterr().out
