"""What the explorers that JavaScript draws have in common: a widget in JupyterLab, a piece of a page without a kernel.

Each is two files of one name. The script draws, from what ``model`` holds, with the help of drawing.js, which is put
before it; so there is one script, with nothing to import. Python says the same words and draws a still picture, for
where no script runs.
"""

from __future__ import annotations

import base64
import json
import math
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import anywidget

from ..lab.plots import Picture

# What a script takes from `model`, for a page without a kernel.
PAGE = """
const values = VALUES, listeners = {};
explorer.render({
  el: document.getElementById("ID"),
  model: {
    get: (name) => values[name],
    set: (name, value) => { values[name] = value; listeners[`change:${name}`]?.(); },
    on: (event, listener) => { listeners[event] = listener; },
    save_changes: () => {},
  },
});
"""


def decimals(value: float, digits: int) -> str:
    """So many decimals, halves up. The same arithmetic as in drawing.js."""
    return f"{math.floor(10**digits * value + 0.5) / 10**digits:.{digits}f}"


def number(value: float, digits: int = 1) -> str:
    """One decimal; with ``digits=0`` without ".0"."""
    text = decimals(value, 1)
    return text if digits else text.removesuffix(".0")


def script(name: str) -> str:
    """The whole script of an explorer: drawing.js, and after it the file of its own."""
    folder = Path(__file__).parent
    return "".join((folder / f"{file}.js").read_text(encoding="utf-8") for file in ("drawing", name))


class Drawn(anywidget.AnyWidget):
    """A widget that a script draws.

    A subclass has ``name``, that of its files; ``_esm``, its :func:`script`; the values of ``model`` as traits; and
    :meth:`still`.
    """

    name: ClassVar[str]

    def still(self) -> tuple[Picture, str]:
        """The picture of where the controls stand, and the sentence below it."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = super()._repr_mimebundle_(**options)
        assert bundle is not None  # it has a view
        data, metadata = bundle
        picture, words = self.still()
        data |= {"text/plain": f"Explorer: {words}", "image/png": base64.b64encode(picture.png()).decode()}
        return data, {**metadata, "lth_teach_explorer": self.name, "image/png": {"alt": picture.alt}}

    def page(self) -> str:
        """A ``<div>`` and a ``<script>`` that need no kernel and no server; one a page, since the div has an id."""
        picture, words = self.still()
        png = base64.b64encode(picture.png()).decode()
        image = f'<img alt="{escape(picture.alt)}" src="data:image/png;base64,{png}">'
        own = [
            name for name in self.keys if not name.startswith("_") and name not in anywidget.AnyWidget.class_traits()
        ]
        values = json.dumps({name: getattr(self, name) for name in own}).replace("</", "<\\/")
        place = f"lth-teach-{self.name.replace('_', '-')}"
        return (
            f'<div id="{place}"><p>{escape(words)}</p><noscript>{image}</noscript></div>\n<script type="module">\n'
            f"{script(self.name)}{PAGE.replace('ID', place).replace('VALUES', values)}</script>"
        )
