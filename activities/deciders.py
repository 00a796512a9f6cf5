"""Those who may decide, as cards name them.

A mention notifies whoever it names when a message is first posted. That is meant for people who are asked; the others are
named without one.
"""

from collections.abc import Sequence

from activities.blocks import Parts, chain, channel, member, mention, moment, plain, usergroup
from activities.text import cut, strip_hidden
from workflows import policy
from workflows.contracts import ApprovalState, Approvers, Delegation, Person, Roster

PEOPLE_SHOWN = 10
"""Of more people, or groups, the first."""
FEW = 4
ADDRESS_LENGTH = 40


def name_groups(groups: Sequence[Approvers], most: int = PEOPLE_SHOWN) -> Parts:
    """Groups of people by name; people and user groups among them are notified."""
    return chain(_limit([_name_group(group) for group in groups], most=most))


def _name_group(group: Approvers) -> Parts:
    match group.kind:
        case "channel":
            return [plain("the members of "), channel(group.id)]
        case "usergroup":
            return [plain("the user group "), usergroup(group.id)]
        case "user":
            return [member(group.id)]
        case "email":
            return [plain(cut(strip_hidden(group.id), ADDRESS_LENGTH))]


def name_quietly(groups: Sequence[Approvers]) -> Parts:
    """The same where nobody is asked: people and user groups by id, which notifies nobody."""
    return chain(_limit([_name_silent(group) for group in groups], most=FEW))


def _name_silent(group: Approvers) -> Parts:
    if group.kind in ("channel", "email"):
        return _name_group(group)
    kind = "the user group" if group.kind == "usergroup" else "the person"
    return [plain(f"{kind} {cut(strip_hidden(group.id), ADDRESS_LENGTH)}")]


def count_groups(groups: Sequence[Approvers]) -> Parts:
    """Those who may be asked later: channels by name, people and user groups only counted."""
    people = sum(group.kind in ("user", "email") for group in groups)
    teams = sum(group.kind == "usergroup" for group in groups)
    pieces = _limit([_name_group(group) for group in groups if group.kind == "channel"], most=FEW)
    if people:
        pieces.append([plain("one other person" if people == 1 else f"{people} other people")])
    if teams:
        pieces.append([plain("a user group" if teams == 1 else f"{teams} user groups")])
    return chain(pieces)


def name_deciders(state: ApprovalState) -> Parts:
    """Who can still decide the current stage; while Slack could not say who is who, the groups by name."""
    groups, roster = policy.approvers(state), state.roster
    if roster is None or roster.count is None:
        return name_groups(groups)
    barred, unlisted = policy.barred(state), roster.count - len(roster.people)
    people = [_name_person(person, roster, barred) for person in policy.able(state)]
    rooms = [[channel(group.id)] for group in groups if group.kind == "channel"]
    pieces = _limit(people, 0 if rooms else unlisted)
    pieces += _limit([_name_group(group) for group in groups if group.kind == "usergroup"], most=FEW)
    if rooms:
        pieces.append([plain("the members of "), *chain(_limit(rooms, most=FEW), " and ")])
        pieces += _limit(_name_helpers(roster, barred), most=FEW)
    return chain(pieces) or [plain("nobody who is known")]


def _name_person(person: Person, roster: Roster, barred: tuple[Person, ...]) -> Parts:
    handed = next((one for one in roster.delegations if policy.same_person(person, one.principal)), None)
    if handed is None:
        return [mention(person)]
    helper = None if _is_among(handed.delegate, barred) else handed.delegate
    return _name_away(handed, helper) if handed.away else _name_both(handed, helper)


def _name_helpers(roster: Roster, barred: tuple[Person, ...]) -> list[Parts]:
    """Who decides for members of channels, who themselves are not listed."""
    unlisted = [one for one in roster.delegations if not _is_among(one.principal, roster.people)]
    return [
        [mention(one.delegate), plain(" for "), mention(one.principal)]
        for one in unlisted
        if not _is_among(one.principal, barred) and not _is_among(one.delegate, barred)
    ]


def _name_away(handed: Delegation, helper: Person | None) -> Parts:
    parts = [mention(handed.principal), plain(" (away until "), moment(handed.until)]
    if helper:
        parts += [plain("; "), mention(helper), plain(" decides for "), mention(handed.principal)]
    return [*parts, plain(")")]


def _name_both(handed: Delegation, helper: Person | None) -> Parts:
    principal = mention(handed.principal)
    if helper is None:
        return [principal]
    parts = [principal, plain(" (or "), mention(helper), plain(" for "), principal, plain(", until ")]
    return [*parts, moment(handed.until), plain(")")]


def call_deciders(state: ApprovalState) -> Parts:
    """The same for a reminder: nobody is called who is away, but whoever decides for them is."""
    groups, roster = policy.approvers(state), state.roster
    if roster is None or roster.count is None:
        return name_groups(groups)
    called = [[mention(one)] for one in _find_called(state, roster)]
    teams = [_name_group(group) for group in groups if group.kind == "usergroup"]
    pieces = _limit(called) + (teams if len(called) > PEOPLE_SHOWN else [])
    pieces += _limit([_name_group(group) for group in groups if group.kind == "channel"])
    return chain(pieces or teams)


def _find_called(state: ApprovalState, roster: Roster) -> tuple[Person, ...]:
    away = tuple(one for one in roster.delegations if one.away)
    absent, barred, listed = [one.principal for one in away], policy.barred(state), policy.able(state)
    called = [one for one in listed if not _is_among(one, absent)]
    called += [
        one.delegate
        for one in away
        if _is_among(one.principal, listed) and not _is_among(one.delegate, barred)
    ]
    return tuple(dict.fromkeys(called))


def _is_among(person: Person, others: Sequence[Person]) -> bool:
    return any(policy.same_person(person, one) for one in others)


def _limit(pieces: list[Parts], unlisted: int = 0, most: int = PEOPLE_SHOWN) -> list[Parts]:
    """The first pieces, and how many more there are."""
    shown = pieces[:most]
    left = len(pieces) - len(shown) + max(unlisted, 0)
    return [*shown, [plain(f"and {left} more")]] if left else shown
