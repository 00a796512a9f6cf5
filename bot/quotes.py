"""A message that is to be approved: what it says, who wrote it, where it is, and what of it is not part of that."""

import hashlib
import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.blocktext import has_more, read_text
from bot.payloads import MalformedError, read_metadata, unescape
from workflows.contracts import Person, Thread

METADATA_LENGTH = 3_000
"""What Slack keeps with a view."""
_PERSON = re.compile(r"[UW][A-Z0-9]{2,29}")
_TS = r"^\d+\.\d+$"


class Place(BaseModel):
    """Where a message is; `thread_ts` is its thread's first message, if it is in one."""

    model_config = ConfigDict(frozen=True)

    channel_id: str
    ts: str = Field(pattern=_TS)
    thread_ts: str | None = Field(default=None, pattern=_TS)

    @property
    def is_reply(self) -> bool:
        """Whether it is in a thread that another message began."""
        return self.thread_ts not in (None, self.ts)

    def thread(self, team_id: str) -> Thread:
        """The thread that it is in, or that begins with it."""
        return Thread(team_id=team_id, channel_id=self.channel_id, thread_ts=self.thread_ts or self.ts)

    def link(self, team_url: str) -> str:
        """Its permanent address, as Slack forms it; `team_url` ends in a slash."""
        address = f"{team_url}archives/{self.channel_id}/p{self.ts.replace('.', '')}"
        return f"{address}?thread_ts={self.thread_ts}&cid={self.channel_id}" if self.is_reply else address


class Quote(BaseModel):
    """What a message says. `author` is an id, a bot's own where it has no user; `left_out` names what is no text."""

    model_config = ConfigDict(frozen=True)

    text: str
    author: str
    author_team: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def seal(self) -> str:
        """What changes when the message does."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]

    @property
    def has_person(self) -> bool:
        """Whether the author is somebody, and not only something."""
        return _PERSON.fullmatch(self.author) is not None

    def writer(self, team_id: str) -> Person | None:
        """Who wrote it, where it was somebody; of `team_id` where Slack does not say."""
        return Person(team_id=self.author_team or team_id, user_id=self.author) if self.has_person else None


class Kept(BaseModel):
    """What a view keeps: where the message is and how it was, or all of it where it cannot be read again."""

    model_config = ConfigDict(frozen=True)

    place: Place
    seal: str
    quote: Quote | None = None

    @property
    def fits(self) -> bool:
        """Whether Slack keeps as much."""
        return len(self.model_dump_json()) <= METADATA_LENGTH


def read_kept(metadata: str) -> Kept:
    """What a view has kept.

    Raises:
        MalformedError: the metadata is not ours.
    """
    return read_metadata(Kept, metadata)


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True)

    text: str | None = None
    user: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    team: str | None = None
    user_team: str | None = None
    files: list[Any] | None = None
    attachments: list[Any] | None = None
    blocks: list[Any] | None = None


def read_place(channel_id: str, message: dict[str, Any]) -> Place:
    """Where a message is.

    Raises:
        MalformedError: it does not say when it was written.
    """
    try:
        where = {name: message.get(name) for name in ("ts", "thread_ts")}
        return Place.model_validate({"channel_id": channel_id, **where})
    except ValidationError:
        raise MalformedError("A message does not say when it was written.") from None


def read_quote(message: dict[str, Any]) -> Quote:
    """What a message says. People see an app's blocks and not the text beside them, so that is what is read.

    Raises:
        MalformedError: it has not the form of a message.
    """
    try:
        quote = _read(_Message.model_validate(message))
        quote.text.encode()  # half a character is none
    except ValueError:
        raise MalformedError("A message has not the form of one.") from None
    return quote


def _read(message: _Message) -> Quote:
    blocks = message.blocks or []
    by_app = bool(message.bot_id or message.app_id) or has_more(blocks)
    written = (read_text(blocks) if by_app else "") or unescape(message.text or "")
    return Quote(
        text=written.strip(),
        author=message.user or message.bot_id or "unknown",
        author_team=message.user_team or message.team or "",
        left_out=_name_rest(message, blocks),
    )


def _name_rest(message: _Message, blocks: list[Any]) -> tuple[str, ...]:
    """What a message has besides text, in words."""
    files, attachments = len(message.files or []), len(message.attachments or [])
    counted = (
        (files, "attached file", "attached files"),
        (attachments, "link preview or attachment", "link previews or attachments"),
    )
    named = [f"{count} {one if count == 1 else many}" for count, one, many in counted if count]
    return (*named, "pictures, buttons and inputs") if has_more(blocks) else tuple(named)
