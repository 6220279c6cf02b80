"""Tensors on disk: one safetensors file at a time, written whole or not at all. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save, save_file
from torch import Tensor
from torch.nn.parameter import is_lazy

from .states import State, place


def cache_dir() -> Path:
    """The folder for generated data: ``$LTH_TEACH_CACHE`` if set, else the user's cache folder of this system.

    What is kept there is optional: write it inside :func:`if_possible`, and read it ready for an OSError.

    Raises:
        FileNotFoundError: the path begins with ``~`` and there is no such home folder.
    """
    import platformdirs

    try:
        wanted = os.environ.get("LTH_TEACH_CACHE") or platformdirs.user_cache_dir("lth-teach", appauthor=False)
        return Path(wanted).expanduser()
    except RuntimeError as error:
        raise FileNotFoundError(f"no home folder is known ({error}); set LTH_TEACH_CACHE to a full path") from error


_failures: list[str] = []  # why the cache could not be written; only the first is told


@contextmanager
def if_possible() -> Iterator[None]:
    """For writing to the cache: where that fails, the rest of the block is left out, with one warning a process."""
    try:
        yield
    except OSError as error:
        _failures.append(str(error))
        if len(_failures) == 1:
            found = f"nothing can be kept in the cache ({error})"
            warnings.warn(f"{found}; all works without, slower. LTH_TEACH_CACHE names another folder", stacklevel=1)


def check_state(state: Mapping[str, Any]) -> None:
    """Refuse, before any work is done, a state that :func:`save_tensors` could not keep.

    Kept are dense tensors and sparse COO tensors, and what JSON gives back unchanged (a module's extra state, say).

    Raises:
        ValueError: anything else; the message names the entry and its type.
    """
    _lay_out(state)


def save_tensors(path: str | Path, tensors: Mapping[str, Any], details: Mapping[str, Any] | None = None) -> None:
    """Write a state and JSON-able details to ``path``: to a temporary name first, then renamed over it.

    A reader therefore sees the old file or the new one, never half of one. Entries that are one piece of memory, as
    tied weights are, are written once. A checksum goes with it.

    Raises:
        ValueError: an entry cannot be kept, see :func:`check_state`; nothing has been written.
        TypeError: the details are not JSON-able; nothing has been written.
        OSError: the file could not be written; the message names the folder, and an older file is still whole.
    """
    path = Path(path).expanduser()
    parts, layout = _lay_out(tensors)
    # Each a copy of its own, because safetensors refuses tensors that overlap in memory.
    parts = {name: _plain(part).clone(memory_format=torch.contiguous_format) for name, part in parts.items()}
    texts = {"details": json.dumps(dict(details or {})), "layout": json.dumps(layout)}
    temporary = temporary_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(parts, temporary, metadata=texts | {"checksum": _checksum(parts, texts)})
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        raise OSError(f"{path.name} could not be written to the folder {path.parent}: {error}") from error
    finally:
        with suppress(OSError):  # gone already if all went well
            temporary.unlink()


def write_json(path: Path, content: object) -> None:
    """Write JSON in the same way."""
    write_text(path, json.dumps(content))


def write_text(path: Path, text: str) -> None:
    """Write text in the same way, each line ended as it is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def temporary_name(path: Path) -> Path:
    """A name beside ``path`` that nobody else uses, to write to before renaming."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")


def load_tensors(path: str | Path) -> tuple[State, dict[str, Any]]:
    """Read what :func:`save_tensors` wrote: the state, in its order, and the details.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged or changed, or another program wrote it.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"no file at {path}")
    try:
        with safe_open(path, framework="pt") as file:
            # A clone, since the tensors are the mapped file itself: Windows would then not let it be replaced, and
            # elsewhere a program that shortens it would end this one.
            parts = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (not a mapping)
            metadata = file.metadata() or {}
        texts = {name: metadata[name] for name in ("details", "layout")}
        if metadata["checksum"] != _checksum(parts, texts):
            raise ValueError("its contents do not agree with its checksum")
        tensors: State = {}
        for name, (kind, value) in json.loads(texts["layout"]).items():
            if kind == "sparse":
                shape, coalesced = value
                inside = parts[f"{name}/indices"], parts[f"{name}/values"]
                tensors[name] = torch.sparse_coo_tensor(*inside, shape, check_invariants=True)._coalesced_(coalesced)
            else:
                tensors[name] = value if kind == "value" else parts[name] if kind == "dense" else tensors[value]
        return tensors, dict(json.loads(texts["details"]))
    except OSError:
        raise
    except Exception as error:  # whatever the file makes a reader stumble over, there is one answer
        raise ValueError(f"{path} is damaged or was not written by lth_teach ({error})") from error


