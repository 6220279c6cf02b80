"""How fast training is, mostly as ratios that mean the same on any machine. Run by ``make bench``; no time is asserted.

- A step of ``Trainer`` against the bare matrix products of that step, on one thread of the same process. The products
  are timed before every round of training, and the fastest round of each counts, so that a busy machine harms little.
- ``replicates`` over four seeds on one core against two.
- A tangent kernel of 300 samples and ten outputs, in seconds: it is to take at most five.
"""

import math
import time
from itertools import pairwise

import pytest
import torch

from lth_teach import Trainer, enforcement, masks, models, replicates, scores
from lth_teach.data import Dataset
from lth_teach.measures import tangent_kernel
from lth_teach.training import own_threads

pytestmark = pytest.mark.benchmark

STEPS = 200
NETS = {
    "LeNet-300-100, batch 60": ((784, 300, 100, 10), 60),
    "MLP 40-256-256-10, batch 100": ((40, 256, 256, 10), 100),
}


def random_data(inputs):
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(6_000, inputs, generator=generator), torch.randint(0, 10, (6_000,), generator=generator)
    return Dataset("random", x, y, x[:100], y[:100], x[:100], y[:100])


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


@pytest.mark.parametrize("kind", ["dense", "ticket at 20 %"])
@pytest.mark.parametrize("name", NETS)
def test_a_step_against_its_bare_matrix_products(benchmark, capsys, name, kind):
    sizes, batch = NETS[name]
    model = models.mlp(*sizes, seed=0)
    if kind != "dense":
        enforcement.enforce(model, masks.keep_top(scores.magnitude(model), 0.2))
    trainer = Trainer(random_data(sizes[0]), iterations=STEPS, batch_size=batch, evaluations=1, device="cpu")
    step = products(sizes, batch)
    bare = []

    def time_products():
        with own_threads():
            bare.append(seconds(lambda: [step() for _ in range(STEPS)]))

    benchmark.pedantic(trainer, args=(model,), setup=time_products, rounds=10, warmup_rounds=1)
    report(
        benchmark, capsys, f"one step of {name}, {kind}, over its products", ratio=benchmark.stats["min"] / min(bare)
    )


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
