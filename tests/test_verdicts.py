"""The rule that turns seeds into a word, and the table that shows it. Oracles: SciPy's interval; counts by hand."""

import importlib
import pkgutil
import re
from collections import Counter
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lth_teach import experiments
from lth_teach.experiments import archive, claims, imp_lemma, verdicts
from lth_teach.experiments.claims import (
    BETTER,
    CONDITION,
    CONFIDENCE,
    COURSE_CASES,
    FAILS,
    HOLDS,
    KEEPS_UP,
    MUCH_BETTER,
    MUCH_WORSE,
    OPEN,
    OURS,
    WORSE,
    Claim,
    Condition,
    Exact,
    arms,
    by_prune_rate,
    judge,
    select,
)

SEEDS = range(1_000, 1_016)


def spread(mean, width=0.002):
    """Sixteen accuracies around a mean, symmetric and all different."""
    return mean + width * np.linspace(-1, 1, len(SEEDS))


def rows_of(case, **accuracies):
    """The rows of one case: for each arm its sixteen accuracies."""
    return [
        {"data": case, "seed": seed, "arm": arm, "density": 0.1074, "accuracy": accuracy}
        for arm, values in accuracies.items()
        for seed, accuracy in zip(SEEDS, values, strict=False)
    ]


def table(**cases):
    """A table of rows: for each case the mean accuracy of a random mask beside tickets of 80 %."""
    return pd.DataFrame(
        [row for name, mean in cases.items() for row in rows_of(name, ticket=spread(0.8), random=spread(mean)[::-1])]
    )


def claim(*names, margin=WORSE, section="5.3", **changes):
    cases = {name: {"data": name, "density": 0.1074} for name in names}
    settings = {
        "key": "02-random-mask",
        "section": section,
        "sentence": "“Randomly prune … worse <than> a ticket & more”",
        "tested": "a random mask against the ticket",
        "contrast": arms("random", "ticket"),
        "margin": margin,
        "cases": cases,
    }
    return Claim(**(settings | changes))


GOOD, BAD, UNSURE = 0.75, 0.80, 0.79  # means of the random mask: worse by 5, by 0, and by just the margin


@pytest.mark.parametrize(
    ("means", "word", "outcomes"),
    [
        ([GOOD, GOOD], HOLDS, [HOLDS, HOLDS]),
        ([BAD, BAD], FAILS, [FAILS, FAILS]),
        ([GOOD, BAD], CONDITION, [HOLDS, FAILS]),
        ([GOOD, UNSURE], OPEN, [HOLDS, OPEN]),
        ([BAD, UNSURE], OPEN, [FAILS, OPEN]),
        ([UNSURE, UNSURE], OPEN, [OPEN, OPEN]),
        ([GOOD, UNSURE, BAD], CONDITION, [HOLDS, OPEN, FAILS]),
        ([GOOD], HOLDS, [HOLDS]),
    ],
)
def test_the_word_follows_from_the_cases_by_rule(means, word, outcomes):
    names = [f"case {number}" for number in range(len(means))]
    rows = table(**dict(zip(names, means, strict=True)))
    found, cases = judge(claim(*names), rows)
    assert found == word
    assert [case.outcome for case in cases] == outcomes
    assert [case.name for case in cases] == names

    ours, cases = judge(claim(*names, section=""), rows)
    assert ours == {HOLDS: "yes", FAILS: "no", CONDITION: "in some cases", OPEN: "not decided"}[word]
    assert [case.outcome for case in cases] == outcomes


@pytest.mark.parametrize(
    ("margin", "holding", "failing"),
    [  # accuracies of the random mask beside a ticket of 80 %
        (KEEPS_UP, 0.795, 0.785),
        (BETTER, 0.815, 0.805),
        (WORSE, 0.785, 0.795),
        (MUCH_BETTER, 0.865, 0.845),
        (MUCH_WORSE, 0.735, 0.755),
    ],
)
def test_each_margin_lies_where_its_words_say(margin, holding, failing):
    assert judge(claim("a", margin=margin), table(a=holding))[0] == HOLDS
    assert judge(claim("a", margin=margin), table(a=failing))[0] == FAILS


