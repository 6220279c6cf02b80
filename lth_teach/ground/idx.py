"""The file format of MNIST: IDX, a header and then one byte for each number."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def read_mnist(root: Path) -> list[np.ndarray]:
    """The arrays of the four files of ``MNIST_FILES``, in ``root`` or in its folder ``MNIST/raw``.

    Raises:
        FileNotFoundError: the folder, or a file in it, is missing (the message lists the names looked for).
        ValueError: see :func:`read_idx`.
    """
    folder = _mnist_folder(root)
    return [read_idx(_idx_file(folder, name)) for name in MNIST_FILES]


def read_idx(path: Path) -> np.ndarray:
    """Read one IDX file of unsigned bytes, plain or .gz.

    Raises:
        ValueError: the file is not IDX, holds another type, or is shorter than its header says.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is not a complete gzip file ({error})") from error
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path} is not an IDX file of bytes: it starts with {content[:4]!r}, not 00 00 08")
    dimensions, start = content[3], 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError(f"{path} is truncated: its header alone needs {start} bytes, it has {len(content)}")
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    expected = start + int(np.prod(shape, dtype=np.int64))
    if len(content) != expected:
        raise ValueError(f"{path} holds {len(content):,} bytes; its header {shape} asks for {expected:,}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def _mnist_folder(root: Path) -> Path:
    if not root.is_dir():
        raise FileNotFoundError(f"no data folder at {root}")
    nested = root / "MNIST" / "raw"
    return nested if nested.is_dir() else root


def _idx_file(folder: Path, name: str) -> Path:
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"{folder} has no {name} or {name}.gz; MNIST needs {', '.join(MNIST_FILES)}")
