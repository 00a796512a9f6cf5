"""What crosses borders: frozen models, readable by older and newer versions of ourselves and by other SDKs.

`ApprovalRequest`, `Decision`, `Cancellation` and `Outcome` are a public JSON contract: new fields get defaults,
unknown fields are ignored, and nothing is a set, whose order would break replay.
"""

from datetime import date, datetime, timedelta
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from workflows.allowance import Allowance, Spent
from workflows.attachments import Attachment
from workflows.titles import make_title

Status = Literal["pending", "approved", "rejected", "expired", "cancelled", "failed"]
Verdict = Literal["approve", "reject"]
Door = Literal["slack", "api", "operator"]
Effect = Literal["ask", "approve", "deny"]
Severity = Literal["low", "medium", "high"]
Reach = Literal["exact", "most", "any"]
JsonObject = dict[str, JsonValue]


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
    """One message in Slack; `key` says which of an approval's messages it is, `thread_ts` in whose thread a card is."""

    channel_id: str
    ts: str
    key: str = "card"
    thread_ts: str | None = None


class RunPlace(Contract):
    """Which of its run's requests this is, counted from 1, and how many the run has made in the last minute, with this.

    `conversation` is the workflow that whoever asked can have call off all of them at once; empty where there is none.
    """

    number: int = Field(ge=1)
    last_minute: int = Field(ge=1)
    conversation: str = ""


def _title_request(values: dict[str, Any]) -> str:
    return make_title(values["action"], values["arguments"])


class ApprovalRequest(Contract):
    """What somebody wants done, and every argument of it. One without a title has its action and short arguments as one.

    `speakers` are the others whose words the agent had read when it asked: they may no more decide than the requester.
    `parameters` is the JSON Schema that the arguments follow, by which approvers may change them where the policy lets them.
    `run` is there where an agent asks, none where people do; `batch` names the burst that it is part of.
    """

    action: str = Field(min_length=1, max_length=200)
    arguments: dict[str, JsonValue]
    title: str = Field(default_factory=_title_request, min_length=1)
    requester: Person
    reason: str = ""
    agent: str = ""
    origin: Thread | None = None
    policy: str | None = None
    speakers: tuple[Person, ...] = ()
    parameters: dict[str, JsonValue] | None = None
    run: RunPlace | None = None
    batch: str | None = None


class Approvers(Contract):
    """People who may decide: the members of a Slack channel or user group, or one person by id or by email."""

    kind: Literal["channel", "usergroup", "user", "email"] = "channel"
    id: str = Field(min_length=1)


class Shift(Contract):
    """Open hours on a weekday (Monday is 0), in seconds from midnight by the calendar's own clock."""

    weekday: int = Field(ge=0, le=6)
    opens: int = Field(ge=0, lt=86_400)
    closes: int = Field(gt=0, le=86_400)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("A shift has to close after it opens; write one over midnight as two.")
        return self


class Calendar(Contract):
    """When people work: a clock that counts by it stands still outside its shifts. `zone` is an IANA name."""

    name: str
    zone: str
    shifts: tuple[Shift, ...] = Field(min_length=1)
    holidays: tuple[date, ...] = ()


class Reminders(Contract):
    """When to remind: after `first`, then after pauses that grow by `factor` up to `longest`, `times` in all."""

    first: timedelta
    factor: float = Field(default=2.0, ge=1)
    longest: timedelta
    times: int = Field(default=5, ge=1, le=20)


class Escalation(Contract):
    """Who else may decide after a time, or from the deadline on (no `after`); `replace` takes it from the others."""

    approvers: tuple[Approvers, ...] = Field(min_length=1)
    after: timedelta | None = None
    replace: bool = False


class Stage(Contract):
    """One step of a plan: who may decide, how many must agree, how long they have, and what happens meanwhile.

    All spans count by the calendar where there is one. `channel` is where its card goes, the plan's if None.
    """

    name: str
    approvers: tuple[Approvers, ...] = Field(min_length=1)
    quorum: int = Field(ge=1)
    deadline: timedelta
    reject_quorum: int = Field(default=1, ge=1)
    on_deadline: Literal["expire", "escalate"] = "expire"
    reminders: Reminders | None = None
    escalation: Escalation | None = None
    calendar: Calendar | None = None
    channel: str | None = None
    card: Literal["channel", "direct", "both"] = "channel"
    delegates: bool = True


class Limits(Contract):
    """How many requests one run may make in all and within a minute; None is without limit."""

    per_run: int | None = Field(default=None, ge=1)
    per_minute: int | None = Field(default=None, ge=1)


