"""Notebook 01, 7 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import math

import numpy as np
from scipy.special import stdtrit


class CutsAndCallsItRetrained:
    """Also judges by the width of the interval, and then by its mean."""

    points = 3
    says = {"two_networks": "this is the cut one again", "matching": "you judged by the width"}

    def two_networks(x, y, kept):
        cut = np.linalg.lstsq(x, y)[0] * kept
        return cut, cut.copy()

    def matching(ticket, dense, margin):
        differences = ticket - dense
        n, mean = len(differences), differences.mean()
        half = stdtrit(n - 1, 0.975) * differences.std(ddof=1) / math.sqrt(n)
        word = "open" if half > margin else "matches" if mean > -margin else "does not match"
        return mean - half, mean + half, word


class AsksWhetherZeroIsInside:
    points = 5
    says = {"matching": "that asks whether zero lies in the interval"}

    def matching(ticket, dense, margin):
        differences = ticket - dense
        n = len(differences)
        half = stdtrit(n - 1, 0.975) * differences.std(ddof=1) / math.sqrt(n)
        low, high = differences.mean() - half, differences.mean() + half
        return low, high, "matches" if high >= 0 else "does not match"


class TrustsTheNormalCurve:
    points = 2
    says = {
        "matching": "1.96 is for a spread that is known",
        "simulate": "an interval with 1.96 is too narrow for so few seeds",
    }

    def matching(ticket, dense, margin):
        differences = ticket - dense
        half = 1.959963984540054 * differences.std(ddof=1) / math.sqrt(len(differences))
        low, high = differences.mean() - half, differences.mean() + half
        return low, high, "matches" if low > -margin else "does not match" if high < -margin else "open"

    def simulate(n, spread, truth, margin, repeats, numbers):
        held = shown = 0
        for _ in range(repeats):
            draws = numbers.normal(truth, spread, n)
            half = 1.96 * draws.std(ddof=1) / math.sqrt(n)
            held += abs(draws.mean() - truth) <= half
            shown += draws.mean() - half > -margin
        return held / repeats, shown / repeats
