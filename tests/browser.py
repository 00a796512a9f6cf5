"""A headless Chromium for tests that look at pages: `pytest_plugins = ("tests.browser",)`."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, ConsoleMessage, Dialog, Page, async_playwright

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
WAIT_MS = 8000


def chromium() -> str:
    """The browser of this machine; CI must have one, anybody else may go without."""
    path = shutil.which("chromium")
    if path is None and os.environ.get("CI") == "true":
        pytest.fail("CI has no Chromium, so nobody has looked at the page.")
    if path is None:
        pytest.skip("There is no Chromium on this machine.")
    return path


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield running
        await running.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A window in which no script may fail, no alert may open and nothing may be refused by the page's own policy."""
    problems: list[str] = []

    async def alerted(dialog: Dialog) -> None:
        problems.append(f"a dialog said {dialog.message!r}")
        await dialog.dismiss()

    def logged(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            problems.append(message.text)

    window = await browser.new_page(viewport={"width": 1280, "height": 800})
    window.set_default_timeout(WAIT_MS)
    window.on("pageerror", lambda error: problems.append(error.message))
    window.on("dialog", alerted)
    window.on("console", logged)
    yield window
    await window.close()
    assert problems == []
