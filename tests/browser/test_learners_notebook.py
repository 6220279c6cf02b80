"""What `lth-teach lab` opens: *Run All* goes on past an open exercise, and what one writes is there the next time."""

import nbformat
import pytest
from playwright.sync_api import Page, expect
from small_lesson import lesson

from lth_teach.lab.learner import course_files

pytestmark = pytest.mark.browser


@pytest.fixture
def lab(opened, tmp_path):
    """Opens a course of one small lesson; the page is there until the block ends and JupyterLab is stopped."""
    source, course = tmp_path / "notebooks", tmp_path / "course"
    source.mkdir()
    nbformat.write(lesson(), source / "00_start_here.ipynb")
    (source / "README.md").write_text("# A map")
    course.mkdir()
    for name, text in course_files(source, "0.0.1").items():
        (course / name).write_text(text, encoding="utf-8")
    program = ("lth_teach", "lab", str(course), "--")
    return lambda: opened(course / "00_start_here.ipynb", 1280, 1400, program)


def test_run_all_goes_on_past_an_open_exercise_to_the_last_cell(lab):
    with lab() as page:
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


def test_an_answer_is_there_when_the_course_is_opened_again(lab):
    with lab() as page:
        answer = page.locator(".jp-CodeCell").filter(has_text="YOUR CODE HERE").locator(".cm-content")
        answer.click()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.insert_text("def halve(x):\n    return x / 2  # mine")
        run_all(page)
        outputs = page.locator(".jp-Notebook .jp-OutputArea-output")
        expect(outputs.filter(has_text="check: passed (1 case).")).to_be_visible(timeout=60_000)
        expect(outputs.filter(has_text="reached the end")).to_be_visible(timeout=60_000)
        with page.expect_response(lambda answered: answered.request.method == "PUT" and answered.ok):
            page.keyboard.press("ControlOrMeta+s")
    with lab() as page:
        expect(page.locator(".jp-CodeCell").filter(has_text="return x / 2  # mine")).to_have_count(1)
        expect(page.get_by_text("check: passed (1 case).")).to_be_visible()
        expect(page.get_by_text("YOUR CODE HERE")).to_have_count(0)


def run_all(page: Page) -> None:
    page.locator("#jp-MainMenu").get_by_text("Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
