import numpy as np
import pytest
import torch

from lth_teach.ground.arguments import one_of, whole_number


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.array(3), torch.tensor(3)])
def test_a_whole_number_of_any_library_becomes_pythons_own(value):
    found = whole_number("steps", value, 3)
    assert (found, type(found)) == (3, int)


@pytest.mark.parametrize(
    "value", [True, np.True_, torch.tensor(True), 3.0, np.float64(3), "3", None, [3], np.array([3, 4])]
)
def test_what_is_no_whole_number_is_refused_by_name(value):
    with pytest.raises(ValueError, match="^steps must be a whole number, 0 or more, got ") as error:
        whole_number("steps", value, 0)
    assert str(error.value).endswith(repr(value))


def test_one_that_is_too_small_is_shown_as_a_number():
    with pytest.raises(ValueError, match="^steps must be a whole number of steps, 1 or more, got 0$"):
        whole_number("steps", np.int64(0), 1, "whole number of steps")
    assert whole_number("seed", -(2**70)) == -(2**70)  # without a least, any will do


def test_one_of_lists_what_is_allowed():
    one_of("budget", "long", ("short", "long"))
    one_of("study", "arms", {"arms": None})
    with pytest.raises(ValueError, match=r"^budget must be one of short, long, got 'quick'$"):
        one_of("budget", "quick", ("short", "long"))
