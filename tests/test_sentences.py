"""What the prose of 03, 05 and 11 says of the archive without a number: each direction, held against the rows.

The archive of these pages still grows. A red test names the sentence that is no longer true; then the page is to be
mended, and the expression with it. Oracle: medians, means and intervals computed here.
"""

from functools import cache
from itertools import pairwise

import pandas as pd
import pytest

from lth_teach.experiments import archive
from lth_teach.lab.pictures.stability_dots import middle
from lth_teach.lab.pictures.stable_tickets import beside_dense
from lth_teach.replicates import interval

BUDGETS = ("short", "long")
LEVELS = (2, 3, 4)  # 20, 9 and 4 % kept
STARTS = (0.0, 0.01, 0.05)


@cache
def copies(budget, k=None, arm="copies"):
    """Barriers of dense copies, in points."""
    rows = archive.load("residual", study="copies", budget=budget, arm=arm)
    return 100 * rows[rows["k"] == k if k is not None else rows["k"] >= 0].set_index("seed")["barrier"]


@cache
def _tickets():
    return beside_dense(archive.load("residual", study="tickets"))


def tickets(budget, level, k, recipe="plain", arm="ticket"):
    rows = _tickets()
    wanted = {"budget": budget, "level": level, "k": k, "recipe": recipe, "arm": arm}
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return rows.set_index("seed")


def accuracy(budget, arm, k, level=4, column="accuracy"):
    """In percent, of one arm of the plain recipe."""
    rows = archive.load("residual", study="tickets", recipe="plain", budget=budget, arm=arm)
    return 100 * rows[(rows["level"] == level) & (rows["k"] == k)].set_index("seed")[column]


def dense(budget, recipe="plain"):
    rows = archive.load("residual", study="tickets", recipe=recipe, budget=budget, arm="dense")
    return 100 * rows.set_index("seed")["accuracy"]


def barrier(budget, level, k, recipe="plain", arm="ticket"):
    return tickets(budget, level, k, recipe, arm)["barrier"]


def gain(budget, level, k, recipe="plain", arm="ticket"):
    return tickets(budget, level, k, recipe, arm)["gain"]


def neighbours(budget, level, k, recipe="plain"):
    return tickets(budget, level, k, recipe)["to_previous"]


def late_gain(budget, first=0.0, second=0.01, column="accuracy"):
    """Of a start at ``second`` instead of ``first``, 4 % kept."""
    return accuracy(budget, "ticket", second, column=column) - accuracy(budget, "ticket", first, column=column)


def holds_0(points):
    return interval(points).low < 0 < interval(points).high


@cache
def tickets_of(budget):
    """(level, k, recipe) of all that were trained twice."""
    rows = archive.load("residual", study="tickets", budget=budget, arm="ticket")
    found = rows[rows["barrier"].notna()][["level", "k", "recipe"]].drop_duplicates()
    return [*found.itertuples(index=False, name=None)]


def small_network():
    """Points of notebook 02's ticket above its dense network, short budget, at the panel's prune rate, last level."""
    rows = archive.load("imp", study="rates", data="mnist1d", budget="short", prune_rate=0.36)
    dense_network = rows[rows["arm"] == "dense"].set_index("seed")["accuracy"]
    return 100 * (rows[(rows["arm"] == "ticket") & (rows["level"] == 5)].set_index("seed")["accuracy"] - dense_network)


def most(condition):
    return condition.mean() > 0.6


def falling(*values):
    return all(first > second for first, second in pairwise(values))


