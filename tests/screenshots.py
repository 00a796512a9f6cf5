"""Pictures of each surface, for looking at: `make screenshots` writes them to `screenshots/`.

Everything is real but Slack and the model; a browser acts as requester and approver on the stand-in's page.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Page, ViewportSize, async_playwright
from temporalio.client import ScheduleHandle
from temporalio.envconfig import ClientConfigProfile
from temporalio.service import RPCError

from activities.bursts import APPROVE_ALL
from activities.cards import ANSWER, APPROVE, ASK, CHANGE
from bot import notifications
from bot.models import build_provider
from bot.schedules import Schedules
from bot.server import embedded_server
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.temporal import connect_server
from bot.worker import build_plugin
from tests.browser import FLAGS, chromium
from tests.harness import (
    ALICE,
    APPROVALS,
    BOB,
    CAROL,
    GENERAL,
    Harness,
    eventually,
    eventually_read,
    make_settings,
    open_harness,
)
from tests.ports import free_port
from workflows.contracts import Person
from workflows.preferences import Preferences

FOLDER = Path("screenshots")
POLICIES = """
digests: [{channel: C0APPROVALS, at: "09:00", zone: Europe/Berlin, older: 1s}]
policies:
  - name: changeable
    match: {action: transfer_*, when: args.amount < 5000}
    change: second
    question_pause: 8h
    stages: [{name: treasury, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
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

    async def look(self, user: str, channel: str, thread: str = "") -> None:
        """Look into a channel as somebody."""
        more = f"&thread={thread}" if thread else ""
        await self.page.goto(f"{self.harness.slack.url}/?user={user}&channel={channel}{more}")
        await self.page.wait_for_selector("[data-ts]")

    async def press(self, action: str) -> None:
        """Press the last button of that action."""
        await self.page.locator(f'[data-action-id="{action}"]').last.click()

    async def shoot(self, name: str) -> None:
        """Take the picture, once nothing moves any more."""
        await self.page.wait_for_timeout(400)
        await self.page.screenshot(path=FOLDER / f"{name}.png")


async def shoot_card(studio: Studio) -> None:
    """A card as approvers get it."""
    await studio.harness.ask("transfer 250 from checking to savings")
    await studio.harness.card()
    await studio.look(BOB, APPROVALS)
    await studio.shoot("card")


async def shoot_question(studio: Studio) -> None:
    """Asking before deciding, and what becomes of it."""
    await studio.press(ASK)
    await studio.page.locator("dialog textarea").fill("Which invoice is this for?")
    await studio.shoot("ask")
    await studio.page.get_by_role("button", name="Ask", exact=True).click()
    thread = studio.harness.messages(GENERAL)[0].ts
    await eventually(lambda: studio.harness.thread(GENERAL, thread)[1:] or None)
    await studio.look(ALICE, GENERAL, thread)
    await studio.press(ANSWER)
    await studio.page.locator("dialog textarea").fill("Number 4711, of last Friday.")
    await studio.shoot("answer")
    await studio.page.get_by_role("button", name="Answer", exact=True).click()
    await eventually(lambda: "4711" in str(studio.harness.cards()[0].blocks) or None)
    await studio.look(BOB, APPROVALS, studio.harness.cards()[0].ts)
    await studio.shoot("asked")


async def shoot_change(studio: Studio) -> None:
    """Changing what was asked."""
    await studio.look(BOB, APPROVALS)
    await studio.press(CHANGE)
    await studio.page.locator("dialog input").first.fill("200")
    await studio.shoot("change")
    await studio.page.get_by_role("button", name="See the difference").click()
    await studio.page.get_by_text("This is exactly what will run").last.wait_for()
    await studio.shoot("difference")
    await studio.page.get_by_role("button", name="Change", exact=True).click()
    await eventually(lambda: "Changed by" in str(studio.harness.cards()[0].blocks) or None)
    await studio.look(CAROL, APPROVALS)
    await studio.shoot("changed")
    await studio.press(APPROVE)
    await eventually(lambda: studio.harness.cards()[0].text.startswith("Approved") or None)
    thread = studio.harness.messages(GENERAL)[0].ts
    await studio.harness.reply(GENERAL, thread, "Moved 200.00 EUR")
    await studio.look(ALICE, GENERAL, thread)
    await studio.shoot("outcome")


async def shoot_burst(studio: Studio) -> None:
    """Several requests at once, and deciding them together."""
    before = len(studio.harness.cards())
    await studio.harness.ask(
        "transfer 40 from checking to savings, transfer 41 from checking to savings and transfer 9000 from checking to savings"
    )
    cards = await eventually(lambda: burst_cards(studio, before))
    await eventually(lambda: "Open its card" in str(cards[0].blocks) or None)
    await studio.look(BOB, APPROVALS, cards[0].ts)
    await studio.shoot("burst")
    await studio.press(APPROVE_ALL)
    await studio.page.locator("dialog").wait_for()
    await studio.shoot("together")
    await studio.page.locator("dialog textarea").fill("Both are in the budget.")
    await studio.page.get_by_role("button", name="Approve all 2").click()
    await eventually(lambda: "Approval needed: 1 of 3" in cards[0].text or None)
    await studio.look(CAROL, APPROVALS)
    await studio.shoot("burst-decided")


def burst_cards(studio: Studio, before: int) -> list[Message] | None:
    """The messages of a burst of three: the one that lists them, and their cards."""
    cards = studio.harness.cards()[before:]
    return cards if len(cards) == 4 else None


async def shoot_preferences(studio: Studio) -> None:
    """When somebody is written to, and the digest that comes of it."""
    harness = studio.harness
    await studio.look(BOB, GENERAL)
    await harness.slack.command(BOB, GENERAL, "/approvals", "notifications")
    await studio.press(notifications.OPEN)
    await studio.page.locator("dialog").wait_for()
    await studio.shoot("preferences")
    await studio.page.keyboard.press("Escape")
    team = harness.slack.workspace.seed.team_id
    bob = Person(team_id=team, user_id=BOB)
    await harness.gateway.prefer(Preferences(person=bob, digest_at=time(9)))
    schedules = Schedules(harness.client, harness.settings.countersign_task_queue)
    handle = harness.client.get_schedule_handle(schedules.name(team, BOB))
    await eventually_read(lambda: _trigger(handle))
    direct = harness.slack.direct(BOB)
    await eventually(lambda: [one for one in harness.messages(direct) if "your decision" in one.text] or None)
    await studio.look(BOB, direct)
    await studio.shoot("digest")
    room = harness.client.get_schedule_handle(schedules.name(team, APPROVALS))
    await eventually_read(lambda: _trigger(room))
    await eventually(lambda: [one for one in harness.cards() if "longer than" in one.text] or None)
    await studio.look(BOB, APPROVALS)
    await studio.page.locator("[data-ts]").last.scroll_into_view_if_needed()
    await studio.shoot("stale")


async def _trigger(handle: ScheduleHandle) -> bool:
    """Have a digest come now, as soon as its schedule is there."""
    try:
        await handle.trigger()
    except RPCError:
        return False
    return True


SURFACES: tuple[Surface, ...] = (
    shoot_card,
    shoot_question,
    shoot_change,
    shoot_burst,
    shoot_preferences,
)


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


async def main() -> None:
    """Shoot all surfaces, one after another."""
    with TemporaryDirectory() as folder:
        async with open_studio(Path(folder)) as studio:
            for surface in SURFACES:
                await surface(studio)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    asyncio.run(main())
