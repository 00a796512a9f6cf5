"""The clock of working hours: examples by hand, and properties held against a second, slower clock."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.clock import ClockError, advance, elapsed, find_zone, is_open, remind_times
from workflows.contracts import Calendar, Reminders, Shift

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
INSTANT, NOTHING = timedelta.resolution, timedelta(0)
Hours = tuple[float, float]


def build_calendar(
    zone: str = "Europe/Berlin", *hours: Hours, days: tuple[int, ...] = (0, 1, 2, 3, 4), **changes: object
) -> Calendar:
    """The same hours on all these days; an office's unless told."""
    shifts = tuple(
        Shift(weekday=day, opens=round(opens * 3600), closes=round(closes * 3600))
        for day in days
        for opens, closes in hours or ((9, 17.5),)
    )
    return Calendar.model_validate({"name": "office", "zone": zone, "shifts": shifts} | changes)


def local(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


ALL_WEEK = tuple(range(7))
OFFICE = build_calendar()
LUNCH = build_calendar("Europe/Berlin", (9, 12), (13, 17.5))
ROUND = build_calendar("Europe/Berlin", (0, 24), days=ALL_WEEK)
SUNDAYS = build_calendar("Europe/Berlin", (0, 24), days=(6,))


@pytest.mark.parametrize(
    ("calendar", "start", "hours", "end"),
    [
        (OFFICE, "2026-11-24 10:00", 2, "2026-11-24 12:00"),
        (OFFICE, "2026-11-27 16:00", 4, "2026-11-30 11:30"),  # Friday to Monday
        (OFFICE, "2026-11-28 12:00", 1, "2026-11-30 10:00"),  # Saturday
        (OFFICE, "2026-11-24 06:00", 1, "2026-11-24 10:00"),  # before opening
        (OFFICE, "2026-11-24 17:30", 1, "2026-11-25 10:00"),  # at closing
        (OFFICE, "2026-11-24 16:30", 1, "2026-11-24 17:30"),  # ends at closing, not at the next opening
        (OFFICE, "2026-11-23 09:00", 42.5, "2026-11-27 17:30"),  # a week
        (OFFICE, "2026-03-27 16:00", 4, "2026-03-30 11:30"),  # over a weekend on which the clock jumps ahead
        (OFFICE, "2026-10-23 16:00", 4, "2026-10-26 11:30"),  # and back
        (LUNCH, "2026-11-24 11:30", 1, "2026-11-24 13:30"),
        (LUNCH, "2026-11-24 11:00", 1, "2026-11-24 12:00"),
        (LUNCH, "2026-11-24 12:30", 1, "2026-11-24 14:00"),
        (ROUND, "2026-11-24 12:00", 24, "2026-11-25 12:00"),
        (ROUND, "2026-03-28 12:00", 24, "2026-03-29 13:00"),  # a day of 23 hours
        (ROUND, "2026-10-24 12:00", 24, "2026-10-25 11:00"),  # a day of 25 hours
        (SUNDAYS, "2026-03-28 12:00", 23, "2026-03-30 00:00"),
        (SUNDAYS, "2026-03-28 12:00", 24, "2026-04-05 01:00"),
        (SUNDAYS, "2026-10-24 12:00", 25, "2026-10-26 00:00"),
        (SUNDAYS, "2026-10-24 12:00", 26, "2026-11-01 01:00"),
    ],
)
def test_a_span_is_over_when_its_open_time_has_passed(
    calendar: Calendar, start: str, hours: float, end: str
) -> None:
    over = advance(local(start), hours * HOUR, calendar)
    assert over == local(end)
    assert over.tzinfo is UTC
    assert elapsed(local(start), over, calendar) == hours * HOUR


def test_a_holiday_is_closed_all_day() -> None:
    closed = OFFICE.model_copy(update={"holidays": (date(2026, 11, 30),)})
    assert advance(local("2026-11-27 16:00"), 4 * HOUR, closed) == local("2026-12-01 11:30")
    assert not is_open(local("2026-11-30 12:00"), closed)


def test_a_holiday_is_a_date_where_the_people_are() -> None:
    island = build_calendar("Pacific/Kiritimati", holidays=(date(2026, 11, 24),))
    closed = datetime(2026, 11, 23, 20, tzinfo=UTC)  # the 24th on the island
    assert not is_open(closed, island)
    assert is_open(closed + DAY, island)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        (
            "Pacific/Kiritimati",
            datetime(2026, 11, 22, 18, tzinfo=UTC),
            datetime(2026, 11, 22, 20, tzinfo=UTC),
        ),
        ("Asia/Kathmandu", datetime(2026, 11, 24, 2, tzinfo=UTC), datetime(2026, 11, 24, 4, 15, tzinfo=UTC)),
        (
            "Pacific/Pago_Pago",
            datetime(2026, 11, 24, 4, tzinfo=UTC),
            datetime(2026, 11, 24, 20, 30, tzinfo=UTC),
        ),
    ],
)
def test_hours_are_those_of_the_place(zone: str, start: datetime, end: datetime) -> None:
    assert advance(start, HOUR, build_calendar(zone)) == end


