"""Messages that must be there once: found again by their own label, and by nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.blocks import words
from activities.cards import Rendered
from activities.messages import EVENT_TYPE, MessageBoard
from activities.webapi import WebApi
from bot.clients import build_client
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.server import Standin
from tests.harness import ALICE, APPROVALS, BOB, GENERAL

LABEL = {"id": "approval-1", "key": "card"}


def said(text: str) -> Rendered:
    return Rendered(text, words(text))


@pytest.fixture
async def board(slack: Standin, settings: Settings) -> MessageBoard:
    """What the bot says in the stand-in's workspace."""
    return MessageBoard(WebApi(build_client(settings)))


@pytest.fixture
def since() -> datetime:
    """A moment before everything that the test posts."""
    return datetime.now(UTC)


def messages(slack: Standin, channel: str = APPROVALS) -> list[Message]:
    return slack.workspace.rooms[channel].messages


def plant(slack: Standin, author: str, label: dict[str, str], channel: str = APPROVALS) -> Message:
    """A message of somebody else's, with a label as if it were ours."""
    workspace = slack.workspace
    message = workspace.draft(workspace.user(author), workspace.room(channel), "Approved!", [])
    message.metadata = {"event_type": EVENT_TYPE, "event_payload": label}
    return workspace.post(message, {})


async def test_a_message_carries_its_label_and_unfurls_nothing(slack: Standin, board: MessageBoard) -> None:
    ref = await board.post_once(APPROVALS, None, said("see https://evil.example/a.png"), LABEL, None)
    message = messages(slack)[0]
    assert (message.ts, message.channel) == (ref.ts, ref.channel_id)
    assert message.metadata == {"event_type": EVENT_TYPE, "event_payload": LABEL}
    assert message.unfurled == []


async def test_a_first_try_does_not_look_around(slack: Standin, board: MessageBoard) -> None:
    await board.post_once(APPROVALS, None, said("one"), LABEL, None)
    assert [call.method for call in slack.calls] == ["chat.postMessage"]


async def test_a_retry_finds_the_message_and_rewrites_it(
    slack: Standin, board: MessageBoard, since: datetime
) -> None:
    first = await board.post_once(APPROVALS, None, said("one"), LABEL, None)
    again = await board.post_once(APPROVALS, None, said("two"), LABEL, since)
    assert again == first
    assert [message.text for message in messages(slack)] == ["two"]


async def test_a_retry_posts_what_is_not_there(slack: Standin, board: MessageBoard, since: datetime) -> None:
    await board.post_once(APPROVALS, None, said("one"), LABEL, since)
    assert [message.text for message in messages(slack)] == ["one"]


@pytest.mark.parametrize(
    "other",
    [
        {"id": "approval-2", "key": "card"},
        {"id": "approval-1", "key": "asked"},
        {"id": "approval-11", "key": "card"},
        {"id": "approval-1"},
        {"id": "approval-1", "key": "card", "more": "x"},
    ],
    ids=str,
)
async def test_another_label_is_not_mistaken_for_ours(
    slack: Standin, board: MessageBoard, since: datetime, other: dict[str, str]
) -> None:
    await board.post_once(APPROVALS, None, said("theirs"), other, None)
    await board.post_once(APPROVALS, None, said("ours"), LABEL, since)
    assert [message.text for message in messages(slack)] == ["theirs", "ours"]


@pytest.mark.parametrize("author", ["U0OTHERBOT", ALICE])
async def test_our_label_on_somebody_elses_message_is_not_mistaken_for_ours(
    slack: Standin, board: MessageBoard, since: datetime, author: str
) -> None:
    """A label is no secret: its id is printed on the card."""
    plant(slack, author, LABEL)
    await board.post_once(APPROVALS, None, said("ours"), LABEL, since)
    assert [message.text for message in messages(slack)] == ["Approved!", "ours"]


async def test_a_reply_is_looked_for_in_its_thread(
    slack: Standin, board: MessageBoard, since: datetime
) -> None:
    ts = await slack.say(ALICE, GENERAL, "hello")
    other = await slack.say(BOB, GENERAL, "hello")
    await board.post_once(GENERAL, other, said("elsewhere"), LABEL, None)
    first = await board.post_once(GENERAL, ts, said("one"), LABEL, since)
    again = await board.post_once(GENERAL, ts, said("two"), LABEL, since)
    assert first == again
    assert [message.text for message in slack.workspace.rooms[GENERAL].thread(ts)] == ["two"]