STABILITY = {
    "A fifth of the training in common, and the ridge is gone": lambda: all(copies(b, 0.2).max() < 2 for b in BUDGETS),
    "A common start alone is not enough": lambda: all(copies(b, 0.0).min() > 2 for b in BUDGETS),
    "Between two starts the ridge is higher, in the median": lambda: all(
        copies(b, arm="another start").median() > copies(b, 0.0).median() + 5 for b in BUDGETS
    ),
    "1 % takes part of it away, 5 % most of it (medians)": lambda: all(
        copies(b, 0.01).median() < copies(b, 0.0).median() and copies(b, 0.05).median() < copies(b, 0.0).median() / 4
        for b in BUDGETS
    ),
    "From step 0, with 4 % kept, tickets fall behind": lambda: gain("long", 4, 0.0).max() < -1,
    "The later they start, the nearer they come": lambda: falling(*(-gain("long", 4, k).median() for k in STARTS)),
    "None of these is stable": lambda: min(barrier("long", 4, k).min() for k in STARTS) >= 2,
    "A ticket's ridge is lower than the dense network's": lambda: (
        barrier("long", 2, 0.0).median() < 0.67 * copies("long", 0.0).median()
    ),
    "A later start lowers it further; with 4 % kept it is higher than with 20 % (medians)": lambda: (
        all(falling(*(barrier(b, level, k).median() for k in STARTS)) for b in BUDGETS for level in LEVELS)
        and all(barrier(b, 4, k).median() > barrier(b, 2, k).median() + 0.5 for b in BUDGETS for k in STARTS)
    ),
    "The median ticket from 1 %, 20 % kept, is stable where dense copies are not": lambda: (
        barrier("long", 2, 0.01).median() < 2 < copies("long", 0.01).min()
    ),
    "Random masks have ridges as high as the dense network that parts at once": lambda: all(
        barrier(b, level, 0.01, arm="random").median() > 0.9 * copies(b, 0.0).median()
        for b in BUDGETS
        for level in (3, 4)
    ),
    "With 4 %, from 5 %, the ticket is less stable than the dense network, in every seed": lambda: (
        barrier("long", 4, 0.05) > copies("long", 0.05)
    ).all(),
    "A warm-up, or the low rate, brings the ticket from step 0 below 2 (20 % kept)": lambda: (
        max(
            barrier(b, 2, 0.0, recipe).max()
            for b, recipe in (("short", "warm-up"), ("long", "warm-up"), ("short", "low rate"))
        )
        < 2
    ),
    "From step 0 no plain ticket is stable": lambda: min(barrier("long", level, 0.0).min() for level in LEVELS) > 2,
    "Most tickets from step 0 keep up at 20 and 9 %, not at 4 %": lambda: (
        [(gain("long", level, 0.0) > -1).mean() > 0.5 for level in LEVELS] == [True, True, False]
    ),
    "At 9 %, nearly all tickets from step 0 beat the random mask of their seed": lambda: (
        (tickets("long", 3, 0.0)["accuracy"] > tickets("long", 3, 0.0)["random"]).mean() > 0.9
    ),
    "At 4 %, random masks fall far behind": lambda: all(
        gain("long", 4, k, arm="random").max() < -4 for k in (0.0, 0.01)
    ),
    "At 9 %, most random masks are behind; late tickets all keep up, in either order": lambda: (
        all(most(gain("long", 3, k, arm="random") < -1) for k in (0.0, 0.01))
        and min(tickets("long", 3, k)[order].min() for k in STARTS[1:] for order in ("gain", "copy_gain")) > -1
    ),
    "At 9 %, from step 0, most keep up (9 of 12; 7 in the other order), which stays open": lambda: (
        [(tickets("long", 3, 0.0)[order] > -1).sum() for order in ("gain", "copy_gain")] == [9, 7]
        and interval(gain("long", 3, 0.0)).low < -1 < interval(gain("long", 3, 0.0)).high
    ),
    "With 4 %, no plain ticket is shown to match": lambda: all(
        middle(gain("long", 4, k)).low < -1 and interval(gain("long", 4, k)).low < -1 for k in STARTS
    ),
    "Across rewind points, the higher the barrier, the more is lost; not among the twelve from step 0": lambda: (
        falling(*(barrier("long", 4, k).median() for k in STARTS))
        and falling(*(-gain("long", 4, k).median() for k in STARTS))
        and barrier("long", 4, 0.0).rank().corr(-gain("long", 4, 0.0).rank()) < 0
    ),
    "From 5 %, at 4 %, all lie above the limit; seven of twelve keep up, four ahead of the dense network": lambda: (
        barrier("long", 4, 0.05).min() > 2
        and [(gain("long", 4, 0.05) > bound).sum() for bound in (-1, 0)] == [7, 4]
        and len(gain("long", 4, 0.05)) == 12
    ),
    "Of unstable warm-up tickets, at 4 %, 14 of 23 keep up": lambda: (
        (pd.concat([tickets("long", 4, k, "warm-up") for k in (0.0, 0.01)]).query("barrier >= 2")["gain"] > -1)
        .value_counts()
        .to_dict()
        == {True: 14, False: 9}
    ),
    "The low-rate ticket is stable and mostly behind; the plain one from 1 % unstable and ahead": lambda: (
        barrier("short", 4, 0.0, "low rate").max() < 2
        and most(gain("short", 4, 0.0, "low rate") < -1)
        and barrier("short", 4, 0.01).min() > 2
        and gain("short", 4, 0.01).min() > 0
    ),
    "These two are about equally good; their dense networks lie far apart": lambda: (
        abs(tickets("short", 4, 0.0, "low rate")["accuracy"].median() - tickets("short", 4, 0.01)["accuracy"].median())
        < 0.015
        and dense("short", "low rate").median() > dense("short").median() + 4
    ),
    "From step 0 nobody is connected to anybody (9 and 4 % kept)": lambda: all(
        tickets("long", level, 0.0)[line].min() > 2
        for level in (3, 4)
        for line in ("barrier", "to_dense", "to_previous")
    ),
    "From 1 %, copies and neighbouring levels lie around the limit": lambda: all(
        tickets("long", 3, 0.01)[line].median() < 2 and tickets("long", 3, 0.01)[line].max() < 5
        for line in ("barrier", "to_previous")
    ),
    "Ticket and dense network lie above it; two dense copies further apart still": lambda: (
        (tickets("long", 3, 0.01)["to_dense"] > 2).mean() > 0.9
        and (tickets("long", 3, 0.01)["rise"] > 0.5).mean() > 0.9
        and copies("long", 0.01).median() > tickets("long", 3, 0.01)["to_dense"].median() + 2
    ),
    "From 5 % they are about level; with 4 % upside down there, in every seed, and about level from 1 %": lambda: (
        abs(tickets("long", 3, 0.05)["to_dense"].median() - copies("long", 0.05).median()) < 0.5
        and (tickets("long", 4, 0.05)["to_dense"] > copies("long", 0.05)).all()
        and abs(tickets("long", 4, 0.01)["to_dense"].median() - copies("long", 0.01).median()) < 2
    ),
    "With 4 % neighbours come nearer, and some keep up (0, 4, 7 of 12; other order 0, 8, 7); no seed below 2": lambda: (
        falling(*(neighbours("long", 4, k).median() for k in STARTS))
        and min(neighbours("long", 4, k).min() for k in STARTS) >= 2
        and [(gain("long", 4, k) > -1).sum() for k in STARTS] == [0, 4, 7]
        and [(tickets("long", 4, k)["copy_gain"] > -1).sum() for k in STARTS] == [0, 8, 7]
    ),
    "After short training even most random masks with 9 % keep up with the unfinished dense network": lambda: (
        all(most(gain("short", 3, k, arm="random") > -1) for k in (0.0, 0.01))
        and accuracy("short", "dense", 0.0, level=0, column="train_accuracy").median() < 90
        and accuracy("long", "dense", 0.0, level=0, column="train_accuracy").median() > 99
    ),
}

