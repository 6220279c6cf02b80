"""Notebook 08, 4 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import math

from lth_teach.strong import supermasks


class BlocksTheGradient:
    points = 2
    says = {"straight_through": "this is the bare mask. Its gradient is nothing"}

    def straight_through(scores, kept):
        return supermasks.top(scores, kept).to(scores.dtype)


class CountsTheWrongSide:
    points = 3
    says = {"signed_constant": "you used the number of outputs"}

    def signed_constant(weight, density):
        return weight.sign() * math.sqrt(2 / (weight.shape[0] * density))


class AveragesOverPrunedWeights:
    points = 0
    says = {
        "straight_through": "reaches only the scores of used weights",
        "signed_constant": "the density is missing",
        "binary_layer": "pruned weights were counted as zeros",
    }

    def straight_through(scores, kept):
        mask = supermasks.top(scores, kept).to(scores.dtype)
        return mask + mask * (scores - scores.detach())

    def signed_constant(weight, density):
        return weight.sign() * math.sqrt(2 / weight.shape[1])

    def binary_layer(weight, mask):
        return weight.sign() * mask * (weight * mask).abs().mean()
