"""Who reads a list: what Slack and the delegations make of somebody."""

import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.webapi import WebApi
from bot.clients import build_client
from bot.readers import Reader, Readers, Voice
from bot.standin.server import Standin
from bot.standin.workspace import Room
from tests.bot.acme import GUEST, HIDDEN, open_acme, person
from tests.factories import HOUR, build_person
from tests.harness import ALICE, BOB, CAROL, DAVE, Harness, make_settings, open_harness
from workflows.contracts import Delegation
from workflows.visibility import EVERYBODY, NO_DELEGATES, bar

OWN = "C0OWN"
PERSON = build_person("UME")


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own, with a private channel that the bot knows nothing of."""
    async with open_acme() as standin:
        standin.workspace.rooms[OWN] = Room(OWN, "own", [ALICE, BOB], is_private=True)
        yield standin


@pytest.fixture
async def whole(slack: Standin, client: Client, tmp_path: Path) -> AsyncGenerator[Harness]:
    """A worker, for the delegations."""
    async with open_harness(slack, client, make_settings(slack, tmp_path), bot=False) as harness:
        yield harness


@pytest.fixture
def readers(whole: Harness) -> Readers:
    """With a patience that a busy machine does not try."""
    return Readers(WebApi(build_client(whole.settings)), whole.gateway, patience=5)


async def delegate(harness: Harness, principal: str, delegate_: str) -> None:
    one, other = person(harness, principal), person(harness, delegate_)
    await harness.gateway.delegate(Delegation(principal=one, delegate=other, until=datetime.now(UTC) + HOUR))


async def test_a_reader_has_their_id_their_user_groups_and_the_channels_that_the_bot_may_know_of(
    whole: Harness, readers: Readers
) -> None:
    reader = await readers.find(person(whole, BOB))
    user, *rest = reader.own.tokens
    assert (user, reader.everybody, reader.complete, reader.principals) == (BOB, True, True, ())
    assert set(rest) == {"S0MANAGERS", "C0GENERAL", "C0APPROVALS", "C0OUTCOMES", "C0PURCHASES", HIDDEN}
    assert reader.viewer_tokens == (EVERYBODY, *reader.own.tokens)


async def test_a_channel_is_found_on_whatever_page_it_comes(whole: Harness, readers: Readers) -> None:
    for number in range(1_100):
        whole.slack.workspace.rooms[f"C{number:04}"] = Room(f"C{number:04}", f"n{number}", [BOB])
    tokens = (await readers.find(person(whole, BOB))).own.tokens
    assert {"C0000", "C1099", HIDDEN} <= set(tokens)


@pytest.mark.parametrize("user", [GUEST, "U0EVE"])
async def test_guests_see_only_what_they_are_in(whole: Harness, readers: Readers, user: str) -> None:
    reader = await readers.find(person(whole, user))
    assert (reader.everybody, reader.viewer_tokens) == (False, (user, "C0GENERAL"))


async def test_a_delegate_speaks_for_principals_too(whole: Harness, readers: Readers) -> None:
    await delegate(whole, CAROL, DAVE)
    await delegate(whole, DAVE, ALICE)
    (voice,) = (await readers.find(person(whole, DAVE))).principals
    assert (voice.user_id, "S0FINANCE" in voice.tokens, "C0APPROVALS" in voice.tokens) == (CAROL, True, True)


@pytest.mark.parametrize("method", ["users.info", "users.conversations", "usergroups.list"])
async def test_what_slack_does_not_say_leaves_only_the_reader(
    whole: Harness, readers: Readers, method: str
) -> None:
    whole.slack.faults.add(method, "error")
    reader = await readers.find(person(whole, BOB))
    assert reader == Reader(
        person(whole, BOB), whole.slack.workspace.seed.team_id, Voice(BOB, (BOB,)), complete=False
    )
    assert (await readers.find(person(whole, BOB))).complete


async def test_slack_is_not_asked_again_at_once_but_delegations_are(whole: Harness, readers: Readers) -> None:
    await readers.find(person(whole, DAVE))
    whole.slack.calls.clear()
    await delegate(whole, ALICE, DAVE)
    before = [call.method for call in whole.slack.calls]
    assert [voice.user_id for voice in (await readers.find(person(whole, DAVE))).principals] == [ALICE]
    asked = [call.method for call in whole.slack.calls][len(before) :]
    assert asked == ["users.conversations"]  # Alice's


async def test_a_workspace_without_user_groups_is_completely_known(whole: Harness, readers: Readers) -> None:
    whole.slack.faults.add("usergroups.list", "error", error="plan_upgrade_required")
    reader = await readers.find(person(whole, BOB))
    assert (reader.complete, "S0MANAGERS" in reader.own.tokens) == (True, False)


async def test_while_no_worker_says_who_decides_for_whom_only_the_reader_is_left(
    slack: Standin, client: Client, tmp_path: Path
) -> None:
    settings = make_settings(slack, tmp_path, countersign_task_queue=f"queue-{uuid.uuid4()}")
    async with open_harness(slack, client, settings, bot=False) as harness:
        await delegate(harness, CAROL, DAVE)
    readers = Readers(WebApi(build_client(settings)), harness.gateway)
    assert not (await readers.find(person(harness, DAVE))).complete


PRINCIPAL = Voice("UHEAD", ("UHEAD", "SFINANCE"))


@pytest.mark.parametrize(
    ("deciders", "own", "through"),
    [
        (("UME",), True, True),
        (("CHERE",), True, True),
        (("UME", bar("UME")), False, False),
        (("SFINANCE",), False, True),
        (("UHEAD",), False, True),
        (("UHEAD", NO_DELEGATES), False, False),
        (("UHEAD", bar("UHEAD")), False, False),
        (("UHEAD", bar("UME")), False, False),
        (("UME", NO_DELEGATES), True, True),
        (("CHERE", bar("UHEAD")), True, True),
        ((), False, False),
        ((EVERYBODY,), False, False),
    ],
)
def test_a_reader_can_decide_in_their_own_name_or_in_anothers(
    deciders: tuple[str, ...],
    own: bool,  # noqa: FBT001 - what is expected
    through: bool,  # noqa: FBT001 - what is expected
) -> None:
    reader = Reader(PERSON, "T1", Voice("UME", ("UME", "CHERE")), everybody=True)
    assert reader.can_decide(deciders) is own
    assert reader._replace(principals=(PRINCIPAL,)).can_decide(deciders) is through
