"""Notebook 06, 5 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import math

from lth_teach import strong


class RoundsDown:
    points = 3
    says = {"weights_needed": "round up, not down"}

    def weights_needed(epsilon, length):
        return int(math.log2(length / (2 * epsilon)))


class TakesWhatHelpsMost:
    points = 2
    says = {"closest_sum": "taking whatever number helps most, one after the other, is not exact"}

    def closest_sum(numbers, target):
        total, left = 0.0, list(numbers)
        while left:
            best = min(left, key=lambda number: abs(total + number - target))
            if abs(total + best - target) >= abs(total - target):
                break
            total += best
            left.remove(best)
        return total


class ForgetsTheEmptySubset:
    points = 0
    says = {
        "weights_needed": "2ε in all and not ε",
        "closest_sum": "the empty subset counts, too: its sum is 0",
    }

    def weights_needed(epsilon, length):
        return max(0, math.ceil(math.log2(length / epsilon)))

    def closest_sum(numbers, target):
        return min(strong.subset_sum.all_sums(numbers)[1:], key=lambda total: abs(total - target))
