"""Processes: they end when told to and somebody else goes on; what keeps them from starting is said in sentences."""

import asyncio
import signal
import socket
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client

from bot.gateway import Gateway
from bot.server import PORT, STATE_FOLDER
from bot.settings import Settings
from bot.standin.server import Standin
from tests.harness import APPROVALS, GENERAL, OUTCOMES, Harness, eventually, open_harness
from tests.kills import PATIENCE, Running, alone_with, end_orphans, finished, make_environment, running
from tests.ports import free_port

LOOKS = {"conversations.history", "conversations.replies"}
AT_MOST = 10.0
"""Seconds from SIGTERM to the end, whatever is under way."""
AT_ONCE = 4.0
"""Seconds to the end where nothing is waited for; what is left is Python's own end on a busy machine."""
LONG = 30.0
"""Seconds for which Slack holds a call: longer than anybody who is told to stop waits for it."""

MUTE = 40.0
"""Seconds after which whoever waits for a server that accepts connections and says nothing should have given up."""


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A Slack that delivers again sooner than the real one."""
    async with Standin(retry_delays=(0.5, 3.0, 5.0, 10.0, 20.0)) as standin:
        yield standin


@pytest.fixture
def environment(slack: Standin, tmp_path: Path, temporal_address: str) -> dict[str, str]:
    return make_environment(slack, tmp_path, TEMPORAL_ADDRESS=temporal_address)


@pytest.fixture
def outside(slack: Standin, client: Client, settings: Settings) -> Harness:
    """People in Slack; bot and worker are processes."""
    return Harness(slack, client, settings, Gateway(client, settings.countersign_task_queue))


def bot_here(outside: Harness) -> AbstractAsyncContextManager[Harness]:
    """A bot in this process, for tests about workers."""
    return open_harness(outside.slack, outside.client, outside.settings, worker=False)


def worker_here(outside: Harness) -> AbstractAsyncContextManager[Harness]:
    """A worker in this process, for tests about bots."""
    return open_harness(outside.slack, outside.client, outside.settings, bot=False)


async def stop(process: Running) -> tuple[int, float]:
    """Its exit code, and how long it took to end."""
    start = time.monotonic()
    process.send(signal.SIGTERM)
    return await process.ended(), time.monotonic() - start


async def see_through(outside: Harness, thread: str) -> None:
    """The request is approved and runs; there is one of everything."""
    card = await outside.card()
    assert (await outside.approve(card)).acked
    await eventually(lambda: len(outside.thread(GENERAL, thread)) > 2, PATIENCE)
    await eventually(lambda: outside.messages(OUTCOMES), PATIENCE)
    counts = [len(outside.messages(APPROVALS)), len(outside.messages(OUTCOMES))]
    assert counts == [1, 1]
    asked, *said = sorted(outside.thread(GENERAL, thread), key=lambda text: ": approved" not in text)
    assert asked.endswith(": approved")
    assert [text.split()[0].strip(":") for text in sorted(said)] == ["Approved", "Moved"]


async def test_a_worker_told_to_stop_ends_in_time_and_another_does_what_it_left(
    slack: Standin, outside: Harness, environment: dict[str, str], tmp_path: Path
) -> None:
    async with bot_here(outside), running(tmp_path, environment, "worker") as worker:
        slack.faults.add("chat.postMessage", "hang", times=2, seconds=LONG)
        thread = await outside.ask("transfer 250 from checking to savings")
        await eventually(lambda: slack.faults.left("chat.postMessage") == 0, PATIENCE)
        code, seconds = await stop(worker)
        assert code == 0
        assert seconds < AT_MOST
        assert outside.cards() == []
        async with running(tmp_path, environment, "worker"):
            await eventually(outside.cards, PATIENCE)
            await see_through(outside, thread)


async def test_a_worker_told_to_stop_finishes_what_takes_a_moment(
    slack: Standin, outside: Harness, environment: dict[str, str], tmp_path: Path
) -> None:
    async with bot_here(outside), running(tmp_path, environment, "worker") as worker:
        slack.faults.add("chat.postMessage", "slow", times=2, seconds=1.5)
        thread = await outside.ask("transfer 250 from checking to savings")
        await eventually(lambda: slack.faults.left("chat.postMessage") == 0, PATIENCE)
        code, seconds = await stop(worker)
        assert code == 0
        assert seconds < AT_MOST
        assert len(outside.cards()) == 1
        async with running(tmp_path, environment, "worker"):
            await see_through(outside, thread)
    looked = [call.method for call in slack.calls if call.method in LOOKS]
    assert looked == [
        "conversations.replies"
    ]  # the agent's reply, which may have been seen while it was said


async def test_a_bot_told_to_stop_loses_no_message_that_it_was_reading(
    slack: Standin, outside: Harness, environment: dict[str, str], tmp_path: Path
) -> None:
    async with worker_here(outside), running(tmp_path, environment, "bot") as bot:
        slack.faults.add("auth.test", "slow", seconds=1.5)
        thread = await outside.ask("transfer 250 from checking to savings")
        await eventually(lambda: slack.faults.left("auth.test") == 0, PATIENCE)
        code, seconds = await stop(bot)
        assert code == 0
        assert seconds < AT_MOST
        async with running(tmp_path, environment, "bot"):
            await eventually(outside.cards, PATIENCE)
            await see_through(outside, thread)


async def test_bot_and_worker_in_one_process_end_in_time_and_lose_nothing(
    slack: Standin, outside: Harness, environment: dict[str, str], tmp_path: Path
) -> None:
    async with running(tmp_path, environment, "run") as both:
        slack.faults.add("chat.postMessage", "hang", times=2, seconds=LONG)
        thread = await outside.ask("transfer 250 from checking to savings")
        await eventually(lambda: slack.faults.left("chat.postMessage") == 0, PATIENCE)
        code, seconds = await stop(both)
        assert code == 0
        assert seconds < AT_MOST
    async with running(tmp_path, environment, "run"):
        await eventually(outside.cards, PATIENCE)
        await see_through(outside, thread)


async def test_a_second_signal_ends_a_process_at_once(
    slack: Standin, outside: Harness, environment: dict[str, str], tmp_path: Path
) -> None:
    async with running(tmp_path, environment, "run") as both:
        slack.faults.add("chat.postMessage", "hang", times=2, seconds=LONG)
        await outside.ask("transfer 250 from checking to savings")
        await eventually(lambda: slack.faults.left("chat.postMessage") == 0, PATIENCE)
        both.send(signal.SIGTERM)
        await eventually(lambda: "Stopping" in both.stderr, PATIENCE)
        code, seconds = await stop(both)
        assert code != 0
        assert seconds < AT_ONCE


async def test_a_bot_that_still_looks_for_slack_ends_at_once(
    environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    environment["SLACK_API_URL"] = f"http://127.0.0.1:{port}/api/"
    async with broken_slack(port) as tried, running(tmp_path, environment, "bot", ready=()) as bot:
        await asyncio.wait_for(tried.wait(), PATIENCE)
        code, seconds = await stop(bot)
        assert code == 0
        assert seconds < AT_ONCE


async def test_a_bot_says_in_a_sentence_that_slack_is_away_and_finds_it_when_it_is_back(
    slack: Standin, environment: dict[str, str], tmp_path: Path
) -> None:
    await slack.stop()
    port = int(slack.url.rpartition(":")[2])
    async with running(tmp_path, environment, "bot", ready=()) as bot:
        async with broken_slack(port) as tried:
            await asyncio.wait_for(tried.wait(), PATIENCE)
        await slack.start()
        await eventually(lambda: "The bot is ready" in bot.stderr, PATIENCE)
        assert slack.sockets.links
        assert "Slack cannot be reached yet" in bot.stderr
        assert "Traceback" not in bot.stderr


@asynccontextmanager
async def broken_slack(port: int) -> AsyncGenerator[asyncio.Event]:
    """Something that hangs up on whoever calls, and says when somebody has."""
    tried = asyncio.Event()

    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()
        tried.set()

    async with await asyncio.start_server(hang_up, "127.0.0.1", port):
        yield tried


async def test_the_embedded_server_is_announced_and_keeps_a_request_over_a_restart(
    outside: Harness, environment: dict[str, str], tmp_path: Path, embedding: None
) -> None:
    del environment["TEMPORAL_ADDRESS"]
    async with running(tmp_path, environment, "run") as first:
        assert "No TEMPORAL_ADDRESS is set" in first.stdout
        assert f"127.0.0.1:{PORT}" in first.stdout
        thread = await outside.ask("transfer 250 from checking to savings")
        await eventually(lambda: len(outside.thread(GENERAL, thread)) == 1 and outside.cards(), PATIENCE)
        code, seconds = await stop(first)
        assert code == 0
        assert seconds < AT_MOST
    assert not listens(PORT)
    assert (tmp_path / STATE_FOLDER / "temporal.db").stat().st_size > 0
    async with running(tmp_path, environment, "run") as second:
        await see_through(outside, thread)
        assert (await stop(second))[0] == 0


async def test_an_embedded_server_that_outlives_its_killed_process_is_used_again(
    outside: Harness, environment: dict[str, str], tmp_path: Path, embedding: None
) -> None:
    del environment["TEMPORAL_ADDRESS"]
    async with running(tmp_path, environment, "run") as first:
        thread = await outside.ask("transfer 250 from checking to savings")
        await eventually(lambda: len(outside.thread(GENERAL, thread)) == 1 and outside.cards(), PATIENCE)
        first.kill()
        await first.ended()
    async with running(tmp_path, environment, "run"):
        await see_through(outside, thread)


@pytest.mark.parametrize("role", ["run", "doctor"])
async def test_everything_wrong_with_the_settings_is_said_at_once(
    role: str, environment: dict[str, str], tmp_path: Path
) -> None:
    wrong = {
        "SLACK_BOT_TOKEN": "xapp-mixed-up",
        "COUNTERSIGN_OUTCOMES_CHANNEL": "#outcomes",
        "SLACK_APP_TOKEN": "",
    }
    process = await finished(tmp_path, environment | wrong, role)
    assert process.process.returncode == 2
    assert process.stdout == ""
    lines = process.stderr.splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(wrong)
    assert all(line.endswith(".") for line in lines)
    assert "xapp-mixed-up" not in process.stderr


@pytest.mark.parametrize("role", ["run", "worker"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("policies:\n  - name: all\n    stagez: []\n", "countersign.yaml:3: "),
        (None, "countersign.yaml:1: This file cannot be read"),
    ],
)
async def test_a_policy_file_with_faults_keeps_a_worker_from_starting(
    role: str, text: str | None, sentence: str, environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "countersign.yaml"
    if text:
        path.write_text(text)
    process = await finished(tmp_path, environment | {"COUNTERSIGN_POLICIES": str(path)}, role)
    assert process.process.returncode == 2
    assert sentence in process.stderr
    assert "Traceback" not in process.stderr


async def test_a_temporal_that_cannot_be_reached_is_one_sentence_in_every_role(
    environment: dict[str, str], tmp_path: Path
) -> None:
    environment["TEMPORAL_ADDRESS"] = f"127.0.0.1:{free_port()}"
    roles = [finished(tmp_path, environment, role) for role in ("run", "bot", "worker")]
    for role in await asyncio.gather(*roles):
        assert role.process.returncode == 1
        (sentence,) = role.stderr.splitlines()
        assert sentence.startswith(f"Temporal at {environment['TEMPORAL_ADDRESS']} cannot be reached")


async def test_a_temporal_that_does_not_speak_is_one_sentence_too(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        environment["TEMPORAL_ADDRESS"] = f"127.0.0.1:{mute.getsockname()[1]}"
        worker = await finished(tmp_path, environment, "worker", seconds=MUTE)
    assert worker.process.returncode == 1
    assert "cannot be reached" in worker.stderr


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def embedding(tmp_path: Path) -> Generator[None]:
    """The embedded server's port is free, and afterwards whatever works in the test's own folder is ended."""
    with alone_with(PORT):
        assert not listens(PORT), f"Something else listens on port {PORT}, which cannot be changed for `run`"
        yield
        end_orphans(tmp_path)