class Leeway(Contract):
    """How far one approval may stand for later requests: up to which severity, and how long and how often at most."""

    severity: Severity = "low"
    days: int = Field(ge=1)
    uses: int = Field(ge=1)


class Bound(Contract):
    """How far one argument of later requests may differ: not at all, down to zero (of a number), or as it likes."""

    name: str
    reach: Reach = "exact"


class Remembrance(Contract):
    """What an approver wants approved from now on without being asked; people know it as a rule.

    `condition` is the CEL that they were shown; it has to be what the bounds come to. `anybody` may ask, or only whoever
    asked now. `days` and `uses` are how long and how often it holds at most.
    """

    bounds: tuple[Bound, ...] = ()
    condition: str
    days: int = Field(ge=1)
    uses: int = Field(ge=1)
    anybody: bool = False


class GrantUse(Contract):
    """One use of what an approver wanted remembered: whose it was, since when, its CEL; the how manieth use, and how many are left."""

    grant_id: str
    owner: Person
    since: datetime
    condition: str
    number: int = Field(ge=1)
    left: int = Field(ge=0)


class Plan(Contract):
    """The policy as resolved when the request started: later edits of the policy change no open request.

    `effect` says whether people are asked at all; `final` that not even an operator can approve; `shadow` that the
    action passes whatever the plan says; `retype` names the argument that is typed again to approve at high severity;
    `question_pause` how long at most the clocks stand still while a question has no answer; `change` whether approvers may
    change the arguments, and then count as an approver of that (`alone`) or leave it to others (`second`).
    `private_channels` are those among the request's channels that are not known to be public: their members see it, too.
    `team_id` is the workspace where it is decided, whatever workspace whoever asked is of; empty where that is not known.
    `remember` says how far an approval may stand for later requests; None is not at all.
    """

    policy: str
    stages: tuple[Stage, ...] = ()
    card_channel: str
    outcome_channels: tuple[str, ...] = ()
    effect: Effect = "ask"
    final: bool = False
    shadow: bool = False
    severity: Severity = "low"
    retype: str = "amount"
    comment_on: tuple[Verdict, ...] = ()
    distinct: bool = True
    tell_requester: bool = True
    tell_people: tuple[str, ...] = ()
    question_pause: timedelta | None = None
    change: Literal["never", "alone", "second"] = "never"
    visible: Literal["everybody", "involved"] = "everybody"
    private_channels: tuple[str, ...] = ()
    team_id: str = ""
    limits: Limits = Limits()
    remember: Leeway | None = None


class Delegation(Contract):
    """Who may decide for whom until when; `away` says that the principal asks not to be asked meanwhile."""

    principal: Person
    delegate: Person
    until: datetime
    away: bool = False


class Roster(Contract):
    """Who may decide a stage as it was when the stage opened, to be shown and written to; it entitles nobody.

    `people` are those named or in user groups, `count` is all, members of channels, too; None while Slack cannot say.
    `direct` are those to whom a card goes beside the channel's where their own wishes differ from the plan, else None; who
    is `quiet` gets none now, but keeps the one they have.
    """

    people: tuple[Person, ...] = ()
    count: int | None = None
    delegations: tuple[Delegation, ...] = ()
    direct: tuple[Person, ...] | None = None
    quiet: tuple[Person, ...] = ()


class Opening(Contract):
    """A stage as it opens: its clocks as moments, and its people; `problem` says why nobody could decide it.

    Without a roster the clocks run already, while it is still to be found out whom cards go to.
    """

    deadline: datetime
    reminders: tuple[datetime, ...] = ()
    escalates_at: datetime | None = None
    roster: Roster | None = Roster()
    problem: str = ""


class PlanQuery(Contract):
    """A request whose policy is wanted, and when it was made."""

    request: ApprovalRequest
    now: datetime


class Halt(Contract):
    """Clocks that stand still, since when, and the moments that they had been set to."""

    since: datetime
    deadline: datetime
    reminders: tuple[datetime, ...] = ()
    escalates_at: datetime | None = None


class StageQuery(Contract):
    """A stage about to open: who decides it by now, after an escalation, too; how many it still needs; who may not.

    One that goes on after a `halt` has as much time left as it had then. `clocked` says that its clocks run already.
    """

    stage: Stage
    approvers: tuple[Approvers, ...]
    needed: int
    barred: tuple[Person, ...] = ()
    now: datetime
    halt: Halt | None = None
    clocked: bool = False


class Resolution(Contract):
    """A request's plan, and its first stage opened where people are asked and could be found out.

    `problem` says why people cannot be asked this, whatever the plan says.
    """

    plan: Plan
    opening: Opening | None = None
    problem: str = ""


