"""Notebook 01, 4 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""


class AveragesOverLayers:
    points = 2
    says = {"sparsity": "that is the mean of the layers' sparsities"}

    def sparsity(masks):
        return sum(1 - float(mask.float().mean()) for mask in masks.values()) / len(masks)


class TakesPointsForFractions:
    points = 0
    says = {
        "is_matching": "the accuracies are fractions and the tolerance is in points",
        "sparsity": "that is the fraction kept, the density",
    }

    def is_matching(ticket_accuracy, ticket_step, dense_accuracy, dense_step, tolerance):
        return ticket_accuracy >= dense_accuracy - tolerance and ticket_step <= dense_step

    def sparsity(masks):
        return sum(int(mask.sum()) for mask in masks.values()) / sum(mask.numel() for mask in masks.values())


class PrintsInsteadOfReturning:
    points = 2
    says = {"is_matching": "Does your function return its result?\nYour function printed:\nFalse"}

    def is_matching(ticket_accuracy, ticket_step, dense_accuracy, dense_step, tolerance):
        print(ticket_accuracy >= dense_accuracy - tolerance / 100 and ticket_step <= dense_step)
