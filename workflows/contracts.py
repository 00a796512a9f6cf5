"""What crosses borders: frozen models, readable by older and newer versions of ourselves and by other SDKs.

`ApprovalRequest`, `Decision`, `Cancellation` and `Outcome` are a public JSON contract: new fields get defaults,
unknown fields are ignored, and nothing is a set, whose order would break replay.
"""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Status = Literal["pending", "approved", "rejected", "expired", "cancelled", "failed"]
Verdict = Literal["approve", "reject"]
Door = Literal["slack", "api", "operator"]


class Contract(BaseModel):
    """The base of all that crosses a border."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Person(Contract):
    """Who: the pair of ids, never a name."""

    team_id: str = Field(min_length=1)
    user_id: str = Field(min_length=1)


class Thread(Contract):
    """A Slack thread; `thread_ts` is its first message's."""

    team_id: str
    channel_id: str
    thread_ts: str


class MessageRef(Contract):
    """One message in Slack."""

    channel_id: str
    ts: str


class ApprovalRequest(Contract):
    """What somebody wants done, and every argument of it.

    `speakers` are the others whose words the agent had read when it asked: they may no more decide than the requester.
    """

    action: str = Field(min_length=1, max_length=200)
    title: str = Field(min_length=1)
    arguments: dict[str, JsonValue]
    requester: Person
    reason: str = ""
    agent: str = ""
    origin: Thread | None = None
    policy: str | None = None
    speakers: tuple[Person, ...] = ()


class Approvers(Contract):
    """A group of people who may decide: the members of a Slack channel."""

    kind: Literal["channel"] = "channel"
    id: str


class Stage(Contract):
    """One step of a plan: who may decide, how many must agree, and how long they have."""

    name: str
    approvers: tuple[Approvers, ...] = Field(min_length=1)
    quorum: int = Field(ge=1)
    deadline: timedelta


class Plan(Contract):
    """The policy as resolved when the request started: later edits of the policy change no open request."""

    policy: str
    stages: tuple[Stage, ...] = Field(min_length=1)
    card_channel: str
    outcome_channels: tuple[str, ...] = ()


class Decision(Contract):
    """One person's verdict on one stage of one exact request; without a person, an operator's override."""

    verdict: Verdict
    decided_by: Person | None
    digest: str
    stage: int = 0
    event_id: str = Field(min_length=1)
    comment: str = ""
    via: Door = "api"
    decided_at: datetime | None = None


class Cancellation(Contract):
    """The wish to withdraw a request: the requester's, or without a person the operator's."""

    cancelled_by: Person | None = None
    reason: str = ""


class ApprovalState(Contract):
    """Everything about one approval: what queries answer, what cards are drawn from."""

    approval_id: str
    request: ApprovalRequest
    digest: str
    opened_at: datetime
    plan: Plan | None = None
    status: Status = "pending"
    stage: int = 0
    deadline: datetime | None = None
    decisions: tuple[Decision, ...] = ()
    decided_at: datetime | None = None
    reason: str = ""
    cards: tuple[MessageRef, ...] = ()


class Outcome(Contract):
    """The result of an approval. Only `approved` lets anything run."""

    approval_id: str
    status: Status
    digest: str
    decisions: tuple[Decision, ...] = ()
    reason: str = ""
    decided_at: datetime | None = None

    @property
    def approved(self) -> bool:
        """Whether the action may run."""
        return self.status == "approved"


class Carried(Contract):
    """What a long-lived approval takes along when it continues as new."""

    state: ApprovalState
    unanswered: tuple[Decision, ...] = ()
    seen: tuple[str, ...] = ()


class Receipt(Contract):
    """The proof that travels with a gated call: its idempotency key and what was approved."""

    approval_id: str
    digest: str


class Summary(Contract):
    """One row of a list of approvals, kept in the workflow's memo."""

    title: str
    requester: Person
    opened_at: datetime
    deadline: datetime | None
    card: MessageRef | None


class MembershipQuery(Contract):
    """Whether this person is, at this moment, one of these people."""

    person: Person
    approvers: tuple[Approvers, ...]


class Membership(Contract):
    """The answer to a membership query; anything but `member` may not decide."""

    standing: Literal["member", "outsider", "bot", "unknown"]
    detail: str = ""


class Post(Contract):
    """One message that must be there once. With `ts` it is rewritten, without it is posted, found again by `key`."""

    view: Literal["card", "asked", "reply", "outcome"]
    key: str
    channel_id: str
    thread_ts: str | None = None
    ts: str | None = None


class Publication(Contract):
    """Messages about one approval. `again` says that an earlier attempt may have posted them already."""

    state: ApprovalState
    posts: tuple[Post, ...]
    again: bool = False


class Published(Contract):
    """Where the messages are, in order of the posts asked for; None where Slack will not have one (see `problems`)."""

    messages: tuple[MessageRef | None, ...]
    problems: tuple[str, ...] = ()


class Whisper(Contract):
    """A sentence for one person only."""

    approval_id: str
    person: Person
    channel_id: str
    sentence: str


class Reply(Contract):
    """The agent's words in a thread, posted once per `key`."""

    thread: Thread
    text: str
    key: str
    asked_at: datetime


class Heard(Contract):
    """A message that a person wrote to the agent."""

    event_id: str
    person: Person
    text: str


class Conversation(Contract):
    """One Slack thread with the agent: where it is, and what it takes along when it continues as new."""

    thread: Thread
    items: tuple[dict[str, JsonValue], ...] = ()
    speakers: tuple[Person, ...] = ()
    inbox: tuple[Heard, ...] = ()
    seen: tuple[str, ...] = ()
