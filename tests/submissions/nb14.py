"""Notebook 14, 4 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""


class TakesTheRatioOfTheMeans:
    points = 2
    says = {"expected_overlap": "The mean of a ratio is not the ratio of the means"}

    def expected_overlap(n, a, b):
        shared = a * b / n
        return shared / (a + b - shared)


class LeavesTheOutgoingWeightsBehind:
    points = 2
    says = {"reorder_units": "the outgoing weights stayed behind"}

    def reorder_units(first, bias, second, order):
        return first[order], bias[order], second


class DrawsWithReplacement:
    points = 0
    says = {
        "expected_overlap": "the weights were drawn with replacement",
        "reorder_units": "the bias stayed behind",
    }

    def expected_overlap(n, a, b):
        from math import comb

        chances = [comb(b, k) * (a / n) ** k * (1 - a / n) ** (b - k) for k in range(b + 1)]
        return sum(chance * k / (a + b - k) for k, chance in enumerate(chances))

    def reorder_units(first, bias, second, order):
        return first[order], bias, second[:, order]
