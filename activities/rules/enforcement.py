"""Keys that would not be enforced: a file must not promise what nobody keeps."""

from collections.abc import Callable, Iterable, Iterator

from activities.rules.documents import Path
from activities.rules.parts import Parts
from activities.rules.planning import expand_approvers, group_calendars
from activities.rules.quorums import find_repeats
from activities.rules.sources import ApproverSource, CardSource, PolicySource, RemindSource, StageSource

Findings = Iterator[tuple[Path, str]]

_NEED_PEOPLE = (
    "stages",
    "comment",
    "severity",
    "retype",
    "distinct",
    "calendar",
    "card",
    "delegation",
    "question_pause",
    "change",
    "limits",
    "remember",
)


def check_policy(policy: PolicySource, path: Path, parts: Parts) -> Findings:
    """The keys of a policy and its stages."""
    yield from _check_kind(policy, path)
    yield from _check_keys(policy, path)
    yield from _check_defaults(policy, path, parts)
    yield from _check_card(policy.card, (*path, "card"))
    yield from _check_shadow(policy, path)
    yield from _check_limits(policy, path)
    yield from _check_remember(policy, path)
    for number, stage in enumerate(policy.stages):
        place = (*path, "stages", number)
        yield from _check_times(stage, place)
        yield from _check_remind(stage.remind, stage, (*place, "remind"))
        yield from _check_card(stage.card, (*place, "card"))
        yield from _check_direct(stage, policy, place, parts)
        yield from _check_calendars(stage, place, parts)


def check_groups(parts: Parts) -> Findings:
    """The keys of groups: a calendar that no stage goes by, and people who are there twice."""
    for name, group in parts.groups.items():
        yield from find_repeats(group.approvers, ("groups", name, "approvers"), parts)
        if group.calendar and parts.complete and _is_used(name, parts) and not _gives_calendar(name, parts):
            yield (
                ("groups", name, "calendar"),
                f"No stage goes by the calendar of `{name}`: remove it here, or from the stages that have their own.",
            )


def _stages(parts: Parts) -> list[StageSource]:
    return [stage for policy in parts.policies.values() for stage in policy.stages]


def _is_used(name: str, parts: Parts) -> bool:
    return any(
        name in (*stage.approvers, *(stage.escalate.to if stage.escalate else ())) for stage in _stages(parts)
    )


def _gives_calendar(name: str, parts: Parts) -> bool:
    return any(name in stage.approvers and not stage.calendar for stage in _stages(parts))


def _check_kind(policy: PolicySource, path: Path) -> Findings:
    """A policy asks people, or has its outcome; never both."""
    if policy.auto and policy.hard_deny:
        yield (*path, "auto"), "`auto` and `hard_deny` exclude each other: keep one."
    if not (policy.auto or policy.hard_deny or policy.sets("stages")):
        yield path, f"`{policy.name}` says nothing: give it stages, auto or hard_deny."
    if policy.auto == "approve" and policy.shadow:
        yield (
            (*path, "shadow"),
            "A shadow of what is approved anyway shows nothing: remove `shadow` or `auto`.",
        )
    if policy.auto or policy.hard_deny:
        kind = "auto" if policy.auto else "hard_deny"
        for key in filter(policy.sets, _NEED_PEOPLE):
            yield (
                (*path, key),
                f"`{key}` does nothing beside `{kind}`, as nobody is asked: remove one of them.",
            )


def _check_keys(policy: PolicySource, path: Path) -> Findings:
    if policy.auto or policy.hard_deny:
        return
    if policy.sets("retype") and policy.severity != "high":
        yield (
            (*path, "retype"),
            "`retype` does nothing below `severity: high`: raise the severity or remove it.",
        )
    if policy.sets("distinct") and len(policy.stages) == 1:
        yield (
            (*path, "distinct"),
            "`distinct` does nothing with one stage, where a person counts once anyway: remove it.",
        )


def _check_defaults(policy: PolicySource, path: Path, parts: Parts) -> Findings:
    """Defaults for stages of which every one has its own."""
    own: dict[str, Callable[[StageSource], bool]] = {
        "calendar": lambda stage: bool(stage.calendar or group_calendars(stage, parts)),
        "card": lambda stage: stage.sets("card"),
        "delegation": lambda stage: stage.sets("delegation"),
    }
    for key, has_own in own.items():
        if policy.sets(key) and policy.stages and all(map(has_own, policy.stages)):
            yield (*path, key), f"Every stage has its own {key}, so this one does nothing: remove it."


