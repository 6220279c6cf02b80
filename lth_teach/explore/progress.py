"""How far a search has come, shown in the panel, and the way to stop it between two training steps."""

from __future__ import annotations

import threading
import time

import ipywidgets

REFRESH = 0.25  # seconds between two updates of the progress bar


class Stopped(Exception):
    """Raised inside training when the learner presses Stop."""


class Progress:
    """Counts training steps, shows them with the time left, and raises :class:`Stopped` when asked to stop.

    Args:
        total: training steps of the whole search.
        earlier: those of the networks that were trained before a Stop.
        bar, status: where it is shown.
        stop: set by whoever wants the search to stop.
    """

    def __init__(
        self, total: int, earlier: int, bar: ipywidgets.IntProgress, status: ipywidgets.HTML, stop: threading.Event
    ) -> None:
        self._bar, self._status, self._stop = bar, status, stop
        self._earlier = self._done = earlier
        self._started = self._shown = time.monotonic()
        bar.max, bar.value = total, earlier
        status.value = "Preparing the data…"

    def step(self, _step: int, _total: int) -> None:
        """Count one training step; called after each."""
        if self._stop.is_set():
            raise Stopped
        self._done += 1
        now = time.monotonic()
        if now - self._shown < REFRESH:
            return
        self._shown = now
        each = (now - self._started) / (self._done - self._earlier)
        left = each * max(0, self._bar.max - self._done)
        self._bar.value = min(self._done, self._bar.max)
        self._status.value = f"Training: {self._done:,} of {self._bar.max:,} steps, about {left:.0f} s left."
