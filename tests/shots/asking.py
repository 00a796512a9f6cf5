"""Pictures of questions to people: the card, the form, and what it shows once somebody has answered."""

from activities.elicitations import RESPOND
from tests.doors import start_request
from tests.harness import APPROVALS, BOB, eventually
from tests.shots.studio import Studio
from tests.workflows.test_elicitation import Order
from workflows.contracts import JsonObject
from workflows.elicitation import ASK_HUMAN, describe_model

REGION: JsonObject = {
    "question": "Which region should the new cluster run in?",
    "options": ["Frankfurt", "Dublin", "Virginia"],
}
ORDER: JsonObject = {
    "question": "What do we order for the new office?\nThe supplier delivers on Fridays only.",
    "schema": describe_model(Order),
}


async def ask(studio: Studio, arguments: JsonObject, title: str) -> None:
    """A question, with Bob looking at its card."""
    reason = "Set up the office, please"
    await start_request(studio.harness, action=ASK_HUMAN, arguments=arguments, title=title, reason=reason)
    count = len(studio.harness.cards())
    await studio.harness.card(count)
    await studio.look(BOB, APPROVALS)


async def shoot_asking(studio: Studio) -> None:
    """A question with options, and one with a form; both answered."""
    await ask(studio, REGION, "Which region should the new cluster run in?")
    await studio.shoot("question-asked")
    await ask(studio, ORDER, "What do we order for the new office?")
    await studio.press(RESPOND)
    await studio.page.locator("dialog").wait_for()
    await studio.shoot("question-modal")
    await studio.page.keyboard.press("Escape")
    await studio.harness.answer_as(BOB, "Dublin")
    filled = {"region": "eu", "amount": "1200.5", "urgent": True, "day": "2026-12-04", "tags": ["new"]}
    await studio.harness.answer_as(BOB, filled)
    cards = studio.harness.cards()
    await eventually(lambda: all(card.text.startswith("Answered") for card in cards) or None)
    await studio.look(BOB, APPROVALS)
    await studio.shoot("question-answered")


SURFACES = (shoot_asking,)
