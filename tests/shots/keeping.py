"""Pictures of keeping up: lists, forms by which people ask, what requesters and channels are told."""

from datetime import time

from temporalio.client import ScheduleHandle
from temporalio.service import RPCError

from activities.cards import APPROVE, REMEMBER
from bot import notifications
from bot.home import AWAY
from bot.picks import BLOCK
from bot.schedules import Schedules
from tests.harness import ALICE, APPROVALS, BOB, DAVE, GENERAL, OUTCOMES, eventually, eventually_read
from tests.shots.studio import Studio
from workflows.contracts import Person
from workflows.preferences import Preferences


async def shoot_list(studio: Studio) -> None:
    """What waits for somebody, and deciding several of a list together."""
    for amount in (120, 250, 9000):
        await studio.harness.ask(f"transfer {amount} from checking to savings")
    await eventually(lambda: len(studio.cards()) == 3 or None)
    await studio.look(BOB, GENERAL)
    await studio.tell("/approvals")
    await studio.page.locator(f'[data-block-id="{BLOCK}"]').wait_for()
    await studio.shoot("list")


async def shoot_usage(studio: Studio) -> None:
    """What a word that the command does not know is answered with."""
    await studio.harness.ask("balance")
    await studio.look(BOB, GENERAL)
    await studio.tell("/approvals sometimes")
    await studio.page.get_by_text("/approvals history").first.wait_for()
    await studio.shoot("usage")


async def shoot_request(studio: Studio) -> None:
    """People ask people."""
    await studio.harness.ask("balance")
    await studio.look(ALICE, GENERAL)
    await studio.page.get_by_role("button", name="Shortcuts").click()
    await studio.page.get_by_role("menuitem", name="New request").click()
    dialog = studio.page.locator("dialog[data-view-id]")
    await dialog.get_by_label("Total, in euros").fill("12000.50")
    await dialog.get_by_label("What").fill("Laptops for Paris")
    await dialog.get_by_label("Site").select_option(label="Paris")
    await studio.shoot("request")
    await dialog.get_by_role("button", name="Ask").click()
    await studio.harness.card()
    await studio.look(BOB, APPROVALS)
    await studio.shoot("requested")


async def shoot_refusal(studio: Studio) -> None:
    """What somebody sees who may not decide, and what everybody is told in the end."""
    await studio.harness.ask("transfer 250 from checking to savings")
    card = await studio.harness.card()
    await studio.look(ALICE, APPROVALS)
    await studio.press(APPROVE)
    await studio.page.locator("[data-ephemeral-id]").first.wait_for()
    await studio.shoot("refused")
    await studio.harness.approve(card)
    await eventually(lambda: studio.harness.messages(OUTCOMES) or None)
    await studio.look(DAVE, OUTCOMES)
    await studio.shoot("told")


async def shoot_rules(studio: Studio) -> None:
    """An approval that stands for later requests: its limits, the rule, what came of it, and where it is revoked."""
    await studio.harness.ask("transfer 250 from checking to savings")
    await studio.harness.card()
    await studio.look(BOB, APPROVALS)
    await studio.shoot("remember-card")
    await studio.press(REMEMBER)
    dialog = studio.page.locator("dialog[data-view-id]")
    await dialog.get_by_label("amount").select_option(label="At most 250 (from 0 on)")
    await studio.shoot("remember-form")
    await dialog.get_by_role("button", name="See the rule").click()
    await dialog.get_by_text("size(args)").wait_for()
    await studio.shoot("remember-shown")
    await dialog.get_by_role("button", name="Approve and remember").click()
    await eventually(lambda: studio.harness.whispers(BOB) or None)
    await studio.harness.ask("transfer 120 from checking to savings")
    await eventually(lambda: len(studio.cards()) == 2 or None)
    await studio.look(BOB, APPROVALS)
    await studio.shoot("remembered")
    await studio.tell("/approvals rules")
    await studio.page.get_by_text("Rules in force").wait_for()
    await studio.shoot("rules-list")
    await studio.page.locator(".room", has_text="Countersign").click()
    await studio.page.locator('[data-tab="home"]').click()
    await studio.page.get_by_text("of 10 uses left").wait_for()
    await studio.shoot("rules-home")


async def shoot_home(studio: Studio) -> None:
    """The Home tab, and saying that one is away."""
    await studio.harness.ask("transfer 6000 from checking to savings")
    await studio.harness.ask("transfer 75 from checking to savings")
    await eventually(lambda: len(studio.cards()) == 2 or None)
    await studio.look(BOB, APPROVALS)
    await studio.page.locator(".room", has_text="Countersign").click()
    await studio.page.locator('[data-tab="home"]').click()
    await studio.page.get_by_text("Decided lately").wait_for()
    await studio.shoot("home")
    await studio.press(AWAY)
    await studio.page.locator("dialog").wait_for()
    await studio.shoot("away")


async def shoot_preferences(studio: Studio) -> None:
    """When somebody is written to, and the digests that people and channels get."""
    harness = studio.harness
    await harness.ask("transfer 6000 from checking to savings")
    await harness.card()
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


SURFACES = (shoot_list, shoot_usage, shoot_request, shoot_refusal, shoot_rules, shoot_home, shoot_preferences)
