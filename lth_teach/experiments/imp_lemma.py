"""Chapter 11, where nothing trains: published densities, the rule they come from, and what section 6.4 claims.

No archive belongs to it: its claims are exact, counted in fractions. What prune rates cost it reads from chapter 02's.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pandas as pd

from .. import lemma, replicates
from .claims import Exact

# Percent of the weights kept, as Frankle & Carbin (2019) print it for LeNet-300-100 in text, legends and on axes, and
# the levels that lead there.
PUBLISHED = {
    **{3: 51.3, 4: 41.1, 7: 21.1, 8: 16.9, 9: 13.5, 12: 7.0},
    **{15: 3.6, 16: 2.9, 18: 1.9, 20: 1.2, 24: 0.5, 28: 0.2},
}
SIZES = (784, 300, 100, 10)  # LeNet-300-100: inputs, two hidden layers, outputs
RATES = (Fraction(1, 5), Fraction(1, 5), Fraction(1, 10))  # removed from each layer by one level: 20, 20, 10 %


def kept_by_layer(
    levels: int, rates: Sequence[Fraction] = RATES, sizes: Sequence[int] = SIZES, *, whole: bool = True
) -> list[Fraction]:
    """Weights that each layer keeps when every layer is pruned by itself.

    Args:
        levels: how often, 0 or more.
        rates: fraction of its survivors that each layer loses in one level, in (0, 1).
        sizes: units of the layers, inputs first; one more than there are rates.
        whole: remove a whole number, rate × survivors rounded (halves to the even number); else the exact share.

    Raises:
        ValueError: a rate outside (0, 1), or rates and sizes that do not fit.
    """
    kept = [Fraction(inputs * outputs) for inputs, outputs in pairwise(sizes)]
    if len(kept) != len(rates):
        raise ValueError(f"{len(kept)} layers of weights need as many rates, got {len(rates)}")
    for _ in range(levels):
        lost = (lemma.number_to_prune(int(n), rate) if whole else rate * n for n, rate in zip(kept, rates, strict=True))
        kept = [n - fewer for n, fewer in zip(kept, lost, strict=True)]
    return kept


def fingerprint() -> pd.DataFrame:
    """Percent kept as printed, by the 20/20/10 rule in whole weights and in exact shares, and by the power of 0.8."""
    everything = sum(kept_by_layer(0))
    ways = {
        "20/20/10, whole weights": lambda t: sum(kept_by_layer(t)) / everything,
        "20/20/10, exact shares": lambda t: sum(kept_by_layer(t, whole=False)) / everything,
        "0.8^levels": lambda t: Fraction(4, 5) ** t,
    }
    columns = {name: [float(100 * share(t)) for t in PUBLISHED] for name, share in ways.items()}
    return pd.DataFrame({"printed": list(PUBLISHED.values()), **columns}, index=pd.Index(PUBLISHED, name="levels"))


def rates(rows: pd.DataFrame, against: float = 0.36) -> pd.DataFrame:
    """What every prune rate of chapter 02's archive costs or brings, with a tenth of the weights kept.

    Args:
        rows: ``archive.load("imp", study="rates")``.
        against: the prune rate that the others are compared with, seed by seed.

    Returns:
        A row for each budget and rate, gentle rates first: "a level removes (%)", "trainings" (the ticket's own
        included), "points" of accuracy against the rate ``against``, "low" and "high" (95 %), and "n" seeds.
    """
    tenth = rows[(rows["arm"] == "ticket") & rows["density"].between(0.107, 0.108)].sort_values("prune_rate")
    found = []
    for budget, part in tenth.groupby("budget", sort=False):
        accuracy = part.pivot(index="seed", columns="prune_rate", values="accuracy")
        trainings = part.groupby("prune_rate")["trainings"].max()
        for rate in map(float, accuracy.columns):
            points = replicates.interval(accuracy[rate] - accuracy[against], 100)
            effect = (points.mean, points.low, points.high, points.n)
            found.append((budget, round(100 * rate), trainings.loc[rate], *effect))
    columns = ["budget", "a level removes (%)", "trainings", "points", "low", "high", "n"]
    return pd.DataFrame(found, columns=columns).set_index("budget")


def after_one_cut(rows: pd.DataFrame) -> pd.DataFrame:
    """Accuracy of the dense network as it is, and of the same trained weights cut once and not trained again.

    Args:
        rows: ``archive.load("hypothesis", study="ticket", data="mnist1d")``.

    Returns:
        A row for each budget and cut, none first: "one cut removes (%)", "accuracy (%)", "low" and "high" (95 %), "n".
    """
    cut = rows[rows["arm"].isin(["dense", "dense, cut"])].sort_values("level", kind="stable")
    found = replicates.summarise(cut, ["budget", "density"], "accuracy", 100).rename(columns={"mean": "accuracy (%)"})
    found.insert(1, "one cut removes (%)", (100 * (1 - found.pop("density"))).round().astype(int))
    return found.sort_values("budget", kind="stable", ascending=False).set_index("budget")  # short, then long


def neighbours(rows: pd.DataFrame) -> pd.DataFrame:
    """Barriers between the tickets of two successive levels, in chapter 03's residual network.

    The level before is trained in one order of the data, the ticket in another.

    Args:
        rows: ``archive.load("residual", study="tickets")``.

    Returns:
        A row for each budget, recipe and step to which is rewound (0, or 1 % of the steps): "n" seeds, and for each
        density that was measured the median barrier in points, with the least and the greatest, as text.
    """
    tickets = rows[(rows["arm"] == "ticket") & (rows["k"] <= 0.01)].dropna(subset=["to_previous"]).sort_values("level")
    percent = {name: (100 * tickets[name]).round().astype(int) for name in ("k", "density")}
    kept = percent["density"].astype(str) + " % kept"
    tickets["rewound to (%)"], tickets["kept"] = percent["k"], kept
    kind = ["budget", "recipe", "rewound to (%)"]
    found = tickets.pivot_table("to_previous", kind, "kept", aggfunc=_spread)[list(kept.unique())]
    found.insert(0, "n", tickets.groupby(kind)["seed"].nunique())
    return found.rename_axis(columns=None).reset_index(kind[1:])


def _spread(fractions: pd.Series) -> str:
    median, least, most = (100 * value for value in (fractions.median(), fractions.min(), fractions.max()))
    return f"{median:.1f} ({least:.1f} to {most:.1f})"


def _is_the_least() -> bool:
    """In fractions, without a logarithm: that many levels reach the target, one fewer does not."""
    hundredths = [Fraction(number, 100) for number in range(1, 100)]
    found = ((rate, target, lemma.imp_levels(rate, target)) for rate in hundredths for target in hundredths)
    return all((1 - rate) ** t <= 1 - target < (1 - rate) ** (t - 1) for rate, target, t in found)


def _eleven() -> bool:
    return Fraction(4, 5) ** 11 <= Fraction(1, 10) < Fraction(4, 5) ** 10


def _ten_are_enough() -> bool:
    return Fraction(4, 5) ** 10 <= Fraction(1, 10)


def _whatever_the_size() -> bool:
    counts = {len(lemma.imp_schedule(100, "0.2", "0.9", rounding)) - 1 for rounding in lemma.ROUNDINGS}
    return counts == {lemma.imp_levels("0.2", "0.9")}


CLAIMS = (
    Exact(
        "11-formula",
        "6.4",
        "“IMP with pruning rate p per iteration converges to sparsity s in ⌈log₁₋ₚ(1−s)⌉ iterations.”",
        "the first level with at least s gone, one rate for all layers, weights that can be divided: proof in part 1, "
        "and counted in fractions for the 9,801 pairs of hundredths",
        _is_the_least,
    ),
    Exact(
        "11-eleven",
        "6.4",
        "“So 11 iterations needed”, for p = 0.2 and s = 0.9.",
        "(4/5)¹⁰ = 10.7 % are still too many, (4/5)¹¹ = 8.6 % are few enough",
        _eleven,
    ),
    Exact(
        "11-ten-levels",
        "7",
        "compare_lottery_vs_random(sparsity=0.9) compares tickets of which 90 % are gone (paraphrase of the program).",
        "it searches with the default num_iterations=10 and prune_rate=0.2: at least (4/5)¹⁰ = 10.7 % are left",
        _ten_are_enough,
    ),
    Exact(
        "11-whole-weights",
        "",
        "Do p and s alone decide how many levels it takes?",
        "100 whole weights, p = 0.2, s = 0.9: 12 levels if each rounds down, 11 to the nearest, 10 up",
        _whatever_the_size,
    ),
)
