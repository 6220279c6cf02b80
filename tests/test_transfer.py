"""A ticket goes to another task's network, or the error names every layer that differs."""

import pytest
import torch

from lth_teach import Ticket, masks, models, train_ticket
from lth_teach.tickets import differing_layers, transfer


def ticket_for(model, density=0.5):
    state = model.state_dict()
    kept = masks.keep_top({name: state[name].abs() for name in state if name.endswith("weight")}, density)
    return Ticket(kept, state, rewind_step=3)


@pytest.fixture
def ticket():
    return ticket_for(models.mlp(4, 6, 10, seed=0))


def test_a_ticket_that_fits_is_carried_over_whole(ticket):
    carried = transfer(ticket, models.mlp(4, 6, 10, seed=1))
    assert masks.overlap(carried.masks, ticket.masks) == 1
    assert all(torch.equal(carried.initial_weights[name], weight) for name, weight in ticket.initial_weights.items())
    assert carried.rewind_step == 3


def test_own_layers_start_from_the_models_values_and_are_not_pruned(ticket):
    target = models.mlp(4, 6, 5, seed=1)
    carried = transfer(ticket, target, own=["2"])
    assert list(carried.masks) == ["0.weight"]
    assert torch.equal(carried.initial_weights["2.weight"], target.state_dict()["2.weight"])
    assert torch.equal(carried.initial_weights["0.weight"], ticket.initial_weights["0.weight"])
    assert train_ticket(Ticket(carried.masks, carried.initial_weights), target, lambda model: 0.5) == 0.5


def test_a_single_tensor_can_be_the_models_own(ticket):
    target = models.mlp(4, 6, 10, seed=1)
    carried = transfer(ticket, target, own=["0.bias"])
    assert list(carried.masks) == ["0.weight", "2.weight"]


def test_nothing_is_shared_with_the_ticket_or_the_model(ticket):
    target = models.mlp(4, 6, 5, seed=1)
    carried = transfer(ticket, target, own=["2"])
    carried.masks["0.weight"][:] = False
    carried.initial_weights["2.weight"][:] = 0
    assert ticket.masks["0.weight"].any()
    assert target.state_dict()["2.weight"].any()


def test_the_error_names_every_layer_that_differs(ticket):
    with pytest.raises(ValueError, match="does not fit") as error:
        transfer(ticket, models.mlp(4, 7, 5, seed=1))
    for part in ("0.weight", "0.bias", "2.weight", "2.bias", "(10, 6) in the ticket and (5, 7) in the model"):
        assert part in str(error.value)


def test_missing_and_extra_layers_are_named(ticket):
    deeper, shallower = models.mlp(4, 6, 10, 3, seed=1), models.mlp(4, 6, seed=1)
    assert differing_layers(ticket, deeper) == [
        "4.weight of shape (3, 10) is extra in the model",
        "4.bias of shape (3,) is extra in the model",
    ]
    assert differing_layers(ticket, shallower) == [
        "2.weight of shape (10, 6) is missing from the model",
        "2.bias of shape (10,) is missing from the model",
    ]
    assert differing_layers(ticket, deeper, own=["4"]) == []


def test_a_layer_whose_name_only_starts_alike_is_not_the_models_own():
    model = torch.nn.ModuleDict({"a": torch.nn.Linear(2, 2), "ab": torch.nn.Linear(2, 2)})
    carried = transfer(ticket_for(model), model, own=["a"])
    assert list(carried.masks) == ["ab.weight"]


def test_unknown_layers_and_nothing_left_are_refused(ticket):
    target = models.mlp(4, 6, 10, seed=1)
    with pytest.raises(ValueError, match=r"no such layer.*0\.weight"):
        transfer(ticket, target, own=["7"])
    with pytest.raises(ValueError, match="nothing would be transferred"):
        transfer(ticket, target, own=["0", "2"])
    with pytest.raises(TypeError, match=r"\['2'\]"):
        transfer(ticket, target, own="2")
