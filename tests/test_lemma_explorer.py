"""The explorer of levels: that it counts in the browser what lth_teach.lemma counts (the oracle), to the letter."""

import json
import re

import pytest
from explorer_pages import NODE, in_node, shown

from lth_teach import lemma
from lth_teach.explore import lemma as explorer

NAMES = ("p", "s", "n", "rounding")
CASES = [  # p, s, n, rounding
    *(("0.2", "0.9", str(n), rounding) for n in (1, 7, 10, 40, 100, 266_200) for rounding in lemma.ROUNDINGS),
    ("0.2", "0.36", "266200", "round"),
    ("1/5", "9/25", "266201", "ceil"),
    ("0.3", "0.51", "1000", "floor"),
    ("0.7", "0.91", "1000", "round"),
    ("0.6", "0.936", "999", "ceil"),
    ("1/2", "3/4", "266201", "round"),
    ("1/2", "3/4", "2", "round"),  # a half, to the even number
    ("1/2", "7/8", "12", "round"),
    ("0.99", "0.99", "10", "ceil"),  # nothing is left
    (".01", "0.99", "1000000000000", "round"),
    ("0.01", "0.999999999999", "43000", "floor"),
    ("2e-1", "0.99999999999999999999999", "100", "ceil"),
    ("123456789012345/999999999999999", "0.123456789012345678", "54321", "floor"),
    ("0.000000000000000001", "0.000000000000000002", "5", "floor"),
    ("0.000000000000000001", "0.000000000000000002", "5", "ceil"),
    ("0.0009", "0.0009", "12345", "round"),
]
REFUSED = [
    ({"p": "0,2"}, "p is a decimal such as 0.2 or a fraction such as 1/5, not “0,2”."),
    ({"p": ""}, "p is a decimal such as 0.2 or a fraction such as 1/5, not “”."),
    ({"p": "."}, "p is a decimal such as 0.2 or a fraction such as 1/5, not “.”."),
    ({"p": "1"}, "p lies strictly between 0 and 1; “1” does not."),
    ({"p": "1/0"}, "p lies strictly between 0 and 1; “1/0” does not."),
    ({"s": "0"}, "s lies strictly between 0 and 1; “0” does not."),
    ({"s": "nan"}, "s is a decimal such as 0.2 or a fraction such as 1/5, not “nan”."),
    ({"s": "-0.5"}, "s is a decimal such as 0.2 or a fraction such as 1/5, not “-0.5”."),
    ({"s": "0." + 31 * "7"}, "s has more than 30 digits."),
    ({"n": "0"}, "n is a whole number from 1 to 10¹², not “0”."),
    ({"n": "12.5"}, "n is a whole number from 1 to 10¹², not “12.5”."),
    ({"n": "99999999999999"}, "n is a whole number from 1 to 10¹², not “99999999999999”."),
    ({"p": "1e-9"}, "That takes more than 10,000 levels."),
]


def kept(p, s, n, rounding):
    return [str(left) for left in lemma.follow(int(n), p, s, rounding)]


@pytest.fixture(scope="module")
def page():
    with shown(explorer.html()) as page:
        yield page


def typed(page, values):
    """The sentences after the fields have been filled, without a mouse."""
    for label, name in (("Prune rate p", "p"), ("Target sparsity s", "s"), ("Weights n", "n")):
        page.get_by_label(label).fill(values[name])
    page.get_by_label("p × survivors").select_option(values["rounding"])
    return page.locator("#lth-teach-lemma p").all_inner_texts()


@pytest.mark.browser
def test_it_starts_where_the_text_says_and_its_still_words_and_picture_agree(page):
    first = page.locator("#lth-teach-lemma p").first
    assert first.inner_text() == explorer.reading(**explorer.START)
    assert "100 whole weights, rounded down: 12 levels" in first.inner_text()
    assert first.get_attribute("aria-live") == "polite"
    assert explorer.reading(**explorer.START) in explorer.picture(**explorer.START).alt


