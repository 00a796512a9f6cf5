"""What a policy would do with a request, in words and moments: which one applies, why not the others, who, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from activities.rules.matching import Match, Passed, match_request
from activities.rules.rulebook import Rule, Rulebook
from activities.rules.spans import write_span
from workflows.clock import advance, find_zone, remind_times
from workflows.contracts import ApprovalRequest, Approvers, Plan, Stage


@dataclass(frozen=True)
class StageTimes:
    """A stage's moments if it opened at `opens`."""

    stage: Stage
    opens: datetime

    @cached_property
    def deadline(self) -> datetime:
        """When the time to decide is over."""
        return advance(self.opens, self.stage.deadline, self.stage.calendar)

    @cached_property
    def reminders(self) -> tuple[datetime, ...]:
        """When the approvers are reminded."""
        if self.stage.reminders is None:
            return ()
        return remind_times(self.opens, self.deadline, self.stage.reminders, self.stage.calendar)

    @cached_property
    def escalates_at(self) -> datetime | None:
        """When others may decide, too."""
        if self.stage.escalation is None:
            return None
        after = self.stage.escalation.after
        return advance(self.opens, after, self.stage.calendar) if after else self.deadline


@dataclass(frozen=True)
class Explanation:
    """The policy that applies, and what it does; every stage as if it opened at the moment that is asked about."""

    match: Match
    now: datetime
    stages: tuple[StageTimes, ...]

    @property
    def policy(self) -> str:
        """The policy that applies."""
        return self.match.policy

    @property
    def plan(self) -> Plan:
        """Its plan."""
        return self.match.plan

    @property
    def passed(self) -> tuple[Passed, ...]:
        """The policies before it, and why they do not apply."""
        return self.match.passed


def explain(
    rulebook: Rulebook, request: ApprovalRequest, member_of: frozenset[str], now: datetime
) -> Explanation:
    """What would happen to a request made now by somebody who is in these user groups.

    Raises:
        MatchError: it cannot be said which policy applies.
    """
    match = match_request(rulebook, request, member_of)
    return Explanation(match, now, tuple(StageTimes(stage, now) for stage in match.plan.stages))


def describe_effect(plan: Plan) -> str:
    """What a plan does, in a sentence."""
    if plan.shadow:
        return "The action passes, and it is shown what would have been asked (shadow)."
    if plan.final:
        return "It is denied; nobody can approve it, not even an operator."
    return {
        "ask": "People are asked.",
        "approve": "It is approved; nobody is asked.",
        "deny": "It is denied; nobody is asked.",
    }[plan.effect]


def describe_policies(explanation: Explanation) -> tuple[str, ...]:
    """Which policy applies and what it does, and why those before it do not apply, a line each."""
    passed = (f"`{one.policy}` does not apply: {one.reason}." for one in explanation.passed)
    plan = explanation.plan
    severity = f"Severity {plan.severity}{_retype(plan)}." if plan.severity != "low" else ""
    hidden = "Only who is involved sees it in lists." if plan.visible == "involved" else ""
    said = (f"`{explanation.policy}` applies.", describe_effect(plan), severity, hidden)
    return (*passed, " ".join(filter(None, said)))


def _retype(plan: Plan) -> str:
    return f"; to approve, `{plan.retype}` is typed again" if plan.severity == "high" else ""


def describe_stage(times: StageTimes, number: int, people: str, escalation: str = "") -> tuple[str, ...]:
    """A stage, a line each for who decides, and for when; `people` and `escalation` name who is meant."""
    stage = times.stage
    opening = "opening now" if number == 1 else "if it opened now, too; its clocks start when it opens"
    lines = [
        f"Stage {number}, {stage.name} ({opening}): {_quorum(stage)} of {people}.",
        f"Deadline {write_moment(times.deadline, stage)}, then it {_ending(stage)}.",
    ]
    if times.reminders:
        lines.append(f"Reminders {', '.join(write_moment(one, stage) for one in times.reminders)}.")
    if times.escalates_at and stage.escalation:
        verb = "only these may decide" if stage.escalation.replace else "these may decide, too"
        lines.append(f"From {write_moment(times.escalates_at, stage)} {verb}: {escalation}.")
    return (*lines, *_exceptions(stage))


def _quorum(stage: Stage) -> str:
    rejections = f", or {stage.reject_quorum} rejections," if stage.reject_quorum > 1 else ""
    return f"{stage.quorum} approval{'s' if stage.quorum > 1 else ''}{rejections}"


def _ending(stage: Stage) -> str:
    return "expires" if stage.on_deadline == "expire" else "escalates"


def _exceptions(stage: Stage) -> tuple[str, ...]:
    return () if stage.delegates else ("Delegates may not decide.",)


def write_moment(moment: datetime, stage: Stage) -> str:
    """A moment as a date with its zone: the calendar's, else that of the moment."""
    zone = stage.calendar.zone if stage.calendar else None
    local = moment.astimezone(find_zone(zone)) if zone else moment
    return f"{local:%a %d %b %Y %H:%M} {zone or local.tzname()}"


def name_approvers(approvers: Sequence[Approvers]) -> str:
    """Who is meant, by kind and id, without asking Slack."""
    words = {
        "user": "",
        "email": "",
        "usergroup": "members of the user group ",
        "channel": "members of the channel ",
    }
    return ", ".join(f"{words[one.kind]}{one.id}" for one in approvers)


def summarize_rule(rule: Rule) -> str:
    """A policy in one line."""
    plan = rule.plan
    if plan.effect != "ask":
        return f"{rule.name}: {describe_effect(plan)}"
    stages = ", then ".join(f"{stage.name} ({_summarize(stage)})" for stage in plan.stages)
    shadow = " Shadow: the action passes." if plan.shadow else ""
    return f"{rule.name}: {stages}.{shadow}"


def _summarize(stage: Stage) -> str:
    calendar = f" by {stage.calendar.name}" if stage.calendar else ""
    return (
        f"{stage.quorum} of {name_approvers(stage.approvers)} within {write_span(stage.deadline)}{calendar}"
    )
