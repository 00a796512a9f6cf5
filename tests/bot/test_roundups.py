"""Daily digests, with Temporal's schedules, Slack's stand-in and everything between: what waits is told once."""

from collections.abc import AsyncGenerator
from datetime import time, timedelta
from typing import Any

import pytest
from temporalio.client import ScheduleHandle, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from bot.filters import Filter
from bot.readers import Reader, Voice
from bot.schedules import Schedules
from bot.standin.message import Message
from bot.standin.server import Standin
from tests.bot.acme import HIDDEN, ask, open_acme, person, team
from tests.doors import Handle
from tests.harness import (
    APPROVALS,
    BOB,
    CAROL,
    GENERAL,
    Harness,
    eventually,
    eventually_read,
    everything,
)
from tests.workflows.bench import build_replayer
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Cancellation
from workflows.courier import RoundupWorkflow
from workflows.preferences import Preferences
from workflows.roundup import Roundup

HOURLY = timedelta(hours=1)


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own, where nothing waits yet."""
    async with open_acme() as standin:
        yield standin


def schedules(harness: Harness) -> Schedules:
    return Schedules(harness.client, harness.settings.countersign_task_queue)


def handle_of(harness: Harness, place: str) -> ScheduleHandle:
    return harness.client.get_schedule_handle(schedules(harness).name(team(harness), place))


async def is_there(harness: Harness, place: str) -> bool:
    try:
        await handle_of(harness, place).describe()
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def wish(harness: Harness, user: str, **changes: Any) -> None:
    """Let somebody want a digest, and wait for its schedule to be as they want."""
    wanted = Preferences.model_validate({"person": person(harness, user), "digest_at": "03:00"} | changes)
    await harness.gateway.prefer(wanted)

    async def planned() -> bool:
        return await is_there(harness, user) is (wanted.told_at is not None)

    await eventually_read(planned)


async def waits(
    harness: Harness, requests: list[Handle], user: str = BOB, older: timedelta | None = None
) -> None:
    """Wait until visibility has these requests."""
    voice = Voice(user, (user, APPROVALS, HIDDEN))
    reader = Reader(person(harness, user), team(harness), voice, everybody=True)

    async def look() -> bool:
        found = await harness.catalog.read_all(reader, Filter(scope="all", older=older))
        known = {row.approval_id for row in found if row.summary.card}
        return known == {one.id for one in requests}

    await eventually_read(look)


async def run(harness: Harness, roundup: Roundup, number: int = 1) -> WorkflowHandle[Any, None]:
    """One digest, as a schedule starts it, until it is done."""
    name = f"{schedules(harness).name(roundup.team_id, roundup.place)}-{number}"
    queue = harness.settings.countersign_task_queue
    started = await harness.client.start_workflow(RoundupWorkflow.run, roundup, id=name, task_queue=queue)
    await started.result()
    return started


def personal(harness: Harness, user: str) -> Roundup:
    return Roundup(team_id=team(harness), place=user)


def digests(harness: Harness, channel: str) -> list[Message]:
    """The digests in a channel, or in somebody's direct messages."""
    place = harness.slack.direct(channel) if channel.startswith("U") else channel
    return [one for one in harness.messages(place) if " wait" in one.text and " request" in one.text]


async def test_what_waits_for_a_person_is_told_when_their_schedule_fires(harness: Harness) -> None:
    await wish(harness, BOB)
    requests = [await ask(harness, "Buy chairs"), await ask(harness, "Buy tables")]
    await waits(harness, requests)
    await handle_of(harness, BOB).trigger()
    message = await eventually(lambda: next(iter(digests(harness, BOB)), None))
    assert message.text.startswith("2 requests wait for your decision: ")
    assert "Open its card" in everything([message])
    assert ("Buy chairs" in message.text, "Buy tables" in message.text) == (True, True)
    assert digests(harness, GENERAL) == digests(harness, APPROVALS) == []


async def test_nothing_that_waits_is_not_told(harness: Harness) -> None:
    await wish(harness, BOB)
    own = await ask(harness, "My own", by=BOB)
    await waits(harness, [own])
    await run(harness, personal(harness, BOB))
    assert digests(harness, BOB) == []


