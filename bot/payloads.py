"""What Slack sends, read strictly: who from `user`, what from the action id, about what from the button's value."""

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workflows.contracts import Answer, Decision, Heard, Person, Question, Thread, Verdict
from workflows.ids import APPROVAL_ID, BATCH_ID

COMMENT_BLOCK = "countersign_comment"
RETYPE_BLOCK = "countersign_retype"
WORDS_BLOCK = "countersign_words"
TYPED = "typed"
"""The inputs of a form, by the ids of their blocks, and what the element in each is called."""
COMMENT_LENGTH = 1_000
RETYPE_LENGTH = 3_000
WORDS_LENGTH = 2_000

_SlackId = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,30}$")]


M = TypeVar("M", bound=BaseModel)


class MalformedError(ValueError):
    """A payload that does not say what it must; it changes nothing."""


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Target(_Payload):
    """What a button is about: which approval, which stage, exactly what."""

    approval_id: str = Field(pattern=rf"^{APPROVAL_ID.pattern}$")
    stage: int = Field(ge=0, le=1000)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")

    @property
    def value(self) -> str:
        """The target as a button's value."""
        return f"{self.approval_id}|{self.stage}|{self.digest}"


class Inquiry(_Payload):
    """What an Answer button is about: which approval's question, by its number."""

    approval_id: str = Field(pattern=rf"^{APPROVAL_ID.pattern}$")
    number: int = Field(ge=0, le=1000)


class Bundle(_Payload):
    """What the buttons of a burst are about: which burst, in which channel."""

    batch_id: str = Field(pattern=rf"^{BATCH_ID.pattern}$")
    channel_id: str = Field(pattern=r"^[CDG][A-Z0-9]{1,30}$")


class _User(_Payload):
    id: _SlackId
    team_id: _SlackId


class _Action(_Payload):
    action_id: str
    action_ts: str = Field(min_length=1)
    block_id: str = ""
    value: str = ""


class Press(_Payload):
    """Somebody pressed a button."""

    user: _User
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
    def block_id(self) -> str:
        """The block in which the button stands."""
        return self.actions[0].block_id

    def decision(self, verdict: Verdict) -> Decision:
        """The press as a decision; Slack's time of the press tells a repeated delivery from a new press."""
        action, target = self.actions[0], parse_target(self.value)
        event_id = f"{self.user.id}:{action.action_ts}:{verdict}"
        return _decision(verdict, self.person, target, event_id)


class _Comment(_Payload):
    value: str | None = Field(default=None, max_length=COMMENT_LENGTH)


class _Retyped(_Payload):
    value: str | None = Field(default=None, max_length=RETYPE_LENGTH)


class _Words(_Payload):
    value: str | None = Field(default=None, max_length=WORDS_LENGTH)


class _WordsInput(_Payload):
    typed: _Words = _Words()


class _CommentInput(_Payload):
    typed: _Comment = _Comment()


class _RetypeInput(_Payload):
    typed: _Retyped = _Retyped()


class _Inputs(_Payload):
    countersign_comment: _CommentInput | None = None
    countersign_retype: _RetypeInput | None = None
    countersign_words: _WordsInput | None = None


class _ViewState(_Payload):
    values: _Inputs = _Inputs()


class _View(_Payload):
    id: str = Field(min_length=1)
    private_metadata: str = ""
    state: _ViewState = _ViewState()


