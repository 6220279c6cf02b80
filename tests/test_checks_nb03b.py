"""The checks of notebook 03b pass right answers of several kinds, and name the mistake in the likely wrong ones."""

from pathlib import Path

import nbformat
import pytest
import torch
from answers import each_submission, the_courses_own_pass, told_why_and_given_what_it_earns

from lth_teach import masks as masks_module
from lth_teach.lab.checks import _nb03b_measures, _nb03b_worlds, nb03b

pytestmark = pytest.mark.usefixtures("own_progress")

PAGE = Path(__file__).parent.parent / "notebooks" / "03b_three_explanations.ipynb"
POINTS = {"largest_at_start": 2, "with_noise": 1, "fair_movement": 3}
ours, noisy, fair = (getattr(nb03b, name).solution for name in POINTS)


def test_the_courses_own_answers_pass(capsys):
    the_courses_own_pass(nb03b, POINTS)
    assert "largest_at_start: passed (3 cases).\n" in capsys.readouterr().out


@each_submission("nb03b")
def test_submissions_are_told_why_and_earn_what_they_deserve(made, capsys):
    told_why_and_given_what_it_earns(made, nb03b, POINTS, capsys)


# ---- the largest at the start


def by_rank(start, masks, more):
    """So many weights more in each layer than the ticket keeps."""
    ranks = {name: w.abs().flatten().argsort(descending=True).argsort().view_as(w) for name, w in start.items()}
    return {name: ranks[name] < mask.sum() + more for name, mask in masks.items()}


def above_a_quantile(start, masks):
    """Right, but for a layer that is kept whole, where nothing lies below the smallest weight."""
    sizes = {name: weights.abs() for name, weights in start.items()}
    return {name: sizes[name] > sizes[name].quantile(1 - mask.float().mean()) for name, mask in masks.items()}


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda start, masks: masks, "these are the ticket's own masks"),
        (lambda start, masks: ours({n: -w.abs().reciprocal() for n, w in start.items()}, masks), "the smallest"),
        (lambda start, masks: ours({n: w * masks[n] for n, w in start.items()}, masks), "the ticket's own masks"),
        (lambda start, masks: {n: ~m for n, m in ours(start, masks).items()}, "the wrong way round"),
        (lambda start, masks: {n: m.float() for n, m in ours(start, masks).items()}, "return a bool tensor"),
        (lambda start, masks: by_rank(start, masks, -1), "one weight fewer than the ticket keeps"),
        (lambda start, masks: by_rank(start, masks, 1), "one weight more than the ticket keeps"),
        (lambda start, masks: above_a_quantile(start, masks), "one weight fewer than the ticket keeps"),
        (lambda start, masks: None, "Does your function return its result?"),
    ],
)
def test_largest_at_start_names_the_mistake(attempt, message, capsys):
    assert not nb03b.largest_at_start(attempt)
    assert message in capsys.readouterr().out


def test_the_courses_other_way_to_choose_the_largest_passes():
    def by_the_library(start, masks):
        def layer(name, mask):
            if mask.all():
                return mask
            return masks_module.keep_top({name: start[name].abs()}, masks_module.density({name: mask}))[name]

        return {name: layer(name, mask) for name, mask in masks.items()}

    assert nb03b.largest_at_start(by_the_library)


# ---- noise


def noise(scale, draw=torch.randn):
    """A ``with_noise`` that multiplies its draws by ``scale(weights, amount)``."""

    def attempt(start, amount, generator):
        return {n: w + scale(w, amount) * draw(w.shape, generator=generator) for n, w in start.items()}

    return attempt


def in_place(start, amount, generator):
    for weights in start.values():
        weights += amount * weights.std() * torch.randn(weights.shape, generator=generator)
    return start


def with_one_of_its_seed(start, amount, generator):
    return noisy(start, amount, torch.Generator().manual_seed(generator.initial_seed()))


