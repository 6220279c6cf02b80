import base64
import io
import json
import re
from html import unescape

import numpy as np
import pytest
import torch
from PIL import Image

from lth_teach.lab import pictures
from lth_teach.lab.pictures.weights import LevelWeights
from lth_teach.lab.plots import Picture


def run(levels=2, n=1000):
    """A pruning run on made-up weights; each level removes a fifth."""
    generator = torch.Generator().manual_seed(0)
    start, found = torch.rand(n, generator=generator), []
    for _ in range(levels):
        trained = start + 0.2 * torch.randn(len(start), generator=generator)
        removed = round(0.2 * len(start))
        found.append(LevelWeights(start, trained, removed))
        start = start[trained.abs().argsort(stable=True)[removed:].sort().values]
    return found


@pytest.fixture(scope="module")
def moving():
    return pictures.animation.pruning_run(run())


@pytest.fixture(scope="module")
def html(moving):
    return moving.html


def shown(html):
    """What the player shows: [PNG in base64, caption, milliseconds] for each frame."""
    return json.loads(re.search(r"const frames = (\[.*\]);  //", html)[1])


def test_six_weights_go_through_a_level_as_by_hand():
    start = torch.tensor([0.8, -0.1, 0.3, -0.6, 0.05, 0.4])
    trained = torch.tensor([0.9, -0.3, 0.1, -0.7, 0.2, 0.6])  # the smallest two: 0.1 and 0.2
    moments = list(pictures.weights.frames([LevelWeights(start, trained, 2)], moves=1))
    assert [moment.phase for moment in moments] == ["start", "train", "cut", "rewind"]
    np.testing.assert_allclose(sorted(moments[2].cut_off), [0.1, 0.2])
    np.testing.assert_allclose(sorted(moments[2].kept), [0.3, 0.6, 0.7, 0.9])
    assert moments[2].line == pytest.approx(0.25)
    np.testing.assert_allclose(sorted(moments[3].kept), [0.1, 0.4, 0.6, 0.8])


def test_ties_at_the_cut_are_broken_by_position_so_that_the_count_is_exact():
    trained = torch.full((5,), 0.5)
    last = list(pictures.weights.frames([LevelWeights(torch.arange(1.0, 6.0), trained, 2)]))[-1]
    assert sorted(last.kept) == [3, 4, 5]


def test_the_cut_moves_in_and_what_lies_below_it_grows():
    cuts = [moment for moment in pictures.weights.frames(run(1)) if moment.phase == "cut"]
    assert [moment.line / cuts[-1].line for moment in cuts] == pytest.approx([1 / 3, 2 / 3, 1])
    counts = [len(moment.cut_off) for moment in cuts]
    assert counts == sorted(set(counts))
    assert counts[-1] == 200
    assert all(moment.cut_off.max() <= moment.line <= moment.kept.min() for moment in cuts)


def test_a_rewind_is_the_start_of_the_next_level():
    levels = run(3)
    rewinds = [moment for moment in pictures.weights.frames(levels) if moment.phase == "rewind"]
    for rewind, level in zip(rewinds, levels[1:]):
        np.testing.assert_allclose(np.sort(rewind.kept), np.sort(level.start.abs()), rtol=1e-6)


def test_levels_are_read_off_a_search():
    """Two matrices, by hand: the first cut takes two of four weights, the second one of the two that are left."""
    begun = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([[3.0], [4.0]])}
    ended = {"a": torch.tensor([5.0, 6.0]), "b": torch.tensor([[7.0], [8.0]])}
    found = [
        {"a": torch.tensor([True, True]), "b": torch.tensor([[True], [True]])},
        {"a": torch.tensor([False, True]), "b": torch.tensor([[True], [False]])},
        {"a": torch.tensor([False, False]), "b": torch.tensor([[True], [False]])},
    ]
    dense, sparse = pictures.weights.levels_of([(begun, ended)] * 2, found)
    assert (dense.start.tolist(), dense.trained.tolist(), dense.removed) == ([1, 2, 3, 4], [5, 6, 7, 8], 2)
    assert (sparse.start.tolist(), sparse.trained.tolist(), sparse.removed) == ([2, 3], [6, 7], 1)


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([], "levels is empty"),
        ([LevelWeights(torch.ones(3), torch.ones(4), 1)], r"level 1: .*found \(3,\), \(4,\) and 1"),
        ([LevelWeights(torch.ones(3), torch.ones(3), 3)], "0 < removed < n"),
        ([LevelWeights(torch.ones(3), torch.ones(3), 0)], "0 < removed < n"),
        ([LevelWeights(torch.ones(n), torch.ones(n), 1) for n in (4, 4)], "level 2 has 4 weights; level 1 left 3"),
    ],
)
def test_levels_that_do_not_fit_together_are_refused(levels, message):
    with pytest.raises(ValueError, match=message):
        pictures.animation.pruning_run(levels)


