"""JupyterLab in a real Chromium, for tests that use a notebook as a learner does."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    if CHROMIUM is None:
        reason = "no chromium, chromium-browser or google-chrome on this machine"
        if os.environ.get("LTH_TEACH_REQUIRE_BROWSER"):
            pytest.fail(f"LTH_TEACH_REQUIRE_BROWSER is set, but there is {reason}")
        pytest.skip(reason)
    return CHROMIUM


def as_root() -> list[str]:
    """Jupyter refuses to run as root unless it is told to."""
    return ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


JUPYTERLAB = ("jupyterlab", *as_root())


@pytest.fixture
def opened(chromium, tmp_path) -> Callable[..., AbstractContextManager[Page]]:
    """A function: path of a notebook, size of the window → a block with the page that shows it, its kernel idle.

    At the end of the block JupyterLab is stopped. It is started by ``python -m``, followed by the program.
    """

    @contextmanager
    def block(
        notebook: Path, width: int = 1300, height: int = 1400, program: Sequence[str] = JUPYTERLAB
    ) -> Iterator[Page]:
        with (
            served(notebook, tmp_path / "jupyter", program) as address,
            shown(chromium, address, width, height) as page,
        ):
            expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=60_000)
            expect(page.get_by_role("button", name=re.compile(r"\| Idle$"))).to_be_visible(timeout=60_000)
            yield page

    return block


@pytest.fixture
def open_notebook(opened) -> Iterator[Callable[..., Page]]:
    """The same until the test ends: path of a notebook, size of the window → the page."""
    with ExitStack() as until_the_test_ends:
        yield lambda *notebook, **size: until_the_test_ends.enter_context(opened(*notebook, **size))


@contextmanager
def served(notebook: Path, scratch: Path, program: Sequence[str]) -> Iterator[str]:
    """The address of a notebook in a JupyterLab that serves its folder and touches no settings of the user.

    The program is what follows ``python -m``; options for Jupyter are added to it.
    """
    news = scratch / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    news.parent.mkdir(parents=True, exist_ok=True)
    news.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "work",
    }
    token, port = secrets.token_hex(16), free_port()
    command = [
        *(sys.executable, "-m", *program, "--no-browser", "--ServerApp.ip=localhost"),
        *(
            f"--ServerApp.port={port}",
            f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={notebook.parent}",
        ),
    ]
    environment = os.environ | {name: str(scratch / folder) for name, folder in folders.items()}
    with (scratch / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            wait_for(f"http://localhost:{port}/api?token={token}", server, scratch / "server.log")
            yield f"http://localhost:{port}/lab/tree/{notebook.name}?token={token}"
        finally:
            server.terminate()
            server.wait(timeout=120)


@contextmanager
def shown(chromium: str, address: str, width: int, height: int) -> Iterator[Page]:
    """An address, open in a window of this size (pixels)."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=quiet)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(address)
        yield page
        browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def wait_for(address: str, server: subprocess.Popen, log: Path, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5)
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start in {seconds} s; its log:\n{log.read_text()[-2000:]}")
