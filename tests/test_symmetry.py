"""Permuting hidden units keeps the function; aligning undoes a permutation."""

import pytest
import torch

from lth_teach import masks, models
from lth_teach.measures.symmetry import aligned, permuted_units


def order(size, seed):
    return torch.randperm(size, generator=torch.Generator().manual_seed(seed))


def test_the_function_stays_and_the_weights_move():
    network, moved = models.mlp(4, 7, 5, 3, seed=0).double(), models.mlp(4, 7, 5, 3, seed=1).double()
    torch.nn.init.normal_(network[0].bias)
    torch.nn.init.normal_(network[2].bias)
    moved.load_state_dict(permuted_units(network.state_dict(), [order(7, 1), order(5, 2)]))
    x = torch.randn(10, 4, dtype=torch.double, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(network(x), moved(x))
    assert not torch.equal(network[0].weight, moved[0].weight)


def test_new_unit_i_is_the_old_unit_at_place_i():
    tensors = {"0.weight": torch.tensor([[1.0], [2.0], [3.0]]), "2.weight": torch.tensor([[1.0, 2.0, 3.0]])}
    moved = permuted_units(tensors, [torch.tensor([2, 0, 1])])
    assert moved["0.weight"].flatten().tolist() == [3, 1, 2]
    assert moved["2.weight"].flatten().tolist() == [3, 1, 2]
    assert tensors["0.weight"].flatten().tolist() == [1, 2, 3]


def test_masks_keep_their_counts_and_the_inputs_they_use():
    kept = masks.random_like(masks.dense(models.mlp(6, 8, 3, seed=0)), 0) | {"0.weight": torch.rand(8, 6) < 0.3}
    moved = permuted_units(kept, [order(8, 1)])
    assert masks.count(moved) == masks.count(kept)
    assert torch.equal(moved["0.weight"].sum(0), kept["0.weight"].sum(0))


def test_aligning_undoes_a_permutation():
    numbers = torch.Generator().manual_seed(0)
    kept = {
        "0.weight": torch.rand(12, 20, generator=numbers) < 0.4,
        "2.weight": torch.rand(8, 12, generator=numbers) < 0.5,
    }
    kept["4.weight"] = torch.rand(3, 8, generator=numbers) < 0.5
    moved = permuted_units(kept, [order(12, 1), order(8, 2)])
    assert masks.overlap(kept, moved) < 0.5
    assert masks.overlap(kept, aligned(kept, moved)) == 1


def test_wrong_orders_are_refused():
    tensors = {"0.weight": torch.zeros(3, 2), "2.weight": torch.zeros(1, 3)}
    with pytest.raises(ValueError, match="2 layers have 1 hidden"):
        permuted_units(tensors, [])
    with pytest.raises(ValueError, match=r"0\.weight has 3 units"):
        permuted_units(tensors, [torch.tensor([0, 1, 1])])
    with pytest.raises(ValueError, match="layer"):
        aligned({"0.weight": torch.ones(3, 2).bool()}, {"1.weight": torch.ones(3, 2).bool()})
