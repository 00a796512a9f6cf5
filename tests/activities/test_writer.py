"""The writer: what a model says is seen while it says it, and leaves either the reply's first part behind or nothing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from activities import writer as module
from activities.pens import DRAFT, FIRST
from activities.webapi import WebApi
from activities.writer import GRACE, Desk, Writer
from bot.clients import build_client
from bot.settings import Settings
from bot.standin.faults import Kind
from bot.standin.message import Message
from bot.standin.server import Standin
from tests.activities.drafting import begin_draft
from tests.harness import GENERAL, eventually
from workflows.talk import Draft

NO_STREAMS = "channel_type_not_supported"


@pytest.fixture
def desk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose pens are as quick as can be."""
    monkeypatch.setattr("activities.pens.EDIT_INTERVAL", 0.0)
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
        assert list(found) == [FIRST]
        assert len(own(slack)) == 1


async def test_what_is_said_at_once_is_not_shown_before(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    async with speaking(desk, draft, wanted, patience=60.0) as writer:
        writer.add("All of it. ")
        await writer.finish()
    assert (methods(slack), wanted.asked) == ([], 0)


async def test_what_was_no_reply_is_taken_back(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, kind: str
) -> None:
    async with speaking(desk, draft, wanted) as writer:
        writer.add("I will look. ")
        await eventually(lambda: own(slack))
        await writer.take_back()
    assert own(slack) == []
    assert kind in {"streams", "edits"}


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
        assert list(found) == [DRAFT]


async def test_what_a_dead_worker_has_left_is_taken_away_first(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, kind: str
) -> None:
    dead = Writer(desk, draft, wanted, 0.0)
    dead.add("One. ")
    await eventually(lambda: own(slack))
    async with speaking(desk, draft, wanted) as writer:
        await writer.begin_anew()
        assert own(slack) == []
        writer.add("Anew. ")
        await seen(slack, "Anew." if kind == "streams" else "Anew. ")
        dead.add("Two. ")  # it is not dead after all, and finds nothing that it could write on
        await dead.finish()
        assert [one for one in own(slack) if "Two" in str(one.blocks)] == []


async def test_what_nobody_waits_for_any_more_is_not_written(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted
) -> None:
    wanted.no = True
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await eventually(lambda: wanted.asked)
        await writer.finish()
    assert methods(slack) == []


async def test_what_nobody_waits_for_at_its_end_is_taken_back(
    slack: Standin, desk: Desk, draft: Draft, wanted: Wanted, kind: str
) -> None:
    async with speaking(desk, draft, wanted) as writer:
        writer.add("One. ")
        await eventually(lambda: own(slack))
        wanted.no = True
        await writer.finish()
        assert own(slack) == []
        assert kind in {"streams", "edits"}


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
