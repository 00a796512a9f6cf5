"""What people do: write, click, fill in, submit, dismiss, type a command."""

from collections.abc import Sequence
from typing import Any

from bot.standin import forms, payloads, responses
from bot.standin.acks import obey
from bot.standin.delivery import Courier, Delivery
from bot.standin.file import File
from bot.standin.herald import Herald
from bot.standin.message import Message
from bot.standin.modals import View
from bot.standin.refusal import Refusal
from bot.standin.seed import User
from bot.standin.tickets import ResponseUrl
from bot.standin.trees import Json
from bot.standin.workspace import Room, Workspace


class Acts:
    """Each act changes the workspace and tells the app; what a person could not do raises LookupError."""

    def __init__(self, workspace: Workspace, courier: Courier) -> None:
        self.workspace = workspace
        self.courier = courier
        self._herald = Herald(workspace, courier)

    async def say(  # noqa: PLR0913 - where, what, and two rarer things by name
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        *,
        mention: bool = True,
        files: Sequence[File] = (),
    ) -> str:
        """A person writes; in a channel the bot is mentioned, unless `mention` is false. Returns the ts.

        Files come with it. The events travel in the background.
        """
        room, person = self._place(user, channel)
        if user not in room.members or room.is_archived:
            raise LookupError(f"{user} cannot write in {channel}.")
        tag = f"<@{self.workspace.bot.id}>"
        if mention and not room.is_im and tag not in text:
            text = f"{tag} {text}"
        message = self.workspace.draft(person, room, text, payloads.written(text))
        if thread_ts:
            parent = room.message(thread_ts)
            parent.thread_ts = message.thread_ts = parent.thread_ts or parent.ts
        self._attach(message, files)
        return self.workspace.post(message, {}).ts

    def _attach(self, message: Message, files: Sequence[File]) -> None:
        """Files that a person has uploaded with a message."""
        message.files = list(files)
        for file in files:
            file.shared, file.title = True, file.title or file.name
            self.workspace.files[file.id] = file

    async def click(  # noqa: PLR0913 - where, what, and two rarer things by name
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        *,
        value: Any = None,
        block_id: str | None = None,
    ) -> Delivery:
        """A click in a message; `value` picks an option, or replaces a button's value (as no honest client would)."""
        room, person = self._place(user, channel)
        return await self._clicked(person, room.message(ts), action_id, block_id, value)

    async def click_ephemeral(
        self, user: str, ephemeral_id: str, action_id: str, *, value: Any = None, block_id: str | None = None
    ) -> Delivery:
        """A click in a message only this user sees; its id is its ts."""
        person = self.workspace.user(user)
        message = self.workspace.ephemerals.get(ephemeral_id)
        if message is None or message.only_for != user:
            raise LookupError(f"{user} sees no ephemeral message {ephemeral_id}.")
        return await self._clicked(person, message, action_id, block_id, value)

    async def shortcut(self, user: str, callback_id: str) -> Delivery:
        """One of the app's global shortcuts is chosen."""
        person = self.workspace.user(user)
        self._declared("global", callback_id)
        return await self._interact(user, payloads.shortcut(self.workspace, person, callback_id))

    async def message_shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Delivery:
        """One of the app's shortcuts is chosen in a message's menu."""
        room, person = self._place(user, channel)
        self._declared("message", callback_id)
        message = room.message(ts)
        return await self._interact(
            user, payloads.message_action(self.workspace, person, message, callback_id)
        )

    async def press(  # noqa: PLR0913 - where, what, and three rarer things by name
        self,
        user: str,
        view_id: str,
        action_id: str,
        *,
        value: Any = None,
        block_id: str | None = None,
        values: Json | None = None,
    ) -> Delivery:
        """A click in the modal on top or in the Home tab; `values` is what stands in its inputs."""
        view = self._facing(user, view_id)
        blocks = view.body["blocks"]
        block, element = forms.find(blocks, action_id, block_id)
        entered = forms.used(values or {}, block["block_id"], element, value)
        view.values = forms.state(blocks, view.values, entered)
        chosen = view.values.get(block["block_id"], {}).get(action_id, value)
        action = forms.action(element, block["block_id"], chosen, self.workspace.stamp())
        payload = payloads.on_view(self.workspace, self.workspace.user(user), view, action)
        return await self._interact(user, payload)

    async def submit(self, user: str, view_id: str, values: Json | None = None) -> Delivery:
        """A modal is submitted: `values[block_id][action_id]` is a text, an option's value, a list, or Slack's own form.

        What Slack itself refuses (a required input left empty) never reaches the app.
        """
        view = self._modal(user, view_id)
        blocks = view.body["blocks"]
        view.values = forms.state(blocks, view.values, values or {})
        self._known(user, view.values)
        view.errors = forms.complaints(blocks, view.values)
        if view.errors:
            self.workspace.touch()
            return Delivery(error="invalid_input")
        payload = payloads.submission(self.workspace, self.workspace.user(user), view)
        delivery = await self._interact(user, payload)
        if delivery.acked:
            self._obey(view, delivery.body or {})
        return delivery

    async def dismiss(self, user: str, view_id: str, *, cleared: bool = False) -> Delivery | None:
        """A modal is closed (all of them when `cleared`); the app hears of it only if the view asked for it."""
        view = self._modal(user, view_id)
        stack, cleared = self.workspace.modals.stack(user), cleared or view.body.get("clear_on_close", False)
        del stack[0 if cleared else stack.index(view) :]
        self.workspace.touch()
        if not view.body.get("notify_on_close"):
            return None
        payload = payloads.closing(self.workspace, self.workspace.user(user), view, cleared=cleared)
        return await self.courier.once("interactive", payload)

    async def command(self, user: str, channel: str, name: str, text: str = "") -> Delivery:
        """A slash command; words in the ack are shown to the user."""
        room, person = self._place(user, channel)
        payload = payloads.command(self.workspace, person, room, name, text)
        delivery = await self.courier.once("slash_commands", payload)
        if not delivery.acked:
            self.workspace.warn(user, f'{name} failed with the error "{delivery.error}"')
        elif delivery.body and (delivery.body.get("text") or delivery.body.get("blocks")):
            self._reply(user, room, delivery.body)
        return delivery

    def direct(self, user: str) -> str:
        """The channel id of a person's direct conversation with the bot."""
        return self.workspace.direct(user).id

    def open_home(self, user: str) -> None:
        """A person looks at the app's Home tab; the event travels in the background."""
        self._herald.home_opened(user)

    async def deliver(self, kind: str, payload: Json) -> Delivery:
        """Anything at all, once: `kind` is events_api, interactive or slash_commands."""
        return await self.courier.once(kind, payload)

    def _declared(self, kind: str, callback_id: str) -> None:
        declared = [(one.kind, one.callback_id) for one in self.workspace.seed.shortcuts]
        if (kind, callback_id) not in declared:
            raise LookupError(f"The app has no {kind} shortcut {callback_id!r}.")

    def _place(self, user: str, channel: str) -> tuple[Room, User]:
        room, person = self.workspace.room(channel), self.workspace.user(user)
        if not self.workspace.sees(person, room):
            raise LookupError(f"{user} cannot see {channel}.")
        return room, person

    def _known(self, user: str, values: Json) -> None:
        """People and channels are chosen from those that somebody sees."""
        for kind, name in forms.chosen(values):
            person = self.workspace.user(user)
            if kind == "user":
                self.workspace.user(name)
            elif not self.workspace.sees(person, self.workspace.room(name)):
                raise LookupError(f"{user} cannot see {name}.")

    def _facing(self, user: str, view_id: str) -> View:
        """The view a person can reach: the modal on top, or the Home tab."""
        home = self.workspace.modals.homes.get(user)
        for view in [*self.workspace.modals.stack(user)[-1:], *([home] if home else [])]:
            if view.id == view_id:
                return view
        raise LookupError(f"{user} does not have the view {view_id} in front.")

    def _modal(self, user: str, view_id: str) -> View:
        view = self._facing(user, view_id)
        if view.body["type"] != "modal":
            raise LookupError("A Home tab can be neither submitted nor closed.")
        return view

    async def _clicked(
        self, person: User, message: Message, action_id: str, block_id: str | None, value: Any
    ) -> Delivery:
        block, element = forms.find(message.blocks, action_id, block_id)
        entered = forms.used({}, block["block_id"], element, value)
        before = message.entered.get(person.id, {})
        message.entered[person.id] = forms.state(message.blocks, before, entered)
        if message.entered[person.id] != before:
            self.workspace.touch()
        action = forms.action(element, block["block_id"], value, self.workspace.stamp())
        payload = payloads.on_message(self.workspace, person, message, action)
        return await self._interact(person.id, payload)

    async def _interact(self, user: str, payload: Json) -> Delivery:
        delivery = await self.courier.once("interactive", payload)
        if not delivery.acked:
            self._trouble(user, delivery.error)
        return delivery

    def _obey(self, view: View, body: Json) -> None:
        """Do what the ack says; a wrong ack is shown as trouble, an ack for a view that is gone does nothing."""
        if view in self.workspace.modals.stack(view.user):
            try:
                obey(self.workspace.modals, view, body)
            except Refusal as refusal:
                self._trouble(view.user, refusal.code)
        self.workspace.touch()

    def _trouble(self, user: str, error: str) -> None:
        app = self.workspace.bot.real_name
        self.workspace.warn(user, f"{app} did not answer as it should ({error}). Please try again.")

    def _reply(self, user: str, room: Room, body: Json) -> None:
        where = ResponseUrl(room.id, user, self.workspace.clock())
        try:
            responses.apply(self.workspace, where, body)
        except Refusal as refusal:
            self._trouble(user, refusal.code)
