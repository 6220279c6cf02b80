"""A small BERT: an encoder that turns the words of a sentence into vectors, and the two heads that are put on it.

After Devlin et al. (2018), arXiv 1810.04805, with normalisation before each part instead of after (Xiong et al. 2020,
arXiv 2002.04745), which trains without a warm-up.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..randomness import seeded
from .text import LONGEST, MASK, PAD, SPECIAL


class Block(nn.Module):
    """One layer of the encoder: words look at each other (attention), then each is worked on by itself.

    Six matrices: ``query``, ``key``, ``value`` and ``mix`` of the attention, ``expand`` and ``contract`` of the
    two-layer network. These are what is pruned.
    """

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention, self.norm_inner = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.mix = (nn.Linear(width, width) for _ in range(4))
        self.expand, self.contract = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, hidden: Tensor, real: Tensor) -> Tensor:
        """Vectors in, vectors out, shape (sentences, words, width); ``real`` is False where a sentence has ended."""
        normed = self.norm_attention(hidden)
        query, key, value = (
            part(normed).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=real[:, None, None, :])
        hidden = hidden + self.mix(seen.transpose(1, 2).flatten(-2))
        return hidden + self.contract(F.gelu(self.expand(self.norm_inner(hidden))))


class Encoder(nn.Module):
    """Numbers of words → one vector a word.

    Args:
        words: size of the vocabulary; ``width`` of the vectors, a multiple of ``heads``; ``layers``: number of blocks.
        seed: of the initial weights; ``None`` draws from PyTorch's own generator.

    Raises:
        ValueError: a size below 1, or a width that the heads cannot share evenly.
    """

    def __init__(
        self,
        words: int,
        width: int = 64,
        layers: int = 2,
        heads: int = 4,
        length: int = LONGEST,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        if min(words, width, layers, heads, length) < 1:
            raise ValueError(f"sizes must be at least 1, got {words}, {width}, {layers}, {heads}, {length}")
        if width % heads:
            raise ValueError(f"width must be a multiple of heads, got {width} and {heads}")
        self.width, self.pad = width, PAD
        with seeded(seed):
            self.embedding, self.position = nn.Embedding(words, width), nn.Embedding(length, width)
            self.blocks = nn.ModuleList(Block(width, heads, 4 * width) for _ in range(layers))
            self.norm = nn.LayerNorm(width)
            for name, parameter in self.named_parameters():
                if parameter.dim() == 2:
                    # One size for all matrices, as in BERT: a global ranking by magnitude then compares like with like.
                    nn.init.normal_(parameter, std=(1 if "blocks" not in name else 0.5) * width**-0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        """Shape (sentences, words) → (sentences, words, width)."""
        hidden = self.embedding(tokens) + self.position.weight[: tokens.shape[1]]
        for block in self.blocks:
            hidden = block(hidden, tokens != self.pad)
        return self.norm(hidden)


class MaskedLanguageModel(nn.Module):
    """An encoder that guesses words: the score of a word is the product of its own embedding with the vector there."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder, self.vocabulary = encoder, encoder.embedding.num_embeddings
        self.first_word, self.mask = len(SPECIAL), MASK
        self.bias = nn.Parameter(torch.zeros(self.vocabulary))

    def forward(self, tokens: Tensor, places: Tensor | None = None) -> Tensor:
        """Scores of all words, one row for each True of ``places`` (shape of tokens), or for every place."""
        hidden = self.encoder(tokens)
        return F.linear(hidden if places is None else hidden[places], self.encoder.embedding.weight, self.bias)


class SentenceClassifier(nn.Module):
    """An encoder whose vectors are averaged over the words of the sentence, and a linear layer on that mean."""

    def __init__(self, encoder: Encoder, classes: int, seed: int | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        with seeded(seed):
            self.classifier = nn.Linear(encoder.width, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits, one row a sentence."""
        real = (tokens != self.encoder.pad).unsqueeze(-1)
        return self.classifier((self.encoder(tokens) * real).sum(1) / real.sum(1).clamp(min=1))


def encoder_matrices(name: str, parameter: Tensor) -> bool:
    """For ``prunable=``: the six matrices of each block; not embeddings, normalisation, biases or heads.

    It knows the blocks of this file and those of ``transformers``.
    """
    return parameter.dim() == 2 and (".blocks." in f".{name}" or ".encoder.layer." in f".{name}")
