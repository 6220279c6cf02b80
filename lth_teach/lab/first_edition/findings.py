"""The document's last table, row by row: the claims each row rests on, its verdict, and its words as measured.

A row names claims of the first edition only. A chapter of the second, so far 02, is judged in a table of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

UNDECIDED = "undecided"


@dataclass(frozen=True)
class Clause:
    """Part of a rewritten row: words that stand only while the claim ``key`` has the verdict they were written for."""

    key: str
    verdict: str
    words: str


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

    def verdicts(self, ledger: Mapping[str, str]) -> list[str | None]:
        """The verdict of each of these claims; ``None`` for one that is missing. ``ledger`` is key → verdict."""
        return [ledger.get(key) for key in self.keys]

    def rewritten(self, ledger: Mapping[str, str]) -> str:
        """The row in the words of what was measured; a claim that came out otherwise, or is missing, is named."""
        parts = []
        for clause, verdict in zip(self.clauses, self.verdicts(ledger), strict=True):
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
        "tested": f"The {number} claims it rests on are all supported"
        if number > 1
        else "The claim it rests on is supported",
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
                "01-accuracy-digits",
                "supported",
                "on digits, a ticket of a ninth of the weights is less than 3 points below the dense network",
            ),
            Clause(
                "01-accuracy-mnist1d",
                "supported",
                "on MNIST-1D, it is nearer to the dense network than to a random mask",
            ),
            Clause(
                "05-late-matches",
                "supported",
                "a residual network's ticket of 4 %, reset to 1 % of training, is less than 2 points below dense",
            ),
            Clause(
                "01-matching-seeds", "refined", "whether a ticket matches to 0.2 points, the runs made here cannot say"
            ),
        ),
    ),
    Finding(
        "Initialization matters",
        "(m, θ₀) is the ticket",
        (Clause("03-noise", "refined", "noise of half a standard deviation on θ₀ costs less than 5 points"),),
    ),
    Finding(
        "Late resetting needed",
        "Deep networks need warm-up",
        (
            Clause(
                "05-late-reset", "supported", "on a residual network, a reset to 1 % of training beats one to step 0"
            ),
            Clause("05-range-of-k", "refined", "so does a reset to 5 %"),
            Clause("05-warm-up", "refined", "a warm-up is another cure, with the reset at step 0"),
            Clause("03-small-is-stable", "refined", "a small network with a low rate is stable from the start"),
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