async def test_a_digest_tells_only_what_the_person_can_decide(harness: Harness) -> None:
    await wish(harness, BOB)
    requests = [await ask(harness, "My own", by=BOB), await ask(harness, "Theirs")]
    await waits(harness, requests)
    await run(harness, personal(harness, BOB))
    (message,) = digests(harness, BOB)
    assert "My own" not in everything([message])


async def test_who_wants_no_digest_any_more_gets_none_and_its_schedule_is_gone(harness: Harness) -> None:
    await schedules(harness).plan(Preferences(person=person(harness, BOB), digest_at=time(3)))
    await waits(harness, [await ask(harness)])
    await run(harness, personal(harness, BOB))
    assert digests(harness, BOB) == []
    assert not await is_there(harness, BOB)


async def test_taking_it_back_removes_the_schedule(harness: Harness) -> None:
    await wish(harness, BOB)
    await wish(harness, BOB, digest_at=None)
    assert not await is_there(harness, BOB)


@pytest.mark.parametrize("kind", ["lost", "error"])
async def test_a_digest_is_posted_once_though_slacks_answer_is_lost(harness: Harness, kind: Any) -> None:
    await wish(harness, BOB)
    await waits(harness, [await ask(harness)])
    harness.slack.faults.add("chat.postMessage", kind)
    done = await run(harness, personal(harness, BOB))
    assert len(digests(harness, BOB)) == 1
    await build_replayer([RoundupWorkflow]).replay_workflow(await done.fetch_history())
    await run(harness, personal(harness, BOB), 2)
    assert len(digests(harness, BOB)) == 2


async def test_while_slack_does_not_say_what_a_person_is_in_the_digest_waits(harness: Harness) -> None:
    await wish(harness, CAROL)
    await waits(harness, [await ask(harness)])
    harness.slack.faults.add("users.conversations", "error")
    await run(harness, personal(harness, CAROL))
    assert len(digests(harness, CAROL)) == 1


async def test_a_channel_is_told_what_has_waited_in_it_too_long_and_nothing_else(harness: Harness) -> None:
    old = await ask(harness, "Old")
    await waits(harness, [old])
    stale = Roundup(team_id=team(harness), place=APPROVALS, older=timedelta(microseconds=1))
    await run(harness, stale)
    (message,) = digests(harness, APPROVALS)
    assert "1 request has waited longer than" in message.text
    assert "Old" in message.text
    await run(harness, stale.model_copy(update={"older": HOURLY}), 2)
    await run(harness, stale.model_copy(update={"place": GENERAL}), 3)
    assert (len(digests(harness, APPROVALS)), digests(harness, GENERAL)) == (1, [])
    await old.signal(ApprovalWorkflow.cancel, Cancellation())
    await old.result()
    await waits(harness, [])
    await run(harness, stale, 4)
    assert len(digests(harness, APPROVALS)) == 1


async def test_what_a_private_channel_asked_is_told_in_no_other_channel(harness: Harness) -> None:
    secret = await ask(harness, "Secret", channel=HIDDEN)
    await waits(harness, [secret])
    for number, channel in enumerate((APPROVALS, GENERAL, HIDDEN)):
        stale = Roundup(team_id=team(harness), place=channel, older=timedelta(microseconds=1))
        await run(harness, stale, number)
    assert digests(harness, GENERAL) == digests(harness, HIDDEN) == []
    assert "Secret" in digests(harness, APPROVALS)[0].text  # its card is there, and its members decide it


async def test_a_channel_that_slack_refuses_ends_the_digest_with_what_to_do(harness: Harness) -> None:
    await waits(harness, [await ask(harness)])
    stale = Roundup(team_id=team(harness), place=APPROVALS, older=timedelta(microseconds=1))
    harness.slack.faults.add("chat.postMessage", "error", error="not_in_channel")
    with pytest.raises(WorkflowFailureError):
        await run(harness, stale)
    name = f"{schedules(harness).name(team(harness), APPROVALS)}-1"
    found = await harness.client.get_workflow_handle(name).describe()
    assert found.status == WorkflowExecutionStatus.FAILED
    assert digests(harness, APPROVALS) == []
