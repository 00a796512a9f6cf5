"""One call of the Web API: its arguments, read as Slack reads them, and what it may touch."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request

from bot.standin.refusal import Refusal
from bot.standin.trees import Json, is_list, is_object
from bot.standin.workspace import Room, Workspace

HINTS = ("link_names", "parse", "unfurl_links", "unfurl_media")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Call:
    """The arguments, from JSON, form or query: a form's values are strings."""

    method: str
    args: Json
    workspace: Workspace
    scopes: tuple[str, ...]

    @property
    def hints(self) -> Json:
        """The arguments that decide on mentions and unfurling."""
        return {name: self.args[name] for name in HINTS if name in self.args}

    def text(self, name: str, missing: str = "") -> str:
        """A string; the error `missing` when it is required and not there."""
        value = self.args.get(name)
        if value is None or value == "":
            if missing:
                raise Refusal(missing)
            return ""
        return str(value)

    def flag(self, name: str) -> bool:
        """A boolean."""
        return str(self.args.get(name, "")).lower() in ("1", "true")

    def number(self, name: str, default: int, most: int) -> int:
        """A positive number, cut to the most the method gives."""
        try:
            value = int(self.args.get(name) or default)
        except ValueError:
            raise Refusal("invalid_arguments") from None
        if value < 0:
            raise Refusal("invalid_limit")
        return min(value, most)

    def tree(self, name: str, error: str) -> Any:
        """A structure, given as such or as a JSON string."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise Refusal(error) from None

    def need(self, *scopes: str) -> None:
        """Refuse when the token has none of these scopes."""
        if not set(scopes) & set(self.scopes):
            raise Refusal("missing_scope", needed=scopes[0], provided=",".join(self.scopes))

    def room(self, name: str = "channel") -> Room:
        """A room the bot may know of: a private one only from inside."""
        room = self.workspace.room(self.text(name, "channel_not_found"))
        if (room.is_private or room.is_im) and self.workspace.bot.id not in room.members:
            raise Refusal("channel_not_found")
        return room

    def page(
        self, items: Sequence[Item], key: Callable[[Item], str], default: int = 100, most: int = 1000
    ) -> tuple[list[Item], Json]:
        """One page, and the answer's `response_metadata`; the cursor names the next page's first item."""
        start = self._start([key(item) for item in items])
        end = start + (self.number("limit", default, most) or default)
        cursor = encoded(key(items[end])) if end < len(items) else ""
        return list(items[start:end]), {"response_metadata": {"next_cursor": cursor}}

    def _start(self, keys: list[str]) -> int:
        cursor = self.text("cursor")
        names = [encoded(key) for key in keys]
        if cursor and cursor not in names:
            raise Refusal("invalid_cursor")
        return names.index(cursor) if cursor else 0


def encoded(key: str) -> str:
    """A cursor, opaque as Slack's are."""
    return base64.b64encode(f"next:{key}".encode()).decode()


def listed(value: object) -> list[str]:
    """A list argument: names separated by commas, or a JSON list."""
    if is_list(value):
        return [str(item) for item in value]
    return [name.strip() for name in str(value or "").split(",") if name.strip()]


async def arguments(request: Request) -> Json:
    """The arguments, from query, form or JSON."""
    args: Json = dict(request.query_params)
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        return args | parsed(body)
    return args | dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def parsed(body: bytes) -> Json:
    """A JSON object; anything else is no argument at all."""
    try:
        tree: Any = json.loads(body)
    except ValueError:
        return {}
    return tree if is_object(tree) else {}
