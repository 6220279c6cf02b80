"""A claim's stamp: it changes with the code that the claim rests on, and with nothing else."""

from types import SimpleNamespace

import pytest

from lth_teach.lab.first_edition import claims, provenance

CELLS = ["from lth_teach import masks", "kept = masks.dense(model)", "print(kept)"]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of four files in place of lth_teach's own: above imports middle, middle imports below."""
    files = {
        "__init__": "from .below import Thing",
        "above": "from .lab import plots\nfrom .middle import middle",
        "middle": "def middle():\n    from .below import Thing\n    return Thing()",
        "below": '"""Words."""\nclass Thing:\n    """More words."""\n    size = 1  # a comment',
        "lab/plots": "from ..apart import colour",
        "apart": "colour = 1",
    }
    (tmp_path / "lab").mkdir()
    for name, source in files.items():
        (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1", "x = 1  # one"),
        ("x = f(1, 2)", "x = f(\n    1,\n    2,\n)"),
        ('def f():\n    """Words."""\n    return 1', 'def f():\n    """Other words."""\n    return 1'),
        ('def f():\n    """Words."""\n    return 1', "def f():\n    return 1"),
        ("%time x = 1\ny = 2", "%time x = 1\ny = 2  # two"),
    ],
)
def test_words_and_layout_do_not_count(before, after):
    assert provenance.code_hash(before) == provenance.code_hash(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1", "x = 2"),
        ("x = None", "x = 0"),
        ("x = 1.0", "x = 1"),
        ("if a:\n    b()\nc()", "if a:\n    b()\n    c()"),
        ('print("text")', 'print("other text")'),
        ("f(a)", "f(*a)"),
        ("a < b", "a <= b"),
        ("a - b", "b - a"),
        ("%time x = 1", "%time x = 2"),
        ("not Python at all", "nor is this"),
    ],
)
def test_code_counts(before, after):
    assert provenance.code_hash(before) != provenance.code_hash(after)


def test_a_hash_is_the_same_on_every_python_version():
    assert provenance.code_hash("def f(x, *, y=None):\n    return f'{x:.1f}', [y]") == "808d1b26"


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("from lth_teach import above", ["above", "below", "middle"]),
        ("from lth_teach.middle import middle", ["below", "middle"]),
        ("import lth_teach.below", ["below"]),
        ("from lth_teach import Thing", ["below"]),  # a public name, from the file it lives in
        ("from lth_teach import __version__\nfrom lth_teach.lab import plots", []),  # only shows
        ("import torch\nfrom os import path\nfrom lth_teach_other import above", []),
        ("", []),
    ],
)
def test_a_cell_rests_on_the_files_it_imports_and_on_those_they_import(package, cell, names):
    assert list(provenance.module_hashes([cell])) == names


def test_nothing_has_changed_right_after_a_claim_is_recorded():
    assert provenance.changes(provenance.stamp(CELLS), CELLS) == []


def test_cells_that_ran_besides_do_not_matter():
    ran = ["x = 1", *CELLS, CELLS[1], "print(kept, x)"]
    assert provenance.changes(provenance.stamp(ran), CELLS) == []


def test_a_cell_that_did_not_run_as_it_stands_is_a_change():
    kept = provenance.stamp(CELLS)
    assert provenance.changes(kept, [CELLS[0], "kept = masks.dense(other)", CELLS[2]]) == ["1 cell of the notebook"]
    assert provenance.changes(kept, ["a = 1", "b = 2", *CELLS, "", " "]) == ["2 cells of the notebook"]


def test_a_changed_file_is_named_and_one_that_only_draws_is_not(package):
    cells = ["from lth_teach import above"]
    kept = provenance.stamp(cells)
    (package / "lab" / "plots.py").write_text("colour = 2")
    (package / "apart.py").write_text("colour = 2")
    (package / "below.py").write_text("class Thing:\n    size = 1")
    assert provenance.changes(kept, cells) == []
    (package / "below.py").write_text("class Thing:\n    size = 2")
    assert provenance.changes(kept, cells) == ["below.py"]


def test_outside_a_notebook_there_are_no_cells():
    assert provenance.executed_cells() is None


def test_a_claim_shown_in_a_notebook_carries_the_stamp_of_what_ran(monkeypatch):
    history = SimpleNamespace(input_hist_raw=["", *CELLS])
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(history_manager=history))
    claim = claims.record(
        "02-a", section="1", document="", tested="", holds=True, verdict="refined", otherwise="refuted"
    )
    kept = claim._repr_mimebundle_()[1][claims.CODE_METADATA]
    assert provenance.changes(kept, CELLS) == []
    assert provenance.changes(kept, [*CELLS, "x = 1"]) == ["1 cell of the notebook"]
