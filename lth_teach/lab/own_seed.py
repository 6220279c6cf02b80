"""A learner's own seed: drawn once, kept beside the progress file, and no seed of anybody else's."""

from __future__ import annotations

import re
import secrets
from functools import cache
from pathlib import Path

from ..ground import storage

# Six digits. Below lie the settings' seeds (0 to 99), the archive's (1000 to 1999) and the stored pages' (2000); from a
# million on the second draws, for which experiments add 1,000,000 to a seed. Thirty learners draw thirty seeds in all
# but one of two thousand classes.
SEEDS = range(100_000, 1_000_000)
STORED = 2_000  # what the stored pages have


def own_seed() -> int:
    """The seed of whoever works here, from 100000 to 999999; the same at every call.

    Kept in the file ``own_seed.txt`` in the cache folder (see :func:`lth_teach.ground.storage.cache_dir`). Where
    nothing can be written it lasts as long as the process, and one warning says so; a damaged file is drawn anew.
    """
    try:
        kept = _file().read_text(encoding="ascii").strip()
        if kept.isdecimal() and int(kept) in SEEDS:
            return int(kept)
    except (OSError, ValueError):  # absent, not to be read, or no text
        pass
    with storage.if_possible():
        storage.write_text(_file(), f"{_drawn()}\n")
    return _drawn()


def with_seed(text: str, seed: int) -> str:
    """The text of a notebook, or of its parameters cell, in which ``base_seed`` is this and no longer 2000."""
    return re.sub(rf"\bbase_seed: int = {STORED}\b", f"base_seed: int = {seed}", text)


def _file() -> Path:
    return storage.cache_dir() / "own_seed.txt"


@cache
def _drawn() -> int:
    return SEEDS.start + secrets.randbelow(len(SEEDS))
