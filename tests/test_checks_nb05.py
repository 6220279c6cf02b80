"""The checks of notebook 05 pass what is right, however it is written, and name the mistake in what is likely wrong."""

import copy
from pathlib import Path

import nbformat
import pytest
import torch
from answers import each_submission, told_why_and_given_what_it_earns

from lth_teach import Ticket, masks
from lth_teach.enforcement import enforce
from lth_teach.lab import checks
from lth_teach.lab.checks import nb05

pytestmark = pytest.mark.usefixtures("own_progress")

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "05_late_reset.ipynb"
POINTS = {"late_reset": 3, "random_ticket": 2, "two_dials": 3}


def zero_once(network, kept):
    for name, mask in kept.items():
        network.get_parameter(name).data *= mask


def dense(network, train, steps, k):
    """The right dense training; returns θ_k."""
    train(network, 0, k)
    theta_k = copy.deepcopy(network.state_dict())
    train(network, k, steps)
    return theta_k


def search(
    first=dense,
    rewind=lambda network, start: network.load_state_dict(start),
    hold=enforce,
    begin=lambda k, steps: (k, steps),
    cut_first=True,
    give=Ticket,
):
    """A ``late_reset`` of which one part may be another."""

    def attempt(network, train, cut, steps, k, levels):
        theta_k = first(network, train, steps, k)
        kept = masks.dense(network)
        for _ in range(levels):
            if cut_first:
                kept = cut(network, kept)
            rewind(network, theta_k)
            if not cut_first:
                kept = cut(network, kept)
            hold(network, kept)
            train(network, *begin(k, steps))
        return give(kept, theta_k)

    return attempt


def in_one_go(network, train, steps, k):
    """Another right way: to k, copy, and once more from the very start."""
    start = copy.deepcopy(network.state_dict())
    train(network, 0, k)
    theta_k = copy.deepcopy(network.state_dict())
    network.load_state_dict(start)
    train(network, 0, steps)
    return theta_k


def on_a_second_network(network, train, steps, k):
    """Another right way: a twin is trained to k once the dense network is done; the cut sees the dense one."""
    twin = copy.deepcopy(network)
    train(network, 0, steps)
    train(twin, 0, k)
    return copy.deepcopy(twin.state_dict())


def documents(network, train, steps, k):
    train(network, 0, k)
    theta_k = copy.deepcopy(network.state_dict())
    train(network, 0, steps)
    return theta_k


def without_copy(network, train, steps, k):
    train(network, 0, k)
    theta_k = network.state_dict()
    train(network, k, steps)
    return theta_k


def saved_too_early(network, train, steps, k):
    theta = copy.deepcopy(network.state_dict())
    train(network, 0, steps)
    return theta


def no_first_steps(network, train, steps, k):
    theta = copy.deepcopy(network.state_dict())
    train(network, k, steps)
    return theta


def only_to_k(network, train, steps, k):
    train(network, 0, k)
    return copy.deepcopy(network.state_dict())


def parameters_only(network, start):
    names = dict(network.named_parameters())
    network.load_state_dict({name: value for name, value in start.items() if name in names}, strict=False)


def masking_the_copy(network, train, cut, steps, k, levels):
    """The mask laid on θ_k itself: every ticket is right, but no other mask can stand on what is returned."""
    theta_k = dense(network, train, steps, k)
    kept = masks.dense(network)
    for _ in range(levels):
        kept = cut(network, kept)
        for name, mask in kept.items():
            theta_k[name] *= mask
        network.load_state_dict(theta_k)
        enforce(network, kept)
        train(network, k, steps)
    return Ticket(kept, theta_k)


def skips_no_steps(network, train, cut, steps, k, levels):
    """Right: no call where there is nothing to train."""
    return nb05.late_reset.solution(
        network, lambda net, first, last: train(net, first, last) if first < last else None, cut, steps, k, levels
    )


def matrices_only(network, start):
    network.load_state_dict({name: value for name, value in start.items() if value.dim() == 2}, strict=False)


def never_trains_the_last(network, train, cut, steps, k, levels):
    waiting = [train] * (2 + levels - 1)
    return nb05.late_reset.solution(
        network, lambda *given: waiting.pop()(*given) if waiting else None, cut, steps, k, levels
    )


