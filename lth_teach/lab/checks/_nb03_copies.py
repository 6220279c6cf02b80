"""Judges notebook 03's ``stability_test`` by what it trained, where it looked, and what it returned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import Wrong, call, describe, prints_below
from ._nb03_watch import Case, Vector, Watch, network, weights_of

POINTS, LIMIT = 11, 0.02


def judge(attempt: Any, case: Case) -> None:
    """Let the attempt test a network, and judge what it trained, where it looked, and what it returned.

    Raises:
        Wrong: with the first thing that went wrong.
    """
    model, watch = network(), Watch(case)
    begun = weights_of(model)
    shown = f"  input     {case.shown} (k = {case.k:g})\n  expected  (stable, errors)\n"
    with prints_below() as printed:
        found = call(attempt, [model, watch.train, case.k, watch.refresh, watch.error], shown, printed)
        _Judge(case, watch, begun).check(found)


@dataclass(frozen=True)
class _Judge:
    case: Case
    watch: Watch
    begun: Vector

    def check(self, found: Any) -> None:
        self.check_copies()
        self.check_line()
        self.check_statistics()
        self.check_result(found)

    def fail(self, expected: str, found: str, why: str = "") -> Wrong:
        head = f"  input     {self.case.shown} (k = {self.case.k:g})\n"
        return Wrong(f"{head}  expected  {expected}\n  found     {found}" + (f"\nLikely: {why}" if why else ""))

    def check_copies(self) -> None:
        """Two trainings that begin at k, from the same weights, in two orders, and end at 1."""
        k, ends = self.case.k, self.watch.ends
        calls = "; ".join(f"order {t.order}, {t.start:g} to {t.stop:g}" for t in self.watch.trainings) or "no training"
        want = f"a training from 0 to {k:g}, then two copies, each from {k:g} to 1"
        if len(ends) != 2:
            raise self.fail(want, calls, "train two copies, and each of them to the end (1).")
        first, second = ends
        if first.start != k or second.start != k:
            why = (
                "a copy has trained the first part already; let it go on at k."
                if not torch.equal(first.before, self.begun)
                else "the two never trained together: each took the first part in an order of its own."
            )
            raise self.fail(want, calls, why)
        if k and torch.equal(first.before, self.begun):
            raise self.fail(
                want, calls, "the first part of the training is missing: these are copies of θ₀, not of θ_k."
            )
        if torch.equal(second.before, first.after):
            why = "the second copy went on where the first had ended: they share weights. copy.deepcopy parts them."
            raise self.fail("two copies that begin with the same weights", "other weights in the second", why)
        if not torch.equal(first.before, second.before):
            raise self.fail(
                "two copies that begin with the same weights", "other weights in the second",
                "they parted before k: train the first part once, and copy the network then.",
            )  # fmt: skip
        if first.order == second.order:
            why = "the same order for both. Then they are the same network, and the barrier is 0 whatever k is."
            raise self.fail("two copies with orders of their own", calls, why)

    def check_line(self) -> None:
        """Eleven readings, one at each of eleven even steps between the two copies, in whatever order."""
        places = [weights for weights, _, _ in self.watch.readings]
        if len(places) != POINTS:
            raise self.fail(f"{POINTS} calls of error, one at each point of the line", f"{len(places)} calls")
        for step in range(POINTS):
            if self.read_at(step) is None:
                if all(torch.allclose(places[0], other, atol=1e-5) for other in places):
                    why = (
                        "all points are the same network. Were the ends copied? state_dict() hands out live tensors; "
                        "parameters_to_vector copies them."
                    )
                elif step in (0, POINTS - 1):
                    why = "the line should begin at one copy and end at the other."
                else:
                    why = (
                        "mix the weights: (1 − α) of the one copy and α of the other, α from 0 to 1 in ten even steps."
                    )
                raise self.fail(f"a reading at α = {step / (POINTS - 1):g}", "none with these weights", why)

    def read_at(self, step: int) -> tuple[Vector, Vector, Vector] | None:
        """The reading at a step from the first copy to the second, if there is one."""
        first, second = (training.after for training in self.watch.ends)
        wanted = torch.lerp(first, second, step / (POINTS - 1))
        return next((one for one in self.watch.readings if torch.allclose(one[0], wanted, atol=1e-5)), None)

    def check_statistics(self) -> None:
        """At each reading BatchNorm's statistics are those of the weights that are read."""
        readings, (first, second) = self.watch.readings, self.watch.ends
        stale = [
            step for step, (_, stored, fresh) in enumerate(readings) if not torch.allclose(stored, fresh, atol=1e-5)
        ]
        if not stale:
            return
        middle, read = (first.statistics + second.statistics) / 2, self.read_at(POINTS // 2)
        if read is not None and torch.allclose(read[1], middle, atol=1e-5):
            why = "BatchNorm's statistics were mixed like weights. Measure them anew: call refresh at every point."
        elif len(stale) >= POINTS - 2:
            why = "BatchNorm's statistics are left over from other weights. Call refresh at every point, before error."
        else:
            why = "refresh must come at every point, after the weights are set and before error is called."
        raise self.fail("statistics measured anew at each point", f"old ones at {len(stale)} of {POINTS} points", why)

    def check_result(self, found: Any) -> None:
        """(stable, errors), errors as read, stable by their barrier."""
        errors = [self.case.error(step / (POINTS - 1)) for step in range(POINTS)]
        if found is None:
            raise self.fail("(stable, errors)", "None", "does your function return its result?")
        if not (isinstance(found, (tuple, list)) and len(found) == 2):
            raise self.fail("(stable, errors)", describe(found))
        stable, listed = found
        try:
            values = [float(value) for value in listed]
        except (TypeError, ValueError):
            why = "the two are swapped." if isinstance(stable, (list, tuple, np.ndarray)) else ""
            raise self.fail("errors as a list of numbers", describe(listed), why) from None
        if not any(_near(values, way) for way in (errors, errors[::-1])):
            why = "these are percent; error returns fractions." if _near([v / 100 for v in values], errors) else ""
            raise self.fail(f"errors {_short(errors)}", _short(values), why)
        barrier = max(errors) - (errors[0] + errors[-1]) / 2
        right = barrier < LIMIT
        if isinstance(stable, Tensor) and stable.numel() == 1:
            stable = bool(stable)
        if type(stable).__name__ not in ("bool", "bool_"):
            raise self.fail(f"stable {right}", describe(stable), "say True or False: is the barrier below 0.02?")
        if bool(stable) != right:
            raise self.fail(
                f"stable {right}, for a barrier of {barrier:.4f}", f"stable {bool(stable)}", self.why(errors)
            )

    def why(self, errors: list[float]) -> str:
        """The likely rule behind a wrong word."""
        if max(errors) - (errors[0] + errors[-1]) / 2 < LIMIT:
            return "was the mean of the two ends subtracted? The highest error itself is no barrier."
        if max(errors) - max(errors[0], errors[-1]) < LIMIT:
            return (
                "you compared with the worse end, as the document does. The barrier counts from the mean of the ends."
            )
        return "stable is a barrier *below* 0.02, and 0.02 is two points: errors are fractions."


def _near(found: Any, wanted: list[float]) -> bool:
    return len(found) == len(wanted) and all(abs(a - b) < 1e-4 for a, b in zip(found, wanted, strict=True))


def _short(values: Any) -> str:
    return "[" + ", ".join(f"{float(value):.3f}" for value in values) + "]"
