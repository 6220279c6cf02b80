"""Notebook 06, 6 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import math

import numpy as np

import lth_teach as lt


class RoundsDown:
    points = 5
    says = {"weights_needed": "round up, not down"}

    def weights_needed(epsilon, length):
        return int(math.log2(length / (2 * epsilon)))


class OnePathIsEnough:
    points = 1
    says = {
        "two_paths": "one side of zero gets nothing",
        "prune_layers": "one path a weight and side",
    }

    def two_paths(u, v, w):
        first, second = np.abs(u * v - w).argsort()[:2]
        return int(first), int(second)

    def prune_layers(enter, leave, wanted):
        keep_in, keep_out = np.zeros(enter.shape, bool), np.zeros(leave.shape, bool)
        inputs = enter.shape[1]
        for c in range(inputs):
            own = np.arange(c, len(enter), inputs)
            for side in (own[enter[own, c] > 0], own[enter[own, c] < 0]):
                for r in range(len(leave)):
                    best = side[np.abs(enter[side, c] * leave[r, side] - wanted[r, c]).argmin()]
                    keep_in[best, c] = keep_out[r, best] = True
        return keep_in, keep_out


class ForgetsHalfOfTheLine:
    points = 0
    says = {
        "weights_needed": "2ε in all and not ε",
        "two_paths": "aim at w, not at −w",
        "prune_layers": "only paths with u > 0 are kept",
    }

    def weights_needed(epsilon, length):
        return max(0, math.ceil(math.log2(length / epsilon)))

    def two_paths(u, v, w):
        right = np.where(u > 0, np.abs(u * v - w), np.inf).argmin()
        left = np.where(u < 0, np.abs(u * v + w), np.inf).argmin()
        return int(right), int(left)

    def prune_layers(enter, leave, wanted):
        keep_in, keep_out = np.zeros(enter.shape, bool), np.zeros(leave.shape, bool)
        inputs = enter.shape[1]
        for c in range(inputs):
            own = np.arange(c, len(enter), inputs)
            own = own[enter[own, c] > 0]
            for r in range(len(leave)):
                taken, _ = lt.strong.subset_sum.closest_subset(enter[own, c] * leave[r, own], wanted[r, c])
                keep_out[r, own[taken]] = True
            keep_in[own, c] = True
        return keep_in, keep_out
