"""A stored message, as the workspace keeps it and as the API shows it."""

from dataclasses import dataclass, field
from typing import Any

from bot.standin.file import File
from bot.standin.trees import Json

LIFETIME = 300.0
"""Seconds after which Slack closes a stream; measured by others, documented nowhere."""


@dataclass
class Message:
    """`only_for` makes it ephemeral: shown to that user, in no history. `entered` is what each reader has chosen in it.

    `streamed_at` is when its stream began, in seconds since the epoch, until it is stopped.
    """

    channel: str
    ts: str
    user: str
    team: str
    text: str
    blocks: list[Json] = field(default_factory=list[Json])
    thread_ts: str | None = None
    bot_id: str = ""
    app_id: str = ""
    username: str = ""
    metadata: Json | None = None
    edited: Json | None = None
    broadcast: bool = False
    only_for: str = ""
    attachments: list[Json] = field(default_factory=list[Json])
    reactions: list[Json] = field(default_factory=list[Json])
    notified: list[str] = field(default_factory=list[str])
    unfurled: list[str] = field(default_factory=list[str])
    files: list[File] = field(default_factory=list[File])
    entered: dict[str, Json] = field(default_factory=dict[str, Json])
    streamed_at: float = 0.0

    @property
    def is_reply(self) -> bool:
        """Whether it lives in a thread that another message started."""
        return self.thread_ts not in (None, self.ts)

    def is_open(self, now: float) -> bool:
        """Whether it is being streamed at that time."""
        return bool(self.streamed_at) and now - self.streamed_at < LIFETIME

    def shown(self, *, metadata: bool = False) -> Json:
        """What the API returns for it."""
        optional: dict[str, Any] = {
            "blocks": self.blocks,
            "thread_ts": self.thread_ts,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "edited": self.edited,
            "files": [file.shown() for file in self.files],
            "attachments": self.attachments,
            "reactions": self.reactions,
            "metadata": self.metadata if metadata else None,
            "subtype": self._subtype(),
            "streaming_state": "in_progress" if self.streamed_at else None,
        }
        base = {"type": "message", "user": self.user, "team": self.team, "text": self.text, "ts": self.ts}
        return base | {name: value for name, value in optional.items() if value}

    def _subtype(self) -> str | None:
        """What kind of message it is, where it is not a plain one."""
        if self.broadcast:
            return "thread_broadcast"
        return "file_share" if self.files and not self.bot_id else None
