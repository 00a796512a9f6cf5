"""`/approvals` in a real browser, on the stand-in's page: the approver, the requester and an outsider."""

from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Locator, Page, expect

from bot.listeners.rows import SENT
from bot.lists import EMPTY
from bot.standin.server import Standin
from tests.bot.acme import HIDDEN, ask, open_acme, until_titles
from tests.harness import ALICE, APPROVALS, BOB, DAVE, GENERAL, Harness
from tests.standin.robot import look

pytest_plugins = ("tests.browser",)


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own."""
    async with open_acme() as standin:
        yield standin


async def type_command(page: Page, slack: Standin, user: str, text: str) -> Locator:
    """Type a command as somebody; what they alone are shown."""
    await look(page, slack, user, GENERAL)
    await page.fill("main [data-composer]", text)
    await page.press("main [data-composer]", "Enter")
    return page.locator("article", has_text="Only visible to you").last


async def test_approver_requester_and_outsider_each_see_their_own_list(page: Page, harness: Harness) -> None:
    handle = await ask(harness, "Raise for Bo", channel=HIDDEN)
    await until_titles(harness, ["Raise for Bo"])
    slack = harness.slack
    hidden = await type_command(page, slack, DAVE, "/approvals all")
    await expect(hidden).to_contain_text(EMPTY["all"])
    own = await type_command(page, slack, ALICE, "/approvals asked")
    await expect(own).to_contain_text("Raise for Bo")
    await expect(own.get_by_role("button", name="Approve")).to_have_count(0)
    mine = await type_command(page, slack, BOB, "/approvals")
    await expect(mine).to_contain_text("amount: 250")
    await mine.get_by_role("button", name="Approve").click()
    await expect(page.locator("article", has_text=SENT["approve"])).to_have_count(1)
    assert (await handle.result()).status == "approved"
    await look(page, slack, BOB, APPROVALS)
    await expect(page.locator("article", has_text="Approved: Raise for Bo").first).to_be_visible()
