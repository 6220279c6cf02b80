"""Quick questions: what they refuse, what a browser gets, and what a page without one reads."""

import subprocess
import sys
from html.parser import HTMLParser

import pytest

from lth_teach.explore.quiz import Answer, Question, Quiz

HEADS = Question(
    "Is 1 < 2 & true?",
    [Answer("yes", "One is less than two.", right=True), Answer("no", 'Count: "one", <two>.')],
)


class Seen(HTMLParser):
    """The texts of a page by the tag that encloses them, and all tags."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.texts = [], [], {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag  # what is opened last is closed first

    def handle_data(self, data):
        if data.strip():
            self.texts.setdefault(self.open[-1], []).append(data)


def test_each_answer_is_an_entry_that_opens_with_its_explanation_in_it():
    seen = Seen(Quiz(HEADS).html())
    assert seen.open == []
    assert seen.texts["summary"] == ["A. yes", "B. no"]
    assert seen.texts["div"] == ["✓ Right. One is less than two.", '✗ Not this one. Count: "one", <two>.']
    assert seen.texts["b"] == ["1. Is 1 < 2 & true?"]
    assert "two" not in seen.tags  # escaped, so it is text


def test_the_text_lists_the_answers_first_and_explains_them_after_a_line():
    assert Quiz(HEADS, HEADS).text().splitlines() == [
        *("1. Is 1 < 2 & true?", "   A. yes", "   B. no", ""),
        *("2. Is 1 < 2 & true?", "   A. yes", "   B. no", ""),
        "Answers",
        *("1A. ✓ Right. One is less than two.", '1B. ✗ Not this one. Count: "one", <two>.'),
        *("2A. ✓ Right. One is less than two.", '2B. ✗ Not this one. Count: "one", <two>.'),
    ]


def test_no_colour_is_fixed_and_the_output_is_the_same_each_time():
    shown = Quiz(HEADS)._repr_mimebundle_()
    assert set(shown) == {"text/html", "text/plain"}
    assert shown == Quiz(HEADS)._repr_mimebundle_()
    assert "color" not in shown["text/html"]
    assert "#" not in shown["text/html"]
    assert " id=" not in shown["text/html"]


@pytest.mark.parametrize("right", [(False, False), (True, True)])
def test_a_question_with_no_or_two_right_answers_is_refused(right):
    answers = [Answer(f"answer {flag}", "because", flag) for flag in right]
    with pytest.raises(ValueError, match=f"'Why\\?' must have exactly one right answer, got {sum(right)}"):
        Question("Why?", answers)


def test_too_few_answers_an_unexplained_one_and_an_empty_quiz_are_refused():
    with pytest.raises(ValueError, match="must have 2 to 26 answers, got 1"):
        Question("Why?", [Answer("so", "because", right=True)])
    with pytest.raises(ValueError, match="an answer needs a text and an explanation, got 'so' because ' '"):
        Answer("so", " ")
    with pytest.raises(ValueError, match="a quiz needs at least one question"):
        Quiz()


def test_it_needs_neither_widgets_nor_a_kernel():
    code = "import sys; from lth_teach.explore import quiz; sys.exit(bool({'ipywidgets', 'IPython'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
