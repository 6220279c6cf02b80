"""A BERT that others have pre-trained, through the package ``transformers`` (the extra ``language``), in our two roles.

A folder is read from disk alone. Only a name that is no folder here makes ``transformers`` use the internet.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..randomness import seeded


class RealEncoder(nn.Module):
    """The encoder of a BERT, in the form that :class:`lth_teach.bert.SentenceClassifier` expects."""

    def __init__(self, bert: nn.Module, pad: int) -> None:
        super().__init__()
        self.bert, self.pad = bert, pad
        self.width: int = bert.config.hidden_size  # type: ignore[union-attr, assignment]

    def forward(self, tokens: Tensor) -> Tensor:
        """Shape (sentences, tokens) → (sentences, tokens, width)."""
        return self.bert(input_ids=tokens, attention_mask=(tokens != self.pad).long()).last_hidden_state


class RealMaskedLanguageModel(nn.Module):
    """The same encoder with BERT's own masked-word head; parameters of the encoder have the names they have there."""

    def __init__(self, whole: Any, pad: int, mask: int, first_word: int) -> None:
        super().__init__()
        self.encoder, self.head = RealEncoder(whole.bert, pad), whole.cls
        self.vocabulary, self.mask, self.first_word = whole.config.vocab_size, mask, first_word

    def forward(self, tokens: Tensor, places: Tensor | None = None) -> Tensor:
        """Scores of all tokens, one row for each True of ``places``, or for every place."""
        hidden = self.encoder(tokens)
        return self.head(hidden if places is None else hidden[places])


@dataclass(frozen=True)
class RealBert:
    """A pre-trained BERT with its tokenizer; made by :func:`load`."""

    where: str
    config: Any
    tokenizer: Any
    state: dict[str, Tensor]

    def encode(self, sentences: Sequence[str], length: int = 40) -> Tensor:
        """Sentences → numbers of word pieces, shape (sentences, length), padded; [CLS] and [SEP] included."""
        length = min(length, self.config.max_position_embeddings)
        found = self.tokenizer(list(sentences), padding="max_length", truncation=True, max_length=length)
        return torch.tensor(found["input_ids"])

    def masked_model(self, pretrained: bool = True, seed: int | None = None) -> RealMaskedLanguageModel:
        """The masked-language model, with the pre-trained weights or with random ones of the same shape."""
        from transformers import BertForMaskedLM

        with seeded(seed):
            whole = BertForMaskedLM(self.config)
        if pretrained:
            whole.load_state_dict(self.state)
        special = self.tokenizer
        return RealMaskedLanguageModel(
            whole, special.pad_token_id, special.mask_token_id, max(special.all_special_ids) + 1
        )


def load(model: str | Path) -> RealBert:
    """A BERT from a folder (written by ``save_pretrained``, tokenizer included) or by name from the Hugging Face hub.

    Raises:
        ModuleNotFoundError: ``transformers`` is not installed (the message says how to).
        FileNotFoundError: the folder is missing, or has no config.json, weights or vocabulary in it.
        ValueError: the model is no BERT, its files cannot be read, or nothing can be loaded by that name.
    """
    try:
        from transformers import AutoConfig, AutoTokenizer, BertForMaskedLM
        from transformers.utils import logging
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "a real BERT needs the package transformers; install it with: pip install -c constraints.txt '.[language]'"
        ) from error
    folder = Path(model).expanduser()
    local = folder.exists() or _looks_like_a_path(str(model))
    if local:
        _check_folder(folder)
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        where: Any = str(folder) if local else str(model)
        config = AutoConfig.from_pretrained(where, local_files_only=local)
        if config.model_type != "bert":
            raise ValueError(f"{model} is a model of type {config.model_type!r}; this course prunes the type 'bert'")
        tokenizer = AutoTokenizer.from_pretrained(where, local_files_only=local)
        loaded: Any = BertForMaskedLM.from_pretrained(where, local_files_only=local, output_loading_info=True)
    except Exception as error:  # transformers raises many kinds for a file that is damaged or a name it cannot find
        if isinstance(error, ValueError) and "this course prunes" in str(error):
            raise
        reason = str(error).strip().splitlines() or [type(error).__name__]
        what = "the files in this folder cannot be read" if local else "no folder here, and not to be had by this name"
        raise ValueError(f"{model}: {what} ({type(error).__name__}: {reason[0]})") from error
    finally:
        if bars:
            logging.enable_progress_bar()
    whole, report = loaded
    if missing := [name for name in report["missing_keys"] if name.startswith("bert.")]:
        raise ValueError(f"{model}: the weights of {len(missing)} parts are missing, {missing[0]} for one")
    state = {name: tensor.detach().clone() for name, tensor in whole.float().state_dict().items()}
    return RealBert(str(model), config, tokenizer, state)


def _looks_like_a_path(name: str) -> bool:
    """True for what cannot be a name of the hub, which is ``name`` or ``owner/name``."""
    return name.startswith((".", "~", "/")) or os.path.isabs(name) or "\\" in name or name.count("/") > 1


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise FileNotFoundError(f"no model folder at {folder}")
    for what, names in (
        ("config.json", ("config.json",)),
        ("weights", ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")),
        ("vocabulary", ("tokenizer.json", "vocab.txt")),
    ):
        if not any((folder / name).is_file() for name in names):
            raise FileNotFoundError(f"the model folder {folder} has no {what}: looked for {', '.join(names)}")
