"""How people want to be written to: pure rules over a workspace's notification preferences.

They move direct messages, never a decision: who may decide is judged in `policy`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Annotated, Literal

from pydantic import Field

from workflows.clock import ClockError, is_open
from workflows.contracts import Calendar, Contract, Person, Shift

Direct = Literal["policy", "always", "digest"]
Day = Annotated[int, Field(ge=0, le=6)]
"""A weekday; Monday is 0."""
WEEK: tuple[Day, ...] = (0, 1, 2, 3, 4, 5, 6)
MORNING = time(9)
"""When what came meanwhile is told to somebody who is off on some days, and says no hours."""
MOST_PEOPLE = 2_000
"""So many people's preferences are half a megabyte, of the two that one payload of Temporal's may have."""
FULL = "Preferences are kept for 2,000 people, and there are as many already, so yours were not kept."
_MIDNIGHT = 86_400


class Preferences(Contract):
    """How one person wants to be written to about what they can decide.

    `direct`: as the policy says; always, at once; or once a day, where the channel has the card anyway. On other than
    these `days` (Monday is 0), and outside of the hours from `begins` to `ends`, nothing comes at once; hours may go past
    midnight. All by the clock of `zone`, an IANA name.
    """

    person: Person
    direct: Direct = "policy"
    digest_at: time | None = None
    begins: time | None = None
    ends: time | None = None
    days: tuple[Day, ...] = Field(default=WEEK, min_length=1, max_length=7)
    zone: str = "Etc/UTC"

    @property
    def is_plain(self) -> bool:
        """Whether it asks for nothing but what the policy says anyway."""
        return self.direct == "policy" and self.digest_at is None and not self.is_limited

    @property
    def is_limited(self) -> bool:
        """Whether there are times at which nothing comes at once."""
        return self.begins is not None or set(self.days) != set(WEEK)

    @property
    def told_at(self) -> time | None:
        """When the daily digest comes: as wished, or as the hours begin; None where there is none."""
        if self.digest_at is not None:
            return self.digest_at
        return (self.begins or MORNING) if self.is_limited else None


def find_preferences(known: Iterable[Preferences], person: Person) -> Preferences:
    """What this person has asked for; what the policy says where they have not."""
    found = (one for one in known if one.person.user_id == person.user_id)
    return next(found, Preferences(person=person))


def keep_preferences(known: Iterable[Preferences], wish: Preferences) -> tuple[Preferences, ...]:
    """All preferences with this one in place of the person's old one; one that asks for nothing is not kept."""
    others = tuple(one for one in known if one.person.user_id != wish.person.user_id)
    return others if wish.is_plain else (*others, wish)


def is_within(preferences: Preferences, now: datetime) -> bool:
    """Whether somebody may be written to at once at this moment; yes, where their clock cannot be told."""
    if not preferences.is_limited:
        return True
    try:
        return is_open(now, _build_calendar(preferences))
    except ClockError:
        return True


def _build_calendar(preferences: Preferences) -> Calendar:
    begins, ends = _seconds(preferences.begins), _seconds(preferences.ends) or _MIDNIGHT
    spans = ((0, begins, ends),) if begins < ends else ((0, begins, _MIDNIGHT), (1, 0, ends))
    shifts = (
        Shift(weekday=(day + later) % 7, opens=opens, closes=closes)
        for day in preferences.days
        for later, opens, closes in spans
    )
    return Calendar(name="hours", zone=preferences.zone, shifts=tuple(shifts))


def _seconds(at: time | None) -> int:
    return at.hour * 3_600 + at.minute * 60 if at else 0


def choose_direct(
    asked: Sequence[Person], able: Sequence[Person], known: Iterable[Preferences], now: datetime
) -> tuple[tuple[Person, ...] | None, tuple[Person, ...]]:
    """Whom a card goes to directly beside the one in the channel, and who is left alone though they could decide.

    `asked` are those whom the policy has written to, `able` all who can decide. The first is None where it is as the policy
    says.
    """
    wishes = {one.person.user_id: one for one in known}
    crowd = tuple(dict.fromkeys((*asked, *able)))
    direct = tuple(one for one in crowd if _is_written(wishes.get(one.user_id), now, asked=one in asked))
    quiet = tuple(one for one in crowd if one.user_id in wishes and one not in direct)
    return (direct if quiet or direct != tuple(asked) else None), quiet


def _is_written(wish: Preferences | None, now: datetime, *, asked: bool) -> bool:
    if wish is None:
        return asked
    return (asked or wish.direct == "always") and wish.direct != "digest" and is_within(wish, now)
