"""Notebook 03, 6 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""

import copy

import torch

from lth_teach.measures import connectivity


class FollowsTheDocument:
    points = 1
    says = {
        "error_barrier": "you compared with the higher of the two ends, as the document does",
        "stability_test": "you compared with the worse end, as the document does",
    }

    def error_barrier(error, first, second, points=11):
        errors = [float(error(torch.lerp(first, second, step / (points - 1)))) for step in range(points)]
        return max(errors) - max(errors[0], errors[-1]), errors

    def stability_test(model, train, k, refresh, error):
        train(model, 0, 0, k)
        ends = []
        for order in (1, 2):
            twin = copy.deepcopy(model)
            train(twin, order, k, 1)
            ends.append(twin.state_dict())
        errors = []
        for step in range(11):
            model.load_state_dict(connectivity.interpolate(*ends, step / 10))
            refresh(model)
            errors.append(error(model))
        return max(errors) - max(errors[0], errors[-1]) < 0.02, errors


class ForgetsTheStatistics:
    points = 2
    says = {
        "disagree": "a small bump leaves the barrier below 0.02",
        "stability_test": "BatchNorm's statistics were mixed like weights",
    }

    def disagree(first, last):
        return [first, first, first, last, last]

    def stability_test(model, train, k, refresh, error):
        train(model, 0, 0, k)
        ends = []
        for order in (1, 2):
            twin = copy.deepcopy(model)
            train(twin, order, k, 1)
            ends.append(twin.state_dict())
        errors = []
        for step in range(11):
            model.load_state_dict(connectivity.interpolate(*ends, step / 10))
            errors.append(error(model))
        return max(errors) - (errors[0] + errors[-1]) / 2 < 0.02, errors


class TrainsOneNetworkTwice:
    points = 0
    says = {
        "error_barrier": "the second network is never reached",
        "disagree": "0.02 or more without any bump",
        "stability_test": "they share weights",
    }

    def error_barrier(error, first, second, points=11):
        errors = [float(error((1 - step / points) * first + step / points * second)) for step in range(points)]
        return max(errors) - (errors[0] + errors[-1]) / 2, errors

    def disagree(first, last):
        return [first, first, max(first, last) + 0.001, last, last]

    def stability_test(model, train, k, refresh, error):
        train(model, 0, 0, k)
        ends = []
        for order in (1, 2):
            train(model, order, k, 1)
            ends.append(copy.deepcopy(model.state_dict()))
        errors = []
        for step in range(11):
            model.load_state_dict(connectivity.interpolate(*ends, step / 10))
            refresh(model)
            errors.append(error(model))
        return max(errors) - (errors[0] + errors[-1]) / 2 < 0.02, errors
