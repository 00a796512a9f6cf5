"""Pictures of deciding: the card, questions, changes, words, several requests at once."""

from activities.bursts import APPROVE_ALL
from activities.cards import ANSWER, APPROVE, APPROVE_FORM, ASK, CHANGE, DETAILS, REJECT_FORM
from tests.bot.test_details_page import LARGE
from tests.doors import start_request
from tests.harness import ALICE, APPROVALS, BOB, CAROL, GENERAL, eventually
from tests.shots.studio import Studio


async def open_card(studio: Studio, amount: int = 250) -> None:
    """The agent asks for a transfer, and Bob looks at its card."""
    await studio.harness.ask(f"transfer {amount} from checking to savings")
    await studio.harness.card()
    await studio.look(BOB, APPROVALS)


async def shoot_card(studio: Studio) -> None:
    """A card as approvers get it."""
    await open_card(studio)
    await studio.shoot("card")


async def shoot_question(studio: Studio) -> None:
    """Asking before deciding, and what becomes of it."""
    await open_card(studio)
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
    await open_card(studio)
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


async def shoot_words(studio: Studio) -> None:
    """What takes more than a click: words for a rejection, an amount typed again."""
    await open_card(studio, 9000)
    await studio.press(APPROVE_FORM)
    await studio.page.locator("dialog input").first.fill("900")
    await studio.page.locator("dialog [data-submit]").click()
    await studio.page.get_by_role("alert").first.wait_for()
    await studio.shoot("retype")
    await studio.page.keyboard.press("Escape")
    await studio.press(REJECT_FORM)
    await studio.page.locator("dialog textarea").fill("Wait for the invoice, please.")
    await studio.shoot("reject")
    await studio.page.locator("dialog [data-submit]").click()
    await eventually(lambda: "Wait for" in str(studio.harness.cards()[0].blocks) or None)
    await studio.look(BOB, APPROVALS, studio.harness.cards()[0].ts)
    await studio.shoot("rejected")


async def ask_large(studio: Studio) -> None:
    """More is asked for than a card can show."""
    title, reason = "Pay the suppliers of November", "The payment run of November, please."
    await start_request(studio.harness, arguments=LARGE, title=title, reason=reason)


async def shoot_details(studio: Studio) -> None:
    """Everything about a request that no card could show."""
    await ask_large(studio)
    card = await studio.harness.card()
    await eventually(lambda: studio.harness.thread(APPROVALS, card.ts) or None)
    await studio.look(BOB, APPROVALS, card.ts)
    await studio.shoot("long")
    await studio.press(DETAILS)
    following = studio.page.locator("dialog").get_by_role("button", name="Next page")
    await studio.shoot("details")
    number = 1
    while await following.count():
        await following.click()
        number += 1
        await studio.page.get_by_text(f"Page {number} of").wait_for()
    await studio.page.get_by_text("History until now").scroll_into_view_if_needed()
    await studio.shoot("details-last")


async def shoot_burst(studio: Studio) -> None:
    """Several requests at once, and deciding them together."""
    await studio.harness.ask(
        "transfer 40 from checking to savings, transfer 41 from checking to savings and transfer 9000 from checking to savings"
    )
    message = await studio.harness.card()
    await eventually(lambda: len(studio.cards()) == 3 or None)
    await eventually(lambda: str(message.blocks).count("Open its card") == 3 or None)
    await studio.look(BOB, APPROVALS, message.ts)
    await studio.shoot("burst")
    await studio.press(APPROVE_ALL)
    await studio.page.locator("dialog").wait_for()
    await studio.shoot("together")
    await studio.page.locator("dialog textarea").fill("Both are in the budget.")
    await studio.page.get_by_role("button", name="Approve all 2").click()
    await eventually(lambda: "Approval needed: 1 of 3" in message.text or None)
    await studio.look(CAROL, APPROVALS)
    await studio.shoot("burst-decided")


SURFACES = (shoot_card, shoot_question, shoot_change, shoot_words, shoot_details, shoot_burst)
