"""The document's last table, row by row: the claims each row rests on, its verdict, and its words as measured.

A row names claims of both editions: those of the ledger, and those that :mod:`.second_edition` judges on the archive.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

UNDECIDED = "undecided"
TURNED = {"supported": "refuted", "refuted": "supported"}


@dataclass(frozen=True)
class Clause:
    """Part of a rewritten row: words that stand only while the claim ``key`` has the verdict they were written for.

    ``against``: the claim speaks against the row if it is supported, and for it if it is refuted.
    """

    key: str
    verdict: str
    words: str
    against: bool = False

    def verdict_on_row(self, verdict: str | None) -> str | None:
        """What the claim's verdict says about the row."""
        return TURNED.get(verdict, verdict) if self.against and verdict else verdict


@dataclass(frozen=True)
class Finding:
    """A row of the document's section 8: what it says (finding and implication), and what it rests on."""

    finding: str
    implication: str
    clauses: tuple[Clause, ...]

    @property
    def keys(self) -> list[str]:
        """The claims the row rests on."""
        return [clause.key for clause in self.clauses]

    @property
    def support(self) -> str:
        """The same as text, with a word to those that speak against the row."""
        return ", ".join(f"{clause.key} (against)" if clause.against else clause.key for clause in self.clauses)

    def verdicts(self, ledger: Mapping[str, str]) -> list[str | None]:
        """What each of these claims says about the row; ``None`` if it is missing. ``ledger`` is key → verdict."""
        return [clause.verdict_on_row(ledger.get(clause.key)) for clause in self.clauses]

    def rewritten(self, ledger: Mapping[str, str]) -> str:
        """The row in the words of what was measured; a claim that came out otherwise, or is missing, is named."""
        parts = []
        for clause in self.clauses:
            verdict = ledger.get(clause.key)
            parts.append(clause.words if verdict == clause.verdict else f"({clause.key}: {verdict or 'missing'})")
        return "; ".join(parts)


def overall(verdicts: Collection[str | None]) -> str:
    """The verdict on a sentence that rests on several claims.

    It is supported if all of them are, refuted if all of them are, and refined if they are mixed or one is refined. A
    claim that is undecided or missing (``None``) leaves the sentence undecided, unless it is refined in any case.

    Raises:
        ValueError: no claims, so there is nothing to judge by.
    """
    if not verdicts:
        raise ValueError("a sentence that rests on no claim has no verdict")
    decided = {verdict for verdict in verdicts if verdict and not verdict.startswith(UNDECIDED)}
    if "refined" in decided or len(decided) > 1:
        return "refined"
    open_ones = any(not verdict or verdict.startswith(UNDECIDED) for verdict in verdicts)
    return UNDECIDED if open_ones else decided.pop()


def judged(finding: Finding, ledger: Mapping[str, str]) -> dict[str, Any]:
    """Arguments for :func:`lth_teach.claims.record`: the verdict on a row of the document, from the ledger alone."""
    verdict = overall(finding.verdicts(ledger))
    number = len(finding.keys)
    return {
        "section": "8",
        "document": f"{finding.finding}: {finding.implication}.",
        "tested": f"The {number} claims it rests on all speak for it"
        if number > 1
        else "The claim it rests on speaks for it",
        "holds": None if verdict == UNDECIDED else verdict == "supported",
        "verdict": "supported",
        "otherwise": "refuted" if verdict == "refuted" else "refined",
    }


FINDINGS = (
    Finding(
        "Winning tickets exist",
        "Sparse networks can match dense",
        (
            Clause(
                "01-matches",
                "undecided",
                "a ticket of a quarter or a tenth is less than 1 point below dense on digits, and on MNIST-1D after "
                "short training; after long training on MNIST-1D that is open",
            ),
            Clause("02-keeps-up", "undecided", "it is as open with the seeds of chapter 02"),
            Clause(
                "05-late-keeps-up", "undecided", "for a residual network's ticket with a late reset it is open, too"
            ),
        ),
    ),
    Finding(
        "Initialization matters",
        "(m, θ₀) is the ticket",
        (
            Clause(
                "07-reinitialised-ticket",
                "supported",
                "after short training, new weights cost a ticket over 5 points more than masks found at the start",
            ),
            Clause(
                "02-another-start",
                "refuted",
                "after long training, a new start costs the ticket's mask less than 5 points",
            ),
            Clause(
                "03b-lucky",
                "undecided",
                "noise of half a standard deviation on θ₀ costs less than 1 point after short training; after long, "
                "that is open",
            ),
        ),
    ),
    Finding(
        "Late resetting needed",
        "Deep networks need warm-up",
        (
            Clause(
                "05-step-0",
                "refined",
                "with 4 % kept and long training a residual network's ticket from step 0 is more than 1 point below "
                "dense, with 9 % and short training it is not",
            ),
            Clause("05-late-keeps-up", "undecided", "whether one reset to 1 % of training keeps up is open"),
            Clause("05-warm-up", "undecided", "whether a warm-up does as well from step 0 is open", against=True),
        ),
    ),
    Finding(
        "Tickets transfer",
        "Universal compression possible",
        (
            Clause(
                "12-transfers",
                "supported",
                "on MNIST-1D, another task's ticket is better than the same mask shuffled inside its layers",
            ),
            Clause("12-own-is-better", "refined", "the task's own ticket is better still, so neither is universal"),
            Clause("12-depends-on-the-task", "refined", "a foreign ticket costs less on digits"),
            Clause(
                "13-own-ticket-ahead",
                "refined",
                "in a small BERT, a task's own ticket is over 5 points better than the ticket of guessing words",
            ),
            Clause("15-bytes", "refined", "as for compression, a masked network takes as many bytes as a dense one"),
        ),
    ),
    Finding(
        "Random pruning fails",
        "IMP finds structure, not just sparsity",
        (
            Clause(
                "02-random-mask",
                "refined",
                "at a tenth and after long training, a random mask as dense in each layer is much worse on MNIST-1D "
                "made anew, and not on digits",
            ),
            Clause(
                "05-random-late",
                "refuted",
                "in a residual network, too, a random mask that starts as late as the ticket is over 1 point behind it",
                against=True,
            ),
            Clause(
                "07-random-mild",
                "refined",
                "near half of the weights, on digits, a random mask is less than 5 points worse",
            ),
            Clause("07-layer-densities", "refined", "a random mask gains by taking over the ticket's layer densities"),
            Clause(
                "07-shuffled-ticket",
                "supported",
                "shuffling costs a ticket over 5 points more than it costs masks that were made before training",
            ),
        ),
    ),
)