class Submission(_Payload):
    """Somebody submitted a modal."""

    user: _User
    trigger_id: str = ""
    view: _View

    @property
    def has_inputs(self) -> bool:
        """Whether anything could be typed."""
        inputs = self.view.state.values
        return inputs.countersign_comment is not None or inputs.countersign_retype is not None

    @property
    def comment(self) -> str:
        """Why, in the person's words; blanks around them say nothing."""
        given = self.view.state.values.countersign_comment
        return ((given and given.typed.value) or "").strip()

    @property
    def person(self) -> Person:
        """Who."""
        return Person(team_id=self.user.team_id, user_id=self.user.id)

    @property
    def words(self) -> str:
        """A question or an answer; blanks around it say nothing."""
        given = self.view.state.values.countersign_words
        return ((given and given.typed.value) or "").strip()

    @property
    def retyped(self) -> str:
        """What was typed again."""
        given = self.view.state.values.countersign_retype
        return (given and given.typed.value) or ""

    def decision(self, verdict: Verdict, target: Target) -> Decision:
        """The submission as a decision; a view is submitted once, however often that is delivered."""
        decision = _decision(verdict, self.person, target, self._event_id(verdict))
        return decision.model_copy(update={"comment": self.comment, "retyped": self.retyped})

    def decisions(self, verdict: Verdict, targets: Iterable[Target]) -> dict[str, Decision]:
        """The submission as one decision on each of several requests, by their ids."""
        return {
            one.approval_id: self.decision(verdict, one).model_copy(
                update={"event_id": f"{self._event_id(verdict)}:{one.approval_id}"}
            )
            for one in targets
        }

    def question(self, target: Target) -> Question:
        """The submission as a question."""
        return Question(
            text=self.words,
            asked_by=self.person,
            digest=target.digest,
            stage=target.stage,
            event_id=self._event_id("ask"),
            via="slack",
        )

    def answer(self, inquiry: Inquiry) -> Answer:
        """The submission as an answer."""
        return Answer(
            text=self.words,
            question=inquiry.number,
            answered_by=self.person,
            event_id=self._event_id("answer"),
            via="slack",
        )

    def _event_id(self, kind: str) -> str:
        return f"{self.user.id}:{self.view.id}:{kind}"


def _decision(verdict: Verdict, person: Person, target: Target, event_id: str) -> Decision:
    return Decision(
        verdict=verdict,
        decided_by=person,
        digest=target.digest,
        stage=target.stage,
        event_id=event_id,
        via="slack",
    )


class _Option(_Payload):
    value: str


class Entry(_Payload):
    """What stands in one input; which of these it is depends on the input's kind."""

    value: str | None = None
    selected_option: _Option | None = None
    selected_date: str | None = None
    selected_user: str | None = None
    selected_conversation: str | None = None

    @property
    def text(self) -> str:
        """It as text; nothing where nothing was filled in."""
        option = self.selected_option.value if self.selected_option else None
        given = (self.value, option, self.selected_date, self.selected_user, self.selected_conversation)
        return next((one for one in given if one is not None), "")


class _FilingState(_Payload):
    values: dict[str, dict[str, Entry]] = Field(default_factory=dict[str, dict[str, Entry]])


class _FilingView(_Payload):
    id: str = Field(min_length=1)
    private_metadata: str = ""
    state: _FilingState = _FilingState()


class Filing(_Payload):
    """Somebody submitted a form by which people ask."""

    user: _User
    view: _FilingView

    @property
    def person(self) -> Person:
        """Who."""
        return Person(team_id=self.user.team_id, user_id=self.user.id)

    def typed(self, block: str) -> str:
        """What stands in the input of a block; nothing where there is none."""
        return self.view.state.values.get(block, {}).get(TYPED, Entry()).text


class _Caller(_Payload):
    id: _SlackId


class Shortcut(_Payload):
    """Somebody chose a shortcut."""

    user: _Caller
    trigger_id: str = Field(min_length=1)


class MessageShortcut(Shortcut):
    """Somebody chose a shortcut of a message; `message` is as Slack shows it to them."""

    channel: _Caller
    message: dict[str, Any]


class _Event(_Payload):
    user: _SlackId
    channel: _SlackId
    ts: str = Field(pattern=r"^\d+\.\d+$")
    text: str = ""
    thread_ts: str | None = Field(default=None, pattern=r"^\d+\.\d+$")
    user_team: _SlackId | None = None
    team: _SlackId | None = None


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


