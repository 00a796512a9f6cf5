"""Messages that must be there once: posted with a label in their metadata, found again by it, rewritten in place.

Where a channel is asked for, a person's id means the direct messages with them.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from activities.blocks import render
from activities.cards import Rendered
from activities.webapi import WebApi
from workflows.contracts import MessageRef

EVENT_TYPE = "countersign_message"
PERSON = re.compile("[UW]")
PAGE = 200
CLOCK_SKEW = timedelta(minutes=5)
"""How far our clock and Slack's may be apart when looking for a message that an earlier attempt posted."""

Label = Mapping[str, str]


class MessageBoard:
    """What the bot says in a workspace. Every method raises ApplicationError where Slack refuses or is away."""

    def __init__(self, api: WebApi) -> None:
        self._api = api

    async def post_once(
        self, channel: str, thread_ts: str | None, rendered: Rendered, label: Label, since: datetime | None
    ) -> MessageRef:
        """Post a message; with `since`, first look for one of that label from then on, and rewrite it."""
        room = await self._find_room(channel)
        found = await self._find(room, thread_ts, label, since) if since else None
        return (
            await self.rewrite(found, rendered)
            if found
            else await self._post(room, thread_ts, rendered, label)
        )

    async def rewrite_found(
        self, channel: str, thread_ts: str | None, rendered: Rendered, label: Label, since: datetime
    ) -> MessageRef | None:
        """Rewrite the message of that label, if there has been one since."""
        found = await self._find(await self._find_room(channel), thread_ts, label, since)
        return await self.rewrite(found, rendered) if found else None

    async def rewrite(self, message: MessageRef, rendered: Rendered) -> MessageRef:
        """Replace a message of ours."""
        await self._api.call(
            "chat.update",
            channel=message.channel_id,
            ts=message.ts,
            text=rendered.text,
            blocks=render(rendered.blocks),
            unfurl_links=False,
            unfurl_media=False,
        )
        return message

    async def send_direct(self, user: str, text: str) -> None:
        """Write to one person."""
        await self._api.call("chat.postMessage", channel=await self._find_room(user), text=text)

    async def _find_room(self, channel: str) -> str:
        if not PERSON.match(channel):
            return channel
        opened = await self._api.call("conversations.open", users=channel)
        return str(opened["channel"]["id"])

    async def _post(
        self, channel: str, thread_ts: str | None, rendered: Rendered, label: Label
    ) -> MessageRef:
        answer = await self._api.call(
            "chat.postMessage",
            channel=channel,
            thread_ts=thread_ts,
            text=rendered.text,
            blocks=render(rendered.blocks),
            metadata=_metadata(label),
            unfurl_links=False,
            unfurl_media=False,
        )
        return MessageRef(channel_id=answer["channel"], ts=answer["ts"])

    async def _find(
        self, channel: str, thread_ts: str | None, label: Label, since: datetime
    ) -> MessageRef | None:
        method = "conversations.replies" if thread_ts else "conversations.history"
        oldest = f"{(since - CLOCK_SKEW).timestamp():.6f}"
        wanted, own = _metadata(label), await self._api.identity()
        messages = await self._api.pages(
            method,
            "messages",
            channel=channel,
            ts=thread_ts,
            oldest=oldest,
            limit=PAGE,
            include_all_metadata=True,
        )
        for message in messages:
            if message.get("metadata") == wanted and message.get("bot_id") == own.bot_id:
                return MessageRef(channel_id=channel, ts=message["ts"])
        return None


def _metadata(label: Label) -> dict[str, object]:
    return {"event_type": EVENT_TYPE, "event_payload": dict(label)}
