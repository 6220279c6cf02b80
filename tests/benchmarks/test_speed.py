"""How fast training is, mostly as ratios that mean the same on any machine. Run by ``make bench``; no time is asserted.

- A step of ``Trainer`` against the bare matrix products of that step, on one thread of the same process. The products
  are timed before every round of training, and the fastest round of each counts, so that a busy machine harms little.
- A masked step against a dense one, in turn; ranking 25 million weights; an epoch against the usual loop.
- ``replicates`` over four seeds on one core against two.
- A tangent kernel of 300 samples and ten outputs, in seconds: it is to take at most five.
"""

import copy
import math
import statistics
import time
from itertools import pairwise

import pytest
import torch
import torch.nn.utils.prune as torch_prune
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from lth_teach import Trainer, enforcement, masks, models, replicates, scores
from lth_teach.data import Dataset
from lth_teach.ground.devices import own_threads
from lth_teach.measures import tangent_kernel

pytestmark = pytest.mark.benchmark

STEPS = 200
NETS = {
    "LeNet-300-100, batch 60": ((784, 300, 100, 10), 60),
    "MLP 40-256-256-10, batch 100": ((40, 256, 256, 10), 100),
}


def random_data(inputs, rows=6_000):
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(rows, inputs, generator=generator), torch.randint(0, 10, (rows,), generator=generator)
    return Dataset("random", x, y, x[:100], y[:100], x[:100], y[:100])


def net(sizes):
    return models.mlp(*sizes, seed=0)


def trainer(sizes, batch):
    return Trainer(random_data(sizes[0]), iterations=STEPS, batch_size=batch, evaluations=1)


def products(sizes, batch):
    """A function that computes the matrix products of one step, forward and backward, and nothing else."""
    layers = [
        (torch.randn(batch, inputs), torch.randn(outputs, inputs), torch.randn(batch, outputs))
        for inputs, outputs in pairwise(sizes)
    ]

    def step():
        for position, (x, weight, gradient) in enumerate(layers):
            x @ weight.T
            gradient.T @ x
            if position:  # the inputs need no gradient
                gradient @ weight

    return step


def seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def report(benchmark, capsys, text, **ratios):
    benchmark.extra_info.update(ratios)
    with capsys.disabled():
        print(f"\n{text}: {', '.join(f'{name} {ratio:.2f}' for name, ratio in ratios.items())}")
    assert all(math.isfinite(ratio) for ratio in ratios.values())


@pytest.mark.parametrize("name", NETS)
def test_a_step_against_its_bare_matrix_products(benchmark, capsys, name):
    sizes, batch = NETS[name]
    step = products(sizes, batch)
    bare = []

    def time_products():
        with own_threads():
            bare.append(seconds(lambda: [step() for _ in range(STEPS)]))

    benchmark.pedantic(trainer(sizes, batch), args=(net(sizes),), setup=time_products, rounds=10, warmup_rounds=1)
    bare_ms = 1_000 * min(bare) / STEPS
    report(
        benchmark, capsys, f"{name}: milliseconds of bare products a step, and a dense step over them",
        bare=bare_ms, ratio=benchmark.stats["min"] / min(bare),
    )  # fmt: skip


@pytest.mark.parametrize("name", NETS)
def test_a_masked_step_against_a_dense_one(benchmark, capsys, name):
    sizes, batch = NETS[name]
    train, dense, masked = trainer(sizes, batch), net(sizes), net(sizes)
    enforcement.enforce(masked, masks.keep_top(scores.magnitude(masked), 0.2))
    ratios = []

    def both():
        first = seconds(lambda: train(dense))
        ratios.append(seconds(lambda: train(masked)) / first)

    benchmark.pedantic(both, rounds=15, warmup_rounds=1)
    quarter, middle, three_quarters = statistics.quantiles(ratios, n=4)
    report(
        benchmark, capsys, f"a masked step of {name} over a dense one: median and quartiles",
        median=middle, lower=quarter, upper=three_quarters,
    )  # fmt: skip


def test_ranking_25_million_weights_against_torchs_own_pruning(benchmark, capsys):
    model = nn.Sequential(nn.Linear(5_000, 2_500, bias=False), nn.Linear(2_500, 5_000, bias=False))
    for layer in model:
        nn.init.normal_(layer.weight)
    theirs = []

    def prune_a_copy():
        layers = [(layer, "weight") for layer in copy.deepcopy(model)]
        amount = {"pruning_method": torch_prune.L1Unstructured, "amount": 0.2}
        theirs.append(seconds(lambda: torch_prune.global_unstructured(layers, **amount)))

    def ours():
        masks.prune(scores.magnitude(model), masks.dense(model), 0.2)

    benchmark.pedantic(ours, setup=prune_a_copy, rounds=3)
    ratio = benchmark.stats["min"] / min(theirs)
    report(benchmark, capsys, "masks.prune of 25 million weights over global_unstructured", ratio=ratio)


def test_an_epoch_of_mnists_size_against_the_usual_loader_loop(benchmark, capsys):
    sizes, batch = NETS["LeNet-300-100, batch 60"]
    data, steps = random_data(sizes[0], rows=55_000), 55_000 // batch
    loader = DataLoader(TensorDataset(data.x_train, data.y_train), batch_size=batch, shuffle=True, drop_last=True)
    theirs = []

    def usual_loop():
        model = net(sizes)
        optimizer = torch.optim.Adam(model.parameters())
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()

    def time_usual_loop():
        with own_threads():
            theirs.append(seconds(usual_loop))

    train = Trainer(data, iterations=steps, batch_size=batch, evaluations=1)
    ticket = net(sizes)
    enforcement.enforce(ticket, masks.keep_top(scores.magnitude(ticket), 0.2))
    benchmark.pedantic(train, args=(ticket,), setup=time_usual_loop, rounds=3)
    ratio = benchmark.stats["min"] / min(theirs)
    report(benchmark, capsys, "a level's epoch of 55,000 images, masked, over a DataLoader loop, dense", ratio=ratio)


def test_four_seeds_on_two_cores_against_one(benchmark, capsys):
    data = random_data(40)

    def experiment(seed, steps):
        trainer = Trainer(data, iterations=steps, evaluations=1, order_seed=seed, device="cpu")
        return {"accuracy": float(trainer(models.mlp(40, 256, 256, 10, seed=seed)))}

    def run(jobs, steps=500):
        return replicates.run(experiment, 4, [{"steps": steps}], jobs=jobs)

    run(2, steps=1)  # starts the workers, which then import torch
    alone = []

    def time_alone():
        alone.append(seconds(lambda: run(1)))

    benchmark.pedantic(run, args=(2,), setup=time_alone, rounds=2)
    report(benchmark, capsys, "four seeds, one core over two", ratio=min(alone) / benchmark.stats["min"])


@pytest.mark.parametrize("density", [1.0, 0.8, 0.5, 0.2])
def test_a_tangent_kernel(benchmark, capsys, density):
    model = models.mlp(40, 256, 256, 10, seed=0)
    kept = masks.dense(model) if density == 1 else masks.keep_top(scores.magnitude(model), density)
    x = random_data(40).x_train[:300]
    benchmark.pedantic(tangent_kernel.empirical_ntk, args=(model, x), kwargs={"masks": kept}, rounds=2)
    report(benchmark, capsys, f"kernel, {density:.0%} of the weights kept", seconds=benchmark.stats["min"])
