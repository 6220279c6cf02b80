"""Whoever trains a masked model, and whatever is done to it: the pruned weights are exactly zero.

The oracle is always the same: the values that ``pruned`` reads from the parameters themselves.
"""

import copy
import gc
import pickle
import subprocess
import sys
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_
from torch.optim.optimizer import _global_optimizer_post_hooks

from lth_teach import LotteryTicketFinder, Ticket, Trainer, enforcement, masks, models, train_ticket


def sparse(model, density=0.3):
    """A mask that keeps the largest weights."""
    return masks.keep_top({name: p.detach().abs() for name, p in masks.prunable_parameters(model).items()}, density)


def pruned(model, kept, gradient=False):
    """The values, or gradients, of the pruned weights."""
    parameters = dict(model.named_parameters())
    return torch.cat([(parameters[n].grad if gradient else parameters[n].detach())[~kept[n]] for n in kept])


def watch_forward(model, kept):
    """From now on every forward pass of any layer insists that the pruned weights are zero while it runs."""

    def check(*_):
        assert not pruned(model, kept).any(), "a pruned weight took part in a forward pass"

    for module in model.modules():
        module.register_forward_hook(check)


def take_step(model, optimizer, data):
    optimizer.zero_grad()
    F.cross_entropy(model(data.x_train.to(next(model.parameters()).dtype)), data.y_train).backward()
    optimizer.step()


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1),
    "momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "fused": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, fused=True),
    "adam": lambda p: torch.optim.Adam(p, 0.01),
    "fused adam": lambda p: torch.optim.Adam(p, 0.01, fused=True),
    "adamw": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.5),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.01, momentum=0.9),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_pruned_weights_stay_zero_with_any_optimizer_that_carries_momentum(tiny, name):
    model = models.mlp(6, 20, 3, seed=0)
    optimizer = OPTIMIZERS[name](model.parameters())
    for _ in range(3):  # dense training, which fills the momentum
        take_step(model, optimizer, tiny)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    assert not pruned(model, kept).any()
    watch_forward(model, kept)
    survivors = model[0].weight.detach().clone()
    for _ in range(5):
        take_step(model, optimizer, tiny)
        assert not pruned(model, kept).any()
        assert not pruned(model, kept, gradient=True).any()
    assert not torch.equal(model[0].weight, survivors)  # the others did learn


