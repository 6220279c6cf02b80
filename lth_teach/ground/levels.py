"""Finished levels in a folder, one file each, so that a search that was stopped goes on where it was."""

from __future__ import annotations

import os
import random
import uuid
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .states import State
from .storage import load_tensors, same_state, save_tensors, temporary_name


def random_state() -> State:
    """Where the global random numbers of PyTorch, Python and NumPy stand."""
    version, words, gauss = random.getstate()
    kind, keys, *rest = np.random.get_state(legacy=True)
    numpy = [kind, np.asarray(keys).tolist(), *(np.asarray(number).item() for number in rest)]
    return {"torch": torch.get_rng_state(), "python": [version, list(words), gauss], "numpy": numpy}


def set_random_state(state: State) -> None:
    """Put those that are in ``state`` back to where :func:`random_state` found them."""
    if "torch" in state:
        torch.set_rng_state(state["torch"])
    if "python" in state:
        version, words, gauss = state["python"]
        random.setstate((version, tuple(words), gauss))
    if "numpy" in state:
        np.random.set_state(tuple(state["numpy"]))


@dataclass(frozen=True)
class LevelStore:
    """A folder of levels.

    Attributes:
        folder: made when it is first needed; ``~`` is the home folder.
        key: a text for everything that decides the result. Levels of another key lie in a folder of their own inside
            ``folder`` and are left alone.
    """

    folder: Path
    key: str

    def check_writable(self) -> None:
        """Make the folder and write to it once. OSError, which names it, if that fails."""
        target = self._path(0).parent
        try:
            target.mkdir(parents=True, exist_ok=True)
            (probe := temporary_name(target / "probe")).write_bytes(b"probe")
            probe.unlink()
        except (FileExistsError, NotADirectoryError) as error:
            raise NotADirectoryError(f"store must be a folder, and {self.folder} is a file or lies in one") from error
        except OSError as error:
            raise OSError(f"nothing can be kept in the store {self.folder}: {error}") from error

    def save(self, index: int, parts: Mapping[str, State], details: Mapping[str, Any], random_numbers: State) -> None:
        """Keep level ``index``: its states, by name, and its details.

        Args:
            random_numbers: what :func:`random_state` gave before the level was trained.

        Raises:
            OSError: it cannot be written; the message says which levels are kept.
        """
        parts = {**parts, "before": random_numbers, "after": random_state()}
        entries = {f"{part}/{name}": value for part, state in parts.items() for name, value in state.items()}
        try:
            save_tensors(self._path(index), entries, {"key": self.key, "index": index, "details": dict(details)})
        except OSError as error:
            kept = ", ".join(str(other) for other in range(index) if self._path(other).is_file()) or "none"
            raise OSError(
                f"level {index} could not be kept in the store {self.folder}: {error.__cause__ or error}. Levels kept "
                f"there: {kept}; with room to write, the same search goes on after them"
            ) from error

    def load(self, index: int, start: Mapping[str, State]) -> tuple[dict[str, State], dict[str, Any]] | None:
        """(states by name, details) of level ``index``, or ``None`` if it is not there.

        A level whose training drew global random numbers, by dropout or shuffling, is there only for a program whose
        numbers (of the generators drawn from) stand where they stood then; they are set to where they stood after it.

        Args:
            start: what has to be among the level's states, name by name: it was trained from just there.

        A file that is damaged, or is not what its name says, is renamed, with a warning, and counts as not there.
        """
        path = self._path(index)
        try:
            entries, contents = load_tensors(path)
            if (contents.get("key"), contents.get("index")) != (self.key, index):
                raise ValueError(f"{path} is not level {index} of this search")
        except FileNotFoundError:
            return None
        except ValueError as error:
            aside = path.with_name(f"{path.name}.damaged-{uuid.uuid4().hex[:8]}")
            with suppress(FileNotFoundError):  # another process was faster
                os.replace(path, aside)
            warnings.warn(f"{error}; it is now {aside.name}, and level {index} is computed again", stacklevel=2)
            return None
        parts: dict[str, State] = {}
        for name, value in entries.items():
            part, _, name = name.partition("/")
            parts.setdefault(part, {})[name] = value
        if not all(same_state(parts[part], state) for part, state in start.items()):
            return None  # trained from another level before
        before, after, now = parts["before"], parts["after"], random_state()
        drawn = {name for name in before if not same_state({name: before[name]}, {name: after[name]})}
        if not same_state({name: before[name] for name in drawn}, {name: now[name] for name in drawn}):
            return None
        set_random_state({name: after[name] for name in drawn})
        return parts, contents["details"]

    def _path(self, index: int) -> Path:
        return Path(self.folder).expanduser() / self.key[:16] / f"level_{index:02d}.safetensors"
