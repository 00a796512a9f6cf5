"""The workspace as one user sees it, for the page."""

from bot.standin.file import File
from bot.standin.message import Message
from bot.standin.seed import User
from bot.standin.trees import Json
from bot.standin.workspace import Room, Workspace

PREVIEW = 2_000
"""How much of a file the page shows; the rest is a click away."""


def seen(workspace: Workspace, user: User) -> Json:
    """Everything on the page, and the version it shows."""
    seed, home = workspace.seed, workspace.modals.homes.get(user.id)
    rooms = [room for room in workspace.rooms.values() if workspace.sees(user, room)]
    views = workspace.modals.stack(user.id)
    return {
        "team": {"id": seed.team_id, "name": seed.team_name, "domain": seed.domain},
        "me": user.model_dump(),
        "bot": workspace.bot.id,
        "users": [person.model_dump() for person in workspace.users.values()],
        "usergroups": [{"id": group.id, "handle": group.handle} for group in seed.usergroups],
        "channels": [entry(workspace, room, user) for room in rooms],
        "messages": {room.id: timeline(workspace, room, user) for room in rooms},
        "statuses": [
            {"channel": channel, "thread_ts": thread, "status": status}
            for (channel, thread), status in workspace.statuses.items()
        ],
        "views": [view.shown(seed) | {"errors": view.errors} for view in views],
        "home": home.shown(seed) if home else None,
        "shortcuts": [one.model_dump() for one in seed.shortcuts],
        "warnings": workspace.warnings.get(user.id, []),
        "version": workspace.version,
    }


def entry(workspace: Workspace, room: Room, user: User) -> Json:
    """A line in the sidebar; a direct conversation has the other's name."""
    others = [workspace.user(name).real_name for name in room.members if name != user.id]
    return {
        "id": room.id,
        "name": others[0] if room.is_im else room.name,
        "is_im": room.is_im,
        "is_private": room.is_private,
        "is_archived": room.is_archived,
        "member": user.id in room.members,
        "members": room.members,
    }


def timeline(workspace: Workspace, room: Room, user: User) -> list[Json]:
    """A room's messages by time, with the ephemeral ones for this user among them."""
    whispers = [
        message
        for message in workspace.ephemerals.values()
        if message.only_for == user.id and message.channel == room.id
    ]
    everything = sorted([*room.messages, *whispers], key=lambda message: float(message.ts))
    return [line(workspace, room, message, user) for message in everything]


def line(workspace: Workspace, room: Room, message: Message, user: User) -> Json:
    """One message on the page, with what this user has chosen in it."""
    author = workspace.user(message.user)
    base: Json = {
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "user": message.user,
        "username": author.real_name,
        "is_bot": author.is_bot,
        "text": message.text,
        "blocks": message.blocks,
        "entered": message.entered.get(user.id, {}),
        "edited": message.edited is not None,
        "streaming": message.is_open(workspace.clock()),
        "reactions": message.reactions,
        "reply_count": len(room.thread(message.ts)),
        "files": [preview(file) for file in message.files],
    }
    return base | ({"ephemeral": True, "id": message.ts} if message.only_for else {})


def preview(file: File) -> Json:
    """A file on the page: what it is, and how it begins."""
    text = (file.content or b"").decode(errors="replace")
    return file.shown() | {"preview": text[:PREVIEW], "more": len(text) > PREVIEW}
