"""An explorer of section 6.3: what the training error alone promises of the test error of a pruned LeNet-300-100.

The promise is :func:`lth_teach.measures.bounds.certificate`: with probability 1 − δ, δ = 0.05, the test error is at
most the training error plus √(price / 2m). The price, in nats, is ln C(n, k) for the mask, k · bits · ln 2 for the kept
weights, 410 · bits · ln 2 for the biases and ln(1/δ). Numbers of weights and bits count as fixed before the data; who
tries several pays the logarithm of how many (``choices``), a few nats.
"""

from __future__ import annotations

from typing import Any

import traitlets

from ..lab.plots import Picture
from ..measures.bounds import Certificate, certificate
from .drawing import Drawn, number, script

WEIGHTS, BIASES = 266_200, 410  # of LeNet-300-100: 784 · 300 + 300 · 100 + 100 · 10, and 300 + 100 + 10
DELTA, GUESSING = 0.05, 0.9  # the error of guessing one of ten classes
PERCENTS = (100, 70, 50, 30, 20, 10, 7, 5, 3, 2, 1, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)  # of the weights kept
EXAMPLES = (1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 100_000, 200_000, 500_000, 1_000_000, 10_000_000)
ERRORS = (0, 0.1, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 90)  # percent
MOST_BITS = 32
PERCENT, BITS, MANY, ERROR = 2, 5, 60_000, 2  # where it starts
TOP = 1.5  # of the pictures; a bar beyond it is cut off


def kept(percent: float) -> int:
    """How many weights that is."""
    return round(WEIGHTS * percent / 100)


def promise(percent: float, bits: int, examples: int, error: float) -> Certificate:
    """The certificate of a network with ``error`` percent of ``examples`` wrong.

    Raises:
        ValueError: a value that certificate refuses.
    """
    errors = round(examples * error / 100)
    return certificate(errors, examples, WEIGHTS, kept(percent), bits, BIASES, DELTA)


def parts(found: Certificate) -> dict[str, float]:
    """The bound in parts, from the bottom: the gap is divided as its price is."""
    prices = {"mask": found.masks, "weights": found.values, "biases": found.biases, "certainty": found.confidence}
    return {"training error": found.train_error} | {
        name: found.gap * price / found.nats for name, price in prices.items()
    }


def reading(percent: float, bits: int, examples: int, error: float) -> str:
    """The bound, what it is made of, and whether it says anything, in words."""
    found = promise(percent, bits, examples, error)
    if found.bound > 1:
        verdict = "No error is above 100 %, so this says nothing (vacuous)."
    elif found.bound >= GUESSING:
        verdict = "Guessing among ten classes errs in 90 %, so this says no more."
    else:
        verdict = "Guessing among ten classes errs in 90 %, so this says something."
    return (
        f"{percent:g} % of {WEIGHTS:,} weights ({kept(percent):,}) at {bits} bit{'' if bits == 1 else 's'} each, "
        f"{examples:,} training examples. Training error {number(100 * found.train_error)} % and a gap of "
        f"{number(100 * found.gap)} points: with a probability of 95 %, the test error is at most "
        f"{number(100 * found.bound)} %. {verdict}"
    )


def summary() -> dict[str, Any]:
    """What the script cannot compute or should not repeat, ready for JSON: prices in nats, and the sliders' values."""
    prices = [{"percent": one, "kept": kept(one), "masks": promise(one, 1, 1, 0).masks} for one in PERCENTS]
    confidence = promise(100, 1, 1, 0).confidence
    return {
        "weights": WEIGHTS,
        "biases": BIASES,
        "confidence": confidence,
        "kept": prices,
        "bits": MOST_BITS,
        "examples": list(EXAMPLES),
        "errors": list(ERRORS),
    }


def picture(percent: float = PERCENT, bits: int = BITS, examples: int = MANY, error: float = ERROR) -> Picture:
    """The still picture: left, the bound as a stacked bar; right, the bound against the weights kept."""
    where = bits, examples, error
    figure = Picture(
        "Two panels, in percent, with dashed lines at 100 (above, the bound says nothing) and 90 (guessing). Left: one "
        "bar, from the bottom the training error and the parts of the gap that pay for the mask, the weights, the "
        "biases and the certainty. Right: the bound against the percent of weights kept, on a log axis, with the same "
        f"bits, examples and training error, and a dot at the chosen one. {reading(percent, *where)}",
        width=9.0,
    )
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1.4))
    bottom, hatches = 0.0, ("", "", "//", "..", "")
    colours = ("black", "#0072B2", "#56B4E9", "#E69F00", "#CC79A7")
    for (name, height), colour, hatch in zip(parts(promise(percent, *where)).items(), colours, hatches, strict=True):
        words = f"{name}: {number(100 * height)}"
        left.bar(0, 100 * height, 0.6, bottom=bottom, color=colour, hatch=hatch, edgecolor="white", label=words)
        bottom += 100 * height
    handles, names = left.get_legend_handles_labels()
    left.legend(handles[::-1], names[::-1], frameon=False, fontsize=9, loc="lower right")
    left.set_xlim(-0.4, 1.6)
    left.set_xticks([])
    left.set_ylim(0, 100 * TOP)
    left.set_ylabel("error (%)")
    left.set_title(f"the bound: {number(bottom)} %", fontsize=10)
    bounds = [100 * promise(one, *where).bound for one in PERCENTS]
    right.plot(PERCENTS, bounds, color="black", linewidth=1.8)
    right.plot(percent, bottom, "o", color="#0072B2", markersize=8)
    right.set(xscale="log", xlabel="weights kept (%)")
    right.set_xticks([100, 10, 1, 0.1, 0.01], ["100", "10", "1", "0.1", "0.01"])
    right.invert_xaxis()
    right.set_title(f"{bits} bits, {examples:,} examples, {error:g} % training error", fontsize=10)
    for axes in (left, right):
        axes.axhline(100, color="black", linestyle="--", linewidth=1)
        axes.axhline(100 * GUESSING, color="black", linestyle=":", linewidth=1)
    for words, height, shift in (("above: says nothing", 100, 4), ("guessing", 100 * GUESSING, -12)):
        right.annotate(words, (0.01, height), (0, shift), textcoords="offset points", ha="right", fontsize=9)
    return figure


class CertificateExplorer(Drawn):
    """Sliders for weights kept, bits, examples and training error, over two panels."""

    name = "certificate"
    _esm = script(name)
    state = traitlets.Dict().tag(sync=True)
    percent = traitlets.Enum(PERCENTS, PERCENT).tag(sync=True)
    bits = traitlets.Int(BITS, min=1, max=MOST_BITS).tag(sync=True)
    examples = traitlets.Enum(EXAMPLES, MANY).tag(sync=True)
    error = traitlets.Enum(ERRORS, ERROR).tag(sync=True)

    def still(self) -> tuple[Picture, str]:
        where = self.percent, self.bits, self.examples, self.error
        return picture(*where), reading(*where)


def explorer() -> CertificateExplorer:
    """The explorer, at 2 % of the weights, 5 bits, the 60,000 examples of MNIST and 2 % training error."""
    return CertificateExplorer(state=summary())


def html() -> str:
    """The same as a piece of a page; see :meth:`.drawing.Drawn.page`."""
    return explorer().page()
