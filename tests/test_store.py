"""The finder's store, as people use it: killed programs, two programs at once, a full disk, changed settings."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lth_teach import LotteryTicketFinder, Ticket, Trainer, models
from lth_teach.ground.recognise import Unrecognised
from lth_teach.ground.storage import same_state


def net(activation=None, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(6, 30), activation or nn.ReLU(), nn.Linear(30, 3, **settings))


# A program that finds a ticket in six levels. Its train_fn encloses a loader, an inner function and a model's settings.
PROGRAM = """
import sys, torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from lth_teach import LotteryTicketFinder

torch.set_num_threads(1)
torch.manual_seed(0)
x = torch.randn(64, 6)
loader = DataLoader(TensorDataset(x, (x.sum(1) > 0).long()), 16)
losses, trained = [], 0

def made(rate):
    def step(model, optimizer, x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    def fit(model, *, epochs=EPOCHS):
        global trained
        trained += 1
        optimizer = torch.optim.SGD(model.parameters(), rate, momentum=0.9)
        for _ in range(epochs):
            for x, y in loader:
                step(model, optimizer, x, y)
        with torch.no_grad():
            return (model(loader.dataset.tensors[0]).argmax(1) == loader.dataset.tensors[1]).float().mean().item()

    return fit

model = nn.Sequential(nn.Linear(6, 30), nn.BatchNorm1d(30), nn.ReLU(), nn.Linear(30, 2))
print("ready", flush=True)
finder = LotteryTicketFinder(model, 0.3, 0.8, store=sys.argv[1])
ticket = finder.find_ticket(made(0.1), num_iterations=5)
ticket.save(sys.argv[2])
print("trained", trained)
"""


def start(folder, name, epochs=20):
    """The program as a process of its own; levels in ``folder/store``, the ticket in ``folder/name``."""
    text = PROGRAM.replace("EPOCHS", str(epochs))
    command = [sys.executable, "-c", text, str(folder / "store"), str(folder / name)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    """How many levels the program trained itself."""
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return int(out.split()[-1])


def same_ticket(first, second):
    """Bit for bit, but for the times that the levels took."""
    first, second = Ticket.load(first), Ticket.load(second)
    return (
        [replace(level, seconds=0) for level in first.levels] == [replace(level, seconds=0) for level in second.levels]
        and same_state(first.masks, second.masks)
        and same_state(first.initial_weights, second.initial_weights)
    )


@pytest.mark.slow
def test_a_program_killed_at_random_moments_ends_bit_identical(tmp_path):
    """Oracle: the same program, never stopped, in a folder of its own. KILLS in the environment asks for more."""
    whole, ticket = tmp_path / "whole" / "ticket", tmp_path / "ticket"
    whole.parent.mkdir()
    assert finish(start(whole.parent, "ticket", epochs=100)) == 6
    a_level = sum(level.seconds for level in Ticket.load(whole).levels) / 6
    numbers, kills, wanted = random.Random(0), 0, int(os.environ.get("KILLS", 3))
    while kills < wanted or not ticket.exists():
        process = start(tmp_path, "ticket", epochs=100)
        assert process.stdout.readline() == "ready\n"
        time.sleep(numbers.uniform(0, 3 * a_level) if kills < wanted else 0)
        if kills < wanted and process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
        else:
            finish(process)
            assert same_ticket(ticket, whole)
            if kills < wanted:  # it ended before it could be killed often enough: once more from the start
                shutil.rmtree(tmp_path / "store")
                ticket.unlink()


@pytest.mark.slow
def test_the_same_program_started_again_trains_nothing_and_a_changed_one_everything(tmp_path):
    assert [finish(start(tmp_path, name)) for name in ("first", "again")] == [6, 0]
    assert same_ticket(tmp_path / "first", tmp_path / "again")
    assert finish(start(tmp_path, "other", epochs=19)) == 6


@pytest.mark.slow
def test_two_programs_on_one_folder_at_once_do_no_harm(tmp_path):
    (tmp_path / "alone").mkdir()
    processes = [start(tmp_path, "first"), start(tmp_path, "second"), start(tmp_path / "alone", "ticket")]
    for process in processes:
        finish(process)
    for name in ("first", "second"):
        assert same_ticket(tmp_path / name, tmp_path / "alone" / "ticket")
    assert len(list((tmp_path / "store").glob("*/*"))) == 6


calls = []


def train(model, lr=0.1):
    calls.append(lr)
    return lr


class Loop:
    def __init__(self, lr):
        self.lr = lr

    def __call__(self, model):
        return train(model, self.lr)

    def fit(self, model):
        return train(model, self.lr)


def keyword_only(rate):
    def fit(model, *, lr=rate):
        return train(model, lr)

    return fit


def encloses(target):
    def fit(model):
        return train(model, float(target.sum()))

    return fit


def find(folder, train_fn=train, model=None, rate=0.3, **settings):
    """Find a ticket with a store; the number of levels that were trained for it."""
    before = len(calls)
    LotteryTicketFinder(model or net(), rate, 0.5, store=folder, **({"scope": "layer"} | settings)).find_ticket(
        train_fn
    )
    return len(calls) - before


@pytest.mark.parametrize(
    "make",
    [
        lambda lr: {"train_fn": partial(train, lr=lr)},
        lambda lr: {"train_fn": Loop(lr)},
        lambda lr: {"train_fn": Loop(lr).fit},
        lambda lr: {"train_fn": keyword_only(lr)},
        lambda lr: {"train_fn": encloses(torch.zeros(5_000).index_fill(0, torch.tensor(2_500), lr))},
        lambda lr: {"model": net(nn.Dropout(lr))},
        lambda lr: {"model": net(nn.Tanh() if lr > 0.5 else nn.ReLU())},
        lambda lr: {"model": net(bias=lr > 0.5)},
        lambda lr: {"rate": 0.3 + lr / 100},
        lambda lr: {"scope": "layer" if lr > 0.5 else "global"},
        lambda lr: {"prunable": ["0.weight"] if lr > 0.5 else None},
    ],
)
def test_other_settings_never_get_the_old_levels_and_the_same_ones_always(tmp_path, make):
    levels = find(tmp_path, **make(0.25))
    assert levels == 3
    assert find(tmp_path, **make(0.75)) == 3
    assert find(tmp_path, **make(0.25)) == find(tmp_path, **make(0.75)) == 0


def test_what_cannot_be_recognised_is_said_before_anything_is_trained(tmp_path):
    lock = threading.Lock()

    def fit(model):
        with lock:
            return train(model)

    before = len(calls)
    with pytest.raises(Unrecognised, match="-> lock cannot be recognised .*pass no store"):
        find(tmp_path, fit)
    assert len(calls) == before
    assert find(None, fit) == 3  # without a store nothing has to be recognised


def test_a_damaged_level_is_set_aside_and_computed_again(tmp_path):
    find(tmp_path)
    (path,) = tmp_path.glob("*/level_01*")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.warns(UserWarning, match="level 1 is computed again"):
        assert find(tmp_path) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find(tmp_path) == 0


def test_a_store_in_a_home_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert (find("~/levels"), find(tmp_path / "levels")) == (3, 0)


def test_a_store_that_cannot_be_written_is_refused_before_anything_is_trained(tmp_path):
    (tmp_path / "file").write_text("")
    before = len(calls)
    for folder in (tmp_path / "file", tmp_path / "file" / "levels"):
        with pytest.raises(OSError, match=f"{tmp_path}/file"):
            find(folder)
    assert len(calls) == before


FULL_DISK = """
import resource, sys
LIMIT = resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.getrlimit(resource.RLIMIT_FSIZE)[1])
resource.setrlimit(*LIMIT)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX's")
def test_a_full_disk_names_the_folder_and_with_room_the_search_goes_on(tmp_path):
    command = [
        sys.executable,
        "-c",
        FULL_DISK + PROGRAM.replace("EPOCHS", "2"),
        str(tmp_path / "store"),
        "ticket",
        "50",
    ]
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 1
    assert "OSError" in process.stderr
    assert str(tmp_path / "store") in process.stderr
    assert finish(start(tmp_path, "ticket", epochs=2)) == 6


