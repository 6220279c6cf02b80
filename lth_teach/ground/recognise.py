"""Knowing a piece of a program again after a restart: a digest of its code and of all values that it rests on.

An object is taken apart into labelled parts (:func:`_parts`), whose digests are put together (:func:`_digest`). What an
installed package holds counts by its name and the package's version. What a function reads while it runs from files,
the environment, the clock or the global random numbers is not seen.
"""

from __future__ import annotations

import builtins
import copyreg
import dis
import functools
import hashlib
import os
import sys
import sysconfig
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import metadata
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from .storage import raw_bytes

PLAIN = (type(None), bool, int, float, complex, str, bytes)
NAMED = (FunctionType, BuiltinFunctionType, MethodType, type)
WRAPPERS = (property, staticmethod, classmethod, functools.cached_property)
# What Python adds to a class, and what describes it but does nothing.
NO_CODE = {"__module__", "__dict__", "__weakref__", "__doc__", "__annotations__", "__annotate__", "__annotate_func__"}
NO_CODE |= {"__annotations_cache__", "__firstlineno__", "__static_attributes__", "_abc_impl"}
GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
ABSENT = "(not there)"
HOOK_FLAGS = {n for n in vars(nn.Module()) if "_hooks_" in n}
PACKAGE = __name__.partition(".")[0]
Parts = list[tuple[str, Any]]


class Unrecognised(ValueError):
    """Something has no identity that outlives the program: an open file, a lock, an iterator in use."""


def recognise(something: Any, name: str = "train_fn", seen: dict[int, tuple[int, Any]] | None = None) -> str:
    """A hex digest: equal for equal code and values, also in a program started anew, and different otherwise.

    Names of files, line numbers, addresses and the order of sets and dictionaries do not count. Nor do fields of a
    dataclass of this package with ``compare=False``, and a list that code only appends to or a whole number that it
    only counts up.

    Args:
        name: what ``something`` is called in the error.
        seen: the same dictionary for several things that may hold each other.

    Raises:
        Unrecognised: a part cannot be identified; the message says which, such as "train_fn -> loader -> _iterator".
    """
    try:
        return _digest(something, name, {} if seen is None else seen)
    except RecursionError as error:
        raise Unrecognised(f"{name} cannot be recognised: it is nested too deeply; pass no store") from error


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8) + data)
    return digest.hexdigest()


def _digest(value: Any, where: str, seen: dict[int, tuple[int, Any]]) -> str:
    """``seen``: id → (number, the object, so that no other gets its id). A second visit counts by the number."""
    kind = type(value)
    if kind in PLAIN:
        return _hash(kind.__name__, value if kind in (str, bytes) else hex(value) if kind is int else repr(value))
    if kind is CodeType:
        return _digest(_code(value), where, seen)
    if name := _installed(value):
        return _hash("installed", name)
    if kind not in (tuple, frozenset):  # these count by value alone: the compiler may merge equal ones, or not
        if id(value) in seen:
            return _hash("again", str(seen[id(value)][0]))
        seen[id(value)] = len(seen), value

    def alone(part: Any) -> str:  # its place among the others is not known yet, so it gets no lasting number
        return _digest(part, where, seen if type(part) in PLAIN else dict(seen))

    if kind in (dict, MappingProxyType):
        keyed = sorted(((alone(key), key) for key in value), key=lambda pair: pair[0])
        parts = [(digest, str(key), value[key]) for digest, key in keyed]
    elif kind in (set, frozenset):
        parts = [("", "", digest) for digest in sorted(map(alone, value))]
    else:
        try:
            parts = [(label, label, part) for label, part in _parts(value)]
        except RecursionError:
            raise
        except Exception as error:
            raise Unrecognised(
                f"{where} cannot be recognised in a program started anew: it is a {kind.__module__}.{kind.__qualname__}"
                f" ({error}); pass no store, or a function whose settings are plain values"
            ) from error
    digests = [kind.__qualname__]
    for mark, label, part in parts:
        digests += [mark, _digest(part, f"{where} -> {label}" if label else where, seen)]
    return _hash(*digests)


