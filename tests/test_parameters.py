import math

import numpy as np
import pytest
import torch

from lth_teach.lab import parameters


def namespace(**changes):
    """A notebook's globals just below its parameters cell."""
    given = {"prune_rate": 0.2, "device": "auto", "seeds": 3, "base_seed": 0, "preset": "quick"}
    of_jupyter = {"In": [""], "Out": {}, "_": "", "torch": torch, "check": parameters.check, "Path": type}
    return of_jupyter | given | changes


def test_the_usual_parameters_pass():
    parameters.check(namespace())
    parameters.check(namespace(prune_rate=0.36, device="cpu", seeds=1, base_seed=100, preset="full"))


def test_a_notebook_may_have_parameters_of_its_own():
    parameters.check(namespace(width=3), extra=["width"])


def test_an_unknown_parameter_is_named_beside_those_there_are():
    with pytest.raises(
        ValueError, match=r"unknown parameter prune_rat; this notebook takes prune_rate, device, .*width"
    ):
        parameters.check(namespace(prune_rat=0.3, width=3), extra=["width"])


def test_the_cell_can_be_run_again_after_the_rest_of_the_notebook():
    notebook = namespace()
    parameters.check(notebook)
    notebook |= {"accuracy": 0.7, "results": [1, 2], "seeds": 5}
    parameters.check(notebook)
    notebook["seeds"] = 0
    with pytest.raises(ValueError, match="seeds"):
        parameters.check(notebook)


def test_a_check_that_failed_does_not_let_an_unknown_name_pass_the_next_time():
    notebook = namespace(prune_rat=0.3)
    for _ in range(2):
        with pytest.raises(ValueError, match="prune_rat;"):
            parameters.check(notebook)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("prune_rate", 0, "prune_rate must lie strictly between 0 and 1, got 0"),
        ("prune_rate", 1.0, "got 1.0"),
        ("prune_rate", math.nan, "got nan"),
        ("prune_rate", "a fifth", "prune_rate must be a number strictly between 0 and 1, got 'a fifth'"),
        ("preset", "quik", "preset must be one of quick, full, got 'quik'"),
        ("preset", None, "preset must be one of quick, full"),
        ("seeds", 0, "seeds must be at least 1, got 0"),
        ("base_seed", -1, "base_seed must be at least 0, got -1"),
        ("device", "gpu", "device 'gpu' is not a device; present: auto, cpu"),
        ("device", None, "device None is not a device"),
    ],
)
def test_a_value_that_is_not_allowed_is_named(name, value, message):
    with pytest.raises(ValueError, match=message):
        parameters.check(namespace(**{name: value}))


@pytest.mark.parametrize("name", ["seeds", "base_seed"])
@pytest.mark.parametrize("value", [2.0, "3.0", "three", True, None])
def test_seeds_are_whole_numbers(name, value):
    with pytest.raises(TypeError, match=f"{name} must be a whole number, got {value!r}"):
        parameters.check(namespace(**{name: value}))


def test_numbers_given_as_text_become_numbers():
    notebook = namespace(prune_rate="3e-1", seeds="3", base_seed=" 10 ", width="40", share="0.5", folder="12")
    notebook["__annotations__"] = {"prune_rate": float, "seeds": int, "width": int, "share": float, "folder": str}
    parameters.check(notebook, extra=["width", "share", "folder"])
    found = [notebook[name] for name in ("prune_rate", "seeds", "base_seed", "width", "share", "folder")]
    assert found == [0.3, 3, 10, 40, 0.5, "12"]
    assert [type(value) for value in found] == [float, int, int, int, float, str]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("prune_rate", "1.5", "prune_rate must lie strictly between 0 and 1, got 1.5"),
        ("prune_rate", "1e-400", "prune_rate must lie strictly between 0 and 1, got 0.0"),  # the nearest number is 0
        ("prune_rate", "20%", "prune_rate must be a number strictly between 0 and 1, got '20%'"),
        ("seeds", "0", "seeds must be at least 1, got 0"),
        ("width", "wide", "width must be a whole number, got 'wide'"),
        ("share", "half", "share must be a number, got 'half'"),
    ],
)
def test_text_that_is_no_number_is_refused_and_nothing_is_changed(name, value, message):
    notebook = namespace(width=1, share=0.5) | {"base_seed": "7", name: value}
    notebook["__annotations__"] = {"width": int, "share": float}
    with pytest.raises((TypeError, ValueError), match=message):
        parameters.check(notebook, extra=["width", "share"])
    assert (notebook[name], notebook["base_seed"]) == (value, "7")


def test_numpys_integers_and_pytorchs_device_will_do():
    notebook = namespace(seeds=np.int64(3), device=torch.device("cpu"))
    parameters.check(notebook)
    assert type(notebook["seeds"]) is int
