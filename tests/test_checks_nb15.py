"""The checks of notebook 15 pass the solutions, and name the mistake in the likely wrong answers."""

import copy
import math

import pytest
import torch
from scipy.stats import t

from lth_teach.lab import checks

pytestmark = pytest.mark.usefixtures("own_progress")


def snapshot(model):
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def in_training_mode(model, work):
    before = [(module, module.training) for module in model.modules()]
    model.train()
    try:
        return work(model)
    finally:
        for module, mode in before:
            module.training = mode


def half_width(values, factor=None, spare=1, root=True):
    n, mean = len(values), sum(values) / len(values)
    deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - spare))
    return (t.ppf(0.975, n - 1) if factor is None else factor) * deviation / (math.sqrt(n) if root else 1)


def honest_report(values):
    mean = sum(values) / len(values)
    return (mean, None) if len(values) == 1 else (mean, half_width(values))


def folded_bias(hidden_bias, out_weight, out_bias, dead):
    return out_bias + out_weight[:, dead] @ hidden_bias[dead].relu()


def test_the_solutions_pass(capsys):
    assert checks.nb15.snapshot(snapshot)
    assert checks.nb15.in_training_mode(in_training_mode)
    assert checks.nb15.honest_report(honest_report)
    assert checks.nb15.folded_bias(folded_bias)
    assert capsys.readouterr().out == (
        "snapshot: passed (2 cases).\nin_training_mode: passed (4 cases).\n"
        "honest_report: passed (4 cases).\nfolded_bias: passed (4 cases).\n"
    )


def test_other_ways_to_the_answer_pass_too():
    def by_statistics(values):
        import statistics

        n = len(values)
        if n == 1:
            return values[0], None
        return statistics.mean(values), t.ppf(0.975, n - 1) * statistics.stdev(values) / n**0.5

    assert checks.nb15.snapshot(lambda model: copy.deepcopy(model.state_dict()))
    assert checks.nb15.honest_report(by_statistics)
    assert checks.nb15.folded_bias(lambda b, w, c, d: c + (w * (b.relu() * d)).sum(1))


def parameters_alone(model):
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def prunable_alone(model):
    return {n: p.detach().clone() for n, p in model.named_parameters() if n.endswith("weight") and p.dim() > 1}


def change_the_model(model):
    result = snapshot(model)
    with torch.no_grad():
        next(model.parameters()).zero_()
    return result


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (parameters_alone, "BatchNorm also keeps buffers"),
        (prunable_alone, "only the weights that can be pruned"),
        (lambda model: {name: b.clone() for name, b in model.named_buffers()}, "the weights are missing"),
        (lambda model: model.state_dict(), "the tensors are the model's own, not copies"),
        (lambda model: dict(model.state_dict()), "the tensors are the model's own, not copies"),
        (change_the_model, "your function changed its arguments"),
        (lambda model: None, "Does your function return its result?"),
        (lambda model: 1 / 0, "ZeroDivisionError"),
        ("a text", "Expected a function"),
    ],
)
def test_a_wrong_snapshot_is_told_why(attempt, message, capsys):
    assert not checks.nb15.snapshot(attempt)
    assert message in capsys.readouterr().out


def left_in_training_mode(model, work):
    model.train()
    return work(model)


def ends_with_eval(model, work):
    model.train()
    result = work(model)
    model.eval()
    return result


def top_flag_only(model, work):
    before = model.training
    model.train()
    try:
        return work(model)
    finally:
        model.train(before)


def without_finally(model, work):
    before = [(module, module.training) for module in model.modules()]
    model.train()
    result = work(model)
    for module, mode in before:
        module.training = mode
    return result


def swallows(model, work):
    try:
        return in_training_mode(model, work)
    except Exception:
        return None


def no_result(model, work):
    in_training_mode(model, work)


def not_written(model, work):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda model, work: work(model), "not every part was in training mode"),
        (left_in_training_mode, "left in training mode"),
        (ends_with_eval, "do not end with eval()"),
        (top_flag_only, "sets all to the same"),
        (without_finally, "that is what `finally` is for"),
        (swallows, "the error was swallowed"),
        (no_result, "what work(model) returns has to be returned"),
        (lambda model, work: None, "work was called 0 times"),
        (lambda model, work: 1 / 0, "ZeroDivisionError"),
        (lambda model, work: model.nothing, "AttributeError"),
        (not_written, "not written yet"),
        (3, "Expected a function, found 3"),
    ],
)
def test_a_mode_that_is_not_put_back_is_told_why(attempt, message, capsys):
    assert not checks.nb15.in_training_mode(attempt)
    assert message in capsys.readouterr().out


def report_with(**wrong):
    return lambda v: (sum(v) / len(v), None if len(v) == 1 else half_width(v, **wrong))


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (report_with(factor=1, root=False), "how far trials scatter"),
        (report_with(factor=1), "the standard error"),
        (report_with(factor=1.96), "few need Student's, which is larger"),
        (report_with(factor=t.ppf(0.975, 1e9)), "few need Student's"),
        (lambda v: report_with(factor=t.ppf(0.95, len(v) - 1))(v), "2.5 % on each side"),
        (lambda v: report_with(factor=t.ppf(0.975, len(v)))(v), "one too many"),
        (report_with(spare=0), "divide by n − 1"),
        (report_with(root=False), "divide by √n"),
        (lambda v: honest_report(v) if len(v) > 1 else (v[0], 0.0), "Return None, not a number"),
        (lambda v: honest_report(v) if len(v) > 1 else (v[0], math.nan), "Return None, not nan"),
        (lambda v: honest_report(v)[::-1], "the two are swapped"),
        (lambda v: (sum(v) / len(v), half_width(v)), "ZeroDivisionError"),
        (lambda v: None, "Does your function return its result?"),
    ],
)
def test_a_wrong_report_is_told_why(attempt, message, capsys):
    assert not checks.nb15.honest_report(attempt)
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda b, w, c, d: c, "is a constant, not zero"),
        (lambda b, w, c, d: c + w[:, d] @ b[d], "passes through ReLU"),
        (lambda b, w, c, d: c + w @ b.relu(), "they still compute"),
        (lambda b, w, c, d: c + w[:, ~d] @ b[~d].relu(), "`dead` is True for those that go"),
        (lambda b, w, c, d: c - w[:, d] @ b[d].relu(), "the sign"),
        (lambda b, w, c, d: c + b[d].relu().sum(), "the outgoing weights are missing"),
        (lambda b, w, c, d: c.add_(w[:, d] @ b[d].relu()), "your function changed its arguments"),
        (lambda b, w, c, d: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_bias_is_told_why(attempt, message, capsys):
    assert not checks.nb15.folded_bias(attempt)
    assert message in capsys.readouterr().out