def _parts(value: Any) -> Parts:
    """What a value consists of, in an order that does not change. Raises any exception if that cannot be said."""
    if isinstance(value, FunctionType):
        return _function(value)
    if isinstance(value, MethodType):
        return [("", value.__func__), ("self", value.__self__)]
    if isinstance(value, type):
        entries = {name: part for name, part in vars(value).items() if name not in NO_CODE}
        return [("name", value.__qualname__), ("metaclass", type(value)), ("bases", value.__bases__), ("", entries)]
    if isinstance(value, ModuleType):
        return [("", {name: part for name, part in vars(value).items() if not name.startswith("__")})]
    if isinstance(value, WRAPPERS):
        inside = ("fget", "fset", "fdel", "__func__", "func")
        return [(name, getattr(value, name)) for name in inside if hasattr(value, name)]
    if isinstance(value, weakref.ref):
        return [("", value())]
    if isinstance(value, Tensor):
        return _tensor(value)
    if isinstance(value, (torch.layout, torch.memory_format)):
        return [("", str(value))]
    if isinstance(value, nn.Module):
        return _module(value)
    if type(value) in (list, tuple):
        return [(str(n), part) for n, part in enumerate(value)]
    if is_dataclass(value):
        entries = getattr(value, "__dict__", {}) | {f.name: getattr(value, f.name, ABSENT) for f in fields(value)}
        ours = type(value).__module__.partition(".")[0] == PACKAGE  # a Trainer's on_step, which only watches
        ignored = {f.name for f in fields(value) if ours and not f.compare}
        return [("class", type(value)), ("", {name: part for name, part in entries.items() if name not in ignored})]
    if isinstance(value, Iterator) and _version(type(value).__module__):
        raise TypeError("an iterator in use")
    return _reduced(value)


def _function(function: FunctionType) -> Parts:
    """Code, defaults, attributes; then what it encloses, and the global names that it or code inside it reads."""
    steps = list(_steps(function.__code__))
    outside: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            outside[name] = cell.cell_contents
        except ValueError:
            outside[name] = ABSENT
    for n, step in enumerate(steps):
        if step.opname == "IMPORT_NAME":  # the code would import it itself in a moment
            name, level, names = step.argval, steps[n - 2].argval, steps[n - 1].argval
            try:
                value: Any = __import__(name, function.__globals__, None, names or (), level)
            except ImportError:
                value = ABSENT
        elif step.opname in GLOBALS:
            name = step.argval
            value = function.__globals__.get(name, vars(builtins).get(name, ABSENT))
        else:
            continue
        while isinstance(value, ModuleType) and steps[n + 1].opname in ATTRIBUTES:  # np.random.rand: not all of np
            n, module = n + 1, value
            name, value = f"{name}.{steps[n].argval}", getattr(module, steps[n].argval, ABSENT)
            if not isinstance(value, (*NAMED, *PLAIN, ModuleType)) and _version(module.__name__):
                value = "of a package"  # sys.stdout, os.environ: the world, not the program
        outside[name] = value
    parts: Parts = [("code", function.__code__), ("defaults", function.__defaults__)]
    parts += [("keyword defaults", function.__kwdefaults__), ("attributes", dict(vars(function)))]
    return parts + sorted((name, value) for name, value in outside.items() if not _only_written(name, value, steps))


