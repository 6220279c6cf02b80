"""The exercises of notebook 06: the solutions pass, and the likely wrong answers get the right message."""

import math

import numpy as np
import pytest

from lth_teach.lab.checks import nb06
from lth_teach.strong.subset_sum import all_sums, closest_subset

pytestmark = pytest.mark.usefixtures("own_progress")


def weights_needed(epsilon, length):
    return max(0, math.ceil(math.log2(length / (2 * epsilon))))


def two_paths(u, v, w):
    best = {True: None, False: None}
    for place in range(len(u)):
        side = bool(u[place] > 0)
        if best[side] is None or abs(u[place] * v[place] - w) < abs(u[best[side]] * v[best[side]] - w):
            best[side] = place
    return best[True], best[False]


def prune_layers(enter, leave, wanted, choose=lambda slopes, w: closest_subset(slopes, w)[0]):
    """Other shares than the course's: the first neurons belong to the first input, and so on."""
    keep_in, keep_out = np.zeros(enter.shape, bool), np.zeros(leave.shape, bool)
    share = len(enter) // enter.shape[1]
    for c in range(enter.shape[1]):
        for sign in (1, -1):
            own = [n for n in range(c * share, (c + 1) * share) if enter[n, c] * sign > 0]
            for r in range(len(leave)):
                taken = choose(enter[own, c] * leave[r, own], wanted[r, c])
                for n, take in zip(own, taken, strict=True):
                    keep_out[r, n] |= take
                    keep_in[n, c] |= take
    return keep_in, keep_out


def one_product(slopes, w):
    return np.arange(len(slopes)) == np.abs(slopes - w).argmin()


def positive_only(enter, leave, wanted):
    keep_in, keep_out = prune_layers(enter, leave, wanted)
    keep_out &= enter.max(axis=1) * (enter * keep_in).max(axis=1) > 0
    keep_out &= ((enter * keep_in).sum(axis=1) > 0)[None, :]
    return keep_in, keep_out


def both_signs_in_one_sum(enter, leave, wanted):
    keep_in, keep_out = np.zeros(enter.shape, bool), np.zeros(leave.shape, bool)
    for c in range(enter.shape[1]):
        own = np.arange(c, len(enter), enter.shape[1])
        for r in range(len(leave)):
            keep_out[r, own] = closest_subset(enter[own, c] * leave[r, own], wanted[r, c])[0]
        keep_in[own, c] = True
    return keep_in, keep_out


def minus_below_zero(enter, leave, wanted):
    keep_in, keep_out = np.zeros(enter.shape, bool), np.zeros(leave.shape, bool)
    for c in range(enter.shape[1]):
        own = np.arange(c, len(enter), enter.shape[1])
        for sign in (1, -1):
            side = own[enter[own, c] * sign > 0]
            for r in range(len(leave)):
                keep_out[r, side] = closest_subset(enter[side, c] * leave[r, side], sign * wanted[r, c])[0]
        keep_in[own, c] = True
    return keep_in, keep_out


def mixes_inputs(enter, leave, wanted):
    keep_in, keep_out = prune_layers(enter, leave, wanted)
    return np.ones_like(keep_in), keep_out


def pruned_in(enter, leave, wanted):
    keep_in, keep_out = prune_layers(enter, leave, wanted)
    return keep_in & (np.arange(len(enter)) % 2 == 0)[:, None], keep_out


def changes_its_arguments(enter, leave, wanted):
    masks = prune_layers(enter, leave, wanted)
    enter *= masks[0]
    return masks


def every_third(enter, leave, wanted):
    third = np.arange(len(enter)) % 3 == 0
    return np.repeat(third[:, None], enter.shape[1], 1), np.repeat(third[None, :], len(leave), 0)


def transposed(enter, leave, wanted):
    keep_in, keep_out = prune_layers(enter, leave, wanted)
    return keep_in.T, keep_out.T


@pytest.mark.parametrize(
    ("exercise", "solution"),
    [
        (nb06.weights_needed, weights_needed),
        (nb06.weights_needed, lambda e, length: next(m for m in range(99) if 2**m * 2 * e >= length)),
        (nb06.two_paths, two_paths),
        (nb06.two_paths, lambda u, v, w: list(nb06.our_paths(u, v, w))),
        (nb06.two_paths, lambda u, v, w: tuple(np.int64(place) for place in two_paths(u, v, w))),
        (nb06.prune_layers, prune_layers),
        (nb06.prune_layers, lambda *given: list(prune_layers(*given))),
    ],
)
def test_a_solution_passes(exercise, solution, capsys):
    assert exercise(solution), capsys.readouterr().out
    assert "passed" in capsys.readouterr().out


