"""The slash command: what is waiting for approval, and who decides for whom."""

import asyncio
from datetime import tzinfo
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from temporalio.exceptions import ApplicationError

from activities.blocks import render
from activities.cards import Rendered
from activities.webapi import WebApi
from bot import lists
from bot.commands import Command, build_delegation, parse_caller, parse_command, read_zone
from bot.gateway import PAGE_SIZE, DelegationRefusedError, Gateway, TemporalAwayError
from bot.listeners.approvals import replace_message
from bot.listeners.details import read_number
from bot.payloads import parse_press
from workflows.contracts import Person

COMMAND = "/approvals"
ZONE_SECONDS = 0.7
"""What Slack gets to say where somebody is; with the gateway's call it has to stay under three seconds."""
log = structlog.stdlib.get_logger("countersign.commands")


def register(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    """Listen to the command and to the list's page buttons."""
    desk = Desk(gateway, api)

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
        rendered = await desk.show_list(read_number(parse_press(body)))
        await ack()
        await replace_message(respond, rendered)

    app.command(COMMAND)(answer_command)
    app.block_action(lists.PREVIOUS)(turn_page)
    app.block_action(lists.NEXT)(turn_page)


class Desk:
    """Answers commands, each within Slack's three seconds."""

    def __init__(self, gateway: Gateway, api: WebApi) -> None:
        self._gateway = gateway
        self._api = api

    async def answer(self, command: Command, caller: Person) -> Rendered:
        """Do what the command asks for, and say what came of it."""
        match command.kind:
            case "list":
                return await self.show_list(0)
            case "delegate":
                return await self._delegate(command, caller)
            case "back":
                return await self._revoke(caller)
            case "delegations":
                return await self._show_delegations(caller)
            case "help":
                return lists.render_usage()
            case "wrong":
                return lists.render_sentence(command.problem)

    async def show_list(self, number: int) -> Rendered:
        """One page of what is pending."""
        own = await self._api.identity()
        try:
            page = await self._gateway.list_pending(own.team_id, number)
            if page.total and not page.rows:  # it has become shorter since that page was offered
                page = await self._gateway.list_pending(own.team_id, (page.total - 1) // PAGE_SIZE)
        except TemporalAwayError:
            log.exception("Approvals could not be listed")
            return lists.render_sentence(lists.AWAY)
        return lists.render_list(page, own.url, lists.current_time())

    async def _delegate(self, command: Command, caller: Person) -> Rendered:
        zone = await self._read_zone(caller)
        if zone is None:
            return lists.render_sentence(lists.UNKNOWN_ZONE)
        wish = build_delegation(command, caller, zone)
        try:
            await self._gateway.delegate(wish)
        except DelegationRefusedError as refused:
            return lists.render_sentence(str(refused))
        except TemporalAwayError:
            log.exception("A delegation could not be handed on")
            return lists.render_sentence(lists.UNCERTAIN)
        return lists.render_delegated(wish)

    async def _revoke(self, caller: Person) -> Rendered:
        try:
            return lists.render_revoked(await self._gateway.revoke(caller))
        except TemporalAwayError:
            log.exception("A delegation could not be taken back")
            return lists.render_sentence(lists.UNCERTAIN)

    async def _show_delegations(self, caller: Person) -> Rendered:
        try:
            return lists.render_delegations(await self._gateway.read_delegations(caller.team_id), caller)
        except TemporalAwayError:
            log.exception("Delegations could not be listed")
            return lists.render_sentence(lists.AWAY)

    async def _read_zone(self, person: Person) -> tzinfo | None:
        """A person's time zone as Slack knows it; None when Slack does not answer."""
        try:
            async with asyncio.timeout(ZONE_SECONDS):
                found = await self._api.call("users.info", user=person.user_id)
        except (TimeoutError, ApplicationError) as error:
            log.warning("A time zone could not be read", user=person.user_id, problem=str(error))
            return None
        return read_zone(found["user"].get("tz"))
