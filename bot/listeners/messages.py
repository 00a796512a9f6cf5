"""Messages to the agent: mentions in channels, and everything in a direct message."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bot.addressing import address
from bot.gateway import Gateway
from bot.payloads import parse_message
from workflows.allowance import Allowance
from workflows.contracts import Conversation

SPOKEN = frozenset({None, "file_share", "thread_broadcast"})
"""Subtypes of messages that a person wrote; edits, joins, topics and the like are no request."""
log = structlog.stdlib.get_logger("countersign.messages")


def register(
    app: AsyncApp, gateway: Gateway, agents: Sequence[str], homes: Mapping[str, str], allowance: Allowance
) -> None:
    """Listen to mentions and direct messages; of several agents, the first hears what names none.

    `homes` are the channels where another one does; `allowance` is what each conversation that begins may use of the model.
    """
    default = agents[0] if agents else ""

    async def hear(event: dict[str, Any], context: AsyncBoltContext) -> None:
        if event.get("bot_id") or event.get("subtype") not in SPOKEN:
            return
        thread, heard = parse_message(event, str(context.team_id), str(context.bot_user_id))
        agent = homes.get(thread.channel_id, default)
        begun = Conversation(thread=thread, agent=agent, allowance=allowance)
        await gateway.hear(begun, address(heard, agents))
        log.info(
            "Heard a message", channel=thread.channel_id, thread=thread.thread_ts, user=heard.person.user_id
        )

    async def hear_direct(event: dict[str, Any], context: AsyncBoltContext) -> None:
        if event.get("channel_type") == "im":
            await hear(event, context)

    app.event("app_mention")(hear)
    app.event("message")(hear_direct)
