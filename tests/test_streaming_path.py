"""A reply is seen while it is still being said, and afterwards the thread is what it would be without that."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from agents import ModelResponse
from agents.items import TResponseStreamEvent
from openai import APIConnectionError
from temporalio.envconfig import ClientConfigProfile

from activities.asides import LATER
from activities.cards import render_reply
from activities.messages import EVENT_TYPE, TAKEN_BACK
from activities.pens import DRAFT, SHOWN
from bot.models import NamedProvider, build_provider
from bot.settings import Settings
from bot.standin.message import Message
from bot.standin.model import EXPLANATION
from bot.standin.server import Standin
from bot.temporal import connect_server
from bot.testing.kit import is_agents
from bot.worker import build_plugin
from tests.harness import BOB, GENERAL, Harness, eventually, make_settings, open_harness
from tests.kills import Role, alive, make_environment
from tests.workflows.ports import TapedModel, transfer

SPEECH = (
    "This is <!channel> the first *sentence*. " + "And on it goes, word by word. " * 8 + "This is the end."
)
PATIENCE = 60.0
"""Temporal makes a dead worker's model call again after 15 s; the machine may be busy."""


@dataclass
class Speaker(TapedModel):
    """A model that takes its time; it can say something before it calls tools, and break off in the middle of a word."""

    word_seconds: float = 0.05
    before: str = ""
    breaks: int = 0
    ended: int = 0

    async def get_response(self, *words: Any, **others: Any) -> ModelResponse:
        answer = await super().get_response(*words, **others)
        if self.before:
            answer.output.insert(0, self._say(self.before))
            self.before = ""
        return answer

    async def stream_response(self, *args: Any, **more: Any) -> AsyncIterator[TResponseStreamEvent]:
        said = list(self.tape)
        try:
            async for event in super().stream_response(*args, **more):
                yield event
                if self.breaks and "word" in str(getattr(event, "delta", "")):
                    self.breaks, self.tape = self.breaks - 1, said
                    await asyncio.sleep(1.5)  # long enough for what was said to be seen
                    raise APIConnectionError(request=cast(Any, None))
        finally:
            self.ended += 1


@dataclass
class Talk:
    """All of it at work, and a model that is heard."""

    harness: Harness
    model: Speaker

    def own(self, thread: str) -> list[Message]:
        """What the agent shows of its own words in a thread: neither cards nor what is told of them."""
        messages = (one for one in self.harness.messages(GENERAL) if one.thread_ts == thread and one.bot_id)
        return [one for one in messages if is_agents(one) or not one.metadata or is_draft(one)]

    def words(self, thread: str) -> str:
        return "\n".join(write(one) for one in self.own(thread))

    async def said(self, thread: str, text: str) -> None:
        """Once that much of it can be seen."""
        await eventually(lambda: text in self.words(thread) or None)


def is_draft(message: Message) -> bool:
    return bool((message.metadata or {}).get("event_payload", {}).get("key") in {DRAFT, SHOWN})


def write(message: Message) -> str:
    sections = [section for block in message.blocks for section in block["elements"]]
    return " ".join(part.get("text", "") for section in sections for part in section["elements"])


@pytest.fixture(params=["streams", "edits"])
def kind(request: pytest.FixtureRequest, slack: Standin) -> str:
    if request.param == "edits":
        slack.faults.add("chat.startStream", "error", error="channel_type_not_supported", times=1_000)
    return str(request.param)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model is asked once."""
    monkeypatch.setattr("bot.worker.MODEL_ATTEMPTS", 1)


@pytest.fixture
async def talk(slack: Standin, settings: Settings, temporal_address: str) -> AsyncGenerator[Talk]:
    model = Speaker()
    profile = ClientConfigProfile(address=temporal_address)
    client = await connect_server(profile, [build_plugin(NamedProvider(model))])
    async with open_harness(slack, client, settings) as harness:
        yield Talk(harness, model)


async def check_end(talk: Talk, thread: str, *texts: str) -> None:
    """The thread has exactly these words of the agent's, each message as it would be without having been seen before."""
    await eventually(lambda: talk.words(thread).split("\n") == [*texts] or None)
    await eventually(lambda: all(is_agents(one) for one in talk.own(thread)) or None)
    (message, *_) = own = talk.own(thread)
    assert [one.metadata["event_payload"]["key"] for one in own if one.metadata] == ["part-0"] * len(texts)
    assert message.metadata
    assert message.metadata["event_type"] == EVENT_TYPE
    assert message.text == render_reply(texts[0])[0].text
    assert [block["type"] for block in message.blocks] == ["rich_text"]
    assert [name for one in own for name in one.notified] == []
    assert [one for one in own if one.streamed_at] == []
    await eventually(lambda: talk.harness.slack.workspace.statuses == {} or None)


