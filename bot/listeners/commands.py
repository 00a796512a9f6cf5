"""The slash command: what is waiting, what has ended, and who decides for whom."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from activities.blocks import render
from bot import lists
from bot.commands import parse_caller, parse_command, parse_turn
from bot.desk import Desk
from bot.listeners.approvals import replace_message
from bot.payloads import parse_press

COMMAND = "/approvals"
log = structlog.stdlib.get_logger("countersign.commands")


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen to the command and to the list's page buttons."""

    async def answer_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        caller, command = parse_caller(body), parse_command(str(body.get("text") or ""))
        rendered = await desk.answer(command, caller)
        await ack(
            text=rendered.text,
            blocks=render(rendered.blocks),
            response_type="ephemeral",
            unfurl_links=False,
            unfurl_media=False,
        )
        log.info("A command was answered", command=command.kind, user=caller.user_id)

    async def turn_page(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        press = parse_press(body)
        number, command = parse_turn(press.value)
        rendered = await desk.look(command, press.person, number)
        await ack()
        await replace_message(respond, rendered)

    app.command(COMMAND)(answer_command)
    app.block_action(lists.PREVIOUS)(turn_page)
    app.block_action(lists.NEXT)(turn_page)
