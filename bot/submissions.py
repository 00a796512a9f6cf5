"""What was submitted in a modal, read strictly: who, in which view, and what stands in its inputs."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from bot.payloads import Inquiry, Payload, Sender, Target, make_decision, parse_target, read_body
from workflows.contracts import Answer, Decision, Person, Question, Verdict

COMMENT_BLOCK = "countersign_comment"
RETYPE_BLOCK = "countersign_retype"
WORDS_BLOCK = "countersign_words"
TYPED = "typed"
"""The inputs of a form, by the ids of their blocks, and what the element in each is called."""
COMMENT_LENGTH = 1_000
RETYPE_LENGTH = 3_000
WORDS_LENGTH = 2_000
LATEST = 9_999_999_999
"""The latest moment that a form takes, in seconds."""


class _Comment(Payload):
    value: str | None = Field(default=None, max_length=COMMENT_LENGTH)


class _Retyped(Payload):
    value: str | None = Field(default=None, max_length=RETYPE_LENGTH)


class _Words(Payload):
    value: str | None = Field(default=None, max_length=WORDS_LENGTH)


class _WordsInput(Payload):
    typed: _Words = _Words()


class _CommentInput(Payload):
    typed: _Comment = _Comment()


class _RetypeInput(Payload):
    typed: _Retyped = _Retyped()


class _Inputs(Payload):
    countersign_comment: _CommentInput | None = None
    countersign_retype: _RetypeInput | None = None
    countersign_words: _WordsInput | None = None


class _ViewState(Payload):
    values: _Inputs = _Inputs()


class _View(Payload):
    id: str = Field(min_length=1)
    private_metadata: str = ""
    state: _ViewState = _ViewState()


class Submission(Payload):
    """Somebody submitted a modal."""

    user: Sender
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
        decision = make_decision(verdict, self.person, target, self._event_id(verdict))
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


class _Option(Payload):
    value: str


class Entry(Payload):
    """What stands in one input; which of these it is depends on the input's kind."""

    value: str | None = None
    selected_option: _Option | None = None
    selected_date: str | None = None
    selected_user: str | None = None
    selected_conversation: str | None = None
    selected_date_time: int | None = Field(default=None, ge=0, le=LATEST)
    selected_options: tuple[_Option, ...] = ()

    @property
    def text(self) -> str:
        """It as text; nothing where nothing was filled in."""
        option = self.selected_option.value if self.selected_option else None
        moment = None if self.selected_date_time is None else str(self.selected_date_time)
        people = (self.selected_user, self.selected_conversation)
        given = (self.value, option, self.selected_date, moment, *people)
        return next((one for one in given if one is not None), "")

    @property
    def listed(self) -> str:
        """What is chosen of several values that are JSON, as a JSON list; nothing where nothing is."""
        chosen = ",".join(one.value for one in self.selected_options)
        return f"[{chosen}]" if chosen else ""


class _Entries(Payload):
    values: dict[str, dict[str, Entry]] = Field(default_factory=dict[str, dict[str, Entry]])


class _EntryView(Payload):
    id: str = Field(min_length=1)
    private_metadata: str = ""
    state: _Entries = _Entries()


class Filing(Payload):
    """Somebody submitted a form by which people ask."""

    user: Sender
    view: _EntryView

    @property
    def person(self) -> Person:
        """Who."""
        return Person(team_id=self.user.team_id, user_id=self.user.id)

    def typed(self, block: str) -> str:
        """What stands in the input of a block; nothing where there is none."""
        return self.view.state.values.get(block, {}).get(TYPED, Entry()).text

    def ticked(self, block: str) -> tuple[str, ...]:
        """The values of what is ticked in a block."""
        entry = self.view.state.values.get(block, {}).get(TYPED, Entry())
        return tuple(one.value for one in entry.selected_options)


def parse_submission(body: dict[str, Any]) -> Submission:
    """Read a `view_submission` payload.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return read_body(Submission, body)


def parse_filing(body: dict[str, Any]) -> Filing:
    """Read a `view_submission` payload of a form by which people ask.

    Raises:
        MalformedError: it lacks what it must have.
    """
    return read_body(Filing, body)


class _Typed(Payload):
    view: _EntryView


def parse_typed(body: dict[str, Any]) -> dict[str, str | None]:
    """What was typed or chosen in each field of a form, by its block; None where nothing was.

    Raises:
        MalformedError: it is no form's submission.
    """
    values = read_body(_Typed, body).view.state.values
    typed = {block: fields[TYPED] for block, fields in values.items() if TYPED in fields}
    return {block: entry.text or entry.listed or None for block, entry in typed.items()}


class _Picked(Payload):
    selected_options: tuple[_Option, ...] | None = None


class _PickedState(Payload):
    values: dict[str, dict[str, _Picked]] = Field(default_factory=dict[str, dict[str, _Picked]])


class _PickedView(Payload):
    type: str = ""
    state: _PickedState = _PickedState()


class Pick(Payload):
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
    return read_body(Pick, body)
