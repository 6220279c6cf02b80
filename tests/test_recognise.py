"""Digests of code and values: equal in a program started anew, different where anything differs that decides."""

import collections
import enum
import functools
import os
import re
import subprocess
import sys
import textwrap
import threading
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lth_teach import Trainer, enforcement, masks, models
from lth_teach.ground.recognise import Unrecognised, recognise


def from_source(text, name="fit", **around):
    """A function as a notebook cell defines it: executed, in a namespace of its own."""
    namespace = {"__name__": "__main__", **around}
    exec(compile(textwrap.dedent(text), f"cell {os.urandom(4).hex()}", "exec"), namespace)
    return namespace[name]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner) | st.frozensets(st.text())
    ),
)


@given(values, values)
def test_digests_agree_where_the_values_do(first, second):
    """Oracle: the text of the value, which tells 1 from 1.0 and True, and a list from a tuple, with sorted keys."""

    def text(value):
        if isinstance(value, (list, tuple)):
            return type(value).__name__, [text(part) for part in value]
        if isinstance(value, (dict, frozenset)):
            return type(value).__name__, sorted(
                (key, text(value[key]) if isinstance(value, dict) else 0) for key in value
            )
        return repr(value)

    assert (recognise(first) == recognise(second)) == (text(first) == text(second))


PROGRAM = """
import collections, enum, functools, random, re
from dataclasses import dataclass
import numpy as np, torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"

@dataclass
class Settings:
    rates: dict
    tags: set
    act: object = F.relu

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.norm = nn.LSTM(3, 4), nn.BatchNorm1d(4)
    def forward(self, x):
        return F.max_pool2d(torch.relu(x), 2)

settings = Settings({"b": 2, "a": 1}, {"x", "y", "z", Colour.RED}, np.tanh)
torch.manual_seed(0)
model = Net()
loader = DataLoader(TensorDataset(torch.arange(6.0)), 2, shuffle=True, generator=torch.Generator().manual_seed(1))

@functools.lru_cache
def rate(step):
    return settings.rates["a"] / (step + 1)

def outer(target, *, pattern=re.compile("a+")):
    @torch.no_grad()
    def fit(model, words=frozenset({"p", "q"})):
        def inner(x):
            return x in {"one", "two", "three"} and helper(x)
        return [rate(step) for step in range(3)], target, loader, random.random(), np.random.rand(), inner
    return fit

def helper(x):
    return helper, outer, x

fit = functools.partial(outer(np.arange(4)), words={"k", "l"})
"""


@pytest.mark.slow
def test_the_digest_is_the_same_in_a_new_program_whatever_its_hash_seed_file_and_lines(tmp_path):
    found = set()
    for seed in ("1", "2", "3"):
        path = tmp_path / f"program_{seed}.py"
        end = "\nfrom lth_teach.ground.recognise import recognise\nprint(recognise((fit, model, settings)))"
        path.write_text("\n" * int(seed) + PROGRAM + end)
        run = [sys.executable, str(path)]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        found.add(subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(found) == 1
    assert re.fullmatch("[0-9a-f]{64}\n", found.pop())


def train(model, lr=0.1):
    return lr


class Loop:
    def __init__(self, lr):
        self.lr = lr

    def __call__(self, model):
        return self.lr

    def fit(self, model):
        return self.lr


def keyword_only(rate):
    def fit(model, *, lr=rate):
        return lr

    return fit


def encloses(value):
    def fit(model):
        return value

    return fit


def encloses_a_function(rate):
    def inner():
        return rate

    return lambda model: inner()


class HidesItsState:
    """Leaves its rate out when it is copied or pickled."""

    def __init__(self, lr):
        self.lr = lr

    def __reduce__(self):
        return HidesItsState, (0,)


class Words(set):
    pass


@dataclass
class Plan:
    lr: float
    note: str = field(default="", compare=False)


def one_entry(position):
    entries = torch.zeros(5_000)
    entries[position] = 1
    return entries


def generator(seed):
    return torch.Generator().manual_seed(seed)


def reads_a_global(rate):
    return from_source("def fit(model): return [rate for _ in range(2)]", rate=rate)


def calls_a_helper(rate):
    return from_source(f"def helper():\n    return {rate}\ndef fit(model):\n    return (lambda: helper())()")


def net(activation, bias=True):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(6, 30), activation, nn.Linear(30, 3, bias=bias))


