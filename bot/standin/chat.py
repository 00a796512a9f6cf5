"""The chat.* methods: post, update, delete, whisper, link."""

from typing import Any

from bot.standin.call import Call
from bot.standin.limits import UPDATE_TEXT, check_message, settled
from bot.standin.message import Message
from bot.standin.refusal import Refusal
from bot.standin.trees import Json, is_object
from bot.standin.workspace import Room

POSTING = "chat:write"


def post_message(call: Call) -> Json:
    """A message in a channel, a thread or a direct conversation."""
    call.need(POSTING)
    room = destination(call)
    text, blocks = content(call)
    message = call.workspace.draft(call.workspace.bot, room, text, blocks)
    message.metadata = metadata(call)
    message.thread_ts = parent(call, room)
    message.broadcast = bool(message.thread_ts) and call.flag("reply_broadcast")
    call.workspace.post(message, call.hints)
    return {"ok": True, "channel": room.id, "ts": message.ts, "message": message.shown(metadata=True)}


def post_ephemeral(call: Call) -> Json:
    """A message only one user sees; nothing can update it but a response URL."""
    call.need(POSTING)
    room = destination(call)
    reader = call.text("user", "user_not_found")
    if call.workspace.user(reader).id not in room.members:
        raise Refusal("user_not_in_channel")
    text, blocks = content(call)
    message = call.workspace.draft(call.workspace.bot, room, text, blocks)
    message.only_for, message.thread_ts = reader, call.text("thread_ts") or None
    call.workspace.post(message, call.hints)
    return {"ok": True, "message_ts": message.ts}


def update(call: Call) -> Json:
    """Change one of the bot's own messages; what is not given stays."""
    call.need(POSTING)
    message = own(call, "cant_update_message")
    if message.is_open(call.workspace.clock()):
        raise Refusal("streaming_state_conflict")
    if len(call.text("text").encode()) > UPDATE_TEXT:
        raise Refusal("msg_too_long")
    text, blocks = content(call)
    changes: Json = {"text": text} | ({"blocks": blocks} if call.args.get("blocks") is not None else {})
    if "metadata" in call.args:
        changes["metadata"] = metadata(call)
    call.workspace.edit(message, changes, call.hints)
    return {
        "ok": True,
        "channel": message.channel,
        "ts": message.ts,
        "text": message.text,
        "message": message.shown(metadata=True),
    }


def delete(call: Call) -> Json:
    """Take back one of the bot's own messages."""
    call.need(POSTING)
    message = own(call, "cant_delete_message")
    if message.is_open(call.workspace.clock()):
        raise Refusal("cant_delete_message")
    call.workspace.delete(message)
    return {"ok": True, "channel": message.channel, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    """The address of a message."""
    room = call.room()
    message = room.message(call.text("message_ts", "message_not_found"))
    domain = call.workspace.seed.domain
    link = f"https://{domain}.slack.com/archives/{room.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={room.id}"
    return {"ok": True, "channel": room.id, "permalink": link}


def destination(call: Call, argument: str = "channel") -> Room:
    """Where the bot may post: a user's id stands for the direct conversation, a name for a channel."""
    workspace, name = call.workspace, call.text(argument, "channel_not_found")
    if name in workspace.users:
        return workspace.direct(name)
    named = {f"#{room.name}": room for room in workspace.rooms.values() if room.kind == "channels"}
    room = named.get(name) or call.room(argument)
    if room.is_archived:
        raise Refusal("is_archived")
    if workspace.bot.id not in room.members and "chat:write.public" not in call.scopes:
        raise Refusal("not_in_channel")
    return room


def own(call: Call, error: str) -> Message:
    """A message of the bot itself."""
    room = call.room()
    if room.is_archived:
        raise Refusal("is_archived")
    message = room.message(call.text("ts", "message_not_found"))
    if message.user != call.workspace.bot.id:
        raise Refusal(error)
    return message


def parent(call: Call, room: Room) -> str | None:
    """The message whose thread this goes to; a reply has no thread of its own."""
    ts = call.text("thread_ts")
    if not ts:
        return None
    try:
        message = room.message(ts)
    except Refusal:
        raise Refusal("thread_not_found") from None
    if message.is_reply:
        raise Refusal("cannot_reply_to_message")
    message.thread_ts = message.ts
    return ts


def content(call: Call) -> tuple[str, list[Json]]:
    """Text and blocks, checked, each block with an id."""
    text = call.text("text")
    blocks: Any = call.tree("blocks", "invalid_blocks_format")
    check_message(text, blocks)
    return text, settled(blocks or [])


def metadata(call: Call) -> Json | None:
    """What the app attaches to a message for itself: a type and a payload."""
    tree = call.tree("metadata", "invalid_metadata_format")
    if tree is None or tree == {}:
        return None
    if not is_object(tree):
        raise Refusal("invalid_metadata_format")
    kind, payload = tree.get("event_type"), tree.get("event_payload")
    if not isinstance(kind, str) or not is_object(payload):
        raise Refusal("invalid_metadata_format")
    return {"event_type": kind, "event_payload": payload}
