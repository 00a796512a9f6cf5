"""Whether the people of a policy suffice, and are there once."""

from collections.abc import Collection, Hashable, Iterable, Iterator

from activities.rules.documents import Path
from activities.rules.parts import Parts
from activities.rules.planning import expand_approvers
from activities.rules.sources import PolicySource, StageSource
from workflows.contracts import Approvers

Findings = Iterator[tuple[Path, str]]


def repeated(items: Iterable[Hashable]) -> list[int]:
    """The places of what is in a list already."""
    seen: set[Hashable] = set()
    places: list[int] = []
    for number, one in enumerate(items):
        if one in seen:
            places.append(number)
        seen.add(one)
    return places


def check_people(policy: PolicySource, path: Path, parts: Parts) -> Findings:
    """People who are there twice, and quorums that nobody can reach."""
    for key in ("channels", "people") if policy.notify else ():
        members: tuple[str, ...] = getattr(policy.notify, key) or ()
        for number in repeated(members):
            yield (*path, "notify", key, number), f"`{members[number]}` is told already: keep one."
    for index, stage in enumerate(policy.stages):
        place = (*path, "stages", index)
        yield from _check_repeats(stage, place, parts)
        yield from _check_quorums(stage, place, parts)
        yield from _check_escalation(stage, place, parts)
        yield from _check_requesters(stage, policy, place, parts)
    if policy.distinct:
        yield from _check_distinct(policy, path, parts)


def _check_requesters(stage: StageSource, policy: PolicySource, path: Path, parts: Parts) -> Findings:
    """Nobody decides what they ask for: a stage that this leaves too few for, whoever asks, can never be decided."""
    requesters = (policy.match.requester if policy.match else None) or ()
    people = _everybody(stage, parts)
    if not requesters or not _is_counted(people) or len(people) < stage.quorum:
        return
    users = [Approvers(kind="user", id=one.user) for one in requesters if one.user]
    if len(users) == len(requesters) and all(len(people.difference([one])) < stage.quorum for one in users):
        names = " and ".join(f"`{one.id}`" for one in users)
        yield (
            (*path, "approvers"),
            f"Only {names} can ask, and nobody decides what they asked for, so this is never decided: add somebody else.",
        )


def _check_distinct(policy: PolicySource, path: Path, parts: Parts) -> Findings:
    """Where nobody counts in two stages, those of some stages have to suffice for all of these together."""
    crowds = [_everybody(stage, parts) for stage in policy.stages]
    for crowd in filter(_is_counted, crowds):
        inside = [index for index, one in enumerate(crowds) if one and one <= crowd]
        needed = sum(policy.stages[index].quorum for index in inside)
        if len(inside) > 1 and needed > len(crowd):
            names = " and ".join(f"`{policy.stages[index].name}`" for index in inside)
            yield (
                (*path, "stages", inside[-1], "approvers"),
                f"The stages {names} need {needed} people and have {len(crowd)}, as nobody counts in two stages: add somebody, or write `distinct: false`.",
            )


def _everybody(stage: StageSource, parts: Parts) -> frozenset[Approvers]:
    """All who may decide a stage at some time."""
    others = stage.escalate.to if stage.escalate else ()
    return frozenset(expand_approvers((*stage.approvers, *others), parts))


def _check_repeats(stage: StageSource, path: Path, parts: Parts) -> Findings:
    yield from find_repeats(stage.approvers, (*path, "approvers"), parts)
    if stage.escalate:
        yield from find_repeats(stage.escalate.to, (*path, "escalate", "to"), parts)


def find_repeats(members: Iterable[object], path: Path, parts: Parts) -> Findings:
    """Approvers that are there already, by themselves or by a group."""
    seen: set[Approvers] = set()
    for number, one in enumerate(members):
        people = expand_approvers([one], parts)  # type: ignore[list-item]
        for person in sorted(seen.intersection(people), key=str):
            yield (
                (*path, number),
                f"The {person.kind} `{person.id}` is among the approvers already: keep one.",
            )
        seen.update(people)


def _check_quorums(stage: StageSource, path: Path, parts: Parts) -> Findings:
    people = expand_approvers(stage.approvers, parts)
    for key in ("quorum", "reject_quorum"):
        number = getattr(stage, key)
        if _too_few(people, number):
            yield (
                (*path, key),
                f"`{key}` is {number}, but only {len(set(people))} can decide: lower it or add approvers.",
            )


def _check_escalation(stage: StageSource, path: Path, parts: Parts) -> Findings:
    if stage.escalate is None:
        return
    people, others = expand_approvers(stage.approvers, parts), expand_approvers(stage.escalate.to, parts)
    path = (*path, "escalate", "to")
    if not stage.escalate.replace and set(others) <= set(people):
        yield path, "These may decide already: name somebody else, or write `replace: true`."
    if stage.escalate.replace and _too_few(others, max(stage.quorum, stage.reject_quorum)):
        yield (
            path,
            f"After the escalation only {len(set(others))} can decide, fewer than the quorum: add some.",
        )


def _too_few(people: tuple[Approvers, ...], quorum: int) -> bool:
    """Whether so many people are not there."""
    return _is_counted(people) and len(set(people)) < quorum


def _is_counted(people: Collection[Approvers]) -> bool:
    """Whether it is known how many they are at most; how many a user group or channel has, only Slack can say."""
    return bool(people) and all(one.kind in ("user", "email") for one in people)
