import pytest
import torch

from lth_teach import models
from lth_teach.ground.storage import same_state


def test_mlp_has_the_layers_asked_for():
    model = models.mlp(40, 256, 10)
    assert [tuple(p.shape) for p in model.parameters()] == [(256, 40), (256,), (10, 256), (10,)]
    assert model(torch.randn(5, 40)).shape == (5, 10)


def test_lenet_300_100_has_266200_weights():
    model = models.lenet_300_100()
    assert sum(p.numel() for p in model.parameters() if p.dim() == 2) == 266_200


def test_weights_start_glorot_normal_and_biases_at_zero():
    model = models.mlp(300, 500, 10, seed=0)
    assert model[0].weight.std().item() == pytest.approx((2 / 800) ** 0.5, rel=0.02)
    assert not model[0].bias.any()


def test_the_same_seed_gives_the_same_weights():
    first, again, other = (models.mlp(4, 5, 3, seed=seed).state_dict() for seed in (1, 1, 2))
    assert same_state(first, again)
    assert not same_state(first, other)


def test_a_seed_leaves_the_callers_random_numbers_alone():
    before = torch.get_rng_state()
    models.mlp(4, 5, 3, seed=1)
    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_seed_the_callers_generator_is_used():
    torch.manual_seed(3)
    first, second = models.mlp(4, 3), models.mlp(4, 3)
    torch.manual_seed(3)
    again = models.mlp(4, 3)
    assert same_state(first.state_dict(), again.state_dict())
    assert not same_state(first.state_dict(), second.state_dict())


@pytest.mark.parametrize("sizes", [(), (4,), (4, 0, 3), (4, -1)])
def test_sizes_that_make_no_network_are_refused(sizes):
    with pytest.raises(ValueError, match="at least an input and an output"):
        models.mlp(*sizes)


def test_a_residual_mlp_has_two_layers_a_block_and_follows_its_seed():
    model = models.ResidualMLP(40, 16, 3, 10, seed=0)
    assert sum(isinstance(module, torch.nn.Linear) for module in model.modules()) == 2 + 2 * 3
    assert model(torch.zeros(4, 40)).shape == (4, 10)
    again = models.ResidualMLP(40, 16, 3, 10, seed=0)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_a_residual_mlp_without_blocks_is_refused():
    with pytest.raises(ValueError, match="0 blocks"):
        models.ResidualMLP(40, 16, 0, 10)