@pytest.mark.parametrize("exercise", [nb06.weights_needed, nb06.two_paths, nb06.prune_layers])
def test_the_course_s_own_answer_passes(exercise):
    assert exercise(exercise.solution)


@pytest.mark.parametrize(
    ("exercise", "attempt", "message"),
    [
        (nb06.weights_needed, lambda e, n: math.ceil(n / (2 * e)), "that is the number of masks"),
        (nb06.weights_needed, lambda e, n: math.ceil(math.log(n / (2 * e))), "take log2"),
        (nb06.weights_needed, lambda e, n: math.ceil(math.log2(n / e)), "2ε in all and not ε"),
        (nb06.weights_needed, lambda e, n: math.ceil(math.log2(1 / (2 * e))), "length of the interval is missing"),
        (nb06.weights_needed, lambda e, n: math.log2(n / (2 * e)), "weights are whole: round up."),
        (nb06.weights_needed, lambda e, n: int(math.log2(n / (2 * e))), "round up, not down"),
        (nb06.weights_needed, lambda e, n: round(math.log2(n / (2 * e))), "not to the nearest"),
        (nb06.weights_needed, lambda e, n: max(0, int(math.log2(n / (2 * e))) + 1), "cover the length exactly"),
        (nb06.weights_needed, lambda e, n: math.ceil(math.log2(n / (2 * e))), "cannot be negative"),
        (nb06.weights_needed, lambda e, n: max(1, math.ceil(math.log2(n / (2 * e)))), "M may be 0"),
        (nb06.weights_needed, lambda e, n: 10**400, "found     1000"),
        (nb06.weights_needed, lambda e, n: None, "return its result?"),
        (nb06.two_paths, lambda u, v, w: two_paths(u, v, w)[::-1], "first the path with u > 0"),
        (nb06.two_paths, nb06._among_its_side, "positions among the paths of one side"),
        (nb06.two_paths, lambda u, v, w: (two_paths(u, v, w)[0], two_paths(u, v, -w)[1]), "aim at w, not at −w"),
        (nb06.two_paths, lambda u, v, w: two_paths(v, u, w), "is the sign of u, not that of v"),
        (nb06.two_paths, lambda u, v, w: two_paths(u, np.sign(w) * np.sign(u) * np.abs(v), w), "bends the wrong way"),
        (nb06.two_paths, lambda u, v, w: tuple((u * v)[list(two_paths(u, v, w))]), "return their positions"),
        (nb06.two_paths, lambda u, v, w: tuple(np.abs(u * v - w).argsort()[:2].tolist()), "one side of zero gets"),
        (nb06.two_paths, lambda u, v, w: None, "return its result?"),
        (nb06.two_paths, lambda u, v, w: (np.float64("nan"), 1), "found"),
        (nb06.prune_layers, positive_only, "only paths with u > 0 are kept"),
        (nb06.prune_layers, both_signs_in_one_sum, "one sum of paths of both signs"),
        (nb06.prune_layers, minus_below_zero, "come out as −wanted"),
        (nb06.prune_layers, mixes_inputs, "keeps weights from several inputs"),
        (nb06.prune_layers, pruned_in, "whose weight in is pruned"),
        (nb06.prune_layers, changes_its_arguments, "changed its arguments"),
        (nb06.prune_layers, transposed, "must be a bool array of shape (40, 1)"),
        (nb06.prune_layers, lambda *given: prune_layers(*given, choose=one_product), "one path a weight and side"),
        (nb06.prune_layers, lambda *given: [m.astype(float) for m in prune_layers(*given)], "found     float64 array"),
        (nb06.prune_layers, lambda *given: prune_layers(*given)[0], "Return two masks"),
        (nb06.prune_layers, lambda *given: None, "return its result?"),
        (nb06.prune_layers, lambda *given: all_sums(np.zeros(99)), "ValueError: 99 numbers need"),
        (nb06.prune_layers, every_third, "Likely: compare"),
    ],
)
def test_a_likely_mistake_is_named(exercise, attempt, message, capsys):
    assert not exercise(attempt)
    told = capsys.readouterr().out
    assert message in told
    assert f"checks.hint('{exercise.name}')" in told


def test_factors_near_w_and_one_are_the_proof_s_way_and_not_the_best(capsys):
    mistake = next(wrong for text, wrong in nb06.PATH_MISTAKES if "as the proof does" in text)
    assert not nb06.two_paths(mistake)
    assert "Any pair with the right product will do" in capsys.readouterr().out
