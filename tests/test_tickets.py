import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_
from torch.optim.optimizer import _global_optimizer_post_hooks

from lth_teach import (
    LotteryTicketFinder,
    Ticket,
    Trainer,
    compare_lottery_vs_random,
    masks,
    models,
    tickets,
    train_ticket,
)
from lth_teach.ground import storage
from lth_teach.ground.states import copy_state
from lth_teach.ground.storage import same_state
from lth_teach.lemma import imp_levels, imp_schedule

STEPS = 12


def drawn_net():
    """A new draw at every call, from PyTorch's own generator."""
    return models.mlp(6, 30, 20, 3)


def net(seed=0):
    return models.mlp(6, 30, 20, 3, seed=seed)


def norm_net(seed=0):
    """A network with convolution and BatchNorm, for inputs of 6 numbers in a row."""
    with models.seeded(seed):
        return nn.Sequential(
            nn.Unflatten(1, (1, 6)),
            nn.Conv1d(1, 8, 3, padding=1),
            nn.BatchNorm1d(8),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(48, 3),
        )


@pytest.fixture
def trainer(tiny):
    return Trainer(tiny, iterations=STEPS, batch_size=20, lr=0.01, evaluations=3, device="cpu")


def still(model):
    """A train_fn that trains nothing."""
    return 0.5


def shake(model):
    """A train_fn that moves every weight by hand, the quick way to some magnitudes."""
    generator = torch.Generator().manual_seed(0)
    for p in model.parameters():
        p.data += torch.randn(p.shape, generator=generator)
    return 0.5


def pruned(model, kept):
    parameters = dict(model.named_parameters())
    return torch.cat([parameters[name].detach()[~mask] for name, mask in kept.items()])


def without_time(levels):
    return [replace(level, seconds=0) for level in levels]


# The levels


def test_levels_start_dense_and_end_at_the_target(trainer):
    levels = list(LotteryTicketFinder(net(), 0.3, 0.9).levels(trainer))
    assert [level.index for level in levels] == list(range(imp_levels(0.3, 0.9) + 1))
    assert levels[0].density == 1
    assert levels[-1].sparsity >= 0.9 > levels[-2].sparsity
    assert all(level.density + level.sparsity == 1 and 0 <= level.accuracy <= 1 for level in levels)
    assert all(0 < level.best_step <= STEPS for level in levels)


@pytest.mark.parametrize(("prune_rate", "target"), [(0.2, 0.36), (0.2, 0.9), (0.5, 0.97), (0.37, 0.6)])
def test_each_level_removes_exactly_the_rounded_share(prune_rate, target):
    finder = LotteryTicketFinder(net(), prune_rate, target)
    assert [level.kept for level in finder.levels(shake)] == imp_schedule(840, prune_rate, target)


def test_layer_by_layer_the_output_can_lose_half_the_rate():
    finder = LotteryTicketFinder(net(), 0.2, 0.1, scope="layer_half_output")
    ticket = finder.find_ticket(shake, 1)
    assert [masks.count({name: mask}) for name, mask in ticket.masks.items()] == [144, 480, 54]


def test_a_ticket_is_found_for_a_number_of_levels_too():
    ticket = LotteryTicketFinder(net(), 0.2, 0.9).find_ticket(shake, 2)
    assert [level.kept for level in ticket.levels] == [840, 672, 538]
    assert LotteryTicketFinder(net()).find_ticket(shake, 0).density == 1


def test_the_smallest_weights_after_training_go():
    finder = LotteryTicketFinder(net(), 0.25, 0.2)
    levels = finder.levels(shake)
    next(levels)
    trained = torch.cat([p.detach().abs().flatten() for name, p in finder.model.named_parameters() if "weight" in name])
    next(levels)
    kept = torch.cat([mask.flatten() for mask in finder.masks.values()])
    assert trained[~kept].max() <= trained[kept].min()


def test_while_you_hold_a_level_the_model_has_its_trained_weights(trainer):
    finder = LotteryTicketFinder(net(), 0.3, 0.5)
    for level in finder.levels(trainer):
        assert masks.count(finder.masks) == level.kept
        assert not same_state(finder.model.state_dict(), finder.initial_state)
        assert not pruned(finder.model, finder.masks).any()