def test_a_day_that_a_zone_leaves_out_has_no_hours() -> None:
    samoa = build_calendar("Pacific/Apia", days=ALL_WEEK)
    start = local("2011-12-29 17:00", "Pacific/Apia")
    assert advance(start, HOUR, samoa) == local("2011-12-31 09:30", "Pacific/Apia")


@pytest.mark.parametrize(
    ("hours", "day", "real"),
    [
        ((1, 4), "2026-03-29", 2 * HOUR),
        ((2.25, 2.75), "2026-03-29", NOTHING),  # the clock jumps over all of it
        ((2.5, 4), "2026-03-29", HOUR),  # opens with the jump
        ((1, 2.5), "2026-03-29", HOUR),  # closes with the jump
        ((2, 3), "2026-10-25", 2 * HOUR),
        ((2.5, 4), "2026-10-25", 2.5 * HOUR),  # opens when the clock reads it first
        ((1, 2.5), "2026-10-25", 1.5 * HOUR),  # closes when the clock reads it first
    ],
)
def test_a_shift_lasts_as_long_as_it_really_does(hours: Hours, day: str, real: timedelta) -> None:
    calendar = build_calendar("Europe/Berlin", hours, days=(6,))
    assert elapsed(local(day), local(day) + 2 * DAY, calendar) == real


def test_midnights_that_the_clock_jumps_over_or_reads_twice_count_once() -> None:
    for zone, day in (("Asia/Beirut", "2026-03-27"), ("America/Havana", "2026-10-30")):
        start = local(day, zone)
        assert elapsed(start, start + 4 * DAY, build_calendar(zone, (0, 24), days=ALL_WEEK)) == 4 * DAY


def test_a_day_begins_with_a_jump_over_its_midnight() -> None:
    jump = datetime(1919, 3, 31, 4, 30, tzinfo=UTC)  # from 23:30 to 00:30
    toronto = build_calendar("America/Toronto", (0, 24), days=ALL_WEEK)
    assert elapsed(jump - HOUR, jump + 20 * MINUTE, toronto) == 80 * MINUTE


@pytest.mark.parametrize("hours", [((9, 12), (11, 17.5)), ((9, 12), (12, 17.5)), ((9, 17.5), (10, 11))])
def test_shifts_that_overlap_or_touch_count_once(hours: tuple[Hours, ...]) -> None:
    several = build_calendar("Europe/Berlin", *hours)
    for span in (HOUR, 3 * HOUR, 8.5 * HOUR, 20 * HOUR):
        start = local("2026-11-24 09:00")
        assert advance(start, span, several) == advance(start, span, OFFICE)


def test_without_a_calendar_it_is_always_open() -> None:
    start = local("2026-11-28 12:00")
    assert advance(start, DAY, None) == start + DAY
    assert elapsed(start, start + DAY, None) == DAY
    assert is_open(start, None)


@pytest.mark.parametrize("calendar", [None, OFFICE])
def test_no_time_passes_backwards(calendar: Calendar | None) -> None:
    start = local("2026-11-24 12:00")
    assert elapsed(start, start - DAY, calendar) == NOTHING
    with pytest.raises(ClockError, match="shorter than nothing"):
        advance(start, -INSTANT, calendar)


def test_a_span_of_nothing_is_over_at_once_even_when_closed() -> None:
    start = local("2026-11-28 12:00")
    assert advance(start, NOTHING, OFFICE) == start


def test_it_is_open_from_the_opening_on_and_at_the_closing_no_more() -> None:
    opening, closing = local("2026-11-24 09:00"), local("2026-11-24 17:30")
    moments = (opening - INSTANT, opening, closing - INSTANT, closing)
    assert [is_open(moment, OFFICE) for moment in moments] == [False, True, True, False]