def test_clipping_by_norm_sees_survivors_only(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    F.cross_entropy(model(tiny.x_train), tiny.y_train).backward()
    norm = clip_grad_norm_(model.parameters(), 1e9)

    enforcement.release(model)
    model.zero_grad()
    F.cross_entropy(model(tiny.x_train), tiny.y_train).backward()
    everything = clip_grad_norm_(model.parameters(), 1e9)
    for name, mask in kept.items():
        model.get_parameter(name).grad[~mask] = 0
    assert norm == pytest.approx(clip_grad_norm_(model.parameters(), 1e9).item())
    assert norm < everything


def test_gradients_added_up_over_batches_are_masked(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    for rows in tiny.x_train.split(20):
        model(rows).square().sum().backward()
    assert not pruned(model, kept, gradient=True).any()


def test_weights_moved_by_hand_are_zero_in_the_next_forward_pass(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    watch_forward(model, kept)
    for _ in range(3):
        for p in model.parameters():
            p.data += 1
        model(tiny.x_train)


def test_a_layer_called_alone_is_masked(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    model[0].weight.data += 1
    model[0](tiny.x_train)
    assert not model[0].weight[~kept["0.weight"]].any()


def test_a_layer_whose_weights_are_read_without_calling_it_is_masked():
    with models.seeded(0):
        model = nn.MultiheadAttention(4, 2)  # reads out_proj.weight and never calls out_proj
    kept = sparse(model)
    enforcement.enforce(model, kept)
    for p in model.parameters():
        p.data += 1
    model(*[torch.randn(3, 1, 4)] * 3)
    assert not pruned(model, kept).any()


def test_weights_that_are_not_finite_are_zeroed_too():
    model = models.mlp(6, 3, seed=0)
    kept = sparse(model)
    model[0].weight.data.fill_(float("nan"))
    enforcement.enforce(model, kept)
    assert not pruned(model, kept).any()


def test_a_second_mask_replaces_the_first(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    first = sparse(model)
    second = {name: ~mask for name, mask in first.items()}
    state = copy.deepcopy(model.state_dict())
    enforcement.enforce(model, first)
    enforcement.enforce(model, second)
    model.load_state_dict(state)
    take_step(model, torch.optim.Adam(model.parameters()), tiny)
    assert not pruned(model, second).any()
    assert pruned(model, first).all()  # exactly what the second mask keeps


def test_a_released_model_trains_dense(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    enforcement.release(model)
    enforcement.release(model)  # harmless
    for _ in range(2):
        take_step(model, torch.optim.Adam(model.parameters()), tiny)
    assert pruned(model, kept).any()


def test_a_deleted_model_leaves_nothing_behind():
    hooks = len(_global_optimizer_post_hooks)
    model = models.mlp(6, 20, 3, seed=0)
    for _ in range(3):
        enforcement.enforce(model, sparse(model))
    parameter = weakref.ref(model[0].weight)
    del model
    gc.collect()
    assert parameter() is None
    assert len(_global_optimizer_post_hooks) == hooks


def test_masks_may_come_and_go_while_another_thread_trains(tiny):
    model, other = models.mlp(6, 20, 3, seed=0), models.mlp(6, 20, 3, seed=1)
    kept = sparse(model)
    enforcement.enforce(model, kept)

    def train():
        optimizer = torch.optim.Adam(model.parameters())
        for _ in range(100):
            take_step(model, optimizer, tiny)
        return pruned(model, kept)

    with ThreadPoolExecutor() as pool:
        training = pool.submit(train)
        while not training.done():
            enforcement.enforce(other, sparse(other))
            enforcement.release(other)
    assert not training.result().any()


def test_two_models_keep_their_own_masks(tiny):
    pair = [models.mlp(6, 20, 3, seed=seed) for seed in (0, 1)]
    kept = [sparse(model) for model in pair]
    for model, mask in zip(pair, kept):
        enforcement.enforce(model, mask)
    optimizer = torch.optim.Adam([p for model in pair for p in model.parameters()])
    for model, mask in zip(pair, kept):
        take_step(model, optimizer, tiny)
        assert not pruned(model, mask).any()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_of_a_masked_model_masks_itself(tiny, duplicate):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    twin = duplicate(model)
    enforcement.release(model)
    watch_forward(twin, kept)
    optimizer = torch.optim.SGD(twin.parameters(), 0.1, momentum=0.9, weight_decay=0.1)
    for p in twin.parameters():
        p.data += 1
    for _ in range(2):
        take_step(twin, optimizer, tiny)
        assert not pruned(twin, kept).any()
        assert not pruned(twin, kept, gradient=True).any()
    enforcement.release(twin)
    take_step(twin, optimizer, tiny)
    assert pruned(twin, kept).any()


def test_a_model_moved_to_another_number_type_stays_masked(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    watch_forward(model, kept)
    for number_type in (torch.float64, torch.float32):
        model.to(number_type)
        optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, weight_decay=0.1)
        for _ in range(2):
            take_step(model, optimizer, tiny)
            assert not pruned(model, kept).any()
            assert not pruned(model, kept, gradient=True).any()


def test_torch_func_works_on_a_masked_model(tiny):
    model = models.mlp(6, 20, 3, seed=0)
    enforcement.enforce(model, sparse(model))
    weights = {name: p.detach() for name, p in model.named_parameters()}

    def loss(weights):
        return torch.func.functional_call(model, weights, tiny.x_train).square().mean()

    assert torch.func.grad(loss)(weights)["0.weight"].shape == (20, 6)


def test_frozen_weights_can_be_masked():
    model = models.mlp(6, 3, seed=0).requires_grad_(False)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    assert not pruned(model, kept).any()


def test_a_mask_that_does_not_fit_is_refused_and_changes_nothing():
    model = models.mlp(6, 20, 3, seed=0)
    before = copy.deepcopy(model.state_dict())
    kept = sparse(model)
    with pytest.raises(ValueError, match=r"2.weight: mask of shape \(3, 21\), weights of \(3, 20\)"):
        enforcement.enforce(model, kept | {"2.weight": torch.zeros(3, 21, dtype=torch.bool)})
    with pytest.raises(ValueError, match="no layer '4.weight'"):
        enforcement.enforce(model, kept | {"4.weight": torch.zeros(1, dtype=torch.bool)})
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_enforcing_copies_the_mask():
    model = models.mlp(6, 3, seed=0)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    expected = model[0].weight.detach().clone()
    kept["0.weight"].fill_(False)
    model(torch.randn(1, 6))
    assert torch.equal(model[0].weight, expected)


# The mask belongs to the parameter


def small(seed=0):
    return models.mlp(6, 20, 3, seed=seed)


def shake(model):
    """Move every weight by hand."""
    with torch.no_grad():
        for p in model.parameters():
            p.data += 1
    return 0.5


def obeys(model, forward, kept, names=str):
    """Whether weights that were moved by hand are zero where they should be, once ``forward()`` has run."""
    shake(model)
    forward()
    parameters = {names(name): p for name, p in model.named_parameters(remove_duplicate=False)}
    return all(not parameters[name].detach()[~mask].any() for name, mask in kept.items())


@pytest.mark.parametrize("wrap", [nn.DataParallel, nn.Sequential, lambda model: nn.ModuleList([model])])
def test_a_wrapper_and_what_it_wraps_have_one_mask(wrap, tiny):
    model = small()
    first = sparse(model)
    second = masks.shuffled(first, 2)
    enforcement.enforce(model, first)
    wrapper = wrap(model)
    prefix = "" if isinstance(wrapper, nn.DataParallel) else "0."
    enforcement.enforce(wrapper, {f"{prefix}{name}": mask for name, mask in second.items()})
    model.load_state_dict({name: torch.ones_like(t) for name, t in model.state_dict().items()})
    model(tiny.x_train)
    assert {name: int(model.get_parameter(name).sum()) for name in second} == {
        name: int(mask.sum()) for name, mask in second.items()
    }
    enforcement.release(wrapper)
    shake(model)
    model(tiny.x_train)
    assert pruned(model, second).all()


def test_a_model_wrapped_after_enforcing_is_masked_in_the_wrapper(tiny):
    model = small()
    kept = sparse(model)
    enforcement.enforce(model, kept)
    wrapper = nn.DataParallel(nn.Sequential(model))
    assert obeys(model, lambda: wrapper(tiny.x_train), kept)
    take_step(wrapper, torch.optim.SGD(wrapper.parameters(), 0.1, momentum=0.9, weight_decay=0.1), tiny)
    assert not pruned(model, kept).any()


@pytest.mark.parametrize("enforced_first", [True, False])
@pytest.mark.parametrize("through_wrapper", [True, False])
def test_a_compiled_model_is_masked_whether_it_was_compiled_before_or_after(enforced_first, through_wrapper, tiny):
    torch.compiler.reset()
    model = small()
    kept = sparse(model)
    if enforced_first:
        enforcement.enforce(model, kept)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    take_step(compiled, torch.optim.Adam(compiled.parameters()), tiny)
    if not enforced_first:
        enforcement.enforce(compiled if through_wrapper else model, kept)
    assert obeys(model, lambda: compiled(tiny.x_train), kept)
    optimizer = torch.optim.AdamW(compiled.parameters(), 0.01, weight_decay=0.5)
    for _ in range(2):
        take_step(compiled, optimizer, tiny)
        assert not pruned(model, kept).any()
        assert not pruned(model, kept, gradient=True).any()
    other = masks.shuffled(kept, 1)
    enforcement.enforce(compiled, other)
    assert obeys(model, lambda: compiled(tiny.x_train), other)


def test_a_ticket_of_a_compiled_or_parallel_model_loads_into_the_plain_one_and_back():
    for wrap in (nn.DataParallel, lambda model: torch.compile(model, backend="eager")):
        ticket = LotteryTicketFinder(wrap(small()), 0.3, 0.5).find_ticket(lambda model: shake(model))
        assert list(ticket.masks) == ["0.weight", "2.weight"]
        plain, wrapped = small(1), wrap(small(1))
        ticket.load_into(plain)
        ticket.load_into(wrapped)
        for model in (plain, *wrapped.children()):
            assert torch.equal(model[0].weight != 0, ticket.masks["0.weight"])
        assert train_ticket(ticket, wrapped, shake) == 0.5


class Tied(nn.Module):
    """A language model in small: the output layer's weight is the embedding's."""

    def __init__(self, tie=True):
        super().__init__()
        self.emb, self.hid, self.out = nn.Embedding(11, 8), nn.Linear(8, 8), nn.Linear(8, 11, bias=False)
        if tie:
            self.out.weight = self.emb.weight

    def forward(self, x):
        return self.out(self.hid(self.emb(x)).relu())


def test_a_tied_weight_has_one_mask_under_each_of_its_names():
    model = Tied()
    weight = model.emb.weight
    kept = torch.rand(11, 8, generator=torch.Generator().manual_seed(0)) < 0.5
    enforcement.enforce(model, {"out.weight": kept})
    words = torch.arange(11)
    for forward in (model, model.emb, lambda x: model.out(torch.ones(1, 8))):
        weight.data.fill_(1)
        forward(words)
        assert torch.equal(weight != 0, kept)
    with pytest.raises(ValueError, match="tied to a layer of another name, and the two have different masks"):
        enforcement.enforce(model, {"out.weight": kept, "emb.weight": ~kept})
    assert torch.equal(weight != 0, kept)


def test_a_tied_ticket_keeps_its_mask_in_files_and_in_a_model_that_does_not_tie(tmp_path):
    ticket = LotteryTicketFinder(Tied(), 0.3, 0.4, scope="layer").find_ticket(shake)
    assert list(ticket.masks) == ["emb.weight", "hid.weight"]
    ticket.save(tmp_path / "ticket.safetensors")
    for same in (ticket, Ticket.load(tmp_path / "ticket.safetensors")):
        for model in (Tied(), Tied(tie=False)):
            same.load_into(model)
            for weight in (model.emb.weight, model.out.weight):
                assert torch.equal(weight != 0, ticket.masks["emb.weight"])
        model = Tied()
        model.load_state_dict(masks.masked(same.initial_weights, same.masks))
        assert torch.equal(model.emb.weight != 0, ticket.masks["emb.weight"])


def test_a_weight_that_is_unfrozen_later_is_masked(tiny):
    model = small().requires_grad_(False)
    kept = sparse(model)
    enforcement.enforce(model, kept)
    model.requires_grad_(True)
    take_step(model, torch.optim.SGD(model.parameters(), 0.1), tiny)
    assert not pruned(model, kept, gradient=True).any()
    assert not any(p.requires_grad for p in copy.deepcopy(small().requires_grad_(False)).parameters())


@pytest.mark.parametrize(
    "head", [lambda: nn.Linear(20, 3), lambda: nn.Linear(20, 7), nn.Identity, lambda: nn.Sequential(nn.Linear(20, 3))]
)
def test_a_layer_that_takes_the_place_of_another_is_not_masked_and_the_rest_is(head, tiny):
    model = small()
    kept = sparse(model)
    enforcement.enforce(model, kept)
    model[2] = head()
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    for _ in range(2):
        shake(model)
        optimizer.zero_grad()
        model(tiny.x_train).square().mean().backward()
        optimizer.step()
        assert not model[0].weight[~kept["0.weight"]].any()
        assert all(p.all() and p.grad.any() for p in model[2].parameters())


def test_a_parameter_that_takes_the_place_of_another_is_not_masked(tiny):
    model = small()
    enforcement.enforce(model, sparse(model))
    model[0].weight = nn.Parameter(torch.ones(20, 6))
    take_step(model, torch.optim.SGD(model.parameters(), 1e-3), tiny)
    assert model[0].weight.all()


@pytest.mark.parametrize("bad", [float("inf"), float("nan"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64])
def test_a_gradient_that_is_not_finite_does_no_harm_to_a_pruned_weight(bad, dtype):
    model = nn.Module()
    model.weight = nn.Parameter(torch.ones(1, 2, dtype=dtype))
    enforcement.enforce(model, {"weight": torch.tensor([[True, False]])})
    optimizer = torch.optim.SGD(model.parameters(), 1e-4, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        (model.weight * torch.tensor([[1.0, bad]], dtype=dtype)).sum().abs().backward()
        model.weight.grad[0, 1] = bad  # an overflow behind the hook, as a scaler makes
        optimizer.step()
        assert model.weight[0, 1] == 0
    enforcement._after_backward(model.weight)
    assert model.weight.grad[0, 1] == 0


def test_an_overflow_behind_a_pruned_weight_leaves_no_nan():
    model = nn.Sequential(nn.Linear(2, 1, bias=False)).half()
    enforcement.enforce(model, {"0.weight": torch.tensor([[True, False]])})
    optimizer = torch.optim.SGD(model.parameters(), 1e-4)
    x = torch.tensor([[1.0, 255.0]] * 100).half()  # an input that was never scaled
    ((model(x) - 3) ** 2).sum().backward()
    optimizer.step()
    assert model[0].weight[0, 1] == 0


def test_the_gradient_of_a_sparse_embedding_is_masked():
    model = nn.Sequential(nn.Embedding(5, 3, sparse=True))
    kept = {"0.weight": torch.rand(5, 3, generator=torch.Generator().manual_seed(0)) < 0.5}
    enforcement.enforce(model, kept)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for words in ([0, 1, 1, 4], [2, 2]):
        optimizer.zero_grad()
        model(torch.tensor(words)).sum().backward()
        assert not model[0].weight.grad.to_dense()[~kept["0.weight"]].any()
        assert model[0].weight.grad.to_dense()[kept["0.weight"]].any()
        optimizer.step()
        assert not pruned(model, kept).any()


@pytest.mark.parametrize("mask", [torch.ones(20, 6), torch.ones(20, 6, dtype=torch.uint8), [[True]]])
def test_a_mask_that_is_no_tensor_of_bools_is_refused(mask):
    model = small()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ValueError, match=r"0.weight: a mask is a tensor of bools .*mask.bool\(\); got"):
        enforcement.enforce(model, {"0.weight": mask})
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_each_mask_is_applied_once_a_forward_pass(monkeypatch):
    model = nn.Sequential(small(), nn.MultiheadAttention(4, 2))
    model.forward = lambda x: model[1](*[model[0](x)[:, :1].expand(-1, 4)] * 3)[0]
    kept = sparse(model)
    enforcement.enforce(model, kept)
    applied = []
    apply = enforcement._Mask.apply
    monkeypatch.setattr(enforcement._Mask, "apply", lambda mask, tensor: (applied.append(mask), apply(mask, tensor)))
    model(torch.randn(2, 6))
    assert len(applied) == len(set(applied)) == len(kept) == 4
    with pytest.raises(RuntimeError):
        model(torch.randn(2, 5))  # a pass that fails half-way
    applied.clear()
    model[0][0](torch.randn(2, 6))
    assert len(applied) == 1


def test_exported_and_traced_programs_hold_the_zeros_and_scripting_asks_for_a_release(tiny):
    model = small()
    kept = sparse(model)
    enforcement.enforce(model, kept)
    x = tiny.x_train[:4]
    expected = model(x)
    exported = torch.export.export(model, (x,)).module()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        traced = torch.jit.trace(model, x)
        with pytest.raises(Exception, match=r"call lth_teach.enforcement.release\(model\) first"):
            torch.jit.script(model)
        enforcement.release(model)
        scripted = torch.jit.script(model)
    for program in (exported, traced, scripted):
        assert torch.allclose(program(x), expected)
        assert torch.equal(dict(program.named_parameters())["0.weight"] != 0, kept["0.weight"])


def test_a_copy_is_masked_before_its_first_forward_pass(tiny):
    model = small()
    kept = sparse(model)
    enforcement.enforce(model, kept)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), copy.deepcopy(nn.DataParallel(model)).module):
        (twin[0].weight.sum() + twin[2].weight.sum()).backward()  # no module is called
        assert not pruned(twin, kept, gradient=True).any()
        optimizer = torch.optim.SGD(twin.parameters(), 0.1, weight_decay=0.1)
        shake(twin)
        optimizer.step()
        assert not pruned(twin, kept).any()
    layer = copy.deepcopy(model[0])
    shake(layer)
    layer(tiny.x_train)
    assert torch.equal(layer.weight != 0, kept["0.weight"])


def test_a_part_called_alone_masks_what_it_reads_without_calling(tiny):
    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.read = nn.Linear(6, 6)

        def forward(self, x):
            return F.linear(x, self.read.weight)

    model = nn.Sequential(Reader(), nn.MultiheadAttention(6, 2))
    kept = sparse(model)
    enforcement.enforce(model, kept)
    part = copy.deepcopy(model[1])
    for module, x in ((model[0], [tiny.x_train]), (model[1], [tiny.x_train] * 3), (part, [tiny.x_train] * 3)):
        shake(module)
        module(*x)
    assert not pruned(model, kept).any()
    assert torch.equal(part.out_proj.weight != 0, kept["1.out_proj.weight"])


IN_A_NEW_PROCESS = """
import sys, torch
model, kept = torch.load(sys.argv[1], weights_only=False)
for _ in range(20):
    model.register_forward_pre_hook(lambda module, inputs: None)  # must not take the place of the mask's
with torch.no_grad():
    model.weight.add_(1.0)
model(torch.ones(1, 4))
print(bool(model.weight[~kept].any()))
"""


def test_a_model_that_is_loaded_in_a_new_process_keeps_its_mask_whatever_is_hooked_to_it(tmp_path):
    model, kept = nn.Linear(4, 3), torch.rand(3, 4, generator=torch.Generator().manual_seed(0)) < 0.5
    enforcement.enforce(model, {"weight": kept})
    torch.save((model, kept), tmp_path / "model")
    command = [sys.executable, "-c", IN_A_NEW_PROCESS, str(tmp_path / "model")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


def test_weights_that_are_one_piece_of_memory_have_one_mask():
    model = nn.Sequential(nn.Linear(5, 5, bias=False), nn.ReLU(), nn.Linear(5, 5, bias=False))
    model[2].weight = nn.Parameter(model[0].weight.data)  # tied without being one parameter
    assert list(masks.dense(model)) == ["0.weight"]
    kept = masks.random_like(masks.dense(model), 0)
    kept["0.weight"][:, 0] = False
    enforcement.enforce(model, kept)
    for how in (model, model[0], model[2]):
        shake(model)
        how(torch.ones(1, 5))
        assert torch.equal(model[0].weight != 0, kept["0.weight"])


def test_autocast_forgets_the_weights_from_before():
    model = nn.Linear(4, 3, bias=False)
    x = torch.ones(1, 4)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        model.requires_grad_(True)
        model(x)
        enforcement.enforce(model, {"weight": torch.zeros(3, 4, dtype=torch.bool)})
        assert not model(x).any()


def test_a_ticket_that_does_not_fit_the_ties_of_a_model_leaves_it_alone():
    untied = Tied(tie=False)
    kept = masks.shuffled({name: torch.arange(88).view(11, 8) < 44 for name in ("emb.weight", "out.weight")}, 0)
    ticket, model = Ticket(kept, untied.state_dict()), Tied()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ValueError, match="tied to a layer of another name"):
        ticket.load_into(model)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_the_mask_of_a_model_that_was_released_does_not_come_back_in_a_copy(tiny):
    model = small()
    kept = sparse(model)
    enforcement.enforce(nn.Sequential(model), {f"0.{name}": mask for name, mask in kept.items()})
    enforcement.release(model)
    twin = copy.deepcopy(model)
    shake(twin)
    twin(tiny.x_train)
    assert pruned(twin, kept).all()


def test_while_the_trainer_runs_masks_rest_and_pruned_weights_are_zero_all_the_same(tiny):
    for settings_ in (
        {"optimizer": "adam"},
        {"optimizer": "sgd", "lr": 0.1},
        {"optimizer": "adam", "weight_decay": 0.1},
    ):
        model = small()
        kept = sparse(model)
        enforcement.enforce(model, kept)
        seen = []
        model.register_forward_hook(lambda model, *_, kept=kept, seen=seen: seen.append(pruned(model, kept).any()))
        Trainer(tiny, iterations=12, batch_size=20, evaluations=3, **settings_)(model)
        assert len(seen) > 12
        assert not any(seen)
        assert not pruned(model, kept).any()
        assert obeys(model, lambda model=model: model(tiny.x_train), kept)


def test_a_callback_of_the_trainer_that_moves_weights_by_hand_does_no_harm(tiny):
    model = small()
    kept = sparse(model)
    enforcement.enforce(model, kept)
    watch_forward(model, kept)
    Trainer(tiny, iterations=5, batch_size=20, on_step=lambda *_: shake(model))(model)
    assert not pruned(model, kept).any()


# Random structures


LAYERS = {
    "linear": lambda: nn.Linear(4, 4),
    "norm": lambda: nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)),
    "conv": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 2, 3, padding=1), nn.Flatten(), nn.Linear(8, 4)
    ),
    "bilinear": lambda: Squared(),
    "lstm": lambda: Last(nn.LSTM(4, 4, batch_first=True)),
    "attention": lambda: Self(nn.MultiheadAttention(4, 2, batch_first=True)),
}


class Squared(nn.Bilinear):
    def __init__(self):
        super().__init__(4, 4, 4)

    def forward(self, x):
        return super().forward(x, x)


class Last(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x[:, None])[0][:, 0]


class Self(Last):
    def forward(self, x):
        return self.inner(*[x[:, None]] * 3)[0][:, 0]


def change(model, how, layers):
    """One of the things that people do to a model; returns it, perhaps wrapped, copied or with a new layer."""
    if how == "wrap":
        return nn.DataParallel(model)
    if how == "contain":
        return nn.Sequential(model)
    if how == "copy":
        return copy.deepcopy(model)
    if how == "pickle":
        return pickle.loads(pickle.dumps(model))
    if how == "freeze":
        return model.requires_grad_(False)
    if how == "unfreeze":
        return model.requires_grad_(True)
    if how == "double":
        return model.double()
    inner = next(module for module in model.modules() if len(list(module.children())) == layers)
    if how == "replace":
        inner[0] = nn.Linear(4, 4).to(next(model.parameters()).dtype)
        inner[0].weight.data.fill_(1)
    return model


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_invariant_holds_on_random_models_whatever_is_done_to_them(data):
    kinds = data.draw(st.lists(st.sampled_from(sorted(LAYERS)), min_size=2, max_size=4), "layers")
    with models.seeded(0):
        model = nn.Sequential(*(LAYERS[kind]() for kind in kinds), nn.Linear(4, 4), nn.Linear(4, 4), nn.Identity())
    if data.draw(st.booleans(), "tied"):
        model[-2].weight = model[-3].weight
    actions = st.sampled_from(["wrap", "contain", "copy", "pickle", "freeze", "unfreeze", "double", "replace"])
    before, after = (
        data.draw(st.lists(actions, max_size=2), "before"),
        data.draw(st.lists(actions, max_size=4), "after"),
    )
    for how in before:
        model = change(model, how, len(kinds) + 3)
    kept = masks.random_like(masks.dense(model), seed=3, scope="layer")
    kept = masks.prune(random_scores(model), kept, 0.5, "layer")
    enforcement.enforce(model, kept)
    patterns = [mask for mask in kept.values()]
    for how in after:
        model = change(model, how, len(kinds) + 3)
    replaced = "replace" in after
    masked = [getattr(p, enforcement.MASK, None) for p in model.parameters()]
    assert sum(mask is not None for mask in masked) >= len(patterns) - (4 if replaced else 0)

    optimizer = torch.optim.SGD(
        [p for p in model.parameters() if p.requires_grad] or [torch.zeros(1)], 0.1, momentum=0.9
    )
    x = torch.randn(5, 4, dtype=next(model.parameters()).dtype, generator=torch.Generator().manual_seed(0))
    for _ in range(2):
        shake(model)
        output = model(x).square().sum()
        if output.requires_grad:
            output.backward()
        optimizer.step()
        for parameter in model.parameters():
            if (mask := getattr(parameter, enforcement.MASK, None)) is not None:
                assert any(torch.equal(mask.kept, pattern) for pattern in patterns)
                assert not parameter.detach()[~mask.kept].any()
                assert parameter.grad is None or not parameter.grad[~mask.kept].any()
    enforcement.release(model)
    shake(model)
    model(x)
    assert not any(hasattr(p, enforcement.MASK) for p in model.parameters())


def random_scores(model):
    generator = torch.Generator().manual_seed(0)
    return {name: torch.rand(p.shape, generator=generator) for name, p in masks.prunable_parameters(model).items()}
