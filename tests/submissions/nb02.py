"""Notebook 02, 8 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import copy

import torch

from lth_teach import enforcement


class RanksTheDead:
    points = 3
    says = {
        "one_level": "you ranked the dead, too",
        "imp": "you ranked the dead, too",
    }

    def one_level(start, trained, mask, rate):
        number = round(rate * int(mask.sum()))
        new_mask = mask.clone()
        new_mask.view(-1)[trained.abs().flatten().argsort()[:number]] = False
        return new_mask, start * new_mask

    def imp(model, train, rate, levels):
        weights = {name: p for name, p in model.named_parameters() if p.dim() == 2}
        start = copy.deepcopy(model.state_dict())
        found = [{n: torch.ones_like(w, dtype=torch.bool) for n, w in weights.items()}]
        for _ in range(levels):
            model.load_state_dict(start)
            enforcement.enforce(model, found[-1])
            train(model)
            kept = torch.cat([mask.flatten() for mask in found[-1].values()])
            sizes = torch.cat([w.detach().abs().flatten() for w in weights.values()])
            kept[sizes.argsort()[: round(rate * int(kept.sum()))]] = False
            parts = kept.split([w.numel() for w in weights.values()])
            found.append({n: m.view_as(weights[n]) for n, m in zip(weights, parts)})
        return found


class ForgetsToHoldAndToRewind:
    points = 1
    says = {
        "sparse_training": "the mask was applied at the start only",
        "one_level": "you did not rewind",
        "imp": "you forgot to rewind",
    }

    def sparse_training(weight, mask, velocity, gradient, steps):
        weight = weight * mask
        for _ in range(steps):
            velocity = 0.9 * velocity + gradient(weight)
            weight = weight - 0.1 * velocity
        return weight

    def one_level(start, trained, mask, rate):
        sizes = trained[mask].abs()
        order = sizes.argsort(descending=True, stable=True)
        keep = torch.ones(len(sizes), dtype=torch.bool)
        keep[order[len(sizes) - round(rate * len(sizes)) :]] = False
        new_mask = mask.clone()
        new_mask[mask] = keep
        return new_mask, torch.where(new_mask, trained, 0.0)

    def imp(model, train, rate, levels):
        weights = {name: p for name, p in model.named_parameters() if p.dim() == 2}
        start = model.state_dict()
        found = [{n: torch.ones_like(w, dtype=torch.bool) for n, w in weights.items()}]
        for _ in range(levels):
            model.load_state_dict(start)
            enforcement.enforce(model, found[-1])
            train(model)
            kept = torch.cat([mask.flatten() for mask in found[-1].values()])
            sizes = torch.cat([w.detach().abs().flatten() for w in weights.values()])
            order = sizes.where(kept, torch.inf).argsort(descending=True, stable=True)
            kept[order[len(order) - round(rate * int(kept.sum())) :]] = False
            parts = kept.split([w.numel() for w in weights.values()])
            found.append({n: m.view_as(weights[n]) for n, m in zip(weights, parts)})
        return found


class CutsLayerByLayer:
    points = 2
    says = {
        "one_level": "`<=` against the threshold takes every weight that ties with it",
        "imp": "you pruned each layer by itself",
        "recombine": "brought its own signs along",
    }

    def one_level(start, trained, mask, rate):
        sizes = trained.abs()
        number = round(rate * int(mask.sum()))
        threshold = sizes[mask].sort().values[number - 1] if number else -1
        new_mask = mask & ~(sizes <= threshold)
        return new_mask, start * new_mask

    def imp(model, train, rate, levels):
        weights = {name: p for name, p in model.named_parameters() if p.dim() == 2}
        start = copy.deepcopy(model.state_dict())
        found = [{n: torch.ones_like(w, dtype=torch.bool) for n, w in weights.items()}]
        for _ in range(levels):
            model.load_state_dict(start)
            enforcement.enforce(model, found[-1])
            train(model)
            masks = {}
            for name, mask in found[-1].items():
                sizes = weights[name].detach().abs()
                number = round(rate * int(mask.sum()))
                masks[name] = mask & (sizes > sizes[mask].sort().values[number - 1])
            found.append(masks)
        return found

    def recombine(signs_from, sizes_from):
        return sizes_from * signs_from.sign()
