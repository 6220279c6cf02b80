"""Notebook 07, 5 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import torch


class TakesAbsoluteValuesTooEarly:
    points = 4
    says = {"snip_saliency": "taken batch by batch"}

    def snip_saliency(weight, gradients):
        return sum((weight * gradient).abs() for gradient in gradients)


class UsesAThreshold:
    points = 3
    says = {"keep_exactly": "every weight that ties with it stays"}

    def keep_exactly(scores, number):
        flat = torch.cat([score.flatten() for score in scores.values()])
        threshold = flat.sort(descending=True).values[number - 1]
        return {name: score >= threshold for name, score in scores.items()}


class LetsPathsCancel:
    points = 0
    says = {
        "snip_saliency": "the absolute value is missing",
        "keep_exactly": "not how many to remove",
        "synflow_scores": "so paths cancel",
    }

    def snip_saliency(weight, gradients):
        return weight * sum(gradients)

    def keep_exactly(scores, number):
        flat = torch.cat([score.flatten() for score in scores.values()])
        keep = torch.zeros(len(flat), dtype=torch.bool)
        keep[flat.argsort(descending=True, stable=True)[: len(flat) - number]] = True
        parts = keep.split([score.numel() for score in scores.values()])
        return {name: part.view(scores[name].shape) for name, part in zip(scores, parts)}

    def synflow_scores(first, second):
        return first * second.sum(0)[:, None], second * first.sum(1)
