"""What a policy would do with a request, in words and moments: which one applies, why not the others, who, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from activities.rules.matching import Match, Passed, match_request
from activities.rules.rulebook import Rule, Rulebook
from activities.rules.spans import DAYS, write_span
from workflows.clock import advance, find_zone, remind_times
from workflows.contracts import ApprovalRequest, Approvers, Leeway, Limits, Plan, Stage, Verdict
from workflows.roundup import RoomRoundup

_VERDICTS: dict[Verdict, str] = {"approve": "approvals", "reject": "rejections"}


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

    @cached_property
    def again(self) -> "StageTimes | None":
        """The moments of those to whom it goes at the deadline: they have as long as the first had."""
        late = self.stage.on_deadline == "escalate" and self.stage.escalation is not None
        return StageTimes(self.stage, self.deadline) if late else None


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
    return explain_match(match_request(rulebook, request, member_of), now)


def explain_match(match: Match, now: datetime) -> Explanation:
    """What would happen to a request made now to which this policy applies."""
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


def describe_roundup(room: RoomRoundup) -> str:
    """A channel's daily digest, in words."""
    timing = room.timing
    days = "daily" if len(timing.days) == len(DAYS) else f"on {', '.join(DAYS[day] for day in timing.days)}"
    return f"{room.channel}: A digest tells {days} at {timing.at:%H:%M} ({timing.zone}) what has waited longer than {write_span(room.older)}."


def describe_policies(explanation: Explanation) -> tuple[str, ...]:
    """Which policy applies and what it does, and why those before it do not apply, a line each."""
    plan, passed = explanation.plan, explanation.passed
    applies = "applies" if all(one.certain for one in passed) else "applies then"
    hidden = ("Only who is involved sees it in lists.",) if plan.visible == "involved" else ()
    words = " ".join((describe_effect(plan), *_demands(plan), *hidden))
    return (*map(_describe_passed, passed), f"`{explanation.policy}` {applies}. {words}")


def _describe_passed(one: Passed) -> str:
    if one.certain:
        return f"`{one.policy}` does not apply: {one.reason}."
    return f"`{one.policy}` is taken not to apply: {one.reason} (give --member-of if so)."


def _demands(plan: Plan) -> tuple[str, ...]:
    """What deciding takes, a sentence each."""
    if plan.effect != "ask":
        return ()
    care = {
        "low": (),
        "medium": ("Severity medium; Approve asks once more.",),
        "high": (f"Severity high; to approve, `{plan.retype}` is typed again.",),
    }
    verdicts = " and ".join(_VERDICTS[one] for one in plan.comment_on)
    comment = (f"{verdicts.capitalize()} need a comment.",) if verdicts else ()
    return (*care[plan.severity], *comment, *_caps(plan.limits), *_rules(plan.remember))


def _rules(allowed: Leeway | None) -> tuple[str, ...]:
    if allowed is None:
        return ()
    return (
        f"Approvers may make rules: for {allowed.days} days and {allowed.uses} requests at most, later ones like it are approved without asking.",
    )


def _caps(limits: Limits) -> tuple[str, ...]:
    counts = ((limits.per_run, "in all"), (limits.per_minute, "within a minute"))
    words = " and ".join(f"{most} {span}" for most, span in counts if most)
    return (f"One run of an agent may ask for {words}; people are not asked about more.",) if words else ()


def describe_stage(times: StageTimes, number: int, people: str, escalation: str = "") -> tuple[str, ...]:
    """A stage, a line each for who decides, and for when; `people` and `escalation` name who is meant."""
    stage = times.stage
    opening = "opening now" if number == 1 else "if it opened now, too; its clocks start when it opens"
    lines = [
        f"Stage {number}, {stage.name} ({opening}): {_quorum(stage)} of {people}.",
        f"Deadline {write_moment(times.deadline, stage)}, then it {_ending(stage)}.",
        *_describe_reminders(times),
    ]
    if times.escalates_at and stage.escalation:
        verb = "only these may decide" if stage.escalation.replace else "these may decide, too"
        lines.append(f"From {write_moment(times.escalates_at, stage)} {verb}: {escalation}.")
    if times.again:
        expires, span = write_moment(times.again.deadline, stage), _span(stage)
        lines += [
            f"They have another {span}, until {expires}, then it expires.",
            *_describe_reminders(times.again),
        ]
    return (*lines, *_exceptions(stage))


