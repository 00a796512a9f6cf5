"""Who decides for whom: pure rules over a workspace's delegations.

To refuse or to take back, equal user ids are enough; to entitle somebody, the pair of ids has to be equal.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from workflows.contracts import Delegation, Membership, Person
from workflows.policy import same_person

LONGEST = timedelta(days=366)
"""A year, leap years and the hours of the last day included."""


class Refusal(StrEnum):
    """Why a delegation does not stand, as the one sentence that the person is told."""

    SELF = "You cannot delegate to yourself; choose somebody else."
    PAST = "That time is over already; choose a later one."
    FAR = "A delegation lasts a year at most; choose an earlier date."
    UNZONED = "It is not clear which time zone that time is in, so nothing was changed."
    LOOP = "That person's decisions come back to you through other delegations; choose somebody else."
    AWAY = "That person is away and has handed over their own decisions; choose somebody else."
    BOT = "A bot may not decide for anybody; choose a person."
    UNKNOWN = "That is no active member of this workspace; choose somebody else."
    OVERTAKEN = "You have said something else since, so this changed nothing."
    UNSURE = "It could not be established who that is, so nothing was changed. Try again in a minute."


class Ruling(NamedTuple):
    """All delegations after an event, and why the event changed nothing, if it did not."""

    delegations: tuple[Delegation, ...]
    refusal: Refusal | None = None


_STANDING: dict[str, Refusal] = {"bot": Refusal.BOT, "unknown": Refusal.UNKNOWN}


def in_force(delegations: Iterable[Delegation], now: datetime) -> tuple[Delegation, ...]:
    """Those that have not ended yet."""
    return tuple(one for one in delegations if now < one.until)


def principals_of(delegations: Iterable[Delegation], person: Person, now: datetime) -> tuple[Person, ...]:
    """Those for whom this person may decide now: their own principals only, never the principals of these."""
    return tuple(one.principal for one in in_force(delegations, now) if one.delegate == person)


def delegation_of(delegations: Iterable[Delegation], person: Person, now: datetime) -> Delegation | None:
    """What this person has handed over, if it is in force."""
    found = (one for one in in_force(delegations, now) if same_person(person, one.principal))
    return next(found, None)


def list_askable(
    people: Iterable[Person], delegations: Iterable[Delegation], out: Collection[Person]
) -> tuple[Person, ...]:
    """Who is asked where these people may decide: they, and who decides for them; who is away only through their delegate.

    Those who are `out` may not decide, neither for themselves nor for others, and nobody may for them.
    """
    able = [
        one for one in delegations if not _is_among(one.principal, out) and not _is_among(one.delegate, out)
    ]
    away = tuple(one.principal for one in able if one.away)
    asked = [person for person in people if person not in away and not _is_among(person, out)]
    return tuple(dict.fromkeys((*asked, *(one.delegate for one in able))))


def _is_among(person: Person, others: Iterable[Person]) -> bool:
    return any(same_person(person, one) for one in others)


def screen(delegations: Iterable[Delegation], wish: Delegation, now: datetime) -> Refusal | None:
    """What can be said against a delegation before asking who the delegate is."""
    if same_person(wish.principal, wish.delegate):
        return Refusal.SELF
    return _bad_time(wish.until, now) or _bad_delegate(in_force(delegations, now), wish, now)


def _bad_time(until: datetime, now: datetime) -> Refusal | None:
    if until.utcoffset() is None:
        return Refusal.UNZONED
    if until <= now:
        return Refusal.PAST
    return Refusal.FAR if until > now + LONGEST else None


def _bad_delegate(others: tuple[Delegation, ...], wish: Delegation, now: datetime) -> Refusal | None:
    if _comes_back(others, wish):
        return Refusal.LOOP
    handed = delegation_of(others, wish.delegate, now)
    return Refusal.AWAY if handed and handed.away else None


def _comes_back(others: tuple[Delegation, ...], wish: Delegation) -> bool:
    """Whether following the delegate's own delegation, and the next one's, leads to the principal."""
    following = {one.principal.user_id: one.delegate.user_id for one in others}
    holder: str | None = wish.delegate.user_id
    for _ in range(len(following) + 1):
        holder = following.get(holder) if holder else None
        if holder == wish.principal.user_id:
            return True
    return False


def admit(
    delegations: Iterable[Delegation], wish: Delegation, membership: Membership, now: datetime
) -> Ruling:
    """Let a delegation stand, in place of the principal's old one, or say why it does not."""
    current = in_force(delegations, now)
    refusal = screen(current, wish, now) or _STANDING.get(membership.standing)
    if refusal:
        return Ruling(current, refusal)
    return Ruling((*revoke(current, wish.principal, now), wish))


def revoke(delegations: Iterable[Delegation], principal: Person, now: datetime) -> tuple[Delegation, ...]:
    """What is left when a principal takes back all of theirs."""
    return tuple(one for one in in_force(delegations, now) if not same_person(principal, one.principal))
