"""Tells the app what happens: messages, mentions, the Home tab; only what the app has asked to hear."""

from bot.standin import payloads
from bot.standin.delivery import Courier
from bot.standin.message import Message
from bot.standin.trees import Json
from bot.standin.workspace import Room, Workspace


class Herald:
    """Watches the workspace; its events travel in the background."""

    def __init__(self, workspace: Workspace, courier: Courier) -> None:
        self._workspace = workspace
        self._courier = courier
        workspace.watchers.append(self._watch)

    def home_opened(self, user: str) -> None:
        """A person looks at the Home tab; LookupError where the app has none."""
        if not self._workspace.seed.home_tab:
            raise LookupError("The app has no Home tab.")
        room = self._workspace.direct(user)
        view = self._workspace.modals.homes.get(user)
        shown = view.shown(self._workspace.seed) if view else None
        self._tell("app_home_opened", payloads.home_opened(user, room, shown, self._workspace.stamp()))

    def _watch(self, what: str, message: Message) -> None:
        """A message in a room of the bot is an event there, also the bot's own."""
        room = self._workspace.room(message.channel)
        if self._workspace.bot.id not in room.members:
            return
        if what != "posted":
            stamp = self._workspace.stamp()
            body = payloads.changed(message, room, stamp, deleted=what == "deleted")
            self._tell(f"message.{room.kind}", body)
            return
        self._tell(f"message.{room.kind}", payloads.said("message", message, room))
        if self._mentioned(message, room):
            self._tell("app_mention", payloads.said("app_mention", message, room))

    def _mentioned(self, message: Message, room: Room) -> bool:
        bot = self._workspace.bot.id
        return f"<@{bot}>" in message.text and message.user != bot and not room.is_im

    def _tell(self, name: str, body: Json) -> None:
        if name in self._workspace.seed.events:
            self._courier.event(payloads.event(self._workspace.seed, body, self._workspace.clock()))
