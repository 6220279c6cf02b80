"""Notebook 09, 7 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import torch


class BelievesInOneNumber:
    points = 3
    says = {
        "progress_ratio": "that is the cosine. The ratio of progress is its square",
        "counter_example": "let the curvature depend on ε",
    }

    def progress_ratio(gradient, mask):
        kept = gradient * mask
        return float((gradient * kept).sum() / (gradient.norm() * kept.norm())) if mask.any() else 0.0

    def counter_example(epsilon):
        return [10_000.0, 1.0], [0.001, 1.0], [True, False]


class CopiesTheDocumentsExample:
    points = 2
    says = {
        "counter_example": "the masked run still removes",
        "guaranteed_share": "a true bound, but not the largest",
    }

    def counter_example(epsilon):
        return [2 / epsilon, 1.0], [1.0, 1.0], [True, False]

    def guaranteed_share(matrix, mask):
        kept = matrix[:, mask]
        return float(torch.linalg.eigvalsh(kept @ kept.T)[0] / torch.linalg.eigvalsh(matrix @ matrix.T)[-1])


class NeverEnds:
    points = 2
    says = {
        "guaranteed_share": "no result after 10 s. A loop that never ends?",
        "progress_ratio": "that is the share of the weights kept",
    }

    def progress_ratio(gradient, mask):
        return float(mask.float().mean())

    def guaranteed_share(matrix, mask):
        least, step = 1.0, 0
        while step < 1_000:
            residual = torch.randn(len(matrix), dtype=torch.double)
            gradient = matrix.T @ residual
            least = min(least, float(gradient[mask].square().sum() / gradient.square().sum()))
        return least
