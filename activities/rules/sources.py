"""The policy file as it is written: its keys, what each may hold, and what each is for. Its JSON Schema comes from here."""

from datetime import date, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)

from activities.rules.documents import as_list
from activities.rules.forms import FormSource
from activities.rules.servers import ServerName, ServerSource
from activities.rules.spans import (
    SPAN_PATTERN,
    TIME_PATTERN,
    build_shifts,
    parse_days,
    parse_span,
    parse_time,
)
from workflows.contracts import Effect, Severity

ID_HINTS = {
    r"^[UW][A-Z0-9]{2,}$": "a user id: write one like U012AB3CD (the person's profile, Copy member ID)",
    r"^S[A-Z0-9]{2,}$": "a user group id: write one like S012AB3CD (the group's page, Copy group ID)",
    r"^[CG][A-Z0-9]{2,}$": "a channel id: write one like C012AB3CD (channel details, at the bottom)",
    r"^[^@\s]+@[^@\s]+\.[^@\s]+$": "an email address: write one like cfo@example.com",
    r"^\S(.*\S)?$": "a name: write one without spaces around it",
}
_USER, _USERGROUP, _CHANNEL, _EMAIL, _NAME = ID_HINTS
KINDS = ("user", "usergroup", "channel", "email")

UserId = Annotated[str, StringConstraints(pattern=_USER)]
UsergroupId = Annotated[str, StringConstraints(pattern=_USERGROUP)]
ChannelId = Annotated[str, StringConstraints(pattern=_CHANNEL)]
Email = Annotated[str, StringConstraints(pattern=_EMAIL)]
Name = Annotated[str, StringConstraints(pattern=_NAME, max_length=100)]


def _listed(value: Any) -> Any:
    return tuple(as_list(value)) if as_list(value) or value == [] else (value,)


