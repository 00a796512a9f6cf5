"""Pictures of talking to a busy agent."""

from activities.cards import CANCEL
from tests.harness import ALICE, BOB, GENERAL, eventually
from tests.shots.studio import Studio


async def shoot_talk(studio: Studio) -> None:
    """Asking where it is, somebody else's wish to cancel, the button and what it asks, and what came of it."""
    harness = studio.harness
    thread = await harness.ask(
        "transfer 9000 from checking to savings and transfer 40 from savings to payroll"
    )
    await eventually(lambda: len(harness.thread(GENERAL, thread)) == 2 or None)
    await studio.look(ALICE, GENERAL, thread)
    await studio.shoot("cancel-button")
    await harness.slack.say(ALICE, GENERAL, "<@U0BOT> where is it?", thread)
    await harness.reply(GENERAL, thread, "2 requests wait for approval.")
    await studio.shoot("where")
    await harness.slack.say(ALICE, GENERAL, "<@U0BOT> balance of checking", thread)
    await harness.reply(GENERAL, thread, "I am still waiting")
    await harness.slack.say(BOB, GENERAL, "<@U0BOT> cancel", thread)
    await harness.reply(GENERAL, thread, "may cancel")
    await studio.shoot("later")
    await studio.press(CANCEL)
    await studio.shoot("cancel-confirm")
    await studio.page.get_by_role("button", name="Cancel all").last.click()
    await harness.reply(GENERAL, thread, "2 requests were withdrawn")
    await studio.look(ALICE, GENERAL, thread)
    await studio.page.get_by_text("2 requests were withdrawn").scroll_into_view_if_needed()
    await studio.shoot("cancelled-turn")


async def shoot_speech(studio: Studio) -> None:
    """A reply while it is written, and when it is."""
    harness = studio.harness
    thread = await harness.ask("how does this work?")
    await studio.look(ALICE, GENERAL, thread)
    await studio.page.get_by_text("Until somebody approves").wait_for()
    await studio.shoot("speaking")
    await harness.reply(GENERAL, thread, "I move money")
    await studio.page.get_by_text("tell you why.").wait_for()
    await studio.shoot("spoken")


SURFACES = (shoot_talk, shoot_speech)
