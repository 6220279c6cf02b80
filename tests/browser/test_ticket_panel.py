"""The ticket panel, used as a learner uses it: JupyterLab in a real Chromium."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from lth_teach.ground.devices import available_devices

ROOT = Path(__file__).parents[2]
NOTEBOOK = "00_start_here.ipynb"
SCREENSHOTS = ROOT / "build" / "screenshots"
TRAINING = 180_000  # milliseconds; generous, for a slow or busy machine

# What of the panel reaches beyond the right edge of its cell's output.
STICKS_OUT = """
[...document.querySelectorAll(".jp-OutputArea-output")].flatMap((output) => {
  const edge = output.getBoundingClientRect().right + 0.5;
  return [...output.querySelectorAll(".widget-hslider, .widget-dropdown, .widget-image, .jupyter-button")]
    .filter((part) => part.getBoundingClientRect().right > edge)
    .map((part) => part.className);
})
"""

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_notebook, tmp_path):
    """The first notebook, in a copy of the folder of notebooks."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    return open_notebook(tmp_path / "notebooks" / NOTEBOOK)


def test_a_learner_finds_a_ticket_stops_resumes_and_is_told_what_is_wrong(page):
    run_down_to_the_panel(page)
    start, stop, resume = (button(page, name) for name in ("Start", "Stop", "Resume"))

    # Prune hard and repeat twice, so that the test is short. Sliders are moved with the keyboard.
    move(page, "Prune rate", "ArrowRight", 14, "0.50")
    move(page, "Seeds", "ArrowRight", 1, "2")
    device = page.get_by_label("Device")
    device.select_option("cpu")
    offered = [text.replace("\N{NO-BREAK SPACE}", " ") for text in device.locator("option").all_inner_texts()]
    assert [text.split()[0] for text in offered] == ["auto", "cpu", "cuda", "mps"]
    assert [("not present" in text) for text in offered] == [not here for here in available_devices().values()]

    start.click()
    picture = page.locator(".jp-OutputArea .widget-image")
    expect(picture).to_be_visible(timeout=TRAINING)
    expect(page.get_by_text(re.compile(r"steps, about \d+ s left"))).to_be_visible(timeout=TRAINING)
    shoot(page, "1-running")

    # The page is free while the search runs: another cell answers.
    run_new_cell(page, "print('six times seven is', 6 * 7)")
    expect(page.get_by_text("six times seven is 42")).to_be_visible(timeout=10_000)
    expect(stop).to_be_enabled()

    stop.click()
    expect(page.get_by_text("Stopped. Resume goes on")).to_be_visible(timeout=10_000)
    expect(start).to_be_enabled()
    before = picture.get_attribute("src")
    shoot(page, "2-stopped")

    resume.click()
    expect(page.get_by_text("Done: 18 networks trained.")).to_be_visible(timeout=TRAINING)
    assert picture.get_attribute("src") != before
    expect(page.get_by_text(re.compile(r"a random mask of the same layer densities .* n = 2 seeds\."))).to_be_visible()
    shoot(page, "3-done")

    absent = next((name for name, here in available_devices().items() if not here), None)
    if absent is not None:
        device.select_option(index=offered.index(f"{absent} (not present)"))
        start.click()
        expect(page.get_by_text(f"device '{absent}' is not present on this machine; present: auto")).to_be_visible()
        expect(start).to_be_enabled()
        shoot(page, "4-absent-device")

    # The earlier search is named in the picture of the next one, until it is forgotten.
    move(page, "Seeds", "ArrowLeft", 1, "1")
    device.select_option("cpu")
    before = picture.get_attribute("src")
    start.click()
    expect(page.get_by_text("Done: 9 networks trained.")).to_be_visible(timeout=TRAINING)
    assert picture.get_attribute("src") != before
    forget = button(page, "Forget earlier")
    expect(forget).to_be_enabled()
    shoot(page, "5-earlier")
    before = picture.get_attribute("src")
    forget.click()
    expect(forget).to_be_disabled()
    expect(picture).not_to_have_attribute("src", before)

    page.keyboard.press("Control+B")  # closes the side bar
    page.set_viewport_size({"width": 400, "height": 1400})
    expect(picture).to_be_visible()
    assert page.evaluate(STICKS_OUT) == []
    shoot(page, "6-narrow")


def run_down_to_the_panel(page: Page) -> None:
    """Shift+Enter from the first cell to the one that shows the panel."""
    cells = nbformat.read(ROOT / "notebooks" / NOTEBOOK, as_version=4).cells
    panel = next(i for i, cell in enumerate(cells) if "panel.TicketPanel(" in cell.source)
    page.locator(".jp-Notebook .jp-Cell").first.click()
    page.keyboard.press("Escape")
    for position in range(1, panel + 2):
        expect(page.get_by_role("button", name=f"Cell {position}/{len(cells)}")).to_be_visible()
        page.keyboard.press("Shift+Enter")
    expect(button(page, "Start")).to_be_visible(timeout=TRAINING)


def run_new_cell(page: Page, code: str) -> None:
    """Insert a cell above the selected one, type into it and run it."""
    page.locator(
        ".jp-Notebook .jp-Cell.jp-mod-selected .jp-InputPrompt, .jp-Notebook .jp-Cell.jp-mod-selected"
    ).first.click()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    page.keyboard.type(code)
    page.keyboard.press("Shift+Enter")


def move(page: Page, label: str, key: str, times: int, shown: str) -> None:
    slider = page.locator(".widget-hslider", has_text=label)
    slider.get_by_role("slider").focus()
    for _ in range(times):
        page.keyboard.press(key)
    expect(slider.locator(".widget-readout")).to_have_text(shown)


def button(page: Page, name: str):
    return page.locator(".jp-OutputArea").get_by_role("button", name=name, exact=True)


def shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