def test_every_frame_has_a_caption_and_a_picture_of_one_size(moving, html):
    frames = shown(html)
    assert len(frames) == 1 + 11  # the still; start, and for two levels train, three steps of the cut, rewind
    assert all(caption for _, caption, _ in frames)
    first = unescape(re.search(r'src="data:image/png;base64,([^"]+)"', html)[1])
    sizes = {
        Image.open(io.BytesIO(base64.b64decode(text))).size for text in [first, *(frame[0] for frame in frames[1:])]
    }
    assert len(sizes) == 1
    assert "Level 1, cut: the 200 smallest go (red)." in [caption for _, caption, _ in frames]
    assert frames[-1][1] == "Level 2, rewind: the 640 survivors are back at their starting values."


def test_at_rest_the_four_phases_are_shown(moving):
    assert [axes.get_title(loc="left") for axes in moving.still.axes] == [
        "1 · start",
        "2 · train",
        "3 · cut the smallest",
        "4 · rewind, repeat",
    ]


def test_the_bundle_has_html_a_still_and_words(moving, html):
    data, metadata = moving._repr_mimebundle_()
    assert data["text/html"] == html
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == metadata["image/png"]["alt"] == moving.alt
    assert "the 200 smallest" in moving.alt


def test_the_words_are_the_same_when_training_ended_elsewhere(moving):
    """Stored outputs are compared on other machines, where trained weights differ; the counts do not."""
    elsewhere = [LevelWeights(level.start, level.trained * 1.01 + 0.001, level.removed) for level in run()]
    assert pictures.animation.pruning_run(elsewhere).alt == moving.alt


def test_the_same_run_gives_the_same_html():
    assert pictures.animation.pruning_run(run(1)).html == pictures.animation.pruning_run(run(1)).html


def test_nothing_is_loaded_from_elsewhere_and_nothing_plays_by_itself(html):
    without_pictures = re.sub(r"[A-Za-z0-9+/=]{100,}", "", html)
    assert not re.search(r"https?:|//[a-z]|@import|url\(|<link|<iframe|autoplay", without_pictures)
    script = html[html.index("const show") :]
    assert re.findall(r"^    (\w+)\(", script, flags=re.MULTILINE) == ["show"]  # all else waits for a click


def test_four_levels_stay_below_250_kilobytes():
    assert len(pictures.animation.pruning_run(run(4, 43_000)).html.encode()) < 250_000


def test_the_player_is_at_most_sixty_lines_of_script():
    script = pictures.animation.PLAYER[pictures.animation.PLAYER.index("<script>") :]
    assert len(script.splitlines()) <= 60


def test_captions_cannot_end_the_script_or_the_attributes():
    words = 'a </script><b> "c" & d'
    html = pictures.animation.Animation("x", Picture(words), words, [(Picture(""), words, 1)]).html
    assert html.count("</script>") == 1
    assert shown(html)[1][1] == words
    assert 'alt="Animation of 1 frames. At rest: a &lt;/script&gt;&lt;b&gt; &quot;c&quot; &amp; d"' in html


def test_a_name_that_html_cannot_carry_and_an_empty_animation_are_refused():
    with pytest.raises(ValueError, match="letters, digits and hyphens only, got 'a b'"):
        pictures.animation.Animation("a b", Picture(""), "", [(Picture(""), "", 1)])
    with pytest.raises(ValueError, match="pictures is empty"):
        pictures.animation.Animation("a", Picture(""), "", [])
