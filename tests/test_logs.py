"""Logs: JSON for machines, readable for people; about an approval by its id; no secret and nobody's words in them."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from activities.cards import APPROVE, DETAILS
from bot.gateway import Gateway
from bot.settings import Settings
from bot.standin.server import Standin
from tests.harness import ALICE, APPROVALS, BOB, GENERAL, Harness, eventually
from tests.kills import PATIENCE, PROJECT, make_environment, running

BOT_TOKEN = "xoxb-9f8e7d6c-nobody-may-read"
APP_TOKEN = "xapp-1a2b3c4d-nobody-may-read"
SIGNING_SECRET = "5e5e5e5e-nobody-may-read"
KEY = "sk-7c7c7c7c-nobody-may-read"
SECRETS = (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, KEY)
WORDS = ("321.99", "payroll", "savings", "Moved", "transfer_money", "zanzibar")
"""What is asked for and answered: arguments, sentences, and a word that only the message has."""

FAILING = """
import logging, os, structlog
from bot.logs import configure_logs

def work(token):
    secret = token
    raise ValueError("it broke")

configure_logs()
ours, others = structlog.stdlib.get_logger("countersign.x"), logging.getLogger("somebody.else")
ours.info("An event", approval="approval-1")
others.info("Theirs: %s", "seen")
for log in (ours, others):
    try:
        work(os.environ["TOKEN"])
    except ValueError:
        log.exception("It failed")
"""


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A Slack whose secrets can be told from everything else."""
    async with Standin(
        bot_token=BOT_TOKEN, app_token=APP_TOKEN, signing_secret=SIGNING_SECRET, retry_delays=(0.5, 2.0, 5.0)
    ) as standin:
        yield standin


@pytest.fixture
async def lines(
    slack: Standin, client: Client, settings: Settings, temporal_address: str, tmp_path: Path
) -> list[str]:
    """What is logged over a whole story, in which Slack also fails and people also do what does not count."""
    environment = make_environment(
        slack,
        tmp_path,
        TEMPORAL_ADDRESS=temporal_address,
        SLACK_SIGNING_SECRET=slack.signing_secret,
        OPENAI_API_KEY=KEY,
    )
    people = Harness(slack, client, settings, Gateway(client, settings.countersign_task_queue))
    async with running(tmp_path, environment, "run") as both:
        await tell_story(people)
        both.send(signal.SIGTERM)
        await both.ended()
    return both.stderr.splitlines()


async def tell_story(people: Harness) -> None:
    slack = people.slack
    slack.faults.add("chat.postMessage", "error", error="internal_error")
    slack.faults.add("chat.postMessage", "http_500")
    thread = await people.ask("transfer 321.99 from payroll to savings, zanzibar")
    card = await people.card()
    await people.approve(card, ALICE)
    await eventually(lambda: people.whispers(ALICE), PATIENCE)
    await slack.click(BOB, APPROVALS, card.ts, APPROVE, value="edited")
    await slack.command(BOB, APPROVALS, "/approvals")
    slack.faults.add("chat.update", "http_500")
    value = card.blocks
    await people.approve(card)
    await eventually(lambda: len(people.thread(GENERAL, thread)) > 2, PATIENCE)
    message = next(message for message in people.cards() if message.ts == card.ts)
    await eventually(lambda: not any(block["type"] == "actions" for block in message.blocks), PATIENCE)
    message.blocks = value  # as somebody's stale client shows it
    await people.approve(message)
    second = await people.ask("transfer 321.99 from payroll to savings, zanzibar")
    await people.reject(await people.card(1))
    await people.ask(f"transfer 321.99 from {'payroll' * 1_000} to savings, zanzibar")
    long = await people.card(2)
    assert (await slack.click(BOB, APPROVALS, long.ts, DETAILS)).acked
    await eventually(lambda: len(people.thread(GENERAL, second)) > 2, PATIENCE)


async def test_a_whole_story_is_logged_as_json_with_ids_and_without_secrets_and_words(
    lines: list[str],
) -> None:
    records: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert all({"event", "level", "logger", "timestamp"} <= record.keys() for record in records)
    check_ids(records)
    told = "\n".join(lines)
    assert [secret for secret in SECRETS if secret in told] == []
    assert [word for word in WORDS if word in told] == []


def check_ids(records: list[dict[str, Any]]) -> None:
    """Whatever is about an approval says about which."""
    events = [str(record["event"]) for record in records]
    for start in (
        "A decision was handed on",
        "It does not count",
        "Details were opened",
        "A press on a dead",
    ):
        found = [record for record in records if str(record["event"]).startswith(start)]
        assert found, f"Nothing was logged of: {start}, only {events}"
        assert all(str(record.get("approval", "")).startswith("approval-") for record in found)
    inner = [
        record for record in records if record["logger"] in ("temporalio.workflow", "temporalio.activity")
    ]
    assert any(record["logger"] == "temporalio.activity" for record in inner), events
    assert [record for record in inner if not record.get("approval") and not record.get("conversation")] == []


def test_a_failure_is_json_in_one_line_without_the_values_of_variables() -> None:
    told = subprocess.run(
        [sys.executable, "-c", FAILING],
        env={"PYTHONPATH": str(PROJECT), "TOKEN": KEY},
        capture_output=True,
        text=True,
        check=True,
    )
    records: list[dict[str, Any]] = [json.loads(line) for line in told.stderr.splitlines()]
    assert [record["event"] for record in records] == ["An event", "Theirs: seen", "It failed", "It failed"]
    assert records[0]["approval"] == "approval-1"
    assert all("ValueError: it broke" in record["exception"] for record in records[2:])
    assert KEY not in told.stderr


async def test_on_a_terminal_lines_are_for_people_and_failures_show_no_values_either() -> None:
    told = await asyncio.to_thread(run_on_terminal, FAILING)
    first = told.splitlines()[0]
    assert "An event" in first
    assert not first.startswith("{")
    assert "approval-1" in first
    assert told.count("ValueError: it broke") == 2
    assert KEY not in told


def run_on_terminal(script: str) -> str:
    """What a script writes to standard error when that is a terminal."""
    ours, theirs = pty.openpty()
    environment = {"PYTHONPATH": str(PROJECT), "TOKEN": KEY, "TERM": "dumb", "NO_COLOR": "1"}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stderr=theirs) as process:
        os.close(theirs)
        told = b"".join(iter(lambda: read_some(ours), b""))
        os.close(ours)
    assert process.returncode == 0
    return told.decode()


def read_some(terminal: int) -> bytes:
    """What comes next; a terminal whose other end has closed is an error to Linux, the end to us."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""
