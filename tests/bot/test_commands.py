"""What is written behind `/approvals`, as pure data."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import (
    NO_DATE,
    NOBODY,
    Command,
    Kind,
    build_delegation,
    parse_caller,
    parse_command,
)
from bot.payloads import MalformedError
from tests.factories import APPROVER, TEAM, build_person

END = datetime(2026, 12, 24, 17, 0)  # noqa: DTZ001 - by the caller's clock
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "list"),
        ("  ", "list"),
        ("back", "back"),
        (" BACK ", "back"),
        ("Delegations", "delegations"),
        ("help", "help"),
        ("list", "help"),
        ("back please", "help"),
        ("delegate", "help"),
        ("delegate <@U0BOB>", "help"),
        ("delegate until 2026-12-24", "help"),
        ("delegate <@U0BOB> until", "help"),
        ("delegate <@U0BOB> 2026-12-24", "help"),
        ("xdelegate <@U0BOB> until 2026-12-24", "help"),
        ("back\u202e", "help"),
    ],
)
def test_words_are_known_or_ask_for_help(text: str, kind: Kind) -> None:
    assert parse_command(text).kind == kind


@pytest.mark.parametrize(
    ("text", "away"),
    [
        ("delegate <@U0BOB> until 2026-12-24 17:00", False),
        ("delegate <@U0BOB|bob> until 2026-12-24 17:00", False),
        ("delegate <@U0BOB|bob the great> until 2026-12-24T17:00", False),
        ("  DELEGATE   <@U0BOB>\tUntil  2026-12-24   17:00  ", False),
        ("away <@U0BOB|> until 2026-12-24 17:00", True),
        ("Away\u00a0<@U0BOB> until 2026-12-24 17:00", True),
    ],
)
def test_a_delegation_names_a_person_and_an_end(text: str, *, away: bool) -> None:
    expected = Command("delegate", delegate="U0BOB", end=END, away=away)
    assert parse_command(text) == expected


def test_a_grid_users_id_is_an_id() -> None:
    assert parse_command("delegate <@W0BOB> until 2026-12-24").delegate == "W0BOB"


@pytest.mark.parametrize(
    "who",
    [
        "@bob", "bob", "U0BOB", "<@u0bob>", "<@B0BOT>", "<!subteam^S0FINANCE|@finance>", "<!channel>",
        "<#C0GENERAL>", "<@U0BOB> <@U0EVE>", "<@U0BOB|a>b>", "<@U>", "&lt;@U0BOB&gt;",
    ],
)  # fmt: skip
def test_whoever_is_not_mentioned_is_nobody(who: str) -> None:
    assert parse_command(f"delegate {who} until 2026-12-24") == Command("wrong", problem=NOBODY)


@pytest.mark.parametrize(
    "end",
    [
        "tomorrow", "24.12.2026", "2026-12-32", "2026-02-29", "2026-12-24 24:00", "2026-12-24 17",
        "2026-12-24 5:00", "2026-12-24 17:00:00", "2026-12-24 17:00Z", "2026-12-24 17:00+01:00", "20261224",
        "2026-W52-4", "0001-01-01", "9999-12-31", "2026-12-24 17:60", "٢٠٢٦-12-24", "2026-12-24 forever",
    ],
)  # fmt: skip
def test_an_end_that_is_no_date_is_refused(end: str) -> None:
    assert parse_command(f"away <@U0BOB> until {end}") == Command("wrong", problem=NO_DATE)


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    assert parse_command(text).kind in {"list", "show", "help", "back", "delegations"}


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_delegation_breaks_it(who: str, end: str) -> None:
    assert parse_command(f"delegate {who} until {end}").kind in {"help", "wrong"}


@pytest.mark.parametrize(
    ("end", "zone", "until"),
    [
        ("2026-12-24", UTC, datetime(2026, 12, 24, 23, 59, 59, tzinfo=UTC)),
        ("2026-12-24", BERLIN, datetime(2026, 12, 24, 22, 59, 59, tzinfo=UTC)),
        ("2026-07-01 17:00", BERLIN, datetime(2026, 7, 1, 15, 0, tzinfo=UTC)),
        ("2026-10-25 02:30", BERLIN, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2999-12-31", ZoneInfo("Etc/GMT+12"), datetime(3000, 1, 1, 11, 59, 59, tzinfo=UTC)),
        ("1000-01-01", ZoneInfo("Asia/Kolkata"), datetime(1000, 1, 1, 18, 6, 31, tzinfo=UTC)),
    ],
)
def test_an_end_is_by_the_principals_own_clock(end: str, zone: ZoneInfo, until: datetime) -> None:
    command = parse_command(f"away <@U0BOB> until {end}")
    wish = build_delegation(command, APPROVER, zone)
    assert (wish.until, wish.until.tzinfo) == (until, UTC)


def test_a_delegation_is_always_the_callers_own() -> None:
    wish = build_delegation(parse_command("away <@U0BOB> until 2026-12-24"), APPROVER, UTC)
    assert (wish.principal, wish.delegate, wish.away) == (APPROVER, build_person("U0BOB"), True)


def test_a_command_that_delegates_nothing_makes_no_delegation() -> None:
    with pytest.raises(MalformedError):
        build_delegation(Command("help"), APPROVER, UTC)


def test_the_caller_is_the_pair_of_ids_in_the_payload() -> None:
    assert parse_caller({"team_id": TEAM, "user_id": "UAPPROVER"}) == APPROVER


@pytest.mark.parametrize(
    "body", [{}, {"team_id": TEAM}, {"user_id": "U1"}, {"team_id": TEAM, "user_id": "<@U1>"}]
)
def test_a_command_of_nobodys_is_malformed(body: dict[str, str]) -> None:
    with pytest.raises(MalformedError):
        parse_caller(body)