def _split(model: type[M], value: str) -> M:
    parts = value.split("|")
    if len(parts) != len(model.model_fields):
        raise MalformedError("A button's value is not one of ours.")
    return _validate(model, dict(zip(model.model_fields, parts, strict=True)))


def parse_press(body: dict[str, Any]) -> Press:
    """Read a `block_actions` payload.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return _validate(Press, body)


def parse_submission(body: dict[str, Any]) -> Submission:
    """Read a `view_submission` payload.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return _validate(Submission, body)


def parse_filing(body: dict[str, Any]) -> Filing:
    """Read a `view_submission` payload of a form by which people ask.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return _validate(Filing, body)


def parse_shortcut(body: dict[str, Any]) -> Shortcut:
    """Read a `shortcut` payload.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return _validate(Shortcut, body)


def parse_message_shortcut(body: dict[str, Any]) -> MessageShortcut:
    """Read a `message_action` payload. It need not name the team of whoever chose it.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return _validate(MessageShortcut, body)


def parse_message(event: dict[str, Any], team_id: str, bot_user_id: str) -> tuple[Thread, Heard]:
    """Read a message to the agent. Its channel and time are its identity: Slack may deliver it as several events.

    Raises:
        MalformedError: it lacks what it must have.
    """
    message = _validate(_Event, event)
    thread = Thread(team_id=team_id, channel_id=message.channel, thread_ts=message.thread_ts or message.ts)
    person = Person(team_id=message.user_team or message.team or team_id, user_id=message.user)
    text = unescape(message.text.replace(f"<@{bot_user_id}>", "")).strip()
    return thread, Heard(event_id=f"{message.channel}:{message.ts}", person=person, text=text or "help")


def unescape(text: str) -> str:
    """Text as it was typed: Slack sends three characters as entities."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class _Choice(_Payload):
    value: str


class _Typed(_Payload):
    value: str | None = None
    selected_option: _Choice | None = None


class _TypedState(_Payload):
    values: dict[str, dict[str, _Typed]] = Field(default_factory=dict[str, dict[str, _Typed]])


class _TypedView(_Payload):
    state: _TypedState


class _TypedBody(_Payload):
    view: _TypedView


def parse_typed(body: dict[str, Any]) -> dict[str, str | None]:
    """What was typed or chosen in each field of a form, by its block.

    Raises:
        MalformedError: it is no form's submission.
    """
    values = _validate(_TypedBody, body).view.state.values
    given = {block: fields[TYPED] for block, fields in values.items() if TYPED in fields}
    return {
        block: typed.selected_option.value if typed.selected_option else typed.value
        for block, typed in given.items()
    }


class _Picked(_Payload):
    selected_options: tuple[_Choice, ...] | None = None


class _PickedState(_Payload):
    values: dict[str, dict[str, _Picked]] = Field(default_factory=dict[str, dict[str, _Picked]])


class _PickedView(_Payload):
    type: str = ""
    state: _PickedState = _PickedState()


class Pick(_Payload):
    """What has been ticked in a message or a view, by checkboxes or a menu whose options' values are targets."""

    state: _PickedState = _PickedState()
    view: _PickedView | None = None

    @property
    def in_modal(self) -> bool:
        """Whether that was in a modal."""
        return self.view is not None and self.view.type == "modal"

    @property
    def targets(self) -> tuple[Target, ...]:
        """The requests meant, each once.

        Raises:
            MalformedError: one is not of ours.
        """
        values = (self.view.state if self.view else self.state).values.values()
        options = (
            one for fields in values for field in fields.values() for one in field.selected_options or ()
        )
        return tuple(dict.fromkeys(parse_target(one.value) for one in options))


def parse_pick(body: dict[str, Any]) -> Pick:
    """Read what stands in a `block_actions` payload besides the button that was pressed.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return _validate(Pick, body)


def _validate(model: type[M], data: object) -> M:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise MalformedError(f"Slack's payload is not as expected at: {places}") from None
