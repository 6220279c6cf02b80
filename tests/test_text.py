"""Sentences are found where English is, in a fixed order; vocabulary and encoding are plain."""

import numpy as np
import pytest
import torch

from lth_teach.ground import storage
from lth_teach.language import text

MODULE = '''"""Compute things that other people need every day.

    >>> This is an example and not a sentence of the kind we want.

A short one. This second sentence is long enough to be kept here. Use ``code`` in a sentence and it is dropped at once.
"""


class Thing:
    """Things are made of several parts that fit together.

    | A table row is not a sentence either but looks like one.
    """

    def method(self):
        """Return the number of parts that this thing has."""

        def inner():
            """Functions inside of functions are passed over to save time."""


    if True:
        x = "A plain string in the code is not a docstring."
'''

FOUND = [
    "Compute things that other people need every day.",
    "This second sentence is long enough to be kept here.",
    "Things are made of several parts that fit together.",
    "Return the number of parts that this thing has.",
]


def test_docstrings_give_their_english_sentences_and_nothing_else():
    assert [s for doc in text.docstrings(MODULE) for s in text.sentences_of(doc)] == FOUND


def test_a_file_that_does_not_parse_has_no_docstrings():
    assert list(text.docstrings("def broken(:\n    '''Never seen.'''")) == []


def test_parsing_other_peoples_files_warns_of_nothing(recwarn):
    assert list(text.docstrings('"""A doc."""\nx = "\\d"\n')) == ["A doc."]
    assert len(recwarn) == 0


def test_words_are_lower_case_without_punctuation():
    assert text.words("Don't print 3 well-known Words, please.") == ["don't", "print", "well-known", "words", "please"]


def test_the_vocabulary_has_the_special_entries_then_the_most_frequent_words():
    assert text.vocabulary(["b a c", "c b", "c d"], 6) == ["[pad]", "[mask]", "[unknown]", "c", "b", "a"]
    with pytest.raises(ValueError, match="must be above 3"):
        text.vocabulary(["a"], 3)


def test_encoding_cuts_pads_and_knows_what_it_does_not_know():
    rows = text.encode(["A b.", "b zebra a b"], ["[pad]", "[mask]", "[unknown]", "a", "b"], length=3)
    assert rows.tolist() == [[3, 4, 0], [4, 2, 3]]
    assert rows.dtype == torch.int64
    assert text.encode([], ["[pad]", "[mask]", "[unknown]"], 3).shape == (0, 3)


def fake_library(folder, name, sentences):
    place = folder / name
    (place / "tests").mkdir(parents=True)
    for number, sentence in enumerate(sentences):
        (place / f"module{number}.py").write_text(f'"""{sentence}"""\n')
    (place / "tests" / "test_it.py").write_text('"""Sentences of the tests are left out of the corpus."""\n')


@pytest.fixture
def libraries(tmp_path, monkeypatch):
    """Two packages that cannot be imported without an error, and an empty cache."""
    fake_library(
        tmp_path, "firstfake", [f"Sentence number {w} of the first package here." for w in ("one", "two", "six")]
    )
    fake_library(
        tmp_path,
        "secondfake",
        ["Another sentence that only the second package has.", "Both have this one sentence in them."],
    )
    fake_library(tmp_path / "firstfake", "more", ["Both have this one sentence in them."])
    for name in ("firstfake", "secondfake"):
        (tmp_path / name / "__init__.py").write_text('raise RuntimeError("imported")\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("LTH_TEACH_CACHE", str(tmp_path / "cache"))
    return ["firstfake", "secondfake"]


def test_libraries_are_read_without_importing_them_and_shared_sentences_dropped(libraries):
    found = text.installed_sentences(10, libraries)
    assert len(found["firstfake"]) == 3
    assert found["secondfake"] == ["Another sentence that only the second package has."]
    assert len(text.installed_sentences(2, libraries)["firstfake"]) <= 2


def test_the_second_reading_comes_from_the_cache_and_is_the_same(libraries, monkeypatch):
    first = text.installed_sentences(10, libraries)
    monkeypatch.setattr(text, "docstrings", lambda source: 1 / 0)
    assert text.installed_sentences(10, libraries) == first
    files = list(storage.cache_dir().glob("sentences-*"))
    assert len(files) == 1  # and no temporary name left


def test_a_damaged_cache_is_made_again(libraries):
    first = text.installed_sentences(10, libraries)
    next(storage.cache_dir().glob("sentences-*")).write_text("{")
    assert text.installed_sentences(10, libraries) == first


def test_a_changed_library_is_read_again(libraries, tmp_path):
    text.installed_sentences(10, libraries)
    (tmp_path / "secondfake" / "new.py").write_text('"""A sentence that was not there the first time."""')
    assert len(text.installed_sentences(10, libraries)["secondfake"]) == 2


def test_what_is_not_installed_or_too_few_is_refused():
    with pytest.raises(ValueError, match="nosuchlibrary is not installed"):
        text.installed_sentences(5, ["nosuchlibrary"])
    with pytest.raises(ValueError, match="at least 1 sentence"):
        text.installed_sentences(0)


def test_a_folder_of_text_gives_its_sentences_in_order(tmp_path):
    names = "abcdefghijklmno"
    lines = [f"The letter {a} stands before {b} in my {c} list." for a in names for b in names for c in ("old", "new")]
    (tmp_path / "b.txt").write_text(" ".join(lines[200:]))
    (tmp_path / "a.md").write_text(" ".join(lines[:300]))
    (tmp_path / "c.csv").write_text("This file is not one of those that are read.")
    assert text.folder_sentences(tmp_path) == lines


def test_an_empty_a_small_and_a_missing_folder_are_told_apart(tmp_path):
    with pytest.raises(ValueError, match=r"no \.txt, \.md or \.rst file"):
        text.folder_sentences(tmp_path)
    (tmp_path / "a.txt").write_text("There is only one sentence in this file.")
    with pytest.raises(ValueError, match="too small: 1 sentences .* in 1 files, and at least 200"):
        text.folder_sentences(tmp_path)
    with pytest.raises(FileNotFoundError, match="no text folder at"):
        text.folder_sentences(tmp_path / "nowhere")


def test_sentences_are_found_without_a_cache(no_cache):
    with pytest.warns(UserWarning, match="nothing can be kept in the cache"):
        found = text.installed_sentences(5, ["numpy"])
    assert len(found["numpy"]) == 5


def test_a_tilde_is_the_home_folder_and_numpys_integers_are_numbers(tmp_path, monkeypatch, own_progress):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "texts").mkdir()
    with pytest.raises(ValueError, match="texts has no text in it"):
        text.folder_sentences("~/texts")
    assert text.installed_sentences(np.int64(5), ["numpy"]) == text.installed_sentences(5, ["numpy"])
    with pytest.raises(ValueError, match="each must be a whole number, got 2.5"):
        text.installed_sentences(2.5)
