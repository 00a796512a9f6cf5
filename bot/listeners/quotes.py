"""The shortcut of a message: somebody asks for approval of what it says.

The message is read when the form opens and again when it is submitted, so that what is approved is what was shown.
"""

import asyncio
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.models.views import View
from temporalio.exceptions import ApplicationError

from activities.webapi import WebApi
from bot import modals, quoting
from bot.filing import BLANK, REASON_BLOCK
from bot.forms import dump_view
from bot.gateway import Gateway
from bot.listeners.requests import hand_in
from bot.payloads import MessageShortcut, parse_message_shortcut
from bot.quotes import Kept, Place, Quote, read_kept, read_place, read_quote
from bot.quoting import Subject
from bot.submissions import parse_filing

ASK_ABOUT = "countersign_ask_about"
READ_SECONDS = 0.8
"""What Slack gets to show a message again; with the gateway's call it has to stay under three seconds."""
log = structlog.stdlib.get_logger("countersign.quotes")


class DeletedError(Exception):
    """The message is gone."""


class UnreadableError(Exception):
    """Slack does not show the message to the bot, or not now."""


def register(app: AsyncApp, gateway: Gateway, api: WebApi) -> None:
    """Listen to the shortcut and to its form."""
    reader = Reader(api)

    async def open_quote(ack: AsyncAck, body: dict[str, Any]) -> None:
        shortcut = parse_message_shortcut(body)
        try:
            view = _render(await reader.find(shortcut))
        except DeletedError:
            view = modals.render_notice(quoting.DELETED)
        await api.call("views.open", trigger_id=shortcut.trigger_id, view=dump_view(view))
        await ack()
        log.info("A message was chosen", channel=shortcut.channel.id, user=shortcut.user.id)

    async def file_quote(ack: AsyncAck, body: dict[str, Any]) -> None:
        filed = parse_filing(body)
        kept = read_kept(filed.view.private_metadata)
        try:
            subject = await reader.find_again(kept)
        except DeletedError:
            await ack(response_action="update", view=modals.render_notice(quoting.DELETED))
        except UnreadableError:
            await ack(response_action="errors", errors={REASON_BLOCK: quoting.UNCERTAIN})
        else:
            if subject.quote.seal != kept.seal:
                await ack(response_action="update", view=_render(subject, quoting.CHANGED))
            elif not filed.typed(REASON_BLOCK).strip():
                await ack(response_action="errors", errors={REASON_BLOCK: BLANK})
            else:
                team = (await api.identity()).team_id
                await hand_in(gateway, ack, filed, quoting.build_request(subject, filed, team))

    app.message_shortcut(ASK_ABOUT)(open_quote)
    app.view(quoting.CALLBACK)(file_quote)


def _render(subject: Subject, note: str = "") -> View:
    obstacle = quoting.find_obstacle(subject)
    return modals.render_notice(obstacle) if obstacle else quoting.render_quote(subject, note)


class Reader:
    """Reads messages where they are."""

    def __init__(self, api: WebApi) -> None:
        self._api = api

    async def find(self, shortcut: MessageShortcut) -> Subject:
        """A message as it is now; as it was when it was chosen, where the bot cannot read it.

        Raises:
            DeletedError: it is gone.
        """
        place = read_place(shortcut.channel.id, shortcut.message)
        try:
            return await self._subject(place, await self._read(place), readable=True)
        except UnreadableError as error:
            log.info("A message is taken as it was chosen", channel=place.channel_id, problem=str(error))
            return await self._subject(place, read_quote(shortcut.message), readable=False)

    async def find_again(self, kept: Kept) -> Subject:
        """The message of a form as it is now; what the form has kept, where the bot could not read it.

        Raises:
            DeletedError: it is gone.
            UnreadableError: Slack does not show it any more, or not now.
        """
        if kept.quote:
            return await self._subject(kept.place, kept.quote, readable=False)
        return await self._subject(kept.place, await self._read(kept.place), readable=True)

    async def _subject(self, place: Place, quote: Quote, *, readable: bool) -> Subject:
        return Subject(place, quote, place.link((await self._api.identity()).url), readable)

    async def _read(self, place: Place) -> Quote:
        """A message of a thread comes after the one that began it, whatever is asked for."""
        method = "conversations.replies" if place.is_reply else "conversations.history"
        thread = {"ts": place.thread_ts, "oldest": place.ts, "limit": 2} if place.is_reply else {"limit": 1}
        one = {"channel": place.channel_id, "latest": place.ts, "inclusive": True, **thread}
        try:
            async with asyncio.timeout(READ_SECONDS):
                found = await self._api.call(method, **one)
        except ApplicationError as error:
            if error.type == "thread_not_found":
                raise DeletedError from None
            raise UnreadableError(str(error)) from None
        except TimeoutError:
            raise UnreadableError("Slack did not answer in time.") from None
        for message in found["messages"]:
            if message.get("ts") == place.ts:
                return read_quote(message)
        raise DeletedError
