"""What the check of notebook 02's ``one_level`` draws, and what it says to wrong answers, one mistake each."""

import math

import pytest
import torch

from lth_teach.lab import checks
from lth_teach.lab.checks import _nb02_level, nb02

pytestmark = pytest.mark.usefixtures("own_progress")


def remove(sizes, mask, number):
    """The mask without its ``number`` smallest, ties by position."""
    survivors = mask.flatten().nonzero().flatten()
    order = survivors[sizes.flatten()[survivors].argsort(descending=True, stable=True)]
    new = mask.clone().flatten()
    new[order[len(order) - number :]] = False
    return new.view_as(mask)


def level(cut=lambda t, m, n: remove(t.abs(), m, n), rewind=lambda s, t, old, new: s * new, number=None):
    """A ``one_level`` with another cut(trained, mask, number), rewind(start, trained, masks) or number(mask, rate)."""
    number = number or (lambda mask, rate: round(rate * int(mask.sum())))

    def attempt(start, trained, mask, rate):
        new = cut(trained, mask, number(mask, rate))
        return new, rewind(start, trained, mask, new)

    return attempt


def threshold(trained, mask, number):
    return trained[mask].abs().sort().values[number - 1] if number else -1


def in_place(start, trained, mask, rate):
    new, weights = nb02.one_level.solution(start, trained, mask, rate)
    trained.copy_(weights)
    return new, trained


def test_the_variant_without_a_mistake_passes():
    assert nb02.one_level(level())


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda s, t, m, r: nb02.one_level.solution(t, s, m, r), "you ranked the starting values"),
        (level(lambda t, m, n: remove(t, m, n)), "you forgot the absolute value"),
        (level(lambda t, m, n: m & remove(t.abs(), torch.ones_like(m), n)), "you ranked the dead, too"),
        (
            level(
                lambda t, m, n: m & remove((t * m).abs(), torch.ones_like(m), n),
                number=lambda m, r: round(r * m.numel()),
            ),
            "you ranked the dead, too",
        ),
        (level(lambda t, m, n: remove(t.abs(), torch.ones_like(m), n)), "The dead stay dead"),
        (level(number=lambda m, r: round(r * m.numel())), "you took the rate of all weights"),
        (level(number=lambda m, r: int(r * m.sum())), "the number was rounded down"),
        (level(number=lambda m, r: math.ceil(r * m.sum())), "the number was rounded up"),
        (level(lambda t, m, n: m & ~(t.abs() < threshold(t, m, n))), "spares the weight that sits on it"),
        (level(lambda t, m, n: m & (t.abs() > threshold(t, m, n))), "takes every weight that ties with it"),
        (level(number=lambda m, r: round(r * m.sum().item()) + 1), "one too many goes"),
        (level(number=lambda m, r: int(m.sum()) - round(r * m.sum().item())), "not the share to keep"),
        (level(lambda t, m, n: m & ~remove(t.abs(), m, n)), "this mask marks the weights that go"),
        (level(lambda t, m, n: remove(-t.abs(), m, n)), "it is the smallest that go"),
        (level(lambda t, m, n: remove(t.abs().flip(0, 1), m.flip(0, 1), n).flip(0, 1)), "the first by position"),
        (level(lambda t, m, n: m), "nothing was removed"),
        (level(lambda t, m, n: remove(t.abs(), m, n) if n else ~torch.ones_like(m)), "order[-0:] is all of the order"),
        (level(rewind=lambda s, t, old, new: t * new), "you did not rewind"),
        (level(rewind=lambda s, t, old, new: s), "pruned weights are not zero"),
        (level(rewind=lambda s, t, old, new: t), "these are the trained values, and pruned weights are not zero"),
        (level(rewind=lambda s, t, old, new: s * ~new), "that is what goes"),
        (level(lambda t, m, n: remove(t.abs(), m, n).float()), "the type is not: return a bool tensor"),
        (lambda *given: nb02.one_level.solution(*given)[::-1], "the two are swapped"),
        (lambda *given: nb02.one_level.solution(*given)[0], "expected  (new_mask, weights), two tensors"),
        (lambda *given: None, "Does your function return its result?"),
        (in_place, "your function changed its arguments"),
    ],
)
def test_a_wrong_level_is_told_why(attempt, message, capsys):
    assert not nb02.one_level(attempt)
    assert message in capsys.readouterr().out


def test_zeroing_by_the_old_mask_is_told_from_not_zeroing_at_all(capsys):
    """In a first level, where all weights are alive, the two are the same mistake."""
    first = torch.ones(2, 3, dtype=torch.bool)

    def attempt(start, trained, mask, rate):
        new, weights = nb02.one_level.solution(start, trained, mask, rate)
        return new, weights if torch.equal(mask, first) else start * mask

    assert not nb02.one_level(attempt)
    assert "you zeroed by the old mask" in capsys.readouterr().out


# The picture of one_level


def test_the_mask_is_drawn_beside_the_right_one_before_a_word_is_said(monkeypatch, capsys):
    drawn = []
    monkeypatch.setattr(checks, "show", lambda picture: drawn.append((picture.alt, capsys.readouterr().out)))
    assert nb02.one_level(nb02.one_level.solution)
    assert not nb02.one_level(lambda start, trained, mask, rate: nb02.one_level.solution(trained, start, mask, rate))
    assert drawn == [
        ("Masks of 8 × 12 weights: yours keeps 39, the right one 39; 0 of 96 entries differ.", ""),
        (
            "Masks of 2 × 3 weights: yours keeps 4, the right one 4; 4 of 6 entries differ.",
            "one_level: passed (6 cases).\n",
        ),
    ]
    assert "you ranked the starting values" in capsys.readouterr().out


@pytest.mark.parametrize("answer", [(torch.ones(1), torch.ones(1)), (torch.ones(2, 3), torch.ones(2, 3))])
def test_what_is_no_mask_is_no_trouble_to_draw(answer):
    picture = _nb02_level.two_masks(lambda *_: answer)
    assert picture is None or "yours keeps 6" in picture.alt
