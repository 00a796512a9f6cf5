"""People ask people, in a browser: one files a form or chooses a message, another approves, and the first is told."""

import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from temporalio.client import Client

from bot.settings import Settings
from bot.standin.file import File
from bot.standin.server import Standin
from tests.bot.test_listeners_requests import FORMS
from tests.doors import open_bot
from tests.harness import GENERAL, Harness

pytest_plugins = ("tests.browser",)


@pytest.fixture
async def acme(slack: Standin, client: Client, settings: Settings, tmp_path: Path) -> AsyncGenerator[Harness]:
    """All of it at work under policies with forms."""
    path = tmp_path / "forms.yaml"
    path.write_text(FORMS)
    chosen = settings.model_copy(update={"countersign_policies": path})
    async with open_bot(slack, chosen, client, client) as whole:
        yield whole


async def look(page: Page, acme: Harness, user: str, channel: str = GENERAL) -> None:
    await page.goto(f"{acme.slack.url}/?user={user}&channel={channel}")
    await expect(page.locator("#team-name")).to_have_text("Acme")


async def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        await page.screenshot(path=f"{folder}/shortcuts-{name}.png")


async def test_a_form_is_filed_approved_and_told_through_the_page(page: Page, acme: Harness) -> None:
    await look(page, acme, "U0ALICE")
    await page.get_by_role("button", name="Shortcuts").click()
    await shoot(page, "menu")
    await page.get_by_role("menuitem", name="New request").click()
    dialog = page.locator("dialog[data-view-id]")
    await dialog.get_by_label("What do you want to ask for?").select_option(label="Buy something")
    await shoot(page, "choice")
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog.get_by_role("heading", name="Buy something")).to_be_visible()
    await dialog.get_by_label("Total, in euros").fill("9007199254740993")
    await dialog.get_by_label("What").fill("Laptops for Paris")
    await dialog.get_by_label("Needed by").fill("2026-12-24")
    await dialog.get_by_label("Site").select_option(label="Paris")
    await dialog.get_by_label("Buyer").select_option(label="Carol Lind")
    await dialog.get_by_label("Channel").select_option(label="#purchases")
    await dialog.get_by_role("button", name="Ask").click()
    await expect(dialog.get_by_role("alert")).to_have_text(
        "This number has more digits than can be kept exactly. Write fewer."
    )
    await shoot(page, "error")
    await dialog.get_by_label("Total, in euros").fill("620.50")
    await shoot(page, "form")
    await dialog.get_by_role("button", name="Ask").click()
    await expect(dialog.get_by_role("heading", name="Asked")).to_be_visible()
    await shoot(page, "asked")
    await dialog.locator("footer").get_by_role("button", name="Close").click()
    await page.locator("[data-channel^=D0]").click()
    await expect(page.get_by_role("button", name="Withdraw")).to_be_visible()
    await shoot(page, "direct")
    await look(page, acme, "U0BOB", "C0APPROVALS")
    await expect(page.get_by_text("This is exactly what is to be approved:")).to_be_visible()
    await shoot(page, "card")
    await page.get_by_role("button", name="Approve: ").click()
    await expect(page.get_by_text("Approved by")).to_be_visible()
    await look(page, acme, "U0ALICE", acme.slack.direct("U0ALICE"))
    await expect(page.get_by_text("see below")).to_be_visible()
    await expect(page.get_by_role("button", name="Withdraw")).to_have_count(0)
    await shoot(page, "told")


async def test_a_message_is_asked_about_and_withdrawn_through_the_page(page: Page, acme: Harness) -> None:
    words = "Shall we move the offsite to Lisbon? The hotel wants a deposit of 4,800 EUR by Friday."
    ts = await acme.slack.say("U0CAROL", GENERAL, words, mention=False)
    acme.slack.workspace.rooms[GENERAL].message(ts).files = [File("offer.pdf", 9)]
    await look(page, acme, "U0ALICE")
    message = page.locator(f'[data-ts="{ts}"]')
    await message.hover()
    await message.get_by_role("button", name="More actions").click()
    await shoot(page, "message-menu")
    await page.get_by_role("menuitem", name="Ask for approval").click()
    dialog = page.locator("dialog[data-view-id]")
    await dialog.get_by_label("What do you want approved, and why?").fill(
        "The deposit, so that we keep the rooms."
    )
    await shoot(page, "message-form")
    await dialog.get_by_role("button", name="Ask").click()
    await expect(dialog.get_by_role("heading", name="Asked")).to_be_visible()
    await dialog.locator("footer").get_by_role("button", name="Close").click()
    await message.get_by_role("button", name="1 reply").click()
    thread = page.locator("#thread")
    await expect(thread.get_by_role("button", name="Withdraw")).to_be_visible()
    await shoot(page, "message-thread")
    await look(page, acme, "U0BOB", "C0APPROVALS")
    await shoot(page, "message-card")
    await look(page, acme, "U0ALICE")
    await message.get_by_role("button", name="1 reply").click()
    await thread.get_by_role("button", name="Withdraw").click()
    confirm = page.locator("dialog[data-confirm]")
    await shoot(page, "withdraw")
    await confirm.get_by_role("button", name="Withdraw").click()
    await expect(thread.get_by_text("Cancelled, not approved").first).to_be_visible()
    await expect(thread.get_by_role("button", name="Withdraw")).to_have_count(0)
    await shoot(page, "withdrawn")
