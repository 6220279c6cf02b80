"""The exercises' checks: each runs your function, says what passed, or shows what went in, what came out and why.

``checks.nb02.imp(your_function)`` checks one exercise, and ``checks.nb02.imp.or_ours(your_function)`` is yours if it
passes, else the course's own. ``checks.hint("imp")`` gives the next hint; ``checks.progress()`` lists what is done.
One file a notebook; this one holds what they share.
"""

from __future__ import annotations

import copy
import ctypes
import io
import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...ground import storage

NOTEBOOKS = tuple(sorted(path.stem for path in Path(__file__).parent.glob("nb*.py")))
TIME_LIMIT = 10.0  # seconds for one call of an attempt; the solutions take a small fraction of one


class Wrong(Exception):
    """An attempt that fails its check; the message is for the learner."""


@dataclass(frozen=True)
class Exercise:
    """One exercise. Call it with the learner's answer: it prints what it found and returns True if all is right.

    Attributes:
        verify: raises :class:`Wrong` for an answer that is not right, else returns the number of cases it tried.
        solution: the course's own answer, for :meth:`or_ours`.
        picture: answer → what to show before a word is said, or ``None``; it may raise :class:`Wrong`, too.
    """

    name: str
    hints: tuple[str, ...]
    verify: Callable[[Any], int]
    solution: Callable[..., Any] | None = None
    picture: Callable[[Any], Any] | None = None

    def __call__(self, attempt: Any) -> bool:
        """Check an answer, print the outcome, and note a pass in the learner's own progress file.

        Warnings go to the ordinary output, since nbgrader gives no points for a cell that writes to the other one.
        """
        with redirect_stderr(sys.stdout):
            try:
                if self.picture is not None:
                    show(self.picture(attempt))
                cases = self.verify(attempt)
            except Wrong as wrong:
                say(f"{self.name}: not yet.\n{wrong}\nFor a hint, run checks.hint({self.name!r}).")
                return False
            say(f"{self.name}: passed ({cases} case{'s' if cases != 1 else ''}).")
            _note(self.name, passed=True)
        return True

    def or_ours(self, attempt: Any) -> Callable[..., Any]:
        """The answer if it passes its check, else the course's own; one line says which. Progress stays as it is.

        So that the cells below an exercise that is still open can run.

        Raises:
            ValueError: the exercise has no solution to fall back on.
        """
        if self.solution is None:
            raise ValueError(f"exercise {self.name} has no solution of the course's own to fall back on")
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            try:
                self.verify(attempt)
                answer = attempt
            except Wrong:
                answer = self.solution
        if answer is attempt:
            say(f"{self.name}: the cells below use yours.")
        else:
            say(f"{self.name}: yours does not pass its check yet, so the cells below use the course's own.")
        return answer


