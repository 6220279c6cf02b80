"""A claim of the document, put to a test, with its verdict. A verdict is decided by an interval, never by a mean."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ...replicates import Interval
from . import provenance

VERDICTS = ("supported", "refined", "refuted")
METADATA = "lth_teach_claim"
CODE_METADATA = "lth_teach_code"  # in a notebook: which code the claim rests on, for the ledger


def decide(measured: Interval, *, above: float | None = None, below: float | None = None) -> bool | None:
    """Does the whole interval lie above (or below) a bound? ``None`` = undecided: it straddles it, or n is 1.

    Raises:
        ValueError: unless exactly one bound is given.
    """
    if (above is None) == (below is None):
        raise ValueError("give exactly one of above and below")
    if measured.low is None or measured.high is None:
        return None
    if above is not None:
        return True if measured.low > above else False if measured.high < above else None
    return True if measured.high < below else False if measured.low > below else None  # type: ignore[operator]


@dataclass(frozen=True)
class Claim:
    """What :func:`record` made; shown as text (verdict only, the same on every machine), the numbers as metadata."""

    key: str
    section: str
    document: str
    tested: str
    outcome: str
    verdict: str
    mean: float | None
    low: float | None
    high: float | None
    n: int | None
    unit: str
    literature: str

    def __str__(self) -> str:
        return (
            f"claim      {self.key} (document §{self.section})\n"
            f"document   {self.document}\n"
            f"tested     {self.tested}\n"
            f"outcome    {self.outcome}\n"
            f"verdict    {self.verdict}"
        )

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        cells = provenance.executed_cells()
        code = {} if cells is None else {CODE_METADATA: provenance.stamp(cells)}
        return {"text/plain": str(self)}, {METADATA: asdict(self), **code}


def record(
    key: str,
    *,
    section: str,
    document: str,
    tested: str,
    holds: bool | None,
    verdict: str,
    otherwise: str,
    measured: Interval | None = None,
    unit: str = "points",
    literature: str = "",
) -> Claim:
    """Put a claim of the document and the outcome of its test on record; the last line of a notebook cell.

    Args:
        key: short unique name, such as "02-random-mask".
        section: of the document, such as "5.3".
        document: what the document says, in our words.
        tested: the statement that was tested, with its margin.
        holds: outcome of the test: True, False, or None for undecided (see :func:`decide`).
        verdict: on the document's claim if the test holds: "supported", "refined" or "refuted".
        otherwise: the verdict if it does not hold.
        measured: the interval behind it; kept with the notebook's output, not shown in the compared text.

    Raises:
        ValueError: an unknown verdict.
    """
    for word in (verdict, otherwise):
        if word not in VERDICTS:
            raise ValueError(f"a verdict is one of {', '.join(VERDICTS)}, got {word!r}")
    n = None if measured is None else measured.n
    at = "" if n is None else f" (n = {n})"
    outcome = {True: "holds", False: "does not hold", None: "undecided"}[holds] + at
    decided = {True: verdict, False: otherwise, None: "undecided" + at}[holds]
    mean, low, high = (None, None, None) if measured is None else (measured.mean, measured.low, measured.high)
    return Claim(key, section, document, tested, outcome, decided, mean, low, high, n, unit, literature)
