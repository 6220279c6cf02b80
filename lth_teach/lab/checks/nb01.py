"""Checks of notebook 01: one mask and two networks, the test for matching, and how often that test can succeed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from . import Wrong, call, exercise, expect, prints_below
from ._nb01_matching import INTERVALS, WORDS, matching_cases, our_matching, pairs, three_parts
from ._nb01_simulation import our_simulation, simulation_cases, two_shares

if TYPE_CHECKING:
    from ..plots import Picture

Solutions = tuple[np.ndarray, np.ndarray]


def our_two_networks(x: np.ndarray, y: np.ndarray, kept: np.ndarray) -> Solutions:
    """The right answer: (cut, ticket)."""
    cut = np.linalg.lstsq(x, y)[0] * kept
    ticket = np.zeros(x.shape[1])
    ticket[kept] = np.linalg.lstsq(x[:, kept], y)[0]
    return cut, ticket


def _cases() -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Two inputs that resemble each other; five of which two, then one, are kept."""
    numbers = np.random.default_rng(1)
    common = numbers.normal(size=(40, 1))
    two, five = common + 0.5 * numbers.normal(size=(40, 2)), common + numbers.normal(size=(40, 5))
    cases = [(two, two @ [1.0, 1.0], np.array([True, False]))]
    for kept in ([True, False, True, False, False], [False, False, False, True, False]):
        cases.append((five, five @ [1.0, -2.0, 0.5, 3.0, 1.0], np.array(kept)))
    return cases


def _surface(attempt: Any) -> Picture:
    """The attempt's two solutions of the first case on the surface of its loss."""
    from ..pictures.matching import CUT, answer

    x, y, kept = _cases()[0]
    cut, ticket = _both(attempt, x, y, kept)
    names = (CUT, "ticket")
    found, right = (
        {name: (float(one[0]), float(one[1])) for name, one in zip(names, both, strict=True)}
        for both in ((cut, ticket), our_two_networks(x, y, kept))
    )
    return answer(x.T @ x / len(x), (1.0, 1.0), found, right)


def _both(attempt: Any, x: np.ndarray, y: np.ndarray, kept: np.ndarray) -> Solutions:
    """What the attempt returns, if it is two arrays of as many weights as x has columns."""
    shown = f"  input     {_shown(x, kept)}\n"
    want = f"  expected  a pair (cut, ticket) of arrays with {x.shape[1]} weights each\n"
    with prints_below() as printed:
        try:
            found = call(attempt, [x.copy(), y.copy(), kept.copy()], shown, printed)
            shapes = [np.shape(one) for one in found] if isinstance(found, (tuple, list)) else []
        except (Wrong, ValueError) as error:
            if "inhomogeneous" not in str(error):
                raise
            reason = error.__cause__ if isinstance(error, Wrong) else error  # a Wrong names the input already
            raise Wrong(
                f"{shown}{want}  found     {type(reason).__name__}: {reason}\n"
                "Likely: lstsq returns four things; [0] takes the weights."
            ) from error
        if found is None:
            raise Wrong(f"{shown}{want}  found     None\nDoes your function return its result?")
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            raise Wrong(f"{shown}{want}  found     {type(found).__name__}")
        if shapes != [(x.shape[1],)] * 2:
            why = ""
            if shapes[1] == (int(kept.sum()),):
                why = "\nLikely: you return the kept weights alone. Put them back in their places, with 0 elsewhere."
            raise Wrong(f"{shown}{want}  found     shapes {shapes[0]} and {shapes[1]}{why}")
    return np.asarray(found[0], dtype=float), np.asarray(found[1], dtype=float)


def _shown(x: np.ndarray, kept: np.ndarray) -> str:
    return f"x of shape {x.shape}, y = x @ weights, kept {kept.tolist()}"


@exercise(
    "Fit twice. The first fit knows nothing of the mask; does the second?",
    "np.linalg.lstsq(x, y)[0] are the weights that fit y best. A weight that is held at zero might as well have no "
    "column of x.",
    "Cut: all weights are fitted, and then some are thrown away. Ticket: only the kept columns of x are ever "
    "fitted, and what comes out is put back into its places, with zeros elsewhere.",
    solution=our_two_networks,
    picture=_surface,
)
def two_networks(attempt: Callable[..., Solutions]) -> int:
    """(x, y, kept) → (the dense fit with the other weights set to zero, the fit of the kept weights alone)."""
    cuts: list[tuple[str, Callable[..., np.ndarray]]] = [
        ("this is the dense solution, nothing is cut.", lambda x, y, kept: np.linalg.lstsq(x, y)[0]),
        ("this is fitted under the mask, so it is the ticket.", lambda *case: our_two_networks(*case)[1]),
        ("the mask is the wrong way round: True means kept.", lambda x, y, kept: np.linalg.lstsq(x, y)[0] * ~kept),
    ]
    tickets: list[tuple[str, Callable[..., np.ndarray]]] = [
        (
            "this is the cut one again. A ticket is fitted anew, with the mask held from the start.",
            lambda *case: our_two_networks(*case)[0],
        ),
        ("this is the dense solution; the mask plays no part in it.", lambda x, y, kept: np.linalg.lstsq(x, y)[0]),
        ("you fitted the columns that are cut; True means kept.", lambda x, y, kept: our_two_networks(x, y, ~kept)[1]),
    ]
    cases = _cases()
    for case in cases:
        _both(attempt, *case)
        shown = _shown(case[0], case[2])
        right = our_two_networks(*case)
        for place, (mistakes, name) in enumerate(((cuts, "cut"), (tickets, "ticket"))):

            def part(*given: np.ndarray, place: int = place) -> np.ndarray:
                return np.asarray(attempt(*given)[place], dtype=float)

            expect(part, case, right[place], mistakes, f"{shown} → {name}")
    return len(cases)


@exercise(
    "Ticket and dense network of one seed belong together: what is the one number that a seed contributes?",
    "Half the width is t × (standard deviation of the differences, with n − 1) / √n, where t comes from "
    "Student's table with n − 1 degrees of freedom: 97.5 % of it lies below t.",
    "Three places to stand: the whole interval above −margin, the whole interval below it, or neither. "
    "Where zero lies plays no part.",
    solution=our_matching,
)
def matching(attempt: Callable[..., tuple[float, float, str]]) -> int:
    """(ticket, dense, margin) → (low, high, word): 95 % interval of the mean paired difference, and what follows."""
    cases = matching_cases()
    words = [three_parts(attempt, case) for case in cases]
    mistakes = [(text, rule) for text, rule in WORDS if [rule(*case) for case in cases] == words]
    for case in cases:
        right, shown = our_matching(*case), pairs(case)
        expect(
            lambda *given: tuple(map(float, attempt(*given)[:2])), case, right[:2], INTERVALS, f"{shown} → low, high"
        )
        expect(lambda *given: attempt(*given)[2], case, right[2], mistakes, f"{shown} → word")
    return len(cases)


@exercise(
    "One experiment first: n differences, one interval, two questions to ask of it.",
    "A difference of one seed is normal around the truth with the given spread. Use `matching` on n of them, with "
    "zeros for the dense network.",
    "Repeat the experiment, and count two things: in how many the interval holds the true difference, and in how many "
    "the word is that the ticket matches. Divide both by the number of repeats.",
    solution=our_simulation,
)
def simulate(attempt: Callable[..., tuple[float, float]]) -> int:
    """(n, spread, truth, margin, repeats, numbers) → (coverage, power) of the test for matching, as fractions."""
    cases = simulation_cases()
    for case in cases:
        two_shares(attempt, case)
    return len(cases)
