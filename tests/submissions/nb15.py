"""Notebook 15, 8 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""


class KeepsReferences:
    points = 6
    says = {"snapshot": "the tensors are the model's own, not copies of them"}

    def snapshot(model):
        return dict(model.state_dict())


class EndsWithEval:
    points = 4
    says = {
        "in_training_mode": "do not end with eval() regardless",
        "folded_bias": "the constant passes through ReLU before it reaches the next layer",
    }

    def in_training_mode(model, work):
        model.train()
        try:
            return work(model)
        finally:
            model.eval()

    def folded_bias(hidden_bias, out_weight, out_bias, dead):
        return out_bias + out_weight[:, dead] @ hidden_bias[dead]


class ReportsOneStandardDeviation:
    points = 2
    says = {
        "snapshot": "BatchNorm also keeps buffers",
        "in_training_mode": "the network is left in training mode",
        "honest_report": "one standard deviation: how far trials scatter",
    }

    def snapshot(model):
        return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}

    def in_training_mode(model, work):
        model.train()
        return work(model)

    def honest_report(accuracies):
        n = len(accuracies)
        mean = sum(accuracies) / n
        if n == 1:
            return mean, None
        return mean, (sum((value - mean) ** 2 for value in accuracies) / (n - 1)) ** 0.5