def _check_times(stage: StageSource, path: Path) -> Findings:
    escalate, late = stage.escalate, stage.on_deadline == "escalate"
    if late and escalate is None:
        yield (*path, "on_deadline"), "Nobody is named to escalate to: add `escalate: {to: […]}`."
    if escalate is None:
        return
    path = (*path, "escalate")
    if late and escalate.after:
        yield (*path, "after"), "With `on_deadline: escalate` it happens at the deadline: remove `after`."
    if not late and escalate.after is None:
        yield path, "This never happens: say `after` how long, or write `on_deadline: escalate`."
    if not late and escalate.after and escalate.after >= stage.deadline:
        yield (*path, "after"), "This is not before the deadline, when it is too late: shorten it."


def _check_remind(remind: RemindSource | None, stage: StageSource, path: Path) -> Findings:
    if remind is None:
        return
    if remind.first >= stage.deadline:
        yield (*path, "first"), "The first reminder is not before the deadline, so none is sent: shorten it."
    if remind.longest and remind.longest < remind.first:
        yield (*path, "longest"), "`longest` is shorter than `first`: lengthen it."
    for key in ("factor", "longest"):
        if remind.times == 1 and remind.sets(key):
            yield (*path, key), f"`{key}` does nothing with one reminder: remove it, or raise `times`."
    if remind.factor == 1 and remind.longest and remind.times > 1:
        yield (*path, "longest"), "`longest` does nothing with `factor: 1`, as pauses do not grow: remove it."


def _check_card(card: CardSource | None, path: Path) -> Findings:
    if card and not card.channel and not card.direct:
        yield (
            path,
            "This card goes nowhere: name a channel, write `direct: true`, or leave it out for the approvals channel.",
        )


def _check_shadow(policy: PolicySource, path: Path) -> Findings:
    """It is shown in one channel, where the first stage's card would be, and what people get directly is not for one."""
    own = policy.stages[0].card if policy.stages else None
    card = own or policy.card
    if policy.shadow and card and card.direct and not card.channel:
        yield (
            (*path, "stages", 0, "card", "direct") if own else (*path, "card", "direct"),
            "A shadow is shown in a channel, and this card is for nobody but the approvers: name a channel here, or remove `shadow`.",
        )


def _check_limits(policy: PolicySource, path: Path) -> Findings:
    limits = policy.limits
    if limits and limits.per_run and limits.per_minute and limits.per_minute >= limits.per_run:
        yield (
            (*path, "limits", "per_minute"),
            "`per_minute` does nothing where `per_run` is no higher: lower it or remove it.",
        )


def _check_remember(policy: PolicySource, path: Path) -> Findings:
    """One person's rule must stand neither for two people, nor for what is riskier than the file lets rules be."""
    remember, ranks = policy.remember, ("low", "medium", "high")
    if remember is None or policy.auto or policy.hard_deny:
        return
    why = ""
    if policy.shadow:
        why = "where nobody is asked (`shadow`)"
    elif len(policy.stages) > 1 or any(stage.quorum > 1 for stage in policy.stages):
        why = "where more than one person has to approve"
    elif policy.comment and policy.comment.required_on != "reject":
        why = "where approvers have to say why, as a rule cannot"
    elif ranks.index(policy.severity) > ranks.index(remember.severity):
        why = f"above severity {remember.severity}, and this policy has severity {policy.severity}"
    if why:
        yield (*path, "remember"), f"No rules are made {why}: remove `remember`."


def _check_direct(stage: StageSource, policy: PolicySource, path: Path, parts: Parts) -> Findings:
    """Members of a channel are asked in a channel, so there has to be somebody else to write to."""
    card = stage.card or policy.card
    if not card or not card.direct:
        return
    if _are_channels(stage.approvers, parts):
        place = (*path, "card", "direct") if stage.card else (*path[:2], "card", "direct")
        yield (
            place,
            f"Nobody can be written to, as the approvers of `{stage.name}` are channels: remove `direct`, or name people.",
        )
    if not card.channel and stage.escalate and _are_channels(stage.escalate.to, parts):
        yield (
            (*path, "escalate", "to"),
            f"None of these can be written to, as they are channels: name people, or a channel for the card of `{stage.name}`.",
        )


def _are_channels(members: Iterable[str | ApproverSource], parts: Parts) -> bool:
    people = expand_approvers(members, parts)
    return bool(people) and all(one.kind == "channel" for one in people)


def _check_calendars(stage: StageSource, path: Path, parts: Parts) -> Findings:
    calendars = group_calendars(stage, parts)
    if not stage.calendar and len(set(calendars.values())) > 1:
        names = " and ".join(f"`{name}`" for name in calendars)
        yield (
            (*path, "approvers"),
            f"The groups {names} have different calendars: give this stage one of its own.",
        )
