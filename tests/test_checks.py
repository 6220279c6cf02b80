"""The machinery of the exercises' checks; each notebook's own checks have tests of their own."""

import contextlib
import io
import json
import os
import re
import sys
import time
import warnings

import numpy as np
import pytest
import torch

from lth_teach import models
from lth_teach.lab import checks
from lth_teach.lab.checks import Wrong, describe, exercise, expect, same


@exercise("Look at the rate.", "Multiply.", "return 2 * x")
def doubled(attempt):
    for x in (1, 2.5):
        expect(attempt, [x], 2 * x, [("you squared it.", lambda x: x**2), ("you halved it.", lambda x: x / 2)])
    return 2


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and a course whose only exercise is ``doubled``."""
    monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path))
    monkeypatch.setattr(checks, "_exercises", lambda: {"nb00": {"doubled": doubled, "tripled": doubled}})
    return tmp_path


def why(attempt, arguments=(3,), expected=6, **settings):
    """What the learner is told of a wrong attempt."""
    with pytest.raises(Wrong) as told:
        expect(attempt, list(arguments), expected, **settings)
    return str(told.value)


# What an attempt is told


def test_a_right_answer_passes_and_counts_its_cases(cache, capsys):
    assert doubled(lambda x: 2 * x)
    assert capsys.readouterr().out == "doubled: passed (2 cases).\n"


def test_a_wrong_answer_shows_input_expected_found_and_the_likely_mistake(cache, capsys):
    assert not doubled(lambda x: x * x)
    out = capsys.readouterr().out
    assert out.startswith("doubled: not yet.\n  input     1\n  expected  2\n  found     1\nLikely: you squared it.\n")
    assert "checks.hint('doubled')" in out


def test_a_wrong_answer_that_nobody_foresaw_gets_no_explanation(cache, capsys):
    doubled(lambda x: 17)
    assert "Likely" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "found", ["6", [6], {"x": 6}, torch.ones(3), np.ones(3), 6j, True, float("nan"), (6, 6), np.array([None]), 10**400]
)
def test_a_wrong_type_is_shown_not_a_crash(found):
    assert f"found     {describe(found)}" in why(lambda x: found)


def test_a_wrong_shape_is_shown():
    told = why(lambda x: torch.zeros(3, 2), expected=torch.zeros(2, 3))
    assert "expected  float32 tensor of shape (2, 3)" in told
    assert "found     float32 tensor of shape (3, 2)" in told


def test_a_result_that_cannot_be_printed_is_no_crash():
    assert "a value of type int that cannot be shown" in why(lambda x: 10**5_000)


def test_an_exception_is_shown():
    assert "found     ZeroDivisionError: division by zero" in why(lambda x: 1 / 0)


def test_a_known_mistake_that_crashes_on_this_input_is_not_the_one():
    told = why(lambda x: 7, [0], 6, mistakes=[("you divided.", lambda x: 1 / x), ("one too many.", lambda x: 7)])
    assert told.endswith("found     7\nLikely: one too many.")
    for error in (TypeError, ValueError, RuntimeError, IndexError, OverflowError):

        def broken(x, error=error):
            raise error

        assert "Likely" not in why(lambda x: 7, mistakes=[("this cannot be.", broken)])


def test_no_result_is_asked_about():
    assert "found     None\nDoes your function return its result?" in why(lambda x: None)


def test_an_answer_that_is_no_function_is_told_so():
    assert why(6) == "Expected a function, found 6."


@pytest.mark.parametrize("argument", [torch.ones(2), {"w": torch.ones(2)}, [torch.ones(2)], np.ones(2)])
def test_changing_the_arguments_is_not_right(argument):
    def attempt(x):
        (x["w"] if isinstance(x, dict) else x)[0] = torch.tensor([5.0, 5.0]) if isinstance(x, list) else 5
        return 6

    assert "the right answer, but your function changed its arguments" in why(attempt, [argument])
    expect(lambda x: 6, [argument], 6)


def endless(x):
    while True:
        pass


def stubborn(x):
    while True:
        with contextlib.suppress(Exception):
            sum(range(1000))


@pytest.mark.parametrize("attempt", [endless, stubborn])
def test_an_attempt_that_never_ends_is_stopped_and_told_so(attempt, monkeypatch):
    monkeypatch.setattr(checks, "TIME_LIMIT", 0.1)
    started = time.monotonic()
    assert why(attempt).endswith("expected  6\n  found     no result after 0.1 s. A loop that never ends?")
    assert time.monotonic() - started < 1


def test_one_that_cannot_be_stopped_is_left_behind(monkeypatch):
    monkeypatch.setattr(checks, "TIME_LIMIT", 0.1)
    started = time.monotonic()
    assert "It could not be stopped" in why(lambda x: time.sleep(4))
    assert time.monotonic() - started < 3


def test_an_attempt_cannot_end_the_notebook():
    assert "found     RuntimeError: SystemExit was raised" in why(lambda x: sys.exit())


def test_what_an_attempt_prints_stands_below_the_message(cache, capsys):
    def chatty(x):
        print("x is", x)
        print("careful", file=sys.stderr)
        return 7

    told = why(chatty)
    assert told.endswith("found     7\nYour function printed:\nx is 3\ncareful")
    assert why(lambda x: print("-" * 1000)).endswith("Your function printed:\n" + "-" * 500 + "…")
    assert capsys.readouterr() == ("", "")


def test_a_right_answer_that_prints_passes_without_noise(cache, capsys):
    def chatty(x):
        print("x is", x, file=sys.stderr)
        return 2 * x

    assert doubled(chatty)
    assert capsys.readouterr() == ("doubled: passed (2 cases).\n", "")


def test_a_model_can_be_an_argument():
    model = models.mlp(2, 3, seed=0)
    expect(lambda model: 6, [model], 6)
    assert "changed its arguments" in why(lambda model: model[0].weight.data.zero_() is None or 6, [model])
    assert model[0].weight.any()  # the attempt got a copy


def test_an_attempt_cannot_spoil_the_next_case():
    given = {"w": torch.ones(2)}
    why(lambda masks: masks.clear(), [given])
    assert list(given) == ["w"]


def test_long_arguments_can_be_put_in_words():
    assert "input     a big table" in why(lambda x: 0, shown="a big table")


# What counts as the same


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (6.0, 6),
        (torch.tensor(6), 6),
        (np.float32(0.5), 0.5),
        (0.1 + 0.2, 0.3),
        (torch.tensor([1, 2]), torch.tensor([1.0, 2.0])),
        ((1, 2), [1, 2]),
        ({"a": torch.ones(1)}, {"a": torch.ones(1)}),
        (True, True),
        ("yes", "yes"),
        (np.ones(2), np.ones(2)),
    ],
)
def test_same(found, expected):
    assert same(found, expected)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (6.001, 6),
        (1, True),
        (True, 1),
        (torch.tensor([True]), torch.tensor([1.0])),
        (torch.ones(1, 2), torch.ones(2)),
        ([1, 2, 3], [1, 2]),
        ({"a": 1, "b": 2}, {"a": 1}),
        (np.ones(3), np.ones(2)),
        ("1", 1),
        (None, 0),
    ],
)
def test_not_the_same(found, expected):
    assert not same(found, expected)


# Hints and progress


def test_hints_come_one_by_one_and_the_last_stays(cache, capsys):
    for _ in range(4):
        checks.hint("doubled")
    assert capsys.readouterr().out.splitlines() == [
        "Hint 1 of 3 for doubled: Look at the rate.",
        "Hint 2 of 3 for doubled: Multiply.",
        "Hint 3 of 3 for doubled: return 2 * x",
        "Hint 3 of 3 for doubled: return 2 * x",
    ]


def test_a_hint_for_no_exercise_lists_those_there_are(cache):
    with pytest.raises(ValueError, match="no exercise is called 'halved'; there are doubled, tripled"):
        checks.hint("halved")


def test_progress_tells_what_has_passed(cache, capsys):
    doubled(lambda x: x)
    checks.progress()
    assert "passed" not in capsys.readouterr().out
    doubled(lambda x: 2 * x)
    doubled(lambda x: x)  # a pass stays a pass
    capsys.readouterr()
    checks.progress()
    assert capsys.readouterr().out.splitlines() == ["00  passed  doubled", "00  to do   tripled"]


def test_progress_is_kept_in_the_cache_folder_only(cache, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("work")
    monkeypatch.chdir(elsewhere)
    doubled(lambda x: 2 * x)
    checks.hint("doubled")
    assert json.loads((cache / "progress.json").read_text()) == {"doubled": {"passed": True, "hints": 1}}
    assert os.listdir(cache) == ["progress.json"]
    assert os.listdir(elsewhere) == []


def test_a_damaged_progress_file_starts_anew(cache, capsys):
    (cache / "progress.json").write_text("{damaged")
    checks.progress()
    assert "to do   doubled" in capsys.readouterr().out
    assert doubled(lambda x: 2 * x)


def test_every_exercise_has_a_name_of_its_own_and_two_or_three_hints():
    names = [name for exercises in checks._exercises().values() for name in exercises]
    assert len(set(names)) == len(names)
    for exercises in checks._exercises().values():
        assert all(2 <= len(entry.hints) <= 3 for entry in exercises.values())


def test_checks_of_a_notebook_are_loaded_when_asked_for():
    assert checks.nb00.__name__ == "lth_teach.lab.checks.nb00"
    with pytest.raises(AttributeError, match="no checks called 'nb99'; there are nb00"):
        checks.nb99  # noqa: B018


def test_an_answer_not_written_yet_is_told_apart_from_a_wrong_one(capsys):
    def attempt(levels, margin):
        raise NotImplementedError

    assert not checks.nb00.last_that_keeps_up(attempt)
    assert "It is not written yet" in capsys.readouterr().out


def test_a_right_value_of_the_wrong_type_is_called_so():
    with pytest.raises(Wrong, match="The value is right, the type is not: return a bool"):
        expect(lambda: 1, [], True)
    expect(lambda: np.True_, [], True)


@pytest.mark.parametrize(
    ("found", "expected", "told"),
    [
        ([0.1 + 0.2, 1.0], torch.tensor([0.3, 1.0], dtype=torch.double), "return a float64 tensor"),
        (torch.tensor([1.0, 0.0]), torch.tensor([True, False]), "return a bool tensor"),
        ([1.0], np.ones(1), "return an array"),
        ((np.ones(2), 3), (torch.ones(2), 3), "return a float32 tensor as entry 0"),
        ({"a": True, "b": 0.5}, {"a": 1, "b": 0.5}, "return an int for 'a'"),
    ],
)
def test_the_wrong_type_is_found_inside_and_despite_rounding(found, expected, told):
    assert f"The value is right, the type is not: {told}." in why(lambda: found, [], expected)


@pytest.mark.parametrize("found", [[0.4, 1.0], [0.3], 0.3, [[0.3, 1.0]], [None, 1.0], {"a": 0.3}])
def test_another_value_is_not_called_right(found):
    assert "value is right" not in why(lambda: found, [], torch.tensor([0.3, 1.0]))


EXERCISES = [(notebook, name) for notebook, found in checks._exercises().items() for name in found]


@pytest.mark.parametrize(("notebook", "name"), EXERCISES)
def test_every_exercise_has_two_or_three_hints_that_come_one_by_one(notebook, name, own_progress, capsys):
    number = len(checks._exercises()[notebook][name].hints)
    assert number in (2, 3)
    for position in (*range(1, number + 1), number):
        checks.hint(name)
        assert f"Hint {position} of {number} for {name}: " in capsys.readouterr().out


# The course's own answer, and pictures


def twice(x):
    return 2 * x


def open_exercise(**settings):
    return checks.Exercise("doubled", ("one", "two"), doubled.verify, twice, **settings)


def test_an_answer_that_passes_is_used_and_nothing_is_noted(cache, capsys):
    def mine(x):
        print("x is", x)
        return x + x

    assert open_exercise().or_ours(mine) is mine
    assert capsys.readouterr() == ("doubled: the cells below use yours.\n", "")
    assert checks._progress() == {}


@pytest.mark.parametrize("attempt", [lambda x: x**2, lambda x: 1 / 0, None])
def test_for_one_that_does_not_the_courses_own_steps_in(cache, attempt, capsys):
    assert open_exercise().or_ours(attempt) is twice
    told = "doubled: yours does not pass its check yet, so the cells below use the course's own.\n"
    assert capsys.readouterr() == (told, "")
    assert checks._progress() == {}


def test_an_exercise_without_a_solution_has_nothing_to_fall_back_on():
    with pytest.raises(ValueError, match="exercise doubled has no solution of the course's own"):
        doubled.or_ours(twice)


@pytest.fixture
def displayed(monkeypatch, capsys):
    """A kernel that keeps (picture, what was printed before it)."""
    kept = []
    monkeypatch.setattr("IPython.get_ipython", lambda: "a kernel")
    monkeypatch.setattr("IPython.display.display", lambda picture: kept.append((picture, capsys.readouterr().out)))
    return kept


def test_a_picture_comes_before_the_words_whether_it_passes_or_not(cache, displayed, capsys):
    exercise = open_exercise(picture=lambda attempt: f"a picture of {attempt(3)}")
    assert exercise(twice)
    assert not exercise(lambda x: x**2)
    assert displayed == [("a picture of 6", ""), ("a picture of 9", "doubled: passed (2 cases).\n")]
    assert capsys.readouterr().out.startswith("doubled: not yet.")


def test_nothing_is_drawn_where_there_is_nothing_to_draw_or_no_question(cache, displayed, capsys):
    assert open_exercise(picture=lambda attempt: None)(twice)
    open_exercise(picture=lambda attempt: "a picture").or_ours(twice)
    assert displayed == []


def test_a_picture_that_cannot_be_drawn_says_why(cache, displayed, capsys):
    assert not open_exercise(picture=lambda attempt: checks.call(attempt, [3]))(lambda x: 1 / 0)
    assert capsys.readouterr().out.startswith("doubled: not yet.\n  found     ZeroDivisionError")
    assert displayed == []


def test_outside_of_a_notebook_nothing_is_displayed(cache, capsys):
    assert open_exercise(picture=lambda attempt: "a picture")(twice)
    assert capsys.readouterr().out == "doubled: passed (2 cases).\n"


# Without a progress file, and on any screen


right = checks.Exercise("demo", ("one", "two"), lambda attempt: 1)


def test_a_right_answer_counts_where_nothing_can_be_written(no_cache, capsys):
    """nbgrader gives no points for a cell that writes to stderr, where warnings usually go."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = lambda message, *_: print(message, file=sys.stderr)
        assert right(lambda: 1)
        assert right(lambda: 1)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("demo: passed (1 case).") == 2
    assert printed.out.count("nothing can be kept in the cache") == 1