def test_the_steps_of_the_algorithm_can_be_called_one_by_one():
    finder = LotteryTicketFinder(net(), 0.25, 0.9)
    start = finder.initial_state
    shake(finder.model)
    finder.prune_iteration()
    assert finder.compute_current_sparsity() == 0.25
    finder.reset_to_initial()
    assert same_state(finder.model.state_dict(), masks.masked(start, finder.masks))
    finder.initialize_masks()
    assert finder.compute_current_sparsity() == 0
    finder.reset_to_initial()
    assert same_state(finder.model.state_dict(), start)
    shake(finder.model)
    finder.save_initial_weights()
    assert same_state(finder.initial_state, finder.model.state_dict())


def test_afterwards_the_model_stands_at_the_tickets_start(trainer):
    model = net()
    start = copy.deepcopy(model.state_dict())
    ticket = LotteryTicketFinder(model, 0.3, 0.5).find_ticket(trainer)
    assert same_state(ticket.initial_weights, start)
    assert same_state(model.state_dict(), masks.masked(start, ticket.masks))
    F.cross_entropy(model(torch.randn(4, 6)), torch.tensor([0, 1, 2, 0])).backward()
    torch.optim.Adam(model.parameters()).step()
    assert not pruned(model, ticket.masks).any()


def test_verifying_trains_the_ticket_again(trainer):
    finder = LotteryTicketFinder(net(), 0.3, 0.5)
    ticket = finder.find_ticket(trainer)
    assert finder.verify_ticket(trainer) == ticket.levels[-1].accuracy
    assert not pruned(finder.model, ticket.masks).any()


def test_a_search_can_be_started_again(trainer):
    finder = LotteryTicketFinder(net(), 0.3, 0.5, late_reset_iter=2)
    first, again = finder.find_ticket(trainer), finder.find_ticket(trainer)
    assert without_time(first.levels) == without_time(again.levels)
    assert same_state(first.initial_weights, again.initial_weights)
    assert same_state(first.masks, again.masks)


def test_the_same_seed_gives_a_bit_identical_ticket(trainer):
    first, again = (LotteryTicketFinder(net(3), 0.3, 0.7, 2).find_ticket(trainer) for _ in range(2))
    other = LotteryTicketFinder(net(4), 0.3, 0.7, 2).find_ticket(trainer)
    assert same_state(first.masks, again.masks)
    assert same_state(first.initial_weights, again.initial_weights)
    assert without_time(first.levels) == without_time(again.levels)
    assert not same_state(first.masks, other.masks)


# Whatever trains the model, pruned weights are exactly zero

CARRIED = {
    "adamw": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1),
    "momentum": lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, weight_decay=0.1),
}


@pytest.mark.parametrize("name", CARRIED)
def test_a_loop_of_ones_own_never_sees_a_pruned_weight(tiny, name):
    # Convolution and BatchNorm, one optimizer whose momentum is carried from level to level, weight decay, clipping.
    model = norm_net()
    finder = LotteryTicketFinder(model, 0.3, 0.8)
    optimizer = CARRIED[name](model.parameters())
    checks = []

    def none_left(*_):
        checks.append(pruned(model, finder.masks).any())

    for layer in model:
        layer.register_forward_hook(none_left)

    def train(model):
        model.train()
        for rows in torch.arange(80).split(20):
            optimizer.zero_grad()
            F.cross_entropy(model(tiny.x_train[rows]), tiny.y_train[rows]).backward()
            kept = finder.masks
            survivors = [p.grad[kept[name]] if name in kept else p.grad.flatten() for name, p in parameters]
            expected = torch.cat(survivors).norm().item()
            assert clip_grad_norm_(model.parameters(), 0.5) == pytest.approx(expected)
            optimizer.step()
            none_left()
        return 0.5

    parameters = list(model.named_parameters())
    for level in finder.levels(train):
        none_left()
        assert level.kept == masks.count(finder.masks)
    finder.verify_ticket(train)
    assert len(checks) > 100
    assert not any(checks)


