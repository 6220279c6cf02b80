"""The networks of the course. Each is an ordinary ``torch.nn`` module; nothing in it knows about pruning."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from .randomness import seeded


def mlp(*sizes: int, seed: int | None = None) -> nn.Sequential:
    """A fully connected ReLU network: ``mlp(40, 256, 256, 10)`` has 40 inputs, two hidden layers and 10 outputs.

    Weights start Glorot-normal and biases at zero, as in Frankle & Carbin (2019).

    Raises:
        ValueError: fewer than two sizes, or one below 1.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"mlp needs at least an input and an output size, all positive, got {sizes}")
    layers: list[nn.Module] = []
    with seeded(seed):
        for inputs, outputs in pairwise(sizes):
            layer = nn.Linear(inputs, outputs)
            nn.init.xavier_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
            layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def lenet_300_100(seed: int | None = None, inputs: int = 784) -> nn.Sequential:
    """LeNet-300-100, the small network of Frankle & Carbin (2019): 266,200 weights for 784 inputs."""
    return mlp(inputs, 300, 100, 10, seed=seed)


class ResidualMLP(nn.Module):
    """A deep residual network for vectors: a linear layer in, ``blocks`` residual blocks, a linear layer out.

    A block adds to its input what two layers, each linear then BatchNorm, make of it (ReLU between and after, as in
    He et al. 2016, arXiv 1512.03385). Deep enough, at a large learning rate, to be unstable to SGD noise at first.

    Args:
        inputs, width, outputs: sizes; ``blocks``: number of residual blocks, two linear layers each.
        seed: of the initial weights; ``None`` draws from PyTorch's own generator.

    Raises:
        ValueError: a size below 1.
    """

    def __init__(
        self, inputs: int = 40, width: int = 128, blocks: int = 6, outputs: int = 10, seed: int | None = None
    ) -> None:
        super().__init__()
        if min(inputs, width, blocks, outputs) < 1:
            raise ValueError(f"sizes must be at least 1, got {inputs}, {width}, {blocks} blocks, {outputs}")
        with seeded(seed):
            self.enter = nn.Linear(inputs, width)
            self.blocks = nn.ModuleList(
                nn.Sequential(
                    nn.Linear(width, width),
                    nn.BatchNorm1d(width),
                    nn.ReLU(),
                    nn.Linear(width, width),
                    nn.BatchNorm1d(width),
                )
                for _ in range(blocks)
            )
            self.leave = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Logits, one row a sample."""
        hidden = self.enter(x).relu()
        for block in self.blocks:
            hidden = (hidden + block(hidden)).relu()
        return self.leave(hidden)
