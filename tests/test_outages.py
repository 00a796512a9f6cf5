"""Outages end to end: whatever is away comes back to one card, one outcome, one answer, and money moved once."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.cards import APPROVE
from activities.ledger import Ledger
from bot.roles import run_worker
from bot.settings import Settings
from bot.standin.faults import Kind
from bot.standin.message import Message
from bot.standin.server import Standin
from tests.doors import (
    Handle,
    button_value,
    card_known,
    has_buttons,
    listen_on,
    open_bot,
    read_state,
    start_request,
)
from tests.harness import (
    ALICE,
    APPROVALS,
    BOB,
    GENERAL,
    OUTCOMES,
    Harness,
    eventually,
    eventually_read,
    everything,
    make_settings,
    open_harness,
)
from workflows.approval import ApprovalWorkflow
from workflows.contracts import Thread

TRANSFER = "transfer 250 from checking to savings"
MOVED, TOLD = "Moved 250.00 EUR", "Approved: Transfer money"


def from_bot(harness: Harness, channel: str, part: str) -> list[Message]:
    return [one for one in harness.messages(channel) if one.bot_id and part in everything([one])]


async def ended(harness: Harness, channel: str, part: str) -> None:
    await eventually(lambda: from_bot(harness, channel, part))


def posts(slack: Standin) -> int:
    return sum(call.method == "chat.postMessage" for call in slack.calls)


@asynccontextmanager
async def with_channels(
    slack: Standin, client: Client, folder: Path, **channels: str
) -> AsyncGenerator[Harness]:
    async with open_harness(slack, client, make_settings(slack, folder, **channels)) as whole:
        yield whole


async def test_a_lost_answer_to_the_card_leaves_one_card(harness: Harness) -> None:
    harness.slack.faults.add("chat.postMessage", "lost", times=2)
    thread = await harness.ask(TRANSFER)
    card = await harness.card()
    await ended(harness, GENERAL, "waiting for approval")
    assert (await harness.approve(card)).acked
    await harness.reply(GENERAL, thread, MOVED)
    assert not has_buttons(card)
    assert len(harness.cards()) == 1
    assert len(from_bot(harness, GENERAL, "approved; see below")) == 1


async def test_lost_answers_at_the_end_leave_one_outcome_and_one_reply(harness: Harness) -> None:
    thread = await harness.ask(TRANSFER)
    card = await harness.card()
    await ended(harness, GENERAL, "waiting for approval")
    handle = approval_of(harness, card)
    await card_known(handle)
    harness.slack.faults.add("chat.postMessage", "lost", times=3)
    harness.slack.faults.add("chat.update", "lost", times=1)
    assert (await harness.approve(card)).acked
    await harness.reply(GENERAL, thread, MOVED)
    await ended(harness, OUTCOMES, TOLD)
    await handle.result()

    async def settled() -> bool:
        return harness.slack.faults.left("chat.postMessage") == 0

    await eventually_read(settled)
    await answered(harness, thread)
    assert sum(MOVED in text for text in harness.thread(GENERAL, thread)) == 1
    assert sum(TOLD in text for text in harness.thread(GENERAL, thread)) == 1
    assert len(harness.messages(OUTCOMES)) == 1
    assert Ledger(harness.settings.countersign_ledger).balance("savings") == 25_250


def approval_of(harness: Harness, card: Message) -> Handle:
    approval_id = button_value(card, APPROVE).split("|")[0]
    return harness.client.get_workflow_handle_for(ApprovalWorkflow.run, approval_id)


async def answered(harness: Harness, thread: str) -> None:
    """Wait until the conversation has no activity left to do: its reply is known to be posted."""
    agent = harness.client.get_workflow_handle(
        f"agent-{harness.slack.workspace.seed.team_id}-{GENERAL}-{thread}"
    )

    async def idle() -> bool:
        return not (await agent.describe()).raw_description.pending_activities

    await eventually_read(idle)


@pytest.mark.parametrize(
    ("kind", "seconds"), [("ratelimited", 2), ("http_500", 0), ("slow", 0.5), ("hang", 0.2), ("error", 0)]
)
async def test_the_card_comes_once_when_slack_is_difficult(
    harness: Harness, kind: Kind, seconds: float
) -> None:
    harness.slack.faults.add("chat.postMessage", kind, seconds=seconds)
    handle = await start_request(harness)
    await card_known(handle)
    assert len(harness.cards()) == 1
    assert (await harness.approve(harness.cards()[0])).acked
    assert (await handle.result()).approved


async def test_slacks_retry_after_is_obeyed(harness: Harness) -> None:
    harness.slack.faults.add("chat.postMessage", "ratelimited", seconds=3)
    handle = await start_request(harness)

    async def delayed() -> timedelta | None:
        pending = (await handle.describe()).raw_description.pending_activities
        waits = [one.current_retry_interval.ToTimedelta() for one in pending if one.attempt > 1]
        return waits[0] if waits else None

    assert (await eventually_read(delayed)).seconds == 3
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    await handle.result()


async def test_an_outage_delays_the_card_and_never_doubles_it(harness: Harness) -> None:
    harness.slack.faults.down = True
    handle = await start_request(harness)
    await eventually(lambda: sum(not call.ok for call in harness.slack.calls) >= 2)
    assert harness.cards() == []
    harness.slack.faults.clear()
    card = await harness.card()
    await card_known(handle)
    assert (await harness.approve(card)).acked
    assert (await handle.result()).approved
    assert len(harness.cards()) == 1


async def test_a_slack_that_was_gone_is_worked_with_again(harness: Harness) -> None:
    """Connections are cut and refused, as in a real outage; Socket Mode comes back by itself."""
    handle = await start_request(harness)
    card = await harness.card()
    await card_known(handle)
    await harness.slack.stop()
    other = await start_request(harness, arguments={"amount": 1})
    await harness.slack.start()
    second = await harness.card(1)
    await eventually(harness.slack.sockets.joined.is_set)
    assert (await harness.approve(card)).acked
    assert (await harness.approve(second)).acked
    assert (await handle.result()).approved
    assert (await other.result()).approved
    assert len(harness.cards()) == 2


async def test_another_door_works_while_slack_is_away(harness: Harness) -> None:
    harness.slack.faults.down = True
    handle = await start_request(harness)
    await eventually(lambda: posts(harness.slack))
    await handle.signal(ApprovalWorkflow.approve, arg=True)

    async def approved() -> bool:
        return (await read_state(handle)).status == "approved"

    await eventually_read(approved)
    harness.slack.faults.clear()
    assert (await handle.result()).approved
    assert not any(has_buttons(card) for card in harness.cards())
    await ended(harness, OUTCOMES, TOLD)
    assert len(harness.messages(OUTCOMES)) == 1


async def test_a_click_during_an_outage_of_slacks_web_api_counts_afterwards(harness: Harness) -> None:
    handle = await start_request(harness)
    card = await harness.card()
    assert (await harness.approve(card, ALICE)).acked
    await eventually(lambda: harness.whispers(ALICE))
    harness.slack.faults.down = True
    assert (await harness.approve(card)).acked
    await eventually(
        lambda: sum(call.method == "users.info" and not call.ok for call in harness.slack.calls) >= 1
    )
    assert (await read_state(handle)).status == "pending"
    harness.slack.faults.clear()
    async with asyncio.timeout(8):
        assert (await handle.result()).approved


async def test_a_decision_that_slack_could_not_check_keeps_no_request_open(harness: Harness) -> None:
    """Another door decides meanwhile; the request must end all the same."""
    handle = await start_request(harness)
    card = await harness.card()
    await card_known(handle)
    harness.slack.faults.add("users.info", "http_500", times=3)
    assert (await harness.approve(card)).acked
    await eventually(lambda: any(call.method == "users.info" and not call.ok for call in harness.slack.calls))
    await handle.signal(ApprovalWorkflow.approve, arg=False)
    async with asyncio.timeout(8):
        assert (await handle.result()).status == "rejected"


async def test_a_channel_that_does_not_exist_fails_the_request_and_says_what_to_do(
    slack: Standin, client: Client, tmp_path: Path
) -> None:
    async with with_channels(slack, client, tmp_path, countersign_approvals_channel="C0NOWHERE") as harness:
        thread = await harness.ask(TRANSFER)
        told = await harness.reply(GENERAL, thread, "Failed, not approved")
        assert told
        message = from_bot(harness, GENERAL, "Failed, not approved")[0]
        assert "check the channel's id and invite the bot. (channel_not_found)" in everything(
            [message]
        ).replace("\\'", "'")
        assert "Not approved (failed)" in await harness.reply(GENERAL, thread, "Not approved (failed)")
        await ended(harness, OUTCOMES, "Failed, not approved")
        assert Ledger(harness.settings.countersign_ledger).balance("savings") == 25_000


async def test_a_channel_without_the_bot_fails_the_request_and_says_what_to_do(harness: Harness) -> None:
    harness.slack.workspace.rooms[APPROVALS].members.remove("U0BOT")
    outcome = await (await start_request(harness)).result()
    assert outcome.status == "failed"
    assert "The bot is not in the channel: invite it there. (not_in_channel)" in outcome.reason
    assert harness.cards() == []


async def test_an_outcome_channel_without_the_bot_harms_nothing_else(harness: Harness) -> None:
    harness.slack.workspace.rooms[OUTCOMES].members.remove("U0BOT")
    thread = await harness.ask(TRANSFER)
    card = await harness.card()
    assert (await harness.approve(card)).acked
    await harness.reply(GENERAL, thread, MOVED)
    await harness.reply(GENERAL, thread, TOLD)
    assert not has_buttons(card)
    assert harness.messages(OUTCOMES) == []


async def test_a_deleted_card_keeps_nobody_from_hearing_the_outcome(harness: Harness) -> None:
    thread = await harness.ask(TRANSFER)
    card = await harness.card()
    handle = approval_of(harness, card)
    await card_known(handle)
    harness.slack.workspace.delete(card)
    await handle.signal(ApprovalWorkflow.approve, arg=True)
    await harness.reply(GENERAL, thread, MOVED)
    await harness.reply(GENERAL, thread, TOLD)
    await ended(harness, OUTCOMES, TOLD)
    assert harness.cards() == []


async def test_a_deleted_thread_does_not_keep_the_money_from_moving_or_the_channel_from_hearing(
    harness: Harness,
) -> None:
    thread = await harness.ask(TRANSFER)
    card = await harness.card()
    await card_known(approval_of(harness, card))
    await ended(harness, GENERAL, "waiting for approval")
    room = harness.slack.workspace.rooms[GENERAL]
    harness.slack.workspace.delete(room.message(thread))
    assert (await harness.approve(card)).acked
    await ended(harness, OUTCOMES, TOLD)
    await eventually(lambda: Ledger(harness.settings.countersign_ledger).balance("savings") == 25_250)
    assert not has_buttons(card)


async def test_a_worker_that_dies_between_post_and_answer_leaves_one_card(
    slack: Standin, client: Client, settings: Settings
) -> None:
    """Its successor finds the card by its label."""
    async with open_bot(slack, listen_on(slack, settings), client, client, worker=False) as harness:
        slack.faults.add("chat.postMessage", "lost")
        async with run_worker(client, settings):
            handle = await start_request(harness)
            await harness.card()
        async with run_worker(client, settings):
            await card_known(handle)
            assert (await harness.approve(harness.cards()[0])).acked
            assert (await handle.result()).approved
        assert len(harness.cards()) == 1


async def test_two_requests_whose_cards_get_lost_keep_a_card_each(harness: Harness) -> None:
    harness.slack.faults.add("chat.postMessage", "lost", times=2)
    handles = [await start_request(harness), await start_request(harness)]
    for handle in handles:
        await card_known(handle)
    found = [(await read_state(handle)).cards[0].ts for handle in handles]
    assert sorted(found) == [card.ts for card in harness.cards()]
    assert targets(harness.cards()) == {handle.id for handle in handles}


def targets(cards: Sequence[Message]) -> set[str]:
    return {button_value(card, APPROVE).split("|")[0] for card in cards}


async def test_the_requester_hears_once_although_whispers_get_lost(harness: Harness) -> None:
    thread = await harness.ask(TRANSFER)
    card = await harness.card()
    handle = approval_of(harness, card)
    harness.slack.faults.add("chat.postEphemeral", "http_500")
    assert (await harness.approve(card, ALICE)).acked
    await eventually(lambda: harness.whispers(ALICE))
    assert (await harness.reject(card, BOB)).acked
    await harness.reply(GENERAL, thread, "Not approved (rejected)")
    assert len(harness.whispers(ALICE)) == 1
    origin = (await read_state(handle)).request.origin
    assert origin == Thread(team_id="T0COUNTER", channel_id=GENERAL, thread_ts=thread)
