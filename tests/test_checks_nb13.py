"""The checks of notebook 13 pass the solutions, and name the mistake in the likely wrong answers."""

import pytest
import torch

from lth_teach.lab import checks

pytestmark = pytest.mark.usefixtures("own_progress")


def to_prune(shapes):
    return [name for name, shape in shapes.items() if "blocks" in name and len(shape) == 2]


def hide_words(tokens, draw, share):
    chosen = (draw < share) & (tokens != 0)
    return torch.where(chosen, 1, tokens), torch.where(chosen, tokens, -100)


def in_place(tokens, draw, share):
    result = hide_words(tokens, draw, share)
    tokens[result[1] != -100] = 1
    return result


def empties(shapes):
    result = to_prune(shapes)
    shapes.clear()
    return result


def test_the_solutions_pass(capsys):
    assert checks.nb13.to_prune(to_prune)
    assert checks.nb13.hide_words(hide_words)
    assert capsys.readouterr().out == "to_prune: passed (2 cases).\nhide_words: passed (3 cases).\n"


def test_assigning_to_copies_passes_too():
    def by_assignment(tokens, draw, share):
        chosen = (draw < share) & (tokens > 0)
        hidden, labels = tokens.clone(), torch.full_like(tokens, -100)
        hidden[chosen], labels[chosen] = 1, tokens[chosen]
        return hidden, labels

    assert checks.nb13.hide_words(by_assignment)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda s: [n for n, shape in s.items() if len(shape) == 2], "A row of an embedding is one word"),
        (lambda s: [n for n in s if "blocks" in n], "Normalisation and biases are vectors"),
        (lambda s: [n for n in s if "blocks" in n and n.endswith("weight")], "Ask for two dimensions"),
        (lambda s: [n for n in s if n.endswith("weight")], "all parameters called weight"),
        (lambda s: [n for n in to_prune(s) if "expand" not in n and "contract" not in n], "the attention only"),
        (lambda s: to_prune(s)[::-1], "keep the order of the dictionary"),
        (lambda s: sorted(to_prune(s)), "keep the order of the dictionary"),
        (lambda s: set(to_prune(s)), "expected"),
        (empties, "your function changed its arguments"),
        (lambda s: None, "Does your function return its result?"),
        (lambda s: 1 / 0, "ZeroDivisionError"),
        (7, "Expected a function"),
    ],
)
def test_wrong_names_are_told_why(attempt, message, capsys):
    assert not checks.nb13.to_prune(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda t, d, s: (torch.where(d < s, 1, t), torch.where(d < s, t, -100)), "padding was chosen, too"),
        (lambda t, d, s: (hide_words(t, d, s)[0], t), "labels hold the word at every place"),
        (
            lambda t, d, s: (hide_words(t, d, s)[0], torch.where(hide_words(t, d, s)[1] != -100, 1, -100)),
            "learn to say [mask]",
        ),
        (lambda t, d, s: (hide_words(t, d, s)[0], hide_words(t, d, s)[1].clamp(min=0)), "0 is a class like any other"),
        (lambda t, d, s: hide_words(t, -d, -s), "you hid the others"),
        (lambda t, d, s: (t, hide_words(t, d, s)[1]), "the model would see the answer"),
        (
            lambda t, d, s: (torch.where(hide_words(t, d, s)[1] != -100, 0, t), hide_words(t, d, s)[1]),
            "attention does not look there",
        ),
        (lambda t, d, s: hide_words(t, d, s)[::-1], "swapped"),
        (in_place, "your function changed its arguments"),
        (lambda t, d, s: hide_words(t, d, s)[0], "found"),
        (lambda t, d, s: None, "Does your function return its result?"),
        (lambda t, d, s: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_wrong_hiding_is_told_why(attempt, message, capsys):
    assert not checks.nb13.hide_words(attempt)
    assert message in capsys.readouterr().out


def test_there_are_hints(capsys):
    for name in ("to_prune", "hide_words"):
        for _ in range(3):
            checks.hint(name)
    assert capsys.readouterr().out.count("Hint 3 of 3") == 2