def _parse_day(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        day = None
    if day is None or day.isoformat() != value:
        raise ValueError(f"`{value}` is no date: write one like 2026-12-24.")
    return day


def _parse_week(value: Any) -> tuple[int, ...]:
    return parse_days(",".join(map(str, _listed(value))))


Span = Annotated[
    timedelta, BeforeValidator(parse_span), WithJsonSchema({"type": "string", "pattern": SPAN_PATTERN})
]
Day = Annotated[date, BeforeValidator(_parse_day), WithJsonSchema({"type": "string", "format": "date"})]
Clock = Annotated[
    time, BeforeValidator(parse_time), WithJsonSchema({"type": "string", "pattern": TIME_PATTERN})
]
Weekdays = Annotated[tuple[int, ...], BeforeValidator(_parse_week, json_schema_input_type=str | list[str])]
Globs = Annotated[
    tuple[Name, ...], Field(min_length=1), BeforeValidator(_listed, json_schema_input_type=Name | list[Name])
]
Hours = Annotated[
    tuple[str, ...], Field(min_length=1), BeforeValidator(_listed, json_schema_input_type=str | list[str])
]


class Source(BaseModel):
    """The base of all that is written in the file: nothing is converted, and no unknown key is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def sets(self, key: str) -> bool:
        """Whether the file has this key here."""
        return key in self.model_fields_set


class CalendarSource(Source):
    """Working hours: clocks that count by it stand still outside of them."""

    zone: str = Field(description="The IANA time zone, for example Europe/Berlin.")
    hours: dict[str, Hours] = Field(
        min_length=1, description='Open hours by day, range or list of days: {mon-fri: "09:00-17:30"}.'
    )
    holidays: tuple[Day, ...] = Field(
        default=(), min_length=1, description="Days that are closed, like 2026-12-24."
    )

    @model_validator(mode="after")
    def _check_hours(self) -> "CalendarSource":
        build_shifts(self.hours.items())
        return self


class ApproverSource(Source):
    """People who may decide: exactly one of the keys."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    user: UserId | None = Field(default=None, description="One person, by user id.")
    usergroup: UsergroupId | None = Field(default=None, description="The members of a user group, by id.")
    channel: ChannelId | None = Field(default=None, description="The members of a channel, by id.")
    email: Email | None = Field(default=None, description="One person, by the email address in Slack.")

    @model_validator(mode="after")
    def _check_one(self) -> "ApproverSource":
        _require_one(self, "user, usergroup, channel or email")
        return self


class RequesterSource(Source):
    """Who asks: exactly one of the keys."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    user: UserId | None = Field(default=None, description="One person, by user id.")
    usergroup: UsergroupId | None = Field(default=None, description="The members of a user group, by id.")

    @model_validator(mode="after")
    def _check_one(self) -> "RequesterSource":
        _require_one(self, "user or usergroup")
        return self


def _require_one(source: Source, keys: str) -> None:
    values = [getattr(source, key) for key in source.model_fields_set]
    if len(values) != 1 or values[0] is None:
        raise ValueError(f"Exactly one of {keys} has to be here: write one each, as items of the list.")


def _approver_tag(value: Any) -> str:
    return "group" if isinstance(value, str) else "inline"


Reference = Annotated[
    Annotated[Name, Tag("group")] | Annotated[ApproverSource, Tag("inline")], Discriminator(_approver_tag)
]
Requesters = Annotated[
    tuple[RequesterSource, ...],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=RequesterSource | list[RequesterSource]),
]


class GroupSource(Source):
    """Named approvers, so that policies need not repeat ids."""

    approvers: tuple[ApproverSource, ...] = Field(min_length=1, description="Who belongs to it.")
    calendar: Name | None = Field(
        default=None, description="The name of the calendar by which they work; a stage's own goes before it."
    )


class MatchSource(Source):
    """When a policy applies: all that is written here has to be so."""

    action: Globs | None = Field(
        default=None, description="The action's name, or a pattern like transfer_*, or a list; case counts."
    )
    agent: Globs | None = Field(default=None, description="The agent's name, or a pattern, or a list.")
    requester: Requesters | None = Field(
        default=None, description="Who asks: {user: U…} or {usergroup: S…}, or a list of which one is enough."
    )
    when: str | None = Field(
        default=None,
        description="A condition in CEL over args, action, agent, requester (a user id) and title.",
    )


class CardSource(Source):
    """Where the card of a stage goes."""

    channel: ChannelId | None = Field(default=None, description="A channel's id.")
    direct: bool = Field(default=False, description="Whether approvers get it in a direct message.")


class RemindSource(Source):
    """When the approvers are reminded."""

    first: Span = Field(description="After how long the first reminder is sent.")
    factor: float = Field(
        default=2.0, ge=1, le=100, description="By how much each pause is longer than the last."
    )
    longest: Span | None = Field(
        default=None, description="The longest pause; 8 times the first if left out."
    )
    times: int = Field(default=5, ge=1, le=20, description="How many reminders in all.")


class EscalateSource(Source):
    """Who else may decide when it takes too long."""

    after: Span | None = Field(
        default=None, description="After how long; left out where on_deadline is escalate."
    )
    to: tuple[Reference, ...] = Field(min_length=1, description="Groups and people who may decide then.")
    replace: bool = Field(default=False, description="Whether they take the others' place.")


class StageSource(Source):
    """One step: who may decide, how many must agree, how long they have."""

    name: Name = Field(description="What the step is called, on the card, too.")
    approvers: tuple[Reference, ...] = Field(
        min_length=1, description="Names of groups, and people: {user: U…}, {usergroup: S…}, …"
    )
    quorum: int = Field(default=1, ge=1, description="How many must approve.")
    reject_quorum: int = Field(default=1, ge=1, description="How many rejections end it.")
    deadline: Span = Field(
        description="How long they have: 90s, 30m, 4h, 2d, 1w or 1d12h; with a calendar, open time."
    )
    calendar: Name | None = Field(default=None, description="The name of the calendar its clocks go by.")
    on_deadline: Literal["expire", "escalate"] = Field(
        default="expire", description="What happens at the deadline: expire, or escalate."
    )
    remind: RemindSource | None = Field(default=None, description="When the approvers are reminded.")
    escalate: EscalateSource | None = Field(default=None, description="Who else may decide after a time.")
    delegation: bool = Field(default=True, description="Whether an approver's delegate may decide.")
    card: CardSource | None = Field(default=None, description="Where the card of this stage goes.")


class NotifySource(Source):
    """Who is told the outcome."""

    channels: tuple[ChannelId, ...] | None = Field(
        default=None, description="Channels' ids, [] for none; the outcomes channel if left out."
    )
    requester: bool = Field(default=True, description="Whether the requester is told.")
    people: tuple[UserId, ...] = Field(default=(), min_length=1, description="More people, by user id.")


class CommentSource(Source):
    """When a comment has to be given."""

    required_on: Literal["reject", "approve", "both"] = Field(description="On reject, approve or both.")


class LimitsSource(Source):
    """How much one run of an agent may ask for; what goes over it is rejected, and nobody is asked."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    per_run: int | None = Field(default=None, ge=1, description="How many requests one run may make.")
    per_minute: int | None = Field(
        default=None, ge=1, description="How many requests one run may make within a minute."
    )

    @model_validator(mode="after")
    def _check_any(self) -> "LimitsSource":
        if all(getattr(self, key) is None for key in self.model_fields_set):
            raise ValueError("This limits nothing: write `per_run`, `per_minute` or both.")
        return self


class RememberSource(Source):
    """How far one approval may stand for later requests, by a rule that the approver makes."""

    severity: Severity = Field(default="low", description="Up to which severity of the policy.")
    days: int = Field(ge=1, le=366, description="How many days a rule holds at most.")
    uses: int = Field(ge=1, le=1_000, description="How many requests a rule approves at most.")


class PolicySource(Source):
    """One policy; the first that matches counts."""

    name: Name = Field(description="What the policy is called, on cards and in records.")
    match: MatchSource | None = Field(
        default=None, description="When it applies; only the last, the default, has none."
    )
    auto: Literal["approve", "deny"] | None = Field(
        default=None, description="The outcome, without asking anybody."
    )
    hard_deny: bool = Field(default=False, description="True where nobody can approve, not even an operator.")
    shadow: bool = Field(
        default=False, description="True to show what would be asked while the action passes."
    )
    severity: Severity = Field(default="low", description="At high, approving asks to type a value again.")
    retype: str = Field(
        default="amount",
        pattern=_NAME,
        description="The argument typed again at high severity; dots go into objects.",
    )
    calendar: Name | None = Field(default=None, description="The calendar of stages that name none.")
    card: CardSource | None = Field(default=None, description="Where the cards of its stages go.")
    delegation: bool = Field(
        default=True, description="Whether delegates may decide, where a stage says nothing."
    )
    distinct: bool = Field(default=True, description="Whether one person counts in one stage only.")
    comment: CommentSource | None = Field(default=None, description="When a comment has to be given.")
    question_pause: Span | None = Field(
        default=None,
        description="How long clocks stand still at most while an approver's question has no answer; not at all if left out.",
    )
    change: Literal["never", "alone", "second"] = Field(
        default="never",
        description="Whether approvers may change arguments: alone, or so that a second person has to approve.",
    )
    limits: LimitsSource | None = Field(default=None, description="How much one run of an agent may ask for.")
    remember: RememberSource | None = Field(
        default=None,
        description="Lets approvers make rules by which later requests are approved without asking; not at all if left out.",
    )
    notify: NotifySource | None = Field(default=None, description="Who is told the outcome.")
    form: FormSource | None = Field(
        default=None, description="The form by which people ask for it themselves."
    )
    visible: Literal["everybody", "involved"] = Field(
        default="everybody",
        description="Whose lists show it: everybody's, unless a channel of it is private, or only those of who is involved.",
    )
    stages: tuple[StageSource, ...] = Field(default=(), min_length=1, description="The steps, in order.")


class ExpectSource(Source):
    """What has to come of a case; what is left out may be anything."""

    policy: Name = Field(description="The policy that applies.")
    effect: Effect | None = Field(default=None, description="Whether it asks, approves or denies.")
    stages: tuple[Name, ...] | None = Field(default=None, min_length=1, description="The stages' names.")
    approvers: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="The ids and emails of the first stage's approvers."
    )
    quorum: int | None = Field(default=None, ge=1, description="The first stage's quorum.")
    deadline: AwareDatetime | None = Field(default=None, description="The first stage's, with its offset.")
    severity: Severity | None = Field(default=None, description="The policy's severity.")
    shadow: bool | None = Field(default=None, description="Whether the policy is a shadow.")


