"""What is written behind `/approvals`, read strictly: a command, or the sentence that says what is wrong with it."""

import re
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, Literal, NamedTuple

from bot.filters import Filter, FilterError, parse_filter
from bot.payloads import MalformedError
from workflows.contracts import Delegation, Person

Kind = Literal["list", "show", "delegate", "back", "delegations", "rules", "notifications", "help", "wrong"]

NOBODY = "I cannot tell who that is, so nothing was changed. Choose the person from what Slack suggests when you type @."
NO_DATE = "I cannot read that time, so nothing was changed. Write it as 2026-12-24, or as 2026-12-24 17:00."
UNFINISHED = "That is not all of it, or more than that; write it like one of these."
NO_ID = "After `show` comes a request's id, or the beginning of it."
LAST_MOMENT = time(23, 59, 59)
"""When a day without a time ends, so that it shows as 23:59 of that day and not as the next."""

_HAND_OVER = re.compile(r"(?P<verb>delegate|away)\s+(?P<who>\S.*?)\s+until\s+(?P<end>\S.*)", re.IGNORECASE)
_MENTION = re.compile(r"<@(?P<id>[UW][A-Z0-9]{1,29})(?:\|[^<>]*)?>")
_END = re.compile(
    r"(?P<day>[12][0-9]{3}-[0-9]{2}-[0-9]{2})(?:[Tt\s]\s*(?P<time>[0-9]{2}:[0-9]{2}))?", re.ASCII
)
_SLACK_ID = re.compile(r"[A-Z0-9]{2,30}")
_SHOW = re.compile(r"show\s+(?:approval-)?(?P<id>[A-Za-z0-9_-]{1,200})", re.IGNORECASE)
_WORDS: dict[str, Kind] = {
    "back": "back",
    "delegations": "delegations",
    "rules": "rules",
    "notifications": "notifications",
    "help": "help",
}
_VERBS = frozenset({"delegate", "away", *_WORDS})
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


class Command(NamedTuple):
    """What somebody wants; `end` is by their own clock, and `problem` says why a command is wrong.

    `start` is how the id of what is to be shown begins.
    """

    kind: Kind
    wanted: Filter = Filter()
    start: str = ""
    delegate: str = ""
    end: datetime | None = None
    away: bool = False
    problem: str = ""


def parse_command(text: str) -> Command:
    """Read what stands behind the command; what is not understood asks for help."""
    words = text.strip()
    if kind := _WORDS.get(words.lower()):
        return Command(kind)
    found = _HAND_OVER.fullmatch(words)
    if found:
        return _hand_over(found["verb"], found["who"], found["end"])
    if _first_word(words) in _VERBS:
        return Command("help", problem=UNFINISHED)
    return parse_view(_unescape(words))


def parse_view(text: str) -> Command:
    """Read what is to be looked at: a filter, or one request. Slack's escapes are undone already."""
    words = text.strip()
    if shown := _SHOW.fullmatch(words):
        return Command("show", start=f"approval-{shown['id']}")
    if _first_word(words) == "show":
        return Command("help", problem=NO_ID)
    try:
        return Command("list", parse_filter(words))
    except FilterError as error:
        return Command("help", problem=str(error))


def parse_turn(value: str) -> tuple[int, Command]:
    """Read the value of a button that turns pages: the page, and what is looked at.

    Raises:
        MalformedError: the value was edited.
    """
    number, _, words = value.partition("|")
    if not re.fullmatch(r"[0-9]{1,4}", number):
        raise MalformedError("A page's number is not a number.")
    return int(number), parse_view(words)


def _first_word(text: str) -> str:
    return next(iter(text.lower().split()), "")


def _unescape(text: str) -> str:
    for name, char in _ESCAPES:
        text = text.replace(name, char)
    return text


def _hand_over(verb: str, who: str, end: str) -> Command:
    mention, until = _MENTION.fullmatch(who), _read_end(end)
    if mention is None:
        return Command("wrong", problem=NOBODY)
    if until is None:
        return Command("wrong", problem=NO_DATE)
    return Command("delegate", delegate=mention["id"], end=until, away=verb.lower() == "away")


def _read_end(text: str) -> datetime | None:
    found = _END.fullmatch(text)
    if found is None:
        return None
    try:
        at = time.fromisoformat(found["time"]) if found["time"] else LAST_MOMENT
        return datetime.combine(date.fromisoformat(found["day"]), at)
    except ValueError:  # no such day or hour
        return None


def build_delegation(command: Command, principal: Person, zone: tzinfo) -> Delegation:
    """The delegation that a command asks for, always the principal's own.

    Raises:
        MalformedError: the command asks for none.
    """
    if command.end is None:
        raise MalformedError("A delegation has no end.")
    return Delegation(
        principal=principal,
        delegate=Person(team_id=principal.team_id, user_id=command.delegate),
        until=command.end.replace(tzinfo=zone).astimezone(UTC),
        away=command.away,
    )


def parse_caller(body: dict[str, Any]) -> Person:
    """Who typed the command.

    Raises:
        MalformedError: Slack does not say.
    """
    team, user = str(body.get("team_id")), str(body.get("user_id"))
    if not _SLACK_ID.fullmatch(team) or not _SLACK_ID.fullmatch(user):
        raise MalformedError("A command does not say who typed it.")
    return Person(team_id=team, user_id=user)