def say(text: str) -> None:
    """Print; what the screen's encoding lacks is shown by its code, such as \\u03b8 for a theta."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def show(picture: Any) -> None:
    """Display a picture in a notebook, its alt text as plain text. Outside of one, and for ``None``: nothing."""
    from IPython import get_ipython
    from IPython.display import display

    if picture is not None and get_ipython() is not None:
        display(picture)


def exercise(
    *hints: str, solution: Callable[..., Any] | None = None, picture: Callable[[Any], Any] | None = None
) -> Callable[[Callable[[Any], int]], Exercise]:
    """Turn a check, which raises :class:`Wrong` or returns the number of cases it tried, into an :class:`Exercise`.

    Args:
        hints: two or three; the first a nudge, the last the idea in words, never the code.
        solution, picture: see :class:`Exercise`.
    """
    return lambda verify: Exercise(verify.__name__, hints, verify, solution, picture)


def expect(
    attempt: Any,
    arguments: Sequence[Any],
    expected: Any,
    mistakes: Sequence[tuple[str, Callable[..., Any]]] = (),
    shown: str | None = None,
) -> None:
    """Call ``attempt(*arguments)`` and compare with ``expected``: type, shape, value, and arguments left alone.

    Args:
        mistakes: (explanation, wrong function): if the attempt returns what the wrong function returns, the
            explanation is added to the message.
        shown: the input in words, for arguments too long to print.

    What the attempt prints is kept off the screen, and shown below the message if it fails.

    Raises:
        Wrong: with the input, what was expected, what was found, and the likely mistake.
    """
    with prints_below() as printed:
        _expect(attempt, arguments, expected, mistakes, shown, printed)


@contextmanager
def prints_below() -> Iterator[io.StringIO]:
    """Where :func:`call` prints to; what stands there is added to the message of a :class:`Wrong` raised inside."""
    printed = io.StringIO()
    try:
        yield printed
    except Wrong as wrong:
        text = printed.getvalue().strip()
        if not text:
            raise
        raise Wrong(f"{wrong}\nYour function printed:\n{text[:500]}{'…' * (len(text) > 500)}") from wrong


def _expect(
    attempt: Any,
    arguments: Sequence[Any],
    expected: Any,
    mistakes: Sequence[tuple[str, Callable[..., Any]]],
    shown: str | None,
    printed: io.StringIO,
) -> None:
    case = f"  input     {shown or ', '.join(map(describe, arguments))}\n  expected  {describe(expected)}\n"
    given = copy.deepcopy(list(arguments))
    found = call(attempt, given, case, printed)
    if found is None:
        raise Wrong(f"{case}  found     None\nDoes your function return its result?")
    if not same(found, expected):
        if _same_value(_value(found), _value(expected)):
            kind = _kind(found, expected)
            raise Wrong(f"{case}  found     {describe(found)}\nThe value is right, the type is not: return {kind}.")
        why = next((text for text, wrong in mistakes if _gives(wrong, arguments, found)), "")
        raise Wrong(f"{case}  found     {describe(found)}" + (f"\nLikely: {why}" if why else ""))
    if not all(same(after, before) for after, before in zip(given, arguments, strict=True)):
        raise Wrong(f"{case}  found     the right answer, but your function changed its arguments; work on a copy.")


def call(attempt: Any, arguments: Sequence[Any], case: str = "", printed: io.StringIO | None = None) -> Any:
    """``attempt(*arguments)``, for checks that judge the result themselves: :func:`expect` does the rest for most.

    Args:
        case: what went in, for the message.
        printed: takes what the attempt prints; None drops it.

    Raises:
        Wrong: it is no function, there is no answer yet, or it raised, or took longer than the time limit.
    """
    if not callable(attempt):
        raise Wrong(f"Expected a function, found {describe(attempt)}.")
    try:
        return _limited(attempt, arguments, printed or io.StringIO())
    except NotImplementedError as error:
        raise Wrong("It is not written yet: replace the placeholder with your answer.") from error
    except _TimeUp as error:
        raise Wrong(f"{case}  found     no result after {TIME_LIMIT:g} s. {error}") from error
    except Exception as error:
        raise Wrong(f"{case}  found     {type(error).__name__}: {error}") from error


class _TimeUp(BaseException):
    """Raised in an attempt whose time is up; no Exception, so that ``except Exception`` in it does not catch it."""


def _limited(attempt: Callable[..., Any], arguments: Sequence[Any], printed: io.StringIO) -> Any:
    """``attempt(*arguments)`` within the time limit; what it prints goes to ``printed``.

    It runs in a thread of its own, the one way that works on every system: signals reach only the main thread, and
    Windows has no alarm. The exception ends any loop of Python. A single long call, such as ``time.sleep``, cannot be
    ended from outside; then the thread is left behind and the notebook goes on.
    """
    outcome: dict[str, Any] = {}

    def work() -> None:
        try:
            outcome["found"] = attempt(*arguments)
        except BaseException as error:  # it is raised again below, where the learner is told
            outcome["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    with redirect_stdout(printed), redirect_stderr(printed):
        thread.start()
        try:
            thread.join(TIME_LIMIT)
        finally:  # also when the learner interrupts the cell
            if thread.is_alive():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_TimeUp))
                thread.join(1)
    if thread.is_alive():
        raise _TimeUp("It could not be stopped: if the computer stays busy, restart the kernel.")
    error = outcome.get("error")
    if isinstance(error, _TimeUp):
        raise _TimeUp("A loop that never ends?")
    if error is not None:
        raise error if isinstance(error, Exception) else RuntimeError(f"{type(error).__name__} was raised")
    return outcome["found"]


def _gives(wrong: Callable[..., Any], arguments: Sequence[Any], found: Any) -> bool:
    """Whether a known mistake gives what was found; one that cannot be computed for this input does not."""
    try:
        return same(found, wrong(*copy.deepcopy(list(arguments))))
    except (ArithmeticError, TypeError, ValueError, RuntimeError, IndexError):
        return False


def _value(something: Any) -> Any:
    """Nested lists and dictionaries of plain numbers, to tell a wrong type from a wrong value; else ``None``."""
    if isinstance(something, (Tensor, np.ndarray, np.generic)):
        something = something.tolist()
    if isinstance(something, (list, tuple)):
        return [_value(entry) for entry in something]
    if isinstance(something, dict):
        return {key: _value(entry) for key, entry in something.items()}
    return something if isinstance(something, (bool, int, float)) else None


def _same_value(found: Any, expected: Any) -> bool:
    """Whether two results of :func:`_value` hold the same numbers, as nearly as :func:`same` asks."""
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(_same_value, found, expected))
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(_same_value(found[key], expected[key]) for key in expected)
        )
    numbers = isinstance(found, (bool, int, float)) and isinstance(expected, (bool, int, float))
    return numbers and same(+found, +expected)  # the plus makes a number of True


def _kind(found: Any, expected: Any) -> str:
    """What to return instead, in words: the first place where the types differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        key = next(key for key in expected if not same(found[key], expected[key]))
        return f"{_kind(found[key], expected[key])} for {key!r}"
    if isinstance(expected, (list, tuple)) and isinstance(found, (list, tuple)):
        place = next(place for place in range(len(expected)) if not same(found[place], expected[place]))
        return f"{_kind(found[place], expected[place])} as entry {place}"
    if isinstance(expected, Tensor):
        return f"a {str(expected.dtype).removeprefix('torch.')} tensor"
    name = "array" if isinstance(expected, np.ndarray) else type(expected).__name__
    return f"{'an' if name[0] in 'ai' else 'a'} {name}"


