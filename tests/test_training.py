import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from lth_teach import Trainer, models, training
from lth_teach.data import SPLITS
from lth_teach.ground import devices
from lth_teach.ground.storage import same_state


def net(seed=0):
    return models.mlp(6, 20, 3, seed=seed)


def trainer(data, **settings):
    return Trainer(data, **({"iterations": 12, "batch_size": 20, "evaluations": 4, "device": "cpu"} | settings))


def trained(data, *, start_iter=0, max_iter=None, **settings):
    model = net()
    result = trainer(data, **settings)(model, start_iter=start_iter, max_iter=max_iter)
    return model.state_dict(), result


def test_training_learns(tiny):
    _, result = trained(tiny, iterations=100, lr=0.01)
    assert result > 0.6  # chance is 1/3


def test_a_result_is_a_float_that_remembers_the_run(tiny):
    _, result = trained(tiny)
    assert isinstance(result, float)
    assert [step for step, _, _ in result.history] == [3, 6, 9, 12]
    again = pickle.loads(pickle.dumps(result))
    assert (again, again.history, again.best_step) == (result, result.history, result.best_step)


def test_it_trains_as_many_steps_as_asked(tiny):
    steps = []
    on_step = lambda step, total: steps.append((step, total))  # noqa: E731
    trained(tiny, on_step=on_step)
    trained(tiny, on_step=on_step, start_iter=4, max_iter=7)
    assert steps == [(step, 12) for step in [*range(1, 13), 5, 6, 7]]


@pytest.mark.parametrize("settings", [{}, {"optimizer": "sgd", "schedule": "cosine", "warmup": 3}])
def test_the_same_settings_give_bit_identical_weights(tiny, settings):
    first, again = trained(tiny, **settings), trained(tiny, **settings)
    assert same_state(first[0], again[0])
    assert first[1].history == again[1].history


def test_another_order_of_the_data_gives_other_weights(tiny):
    assert not same_state(trained(tiny)[0], trained(tiny, order_seed=1)[0])


def test_training_leaves_the_callers_random_numbers_alone(tiny):
    before = torch.get_rng_state()
    trained(tiny)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("stop", [1, 3, 4, 5, 10])  # an epoch has 4 steps
def test_stopped_and_continued_is_the_same_as_in_one_go(tiny, stop):
    # Plain SGD carries nothing from step to step, so this sees the order of the data and the schedule.
    steps = trainer(tiny, optimizer="sgd", momentum=0.0, lr=0.1, schedule="cosine", warmup=5)
    whole, parts = net(), net()
    steps(whole)
    steps(parts, max_iter=stop)
    steps(parts, start_iter=stop)
    assert same_state(whole.state_dict(), parts.state_dict())


def test_the_order_of_the_data_depends_on_the_step_alone(tiny):
    whole = list(training.batches(tiny, 30, order_seed=0, start=0, stop=9))  # 80 rows: two batches an epoch
    tail = list(training.batches(tiny, 30, order_seed=0, start=5, stop=9))
    assert [step for step, _, _ in whole] == list(range(9))
    for (step, x, y), (other_step, other_x, other_y) in zip(whole[5:], tail, strict=True):
        assert step == other_step
        assert torch.equal(x, other_x)
        assert torch.equal(y, other_y)


def test_an_epoch_shows_every_row_at_most_once_and_the_next_another_order(tiny):
    x = [x for _, x, _ in training.batches(tiny, 20, order_seed=0, start=0, stop=8)]
    assert len(torch.cat(x[:4]).unique(dim=0)) == 80
    assert len(torch.cat(x[4:]).unique(dim=0)) == 80
    assert not torch.equal(x[0], x[4])


def test_inputs_and_labels_stay_together(tiny):
    labelled = replace(tiny, x_train=tiny.y_train.float().unsqueeze(1))
    assert all(torch.equal(x[:, 0].long(), y) for _, x, y in training.batches(labelled, 20, 3, 0, 9))


def test_the_schedule_warms_up_and_falls_to_nothing(tiny):
    constant = trainer(tiny, lr=1.0, warmup=3)
    assert [constant.lr_at(step) for step in range(5)] == [0.25, 0.5, 0.75, 1, 1]
    cosine = trainer(tiny, lr=1.0, schedule="cosine")
    assert [cosine.lr_at(step) for step in (0, 6, 12)] == pytest.approx([1, 0.5, 0])


# Early stopping


def test_early_stopping_ignores_the_test_split(tiny):
    upside_down = replace(tiny, y_test=(tiny.y_test + 1) % 3)
    weights, result = trained(tiny, iterations=60, lr=0.02, evaluations=20)
    other_weights, other = trained(upside_down, iterations=60, lr=0.02, evaluations=20)
    assert same_state(weights, other_weights)
    assert other.history == result.history
    assert other.best_step == result.best_step
    assert other.best_accuracy < result.best_accuracy


