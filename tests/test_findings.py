"""The document's last table: one verdict from several, and words that stand only while their claims do."""

import pytest

from lth_teach.lab.first_edition.findings import FINDINGS, Clause, Finding, judged, overall

ROW = Finding("A", "B", (Clause("01-a", "supported", "a is so"), Clause("02-b", "refined", "b in part")))


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        (["supported", "supported"], "supported"),
        (["refuted", "refuted"], "refuted"),
        (["supported", "refuted"], "refined"),
        (["supported", "refined"], "refined"),
        (["refined"], "refined"),
        (["supported", None], "undecided"),
        (["refuted", "undecided (n = 1)"], "undecided"),
        ([None, None], "undecided"),
        (["refined", None], "refined"),  # whatever the missing one says
        (["supported", "refuted", None], "refined"),
    ],
)
def test_the_verdict_on_a_sentence_that_rests_on_several_claims(verdicts, verdict):
    assert overall(verdicts) == verdict
    assert overall(verdicts[::-1]) == verdict


def test_a_sentence_without_claims_has_no_verdict():
    with pytest.raises(ValueError, match="rests on no claim"):
        overall([])


@pytest.mark.parametrize(
    ("ledger", "words"),
    [
        ({"01-a": "supported", "02-b": "refined"}, "a is so; b in part"),
        ({"01-a": "supported", "02-b": "supported"}, "a is so; (02-b: supported)"),
        ({"02-b": "undecided (n = 1)"}, "(01-a: missing); (02-b: undecided (n = 1))"),
    ],
)
def test_words_whose_claim_came_out_otherwise_are_not_said(ledger, words):
    assert ROW.rewritten(ledger) == words


@pytest.mark.parametrize(
    ("ledger", "holds", "otherwise"),
    [
        ({"01-a": "supported", "02-b": "supported"}, True, "refined"),
        ({"01-a": "supported", "02-b": "refined"}, False, "refined"),
        ({"01-a": "refuted", "02-b": "refuted"}, False, "refuted"),
        ({"01-a": "supported"}, None, "refined"),
    ],
)
def test_a_row_goes_on_record_with_the_verdict_of_its_claims(ledger, holds, otherwise):
    given = judged(ROW, ledger)
    assert (given["holds"], given["verdict"], given["otherwise"]) == (holds, "supported", otherwise)
    assert (given["section"], given["document"]) == ("8", "A: B.")


def test_a_row_that_rests_on_one_claim_is_put_in_the_singular():
    alone = Finding("A", "B", ROW.clauses[:1])
    assert judged(ROW, {})["tested"] == "The 2 claims it rests on all speak for it"
    assert judged(alone, {})["tested"] == "The claim it rests on speaks for it"


@pytest.mark.parametrize(
    ("verdict", "on_row"),
    [
        ("supported", "refuted"),
        ("refuted", "supported"),
        ("refined", "refined"),
        ("undecided (n = 1)", "undecided (n = 1)"),
        (None, None),
    ],
)
def test_a_claim_that_speaks_against_a_row_is_turned_round(verdict, on_row):
    """The row on late resetting does not stand as it is if a warm-up does as well."""
    another_cure = Clause("05-c", "supported", "a warm-up does as well", against=True)
    row = Finding("Late resetting needed", "C", (ROW.clauses[0], another_cure))
    ledger = {"01-a": "supported"} | ({"05-c": verdict} if verdict else {})
    assert row.verdicts(ledger) == ["supported", on_row]
    assert row.support == "01-a, 05-c (against)"
    assert ("a warm-up does as well" in row.rewritten(ledger)) == (verdict == "supported")


def test_the_five_rows_are_the_documents():
    assert [row.finding for row in FINDINGS] == [
        "Winning tickets exist",
        "Initialization matters",
        "Late resetting needed",
        "Tickets transfer",
        "Random pruning fails",
    ]
    assert all(len(set(row.keys)) == len(row.keys) >= 1 for row in FINDINGS)
