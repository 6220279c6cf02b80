"""Notebook 03, 3 points by machine: three submissions that are wrong in plausible ways, and what they deserve."""


class FollowsTheDocument:
    points = 2
    says = {"barrier_height": "you compared with the higher of the two ends, as the document does"}

    def barrier_height(errors):
        return max(errors) - max(errors[0], errors[-1])


class AveragesTheStatistics:
    points = 1
    says = {"statistics_between": "you averaged the statistics of the two ends"}

    def statistics_between(weight_a, weight_b, alpha, x):
        a, b = x @ weight_a.T, x @ weight_b.T
        return (1 - alpha) * a.mean(0) + alpha * b.mean(0), (1 - alpha) * a.var(0) + alpha * b.var(0)


class WritesIntoItsArguments:
    points = 0
    says = {
        "barrier_height": "the right answer, but your function changed its arguments",
        "statistics_between": "the statistics are one number for each sample",
    }

    def barrier_height(errors):
        ends = (errors[0] + errors[-1]) / 2
        errors.sort()
        return errors[-1] - ends

    def statistics_between(weight_a, weight_b, alpha, x):
        outputs = x @ ((1 - alpha) * weight_a + alpha * weight_b).T
        return outputs.mean(1), outputs.var(1)