def same(found: Any, expected: Any) -> bool:
    """Equal in kind, shape and value (numbers to a relative 1e-6)."""
    if isinstance(found, np.bool_):
        found = bool(found)
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        return bool(type(found) is type(expected) and found == expected)
    if isinstance(expected, Tensor):
        return (
            isinstance(found, Tensor)
            and found.shape == expected.shape
            and (found.dtype == torch.bool) == (expected.dtype == torch.bool)
            and torch.allclose(found.double(), expected.double(), rtol=1e-6, atol=1e-9, equal_nan=True)
        )
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[key], expected[key]) for key in expected)
        )
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(found, (list, tuple))
            and len(found) == len(expected)
            and all(same(a, b) for a, b in zip(found, expected, strict=True))
        )
    if isinstance(expected, (int, float)):
        if isinstance(found, Tensor) and found.numel() == 1:
            found = found.item()
        if isinstance(found, (bool, str)) or not hasattr(found, "__float__"):
            return False
        try:
            return abs(float(found) - expected) <= 1e-6 * abs(expected) + 1e-9
        except (TypeError, ValueError, RuntimeError, OverflowError):  # many numbers where one is expected, or too large
            return False
    if isinstance(expected, np.ndarray):
        return (
            isinstance(found, np.ndarray)
            and found.dtype.kind in "biuf"  # others have no tensor
            and same(torch.from_numpy(found), torch.from_numpy(expected))
        )
    if isinstance(expected, nn.Module):
        return isinstance(found, nn.Module) and same(found.state_dict(), expected.state_dict())
    return bool(found is expected or found == expected)


def describe(value: Any) -> str:
    """A value in one short line; a tensor with its type and shape."""
    if isinstance(value, Tensor):
        kind = str(value.dtype).removeprefix("torch.")
        entries = str(_rounded(value.tolist())) if value.numel() <= 12 else "…"
        return f"{kind} tensor of shape {tuple(value.shape)} {entries}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {describe(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, float):
        return f"{value:.6g}"
    try:
        text = repr(value)
    except Exception:  # a whole number of many thousand digits, or a learner's own class
        return f"a value of type {type(value).__name__} that cannot be shown"
    return text if len(text) <= 200 else text[:200] + "…"


def _rounded(entries: Any) -> Any:
    if isinstance(entries, list):
        return [_rounded(entry) for entry in entries]
    return float(f"{entries:.6g}") if isinstance(entries, float) else entries


def hint(name: str) -> None:
    """Print the next hint of an exercise; after the last one, the last again.

    Raises:
        ValueError: no exercise has that name (the message lists them).
    """
    hints = _find(name).hints
    given = _progress().get(name, {}).get("hints", 0)
    position = min(given, len(hints) - 1)
    _note(name, hints=position + 1)
    say(f"Hint {position + 1} of {len(hints)} for {name}: {hints[position]}")


def progress() -> None:
    """Print which exercises have passed on this machine, notebook by notebook."""
    done = _progress()
    for notebook, exercises in _exercises().items():
        for name in exercises:
            state = "passed" if done.get(name, {}).get("passed") else "to do"
            say(f"{notebook.removeprefix('nb')}  {state:6}  {name}")


def _exercises() -> dict[str, dict[str, Exercise]]:
    modules = {notebook: import_module(f"{__name__}.{notebook}") for notebook in NOTEBOOKS}
    return {
        notebook: {entry.name: entry for entry in vars(module).values() if isinstance(entry, Exercise)}
        for notebook, module in modules.items()
    }


def _find(name: str) -> Exercise:
    everything = {key: entry for exercises in _exercises().values() for key, entry in exercises.items()}
    if name not in everything:
        raise ValueError(f"no exercise is called {name!r}; there are {', '.join(everything)}")
    return everything[name]


def _progress_file() -> Path:
    return storage.cache_dir() / "progress.json"


_unwritten: dict[str, dict[str, Any]] = {}  # progress that no file could take: it lasts as long as the kernel


def _progress() -> dict[str, dict[str, Any]]:
    try:
        kept = json.loads(_progress_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # absent, not to be read, or damaged
        kept = {}
    known = kept.items() if isinstance(kept, dict) else ()
    sound = {name: facts for name, facts in known if isinstance(facts, dict) and _is_count(facts.get("hints", 0))}
    return sound | {name: sound.get(name, {}) | facts for name, facts in _unwritten.items()}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


def _note(name: str, **facts: Any) -> None:
    kept = _progress()
    kept[name] = kept.get(name, {}) | facts
    _unwritten[name] = kept[name]
    with storage.if_possible():
        storage.write_json(_progress_file(), kept)
        _unwritten.clear()


def __getattr__(name: str) -> Any:
    """Load ``checks.nb02`` and its like when first asked for."""
    if name in NOTEBOOKS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"no checks called {name!r}; there are {', '.join(NOTEBOOKS)}")
