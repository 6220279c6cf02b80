"""lth_teach: the machinery behind a course on the lottery ticket hypothesis.

The core lies open here. Read it in this order: randomness, data, models, lemma; prunable, masks, scores, enforcement;
training; tickets (a ticket and its controls), finder; pruning_at_init; replicates (seeds and intervals).

Everything else is in a room, and a file imports only from its own room and from those named before it: ground (what the
core stands on: arguments, names and states of models, files), the core, measures (of a network or a mask), strong
(random networks that hold small ones), language, experiments, lab (what a course needs), explore (what there is to
click on), cli (the command lth-teach).

``import lth_teach as lt`` is enough: ``lt.data`` or ``lt.strong.subset_sum`` is loaded when it is first used.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

__version__ = "0.2.0"


def on_first_use(package: str) -> Callable[[str], Any]:
    """A module's ``__getattr__`` (PEP 562) that imports files of ``package`` when they are first asked for."""

    def load(name: str) -> Any:
        if name.startswith("_") or find_spec(f"{package}.{name}") is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return import_module(f"{package}.{name}")

    return load


__getattr__ = on_first_use(__name__)

from .finder import LotteryTicketFinder, compare_lottery_vs_random  # noqa: E402 (the rooms need what stands above)
from .pruning_at_init import SNIPPruner  # noqa: E402
from .tickets import Level, Ticket, train_ticket  # noqa: E402
from .training import Trainer  # noqa: E402

__all__ = [
    "Level",
    "LotteryTicketFinder",
    "SNIPPruner",
    "Ticket",
    "Trainer",
    "compare_lottery_vs_random",
    "train_ticket",
]
