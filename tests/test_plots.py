import subprocess
import sys
import threading
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from lth_teach.lab import plots
from lth_teach.replicates import Interval


def summary(n=3, low=68.0):
    rows = [
        {"arm": arm, "density": density, "mean": 70.0, "low": low, "high": low + 4, "n": n}
        for arm in ("ticket", "random (global)", "an arm of your own")
        for density in (1.0, 0.5, 0.1)
    ]
    return pd.DataFrame(rows)


RESULTS = {"ticket": Interval(1.0, 0.5, 1.5, 3), "another": Interval(-1.0, None, None, 1)}
LINES = {"dense": ([1, 2, 3], [0.9, 0.5, 0.4]), "mine": ([1, 2], [1, 2])}

PICTURES = {
    "accuracy_by_density": lambda **words: plots.accuracy_by_density(summary(), dense=RESULTS["ticket"], **words),
    "intervals": lambda **words: plots.intervals(RESULTS, **words),
    "curves": lambda **words: plots.curves(LINES, xlabel="step", ylabel="loss", marks={"dense": 2}, **words),
    "images": lambda **words: plots.images({"a": torch.eye(3), "b": np.ones((3, 3))}, label="weight", **words),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_has_alt_text_and_is_a_png(name):
    picture = PICTURES[name]()
    assert isinstance(picture, plots.Picture)
    data, metadata = picture._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert len(picture.alt) > 10
    assert data["text/plain"] == metadata["image/png"]["alt"] == picture.alt


@pytest.mark.parametrize("name", PICTURES)
def test_alt_text_and_title_can_be_given(name):
    picture = PICTURES[name](alt="What one sees.", title="My title")
    assert picture.alt == "What one sees."
    drawn = [picture.get_suptitle(), *(axes.get_title() for axes in picture.axes)]
    assert any("My title" in text for text in drawn)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_can_be_made_in_any_thread(name):
    made = []
    thread = threading.Thread(target=lambda: made.append(PICTURES[name]().png()))
    thread.start()
    thread.join()
    assert made[0].startswith(b"\x89PNG")


def test_plotting_never_imports_pyplot():
    code = (
        "import sys; from lth_teach.lab import plots; plots.curves({'a': ([1], [1])}, xlabel='x', ylabel='y').png(); "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False"]


def test_dense_is_on_the_left_and_the_title_says_how_many_seeds():
    axes = plots.accuracy_by_density(summary()).axes[0]
    left, right = axes.get_xlim()
    assert left >= 100 > 10 >= right
    assert "n = 3 seeds" in axes.get_title()


def test_one_seed_is_said_to_have_no_interval_without_nan_or_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = plots.accuracy_by_density(
            summary(n=1).drop(columns=["low", "high"]), dense=Interval(70.0, None, None, 1)
        )
        other = plots.intervals({"ticket": Interval(1.0, None, None, 1)})
        picture.png()
        other.png()
    assert "n = 1 seed, so no interval" in picture.axes[0].get_title()
    assert "n = 1, so no intervals" in other.axes[0].get_title()
    texts = [text.get_text() for figure in (picture, other) for text in figure.findobj(match=plots_text)]
    assert not any("nan" in text.lower() for text in texts)


def plots_text(artist):
    return hasattr(artist, "get_text")


def test_an_arm_looks_the_same_in_every_picture_and_no_two_arms_look_alike():
    assert plots.style("ticket", 0) == plots.style("ticket", 5)
    assert plots.style("random") == plots.style("random (layer densities)")  # one arm, two names
    looks = [tuple(plots.style(name).values()) for name in plots.STYLES if name != "random"]
    assert len(set(looks)) == len(looks)
    spare = [tuple(plots.style("your own", position).values()) for position in range(6)]
    assert len(set(spare)) == 6


def test_bands_cover_the_interval():
    axes = plots.accuracy_by_density(summary()).axes[0]
    band = axes.collections[0].get_paths()[0].vertices
    assert (band[:, 1].min(), band[:, 1].max()) == (68, 72)


def test_a_band_can_be_put_around_a_line():
    picture = plots.curves({"a": ([0, 1], [2, 3])}, xlabel="x", ylabel="y", bands={"a": ([1, 2], [4, 5])})
    (band,) = picture.axes[0].collections
    corners = band.get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (1, 5)


def test_images_of_any_type_of_tensor_can_be_drawn():
    weights = torch.nn.Parameter(torch.eye(3).bfloat16())
    figure = plots.images({"weights": weights, "mask": torch.eye(3) > 0})
    assert [axes.images[0].get_array().tolist() for axes in figure.axes[:2]] == [np.eye(3).tolist()] * 2
