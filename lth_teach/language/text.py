"""English that every learner already has: sentences from docstrings of installed packages, or from a folder of text.

Source files are read as text and parsed, never imported, so nothing in them runs.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import json
import os
import re
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ..ground import storage
from ..ground.arguments import whole_number

STANDARD = "standard library"
LIBRARIES = (STANDARD, "numpy", "scipy", "sklearn", "pandas", "torch", "matplotlib")
SPECIAL = ("[pad]", "[mask]", "[unknown]")  # the first three numbers of every vocabulary
PAD, MASK, UNKNOWN = range(3)
SHORTEST, LONGEST = 6, 16  # words in a sentence
LARGEST = 200_000  # bytes of a source file; the few larger ones are slow to parse
ENOUGH = 200  # sentences; a folder with fewer is refused
LAYOUT = 1  # raise when sentences are found in another way, so that an older cache is not used
SKIPPED = {"test", "tests", "testing", "site-packages", "dist-packages", "__pycache__", "_vendor", "idlelib"}


def words(sentence: str) -> list[str]:
    """The words of a sentence in lower case; numbers, signs and punctuation are dropped.

    Punctuation goes because it would give the order of the words away: a sentence ends in a full stop.
    """
    return re.findall(r"[a-z]+(?:['’-][a-z]+)*", sentence.lower())


def sentences_of(text: str) -> Iterator[str]:
    """The English sentences of a docstring or a plain text.

    A sentence starts with a capital, ends in a full stop, has 6 to 16 words, and has little in it that is not a word.
    Examples (``>>>``), tables and headings have no such sentences.
    """
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        lines = [line.strip() for line in paragraph.splitlines()]
        if any(line.startswith((">>>", "...", "|", "+-", "==", "--")) for line in lines):
            continue
        for piece in re.split(r"(?<=[.!?])\s+(?=[A-Z])", " ".join(lines)):
            if not re.fullmatch(r"[A-Z][^`<>{}=\\\[\]_*/|]*\.", piece):
                continue
            found = words(piece)
            letters = sum(map(len, found))
            if SHORTEST <= len(found) <= LONGEST and letters > 0.75 * len(piece):
                yield piece


def docstrings(source: str) -> Iterator[str]:
    """The docstrings of a Python file: of the module, its classes and functions, and their methods.

    None if the file does not parse. Functions inside functions are passed over, which makes it several times faster.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the parser, about a backslash in somebody else's string
            open_: list[ast.AST] = [ast.parse(source)]
    except (SyntaxError, ValueError, RecursionError):
        return
    while open_:
        node = open_.pop(0)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            if text := ast.get_docstring(node, clean=False):
                yield text
            if isinstance(node, (ast.Module, ast.ClassDef)):
                open_ += node.body


def installed_sentences(each: int = 2_500, libraries: Sequence[str] = LIBRARIES) -> dict[str, list[str]]:
    """Library → at most ``each`` different sentences from its docstrings; cached.

    Files are read in an order that looks random and is the same on every machine, so that a limit takes something from
    every part of a library. A sentence that several libraries share belongs to none of them.

    Raises:
        ValueError: ``each`` is below 1, or a library is not installed.
    """
    each = whole_number("each", each)  # a numpy integer would be no JSON for the key below
    if each < 1:
        raise ValueError(f"each must be at least 1 sentence, got {each}")
    folders = {name: _folder(name) for name in libraries}
    files = {name: _python_files(folder) for name, folder in folders.items()}
    sizes = [[name, len(paths), sum(path.stat().st_size for path in paths)] for name, paths in files.items()]
    key = hashlib.sha256(json.dumps([LAYOUT, each, sizes]).encode()).hexdigest()[:16]
    file = f"sentences-{key}.json"
    try:
        return dict(json.loads((storage.cache_dir() / file).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # absent, not to be read, or damaged: read the libraries again
        pass
    found = {name: _read_library(files[name], each) for name in libraries}
    owners = Counter(sentence for sentences in found.values() for sentence in sentences)
    result = {name: [s for s in sentences if owners[s] == 1] for name, sentences in found.items()}
    with storage.if_possible():
        storage.write_json(storage.cache_dir() / file, result)
    return result


def folder_sentences(folder: str | Path) -> list[str]:
    """The different sentences of the .txt, .md and .rst files in a folder and the folders in it, in order of file name.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the folder has no text file, or fewer than 200 sentences (the message says how many).
    """
    root = Path(os.path.expanduser(folder))
    if not root.is_dir():
        raise FileNotFoundError(f"no text folder at {root}")
    files = sorted(path for path in root.rglob("*") if path.suffix in (".txt", ".md", ".rst") and path.is_file())
    if not files:
        raise ValueError(f"{root} has no text in it: no .txt, .md or .rst file")
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in files)
    found = list(dict.fromkeys(sentence for text in texts for sentence in sentences_of(text)))
    if len(found) < ENOUGH:
        raise ValueError(
            f"{root} is too small: {len(found)} sentences of {SHORTEST} to {LONGEST} words in {len(files)} files, "
            f"and at least {ENOUGH} are needed"
        )
    return found


def vocabulary(sentences: Iterable[str], size: int = 2_000) -> list[str]:
    """The three special entries, then the most frequent words; among equally frequent ones the alphabet decides.

    Raises:
        ValueError: ``size`` leaves no room for a word.
    """
    if size <= len(SPECIAL):
        raise ValueError(f"size must be above {len(SPECIAL)}, the number of special entries, got {size}")
    counts = Counter(word for sentence in sentences for word in words(sentence))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return [*SPECIAL, *ranked[: size - len(SPECIAL)]]


def encode(sentences: Sequence[str], known: Sequence[str], length: int = LONGEST) -> Tensor:
    """Sentences as numbers of words, shape (sentences, length): cut to ``length``, filled up with [pad]."""
    number = {word: position for position, word in enumerate(known)}
    rows = [[number.get(word, UNKNOWN) for word in words(sentence)[:length]] for sentence in sentences]
    return torch.tensor([row + [PAD] * (length - len(row)) for row in rows]).view(len(rows), length)


def _folder(library: str) -> Path:
    if library == STANDARD:
        return Path(sysconfig.get_paths()["stdlib"])
    spec = importlib.util.find_spec(library)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"{library} is not installed here, so its docstrings cannot be read")
    return Path(next(iter(spec.submodule_search_locations)))


def _python_files(folder: Path) -> list[Path]:
    """Python files in an order that depends on their names alone and mixes the parts of a library."""
    found = []
    for parent, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if name not in SKIPPED]
        found += [Path(parent, name) for name in names if name.endswith(".py")]
    found = [path for path in found if path.stat().st_size <= LARGEST]
    return sorted(found, key=lambda path: hashlib.sha256(path.relative_to(folder).as_posix().encode()).hexdigest())


def _read_library(files: Iterable[Path], limit: int) -> list[str]:
    found: dict[str, None] = {}  # a set that remembers the order
    for path in files:
        for text in docstrings(path.read_text(encoding="utf-8", errors="replace")):
            found.update(dict.fromkeys(sentences_of(text)))
        if len(found) >= limit:
            break
    return list(found)[:limit]
