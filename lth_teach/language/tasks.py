"""One corpus, split into sentences to pre-train on and two labelled tasks, which no sentence has in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..data import Dataset
from ..randomness import generator
from . import text

Encode = Callable[[Sequence[str]], Tensor]
TASKS = ("word order", "library")


@dataclass(frozen=True)
class LanguageData:
    """What one repetition works on.

    Attributes:
        vocabulary: how many numbers ``encode`` uses.
        pretraining: sentences to pre-train on, shape (sentences, words).
        held_out: sentences to measure the guessing of words on, which are the intact test sentences of the tasks.
        tasks: "word order" (label 1: the words were shuffled) and "library" (which library is it from?).
    """

    vocabulary: int
    pretraining: Tensor
    held_out: Tensor
    tasks: dict[str, Dataset]


def language_data(
    sentences: Mapping[str, Sequence[str]],
    seed: int,
    labels: int = 1_000,
    validation: int = 300,
    test: int = 1_500,
    words: int = 1_500,
    encode: Encode | None = None,
) -> LanguageData:
    """Draw the labelled sentences from the corpus, build both tasks on them, leave the rest for pre-training.

    Both tasks use the same sentences. For the word order each is shuffled with probability one half.

    Args:
        sentences: source → its sentences.
        labels, validation, test: labelled sentences in each split.
        words: size of the vocabulary, which is made of the sentences to pre-train on.
        encode: sentences → numbers, for a model that brings its own vocabulary.

    Raises:
        ValueError: fewer than two sources, or too few sentences: at least as many as have labels must be left over.
    """
    if len(sentences) < 2:
        raise ValueError(f"telling sources apart needs at least two, got {list(sentences)}")
    everything = [(sentence, label) for label, part in enumerate(sentences.values()) for sentence in part]
    chosen = labels + validation + test
    if len(everything) < 2 * chosen:
        raise ValueError(
            f"{len(everything):,} sentences are too few: {chosen:,} get labels, and as many should be left over"
        )
    numbers = generator("sentences", seed)
    mixed = [everything[place] for place in torch.randperm(len(everything), generator=numbers).tolist()]
    labelled, rest = mixed[:chosen], [sentence for sentence, _ in mixed[chosen:]]
    size = 0
    if encode is None:
        known = text.vocabulary(rest, words)
        size = len(known)

        def encode(sentences: Sequence[str]) -> Tensor:
            return text.encode(sentences, known)

    shuffled = torch.randint(2, (chosen,), generator=numbers)
    ordered = [
        shuffle_words(sentence, numbers) if change else " ".join(text.words(sentence))
        for (sentence, _), change in zip(labelled, shuffled.tolist(), strict=True)
    ]
    intact = encode([" ".join(text.words(sentence)) for sentence, _ in labelled])
    sources = torch.tensor([label for _, label in labelled])
    tasks = {
        "word order": _dataset("word order", encode(ordered), shuffled, labels, validation),
        "library": _dataset("library", intact, sources, labels, validation),
    }
    return LanguageData(size, encode(rest), intact[labels + validation :], tasks)


def shuffle_words(sentence: str, numbers: torch.Generator) -> str:
    """The words of a sentence in a random order, which is never the order they had (unless all are the same)."""
    found = text.words(sentence)
    if len(set(found)) < 2:
        return " ".join(found)
    while True:
        mixed = [found[place] for place in torch.randperm(len(found), generator=numbers).tolist()]
        if mixed != found:
            return " ".join(mixed)


def majority_accuracy(dataset: Dataset) -> float:
    """Accuracy on the test split of always answering the class that is most frequent in the training labels."""
    return (dataset.y_test == dataset.y_train.mode().values).float().mean().item()


def _dataset(name: str, x: Tensor, y: Tensor, labels: int, validation: int) -> Dataset:
    cut = labels + validation
    return Dataset(name, x[:labels], y[:labels], x[labels:cut], y[labels:cut], x[cut:], y[cut:])