def test_a_loop_that_ends_by_moving_weights_by_hand_leaves_no_pruned_weight(trainer):
    finder = LotteryTicketFinder(net(), 0.3, 0.5)
    for _ in finder.levels(shake):
        assert not pruned(finder.model, finder.masks).any()
    finder.verify_ticket(shake)
    assert not pruned(finder.model, finder.masks).any()
    ticket = finder.find_ticket(shake)
    model = net(1)
    train_ticket(ticket, model, shake)
    assert not pruned(model, ticket.masks).any()


# Rewinding


def test_a_rewind_restores_weights_and_batchnorm_buffers_bit_for_bit_every_time(tiny):
    model = norm_net()
    start = copy.deepcopy(model.state_dict())
    finder = LotteryTicketFinder(model, 0.3, 0.5)
    starts = []

    def train(model):
        starts.append(copy.deepcopy(model.state_dict()))
        model.train()
        model(tiny.x_train + 5)  # moves the running mean and variance, and counts a batch
        return shake(model)

    for _ in finder.levels(train):
        assert model[2].num_batches_tracked == 1
    assert len(starts) == 3
    assert same_state(starts[0], start)
    for later in starts[1:]:
        assert same_state({name: t for name, t in later.items() if name not in finder.masks}, buffers_and_biases(start))
        assert ((later["1.weight"] == start["1.weight"]) | (later["1.weight"] == 0)).all()


def buffers_and_biases(state):
    return {name: t for name, t in state.items() if name not in ("1.weight", "5.weight")}


def test_a_late_reset_trains_t_steps_at_the_first_level_and_t_minus_k_later():
    calls = []

    def train(model, *, start_iter=0, max_iter=None):
        calls.append((start_iter, max_iter))
        return shake(model)

    finder = LotteryTicketFinder(net(), 0.3, 0.5, late_reset_iter=5)
    ticket = finder.find_ticket(train)
    finder.verify_ticket(train)
    assert calls == [(0, 5), (5, None), (5, None), (5, None), (5, None)]
    assert ticket.rewind_step == 5


def test_after_a_late_reset_data_and_schedule_stand_at_step_k(trainer):
    k = 5
    model, seen = net(), []
    model.register_forward_hook(lambda model, inputs, _: seen.append(inputs[0]) if model.training else None)
    trainer(copy.deepcopy(model))
    one_run = list(seen)
    seen.clear()
    list(LotteryTicketFinder(model, 0.3, 0.5, k).levels(trainer))
    assert len(seen) == STEPS + 2 * (STEPS - k)
    expected = [*one_run, *one_run[k:], *one_run[k:]]
    assert all(torch.equal(batch, other) for batch, other in zip(seen, expected, strict=True))


def test_the_state_to_rewind_to_is_the_one_after_k_steps(trainer):
    plain = replace(trainer, optimizer="sgd", momentum=0.0, schedule="cosine")
    model = net()
    plain(model, max_iter=5)
    finder = LotteryTicketFinder(net(), 0.3, 0.5, late_reset_iter=5)
    levels = finder.levels(plain)
    next(levels)
    assert same_state(finder.initial_state, model.state_dict())
    plain(model, start_iter=5)
    assert same_state(finder.model.state_dict(), model.state_dict())  # level 0 is one whole dense run
    list(levels)


# Nothing is handed out by reference


def test_changing_what_was_returned_cannot_change_the_finder(trainer):
    finder = LotteryTicketFinder(net(), 0.3, 0.5)
    ticket = finder.find_ticket(trainer)
    masks_before, state_before = copy.deepcopy(finder.masks), copy.deepcopy(finder.initial_state)
    for handed_out in (finder.masks, finder.initial_state, ticket.masks, ticket.initial_weights):
        for tensor in handed_out.values():
            tensor.zero_()
        handed_out.clear()
    assert same_state(finder.masks, masks_before)
    assert same_state(finder.initial_state, state_before)
    finder.reset_to_initial()
    assert same_state(finder.model.state_dict(), masks.masked(state_before, masks_before))