@pytest.mark.parametrize(
    ("ticket", "random", "word"),
    [
        (0.90, 0.84, HOLDS),  # 6 points, and 16 % errors instead of 10
        (0.97, 0.94, FAILS),  # twice the errors, but 3 points
        (0.50, 0.44, FAILS),  # 6 points, but 56 % errors instead of 50
        (0.50, 0.375, OPEN),  # just five quarters of the errors
        (0.90, 0.85, OPEN),  # just five points
    ],
)
def test_much_worse_needs_the_points_and_the_errors(ticket, random, word):
    rows = pd.DataFrame(rows_of("a", ticket=spread(ticket), random=spread(random)[::-1]))
    assert judge(claim("a", margin=MUCH_WORSE), rows)[0] == word


@pytest.mark.parametrize(("first", "word"), [(0.96, FAILS), (0.99, HOLDS), (0.91, FAILS)])
def test_much_better_needs_both_too(first, word):
    """Beside 90 %: 6 points and 40 % of the errors hold; 9 points hold; 1 point does not."""
    rows = pd.DataFrame(rows_of("a", ticket=spread(0.9), random=spread(first)[::-1]))
    assert judge(claim("a", margin=MUCH_BETTER), rows)[0] == (HOLDS if first >= 0.96 else word)


def test_the_interval_is_that_of_one_case_in_240_paired_by_seed():
    numbers = np.random.default_rng(0)
    ticket, random = 0.8 + 0.01 * numbers.standard_normal((2, len(SEEDS)))
    rows = pd.DataFrame(rows_of("a", ticket=ticket, random=random)).sample(frac=1, random_state=0)
    effect = judge(claim("a"), rows)[1][0].effect
    difference = 100 * (random - ticket)
    low, high = stats.t.interval(1 - 0.05 / 240, len(SEEDS) - 1, difference.mean(), stats.sem(difference))
    assert (effect.mean, effect.low, effect.high) == pytest.approx((difference.mean(), low, high), rel=1e-9)
    assert effect.n == 16


def test_one_seed_decides_nothing():
    rows = table(a=0.5)
    word, (case,) = judge(claim("a"), rows[rows["seed"] == 1_000])
    assert (word, case.effect.n, case.effect.low) == (OPEN, 1, None)


def without(arm, seed):
    return lambda rows: rows[(rows["arm"] != arm) | (rows["seed"] != seed)]


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        (without("random", 1_003), "15 and 16 rows"),
        (without("ticket", 1_015), "16 and 15 rows"),
        (lambda rows: rows[rows["arm"] == "ticket"], "0 and 16 rows"),
        (lambda rows: rows[rows["data"] != "a"], "0 and 0 rows"),
        (lambda rows: pd.concat([rows, rows]), "32 and 32 rows"),
        (lambda rows: rows.assign(seed=rows["seed"] + (rows["arm"] == "random")), "16 and 16 rows"),
    ],
)
def test_arms_of_other_seeds_are_refused(change, counts):
    with pytest.raises(ValueError, match=f"02-random-mask, case a: needs one row a seed and arm.*found {counts}"):
        judge(claim("a"), change(table(a=GOOD, b=GOOD)))


def test_a_density_is_selected_to_three_percent_and_the_dense_network_beside_it():
    rows = pd.DataFrame({"density": [1.0, 0.2622, 0.1100, 0.1074, 0.1050, 0.1110, 0.1030], "data": "a"})
    assert list(select(rows, density=0.1074)["density"]) == [1.0, 0.11, 0.1074, 0.105]
    assert list(select(rows, density=0.2621, data="a")["density"]) == [1.0, 0.2622]
    assert select(rows, data="b").empty


def test_two_prune_rates_are_compared_by_their_tickets_alone():
    parts = {("ticket", 0.36): 0.8, ("ticket", 0.8926): 0.7, ("dense", 0.36): 0.9, ("dense", 0.8926): 0.9}
    rows = pd.DataFrame(
        [
            {"seed": seed, "arm": arm, "prune_rate": rate, "accuracy": accuracy}
            for (arm, rate), accuracy in parts.items()
            for seed in SEEDS
        ]
    )
    first, second = by_prune_rate(0.8926, 0.36)(rows)
    assert (set(first), set(second)) == ({0.7}, {0.8})
    assert list(first.index) == list(second.index) == list(SEEDS)


@pytest.mark.parametrize("bounds", [{}, {"above": 0.0, "below": 1.0}])
def test_a_condition_has_exactly_one_bound(bounds):
    with pytest.raises(ValueError, match="exactly one of above and below"):
        Condition(lambda first, second: first - second, "points", **bounds)