async def test_a_message_is_found_on_a_later_page(
    slack: Standin, board: MessageBoard, since: datetime
) -> None:
    await board.post_once(APPROVALS, None, said("one"), LABEL, None)
    for number in range(450):
        await slack.say(BOB, APPROVALS, f"chatter {number}", mention=False)
    await board.post_once(APPROVALS, None, said("two"), LABEL, since)
    assert [message.text for message in messages(slack) if message.bot_id] == ["two"]
    assert sum(call.method == "conversations.history" for call in slack.calls) == 3


async def test_our_clock_may_be_a_little_ahead(slack: Standin, board: MessageBoard, since: datetime) -> None:
    await board.post_once(APPROVALS, None, said("one"), LABEL, None)
    await board.post_once(APPROVALS, None, said("two"), LABEL, since + timedelta(minutes=4))
    assert [message.text for message in messages(slack)] == ["two"]


async def test_a_lost_answer_leaves_one_message(slack: Standin, board: MessageBoard, since: datetime) -> None:
    slack.faults.add("chat.postMessage", "lost")
    with pytest.raises(ApplicationError, match="could not be reached") as caught:
        await board.post_once(APPROVALS, None, said("one"), LABEL, None)
    assert not caught.value.non_retryable
    await board.post_once(APPROVALS, None, said("two"), LABEL, since)
    assert [message.text for message in messages(slack)] == ["two"]


async def test_a_deleted_message_cannot_be_rewritten(slack: Standin, board: MessageBoard) -> None:
    ref = await board.post_once(APPROVALS, None, said("one"), LABEL, None)
    slack.workspace.delete(messages(slack)[0])
    with pytest.raises(ApplicationError) as caught:
        await board.rewrite(ref, said("two"))
    assert (caught.value.type, caught.value.non_retryable) == ("message_not_found", True)


async def test_one_person_is_written_to_directly(slack: Standin, board: MessageBoard) -> None:
    await board.send_direct(ALICE, "for you only")
    await board.send_direct(ALICE, "and again")
    assert [one.text for one in messages(slack, slack.direct(ALICE))] == ["for you only", "and again"]


async def test_a_persons_id_means_the_direct_messages_with_them(slack: Standin, board: MessageBoard) -> None:
    ref = await board.post_once(ALICE, None, said("for you"), LABEL, None)
    message = messages(slack, slack.direct(ALICE))[0]
    assert (ref.channel_id, ref.ts) == (slack.direct(ALICE), message.ts)
    assert message.text == "for you"
    assert message.metadata == {"event_type": EVENT_TYPE, "event_payload": LABEL}


async def test_the_id_of_a_person_in_a_grid_means_the_same(slack: Standin, board: MessageBoard) -> None:
    users = slack.workspace.users
    users["W0ALICE"] = users[ALICE].model_copy(update={"id": "W0ALICE"})
    await board.post_once("W0ALICE", None, said("for you"), LABEL, None)
    assert [call.method for call in slack.calls] == ["conversations.open", "chat.postMessage"]


async def test_a_direct_message_is_found_again(slack: Standin, board: MessageBoard, since: datetime) -> None:
    slack.faults.add("chat.postMessage", "lost")
    with pytest.raises(ApplicationError, match="could not be reached"):
        await board.post_once(ALICE, None, said("one"), LABEL, None)
    ref = await board.post_once(ALICE, None, said("two"), LABEL, since)
    assert [(one.ts, one.text) for one in messages(slack, slack.direct(ALICE))] == [(ref.ts, "two")]


async def test_a_reply_in_direct_messages_is_found_again(
    slack: Standin, board: MessageBoard, since: datetime
) -> None:
    card = await board.post_once(ALICE, None, said("card"), LABEL, None)
    label = {**LABEL, "key": "reminder-1"}
    for text in ("one", "two"):
        await board.post_once(ALICE, card.ts, said(text), label, since)
    assert [one.text for one in messages(slack, slack.direct(ALICE))] == ["card", "two"]


async def test_a_bot_cannot_be_written_to(slack: Standin, board: MessageBoard) -> None:
    with pytest.raises(ApplicationError) as caught:
        await board.post_once("U0OTHERBOT", None, said("hello"), LABEL, None)
    assert (caught.value.type, caught.value.non_retryable) == ("cannot_dm_bot", True)
