"""The table near the end of a notebook: what the document says, what was tested, the effect, and the word."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ..replicates import Interval
from .claims import CONFIDENCE, COURSE_CASES, FAILS, HOLDS, OPEN, OURS, Case, Claim, Exact, Margin, judge

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("it says (§)", "we tested", "effect", "verdict")
MARKS = {HOLDS: "✓", FAILS: "✗", OPEN: "?"}
WIDTH = 80  # characters of a line of plain text
INDENT = 2 + max(map(len, COLUMNS))
LEFT = ' style="text-align: left"'  # JupyterLab sets tables of numbers, flush right


@dataclass(frozen=True)
class Verdict:
    """One line of the table: four texts, of which the effect has one line a case."""

    says: str
    tested: str
    effect: tuple[str, ...]
    word: str


@dataclass(frozen=True)
class VerdictTable:
    """Shows itself as a table in a notebook, and as plain text of 80 columns elsewhere, with the same content.

    Attributes:
        lines: one for each claim, in the order given.
        notes: below the table: how many seeds, how sure, and what the margins' words mean.
    """

    lines: tuple[Verdict, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        blocks = ["\n".join(_plain(line)) for line in self.lines]
        notes = [textwrap.fill(note, WIDTH) for note in self.notes]
        return "\n\n".join([*blocks, "\n".join(notes)] if notes else blocks)

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col"{LEFT}>{escape(column)}</th>' for column in COLUMNS)
        body = "\n".join(f"<tr>{''.join(_cells(line))}</tr>" for line in self.lines)
        notes = "".join(f"\n<p>{escape(note)}</p>" for note in self.notes)
        return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>{notes}"


def verdicts(claims: Sequence[Claim | Exact], rows: pd.DataFrame | None = None) -> VerdictTable:
    """Judge claims on the rows of the archive (what :func:`archive.load` gives); the table of a page.

    Exact claims need no rows.

    Raises:
        ValueError: no claims; a measured one without rows; or as :func:`claims.judge`: a case that selects no rows,
            or arms of other seeds.
    """
    if not claims:
        raise ValueError("verdicts needs at least one claim, got none")
    lines, cases = [], []
    for claim in claims:
        if isinstance(claim, Exact):
            lines.append(Verdict(_says(claim), claim.how, ("exact",), claim.word()))
            continue
        if rows is None:
            raise ValueError(f"{claim.key} was measured, so verdicts needs the rows of its archive")
        word, found = judge(claim, rows)
        cases += found
        effect = tuple(_effect(case, ours=not claim.section) for case in found)
        lines.append(Verdict(_says(claim), f"{claim.tested}: {claim.margin.word}?", effect, word))
    measured = [claim for claim in claims if isinstance(claim, Claim)]
    return VerdictTable(tuple(lines), tuple(_notes(measured, cases)))


def _says(claim: Claim | Exact) -> str:
    return f"{claim.sentence} ({f'§ {claim.section}' if claim.section else 'ours'})"


def _effect(case: Case, ours: bool) -> str:
    word = OURS[case.outcome] if ours else case.outcome
    found = " and ".join(_interval(*one) for one in ((case.effect, case.unit), *case.also))
    n = f"n = {case.effect.n}" + (", so no interval" if case.effect.low is None else "")
    return f"{case.name}: {found}, {n} {MARKS[case.outcome]} {word}"


def _interval(found: Interval, unit: str) -> str:
    if found.low is None or found.high is None:
        return f"{_signed(found.mean)} {unit}"
    return f"{_signed(found.mean)} [{_signed(found.low)}, {_signed(found.high)}] {unit}"


def _signed(value: float) -> str:
    """To a tenth, with its sign; a zero has none."""
    text = f"{value:+.1f}"
    return "0.0" if text in ("-0.0", "+0.0") else text.replace("-", "−")


def _notes(claims: Sequence[Claim], cases: Sequence[Case]) -> Iterator[str]:
    if not claims:
        return
    fewest, most = (extreme(case.effect.n for case in cases) for extreme in (min, max))
    yield (
        f"{fewest if fewest == most else f'{fewest} to {most}'} seeds a case; intervals at {100 * CONFIDENCE:.3f} % "
        f"each, so that all {COURSE_CASES} cases of the course together are right with 95 %; margins are the "
        "course's and were fixed, with these sentences, before this archive was made"
    )
    margins: dict[Margin, None] = dict.fromkeys(claim.margin for claim in claims)
    yield from (f"{margin.word}: {margin.says}" for margin in margins)


def _plain(line: Verdict) -> Iterator[str]:
    """The four texts below each other, each beside the name of its column."""
    for column, texts in zip(COLUMNS, _texts(line), strict=True):
        label = column
        for text in texts:
            further = " " * (INDENT + (2 if len(texts) > 1 else 0))  # a case that goes on is told from the next one
            yield textwrap.fill(text, WIDTH, initial_indent=label.ljust(INDENT), subsequent_indent=further)
            label = ""


def _cells(line: Verdict) -> Iterator[str]:
    for texts in _texts(line):
        yield f"<td{LEFT}>{'<br>'.join(map(escape, texts))}</td>"


def _texts(line: Verdict) -> tuple[tuple[str, ...], ...]:
    return (line.says,), (line.tested,), line.effect, (line.word,)
