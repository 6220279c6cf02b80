"""Notebook 02's ``imp``: right answers of several kinds pass, and the course's own finds what the package finds."""

import copy
import inspect

import pytest
import torch
from torch.nn.utils import prune

from lth_teach import LotteryTicketFinder, Trainer, models
from lth_teach.data import Dataset
from lth_teach.enforcement import enforce
from lth_teach.lab.checks import nb02

pytestmark = pytest.mark.usefixtures("own_progress")


def with_hold(hold):
    """An ``imp`` that holds masks with ``hold(model, masks)``, and cuts like ``one_level`` over all layers."""

    def imp(model, train, rate, levels):
        names = [name for name, p in model.named_parameters() if p.dim() == 2]
        start = copy.deepcopy(model)
        found = [{name: torch.ones_like(start.get_parameter(name), dtype=torch.bool) for name in names}]
        for _ in range(levels):
            trial = copy.deepcopy(start)
            hold(trial, found[-1])
            train(trial)
            values = dict(trial.state_dict())
            trained = torch.cat([values.get(name, values.get(f"{name}_orig")).flatten() for name in names])
            mask = torch.cat([found[-1][name].flatten() for name in names])
            flat, _ = nb02.one_level.solution(trained, trained, mask, rate)
            parts = flat.split([found[0][name].numel() for name in names])
            found.append({name: part.view_as(found[0][name]) for name, part in zip(names, parts, strict=True)})
        return found

    return imp


def gradient_hooks(model, masks):
    for name, mask in masks.items():
        weight = model.get_parameter(name)
        weight.data *= mask
        weight.register_hook(lambda gradient, mask=mask: gradient * mask)


def forward_hooks(model, masks):
    def zero(model, _inputs):
        for name, mask in masks.items():
            model.get_parameter(name).data *= mask

    model.register_forward_pre_hook(zero)


def torchs_own_pruning(model, masks):
    for name, mask in masks.items():
        prune.custom_from_mask(model.get_submodule(name.removesuffix(".weight")), "weight", mask)


@pytest.mark.parametrize("hold", [enforce, gradient_hooks, forward_hooks, torchs_own_pruning])
def test_masks_may_be_held_by_any_means(hold):
    assert nb02.imp(with_hold(hold))


def test_one_more_training_at_the_end_does_no_harm():
    def thorough(model, train, rate, levels):
        found = nb02.imp.solution(model, train, rate, levels + 1)
        return tuple(found[:-1])

    assert nb02.imp(thorough)


def test_no_layer_of_the_checks_networks_is_emptied_by_the_right_answer(monkeypatch):
    found = []
    monkeypatch.setattr(nb02, "judge", lambda attempt, case: found.append(case))
    nb02.imp(None)
    assert [sum(p.numel() for p in case.model.parameters() if p.dim() == 2) for case in found] == [40, 42]

    def kept(model, train, rate, levels):
        masks = nb02.imp.solution(model, train, rate, levels)
        assert all(mask.any() for mask in masks[-1].values())
        return masks

    monkeypatch.undo()
    assert nb02.imp(kept)


def test_our_search_finds_the_masks_of_the_packages_own():
    """Oracle: LotteryTicketFinder, level by level, on a network and a Trainer as on the page."""
    numbers = torch.Generator().manual_seed(0)
    x, y = torch.randn(200, 40, generator=numbers), torch.arange(200) % 10
    data = Dataset("noise", x[:120], y[:120], x[120:160], y[120:160], x[160:], y[160:])
    train = Trainer(data, iterations=30, batch_size=40, evaluations=1)
    finder = LotteryTicketFinder(models.mlp(40, 300, 100, 10, seed=3), prune_rate=0.2)
    theirs = [finder.masks for _ in finder.levels(train, 3)]
    ours = nb02.imp.solution(models.mlp(40, 300, 100, 10, seed=3), train, 0.2, 3)
    assert len(ours) == len(theirs) == 4
    for mine, its in zip(ours, theirs, strict=True):
        assert mine.keys() == its.keys()
        assert all(torch.equal(mine[name], its[name]) for name in its)


def test_our_search_fits_in_the_notebook():
    lines = inspect.getsource(nb02.imp.solution).splitlines()
    assert len(lines) <= 16  # with its first line
    assert max(map(len, lines[1:])) <= 88
