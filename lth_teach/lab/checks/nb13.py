"""Checks of notebook 13: which tensors of a transformer to prune, and hiding words for masked-word training."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ...language.bert import Encoder, MaskedLanguageModel, SentenceClassifier
from ...language.masked_language import IGNORE
from ...language.text import MASK, PAD
from . import exercise, expect

Shapes = dict[str, tuple[int, ...]]
Corrupt = Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]]


@exercise(
    "Look at the names: what do the six matrices of a block have in common that embeddings and heads do not?",
    'All lie inside a block, so "blocks" is part of the name. So do normalisation and biases; how many dimensions have '
    "those?",
    'return [name for name, shape in shapes.items() if "blocks" in name and len(shape) == 2]',
)
def to_prune(attempt: Callable[[Shapes], list[str]]) -> int:
    """(name → shape of every parameter) → names of the encoder's matrices, in their order."""
    models = (
        SentenceClassifier(Encoder(11, width=4, layers=1, heads=2, length=5, seed=0), classes=3, seed=0),
        MaskedLanguageModel(Encoder(9, width=6, layers=2, heads=2, length=4, seed=0)),
    )
    cases = [
        {name: tuple(parameter.shape) for name, parameter in reversed(list(model.named_parameters()))}
        for model in models
    ]
    mistakes: list[tuple[str, Callable[[Shapes], list[str]]]] = [
        (
            "these are all matrices, embeddings and the classifier among them. A row of an embedding is one word, and "
            "the classifier is new for every task; neither is part of the encoder's ticket.",
            lambda shapes: [name for name, shape in shapes.items() if len(shape) == 2],
        ),
        (
            "these are all parameters of the blocks. Normalisation and biases are vectors, few, and stay.",
            lambda shapes: [name for name in shapes if "blocks" in name],
        ),
        (
            "normalisation has parameters called weight, too, one number for each unit. Ask for two dimensions.",
            lambda shapes: [name for name in shapes if "blocks" in name and name.endswith("weight")],
        ),
        (
            "these are all parameters called weight, embeddings, normalisation and heads among them.",
            lambda shapes: [name for name in shapes if name.endswith("weight")],
        ),
        (
            "this is the attention only; expand and contract hold two thirds of a block's weights.",
            lambda shapes: [
                name
                for name, shape in shapes.items()
                if len(shape) == 2 and any(f".{part}." in name for part in ("query", "key", "value", "mix"))
            ],
        ),
        ("the right names in another order; keep the order of the dictionary.", lambda shapes: _right(shapes)[::-1]),
        ("the right names in another order; keep the order of the dictionary.", lambda shapes: sorted(_right(shapes))),
    ]
    for shapes in cases:
        expect(attempt, [shapes], _right(shapes), mistakes, f"the {len(shapes)} parameters of a small transformer")
    return len(cases)


@exercise(
    "First the places: those drawn, except the padding. Everything else follows from them.",
    "torch.where(chosen, a, b) takes a where chosen is True and b elsewhere; a and b may be numbers.",
    "chosen = (draw < share) & (tokens != 0); return torch.where(chosen, 1, tokens), torch.where(chosen, tokens, -100)",
)
def hide_words(attempt: Corrupt) -> int:
    """(tokens, draw, share) → (tokens with [mask] at the chosen places, labels: the true word there, else −100)."""
    numbers = torch.Generator().manual_seed(3)
    short = torch.tensor([[5, 7, 4, 0], [6, 3, 0, 0]])
    long = torch.randint(3, 50, (6, 9), generator=numbers)
    long[:, 6:] = PAD
    cases = [
        (short, torch.tensor([[0.9, 0.1, 0.4, 0.2], [0.05, 0.7, 0.1, 0.8]]), 0.3),
        (long, torch.rand(long.shape, generator=numbers), 0.3),
        (long, torch.rand(long.shape, generator=numbers), 0.0),
    ]
    mistakes: list[tuple[str, Corrupt]] = [
        ("padding was chosen, too. It is no word, and guessing it is too easy.", _padding_too),
        (
            "labels hold the word at every place. Most words stand there to be read, and copying is no work: put −100 "
            "where nothing was hidden.",
            lambda tokens, draw, share: (_hide(tokens, draw, share)[0], tokens.clone()),
        ),
        (
            "the label was read after the word had been hidden, so the model would learn to say [mask].",
            _label_after,
        ),
        (
            "elsewhere the label is 0, and 0 is a class like any other ([pad]). Use −100, which the loss leaves out.",
            lambda tokens, draw, share: (_hide(tokens, draw, share)[0], _labels(tokens, draw, share, 0)),
        ),
        ("places with draw < share are to be hidden; you hid the others.", _others),
        (
            "the words were not hidden; the model would see the answer.",
            lambda tokens, draw, share: (tokens.clone(), _labels(tokens, draw, share)),
        ),
        (
            "the hidden places hold 0, which is [pad]: attention does not look there at all. [mask] is 1.",
            lambda tokens, draw, share: (
                torch.where(_chosen(tokens, draw, share), PAD, tokens),
                _labels(tokens, draw, share),
            ),
        ),
        ("the two results are swapped: first the tokens, then the labels.", lambda *case: _hide(*case)[::-1]),
    ]
    for tokens, draw, share in cases:
        shown = f"tokens {tokens.tolist()}, draw {[[round(x, 2) for x in row] for row in draw.tolist()]}, share {share}"
        expect(attempt, [tokens, draw, share], _hide(tokens, draw, share), mistakes, shown)
    return len(cases)


def _right(shapes: Shapes) -> list[str]:
    return [name for name, shape in shapes.items() if "blocks" in name and len(shape) == 2]


def _chosen(tokens: Tensor, draw: Tensor, share: float) -> Tensor:
    return (draw < share) & (tokens != PAD)


def _labels(tokens: Tensor, draw: Tensor, share: float, elsewhere: int = IGNORE) -> Tensor:
    return torch.where(_chosen(tokens, draw, share), tokens, elsewhere)


def _hide(tokens: Tensor, draw: Tensor, share: float) -> tuple[Tensor, Tensor]:
    return torch.where(_chosen(tokens, draw, share), MASK, tokens), _labels(tokens, draw, share)


def _padding_too(tokens: Tensor, draw: Tensor, share: float) -> tuple[Tensor, Tensor]:
    return torch.where(draw < share, MASK, tokens), torch.where(draw < share, tokens, IGNORE)


def _label_after(tokens: Tensor, draw: Tensor, share: float) -> tuple[Tensor, Tensor]:
    hidden, _ = _hide(tokens, draw, share)
    return hidden, torch.where(_chosen(tokens, draw, share), hidden, IGNORE)


def _others(tokens: Tensor, draw: Tensor, share: float) -> tuple[Tensor, Tensor]:
    others = (draw >= share) & (tokens != PAD)
    return torch.where(others, MASK, tokens), torch.where(others, tokens, IGNORE)