def test_a_calendar_that_never_opens_says_so() -> None:
    days = tuple(date(2026, 11, 1) + number * DAY for number in range(6 * 366))
    start = local("2026-11-24 12:00")
    closed = build_calendar(holidays=days)
    with pytest.raises(ClockError, match="no open hours within five years"):
        advance(start, HOUR, closed)
    assert not is_open(start, closed)


def test_a_long_span_is_fine_while_there_are_open_hours() -> None:
    yearly = build_calendar("Europe/Berlin", (0, 1), days=(0,))
    start = local("2026-11-23")
    assert advance(start, 522 * HOUR, yearly) == local("2026-11-23 01:00") + 521 * 7 * DAY


@pytest.mark.parametrize("calendar", [None, OFFICE])
def test_what_is_no_moment_says_so(calendar: Calendar | None) -> None:
    with pytest.raises(ClockError, match="too far away"):
        advance(local("2026-11-24"), timedelta.max, calendar)
    with pytest.raises(ClockError, match="which time zone"):
        advance(datetime(2026, 11, 24), HOUR, calendar)  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../Berlin", "/etc/localtime", "Europe", "Europe/", "Nope/Zone", "a\0b", "\ud800"],
)
def test_an_unknown_zone_is_told_in_a_sentence(name: str) -> None:
    refuse_zone(name)


@pytest.mark.parametrize("name", ["zone.tab", "localtime", "right/Europe/Berlin", "x" * 5000])
def test_what_is_no_zone_of_ianas_is_refused_alike(name: str) -> None:
    refuse_zone(name)


def refuse_zone(name: str) -> None:
    with pytest.raises(ClockError, match=r"^There is no time zone called .{2,70}\. Use an IANA name") as told:
        find_zone(name)
    assert str(told.value).isprintable()


def test_a_zone_is_looked_up_once() -> None:
    assert find_zone("Asia/Kathmandu") is find_zone("Asia/Kathmandu")


def build_reminders(**changes: object) -> Reminders:
    return Reminders.model_validate({"first": HOUR, "longest": 3 * HOUR, "times": 5} | changes)


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({}, [1, 3, 6, 9, 12]),
        ({"times": 2}, [1, 3]),
        ({"factor": 1.0}, [1, 2, 3, 4, 5]),
        ({"factor": 1e308}, [1, 4, 7, 10, 13]),
        ({"first": 5 * HOUR}, [5, 8, 11, 14, 17]),
    ],
)
def test_pauses_between_reminders_grow_up_to_the_longest(
    changes: dict[str, object], hours: list[int]
) -> None:
    start = local("2026-11-24 12:00")
    moments = remind_times(start, start + 10 * DAY, build_reminders(**changes), None)
    assert [(moment - start) / HOUR for moment in moments] == hours


def test_nobody_is_reminded_at_the_deadline_or_after() -> None:
    start = local("2026-11-24 12:00")
    assert len(remind_times(start, start + 6 * HOUR, build_reminders(), None)) == 2
    assert len(remind_times(start, start + 6 * HOUR + INSTANT, build_reminders(), None)) == 3


def test_reminders_count_by_the_calendar() -> None:
    start = local("2026-11-27 16:00")
    moments = remind_times(start, local("2026-11-30 15:00"), build_reminders(), OFFICE)
    assert moments == (local("2026-11-27 17:00"), local("2026-11-30 10:30"), local("2026-11-30 13:30"))


def test_a_reminder_at_a_closing_comes_before_a_deadline_in_the_night() -> None:
    moments = remind_times(
        local("2026-11-24 16:30"), local("2026-11-24 20:00"), build_reminders(times=1), OFFICE
    )
    assert moments == (local("2026-11-24 17:30"),)


def test_what_is_closed_for_good_after_the_deadline_does_not_matter() -> None:
    days = tuple(date(2026, 11, 25) + number * DAY for number in range(6 * 366))
    start = local("2026-11-24 15:00")
    moments = remind_times(start, start + 2 * HOUR, build_reminders(), build_calendar(holidays=days))
    assert moments == (start + HOUR,)


@pytest.mark.parametrize("changes", [{"first": NOTHING}, {"longest": NOTHING}, {"first": -HOUR}])
def test_pauses_of_nothing_are_refused(changes: dict[str, object]) -> None:
    start = local("2026-11-24 12:00")
    with pytest.raises(ClockError, match="pauses between reminders"):
        remind_times(start, start + DAY, build_reminders(**changes), None)


CHANGES = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 11, 1, 5, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 2, 18, 2, tzinfo=UTC)),
    ("Asia/Beirut", datetime(2026, 3, 28, 22, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("America/Toronto", datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),  # from 23:30 to 00:30
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 11, 24, tzinfo=UTC)),
]
edges = st.integers(0, 288).map(lambda number: number * 300)
pairs = st.tuples(edges, edges).filter(lambda pair: pair[0] != pair[1])