def test_changing_the_model_cannot_change_the_initial_weights():
    model = net()
    finder = LotteryTicketFinder(model)
    start = finder.initial_state
    shake(model)
    assert same_state(finder.initial_state, start)


def test_changing_a_control_cannot_change_the_ticket(ticket):
    kept, weights = copy.deepcopy(ticket.masks), copy.deepcopy(ticket.initial_weights)
    for control in (
        tickets.reinitialised(ticket, net(9)),
        tickets.sign_constant(ticket),
        tickets.random_mask(ticket, 0),
    ):
        for tensor in (*control.masks.values(), *control.initial_weights.values()):
            tensor.zero_()
    assert same_state(ticket.masks, kept)
    assert same_state(ticket.initial_weights, weights)


# Tickets and their controls


@pytest.fixture
def ticket():
    return LotteryTicketFinder(net(), 0.3, 0.8).find_ticket(shake)


def test_reinitialised_keeps_the_mask_and_takes_other_weights(ticket):
    control = tickets.reinitialised(ticket, net(9))
    assert same_state(control.masks, ticket.masks)
    assert same_state(control.initial_weights, net(9).state_dict())


def test_sign_constant_keeps_mask_and_signs_and_levels_the_sizes(ticket):
    control = tickets.sign_constant(ticket)
    assert same_state(control.masks, ticket.masks)
    for name in ticket.masks:
        weight, before = control.initial_weights[name], ticket.initial_weights[name]
        assert torch.equal(weight.sign(), before.sign())
        assert weight.abs().unique().item() == pytest.approx(before.square().mean().sqrt().item())
    assert torch.equal(control.initial_weights["0.bias"], ticket.initial_weights["0.bias"])


def test_random_mask_keeps_the_weights_and_the_densities(ticket):
    control = tickets.random_mask(ticket, seed=0)
    assert same_state(control.initial_weights, ticket.initial_weights)
    assert masks.layer_densities(control.masks) == masks.layer_densities(ticket.masks)
    assert not same_state(control.masks, ticket.masks)
    overall = tickets.random_mask(ticket, seed=0, scope="global")
    assert overall.density == ticket.density
    assert masks.layer_densities(overall.masks) != masks.layer_densities(ticket.masks)
    assert same_state(tickets.random_mask(ticket, seed=0).masks, control.masks)


def test_controls_start_at_the_tickets_rewind_step(trainer):
    ticket = LotteryTicketFinder(net(), 0.3, 0.5, late_reset_iter=4).find_ticket(trainer)
    starts = []

    def train(model, *, start_iter=0, max_iter=None):
        starts.append(start_iter)
        return 0.5

    for control in (ticket, tickets.sign_constant(ticket), tickets.random_mask(ticket, 0)):
        train_ticket(control, net(), train)
    train_ticket(tickets.reinitialised(ticket, net(9)), net(), train)  # its weights have not been trained to step 4
    assert starts == [4, 4, 4, 0]


def test_reinitialising_with_the_tickets_own_weights_is_refused(ticket):
    same = net()
    same.load_state_dict(ticket.initial_weights)
    with pytest.raises(ValueError, match="the ticket's own initial weights"):
        tickets.reinitialised(ticket, same)


def test_a_model_fn_that_never_draws_anew_is_refused(trainer):
    with pytest.raises(ValueError, match="the same initial weights every time"):
        compare_lottery_vs_random(net, trainer, num_trials=1)


def test_a_ticket_that_needs_a_start_step_leaves_the_model_alone_if_it_cannot_have_it(ticket):
    late, model = replace(ticket, rewind_step=4), net(9)
    before = copy_state(model.state_dict())
    with pytest.raises(TypeError, match="rewinding to step 4 .* needs a train_fn that takes"):
        train_ticket(late, model, lambda model: 0.5)
    assert same_state(model.state_dict(), before)


def test_verifying_before_the_late_reset_has_been_reached_is_refused(trainer):
    with pytest.raises(ValueError, match="no state at step 5"):
        LotteryTicketFinder(net(), late_reset_iter=5).verify_ticket(trainer)


