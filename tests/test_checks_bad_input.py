"""Whatever an answer does, every exercise's check says something clear about it, and the notebook goes on."""

import importlib
import time

import pytest

from lth_teach.lab import checks

pytestmark = pytest.mark.usefixtures("own_progress")

EXERCISES = [exercise for exercises in checks._exercises().values() for exercise in exercises.values()]


class Strange:
    """A result that nothing can be done with."""

    def __repr__(self):
        raise RuntimeError("no text")


def raises(*_):
    raise KeyError("weight")


def endless(*_):
    while True:
        pass


def chatty(*_):
    print("I am here")
    return "an answer"


def unwritten(*_):
    raise NotImplementedError("this exercise is not written yet")


@pytest.fixture(scope="module", autouse=True)
def compiler_loaded():
    """Torch loads it at the first Jacobian or optimizer of a process: seconds that no answer is to be blamed for."""
    importlib.import_module("torch._dynamo")


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (raises, "KeyError: 'weight'"),
        (unwritten, "It is not written yet"),
        (endless, "no result after 0.05 s. A loop that never ends?"),
        (lambda *_: None, "not yet"),
        (lambda *_: Strange(), "not yet"),
        (lambda: 1, "TypeError"),
        (chatty, "not yet"),
        ("an answer", "Expected a function, found 'an answer'"),
        (None, "Expected a function, found None"),
    ],
    ids=["raises", "unwritten", "endless", "none", "strange", "no-arguments", "chatty", "text", "nothing"],
)
def test_a_bad_answer_is_told_so(exercise, attempt, message, capsys, monkeypatch):
    monkeypatch.setattr(checks, "TIME_LIMIT", 0.05 if attempt is endless else 5)
    started = time.process_time()  # of this process alone: other workers share the cores
    assert exercise(attempt) is False
    assert time.process_time() - started < 3
    told = capsys.readouterr()
    assert told.out.startswith(f"{exercise.name}: not yet.\n")
    assert message in told.out
    assert "I am here" not in told.out.partition("Your function printed:")[0]
    assert told.err == ""


def test_every_exercise_has_a_name_of_its_own_and_hints():
    assert len({exercise.name for exercise in EXERCISES}) == len(EXERCISES)
    for exercise in EXERCISES:
        assert 2 <= len(exercise.hints) <= 3
