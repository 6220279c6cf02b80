"""Small widgets that answer at once: a prediction, sliders over a picture. Each reads as plain text without a kernel.

This file, panel.py, progress.py and drawing.py are the only ones that import ipywidgets.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets

from ..ground.devices import available_devices

FULL = "calc(100% - 4px)"  # of the page, less the margins that every widget has; with 100 % its edge is cut off
# At most that wide, and less where the page is narrower.
WIDE: dict[str, Any] = {
    "style": {"description_width": "min(13em, 45%)"},
    "layout": {"width": FULL, "max_width": "34em"},
}


class Shown:
    """A widget that carries a plain-text reading of itself, for pages without a kernel."""

    widget: ipywidgets.Widget
    text: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """As ipywidgets 8 writes it; written here, since Colab's version 7 has no method for it."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {"application/vnd.jupyter.widget-view+json": view, "text/plain": self.text}


class Prediction(Shown):
    """A question to answer before the experiment. :meth:`reveal` shows the answer beside what was measured.

    Args:
        question: the question, one or two sentences.
        options: the possible answers.
    """

    def __init__(self, question: str, options: Sequence[str]) -> None:
        self.options = list(options)
        letters = "\n".join(f"  ( ) {option}" for option in options)
        self.text = f"Predict first: {question}\n{letters}"
        self._choice = ipywidgets.RadioButtons(options=self.options, value=None, layout={"width": "auto"})
        self.widget = ipywidgets.VBox([ipywidgets.HTML(f"<b>Predict first:</b> {html.escape(question)}"), self._choice])

    @property
    def answer(self) -> str | None:
        """The option chosen so far."""
        return self._choice.value

    def reveal(self, measured: str) -> None:
        """Print the prediction beside the measured answer; both stay visible in the notebook.

        Raises:
            ValueError: ``measured`` is not one of the options.
        """
        if measured not in self.options:
            raise ValueError(f"measured must be one of {self.options}, got {measured!r}")
        verdict = {None: "", measured: "  (as predicted)"}.get(self.answer, "  (not as predicted: why?)")
        print(f"you predicted  {self.answer or 'nothing yet'}\nmeasured       {measured}{verdict}")


def image(width: str = "700px") -> ipywidgets.Widget:
    """A place for a picture of this width, less where the page is narrower."""
    return ipywidgets.Image(format="png", layout={"width": FULL, "max_width": width, "height": "auto"})


def whole_slider(label: str, value: int, low: int, high: int) -> ipywidgets.Widget:
    """A slider over whole numbers that answers when it is let go."""
    return ipywidgets.IntSlider(value, min=low, max=high, description=label, continuous_update=False, **WIDE)


def hundredths_slider(label: str, value: float, low: float, high: float) -> ipywidgets.Widget:
    """A slider over fractions in steps of a hundredth."""
    return ipywidgets.FloatSlider(value, min=low, max=high, step=0.01, description=label, **WIDE)


def menu(label: str, options: Sequence[Any], value: Any) -> ipywidgets.Widget:
    """A menu of given values, or (text, value) pairs."""
    return ipywidgets.Dropdown(options=list(options), value=value, description=label, **WIDE)


def device_menu(chosen: str) -> ipywidgets.Widget:
    """A menu of all devices, the chosen one too ("cuda:1", say); those that are not present say so."""
    offered = available_devices() | {chosen: True}
    options = [(name if here else f"{name} (not present)", name) for name, here in offered.items()]
    return menu("Device", options, chosen)