async def test_words_are_seen_while_they_are_said(talk: Talk, kind: str) -> None:
    talk.model.tape = [SPEECH]
    thread = await talk.harness.ask("hello")
    await talk.said(thread, "<!channel> the first *sentence*.")
    assert "the end" not in talk.words(thread)
    await check_end(talk, thread, SPEECH)
    methods = [call.method for call in talk.harness.slack.calls if call.ok]
    assert methods.count("chat.startStream") == (kind == "streams")
    assert methods.count("chat.postMessage") == (kind == "edits")


async def test_without_it_the_thread_ends_the_same(talk: Talk) -> None:
    talk.model.tape, talk.model.word_seconds = [SPEECH], 0.0
    thread = await talk.harness.ask("hello")
    await check_end(talk, thread, SPEECH)
    calls = [call.method for call in talk.harness.slack.calls]
    assert calls.count("chat.postMessage") == 1
    assert not {"chat.startStream", "chat.update", "conversations.replies"} & set(calls)


@pytest.mark.usefixtures("kind")
async def test_what_is_called_off_is_heard_no_more(talk: Talk) -> None:
    talk.model.tape = [SPEECH * 3]
    thread = await talk.harness.ask("hello")
    await talk.said(thread, "the first *sentence*.")
    await talk.harness.slack.say("U0ALICE", GENERAL, "<@U0BOT> never mind", thread)
    stopped = "Cancelled, as you asked; I have stopped. Nothing was done."
    await talk.said(thread, stopped)
    await eventually(lambda: talk.model.ended, PATIENCE)
    await check_end(talk, thread, stopped)


async def test_a_stream_that_never_began_takes_nothing_else_with_it(talk: Talk) -> None:
    slack = talk.harness.slack
    slack.faults.add("chat.startStream", "http_500")
    talk.model.tape = [SPEECH * 2]
    thread = await talk.harness.ask("hello")
    await eventually(lambda: slack.faults.left("chat.startStream") == 0 or None)
    await slack.say("U0ALICE", GENERAL, "<@U0BOT> never mind", thread)
    await eventually(lambda: talk.model.ended, PATIENCE)
    await check_end(talk, thread, "Cancelled, as you asked; I have stopped. Nothing was done.")


async def test_where_slack_keeps_every_message_the_reply_comes_all_the_same(talk: Talk) -> None:
    slack = talk.harness.slack
    slack.faults.add("chat.delete", "error", error="compliance_exports_prevent_deletion", times=1_000)
    slack.faults.add("chat.stopStream", "error", error="internal_error")
    talk.model.tape = [SPEECH]
    thread = await talk.harness.ask("hello")
    await talk.said(thread, "the first *sentence*.")
    await eventually(lambda: talk.words(thread) == f"{TAKEN_BACK}\n{SPEECH}" or None)


async def test_where_streams_end_too_often_the_reply_does_not_wait_for_that(talk: Talk) -> None:
    talk.harness.slack.faults.add("chat.stopStream", "ratelimited", times=2, seconds=1.0)
    talk.model.tape = [SPEECH]
    thread = await talk.harness.ask("hello")
    await check_end(talk, thread, SPEECH)


