"""Notebook 11, 6 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import math


class CountsWithFloats:
    points = 4
    says = {"exact_levels": "a product of floats is rounded at every step"}

    def exact_levels(prune_rate, target_sparsity):
        kept, levels = 1.0, 0
        while kept > 1 - target_sparsity:
            kept *= 1 - prune_rate
            levels += 1
        return levels


class Stalls:
    points = 2
    says = {
        "landing_rate": "it removes a share of the survivors",
        "next_kept": "this stalls",
    }

    def landing_rate(levels, target_sparsity):
        return target_sparsity / levels

    def next_kept(survivors, goal, prune_rate):
        return max(goal, survivors - round(prune_rate * survivors))


class RoundsDown:
    points = 0
    says = {
        "landing_rate": "NameError",
        "exact_levels": "that is one level too few",
        "next_kept": "int() and // round down",
    }

    def landing_rate(levels, target_sparsity):
        return 1 - (1 - sparsity) ** (1 / levels)  # noqa: F821 (a slip that a submission may well hold)

    def exact_levels(prune_rate, target_sparsity):
        return math.floor(math.log(1 - target_sparsity) / math.log(1 - prune_rate))

    def next_kept(survivors, goal, prune_rate):
        return max(goal, survivors - max(1, int(prune_rate * survivors)))
