"""What Slack sends, read strictly: who from `user`, what from the action id, about what from the button's value."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workflows.attachments import Attachment
from workflows.contracts import Decision, Heard, Person, Thread, Verdict
from workflows.ids import APPROVAL_ID, BATCH_ID, CONVERSATION_ID, GRANT_ID

SlackId = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,30}$")]


M = TypeVar("M", bound=BaseModel)


class MalformedError(ValueError):
    """A payload that does not say what it must; it changes nothing."""


class Payload(BaseModel):
    """The base of all that Slack sends: what we do not read of it may be anything."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Target(Payload):
    """What a button is about: which approval, which stage, exactly what."""

    approval_id: str = Field(pattern=rf"^{APPROVAL_ID.pattern}$")
    stage: int = Field(ge=0, le=1000)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")

    @property
    def value(self) -> str:
        """The target as a button's value."""
        return f"{self.approval_id}|{self.stage}|{self.digest}"


class Inquiry(Payload):
    """What an Answer button is about: which approval's question, by its number."""

    approval_id: str = Field(pattern=rf"^{APPROVAL_ID.pattern}$")
    number: int = Field(ge=0, le=1000)


class Bundle(Payload):
    """What the buttons of a burst are about: which burst, in which channel."""

    batch_id: str = Field(pattern=rf"^{BATCH_ID.pattern}$")
    channel_id: str = Field(pattern=r"^[CDG][A-Z0-9]{1,30}$")


class TurnTarget(Payload):
    """What a Cancel button is about: what an approval of a conversation is part of."""

    approval_id: str = Field(pattern=rf"^{APPROVAL_ID.pattern}$")
    conversation: str = Field(pattern=rf"^{CONVERSATION_ID.pattern}$")


class Sender(Payload):
    """Who sends it, as actions and submissions say."""

    id: SlackId
    team_id: SlackId


class _Action(Payload):
    action_id: str
    action_ts: str = Field(min_length=1)
    block_id: str = ""
    value: str = ""


class Press(Payload):
    """Somebody pressed a button."""

    user: Sender
    actions: list[_Action] = Field(min_length=1, max_length=1)
    trigger_id: str = ""

    @property
    def person(self) -> Person:
        """Who."""
        return Person(team_id=self.user.team_id, user_id=self.user.id)

    @property
    def value(self) -> str:
        """What the button carries."""
        return self.actions[0].value

    @property
    def action_id(self) -> str:
        """Which button it is."""
        return self.actions[0].action_id

    @property
    def block_id(self) -> str:
        """The block in which the button stands."""
        return self.actions[0].block_id

    def decision(self, verdict: Verdict) -> Decision:
        """The press as a decision; Slack's time of the press tells a repeated delivery from a new press."""
        action, target = self.actions[0], parse_target(self.value)
        event_id = f"{self.user.id}:{action.action_ts}:{verdict}"
        return make_decision(verdict, self.person, target, event_id)


class HomeVisit(Payload):
    """Somebody looks at the app: at its Home tab, or at its messages."""

    user: SlackId
    tab: str = ""


class _Caller(Payload):
    id: SlackId


class Shortcut(Payload):
    """Somebody chose a shortcut."""

    user: _Caller
    trigger_id: str = Field(min_length=1)


class MessageShortcut(Shortcut):
    """Somebody chose a shortcut of a message; `message` is as Slack shows it to them."""

    channel: _Caller
    message: dict[str, Any]


class _File(Payload):
    id: SlackId
    name: str | None = None


class _Event(Payload):
    user: SlackId
    channel: SlackId
    ts: str = Field(pattern=r"^\d+\.\d+$")
    text: str = ""
    thread_ts: str | None = Field(default=None, pattern=r"^\d+\.\d+$")
    user_team: SlackId | None = None
    team: SlackId | None = None
    files: list[_File] = []


def parse_target(value: str) -> Target:
    """Read a button's value.

    Raises:
        MalformedError: it is not one that a card carries.
    """
    return _split(Target, value)


def parse_inquiry(value: str) -> Inquiry:
    """Read an Answer button's value.

    Raises:
        MalformedError: it is not one that a question carries.
    """
    return _split(Inquiry, value)


def parse_bundle(value: str) -> Bundle:
    """Read the value of a burst's button.

    Raises:
        MalformedError: it is not one that a burst's message carries.
    """
    return _split(Bundle, value)


def parse_turn(value: str) -> TurnTarget:
    """Read the value of a button that cancels all that an agent is at.

    Raises:
        MalformedError: it is not one that a word to a requester carries.
    """
    return _split(TurnTarget, value)


def parse_rule(value: str) -> str:
    """The rule that a Revoke button is about.

    Raises:
        MalformedError: it is not one that a list carries.
    """
    if not GRANT_ID.fullmatch(value):
        raise MalformedError("A button's value is not one of ours.")
    return value


def _split(model: type[M], value: str) -> M:
    parts = value.split("|")
    if len(parts) != len(model.model_fields):
        raise MalformedError("A button's value is not one of ours.")
    return read_body(model, dict(zip(model.model_fields, parts, strict=True)))


def parse_press(body: dict[str, Any]) -> Press:
    """Read a `block_actions` payload.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return read_body(Press, body)


def parse_visit(event: dict[str, Any]) -> HomeVisit:
    """Read an `app_home_opened` event.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return read_body(HomeVisit, event)


def parse_shortcut(body: dict[str, Any]) -> Shortcut:
    """Read a `shortcut` payload.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return read_body(Shortcut, body)


def parse_message_shortcut(body: dict[str, Any]) -> MessageShortcut:
    """Read a `message_action` payload. It need not name the team of whoever chose it.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return read_body(MessageShortcut, body)


def parse_message(event: dict[str, Any], team_id: str, bot_user_id: str) -> tuple[Thread, Heard]:
    """Read a message to the agent. Its channel and time are its identity: Slack may deliver it as several events.

    Raises:
        MalformedError: it lacks what it must have.
    """
    message = read_body(_Event, event)
    thread = Thread(team_id=team_id, channel_id=message.channel, thread_ts=message.thread_ts or message.ts)
    person = Person(team_id=message.user_team or message.team or team_id, user_id=message.user)
    text = unescape(message.text.replace(f"<@{bot_user_id}>", "")).strip()
    files = tuple(Attachment(file_id=one.id, name=one.name or "") for one in message.files)
    said = text or ("" if files else "help")
    return thread, Heard(event_id=f"{message.channel}:{message.ts}", person=person, text=said, files=files)


def unescape(text: str) -> str:
    """Text as it was typed: Slack sends three characters as entities."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def read_metadata(model: type[M], metadata: str) -> M:
    """What a view of ours has kept in its private metadata.

    Raises:
        MalformedError: it is not ours.
    """
    try:
        return model.model_validate_json(metadata)
    except ValidationError:
        raise MalformedError("A view's metadata is not ours.") from None


def read_body(model: type[M], data: object) -> M:
    """What Slack has sent, as one of these.

    Raises:
        MalformedError: it lacks what it must have.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise MalformedError(f"Slack's payload is not as expected at: {places}") from None


def make_decision(verdict: Verdict, person: Person, target: Target, event_id: str) -> Decision:
    """What somebody decides in Slack about what a button carries."""
    return Decision(
        verdict=verdict,
        decided_by=person,
        digest=target.digest,
        stage=target.stage,
        event_id=event_id,
        via="slack",
    )
