"""The drawings of notebook 00: samples of both data sets, the loop in four frames, and the map of the course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
from matplotlib.patches import ConnectionPatch

from ...data import Dataset
from ..plots import STYLES, Picture, density_axis

INK, BLUE, PURPLE = "#333333", STYLES["ticket"][0], "#7B3294"  # no arm of the course is purple
TRACKS = ("#3B4BA3", "#3B4BA3", "#777777", "#2E8540", "#8A5A00")  # of the map; no arm of the course has these colours


def samples(curves: Dataset, digits: Dataset, classes: Sequence[int] = (3, 5), each: int = 3) -> Picture:
    """The first training samples of each class: above as curves of 40 numbers, below as pictures of 28 × 28.

    Raises:
        ValueError: no classes, or none of each.
        IndexError: a class of which one of the data sets has too few.
    """
    if not classes or each < 1:
        raise ValueError(f"classes needs one class at least, and each must be 1 or more, got {classes} and {each}")
    names = " and ".join(f"the digit {digit}" for digit in classes)
    alt = f"Above, jagged curves of 40 numbers, {each} each of {names}: MNIST-1D. Below, as many handwritten digits "
    figure = Picture(alt + "of each, as pictures of 28 × 28 pixels: MNIST.", 6.4, 2.5)
    grid = figure.subplots(2, each * len(classes), squeeze=False)
    for column, (digit, number) in enumerate(product(classes, range(each))):
        curve, image = (data.x_train[(data.y_train == digit).nonzero()[number, 0]] for data in (curves, digits))
        above, below = grid[:, column]
        above.plot(curve.flatten().numpy(), color=INK, linewidth=1.4)
        above.set_title(str(digit), fontsize=12)
        below.imshow(image.view(28, 28).numpy(), cmap="gray_r")
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
    grid[0, 0].set_ylabel("MNIST-1D", fontsize=11)
    grid[1, 0].set_ylabel("MNIST", fontsize=11)
    return figure


LAYERS = (3, 4, 2)  # of the drawn network: 3 × 4 + 4 × 2 = 20 weights
CUT = 7  # of them, 36 %


def loop() -> Picture:
    """Iterative magnitude pruning on a drawn network, clockwise: start, train, cut, rewind, and again."""
    random = np.random.default_rng(4)
    start = random.uniform(0.4, 2.2, 20)  # widths of the lines, in points
    trained = np.clip(start + random.normal(1.2, 1.8, 20), 0.3, 6.0)
    cut = np.argsort(trained)[:CUT]
    kept = np.ones(20, dtype=bool)
    kept[cut] = False
    figure = Picture(
        "Four drawings of one small network, joined by arrows into a loop. 1, start: 20 thin lines, the weights as "
        f"they are drawn. 2, train: some have grown thick. 3, cut: the {CUT} thinnest are dotted. 4, rewind: "
        f"the {20 - CUT} others, each as thin as at the start. An arrow leads back from 4 to 2: again.",
        5.8,
        5.0,
    )
    figure.set_layout_engine("none")
    room = {"left": 0.02, "right": 0.98, "bottom": 0.01, "top": 0.94, "wspace": 0.3, "hspace": 0.42}
    (first, second), (fourth, third) = figure.subplots(2, 2, gridspec_kw=room)
    _network(first, "1 · start", start)
    _network(second, "2 · train", trained)
    _network(third, "3 · cut the smallest", trained, kept)
    _network(fourth, "4 · rewind: a ticket", np.where(kept, start, 0), colour=BLUE)
    for here, there, begin, end in (
        (first, second, (1.0, 0.5), (0.0, 0.5)),
        (second, third, (0.5, 0.02), (0.5, 1.18)),
        (third, fourth, (0.0, 0.5), (1.0, 0.5)),
        (fourth, second, (0.97, 0.97), (0.03, 0.03)),
    ):
        style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 18, "color": INK, "linewidth": 1.6}
        figure.add_artist(ConnectionPatch(begin, end, here.transAxes, there.transAxes, **style))
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    figure.text(0.5, 0.475, "again", ha="center", va="center", fontsize=13, color=INK, bbox=box, zorder=5)
    return figure


def _network(axes: Any, title: str, sizes: np.ndarray, kept: np.ndarray | None = None, colour: str = INK) -> None:
    """One frame: a line for each weight, as thick as its size; those not kept are dotted; none where the size is 0."""
    places = [[(column, y) for y in np.linspace(-1, 1, n + 2)[1:-1]] for column, n in enumerate(LAYERS)]
    ends = [(a, b) for left, right in pairwise(places) for a in left for b in right]
    for number, ((a, b), size) in enumerate(zip(ends, sizes, strict=True)):
        gone = kept is not None and not kept[number]
        look: dict[str, Any] = {"color": PURPLE, "linestyle": ":", "linewidth": 1.6} if gone else {"color": colour}
        if size:
            axes.plot(*zip(a, b, strict=True), **({"linewidth": size} | look), zorder=1)
    for point in (point for layer in places for point in layer):
        axes.plot(*point, "o", markersize=12, color="white", markeredgecolor=INK, zorder=2)
    axes.set_title(title, fontsize=12)
    axes.set(xlim=(-0.25, 2.25), ylim=(-0.85, 0.85))
    axes.set_axis_off()


def gaps(groups: Mapping[str, Sequence[tuple[float, float, float, float]]], margin: float) -> Picture:
    """Ticket − dense at each level, a panel for each group, with zero and the margin's line.

    Args:
        groups: name → levels, each (percent kept, low, mean, high), the last three in points.
        margin: how far below zero the line lies, in points.
    """
    told = "; ".join(f"{name}: {', '.join(map(_told, levels))}" for name, levels in groups.items())
    figure = Picture(
        "Ticket minus dense in points, against weights kept, with 95 % intervals; a dashed line at 0, a dotted line at "
        f"−{margin:g}. {told}.",
        6.4,
        2.6 * len(groups),
    )
    panels = figure.subplots(len(groups), sharex=True, sharey=True, squeeze=False).flat
    for axes, (name, levels) in zip(panels, groups.items(), strict=True):
        kept, low, mean, high = zip(*levels, strict=True)
        axes.vlines(kept, low, high, color=BLUE, linewidth=2.5)
        axes.plot(kept, mean, "o", color=BLUE, markersize=6)
        axes.axhline(0, color="black", linestyle="--", linewidth=1.2)
        axes.axhline(-margin, color=PURPLE, linestyle=":", linewidth=1.6)
        beside: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": 11}
        axes.text(1.02, -margin, f"−{margin:g}: margin", color=PURPLE, va="center", **beside)
        axes.text(1.02, 0, "dense", va="center", **beside)
        axes.set_xlim(0.9 * min(kept), 108)
        density_axis(axes)
        axes.label_outer()
        axes.set_title(name, fontsize=11, loc="left")
        axes.set_ylabel("ticket − dense (points)", fontsize=11)
    return figure


def _told(level: tuple[float, float, float, float]) -> str:
    kept, low, mean, high = level
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]".replace("-", "−") + f" at {kept:.1f} %"


# A notebook, its question, and the ways on which it lies: h(our), d(ay), t(heory), e(ngineer); in two weeks, all.
WAYS = ("one hour", "one day", "two weeks", "theory", "engineer")
LETTERS = "hd_te"
MAP = (
    ("00", "What is a ticket?", "hd"),
    ("01", "What exactly is claimed?", "hd"),
    ("02", "How is it found? Mask or start?", "hde"),
    ("03", "Is it stable, and does that matter?", "d"),
    ("03b", "Which explanation stands a test?", ""),
    ("04", "What does a linear model say?", "t"),
    ("05", "Why start a little later?", "hd"),
    ("06", "Does a random network hold it?", "t"),
    ("07", "Can we find it without training?", "hde"),
    ("08", "Can we skip training?", ""),
    ("09", "Is a preserved gradient a sign?", "t"),
    ("10", "Do fewer weights test better?", "t"),
    ("11", "How many levels does it take?", "t"),
    ("12", "Does it serve another task?", ""),
    ("13", "And in language models?", "e"),
    ("14", "Is there only one?", ""),
    ("15", "What goes wrong when you write it?", "e"),
    ("16", "What survived?", "hd"),
)
PICTURES = {"one hour": ("01", "02", "05", "07"), "one day": ("03",)}  # stops of which one looks at the pictures only
BEFORE = {"theory": ("00", "01", "02"), "engineer": ("00", "01")}  # needed before the way begins


def course_map() -> Picture:
    """All notebooks from top to bottom with their questions; beside them a track for each way through."""
    rows = {number: y for y, (number, _, _) in enumerate(MAP)}
    stops = {
        way: [number for number, _, on in MAP if letter in on or letter == "_"]
        for way, letter in zip(WAYS, LETTERS, strict=True)
    }
    told = "; ".join(_told_way(way, found) for way, found in stops.items())
    alt = f"Map of the course: {len(MAP)} notebooks from top to bottom, each with its question, and five ways through "
    figure = Picture(f"{alt}them, drawn as tracks with stops. {told[0].upper()}{told[1:]}.", 6.0, 6.2)
    axes = figure.add_subplot()
    for y, (number, question, _) in enumerate(MAP):
        if y % 2 == 0:
            axes.axhspan(y - 0.5, y + 0.5, color="0.95", zorder=0)
        axes.text(5.0, y, number, fontsize=11, weight="bold", va="center")
        axes.text(6.3, y, question, fontsize=11.5, va="center")
    for x, (way, found) in enumerate(stops.items()):
        look: dict[str, Any] = {"color": TRACKS[x], "zorder": 1}  # below the stops
        axes.plot([x, x], [rows[found[0]], rows[found[-1]]], linewidth=4, **look)
        before = [rows[number] for number in BEFORE.get(way, ())]
        axes.plot([x] * len(before), before, "o", markersize=5, **look)
        axes.plot([x, x], [0, rows[found[0]]], linewidth=1.6, linestyle=":", **look)
        for number in found:
            fill = "white" if number in PICTURES.get(way, ()) else TRACKS[x]
            axes.plot(x, rows[number], "o", markersize=10, markeredgewidth=2, color=TRACKS[x], markerfacecolor=fill)
        axes.text(x, -0.9, way, rotation=40, ha="left", va="bottom", rotation_mode="anchor", fontsize=11.5)
    axes.text(6.3, -1.4, "hollow: its pictures\nsmall: needed before", fontsize=11, color="0.35", va="center")
    axes.set(xlim=(-0.5, 14.2), ylim=(len(MAP) - 0.4, -3.4))
    axes.set_axis_off()
    return figure


def _told_way(way: str, stops: Sequence[str]) -> str:
    """A way in words: its stops, those of which one looks at the pictures only, and what is needed before."""
    seen = PICTURES.get(way, ())
    told = "all" if len(stops) == len(MAP) else ", ".join(f"{one} (pictures)" if one in seen else one for one in stops)
    return f"{way}: {told}" + (f", after {', '.join(BEFORE[way])}" if way in BEFORE else "")
