"""The second edition's claims beside the first's ledger: judged on the archive, in the ledger's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...experiments import (
    archive,
    explanations,
    generalisation,
    gradient_flow,
    hypothesis,
    imp,
    imp_lemma,
    linear_view,
    malach_bound,
    residual,
)
from ...experiments.claims import CONDITION, FAILS, HOLDS, OPEN, OURS, Claim, Exact, judge
from .findings import UNDECIDED

if TYPE_CHECKING:
    import pandas as pd

CHAPTERS: dict[str, tuple[Claim | Exact, ...]] = {  # by the name of the archive
    "hypothesis": hypothesis.CLAIMS,
    "imp": imp.CLAIMS,
    "residual": residual.CLAIMS,
    "explanations": explanations.CLAIMS,
    "linear_view": linear_view.CLAIMS,
    "malach_bound": malach_bound.CLAIMS,
    "gradient_flow": gradient_flow.CLAIMS,
    "generalisation": generalisation.CLAIMS,
    "imp_lemma": imp_lemma.CLAIMS,  # all exact, so it has none
}
LEDGER = {HOLDS: "supported", FAILS: "refuted", CONDITION: "refined", OPEN: UNDECIDED}
VERDICTS = LEDGER | {OURS[word]: verdict for word, verdict in LEDGER.items()}  # word of a claim → the ledger's


def word(claim: Claim | Exact, rows: pd.DataFrame | None = None) -> str:
    """What a claim came to, in the second edition's words; only an exact one needs no rows.

    Raises:
        ValueError: as :func:`lth_teach.experiments.claims.judge`, or a measured claim without rows.
    """
    if isinstance(claim, Exact):
        return claim.word()
    if rows is None:
        raise ValueError(f"{claim.key} was measured, so it needs the rows of its archive")
    return judge(claim, rows)[0]


def gather() -> pd.DataFrame:
    """One row for each claim, chapter by chapter: key, section, sentence, word, and verdict (the word as a ledger's).

    Raises:
        NotInArchive: as :func:`lth_teach.experiments.archive.load`.
        ValueError: as :func:`lth_teach.experiments.archive.load` and :func:`word`.
    """
    import pandas as pd

    found = []
    for name, claims in CHAPTERS.items():
        rows = archive.load(name) if any(isinstance(claim, Claim) for claim in claims) else None
        for claim in claims:
            said = word(claim, rows)
            found.append((claim.key, claim.section, claim.sentence, said, VERDICTS[said]))
    found.sort(key=lambda row: row[0].partition("-")[0])
    return pd.DataFrame(found, columns=["key", "section", "sentence", "word", "verdict"])