def test_a_ticket_survives_saving_and_loading(ticket, tmp_path):
    ticket.save(tmp_path / "ticket.safetensors")
    again = Ticket.load(tmp_path / "ticket.safetensors")
    assert same_state(again.masks, ticket.masks)
    assert same_state(again.initial_weights, ticket.initial_weights)
    assert (again.levels, again.rewind_step, again.density) == (ticket.levels, ticket.rewind_step, ticket.density)


def test_a_file_that_holds_no_ticket_is_refused(ticket, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Ticket.load(tmp_path / "nowhere")
    (tmp_path / "damaged").write_bytes(b"damaged")
    with pytest.raises(ValueError, match="damaged"):
        Ticket.load(tmp_path / "damaged")
    storage.save_tensors(tmp_path / "tensors", ticket.masks)
    with pytest.raises(ValueError, match="no ticket"):
        Ticket.load(tmp_path / "tensors")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"best_step": "soon"}, "best_step"),
        ({"best_accuracy": ""}, "not a level"),
        ({"index": True}, "index"),
        ({"seconds": -1.0}, "not a level"),
        ({"kept": 839}, "level 0 keeps 839 of 840"),
        ({"accuracy": math.nan}, "not a level"),
    ],
)
def test_a_file_whose_levels_are_none_is_refused_though_its_checksum_is_right(ticket, tmp_path, changed, message):
    wrong = replace(ticket, levels=(replace(ticket.levels[0], **changed), *ticket.levels[1:]))
    wrong.save(tmp_path / "ticket")
    with pytest.raises(ValueError, match=f"holds no ticket: .*{message}"):
        Ticket.load(tmp_path / "ticket")


def test_loading_a_ticket_puts_its_weights_and_mask_into_the_model(ticket):
    model = net(9)
    ticket.load_into(model)
    assert same_state(model.state_dict(), masks.masked(ticket.initial_weights, ticket.masks))
    shake(model)
    model(torch.randn(2, 6))
    assert not pruned(model, ticket.masks).any()


@pytest.mark.parametrize("sizes", [(6, 30, 3), (6, 30, 21, 3), (6, 30, 20, 3, 3)])
def test_a_model_of_another_shape_is_refused_and_left_alone(ticket, sizes):
    model = models.mlp(*sizes, seed=0)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ValueError, match="weight"):
        ticket.load_into(model)
    assert same_state(model.state_dict(), before)


# compare_lottery_vs_random


def test_three_arms_a_trial(trainer):
    table = compare_lottery_vs_random(drawn_net, trainer, sparsity=0.5, num_trials=2)
    assert list(table.columns) == ["trial", "arm", "accuracy"]
    assert table["trial"].tolist() == [0, 0, 0, 1, 1, 1]
    assert table["arm"].tolist() == ["ticket", "reinit", "random"] * 2
    assert table["accuracy"].between(0, 1).all()


def test_the_arms_share_density_and_what_they_should():
    starts = []

    def train(model):
        starts.append(copy.deepcopy(model.state_dict()))
        return shake(model)

    compare_lottery_vs_random(lambda: models.mlp(6, 30, 20, 3), train, sparsity=0.5, num_trials=1)
    dense, (ticket, reinit, random) = starts[0], starts[-3:]
    for layer in ("0.weight", "2.weight", "4.weight"):
        kept = ticket[layer] != 0
        assert torch.equal(ticket[layer], dense[layer] * kept)
        assert torch.equal(reinit[layer] != 0, kept)
        assert not torch.equal(reinit[layer], ticket[layer])
        assert (random[layer] != 0).sum() == kept.sum()
        assert torch.equal(random[layer], dense[layer] * (random[layer] != 0))  # θ_0, under another mask
        assert not torch.equal(random[layer] != 0, kept)


def test_a_trial_depends_on_its_seed_alone(trainer):
    make = lambda: models.mlp(6, 30, 3)  # noqa: E731
    before = torch.get_rng_state()
    table = compare_lottery_vs_random(make, trainer, sparsity=0.5, num_trials=2)
    second = compare_lottery_vs_random(make, trainer, sparsity=0.5, num_trials=1, base_seed=1)
    assert table[table["trial"] == 1]["accuracy"].tolist() == second["accuracy"].tolist()
    assert torch.equal(torch.get_rng_state(), before)


