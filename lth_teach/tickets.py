"""Finding a winning ticket: iterative magnitude pruning with rewinding, one level at a time."""

from __future__ import annotations

import hashlib
import inspect
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from . import masks as masks_module
from . import scores, storage
from .arms import (
    Level,
    State,
    Ticket,
    TrainFunction,
    copy_state,
    random_mask,
    reinitialised,
    run_train_fn,
    train_ticket,
    with_prefix,
)
from .masks import Masks, Prunable
from .models import seeded
from .theory import imp_schedule, kept_at_target, open_unit

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Level", "LotteryTicketFinder", "Ticket", "compare_lottery_vs_random", "train_ticket"]


class LotteryTicketFinder:
    """Find winning tickets by iterative magnitude pruning (Frankle & Carbin 2019, arXiv 1803.03635).

    Args:
        model: the network at its initialisation; its state is saved here and now.
        prune_rate: fraction of the surviving weights that one level removes, in (0, 1).
        target_sparsity: stop at the first level with at least this fraction removed, in (0, 1).
        late_reset_iter: k, the training step to rewind to (Frankle et al. 2019, arXiv 1903.01611); 0 = the start.
        scope: how weights are ranked, see :func:`lth_teach.masks.prune`.
        prunable: what may be pruned, see :func:`lth_teach.masks.prunable_parameters`.
        store: a folder. Each finished level is kept there, and a finder with the same settings resumes from it.

    Raises:
        ValueError: a value outside its range, nothing prunable, or so few weights that pruning would stall.
    """

    def __init__(
        self,
        model: nn.Module,
        prune_rate: float = 0.2,
        target_sparsity: float = 0.9,
        late_reset_iter: int = 0,
        *,
        scope: str = "global",
        prunable: Prunable = None,
        store: str | Path | None = None,
    ) -> None:
        open_unit("prune_rate", prune_rate)
        open_unit("target_sparsity", target_sparsity)
        if scope not in masks_module.SCOPES:
            raise ValueError(f"scope must be one of {', '.join(masks_module.SCOPES)}, got {scope!r}")
        if isinstance(late_reset_iter, bool) or not isinstance(late_reset_iter, int) or late_reset_iter < 0:
            raise ValueError(f"late_reset_iter must be a whole number of steps, 0 or more, got {late_reset_iter!r}")
        self.model = model
        self.prune_rate, self.target_sparsity, self.late_reset_iter = (
            prune_rate,
            target_sparsity,
            late_reset_iter,
        )
        self.scope = scope
        self.store = None if store is None else Path(store)
        self._names = list(masks_module.prunable_parameters(model, prunable))
        self.save_initial_weights()
        self.initialize_masks()
        if scope == "global":
            imp_schedule(masks_module.total(self._masks), prune_rate, target_sparsity)  # refuses one that stalls

    @property
    def masks(self) -> Masks:
        """A copy of the current masks."""
        return {name: mask.clone() for name, mask in self._masks.items()}

    @property
    def initial_state(self) -> State:
        """A copy of the state to rewind to: θ_0, or θ_k once the late reset has reached step k."""
        return copy_state(self._rewind_state)

    def save_initial_weights(self) -> None:
        """Take the model's present state, buffers included, as θ_0. The constructor has done it once already."""
        self._theta_0 = copy_state(self.model.state_dict())
        self._rewind_state = self._theta_0

    def initialize_masks(self) -> None:
        """Keep every weight again, and let the model train dense."""
        masks_module.release(self.model)
        everything = masks_module.dense(self.model, self._names)
        self._masks = {name: mask.cpu() for name, mask in everything.items()}

    def apply_masks(self) -> None:
        """Zero the pruned weights and hold them there, whatever trains the model next."""
        masks_module.enforce(self.model, self._masks)

    def reset_to_initial(self) -> None:
        """Rewind everything a state_dict holds to the saved state, and apply the masks."""
        self.model.load_state_dict(self._rewind_state)
        self.apply_masks()

    def compute_current_sparsity(self) -> float:
        """Fraction of prunable weights removed so far, in [0, 1)."""
        return 1 - masks_module.density(self._masks)

    def prune_iteration(self) -> None:
        """Remove exactly round(prune_rate × survivors) of the weights: those now smallest in magnitude.

        Raises:
            ValueError: a layer would lose its last weight, or rounding would remove nothing at all.
        """
        magnitudes = {name: score.cpu() for name, score in scores.magnitude(self.model, self._names).items()}
        pruned = masks_module.prune(magnitudes, self._masks, self.prune_rate, self.scope)
        if masks_module.count(pruned) == masks_module.count(self._masks):
            raise ValueError(
                f"{self.prune_rate} of {masks_module.count(pruned)} weights rounds to none; raise prune_rate"
            )
        self._masks = pruned
        self.apply_masks()

    def levels(self, train_fn: TrainFunction, num_iterations: int | None = None) -> Iterator[Level]:
        """Train, prune, rewind, repeat; yields each level as soon as it is trained, level 0 (dense) first.

        While a level is in your hands the model holds its trained weights; pruning happens when you ask for the next.

        Args:
            train_fn: ``train_fn(model, *, start_iter=0, max_iter=None) -> accuracy``; see :class:`Trainer`. One that
                takes only the model will do while late_reset_iter is 0.
            num_iterations: number of prunings; ``None`` = as many as the target needs.

        Raises:
            TypeError: train_fn cannot start or stop at a step, and late_reset_iter needs it.
            ValueError: late_reset_iter is not below the steps of train_fn, train_fn returned something that is not a
                finite number, or the store holds levels made with other settings.
        """
        self._check_train_fn(train_fn)
        if num_iterations is not None and num_iterations < 0:
            raise ValueError(f"num_iterations must be 0 or more, got {num_iterations}")
        self._rewind_state = self._theta_0
        self.initialize_masks()
        return self._levels(train_fn, num_iterations)

    def _levels(self, train_fn: TrainFunction, num_iterations: int | None) -> Iterator[Level]:
        goal = kept_at_target(masks_module.total(self._masks), self.target_sparsity)
        index = 0
        while True:
            yield self._stored_level(index, train_fn) or self._trained_level(index, train_fn)
            finished = masks_module.count(self._masks) <= goal if num_iterations is None else index == num_iterations
            if finished:
                return
            self.prune_iteration()
            index += 1

    def find_ticket(self, train_fn: TrainFunction, num_iterations: int | None = None) -> Ticket:
        """Drain :meth:`levels` under a progress bar; leaves the model at the ticket's start, masks enforced."""
        from tqdm.auto import tqdm

        levels = tuple(tqdm(self.levels(train_fn, num_iterations), "levels", leave=False))
        self.reset_to_initial()
        return Ticket(self.masks, self.initial_state, levels, self.late_reset_iter)

    def verify_ticket(self, train_fn: TrainFunction) -> float:
        """Rewind, train the current mask once more from step k, and return what train_fn returned."""
        self._check_train_fn(train_fn)
        self.reset_to_initial()
        result = run_train_fn(train_fn, self.model, "the ticket", start_iter=self.late_reset_iter)
        self.apply_masks()
        return result

    def _trained_level(self, index: int, train_fn: TrainFunction) -> Level:
        started = time.perf_counter()
        self.reset_to_initial()
        if index == 0 and self.late_reset_iter:
            run_train_fn(train_fn, self.model, f"the first {self.late_reset_iter} steps", max_iter=self.late_reset_iter)
            self._rewind_state = copy_state(self.model.state_dict())
        result = run_train_fn(train_fn, self.model, f"level {index}", start_iter=self.late_reset_iter)
        self.apply_masks()
        kept, density = masks_module.count(self._masks), masks_module.density(self._masks)
        best = getattr(result, "best_step", None), getattr(result, "best_accuracy", None)
        level = Level(index, density, 1 - density, kept, float(result), *best, time.perf_counter() - started)
        if self.store is not None:
            tensors = {f"weights/{name}": tensor for name, tensor in self.model.state_dict().items()}
            tensors |= {f"rewind/{name}": tensor for name, tensor in self._rewind_state.items()}
            details = {"level": asdict(level), "settings": self._settings(train_fn)}
            storage.save_tensors(self._level_path(index), tensors, details)
        return level

    def _stored_level(self, index: int, train_fn: TrainFunction) -> Level | None:
        if self.store is None or not self._level_path(index).is_file():
            return None
        tensors, details = storage.load_tensors(self._level_path(index))
        for name, here in self._settings(train_fn).items():
            if (there := details["settings"].get(name)) != here:
                raise ValueError(
                    f"the levels in {self.store} were made with {name} {there}, not {here}; use another store"
                )
        self._rewind_state = with_prefix(tensors, "rewind/")
        self.model.load_state_dict(with_prefix(tensors, "weights/"))
        self.apply_masks()
        return Level(**details["level"])

    def _level_path(self, index: int) -> Path:
        assert self.store is not None
        return self.store / f"level_{index:02d}.safetensors"

    def _settings(self, train_fn: TrainFunction) -> dict[str, Any]:
        digest = hashlib.sha256()
        for name, tensor in self._theta_0.items():
            digest.update(name.encode() + tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes())
        trainer = (
            repr(train_fn) if is_dataclass(train_fn) else getattr(train_fn, "__qualname__", type(train_fn).__name__)
        )
        return {
            "prune_rate": str(self.prune_rate),
            "late_reset_iter": self.late_reset_iter,
            "scope": self.scope,
            "prunable": self._names,
            "train_fn": trainer,
            "initial weights (sha256)": digest.hexdigest(),
        }

    def _check_train_fn(self, train_fn: TrainFunction) -> None:
        if not callable(train_fn):
            raise TypeError(f"train_fn must be a function of the model, got {train_fn!r}")
        k, steps = self.late_reset_iter, getattr(train_fn, "iterations", math.inf)
        if k >= steps:
            raise ValueError(f"late_reset_iter must be below the {steps} iterations of training, got {k}")
        accepted = inspect.signature(train_fn).parameters.values()
        if k and not any(p.kind is p.VAR_KEYWORD for p in accepted):
            missing = {"start_iter", "max_iter"} - {p.name for p in accepted}
            if missing:
                raise TypeError(f"late_reset_iter={k} needs a train_fn that takes {' and '.join(sorted(missing))}")