def effect_at_the_margin(draws):
    """A claim of so many cases whose effect is one point below for sure, which is the margin itself."""
    numbers = np.random.default_rng(1)

    def contrast(rows):
        first, second = 0.01 * numbers.standard_normal((2, len(SEEDS)))
        return pd.Series(0.79 + first, SEEDS), pd.Series(0.8 + second, SEEDS)

    return claim(contrast=contrast, cases={str(draw): {} for draw in range(draws)})


@pytest.mark.parametrize("confidence", [0.95, CONFIDENCE])
def test_a_false_word_is_as_rare_as_the_interval_says(monkeypatch, confidence):
    """An effect at the margin: neither word is right, so both together come in 1 − confidence of the cases."""
    monkeypatch.setattr(claims, "CONFIDENCE", confidence)
    draws = 2_000
    found = Counter(case.outcome for case in judge(effect_at_the_margin(draws), pd.DataFrame({"seed": []}))[1])
    wrong = found[HOLDS] + found[FAILS]
    low, high = stats.binom.interval(0.999, draws, 1 - confidence)
    assert low <= wrong <= high, found
    if confidence == 0.95:  # either side its half
        assert stats.binomtest(found[HOLDS], wrong).pvalue > 0.001


def test_the_confidence_is_that_of_240_cases():
    assert pytest.approx(1 - 0.05 / 240) == CONFIDENCE
    assert COURSE_CASES == 240


def chapters():
    """Every experiment of the course."""
    names = [module.name for module in pkgutil.iter_modules(experiments.__path__)]
    found = [importlib.import_module(f"lth_teach.experiments.{name}") for name in names]
    return [module for module in found if hasattr(module, "SETTINGS")]


def test_the_course_has_at_most_240_cases_and_its_keys_are_unique():
    everything = [one for module in [*chapters(), imp_lemma] for one in module.CLAIMS]
    assert 0 < sum(len(one.cases) for one in everything if isinstance(one, Claim)) <= COURSE_CASES
    assert max(Counter(one.key for one in everything).values()) == 1


def test_every_chapter_is_an_experiment_that_the_archive_knows():
    assert [archive.chapter(module.__name__.rpartition(".")[2]) for module in chapters()] == chapters()


@pytest.mark.parametrize(
    ("module", "key", "wanted"),
    [
        pytest.param(module, one.key, wanted, id=f"{one.key}: {name}")
        for module in chapters()
        for one in module.CLAIMS
        if isinstance(one, Claim)
        for name, wanted in one.cases.items()
    ],
)
def test_each_case_is_one_of_the_settings_that_the_archive_makes(module, key, wanted):
    """A case names columns of the settings, or columns of the rows: those that every row has, or the chapter's own."""
    in_rows = {"arm", "level", "density", "trainings", "prune_rate"} | columns(module)
    fitting = [
        setting
        for setting in module.SETTINGS
        if all(setting[column] == value if column in setting else column in in_rows for column, value in wanted.items())
    ]
    assert fitting
    assert isinstance(module.SEEDS, int) or fitting[0]["budget"] in module.SEEDS
    left_open = {column for column in fitting[0] if len({setting[column] for setting in fitting}) > 1}
    assert left_open == ({"labels"} if key == "10-random-labels" else set())  # the one claim that compares settings


def columns(module):
    """Those of a chapter's archive; none while it is being made."""
    try:
        return set(archive.load(module.__name__.rpartition(".")[2]))
    except archive.NotInArchive:
        return set()


# ---- the table