def test_comparing_leaves_no_hooks_behind(trainer):
    hooks = len(_global_optimizer_post_hooks)
    compare_lottery_vs_random(drawn_net, trainer, sparsity=0.3, num_trials=1)
    assert len(_global_optimizer_post_hooks) == hooks


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"num_trials": 0}, "num_trials must be a whole number, 1 or more, got 0"), ({"sparsity": 1}, "got 1")],
)
def test_no_trials_and_no_such_sparsity_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        compare_lottery_vs_random(drawn_net, still, **settings)


# The store


def stop_after(trainer, levels):
    """The trainer, interrupted in the middle of the level after so many."""
    steps = iter(range(levels * STEPS + STEPS // 2))

    def on_step(step, total):
        if next(steps, None) is None:
            raise KeyboardInterrupt

    return replace(trainer, on_step=on_step)


@pytest.mark.parametrize("make", [net, norm_net])
@pytest.mark.parametrize("k", [0, 2])
def test_an_interrupted_search_resumes_and_ends_bit_identical(trainer, tmp_path, make, k):
    whole_model, model = make(), make()
    whole = LotteryTicketFinder(whole_model, 0.2, 0.7, k).find_ticket(trainer)

    interrupted = LotteryTicketFinder(model, 0.2, 0.7, k, store=tmp_path).levels(stop_after(trainer, 4))
    with pytest.raises(KeyboardInterrupt):
        list(interrupted)

    steps = []
    counting = replace(trainer, on_step=lambda step, total: steps.append(step))
    again = LotteryTicketFinder(make(), 0.2, 0.7, k, store=tmp_path)
    done = len(list(tmp_path.rglob("level_*")))
    ticket = again.find_ticket(counting)
    assert done >= 4  # levels 0 to 3 at least
    assert len(steps) == (len(whole.levels) - done) * (STEPS - k)
    assert without_time(ticket.levels) == without_time(whole.levels)
    assert same_state(ticket.masks, whole.masks)
    assert same_state(ticket.initial_weights, whole.initial_weights)
    assert again.verify_ticket(trainer) == whole.levels[-1].accuracy


def test_a_finished_store_trains_nothing_and_a_further_target_only_the_rest(trainer, tmp_path):
    steps = []
    counting = replace(trainer, on_step=lambda step, total: steps.append(step))
    first = LotteryTicketFinder(net(), 0.3, 0.5, store=tmp_path).find_ticket(trainer)
    again = LotteryTicketFinder(net(), 0.3, 0.5, store=tmp_path).find_ticket(counting)
    assert steps == []
    assert again.levels == first.levels
    further = LotteryTicketFinder(net(), 0.3, 0.6, store=tmp_path).find_ticket(counting)
    assert further.levels[:3] == first.levels
    assert len(steps) == STEPS * (len(further.levels) - len(first.levels))


@pytest.mark.parametrize(
    "changed",
    [
        {"prune_rate": 0.4},
        {"late_reset_iter": 1},
        {"scope": "layer"},
        {"prunable": ["0.weight", "2.weight"]},
        {"model": net(1)},
        {"model": nn.Sequential(*net()[:3], nn.Tanh(), net()[4])},  # the same weights, another activation
        {"trainer": {"lr": 0.02}},
        {"trainer": {"order_seed": 1}},
    ],
    ids=str,
)
def test_a_search_with_other_settings_shares_the_folder_and_nothing_else(trainer, tmp_path, changed):
    settings = {"model": net(), "prune_rate": 0.3, "target_sparsity": 0.4, "store": tmp_path}
    other = settings | {name: value for name, value in changed.items() if name != "trainer"}
    first = LotteryTicketFinder(**settings).find_ticket(trainer)
    steps = []
    counting = replace(trainer, on_step=lambda step, total: steps.append(step), **changed.get("trainer", {}))
    LotteryTicketFinder(**other).find_ticket(counting)
    assert steps
    steps.clear()
    again = LotteryTicketFinder(**(settings | {"model": net()})).find_ticket(
        replace(trainer, on_step=lambda step, total: steps.append(step))
    )
    assert steps == []  # the first search is still there
    assert again.levels == first.levels


def test_a_store_knows_a_function_of_ones_own_by_what_it_encloses(tmp_path):
    def made_with(rate):
        return lambda model: rate

    for rate in (0.5, 0.6, 0.5):
        ticket = LotteryTicketFinder(net(), 0.3, 0.4, store=tmp_path).find_ticket(made_with(rate))
        assert [level.accuracy for level in ticket.levels] == [rate, rate, rate]
    assert len(list(tmp_path.rglob("level_*"))) == 6


def test_a_store_made_on_other_data_is_not_asked(trainer, tmp_path):
    other = replace(trainer.data, y_train=trainer.data.y_train.flip(0))
    for data, number in ((trainer.data, 3), (other, 6), (trainer.data, 6)):
        LotteryTicketFinder(net(), 0.3, 0.4, store=tmp_path).find_ticket(replace(trainer, data=data))
        assert len(list(tmp_path.rglob("level_*"))) == number


def test_what_cannot_be_recognised_is_not_stored_and_says_so_before_training(tmp_path):
    calls, batches = [], iter([1, 2, 3])

    def train(model):
        calls.append(next(batches))
        return 0.5

    finder = LotteryTicketFinder(net(), 0.3, 0.4, store=tmp_path)
    with pytest.raises(ValueError, match="train_fn -> batches"):
        finder.levels(train)
    assert (calls, list(tmp_path.rglob("level_*"))) == ([], [])


def with_dropout(model):
    """A train_fn whose result depends on PyTorch's own random numbers."""
    for p in model.parameters():
        p.data += torch.randn(p.shape)
    return 0.5


def test_a_resumed_search_draws_the_random_numbers_that_the_unbroken_one_drew(tmp_path):
    torch.manual_seed(5)
    whole = LotteryTicketFinder(net(), 0.3, 0.7).find_ticket(with_dropout)
    torch.manual_seed(5)
    levels = LotteryTicketFinder(net(), 0.3, 0.7, store=tmp_path).levels(with_dropout)
    next(levels), next(levels)
    torch.manual_seed(5)  # the program starts anew
    again = LotteryTicketFinder(net(), 0.3, 0.7, store=tmp_path).find_ticket(with_dropout)
    assert same_state(again.masks, whole.masks)


def test_other_random_numbers_are_another_search(tmp_path):
    found = []
    for seed in (5, 6):
        torch.manual_seed(seed)
        found.append(LotteryTicketFinder(net(), 0.3, 0.7, store=tmp_path).find_ticket(with_dropout))
    assert not same_state(found[0].masks, found[1].masks)


def test_a_store_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "store").write_text("")
    with pytest.raises(NotADirectoryError, match="must be a folder"):
        LotteryTicketFinder(net(), store=tmp_path / "store")


def test_a_damaged_level_is_set_aside_with_a_warning_and_computed_again(trainer, tmp_path):
    first = LotteryTicketFinder(net(), 0.3, 0.5, store=tmp_path).find_ticket(trainer)
    (level,) = tmp_path.rglob("level_01.safetensors")
    level.write_bytes(b"damaged")
    with pytest.warns(UserWarning, match="level_01.safetensors is damaged .* level 1 is computed again"):
        again = LotteryTicketFinder(net(), 0.3, 0.5, store=tmp_path).find_ticket(trainer)
    assert without_time(again.levels) == without_time(first.levels)
    assert level.is_file()


# Bad input


@pytest.mark.parametrize("value", [0, 1, -0.2, 1.2, math.nan, math.inf, "a fifth", None, True])
@pytest.mark.parametrize("name", ["prune_rate", "target_sparsity"])
def test_rates_outside_0_and_1_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} must .*strictly between 0 and 1, got {value!r}"):
        LotteryTicketFinder(net(), **{name: value})


