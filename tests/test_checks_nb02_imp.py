"""What the check of notebook 02's ``imp`` lets pass, and what it says to wrong answers, one mistake each."""

import copy
import math

import pytest
import torch

from lth_teach.enforcement import enforce
from lth_teach.lab.checks import nb02

pytestmark = pytest.mark.usefixtures("own_progress")


def remove(sizes, mask, number):
    """The mask without its ``number`` smallest, ties by position."""
    survivors = mask.flatten().nonzero().flatten()
    order = survivors[sizes.flatten()[survivors].argsort(descending=True, stable=True)]
    new = mask.clone().flatten()
    new[order[len(order) - number :]] = False
    return new.view_as(mask)


def search(
    save=copy.deepcopy,
    rewind=lambda model, start, masks: model.load_state_dict(start),
    hold=enforce,
    cut=lambda trained, mask, number: remove(trained.abs(), mask, number),
    number=lambda mask, rate: round(rate * int(mask.sum())),
    dimensions=(2,),
):
    """An ``imp`` of which one part may be another: what is saved, how it rewinds, holds and cuts, and what it masks."""

    def attempt(model, train, rate, levels):
        weights = {name: p for name, p in model.named_parameters() if p.dim() in dimensions}
        start = save(model.state_dict())
        found = [{name: torch.ones_like(w, dtype=torch.bool) for name, w in weights.items()}]
        for _ in range(levels):
            rewind(model, start, found[-1])
            hold(model, found[-1])
            train(model)
            mask = torch.cat([m.flatten() for m in found[-1].values()])
            trained = torch.cat([w.detach().flatten() for w in weights.values()])
            parts = cut(trained, mask, number(mask, rate)).split([w.numel() for w in weights.values()])
            found.append({n: part.view_as(weights[n]) for n, part in zip(weights, parts, strict=True)})
        return found

    return attempt


def zero_once(model, masks):
    for name, mask in masks.items():
        model.get_parameter(name).data *= mask


def rewind_where(kept):
    """Rewind only the values that ``kept(model, name)`` says."""

    def rewind(model, start, masks):
        model.load_state_dict({name: v for name, v in start.items() if kept(model, name)}, strict=False)

    return rewind


def each_layer(trained, mask, number):
    layers = zip(trained.split(20), mask.split(20), strict=True)  # as they are in the first network, whose rate is 0.35
    return torch.cat([remove(t.abs(), m, round(0.35 * int(m.sum()))) for t, m in layers])


def empties_a_layer(trained, mask, number):
    first = torch.arange(len(mask)) < 20
    return remove(trained.abs() + 100 * ~first, mask, number)


def changed(change):
    """The right masks, changed before they are returned."""
    return lambda *given: change(nb02.imp.solution(*given))


def one_dictionary(model, train, rate, levels):
    found = nb02.imp.solution(model, train, rate, levels)
    masks, collected = {}, []
    for level in found:
        masks.update(level)
        collected.append(masks)
    return collected


def in_place_masks(model, train, rate, levels):
    found = nb02.imp.solution(model, train, rate, levels)
    for name, mask in found[0].items():
        mask &= found[-1][name]
    return [dict(found[0]) for _ in found]


def trains_once(model, train, rate, levels):
    waiting = [train]
    return nb02.imp.solution(model, lambda model: waiting and waiting.pop()(model), rate, levels)


def noisy_start(model, train, rate, levels):
    with torch.no_grad():
        model[0].weight.add_(0.1)
    return nb02.imp.solution(model, train, rate, levels)


def between(model, start, masks):
    model.load_state_dict(start)
    if not all(mask.all() for mask in masks.values()):
        model[0].weight.data.add_(0.1)


