"""The parameters every notebook takes, checked before anything runs; papermill itself only warns of a wrong name."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any

from ..arguments import open_unit
from ..training import choose_device

COMMON = ("prune_rate", "device", "seeds", "base_seed", "preset")
PRESETS = ("quick", "full")
CHECKED = "_parameters_checked"  # left in the namespace by a check that passed


def check(namespace: MutableMapping[str, Any], extra: Iterable[str] = ()) -> None:
    """Check a notebook's parameters; call it as ``parameters.check(globals())`` right below the parameters cell.

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
    open_unit("prune_rate", namespace["prune_rate"])
    for name, least in (("seeds", 1), ("base_seed", 0)):
        value = namespace[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be a whole number, got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    if namespace["preset"] not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}, got {namespace['preset']!r}")
    choose_device(namespace["device"])
    namespace[CHECKED] = True


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, list, tuple, dict, set))
