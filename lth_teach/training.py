"""The training loop: plain PyTorch on data in memory, with a batch order and a schedule that know their step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .data import Dataset, converted
from .enforcement import undisturbed
from .ground.arguments import whole_number
from .ground.devices import choose_device, own_threads
from .randomness import generator

OPTIMIZERS = ("adam", "sgd")
SCHEDULES = ("constant", "cosine")
HALF = (torch.float16, torch.bfloat16)
EVALUATION_BATCH = 2_000  # rows a forward pass when measuring, so that full MNIST needs little memory


class TrainingResult(float):
    """The test accuracy after the last step, in [0, 1]: a float that also remembers the run.

    Attributes:
        best_step: the step with the least validation loss, where early stopping would have stopped.
        best_accuracy: test accuracy at that step. The test split plays no part in choosing it.
        history: (step, validation loss, validation accuracy) at every evaluation.
    """

    best_step: int
    best_accuracy: float
    history: tuple[tuple[int, float, float], ...]

    @classmethod
    def of(cls, accuracy: float, best_step: int, best_accuracy: float, history: list) -> TrainingResult:
        """Build a result; the constructor itself takes only the number, so that pickling works as for floats."""
        result = cls(accuracy)
        result.best_step, result.best_accuracy, result.history = best_step, best_accuracy, tuple(history)
        return result


@dataclass(frozen=True)
class Trainer:
    """A ``train_fn``: trains a model in place and returns its test accuracy as a :class:`TrainingResult`.

    Everything about step t (its batch, its learning rate) depends on t and the settings alone, never on the steps
    before it. So a run may start at any step, with the schedule and the order of the data standing there.

    Attributes:
        data: what to train, validate and test on.
        iterations: T, the number of steps of a whole run.
        batch_size: rows a step; a last incomplete batch of an epoch is left out.
        optimizer: "adam" or "sgd" (with ``momentum``).
        lr: learning rate at its peak; ``schedule`` is "constant", or "cosine" down to 0 at step T.
        warmup: steps over which the rate first rises linearly from 0.
        evaluations: how many times a whole run measures the validation loss.
        order_seed: seed of the order of the data, the "SGD noise" of Frankle et al. (2020).
        device: "cpu" (the fastest for networks this small), "cuda", "cuda:1", "mps" or "auto".
        on_step: called with (step, T) after each step; it may raise to stop the run. In a search with a store it may
            only watch: levels are found again whatever it did.
    """

    data: Dataset
    iterations: int = 2_000
    batch_size: int = 100
    optimizer: str = "adam"
    lr: float = 1e-3
    momentum: float = 0.9
    weight_decay: float = 0.0
    schedule: str = "constant"
    warmup: int = 0
    evaluations: int = 20
    order_seed: int = 0
    device: str = "cpu"
    on_step: Callable[[int, int], None] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = len(self.data.x_train)
        for name in ("iterations", "batch_size", "evaluations", "order_seed"):
            object.__setattr__(self, name, whole_number(name, getattr(self, name)))
        for name, allowed in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}")
        if self.iterations < 1 or self.evaluations < 1:
            raise ValueError(
                f"iterations and evaluations must be at least 1, got {self.iterations}, {self.evaluations}"
            )
        if not 1 <= self.batch_size <= rows:
            raise ValueError(f"batch_size must be from 1 to the {rows:,} training rows, got {self.batch_size}")
        if not self.lr > 0 or not math.isfinite(self.lr):
            raise ValueError(f"lr must be a positive number, got {self.lr}")
        if self.warmup < 0:
            raise ValueError(f"warmup must be 0 steps or more, got {self.warmup}")
        choose_device(self.device)
        object.__setattr__(self, "device", str(self.device))

    def __call__(self, model: nn.Module, *, start_iter: int = 0, max_iter: int | None = None) -> TrainingResult:
        """Train from step ``start_iter`` to step ``max_iter`` (default T) with a fresh optimizer.

        Raises:
            ValueError: unless 0 ≤ start_iter ≤ max_iter ≤ T.
            FloatingPointError: the validation loss is no longer finite.
        """
        start = whole_number("start_iter", start_iter)
        stop = self.iterations if max_iter is None else whole_number("max_iter", max_iter)
        if not 0 <= start <= stop <= self.iterations:
            raise ValueError(f"need 0 <= start_iter <= max_iter <= {self.iterations}, got {start} and {stop}")
        device = choose_device(self.device)
        data = self.data.to(device, floating_type(model))
        model.to(device)
        optimizer = self._optimizer(model)
        every = max(1, self.iterations // self.evaluations)
        history: list[tuple[int, float, float]] = []
        best_step, best_loss, best_accuracy = start, math.inf, math.nan
        with own_threads(), training_mode(model, True), nullcontext() if self.on_step else undisturbed(model):
            for step, x, y in batches(data, self.batch_size, self.order_seed, start, stop):
                for group in optimizer.param_groups:
                    group["lr"] = self.lr_at(step)
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
                done = step + 1
                if done % every == 0 or done == stop:
                    loss, accuracy = evaluate(model, data.x_val, data.y_val)
                    if not math.isfinite(loss):
                        raise FloatingPointError(f"the validation loss is {loss} at step {done}; try a lower lr")
                    history.append((done, loss, accuracy))
                    if loss < best_loss:
                        best_step, best_loss = done, loss
                        best_accuracy = evaluate(model, data.x_test, data.y_test)[1]
                if self.on_step is not None:
                    self.on_step(done, self.iterations)
        final = evaluate(model, data.x_test, data.y_test)[1]
        return TrainingResult.of(final, best_step, final if math.isnan(best_accuracy) else best_accuracy, history)

    def lr_at(self, step: int) -> float:
        """Learning rate of step ``step`` (0 is the first)."""
        rate = self.lr
        if self.schedule == "cosine":
            rate *= (1 + math.cos(math.pi * step / self.iterations)) / 2
        return rate * min(1.0, (step + 1) / (self.warmup + 1))

    def _optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        if self.optimizer == "adam":
            return torch.optim.Adam(model.parameters(), self.lr, weight_decay=self.weight_decay, fused=True)
        exact = floating_type(model) not in HALF  # there PyTorch 2.13's fused SGD drops the momentum on the CPU
        return torch.optim.SGD(
            model.parameters(), self.lr, momentum=self.momentum, weight_decay=self.weight_decay, fused=exact
        )


def batches(
    data: Dataset, batch_size: int, order_seed: int, start: int, stop: int
) -> Iterator[tuple[int, Tensor, Tensor]]:
    """(step, inputs, labels) for the steps from ``start`` to ``stop``; a function of the step, not of the past."""
    per_epoch = len(data.x_train) // batch_size
    epoch = -1
    for step in range(start, stop):
        if step // per_epoch != epoch:
            epoch = step // per_epoch
            numbers = generator("order", order_seed, epoch)
            order = torch.randperm(len(data.x_train), generator=numbers).to(data.x_train.device)
            # Once an epoch, so that each step's batch is a slice, which copies nothing.
            x, y = data.x_train[order], data.y_train[order]
        first = step % per_epoch * batch_size
        yield step, x[first : first + batch_size], y[first : first + batch_size]


@contextmanager
def training_mode(model: nn.Module, training: bool) -> Iterator[None]:
    """Set train or eval mode inside the block and put back what was there before."""
    before = [(module, module.training) for module in model.modules()]  # parts may be frozen in another mode
    model.train(training)
    try:
        yield
    finally:
        for module, mode in before:
            module.training = mode


def floating_type(model: nn.Module) -> torch.dtype | None:
    """The type that all floating parameters of the model share, which its inputs then get; ``None`` if they differ."""
    types = {parameter.dtype for parameter in model.parameters() if parameter.is_floating_point()}
    return types.pop() if len(types) == 1 else None


@torch.no_grad()
def evaluate(model: nn.Module, x: Tensor, y: Tensor) -> tuple[float, float]:
    """(mean cross-entropy in nats, accuracy in [0, 1]) in eval mode; the model's mode is put back."""
    device, dtype = next(model.parameters()).device, floating_type(model)
    loss = hits = 0.0
    with training_mode(model, False):
        for rows, labels in zip(x.split(EVALUATION_BATCH), y.split(EVALUATION_BATCH), strict=True):
            outputs, labels = model(converted(rows, device, dtype)), labels.to(device)
            if outputs.dtype in HALF:
                outputs = outputs.float()  # a sum over thousands of rows would be rounded, or infinite
            loss += F.cross_entropy(outputs, labels, reduction="sum").item()
            hits += (outputs.argmax(1) == labels).sum().item()
    return loss / len(y), hits / len(y)
