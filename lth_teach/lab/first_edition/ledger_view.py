"""The ledger on a page: tables to read and one figure, made of the table of :func:`lth_teach.ledger.gather`."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from ..plots import Picture

if TYPE_CHECKING:
    import pandas as pd

SECTIONS = {  # of the document, with its headings; it counts two sections 7, both are meant
    "1": "The hypothesis",
    "2.1": "The IMP algorithm",
    "2.2": "Reset to initialization",
    "3.1": "Why does IMP work?",
    "3.2": "Stability analysis",
    "3.3": "Neural tangent kernel",
    "4.1": "The problem with deep networks",
    "4.2": "Late resetting",
    "4.3": "Why late resetting works",
    "5.1": "Existence of winning tickets",
    "5.2": "Strong lottery tickets",
    "5.3": "Pruning at random",
    "6.1": "Proof: existence",
    "6.2": "Proof: gradient flow",
    "6.3": "Proof: generalization",
    "6.4": "Lemma: convergence of IMP",
    "7": "Extensions, implementation",
    "8": "Key findings",
}
# Verdict → colour (safe for colour-blind readers), hatching and sign: three cues.
LOOKS = {
    "supported": ("#0072B2", "", "✓"),
    "refined": ("#E69F00", "///", "≈"),
    "refuted": ("#D55E00", "xx", "✗"),
    "undecided": ("#BBBBBB", "..", "?"),
}


@dataclass(frozen=True)
class Page:
    """A table as HTML, and as text for pages that show none."""

    html: str
    text: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def section(name: str) -> str:
    """The section of the document that a claim's own word for it lies in: "7 (6.1)" and "7.2" lie in "7".

    Raises:
        ValueError: the document has no such section.
    """
    number = re.match(r"\d+(\.\d+)?", name.strip())
    found = number.group() if number else name
    for known in (found, found.partition(".")[0]):
        if known in SECTIONS:
            return known
    raise ValueError(f"the document has no section {name!r}; it has {', '.join(SECTIONS)}")


def plain(verdict: str) -> str:
    """A verdict without its number of seeds: "undecided (n = 1)" is undecided."""
    return verdict.partition(" (")[0]


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """Number of claims for each section (rows, in the document's order) and verdict (columns)."""
    import pandas as pd

    found = pd.crosstab(table["section"].map(section), table["verdict"].map(plain))
    rows = [name for name in SECTIONS if name in found.index]
    return found.reindex(index=rows, columns=list(LOOKS), fill_value=0)


def measured(claim: Mapping[Any, Any]) -> str:
    """A claim's mean, 95 % interval, unit and n; "exact" where no seeds were involved."""
    import pandas as pd

    if pd.isna(claim["mean"]):
        return "exact"
    spread = "" if pd.isna(claim["low"]) else f" [{claim['low']:.3g}, {claim['high']:.3g}]"
    return f"{claim['mean']:.3g}{spread} {claim['unit']}, n = {claim['n']:.0f}"


def show(table: pd.DataFrame) -> Page:
    """The claims, section by section: verdict, key, what the document says, tested, measured, and literature."""
    columns = ("verdict", "claim", "the document says", "tested", "measured", "literature")
    lines, rows = [], []
    for name in [known for known in SECTIONS if known in set(table["section"].map(section))]:
        heading = f"§{name} {SECTIONS[name]}"
        lines.append(heading)
        rows.append(f'<tr><th colspan="{len(columns)}" style="text-align:left">{html.escape(heading)}</th></tr>')
        for claim in table[table["section"].map(section) == name].to_dict("records"):
            verdict = f"{LOOKS[plain(claim['verdict'])][2]} {claim['verdict']}"
            entries = [verdict, claim["key"], claim["document"], claim["tested"], measured(claim), claim["literature"]]
            rows.append(_row(entries, unbroken=2))
            lines.append(f"  {verdict:11} {claim['key']}: {measured(claim)}")
            lines += [f"{'':14}{name}: {text}" for name, text in zip(columns[2:4], entries[2:4])]
    return Page(_table(columns, rows), "\n".join(lines))


def verdicts(table: pd.DataFrame) -> str:
    """One line for each section and verdict with the keys of its claims; nothing in it differs between machines."""
    lines = []
    for name in SECTIONS:
        part = table[table["section"].map(section) == name]
        for verdict in [look for look in LOOKS if look in set(part["verdict"].map(plain))]:
            keys = ", ".join(part[part["verdict"].map(plain) == verdict]["key"])
            lines.append(f"§{name:4}{verdict:11}{keys}")
    return "\n".join(lines)


def listing(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Page:
    """Any small table of words, a row for each entry of ``rows``."""
    text = [" | ".join(map(str, row)) for row in (columns, *rows)]
    return Page(_table(columns, [_row(row) for row in rows]), "\n".join(text))


def figure(table: pd.DataFrame) -> Picture:
    """Bars: for each section of the document, how many claims were supported, refined, refuted or left undecided."""
    found = counts(table)
    picture = Picture(
        "Stacked bars, one for each section of the document that has claims. Colour and hatching divide each into the "
        "number of claims supported, refined, refuted and undecided.",
        height=1.2 + 0.32 * len(found),
    )
    axes = picture.add_subplot()
    start = [0] * len(found)
    for verdict, (colour, hatch, sign) in LOOKS.items():
        number = [int(count) for count in found[verdict]]
        bars = axes.barh(
            range(len(found)),
            number,
            left=start,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            label=f"{sign} {verdict}",
        )
        labels = axes.bar_label(bars, [str(count or "") for count in number], label_type="center", fontsize=9)
        for label in labels:
            label.set_path_effects([withStroke(linewidth=3, foreground="white")])
        start = [before + count for before, count in zip(start, number)]
    axes.set_yticks(range(len(found)), [f"§{name} {SECTIONS[name]}" for name in found.index])
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("number of claims")
    axes.legend(frameon=False, ncols=4, fontsize=9, loc="lower center", bbox_to_anchor=(0.4, 1))
    return picture


def _table(columns: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f'<th style="text-align:left">{html.escape(column)}</th>' for column in columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(entries: Sequence[str], unbroken: int = 0) -> str:
    """A row of a table; the first ``unbroken`` entries stay on one line."""
    style = "text-align:left;vertical-align:top"
    cells = (
        f'<td style="{style}{";white-space:nowrap" if place < unbroken else ""}">{html.escape(str(entry))}</td>'
        for place, entry in enumerate(entries)
    )
    return f"<tr>{''.join(cells)}</tr>"