class Scaled(nn.Linear):
    def get_extra_state(self):
        return {"scale": 1.0}

    def set_extra_state(self, state):
        self.scale = state["scale"]


class Unkept(nn.Linear):
    def get_extra_state(self):
        return {"tensor": torch.ones(1)}

    def set_extra_state(self, state):
        pass


class Graph(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 30), nn.Linear(30, 3)
        self.register_buffer("adjacency", torch.eye(20).to_sparse())


@pytest.mark.parametrize("make", [lambda: nn.Sequential(Scaled(6, 30), nn.Linear(30, 3)), Graph])
def test_extra_state_and_sparse_buffers_are_kept_in_tickets_and_stores(tmp_path, make):
    model = make()
    finder = LotteryTicketFinder(model, 0.3, 0.5, scope="layer", store=tmp_path / "store")
    ticket = finder.find_ticket(train)
    ticket.save(tmp_path / "ticket")
    again = Ticket.load(tmp_path / "ticket")
    assert same_state(again.initial_weights, ticket.initial_weights)
    again.load_into(make())


def test_a_state_that_no_file_can_hold_is_refused_before_training():
    before = len(calls)
    with pytest.raises(ValueError, match="_extra_state.*dict"):
        find(None, model=nn.Sequential(Unkept(6, 30), nn.Linear(30, 3)))
    assert len(calls) == before


