"""`/approvals` in a real browser, on the stand-in's page: the approver, the requester and an outsider."""

from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Locator, Page, expect

from bot.listeners.rows import SENT
from bot.lists import EMPTY
from bot.standin.server import Standin
from tests.bot.acme import HIDDEN, answers, ask, open_acme, until_titles
from tests.doors import read_state
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


async def test_several_are_picked_in_a_list_read_and_decided_together(page: Page, harness: Harness) -> None:
    handles = [await ask(harness, f"Invoice {number}", arguments={"amount": number}) for number in (1, 2, 3)]
    await until_titles(harness, ["Invoice 3", "Invoice 2", "Invoice 1"])
    before = len(answers(harness))
    mine = await type_command(page, harness.slack, BOB, "/approvals")
    await expect(page.locator("article", has_text="Only visible to you")).to_have_count(before + 1)
    for number in (1, 3):
        await mine.get_by_role("checkbox", name=f"Invoice {number}").check()
    await mine.get_by_role("button", name="Approve picked…").click()
    dialog = page.locator("dialog[data-view-id]")
    await expect(dialog).to_contain_text("2 requests, each decided on its own")
    await expect(dialog.locator("pre")).to_have_text(["amount: 3", "amount: 1"], use_inner_text=True)
    await dialog.get_by_role("button", name="Approve all 2").click()
    await expect(dialog).to_be_hidden()
    assert [(await handles[number].result()).status for number in (0, 2)] == ["approved", "approved"]
    await expect(page.locator("article", has_text="Invoice 2").last).to_be_visible()
    assert (await read_state(handles[1])).status == "pending"
