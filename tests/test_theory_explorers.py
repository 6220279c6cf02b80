"""The explorers of chapters 06, 09 and 10: their numbers, and that the browser says what Python says to the letter."""

import itertools
import json
import re

import numpy as np
import pytest
import torch
from explorer_pages import NODE, in_node, shown

from lth_teach.explore import certificate, curvature, subset_sums
from lth_teach.measures import bounds
from lth_teach.measures.masked_descent import share
from lth_teach.strong.subset_sum import closest_subset

ALL = (subset_sums, curvature, certificate)
COUNTS, TARGETS = range(1, 13), [place / 100 for place in range(-50, 51)]

# Subset sums


def test_the_numbers_are_the_first_twelve_of_a_plain_generator():
    drawn = np.random.default_rng(0).uniform(-1, 1, 12)
    assert tuple(np.rint(1e6 * drawn).astype(int).tolist()) == subset_sums.NUMBERS


@pytest.mark.parametrize("count", COUNTS)
def test_the_best_subset_is_as_good_as_the_one_met_in_the_middle(count):
    for target in TARGETS[::7]:
        found = subset_sums.solve(count, 0.1, target)
        _, oracle = closest_subset(subset_sums.NUMBERS[:count], 1e6 * target)
        assert found.error == pytest.approx(abs(oracle - 1e6 * target), abs=1e-6)
        assert found.total == sum(subset_sums.NUMBERS[i] for i in found.taken)
        assert found.error == pytest.approx(abs(found.total - 1e6 * target), abs=1e-6)


@pytest.mark.parametrize(("count", "epsilon"), list(itertools.product((1, 3, 6, 9, 12), subset_sums.EPSILONS)))
def test_stretches_and_worst_place_are_those_of_a_fine_grid(count, epsilon):
    found = subset_sums.solve(count, epsilon, 0.0)
    places = np.arange(-500_000, 500_000, 250) + 125
    apart = np.array([np.abs(found.sums - place).min() for place in places])
    covered = sum(high - low for low, high in found.stretches)
    assert covered / 1e6 == pytest.approx((apart <= 1e6 * epsilon).mean(), abs=250 * 2 * len(found.stretches) / 1e6)
    assert apart.max() <= found.worst <= apart.max() + 125
    assert (covered == 1e6) == (found.worst <= 1e6 * epsilon)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(found.stretches))


def test_its_words():
    assert subset_sums.reading(6, 0.02, 0.3) == (
        "N = 6: 64 subset sums, 25 of them in [−½, ½]. 74.5 % of this interval lies within ε = 0.02 of a sum; its "
        "worst place is 0.0463 away from one. For w = 0.30, numbers 1, 2, 4, 5 and 6 make 0.2986, which is 0.0014 off: "
        "within ε."
    )
    assert "For w = 0.00, no number at all makes 0.0000, which is 0.0000 off" in subset_sums.reading(5, 0.1, 0)
    assert "For w = −0.46, number 2 makes −0.4604" in subset_sums.reading(2, 0.1, -0.46)
    assert "not within ε" in subset_sums.reading(1, 0.1, 0.5)
    everything = [subset_sums.reading(count, 0.002, 0.1) for count in COUNTS]
    assert not [words for words in everything if "100.0 %" in words]  # 99.96 % is not all of it
    assert "100.0 % of this interval" in subset_sums.reading(12, 0.005, 0.1)


@pytest.mark.parametrize("wrong", [(0, 0.1, 0), (13, 0.1, 0), (6, 0, 0), (6, 0.1, 0.51)])
def test_what_is_not_on_its_sliders_is_refused(wrong):
    with pytest.raises(ValueError, match="count must be from 1 to 12, epsilon above 0 and target from -0.5 to 0.5"):
        subset_sums.solve(*wrong)


@NODE
def test_the_script_of_the_sums_says_what_python_says():
    asked = [(count, 0.01, target) for count in COUNTS for target in TARGETS]
    asked += [(count, epsilon, 0.3) for count in COUNTS for epsilon in subset_sums.EPSILONS]
    said = f"{json.dumps(asked)}.map(([n, epsilon, w]) => reading(solve({list(subset_sums.NUMBERS)}, n, epsilon, w)))"
    answers = in_node("subset_sums", f"console.log(JSON.stringify({said}));")
    assert answers == [subset_sums.reading(*one) for one in asked]
    assert not [words for words in answers if re.search(r"−0\.0+\b", words)]


