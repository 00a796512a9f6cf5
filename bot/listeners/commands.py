"""The slash command: what is waiting for approval."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from activities.blocks import render
from activities.cards import Rendered
from activities.webapi import WebApi
from bot import lists
from bot.gateway import PAGE_SIZE, Gateway, TemporalAwayError
from bot.listeners.approvals import replace_message
from bot.listeners.details import read_number
from bot.payloads import parse_press

COMMAND = "/approvals"
log = structlog.stdlib.get_logger("countersign.commands")


def register(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    """Listen to the command and to the list's page buttons."""

    async def list_approvals(ack: AsyncAck, body: dict[str, Any]) -> None:
        rendered = await read_list(0)
        await ack(
            text=rendered.text,
            blocks=render(rendered.blocks),
            response_type="ephemeral",
            unfurl_links=False,
            unfurl_media=False,
        )
        log.info("Approvals were listed", user=body.get("user_id"))

    async def turn_page(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        rendered = await read_list(read_number(parse_press(body)))
        await ack()
        await replace_message(respond, rendered)

    async def read_list(number: int) -> Rendered:
        own = await api.identity()
        try:
            page = await gateway.list_pending(own.team_id, number)
            if page.total and not page.rows:  # it has become shorter since that page was offered
                page = await gateway.list_pending(own.team_id, (page.total - 1) // PAGE_SIZE)
        except TemporalAwayError:
            log.exception("Approvals could not be listed")
            return lists.render_sentence(lists.AWAY)
        return lists.render_list(page, own.url, lists.current_time())

    app.command(COMMAND)(list_approvals)
    app.block_action(lists.PREVIOUS)(turn_page)
    app.block_action(lists.NEXT)(turn_page)
