"""Random numbers from seeds, without touching the caller's own generator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from .ground.arguments import whole_number


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Draw random numbers from ``seed``, any whole number, inside the block; leave the caller's generator as it was.

    ``None`` draws from the caller's generator, as plain PyTorch does. ValueError if the seed is no whole number.
    """
    if seed is None:
        yield
        return
    number = whole_number("seed", seed)
    if not -(2**63) <= number < 2**64:  # PyTorch takes no other
        number = _digest(str(number), 8)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(number)
        yield


def generator(purpose: str, *numbers: int) -> torch.Generator:
    """A generator for one purpose ("mask", "order", …) and its seed numbers, unrelated to that of any other.

    The same seed is used for a network, for a random mask on it and for the order of its data. Drawn from one stream
    these would be copies of each other: a mask of random scores would keep just the weights that started largest.
    """
    text = "/".join([purpose, *(str(whole_number("seed", number)) for number in numbers)])
    return torch.Generator().manual_seed(_digest(text, 7))


def _digest(text: str, size: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size], "big")
