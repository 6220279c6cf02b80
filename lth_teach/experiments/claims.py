"""Claims: a sentence, the contrast that tests it, a margin of the course's, and the word that follows by rule.

A chapter's claims are fixed, in a commit, before the seeds of its archive are drawn. Margins are the course's: whoever
needs another one adds it to the list below, in a commit of its own, before the seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..replicates import Interval, interval

if TYPE_CHECKING:
    import pandas as pd

    Accuracies = tuple[pd.Series, pd.Series]  # of two arms, fractions, by seed

COURSE_CASES = 240  # the most that the course may have
CONFIDENCE = 1 - 0.05 / COURSE_CASES  # of each case, so that all of them are right with 95 % (Bonferroni)

HOLDS, FAILS, CONDITION, OPEN = "holds", "does not hold", "holds with a condition", "not decided"
OURS = {HOLDS: "yes", FAILS: "no", CONDITION: "in some cases", OPEN: OPEN}  # a question of ours cannot be wrong


@dataclass(frozen=True)
class Condition:
    """An effect of the first arm against the second, and the one bound that its whole interval must clear."""

    effect: Callable[[pd.Series, pd.Series], pd.Series]
    unit: str
    above: float | None = None
    below: float | None = None

    def __post_init__(self) -> None:
        if (self.above is None) == (self.below is None):
            raise ValueError(f"give exactly one of above and below, got above={self.above}, below={self.below}")

    def outcome(self, found: Interval) -> str:
        """Holds, does not hold, or not decided: the interval contains the bound, or there is none."""
        if found.low is None or found.high is None:
            return OPEN
        if self.above is not None:
            return HOLDS if found.low > self.above else FAILS if found.high < self.above else OPEN
        return HOLDS if found.high < self.below else FAILS if found.low > self.below else OPEN  # type: ignore[operator]


@dataclass(frozen=True)
class Margin:
    """What a word of the text means, in numbers; all its conditions must hold.

    Attributes:
        word, says, why: how the text puts it, the numbers, and the reason for them.
        conditions: the first one's effect is the one that is shown.
    """

    word: str
    says: str
    why: str
    conditions: tuple[Condition, ...]


def _points(first: pd.Series, second: pd.Series) -> pd.Series:
    return 100 * (first - second)


def _percent(first: pd.Series, second: pd.Series) -> pd.Series:
    return 100 * (first / second - 1)


def _errors_beyond(share: float) -> Callable[[pd.Series, pd.Series], pd.Series]:
    """Points of error by which the first exceeds so many times the second's errors."""
    return lambda first, second: 100 * ((1 - first) - share * (1 - second))


SPREAD = "about the spread over seeds of one dense network"
NOTICED = "what a reader would notice without a table"
KEEPS_UP = Margin("keeps up", "not more than 1 point below", SPREAD, (Condition(_points, "points", above=-1.0),))
BETTER = Margin("better", "more than 1 point above", SPREAD, (Condition(_points, "points", above=1.0),))
WORSE = Margin("worse", "more than 1 point below", SPREAD, (Condition(_points, "points", below=-1.0),))
MUCH_BETTER = Margin(
    "much better",
    "more than 5 points above, with less than three quarters of the errors",
    NOTICED,
    (Condition(_points, "points", above=5.0), Condition(_errors_beyond(0.75), "points of error beyond 3/4", below=0.0)),
)
STABLE = Margin(
    "stable",
    "an error barrier below 2 points",
    "Frankle et al. 2020 (1912.05671), section 3",
    (Condition(_points, "points of error", below=2.0),),
)
MUCH_WORSE = Margin(
    "much worse",
    "more than 5 points below, with more than five quarters of the errors",
    NOTICED,
    (
        Condition(_points, "points", below=-5.0),
        Condition(_errors_beyond(1.25), "points of error beyond 5/4", above=0.0),
    ),
)
FASTER = Margin(
    "faster",
    "fixed loss reached in less than 0.8 of the steps",
    "a fifth of the training",
    (Condition(_percent, "% steps", below=-20.0),),
)
FURTHER = Margin(
    "moves further",
    "more than a tenth further than weights at random, as many of each layer",
    "ten times what one random mask differs from another",
    (Condition(_percent, "%", above=10.0),),
)


