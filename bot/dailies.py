"""What daily digests look like: to a person what waits for them, in a channel what has waited too long."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from slack_sdk.models.blocks import Block

from activities.blocks import Parts, context, header, moment, paragraphs, plain, section, stamp, strong
from activities.cards import FALLBACK_BYTES, Rendered
from activities.rules.spans import write_span
from activities.text import cut_bytes, escape, show_title
from bot.catalog import Row
from bot.notifications import notifications_button
from bot.rows import TITLE_LENGTH, place_parts, span_words, tell_row
from workflows.contracts import Summary

SHOWN = 10
FOOT = "This is your daily digest. /approvals lists all that waits for you, with buttons to decide it."
_NEVER = datetime.max.replace(tzinfo=UTC)


def render_waiting(rows: Sequence[Row], team_url: str, now: datetime) -> Rendered:
    """Told to a person: what waits for their decision, what ends soonest first."""
    verb = "waits" if len(rows) == 1 else "wait"
    heading = f"{_count(rows)} {verb} for your decision"
    ordered = sorted(rows, key=lambda row: row.summary.deadline or _NEVER)
    shown = [paragraphs(section(*tell_row(row, team_url, now))) for row in ordered[:SHOWN]]
    foot = context(_more(rows, "which end later") + FOOT)
    return Rendered(_fallback(heading, ordered), [header(heading), *shown, foot, notifications_button()])


def render_stale(rows: Sequence[Row], older: timedelta | None, team_url: str, now: datetime) -> Rendered:
    """Told in a channel: what has waited for longer than that, the oldest first. It calls nobody by name."""
    verb = "has" if len(rows) == 1 else "have"
    heading = f"{_count(rows)} {verb} waited longer than {write_span(older or timedelta())}"
    ordered = sorted(rows, key=lambda row: row.summary.opened_at)
    shown: list[Block] = [paragraphs(section(*_tell_stale(row, team_url, now))) for row in ordered[:SHOWN]]
    more = _more(rows, "which are newer")
    foot = context(f"{more}This is the daily digest of this channel, as the policy file says.")
    return Rendered(_fallback(heading, ordered), [header(heading), *shown, foot])


def _count(rows: Sequence[Row]) -> str:
    return f"{len(rows)} request{'' if len(rows) == 1 else 's'}"


def _more(rows: Sequence[Row], which: str) -> str:
    left = len(rows) - SHOWN
    return f"And {left} more, {which}. " if left > 0 else ""


def _tell_stale(row: Row, team_url: str, now: datetime) -> Parts:
    summary = row.summary
    parts: Parts = [
        strong(show_title(summary.title, TITLE_LENGTH)),
        plain(f"\nAsked {span_words(now - summary.opened_at)} ago"),
    ]
    if summary.deadline and not summary.paused:
        parts += [plain(", open until "), moment(summary.deadline)]
    return [*parts, plain("\n"), *place_parts(row, team_url)]


def _fallback(heading: str, rows: Sequence[Row]) -> str:
    titles = "; ".join(_line(row.summary) for row in rows[:SHOWN])
    return cut_bytes(escape(f"{heading}: {titles}"), FALLBACK_BYTES)


def _line(summary: Summary) -> str:
    until = f", until {stamp(summary.deadline)}" if summary.deadline and not summary.paused else ""
    return f"{show_title(summary.title, TITLE_LENGTH)}{until}"
