"""The figures of chapter 06: networks that compute what they draw, alt texts that tell the means.

Oracles: sums by hand, tables made here.
"""

import numpy as np
import pandas as pd
import pytest

from lth_teach.lab.pictures import malach, malach_networks

U, V = [0.7, 0.5, -0.9, -0.6], [0.6, -0.2, -0.3, 0.5]


def test_a_path_serves_its_own_side_only():
    x = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    assert malach_networks.computed(U, V, ["u1", "v1"], x).tolist() == pytest.approx([0, 0, 0, 0.21, 0.42])
    assert malach_networks.computed(U, V, ["u3", "v3"], x).tolist() == pytest.approx([-0.27, -0.135, 0, 0, 0])
    both = malach_networks.computed(U, V, ["u1", "v1", "u2", "v2"], x)
    assert both[-1] == pytest.approx(0.42 - 0.10)


def test_half_a_path_passes_nothing():
    assert not malach_networks.computed(U, V, ["u1", "v2", "u3"], np.array([-1.0, 1.0])).any()


def test_an_edge_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="there is no edge u5, w1; there are u1, u2, u3, u4, v1, v2, v3, v4"):
        malach_networks.computed(U, V, ["u1", "w1", "u5"], np.zeros(1))
    with pytest.raises(ValueError, match="one u and one v, got 4 and 3"):
        malach_networks.computed(U, V[:3], [], np.zeros(1))


def test_the_network_is_drawn_with_its_kept_edges_lit_and_told():
    figure = malach_networks.network(U, V, ["u1", "v1", "u3", "v3"], 0.4)
    assert figure.alt == (
        "Left: one input, 4 neurons, one output; 4 of 8 edges are kept and coloured. Paths for x > 0: neuron 1 with "
        "0.42. Paths for x < 0: neuron 3 with 0.27. Right: what the network computes for x from −1 to 1, and the line "
        "0.4 x; they differ by at most 0.130."
    )
    edges = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    lit = [line.get_color() for line in edges if line.get_color() != malach_networks.GREY]
    assert len(edges) == 8
    assert sorted(lit) == sorted(2 * [malach_networks.POSITIVE] + 2 * [malach_networks.NEGATIVE])


def test_nothing_kept_is_told_as_well():
    alt = malach_networks.network(U, V, [], 0.4).alt
    assert "Paths for x > 0: neurons none with 0." in alt
    assert "differ by at most 0.400" in alt


def test_the_gadget_makes_a_line_of_two_halves():
    figure = malach_networks.gadget((0.8, 0.5), (-0.5, -0.8))
    right = figure.axes[-1]
    ends = {float(x): float(y) for line in right.lines for x, y in zip(*line.get_data(), strict=True) if abs(x) == 1}
    assert ends == pytest.approx({-1.0: -0.4, 1.0: 0.4})
    assert "−0.5 · −0.8 = 0.40" in figure.alt


def test_the_difference_has_a_scale_of_its_own():
    target = np.linspace(-0.3, 0.3, 16).reshape(4, 4)
    figure = malach_networks.three_images(target, target + 0.002, ends=0.7)
    limits = [image.get_clim()[1] for axes in figure.axes for image in axes.get_images()]
    assert limits == pytest.approx([0.3, 0.3, 0.002])
    assert "nowhere more than 0.002" in figure.alt
    assert malach_networks.three_images(target, target, ends=1).alt.endswith("nowhere more than 0.")


def widths(seeds=4):
    rows = [("products", 10, 2_000, 1.0), ("products", 100, 20_000, 0.1), ("neurons", 9, 36, 2.0)]
    rows += [("subsets", size, 200 * size, 10.0 ** (1 - size / 8)) for size in (8, 16, 24, 32)]
    return pd.DataFrame(
        {
            "seed": seed,
            "arm": arm,
            "candidates": count,
            "weights": weights,
            "log_guarantee": np.log10(error * 2.0 ** (seed % 2)),
        }
        for seed in range(seeds)
        for arm, count, weights, error in rows
    )


def test_widths_are_told_with_their_geometric_means_and_the_least_by_counting():
    figure = malach.widths(widths(), 12, 0.296)
    assert "n = 4 seeds. whole neurons: 36 weights 2.8, 36 weights 2.8; products: 2,000 weights 1.4," in figure.alt
    assert "Dashed: the least by counting, 65 weights for 0.001." in figure.alt  # 12 log2(1 / (24 · 0.001)) = 64.6
    assert figure.alt.endswith("Dotted: everything crossed out, off by 0.3.")
    own = malach.widths(widths(), 12, 0.296, widths(1))
    assert own.alt.endswith("Large hollow markers: your run.")


def test_what_was_planned_and_needed_is_told():
    rows = pd.DataFrame(
        {"seed": seed, "arm": "products", "epsilon": 0.1, "planned": planned, "needed": needed}
        for seed, planned, needed in ((0, 1_000, 100), (1, 4_000, 400))
    )
    alt = malach.planned({"line": rows, "saddle": rows}).alt
    assert alt.count("n = 2 seeds. products, ε = 0.1: 2,000 planned, 200 needed.") == 2


def test_where_the_smallest_size_tried_was_enough_the_need_is_at_most_that():
    needed = [round(10_000 * 1.1**-41), round(10_000 * 1.1**-40)]
    rows = pd.DataFrame({"seed": [0, 1], "arm": "neurons", "epsilon": 0.1, "planned": 10_000, "needed": needed})
    alt = malach.planned({"line": rows}).alt
    assert "10,000 planned, at most 211 needed (smallest size tried enough in 1 of 2)." in alt  # √(201 · 221) = 210.8
    assert "at most" not in malach.planned({"line": rows[1:]}).alt


def test_digits_and_the_constant_tell_their_means():
    rows = pd.DataFrame(
        {"seed": seed, "arm": arm, "candidates": size, "accuracy": 0.5 + 0.1 * seed, "target_accuracy": 0.9}
        for seed in (0, 1)
        for arm, sizes in (("subsets", (8, 16)), ("products", (8, 16)), ("random mask", (16,)))
        for size in sizes
    )
    assert "trained targets 90.0 %; subset sums 55.0 % (8), 55.0 % (16);" in malach.digits(rows).alt
    counted = pd.DataFrame(
        {"seed": 0, "task": task, "arm": f"C = {constant}", "epsilon": epsilon, "reached": 0.96}
        for task in ("one z", "every z")
        for epsilon in malach.COLOURS
        for constant in (1.5, 2.0)
    )
    assert "every z: ε = 0.1: 4.0 % (C = 1.5), 4.0 % (C = 2); ε = 0.03" in malach.constant(counted).alt
