"""Pictures of chapter 10: certificates of quantised tickets against their size, and what one is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...experiments.generalisation import certified
from ...measures.bounds import Certificate
from ..plots import SPARE_STYLES, Picture

if TYPE_CHECKING:
    import pandas as pd

LOOKS = ((SPARE_STYLES[5]), (SPARE_STYLES[3]), (SPARE_STYLES[0]))  # of the numbers of bits
PARTS = ("masks", "values", "biases", "choices", "confidence")
COLOURS = {"masks": SPARE_STYLES[0][0], "values": SPARE_STYLES[2][0], "biases": SPARE_STYLES[4][0]}


def by_size(rows: pd.DataFrame, bits: Sequence[int] = (1, 2, 4), tested: int = 4) -> Picture:
    """Certified and measured test error of quantised tickets against the weights kept; a dot a seed.

    Args:
        rows: of the study "certificate": seed, kept, density, bits, errors, accuracy.
        bits: which certificates to draw, three at most.
        tested: the bits of the networks whose training and test error stand below.
    """
    figure = Picture("", 6.6, 5.0)
    axes = figure.add_subplot()
    told = []
    stored = rows[rows["bits"].notna()]
    for many, (colour, marker) in zip(bits, LOOKS, strict=False):
        part = stored[stored["bits"] == many]
        bound = part.apply(certified_bound, axis=1)
        label = f"certified, {many} bit{'s' if many > 1 else ''} a value"
        _dots(axes, part, bound, label, color=colour, marker=marker)
        mean = bound.groupby(part["level"]).mean()
        kept = part.groupby("level")["density"].mean()
        least = int(mean.argmin())
        told.append(
            f"{label}: {mean.iloc[0]:.2f} at {100 * kept.iloc[0]:.1f} % kept, least {mean.iloc[least]:.2f} at "
            f"{100 * kept.iloc[least]:.1f} %"
        )
    part = stored[stored["bits"] == tested]
    for column, name, colour, marker in (
        ("accuracy", "test error", "black", "o"),
        ("train_accuracy", "training error", "0.55", "s"),
    ):
        _dots(axes, part, 1 - part[column], f"{name}, {tested} bits", color=colour, marker=marker)
        error = (1 - part[column]).groupby(part["level"]).mean()
        told.append(f"{name} ({tested} bits) from {error.iloc[0]:.3f} to {error.iloc[-1]:.3f}")
    for height, words in ((1.0, "vacuous above"), (0.9, "guessing")):
        axes.axhline(height, color="0.6", linestyle=":", linewidth=1.2, zorder=0)
        axes.text(0.105, height + 0.01, words, ha="right", fontsize=10, color="0.4")
    axes.set(xscale="log", xlim=(9, 0.1), ylim=(0, 1.12))
    axes.set_xticks([8, 4, 2, 1, 0.5, 0.25, 0.125], ["8", "4", "2", "1", "0.5", "0.25", "0.125"])
    axes.minorticks_off()
    axes.set_xlabel("weights kept (%)", fontsize=11)
    axes.set_ylabel("error on new images", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=11)
    number = rows["seed"].nunique()
    figure.suptitle(f"LeNet-300-100, 60,000 images: promised and found, {number} seeds", fontsize=11)
    figure.alt = f"Errors against percent of weights kept, a dot a seed ({number}). " + "; ".join(told) + "."
    return figure


def certified_bound(row: Any) -> float:
    """The bound of a stored row."""
    return certified(row).bound


def _dots(axes: Any, part: pd.DataFrame, values: pd.Series, label: str, **look: Any) -> None:
    """A dot a seed, and a line through the means of the levels."""
    levels = part["level"]
    kept = 100 * part["density"]
    axes.plot(kept, values, linestyle="none", markersize=4, alpha=0.6, **look)
    axes.plot(kept.groupby(levels).mean(), values.groupby(levels).mean(), linewidth=1.6, label=label, **look)


def made_of(certificates: dict[str, Certificate]) -> Picture:
    """What each certificate is made of, as bars: its training error, and the gap, shared out by the nats of its parts.

    The gap is a root, so its parts are drawn in proportion to their nats.
    """
    figure = Picture("", 6.6, 1.5 + 0.5 * len(certificates))
    axes = figure.add_subplot()
    told = []
    for row, (name, found) in enumerate(certificates.items()):
        nats = {part: getattr(found, part) for part in PARTS}
        axes.barh(row, found.train_error, color="0.55", label="training error" if row == 0 else None)
        left = found.train_error
        rest = nats["choices"] + nats["confidence"]
        for part, many in {"masks": nats["masks"], "values": nats["values"], "biases": nats["biases"]}.items():
            wide = found.gap * many / found.nats
            axes.barh(row, wide, left=left, color=COLOURS[part], label=part if row == 0 else None)
            left += wide
        axes.text(found.bound + 0.01, row, f"{found.bound:.2f}", va="center", fontsize=11)
        told.append(
            f"{name}: training error {found.train_error:.3f}, gap {found.gap:.3f}, certified {found.bound:.3f} "
            f"(masks {nats['masks']:,.0f}, values {nats['values']:,.0f}, biases {nats['biases']:,.0f}, all else "
            f"{rest:.0f} nats)"
        )
    axes.set_yticks(range(len(certificates)), list(certificates), fontsize=11)
    axes.invert_yaxis()
    axes.axvline(1, color="0.6", linestyle=":", linewidth=1.2)
    axes.set_xlabel("certified test error", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=11)
    figure.alt = "Bars of certified test errors and their parts. " + "; ".join(told) + "."
    return figure
