"""Finding a winning ticket: iterative magnitude pruning with rewinding, one level at a time."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from torch import nn

from . import __version__, scores
from . import masks as masks_module
from .enforcement import enforce, release
from .ground import storage
from .ground.arguments import open_unit, whole_number
from .ground.levels import LevelStore, random_state
from .ground.recognise import recognise
from .ground.states import State, copy_state, load_state, state_of, unwrapped
from .lemma import imp_schedule, kept_at_target
from .masks import Masks
from .prunable import Prunable, prunable_parameters
from .randomness import seeded
from .tickets import (
    Level,
    Ticket,
    TrainFunction,
    check_train_fn,
    random_mask,
    reinitialised,
    run_train_fn,
    train_ticket,
)

if TYPE_CHECKING:
    import pandas as pd


class LotteryTicketFinder:
    """Find winning tickets by iterative magnitude pruning (Frankle & Carbin 2019, arXiv 1803.03635).

    Args:
        model: the network at its initialisation; its state is saved here and now.
        prune_rate: fraction of the surviving weights that one level removes, in (0, 1).
        target_sparsity: stop at the first level with at least this fraction removed, in (0, 1).
        late_reset_iter: k, the training step to rewind to (Frankle et al. 2019, arXiv 1903.01611); 0 = the start.
        scope: how weights are ranked, see :func:`lth_teach.masks.prune`.
        prunable: what may be pruned, see :func:`lth_teach.masks.prunable_parameters`.
        store: a folder. Each finished level is kept there, and the same search, started again, goes on after the last
            one. Searches that differ in anything that decides the result may share a folder.

    Raises:
        ValueError: a value outside its range, nothing prunable, so few weights that pruning would stall, or a state
            that no file can hold (see :func:`lth_teach.ground.storage.check_state`).
        NotADirectoryError: the store is a file.
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
        self.model = model
        self.prune_rate, self.target_sparsity = prune_rate, target_sparsity
        self.late_reset_iter = whole_number("late_reset_iter", late_reset_iter, 0, "whole number of steps")
        self.scope = scope
        self.store = None if store is None else Path(store).expanduser()
        if self.store is not None and self.store.exists() and not self.store.is_dir():
            raise NotADirectoryError(f"store must be a folder, and {self.store} is a file")
        self._names = list(prunable_parameters(model, prunable))
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
        self._theta_0 = state_of(self.model)
        storage.check_state(self._theta_0)
        self._rewind_state = self._theta_0

    def initialize_masks(self) -> None:
        """Keep every weight again, and let the model train dense."""
        release(self.model)
        everything = masks_module.dense(self.model, self._names)
        self._masks = {name: mask.cpu() for name, mask in everything.items()}

    def apply_masks(self) -> None:
        """Zero the pruned weights and hold them there, whatever trains the model next."""
        enforce(self.model, self._masks)

    def reset_to_initial(self) -> None:
        """Rewind everything a state_dict holds to the saved state, and apply the masks."""
        load_state(self.model, self._rewind_state)
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
                finite number, or there is a store and something that decides the result cannot be recognised again.
            OSError: the store cannot be written; the message names the folder and the levels that it keeps.
        """
        self._check_train_fn(train_fn)
        if num_iterations is not None:
            num_iterations = whole_number("num_iterations", num_iterations, 0)
        self._rewind_state = self._theta_0
        self.initialize_masks()
        return self._levels(train_fn, num_iterations, self._level_store(train_fn))

    def _levels(self, train_fn: TrainFunction, num_iterations: int | None, store: LevelStore | None) -> Iterator[Level]:
        goal = kept_at_target(masks_module.total(self._masks), self.target_sparsity)
        index = 0
        while True:
            level = None if store is None else self._stored_level(index, store)
            if level is None:
                random_numbers = random_state()
                level = self._trained_level(index, train_fn)
                if store is not None:
                    parts = {"weights": state_of(self.model), "rewind": self._rewind_state, "masks": self._masks}
                    store.save(index, parts, asdict(level), random_numbers)
            yield level
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
        """Rewind, train the current mask once more from step k, and return what train_fn returned.

        Raises:
            ValueError: late_reset_iter is not 0 and no search has reached step k yet, so there is no θ_k to rewind to.
        """
        self._check_train_fn(train_fn)
        if self.late_reset_iter and self._rewind_state is self._theta_0:
            raise ValueError(f"no state at step {self.late_reset_iter} to rewind to yet; call find_ticket first")
        self.reset_to_initial()
        result = run_train_fn(train_fn, self.model, "the ticket", start_iter=self.late_reset_iter)
        self.apply_masks()
        return result

    def _trained_level(self, index: int, train_fn: TrainFunction) -> Level:
        started = time.perf_counter()
        self.reset_to_initial()
        if index == 0 and self.late_reset_iter:
            run_train_fn(train_fn, self.model, f"the first {self.late_reset_iter} steps", max_iter=self.late_reset_iter)
            self._rewind_state = state_of(self.model)
        result = run_train_fn(train_fn, self.model, f"level {index}", start_iter=self.late_reset_iter)
        self.apply_masks()
        kept, density = masks_module.count(self._masks), masks_module.density(self._masks)
        best = getattr(result, "best_step", None), getattr(result, "best_accuracy", None)
        return Level(index, density, 1 - density, kept, float(result), *best, time.perf_counter() - started)

    def _level_store(self, train_fn: TrainFunction) -> LevelStore | None:
        """The store, whose key covers all that decides a level; an error now if it cannot be written or recognised."""
        if self.store is None:
            return None
        load_state(self.model, self._theta_0)  # so that the model is recognised by θ_0, whatever it holds
        settings = {
            "version": __version__,
            "pruning": (str(self.prune_rate), self.late_reset_iter, self.scope, self._names),
            "model": unwrapped(self.model),
            "train_fn": train_fn,
        }
        seen: dict[int, tuple[int, object]] = {}  # shared: an optimizer may hold the model, or a copy of it
        digests = " ".join(recognise(value, name, seen) for name, value in settings.items())
        store = LevelStore(self.store, hashlib.sha256(digests.encode()).hexdigest())
        store.check_writable()
        return store

    def _stored_level(self, index: int, store: LevelStore) -> Level | None:
        """The level, its weights in the model and its state to rewind to in place; ``None`` if it is not there."""
        start = {"masks": self._masks} | ({"rewind": self._rewind_state} if index else {})
        if (found := store.load(index, start)) is None:
            return None
        parts, level = found
        self._rewind_state = parts["rewind"]
        load_state(self.model, parts["weights"])
        self.apply_masks()
        return Level(**level)

    def _check_train_fn(self, train_fn: TrainFunction) -> None:
        k, steps = self.late_reset_iter, getattr(train_fn, "iterations", math.inf)
        check_train_fn(train_fn, k)
        if k >= steps:
            raise ValueError(f"late_reset_iter must be below the {steps} iterations of training, got {k}")


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
        ValueError: num_trials below 1, a model_fn that gives the same initial weights every time (so that there is
            nothing to re-initialise), or what :class:`LotteryTicketFinder` refuses.
    """
    import pandas as pd

    num_trials, base_seed = whole_number("num_trials", num_trials, 1), whole_number("base_seed", base_seed)
    open_unit("sparsity", sparsity)
    rows = []
    for trial in range(num_trials):
        with seeded(base_seed + trial):  # covers a train_fn that draws from PyTorch's own generator, too
            model, fresh = model_fn(), model_fn()
            if storage.same_state(state_of(model), state_of(fresh)):
                raise ValueError("model_fn gives the same initial weights every time; let it draw them without a seed")
            ticket = LotteryTicketFinder(model, prune_rate, sparsity, late_reset_iter).find_ticket(train_fn)
            arms = {
                "ticket": ticket,
                "reinit": reinitialised(ticket, fresh),
                "random": random_mask(ticket, base_seed + trial),
            }
            for arm, candidate in arms.items():
                rows.append({"trial": trial, "arm": arm, "accuracy": float(train_ticket(candidate, model, train_fn))})
    return pd.DataFrame(rows)
