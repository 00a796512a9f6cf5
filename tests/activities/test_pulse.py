"""The pulse: a thread says what its agent is at while that takes long, at no cost to anything else."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from temporalio.envconfig import ClientConfigProfile

from activities.pulse import STATUS_LENGTH, THINKING, Pulse, describe
from activities.webapi import WebApi
from bot.clients import build_client
from bot.models import NamedProvider
from bot.settings import Settings
from bot.standin.server import Standin
from bot.temporal import connect_server
from bot.worker import build_plugin
from tests.harness import ALICE, GENERAL, eventually, open_harness
from tests.workflows.ports import TapedModel
from workflows.drafts import MODEL

SILENT = frozenset({"post_reply"})


@pytest.fixture
def pulse(slack: Standin, settings: Settings) -> Pulse:
    return Pulse(WebApi(build_client(settings)), SILENT, patience=0.0)


@pytest.fixture
async def thread(slack: Standin) -> str:
    return await slack.say(ALICE, GENERAL, "hello")


def conversation(thread: str) -> str:
    return f"agent-T0COUNTER-{GENERAL}-{thread}"


def find_status(slack: Standin, thread: str) -> Callable[[], str | None]:
    return lambda: slack.workspace.statuses.get((GENERAL, thread))


def calls(slack: Standin) -> int:
    return sum(one.method == "assistant.threads.setStatus" for one in slack.calls)


async def test_a_thread_says_what_its_agent_is_at(slack: Standin, pulse: Pulse, thread: str) -> None:
    async with pulse.tell(conversation(thread), MODEL):
        assert await eventually(find_status(slack, thread)) == THINKING


async def test_what_is_done_soon_says_nothing(slack: Standin, settings: Settings, thread: str) -> None:
    pulse = Pulse(WebApi(build_client(settings)), SILENT, patience=0.01)
    async with pulse.tell(conversation(thread), MODEL):
        pass
    async with pulse.tell(conversation(thread), "get_balance"):
        await eventually(find_status(slack, thread))
    assert calls(slack) == 1


@pytest.mark.parametrize(
    ("workflow_id", "name"),
    [("approval-1", MODEL), (None, MODEL), ("agent-queue-1", MODEL), ("agent-T1-C1-1.5", "post_reply")],
)
async def test_nothing_else_says_anything(
    slack: Standin, pulse: Pulse, thread: str, workflow_id: str | None, name: str
) -> None:
    async with pulse.tell(workflow_id, name), pulse.tell(conversation(thread), MODEL):
        await eventually(find_status(slack, thread))
    assert calls(slack) == 1


async def test_many_at_once_are_told_one_a_second(slack: Standin, pulse: Pulse, thread: str) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.get_running_loop().time()
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(pulse.tell(conversation(thread), MODEL))
        await eventually(lambda: calls(slack) >= 2 or None)
    assert loop.time() - begun >= 1.0
    assert calls(slack) == 2


async def test_a_slack_that_will_not_have_it_is_left_alone(slack: Standin, pulse: Pulse) -> None:
    async with pulse.tell("agent-T0COUNTER-C0GENERAL-1.000000", MODEL):
        await eventually(lambda: calls(slack) or None)
    assert slack.workspace.statuses == {}


async def test_what_an_activity_raises_is_its_own(pulse: Pulse, thread: str) -> None:
    with pytest.raises(KeyError):
        async with pulse.tell(conversation(thread), MODEL):
            raise KeyError


def test_a_tool_is_named_in_words() -> None:
    assert describe("get_balance") == "is working on it: get balance\N{HORIZONTAL ELLIPSIS}"
    assert describe("temporalio.mcp.orders.call-tool") == "is working on it: orders\N{HORIZONTAL ELLIPSIS}"
    assert len(describe("x" * 500)) <= STATUS_LENGTH + 30


async def test_a_thinking_agent_s_thread_says_so_until_it_answers(
    slack: Standin, settings: Settings, temporal_address: str
) -> None:
    model = TapedModel(tape=["Hello."])
    model.plays.clear()
    profile = ClientConfigProfile(address=temporal_address)
    client = await connect_server(profile, [build_plugin(NamedProvider(model))])
    async with open_harness(slack, client, settings) as harness:
        thread = await harness.ask("hello")
        assert await eventually(find_status(slack, thread)) == THINKING
        model.plays.set()
        assert await harness.reply() == "Hello."
        assert slack.workspace.statuses == {}
