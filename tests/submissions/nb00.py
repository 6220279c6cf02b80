"""Notebook 00, 3 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""


class TakesSparsityForAPercentage:
    points = 2
    says = {"percent_kept": "sparsity is a fraction from 0 to 1, not a percentage"}

    def percent_kept(sparsity):
        return 100 - sparsity


class StopsWhereTheCurveFirstFalls:
    points = 1
    says = {"last_matching_level": "that is where the curve first falls below; it may come back above"}

    def last_matching_level(accuracies, tolerance):
        level = 0
        while level + 1 < len(accuracies) and accuracies[level + 1] >= accuracies[0] - tolerance:
            level += 1
        return level


class LearnedTheCheckByHeart:
    points = 2
    says = {"percent_kept": "AssertionError"}  # from the hidden test

    def percent_kept(sparsity):
        return {0.9: 10.0, 0.488: 51.2, 0.0: 100.0, 0.964: 3.6}.get(sparsity, 0.0)
