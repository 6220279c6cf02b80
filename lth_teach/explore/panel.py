"""The ticket panel: choose, press Start, and watch a ticket being found. It reads as plain text without a kernel."""

from __future__ import annotations

import html
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd

from ..lab import plots
from . import archived, earlier, search
from .progress import Progress, Stopped
from .widgets import WIDE, Shown, device_menu, hundredths_slider, image, whole_slider

INCHES = (3.5, 3.5)  # of the picture: so few that its words are large enough on a narrow page


class TicketPanel(Shown):
    """Choose prune rate, target, late reset, seeds and device; press Start and watch a ticket being found.

    Training runs in a thread, so the notebook stays free. Stop takes effect at the next training step; Resume goes on
    after the last finished level. The tickets of finished searches stay in the next pictures, until they are forgotten.
    Where the archive holds other seeds of the same choices, they lie behind the lines as small dots.
    ``choices`` says where the controls start; see :class:`lth_teach.explore.search.Search`.
    """

    text = (
        "Ticket panel: sliders for prune rate, target sparsity, late-reset step and seeds, a device menu, and the "
        "buttons Start, Stop and Resume. It needs a running kernel: run this cell."
    )

    def __init__(self, choices: search.Search | None = None) -> None:
        self._choices = choices or search.Search()
        self._running: search.Search | None = None  # the choices of the search that is under way or stopped
        self._rows: list[dict[str, Any]] = []
        self._finished = False  # whether the rows are those of a whole search
        self._archived: tuple[pd.DataFrame | None, str] = (None, "")  # other seeds of its choices, and what to say
        self._earlier: list[tuple[search.Search, pd.DataFrame]] = []  # finished before that one, the newest first
        self._store: tempfile.TemporaryDirectory[str] | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._build(self._choices)

    def _build(self, choices: search.Search) -> None:
        self.controls: dict[str, ipywidgets.Widget] = {
            "prune_rate": hundredths_slider("Prune rate", choices.prune_rate, 0.05, 0.9),
            "target_sparsity": hundredths_slider("Target sparsity", choices.target_sparsity, 0.3, 0.98),
            "late_reset_iter": whole_slider("Late-reset step", choices.late_reset_iter, 0, choices.iterations),
            "seeds": whole_slider("Seeds", choices.seeds, 1, max(10, choices.seeds)),
            "device": device_menu(str(choices.device)),
        }
        self._start, self._stop_button, self._resume, self._forget = buttons = [
            ipywidgets.Button(description=name, disabled=name != "Start", layout={"width": "auto"})
            for name in ("Start", "Stop", "Resume", "Forget earlier")
        ]
        self._start.button_style = "primary"
        for button, act in zip(buttons, (self.run, self.stop, self.resume, self.forget)):
            button.on_click(lambda _, act=act: act())
        self._bar = ipywidgets.IntProgress(0, 0, 1, layout=WIDE["layout"])
        self._status, self._reading = ipywidgets.HTML("Ready."), ipywidgets.HTML()
        self._image = image("500px")
        self._image.layout.display = "none"  # until there is a picture
        row = ipywidgets.Box(buttons, layout={"flex_flow": "row wrap"})
        shown = [*self.controls.values(), row, self._bar, self._status, self._image, self._reading]
        self.widget = ipywidgets.VBox(shown)

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
        if self._finished and self._running is not None:
            self._earlier = [(self._running, self.table()), *self._earlier][: earlier.MOST]
        self._running, self._rows, self._finished = wanted, [], False
        self._archived = archived.like(wanted)
        self._image.layout.display, self._reading.value = "none", ""
        if self._store:
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

    def forget(self) -> None:
        """Leave the earlier searches out of the picture; while a search is under way, this does nothing."""
        if self._busy():
            return
        self._earlier = []
        self._forget.disabled = True
        if self._rows:
            self._draw()

    def finish(self) -> None:
        """Return when a search is finished: wait for it or resume it, or start one if none was started yet.

        Raises:
            Exception: what went wrong in the search.
        """
        self.wait()
        if self._running is None:
            self.run(block=True)
        elif not self._finished:
            self.resume(block=True)

    def wait(self) -> None:
        """Return when the search under way has finished, stopped or failed."""
        if self._thread:
            self._thread.join()

    def table(self) -> pd.DataFrame:
        """Every network trained so far: seed, level, density, arm, accuracy (fraction), densities of the layers."""
        return pd.DataFrame(list(self._rows))

    def figure(self) -> plots.Picture:
        """Accuracy against density so far: dense, ticket, control, earlier tickets. ValueError if nothing ran."""
        measured = self._measured()
        assert self._running is not None
        figure = search.picture(measured, self._running.iterations)
        if self._archived[0] is not None:
            archived.behind(figure, self._archived[0])
        earlier.overlay(figure, [(earlier.difference(each, self._running), rows) for each, rows in self._earlier])
        return figure

    def reading(self) -> str:
        """What the picture says of this search, in words. ValueError if nothing ran."""
        text = search.describe(self._measured())
        rows, sentence = self._archived
        if rows is not None and self._finished:
            sentence += f" {archived.compared(self.table(), rows)}"
        return f"{text} {sentence}"

    def _measured(self) -> pd.DataFrame:
        if not self._rows:
            raise ValueError("nothing has been measured yet; press Start, or call run(block=True)")
        return self.table()

    def _draw(self) -> None:
        (figure := self.figure()).set_size_inches(INCHES)
        self._image.value, self._image.layout.display = figure.png(dpi=150), ""

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
            self.wait()
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
            self._finished = True
            self._reading.value = html.escape(self.reading())
            self._bar.value = self._bar.max
            self._status.value = f"Done: {len(self._rows)} networks trained."
        except Stopped:
            self._status.value = "Stopped. Resume goes on after the last finished level; Start begins anew."
        except Exception as error:  # shown in the panel, where the learner looks
            self._error = error
            self._show(error)
        finally:
            stopped = self._stop.is_set() and self._error is None
            self._buttons(running=False, resumable=stopped)

    def _search(self, choices: search.Search, store: Path) -> None:
        trained = len(self._rows) * (choices.iterations - choices.late_reset_iter)
        progress = Progress(choices.total_steps, trained, self._bar, self._status, self._stop)
        known = {(row["seed"], row["level"], row["arm"]) for row in self._rows}
        for row in choices.rows(progress.step, store, known):
            self._rows.append(row)
            self._draw()
            self._reading.value = html.escape(self.reading())

    def _show(self, error: Exception) -> None:
        self._status.value = f"<b>{type(error).__name__}:</b> {html.escape(str(error))}"

    def _buttons(self, running: bool, resumable: bool = False) -> None:
        self._start.disabled = running
        self._stop_button.disabled = not running
        self._resume.disabled = running or not resumable
        self._forget.disabled = running or not self._earlier
        for control in self.controls.values():
            control.disabled = running