@dataclass(frozen=True)
class Claim:
    """A measured claim.

    Attributes:
        key: short and unique, such as "02-random-mask".
        section: of the document; empty for a question of ours.
        sentence: the document's words in quotation marks, or our paraphrase of them, or our question.
        tested: what was measured, in a few words.
        contrast: from the rows of one case to the accuracies of two arms, by seed.
        margin: one of the course's.
        cases: name → columns and their values, which select the rows; fixed beforehand.
    """

    key: str
    section: str
    sentence: str
    tested: str
    contrast: Callable[[pd.DataFrame], Accuracies]
    margin: Margin
    cases: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Exact:
    """A theorem, a formula or a count: settled by a proof on the page, or by a counter-example that runs.

    Attributes:
        section, sentence: as of a :class:`Claim`.
        settled: computes whether the sentence is true.
        how: the proof or the counter-example in a few words.
    """

    key: str
    section: str
    sentence: str
    how: str
    settled: Callable[[], bool]

    def word(self) -> str:
        """Holds or does not hold; for a question of ours, yes or no."""
        word = HOLDS if self.settled() else FAILS
        return word if self.section else OURS[word]


@dataclass(frozen=True)
class Case:
    """What one case gave: the effect of the first condition, those of the others, and the outcome over all of them."""

    name: str
    effect: Interval
    unit: str
    outcome: str
    also: tuple[tuple[Interval, str], ...] = ()


def judge(claim: Claim, rows: pd.DataFrame) -> tuple[str, list[Case]]:
    """The word for a claim, with what each of its cases gave.

    All cases hold: holds. All fail: does not hold. Some of each: holds with a condition. Else: not decided.

    Raises:
        ValueError: a case that selects no rows, or two arms that have not the same seeds.
    """
    cases = [_case(claim, name, rows, wanted) for name, wanted in claim.cases.items()]
    outcomes = {case.outcome for case in cases}
    if len(outcomes) == 1:
        word = outcomes.pop()
    else:
        word = CONDITION if {HOLDS, FAILS} <= outcomes else OPEN
    return word if claim.section else OURS[word], cases


def _case(claim: Claim, name: str, rows: pd.DataFrame, wanted: Mapping[str, Any]) -> Case:
    first, second = claim.contrast(select(rows, **wanted))
    if first.empty or set(first.index) != set(second.index) or first.index.has_duplicates:
        counts = f"{len(first)} and {len(second)} rows"
        raise ValueError(f"{claim.key}, case {name}: needs one row a seed and arm, of the same seeds; found {counts}")
    second = second.loc[first.index]
    found = [interval(condition.effect(first, second), confidence=CONFIDENCE) for condition in claim.margin.conditions]
    outcomes = {condition.outcome(one) for condition, one in zip(claim.margin.conditions, found, strict=True)}
    outcome = FAILS if FAILS in outcomes else OPEN if OPEN in outcomes else HOLDS
    (effect, unit), *also = zip(found, (condition.unit for condition in claim.margin.conditions), strict=True)
    return Case(name, effect, unit, outcome, tuple(also))


def select(rows: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """The rows that have these values in these columns; a density to 3 %, and the dense network beside it."""
    for column, value in wanted.items():
        found = rows[column]
        if column == "density":  # levels remove whole numbers of weights, so they land a little beside it
            rows = rows[((found / value - 1).abs() < 0.03) | (found == 1)]
        else:
            rows = rows[found == value]
    return rows


def arms(first: str, second: str, column: str = "accuracy") -> Callable[[pd.DataFrame], Accuracies]:
    """The contrast of two arms, of their accuracies or of another column."""

    def contrast(rows: pd.DataFrame) -> Accuracies:
        by_arm = rows.set_index("seed")
        return tuple(by_arm[by_arm["arm"] == arm][column] for arm in (first, second))  # type: ignore[return-value]

    return contrast


def by_prune_rate(first: float, second: float) -> Callable[[pd.DataFrame], Accuracies]:
    """The contrast of two prune rates, of the tickets alone."""

    def contrast(rows: pd.DataFrame) -> Accuracies:
        tickets = rows[rows["arm"] == "ticket"].set_index("seed")
        sides = (tickets[tickets["prune_rate"] == rate]["accuracy"] for rate in (first, second))
        return tuple(sides)  # type: ignore[return-value]

    return contrast
