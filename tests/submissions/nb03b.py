"""Notebook 03b, 6 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import torch


class RunsInACircle:
    points = 3
    says = {"fair_movement": "Likely: circular."}

    def fair_movement(start, find, train):
        masks = find(start, 0)
        end = train(start, 0)
        chosen = expected = 0.0
        for name, mask in masks.items():
            distance = (end[name] - start[name]).abs()
            chosen += distance[mask].sum()
            expected += distance.mean() * mask.sum()
        return float(chosen / expected)


class MixesTheLayers:
    points = 0
    says = {
        "largest_at_start": "you ranked all layers together",
        "with_noise": "one σ for all layers",
        "fair_movement": "the comparison takes weights from all layers together",
    }

    def largest_at_start(start, masks):
        sizes = torch.cat([start[name].abs().flatten() for name in masks])
        number = sum(int(mask.sum()) for mask in masks.values())
        threshold = sizes.sort(descending=True).values[number - 1]
        return {name: start[name].abs() >= threshold for name in masks}

    def with_noise(start, amount, generator):
        sigma = torch.cat([weights.flatten() for weights in start.values()]).std()
        return {
            name: weights + amount * sigma * torch.randn(weights.shape, generator=generator)
            for name, weights in start.items()
        }

    def fair_movement(start, find, train):
        masks, end = find(start, 0), train(start, 1)
        moved = torch.cat([(end[name] - start[name]).abs().flatten() for name in masks])
        kept = torch.cat([mask.flatten() for mask in masks.values()])
        return float(moved[kept].mean() / moved.mean())


class ForgetsTheAbsoluteValue:
    points = 1
    says = {
        "largest_at_start": "you ranked signed values",
        "fair_movement": "these are sizes at the end, not distances",
    }

    def largest_at_start(start, masks):
        chosen = {}
        for name, mask in masks.items():
            keep = torch.zeros(mask.numel(), dtype=torch.bool)
            keep[start[name].flatten().argsort(descending=True, stable=True)[: int(mask.sum())]] = True
            chosen[name] = keep.view_as(mask)
        return chosen

    def fair_movement(start, find, train):
        masks, end = find(start, 0), train(start, 1)
        chosen = sum(end[name].abs()[mask].sum() for name, mask in masks.items())
        return float(chosen / sum(end[name].abs().mean() * mask.sum() for name, mask in masks.items()))
