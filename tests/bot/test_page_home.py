"""The Home tab in a real browser, on the stand-in's page: the approver, the requester and an outsider."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Locator, Page, expect

from bot import home
from bot.listeners.home import HANDED_OVER
from bot.listeners.rows import SENT
from bot.standin.server import Standin
from tests.bot.acme import HIDDEN, ask, open_acme, until_titles
from tests.harness import ALICE, BOB, DAVE, GENERAL, Harness
from tests.standin.robot import look

pytest_plugins = ("tests.browser",)


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own."""
    async with open_acme() as standin:
        yield standin


async def visit(page: Page, slack: Standin, user: str) -> Locator:
    """Open the Home tab as somebody."""
    await look(page, slack, user, GENERAL)
    await page.locator("[data-open-dm]").click()
    await page.locator('[data-tab="home"]').click()
    tab = page.locator("#home")
    await expect(tab).to_contain_text("As of")
    return tab


async def test_approver_requester_and_outsider_each_see_their_own_tab(page: Page, harness: Harness) -> None:
    handle = await ask(harness, "Raise for Bo", channel=HIDDEN)
    await until_titles(harness, ["Raise for Bo"])
    outside = await visit(page, harness.slack, DAVE)
    await expect(outside).to_contain_text(home.NOTHING_WAITS)
    await expect(outside).not_to_contain_text("Raise for Bo")
    own = await visit(page, harness.slack, ALICE)
    await expect(own).to_contain_text("Raise for Bo")
    await expect(own.get_by_role("button", name="Approve")).to_have_count(0)
    tab = await visit(page, harness.slack, BOB)
    await tab.get_by_role("button", name="Approve").click()
    await expect(tab).to_contain_text(SENT["approve"])
    assert (await handle.result()).status == "approved"
    await expect(tab).to_contain_text("Approved by @Bob Okafor")  # by itself, a moment later
    await expect(tab).to_contain_text(home.NOTHING_WAITS)


async def test_somebody_says_in_a_form_that_they_are_away_and_back(page: Page, harness: Harness) -> None:
    tab = await visit(page, harness.slack, BOB)
    await tab.get_by_role("button", name="I am away…").click()
    dialog = page.locator("dialog")
    await dialog.get_by_label("Who is asked in your place?").select_option(label="Carol Lind")
    moment = dialog.get_by_label("Until when?")
    await moment.fill((datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"))
    await dialog.get_by_role("button", name="Hand over").click()
    await expect(dialog).to_contain_text("That time is over already; choose a later one.")
    await moment.fill((datetime.now(UTC) + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M"))
    await dialog.get_by_role("button", name="Hand over").click()
    await expect(tab).to_contain_text(HANDED_OVER)
    await expect(tab).to_contain_text("cards ask @Carol Lind in your place")
    await tab.get_by_role("button", name="I am back").click()
    await expect(tab).to_contain_text(home.NOBODY)
