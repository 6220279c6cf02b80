"""Random numbers from seeds, without touching the caller's own generator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Draw random numbers from ``seed`` inside the block and leave the caller's generator as it was.

    ``None`` draws from the caller's generator, as plain PyTorch does.
    """
    if seed is None:
        yield
        return
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def generator(purpose: str, *numbers: int) -> torch.Generator:
    """A generator for one purpose ("mask", "order", …) and its seed numbers, unrelated to that of any other.

    The same seed is used for a network, for a random mask on it and for the order of its data. Drawn from one stream
    these would be copies of each other: a mask of random scores would keep just the weights that started largest.
    """
    text = "/".join([purpose, *map(str, numbers)])
    return torch.Generator().manual_seed(int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big"))