def test_the_solutions_pass(capsys):
    assert nb05.late_reset(nb05.late_reset.solution)
    assert nb05.random_ticket(nb05.random_ticket.solution)
    assert nb05.two_dials(nb05.two_dials.solution)
    assert capsys.readouterr().out == (
        "late_reset: passed (2 cases).\nrandom_ticket: passed (2 cases).\ntwo_dials: passed (6 cases).\n"
    )


RIGHT = [search(), search(first=in_one_go), search(first=on_a_second_network), skips_no_steps]


@pytest.mark.parametrize("attempt", RIGHT)
def test_other_right_searches_pass(attempt):
    assert nb05.late_reset(attempt)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (search(first=documents), "k + T steps: after its first 2 the dense network has only T − k left"),
        (search(first=without_copy), "state_dict() hands out the very tensors"),
        (search(first=saved_too_early), "that is θ₀. It was saved before the first k steps"),
        (search(first=no_first_steps), "the steps from 0 up to 2 were left out"),
        (search(first=only_to_k), "the mask was taken from θ_k"),
        (search(first=lambda network, *_: copy.deepcopy(network.state_dict())), "something has to be trained first"),
        (search(rewind=lambda *_: None), "you forgot to rewind"),
        (search(rewind=matrices_only), "you rewound the weight matrices only"),
        (search(rewind=parameters_only), "you rewound the weight matrices only"),
        (search(cut_first=False), "Cut first, by the trained sizes; then rewind"),
        (search(hold=lambda *_: None), "the mask was not applied"),
        (search(hold=zero_once), "every step moves them"),
        (search(begin=lambda k, steps: (0, steps)), "They should stand at 2, as they did when θ_k was passed"),
        (search(begin=lambda k, steps: (0, steps - k)), "but they are the first ones"),
        (search(begin=lambda k, steps: (k, steps - 1)), "it stops before the end of the schedule"),
        (search(begin=lambda k, steps: (k + 1, steps)), "The next one is number 2"),
        (search(begin=lambda k, steps: (k, k + steps)), "who starts at k has 6 − k left"),
        (search(give=lambda kept, theta: kept), "expected  a Ticket"),
        (search(give=lambda kept, theta: Ticket({n: ~m for n, m in kept.items()}, theta)), "found     other masks"),
        (search(give=lambda kept, theta: Ticket(kept, {n: v + 1 for n, v in theta.items()})), "so they are no copy"),
        (masking_the_copy, "Keep θ_k whole: the next exercise puts other masks on it"),
        (search(give=lambda kept, theta: Ticket(kept, {n: theta[n] for n in kept})), "other values in 0.bias"),
        (never_trains_the_last, "the ticket is never trained"),
        (lambda *_: None, "expected  2 cuts, one a level"),
        (lambda *_: 1 / 0, "ZeroDivisionError"),
        (7, "Expected a function"),
    ],
)
def test_a_wrong_search_is_told_why(attempt, message, capsys):
    assert not nb05.late_reset(attempt)
    assert message in capsys.readouterr().out


def drawn(new_mask, start=lambda ticket, generator: ticket.initial_weights):
    """A ``random_ticket`` from a function of one mask and the generator."""

    def attempt(ticket, generator):
        return Ticket({n: new_mask(m, generator) for n, m in ticket.masks.items()}, start(ticket, generator))

    return attempt


def shuffled(mask, generator):
    return mask.flatten()[torch.randperm(mask.numel(), generator=generator)].view_as(mask)


def by_scores(mask, generator):
    """Another right way: keep the largest of as many random numbers."""
    scores = torch.rand(mask.shape, generator=generator)
    return scores >= scores.flatten().topk(int(mask.sum())).values.min()


def over_all_layers(ticket, generator):
    flat = torch.cat([mask.flatten() for mask in ticket.masks.values()])
    parts = shuffled(flat, generator).split([mask.numel() for mask in ticket.masks.values()])
    found = {n: part.view_as(m) for part, (n, m) in zip(parts, ticket.masks.items(), strict=True)}
    return Ticket(found, ticket.initial_weights)


