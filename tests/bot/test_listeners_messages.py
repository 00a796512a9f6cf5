"""Messages to the agent: heard once each, only those that people wrote, and harmless whatever they say."""

import asyncio
import copy

import pytest
from temporalio.client import Client

from activities.cards import APPROVE
from bot.settings import Settings
from bot.standin.delivery import Sent
from bot.standin.file import File
from bot.standin.message import Message
from bot.standin.server import Standin
from tests.bot.conftest import CutOff
from tests.doors import Json, button_value, listen_on, open_bot
from tests.harness import (
    ALICE,
    APPROVALS,
    BOB,
    CAROL,
    GENERAL,
    OUTCOMES,
    Harness,
    eventually,
    eventually_read,
    everything,
)
from workflows.contracts import Thread
from workflows.ids import agent_workflow
from workflows.notices import CARD

TRANSFER = "transfer 250 from checking to savings"
HOSTILE = (
    "<!channel> <!here> <@U0CAROL> <@U0BOT> &lt;!everyone&gt; @channel @carol <https://evil.example/a.png|safe> "
    "https://evil.example/b ```code``` `x` *bold* > quote\n> more \u202egnp.exe \x07 \u200b"
)


def everywhere(harness: Harness) -> list[Message]:
    """All that the bot has said so far."""
    rooms = harness.slack.workspace.rooms.values()
    said = [message for room in rooms for message in room.messages if message.bot_id]
    return [*said, *harness.slack.workspace.ephemerals.values()]


async def heard(harness: Harness, channel: str, ts: str) -> int:
    """How often a message was handed to its conversation."""
    thread = Thread(team_id="T0COUNTER", channel_id=channel, thread_ts=ts)
    history = await harness.client.get_workflow_handle(agent_workflow(thread)).fetch_history()
    events = [event.workflow_execution_signaled_event_attributes for event in history.events]
    return sum(event.signal_name == "hear" for event in events)


async def heard_often(harness: Harness, ts: str, count: int) -> None:
    """Wait for so many signals; those that arrive while a worker thinks enter history a little later."""

    async def often() -> bool:
        return await heard(harness, GENERAL, ts) == count

    await eventually_read(often)


async def told(harness: Harness, channel: str, ts: str, part: str, count: int = 1) -> None:
    await eventually(lambda: sum(part in text for text in harness.thread(channel, ts)) == count or None)


async def acked(slack: Standin, count: int = 1) -> list[Sent]:
    """The events that the bot has acknowledged, as soon as there are so many."""
    return await eventually(
        lambda: (
            events
            if len(
                events := [one for one in slack.deliveries if one.kind == "events_api" and one.delivery.acked]
            )
            >= count
            else None
        )
    )


async def test_a_mention_in_a_channel_is_answered_in_its_thread(door: Harness) -> None:
    ts = await door.ask("balance of checking")
    await told(door, GENERAL, ts, "checking holds 10,000.00 EUR")


async def test_a_direct_message_is_answered_in_its_thread(door: Harness) -> None:
    channel = door.slack.direct(ALICE)
    ts = await door.slack.say(ALICE, channel, "balance of savings")
    await told(door, channel, ts, "savings holds 25,000.00 EUR")


async def test_a_follow_up_in_the_thread_is_the_same_conversation(harness: Harness) -> None:
    ts = await harness.ask("balance of checking")
    await told(harness, GENERAL, ts, "checking holds")
    await harness.slack.say(CAROL, GENERAL, "<@U0BOT> balance of payroll", ts)
    await told(harness, GENERAL, ts, "payroll holds 4,000.00 EUR")
    assert await heard(harness, GENERAL, ts) == 2


async def test_one_who_took_part_in_the_thread_may_not_decide(harness: Harness) -> None:
    ts = await harness.slack.say(BOB, GENERAL, "<@U0BOT> balance of checking")
    await told(harness, GENERAL, ts, "checking holds")
    await harness.slack.say(ALICE, GENERAL, f"<@U0BOT> {TRANSFER}", ts)
    card = await harness.card()
    assert (await harness.approve(card, BOB)).acked
    assert "took part" in await eventually(lambda: "".join(harness.whispers(BOB)))
    assert (await harness.approve(card, CAROL)).acked
    await told(harness, GENERAL, ts, "Moved 250.00 EUR")


