"""From a policy as it is written to the plan that a request takes along."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from activities.rules.parts import Parts
from activities.rules.sources import (
    KINDS,
    ApproverSource,
    CalendarSource,
    CardSource,
    CommentSource,
    DigestSource,
    EscalateSource,
    LimitsSource,
    NotifySource,
    PolicySource,
    RememberSource,
    RemindSource,
    StageSource,
)
from activities.rules.spans import build_shifts
from workflows.contracts import (
    Approvers,
    Calendar,
    Effect,
    Escalation,
    Leeway,
    Limits,
    Plan,
    Reminders,
    Stage,
    Verdict,
)
from workflows.roundup import RoomRoundup, Timing

LONGEST_PAUSES = 8
"""The longest pause between reminders in pauses of the first, where the file does not say."""

_COMMENTS: dict[str, tuple[Verdict, ...]] = {
    "reject": ("reject",),
    "approve": ("approve",),
    "both": ("approve", "reject"),
}


class Channels(NamedTuple):
    """Where cards and outcomes go when a policy says nothing."""

    approvals: str
    outcomes: str


def build_plan(policy: PolicySource, parts: Parts, channels: Channels) -> Plan:
    """The plan of a policy; its parts have been checked."""
    notify = policy.notify or NotifySource()
    return Plan(
        policy=policy.name,
        stages=tuple(_build_stage(stage, policy, parts) for stage in policy.stages),
        card_channel=_card_channel(policy) or channels.approvals,
        outcome_channels=(channels.outcomes,) if notify.channels is None else notify.channels,
        effect=_find_effect(policy),
        final=policy.hard_deny,
        shadow=policy.shadow,
        severity=policy.severity,
        retype=policy.retype,
        comment_on=_comment_verdicts(policy.comment),
        distinct=policy.distinct,
        tell_requester=notify.requester,
        tell_people=notify.people,
        question_pause=policy.question_pause,
        change=policy.change,
        visible=policy.visible,
        limits=build_limits(policy.limits),
        remember=build_leeway(policy.remember),
    )


def _card_channel(policy: PolicySource) -> str | None:
    """A shadow is posted once, where the card of its first stage would be."""
    first = next((stage.card for stage in policy.stages if policy.shadow), None)
    card = first or policy.card
    return card.channel if card else None


def _find_effect(policy: PolicySource) -> Effect:
    return "deny" if policy.hard_deny else policy.auto or "ask"


def _comment_verdicts(comment: CommentSource | None) -> tuple[Verdict, ...]:
    return _COMMENTS[comment.required_on] if comment else ()


def build_limits(limits: LimitsSource | None) -> Limits:
    """How much one run may ask for."""
    return Limits(per_run=limits.per_run, per_minute=limits.per_minute) if limits else Limits()


def build_leeway(remember: RememberSource | None) -> Leeway | None:
    """How far an approval may stand for later requests; not at all where the file does not say."""
    if remember is None:
        return None
    return Leeway(severity=remember.severity, days=remember.days, uses=remember.uses)


def _build_stage(stage: StageSource, policy: PolicySource, parts: Parts) -> Stage:
    card = stage.card or policy.card or CardSource()
    return Stage(
        name=stage.name,
        approvers=expand_approvers(stage.approvers, parts),
        quorum=stage.quorum,
        reject_quorum=stage.reject_quorum,
        deadline=stage.deadline,
        on_deadline=stage.on_deadline,
        reminders=build_reminders(stage.remind) if stage.remind else None,
        escalation=_build_escalation(stage.escalate, parts) if stage.escalate else None,
        calendar=find_calendar(stage, policy, parts),
        channel=card.channel,
        card=card_kind(card),
        delegates=stage.delegation if stage.sets("delegation") else policy.delegation,
    )


def card_kind(card: CardSource) -> Literal["channel", "direct", "both"]:
    """Where a card goes: with neither key it is the approvals channel's."""
    if not card.direct:
        return "channel"
    return "both" if card.channel else "direct"


def build_approvers(source: ApproverSource) -> Approvers:
    """One group of people, of the kind that is written."""
    members = source.model_dump(exclude_none=True)
    kind = next(one for one in KINDS if one in members)
    return Approvers.model_validate({"kind": kind, "id": members[kind]})


def expand_approvers(references: Iterable[str | ApproverSource], parts: Parts) -> tuple[Approvers, ...]:
    """The people meant, with groups replaced by who belongs to them; groups that there are not are left out."""
    found: list[ApproverSource] = []
    for one in references:
        if isinstance(one, ApproverSource):
            found.append(one)
        elif one in parts.groups:
            found += parts.groups[one].approvers
    return tuple(map(build_approvers, found))


def build_reminders(remind: RemindSource) -> Reminders:
    """The reminders of a stage; the longest pause has a default."""
    longest = remind.longest or LONGEST_PAUSES * remind.first
    return Reminders(first=remind.first, factor=remind.factor, longest=longest, times=remind.times)


def _build_escalation(escalate: EscalateSource, parts: Parts) -> Escalation:
    return Escalation(
        approvers=expand_approvers(escalate.to, parts), after=escalate.after, replace=escalate.replace
    )


def group_calendars(stage: StageSource, parts: Parts) -> dict[str, str]:
    """The calendars of a stage's approver groups, by group."""
    names = [one for one in stage.approvers if isinstance(one, str) and one in parts.groups]
    calendars = {name: parts.groups[name].calendar for name in names}
    return {name: calendar for name, calendar in calendars.items() if calendar}


def calendar_name(stage: StageSource, policy: PolicySource, parts: Parts) -> str | None:
    """The name of a stage's calendar: its own, else its approver group's, else its policy's."""
    return stage.calendar or next(iter(group_calendars(stage, parts).values()), None) or policy.calendar


def find_calendar(stage: StageSource, policy: PolicySource, parts: Parts) -> Calendar | None:
    """A stage's calendar."""
    name = calendar_name(stage, policy, parts)
    return build_calendar(name, parts.calendars[name]) if name in parts.calendars and name else None


def build_roundup(source: DigestSource) -> RoomRoundup:
    """A channel's daily digest."""
    timing = Timing(at=source.at, days=source.days, zone=source.zone)
    return RoomRoundup(channel=source.channel, older=source.older, timing=timing)


def build_calendar(name: str, source: CalendarSource) -> Calendar:
    """A calendar as clocks count by it."""
    shifts = build_shifts(source.hours.items())
    return Calendar(name=name, zone=source.zone, shifts=shifts, holidays=source.holidays)
