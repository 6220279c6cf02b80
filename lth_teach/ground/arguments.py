"""Refusing values that are not allowed, with one message each; what every formula of the course begins with."""

from __future__ import annotations

import math
import operator
from collections.abc import Collection
from fractions import Fraction


def whole_number(name: str, value: object, least: int | None = None, kind: str = "whole number") -> int:
    """``value`` as Python's own int, whichever whole number it came as: numpy's, or a tensor of one entry.

    Args:
        kind: what to call it in the message, such as "whole number of steps".

    Raises:
        ValueError: it is none (True, 2.0 and "2" are not), or below ``least``.
    """
    try:
        if isinstance(value, bool) or "bool" in str(getattr(value, "dtype", "")):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except (TypeError, RuntimeError):
        number = None
    if number is None or (least is not None and number < least):
        allowed = "" if least is None else f", {least} or more"
        raise ValueError(f"{name} must be a {kind}{allowed}, got {value if number is not None else repr(value)}")
    return number


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
        whole_number(name, value, 1)


def one_of(name: str, value: object, allowed: Collection[str]) -> None:
    """Refuse a value that is not among those allowed. ValueError lists them."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


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