async def test_what_was_said_of_a_message_stays_when_its_model_breaks_off(talk: Talk) -> None:
    talk.model.tape, talk.model.word_seconds = [[transfer(5)], "Moved.", SPEECH], 0.0
    thread = await talk.harness.ask("transfer 5")
    card = await talk.harness.card()
    await talk.harness.slack.say("U0ALICE", GENERAL, "<@U0BOT> and tomorrow?", thread)
    later = await eventually(lambda: [one for one in talk.harness.thread(GENERAL, thread) if LATER in one])
    talk.model.breaks, talk.model.word_seconds = 1, 0.05
    await talk.harness.approve(card, BOB)
    await talk.said(thread, "This is the end.")
    assert len(talk.model.heard) == 4
    assert [one for one in talk.harness.thread(GENERAL, thread) if LATER in one] == later


@pytest.mark.usefixtures("kind")
async def test_a_model_that_breaks_off_is_asked_anew(talk: Talk) -> None:
    talk.model.tape, talk.model.breaks = [SPEECH], 1
    thread = await talk.harness.ask("hello")
    await check_end(talk, thread, SPEECH)
    assert len(talk.model.heard) == 2


@pytest.mark.usefixtures("impatient")
async def test_a_model_that_never_ends_leaves_its_failure_only(talk: Talk) -> None:
    talk.model.tape, talk.model.breaks = [SPEECH], 1
    thread = await talk.harness.ask("hello")
    await talk.said(thread, "the first *sentence*.")
    await eventually(lambda: "I could not finish this" in talk.words(thread) or None, PATIENCE)
    assert "the first" not in talk.words(thread)
    assert len(talk.own(thread)) == 1


@pytest.mark.usefixtures("kind")
async def test_what_is_said_before_a_tool_is_called_does_not_stay(talk: Talk) -> None:
    """It would stand above all that came of the call, and would not be there had it been said faster."""
    talk.model.tape, talk.model.before = [[transfer(5)], "Moved."], SPEECH
    thread = await talk.harness.ask("transfer 5")
    await talk.said(thread, "the first *sentence*.")
    card = await talk.harness.card()
    await eventually(lambda: not talk.own(thread))
    await talk.harness.approve(card, BOB)
    await check_end(talk, thread, "Moved.")
    last = [one for one in talk.harness.messages(GENERAL) if one.thread_ts == thread][-1]
    assert write(last) == "Moved."


@pytest.mark.usefixtures("kind")
async def test_more_than_one_message_holds_is_there_in_the_end(talk: Talk) -> None:
    line = "A line of words that goes on until here.\n"
    talk.model.tape, talk.model.word_seconds = [line * 300], 0.0005
    thread = await talk.harness.ask("hello")
    pages = [page.text for page in render_reply(line * 300)]
    await eventually(lambda: [one.text for one in talk.own(thread)] == pages or None)
    assert len(pages) > 1
    labels = [one.metadata["event_payload"]["key"] for one in talk.own(thread) if one.metadata]
    assert labels == ["part-0", "part-1"]


@pytest.mark.parametrize("moment", ["begun", "grown", "finished"])
async def test_a_worker_that_is_killed_meanwhile_leaves_one_reply(
    slack: Standin, tmp_path: Path, temporal_address: str, moment: str
) -> None:
    settings = make_settings(slack, tmp_path)
    role = Role("worker", tmp_path, make_environment(slack, tmp_path, TEMPORAL_ADDRESS=temporal_address))
    profile = ClientConfigProfile(address=temporal_address)
    client = await connect_server(profile, [build_plugin(build_provider(settings))])
    struck = asyncio.Event()

    def strike(_: str, message: Message) -> None:
        seen = "finished" if message.metadata else "grown" if len(message.blocks) > 1 else "begun"
        if message.bot_id and seen == moment and not struck.is_set():
            role.kill()
            struck.set()

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(alive(role))
        harness = await stack.enter_async_context(open_harness(slack, client, settings, worker=False))
        slack.workspace.watchers.append(strike)
        thread = await harness.ask("how does this work?")
        async with asyncio.timeout(PATIENCE):
            await struck.wait()
        await role.gone()
        await role.start()
        talk = Talk(harness, Speaker())
        await eventually(lambda: [write(one) for one in talk.own(thread)] == [EXPLANATION] or None, PATIENCE)
        await eventually(lambda: all(is_agents(one) for one in talk.own(thread)) or None, PATIENCE)
        assert [one for one in talk.own(thread) if one.streamed_at] == []