@pytest.mark.parametrize("value", [-1, True, 2.0, 0.5, "3", None, math.nan])
def test_a_late_reset_that_is_no_step_is_refused(value):
    with pytest.raises(ValueError, match=f"late_reset_iter must be a whole number of steps, 0 or more, got {value!r}"):
        LotteryTicketFinder(net(), late_reset_iter=value)


@pytest.mark.parametrize("k", [STEPS, STEPS + 1])
def test_a_late_reset_at_or_after_the_last_step_is_refused_before_training(trainer, k):
    model = net()
    finder = LotteryTicketFinder(model, late_reset_iter=k)
    for call in (finder.levels, finder.find_ticket, finder.verify_ticket):
        with pytest.raises(ValueError, match=f"late_reset_iter must be below the 12 iterations of training, got {k}"):
            call(trainer)
    assert same_state(model.state_dict(), net().state_dict())


def test_a_model_with_nothing_prunable_or_too_small_is_refused():
    with pytest.raises(ValueError, match="nothing in this BatchNorm1d is prunable"):
        LotteryTicketFinder(nn.BatchNorm1d(3))
    with pytest.raises(ValueError, match="stalls at .* raise prune_rate"):
        LotteryTicketFinder(models.mlp(2, 3), 0.05)


def test_an_unknown_scope_and_a_negative_number_of_levels_are_refused():
    with pytest.raises(ValueError, match="scope must be one of global, layer, layer_half_output, got 'row'"):
        LotteryTicketFinder(net(), scope="row")
    with pytest.raises(ValueError, match="num_iterations must be a whole number, 0 or more, got -1"):
        LotteryTicketFinder(net()).levels(still, -1)


