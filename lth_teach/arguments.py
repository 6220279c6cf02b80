"""Refusing numbers outside their range, with one message each; what every formula of the course begins with."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np


def positive(**values: float) -> None:
    """Refuse values that are not positive and finite. ValueError names the first."""
    for name, value in values.items():
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name} must be positive, got {value}")


def fraction(**values: float) -> None:
    """Refuse values outside (0, 1). ValueError names the first."""
    for name, value in values.items():
        if not 0 < value < 1:
            raise ValueError(f"{name} must lie strictly between 0 and 1, got {value}")


def whole(**values: int) -> None:
    """Refuse values that are not whole numbers of at least 1. ValueError names the first."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")


def open_unit(name: str, value: float | str | Fraction) -> Fraction:
    """``value`` as the exact fraction its decimal text stands for: 0.1 is one tenth, not the nearest binary number.

    Raises:
        ValueError: it is not a number strictly between 0 and 1 (NaN is not one).
    """
    try:
        exact = value if isinstance(value, Fraction) else Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{name} must be a number strictly between 0 and 1, got {value!r}") from None
    if not 0 < exact < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1, got {value!r}")
    return exact
