import json

import pytest

from lth_teach.lab.first_edition import claims
from lth_teach.replicates import Interval


@pytest.mark.parametrize(
    ("low", "high", "above", "below"),
    [
        (0.1, 2.0, True, False),
        (-2.0, -0.1, False, True),
        (-1.0, 1.0, None, None),
        (0.0, 1.0, None, None),  # touching the bound decides nothing
        (None, None, None, None),  # one seed
    ],
)
def test_a_claim_is_decided_only_when_the_whole_interval_lies_on_one_side(low, high, above, below):
    measured = Interval(0.5, low, high, 3)
    assert claims.decide(measured, above=0) is above
    assert claims.decide(measured, below=0) is below


@pytest.mark.parametrize("bounds", [{}, {"above": 0, "below": 1}])
def test_exactly_one_bound_is_given(bounds):
    with pytest.raises(ValueError, match="exactly one"):
        claims.decide(Interval(0.5, 0.1, 1.0, 3), **bounds)


def record(**changes):
    settings = {
        "key": "02-random-mask",
        "section": "5.3",
        "document": "Random pruning is much worse.",
        "tested": "Ticket minus random above 0 points.",
        "holds": True,
        "verdict": "refined",
        "otherwise": "refuted",
        "measured": Interval(9.4321, 8.7654, 10.1, 3),
    }
    return claims.record(**(settings | changes))


@pytest.mark.parametrize(
    ("holds", "outcome", "verdict"),
    [
        (True, "holds (n = 3)", "refined"),
        (False, "does not hold (n = 3)", "refuted"),
        (None, "undecided (n = 3)", "undecided (n = 3)"),
    ],
)
def test_the_outcome_of_the_test_decides_the_verdict(holds, outcome, verdict):
    claim = record(holds=holds)
    assert (claim.outcome, claim.verdict) == (outcome, verdict)
    assert f"verdict    {verdict}" in str(claim)


def test_the_text_is_the_same_on_every_machine_and_the_numbers_are_metadata():
    data, metadata = record()._repr_mimebundle_()
    assert "9.43" not in data["text/plain"]
    assert data["text/plain"] == str(record(measured=Interval(9.1, 8.9, 9.3, 3)))
    kept = json.loads(json.dumps(metadata))["lth_teach_claim"]
    assert (kept["key"], kept["mean"], kept["low"], kept["n"]) == ("02-random-mask", 9.4321, 8.7654, 3)


def test_a_claim_that_needs_no_seeds_has_no_interval():
    claim = record(measured=None)
    assert claim.outcome == "holds"
    assert claim.mean is None


def test_one_seed_is_undecided_and_says_so_without_nan():
    measured = Interval(9.4, None, None, 1)
    claim = record(holds=claims.decide(measured, above=0), measured=measured)
    assert claim.verdict == "undecided (n = 1)"
    assert "nan" not in f"{claim} {claim._repr_mimebundle_()}".lower()


@pytest.mark.parametrize("word", ["verdict", "otherwise"])
def test_unknown_verdicts_are_refused(word):
    with pytest.raises(ValueError, match="supported, refined, refuted, got 'true'"):
        record(**{word: "true"})
