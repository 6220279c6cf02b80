"""The parameters every notebook takes, checked before anything runs; papermill itself only warns of a wrong name."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from typing import Any

from ..ground.arguments import open_unit, whole_number
from ..ground.devices import choose_device

COMMON = ("prune_rate", "device", "seeds", "base_seed", "preset")
NUMBERS = {"prune_rate": float, "seeds": int, "base_seed": int}
PRESETS = ("quick", "full")
CHECKED = "_parameters_checked"  # left in the namespace by a check that passed


def check(namespace: MutableMapping[str, Any], extra: Iterable[str] = ()) -> None:
    """Check a notebook's parameters; call it as ``parameters.check(globals())`` right below the parameters cell.

    A number given as text ("3e-1", as papermill hands on what YAML takes for text) is replaced by the number.

    Args:
        namespace: the notebook's globals.
        extra: names of parameters that this notebook has beside the common ones.

    Raises:
        ValueError: a parameter that the notebook does not have (the message lists those it has), or a value that is
            not allowed.
        TypeError: a parameter of the wrong type.
    """
    allowed = (*COMMON, *extra)
    # At first only parameters have been assigned: every other public name is a module, a function or a class. When the
    # cell is run again, the notebook's own variables are there, too.
    given = [name for name, value in namespace.items() if _is_plain(value) and not name.startswith("_")]
    unknown = [name for name in given if name not in (*allowed, "In", "Out")]
    if unknown and CHECKED not in namespace:
        raise ValueError(f"unknown parameter {', '.join(unknown)}; this notebook takes {', '.join(allowed)}")
    # A notebook's cell declares its parameters with their types, which papermill's cell below it does not keep.
    declared = {name: kind for name, kind in namespace.get("__annotations__", {}).items() if name in allowed}
    kinds = {name: kind for name, kind in (declared | NUMBERS).items() if kind in (int, float)}
    numbers = {name: _number(name, namespace[name], kind) for name, kind in kinds.items()}
    open_unit("prune_rate", numbers["prune_rate"])
    for name, least in (("seeds", 1), ("base_seed", 0)):
        if numbers[name] < least:
            raise ValueError(f"{name} must be at least {least}, got {numbers[name]}")
    if namespace["preset"] not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}, got {namespace['preset']!r}")
    choose_device(namespace["device"])
    namespace.update(numbers)
    namespace[CHECKED] = True


def _number(name: str, value: Any, kind: type) -> Any:
    if isinstance(value, str):
        with suppress(ValueError):  # text that is no number is refused below, or by the range of prune_rate
            value = kind(value)
    if kind is float:
        if isinstance(value, str) and name not in COMMON:
            raise TypeError(f"{name} must be a number, got {value!r}")
        return value
    try:
        return whole_number(name, value)
    except ValueError as error:
        raise TypeError(str(error)) from None


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, list, tuple, dict, set))
