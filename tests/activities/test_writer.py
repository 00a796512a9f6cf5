"""The writer: what a model says is seen while it says it, and leaves either the reply's first part behind or nothing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest

from activities import writer as module
from activities.cards import render_reply
from activities.messages import TAKEN_BACK
from activities.pace import Pace
from activities.pens import DRAFT, SHOWN, StreamPen
from activities.webapi import WebApi
from activities.writer import GRACE, Desk, Writer
from bot.clients import build_client
from bot.settings import Settings
from bot.standin.faults import Kind
from bot.standin.message import Message
from bot.standin.server import Standin
from tests.activities.drafting import begin_draft
from tests.harness import GENERAL, eventually
from workflows.contracts import MessageRef
from workflows.talk import Draft

NO_STREAMS = "channel_type_not_supported"


@pytest.fixture
def desk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose pens are as quick as can be."""
    monkeypatch.setattr("activities.pens.EDIT_INTERVAL", 0.0)
    monkeypatch.setattr("activities.pens.START_INTERVAL", 0.0)
    monkeypatch.setattr("activities.pens.STREAM_INTERVAL", 0.0)
    return Desk(WebApi(build_client(settings)))


@pytest.fixture
async def draft(slack: Standin) -> Draft:
    return await begin_draft(slack)


@pytest.fixture(params=["streams", "edits"])
def kind(request: pytest.FixtureRequest, slack: Standin) -> str:
    """With Slack's streaming, and without."""
    if request.param == "edits":
        slack.faults.add("chat.startStream", "error", error=NO_STREAMS, times=100)
    return str(request.param)


class Wanted:
    """Whether anybody still waits for it, as a test says."""

    def __init__(self) -> None:
        self.asked, self.no = 0, False

    async def __call__(self) -> bool:
        self.asked += 1
        return not self.no


@pytest.fixture
def wanted() -> Wanted:
    return Wanted()


@asynccontextmanager
async def speaking(desk: Desk, draft: Draft, wanted: Wanted, patience: float = 0.0) -> AsyncGenerator[Writer]:
    writer = Writer(desk, draft, wanted, patience)
    yield writer
    await writer.take_back()


def own(slack: Standin) -> list[Message]:
    """What the bot has said."""
    return [one for one in slack.workspace.rooms[GENERAL].messages if one.bot_id]


def shown(slack: Standin) -> str:
    """All of it, in words."""
    sections = [section for one in own(slack) for block in one.blocks for section in block["elements"]]
    return " ".join(part["text"] for section in sections for part in section["elements"])


async def seen(slack: Standin, text: str) -> None:
    await eventually(lambda: shown(slack) == text or None)


def methods(slack: Standin) -> list[str]:
    return [call.method for call in slack.calls if call.method != "auth.test"]


async def test_words_are_seen_as_they_are_said_and_become_the_reply(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, kind: str
) -> None:
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await seen(slack, "One." if kind == "streams" else "One. ")
        writer.add("Two. ")
        await seen(slack, "One. Two." if kind == "streams" else "One. Two. ")
        writer.add("Three.")
        await writer.finish()
        found = await desk.board.find_keys(GENERAL, draft.thread.thread_ts, draft.key, draft.asked_at)
        assert [key for key, _ in found] == [SHOWN]
        assert len(own(slack)) == 1