class Decision(Contract):
    """One person's verdict on one stage of one exact request; without a person, an operator's override.

    `on_behalf_of` and `decided_at` are the workflow's to fill in; what a sender writes there is overwritten. `arguments` are
    all arguments as the approver wants them, where they change any; the digest is then of what they had before.
    `read` says that it was made on the last page of Details, after all pages before it had been opened. `answer` is what a
    question (the action `ask_human`) is answered; `choice` is the same by its place among the question's options, from 0.
    `remember` is there where it is to stand for later requests, too.
    """

    verdict: Verdict
    decided_by: Person | None
    digest: str
    stage: int = 0
    event_id: str = Field(min_length=1)
    comment: str = ""
    retyped: str = ""
    read: bool = False
    via: Door = "api"
    on_behalf_of: Person | None = None
    decided_at: datetime | None = None
    arguments: dict[str, JsonValue] | None = None
    answer: JsonValue = None
    choice: int | None = Field(default=None, ge=0)
    remember: Remembrance | None = None

    @property
    def person(self) -> Person | None:
        """Who says it."""
        return self.decided_by

    @property
    def said_at(self) -> datetime | None:
        """When the workflow took it in."""
        return self.decided_at


class Question(Contract):
    """What somebody who may decide wants to know first; `asked_at` and `number` are the workflow's to fill in."""

    text: str = Field(min_length=1, max_length=3_000)
    asked_by: Person
    digest: str
    stage: int = 0
    event_id: str = Field(min_length=1)
    via: Door = "api"
    asked_at: datetime | None = None
    number: int = 0

    @property
    def person(self) -> Person:
        """Who says it."""
        return self.asked_by

    @property
    def said_at(self) -> datetime | None:
        """When the workflow took it in."""
        return self.asked_at


class Answer(Contract):
    """An answer to a question, which it names by its number; without a person, the agent's that asked."""

    text: str = Field(min_length=1, max_length=3_000)
    question: int = Field(ge=0)
    answered_by: Person | None = None
    event_id: str = Field(min_length=1)
    via: Door = "api"
    answered_at: datetime | None = None

    @property
    def person(self) -> Person | None:
        """Who says it."""
        return self.answered_by

    @property
    def said_at(self) -> datetime | None:
        """When the workflow took it in."""
        return self.answered_at


class Amendment(Contract):
    """A change that an approver made to what was asked: the arguments, their digest and how many had decided until then."""

    changed_by: Person
    on_behalf_of: Person | None = None
    changed_at: datetime
    before: dict[str, JsonValue]
    digest: str
    decided: int = Field(default=0, ge=0)
    comment: str = ""

    @property
    def person(self) -> Person:
        """Who says it."""
        return self.changed_by

    @property
    def said_at(self) -> datetime:
        """When the workflow took it in."""
        return self.changed_at


class ArgumentsQuery(Contract):
    """A request as an approver wants it: whether its arguments follow their JSON Schema, and which policy applies to it."""

    request: ApprovalRequest


class ArgumentsCheck(Contract):
    """What is wrong with arguments, a sentence each, and the policy that applies with them; none where none can be said to."""

    problems: tuple[str, ...] = ()
    policy: str = ""


class Cancellation(Contract):
    """The wish to withdraw a request: the requester's, or without a person the operator's."""

    cancelled_by: Person | None = None
    reason: str = ""
    via: Door = "api"


