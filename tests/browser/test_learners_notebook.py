"""The learner's version of a notebook in JupyterLab: *Run All* goes on past an exercise that is still open."""

import nbformat
import pytest
from playwright.sync_api import Page, expect
from small_lesson import student_lesson

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_notebook, tmp_path):
    """The small lesson."""
    (tmp_path / "notebooks").mkdir()
    nbformat.write(student_lesson(), tmp_path / "notebooks" / "lesson.ipynb")
    return open_notebook(tmp_path / "notebooks" / "lesson.ipynb", width=1280, height=1400)


def test_run_all_goes_on_past_an_open_exercise_to_the_last_cell(page):
    outputs = page.locator(".jp-Notebook .jp-OutputArea-output")
    expect(outputs.filter(has_text="stored")).to_have_count(2)  # of the first code cell and the last one
    run_all(page)
    expect(outputs.filter(has_text="reached the end")).to_be_visible(timeout=60_000)
    said = "\n".join(outputs.all_inner_texts())
    assert "half of six is 3.0" in said
    assert "check: not yet.\nIt is not written yet: replace the placeholder with your answer." in said
    assert "the cells below use the course's own" in said
    assert "half of nine is 4.5" in said
    assert said.count("AssertionError") == 2  # one traceback: of the check, at its top and at its end
    assert "NotImplementedError" not in said


def run_all(page: Page) -> None:
    page.locator("#jp-MainMenu").get_by_text("Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
