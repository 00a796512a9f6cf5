"""The conversations.* methods and reactions.add: read, open, join, list."""

from bot.standin.call import Call, listed
from bot.standin.message import Message
from bot.standin.refusal import Refusal
from bot.standin.trees import Json
from bot.standin.workspace import Room

KINDS = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}


def history(call: Call) -> Json:
    """The messages of a room, newest first, without the replies in threads."""
    room = readable(call)
    top = [message for message in room.messages if not message.is_reply or message.broadcast]
    return listing(call, room, list(reversed(within(call, top))))


def replies(call: Call) -> Json:
    """A thread: the message that started it, then the replies, oldest first."""
    room = readable(call)
    ts = call.text("ts", "thread_not_found")
    try:
        first = room.message(ts)
    except Refusal:
        raise Refusal("thread_not_found") from None
    found = [] if first.is_reply else room.thread(ts)
    return listing(call, room, [first, *within(call, found)])


def info(call: Call) -> Json:
    """What a room is."""
    room = call.room()
    call.need(f"{room.kind}:read")
    return {"ok": True, "channel": described(call, room)}


def members(call: Call) -> Json:
    """Who is in a room."""
    room = call.room()
    call.need(f"{room.kind}:read")
    page, more = call.page(room.members, str)
    return {"ok": True, "members": page} | more


def listing_rooms(call: Call) -> Json:
    """The rooms the bot may know of."""
    page, more = call.page(known_rooms(call), lambda room: room.id)
    return {"ok": True, "channels": [described(call, room) for room in page]} | more


def rooms_of_user(call: Call) -> Json:
    """The rooms a person is in, of which the bot may know; without a person the bot's own. How full they are is not said."""
    user = call.workspace.user(call.text("user") or call.workspace.bot.id)
    inside = [room for room in known_rooms(call) if user.id in room.members]
    page, more = call.page(inside, lambda room: room.id, most=999)
    left_out = ("is_member", "num_members")
    shown = [
        {key: value for key, value in described(call, room).items() if key not in left_out} for room in page
    ]
    return {"ok": True, "channels": shown} | more


def known_rooms(call: Call) -> list[Room]:
    """The rooms of the kinds asked for that the bot may know of: private ones only from inside."""
    kinds = [KINDS.get(name, "") for name in listed(call.args.get("types") or "public_channel")]
    if "" in kinds:
        raise Refusal("invalid_types")
    for kind in kinds:
        call.need(f"{kind}:read")
    bot = call.workspace.bot.id
    rooms = [room for room in call.workspace.rooms.values() if room.kind in kinds]
    known = [room for room in rooms if room.kind == "channels" or bot in room.members]
    return [room for room in known if not (room.is_archived and call.flag("exclude_archived"))]


def open_direct(call: Call) -> Json:
    """The direct conversation with one user."""
    call.need("im:write")
    names = listed(call.args.get("users"))
    if len(names) != 1:
        raise Refusal("users_list_not_supplied" if not names else "not_enough_users")
    before = len(call.workspace.rooms)
    room = call.workspace.direct(names[0])
    old = {"no_op": True, "already_open": True} if len(call.workspace.rooms) == before else {}
    channel = described(call, room) if call.flag("return_im") else {"id": room.id}
    return {"ok": True, "channel": channel, **old}


def join(call: Call) -> Json:
    """The bot enters a public channel."""
    call.need("channels:join")
    room = call.room()
    if room.is_archived:
        raise Refusal("is_archived")
    if room.kind != "channels":
        raise Refusal("method_not_supported_for_channel_type")
    if call.workspace.bot.id not in room.members:
        room.members.append(call.workspace.bot.id)
        call.workspace.touch()
    return {"ok": True, "channel": described(call, room)}


def react(call: Call) -> Json:
    """The bot puts an emoji under a message."""
    call.need("reactions:write")
    name = call.text("name", "invalid_name")
    message = call.room().message(call.text("timestamp", "message_not_found"))
    bot = call.workspace.bot.id
    if any(reaction["name"] == name for reaction in message.reactions):
        raise Refusal("already_reacted")
    message.reactions.append({"name": name, "users": [bot], "count": 1})
    call.workspace.touch()
    return {"ok": True}


def readable(call: Call) -> Room:
    """A room whose messages the bot may read."""
    room = call.room()
    call.need(f"{room.kind}:history")
    if call.workspace.bot.id not in room.members:
        raise Refusal("not_in_channel")
    return room


def within(call: Call, messages: list[Message]) -> list[Message]:
    """Those between `oldest` and `latest`."""
    oldest, latest = moment(call, "oldest", 0.0), moment(call, "latest", float("inf"))
    edges = call.flag("inclusive")
    return [
        message
        for message in messages
        if oldest < float(message.ts) < latest or (edges and float(message.ts) in (oldest, latest))
    ]


def moment(call: Call, name: str, default: float) -> float:
    """A timestamp argument."""
    try:
        return float(call.text(name) or default)
    except ValueError:
        raise Refusal(f"invalid_ts_{name}") from None


def listing(call: Call, room: Room, messages: list[Message]) -> Json:
    """One page of messages."""
    page, more = call.page(messages, lambda message: message.ts, most=999)
    metadata = call.flag("include_all_metadata")
    return {
        "ok": True,
        "messages": [threaded(room, message, metadata=metadata) for message in page],
        "has_more": bool(more["response_metadata"]["next_cursor"]),
    } | more


def threaded(room: Room, message: Message, *, metadata: bool) -> Json:
    """A message with the count of its replies."""
    found = room.thread(message.ts)
    counts = {
        "reply_count": len(found),
        "reply_users": list(dict.fromkeys(reply.user for reply in found)),
        "latest_reply": found[-1].ts if found else None,
    }
    return message.shown(metadata=metadata) | (counts if found else {})


def described(call: Call, room: Room) -> Json:
    """The channel object."""
    others = [user for user in room.members if user != call.workspace.bot.id]
    kind = {
        "is_channel": room.kind == "channels",
        "is_group": room.kind == "groups",
        "is_im": room.is_im,
        "is_private": room.is_private or room.is_im,
        "is_archived": room.is_archived,
        "is_member": call.workspace.bot.id in room.members,
        "context_team_id": call.workspace.seed.team_id,
    }
    if room.is_im:
        return {"id": room.id, "user": others[0], **kind}
    return {"id": room.id, "name": room.name, "num_members": len(room.members), **kind}