def _describe_reminders(times: StageTimes) -> tuple[str, ...]:
    moments = ", ".join(write_moment(one, times.stage) for one in times.reminders)
    return (f"Reminders {moments}.",) if moments else ()


def _quorum(stage: Stage) -> str:
    rejections = f", or {stage.reject_quorum} rejections," if stage.reject_quorum > 1 else ""
    return f"{stage.quorum} approval{'s' if stage.quorum > 1 else ''}{rejections}"


def _span(stage: Stage, span: timedelta | None = None) -> str:
    """A span, the deadline's if none is given, and by which calendar it counts."""
    calendar = f" of open time ({stage.calendar.name})" if stage.calendar else ""
    return f"{write_span(span or stage.deadline)}{calendar}"


def _ending(stage: Stage) -> str:
    return "expires" if stage.on_deadline == "expire" else "escalates"


def _exceptions(stage: Stage) -> tuple[str, ...]:
    return () if stage.delegates else ("Delegates may not decide.",)


def write_moment(moment: datetime, stage: Stage) -> str:
    """A moment as a date with its zone: the calendar's, else that of the moment."""
    zone = stage.calendar.zone if stage.calendar else None
    local = moment.astimezone(find_zone(zone)) if zone else moment
    return f"{local:%a %d %b %Y %H:%M} {zone or local.tzname()}"


def name_approvers(approvers: Sequence[Approvers], asker: str = "") -> str:
    """Who is meant, by kind and id, without asking Slack; whoever asks is marked where they are named."""
    words = {
        "user": "",
        "email": "",
        "usergroup": "members of the user group ",
        "channel": "members of the channel ",
    }
    return ", ".join(f"{words[one.kind]}{mark_asker(one.id, one.id, asker)}" for one in approvers)


def mark_asker(name: str, user: str, asker: str) -> str:
    """Somebody's name, and that they may not decide if it is they who ask."""
    return f"{name} (asks, so may not decide)" if user == asker else name


def summarize_rule(rule: Rule) -> str:
    """A policy in one short paragraph."""
    plan = rule.plan
    if plan.effect != "ask":
        return f"{rule.name}: {describe_effect(plan)}"
    stages = " Then ".join(f"{stage.name}: {_summarize(stage)}" for stage in plan.stages)
    who = "Nobody counts in two stages." if plan.distinct else "One person may count in several stages."
    distinct = (who,) if len(plan.stages) > 1 else ()
    shadow = ("Shadow: the action passes, and it is only shown what would be asked.",) if plan.shadow else ()
    return f"{rule.name}: {' '.join((stages, *distinct, *_demands(plan), *shadow))}"


def _summarize(stage: Stage) -> str:
    words = f"{_quorum(stage)} of {name_approvers(stage.approvers)} within {_span(stage)}"
    if stage.reminders:
        words += f", with up to {stage.reminders.times} reminder{'s' if stage.reminders.times > 1 else ''}"
    return " ".join((f"{words}{_summarize_escalation(stage)}.", *_exceptions(stage)))


def _summarize_escalation(stage: Stage) -> str:
    escalation = stage.escalation
    if escalation is None:
        return ""
    people = name_approvers(escalation.approvers)
    who = f"only {people} may decide" if escalation.replace else f"{people} may decide, too"
    if escalation.after:
        return f"; after {_span(stage, escalation.after)} {who}"
    return f"; if nobody has decided by then, {who}, within another {write_span(stage.deadline)}"