# Curvature


@pytest.mark.parametrize(("h", "masked"), list(itertools.product(curvature.CURVATURES, (False, True))))
def test_a_run_follows_the_gradient_of_the_stated_loss(h, masked):
    def loss(a, b):
        return (a**2 + h * (b - 10) ** 2) / 2

    found, tiny = curvature.run(h, 50, masked), 1e-5
    for step in (0, 3, 20):
        a, b = found.a[step], found.b[step]
        gradient = [
            (loss(a + tiny, b) - loss(a - tiny, b)) / (2 * tiny),
            (loss(a, b + tiny) - loss(a, b - tiny)) / (2 * tiny),
        ]
        assert found.losses[step] == pytest.approx(loss(a, b))
        assert found.shares[step] == pytest.approx(share(torch.tensor(gradient), torch.tensor([True, False])), abs=1e-6)
        assert found.a[step + 1] == pytest.approx(a - gradient[0] / 2, abs=1e-8)
        assert found.b[step + 1] == pytest.approx(b if masked else b - gradient[1] / 2, abs=1e-8)
    assert not masked or set(found.b) == {0}


def test_the_mask_that_keeps_99_percent_of_the_gradient_is_stuck_at_half_of_the_loss():
    masked, dense = (curvature.run(0.01, 1_000, kept) for kept in (True, False))
    assert masked.shares[0] == pytest.approx(1 / 1.01)
    assert masked.losses[0] == 1
    assert masked.losses[-1] == pytest.approx(0.5)
    assert masked.shares[-1] < 1e-12
    assert dense.losses[-1] < 1e-4


@pytest.mark.parametrize("h", curvature.CURVATURES)
def test_the_masked_run_ends_where_the_docstring_says(h):
    masked = curvature.run(h, 1_000, True)
    assert masked.losses[-1] == pytest.approx(50 * h)
    assert masked.losses[-1] / masked.losses[0] == pytest.approx(100 * h / (1 + 100 * h))
    assert masked.shares[0] == pytest.approx(1 / (1 + 100 * h**2))
    assert all(later <= earlier for earlier, later in itertools.pairwise(curvature.run(h, 1_000, False).losses))


def test_its_words_and_what_it_refuses():
    assert curvature.reading(0.05, 1) == (
        "h = 0.05: cos² is 0.800 at the start and 0.500 after 1 step of the masked run. By then the loss has come from "
        "3.000 to 2.625 with the mask, to 2.502 without."
    )
    for wrong in ((0, 10), (1.5, 10), (0.1, 0), (0.1, 1_001), (float("nan"), 10)):
        with pytest.raises(ValueError, match="curvature must be above 0 and at most 1, steps from 1 to 1,000"):
            curvature.run(*wrong, masked=True)


@NODE
def test_the_script_of_the_runs_says_what_python_says():
    asked = list(itertools.product(curvature.CURVATURES, curvature.LENGTHS))
    said = f"{json.dumps(asked)}.map(([h, steps]) => reading(solve(h, steps)))"
    assert in_node("curvature", f"console.log(JSON.stringify({said}));") == [curvature.reading(*one) for one in asked]


# Certificate


def test_the_promise_is_the_formula_of_section_6_3():
    found = certificate.promise(1, 5, 60_000, 2)
    price = bounds.log_choices(266_200, 2_662) + (2_662 + 410) * 5 * np.log(2) + np.log(20)
    assert found.bound == pytest.approx(0.02 + np.sqrt(price / 120_000))
    assert sum(certificate.parts(found).values()) == pytest.approx(found.bound)
    assert list(certificate.parts(found)) == ["training error", "mask", "weights", "biases", "certainty"]


def test_every_training_error_is_a_whole_number_of_examples():
    for examples, error in itertools.product(certificate.EXAMPLES, certificate.ERRORS):
        assert certificate.promise(1, 1, examples, error).train_error == pytest.approx(error / 100)