LATE_RESET = {
    "Clearly behind from step 0 (long)": lambda: interval(gain("long", 4, 0.0)).high < -1,
    "1 % makes up more than half of it": lambda: (
        (accuracy("long", "ticket", 0.01) - accuracy("long", "ticket", 0.0)).mean() > -gain("long", 4, 0.0).mean() / 2
    ),
    "Copies end less far apart, but never under the line": lambda: (
        falling(*(barrier("long", 4, k).median() for k in STARTS))
        and min(middle(barrier("long", 4, k)).low for k in STARTS) > 2
    ),
    "From 5 % the ticket is less stable than the dense network, and nearly level with it (long)": lambda: (
        middle(barrier("long", 4, 0.05)).low > middle(copies("long", 0.05)).high
        and interval(gain("long", 4, 0.05)).low < 0 < interval(gain("long", 4, 0.05)).high
        and interval(gain("long", 4, 0.05)).mean > -1
    ),
    "After short training tickets beat the dense network, step 0 by least": lambda: (
        0 < gain("short", 4, 0.0).mean() < min(gain("short", 4, k).mean() for k in STARTS[1:])
    ),
    "A random mask gains nothing from the later start": lambda: all(
        interval(accuracy(b, "random", 0.01) - accuracy(b, "random", 0.0)).low < 0 for b in BUDGETS
    ),
    "and lies far below the ticket": lambda: all(
        interval(accuracy(b, "random", 0.01) - accuracy(b, "ticket", 0.01)).high < -5 for b in BUDGETS
    ),
    "On another θ_k the mask is worse than even the ticket from step 0": lambda: all(
        interval(accuracy(b, "re-initialised", 0.01) - accuracy(b, "ticket", 0.0)).high < 0 for b in BUDGETS
    ),
    "On another θ_k the mask beats a random one on the right θ_k by about two points": lambda: all(
        1.5 < interval(difference).mean < 2.5 and interval(difference).low > 0
        for difference in (accuracy(b, "re-initialised", 0.01) - accuracy(b, "random", 0.01) for b in BUDGETS)
    ),
    "Both halves together gain two to three points, in either order; either alone little": lambda: all(
        all(2 < late_gain(b, column=order).mean() < 3 for order in ("accuracy", "copy_accuracy"))
        and (accuracy(b, "early mask, late start", 0.01) - accuracy(b, "ticket", 0.0)).mean() < 1.2
        and (accuracy(b, "late mask, early start", 0.0) - accuracy(b, "ticket", 0.0)).mean() < 1.2
        for b in BUDGETS
    ),
    "In the other order the late reset gains as well; that the order matters cannot be said": lambda: all(
        interval(late_gain(b, column="copy_accuracy")).low > 0
        and all(holds_0(late_gain(b, *step) - late_gain(b, *step, "copy_accuracy")) for step in pairwise(STARTS))
        for b in BUDGETS
    ),
    "The small network of notebook 02 keeps up from step 0, 11 % kept (30 seeds)": lambda: (
        len(small_network()) == 30 and interval(small_network()).low > -1
    ),
    "A random mask is the least stable of all": lambda: all(
        barrier(b, level, 0.01, arm="random").median() > max(barrier(b, level, k).median() for k in STARTS)
        for b in BUDGETS
        for level in (3, 4)
    ),
    "With a warm-up the barrier falls to a small part, and the gap shrinks; its network is a little better": lambda: (
        barrier("long", 4, 0.0, "warm-up").median() < barrier("long", 4, 0.0).median() / 4
        and interval(gain("long", 4, 0.0, "warm-up") - gain("long", 4, 0.0)).low > 0
        and interval(dense("long", "warm-up") - dense("long")).low > 0
        and interval(dense("long", "warm-up") - dense("long")).high < 1.5
    ),
    "A warm-up does about what a late reset does (long, 4 %)": lambda: (
        all(interval(gain("long", 4, *start) - gain("long", 4, 0.0)).low > 1 for start in ((0.01,), (0.0, "warm-up")))
        and barrier("long", 4, 0.01).median() < barrier("long", 4, 0.0).median() / 2
    ),
    "No stable ticket is behind (long); nor is any over 4 % shown to be, and with 4 % none is stable": lambda: (
        all(interval(gain("long", *start)).high > -1 for start in tickets_of("long") if start[0] < 4)
        and all(middle(barrier("long", *start)).low > 2 for start in tickets_of("long") if start[0] == 4)
    ),
    "Unstable and keeping up: from step 0 with 20 %; in another order both warm-up ones with 4 %": lambda: (
        middle(barrier("long", 2, 0.0)).low > 2
        and interval(gain("long", 2, 0.0)).low > -1
        and all(interval(tickets("long", 4, k, "warm-up")["copy_gain"]).low > -1 for k in (0.0, 0.01))
    ),
    "After short training one stable ticket is behind, the low rate's with 4 %": lambda: (
        [
            start
            for start in tickets_of("short")
            if middle(barrier("short", *start)).high < 2 and interval(gain("short", *start)).high < -1
        ]
        == [(4, 0.0, "low rate")]
    ),
    "The barrier gets many times as high with one schedule as with another, from one θ₀": lambda: all(
        barrier("long", level, 0.0).median() > 5 * barrier("long", level, 0.0, "warm-up").median() for level in LEVELS
    ),
    "The low rate's ticket is behind its network, and that network several points better": lambda: (
        interval(gain("short", 4, 0.0, "low rate")).high < -1
        and interval(dense("short", "low rate") - dense("short")).low > 3
    ),
    "Learning-rate rewinding does about as well as 1 % at 4 %, and better than any after short training": lambda: (
        abs((accuracy("long", "learning-rate rewinding", 0.0) - accuracy("long", "ticket", 0.01)).mean()) < 1
        and all(
            (accuracy("short", "learning-rate rewinding", 0.0, level) - accuracy("short", "ticket", 0.05, level)).mean()
            > 0
            for level in (3, 4)
        )
    ),
    "Behind in either order of the data": lambda: (
        interval(accuracy("long", "ticket", 0.0, column="copy_accuracy") - dense("long")).high < -1
    ),
    "At 9 % the loss from step 0 is at most small, after short training none; from 1 % the ticket keeps up": lambda: (
        all(interval(tickets("long", 3, 0.0)[order]).low > -1.5 for order in ("gain", "copy_gain"))
        and all(interval(gain("short", level, 0.0)).low > 0 for level in (3, 4))
        and all(interval(gain(b, 3, 0.01)).low > -1 for b in BUDGETS)
    ),
    "Whether 1 % is enough at 4 % stays open, in either order of the data (long)": lambda: all(
        interval(tickets("long", 4, 0.01)[order]).low < -1 < interval(tickets("long", 4, 0.01)[order]).high
        for order in ("gain", "copy_gain")
    ),
}


