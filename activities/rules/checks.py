"""What a policy file of the right form may still have wrong: names, the order of policies, conditions, cases."""

from collections.abc import Iterator

from activities.rules.conditions import ConditionError, compile_condition
from activities.rules.coverage import covers
from activities.rules.documents import Path, Problem
from activities.rules.enforcement import check_groups, check_policy
from activities.rules.filing import check_forms
from activities.rules.parts import Parts
from activities.rules.quorums import check_people, repeated
from activities.rules.sentences import suggest
from activities.rules.sources import PolicySource, StageSource
from workflows.clock import ClockError, find_zone

Findings = Iterator[tuple[Path, str]]


def check_parts(parts: Parts) -> list[Problem]:
    """Everything that is wrong with the parts of a file, by themselves and together."""
    checks = (
        _check_names,
        _check_calendars,
        _check_references,
        _check_use,
        _check_policies,
        _check_order,
        check_forms,
        _check_digests,
        _check_cases,
    )
    return [parts.document.complain(*finding) for check in checks for finding in check(parts)]


def _check_names(parts: Parts) -> Findings:
    yield from _same_names(
        "policy", ("policies",), {key: one.name for key, one in parts.policies.items()}, parts
    )
    for number, policy in parts.policies.items():
        names = {key: stage.name for key, stage in enumerate(policy.stages)}
        yield from _same_names("stage", ("policies", number, "stages"), names, parts)


def _same_names(what: str, path: Path, names: dict[int, str], parts: Parts) -> Findings:
    first: dict[str, int] = {}
    for number, name in names.items():
        if name in first:
            line = parts.document.find_line((*path, first[name], "name"))
            yield (
                (*path, number, "name"),
                f"The {what} on line {line} is called `{name}`, too: rename one of them.",
            )
        first.setdefault(name, number)


def _check_calendars(parts: Parts) -> Findings:
    for name, calendar in parts.calendars.items():
        try:
            find_zone(calendar.zone)
        except ClockError as error:
            yield ("calendars", name, "zone"), str(error)
        for number in repeated(calendar.holidays):
            yield (
                ("calendars", name, "holidays", number),
                f"{calendar.holidays[number]} is here twice: keep one.",
            )


def _check_references(parts: Parts) -> Findings:
    for section, path, name in _references(parts):
        if name not in parts.names(section):
            kind = section.removesuffix("s")
            yield path, f"There is no {kind} `{name}`: {suggest(name, parts.names(section))}"


def _references(parts: Parts) -> Iterator[tuple[str, Path, str]]:
    """Every name of a group or a calendar: its section, where it is used, and the name."""
    for name, group in parts.groups.items():
        if group.calendar:
            yield "calendars", ("groups", name, "calendar"), group.calendar
    for number, policy in parts.policies.items():
        if policy.calendar:
            yield "calendars", ("policies", number, "calendar"), policy.calendar
        for index, stage in enumerate(policy.stages):
            yield from _stage_references(stage, ("policies", number, "stages", index))


def _stage_references(stage: StageSource, path: Path) -> Iterator[tuple[str, Path, str]]:
    if stage.calendar:
        yield "calendars", (*path, "calendar"), stage.calendar
    lists: list[tuple[Path, tuple[object, ...]]] = [((*path, "approvers"), stage.approvers)]
    if stage.escalate:
        lists.append(((*path, "escalate", "to"), stage.escalate.to))
    for place, members in lists:
        for number, one in enumerate(members):
            if isinstance(one, str):
                yield "groups", (*place, number), one


def _check_use(parts: Parts) -> Findings:
    """Groups and calendars that nothing names; it cannot be said while parts are unreadable."""
    if not parts.complete:
        return
    used = {(section, name) for section, _, name in _references(parts)}
    for section in ("groups", "calendars"):
        for name in parts.names(section):
            if (section, name) not in used:
                yield (
                    (section, name),
                    f"Nothing uses the {section.removesuffix('s')} `{name}`: use it or remove it.",
                )


def _check_policies(parts: Parts) -> Findings:
    yield from check_groups(parts)
    for number, policy in parts.policies.items():
        path: Path = ("policies", number)
        yield from check_policy(policy, path, parts)
        yield from _check_match(policy, path)
        yield from check_people(policy, path, parts)


def _check_match(policy: PolicySource, path: Path) -> Findings:
    match = policy.match
    if match is None:
        return
    path = (*path, "match")
    if not match.model_fields_set:
        yield (
            path,
            "This match is empty: name an action, agent, requester or condition, or leave `match` out.",
        )
    for key in ("action", "agent", "requester"):
        for number in repeated(getattr(match, key) or ()):
            yield (*path, key, number), f"This {key} is here twice: keep one."
    if match.when is not None:
        try:
            compile_condition(match.when)
        except ConditionError as error:
            yield (*path, "when"), f"The condition {error}: correct it."


def _check_order(parts: Parts) -> Findings:
    """The default is last and only there, and every policy can be reached."""
    last = max(len(parts.policy_names), 1) - 1
    for number, policy in parts.policies.items():
        if number == last and policy.match is not None:
            yield (
                ("policies", number),
                "The last policy has to be the default, without `match`: add one after this one.",
            )
        if number != last and policy.match is None:
            yield (
                ("policies", number),
                f"`{policy.name}` has no `match`, so nothing after it is reached: add one, or move it to the end.",
            )
    for number, policy in parts.policies.items():
        yield from _check_reach(number, policy, parts)


def _check_reach(number: int, policy: PolicySource, parts: Parts) -> Findings:
    for earlier, other in parts.policies.items():
        if earlier >= number:
            return
        if other.match is not None and other.match.model_fields_set and covers(other.match, policy.match):
            yield (
                ("policies", number),
                f"`{policy.name}` is never reached, as `{other.name}` matches all that it does: move it before that one, or remove it.",
            )
            return


def _check_digests(parts: Parts) -> Findings:
    for number, digest in parts.digests.items():
        try:
            find_zone(digest.zone)
        except ClockError as error:
            yield ("digests", number, "zone"), str(error)
    numbers = list(parts.digests)
    for place in repeated(one.channel for one in parts.digests.values()):
        yield (
            ("digests", numbers[place], "channel"),
            f"`{parts.digests[numbers[place]].channel}` has a digest already: keep one.",
        )


def _check_cases(parts: Parts) -> Findings:
    names = parts.policy_names
    for number, case in parts.cases.items():
        if case.expect.policy not in names:
            yield (
                ("cases", number, "expect", "policy"),
                f"There is no policy `{case.expect.policy}`: {suggest(case.expect.policy, names)}",
            )
        if case.expect.deadline and not case.at:
            yield (
                ("cases", number, "expect", "deadline"),
                "A deadline can only be expected where `at` says when it is asked: add `at`.",
            )
