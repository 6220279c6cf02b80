"""Answers to the exercises of a chapter: the submissions that its markers see, and what is asked of every chapter."""

import inspect
import runpy
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest


def submissions(notebook: str) -> list[type]:
    """The classes in tests/submissions/<notebook>.py: wrong functions, what each ``says`` and the ``points`` left."""
    made = runpy.run_path(str(Path(__file__).parent / "submissions" / f"{notebook}.py")).values()
    return [one for one in made if inspect.isclass(one) and hasattr(one, "says")]


def each_submission(notebook: str) -> pytest.MarkDecorator:
    """One test for each of them, as ``made``."""
    return pytest.mark.parametrize("made", submissions(notebook), ids=lambda made: made.__name__)


def told_why_and_given_what_it_earns(
    made: type, checks: ModuleType, points: Mapping[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its wrong answers fail, each with its message; the course's own stand for those that it lacks, and pass."""
    assert set(made.says) == {name for name in points if hasattr(made, name)}
    earned = 0
    for name, worth in points.items():
        exercise = getattr(checks, name)
        passed = exercise(vars(made).get(name, exercise.solution))
        assert passed is (name not in made.says), name
        assert made.says.get(name, f"{name}: passed") in capsys.readouterr().out
        earned += worth * passed
    assert earned == made.points


def the_courses_own_pass(checks: ModuleType, points: Mapping[str, int]) -> None:
    """They pass their checks, and stand in for an answer that does not."""
    for name in points:
        exercise = getattr(checks, name)
        assert exercise(exercise.solution)
        assert exercise.or_ours(lambda *_: None) is exercise.solution
