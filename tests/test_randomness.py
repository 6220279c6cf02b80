import hashlib

import numpy as np
import pytest
import torch

from lth_teach import models
from lth_teach.randomness import generator, seeded


def drawn(seed):
    with seeded(seed):
        return torch.rand(4)


@pytest.mark.parametrize("seed", [0, 3, -1, -(2**63), 2**63, 2**64 - 1])
def test_a_seed_that_pytorch_takes_gives_pytorchs_numbers(seed):
    expected = torch.rand(4, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(drawn(seed), expected)


def test_any_other_whole_number_is_a_seed_of_its_own():
    seeds = [0, 1, 2**64, 2**64 + 1, 2**70, -(2**70), -(2**63) - 1]
    assert len({tuple(drawn(seed).tolist()) for seed in seeds}) == len(seeds)
    assert torch.equal(drawn(2**70), drawn(2**70))
    assert models.mlp(6, 3, 3, seed=2**70)[0].weight.isfinite().all()


@pytest.mark.parametrize("seed", [np.int64(3), np.uint8(3), torch.tensor(3)])
def test_a_seed_of_another_library_is_the_same_seed(seed):
    assert torch.equal(drawn(seed), drawn(3))
    assert generator("mask", seed).initial_seed() == generator("mask", 3).initial_seed()


@pytest.mark.parametrize("seed", [True, 3.0, "3"])
def test_what_is_no_whole_number_is_no_seed(seed):
    before = torch.get_rng_state()
    for use in (drawn, lambda seed: generator("mask", seed)):
        with pytest.raises(ValueError, match=f"seed must be a whole number, got {seed!r}"):
            use(seed)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_streams_of_a_purpose_are_those_of_the_hash_of_its_text():
    """Archives rest on them."""
    digest = hashlib.sha256(b"order/7/-1/1180591620717411303424").digest()
    assert generator("order", 7, -1, 2**70).initial_seed() == int.from_bytes(digest[:7], "big")
    assert generator("mask", 0).initial_seed() != generator("order", 0).initial_seed()
