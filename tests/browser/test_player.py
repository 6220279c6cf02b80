"""The animated pruning run: its buttons in a page of its own, and inside JupyterLab."""

import nbformat
import pytest
import torch
from nbformat import v4
from playwright.sync_api import expect, sync_playwright

from lth_teach.lab.pictures import animation
from lth_teach.lab.pictures.weights import LevelWeights

pytestmark = pytest.mark.browser

START = torch.linspace(0.001, 1, 100)
LEVELS = [LevelWeights(START, START.flip(0), 20)]
CODE = """\
import torch
from lth_teach.lab.pictures import animation
from lth_teach.lab.pictures.weights import LevelWeights
start = torch.linspace(0.001, 1, 100)
animation.pruning_run([LevelWeights(start, start.flip(0), 20)])"""


def use(page):
    """Press every control of the player on a page."""
    slider, caption = page.get_by_role("slider", name="Frame"), page.locator(".lth-player p")
    image = page.locator(".lth-player img")
    expect(slider).to_be_enabled()
    still = image.get_attribute("src")
    page.get_by_role("button", name="Step", exact=True).click()
    expect(caption).to_have_text("Level 1, start: all 100 weights as they were drawn.")
    assert image.get_attribute("src") != still
    page.get_by_role("button", name="Step back", exact=True).click()
    assert image.get_attribute("src") == still
    play = page.get_by_role("button", name="Play", exact=True)
    play.press("Enter")
    expect(slider).to_have_value("2", timeout=10_000)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.wait_for_timeout(2200)  # a frame stays 1.8 s
    expect(slider).to_have_value("2")
    slider.press("ArrowRight")
    expect(slider).to_have_value("3")
    assert slider.get_attribute("aria-valuetext") == caption.inner_text()
    slider.press("End")
    expect(caption).to_have_text("Level 1, rewind: the 80 survivors are back at their starting values.")


def test_the_controls_work_in_a_narrow_page_that_asks_nobody_for_anything(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 400, "height": 800})
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.set_content(animation.pruning_run(LEVELS).html)
        use(page)
        assert [address for address in asked if not address.startswith("data:")] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        browser.close()


def test_the_controls_work_in_jupyterlab(open_notebook, tmp_path):
    (tmp_path / "notebooks").mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = v4.new_notebook(cells=[v4.new_code_cell(CODE)], metadata=kernel)
    nbformat.write(notebook, tmp_path / "notebooks" / "player.ipynb")
    page = open_notebook(tmp_path / "notebooks" / "player.ipynb", width=1280, height=1000)
    page.locator("#jp-MainMenu").get_by_text("Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    expect(page.locator(".lth-player img")).to_be_visible(timeout=60_000)
    use(page)