def own_layer(text):
    return from_source(f"class Own(nn.Module):\n    def forward(self, x):\n        return {text}", "Own", nn=nn)()


@pytest.mark.parametrize(
    "make",
    [
        lambda rate: functools.partial(train, lr=rate),
        lambda rate: Loop(rate),
        lambda rate: Loop(rate).fit,
        lambda rate: Plan(rate),
        lambda rate: HidesItsState(rate),
        keyword_only,
        encloses,
        encloses_a_function,
        reads_a_global,
        calls_a_helper,
        lambda rate: encloses(one_entry(int(rate * 5_000))),
        lambda rate: encloses(one_entry(int(rate * 5_000)).numpy()),
        lambda rate: from_source(f"def fit(model, lr={rate}): return lr"),
        lambda rate: from_source(f"def fit(model): return {rate}"),
        lambda rate: from_source(f"class Fit:\n    def __call__(self, model): return {rate}", "Fit")(),
        lambda rate: from_source(f"class A:\n    lr = {rate}\nclass Fit(A): pass", "Fit"),
        lambda rate: functools.lru_cache(encloses(rate)),
        lambda rate: torch.no_grad()(encloses(rate)),
        lambda rate: net(nn.Dropout(rate)),
        lambda rate: net(nn.ReLU() if rate < 0.5 else nn.Tanh()),
        lambda rate: net(nn.ReLU(), bias=rate < 0.5),
        lambda rate: own_layer(f"x * {rate}"),
        lambda rate: encloses(generator(int(10 * rate))),
        lambda rate: np.random.default_rng(int(10 * rate)),
        lambda rate: DataLoader(TensorDataset(torch.full((4,), rate)), 2),
        lambda rate: DataLoader(TensorDataset(torch.zeros(4)), int(10 * rate)),
        lambda rate: re.compile(f"a{rate}"),
        lambda rate: Decimal(str(rate)),
        lambda rate: Fraction(str(rate)),
        lambda rate: Path(str(rate)),
        lambda rate: enum.Enum("Kind", {"A": rate}).A,
        lambda rate: collections.OrderedDict(lr=rate),
        lambda rate: Words([str(rate), "other"]),
        lambda rate: torch.tensor([rate]).to_sparse(),
        lambda rate: torch.float32 if rate < 0.5 else torch.float64,
        lambda rate: torch.device("cpu" if rate < 0.5 else "meta"),
        lambda rate: torch.relu if rate < 0.5 else torch.tanh,
        lambda rate: nn.functional.relu if rate < 0.5 else nn.functional.max_pool2d,
        lambda rate: from_source("def fit(m): return " + ("m + 1" if rate < 0.5 else "m - 1")),
        lambda rate: from_source("def fit(m): return m." + ("cat" if rate < 0.5 else "dog")),
    ],
)
def test_equal_settings_made_twice_are_equal_and_others_are_not(make):
    assert recognise(make(0.1)) == recognise(make(0.1))
    assert recognise(make(0.1)) != recognise(make(0.9))


def test_a_trainer_is_known_by_its_settings_and_data_and_not_by_who_watches_it(tiny):
    trainer = Trainer(tiny, iterations=8, batch_size=20)
    assert recognise(replace(trainer, on_step=print)) == recognise(trainer)
    for other in (replace(trainer, lr=0.02), replace(trainer, data=replace(tiny, y_train=tiny.y_train.flip(0)))):
        assert recognise(other) != recognise(trainer)
    assert recognise(Plan(1, "a")) != recognise(Plan(1, "b"))  # of a class of one's own, every field decides