def test_the_search_without_a_mistake_passes():
    assert nb02.imp(search())


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (search(hold=lambda *_: None), "the mask was not applied before training"),
        (search(hold=zero_once), "pruned weights were trained again"),
        (search(rewind=lambda *_: None), "you forgot to rewind"),
        (search(save=dict), "state_dict() hands out the very tensors that training changes"),
        (search(rewind=rewind_where(lambda model, name: "weight" in name)), "Biases and buffers"),
        (search(rewind=rewind_where(lambda model, name: name in dict(model.named_parameters()))), "1.running_mean"),
        (search(rewind=between), "something moved the survivors"),
        (noisy_start, "the model was changed before its first training"),
        (search(cut=lambda t, m, n: m & remove((t * m).abs(), torch.ones_like(m), n)), "you ranked the dead, too"),
        (search(cut=lambda t, m, n: remove((t * m).abs(), torch.ones_like(m), n)), "The dead stay dead"),
        (search(cut=lambda t, m, n: remove(t, m, n)), "you forgot the absolute value"),
        (search(cut=lambda t, m, n: remove(-t.abs(), m, n)), "it is the smallest that go"),
        (search(cut=each_layer), "you pruned each layer by itself"),
        (search(cut=lambda t, m, n: m & ~(t.abs() < t[m].abs().sort().values[n - 1])), "spares the weight"),
        (search(number=lambda m, rate: round(rate * len(m))), "you took the rate of all weights"),
        (search(number=lambda m, rate: int(rate * int(m.sum()))), "the number was rounded down"),
        (search(number=lambda m, rate: math.ceil(rate * int(m.sum()))), "the number was rounded up"),
        (search(number=lambda m, rate: round(rate * int(m.sum())) + 1), "one too many goes"),
        (search(cut=empties_a_layer), "In the end 0.weight has no weight left"),
        (search(dimensions=(1, 2)), "biases are not pruned"),
        (changed(lambda found: [{n: m.float() for n, m in level.items()} for level in found]), "but not bools"),
        (changed(lambda found: [{n: 0.3 * m for n, m in level.items()} for level in found]), "not masks"),
        (changed(lambda found: [{n: m.T for n, m in level.items()} for level in found]), "mask of shape (4, 5)"),
        (one_dictionary, "every level shows the last"),
        (in_place_masks, "every level shows the last"),
        (changed(lambda found: found[1:]), "level 0, the mask that keeps everything, is missing"),
        (changed(lambda found: found[:-1]), "the mask of the last cut is missing"),
        (changed(lambda found: found[-1]), "these are the masks of one level"),
        (changed(lambda found: [*found[1:], found[0]]), "expected  level 0 all True"),
        (changed(lambda found: [level.values() for level in found]), "a list of 4 dictionaries"),
        (changed(lambda found: None), "does your function return its result?"),
        (trains_once, "every cut needs a training before it"),
        (search(hold=lambda model, masks: [enforce(model, masks), 1 / 0]), "ZeroDivisionError"),
    ],
)
def test_a_wrong_search_is_told_why(attempt, message, capsys):
    assert not nb02.imp(attempt)
    told = capsys.readouterr().out
    assert message in told
    assert told.startswith("imp: not yet.\n  input     a network of 4")


def test_ranking_the_start_is_told_apart(capsys):
    def attempt(model, train, rate, levels):
        begun = torch.cat([p.detach().abs().flatten() for p in model.parameters() if p.dim() == 2])
        return search(cut=lambda trained, mask, number: remove(begun, mask, number))(model, train, rate, levels)

    assert not nb02.imp(attempt)
    assert "you ranked the starting values" in capsys.readouterr().out


def test_a_message_says_what_went_in_what_was_expected_and_what_came_out(capsys):
    assert not nb02.imp(search(number=lambda mask, rate: math.ceil(rate * int(mask.sum()))))
    assert capsys.readouterr().out == (
        "imp: not yet.\n"
        "  input     a network of 40 weights in two layers (4 → 5 → 4), rate 0.35, levels 3\n"
        "  expected  level 2 keeps 17 of 40: the smallest round(0.35 × 26) = 9 survivors go\n"
        "  found     level 2 keeps 16, and differs in 1 places\n"
        "Likely: the number was rounded up. Take the nearest whole number, with `round`.\n"
        "For a hint, run checks.hint('imp').\n"
    )


def test_too_many_trainings_are_counted(capsys):
    def attempt(model, train, rate, levels):
        found = nb02.imp.solution(model, train, rate, levels)
        for _ in range(2):
            train(model)
        return found

    assert not nb02.imp(attempt)
    assert "found     5 calls\nLikely: once before each cut is enough" in capsys.readouterr().out


def test_what_the_answer_prints_stands_below_the_message(capsys):
    assert not nb02.imp(search(rewind=lambda *_: print("level done")))
    assert "Your function printed:\nlevel done\n" in capsys.readouterr().out