def from_its_seed(mask, generator):
    return shuffled(mask, torch.Generator().manual_seed(generator.initial_seed()))


def redrawn(ticket, generator):
    return {n: torch.randn(w.shape, generator=generator) for n, w in ticket.initial_weights.items()}


def masked_start(ticket, generator):
    return {n: w * ticket.masks.get(n, True) for n, w in ticket.initial_weights.items()}


def masked_by_its_own(ticket, generator):
    """Right, too: of the start only what the new mask keeps is used."""
    control = drawn(shuffled)(ticket, generator)
    start = {n: w * control.masks.get(n, True) for n, w in ticket.initial_weights.items()}
    return Ticket(control.masks, start)


def in_place(ticket, generator):
    for mask in ticket.masks.values():
        mask.copy_(shuffled(mask, generator))
    return Ticket(ticket.masks, ticket.initial_weights)


@pytest.mark.parametrize("attempt", [drawn(shuffled), drawn(by_scores), masked_by_its_own])
def test_every_way_of_drawing_passes(attempt):
    assert nb05.random_ticket(attempt)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (over_all_layers, "drawn over all layers together"),
        (drawn(lambda m, g: torch.rand(m.shape, generator=g) < m.double().mean()), "right on average only"),
        (drawn(lambda m, g: ~shuffled(m, g)), "this is another number of weights"),
        (drawn(lambda m, g: m[torch.randperm(len(m), generator=g)]), "rows or columns were moved as a whole"),
        (drawn(lambda m, g: m), "the ticket's own mask"),
        (drawn(lambda m, g: m.flatten()[torch.randperm(m.numel())].view_as(m)), "did not come from the generator"),
        (drawn(lambda m, g: m.flatten().sort().values.view_as(m)), "the same mask each time"),
        (drawn(from_its_seed), "you made a generator of your own from its seed"),
        (drawn(lambda m, g: shuffled(m, g).float()), "expected  a bool mask"),
        (drawn(lambda m, g: shuffled(m, g).flatten()), "expected  a bool mask"),
        (drawn(shuffled, redrawn), "new values are a second change"),
        (drawn(shuffled, masked_start), "most of the new places hold a zero"),
        (in_place, "your function changed the masks"),
        (lambda ticket, generator: ticket.masks, "expected  a Ticket"),
        (lambda *_: None, "Does your function return its result?"),
    ],
)
def test_a_wrong_draw_is_told_why(attempt, message, capsys):
    assert not nb05.random_ticket(attempt)
    assert message in capsys.readouterr().out


def dials(stays=lambda network, start, end: None, begin=lambda weights_at, rate_at: rate_at, pause=lambda at: at or 0):
    """A ``two_dials`` of which one part may be another; ``stays`` is what happens when the weights should stay."""

    def attempt(network, train, cut, steps, levels, weights_at, rate_at):
        start = dense(network, train, steps, pause(weights_at))
        end = copy.deepcopy(network.state_dict())
        kept = masks.dense(network)
        for _ in range(levels):
            kept = cut(network, kept)
            if weights_at is None:
                stays(network, start, end)
            else:
                network.load_state_dict(start)
            enforce(network, kept)
            train(network, begin(weights_at, rate_at), steps)
        return kept

    return attempt


def saves_every_state(network, train, cut, steps, levels, weights_at, rate_at):
    """Another right way: the dense training step by step, with all its states kept."""
    states = [copy.deepcopy(network.state_dict())]
    for step in range(steps):
        train(network, step, step + 1)
        states.append(copy.deepcopy(network.state_dict()))
    kept = masks.dense(network)
    for _ in range(levels):
        kept = cut(network, kept)
        if weights_at is not None:
            network.load_state_dict(states[weights_at])
        enforce(network, kept)
        train(network, rate_at, steps)
    return kept


def pauses_at_the_rate(network, train, cut, steps, levels, weights_at, rate_at):
    """Another right way: where no weights go back, a pause at any step does no harm."""
    pause = rate_at if weights_at is None else weights_at
    start = dense(network, train, steps, pause)
    kept = masks.dense(network)
    for _ in range(levels):
        kept = cut(network, kept)
        if weights_at is not None:
            network.load_state_dict(start)
        enforce(network, kept)
        train(network, rate_at, steps)
    return kept