def build_shift(weekday: int, pair: tuple[int, int]) -> Shift:
    return Shift(weekday=weekday, opens=min(pair), closes=max(pair))


shifts = st.builds(build_shift, st.integers(0, 6), pairs)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar with at least one shift every week, and a minute around which its zone's clock may jump."""
    zone, change = draw(st.sampled_from(CHANGES))
    start = change + draw(st.integers(-2000, 1000)) * MINUTE
    free = tuple(change.date() + draw(st.integers(-2, 2)) * DAY for _ in range(draw(st.integers(0, 1))))
    several = tuple(draw(st.lists(shifts, min_size=1, max_size=14)))
    return Calendar(name="any", zone=zone, shifts=several, holidays=free), start


spans = st.integers(0, 40 * 60).map(lambda number: number * MINUTE)
fine_spans = st.timedeltas(NOTHING, 100 * HOUR)


def read_clock(zone: ZoneInfo, since: datetime, minutes: int) -> Iterator[datetime]:
    """The latest that the wall clock has read at each minute, from a day before on."""
    moments = (since + number * MINUTE for number in range(-1440, minutes))
    readings = (moment.astimezone(zone).replace(tzinfo=None) for moment in moments)
    return (read for number, read in enumerate(accumulate(readings, max)) if number >= 1440)


def open_minutes(calendar: Calendar, since: datetime, minutes: int) -> list[bool]:
    """The slow clock: whether each minute is open, by looking at the clock on the wall."""
    return [
        read.date() not in calendar.holidays
        and any(
            one.weekday == read.weekday() and one.opens <= read.hour * 3600 + read.minute * 60 < one.closes
            for one in calendar.shifts
        )
        for read in read_clock(ZoneInfo(calendar.zone), since, minutes)
    ]


@given(calendars(), st.integers(1, 3 * 1440))
def test_a_slow_clock_agrees(given_calendar: tuple[Calendar, datetime], minutes: int) -> None:
    calendar, start = given_calendar
    opened = open_minutes(calendar, start, minutes)
    assert elapsed(start, start + minutes * MINUTE, calendar) == sum(opened) * MINUTE
    assert [is_open(start + number * MINUTE, calendar) for number in range(0, minutes, 97)] == opened[::97]
    passed = [number + 1 for number, one in enumerate(opened) if one]
    for count in {1, (len(passed) + 1) // 2, len(passed)} if passed else ():
        assert advance(start, count * MINUTE, calendar) == start + passed[count - 1] * MINUTE


@given(calendars(), fine_spans)
def test_what_was_advanced_has_elapsed(given_calendar: tuple[Calendar, datetime], span: timedelta) -> None:
    calendar, start = given_calendar
    assert elapsed(start, advance(start, span, calendar), calendar) == span


@given(calendars(), fine_spans, fine_spans)
def test_two_spans_are_as_long_as_both_together(
    given_calendar: tuple[Calendar, datetime], one: timedelta, other: timedelta
) -> None:
    calendar, start = given_calendar
    both = advance(start, one + other, calendar)
    assert advance(advance(start, one, calendar), other, calendar) == both


@given(calendars(), fine_spans, fine_spans, spans)
def test_later_starts_and_longer_spans_end_no_earlier(
    given_calendar: tuple[Calendar, datetime], span: timedelta, more: timedelta, later: timedelta
) -> None:
    calendar, start = given_calendar
    over = advance(start, span, calendar)
    assert over <= advance(start + later, span, calendar)
    assert over <= advance(start, span + more, calendar)


@given(calendars(), fine_spans.filter(bool))
def test_a_span_ends_in_open_time_or_at_its_closing(
    given_calendar: tuple[Calendar, datetime], span: timedelta
) -> None:
    calendar, start = given_calendar
    assert is_open(advance(start, span, calendar) - INSTANT, calendar)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), fine_spans.filter(bool))  # noqa: DTZ001 - made aware below
def test_an_office_has_no_deadline_on_a_closed_day(start: datetime, span: timedelta) -> None:
    office = OFFICE.model_copy(update={"holidays": (date(2026, 12, 25), date(2026, 4, 6))})
    day = advance(start.replace(tzinfo=UTC), span, office).astimezone(ZoneInfo(office.zone)).date()
    assert day.weekday() < 5
    assert day not in office.holidays