def test_300_changed_ticket_files_are_refused_or_equal(tmp_path):
    ticket = LotteryTicketFinder(models.mlp(6, 30, 3, seed=0), 0.3, 0.5).find_ticket(train)
    path, numbers, refused = tmp_path / "ticket", random.Random(1), 0
    ticket.save(path)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    for turn in range(300):
        header = json.loads(content[8 : 8 + length])
        name = numbers.choice(sorted(header.keys() - {"__metadata__"}))
        changed = bytearray(content)
        if turn % 6 == 0:
            changed = changed[: numbers.randrange(len(changed))]
        elif turn % 6 == 1:
            changed[numbers.randrange(len(changed))] ^= 1 << numbers.randrange(8)
        else:
            if turn % 6 == 2:
                header[name]["shape"] = [*header[name]["shape"], 1]
            elif turn % 6 == 3:
                header[name]["dtype"] = numbers.choice(["F64", "U8", "I32", "F16"])
            elif turn % 6 == 4:
                del header[name]
            else:
                details = header["__metadata__"]["details"]
                old, new = numbers.choice([('"index": 1', '"index": 2'), ('"kept": 2', '"kept": 3'), ("0.7", "0.6")])
                header["__metadata__"]["details"] = details.replace(old, new)
                assert header["__metadata__"]["details"] != details
            text = json.dumps(header).encode()
            changed = len(text).to_bytes(8, "little") + text + content[8 + length :]
        path.write_bytes(changed)
        try:
            loaded = Ticket.load(path)
        except ValueError:
            refused += 1
        else:
            assert same_state(loaded.masks, ticket.masks)
            assert same_state(loaded.initial_weights, ticket.initial_weights)
            assert (loaded.levels, loaded.rewind_step) == (ticket.levels, ticket.rewind_step)
    assert refused > 290


@pytest.mark.parametrize("k", [0, 2])
def test_a_trainer_with_a_loader_of_its_own_class_resumes(tiny, tmp_path, k):
    """A subclass of Trainer that also holds a DataLoader: nothing in it changes while it trains."""

    class Loading(Trainer):
        loader = DataLoader(TensorDataset(torch.arange(4.0)), 2)

    trainer = Loading(tiny, iterations=6, batch_size=20, evaluations=2)
    steps = []
    watched = replace(trainer, on_step=lambda step, total: steps.append(step))
    for expected in (True, False):
        steps.clear()
        LotteryTicketFinder(net(), 0.3, 0.5, k, store=tmp_path).find_ticket(watched)
        assert bool(steps) is expected