async def test_several_asks_in_one_message_have_a_card_each(harness: Harness) -> None:
    ts = await harness.ask(f"{TRANSFER}, transfer 7 from savings to payroll and balance of payroll")
    cards = await eventually(lambda: found if len(found := harness.labelled(CARD)) == 2 else None)
    first, second = sorted(cards, key=lambda card: "amount: 7\n" in everything([card]))
    assert button_value(first, APPROVE) != button_value(second, APPROVE)
    assert (await harness.approve(first)).acked
    assert (await harness.reject(second)).acked
    reply = await harness.reply(GENERAL, ts, "payroll holds 4,000.00 EUR")
    assert "Moved 250.00 EUR from checking to savings" in reply
    assert "Moved 7" not in reply
    assert "Not approved (rejected)" in reply
    assert len(harness.labelled(CARD)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"subtype": "bot_message", "bot_id": "B0OTHER"},
        {"bot_id": "B0OTHER"},
        {"channel_type": "channel"},
    ],
    ids=lambda change: "-".join(change.values()),
)
async def test_what_nobody_said_to_the_bot_is_acknowledged_and_ignored(web: Harness, change: Json) -> None:
    channel = web.slack.direct(ALICE)
    await web.reply(channel, await web.slack.say(ALICE, channel, "help"), "I understand")
    payload = copy.deepcopy((await acked(web.slack))[0].payload)
    payload["event"] |= {"ts": "1700000001.000001", "text": TRANSFER, **change}
    assert (await web.slack.deliver("events_api", payload)).acked
    thread = Thread(team_id="T0COUNTER", channel_id=channel, thread_ts="1700000001.000001")
    with pytest.raises(Exception, match="not found"):
        await web.client.get_workflow_handle(agent_workflow(thread)).describe()


async def test_an_edited_message_asks_nothing_again(harness: Harness) -> None:
    channel = harness.slack.direct(ALICE)
    ts = await harness.slack.say(ALICE, channel, "balance of savings")
    await told(harness, channel, ts, "savings holds")
    message = harness.slack.workspace.room(channel).message(ts)
    before = len(await acked(harness.slack))
    harness.slack.workspace.edit(message, {"text": TRANSFER}, {})
    await acked(harness.slack, before + 1)
    assert await heard(harness, channel, ts) == 1
    assert harness.cards() == []


async def test_the_bots_own_replies_are_no_requests(harness: Harness) -> None:
    channel = harness.slack.direct(ALICE)
    ts = await harness.slack.say(ALICE, channel, "help")
    await told(harness, channel, ts, "I understand")
    await acked(harness.slack, 2)
    assert await heard(harness, channel, ts) == 1
    assert len(harness.thread(channel, ts)) == 1


async def test_a_message_delivered_again_is_heard_once(door: Harness) -> None:
    ts = await door.ask(TRANSFER)
    payload = (await acked(door.slack))[0].payload
    again = copy.deepcopy(payload) | {"event_id": "Ev0ANOTHER"}
    for one in (payload, again, payload):
        assert (await door.slack.deliver("events_api", one)).acked
    await heard_often(door, ts, 4)
    assert (await door.approve(await door.card())).acked
    await told(door, GENERAL, ts, "Moved 250.00 EUR")
    await door.slack.say(ALICE, GENERAL, "<@U0BOT> balance of checking", ts)
    await told(door, GENERAL, ts, "checking holds 9,750.00 EUR")
    await told(door, GENERAL, ts, "Moved 250.00 EUR")
    assert len(door.cards()) == 1


