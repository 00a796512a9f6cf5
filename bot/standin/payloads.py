"""What Slack sends to the app: events, interactions and commands, as pure data."""

import re
import secrets
from typing import Any

from bot.standin.message import Message
from bot.standin.modals import View
from bot.standin.seed import Seed, User
from bot.standin.trees import Json
from bot.standin.workspace import Room, Workspace

MENTION = re.compile(r"(<@[UW][A-Z0-9]+>)")


def interaction(workspace: Workspace, kind: str, user: User) -> Json:
    """What every interaction carries: who, where, and for which app."""
    seed = workspace.seed
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": seed.app_id,
        "token": seed.verification,
        "team": {"id": seed.team_id, "domain": seed.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def on_message(workspace: Workspace, user: User, message: Message, action: Json) -> Json:
    """A click in a message: `block_actions` with a response URL."""
    room = workspace.room(message.channel)
    ephemeral = bool(message.only_for)
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": room.id,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    secret = workspace.tickets.response(room.id, user.id, message.ts, message.thread_ts)
    return interaction(workspace, "block_actions", user) | {
        "container": container,
        "trigger_id": workspace.tickets.trigger(user.id),
        "channel": {"id": room.id, "name": room_name(room)},
        "response_url": response_url(workspace, "actions", secret),
        "actions": [action],
        "state": {"values": message.entered.get(user.id, {})},
        **({} if ephemeral else {"message": message.shown()}),
    }


def on_view(workspace: Workspace, user: User, view: View, action: Json) -> Json:
    """A click in a view: `block_actions` without a channel."""
    return interaction(workspace, "block_actions", user) | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": workspace.tickets.trigger(user.id, view.id),
        "view": view.shown(workspace.seed),
        "actions": [action],
    }


def shortcut(workspace: Workspace, user: User, callback_id: str) -> Json:
    """A global shortcut: it says who, and neither where nor by which app."""
    seed = workspace.seed
    return {
        "type": "shortcut",
        "token": seed.verification,
        "action_ts": workspace.stamp(),
        "team": {"id": seed.team_id, "domain": seed.domain},
        "user": {"id": user.id, "username": user.name, "team_id": user.team_id},
        "is_enterprise_install": False,
        "enterprise": None,
        "callback_id": callback_id,
        "trigger_id": workspace.tickets.trigger(user.id),
    }


def message_action(workspace: Workspace, user: User, message: Message, callback_id: str) -> Json:
    """A shortcut of a message: it does not say which team the user is of."""
    room = workspace.room(message.channel)
    secret = workspace.tickets.response(room.id, user.id, message.ts, message.thread_ts)
    return shortcut(workspace, user, callback_id) | {
        "type": "message_action",
        "user": {"id": user.id, "name": user.name},
        "channel": {"id": room.id, "name": room_name(room)},
        "message_ts": message.ts,
        "message": message.shown(),
        "response_url": response_url(workspace, "actions", secret),
    }


def submission(workspace: Workspace, user: User, view: View) -> Json:
    """A modal is submitted."""
    return interaction(workspace, "view_submission", user) | {
        "trigger_id": workspace.tickets.trigger(user.id, view.id),
        "view": view.shown(workspace.seed),
        "response_urls": [],
    }


def closing(workspace: Workspace, user: User, view: View, *, cleared: bool) -> Json:
    """A modal is dismissed; `cleared` when the whole stack goes."""
    shown = view.shown(workspace.seed)
    return interaction(workspace, "view_closed", user) | {"view": shown, "is_cleared": cleared}


def command(workspace: Workspace, user: User, room: Room, name: str, text: str) -> Json:
    """A slash command."""
    seed = workspace.seed
    secret = workspace.tickets.response(room.id, user.id)
    return {
        "token": seed.verification,
        "team_id": seed.team_id,
        "team_domain": seed.domain,
        "channel_id": room.id,
        "channel_name": room_name(room),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": seed.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url(workspace, "commands", secret),
        "trigger_id": workspace.tickets.trigger(user.id),
    }


def event(seed: Seed, body: Json, now: float) -> Json:
    """An event in its envelope; the id stays the same when it is delivered again."""
    return {
        "token": seed.verification,
        "team_id": seed.team_id,
        "api_app_id": seed.app_id,
        "event": body,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": seed.team_id,
                "user_id": seed.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def said(kind: str, message: Message, room: Room) -> Json:
    """The inner event of a message: `app_mention` or `message`."""
    body = message.shown() | {"type": kind, "channel": room.id, "event_ts": message.ts}
    return body if kind == "app_mention" else body | {"channel_type": room.channel_type}


def changed(message: Message, room: Room, stamp: str, *, deleted: bool) -> Json:
    """The inner event of an edited or deleted message."""
    what = {"deleted_ts": message.ts, "previous_message": message.shown()}
    return {
        "type": "message",
        "subtype": "message_deleted" if deleted else "message_changed",
        "hidden": True,
        "channel": room.id,
        "channel_type": room.channel_type,
        "ts": stamp,
        "event_ts": stamp,
        **(what if deleted else {"message": message.shown()}),
    }


def home_opened(user: str, room: Room, view: Json | None, stamp: str) -> Json:
    """The inner event of a user opening the app's Home tab."""
    body: dict[str, Any] = {
        "type": "app_home_opened",
        "user": user,
        "channel": room.id,
        "tab": "home",
        "event_ts": stamp,
    }
    return body if view is None else body | {"view": view}


def written(text: str) -> list[Json]:
    """The rich text Slack's own composer makes of what a person types."""
    parts: list[Json] = [
        {"type": "user", "user_id": part[2:-1]} if MENTION.fullmatch(part) else {"type": "text", "text": part}
        for part in MENTION.split(text)
        if part
    ]
    block_id = secrets.token_hex(3)
    section = {"type": "rich_text_section", "elements": parts}
    return [{"type": "rich_text", "block_id": block_id, "elements": [section]}]


def room_name(room: Room) -> str:
    """The name in a payload; Slack hides the names of what the app is not in."""
    return "directmessage" if room.is_im else "privategroup" if room.is_private else room.name


def response_url(workspace: Workspace, kind: str, secret: str) -> str:
    """Where the app may answer."""
    return f"{workspace.url}/{kind}/{workspace.seed.team_id}/{secret}"
