"""Quick questions: every answer carries its own explanation. They need no kernel and no widgets, only a browser."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

# No fixed colours: what is drawn takes the colour of the text, so that it is seen in a dark theme, too.
BOX = "border: 1px solid; border-radius: 4px; padding: 0.3em 0.7em; margin: 0.3em 0"
WIDTH = "max-width: 44em"


@dataclass(frozen=True)
class Answer:
    """One possible answer.

    Attributes:
        text: the answer, plain text.
        because: why it is right, or what is wrong with it; shown when the answer is opened.
        right: whether it is the right one.
    """

    text: str
    because: str
    right: bool = False

    def __post_init__(self) -> None:
        if not self.text.strip() or not self.because.strip():
            raise ValueError(f"an answer needs a text and an explanation, got {self.text!r} because {self.because!r}")

    @property
    def explanation(self) -> str:
        """The verdict as a sign and a word, then the explanation."""
        return f"{'✓ Right.' if self.right else '✗ Not this one.'} {self.because}"


@dataclass(frozen=True)
class Question:
    """A question with two to 26 answers, of which exactly one is right.

    Raises:
        ValueError: another number of answers, or of right ones.
    """

    text: str
    answers: Sequence[Answer]

    def __post_init__(self) -> None:
        if not 2 <= len(self.answers) <= len(ascii_uppercase):
            raise ValueError(f"{self.text!r} must have 2 to {len(ascii_uppercase)} answers, got {len(self.answers)}")
        right = [answer.text for answer in self.answers if answer.right]
        if len(right) != 1:
            raise ValueError(f"{self.text!r} must have exactly one right answer, got {len(right)}: {right}")

    @property
    def lettered(self) -> list[tuple[str, Answer]]:
        """The answers with the letters A, B, …"""
        return list(zip(ascii_uppercase, self.answers, strict=False))


class Quiz:
    """Questions that a page shows one below the other; opening an answer shows its explanation. Nothing is graded.

    The page and the text are the same each time, so that a comparison of stored outputs holds.

    Raises:
        ValueError: no questions.
    """

    def __init__(self, *questions: Question) -> None:
        if not questions:
            raise ValueError("a quiz needs at least one question, got none")
        self.questions = questions

    def html(self) -> str:
        """The questions as HTML; each answer is a native ``<details>`` that the keyboard opens, too."""
        blocks = [_block(number, question) for number, question in enumerate(self.questions, start=1)]
        return f'<div style="{WIDTH}">\n' + "\n".join(blocks) + "\n</div>"

    def text(self) -> str:
        """The questions as plain text, with the explanations after a line "Answers"."""
        asked, explained = [], []
        for number, question in enumerate(self.questions, start=1):
            asked += [f"{number}. {question.text}", *(f"   {letter}. {a.text}" for letter, a in question.lettered), ""]
            explained += [f"{number}{letter}. {answer.explanation}" for letter, answer in question.lettered]
        return "\n".join([*asked, "Answers", *explained])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.text()}


def _block(number: int, question: Question) -> str:
    answers = [
        f'<details style="{BOX}"><summary style="cursor: pointer">{letter}. {html.escape(answer.text)}</summary>'
        f'<div style="padding: 0.3em 0 0.2em 1em">{html.escape(answer.explanation)}</div></details>'
        for letter, answer in question.lettered
    ]
    asked = f'<div style="margin: 1em 0 0.4em 0"><b>{number}. {html.escape(question.text)}</b></div>'
    return "\n".join([asked, *answers])