class CaseSource(Source):
    """A request made up to test the policies: what is asked, by whom, and what has to come of it."""

    name: Name = Field(description="What the case shows.")
    action: str = Field(min_length=1, max_length=200, description="The action asked for.")
    args: dict[str, JsonValue] = Field(default={}, description="Its arguments.")
    asker: UserId = Field(default="U0SOMEBODY", alias="as", description="Who asks, by user id.")
    agent: str = Field(default="", description="The agent that asks.")
    title: str = Field(default="", description="The title of the request; the action if left out.")
    member_of: tuple[UsergroupId, ...] = Field(
        default=(), min_length=1, description="User groups that the asker is taken to be in."
    )
    at: AwareDatetime | None = Field(default=None, description="When it is asked, with its offset.")
    expect: ExpectSource = Field(description="What has to come of it.")


class DigestSource(Source):
    """A daily message in a channel: what has waited there too long."""

    channel: ChannelId = Field(description="The channel's id; of that whose card is there, this tells.")
    at: Clock = Field(description='When it comes, like "09:00".')
    zone: str = Field(description="The IANA time zone of that, for example Europe/Berlin.")
    days: Weekdays = Field(
        default=tuple(range(7)),
        description="On which days: mon-fri, or [mon, wed].",
        json_schema_extra={"default": "mon-sun"},
    )
    older: Span = Field(
        default=timedelta(days=1),
        description="How long a request has waited to be in it.",
        json_schema_extra={"default": "1d"},
    )


class FileSource(Source):
    """Countersign's policies: who must approve what."""

    version: Literal[1] = Field(default=1, description="The version of this form.")
    calendars: dict[Name, CalendarSource] = Field(
        default={}, min_length=1, description="Working hours, by name."
    )
    groups: dict[Name, GroupSource] = Field(default={}, min_length=1, description="Named approvers, by name.")
    policies: tuple[PolicySource, ...] = Field(
        min_length=1, description="The first that matches counts; the last has no match."
    )
    digests: tuple[DigestSource, ...] = Field(
        default=(), min_length=1, description="Channels that are told daily what has waited too long."
    )
    mcp_servers: dict[ServerName, ServerSource] = Field(
        default={}, min_length=1, description="MCP servers whose tools agents may have, by name."
    )
    cases: tuple[CaseSource, ...] = Field(
        default=(), min_length=1, description="What `countersign policy test` tries."
    )


def build_schema() -> dict[str, Any]:
    """The JSON Schema of the file, draft 2020-12."""
    schema = FileSource.model_json_schema(by_alias=True)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Countersign policies"}
    return schema | head
