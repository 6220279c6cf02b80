"""The two-weight counter-example: its numbers by hand, and the explorer over it."""

import re

import numpy as np
import pytest

from lth_teach.explore import two_weights
from lth_teach.measures.bounds import cosine

ONLY_FIRST, ONLY_SECOND = (True, False), (False, True)


def final_loss(kept, best, zeroed, steps=2_000):
    return float(two_weights.loss(two_weights.descent(kept, steps, 100, best, zeroed)[-1], 100, best))


def test_the_document_s_version_keeps_nearly_all_of_the_gradient_and_gets_stuck_at_a_half():
    g = two_weights.gradient(np.ones(2), 100, 0)
    assert g.tolist() == [100, 1]
    assert cosine(g, ONLY_FIRST) == pytest.approx(0.99995, abs=1e-6)
    assert final_loss(ONLY_FIRST, 0, False) == pytest.approx(0.5)
    assert final_loss((True, True), 0, False) < 1e-8


def test_as_a_ticket_the_mask_with_the_low_cosine_may_win():
    assert cosine(two_weights.gradient(np.ones(2), 100, 2), ONLY_SECOND) == pytest.approx(0.01, abs=1e-4)
    assert final_loss(ONLY_FIRST, 2, True) == pytest.approx(2)
    assert final_loss(ONLY_SECOND, 2, True) < 1e-8


def test_each_step_halves_the_steep_weight_and_leaves_a_frozen_one():
    path = two_weights.descent(ONLY_FIRST, 3, 100)
    assert path[:, 0].tolist() == [1, 0.5, 0.25, 0.125]
    assert path[:, 1].tolist() == [1, 1, 1, 1]
    assert two_weights.descent(ONLY_FIRST, 1, 100, zeroed=True).tolist() == [[1, 0], [0.5, 0]]


def test_the_loss_is_the_integral_of_the_gradient():
    theta, step = np.array([0.3, -0.7]), 1e-6
    for axis in (0, 1):
        move = step * np.eye(2)[axis]
        slope = (two_weights.loss(theta + move, 7, 2) - two_weights.loss(theta - move, 7, 2)) / (2 * step)
        assert slope == pytest.approx(two_weights.gradient(theta, 7, 2)[axis])


@pytest.mark.parametrize(
    "arguments", [{"steps": -1}, {"steps": 1, "curvature": 0.5}, {"steps": 1, "curvature": np.inf}]
)
def test_what_makes_no_sense_is_refused(arguments):
    with pytest.raises(ValueError, match="must be"):
        two_weights.descent(ONLY_FIRST, **arguments)


def test_the_picture_shows_both_runs_and_has_words():
    figure = two_weights.picture(10)
    assert [line.get_label() for line in figure.axes[1].get_lines() if line.get_marker() != "None"] == [
        "dense",
        "only θ₁ moves",
    ]
    assert "masked" in figure.alt


def test_the_sentence_gives_both_losses_in_their_order_and_counts_a_zeroed_weight():
    stays, zeroed = (two_weights.sentence(2_000, zeroed=value) for value in (False, True))
    assert re.search(r"the loss is \S+e-\d+ dense, 0.5 masked", stays)
    assert re.search(r"the loss is \S+e-\d+ dense, 0 masked", zeroed)  # θ₂ = 0 is where it wants to be
    assert "left where it was" in stays
    assert "set to zero" in zeroed


def test_the_explorer_reads_as_a_sentence_and_redraws():
    made = two_weights.explorer(step=10)
    assert "cosine 0.99995" in made.text
    assert "left where it was" in made.text
    before = made._image.value
    made._controls["step"].value = 1_000
    assert made._image.value != before
    made._controls["zeroed"].value = True
    assert "set to zero (a ticket)" in made._line.value
    with pytest.raises(ValueError, match="step must be one of"):
        two_weights.explorer(step=7)
