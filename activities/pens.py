"""Pens: how a draft is written in a thread. Slack's own streaming where there is any, edits of one message otherwise.

Both write rich text, which is shown as it is: what a model says is data while it is still being said, too. A draft is
labelled as one until it is finished, and as shown from then on, until the reply is written over it and has labels of its own.
So whoever finds a message that is still labelled as a draft knows that nobody will finish it, and nobody takes away a reply.
"""

import re
from typing import Protocol

from slack_sdk.models.blocks import Block
from slack_sdk.models.messages.chunk import BlocksChunk
from temporalio.exceptions import ApplicationError

from activities.blocks import render, words
from activities.cards import REPLY_LENGTH, render_reply
from activities.messages import Label, MessageBoard, label_metadata, name_block
from activities.pace import Pace
from activities.text import split_pages
from activities.webapi import WebApi
from workflows.contracts import MessageRef
from workflows.talk import Draft

DRAFT, SHOWN = "draft", "shown"
"""The label's key of a draft, and of a finished one."""
EDIT_INTERVAL = 4.0
"""Seconds between any two edits of drafts. Slack takes 50 a minute in a workspace, and cards need theirs."""
START_INTERVAL, STREAM_INTERVAL = 3.0, 1.0
"""Seconds between any two streams that begin, of which Slack takes 20 a minute, and any two additions, of which it takes 100."""
MOST_ADDITIONS = 45
"""Of blocks, Slack takes 50 into one stream; the rest is there when the reply is whole."""
LONG = 300
"""Characters after which a sentence that does not end is cut between its words."""
_END = re.compile(r"\n+|(?<=[.!?\u2026])\s+|(?<=[\u3002\uff01\uff1f])")


class Pen(Protocol):
    """Writes drafts. Every method raises ApplicationError where Slack refuses or is away."""

    pace: Pace
    starts: Pace
    """The same for drafts that begin."""
    most: int
    """How often it writes in one draft."""

    def cut(self, shown: str, text: str) -> str:
        """What of the text so far can be shown, which begins with what is shown already."""
        ...

    async def begin(self, draft: Draft, text: str) -> MessageRef:
        """Show the first words."""
        ...

    async def go_on(self, place: MessageRef, draft: Draft, shown: str, text: str) -> None:
        """Show more of them."""
        ...

    async def finish(self, place: MessageRef, draft: Draft, text: str) -> None:
        """Make it what the reply can be written over."""
        ...


class EditPen:
    """Writes by editing a message."""

    most = 1_000

    def __init__(self, board: MessageBoard) -> None:
        self.pace = self.starts = Pace(EDIT_INTERVAL)
        self._board = board

    def cut(self, shown: str, text: str) -> str:  # noqa: ARG002 - an edit shows all of it anew
        """All of it, as far as the first message holds it."""
        return split_pages(text, REPLY_LENGTH)[0]

    async def begin(self, draft: Draft, text: str) -> MessageRef:
        """Post the message."""
        thread = draft.thread
        return await self._board.post(
            thread.channel_id, thread.thread_ts, render_reply(text)[0], label_draft(draft, DRAFT)
        )

    async def go_on(self, place: MessageRef, draft: Draft, shown: str, text: str) -> None:  # noqa: ARG002
        """Edit it."""
        await self._board.rewrite(place, render_reply(text)[0])

    async def finish(self, place: MessageRef, draft: Draft, text: str) -> None:
        """Edit it for the last time, label and all."""
        await self._board.rewrite(place, render_reply(text)[0], label_draft(draft, SHOWN))


class StreamPen:
    """Writes by Slack's streaming, sentence by sentence: what is added to a stream stands below what it has already."""

    most = MOST_ADDITIONS

    def __init__(self, api: WebApi, board: MessageBoard) -> None:
        self.pace, self.starts = Pace(STREAM_INTERVAL), Pace(START_INTERVAL)
        self._api = api
        self._board = board

    def cut(self, shown: str, text: str) -> str:
        """As far as its last whole sentence or line; a long one as far as its last whole word."""
        page = split_pages(text, REPLY_LENGTH)[0]
        rest = page.removeprefix(shown) if page.startswith(shown) else ""
        end = max((found.end() for found in _END.finditer(rest)), default=0)
        end = end or (rest.rfind(" ") + 1 if len(rest) > LONG else 0)
        return shown + rest[:end] if rest[:end].strip() else shown

    async def begin(self, draft: Draft, text: str) -> MessageRef:
        """Start the stream. Its first block bears the label: a stream takes no metadata before its end."""
        blocks = words(text.strip())
        blocks[0].block_id = name_block(label_draft(draft, DRAFT))
        answer = await self._api.call(
            "chat.startStream",
            channel=draft.thread.channel_id,
            thread_ts=draft.thread.thread_ts,
            recipient_team_id=draft.reader.team_id,
            recipient_user_id=draft.reader.user_id,
            chunks=_chunk(blocks),
        )
        return MessageRef(channel_id=answer["channel"], ts=answer["ts"])

    async def go_on(self, place: MessageRef, draft: Draft, shown: str, text: str) -> None:  # noqa: ARG002
        """Add what is new."""
        added = words(text.removeprefix(shown).strip())
        await self._api.call("chat.appendStream", channel=place.channel_id, ts=place.ts, chunks=_chunk(added))

    async def finish(self, place: MessageRef, draft: Draft, text: str) -> None:
        """Stop the stream; where Slack has done so by itself, which it does after some minutes, the label is still missing."""
        label = label_draft(draft, SHOWN)
        try:
            await self._api.call(
                "chat.stopStream", channel=place.channel_id, ts=place.ts, metadata=label_metadata(label)
            )
        except ApplicationError as error:
            if error.type != "message_not_in_streaming_state":
                raise
            await self._board.rewrite(place, render_reply(text)[0], label)


def label_draft(draft: Draft, key: str) -> Label:
    """The label of a reply's message while it is a draft, or no longer."""
    return {"id": draft.key, "key": key}


def _chunk(blocks: list[Block]) -> list[dict[str, object]]:
    return [BlocksChunk(blocks=render(blocks)).to_dict()]
