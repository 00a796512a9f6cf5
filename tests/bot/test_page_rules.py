"""Approve and remember in a real browser: a rule is made, the next request passes by it, it is revoked, and people are asked again."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from temporalio.client import Client

from bot.rulelist import REVOKED
from bot.settings import Settings
from bot.standin.server import Standin
from tests.bot.acme import open_acme
from tests.doors import has_buttons, open_bot
from tests.harness import APPROVALS, BOB, GENERAL, Harness, eventually
from tests.standin.robot import look

pytest_plugins = ("tests.browser",)

POLICIES = """
policies:
  - name: default
    remember: {days: 30, uses: 50}
    stages: [{name: treasury, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own."""
    async with open_acme() as standin:
        yield standin


@pytest.fixture
async def whole(
    slack: Standin, client: Client, settings: Settings, tmp_path: Path
) -> AsyncGenerator[Harness]:
    """All of it at work under a policy that lets approvers make rules."""
    path = tmp_path / "rules.yaml"
    path.write_text(POLICIES)
    chosen = settings.model_copy(update={"countersign_policies": path})
    async with open_bot(slack, chosen, client, client) as harness:
        yield harness


async def test_remember_then_no_question_then_revoke_then_asked_again(page: Page, whole: Harness) -> None:
    thread = await whole.ask("transfer 250 from checking to savings")
    await whole.card()
    await look(page, whole.slack, BOB, APPROVALS)
    await page.get_by_role("button", name="Approve and remember").click()
    dialog = page.locator("dialog")
    await dialog.get_by_label("amount").select_option(label="At most 250 (from 0 on)")
    await dialog.get_by_role("button", name="See the rule").click()
    await expect(dialog).to_contain_text("args.amount >= 0 && args.amount <= 250 &&")
    await dialog.get_by_role("button", name="Approve and remember").click()
    await expect(page.locator("[data-ephemeral-id]")).to_contain_text("Your rule is in force for 7 days")
    await whole.reply(GENERAL, thread, "Moved 250.00 EUR")
    thread = await whole.ask("transfer 120 from checking to savings")
    await whole.reply(GENERAL, thread, "Moved 120.00 EUR")
    card = await whole.card(1)
    assert not has_buttons(card)
    await expect(page.locator("main")).to_contain_text("Approved by a rule that @Bob Okafor made")
    await look(page, whole.slack, BOB, GENERAL)
    await page.locator("[data-open-dm]").click()
    await page.locator('[data-tab="home"]').click()
    tab = page.locator("#home")
    await expect(tab).to_contain_text("9 of 10 uses left, last used")
    await tab.get_by_role("button", name="Revoke").click()
    await expect(tab).to_contain_text(REVOKED)
    await expect(tab.get_by_role("button", name="Revoke")).to_have_count(0)
    await whole.ask("transfer 120 from checking to savings")
    await eventually(lambda: (len(whole.cards()) == 3 and has_buttons(whole.cards()[2])) or None)
