"""The studio: all of it at work on a policy file of its own, and a window into it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, ViewportSize, async_playwright
from temporalio.envconfig import ClientConfigProfile

from bot.models import build_provider
from bot.server import embedded_server
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.temporal import connect_server
from bot.worker import build_plugin
from tests.browser import FLAGS, chromium
from tests.harness import Harness, make_settings, open_harness
from tests.ports import free_port
from workflows.notices import CARD

FOLDER = Path("screenshots")
POLICIES = """
digests: [{channel: C0APPROVALS, at: "09:00", zone: Europe/Berlin, older: 1s}]
policies:
  - name: purchase
    match: {action: purchase}
    form:
      title: Buy something
      action: purchase
      fields:
        - {name: total, label: "Total, in euros", kind: number}
        - {name: item, label: What, kind: text}
        - {name: site, label: Site, kind: choice, options: [Berlin, Paris]}
    stages: [{name: directors, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
  - name: changeable
    match: {action: transfer_*, when: args.amount < 5000}
    change: second
    question_pause: 8h
    remember: {days: 30, uses: 50}
    stages: [{name: treasury, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
  - name: questions
    match: {action: ask_human}
    stages: [{name: facilities, approvers: [{channel: C0APPROVALS}], deadline: 8h}]
  - name: default
    severity: high
    comment: {required_on: reject}
    stages:
      - {name: manager, approvers: [{usergroup: S0MANAGERS}], deadline: 4h}
      - {name: finance, approvers: [{channel: C0APPROVALS}], quorum: 2, deadline: 24h}
"""
SIZE = ViewportSize(width=1100, height=900)
Surface = Callable[["Studio"], Awaitable[None]]


class Studio:
    """All of it at work, and a window into it."""

    def __init__(self, harness: Harness, page: Page) -> None:
        self.harness = harness
        self.page = page

    def cards(self) -> list[Message]:
        """The cards of requests, in threads or not."""
        return self.harness.labelled(CARD)

    async def look(self, user: str, channel: str, thread: str = "") -> None:
        """Look into a channel as somebody."""
        more = f"&thread={thread}" if thread else ""
        await self.page.goto(f"{self.harness.slack.url}/?user={user}&channel={channel}{more}")
        await self.page.wait_for_selector("[data-ts]")

    async def tell(self, text: str) -> None:
        """Type a command where one looks."""
        await self.page.fill("main [data-composer]", text)
        await self.page.press("main [data-composer]", "Enter")

    async def press(self, action: str) -> None:
        """Press the last button of that action."""
        await self.page.locator(f'[data-action-id="{action}"]').last.click()

    async def shoot(self, name: str) -> None:
        """Take the picture, once nothing moves any more."""
        await self.page.wait_for_timeout(400)
        await self.page.screenshot(path=FOLDER / f"{name}.png")


@asynccontextmanager
async def open_studio(folder: Path) -> AsyncGenerator[Studio]:
    """Everything that is needed, in a folder of its own."""
    policies = folder / "countersign.yaml"
    policies.write_text(POLICIES)
    async with Standin() as slack, embedded_server(folder, free_port(), None) as address:
        settings = make_settings(slack, folder, countersign_policies=policies)
        plugin = build_plugin(build_provider(settings))
        client = await connect_server(ClientConfigProfile(address=address), [plugin])
        async with open_harness(slack, client, settings) as harness, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = await browser.new_page(viewport=SIZE)
            yield Studio(harness, page)
            await browser.close()
