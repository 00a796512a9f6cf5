"""A tiny Bolt app: a card with a button, a modal that may complain, a command."""

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.standin.server import Standin
from tests.standin.ends import Json

WORDS = {"type": "plain_text", "text": "Go"}
CARD = [{"type": "actions", "elements": [{"type": "button", "action_id": "go", "text": WORDS}]}]
FIELD = {"type": "plain_text_input", "action_id": "text"}
QUESTION = {"type": "input", "block_id": "why", "label": WORDS, "element": FIELD}
MODAL = {"type": "modal", "callback_id": "asked", "title": WORDS, "submit": WORDS, "blocks": [QUESTION]}


async def mentioned(event: Json, say: Any) -> None:
    """Answer with the card, in the thread."""
    await say(text="card", blocks=CARD, thread_ts=event["ts"])


async def clicked(ack: Any, body: Json, client: Any) -> None:
    """Ask why."""
    await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
    await ack()


async def submitted(ack: Any, view: Json) -> None:
    """Take any answer but no."""
    if view["state"]["values"]["why"]["text"]["value"] == "no":
        await ack(response_action="errors", errors={"why": "No."})
    else:
        await ack()


async def listed(ack: Any) -> None:
    """Say something to the one who asked."""
    await ack("Nothing waits.")


def tiny(slack: Standin) -> AsyncApp:
    """The app, with the stand-in for its Slack."""
    client = AsyncWebClient(slack.bot_token, base_url=f"{slack.url}/api/")
    app = AsyncApp(client=client, signing_secret=slack.signing_secret, process_before_response=True)
    app.event("app_mention")(mentioned)
    app.action("go")(clicked)
    app.view("asked")(submitted)
    app.command("/approvals")(listed)
    return app