def anew_in_each_layer(start, amount, generator):
    return {name: with_one_of_its_seed({name: weights}, amount, generator)[name] for name, weights in start.items()}


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (noise(lambda w, amount: amount), "the spread of the layer is missing"),
        (noise(lambda w, amount: w.std()), "the amount is missing"),
        (noise(lambda w, amount: amount * w), "noise proportional to each weight"),
        (noise(lambda w, amount: amount * w.var()), "you multiplied by the variance"),
        (noise(lambda w, amount: amount**0.5 * w.std()), "not a variance"),
        (noise(lambda w, amount: amount * w.std(), torch.rand), "torch.randn"),
        (noise(lambda w, amount: 0 * w), "nothing was added"),
        (noise(lambda w, amount: torch.inf), "not finite"),
        (lambda s, a, g: {n: w + a * w.std() * torch.randn(1, generator=g) for n, w in s.items()}, "the same amount"),
        (lambda s, a, g: {n: noisy(s, a, g)[n] - w for n, w in s.items()}, "this is the noise alone"),
        (lambda s, a, g: noisy(s, a, torch.Generator().manual_seed(0)), "does not follow the generator"),
        (with_one_of_its_seed, "not with a new one of its seed"),
        (anew_in_each_layer, "the same random numbers in both layers"),
        (noise(lambda w, amount: amount), "expected  noise of spread 0.025 in 'first', 0.2 in 'second'"),
        (lambda s, a, g: [], "expected  a dictionary"),
        (lambda s, a, g: {n: w[0] for n, w in s.items()}, "keep the shape"),
        (in_place, "changed its arguments"),
    ],
)
def test_with_noise_names_the_mistake(attempt, message, capsys):
    assert not nb03b.with_noise(attempt)
    assert message in capsys.readouterr().out


def test_layers_may_be_drawn_in_any_order():
    def backwards(start, amount, generator):
        return noisy(dict(reversed(start.items())), amount, generator)

    assert nb03b.with_noise(backwards)


# ---- movement


def measured(measure, orders=(0, 1)):
    """A ``fair_movement`` with its own way to compare."""
    return lambda start, find, train: measure(start, find(start, orders[0]), train(start, orders[1]))


def minus_one(start, find, train):
    return fair(start, find, train) - 1


def difference(start, find, train):
    """How much further the kept weights move than as many of each layer at random."""
    masks, end = find(start, 0), train(start, 1)
    kept = sum(int(mask.sum()) for mask in masks.values())
    distance = {name: (end[name] - start[name]).abs() for name in masks}
    return float(sum((distance[n][mask] - distance[n].mean()).sum() for n, mask in masks.items()) / kept)


def another_start(start, find, train):
    other = {name: weights.flip(0) for name, weights in start.items()}
    return _nb03b_measures.ratio(other, find(start, 0), train(other, 1))


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (measured(_nb03b_measures.ratio, (4, 4)), "your test|circular"),
        (measured(_nb03b_measures._pooled), "from all layers together"),
        (measured(_nb03b_measures._pooled_cut), "with the weights that were cut, all layers together"),
        (measured(_nb03b_measures._plain_distance), "divide by what weights at random would move"),
        (difference, "this is a difference"),
        (measured(_nb03b_measures._signed), "cancel out"),
        (measured(_nb03b_measures._squared), "these are squared distances"),
        (measured(_nb03b_measures._starting_sizes), "sizes at the start"),
        (measured(_nb03b_measures._outwards), "how much larger the weights became"),
        (measured(_nb03b_measures._change_of_size), "by how much the sizes changed"),
        (minus_one, "the ratio minus 1"),
        (another_start, "You gave train another start"),
        (lambda start, find, train: find(start, 0) and 1.0, "You never called train"),
        (lambda start, find, train: train(start, 0) and 1.0, "You never called find"),
        (lambda start, find, train: train(start, "A"), "the order is a whole number"),
        (lambda start, find, train: find(train(start, 1), 0) and 1.0, "You gave find another start"),
        (lambda start, find, train: (find(start, 0), train(start, 1)), "expected  one number"),
        (lambda start, find, train: None, "Does your function return its result?"),
    ],
)
def test_fair_movement_names_the_mistake(attempt, message, capsys):
    assert not nb03b.fair_movement(attempt)
    out = capsys.readouterr().out
    assert any(part in out for part in message.split("|"))