async def test_what_is_said_at_once_is_not_shown_before(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    async with speaking(desk, draft, wanted, patience=60.0) as writer:
        writer.add("All of it. ")
        await writer.finish()
    assert (methods(slack), wanted.asked) == ([], 0)


@pytest.mark.usefixtures("kind")
async def test_what_was_no_reply_is_taken_back(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    async with speaking(desk, draft, wanted) as writer:
        writer.add("I will look. ")
        await eventually(lambda: own(slack))
        await writer.take_back()
    assert own(slack) == []


async def test_where_slack_has_no_streams_it_is_asked_once(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    slack.faults.add("chat.startStream", "error", error=NO_STREAMS, times=100)
    for key in ("event-1", "event-2"):
        async with speaking(desk, await begin_draft(slack, key), wanted) as writer:
            writer.add("One. ")
            await eventually(lambda: own(slack))
            await writer.take_back()
    assert methods(slack).count("chat.startStream") == 1
    assert draft.key == "event-1"


async def test_an_answer_that_was_lost_leaves_nothing_behind(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    """Slack has started the stream, and its worker does not know of it."""
    slack.faults.add("chat.startStream", "lost")
    async with speaking(desk, draft, wanted) as writer:
        writer.add("I will look. ")
        await eventually(lambda: own(slack))
        writer.add("And look. ")
        await writer.take_back()
    assert own(slack) == []
    assert methods(slack).count("chat.startStream") == 1


async def test_a_lost_one_is_found_by_its_label_afterwards(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    slack.faults.add("chat.startStream", "lost")
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await eventually(lambda: own(slack))
        await writer.finish()
        found = await desk.board.find_keys(GENERAL, draft.thread.thread_ts, draft.key, draft.asked_at)
        assert [key for key, _ in found] == [DRAFT]


@pytest.mark.parametrize("end", ["killed", "finished"])
@pytest.mark.usefixtures("kind")
async def test_what_a_dead_worker_has_left_is_taken_away_first(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, end: str
) -> None:
    dead = Writer(desk, draft, wanted, 0.0)
    dead.add("One. ")
    await eventually(lambda: own(slack))
    await (dead.finish() if end == "finished" else asyncio.sleep(0))
    await Writer(desk, draft, wanted, 0.0).clear()
    assert own(slack) == []
    dead.add("Two. ")  # it is not dead after all, and finds nothing that it could write on
    await dead.finish()
    assert own(slack) == []


async def test_nothing_else_of_the_same_message_is_taken_away(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    """What was said when the message came in bears its id, too."""
    label = {"id": draft.key, "key": "aside"}
    await desk.board.post(GENERAL, draft.thread.thread_ts, render_reply("Later.")[0], label)
    await Writer(desk, draft, wanted, 0.0).clear()
    assert shown(slack) == "Later."


async def test_a_writer_that_was_given_up_takes_no_reply_away(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    """It has lost its stream, and hears of its end only when somebody else has replied already."""
    slack.faults.add("chat.startStream", "http_500")
    writer = Writer(desk, draft, wanted, 0.0)
    writer.add("One. ")
    await eventually(lambda: methods(slack)[-1:] == ["chat.startStream"] or None)
    label = {"id": draft.key, "key": "part-0"}
    await desk.board.post(GENERAL, draft.thread.thread_ts, render_reply("The reply.")[0], label)
    wanted.no = True
    await writer.take_back()
    await Writer(desk, draft, wanted, 0.0).clear()
    assert shown(slack) == "The reply."


@pytest.mark.parametrize("error", ["compliance_exports_prevent_deletion", "cant_delete_message"])
@pytest.mark.usefixtures("kind")
async def test_where_nothing_may_be_deleted_its_words_are_taken_back(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, error: str
) -> None:
    slack.faults.add("chat.delete", "error", error=error, times=100)
    async with speaking(desk, draft, wanted) as writer:
        writer.add("I will look. ")
        await eventually(lambda: own(slack))
        await writer.take_back()
    assert shown(slack) == TAKEN_BACK


@pytest.mark.usefixtures("kind")
async def test_two_who_take_away_the_same_do_not_mind(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        (message,) = await eventually(lambda: own(slack))
        place = MessageRef(channel_id=GENERAL, ts=message.ts)
        await asyncio.gather(desk.board.erase(place), desk.board.erase(place))
    assert own(slack) == []


async def test_an_edit_that_comes_too_late_finds_no_message(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack carries it out when the reply is there already, and must not write over that."""
    monkeypatch.setattr(module, "GRACE", 0.2)
    slack.faults.add("chat.startStream", "error", error=NO_STREAMS)
    writer = Writer(desk, draft, wanted, 0.0)
    writer.add("One. ")
    await eventually(lambda: own(slack))
    slack.faults.add("chat.update", "slow", seconds=1.0)
    writer.add("Two. ")
    await eventually(lambda: slack.faults.left("chat.update") == 0 or None)
    await writer.finish()
    assert own(slack) == []
    await eventually(lambda: [one for one in slack.calls if one.method == "chat.update" and not one.ok])


async def test_a_start_that_comes_too_late_is_taken_back_when_it_has_come(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.2)
    slack.faults.add("chat.startStream", "slow", seconds=1.0)
    writer = Writer(desk, draft, wanted, 0.0)
    writer.add("One. ")
    await eventually(lambda: slack.faults.left("chat.startStream") == 0 or None)
    await writer.finish()
    assert "chat.startStream" not in methods(slack)
    monkeypatch.setattr(module, "GRACE", 5.0)
    await eventually(lambda: [one for one in slack.calls if one.method == "chat.delete" and one.ok])
    assert own(slack) == []


async def test_a_draft_grows_only_as_often_as_slack_takes_it(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StreamPen, "most", 2)
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await seen(slack, "One.")
        writer.add("Two. ")
        await seen(slack, "One. Two.")
        keeping = writer._keeping  # pyright: ignore[reportPrivateUsage] - nothing else tells that it has ended
        await eventually(lambda: keeping and keeping.done())
        writer.add("Three. ")
        await writer.finish()
    assert methods(slack).count("chat.appendStream") == 1


async def test_where_nothing_could_be_found_again_nothing_is_shown(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    slack.faults.add("conversations.replies", "error", error="missing_scope", times=100)
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await eventually(lambda: methods(slack))
        await writer.finish()
    assert methods(slack) == ["conversations.replies"]


async def test_more_than_the_first_message_holds_is_not_edited_again(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    slack.faults.add("chat.startStream", "error", error=NO_STREAMS)
    async with speaking(desk, draft, wanted) as writer:
        writer.add("word " * 2_000)
        await eventually(lambda: own(slack))
        for _ in range(5):
            writer.add("more ")
            await asyncio.sleep(0.02)
    assert "chat.update" not in methods(slack)


async def test_whatever_goes_wrong_is_not_the_model_s_failure(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = list[str]()

    async def fail(*_: object) -> None:
        reached.append("finish")
        raise KeyError

    monkeypatch.setattr(StreamPen, "finish", fail)
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await eventually(lambda: own(slack))
        await writer.finish()
    assert reached == ["finish"]


async def test_one_who_is_cancelled_ends_so_and_takes_it_back(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    async def speak() -> None:
        async with AsyncExitStack() as stack:
            writer = Writer(desk, draft, wanted, 0.0)
            stack.push_async_callback(writer.take_back)
            writer.add("One. ")
            await asyncio.sleep(60.0)

    task = asyncio.create_task(speak())
    await eventually(lambda: own(slack))
    task.cancel()
    await asyncio.wait({task})
    assert (task.cancelled(), own(slack)) == (True, [])


async def test_those_who_do_not_wait_for_their_turn_hold_nobody_up() -> None:
    pace = Pace(5.0)
    await pace.take_turn()
    waiting = [asyncio.create_task(pace.take_turn()) for _ in range(20)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    loop = asyncio.get_running_loop()
    pace.hold(timedelta(seconds=5.1))
    assert pace.free_at - loop.time() < 6.0


async def test_what_nobody_waits_for_any_more_is_not_written(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    wanted.no = True
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await eventually(lambda: wanted.asked)
        await writer.finish()
    assert methods(slack) == []


@pytest.mark.usefixtures("kind")
async def test_what_nobody_waits_for_at_its_end_is_taken_back(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await eventually(lambda: own(slack))
        wanted.no = True
        await writer.finish()
        assert own(slack) == []


@pytest.mark.parametrize("fault", ["error", "http_500", "ratelimited"])
async def test_a_slack_in_trouble_fails_nothing(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, fault: Kind
) -> None:
    for method in ("chat.startStream", "chat.postMessage"):
        slack.faults.add(method, fault, times=100)
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await eventually(lambda: methods(slack))
        await writer.finish()
    assert own(slack) == []


async def test_more_than_slack_takes_waits_for_its_time_and_is_written_then(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    slack.faults.add("chat.startStream", "ratelimited", seconds=1.0)
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await seen(slack, "One.")
    assert methods(slack).count("chat.startStream") == 2


async def test_an_addition_that_fails_is_made_up_for(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await seen(slack, "One.")
        slack.faults.add("chat.appendStream", "http_500")
        writer.add("Two. ")
        await seen(slack, "One. Two.")


async def test_a_slack_that_hangs_holds_no_answer_up_for_long(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.2)
    loop = asyncio.get_running_loop()
    slack.faults.add("chat.startStream", "slow", seconds=30.0)
    writer = Writer(desk, draft, wanted, 0.0)
    writer.add("One. ")
    await eventually(lambda: slack.faults.left("chat.startStream") == 0 or None)
    begun = loop.time()
    await writer.finish()
    assert loop.time() - begun < GRACE
