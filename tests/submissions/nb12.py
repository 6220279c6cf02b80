"""Notebook 12, 4 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import torch


class AveragesOverLayers:
    points = 2
    says = {"pooled_overlap": "that is the mean of the layers' overlaps"}

    def pooled_overlap(first, second):
        shares = [
            int((first[name] & second[name]).sum()) / max(1, int((first[name] | second[name]).sum())) for name in first
        ]
        return sum(shares) / len(shares)


class DrawsEachWeightByItself:
    points = 2
    says = {"fair_baseline": "each weight was kept with a probability"}

    def fair_baseline(mask, output, seed):
        numbers = torch.Generator().manual_seed(seed)
        drawn = {
            name: torch.rand(layer.shape, generator=numbers) < layer.float().mean() for name, layer in mask.items()
        }
        return drawn | {output: torch.ones_like(mask[output])}


class PrunesTheOutputLayer:
    points = 0
    says = {
        "pooled_overlap": "that is the share of all entries that agree",
        "fair_baseline": "the output layer is pruned",
    }

    def pooled_overlap(first, second):
        agree = sum(int((first[name] == second[name]).sum()) for name in first)
        return agree / sum(layer.numel() for layer in first.values())

    def fair_baseline(mask, output, seed):
        numbers = torch.Generator().manual_seed(seed)
        return {
            name: layer.flatten()[torch.randperm(layer.numel(), generator=numbers)].view_as(layer)
            for name, layer in mask.items()
        }
