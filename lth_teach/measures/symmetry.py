"""Hidden units have no order: moving them about changes where weights stand, and nothing that the network computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ..masks import Masks, check_same_layers


def permuted_units(tensors: Mapping[str, Tensor], orders: Sequence[Tensor]) -> dict[str, Tensor]:
    """Weights and biases, or masks, of a fully connected network whose hidden units are put into another order.

    Row i of a layer belongs to its unit i, column j to unit j of the layer before. So the order of a layer's units
    moves its rows and its bias, and the columns of the layer that follows.

    Args:
        tensors: name → tensor, such as "0.weight", "0.bias", "2.weight", from the input layer to the output layer.
        orders: one permutation for each hidden layer; new unit i is the old unit ``order[i]``.

    Raises:
        ValueError: not one permutation for each hidden layer, or one that is none of that layer's units.
    """
    weights = [name for name, tensor in tensors.items() if tensor.dim() == 2]
    if len(orders) != len(weights) - 1:
        raise ValueError(f"{len(weights)} layers have {len(weights) - 1} hidden layers between them, got {len(orders)}")
    for name, order in zip(weights, orders, strict=False):
        if sorted(order.tolist()) != list(range(len(tensors[name]))):
            raise ValueError(f"{name} has {len(tensors[name])} units, and the order given for them is no permutation")
    result = {name: tensor.clone() for name, tensor in tensors.items()}
    for name, following, order in zip(weights[:-1], weights[1:], orders, strict=True):
        result[name] = result[name][order]
        bias = name.removesuffix("weight") + "bias"
        if bias in result:
            result[bias] = result[bias][order]
        result[following] = result[following][:, order]
    return result


def aligned(first: Masks, second: Masks) -> Masks:
    """The second mask with its hidden units in an order that makes it overlap with the first as much as possible.

    From the input on, layer by layer, units are paired so that their incoming weights agree most (the assignment
    problem, solved exactly for each layer). It is not the best order for all layers together, which is hard to find.

    Raises:
        ValueError: masks of different layers.
    """
    from scipy.optimize import linear_sum_assignment

    check_same_layers(first, second)
    check_same_layers(second, first)
    result, (*hidden, _) = second, list(first)
    for position, name in enumerate(hidden):
        shared = first[name].float() @ result[name].float().T  # (unit of the first, unit of the second) → shared inputs
        _, chosen = linear_sum_assignment(shared.numpy(), maximize=True)
        orders = [torch.arange(len(first[other])) for other in hidden]
        orders[position] = torch.as_tensor(chosen)
        result = permuted_units(result, orders)
    return result