def test_it_says_whether_the_bound_says_anything():
    assert certificate.reading(2, 5, 60_000, 2) == (
        "2 % of 266,200 weights (5,324) at 5 bits each, 60,000 training examples. Training error 2.0 % and a gap of "
        "61.9 points: with a probability of 95 %, the test error is at most 63.9 %. Guessing among ten classes errs in "
        "90 %, so this says something."
    )
    everywhere = list(itertools.product(certificate.PERCENTS, (1, 32), certificate.EXAMPLES, certificate.ERRORS))
    told = {"vacuous": 0, "no more": 0, "something": 0}
    for where in everywhere:
        bound, words = certificate.promise(*where).bound, certificate.reading(*where)
        expected = "vacuous" if bound > 1 else "no more" if bound >= 0.9 else "something"
        told[expected] += 1
        assert [word for word in told if word in words] == [expected]
    assert min(told.values()) > 10


@NODE
def test_the_script_of_the_certificate_says_what_python_says():
    asked = list(
        itertools.product(certificate.PERCENTS, (1, 2, 5, 8, 32), certificate.EXAMPLES, certificate.ERRORS[::3])
    )
    code = (
        f"const state = {json.dumps(certificate.summary())};"
        f"const found = {json.dumps(asked)}.map((where) => solve(state, ...where));"
        "console.log(JSON.stringify(found.map((one) => [reading(one), Object.values(one.parts)])));"
    )
    answers = in_node("certificate", code)
    assert [words for words, _ in answers] == [certificate.reading(*where) for where in asked]
    for (_, parts), where in zip(answers, asked, strict=True):
        assert parts == pytest.approx(list(certificate.parts(certificate.promise(*where)).values()))


# All


@pytest.mark.parametrize("module", ALL)
def test_the_page_needs_nothing_else_and_a_notebook_gets_a_picture_and_words(module):
    page, widget = module.html(), module.explorer()
    assert page == module.html()
    assert (page.count("</script>"), page.count("</div>")) == (1, 1)
    assert not re.search(r"\bimport\b|\bfetch\b|\bsrc=\"(?!data:)|https?://(?!www\.w3\.org/2000/svg)", page)
    data, metadata = widget._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    words = data["text/plain"].removeprefix("Explorer: ")
    assert words in page
    assert words in metadata["image/png"]["alt"]
    assert metadata["lth_teach_explorer"] == module.__name__.rpartition(".")[2]


MOVES = {  # keys on a slider, and where they lead
    subset_sums: [
        ("Random numbers", "End", (12, 0.02, 0.3)),
        ("Tolerance", "ArrowRight", (12, 0.01, 0.3)),
        ("Target", "ArrowLeft", (12, 0.01, 0.29)),
        ("Target", "Home", (12, 0.01, -0.5)),
        ("Random numbers", "Home", (1, 0.01, -0.5)),
    ],
    curvature: [
        ("Curvature along b", "ArrowRight", (0.02, 1_000)),
        ("Steps", "ArrowLeft", (0.02, 500)),
        ("Steps", "Home", (0.02, 1)),
        ("Curvature along b", "End", (1.0, 1)),
    ],
    certificate: [
        ("Weights kept", "ArrowRight", (1, 5, 60_000, 2)),
        ("Bits a weight", "End", (1, 32, 60_000, 2)),
        ("Training examples", "ArrowLeft", (1, 32, 20_000, 2)),
        ("Training error", "Home", (1, 32, 20_000, 0)),
        ("Weights kept", "Home", (100, 32, 20_000, 0)),
    ],
}


@pytest.mark.browser
@pytest.mark.parametrize("module", ALL)
def test_the_keyboard_moves_its_sliders_and_the_sentence_follows(module):
    with shown(module.html()) as page:
        sentence = page.locator("p[aria-live=polite]")
        assert sentence.inner_text() == module.explorer().still()[1]
        for name, key, where in MOVES[module]:
            slider = page.get_by_role("slider", name=name)
            slider.press(key)
            assert sentence.inner_text() == module.reading(*where), (name, key)
            assert slider.get_attribute("aria-valuetext") in slider.locator("..").inner_text()
            pictures = page.locator("svg[role=img]")
            assert pictures.count() == 2
            assert all(picture.get_attribute("aria-label") for picture in pictures.all())
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        assert page.evaluate("getComputedStyle(document.querySelector('svg text')).fill") == "rgb(238, 238, 238)"
        assert page.complaints == []
