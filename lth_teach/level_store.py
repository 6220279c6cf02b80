"""Finished pruning levels in a folder, so that a search that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from . import storage
from .data import Dataset
from .tickets import Level, State, TrainFunction, with_prefix


@dataclass(frozen=True)
class LevelStore:
    """One file a level: its record, its trained weights, the state to rewind to, and the settings it was made with.

    Attributes:
        folder: made when the first level is saved.
        settings: name → JSON-able value of everything that decides the result.
    """

    folder: Path
    settings: dict[str, Any]

    def save(self, level: Level, weights: State, rewind: State) -> None:
        """Keep a finished level."""
        tensors = {f"weights/{name}": tensor for name, tensor in weights.items()}
        tensors |= {f"rewind/{name}": tensor for name, tensor in rewind.items()}
        storage.save_tensors(self._path(level.index), tensors, {"level": asdict(level), "settings": self.settings})

    def load(self, index: int) -> tuple[Level, State, State] | None:
        """(level, trained weights, state to rewind to), or ``None`` if the level is not there.

        Raises:
            ValueError: it was made with other settings (the message names one), or the file is damaged.
        """
        if not self._path(index).is_file():
            return None
        tensors, details = storage.load_tensors(self._path(index))
        for name, here in self.settings.items():
            if (there := details["settings"].get(name)) != here:
                raise ValueError(
                    f"the levels in {self.folder} were made with {name} {there}, not {here}; use another store"
                )
        return Level(**details["level"]), with_prefix(tensors, "weights/"), with_prefix(tensors, "rewind/")

    def _path(self, index: int) -> Path:
        return self.folder / f"level_{index:02d}.safetensors"


def fingerprint(tensors: Mapping[str, Tensor]) -> str:
    """Hash of names and contents."""
    digest = hashlib.sha256()
    for name, tensor in tensors.items():
        digest.update(name.encode() + tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def recognise(train_fn: TrainFunction) -> str:
    """A text that changes when the training does: for a :class:`Trainer` all its settings and a hash of its data.

    A function of one's own is known by its code, defaults and the values it encloses; what it reads from global
    variables is not seen.
    """
    if is_dataclass(train_fn) and not isinstance(train_fn, type):
        settings = {entry.name: getattr(train_fn, entry.name) for entry in fields(train_fn) if entry.compare}
        sets = {name: value for name, value in settings.items() if isinstance(value, Dataset)}
        tensors = {
            f"{name}.{part}": tensor
            for name, dataset in sets.items()
            for part, tensor in vars(dataset).items()
            if isinstance(tensor, Tensor)
        }
        return f"{train_fn!r} on data {fingerprint(tensors)[:16]}"
    code = getattr(train_fn, "__code__", None)
    name = getattr(train_fn, "__qualname__", type(train_fn).__name__)
    if code is None:
        return name
    enclosed = inspect.getclosurevars(train_fn).nonlocals
    parts = repr((code.co_code, code.co_consts, code.co_names, getattr(train_fn, "__defaults__", None), enclosed))
    return f"{name} {hashlib.sha256(parts.encode()).hexdigest()[:16]}"