class Cells(HTMLParser):
    """The tags in their order, and the text of each cell, a line break as a new line."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.cells, self.head, self.notes = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes).get("scope")))
        if tag == "br":
            self.into[-1] += "\n"
        self.into = {"td": self.cells, "th": self.head, "p": self.notes}.get(tag, getattr(self, "into", []))
        if tag in ("td", "th", "p"):
            self.into.append("")

    def handle_data(self, data):
        if data.strip():
            self.into[-1] += data


@pytest.fixture
def shown():
    rows = table(a=GOOD, b=BAD, c=UNSURE)
    ours = claim("a", "c", section="", key="02-ours", sentence="Is it worse?", margin=MUCH_WORSE)
    exact = Exact("02-count", "5.3", "2 + 2 = 4.", "by counting", lambda: 2 + 2 == 4)
    return verdicts.verdicts([claim("a", "b"), ours, exact], rows)


def test_the_table_in_html(shown):
    html = shown._repr_html_()
    found = Cells(html)
    assert found.head == ["it says (§)", "we tested", "effect", "verdict"]
    assert [scope for tag, scope in found.tags if tag == "th"] == ["col"] * 4
    assert {tag for tag, _ in found.tags} == {"table", "thead", "tbody", "tr", "th", "td", "br", "p"}
    assert found.cells[:4] == [
        "“Randomly prune … worse <than> a ticket & more” (§ 5.3)",
        "a random mask against the ticket: worse?",
        "a: −5.0 [−5.3, −4.7] points, n = 16 ✓ holds\nb: 0.0 [−0.3, +0.3] points, n = 16 ✗ does not hold",
        "holds with a condition",
    ]
    assert found.cells[4:8] == [
        "Is it worse? (ours)",
        "a random mask against the ticket: much worse?",
        "a: −5.0 [−5.3, −4.7] points and 0.0 [−0.3, +0.3] points of error beyond 5/4, n = 16 ? not decided\n"
        "c: −1.0 [−1.3, −0.7] points and −4.0 [−4.3, −3.7] points of error beyond 5/4, n = 16 ✗ no",
        "not decided",
    ]
    assert found.cells[8:] == ["2 + 2 = 4. (§ 5.3)", "by counting", "exact", "holds"]
    assert "color" not in html
    assert "<than>" not in html


def test_below_the_table_stands_how_sure_it_is_and_what_the_words_mean(shown):
    assert Cells(shown._repr_html_()).notes == [
        "16 seeds a case; intervals at 99.979 % each, so that all 240 cases of the course together are right with "
        "95 %; margins are the course's and were fixed, with these sentences, before this archive was made",
        "worse: more than 1 point below",
        "much worse: more than 5 points below, with more than five quarters of the errors",
    ]


def test_the_plain_text_says_the_same_in_80_columns(shown):
    text = repr(shown)
    assert max(map(len, text.splitlines())) <= 80
    found = Cells(shown._repr_html_())
    words = [*(cell for cell in found.cells), *found.notes]
    plain = re.sub(r"\s+", " ", re.sub(r"(?m)^(it says \(§\)|we tested|effect|verdict) +", "", text))
    assert plain.strip() == re.sub(r"\s+", " ", " ".join(words))
    assert text.splitlines()[0] == "it says (§)  “Randomly prune … worse <than> a ticket & more” (§ 5.3)"


def test_seeds_that_differ_between_cases_and_a_case_of_one_seed_are_told():
    rows = table(a=GOOD, b=GOOD)
    rows = rows[(rows["data"] == "a") | (rows["seed"] == 1_000)]
    text = repr(verdicts.verdicts([claim("a", "b")], rows))
    assert "b: −4.6 points, n = 1, so no interval ? not decided" in text
    assert "1 to 16 seeds a case" in text


def test_a_table_of_theorems_needs_neither_rows_nor_notes():
    false = Exact("02-count", "5.3", "2 + 2 = 5.", "by counting", lambda: 2 + 2 == 5)
    shown = verdicts.verdicts([false])
    assert (shown.lines[0].word, shown.notes) == (FAILS, ())
    assert repr(shown).splitlines()[-1] == "verdict      does not hold"


@pytest.mark.parametrize(("true", "word"), [(True, "yes"), (False, "no")])
def test_a_count_that_is_our_own_question_is_answered_by_yes_or_no(true, word):
    ours = Exact("02-count", "", "Is 2 + 2 = 4?", "by counting", lambda: true)
    (line,) = verdicts.verdicts([ours]).lines
    assert (line.says, line.word) == ("Is 2 + 2 = 4? (ours)", word)


def test_a_measured_claim_without_rows_is_refused():
    with pytest.raises(ValueError, match="02-random-mask was measured, so verdicts needs the rows of its archive"):
        verdicts.verdicts([claim("a")])


def test_no_claims_are_refused():
    with pytest.raises(ValueError, match="at least one claim"):
        verdicts.verdicts([], pd.DataFrame())


def test_every_outcome_has_a_mark_and_a_word_for_our_own_questions():
    assert set(verdicts.MARKS) == {HOLDS, FAILS, OPEN}
    assert set(OURS) == {HOLDS, FAILS, CONDITION, OPEN}
    assert FAILS not in OURS.values()
