"""Notebook 04, 5 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import torch


class FreezesInsteadOfPruning:
    points = 3
    says = {"masked_kernel": "That freezes pruned weights at their initial values; pruning zeroes them"}

    def masked_kernel(jacobian_at, weights, mask):
        jacobian = jacobian_at(weights) * mask
        return jacobian @ jacobian.T


class ForgetsTheOutputs:
    points = 2
    says = {
        "rank_at_most": "each sample has a row for each of its outputs",
        "leftover": "you looked for eigenvalues that are exactly 0",
    }

    def rank_at_most(samples, outputs, masks):
        return min(samples, sum(int(mask.sum()) for mask in masks.values()))

    def leftover(kernel, pull):
        values, vectors = torch.linalg.eigh(kernel)
        null = vectors[:, values == 0]
        return null @ (null.T @ pull)


class TransposesTheWrongFactor:
    points = 1
    says = {
        "masked_kernel": "that is Jᵀ J, weights by weights",
        "leftover": "this is the part that does get fitted",
    }

    def masked_kernel(jacobian_at, weights, mask):
        jacobian = jacobian_at(mask * weights) * mask
        return jacobian.T @ jacobian

    def leftover(kernel, pull):
        values, vectors = torch.linalg.eigh(kernel)
        seen = vectors[:, values > 1e-10 * values.max()]
        return seen @ (seen.T @ pull)
