"""Notebook 04, 6 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import torch

import lth_teach as lt


class FreezesInsteadOfPruning:
    points = 2
    says = {
        "masked_kernel": "That freezes pruned weights at their initial values; pruning zeroes them",
        "effect_of_building": "you compared random masks that happen to be aligned",
    }

    def masked_kernel(jacobian_at, weights, mask):
        jacobian = jacobian_at(weights) * mask
        return jacobian @ jacobian.T

    def effect_of_building(draw, build, accuracy, alignment, seeds):
        found = sorted((alignment(draw(seed), seed), seed) for seed in seeds)
        half = len(found) // 2
        low, high = ([accuracy(draw(seed), seed) for _, seed in part] for part in (found[:half], found[half:]))
        return lt.replicates.interval([100 * (b - a) for a, b in zip(low, high, strict=True)])


class ForgetsWhereNewSamplesStart:
    points = 4
    says = {"predicted": "new samples do not start at 0 but at f0_new"}

    def predicted(kernel, cross, f0, f0_new, y, rate, steps):
        values, vectors = torch.linalg.eigh(kernel)
        gain = torch.diag((1 - (1 - rate * values) ** steps) / values)
        return cross @ vectors @ gain @ vectors.T @ (y - f0)


class TrainsForEver:
    points = 1
    says = {
        "predicted": "this is the end of endless training",
        "effect_of_building": "this is the accuracy of the built masks",
    }

    def predicted(kernel, cross, f0, f0_new, y, rate, steps):
        return f0_new + cross @ torch.linalg.solve(kernel, y - f0)

    def effect_of_building(draw, build, accuracy, alignment, seeds):
        return lt.replicates.interval([100 * accuracy(build(draw(seed), seed), seed) for seed in seeds])