LEMMA = {
    "With the plain recipe and from step 0 no neighbours are connected": lambda: (
        min(neighbours(b, level, 0.0).min() for b in BUDGETS for level in LEVELS) > 2
    ),
    "From 1 % of the training on they are, or nearly, with 20 and 9 % kept, but not with 4 %": lambda: (
        all(neighbours(b, level, 0.01).median() < 2 for b in BUDGETS for level in (2, 3))
        and neighbours("long", 2, 0.01).max() < 2
        and neighbours("long", 3, 0.01).max() < 2.5
        and min(neighbours(b, 4, 0.01).min() for b in BUDGETS) > 2
    ),
    "With a warm-up or a low rate all are from step 0 on, at 20 and 9 %": lambda: (
        max(
            neighbours(b, level, 0.0, recipe).max()
            for b, recipe in (("short", "warm-up"), ("long", "warm-up"), ("short", "low rate"))
            for level in (2, 3)
        )
        < 2
    ),
    "Most plain tickets from step 0 keep up at 20 and 9 % all the same": lambda: all(
        most(gain(b, level, 0.0) > -1) for b in BUDGETS for level in (2, 3)
    ),
}


@pytest.mark.parametrize("sentence", STABILITY)
def test_03_says_what_the_archive_says(sentence):
    assert STABILITY[sentence](), sentence


@pytest.mark.parametrize("sentence", LATE_RESET)
def test_05_says_what_the_archive_says(sentence):
    assert LATE_RESET[sentence](), sentence


@pytest.mark.parametrize("sentence", LEMMA)
def test_11_says_what_the_archive_says(sentence):
    assert LEMMA[sentence](), sentence
