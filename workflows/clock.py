"""The clock of working hours: when a span of open time is over, and how much of it has passed.

Only activities call this. Time zone data differs between machines and changes over the years, so workflows take what an
activity computed, as it is recorded in their history; in replayed code the same call could answer differently.

Shifts are by the wall clock, spans are real time. An edge of a shift is the first moment at which the wall clock reads
it: where a clock jumps over it, that is the jump, and where it reads it twice, the first time.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, takewhile
from zoneinfo import ZoneInfo

from workflows.contracts import Calendar, Reminders

PATIENCE = timedelta(days=5 * 366)
"""How long a calendar may stay closed before it counts as closed for good."""

_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_LAST_DAY = date.max.toordinal() - 1
"""Days are read up to their ends, in zones ahead of UTC, too."""
_OF_THE_MACHINE = ("localtime", "posixrules", "posix/", "right/")
_Shifts = tuple[tuple[timedelta, timedelta], ...]
_Hours = tuple[datetime, datetime]


class ClockError(ValueError):
    """A time that cannot be told, and why, in a sentence for people."""


@lru_cache(maxsize=256)
def find_zone(name: str) -> ZoneInfo:
    """The time zone with this IANA name.

    Raises:
        ClockError: when there is none, or its name means something else on every machine.
    """
    try:
        if name.startswith(_OF_THE_MACHINE):
            raise ValueError("not a name of IANA's")  # noqa: TRY301 - one sentence for all of them
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        shown = name if len(name) <= 60 else f"{name[:60]}…"  # noqa: PLR2004 - enough to recognise it by
        raise ClockError(
            f"There is no time zone called {shown!r}. Use an IANA name such as 'Europe/Berlin'."
        ) from error


def advance(start: datetime, span: timedelta, calendar: Calendar | None) -> datetime:
    """The moment, in UTC, at which `span` of open time has passed since `start`; without a calendar it is always open.

    A span that ends exactly at closing ends there, not at the next opening. A start outside the shifts counts from the
    next opening; but a span of nothing is over at `start` itself, open or not.

    Raises:
        ClockError: when the calendar stays closed for five years, or the moment lies beyond all dates.
    """
    moment = _in_utc(start)
    if span < _NOTHING:
        raise ClockError("A span of time cannot be shorter than nothing.")
    try:
        unhindered = moment + span
        return _pass_time(moment, span, calendar) if calendar and span else unhindered
    except OverflowError as error:
        raise ClockError("That moment is too far away to be a date.") from error


def _pass_time(moment: datetime, left: timedelta, calendar: Calendar) -> datetime:
    for opens, closes in _open_hours(moment, calendar):
        begins = max(opens, moment)
        room = closes - begins
        if room >= left:
            return begins + left
        if room > _NOTHING:
            left -= room
    raise ClockError(f"The calendar {calendar.name!r} has no open hours within five years.")


def elapsed(start: datetime, end: datetime, calendar: Calendar | None) -> timedelta:
    """The open time between two moments; nothing where the second is not after the first."""
    since, until = _in_utc(start), _in_utc(end)
    if calendar is None:
        return max(until - since, _NOTHING)
    hours = _open_hours(since, calendar, until)
    pieces = (min(closes, until) - max(opens, since) for opens, closes in hours)
    return sum((piece for piece in pieces if piece > _NOTHING), _NOTHING)


def is_open(moment: datetime, calendar: Calendar | None) -> bool:
    """Whether time counts at this moment: from an opening on, and at a closing no more."""
    return elapsed(moment, moment.astimezone(UTC) + timedelta.resolution, calendar) > _NOTHING


def remind_times(
    opened: datetime, deadline: datetime, reminders: Reminders, calendar: Calendar | None
) -> tuple[datetime, ...]:
    """The moments at which to remind, in UTC, in order, all before the deadline; the pauses count by the calendar."""
    start, until, ages = _in_utc(opened), _in_utc(deadline), accumulate(_pauses(reminders))
    if calendar is None:
        return tuple(takewhile(lambda moment: moment < until, (start + age for age in ages)))
    # what lies beyond the deadline is never looked for: a calendar may have no open time there
    return tuple(takewhile(lambda moment: moment < until, _age(start, ages, calendar, until)))


def _age(
    start: datetime, ages: Iterator[timedelta], calendar: Calendar, until: datetime
) -> Iterator[datetime]:
    """The moments at which so much open time has passed, in one walk over the open hours."""
    age, passed = next(ages), _NOTHING
    for opens, closes in _open_hours(start, calendar, until):
        begins = max(opens, start)
        room = max(closes - begins, _NOTHING)
        while age - passed <= room:
            yield begins + (age - passed)
            following = next(ages, None)
            if following is None:
                return
            age = following
        passed += room


def _pauses(reminders: Reminders) -> Iterator[timedelta]:
    if min(reminders.first, reminders.longest) <= _NOTHING:
        raise ClockError("The pauses between reminders have to be longer than nothing.")
    pause = reminders.first
    for _ in range(reminders.times):
        yield pause
        # compared before it is multiplied: a large factor would overflow
        small = pause < reminders.longest / reminders.factor
        pause = min(pause * reminders.factor, reminders.longest) if small else reminders.longest


def _in_utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ClockError("A moment has to say in which time zone it is.")
    return moment.astimezone(UTC)


def _open_hours(start: datetime, calendar: Calendar, until: datetime | None = None) -> Iterator[_Hours]:
    """Open hours from those of `start`'s day on, in order, up to `until` or until they stay closed for too long."""
    week = _plan_week(*((one.weekday, one.opens, one.closes) for one in calendar.shifts))
    holidays = frozenset(calendar.holidays)
    day = start.astimezone(find_zone(calendar.zone)).toordinal()
    midnight, since, steady = _read_day(calendar.zone, day)
    limit = until or start + PATIENCE
    while since < limit:
        shifts = week[midnight.weekday()]
        if shifts and midnight.date() not in holidays:
            yield from _day_hours(midnight, since, shifts, steady=steady)
            limit = until or since + _DAY + PATIENCE
        day += 1
        midnight, since, steady = _read_day(calendar.zone, day)


