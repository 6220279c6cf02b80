"""Notebook 11, 5 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import math


class CountsWithFloats:
    points = 3
    says = {"exact_levels": "a product of floats is rounded at every step"}

    def exact_levels(prune_rate, target_sparsity):
        kept, levels = 1.0, 0
        while kept > 1 - target_sparsity:
            kept *= 1 - prune_rate
            levels += 1
        return levels


class PatchesTheEnd:
    points = 0
    says = {
        "exact_levels": "A tolerance mends ties and breaks that",
        "landing_schedule": "the last takes what is left over",
    }

    def exact_levels(prune_rate, target_sparsity):
        return math.ceil(math.log(1 - target_sparsity) / math.log(1 - prune_rate) - 1e-9)

    def landing_schedule(n_weights, goal, levels):
        kept = [n_weights]
        for _ in range(levels - 1):
            kept.append(max(goal, kept[-1] - round(0.2 * kept[-1])))
        return [*kept, goal]


class RoundsEachLevelAlone:
    points = 0
    says = {
        "exact_levels": "NameError",
        "landing_schedule": "It stalls: a level must remove at least one weight",
    }

    def exact_levels(prune_rate, target_sparsity):
        kept, levels = Fraction(1), 0  # noqa: F821 (a slip that a submission may well hold)
        while kept > 1 - target:  # noqa: F821
            kept, levels = kept * (1 - prune_rate), levels + 1
        return levels

    def landing_schedule(n_weights, goal, levels):
        if goal < 1 or not 1 <= levels <= n_weights - goal:
            raise ValueError("no such schedule")
        if n_weights - goal == levels:
            return list(range(n_weights, goal - 1, -1))
        return [round(n_weights * (goal / n_weights) ** (level / levels)) for level in range(levels + 1)]
