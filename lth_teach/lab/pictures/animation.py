"""Pictures one after the other, with buttons: a small player in plain HTML, and the animated pruning run.

It plays only when asked to, and loads nothing from elsewhere.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from ..plots import Picture
from .weights import BLUE, GREY, RED, SIZE, Frame, LevelWeights, Scale, draw, four_frames, frames, scale

DPI = 110

PLAYER = """\
<style>
.lth-player { max-width: 36rem; padding: .6rem; border: 1px solid #bbb; border-radius: 6px;
  background: #fff; color: #222; font: 1rem/1.4 system-ui, sans-serif; color-scheme: light }
.lth-player img { display: block; width: 100%; max-width: 100%; height: auto; margin: 0; filter: none }
.lth-player p { min-height: 2.8em; margin: .4rem 0; color: #222 }
.lth-player div { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }
.lth-player button { min-width: 5rem; padding: .4rem .7rem; border: 1px solid #666; border-radius: 4px;
  background: #f2f2f2; color: #222; font: inherit; cursor: pointer }
.lth-player label { display: flex; flex: 1 1 10rem; gap: .4rem; align-items: center; color: #222 }
.lth-player input { flex: 1; min-width: 5rem; accent-color: #0072b2 }
.lth-player :is(button, input):focus-visible { outline: 3px solid #0072b2; outline-offset: 2px }
</style>
<section class="lth-player" data-player="NAME" data-lm-suppress-shortcuts="true" aria-label="Animation">
<img class="dark-light" alt="ALT" src="data:image/png;base64,FIRST">
<p aria-live="polite">CAPTION</p>
<div>
<button type="button" disabled>Play</button>
<button type="button" disabled>Step back</button>
<button type="button" disabled>Step</button>
<label>Frame <input type="range" min="0" max="LAST" value="0" disabled></label>
</div>
</section>
<script>
(() => {
  const frames = FRAMES;  // [PNG in base64, caption, milliseconds]; the first PNG stands in the page
  for (const player of document.querySelectorAll('[data-player="NAME"]:not([data-ready])')) {
    player.dataset.ready = "yes";
    const image = player.querySelector("img"), caption = player.querySelector("p");
    const slider = player.querySelector("input"), [play, back, step] = player.querySelectorAll("button");
    const first = image.src, last = frames.length - 1;
    let at = 0, timer = 0;
    const show = (number) => {
      at = Math.max(0, Math.min(last, number));
      image.src = at ? "data:image/png;base64," + frames[at][0] : first;
      caption.textContent = frames[at][1];
      slider.value = at;
      slider.setAttribute("aria-valuetext", frames[at][1]);
    };
    const stop = () => {
      clearTimeout(timer);
      timer = 0;
      play.textContent = "Play";
      caption.setAttribute("aria-live", "polite");
    };
    const go = () => {
      if (at === last || !player.isConnected) return stop();
      show(at + 1);
      timer = setTimeout(go, frames[at][2]);
    };
    play.onclick = () => {
      if (timer) return stop();
      if (at === last) show(0);
      play.textContent = "Pause";
      caption.setAttribute("aria-live", "off");  // a screen reader cannot keep up with a moving picture
      go();
    };
    back.onclick = () => { stop(); show(at - 1); };
    step.onclick = () => { stop(); show(at + 1); };
    slider.oninput = () => { stop(); show(Number(slider.value)); };
    player.onkeydown = (event) => event.stopPropagation();  // JupyterLab would take the slider's arrow keys
    for (const control of [play, back, step, slider]) control.disabled = false;
    show(0);
  }
})();
</script>"""


@dataclass(frozen=True)
class Animation:
    """Pictures with captions, played by hand; where HTML is not shown, the still picture.

    Attributes:
        name: lower-case letters, digits and hyphens; another one for each animation of a page.
        still: the picture of a page at rest, also the first that the player shows; its ``alt`` is the alt text.
        caption: what stands below the still.
        pictures: (picture, caption, milliseconds it stays), in the order they are played.
    """

    name: str
    still: Picture
    caption: str
    pictures: Sequence[tuple[Picture, str, int]]

    def __post_init__(self) -> None:
        if not re.fullmatch("[a-z0-9-]+", self.name):
            raise ValueError(f"name may hold lower-case letters, digits and hyphens only, got {self.name!r}")
        if not self.pictures:
            raise ValueError("pictures is empty; an animation needs one picture at least")

    @property
    def alt(self) -> str:
        """What the still and the moving pictures show, in words."""
        return f"Animation of {len(self.pictures)} frames. At rest: {self.still.alt}"

    @cached_property
    def html(self) -> str:
        """The player, complete in itself: no other file and no other host is asked for anything."""
        shown = [["", self.caption, 0], *([small_png(picture), words, time] for picture, words, time in self.pictures)]
        values = {
            "NAME": self.name,
            "ALT": escape(self.alt),
            "FIRST": small_png(self.still).replace("/", "&#47;"),
            "CAPTION": escape(self.caption),
            "LAST": str(len(self.pictures)),
            # No "</" may end the script; and scanners for local paths find "/ab/cd/" in plain base64.
            "FRAMES": json.dumps(shown, ensure_ascii=False).replace("/", "\\/"),
        }
        return re.sub("|".join(values), lambda found: values[found[0]], PLAYER)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = {"text/html": self.html, "image/png": self.still.png(DPI), "text/plain": self.alt}
        return bundle, {"image/png": {"alt": self.alt}}


def small_png(picture: Picture) -> str:
    """The picture as PNG of at most 32 colours, in base64; the same picture gives the same text."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture.png(DPI))).convert("RGB").quantize(32, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def pruning_run(levels: Sequence[LevelWeights], name: str = "pruning-run") -> Animation:
    """Iterative magnitude pruning as histograms of |weight|: train, the cut moves in, rewind, and again.

    The first picture is :func:`four_frames`, the four phases of level 1. Four levels take about 200 kB.

    Args:
        levels: for each level the survivors' values before and after training, and how many are cut.
        name: another one for each animation of a page.

    Raises:
        ValueError: as :func:`lth_teach.lab.pictures.weights.frames` says, or a name with other characters.
    """
    moments = list(frames(levels))
    common = scale(moments)
    pictures = [
        (_picture(moment, common), moment.caption, 500 if moment.caption.endswith("…") else 1800) for moment in moments
    ]
    count = f"{len(levels)} levels" if len(levels) > 1 else "one level"
    caption = f"Level 1 in four pictures. Play shows {count}; Step goes one picture on."
    return Animation(name, four_frames(levels), caption, pictures)


def _picture(moment: Frame, common: Scale) -> Picture:
    """One frame with its title and, in their colours, the names of what is drawn."""
    figure = Picture(moment.caption, *SIZE)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.19, 0.15, 0.79, 0.76))  # fixed, so that they stay where they are from frame to frame
    draw(axes, moment, common)
    axes.set_title(f"Level {moment.level} · {moment.phase}", fontsize=13, loc="left")
    key = [("survivors", BLUE), ("all, at the very start", GREY), ("below the cut", RED)]
    for row, (words, colour) in enumerate(key if moment.line is not None else key[:2]):
        place = (0.99, 0.97 - 0.09 * row)
        axes.text(*place, words, color=colour, fontsize=11, ha="right", va="top", transform=axes.transAxes)
    axes.set_xlabel("|weight|", fontsize=11)
    axes.set_ylabel("number of weights", fontsize=11)
    return figure
