"""Three ways to get something out of zeros: compressed weights, neurons taken out, and a fair look at bytes and time.

A pruned network is stored and multiplied like a dense one unless somebody does something about it. Nothing here trains:
a network is trained under its mask first, and made small or fast afterwards.
"""

from __future__ import annotations

import copy
import statistics
import time
import warnings
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from ..enforcement import release
from ..ground.devices import own_threads
from ..training import training_mode

# Layers that treat every neuron by itself (BatchNorm does in evaluation mode), so a neuron can be taken out of them.
BY_NEURON = (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.Identity, nn.Dropout, nn.BatchNorm1d)


class CsrLinear(nn.Module):
    """A linear layer whose zeros are not stored: compressed sparse rows (CSR). For using a network, not for training.

    Stored are the values, for each value its column, and for each row where it starts.

    Args:
        layer: the dense layer, its pruned weights exactly zero; its weights are copied.
        index_type: torch.int64 (PyTorch's own choice) or torch.int32, half the bytes for columns and row starts.
    """

    row_starts: Tensor
    columns: Tensor
    values: Tensor
    bias: Tensor | None

    def __init__(self, layer: nn.Linear, index_type: torch.dtype = torch.int64) -> None:
        super().__init__()
        self.shape = tuple(layer.weight.shape)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta state", UserWarning)
            found = layer.weight.detach().to_sparse_csr()
        # The three parts, not the sparse tensor: that one can neither be copied nor saved.
        self.register_buffer("row_starts", found.crow_indices().to(index_type))
        self.register_buffer("columns", found.col_indices().to(index_type))
        self.register_buffer("values", found.values())
        self.register_buffer("bias", None if layer.bias is None else layer.bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """Outputs, one row a sample, for inputs of shape (samples, inputs)."""
        parts = (self.row_starts, self.columns, self.values)
        weight = torch.sparse_csr_tensor(*parts, self.shape, check_invariants=False)  # checked when it was made
        outputs = (weight @ x.T).T  # the sparse matrix has to stand on the left
        return outputs if self.bias is None else outputs + self.bias


def to_csr(model: nn.Module, index_type: torch.dtype = torch.int64) -> nn.Module:
    """A copy of the model, in evaluation mode, with every linear layer as :class:`CsrLinear`; the rest stays.

    Raises:
        ValueError: an index type other than torch.int64 and torch.int32, or a model without a linear layer.
    """
    if index_type not in (torch.int64, torch.int32):
        raise ValueError(f"index_type must be torch.int64 or torch.int32, got {index_type}")
    sparse = _plain_copy(model)
    if isinstance(sparse, nn.Linear):
        return CsrLinear(sparse, index_type).eval()
    layers = [(name, module) for name, module in sparse.named_modules() if isinstance(module, nn.Linear)]
    if not layers:
        raise ValueError(f"this {type(model).__name__} has no linear layer to compress")
    for name, layer in layers:
        path, _, attribute = name.rpartition(".")
        setattr(sparse.get_submodule(path), attribute, CsrLinear(layer, index_type))
    return sparse


@torch.no_grad()
def without_dead_neurons(model: nn.Sequential) -> nn.Sequential:
    """A smaller dense copy that computes the same function in evaluation mode, without neurons that cannot matter.

    Two kinds of hidden neuron go. One whose *outgoing* weights are all zero is useless. One whose *incoming* weights
    are all zero is not zero but constant: its bias still passes through BatchNorm and activation. That constant, times
    the outgoing weights, is added to the biases of the next layer. Taking a neuron out can leave another one dead, so
    this goes on until none is. A layer keeps at least one neuron. Inputs and outputs stay.

    Args:
        model: linear layers with layers between them that treat each neuron by itself (see ``BY_NEURON``), the pruned
            weights exactly zero. It is left alone.

    Returns:
        A network in evaluation mode. While training, BatchNorm would make another constant of a constant neuron.

    Raises:
        TypeError: a model of another kind (the message names the layer).
    """
    if not isinstance(model, nn.Sequential):
        raise TypeError(f"this can shrink an nn.Sequential, got a {type(model).__name__}")
    for name, layer in model.named_children():
        if not isinstance(layer, (nn.Linear, *BY_NEURON)):
            raise TypeError(
                f"layer {name!r} is a {type(layer).__name__}, which may mix neurons; so none can be removed"
            )
    layers = list(_plain_copy(model).children())
    places = [place for place, layer in enumerate(layers) if isinstance(layer, nn.Linear)]
    removed = True
    while removed:
        removed = any([_shrink(layers, *pair) for pair in pairwise(places)])  # a list: no pair is skipped
    return nn.Sequential(*layers).eval()


def _shrink(layers: list[Any], here: int, after: int) -> bool:
    """Take dead neurons out between the linear layers at two places; False if there are none to take."""
    first, second = layers[here], layers[after]
    constant = (first.weight == 0).all(dim=1)
    dead = constant | (second.weight == 0).all(dim=0)
    if dead.all():
        dead[0] = False
    if not dead.any():
        return False
    value = first.bias if first.bias is not None else first.weight.new_zeros(first.out_features)
    for layer in layers[here + 1 : after]:
        value = layer(value.unsqueeze(0)).squeeze(0)
    gone = constant & dead
    shift = second.weight[:, gone] @ value[gone]
    if second.bias is not None or shift.any():
        old = 0 if second.bias is None else second.bias
        second.bias = nn.Parameter(old + shift)
    _keep_outputs(first, ~dead)
    for layer in layers[here + 1 : after]:
        if isinstance(layer, nn.BatchNorm1d):
            _keep_features(layer, ~dead)
    second.weight = nn.Parameter(second.weight[:, ~dead].clone())
    second.in_features = second.weight.shape[1]
    return True


def _keep_outputs(layer: nn.Linear, keep: Tensor) -> None:
    layer.weight = nn.Parameter(layer.weight[keep].clone())
    if layer.bias is not None:
        layer.bias = nn.Parameter(layer.bias[keep].clone())
    layer.out_features = layer.weight.shape[0]


def _keep_features(layer: nn.BatchNorm1d, keep: Tensor) -> None:
    for name, parameter in list(layer.named_parameters(recurse=False)):
        setattr(layer, name, nn.Parameter(parameter[keep].clone()))
    for name, buffer in list(layer.named_buffers(recurse=False)):
        if buffer.dim():  # the counter of batches has no entry for each neuron
            setattr(layer, name, buffer[keep].clone())
    layer.num_features = int(keep.sum())


def bytes_of(model: nn.Module) -> int:
    """Bytes of all parameters and buffers; of a compressed layer values, columns and row starts."""
    return sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers()))


@torch.no_grad()
def median_seconds(models: Mapping[str, nn.Module], x: Tensor, repeats: int = 50) -> dict[str, float]:
    """Name → median time of one forward pass of ``x``, in seconds, in evaluation mode on one thread.

    The models take turns, so that what else the machine does meets all of them alike. A first round is not counted.

    Raises:
        ValueError: no models, or fewer than one repeat.
    """
    if not models or repeats < 1:
        raise ValueError(f"need at least one model and one repeat, got {len(models)} and {repeats}")
    times: dict[str, list[float]] = {name: [] for name in models}
    with own_threads():
        for _ in range(repeats + 1):
            for name, model in models.items():
                with training_mode(model, False):
                    started = time.perf_counter()
                    model(x)
                    times[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def _plain_copy(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode that no mask is enforced on: the zeros are in its weights."""
    plain = copy.deepcopy(model)
    release(plain)
    return plain.eval()
