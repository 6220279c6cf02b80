"""Tensors on disk: one safetensors file at a time, written whole or not at all. Nothing is ever unpickled."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor


def cache_dir() -> Path:
    """The folder for generated data: ``$LTH_TEACH_CACHE`` if set, else the user's cache folder of this system."""
    if folder := os.environ.get("LTH_TEACH_CACHE"):
        return Path(folder)
    import platformdirs

    return Path(platformdirs.user_cache_dir("lth-teach", appauthor=False))


def save_tensors(path: str | Path, tensors: Mapping[str, Tensor], details: Mapping[str, Any] | None = None) -> None:
    """Write tensors and JSON-able details to ``path``: to a temporary name first, then renamed over it.

    A reader therefore sees the old file or the new one, never half of one.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        # A clone, because safetensors refuses tensors that share memory, as tied weights do.
        plain = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
        save_file(plain, temporary, metadata={"details": json.dumps(dict(details or {}))})
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def temporary_name(path: Path) -> Path:
    """A name beside ``path`` that nobody else uses, to write to before renaming."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")


def load_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what :func:`save_tensors` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or another program wrote it.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file at {path}")
    try:
        with safe_open(path, framework="pt") as file:
            # A clone, since the tensors are the mapped file itself: Windows would then not let it be replaced, and
            # elsewhere a program that shortens it would end this one.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (not a mapping)
            details = json.loads((file.metadata() or {})["details"])
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is damaged or was not written by lth_teach ({error})") from error
    return tensors, details


def same_state(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> bool:
    """True if two states hold the same names and identical tensors: type, shape and every entry."""
    return first.keys() == second.keys() and all(
        first[name].dtype == second[name].dtype and torch.equal(first[name], second[name]) for name in first
    )
