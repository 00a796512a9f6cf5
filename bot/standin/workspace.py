"""The workspace's state: rooms, messages, views, warnings; and the operations that change it."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.standin.file import File
from bot.standin.mentions import Audience, notified, unfurled
from bot.standin.message import Message
from bot.standin.modals import Modals
from bot.standin.refusal import Refusal
from bot.standin.seed import Channel, Seed, User
from bot.standin.tickets import Tickets
from bot.standin.trees import Json


@dataclass
class Room:
    """A channel or a direct conversation."""

    id: str
    name: str
    members: list[str]
    is_private: bool = False
    is_archived: bool = False
    is_im: bool = False
    messages: list[Message] = field(default_factory=list[Message])

    @property
    def kind(self) -> str:
        """As in scopes and event names: channels, groups or im."""
        if self.is_im:
            return "im"
        return "groups" if self.is_private else "channels"

    @property
    def channel_type(self) -> str:
        """As in an event's `channel_type`."""
        return {"im": "im", "groups": "group", "channels": "channel"}[self.kind]

    def message(self, ts: str) -> Message:
        """The message with this timestamp."""
        for message in self.messages:
            if message.ts == ts:
                return message
        raise Refusal("message_not_found")

    def thread(self, ts: str) -> list[Message]:
        """The replies under a message, oldest first."""
        return [message for message in self.messages if message.is_reply and message.thread_ts == ts]


def room_of(channel: Channel) -> Room:
    """The living room of a seed's channel."""
    return Room(
        id=channel.id,
        name=channel.name,
        members=list(channel.members),
        is_private=channel.is_private,
        is_archived=channel.is_archived,
    )


class Workspace:
    """Everything the stand-in remembers. `version` grows with every change somebody could see."""

    def __init__(self, seed: Seed, clock: Callable[[], float] = time.time) -> None:
        self.seed = seed
        self.clock = clock
        self.url = ""
        self.users: dict[str, User] = {user.id: user for user in seed.users}
        self.rooms: dict[str, Room] = {channel.id: room_of(channel) for channel in seed.channels}
        self.ephemerals: dict[str, Message] = {}
        self.warnings: dict[str, list[str]] = {}
        self.files: dict[str, File] = {}
        self.statuses: dict[tuple[str, str], str] = {}
        self.modals = Modals()
        self.tickets = Tickets(clock)
        self.version = 0
        self.watchers: list[Callable[[str, Message], None]] = []
        self._changed = asyncio.Event()
        self._last = 0

    @property
    def bot(self) -> User:
        """The app's own bot user."""
        return self.users[self.seed.bot_user]

    def user(self, name: str) -> User:
        """The user with this id."""
        if name not in self.users:
            raise Refusal("user_not_found")
        return self.users[name]

    def room(self, name: str) -> Room:
        """The room with this id."""
        if name not in self.rooms:
            raise Refusal("channel_not_found")
        return self.rooms[name]

    def direct(self, name: str) -> Room:
        """The direct conversation between the bot and a person, created at the first call."""
        person = self.user(name)
        if person.is_bot:
            raise Refusal("cannot_dm_bot")
        room_id = f"D0{person.id[2:]}"
        if room_id not in self.rooms:
            self.rooms[room_id] = Room(room_id, "", [self.bot.id, person.id], is_im=True)
            self.touch()
        return self.rooms[room_id]

    def sees(self, user: User, room: Room) -> bool:
        """Whether a person can look into a room: members, and for public channels everybody of the team."""
        return user.id in room.members or (room.kind == "channels" and user.team_id == self.seed.team_id)

    def stamp(self) -> str:
        """A timestamp that no message has yet."""
        self._last = max(int(self.clock() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06}"

    def draft(self, author: User, room: Room, text: str, blocks: list[Json]) -> Message:
        """A new message, not yet in the room."""
        return Message(
            channel=room.id,
            ts=self.stamp(),
            user=author.id,
            team=author.team_id,
            text=text,
            blocks=blocks,
            bot_id=author.bot_id,
            app_id=self.seed.app_id if author == self.bot else "",
        )

    def post(self, message: Message, hints: Json) -> Message:
        """Store a message; `hints` are the arguments that decide on mentions and unfurling."""
        message.notified = notified(message, self._audience(message), hints)
        message.unfurled = unfurled(message, hints)
        if message.only_for:
            self.ephemerals[message.ts] = message
        else:
            self.room(message.channel).messages.append(message)
            if message.user == self.bot.id:  # what was announced is here
                self.statuses.pop((message.channel, message.thread_ts or ""), None)
            self._announce("posted", message)
        self.touch()
        return message

    def edit(self, message: Message, changes: Json, hints: Json) -> None:
        """Change a stored message; whom it had notified stays on the record."""
        for name, value in changes.items():
            setattr(message, name, value)
        message.edited = {"user": message.user, "ts": self.stamp()}
        again = notified(message, self._audience(message), hints)
        message.notified = list(dict.fromkeys([*message.notified, *again]))
        message.unfurled = unfurled(message, hints)
        if not message.only_for:
            self._announce("edited", message)
        self.touch()

    def extend(self, message: Message, blocks: list[Json]) -> None:
        """Let a message that is still being written have more blocks; that is no change of what it says."""
        message.blocks = blocks
        again = notified(message, self._audience(message), {})
        message.notified = list(dict.fromkeys([*message.notified, *again]))
        self._announce("edited", message)
        self.touch()

    def delete(self, message: Message) -> None:
        """Take a message away, ephemeral or not."""
        if message.only_for:
            self.ephemerals.pop(message.ts, None)
        else:
            self.room(message.channel).messages.remove(message)
            self._announce("deleted", message)
        self.touch()

    def warn(self, user: str, text: str) -> None:
        """Show the user that something did not work."""
        self.warnings.setdefault(user, []).append(text)
        self.touch()

    def touch(self) -> None:
        """Say that something changed."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, since: int, seconds: float) -> int:
        """Wait until the version is another, but no longer than this."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.version == since:
                    await self._changed.wait()
        return self.version

    def _audience(self, message: Message) -> Audience:
        present = [message.only_for] if message.only_for else self.room(message.channel).members
        return Audience(self.users, self.seed.usergroups, tuple(present))

    def _announce(self, what: str, message: Message) -> None:
        for watcher in self.watchers:
            watcher(what, message)
