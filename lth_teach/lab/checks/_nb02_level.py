"""What notebook 02's ``one_level`` is asked and should answer, and the picture of its mask beside the right one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from . import Wrong, call, describe, prints_below
from ._nb02_cuts import next_mask

if TYPE_CHECKING:
    from ..plots import Picture

Level = tuple[Tensor, Tensor, Tensor, float]  # start, trained, mask, rate

WEIGHT_MISTAKES: list[tuple[str, Callable[..., Tensor]]] = [
    (
        "these are the trained values: you did not rewind. The ticket is the mask on the *starting* values.",
        lambda start, trained, mask, rate: trained * next_mask(start, trained, mask, rate),
    ),
    ("you rewound, but pruned weights are not zero. They get no value back.", lambda start, *_: start),
    ("these are the trained values, and pruned weights are not zero.", lambda _, trained, *__: trained),
    ("you zeroed by the old mask; this level's cut is missing.", lambda start, _, mask, __: start * mask),
    (
        "that is what goes; kept weights are those where the new mask is True.",
        lambda start, trained, mask, rate: start * ~next_mask(start, trained, mask, rate),
    ),
]


def our_level(start: Tensor, trained: Tensor, mask: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    """The right answer: (new_mask, weights)."""
    new_mask = next_mask(start, trained, mask, rate)
    return new_mask, torch.where(new_mask, start, 0.0)


def level_cases() -> list[Level]:
    """Six weights of the page; pruned ones that are zero; some that are not; nothing to remove; ties; a large layer."""
    start = torch.tensor([[0.8, -0.1, 0.3], [-0.6, 0.05, 0.4]])
    trained = torch.tensor([[0.9, -0.7, 0.1], [-0.5, 0.6, 0.2]])
    generator = torch.Generator().manual_seed(0)
    begun, moved, ties, weights, later = (
        torch.randn(size, generator=generator) for size in ((3, 4), (3, 4), (6, 7), (8, 12), (8, 12))
    )
    some, few = torch.arange(12).view(3, 4) % 3 != 1, torch.rand(8, 12, generator=generator) < 0.6
    return [
        (start, trained, torch.ones(2, 3, dtype=torch.bool), 1 / 3),
        (begun, moved * some, some, 0.3),
        (begun, moved, some, 0.3),
        (begun, moved, some, 0.05),
        (ties, (2 * ties).round(), ties < 1, 0.27),
        (weights, weights + 0.5 * later, few, 0.2),
    ]


def mask_and_weights(attempt: Any, arguments: Level) -> tuple[Tensor, Tensor]:
    """What the attempt returns, if it is two tensors."""
    case = f"  input     {in_words(arguments)}\n  expected  (new_mask, weights), two tensors\n"
    with prints_below() as printed:
        found = call(attempt, copy.deepcopy(arguments), case, printed)
        if found is None:
            raise Wrong(f"{case}  found     None\nDoes your function return its result?")
        if not (isinstance(found, (tuple, list)) and len(found) == 2 and all(isinstance(t, Tensor) for t in found)):
            raise Wrong(f"{case}  found     {describe(found)}")
        if found[1].dtype == torch.bool and found[0].dtype != torch.bool:
            raise Wrong(f"{case}  found     (weights, new_mask)\nLikely: the two are swapped; the mask comes first.")
    return found[0], found[1]


def in_words(arguments: Level) -> str:
    """The input for a message, in full where it is short."""
    start, trained, mask, rate = arguments
    if mask.numel() > 12:
        return f"{mask.numel()} weights of which {int(mask.sum())} are kept, rate {rate:g}"
    begun, moved = (values.double().round(decimals=6).tolist() for values in (start, trained))
    return f"start {begun}, trained {moved}, mask {mask.tolist()}, rate {rate:g}"


def two_masks(attempt: Any) -> Picture | None:
    """The attempt's mask beside the right one: the first that differs, else that of the largest layer."""
    from ..plots import images

    for arguments in level_cases():
        found, right = mask_and_weights(attempt, arguments)[0].detach().cpu().bool(), next_mask(*arguments)
        if found.shape != right.shape:
            return None
        if not torch.equal(found, right):
            break
    rows, columns = right.shape
    differ = found ^ right
    alt = (
        f"Masks of {rows} × {columns} weights: yours keeps {int(found.sum())}, the right one {int(right.sum())}; "
        f"{int(differ.sum())} of {right.numel()} entries differ."
    )
    panels = {"before": arguments[2], "yours": found, "right": right, "where they differ": differ}
    return images(panels, title="one_level", alt=alt, label="1 = kept (or differs)")