@pytest.mark.parametrize(
    "measure", [_nb03b_measures._against_the_cut, _nb03b_measures._root_mean_square, _nb03b_measures._upside_down]
)
def test_what_only_shows_where_weights_matter_is_noticed_there(measure, capsys):
    assert not nb03b.fair_movement(measured(measure))
    out = capsys.readouterr().out
    assert "a tenth of the weights matters" in out
    assert "Likely:" in out


def random_mask(start, find, train):
    """Against one mask that keeps as many weights of each layer, in place of the mean over all such masks."""
    masks, end = find(start, 3), train(start, 8)
    other = masks_module.random_like(masks, 0)
    far = [torch.cat([(end[n] - start[n]).abs()[m] for n, m in chosen.items()]).mean() for chosen in (masks, other)]
    return far[0] / far[1]


def over_orders(start, find, train):
    masks = find(start, 0)
    return sum(_nb03b_measures.ratio(start, masks, train(start, order)) for order in (1, 2, 3)) / 3


def over_pairs(start, find, train):
    """Every order finds masks and every order is measured, never one by itself."""
    pairs = [(a, b) for a in range(3) for b in range(3) if a != b]
    return sum(_nb03b_measures.ratio(start, find(start, a), train(start, b)) for a, b in pairs) / len(pairs)


FAIR = {"ours": fair, "other orders": measured(_nb03b_measures.ratio, (5, 2)), "one random mask": random_mask}
FAIR |= {"mean over orders": over_orders, "mean over pairs": over_pairs}
UNFAIR = {
    "circular": measured(_nb03b_measures.ratio, (1, 1)),
    "all layers together": measured(_nb03b_measures._pooled),
    "against the cut": measured(_nb03b_measures._against_the_cut),
    "difference": difference,
    "root mean square": measured(_nb03b_measures._root_mean_square),
    "signed": measured(_nb03b_measures._signed),
    "squared": measured(_nb03b_measures._squared),
    "upside down": measured(_nb03b_measures._upside_down),
    "sizes at the end": measured(_nb03b_measures._final_sizes),
    "mean of the layers": measured(_nb03b_measures._mean_of_layers),
}


@pytest.mark.parametrize("name", FAIR)
def test_any_two_orders_will_do_and_so_will_a_random_mask_or_a_mean(name):
    assert nb03b.fair_movement(FAIR[name])


@pytest.mark.parametrize("name", [*FAIR, *UNFAIR])
def test_the_hidden_test_of_the_page_takes_every_fair_answer_and_no_unfair_one(name):
    """Where the check and the hidden test disagreed, a learner would pass on the page and lose the points."""
    cells = nbformat.read(PAGE, as_version=4).cells
    (hidden,) = [cell.source for cell in cells if cell.source.startswith("assert checks.nb03b.fair_movement(")]
    _, _, hidden = hidden.partition("\n")
    given = {"torch": torch, "fair_movement": (FAIR | UNFAIR)[name]}
    if name in FAIR:
        exec(hidden, given)
    else:
        with pytest.raises(AssertionError):
            exec(hidden, given)


def test_where_nothing_matters_the_circular_test_says_otherwise():
    """The lesson itself: noise alone gives a ratio well above 1 in the training that chose, and 1 in another."""
    world = _nb03b_worlds.World("noise", 0.0)
    assert _nb03b_worlds._measured(world, (0, 0), _nb03b_measures.ratio) > 1.25
    assert _nb03b_worlds._measured(world, (0, 1), _nb03b_measures.ratio) == pytest.approx(1, abs=0.02)
