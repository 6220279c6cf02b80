"""The second edition's claims in the ledger's words. Oracle: accuracies that lie far on one side of a margin."""

import pkgutil
from importlib import import_module

import pandas as pd
import pytest

from lth_teach import experiments
from lth_teach.experiments.claims import CONDITION, KEEPS_UP, OPEN, OURS, Claim, Exact, arms
from lth_teach.lab.first_edition import second_edition


def claim(section, *cases):
    """Ticket against dense: keeps up? One case for each data set."""
    chosen = {name: {"data": name} for name in cases}
    return Claim("09-a", section, "“It matches.”", "ticket, dense", arms("ticket", "dense"), KEEPS_UP, chosen)


def rows(seeds=8, **losses):
    """Accuracies of both arms in each data set, the ticket's lower by so many points, give or take a little."""
    return pd.DataFrame(
        {"data": data, "seed": seed, "arm": arm, "accuracy": 0.8 - (arm == "ticket") * (points + 0.01 * seed) / 100}
        for data, points in losses.items()
        for seed in range(seeds)
        for arm in ("ticket", "dense")
    )


@pytest.mark.parametrize(
    ("losses", "word", "verdict"),
    [
        ({"a": 0, "b": 0}, "holds", "supported"),
        ({"a": 9, "b": 9}, "does not hold", "refuted"),
        ({"a": 0, "b": 9}, "holds with a condition", "refined"),
        ({"a": 0, "b": 0.97}, "not decided", "undecided"),
    ],
)
def test_a_word_of_the_archive_is_one_of_the_ledgers(losses, word, verdict):
    found = second_edition.word(claim("5.1", "a", "b"), rows(**losses))
    assert (found, second_edition.VERDICTS[found]) == (word, verdict)


@pytest.mark.parametrize(("losses", "word", "verdict"), [({"a": 0}, "yes", "supported"), ({"a": 9}, "no", "refuted")])
def test_a_question_of_ours_is_answered_by_yes_or_no(losses, word, verdict):
    found = second_edition.word(claim("", "a"), rows(**losses))
    assert (found, second_edition.VERDICTS[found]) == (word, verdict)
    assert second_edition.VERDICTS[OURS[CONDITION]] == second_edition.VERDICTS[CONDITION] == "refined"


def test_one_seed_decides_nothing():
    assert second_edition.word(claim("5.1", "a"), rows(seeds=1, a=0)) == OPEN


def test_a_count_needs_no_rows_and_a_measurement_does():
    assert second_edition.word(Exact("11-a", "6.4", "one is two", "counted", lambda: False)) == "does not hold"
    with pytest.raises(ValueError, match="09-a was measured"):
        second_edition.word(claim("5.1", "a"))


def test_every_chapter_with_claims_is_gathered():
    modules = [
        import_module(f"{experiments.__name__}.{found.name}") for found in pkgutil.iter_modules(experiments.__path__)
    ]
    there = {one.key for module in modules for one in getattr(module, "CLAIMS", ())}
    assert {one.key for claims in second_edition.CHAPTERS.values() for one in claims} == there


def test_the_table_goes_chapter_by_chapter():
    table = second_edition.gather()
    chapters = table["key"].str.partition("-")[0].tolist()
    assert chapters == sorted(chapters)
    assert table["key"].is_unique
    assert table["verdict"].tolist() == [second_edition.VERDICTS[word] for word in table["word"]]
