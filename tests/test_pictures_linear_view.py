"""The figures of chapter 04: their alt texts tell the means, own runs are hollow, panels have their rows.

Oracles: tables made here in which every seed has a known distance from its arm's mean.
"""

import pandas as pd
import pytest
import torch

from lth_teach.lab.linear_view_bench import Pair
from lth_teach.lab.pictures import linear_view as figures
from lth_teach.lab.pictures import masks_by_kernel
from lth_teach.lab.plots import STYLES

REACHED = {"dense": 0.64, "ticket": 0.63, "random": 0.46, "half the ticket": 0.5, "aligned": 0.45, "against": 0.44}
ALIGNED = {"dense": 0.13, "ticket": 0.2, "random": 0.12, "half the ticket": 0.16, "aligned": 0.21, "against": 0.01}


def masks(arms=tuple(REACHED), seeds=12):
    rows = []
    for seed in range(seeds):
        wobble = 0.01 * (-1) ** seed
        for arm in arms:
            row = {"seed": seed, "arm": arm, "accuracy": REACHED[arm] + wobble, "alignment": ALIGNED[arm]}
            rows.append(row | {"regression": 2 * ALIGNED[arm]})
    return pd.DataFrame(rows)


def predictions(seeds=12):
    rows = []
    for seed in range(seeds):
        for width, error in ((16, 0.5), (1024, 0.05)):
            for step in (20, 200):
                right = 1 - error / (5 if step == 20 else 1) / 10
                rows.append(
                    {"seed": seed, "width": width, "step": step, "error": error * step / 200, "accuracy": right}
                )
    return pd.DataFrame(rows)


def test_errors_by_width_are_told_for_both_moments():
    figure = figures.by_width(predictions())
    assert "After 20 steps: width 16 0.050, 1.0 % missed; width 1024 0.005, 0.1 % missed." in figure.alt
    assert "After 200 steps: width 16 0.500, 5.0 % missed; width 1024 0.050, 0.5 % missed." in figure.alt
    assert "n = 12 seeds" in figure.get_suptitle()


def test_one_seed_has_no_interval_and_is_drawn():
    assert "width 16 0.500" in figures.by_width(predictions(1)).alt


def test_movements_tell_the_error_as_a_share():
    """By hand: real (3, 4) has the length 5; predicted (3, 3) misses it by 1."""
    real, predicted = torch.tensor([3.0, 4.0]), torch.tensor([3.0, 3.0])
    figure = figures.movements({"narrow": (real, predicted), "wide": (real, real)})
    assert "narrow: error 0.200 of the movement; wide: error 0.000 of the movement" in figure.alt
    assert len(figure.axes) == 2


def test_decay_of_a_linear_network_is_what_the_formula_says():
    """K = diag(9, 1), η = 0.1: a tenth and nine tenths a step."""
    steps = torch.arange(11).double()[:, None]
    real = torch.tensor([[0.1, 0.9]]).double() ** steps
    run = Pair(8, torch.diag(torch.tensor([9.0, 1.0])).double(), torch.zeros(1, 2), torch.zeros(2), 0.1, real, real)
    figure = figures.decay(run, (1, 2))
    assert "After 10 steps: number 1, 0.00 left, predicted 0.00; number 2, 0.35 left, predicted 0.35." in figure.alt


def test_formulas_stand_below_each_other_a_panel_for_each_network():
    arms = {"frozen": ["at θ₀"], "zeroed": ["at θ₀", "f₀ wrong", "K wrong", "K to size"], "rescaled": ["at θ₀"]}
    rows = pd.DataFrame(
        {"seed": seed, "network": network, "arm": arm, "accuracy": 0.9 + 0.01 * (-1) ** seed, "error": 0.4}
        for seed in range(4)
        for network, formulas in arms.items()
        for arm in [*formulas, "at its own point"]
    )
    figure = figures.formulas(rows)
    assert [len(axes.get_yticks()) for axes in figure.axes] == [2, 5, 2]
    assert "f₀ from θ₀, K at m ⊙ θ₀ 10.0 % (error 0.40)" in figure.alt


def test_heat_maps_tell_the_alignment():
    """A kernel that is the classes has an alignment of 1; the other knows of a third class only."""
    classes = torch.tensor([0, 0, 1, 1, 2, 2])
    same = (classes[:, None] == classes[None]).double()
    figure = masks_by_kernel.heat_maps({"perfect": same, "also": 3 * same + 7}, classes)
    assert "Alignment: perfect 1.00, also 1.00." in figure.alt


def test_masks_are_told_from_high_to_low_with_what_their_kernels_promised():
    figure = masks_by_kernel.trained(masks())
    assert (
        "from high to low: dense 0.13 and 64.0 %, ticket 0.20 and 63.0 %, half the ticket 0.16 and 50.0 %" in figure.alt
    )
    assert "Rank correlation within a seed, without dense and built masks: 1.00." in figure.alt
    figure = masks_by_kernel.trained(masks(), "regression")
    assert "ticket 40.0 and 63.0 %" in figure.alt
    assert "Rank correlation" not in masks_by_kernel.trained(masks(("ticket", "random"))).alt


def test_one_s_own_masks_are_hollow():
    figure = masks_by_kernel.trained(masks(), mine={"ticket": (0.19, 0.62)})
    hollow = [line for line in figure.axes[0].lines if line.get_markersize() == 13]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in hollow] == [(0.19, 62.0)]


def test_another_promise_or_no_promise_is_refused():
    with pytest.raises(ValueError, match="promise must be one of alignment, regression, got 'rank'"):
        masks_by_kernel.trained(masks(), "rank")
    with pytest.raises(ValueError, match="alignment"):
        masks_by_kernel.trained(masks().drop(columns="alignment"))


def test_built_masks_are_told_by_their_distance_to_random():
    panels = {"short": masks(), "long": masks(("ticket", "random", "aligned"))}
    figure = masks_by_kernel.built(panels)
    assert "short, n = 12 seeds; random: 0.12: the ticket 17.0 [17.0, 17.0] (alignment 0.20)" in figure.alt
    assert "built against it −2.0 [−2.0, −2.0] (alignment 0.01)" in figure.alt
    assert [len(axes.get_yticks()) for axes in figure.axes] == [3, 2]


def test_arms_have_the_looks_that_they_have_everywhere():
    for arm in ("dense", "ticket", "random", "re-initialised"):
        assert masks_by_kernel.LOOKS[arm] == STYLES[arm]
    assert len(set(masks_by_kernel.LOOKS.values())) == len(masks_by_kernel.LOOKS)