@lru_cache(maxsize=4096)
def _read_day(zone: str, day: int) -> tuple[datetime, datetime, bool]:
    """A day's midnight by the wall and in UTC, and whether it has plain 24 hours."""
    if day >= _LAST_DAY:
        raise OverflowError
    midnight = datetime.fromordinal(day).replace(tzinfo=find_zone(zone))
    since = _edge(midnight)
    return midnight, since, (since + _DAY).astimezone(midnight.tzinfo) == midnight + _DAY


def _day_hours(midnight: datetime, since: datetime, shifts: _Shifts, *, steady: bool) -> list[_Hours]:
    # no zone has ever changed its clock twice in a day, so a day of 24 hours has none but plain hours
    if steady:
        return [(since + opens, since + closes) for opens, closes in shifts]
    return [(_edge(midnight + opens), _edge(midnight + closes)) for opens, closes in shifts]


def _edge(wall: datetime) -> datetime:
    """The first moment at which the wall clock reads this, or more where it jumps over it."""
    moment = wall.astimezone(UTC)
    # two moments of one zone are compared by what the clock reads
    return moment if moment.astimezone(wall.tzinfo) == wall else _jump(wall)


def _jump(wall: datetime) -> datetime:
    """The moment at which the clock jumps over what it never reads."""
    before, after = wall.replace(fold=1).astimezone(UTC), wall.astimezone(UTC)

    def past(second: int) -> bool:
        return (before + timedelta(seconds=second)).astimezone(wall.tzinfo) > wall

    gap = int((after - before).total_seconds())
    return before + timedelta(seconds=bisect_left(range(gap), x=True, key=past))


@lru_cache(maxsize=256)
def _plan_week(*shifts: tuple[int, int, int]) -> tuple[_Shifts, ...]:
    """Each weekday's shifts in order, those that overlap or touch made one."""
    week: list[_Shifts] = [()] * 7
    for weekday, opens, closes in sorted(shifts):
        if opens < closes:
            week[weekday] = _add_shift(week[weekday], timedelta(seconds=opens), timedelta(seconds=closes))
    return tuple(week)


def _add_shift(shifts: _Shifts, opens: timedelta, closes: timedelta) -> _Shifts:
    if shifts and opens <= shifts[-1][1]:
        earlier, later = shifts[-1]
        return (*shifts[:-1], (earlier, max(later, closes)))
    return (*shifts, (opens, closes))