def test_early_stopping_follows_the_validation_split(tiny):
    upside_down = replace(tiny, y_val=(tiny.y_val + 1) % 3)  # learning makes this loss worse
    _, result = trained(upside_down, iterations=60, lr=0.02, evaluations=20)
    assert result.best_step == 3
    assert result.best_step == min(result.history, key=lambda entry: entry[1])[0]


def test_best_accuracy_is_the_test_accuracy_at_the_best_step(tiny):
    settings = {"iterations": 60, "lr": 0.02, "evaluations": 20}
    _, result = trained(replace(tiny, y_val=(tiny.y_val + 1) % 3), **settings)
    _, stopped = trained(tiny, max_iter=result.best_step, **settings)
    assert result.best_accuracy == float(stopped) != float(result)


def test_evaluate_measures_loss_and_accuracy(tiny):
    model = nn.Linear(6, 3)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    loss, accuracy = training.evaluate(model, tiny.x_test, tiny.y_test)
    assert loss == pytest.approx(math.log(3))
    assert accuracy == int((tiny.y_test == 0).sum()) / 40


def test_evaluating_in_parts_changes_nothing(tiny, monkeypatch):
    whole = training.evaluate(net(), tiny.x_test, tiny.y_test)
    monkeypatch.setattr(training, "EVALUATION_BATCH", 7)
    assert training.evaluate(net(), tiny.x_test, tiny.y_test) == pytest.approx(whole)


@pytest.mark.parametrize("mode", [True, False])
def test_evaluation_uses_eval_mode_and_training_train_mode_and_both_put_back_yours(tiny, mode):
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)).train(mode)
    training.evaluate(model, tiny.x_test, tiny.y_test)
    assert model[1].num_batches_tracked == 0
    trainer(tiny)(model)
    assert model[1].num_batches_tracked == 12
    assert model.training is mode


# Bad input


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "lion"}, "optimizer must be one of adam, sgd, got 'lion'"),
        ({"schedule": "steps"}, "schedule must be one of constant, cosine"),
        ({"iterations": 0}, "at least 1, got 0"),
        ({"evaluations": 0}, "at least 1, got 12, 0"),
        ({"batch_size": 81}, "from 1 to the 80 training rows, got 81"),
        ({"batch_size": 0}, "got 0"),
        ({"lr": 0}, "lr must be a positive number, got 0"),
        ({"lr": math.nan}, "got nan"),
        ({"lr": math.inf}, "got inf"),
        ({"device": "tpu"}, "device 'tpu' is not a device; present: auto, cpu"),
    ],
)
def test_settings_that_are_not_allowed_are_named(tiny, settings, message):
    with pytest.raises(ValueError, match=message):
        trainer(tiny, **settings)


@pytest.mark.parametrize(("start", "stop"), [(-1, None), (13, None), (5, 4), (0, 13)])
def test_steps_outside_the_run_are_refused_before_anything_moves(tiny, start, stop):
    model = net()
    with pytest.raises(ValueError, match="need 0 <= start_iter <= max_iter <= 12"):
        trainer(tiny)(model, start_iter=start, max_iter=stop)
    assert same_state(model.state_dict(), net().state_dict())


def test_a_run_that_diverges_says_so(tiny):
    with pytest.raises(FloatingPointError, match="try a lower lr"):
        trained(tiny, optimizer="sgd", lr=1e30)


# Threads and devices


def test_training_uses_one_thread_unless_told_otherwise(tiny, monkeypatch):
    before = torch.get_num_threads()
    seen = []
    note = lambda *_: seen.append(torch.get_num_threads())  # noqa: E731
    trained(tiny, max_iter=1, on_step=note)
    monkeypatch.setenv("LTH_TEACH_THREADS", "2")
    trained(tiny, max_iter=1, on_step=note)
    assert seen == [1, 2]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("threads", ["0", "-1", "two", ""])
def test_a_number_of_threads_that_is_none_is_refused(tiny, monkeypatch, threads):
    monkeypatch.setenv("LTH_TEACH_THREADS", threads)
    with pytest.raises(ValueError, match=f"LTH_TEACH_THREADS must be a whole number from 1 on, got '{threads}'"):
        trained(tiny)


def test_auto_prefers_cuda_then_mps_then_cpu(monkeypatch):
    for cuda, mps, chosen in ((True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda cuda=cuda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda mps=mps: mps)
        assert devices.choose_device("auto").type == chosen


@pytest.mark.parametrize("absent", ["cuda", "mps"])
def test_an_absent_device_is_an_error_that_lists_what_is_present(tiny, monkeypatch, absent):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ValueError, match=f"device '{absent}' is not present on this machine; present: auto, cpu$"):
        trainer(tiny, device=absent)


