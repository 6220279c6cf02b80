import torch

from lth_teach import masks, models, scores


def test_magnitude_is_the_absolute_value_of_every_prunable_weight():
    model = models.mlp(4, 5, 3, seed=0)
    found = scores.magnitude(model)
    assert list(found) == ["0.weight", "2.weight"]
    assert torch.equal(found["0.weight"], model[0].weight.abs())


def test_scores_are_copies():
    model = models.mlp(4, 3, seed=0)
    before = model[0].weight.clone()
    scores.magnitude(model)["0.weight"].zero_()
    assert torch.equal(model[0].weight, before)


def test_scores_can_be_limited_to_some_layers():
    model = models.mlp(4, 5, 3)
    assert list(scores.magnitude(model, ["2.weight"])) == ["2.weight"]
    assert list(scores.random(model, 0, lambda name, p: name.startswith("0."))) == ["0.weight", "0.bias"]


def test_random_scores_follow_the_seed_and_nothing_else():
    model = models.mlp(4, 5, 3)
    state = torch.get_rng_state()
    first, again, other = (scores.random(model, seed)["0.weight"] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert ((first >= 0) & (first < 1)).all()
    assert torch.equal(torch.get_rng_state(), state)


def test_random_scores_and_masks_do_not_resemble_weights_drawn_from_the_same_seed():
    torch.manual_seed(5)
    layer = torch.nn.Linear(200, 100)
    torch.manual_seed(5)
    uniform = torch.rand(100, 200)
    found = scores.random(layer, seed=5)["weight"]
    chosen = masks.random_like({"weight": found > 0.9}, seed=5, scope="global")["weight"]
    assert abs(torch.corrcoef(torch.stack([found.flatten(), layer.weight.flatten()]))[0, 1]) < 0.05
    assert abs(layer.weight[chosen].mean() / layer.weight.std()) < 0.1
    assert not torch.equal(found, uniform)
