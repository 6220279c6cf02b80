"""Notebook 09, 3 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import torch


class ReturnsTheCosine:
    points = 1
    says = {"progress_ratio": "that is the cosine. The ratio of progress is its square"}

    def progress_ratio(gradient, mask):
        kept = gradient * mask
        return float((gradient * kept).sum() / (gradient.norm() * kept.norm())) if mask.any() else 0.0


class NeverEnds:
    points = 2
    says = {"frozen_loss": "no result after 10 s. A loop that never ends?"}

    def frozen_loss(steps, rate):
        theta, step = torch.ones(2, dtype=torch.double), 0
        while step < steps:
            theta[0] -= rate * 100 * theta[0]  # and step stays where it is
        return float((100 * theta[0] ** 2 + theta[1] ** 2) / 2)


class MovesBothWeights:
    points = 0
    says = {
        "progress_ratio": "that is the share of the weights kept",
        "frozen_loss": "here θ₂ moves as well: that is the dense run",
    }

    def progress_ratio(gradient, mask):
        return float(mask.float().mean())

    def frozen_loss(steps, rate):
        return (100 * (1 - 100 * rate) ** (2 * steps) + (1 - rate) ** (2 * steps)) / 2