def test_a_model_is_the_same_with_its_hooks_of_enforcement_and_another_with_other_hooks():
    model, masked = models.mlp(4, 7, 3, seed=0), models.mlp(4, 7, 3, seed=0)
    enforcement.enforce(masked, masks.dense(masked, ["0.weight"]))
    assert recognise(masked) == recognise(model)
    masked[0].weight.register_hook(lambda gradient: 2 * gradient)
    assert recognise(masked) != recognise(model)
    model.register_forward_hook(lambda module, x, y: 2 * y)
    assert recognise(model) != recognise(models.mlp(4, 7, 3, seed=0))


def test_a_tied_a_frozen_and_a_rearranged_model_are_three_others():
    def layers(tied=False, names="ab", frozen=False):
        a, b = nn.Linear(2, 2), nn.Linear(2, 2)
        b.load_state_dict(a.state_dict())
        torch.nn.init.ones_(a.weight), torch.nn.init.ones_(b.weight)
        torch.nn.init.ones_(a.bias), torch.nn.init.ones_(b.bias)
        a.weight.requires_grad_(not frozen)
        return nn.Sequential(collections.OrderedDict(zip(names, (a, a if tied else b))))

    different = [layers(), layers(tied=True), layers(frozen=True), layers(names="ba")]
    assert len({recognise(model) for model in different}) == 4
    assert recognise(layers()) == recognise(layers())


def test_what_the_code_only_writes_does_not_count():
    """So a cell that collects losses resumes when it is run again; as soon as the list is read, it counts."""
    counts = "def fit(model):\n    global calls\n    calls += 1\n    losses.append(calls_of(model))\n    return 0.5"
    reads = counts.replace("return 0.5", "return len(losses)")
    uses = counts.replace("return 0.5", "return calls")
    for text, same in ((counts, True), (reads, False), (uses, False)):
        before = from_source(text, calls=0, losses=[], calls_of=len)
        after = from_source(text, calls=7, losses=[0.3], calls_of=len)
        assert (recognise(before) == recognise(after)) is same


def test_a_module_of_ones_own_counts_by_what_is_used_of_it(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_helpers.py").write_text(
        "import threading\nlock = threading.Lock()\nrate = 1\ndef step(): return rate"
    )
    import own_helpers

    by_global = from_source("import own_helpers\ndef fit(model): return own_helpers.step()")
    by_name = from_source("from own_helpers import step\ndef fit(model): return step()")
    first = recognise(by_global), recognise(by_name)
    own_helpers.rate = 2
    assert recognise(by_global) != first[0]
    assert recognise(by_name) != first[1]
    inside = from_source("def fit(model):\n    from own_helpers import step\n    return step()")
    with pytest.raises(Unrecognised, match="train_fn -> own_helpers -> lock"):
        recognise(inside)
    del own_helpers.lock
    before = recognise(inside)
    own_helpers.rate = 3
    assert recognise(inside) != before


def test_two_things_that_hold_each_other_are_recognised():
    def ring(rate):
        first, second = Loop(rate), Loop(rate)
        first.other, second.other = second, first
        return first

    assert recognise(ring(1)) == recognise(ring(1)) != recognise(ring(2))


def counting():
    yield 1


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (lambda: counting(), "generator"),
        (lambda: iter([1, 2]), "list_iterator"),
        (lambda: iter(DataLoader(TensorDataset(torch.zeros(4)), 2)), "DataLoaderIter"),
        (lambda: open(os.devnull), "TextIOWrapper"),  # noqa: SIM115
        (lambda: threading.Lock(), "lock"),
        (lambda: threading.Thread(), "lock"),
        (lambda: np.frompyfunc(train, 2, 1), "ufunc"),
    ],
)
def test_what_cannot_be_recognised_is_named_with_the_way_to_it(part, found):
    loop = Loop(part())
    with pytest.raises(
        Unrecognised, match=rf"^train_fn -> value -> lr.* cannot be recognised .*{found}.*pass no store"
    ):
        recognise(encloses(loop))
    if hasattr(loop.lr, "close"):
        loop.lr.close()


def test_what_is_nested_too_deeply_is_refused():
    nested = []
    for _ in range(10_000):
        nested = [nested]
    with pytest.raises(Unrecognised, match="settings cannot be recognised: it is nested too deeply"):
        recognise(nested, "settings")