def test_hints_go_on_and_progress_is_known_where_nothing_can_be_written(no_cache, capsys):
    with pytest.warns(UserWarning, match="nothing can be kept in the cache"):
        checks.hint("sparse_training")
    checks.hint("sparse_training")
    checks._note("keep_all", passed=True)
    assert re.findall("Hint . of", capsys.readouterr().out) == ["Hint 1 of", "Hint 2 of"]
    assert checks._progress() == {"sparse_training": {"hints": 2}, "keep_all": {"passed": True}}


@pytest.mark.parametrize(
    "text", ["", "[1, 2]", "3", '{"demo": 3}', '{"sparse_training": {"hints": "many"}}', "[" * 9_999]
)
def test_a_damaged_progress_file_is_begun_anew(own_progress, text, capsys):
    checks._progress_file().write_text(text, encoding="utf-8")
    assert right(lambda: 1)
    checks.hint("sparse_training")
    assert "Hint 1 of" in capsys.readouterr().out
    assert checks._progress() == {"demo": {"passed": True}, "sparse_training": {"hints": 1}}


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", "\\u03b8 \\xd7"), ("cp1252", "\\u03b8 ×"), ("utf-8", "θ ×")])
def test_what_a_screen_cannot_show_is_shown_by_its_code(monkeypatch, own_progress, encoding, shown):
    screen = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", screen)
    wrong = checks.Exercise("demo", (), lambda attempt: checks.expect(attempt, (), "x"))
    assert not wrong(lambda: "θ ×")
    checks.progress()
    screen.flush()
    assert f"found     '{shown}'" in screen.buffer.getvalue().decode(encoding)
