"""The exact level of chance agrees with counting by hand and with random masks."""

import numpy as np
import pytest
import torch

from lth_teach import masks
from lth_teach.measures import overlap


def mask(*rows):
    return torch.tensor(rows, dtype=torch.bool)


def first_kept(count, rows, columns):
    return (torch.arange(rows * columns) < count).view(rows, columns)


def test_two_of_four_by_hand():
    """Of the 6 ways to draw two of four, 1 shares none, 4 share one, 1 shares two."""
    two = {"a": mask([1, 1], [0, 0])}
    assert overlap.shared_weights(two, two) == pytest.approx([1 / 6, 4 / 6, 1 / 6])
    assert overlap.overlap_by_chance(two, two).mean == pytest.approx(4 / 6 * 1 / 3 + 1 / 6 * 1)


def test_the_mean_number_shared_is_the_sum_over_groups_of_a_times_b_over_n():
    first = {"a": first_kept(7, 4, 5), "b": first_kept(3, 2, 6)}
    second = {"a": first_kept(11, 4, 5), "b": first_kept(9, 2, 6)}
    probabilities = overlap.shared_weights(first, second)
    assert probabilities.sum() == pytest.approx(1)
    assert probabilities @ np.arange(len(probabilities)) == pytest.approx(7 * 11 / 20 + 3 * 9 / 12)


@pytest.mark.parametrize("scope", ["layer", "global"])
def test_random_masks_overlap_as_predicted(scope):
    given = {"a": first_kept(60, 20, 15), "b": first_kept(40, 5, 20)}
    drawn = [masks.random_like(given, seed, scope) for seed in range(400)]
    overlaps = [masks.overlap(one, two) for one, two in zip(drawn[::2], drawn[1::2], strict=True)]
    predicted = overlap.overlap_by_chance(given, given, scope)
    assert np.mean(overlaps) == pytest.approx(predicted.mean, abs=4 * np.std(overlaps) / 200**0.5)
    assert np.mean([predicted.low <= overlap <= predicted.high for overlap in overlaps]) > 0.9


def test_masks_that_agree_on_which_inputs_they_use_overlap_more_by_chance():
    one_input = {"a": torch.zeros(10, 5, dtype=torch.bool)}
    one_input["a"][:6, 0] = True
    by_layer, by_input = (overlap.overlap_by_chance(one_input, one_input, scope) for scope in ("layer", "input"))
    assert overlap.groups(one_input, one_input, "input") == [(10, 6, 6), *[(10, 0, 0)] * 4]
    assert by_input.mean > 3 * by_layer.mean


def test_a_split_draws_inside_and_outside_a_third_mask():
    first, second = {"a": first_kept(6, 4, 5)}, {"a": first_kept(8, 4, 5)}
    large = {"a": first_kept(10, 4, 5)}
    assert overlap.groups(first, second, split=large) == [(10, 6, 8), (10, 0, 0)]
    inside = overlap.shared_weights(first, second, split=large)
    assert inside @ np.arange(len(inside)) == pytest.approx(6 * 8 / 10)
    with pytest.raises(ValueError, match="scope must be 'layer'"):
        overlap.groups(first, second, "global", large)


def test_full_and_empty_masks():
    full, empty = {"a": first_kept(6, 2, 3)}, {"a": first_kept(0, 2, 3)}
    assert overlap.overlap_by_chance(full, full) == overlap.ChanceOverlap(1, 1, 1)
    assert overlap.overlap_by_chance(full, empty) == overlap.ChanceOverlap(0, 0, 0)
    with pytest.raises(ValueError, match="neither mask"):
        overlap.overlap_by_chance(empty, empty)


def test_wrong_input_is_refused():
    one = {"a": first_kept(3, 2, 3)}
    with pytest.raises(ValueError, match="global, layer, input"):
        overlap.overlap_by_chance(one, one, "pixel")
    with pytest.raises(ValueError, match="'a'"):
        overlap.overlap_by_chance(one, {"b": one["a"]})
    with pytest.raises(ValueError, match="'b'"):
        overlap.overlap_by_chance(one, one | {"b": one["a"]})


def test_it_reads_as_a_sentence():
    assert str(overlap.ChanceOverlap(0.05, 0.04, 0.06)) == "0.050 (95 % of random masks: 0.040 to 0.060)"
