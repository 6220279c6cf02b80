"""How much two masks would overlap by chance: exact, from the hypergeometric distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..masks import Masks, check_same_layers

SCOPES = ("global", "layer", "input")


@dataclass(frozen=True)
class ChanceOverlap:
    """Intersection over union of two independent random masks: its mean, and the bounds that 95 % of them keep to."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} (95 % of random masks: {self.low:.3f} to {self.high:.3f})"


def groups(first: Masks, second: Masks, scope: str = "layer", split: Masks | None = None) -> list[tuple[int, int, int]]:
    """(weights, kept by the first mask, kept by the second) of each group inside which places are drawn at random.

    Args:
        scope: "global" is one group of all weights; "layer" one for each layer; "input" one for each column of each
            layer, that is for all the weights that leave one input or one hidden unit.
        split: a third mask, for scope "layer": the weights that it keeps are one group, the others another.

    Raises:
        ValueError: another scope, masks of different layers, or a split with another scope than "layer".
    """
    if scope not in SCOPES:
        raise ValueError(f"scope must be one of {', '.join(SCOPES)}, got {scope!r}")
    check_same_layers(first, second)
    check_same_layers(second, first)
    if split is not None:
        if scope != "layer":
            raise ValueError(f"split divides each layer in two, so scope must be 'layer', got {scope!r}")
        check_same_layers(first, split)
    counted: list[tuple[int, int, int]] = []
    for name, mask in first.items():
        if scope == "input":
            kept = zip(mask.sum(0).flatten().tolist(), second[name].sum(0).flatten().tolist(), strict=True)
            counted += [(len(mask), a, b) for a, b in kept]
        elif split is not None:
            for part in (split[name], ~split[name]):
                counted.append((int(part.sum()), int((mask & part).sum()), int((second[name] & part).sum())))
        else:
            counted.append((mask.numel(), int(mask.sum()), int(second[name].sum())))
    if scope == "global":
        weights, kept_first, kept_second = (sum(column) for column in zip(*counted, strict=True))
        return [(weights, kept_first, kept_second)]
    return counted


def shared_weights(first: Masks, second: Masks, scope: str = "layer", split: Masks | None = None) -> np.ndarray:
    """Probability of 0, 1, 2, … weights kept by both, if each mask were drawn at random with its counts in each group.

    Inside a group of n weights the number kept by both is hypergeometric: b draws from n of which a are marked. Groups
    are independent, so their distributions are convolved.
    """
    from scipy.stats import hypergeom

    probabilities = np.ones(1)
    for n, a, b in groups(first, second, scope, split):
        if a and b:
            probabilities = np.convolve(probabilities, hypergeom.pmf(np.arange(min(a, b) + 1), n, a, b))
    return probabilities / probabilities.sum()


def overlap_by_chance(first: Masks, second: Masks, scope: str = "layer", split: Masks | None = None) -> ChanceOverlap:
    """The overlap (:func:`lth_teach.masks.overlap`) of random masks with the counts of these two, group by group.

    Args:
        scope, split: what is a group, see :func:`groups`.

    Raises:
        ValueError: another scope, masks of different layers, or two masks that keep nothing.
    """
    probabilities = shared_weights(first, second, scope, split)
    kept = sum(a + b for _, a, b in groups(first, second, scope))
    if not kept:
        raise ValueError("neither mask keeps a weight, so there is no overlap to speak of")
    shared = np.arange(len(probabilities))
    overlaps = shared / (kept - shared)
    below = probabilities.cumsum()
    low, high = (float(overlaps[np.searchsorted(below, level)]) for level in (0.025, 0.975))
    return ChanceOverlap(float(probabilities @ overlaps), low, high)
