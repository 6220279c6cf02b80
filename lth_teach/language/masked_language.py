"""Masked-word training: hide some words of a sentence and let a model guess them from the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..ground.devices import choose_device, own_threads
from ..randomness import generator
from ..training import training_mode
from .bert import MaskedLanguageModel
from .text import MASK, SPECIAL

IGNORE = -100  # the label that cross_entropy leaves out


def corrupt(
    tokens: Tensor,
    vocabulary: int,
    numbers: torch.Generator,
    share: float = 0.15,
    mask: int = MASK,
    first_word: int = len(SPECIAL),
) -> tuple[Tensor, Tensor]:
    """Choose ``share`` of the real words and hide them: (corrupted tokens, labels), both of the shape of tokens.

    Of the chosen places 80 % become [mask], 10 % another word, 10 % stay as they are; labels hold the true word
    there and −100 everywhere else (Devlin et al. 2018, arXiv 1810.04805, section 3.1). Numbers below ``first_word`` are
    special and never chosen.
    """
    draw = torch.rand(tokens.shape, generator=numbers)
    kind = torch.rand(tokens.shape, generator=numbers)
    other = torch.randint(first_word, vocabulary, tokens.shape, generator=numbers)
    chosen = (draw < share) & (tokens >= first_word)  # unknown words are not guessed
    corrupted = torch.where(chosen & (kind < 0.8), mask, tokens)
    corrupted = torch.where(chosen & (kind >= 0.9), other, corrupted)
    return corrupted, torch.where(chosen, tokens, IGNORE)


@dataclass(frozen=True)
class MaskedWordTrainer:
    """A ``train_fn`` for :class:`MaskedLanguageModel`: trains in place, returns the share of hidden words guessed.

    Attributes:
        tokens, held_out: sentences to train on and to measure on, shape (sentences, words).
        iterations, batch_size: as in :class:`lth_teach.Trainer`.
        lr: peak of the learning rate of Adam, which rises over the first tenth and falls along a cosine to 0.
    """

    tokens: Tensor
    held_out: Tensor
    iterations: int = 1_500
    batch_size: int = 64
    lr: float = 2e-3
    order_seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.iterations < 1 or not 1 <= self.batch_size <= len(self.tokens):
            raise ValueError(
                f"need at least 1 iteration and a batch of 1 to {len(self.tokens)} sentences, "
                f"got {self.iterations} and {self.batch_size}"
            )
        choose_device(self.device)

    def __call__(self, model: MaskedLanguageModel) -> float:
        """Train, and return the share of the held-out sentences' hidden words that is guessed right, in [0, 1]."""
        device = choose_device(self.device)
        tokens = self.tokens
        model.to(device)
        optimizer = torch.optim.Adam(model.parameters(), self.lr, fused=True)
        per_epoch = len(tokens) // self.batch_size
        with own_threads(), training_mode(model, True):
            for step in range(self.iterations):
                if step % per_epoch == 0:
                    numbers = generator("masked words", self.order_seed, step // per_epoch)
                    order = torch.randperm(len(tokens), generator=numbers)
                first = step % per_epoch * self.batch_size
                rows = tokens[order[first : first + self.batch_size]]
                for group in optimizer.param_groups:
                    group["lr"] = self.lr_at(step)
                optimizer.zero_grad()
                masked_word_loss(model, *corrupt_for(model, rows, numbers)).backward()
                optimizer.step()
        return masked_words(model, self.held_out)[1]

    def lr_at(self, step: int) -> float:
        """Learning rate of step ``step`` (0 is the first)."""
        rise = min(1.0, (step + 1) / max(1, self.iterations // 10))
        return self.lr * rise * (1 + math.cos(math.pi * step / self.iterations)) / 2


def corrupt_for(model: MaskedLanguageModel, tokens: Tensor, numbers: torch.Generator) -> tuple[Tensor, Tensor]:
    """:func:`corrupt` with the vocabulary and the special numbers of this model."""
    return corrupt(tokens, model.vocabulary, numbers, mask=model.mask, first_word=model.first_word)


def masked_word_loss(model: nn.Module, corrupted: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy in nats over the chosen places; 0 where a batch happens to have none."""
    device = next(model.parameters()).device
    places = labels != IGNORE
    scores, truth = model(corrupted.to(device), places.to(device)), labels[places].to(device)
    return F.cross_entropy(scores, truth) if len(truth) else 0 * scores.sum()


@torch.no_grad()
def masked_words(model: MaskedLanguageModel, tokens: Tensor) -> tuple[float, float]:
    """(mean cross-entropy in nats, share guessed right) on sentences corrupted in one fixed way.

    Raises:
        ValueError: no word was hidden, since there are too few that the model's vocabulary knows.
    """
    corrupted, labels = corrupt_for(model, tokens, generator("masked words to measure"))
    device = next(model.parameters()).device
    places = labels != IGNORE
    if not places.any():
        raise ValueError(
            f"none of the words in these {len(tokens)} sentences could be hidden; does the vocabulary fit?"
        )
    with training_mode(model, False):
        scores = model(corrupted.to(device), places.to(device)).cpu()
    truth = labels[places]
    return F.cross_entropy(scores, truth).item(), (scores.argmax(1) == truth).float().mean().item()