def test_a_level_that_would_empty_a_layer_names_it_and_leaves_the_mask():
    model = net()
    finder = LotteryTicketFinder(model, 0.2, 0.5)
    model[4].weight.data.fill_(1e-9)
    with pytest.raises(ValueError, match="all 60 weights left in layer '4.weight'"):
        finder.prune_iteration()
    assert finder.compute_current_sparsity() == 0


def test_a_layerwise_level_that_would_remove_nothing_is_an_error():
    with pytest.raises(ValueError, match="rounds to none; raise prune_rate"):
        list(LotteryTicketFinder(models.mlp(2, 3), 0.05, scope="layer").levels(still))


@pytest.mark.parametrize("result", [None, math.nan, math.inf, "0.9", torch.tensor(math.nan), torch.ones(2), [0.9]])
def test_a_train_fn_must_return_a_finite_number(result):
    finder = LotteryTicketFinder(net(), 0.3, 0.5)
    with pytest.raises(ValueError, match="train_fn returned .* after training level 0; it must return a finite"):
        finder.find_ticket(lambda model: result)
    assert finder.compute_current_sparsity() == 0


@pytest.mark.parametrize("result", [1, 0.5, np.float32(0.5), np.float64(0.5), torch.tensor(0.5), torch.tensor([1])])
def test_any_kind_of_number_will_do(result):
    ticket = LotteryTicketFinder(net(), 0.3, 0.2).find_ticket(lambda model: result)
    assert ticket.levels[0].accuracy == result
    assert type(ticket.levels[0].accuracy) is float


def test_without_a_late_reset_a_train_fn_needs_no_steps_and_with_one_it_does():
    assert LotteryTicketFinder(net(), 0.3, 0.2).find_ticket(still).density < 1
    finder = LotteryTicketFinder(net(), late_reset_iter=3)
    for call in (finder.levels, finder.verify_ticket):
        with pytest.raises(
            TypeError, match="rewinding to step 3 .* needs a train_fn that takes max_iter and start_iter"
        ):
            call(still)
    with pytest.raises(TypeError, match="takes max_iter$"):
        finder.levels(lambda model, start_iter=0: 0.5)
    finder.levels(lambda model, **steps: 0.5)  # takes anything


def test_a_train_fn_must_be_a_function():
    with pytest.raises(TypeError, match="train_fn must be a function of the model, got 'train'"):
        LotteryTicketFinder(net()).levels("train")