@pytest.mark.browser
def test_what_is_typed_is_counted_as_python_counts_it(page):
    for case in CASES:
        values = dict(zip(NAMES, case, strict=True))
        assert typed(page, values)[0] == explorer.reading(**values), case
    assert page.complaints == []


@pytest.mark.browser
def test_a_tie_shows_what_rounding_makes_of_the_formula(page):
    exact, in_floats = typed(page, {"p": "0.2", "s": "0.36", "n": "100", "rounding": "round"})
    assert "The formula: 2 levels. The target is met exactly." in exact
    assert re.search(r"is 2\.0000000000000004, and rounded up: 3, one too many\.$", in_floats)


@pytest.mark.browser
@pytest.mark.parametrize(("change", "told"), REFUSED, ids=[told for _, told in REFUSED])
def test_what_cannot_be_used_is_refused_in_words_and_the_picture_fades(page, change, told):
    assert typed(page, {**explorer.START, **change}) == [told, ""]
    faded = "document.querySelector('#lth-teach-lemma svg').parentElement.style.opacity"
    assert page.evaluate(faded) == "0.3"
    assert typed(page, explorer.START)[0] == explorer.reading(**explorer.START)
    assert page.evaluate(faded) == "1"


@pytest.mark.browser
def test_the_keyboard_goes_to_the_places_and_the_page_fits_a_telephone(page):
    typed(page, explorer.START)
    button = page.get_by_role("button", name="ten weights")
    button.focus()
    button.press("Enter")
    assert (
        "the search stalls at 4 after 5 levels; the target allows 1." in page.locator("#lth-teach-lemma").inner_text()
    )
    assert page.get_by_label("Weights n").input_value() == "10"
    assert "whole weights: a stall" in page.locator("#lth-teach-lemma svg").get_attribute("aria-label")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    ink = "getComputedStyle(document.querySelector('#lth-teach-lemma svg text')).fill"
    assert page.evaluate(ink) == "rgb(238, 238, 238)"  # that of the text around it
    assert page.complaints == []


@NODE
def test_the_script_keeps_the_same_weights_at_every_level():
    cases = [dict(zip(NAMES, case, strict=True)) for case in CASES]
    code = (
        f"const found = {json.dumps(cases)}.map((values) => solve(values));"
        "const numbers = found.map(({ formula, kept }) => [formula, kept.map(String)]);"
        "console.log(JSON.stringify(numbers));"
    )
    assert in_node("lemma", code) == [[lemma.imp_levels(p, s), kept(p, s, n, rounding)] for p, s, n, rounding in CASES]


def test_the_page_needs_nothing_else():
    page = explorer.html()
    assert page == explorer.html()
    assert page.count("</script>") == page.count("</div>") == 1
    assert not re.search(r"\bimport\b|\bfetch\b|\bsrc=\"(?!data:)|https?://(?!www\.w3\.org/2000/svg)", page)
    assert explorer.reading(**explorer.START) in page


def test_a_notebook_gets_the_widget_a_picture_and_words_whatever_was_typed_before():
    widget = explorer.explorer()
    before = widget._repr_mimebundle_()
    widget.p = "no number"
    data, metadata = widget._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert data["text/plain"] == before[0]["text/plain"] == "Explorer: " + explorer.reading(**explorer.START)
    assert metadata["lth_teach_explorer"] == "lemma"
    assert explorer.reading(**explorer.START) in metadata["image/png"]["alt"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("1", "0.9", "10", "round"), "p must lie strictly between 0 and 1"),
        (("0.2", "x", "10", "round"), "s must be a number strictly between 0 and 1"),
        (("0.2", "0.9", "0", "round"), "n_weights must be at least 1, got 0"),
        (("0.2", "0.9", "10", "up"), "rounding must be one of round, floor, ceil"),
    ],
)
def test_the_reading_refuses_what_the_lemma_refuses(given, message):
    with pytest.raises(ValueError, match=message):
        explorer.reading(*given)
