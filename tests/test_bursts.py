"""Bursts end to end, when Slack or a worker is away: no card is lost, held back or there twice, and money moves once."""

import pytest
from temporalio.client import Client

from activities.bursts import APPROVE_ALL
from activities.cards import APPROVE
from activities.ledger import Ledger
from bot.roles import run_worker
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.server import Standin
from tests.doors import button_value, has_buttons, listen_on, modal, open_bot
from tests.harness import APPROVALS, BOB, GENERAL, Harness, eventually
from workflows.notices import CARD

TWO = "transfer 1 from checking to savings and transfer 2 from checking to savings"


def lists(harness: Harness) -> list[Message]:
    """The messages of bursts."""
    return harness.labelled("batch")


def cards(harness: Harness) -> list[Message]:
    """The cards of single requests, whether or not in the thread of a burst."""
    return harness.labelled(CARD)


async def asked(harness: Harness) -> list[Message]:
    """Both cards, once both can be decided."""
    return await eventually(lambda: ready if len(ready := cards(harness)) == 2 else None)


async def moved(harness: Harness, thread: str) -> None:
    """Once both transfers are done, each once, and nothing is left to press."""
    await eventually(lambda: [one for one in harness.thread(GENERAL, thread) if "Moved 2.00" in one])
    assert Ledger(harness.settings.countersign_ledger).balance("savings") == 25_003
    await eventually(lambda: not any(map(has_buttons, harness.messages(APPROVALS))) or None)


async def approve_together(harness: Harness) -> None:
    message = (
        await eventually(lambda: [one for one in lists(harness) if "Open its card" in str(one.blocks)])
    )[0]
    assert (await harness.slack.click(BOB, APPROVALS, message.ts, APPROVE_ALL)).acked
    assert (await harness.slack.submit(BOB, modal(harness.slack, BOB).id)).acked


async def approve_each(harness: Harness) -> None:
    for card in await asked(harness):
        assert (await harness.approve(card)).acked


async def test_a_lost_answer_leaves_one_message_and_one_card_each(harness: Harness) -> None:
    harness.slack.faults.add("chat.postMessage", "lost", times=3)
    thread = await harness.ask(TWO)
    found = await asked(harness)
    assert [one.thread_ts for one in found] == [lists(harness)[0].ts] * 2
    await approve_each(harness)
    await moved(harness, thread)
    assert (len(lists(harness)), len(cards(harness))) == (1, 2)


async def test_while_slack_is_away_nothing_is_lost_and_afterwards_every_card_is_there_once(
    harness: Harness,
) -> None:
    harness.slack.faults.add("chat.postMessage", "http_500", times=1_000)
    thread = await harness.ask(TWO)
    await eventually(lambda: harness.slack.faults.left("chat.postMessage") < 995 or None)
    harness.slack.faults.clear()
    found = await asked(harness)
    assert len({button_value(one, APPROVE) for one in found}) == 2
    await approve_together(harness)
    await moved(harness, thread)
    assert (len(lists(harness)), len(cards(harness))) == (1, 2)


async def test_cards_go_to_the_channel_while_the_bursts_message_does_not_come(harness: Harness) -> None:
    harness.slack.faults.add("chat.postMessage", "slow", seconds=8)
    thread = await harness.ask(TWO)
    found = await asked(harness)
    assert [one.thread_ts for one in found] == [None, None]
    assert lists(harness) == []
    await approve_each(harness)
    await moved(harness, thread)
    await eventually(lambda: lists(harness) or None)
    await eventually(lambda: not has_buttons(lists(harness)[0]) or None)
    assert (len(lists(harness)), len(cards(harness))) == (1, 2)


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_worker_that_dies_between_post_and_answer_leaves_one_message(
    slack: Standin, client: Client, settings: Settings, lost: int
) -> None:
    async with open_bot(slack, listen_on(slack, settings), client, client, worker=False) as harness:
        slack.faults.add("chat.postMessage", "lost", times=lost)
        async with run_worker(client, settings):
            thread = await harness.ask(TWO)
            await eventually(lambda: lists(harness) or None)
        async with run_worker(client, settings):
            await asked(harness)
            await approve_together(harness)
            await moved(harness, thread)
        assert (len(lists(harness)), len(cards(harness))) == (1, 2)
