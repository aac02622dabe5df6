"""The browser of the system, driven for real; without one the tests are skipped, except where CI
promises it.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Seen(NamedTuple):
    """An open page, and all that it asked for and said."""

    page: Page
    requests: list[str]
    said: list[str]


class Opener:
    """Opens pages in the browser, each in a profile of its own."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def __call__(self, address: str, *, width: int = 1440, scheme: str = "light") -> Seen:
        """The page of an address, loaded, with what it asked for and what its console says."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        seen = Seen(page, [], [])
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("console", lambda message: seen.said.append(message.text))
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        page.on("dialog", lambda dialog: (seen.said.append(dialog.message), dialog.dismiss())[-1])
        page.goto(address if "://" in address else Path(address).as_uri())
        return seen


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    found = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI installs chromium, and it is not there")
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opener]:
    """Opens pages; what a test leaves open is closed after it."""
    yield Opener(chromium)
    for context in chromium.contexts:
        context.close()