def if_weights_at(network, train, cut, steps, levels, weights_at, rate_at):
    """The likeliest slip: 0 is false."""
    start = dense(network, train, steps, weights_at or 0)
    kept = masks.dense(network)
    for _ in range(levels):
        kept = cut(network, kept)
        if weights_at:
            network.load_state_dict(start)
        enforce(network, kept)
        train(network, rate_at, steps)
    return kept


def with_a_second_network(network, train, cut, steps, levels, weights_at, rate_at):
    """Another right way, as ``on_a_second_network``; the twin stays at θ, and its state is loaded at each level."""
    start = on_a_second_network(network, train, steps, weights_at or 0)
    kept = masks.dense(network)
    for _ in range(levels):
        kept = cut(network, kept)
        if weights_at is not None:
            network.load_state_dict(start)
        enforce(network, kept)
        train(network, rate_at, steps)
    return kept


def zero_is_no_step(network, train, cut, steps, levels, weights_at, rate_at):
    start = dense(network, train, steps, weights_at or rate_at)
    kept = masks.dense(network)
    for _ in range(levels):
        kept = cut(network, kept)
        if weights_at is not None:
            network.load_state_dict(start)
        enforce(network, kept)
        train(network, rate_at, steps)
    return kept


@pytest.mark.parametrize("attempt", [dials(), saves_every_state, pauses_at_the_rate, with_a_second_network])
def test_two_dials_written_otherwise_passes(attempt):
    assert nb05.two_dials(attempt)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (dials(stays=lambda network, start, end: network.load_state_dict(start)), "that is θ₀."),
        (
            dials(stays=lambda network, start, end: network.load_state_dict(end)),
            "back at the end of the dense training",
        ),
        (dials(begin=lambda weights_at, rate_at: weights_at or 0), "The schedule has a dial of its own"),
        (dials(begin=lambda weights_at, rate_at: 0), "They should stand at 2"),
        (if_weights_at, "ask `is not None`"),
        (zero_is_no_step, "The weights have a dial of their own, and 0 is a step of it"),
        (dials(pause=lambda at: 0), "that is θ₀. It was saved before"),
        (lambda *given: [nb05.two_dials.solution(*given)], "the masks of the last level"),
    ],
)
def test_a_wrong_dial_is_told_why(attempt, message, capsys):
    assert not nb05.two_dials(attempt)
    assert message in capsys.readouterr().out


@each_submission("nb05")
def test_submissions_are_told_what_they_deserve(made, capsys):
    told_why_and_given_what_it_earns(made, nb05, POINTS, capsys)


@pytest.mark.parametrize("name", POINTS)
def test_the_cells_below_an_open_exercise_get_the_courses_own(name, capsys):
    exercise = getattr(nb05, name)
    assert exercise.or_ours(lambda *_: None) is exercise.solution
    assert "use the course's own" in capsys.readouterr().out


# Right ways that train or return otherwise; the page's hidden tests must pass them as its checks do.
HIDDEN = {
    "late-reset-test": [("late_reset", nb05.late_reset.solution), ("late_reset", search(first=in_one_go))],
    "random-ticket-test": [
        ("random_ticket", nb05.random_ticket.solution),
        ("random_ticket", masked_by_its_own),
    ],
    "dials-test": [
        ("two_dials", nb05.two_dials.solution),
        ("two_dials", saves_every_state),
        ("two_dials", with_a_second_network),
        ("two_dials", pauses_at_the_rate),
    ],
}


@pytest.mark.parametrize(("cell", "name", "attempt"), [(c, *one) for c, many in HIDDEN.items() for one in many])
def test_what_a_check_passes_the_hidden_test_passes(cell, name, attempt):
    page = nbformat.read(NOTEBOOK, as_version=4)
    (source,) = [one.source for one in page.cells if one.id == cell]
    exec(source, {name: attempt, "checks": checks, "torch": torch, "Ticket": Ticket})
