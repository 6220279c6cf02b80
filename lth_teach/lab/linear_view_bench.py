"""What notebook 04's own run stands on: wide networks beside their kernels, and masks that are built and trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from torch import Tensor
from torch.nn import functional as F

from .. import models
from ..data import mnist1d
from ..experiments.archive import prediction
from ..experiments.imp import LAST, Setup, levels_at
from ..experiments.linear_view import FITTED, MOMENTS, TRAINED, Task, rate_for
from ..finder import LotteryTicketFinder
from ..ground.devices import own_threads
from ..masks import Masks, random_like
from ..measures import aligned_masks, kernel_measures
from ..tickets import Ticket, train_ticket

if TYPE_CHECKING:
    import pandas as pd

COMPARED = 4  # numbers of one's own run that the page compares with the archive
FEWEST = 10  # runs that say where one more should lie


@dataclass(frozen=True)
class Pair:
    """A network's real training, and all that its linear model needs to predict it.

    Attributes:
        kernel: K(X, X) of the training samples, (n, n). ``cross``: of the new samples with them, (k, n).
        y: targets, +1 for odd classes and −1 for even ones, (n,).
        rate: of gradient descent.
        real, real_new: the network's outputs at each step, (steps + 1, n) and (steps + 1, k).
    """

    width: int
    kernel: Tensor
    cross: Tensor
    y: Tensor
    rate: float
    real: Tensor
    real_new: Tensor


def pair(width: int, seed: int) -> Pair:
    """Train a network of this width on 100 samples of MNIST-1D for 200 steps, as the archive's; double precision."""
    with own_threads():
        task = Task(mnist1d(), seed)
        model = models.mlp(task.x.shape[1], width, width, 1, seed=seed)
        kernel = task.kernel(model)
        rate = rate_for(kernel)
        outputs = task.trained(model, rate, MOMENTS[-1], None, frozen=False)[:, :, 0]
    whole = kernel[:TRAINED], kernel[TRAINED:]
    return Pair(width, *whole, task.y[:, 0].double(), rate, outputs[:, :TRAINED], outputs[:, TRAINED:])


class Bench:
    """One seed's start and its ticket, with the functions that an exercise is given.

    Masks are trained on the start of the seed that is named, and may be asked for again without another training.
    """

    def __init__(self, setup: Setup, prune_rate: float) -> None:
        self._setup, self._prune_rate = setup, prune_rate
        self._built: dict[tuple[int, bytes], Masks] = {}
        self._reached: dict[tuple[int, bytes], float] = {}

    @cached_property
    def ticket(self) -> Masks:
        """The masks of a ticket with 10.7 % of the weights, found by short trainings."""
        setup = Setup(self._setup.dataset, "short", self._setup.seed, self._setup.device, self._setup.stop)
        finder = LotteryTicketFinder(setup.network(setup.seed), self._prune_rate, 1 - LAST)
        finder.find_ticket(setup.train, levels_at(self._prune_rate)[-1])
        return finder.masks

    def draw(self, seed: int) -> Masks:
        """A random mask, as dense in each layer as the ticket."""
        return random_like(self.ticket, seed)

    def build(self, masks: Masks, seed: int) -> Masks:
        """The mask with weights exchanged, a few percent a round, for higher alignment on training rows."""
        if (key := _key(masks, seed)) not in self._built:
            rows = self._setup.dataset.x_train, self._setup.dataset.y_train
            rounds = aligned_masks.ROUNDS if self._setup.stop is None else self._setup.stop
            with own_threads():
                model = self._setup.network(seed)
                self._built[key] = aligned_masks.aligned_mask(model, masks, *rows, seed, rounds)
        return dict(self._built[key])

    def kernel(self, masks: Masks, seed: int) -> tuple[Tensor, Tensor]:
        """The kernel before training between 300 validation rows, sorted by class, and their classes."""
        order = self._setup.dataset.y_val[:FITTED].argsort(stable=True)
        with own_threads():
            kernel = kernel_measures.sample_kernel(
                self._setup.network(seed), self._setup.dataset.x_val[:FITTED][order], masks=masks
            )
        return kernel, self._setup.dataset.y_val[:FITTED][order]

    def alignment(self, masks: Masks, seed: int) -> float:
        """Of that kernel with the classes."""
        kernel, classes = self.kernel(masks, seed)
        return kernel_measures.alignment(kernel, F.one_hot(classes))

    def accuracy(self, masks: Masks, seed: int) -> float:
        """Test accuracy after real training from the start of this seed."""
        if (key := _key(masks, seed)) not in self._reached:
            model = self._setup.network(seed)
            start = {name: value.clone() for name, value in model.state_dict().items()}
            self._reached[key] = float(train_ticket(Ticket(masks, start), model, self._setup.train))
        return self._reached[key]


def _key(masks: Masks, seed: int) -> tuple[int, bytes]:
    return seed, b"".join(mask.numpy().tobytes() for mask in masks.values())


def expected(own: Mapping[str, float], rows: pd.DataFrame, column: str, form: str) -> str:
    """A line for each number of one's own run, with where one more run of the archive's kind should lie.

    Args:
        own: arm → value. ``rows``: of the archive, one setting. ``form``: a format, such as ".1%".

    Raises:
        ValueError: an arm that the rows lack.
    """
    lines = []
    for arm, mine in own.items():
        others = rows[rows["arm"] == arm][column]
        low, high = prediction(others, 0.01 / COMPARED)
        words = f"expected {low:{form}} to {high:{form}} (n = {len(others)})"
        if len(others) < FEWEST:
            words = f"n = {len(others)} made here, too few to say where it should lie"
        else:
            words += ": inside" if low <= mine <= high else ": OUTSIDE"
        lines.append(f"{arm:<9}{mine:{form}}, {words}")
    return "\n".join(lines)