async def test_a_message_is_delivered_again_until_temporal_is_back_and_heard_once(web_cut: CutOff) -> None:
    harness, cable = web_cut
    await cable.cut()
    ts = await harness.ask("balance of checking")
    first = await eventually(lambda: harness.slack.deliveries[0] if harness.slack.deliveries else None)
    assert (first.delivery.acked, first.delivery.status) == (False, 503)
    await cable.mend()
    await told(harness, GENERAL, ts, "checking holds")
    assert await heard(harness, GENERAL, ts) == 1
    retries = [one.retry.number for one in harness.slack.deliveries if one.retry]
    assert retries == [1]


async def test_a_message_is_not_acknowledged_by_socket_while_temporal_is_away(socket_cut: CutOff) -> None:
    harness, cable = socket_cut
    await cable.cut()
    await harness.ask("balance of checking")
    lost = await eventually(lambda: harness.slack.deliveries[0] if harness.slack.deliveries else None)
    assert not lost.delivery.acked
    await cable.mend()
    assert (await harness.slack.deliver("events_api", lost.payload)).acked
    await eventually(lambda: "checking holds" in everything(harness.messages(GENERAL)))


async def test_hostile_words_notify_nobody_and_unfurl_nothing(harness: Harness) -> None:
    """From the request to the card, the word to the requester, the outcome, the reply and a refusal."""
    ts = await harness.ask(f"{HOSTILE} transfer 250 from nowhere to savings")
    card = await harness.card()
    assert (await harness.approve(card, ALICE)).acked
    await eventually(lambda: harness.whispers(ALICE))
    assert (await harness.approve(card)).acked
    await harness.reply(GENERAL, ts, "There is no account named")
    await eventually(lambda: harness.messages(OUTCOMES))
    said = everywhere(harness)
    assert len(said) == 6
    assert {user for message in said for user in message.notified} <= {ALICE, BOB}
    assert {user for message in said for user in message.notified if message.channel == APPROVALS} <= {
        ALICE,
        BOB,
    }
    assert [message.unfurled for message in said] == [[]] * len(said)
    assert "\u202e" not in everything(said)
    assert "\\u202e" not in everything(said)


async def test_hostile_words_that_ask_for_nothing_are_answered_without_notifying_anybody(
    harness: Harness,
) -> None:
    await harness.ask(HOSTILE)
    said = await eventually(lambda: everywhere(harness) or None)
    assert [message.notified for message in said] == [[]]


async def test_two_messages_at_once_are_answered_one_after_the_other(harness: Harness) -> None:
    ts = await harness.ask("balance of checking")
    await told(harness, GENERAL, ts, "checking holds")
    await asyncio.gather(
        harness.slack.say(ALICE, GENERAL, "<@U0BOT> balance of payroll", ts),
        harness.slack.say(BOB, GENERAL, "<@U0BOT> balance of savings", ts),
    )
    await told(harness, GENERAL, ts, "payroll holds")
    await told(harness, GENERAL, ts, "savings holds")
    await heard_often(harness, ts, 3)


async def test_a_conversation_is_limited_as_the_settings_say(
    slack: Standin, client: Client, settings: Settings
) -> None:
    strict = listen_on(slack, settings.model_copy(update={"countersign_messages_a_day": 1}))
    async with open_bot(slack, strict, client, client) as harness:
        ts = await harness.ask("balance of checking")
        await told(harness, GENERAL, ts, "checking holds")
        await slack.say(ALICE, GENERAL, "<@U0BOT> balance of savings", ts)
        await told(harness, GENERAL, ts, "1 message answered in a day")


@pytest.mark.parametrize("direct", [True, False])
async def test_a_text_file_is_read_and_another_is_named_as_not_read(
    door: Harness,
    direct: bool,  # noqa: FBT001 - parametrized
) -> None:
    channel = door.slack.direct(ALICE) if direct else GENERAL
    text = File("wish.txt", 19, content=b"balance of checking")
    picture = File("a.png", 3, mimetype="image/png", content=b"png")
    ts = await door.slack.say(ALICE, channel, "read", files=[text, picture])
    reply = await door.reply(channel, ts, "checking holds")
    assert "I have not read a.png: it is no text but image/png." in reply
    assert "wish.txt" not in reply
