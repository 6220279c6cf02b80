"""What may be pruned is decided by the kind of layer, and what is left out says why."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations
from torch.nn.utils import prune as torch_prune

from lth_teach import LotteryTicketFinder, masks, models
from lth_teach.ground.states import plain_names, unwrapped
from lth_teach.prunable import left_out, prunable_parameters


class Everything(nn.Module):
    """A layer of each kind, and parameters that look like weights by their names or shapes."""

    def __init__(self):
        super().__init__()
        self.linear, self.conv, self.bilinear = nn.Linear(6, 8), nn.Conv2d(1, 2, 3), nn.Bilinear(2, 2, 2)
        self.up, self.lstm = nn.ConvTranspose1d(2, 2, 3), nn.LSTM(4, 5, num_layers=2, bidirectional=True, proj_size=3)
        self.gru, self.cell = nn.GRU(4, 5), nn.GRUCell(4, 5)
        self.attention, self.cross = nn.MultiheadAttention(4, 2), nn.MultiheadAttention(4, 2, kdim=3, add_bias_kv=True)
        self.norm, self.group, self.batch = nn.LayerNorm([4, 5, 5]), nn.GroupNorm(2, 4), nn.BatchNorm2d(4)
        self.words, self.slope, self.empty = nn.Embedding(9, 4), nn.PReLU(4), nn.Linear(0, 8)
        self.gate_weight = nn.Parameter(torch.zeros(1, 1))


EXPECTED = [
    "linear.weight",
    "conv.weight",
    "bilinear.weight",
    "up.weight",
    *(
        f"lstm.weight_{kind}_l{layer}{way}"
        for layer in (0, 1)
        for way in ("", "_reverse")
        for kind in ("ih", "hh", "hr")
    ),
    *("gru.weight_ih_l0", "gru.weight_hh_l0", "cell.weight_ih", "cell.weight_hh"),
    *("attention.in_proj_weight", "attention.out_proj.weight"),
    *("cross.q_proj_weight", "cross.k_proj_weight", "cross.v_proj_weight", "cross.out_proj.weight"),
]


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_weights_of_linear_convolutional_recurrent_and_attention_layers_are_prunable():
    model = Everything()
    assert sorted(prunable_parameters(model)) == sorted(EXPECTED)
    reasons = left_out(model)
    assert reasons.keys() | set(EXPECTED) == dict(model.named_parameters()).keys()
    assert reasons["empty.weight"] == "has no entries"
    assert reasons["linear.bias"] == "is added in its Linear, not multiplied with its inputs"
    for name, kind in (("norm.weight", "LayerNorm"), ("words.weight", "Embedding"), ("gate_weight", "Everything")):
        assert reasons[name].startswith(f"a {kind} is no linear, convolutional, recurrent or attention layer")
    assert set(left_out(model, ["linear.weight"]).values()) == {"not among those asked for"}


def test_models_that_were_guessed_wrong_by_name_are_searched_now():
    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.gate_weight, self.b = nn.Linear(6, 8), nn.Parameter(torch.zeros(1, 1)), nn.Linear(8, 3)

    assert LotteryTicketFinder(Gate(), 0.5, 0.7).find_ticket(lambda model: 0.5).density == 0.25


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (parametrizations.weight_norm, "parametrizations.weight.original0"),
        (parametrizations.spectral_norm, "parametrizations.weight.original"),
        (lambda layer: torch_prune.random_unstructured(layer, "weight", 0.3), "weight_orig"),
    ],
)
def test_a_layer_whose_weight_is_computed_is_named_in_an_error(change, part):
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3))
    change(model[2])
    with pytest.raises(ValueError, match=rf"the weight of layer '2' is computed from .*'{part}'.*cannot be pruned"):
        masks.dense(model)
    assert list(masks.dense(model, ["0.weight"])) == ["0.weight"]


def test_a_lazy_layer_asks_for_a_first_pass():
    model = nn.Sequential(nn.LazyLinear(4))
    with pytest.raises(ValueError, match="layer '0' has no shape yet: run the model on a batch first"):
        masks.dense(model)
    model(torch.zeros(1, 3))
    assert list(masks.dense(model)) == ["0.weight"]


def test_a_tied_weight_counts_once_and_either_name_will_do():
    model = nn.ModuleDict({"words": nn.Embedding(5, 4), "out": nn.Linear(4, 5, bias=False)})
    model["out"].weight = model["words"].weight
    for prunable in (None, ["out.weight"], ["words.weight"], lambda name, p: True):
        assert list(prunable_parameters(model, prunable)) == ["words.weight"]


def test_names_or_a_function_choose_otherwise():
    model = models.mlp(4, 5, 3)
    assert list(prunable_parameters(model, ["2.weight", "0.bias"])) == ["0.bias", "2.weight"]
    assert list(prunable_parameters(model, lambda name, p: p.dim() == 1)) == ["0.bias", "2.bias"]
    with pytest.raises(ValueError, match=r"no parameter named \['9.weight'\].*'0.weight'"):
        prunable_parameters(model, ["9.weight"])
    with pytest.raises(TypeError, match=r"a list of names, such as \['0.weight'\], got the string"):
        prunable_parameters(model, "0.weight")


def test_a_model_with_nothing_prunable_is_refused():
    with pytest.raises(ValueError, match="nothing in this BatchNorm1d is prunable"):
        prunable_parameters(nn.BatchNorm1d(3))


def test_wrappers_are_not_part_of_a_name():
    model = models.mlp(4, 5, 3)
    parts = nn.Sequential(torch.compile(model[0], backend="eager"), model[1], nn.DataParallel(model[2]))
    wrapped = nn.DataParallel(torch.compile(parts, backend="eager"))
    plain = plain_names(wrapped, dict(wrapped.named_parameters()))
    assert list(plain) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert plain["2.bias"] == "module._orig_mod.2.module.bias"
    weights = [name for name in plain.values() if name.endswith("weight")]
    assert list(masks.dense(wrapped)) == list(masks.dense(model)) == list(masks.dense(wrapped, weights))
    assert unwrapped(wrapped) is parts