def test_evaluating_leaves_a_frozen_part_in_its_own_mode(tiny):
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)).train()
    model[1].eval()
    training.evaluate(model, tiny.x_val, tiny.y_val)
    assert [module.training for module in model] == [True, False, True]


def test_a_negative_warm_up_is_refused(tiny):
    with pytest.raises(ValueError, match="warmup must be 0 steps or more, got -1"):
        trainer(tiny, warmup=-1)


# Types


def test_numpy_integers_are_steps_and_seeds(tiny):
    plain = trained(tiny, max_iter=5, order_seed=3)
    settings = {"iterations": np.int64(12), "batch_size": np.uint8(20), "evaluations": np.int32(4)}
    given = trained(tiny, start_iter=np.int64(0), max_iter=np.int64(5), order_seed=np.int64(3), **settings)
    assert same_state(plain[0], given[0])
    assert trainer(tiny, order_seed=3) == trainer(tiny, order_seed=np.int64(3), **settings)
    assert type(given[1].best_step) is int


@pytest.mark.parametrize("name", ["iterations", "batch_size", "evaluations", "order_seed"])
@pytest.mark.parametrize("value", [2.0, True, "2"])
def test_a_number_that_is_not_whole_is_refused_by_name(tiny, name, value):
    with pytest.raises(ValueError, match=f"{name} must be a whole number, got {value!r}"):
        trainer(tiny, **{name: value})


@pytest.mark.parametrize("steps", [{"start_iter": 1.0}, {"max_iter": True}])
def test_steps_are_whole_numbers(tiny, steps):
    with pytest.raises(ValueError, match=f"{next(iter(steps))} must be a whole number, got"):
        trainer(tiny)(net(), **steps)


@pytest.mark.parametrize("device", ["cpu", "cpu:0", torch.device("cpu"), torch.device("cpu", 0)])
def test_a_device_may_be_pytorchs_own_or_carry_its_number(tiny, device):
    assert devices.choose_device(device) == torch.device("cpu")
    assert 0 <= trainer(tiny, device=device)(net()) <= 1


def test_a_numbered_graphics_card_is_told_from_those_there_are(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.choose_device("cuda:1") == devices.choose_device(torch.device("cuda", 1)) == torch.device("cuda:1")
    with pytest.raises(ValueError, match="device 'cuda:2' is not present on this machine; present: auto, cpu, cuda"):
        devices.choose_device("cuda:2")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="device 'cuda:0' is not present on this machine; present: auto, cpu$"):
        devices.choose_device(torch.device("cuda:0"))


def test_a_device_that_pytorch_knows_and_the_course_does_not_is_not_denied():
    with pytest.raises(ValueError, match="device 'meta' is none that the course computes on; present: auto, cpu"):
        devices.choose_device("meta")


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize(("dtype", "near"), [(torch.float64, 1e-5), (torch.bfloat16, 0.05), (torch.float16, 0.05)])
def test_data_follow_the_type_of_the_model(tiny, optimizer, dtype, near):
    """The same run in single precision tells what to expect; without its momentum SGD would miss it by far."""
    settings = {"optimizer": optimizer, "iterations": 60, "lr": 0.01}
    model = net().to(dtype)
    result = trainer(tiny, **settings)(model)
    _, single = trained(tiny, **settings)
    assert {parameter.dtype for parameter in model.parameters()} == {dtype}
    assert result.history[-1][1] == pytest.approx(single.history[-1][1], rel=near)


def test_tokens_stay_whole_numbers(tiny):
    words = {f"x_{split}": torch.arange(len(getattr(tiny, f"x_{split}"))).view(-1, 1) % 3 for split in SPLITS}
    model = nn.Sequential(nn.Embedding(3, 4), nn.Flatten(), nn.Linear(4, 3)).double()
    assert 0 <= trainer(replace(tiny, **words))(model) <= 1


def test_a_model_of_several_types_gets_its_inputs_as_they_are(tiny):
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.first = nn.Linear(4, 3).double(), nn.Linear(6, 4)

        def forward(self, x):
            return self.last(self.first(x).double())

    assert 0 <= trainer(tiny)(Mixed()) <= 1


def test_the_loss_of_many_rows_in_half_precision_is_a_number():
    """The sum of 2,000 losses of 100 each is beyond the largest half, 65,504."""
    model = nn.Linear(1, 2, bias=False).half()
    model.weight.data = torch.tensor([[0.0], [100.0]]).half()
    rows = torch.ones(2_000, 1), torch.zeros(2_000, dtype=torch.int64)
    assert training.evaluate(model, *rows) == (pytest.approx(100.0), 0.0)
