"""Who is notified by a message, and which links in it unfurl."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.standin.message import Message
from bot.standin.seed import User, Usergroup
from bot.standin.trees import Json, nodes

USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?>")
BROADCAST = re.compile(r"<!(channel|here|everyone)(?:\|[^>]*)?>")
BARE = re.compile(r"(?<![\w<!@])@(channel|here|everyone)\b")
NAME = re.compile(r"(?<![\w<!@])@([a-z][\w.-]*)")
LINK = re.compile(r"https?://[^\s<>|]+")
ELEMENTS = {
    "user": ("user", "user_id"),
    "usergroup": ("group", "usergroup_id"),
    "broadcast": ("broadcast", "range"),
}
MEDIA = re.compile(
    r"\.(?:png|jpe?g|gif|webp|mp4|mov)(?:[?#]|$)|youtube\.com|youtu\.be|vimeo\.com", re.IGNORECASE
)


@dataclass(frozen=True)
class Audience:
    """Whom a mention in some room can reach."""

    users: Mapping[str, User]
    groups: tuple[Usergroup, ...]
    present: tuple[str, ...]

    def reached(self, kind: str, name: str) -> list[str]:
        """The users that one mention stands for."""
        if kind == "user":
            return [name] if name in self.users else []
        if kind == "group":
            return [user for group in self.groups if group.id == name for user in group.users]
        if kind == "name":
            return [user.id for user in self.users.values() if user.name == name]
        return [user for user in self.present if not self.users[user].is_bot]


def notified(message: Message, audience: Audience, hints: Json) -> list[str]:
    """The users a message notifies by name: mentions in text, mrkdwn and rich text, never in plain text."""
    named = [*_in_text(message.text, hints), *_in_blocks(message.blocks)]
    people = [user for kind, name in named for user in audience.reached(kind, name) if user != message.user]
    return list(dict.fromkeys(people))


def unfurled(message: Message, hints: Json) -> list[str]:
    """The URLs Slack would fetch and preview; media and other links have a switch each."""
    return list(dict.fromkeys(url for url in _links(message) if _unfurls(url, hints)))


def _in_text(text: str, hints: Json) -> Iterator[tuple[str, str]]:
    yield from _marked(text)
    if hints.get("parse") == "full" or hints.get("link_names") in (True, 1, "1", "true"):
        yield from (("broadcast", name) for name in BARE.findall(text))
        yield from (("name", name) for name in NAME.findall(text))


def _in_blocks(blocks: list[Json]) -> Iterator[tuple[str, str]]:
    for node in nodes(blocks):
        kind = node.get("type")
        if kind == "mrkdwn":
            yield from _marked(node["text"])
            if not node.get("verbatim"):
                yield from (("broadcast", name) for name in BARE.findall(node["text"]))
        elif kind == "markdown":
            yield from _marked(node["text"])
        elif kind in ELEMENTS:
            name, field = ELEMENTS[kind]
            yield name, node[field]


def _marked(text: str) -> Iterator[tuple[str, str]]:
    for kind, pattern in (("user", USER), ("group", GROUP), ("broadcast", BROADCAST)):
        yield from ((kind, name) for name in pattern.findall(text))


def _links(message: Message) -> Iterator[str]:
    yield from LINK.findall(message.text)
    for node in nodes(message.blocks):
        if node.get("type") in ("mrkdwn", "markdown"):
            yield from LINK.findall(node["text"])
        elif node.get("type") == "link":
            yield node["url"]


def _unfurls(url: str, hints: Json) -> bool:
    media = MEDIA.search(url) is not None
    return hints.get("unfurl_media" if media else "unfurl_links") not in (False, 0, "0", "false")
