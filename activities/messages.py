"""Messages that must be there once: posted with a label in their metadata, found again by it, rewritten in place.

Where a channel is asked for, a person's id means the direct messages with them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from temporalio.exceptions import ApplicationError

from activities.blocks import render, words
from activities.cards import Rendered
from activities.webapi import WebApi
from workflows.contracts import MessageRef

EVENT_TYPE = "countersign_message"
PERSON = re.compile("[UW]")
PAGE = 200
CLOCK_SKEW = timedelta(minutes=5)
"""How far our clock and Slack's may be apart when looking for a message that an earlier attempt posted."""
TAKEN_BACK = "(taken back)"

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
            else await self.post(room, thread_ts, rendered, label)
        )

    async def rewrite_found(
        self, channel: str, thread_ts: str | None, rendered: Rendered, label: Label, since: datetime
    ) -> MessageRef | None:
        """Rewrite the message of that label, if there has been one since."""
        found = await self._find(await self._find_room(channel), thread_ts, label, since)
        return await self.rewrite(found, rendered) if found else None

    async def rewrite(
        self, message: MessageRef, rendered: Rendered, label: Label | None = None
    ) -> MessageRef:
        """Replace a message of ours; without a label it keeps the one that it has."""
        await self._api.call(
            "chat.update",
            channel=message.channel_id,
            ts=message.ts,
            text=rendered.text,
            blocks=render(rendered.blocks),
            metadata=label_metadata(label) if label else None,
            unfurl_links=False,
            unfurl_media=False,
        )
        return message

    async def find_keys(
        self, channel: str, thread_ts: str, name: str, since: datetime
    ) -> list[tuple[str, MessageRef]]:
        """The messages whose label has that id, since then, each with its label's key; oldest first."""
        own = await self._read_own(channel, thread_ts, since)
        return [(str(label.get("key")), message) for label, message in own if label.get("id") == name]

    async def erase(self, message: MessageRef) -> None:
        """Take a message of ours away, also one that is being streamed; one that is gone already is no fault.

        Where nothing may be deleted its words are.
        """
        if await self._succeeds("chat.delete", message):
            return
        await self._succeeds("chat.stopStream", message)  # an open stream does not go
        if not await self._succeeds("chat.delete", message):
            await self.rewrite(message, Rendered(TAKEN_BACK, words(TAKEN_BACK)))

    async def _succeeds(self, method: str, message: MessageRef) -> bool:
        """Whether Slack does that, or there is no message any more."""
        try:
            await self._api.call(method, channel=message.channel_id, ts=message.ts)
        except ApplicationError as error:
            if not error.non_retryable:
                raise
            return error.type == "message_not_found"
        return True

    async def send_direct(self, user: str, text: str) -> None:
        """Write to one person."""
        await self._api.call("chat.postMessage", channel=await self._find_room(user), text=text)

    async def _find_room(self, channel: str) -> str:
        if not PERSON.match(channel):
            return channel
        opened = await self._api.call("conversations.open", users=channel)
        return str(opened["channel"]["id"])

    async def post(self, channel: str, thread_ts: str | None, rendered: Rendered, label: Label) -> MessageRef:
        """Post a message that is not there yet."""
        answer = await self._api.call(
            "chat.postMessage",
            channel=channel,
            thread_ts=thread_ts,
            text=rendered.text,
            blocks=render(rendered.blocks),
            metadata=label_metadata(label),
            unfurl_links=False,
            unfurl_media=False,
        )
        return MessageRef(channel_id=answer["channel"], ts=answer["ts"])

    async def _find(
        self, channel: str, thread_ts: str | None, label: Label, since: datetime
    ) -> MessageRef | None:
        own = await self._read_own(channel, thread_ts, since)
        return next((message for found, message in own if found == label), None)

    async def _read_own(
        self, channel: str, thread_ts: str | None, since: datetime
    ) -> list[tuple[Label, MessageRef]]:
        """The bot's own messages since then that have labels, oldest first in a thread."""
        own = await self._api.identity()
        messages = await self._api.pages(
            "conversations.replies" if thread_ts else "conversations.history",
            "messages",
            channel=channel,
            ts=thread_ts,
            oldest=f"{(since - CLOCK_SKEW).timestamp():.6f}",
            limit=PAGE,
            include_all_metadata=True,
        )
        labels = ((_read_label(one), one["ts"]) for one in messages if one.get("bot_id") == own.bot_id)
        return [(label, MessageRef(channel_id=channel, ts=ts)) for label, ts in labels if label]


def label_metadata(label: Label) -> dict[str, object]:
    """A label as Slack takes it."""
    return {"event_type": EVENT_TYPE, "event_payload": dict(label)}


def name_block(label: Label) -> str:
    """A label as the id of a message's first block, for streams, which take no metadata before their end."""
    return f"{EVENT_TYPE} {json.dumps(label)}"


def _read_label(message: Mapping[str, Any]) -> Label | None:
    """What a message of ours is labelled with; once it has metadata, its blocks' ids count no more."""
    metadata: Mapping[str, Any] = message.get("metadata") or {}
    if metadata.get("event_type") == EVENT_TYPE:
        return cast(Label, metadata.get("event_payload"))
    blocks: Sequence[Mapping[str, Any]] = message.get("blocks") or ()
    kind, _, label = str(blocks[0].get("block_id", "") if blocks else "").partition(" ")
    return cast(Label, json.loads(label)) if kind == EVENT_TYPE else None
