"""`/approvals`: what is pending in this workspace, ten to a page, newest first; and who decides for whom."""

import asyncio
import re
import time
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot import commands, lists
from bot.standin.delivery import Delivery
from bot.standin.message import Message
from bot.standin.seed import PEOPLE, Seed, User
from bot.standin.server import Standin
from bot.standin.trees import nodes
from tests.bot.conftest import CutOff
from tests.doors import Handle, start_request
from tests.harness import ALICE, BOB, CAROL, DAVE, GENERAL, Harness, eventually_read
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Delegation, Person
from workflows.delegation import Refusal

LINK = "https://acme.slack.com/archives/C0APPROVALS/p"


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own, whose list no other test has filled."""
    plain = Seed()
    team = f"T{uuid.uuid4().hex[:12].upper()}"
    people = tuple(
        user.model_copy(update={"team_id": team}) for user in plain.users if user.team_id == plain.team_id
    )
    guests = tuple(user for user in PEOPLE if user.team_id != plain.team_id)
    gone = User(id="U0GONE", name="gone", real_name="Gone Girard", team_id=team, deleted=True)
    async with Standin(data=Seed(team_id=team, users=(*people, *guests, gone))) as standin:
        yield standin


async def ask(harness: Harness, title: str, **changes: object) -> Handle:
    team = harness.slack.workspace.seed.team_id
    requester = Person(team_id=team, user_id=ALICE)
    return await start_request(harness, **({"title": title, "requester": requester} | changes))


async def listed(harness: Harness, count: int) -> None:
    """Wait until visibility has caught up, with the cards in it."""
    team = harness.slack.workspace.seed.team_id

    async def complete() -> bool:
        page = await harness.gateway.list_pending(team, 0)
        return page.total == count and all(row.summary.card for row in page.rows)

    await eventually_read(complete)


async def show(harness: Harness, user: str = BOB) -> Message:
    assert (await harness.slack.command(user, GENERAL, "/approvals")).acked
    assert harness.slack.workspace.warnings == {}
    return answers(harness, user)[-1]


def answers(harness: Harness, user: str = BOB) -> list[Message]:
    return [one for one in harness.slack.workspace.ephemerals.values() if one.only_for == user]


def words(message: Message) -> str:
    """All text that is shown, in order."""
    return "".join(str(node["text"]) for node in nodes(message.blocks) if isinstance(node.get("text"), str))


def titles(message: Message) -> list[str]:
    return [
        str(node["text"])
        for node in nodes(message.blocks)
        if node.get("type") == "text" and node.get("style") == {"bold": True}
    ]


async def turn(harness: Harness, message: Message, action_id: str, value: str | None = None) -> Delivery:
    return await harness.slack.click_ephemeral(BOB, message.ts, action_id, value=value)


async def test_an_empty_list_says_so_to_the_user_only(door: Harness) -> None:
    before = len(door.messages(GENERAL))
    assert words(await show(door)) == lists.EMPTY
    assert len(door.messages(GENERAL)) == before


async def test_a_row_says_what_by_whom_since_when_and_until_when_and_links_to_the_card(
    harness: Harness,
) -> None:
    await ask(harness, "Transfer money")
    await listed(harness, 1)
    message = await show(harness)
    card = await harness.card()
    assert {"type": "user", "user_id": ALICE} in list(nodes(message.blocks))
    assert any(node.get("url") == LINK + card.ts.replace(".", "") for node in nodes(message.blocks))
    assert re.search(
        "Transfer money\nasked by  less than a minute ago, (24 hours|1 day) left, until", words(message)
    )


async def test_twenty_three_pending_are_ten_to_a_page_newest_first(harness: Harness) -> None:
    wanted = [f"Request {number}" for number in range(23)]
    for title in wanted:
        await ask(harness, title)
    await listed(harness, 23)
    message = await show(harness)
    newest = list(reversed(wanted))
    assert (titles(message), "1 to 10 of 23" in words(message)) == (newest[:10], True)
    with pytest.raises(LookupError):
        await turn(harness, message, lists.PREVIOUS)
    assert (await turn(harness, message, lists.NEXT)).acked
    assert (titles(message), "11 to 20 of 23" in words(message)) == (newest[10:20], True)
    assert (await turn(harness, message, lists.NEXT)).acked
    assert (titles(message), "21 to 23 of 23" in words(message)) == (newest[20:], True)
    with pytest.raises(LookupError):
        await turn(harness, message, lists.NEXT)
    assert (await turn(harness, message, lists.PREVIOUS)).acked
    assert titles(message) == newest[10:20]
    assert len(answers(harness)) == 1


async def test_what_is_decided_is_listed_no_more(harness: Harness) -> None:
    handle = await ask(harness, "Decided")
    await ask(harness, "Open")
    await listed(harness, 2)
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()
    await listed(harness, 1)
    assert titles(await show(harness)) == ["Open"]


async def test_other_workspaces_requests_are_not_listed(harness: Harness) -> None:
    await ask(harness, "Theirs", requester=Person(team_id=f"T{uuid.uuid4().hex}", user_id=ALICE))
    await ask(harness, "Ours")
    await harness.card(1)
    await listed(harness, 1)
    assert titles(await show(harness)) == ["Ours"]


async def test_a_page_past_the_end_is_the_last_page(web: Harness) -> None:
    for number in range(11):
        await ask(web, f"Request {number}")
    await listed(web, 11)
    message = await show(web)
    assert (await turn(web, message, lists.NEXT, "7")).acked
    assert len(titles(message)) == 1


async def test_an_edited_page_number_is_refused(web: Harness) -> None:
    for number in range(11):
        await ask(web, f"Request {number}")
    await listed(web, 11)
    message = await show(web)
    for page in ("", "two", "-1"):
        assert (await turn(web, message, lists.NEXT, page)).status == 400
    assert "1 to 10 of 11" in words(message)


async def test_long_titles_break_no_list(harness: Harness) -> None:
    for _ in range(10):
        await ask(harness, "x" * 3_000)
    await listed(harness, 10)
    assert "1 to 10 of 10" in words(await show(harness))


async def test_a_title_without_anything_visible_breaks_no_list(harness: Harness) -> None:
    await ask(harness, "\u200b\u202e")
    await listed(harness, 1)
    assert "1 to 1 of 1" in words(await show(harness))


async def test_a_hostile_title_notifies_nobody_and_unfurls_nothing(harness: Harness) -> None:
    await ask(harness, "<!channel> <@U0CAROL> https://evil.example `x` \u202eabc")
    await listed(harness, 1)
    message = await show(harness)
    assert titles(message) == ["<!channel> <@U0CAROL> https://evil.example `x` abc"]
    assert set(message.notified) <= {ALICE}
    assert not any("evil" in url for url in message.unfurled)


async def test_a_sentence_is_shown_while_temporal_is_away(web_cut: CutOff) -> None:
    harness, cable = web_cut
    await cable.cut()
    assert words(await show(harness)) == lists.AWAY
    await cable.mend()
    assert words(await show(harness)) == lists.EMPTY


async def test_a_sentence_is_shown_by_socket_while_temporal_is_away(socket_cut: CutOff) -> None:
    harness, cable = socket_cut
    await cable.cut()
    assert words(await show(harness)) == lists.AWAY


async def test_another_user_has_a_list_of_their_own(harness: Harness) -> None:
    await asyncio.gather(ask(harness, "One"), ask(harness, "Two"))
    await listed(harness, 2)
    await show(harness, BOB)
    assert sorted(titles(await show(harness, ALICE))) == ["One", "Two"]
    with pytest.raises(LookupError):
        await harness.slack.click_ephemeral(ALICE, answers(harness)[0].ts, lists.NEXT)


def person(harness: Harness, user: str) -> Person:
    return Person(team_id=harness.slack.workspace.seed.team_id, user_id=user)


async def tell(harness: Harness, text: str, user: str = ALICE) -> Message:
    """Type something behind the command; Slack has to take the answer, in time."""
    start = time.monotonic()
    delivery = await harness.slack.command(user, GENERAL, "/approvals", text)
    assert (delivery.acked, harness.slack.workspace.warnings) == (True, {})
    assert time.monotonic() - start < 3
    return answers(harness, user)[-1]


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
    assert words(await tell(harness, "back")) == lists.NOTHING_REVOKED


async def test_without_any_delegations_both_answers_say_so(harness: Harness) -> None:
    assert words(await tell(harness, "back")) == lists.NOTHING_REVOKED
    assert words(await tell(harness, "delegations")) == lists.NO_DELEGATIONS


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
    assert words(await tell(harness, text)) == lists.USAGE
    assert await standing(harness) == []


async def test_while_slack_does_not_answer_nothing_is_delegated(harness: Harness) -> None:
    harness.slack.faults.add("users.info", "hang", seconds=5)
    assert words(await tell(harness, f"delegate <@{BOB}> until {day()}")) == lists.UNKNOWN_ZONE
    harness.slack.faults.add("users.info", "error")
    assert words(await tell(harness, f"delegate <@{BOB}> until {day()}")) == lists.UNKNOWN_ZONE
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
    assert words(await tell(harness, f"delegate <@{BOB}> until {day()}")) == lists.UNCERTAIN
    assert words(await tell(harness, "back")) == lists.UNCERTAIN
    assert words(await tell(harness, "delegations")) == lists.AWAY
    await cable.mend()
    await tell(harness, f"delegate <@{BOB}> until {day()}")
    assert await standing(harness) == [(ALICE, BOB, False)]


async def test_delegations_of_another_workspace_are_none_of_this_ones(harness: Harness) -> None:
    theirs = Person(team_id=f"T{uuid.uuid4().hex}", user_id=ALICE)
    until = datetime.now(UTC) + timedelta(hours=1)
    await harness.gateway.delegate(Delegation(principal=theirs, delegate=person(harness, BOB), until=until))
    assert words(await tell(harness, "delegations")) == lists.NO_DELEGATIONS
