"""The ledger: on small notebooks made up here, and on the stored ones of the course, for which it must be complete."""

import ast
import json
import re
from pathlib import Path

import pytest

from lth_teach.lab.first_edition import claims, findings, ledger, ledger_view, provenance, second_edition
from lth_teach.replicates import Interval

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
LAST = "16_key_findings"
ENDED = ("complete", "no claims")

SETUP = "from lth_teach import claims"
SOURCE = 'x = 1\nclaims.record("{}", section="5.3")'


def bundle(key="02-a", **changes):
    """Text and metadata that claims.record leaves with a cell."""
    given = {
        "section": "5.3",
        "document": "Random pruning is much worse.",
        "tested": "Ticket minus random is above 5 points",
        "holds": True,
        "verdict": "supported",
        "otherwise": "refuted",
        "measured": Interval(9.4321, 8.7654, 10.1, 3),
    }
    return claims.record(key, **(given | changes))._repr_mimebundle_()


def cell(source, *bundles, ran=True, **metadata):
    outputs = [{"output_type": "execute_result", "data": data, "metadata": extra} for data, extra in bundles]
    count = 1 if ran else None
    return {
        "cell_type": "code",
        "source": source.splitlines(keepends=True),
        "metadata": metadata,
        "execution_count": count,
        "outputs": outputs,
    }


