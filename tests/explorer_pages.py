"""Explorers outside a notebook: their scripts under Node, and their pages in a real browser."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, sync_playwright

from lth_teach.explore import drawing

NODE = pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def in_node(name: str, code: str) -> object:
    """What the script of an explorer, followed by some code, prints as JSON."""
    command = ["node", "--input-type=module", "-"]
    source = drawing.script(name) + code
    return json.loads(subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout)


@contextmanager
def shown(html: str) -> Iterator[Page]:
    """A page of 400 pixels in the dark theme, as the site has it; ``complaints`` lists errors and requests."""
    if CHROMIUM is None:
        reason = "no chromium, chromium-browser or google-chrome on this machine"
        if os.environ.get("LTH_TEACH_REQUIRE_BROWSER"):
            pytest.fail(f"LTH_TEACH_REQUIRE_BROWSER is set, but there is {reason}")
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 400, "height": 900}, color_scheme="dark")
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda seen: page.complaints.append(seen.url))
        style = "<style>:root { color-scheme: dark; } body { background: #121212; color: #eee; }</style>"
        page.set_content(style + html)
        yield page
        browser.close()