def compare_lottery_vs_random(
    model_fn: Callable[[], nn.Module],
    train_fn: TrainFunction,
    sparsity: float = 0.9,
    num_trials: int = 5,
    *,
    prune_rate: float = 0.2,
    late_reset_iter: int = 0,
    base_seed: int = 0,
) -> pd.DataFrame:
    """Find a ticket in each trial and train it beside two controls of the same density in every layer.

    Args:
        model_fn: makes a new model; trial t draws its random numbers from seed base_seed + t.
        train_fn: as for :meth:`LotteryTicketFinder.levels`.
        sparsity: target sparsity of the tickets, in (0, 1).
        num_trials: number of trials, at least 1.

    Returns:
        A table with columns trial, arm and accuracy. Arms: "ticket"; "reinit", the same mask on other initial
        weights; "random", a random mask on the same initial weights.

    Raises:
        ValueError: num_trials below 1, or what :class:`LotteryTicketFinder` refuses.
    """
    import pandas as pd

    if num_trials < 1:
        raise ValueError(f"num_trials must be at least 1, got {num_trials}")
    rows = []
    for trial in range(num_trials):
        with seeded(base_seed + trial):  # covers a train_fn that draws from PyTorch's own generator, too
            model, fresh = model_fn(), model_fn()
            ticket = LotteryTicketFinder(model, prune_rate, sparsity, late_reset_iter).find_ticket(train_fn)
            arms = {
                "ticket": ticket,
                "reinit": reinitialised(ticket, fresh),
                "random": random_mask(ticket, base_seed + trial),
            }
            for arm, candidate in arms.items():
                rows.append({"trial": trial, "arm": arm, "accuracy": float(train_ticket(candidate, model, train_fn))})
    return pd.DataFrame(rows)