def _steps(code: CodeType) -> Iterator[dis.Instruction]:
    """The instructions of code and of the code in it."""
    yield from dis.get_instructions(code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _steps(constant)


def _code(code: CodeType) -> tuple[Any, ...]:
    steps = list(dis.get_instructions(code))
    lines = {n for n, after in enumerate(steps[1:]) if after.argval == "__firstlineno__"}  # Python 3.13 on
    body = tuple((step.opname, step.argval) for n, step in enumerate(steps) if n not in lines)
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    return counts, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_exceptiontable, body


def _only_written(name: str, value: Any, steps: list[dis.Instruction]) -> bool:
    """A list that is only appended to, or a whole number that is only counted up: it decides nothing."""
    uses = [steps[n + 1 : n + 4] for n, step in enumerate(steps) if step.argval == name and step.opname[:4] == "LOAD"]
    if not uses:
        return False  # read in another way: settings.STEPS
    if type(value) is list:
        return all(use[0].opname in ATTRIBUTES and use[0].argval == "append" for use in uses)
    counted = ("LOAD_CONST", "+=", name)
    return type(value) is int and all((use[0].opname, *(s.argrepr for s in use[1:])) == counted for use in uses)


def _tensor(tensor: Tensor) -> Parts:
    facts = str((tensor.dtype, tuple(tensor.shape), str(tensor.device), str(tensor.layout), tensor.requires_grad))
    hooks = [tensor._backward_hooks, getattr(tensor, "_post_accumulate_grad_hooks", None)]
    parts: Parts = [("class", type(tensor)), ("facts", facts), ("", _not_ours(vars(tensor)))]
    parts.append(("hooks", [list(_not_ours(found or {}).values()) for found in hooks]))
    if tensor.layout != torch.strided:
        sparse = tensor.detach().to_sparse_coo().coalesce()
        return [*parts, ("indices", sparse.indices()), ("values", sparse.values())]
    return [*parts, ("entries", b"" if tensor.is_meta else raw_bytes(tensor))]


def _module(module: nn.Module) -> Parts:
    """Class and attributes; the order of layers counts, the running numbers of hooks do not."""
    parts: Parts = [("class", type(module))]
    compiled = "_orig_mod" in module._modules  # by torch.compile, whose own attributes differ in every program
    for name, value in sorted(_not_ours(vars(module)).items()):
        if name in ("_parameters", "_buffers", "_modules"):
            value = list(value.items())
        elif name.endswith("_hooks") and name in vars(nn.Module()):
            value = list(_not_ours(value).values())
        elif name in HOOK_FLAGS or name == "_compiled_call_impl" or (compiled and ("dynamo" in name or name[0] != "_")):
            continue
        parts.append((name, value))
    return parts


def _not_ours(entries: Mapping[Any, Any]) -> dict[Any, Any]:
    """Without what holds a mask on a model: that is the finder's doing."""
    ours = f"{PACKAGE}.enforcement"
    return {key: part for key, part in entries.items() if getattr(part, "__module__", "") != ours}


def _reduced(value: Any) -> Parts:
    """Any other object, as copying sees it; of a class of one's own all attributes, too, whatever it tells copying."""
    reduce = copyreg.dispatch_table.get(type(value))
    reduced = reduce(value) if reduce else value.__reduce_ex__(4)
    if isinstance(reduced, str):
        holder = getattr(value, "__module__", None) or type(value).__module__
        if (version := _version(holder)) and getattr(sys.modules[holder], reduced, None) is value:
            return [("", f"{holder}.{reduced} {version}")]
        return [("class", type(value)), ("", value.__wrapped__)]
    make, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
    entries = list(pairs or ()) if isinstance(value, OrderedDict) else dict(pairs or ())
    own = None if _installed(type(value)) else object.__getstate__(value)
    arguments = set(value) if isinstance(value, (set, frozenset)) else arguments
    parts = [("class", type(value)), ("made by", make), ("arguments", arguments), ("items", list(items or ()))]
    return [*parts, ("", entries), ("", state), ("", own)]


def _installed(value: Any) -> str:
    """Name and version of what an installed package, Python or this package holds under its own name, or ""."""
    if isinstance(value, ModuleType):
        return f"{value.__name__} {version}" if (version := _version(value.__name__)) else ""
    if not isinstance(value, NAMED):
        return ""
    if isinstance(value, type) and not value.__flags__ & 1 << 9:  # made by C code, so not by the user
        return f"{value.__module__}.{value.__qualname__} {_version(value.__module__)}"
    for module in (value.__module__, type(getattr(value, "__self__", None)).__module__):
        for name in (value.__qualname__, value.__name__):
            inside = sys.modules.get(str(module))
            found = functools.reduce(lambda held, part: getattr(held, part, None), name.split("."), inside)
            if found is value and (version := _version(module)):
                return f"{module}.{name} {version}"
    return ""


def _version(module: str | None) -> str:
    """The version of the package that a module was installed with, or "" for a module of the user's."""
    top = str(module).partition(".")[0]
    package, file = sys.modules.get(top), getattr(sys.modules.get(str(module)), "__file__", None)
    if package is None or top == "__main__":
        return ""
    if top == PACKAGE:
        return f"{package.__version__} {_hash(Path(file).read_bytes()) if file else ''}"
    file = getattr(package, "__file__", None) or file
    if file and {"site-packages", "dist-packages"} & set(Path(file).parts):
        try:
            return str(getattr(package, "__version__", None) or metadata.version(top))
        except metadata.PackageNotFoundError:
            return f"unknown {_hash(Path(file).read_bytes())}"
    library = os.path.realpath(sysconfig.get_path("stdlib")) + os.sep
    python = os.path.realpath(file).startswith(library) if file else top in sys.stdlib_module_names
    return sys.version.split()[0] if python else ""
