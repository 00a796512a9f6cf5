"""Talking to a busy agent in a real browser: asking where it is, and calling it off."""

from playwright.async_api import Locator, Page, expect

from tests.harness import ALICE, APPROVALS, BOB, GENERAL, Harness
from tests.standin.robot import action, look

pytest_plugins = ("tests.browser",)


async def write(page: Page, text: str) -> None:
    """Write in the thread that is open."""
    box = page.locator("[data-thread] [data-composer]")
    await box.fill(text)
    await box.press("Enter")


def said(page: Page, text: str) -> Locator:
    """What was said in the thread that is open."""
    return page.locator("[data-thread] article", has_text=text)


async def test_the_requester_asks_where_it_is_and_calls_it_off(page: Page, harness: Harness) -> None:
    thread = await harness.ask("transfer 250 from checking to savings")
    card = await harness.card()
    await look(page, harness.slack, ALICE, GENERAL, thread=thread)
    await expect(said(page, "waiting for approval")).to_be_visible()
    await write(page, "@countersign where is it?")
    await expect(
        said(page, "One request waits for approval.").get_by_role("link", name="Open its card")
    ).to_be_visible()
    await action(page, "countersign_cancel").click()
    await page.get_by_role("button", name="Cancel all").last.click()
    await expect(said(page, "One request was withdrawn. Nothing was done.")).to_be_visible()
    await expect(said(page, "waiting for approval")).to_have_count(0)
    await look(page, harness.slack, BOB, APPROVALS)
    shown = page.locator(f'[data-ts="{card.ts}"]')
    await expect(shown).to_contain_text("Cancelled, not approved")
    await expect(shown.get_by_role("button", name="Approve")).to_have_count(0)


async def test_the_requester_reads_along_while_the_agent_speaks(page: Page, harness: Harness) -> None:
    thread = await harness.ask("how does this work?")
    await look(page, harness.slack, ALICE, GENERAL, thread=thread)
    growing = page.locator("[data-thread] article.streaming")
    await expect(growing).to_contain_text("I move money between accounts")
    await expect(growing).not_to_contain_text("I tell you why.")
    await expect(said(page, "I tell you why.")).to_be_visible()
    await expect(growing).to_have_count(0)
    await expect(page.locator("[data-thread] article")).to_have_count(2)