class ApprovalState(Contract):
    """Everything about one approval: what queries answer, what cards are drawn from.

    `grant` is the use of an earlier approval that stands for this one. `thread` is the message of the burst that it is part of, in whose thread its card is.
    """

    approval_id: str
    request: ApprovalRequest
    digest: str
    opened_at: datetime
    plan: Plan | None = None
    status: Status = "pending"
    stage: int = 0
    deadline: datetime | None = None
    reminders: tuple[datetime, ...] = ()
    reminded: int = 0
    escalates_at: datetime | None = None
    escalated: Literal["", "added", "replaced"] = ""
    escalation_reason: str = ""
    roster: Roster | None = None
    decisions: tuple[Decision, ...] = ()
    questions: tuple[Question, ...] = ()
    answers: tuple[Answer, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    paused_at: datetime | None = None
    decided_at: datetime | None = None
    reason: str = ""
    cards: tuple[MessageRef, ...] = ()
    thread: MessageRef | None = None
    grant: GrantUse | None = None


class Outcome(Contract):
    """The result of an approval. Only `approved` lets anything run.

    `arguments` are there where an approver has changed them: then these may run, and not those that were asked for.
    `answer` is there where a question (the action `ask_human`) was answered, which is then `approved`.
    `grant` is there where nobody was asked, as an earlier approval stands for this.
    """

    approval_id: str
    status: Status
    digest: str
    decisions: tuple[Decision, ...] = ()
    reason: str = ""
    decided_at: datetime | None = None
    arguments: dict[str, JsonValue] | None = None
    policy: str = ""
    answer: JsonValue = None
    grant: GrantUse | None = None

    @property
    def approved(self) -> bool:
        """Whether the action may run."""
        return self.status == "approved"


class Carried(Contract):
    """What a long-lived approval takes along when it continues as new; `shown` is the state that Slack shows."""

    state: ApprovalState
    shown: ApprovalState | None = None
    unanswered: tuple[Decision | Question | Answer, ...] = ()
    seen: tuple[str, ...] = ()


class Vote(Contract):
    """One decision as a receipt tells it: what was said, by whom, in which stage and when; without a person, an operator's."""

    verdict: Verdict
    decided_by: Person | None
    stage: int = 0
    on_behalf_of: Person | None = None
    decided_at: datetime | None = None


class Receipt(Contract):
    """The proof that travels with a gated call: its idempotency key, what was approved, on which policy, by whom and when.

    `votes` are all decisions on record, comments left out; a policy that approves by itself leaves none, nor does an earlier
    approval that stands for this, which is the `grant`.
    """

    approval_id: str
    digest: str
    policy: str = ""
    votes: tuple[Vote, ...] = ()
    decided_at: datetime | None = None
    grant: GrantUse | None = None


class Brief(Contract):
    """All that would run, and why, of a request that is short enough to be shown in a row of a list."""

    arguments: dict[str, JsonValue]
    reason: str = ""


class Summary(Contract):
    """One row of a list of approvals, kept in the workflow's memo.

    `stage` counts from 0, of `stages`; `asks` are the verdicts that need more than a click. Without a `brief` the row
    cannot show everything.
    """

    title: str
    requester: Person
    opened_at: datetime
    deadline: datetime | None
    card: MessageRef | None
    paused: bool = False
    action: str = ""
    policy: str = ""
    digest: str = ""
    stage: int = 0
    stages: int = 0
    stage_name: str = ""
    severity: Severity = "low"
    asks: tuple[Verdict, ...] = ()
    brief: Brief | None = None


class MembershipQuery(Contract):
    """Whether this person is, at this moment, one of these people, or (`delegates`) decides for one of them."""

    person: Person
    approvers: tuple[Approvers, ...]
    delegates: bool = False


class Membership(Contract):
    """The answer to a membership query; anything but `member` and `delegate` may not decide.

    A delegate's `principals` are the members for whom they may decide at this moment.
    """

    standing: Literal["member", "delegate", "outsider", "bot", "unknown"]
    principals: tuple[Person, ...] = ()
    detail: str = ""


class Post(Contract):
    """One message that must be there once. With `ts` it is rewritten, without it is posted, found again by `key`.

    `channel_id` may be a person's id where the message is for them alone. `item` is which of the state's questions it is
    about, or from which word on it tells what people have said. A snippet is a file of one `argument`. `found_only` is for one
    that an earlier attempt may have posted unseen: it is rewritten where it is found, and else not wanted any more.
    """

    view: Literal[
        "card", "moved", "asked", "question", "news", "reply", "outcome", "reminder", "escalation", "snippet"
    ]
    key: str
    channel_id: str
    thread_ts: str | None = None
    ts: str | None = None
    item: int = 0
    argument: str = ""
    found_only: bool = False


class Publication(Contract):
    """Messages about one approval. `again` says that an earlier attempt may have posted them already."""

    state: ApprovalState
    posts: tuple[Post, ...]
    again: bool = False


class Published(Contract):
    """Where the messages are, in order of the posts asked for.

    None where Slack will not have one (see `problems`), or where one that was only to be rewritten is not there.
    """

    messages: tuple[MessageRef | None, ...]
    problems: tuple[str, ...] = ()


class Whisper(Contract):
    """A sentence for one person only, in a channel, or with their own id as the channel's in a direct message."""

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
    """A message that a person wrote to the agent, which one it names, if any, and the files that came with it."""

    event_id: str
    person: Person
    text: str
    agent: str = ""
    files: tuple[Attachment, ...] = ()


class Conversation(Contract):
    """One Slack thread with an agent: where it is, and what it takes along when it continues as new.

    `agent` is the name of the one that answers, from the start, until a message names another; empty is the built-in one.
    """

    thread: Thread
    items: tuple[dict[str, JsonValue], ...] = ()
    speakers: tuple[Person, ...] = ()
    inbox: tuple[Heard, ...] = ()
    seen: tuple[str, ...] = ()
    agent: str = ""
    allowance: Allowance = Allowance()
    spent: Spent = Spent()
