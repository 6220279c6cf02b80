"""What to compute on: devices and threads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def available_devices() -> dict[str, bool]:
    """Every device name that can be asked for, and whether it is present here."""
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return {"auto": True} | present


def choose_device(name: str | torch.device = "cpu") -> torch.device:
    """The device to use, by name or as PyTorch has it, with its number or without; "auto" picks cuda, mps, then cpu.

    Raises:
        ValueError: the name is unknown, or that device is absent (the message lists what is present).
    """
    name = str(name) if isinstance(name, torch.device) else name
    present = [device for device, here in available_devices().items() if here]
    if name == "auto":
        return torch.device(next(device for device in ("cuda", "mps", "cpu") if device in present))
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        reason = "is not a device"
    else:
        reason = "is not present on this machine" if device.type in DEVICES else "is none that the course computes on"
        count = torch.cuda.device_count() if device.type == "cuda" else 1
        if device.type in present and (device.index or 0) < max(1, count):
            return device if device.type == "cuda" else torch.device(device.type)
    raise ValueError(f"device {name!r} {reason}; present: {', '.join(present)}")


def thread_count() -> int:
    """Threads that training uses in a process: LTH_TEACH_THREADS, or 1. ValueError if that is no positive number."""
    # Not OMP_NUM_THREADS: joblib sets that in its workers, by the number of cores, and results would depend on it.
    wanted = os.environ.get("LTH_TEACH_THREADS", "1")
    if not wanted.isdecimal() or int(wanted) < 1:
        raise ValueError(f"LTH_TEACH_THREADS must be a whole number from 1 on, got {wanted!r}")
    return int(wanted)


@contextmanager
def own_threads() -> Iterator[None]:
    """Compute with one thread inside the block, or with LTH_TEACH_THREADS of them where that is set.

    These networks are so small that sharing a step among cores costs more than it saves, several times more on a busy
    machine; cores are better used for other seeds (see :mod:`lth_teach.replicates`).
    """
    before = torch.get_num_threads()
    torch.set_num_threads(thread_count())
    try:
        yield
    finally:
        torch.set_num_threads(before)
