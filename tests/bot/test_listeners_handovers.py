"""`/approvals delegate`, `away`, `back` and `delegations`: who decides for whom, over the front door."""

import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot import commands, handovers, lists
from bot.standin.message import Message
from bot.standin.server import Standin
from bot.standin.trees import nodes
from tests.bot import acme
from tests.bot.acme import open_acme, person, words
from tests.bot.conftest import CutOff
from tests.harness import ALICE, BOB, CAROL, DAVE, GENERAL, Harness
from workflows.contracts import Delegation, Person
from workflows.delegation import Refusal


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own, where nobody has delegated anything."""
    async with open_acme() as standin:
        yield standin


async def tell(harness: Harness, text: str, user: str = ALICE) -> Message:
    return await acme.tell(harness, text, user)


async def standing(harness: Harness) -> list[tuple[str, str, bool]]:
    """Who has handed over to whom, and is away."""
    found = await harness.gateway.read_delegations(harness.slack.workspace.seed.team_id)
    return [(one.principal.user_id, one.delegate.user_id, one.away) for one in found]


def named(message: Message) -> list[str]:
    return [str(node["user_id"]) for node in nodes(message.blocks) if node.get("type") == "user"]


def moments(message: Message) -> list[datetime]:
    return [
        datetime.fromtimestamp(node["timestamp"], UTC)
        for node in nodes(message.blocks)
        if node.get("type") == "date"
    ]


def day(days: int = 7) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


async def test_a_delegation_is_taken_in_said_in_words_and_listed(door: Harness) -> None:
    before = len(door.messages(GENERAL))
    answer = await tell(door, f"delegate <@{BOB}|bob> until {day()}")
    assert words(answer).endswith(
        " may decide for you. You may still decide yourself. Take it back with /approvals back."
    )
    assert named(answer) == [BOB]
    assert [one.isoformat() for one in moments(answer)] == [f"{day()}T23:59:59+00:00"]
    assert await standing(door) == [(ALICE, BOB, False)]
    own = await tell(door, "delegations")
    assert (words(own).count("Yours: "), named(own)) == (1, [BOB, ALICE])
    assert "Yours" not in words(await tell(door, "delegations", CAROL))
    assert len(door.messages(GENERAL)) == before


async def test_being_away_says_who_is_asked_instead(harness: Harness) -> None:
    answer = await tell(harness, f" AWAY   <@{BOB}>  Until {day()}  17:30 ")
    assert "cards ask  in your place" in words(answer)
    assert [one.isoformat() for one in moments(answer)] == [f"{day()}T17:30:00+00:00"]
    assert await standing(harness) == [(ALICE, BOB, True)]


@pytest.mark.parametrize(("user", "zone"), [("U0FRANK", "Europe/Berlin"), ("U0IVAN", "Asia/Kolkata")])
async def test_a_day_ends_by_the_principals_own_clock(harness: Harness, user: str, zone: str) -> None:
    answer = await tell(harness, f"delegate <@{BOB}> until {day()}", user)
    (until,) = moments(answer)
    assert until.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S") == f"{day()} 23:59:59"


async def test_a_new_delegation_replaces_the_old_one(harness: Harness) -> None:
    await tell(harness, f"delegate <@{BOB}> until {day()}")
    await tell(harness, f"away <@{CAROL}> until {day()}")
    assert await standing(harness) == [(ALICE, CAROL, True)]


async def test_coming_back_takes_back_what_is_ones_own_and_says_what(harness: Harness) -> None:
    await tell(harness, f"away <@{BOB}> until {day()}")
    await tell(harness, f"delegate <@{BOB}> until {day()}", CAROL)
    answer = await tell(harness, "back")
    assert ("no longer decides for you" in words(answer), named(answer)) == (True, [BOB])
    assert await standing(harness) == [(CAROL, BOB, False)]
    assert words(await tell(harness, "back")) == handovers.NOTHING_REVOKED


async def test_without_any_delegations_both_answers_say_so(harness: Harness) -> None:
    assert words(await tell(harness, "back")) == handovers.NOTHING_REVOKED
    assert words(await tell(harness, "delegations")) == handovers.NO_DELEGATIONS


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"delegate <@{ALICE}> until {{day}}", Refusal.SELF),
        (f"delegate <@{DAVE}> until 2020-01-01", Refusal.PAST),
        (f"delegate <@{DAVE}> until 2999-01-01", Refusal.FAR),
        (f"delegate <@{BOB}> until {{day}}", Refusal.LOOP),
        (f"delegate <@{CAROL}> until {{day}}", Refusal.AWAY),
        ("delegate <@U0BOT> until {day}", Refusal.BOT),
        ("away <@U0OTHERBOT> until {day}", Refusal.BOT),
        ("delegate <@U0NOBODY> until {day}", Refusal.UNKNOWN),
        ("delegate <@U0EVE> until {day}", Refusal.UNKNOWN),
        ("delegate <@U0GONE> until {day}", Refusal.UNKNOWN),
        ("delegate @bob until {day}", commands.NOBODY),
        ("delegate U0BOB until {day}", commands.NOBODY),
        (f"delegate <@{DAVE}> until tomorrow", commands.NO_DATE),
        (f"away <@{DAVE}> until 2026-02-30", commands.NO_DATE),
    ],
)
async def test_what_cannot_be_is_refused_in_one_sentence_and_changes_nothing(
    harness: Harness, text: str, sentence: str
) -> None:
    await tell(harness, f"delegate <@{ALICE}> until {day()}", BOB)
    await tell(harness, f"away <@{DAVE}> until {day()}", CAROL)
    before = await standing(harness)
    assert words(await tell(harness, text.format(day=day()))) == sentence
    assert await standing(harness) == before


@pytest.mark.parametrize("text", ["help", "delegate", "hand over to <@U0BOB>", "back <@U0BOB>", "<!channel>"])
async def test_other_words_are_answered_with_the_usage(harness: Harness, text: str) -> None:
    assert words(await tell(harness, text)).endswith(lists.USAGE)
    assert await standing(harness) == []


async def test_while_slack_does_not_answer_nothing_is_delegated(harness: Harness) -> None:
    harness.slack.faults.add("users.info", "hang", seconds=5)
    assert words(await tell(harness, f"delegate <@{BOB}> until {day()}")) == handovers.UNKNOWN_ZONE
    harness.slack.faults.add("users.info", "error")
    assert words(await tell(harness, f"delegate <@{BOB}> until {day()}")) == handovers.UNKNOWN_ZONE
    assert await standing(harness) == []


async def test_while_slack_does_not_say_who_the_delegate_is_nothing_is_delegated(harness: Harness) -> None:
    harness.slack.faults.add("users.info", "slow", seconds=0.05)  # the principal's
    harness.slack.faults.add("users.info", "hang", times=3, seconds=5)
    assert words(await tell(harness, f"delegate <@{BOB}> until {day()}")) == Refusal.UNSURE
    harness.slack.faults.clear()
    assert await standing(harness) == []


async def test_while_temporal_is_away_the_answer_says_that_it_is_uncertain(web_cut: CutOff) -> None:
    harness, cable = web_cut
    await cable.cut()
    assert words(await tell(harness, f"delegate <@{BOB}> until {day()}")) == handovers.UNCERTAIN
    assert words(await tell(harness, "back")) == handovers.UNCERTAIN
    assert words(await tell(harness, "delegations")) == lists.AWAY
    await cable.mend()
    await tell(harness, f"delegate <@{BOB}> until {day()}")
    assert await standing(harness) == [(ALICE, BOB, False)]


async def test_delegations_of_another_workspace_are_none_of_this_ones(harness: Harness) -> None:
    theirs = Person(team_id=f"T{uuid.uuid4().hex}", user_id=ALICE)
    until = datetime.now(UTC) + timedelta(hours=1)
    await harness.gateway.delegate(Delegation(principal=theirs, delegate=person(harness, BOB), until=until))
    assert words(await tell(harness, "delegations")) == handovers.NO_DELEGATIONS
