"""Notebook 02, 5 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import torch


class UsesAThreshold:
    points = 3
    says = {"exact_pruning": "`<=` against the threshold removes every weight that ties with it"}

    def exact_pruning(scores, mask, number):
        if number == 0:
            return mask.clone()
        threshold = scores[mask].sort().values[number - 1]
        return mask & ~(scores <= threshold)


class ForgetsTheMaskInTraining:
    points = 2
    says = {
        "sparse_training": "the mask was applied at the start only",
        "same_signs": "you flipped signs by those of `initial`",
    }

    def sparse_training(weight, mask, velocity, gradient, steps):
        weight = weight * mask
        for _ in range(steps):
            velocity = 0.9 * velocity + gradient(weight)
            weight = weight - 0.1 * velocity
        return weight

    def same_signs(initial, fresh):
        return fresh * initial.sign()


class RanksPrunedWeights:
    points = 1
    says = {
        "exact_pruning": "you ranked pruned weights, too",
        "sparse_training": "RuntimeError",
    }

    def exact_pruning(scores, mask, number):
        keep = torch.ones(scores.numel(), dtype=torch.bool)
        keep[scores.flatten().argsort(descending=True, stable=True)[scores.numel() - number :]] = False
        return mask & keep.view_as(mask)

    def sparse_training(weight, mask, velocity, gradient, steps):
        return weight[mask] - 0.1 * velocity