def write(folder, name, *cells):
    text = {"cell_type": "markdown", "source": "claims.record(in words)", "metadata": {}}
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps({"cells": [text, *cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def recorded(key, **changes):
    return cell(SOURCE.format(key), bundle(key, **changes))


def stamped(key, cells):
    data, metadata = bundle(key)
    return data, metadata | {claims.CODE_METADATA: provenance.stamp(cells)}


# Notebooks made up for the purpose


def test_a_row_is_what_was_recorded(tmp_path):
    write(tmp_path, "02_imp", cell(SETUP), recorded("02-a"), recorded("02-b", holds=None, measured=None))
    write(tmp_path, "03_why", recorded("03-c", verdict="refined"))
    table = ledger.gather(ledger.read(tmp_path))
    assert table["key"].tolist() == ["02-a", "02-b", "03-c"]
    assert table["notebook"].tolist() == ["02_imp", "02_imp", "03_why"]
    assert table["verdict"].tolist() == ["supported", "undecided", "refined"]
    first = table.iloc[0]
    assert (first["mean"], first["low"], first["high"], first["n"]) == (9.4321, 8.7654, 10.1, 3)
    assert table["mean"].isna().tolist() == [False, True, False]
    assert set(table["age"]) == {"unknown"}


def test_a_claim_in_the_code_without_an_output_is_missing_and_makes_no_row(tmp_path):
    write(tmp_path, "02_imp", recorded("02-a"), cell(SOURCE.format("02-b")), cell('claims.record(key="02-c")'))
    write(tmp_path, "03_why", cell(SOURCE.format("03-d"), ran=False), cell("x = claims.record(name)", ran=False))
    write(tmp_path, "04_none", cell("print('claims.record')  # claims.record()"))
    notebooks = ledger.read(tmp_path)
    assert [notebook.missing for notebook in notebooks] == [("02-b", "02-c"), ("03-d", "code cell 2"), ()]
    assert [notebook.state for notebook in notebooks] == ["incomplete", "never run", "no claims"]
    assert ledger.gather(notebooks)["key"].tolist() == ["02-a"]
    assert ledger.status(notebooks)["missing"].tolist() == ["02-b, 02-c", "03-d, code cell 2", ""]


def test_a_key_that_two_notebooks_record_is_an_error_that_names_both(tmp_path):
    write(tmp_path, "02_imp", recorded("02-a"))
    write(tmp_path, "03_why", recorded("02-a"))
    with pytest.raises(ValueError, match="'02-a' is recorded 2 times, in 02_imp and 03_why"):
        ledger.gather(ledger.read(tmp_path))


def test_a_claim_is_as_old_as_the_code_above_it(tmp_path):
    mine, other = SOURCE.format("02-a"), SOURCE.format("02-b")
    ran = [SETUP, "size = 1", mine, other]
    cells = [cell(SETUP), cell("size = 1"), cell(mine, stamped("02-a", ran)), cell(other, stamped("02-b", ran))]

    def ages(*now):
        write(tmp_path, "02_imp", *now)
        return ledger.gather(ledger.read(tmp_path))["age"].tolist()

    assert ages(*cells) == ["current", "current"]
    assert ages(*cells, cell("print('after it')")) == ["current", "current"]
    assert ages(cells[0], cell("size = 1  # one"), *cells[2:]) == ["current", "current"]
    assert ages(*cells[:3], cell("size = 2"), cells[3]) == ["current", "older"]
    assert ages(cells[0], cell("size = 2"), *cells[2:]) == ["older", "older"]
    assert ages(cells[0], cell("answer = 2", nbgrader={"solution": True}), *cells[1:]) == ["current", "current"]


def test_what_has_changed_is_said_and_counted(tmp_path, monkeypatch):
    source = SOURCE.format("02-a")
    write(tmp_path, "02_imp", cell(SETUP), cell(source, stamped("02-a", [SETUP, source])))
    monkeypatch.setattr(provenance, "module_hashes", lambda sources: {"claims": "00000000"})
    notebooks = ledger.read(tmp_path)
    assert ledger.gather(notebooks)["changed"].tolist() == ["claims.py"]
    assert ledger.status(notebooks)["older"].tolist() == [1]


def test_notebooks_that_were_never_run_are_an_error_that_names_them(tmp_path):
    write(tmp_path, "02_imp", cell(SOURCE.format("02-a"), ran=False))
    write(tmp_path, "03_why", cell(SOURCE.format("03-a"), ran=False))
    with pytest.raises(ValueError, match=r"no claim is on record: 02_imp \(never run\), 03_why \(never run\)"):
        ledger.gather(ledger.read(tmp_path))


def test_a_folder_without_notebooks_is_an_error(tmp_path):
    (tmp_path / "README.md").write_text("words")
    with pytest.raises(FileNotFoundError, match="holds no notebook"):
        ledger.read(tmp_path)
    write(tmp_path, LAST, recorded("16-a"))
    with pytest.raises(FileNotFoundError, match="holds no notebook"):
        ledger.read(tmp_path, leave_out=[LAST])
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        ledger.read(tmp_path / "absent")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": [{}]}', '{"worksheets": []}'])
def test_a_file_that_is_no_notebook_is_named(tmp_path, text):
    (tmp_path / "02_imp.ipynb").write_text(text)
    with pytest.raises(ValueError, match=r"02_imp\.ipynb is not a notebook"):
        ledger.read(tmp_path)


@pytest.mark.parametrize("metadata", [{"key": "02-a"}, "02-a", {**bundle()[1][claims.METADATA], "sure": "very"}])
def test_a_row_written_by_hand_is_refused(tmp_path, metadata):
    write(tmp_path, "02_imp", cell(SOURCE.format("02-a"), ({}, {claims.METADATA: metadata})))
    with pytest.raises(ValueError, match="did not leave there"):
        ledger.read(tmp_path)


def test_the_page_shows_every_row_and_marks_up_none_of_its_words(tmp_path):
    write(tmp_path, "02_imp", recorded("02-a", document="w < v & so on"), recorded("02-b", measured=None, section="1"))
    write(tmp_path, "03_why", recorded("03-c", measured=Interval(0.5, None, None, 1), holds=None))
    page = ledger_view.show(ledger.gather(ledger.read(tmp_path)))
    assert page.html.count("<tr>") == 1 + 2 + 3  # columns, sections, claims
    assert "w &lt; v &amp; so on" in page.html
    assert "w < v & so on" in page.text
    assert "9.43 [8.77, 10.1] points, n = 3" in page.text
    assert "02-b: exact" in page.text
    assert "0.5 points, n = 1" in page.text
    assert page.text.index("02-b") < page.text.index("02-a")  # section 1 before 5.3


def test_counts_and_verdicts_by_section(tmp_path):
    write(tmp_path, "02_imp", recorded("02-a"), recorded("02-b", holds=False), recorded("02-c", section="7 (6.1)"))
    write(tmp_path, "03_why", recorded("03-d", holds=None, measured=Interval(1.0, None, None, 1)))
    table = ledger.gather(ledger.read(tmp_path))
    counts = ledger_view.counts(table)
    assert counts.loc["5.3"].to_dict() == {"supported": 1, "refined": 0, "refuted": 1, "undecided": 1}
    assert counts.index.tolist() == ["5.3", "7"]
    assert ledger_view.verdicts(table).splitlines() == [
        "§5.3 supported  02-a",
        "§5.3 refuted    02-b",
        "§5.3 undecided  03-d",
        "§7   supported  02-c",
    ]
    bars = ledger_view.figure(table).axes[0].patches
    assert sum(bar.get_width() for bar in bars) == 4


def test_a_section_that_the_document_does_not_have_is_an_error():
    assert [ledger_view.section(name) for name in ("1", "5.3", "7", "7.2", "7 (6.1)")] == ["1", "5.3", "7", "7", "7"]
    with pytest.raises(ValueError, match="no section '9.1'"):
        ledger_view.section("9.1")
    with pytest.raises(ValueError, match="no section 'five'"):
        ledger_view.section("five")


# The stored notebooks of the course


@pytest.fixture(scope="module")
def stored():
    return ledger.read(NOTEBOOKS)


@pytest.fixture(scope="module")
def table(stored):
    return ledger.gather(stored)


@pytest.fixture(scope="module")
def second():
    return second_edition.gather()


@pytest.fixture(scope="module")
def shown():
    """First line of a cell of the stored ledger → the text it shows."""
    cells = json.loads((NOTEBOOKS / f"{LAST}.ipynb").read_text(encoding="utf-8"))["cells"]
    texts = {}
    for entry in cells:
        for output in entry.get("outputs", []):
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            texts["".join(entry["source"]).splitlines()[0]] = "".join(text).rstrip("\n")
    return texts


def test_every_notebook_was_run_to_its_end_and_holds_every_claim_of_its_code(stored):
    """A chapter of the second edition records no claim in this ledger; the others are complete."""
    assert {notebook.name: notebook.missing for notebook in stored if notebook.state not in ENDED} == {}
    assert {notebook.name for notebook in stored if notebook.state == "complete"} == using_the_first_edition()


def using_the_first_edition():
    """Names of the notebooks whose code imports the first edition's ``claims``."""
    imports = re.compile(r"from lth_teach\.lab\.first_edition import .*\bclaims\b")
    return {path.stem for path in NOTEBOOKS.glob("*.ipynb") if imports.search(path.read_text(encoding="utf-8"))}


def test_every_claim_counts_in_a_section_of_the_document_under_one_of_four_verdicts(table):
    assert ledger_view.counts(table).to_numpy().sum() == len(table)


def test_there_are_at_least_forty_claims_and_each_says_what_it_tested(table):
    assert len(table) >= 40
    assert (table[["document", "tested", "outcome", "verdict"]].map(len) > 0).all(axis=None)


def test_a_key_begins_with_the_number_of_its_notebook(table):
    wrong = [key for key, notebook in zip(table["key"], table["notebook"]) if not key.startswith(f"{notebook[:2]}-")]
    assert wrong == []


def test_the_stored_ledger_has_the_verdicts_of_the_stored_notebooks(table, shown):
    others = table[table["notebook"] != LAST]
    assert shown["print(ledger_view.verdicts(table))"] == ledger_view.verdicts(others), "execute notebook 16 again"


def test_the_stored_ledger_has_the_numbers_of_the_stored_notebooks(table, shown):
    text = "\n".join(text for line, text in shown.items() if line.startswith("chapters("))
    for claim in table[table["notebook"] != LAST].to_dict("records"):
        assert f"{claim['key']}: {ledger_view.measured(claim)}\n" in f"{text}\n", "execute notebook 16 again"


def test_the_stored_words_of_the_second_edition_are_the_archives(second, shown):
    rows = shown["second = second_edition.gather()"].splitlines()[1:]
    assert [row.split(" | ")[::2] for row in rows] == second[["key", "word"]].to_numpy().tolist(), "execute 16 again"


def test_no_claim_is_judged_in_both_editions(table, second):
    assert set(table["key"]) & set(second["key"]) == set()


def test_the_code_behind_the_closing_claims_is_on_record(table):
    assert "unknown" not in set(table[table["notebook"] == LAST]["age"])


def test_the_verdicts_on_the_closing_table_follow_from_the_claims(table, second):
    of_claim = dict(zip(table["key"], table["verdict"])) | dict(zip(second["key"], second["verdict"]))
    last = table[table["section"] == "8"].set_index("document")["verdict"]
    for row in findings.FINDINGS:
        assert set(row.keys) <= set(of_claim)
        assert last[f"{row.finding}: {row.implication}."] == findings.overall(row.verdicts(of_claim))
        assert "(" not in row.rewritten(of_claim), "its words were written for another verdict"


def test_no_claim_rests_on_an_exercise():
    """The reader's answers are left out of a claim's fingerprint, so no claim may use one."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        answers = set()
        for entry in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if entry["cell_type"] == "code":
                tree = ast.parse("".join(entry["source"]))
                if entry["metadata"].get("nbgrader", {}).get("solution"):
                    answers |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
                elif "claims.record(" in "".join(entry["source"]):
                    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
                    assert not used & answers, path.name


# From another working directory


@pytest.mark.parametrize("place", ["notebooks", ".", "notebooks/deeper", "docs"])
def test_the_notebooks_are_found_from_elsewhere_in_the_project(tmp_path, monkeypatch, place):
    for folder in ("notebooks/deeper", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    write(tmp_path / "notebooks", "02_imp", recorded("02-a"))
    monkeypatch.chdir(tmp_path / place)
    assert [notebook.name for notebook in ledger.read()] == ["02_imp"]


def test_a_folder_that_is_named_is_the_only_one_looked_in(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "docs").mkdir()
    write(tmp_path / "notebooks", "02_imp", recorded("02-a"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="the folder docs holds no notebook"):
        ledger.read("docs")


def test_where_there_are_none_it_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f"{tmp_path} and the folders above it hold no notebook"):
        ledger.read()
