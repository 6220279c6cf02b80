"""The ticket panel: choose, press Start, and watch a ticket being found. It reads as plain text without a kernel."""

from __future__ import annotations

import html
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd

from ..ground.devices import available_devices
from ..lab import plots
from . import search
from .widgets import WIDE, Shown, menu, whole_slider

REFRESH = 0.25  # seconds between two updates of the progress bar


class _Stop(Exception):
    """Raised inside training when the learner presses Stop."""


class TicketPanel(Shown):
    """Choose prune rate, target, late reset, seeds and device; press Start and watch a ticket being found.

    Training runs in a thread, so the notebook stays free. Stop takes effect at the next training step; Resume goes on
    after the last finished level.

    Args:
        choices: where the controls start; see :class:`lth_teach.explore.search.Search`.
    """

    text = (
        "Ticket panel: sliders for prune rate, target sparsity, late-reset step and seeds, a device menu, and the "
        "buttons Start, Stop and Resume. It needs a running kernel: run this cell."
    )

    def __init__(self, choices: search.Search | None = None) -> None:
        self._choices = choices or search.Search()
        self._running: search.Search | None = None  # the choices of the search that is under way or stopped
        self._rows: list[dict[str, Any]] = []
        self._store: tempfile.TemporaryDirectory[str] | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._build(self._choices)

    def _build(self, choices: search.Search) -> None:
        rate, target = {"min": 0.05, "max": 0.9, "step": 0.01}, {"min": 0.3, "max": 0.98, "step": 0.01}
        offered = available_devices() | {str(choices.device): True}  # "cuda:1" may have been chosen
        devices = [(name if here else f"{name} (not present)", name) for name, here in offered.items()]
        self.controls: dict[str, ipywidgets.Widget] = {
            "prune_rate": ipywidgets.FloatSlider(choices.prune_rate, description="Prune rate", **rate, **WIDE),
            "target_sparsity": ipywidgets.FloatSlider(
                choices.target_sparsity, description="Target sparsity", **target, **WIDE
            ),
            "late_reset_iter": whole_slider("Late-reset step", choices.late_reset_iter, 0, choices.iterations),
            "seeds": whole_slider("Seeds", choices.seeds, 1, max(10, choices.seeds)),
            "device": menu("Device", devices, str(choices.device)),
        }
        self._start = ipywidgets.Button(description="Start", button_style="primary")
        self._stop_button = ipywidgets.Button(description="Stop", disabled=True)
        self._resume = ipywidgets.Button(description="Resume", disabled=True)
        self._start.on_click(lambda _: self.run())
        self._stop_button.on_click(lambda _: self.stop())
        self._resume.on_click(lambda _: self.resume())
        self._bar = ipywidgets.IntProgress(0, 0, 1, layout=WIDE["layout"])
        self._status, self._reading = ipywidgets.HTML("Ready."), ipywidgets.HTML()
        self._image = ipywidgets.Image(format="png", width=700, layout={"display": "none"})  # until there is a picture
        buttons = ipywidgets.HBox([self._start, self._stop_button, self._resume])
        self.widget = ipywidgets.VBox(
            [*self.controls.values(), buttons, self._bar, self._status, self._image, self._reading]
        )

    def run(self, block: bool = False) -> None:
        """Start a search with the choices now set; with ``block`` return when it is done, raising what went wrong.

        A choice that is not allowed is answered in the panel, and what was measured before stays. While a search is
        under way this starts no other; with ``block`` it waits for that one.
        """
        if self._busy():
            if block:
                self.wait()
            return
        try:
            wanted = replace(self._choices, **{name: control.value for name, control in self.controls.items()})
        except ValueError as error:
            self._show(error)
            if block:
                raise
            return
        self._running, self._rows = wanted, []
        self._image.layout.display, self._reading.value = "none", ""
        if self._store is not None:
            self._store.cleanup()
        self._store = tempfile.TemporaryDirectory(prefix="lth-teach-", ignore_cleanup_errors=True)
        self._launch(block)

    def resume(self, block: bool = False) -> None:
        """Go on with a stopped search, with its own choices, after its last finished level."""
        if self._running is None or self._busy():
            return
        self._launch(block)

    def stop(self) -> None:
        """Stop at the next training step; finished levels are kept."""
        self._stop.set()
        self._status.value = "Stopping…"

    def wait(self) -> None:
        """Return when the search under way has finished, stopped or failed."""
        if self._thread is not None:
            self._thread.join()

    def table(self) -> pd.DataFrame:
        """Every network trained so far: seed, level, density, arm, accuracy (fraction), densities of the layers."""
        return pd.DataFrame(list(self._rows))

    def figure(self) -> plots.Picture:
        """Accuracy against density so far, with the dense line and the random control. ValueError if nothing ran."""
        if not self._rows:
            raise ValueError("nothing has been measured yet; press Start, or call run(block=True)")
        return search.picture(self.table())

    def reading(self) -> str:
        """What the picture says, in words. ValueError if nothing ran."""
        if not self._rows:
            raise ValueError("nothing has been measured yet; press Start, or call run(block=True)")
        return search.describe(self.table())

    def _busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _launch(self, block: bool) -> None:
        self._stop.clear()
        self._error = None
        self._buttons(running=True)
        self._thread = threading.Thread(target=self._work, name="ticket-panel", daemon=True)
        self._thread.start()
        if not block:
            return
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self.stop()
            raise
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        assert self._running is not None
        assert self._store is not None
        try:
            self._search(self._running, Path(self._store.name))
            self._bar.value = self._bar.max
            self._status.value = f"Done: {len(self._rows)} networks trained."
        except _Stop:
            self._status.value = "Stopped. Resume goes on after the last finished level; Start begins anew."
        except Exception as error:  # shown in the panel, where the learner looks
            self._error = error
            self._show(error)
        finally:
            stopped = self._stop.is_set() and self._error is None
            self._buttons(running=False, resumable=stopped)

    def _search(self, choices: search.Search, store: Path) -> None:
        earlier = len(self._rows) * (choices.iterations - choices.late_reset_iter)
        progress = _Progress(choices.total_steps, earlier, self._bar, self._status, self._stop)
        known = {(row["seed"], row["level"], row["arm"]) for row in self._rows}
        for row in choices.rows(progress.step, store, known):
            self._rows.append(row)
            self._image.value = search.picture(self.table()).png()
            self._image.layout.display = ""
            self._reading.value = html.escape(search.describe(self.table()))

    def _show(self, error: Exception) -> None:
        self._status.value = f"<b>{type(error).__name__}:</b> {html.escape(str(error))}"

    def _buttons(self, running: bool, resumable: bool = False) -> None:
        self._start.disabled = running
        self._stop_button.disabled = not running
        self._resume.disabled = running or not resumable
        for control in self.controls.values():
            control.disabled = running


class _Progress:
    """Counts training steps, shows them with the time left, and raises :class:`_Stop` when asked to stop."""

    def __init__(
        self, total: int, earlier: int, bar: ipywidgets.IntProgress, status: ipywidgets.HTML, stop: threading.Event
    ) -> None:
        self._bar, self._status, self._stop = bar, status, stop
        self._earlier = self._done = earlier  # steps of the networks trained before a Stop
        self._started = self._shown = time.monotonic()
        bar.max, bar.value = total, earlier
        status.value = "Preparing the data…"

    def step(self, _step: int, _total: int) -> None:
        if self._stop.is_set():
            raise _Stop
        self._done += 1
        now = time.monotonic()
        if now - self._shown < REFRESH:
            return
        self._shown = now
        each = (now - self._started) / (self._done - self._earlier)
        left = each * max(0, self._bar.max - self._done)
        self._bar.value = min(self._done, self._bar.max)
        self._status.value = f"Training: {self._done:,} of {self._bar.max:,} steps, about {left:.0f} s left."
