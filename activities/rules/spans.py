"""Spans and hours as people write them in the policy file: `1d12h`, `mon-fri`, `09:00-17:30`."""

import re
from collections.abc import Iterable
from datetime import time, timedelta
from itertools import pairwise

from workflows.contracts import Shift

LONGEST = timedelta(days=5 * 365)
SPAN_PATTERN = r"^(\d{1,9}[smhdw])+$"
TIME_PATTERN = r"^\d\d:\d\d$"
HOURS_PATTERN = r"^\d\d:\d\d(:\d\d)?-\d\d:\d\d(:\d\d)?$"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MIDNIGHT = 86_400


def parse_span(value: object) -> timedelta:
    """A span like `90s`, `30m`, `4h`, `2d`, `1w` or `1d12h`.

    Raises:
        ValueError: with the sentence that says what is wrong.
    """
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(SPAN_PATTERN, value, re.ASCII):
        raise ValueError(f"`{value}` is no span of time: write one like 90s, 30m, 4h, 2d, 1w or 1d12h.")
    parts = re.findall(r"(\d+)([smhdw])", value)
    if len({unit for _, unit in parts}) < len(parts):
        raise ValueError(f"`{value}` has a unit twice: write each once, like 1d12h.")
    span = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta(0))
    if not timedelta(0) < span <= LONGEST:
        raise ValueError(f"`{value}` has to be longer than nothing and at most five years.")
    return span


def write_span(span: timedelta) -> str:
    """A span as it is written: `1d12h`."""
    left, words = int(span.total_seconds()), ""
    for seconds, unit in ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        number, left = divmod(left, seconds)
        words += f"{number}{unit}" if number else ""
    return words or "0s"


def parse_days(text: str) -> tuple[int, ...]:
    """The weekdays of `mon`, `mon-fri` or `mon,wed,fri-sat`, Monday being 0.

    Raises:
        ValueError: with the sentence that says what is wrong.
    """
    days = [day for part in text.split(",") for day in _parse_range(part.strip(), text)]
    if len(set(days)) < len(days):
        raise ValueError(f"`{text}` names a day twice: name each once.")
    return tuple(days)


def _parse_range(part: str, text: str) -> range:
    first, _, last = part.partition("-")
    try:
        begin, end = DAYS.index(first), DAYS.index(last or first)
    except ValueError:
        raise ValueError(
            f"`{text}` names no days: write mon, tue, wed, thu, fri, sat, sun, a range like mon-fri, or mon,wed."
        ) from None
    if end < begin:
        raise ValueError(f"`{text}` ends before it begins: a week goes from mon to sun; write sat,sun,mon.")
    return range(begin, end + 1)


def parse_hours(text: str) -> tuple[int, int]:
    """Seconds from midnight to the opening and the closing of `09:00-17:30`.

    Raises:
        ValueError: with the sentence that says what is wrong.
    """
    if not re.fullmatch(HOURS_PATTERN, text, re.ASCII):
        raise ValueError(f'`{text}` is no span of hours: write one like "09:00-17:30", in quotes.')
    opens, closes = map(_parse_clock, text.split("-"))
    if opens >= closes:
        raise ValueError(
            f"`{text}` ends before it begins: split hours that go past midnight between the two days, to 24:00 and from 00:00."
        )
    return opens, closes


def _parse_clock(text: str) -> int:
    hours, minutes, seconds = (*map(int, text.split(":")), 0)[:3]
    total = hours * 3600 + minutes * 60 + seconds
    if max(minutes, seconds) > 59 or total > _MIDNIGHT:  # noqa: PLR2004 - as clocks are
        raise ValueError(f"`{text}` is no time of day: write one from 00:00 to 24:00.")
    return total


def parse_time(value: object) -> time:
    """A time of day like `09:00`.

    Raises:
        ValueError: with the sentence that says what is wrong.
    """
    try:
        if not isinstance(value, str) or not re.fullmatch(TIME_PATTERN, value, re.ASCII):
            raise ValueError  # noqa: TRY301 - one sentence for both
        return time.fromisoformat(value)
    except ValueError:
        raise ValueError(f'`{value}` is no time of day: write one from "00:00" to "23:59".') from None


def build_shifts(hours: Iterable[tuple[str, Iterable[str]]]) -> tuple[Shift, ...]:
    """The shifts of a week, in order.

    Raises:
        ValueError: with the sentence that says what is wrong.
    """
    shifts = [
        (day, *parse_hours(text)) for days, texts in hours for day in parse_days(days) for text in texts
    ]
    shifts.sort()
    for (day, _, closes), (next_day, opens, _) in pairwise(shifts):
        if day == next_day and opens < closes:
            raise ValueError(f"Hours on {DAYS[day]} overlap: write each hour once.")
    return tuple(Shift(weekday=day, opens=opens, closes=closes) for day, opens, closes in shifts)
