"""Channels have the digests of the policy file that is in force: from the start, after a change, through outages."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.plans import Shelf
from activities.rules.rulebook import parse_rulebook
from activities.webapi import WebApi
from bot import roundups
from bot.clients import build_client
from bot.roundups import follow_rooms
from bot.schedules import Schedules
from bot.settings import Settings
from bot.standin.server import Standin
from tests.bot.acme import ask, open_acme, team
from tests.doors import open_bot
from tests.harness import APPROVALS, OUTCOMES, Harness, eventually, eventually_read

POLICIES = """
policies:
  - name: default
    stages: [{name: approval, approvers: [{channel: C0APPROVALS}], deadline: 24h}]
"""
MORNING = """
digests: [{channel: C0APPROVALS, at: "03:00", zone: UTC, days: mon-fri, older: 1s}]
"""


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A workspace of its own, where nothing waits yet."""
    async with open_acme() as standin:
        yield standin


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "digests.yaml"
    path.write_text(POLICIES + MORNING)
    return path


@pytest.fixture
async def whole(slack: Standin, client: Client, settings: Settings, file: Path) -> AsyncGenerator[Harness]:
    chosen = settings.model_copy(update={"countersign_policies": file})
    async with open_bot(slack, chosen, client, client) as harness:
        yield harness


async def until_scheduled(client: Client, schedules: Schedules, team_id: str, channels: list[str]) -> None:
    prefix = schedules.name(team_id, "")

    async def look() -> bool:
        names = [one.id async for one in await client.list_schedules() if one.id.startswith(prefix)]
        return sorted(name.removeprefix(prefix) for name in names) == channels

    await eventually_read(look)


async def test_a_channel_has_its_digest_until_the_file_says_so_no_more(whole: Harness, file: Path) -> None:
    schedules = Schedules(whole.client, whole.settings.countersign_task_queue)
    await until_scheduled(whole.client, schedules, team(whole), [APPROVALS])
    await asyncio.to_thread(file.write_text, POLICIES)
    await until_scheduled(whole.client, schedules, team(whole), [])


async def test_a_digest_tells_the_channel_when_its_schedule_fires(whole: Harness) -> None:
    schedules = Schedules(whole.client, whole.settings.countersign_task_queue)
    await until_scheduled(whole.client, schedules, team(whole), [APPROVALS])
    await ask(whole, "Buy chairs")
    await whole.card()
    handle = whole.client.get_schedule_handle(schedules.name(team(whole), APPROVALS))

    async def told() -> bool:
        await handle.trigger()
        return any("has waited longer than 1s" in one.text for one in whole.messages(APPROVALS))

    await eventually_read(told)


async def test_while_slack_is_away_it_is_tried_again(
    slack: Standin, client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roundups, "RETRY", 0.05)
    schedules = Schedules(client, settings.countersign_task_queue)
    shelf = Shelf(parse_rulebook(POLICIES + MORNING, "f", APPROVALS, OUTCOMES))
    slack.faults.add("auth.test", "error", times=2)
    async with follow_rooms(shelf, schedules, WebApi(build_client(settings))):
        await eventually(lambda: slack.faults.left("auth.test") == 0)
        await until_scheduled(client, schedules, slack.workspace.seed.team_id, [APPROVALS])
