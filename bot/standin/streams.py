"""The chat.*Stream methods: a reply in a thread that grows while its author still writes.

An open stream can be neither updated nor deleted; one that is not open takes no more. Slack closes it by itself after a while.
"""

from typing import Any

from bot.standin.call import Call
from bot.standin.chat import POSTING, destination, metadata, own, parent
from bot.standin.limits import ALL_TEXT, MESSAGE_BLOCKS, check_message, settled, volume
from bot.standin.message import Message
from bot.standin.refusal import Refusal, malformed
from bot.standin.trees import Json, is_list, is_object
from bot.standin.workspace import Room


def start(call: Call) -> Json:
    """A new reply, which is open for more."""
    call.need(POSTING)
    room = destination(call)
    check_recipient(call, room)
    if not call.text("thread_ts"):
        raise Refusal("invalid_arguments")
    blocks = chunks(call)
    message = call.workspace.draft(call.workspace.bot, room, "", settled(blocks))
    message.thread_ts, message.streamed_at = parent(call, room), call.workspace.clock()
    call.workspace.post(message, {})
    return {"ok": True, "channel": room.id, "ts": message.ts}


def append(call: Call) -> Json:
    """More of it."""
    call.need(POSTING)
    message = opened(call)
    more = chunks(call)
    if not more:
        raise Refusal("no_text")
    grow(call, message, more)
    return {"ok": True, "channel": message.channel, "ts": message.ts}


def stop(call: Call) -> Json:
    """No more of it."""
    call.need(POSTING)
    message = opened(call)
    attached = metadata(call)
    grow(call, message, chunks(call))
    message.streamed_at, message.metadata = 0.0, attached or message.metadata
    call.workspace.extend(message, message.blocks)
    return {
        "ok": True,
        "channel": message.channel,
        "ts": message.ts,
        "message": message.shown(metadata=True),
    }


def check_recipient(call: Call, room: Room) -> None:
    """In channels Slack wants to know for whom it is."""
    if room.is_im:
        return
    reader = call.workspace.user(call.text("recipient_user_id", "missing_recipient_user_id"))
    if call.text("recipient_team_id", "missing_recipient_team_id") != reader.team_id:
        raise Refusal("user_not_found")


def opened(call: Call) -> Message:
    """A stream of the bot's own that is still open."""
    message = own(call, "message_not_owned_by_app")
    if not message.is_open(call.workspace.clock()):
        raise Refusal("message_not_in_streaming_state")
    return message


def chunks(call: Call) -> list[Json]:
    """What comes with a call, as blocks; of the kinds of chunks the stand-in knows those that have text in them."""
    tree: Any = call.tree("chunks", "invalid_chunks")
    if text := call.text("markdown_text"):
        return [{"type": "markdown", "text": text}]
    if tree is None:
        return []
    if not is_list(tree):
        raise Refusal("invalid_chunks")
    return [block for chunk in tree for block in unpacked(chunk)]


def unpacked(chunk: Any) -> list[Json]:
    """The blocks of one chunk."""
    if is_object(chunk) and chunk.get("type") == "markdown_text" and isinstance(chunk.get("text"), str):
        return [{"type": "markdown", "text": chunk["text"]}]
    blocks: Any = chunk.get("blocks") if is_object(chunk) and chunk.get("type") == "blocks" else None
    if is_list(blocks):
        check_message("", blocks or [{}])
        return blocks
    raise Refusal("invalid_chunks")


def grow(call: Call, message: Message, more: list[Json]) -> None:
    """Add blocks to those that are there, as far as one message holds them."""
    blocks = [*message.blocks, *settled(more)]
    if len(blocks) > MESSAGE_BLOCKS:
        raise malformed("invalid_chunks", [f"no more than {MESSAGE_BLOCKS} blocks allowed"])
    if volume(blocks) > ALL_TEXT:
        raise Refusal("msg_blocks_too_long")
    if more:
        call.workspace.extend(message, blocks)