def _lay_out(state: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, tuple[str, Any]]]:
    """The dense tensors to write, and for each entry its kind with what it is made of. ValueError: see check_state."""
    parts: dict[str, Tensor] = {}
    layout: dict[str, tuple[str, Any]] = {}
    first: dict[Any, str] = {}
    for name, value in state.items():
        if not isinstance(name, str) or name == "__metadata__":
            raise ValueError(f"{name!r} is no name for an entry of a state; a name is a text other than __metadata__")
        if not _can_be_kept(value):
            kind = f" of {value.dtype}, {value.layout}, on {value.device}" if isinstance(value, Tensor) else ""
            raise ValueError(
                f"the state's entry {name!r} is a {type(value).__qualname__}{kind}; what can be kept: dense tensors, "
                "sparse COO tensors, and values that JSON gives back unchanged"
            )
        if not isinstance(value, Tensor):
            layout[name] = "value", value
        elif (tied := first.setdefault(place(value), name)) != name:
            layout[name] = "same", tied
        elif value.layout == torch.sparse_coo:
            parts |= {f"{name}/indices": value._indices(), f"{name}/values": value._values()}
            layout[name] = "sparse", [list(value.shape), value.is_coalesced()]
        else:
            parts[name] = value
            layout[name] = "dense", None
    if len(parts) != sum({"dense": 1, "sparse": 2}.get(kind, 0) for kind, _ in layout.values()):
        raise ValueError(f"two entries of the state would be written under one name; it has {list(layout)}")
    return parts, layout


def _can_be_kept(value: Any) -> bool:
    try:
        if not isinstance(value, Tensor):  # repr tells 1 from 1.0 and True, and a list from a tuple
            return repr(json.loads(json.dumps(value))) == repr(value)
        if is_lazy(value) or value.is_quantized or value.is_nested or value.is_meta:
            return False
        save({"": torch.empty(0, dtype=value.dtype)})
        return value.layout in (torch.strided, torch.sparse_coo)
    except (TypeError, ValueError, RecursionError, KeyError, SafetensorError):
        return False


def raw_bytes(tensor: Tensor) -> bytes:
    """The entries of a dense tensor as they lie in memory, row by row."""
    return _plain(tensor).contiguous().flatten().view(torch.uint8).numpy().tobytes()


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().resolve_conj().resolve_neg().cpu()


def _checksum(parts: Mapping[str, Tensor], texts: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(texts, sort_keys=True).encode())
    for name, part in sorted(parts.items()):
        digest.update(json.dumps([name, str(part.dtype), list(part.shape)]).encode() + raw_bytes(part))
    return digest.hexdigest()


def same_state(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """True if two states hold the same names and identical entries; of tensors type, shape and every number."""
    return first.keys() == second.keys() and all(_same(first[name], second[name]) for name in first)


def _same(first: Any, second: Any) -> bool:
    if not isinstance(first, Tensor) or not isinstance(second, Tensor):
        return type(first) is type(second) and first == second
    if (first.dtype, first.shape, first.layout) != (second.dtype, second.shape, second.layout):
        return False
    if first.layout == torch.sparse_coo:
        first, second = first.coalesce(), second.coalesce()
        return torch.equal(first.indices(), second.indices()) and torch.equal(first.values(), second.values())
    return torch.equal(first, second)
