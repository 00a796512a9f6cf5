"""Fixtures for pytest: `pytest_plugins = ["bot.testing.fixtures"]` in a test module or in the root's conftest.

`countersign` is all of it at work on a server that skips time, `countersign_live` on one that has lists and schedules. The
others say what is at work there; a test module overrides those that it wants otherwise.
"""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Plugin

from bot.settings import Settings
from bot.standin.server import Standin
from bot.testing.kit import Kit, make_settings, open_kit
from bot.testing.servers import live_server, skipping_server


@pytest.fixture
def countersign_plugins() -> Sequence[Plugin]:
    """Temporal plugins with workflows and activities of one's own, which the worker runs, too."""
    return ()


@pytest.fixture
def countersign_agent() -> str:
    """The agents, as `COUNTERSIGN_AGENT` names them; without one there is the built-in one."""
    return ""


@pytest.fixture
def countersign_policies() -> str:
    """The policy file; without one there is the built-in policy: one approval of anyone in C0APPROVALS within 24 hours."""
    return ""


@pytest_asyncio.fixture
async def countersign_slack() -> AsyncGenerator[Standin]:
    """The stand-in for Slack, with a few people: U0ALICE, U0BOB and U0CAROL are in C0APPROVALS, U0DAVE is not."""
    async with Standin() as slack:
        yield slack


@pytest.fixture
def countersign_settings(
    countersign_slack: Standin, countersign_agent: str, countersign_policies: str, tmp_path: Path
) -> Settings:
    """The settings for that Slack."""
    ours: dict[str, Any] = {"countersign_agent": countersign_agent}
    if countersign_policies:
        path = ours["countersign_policies"] = tmp_path / "countersign.yaml"
        path.write_text(countersign_policies)
    return make_settings(countersign_slack, tmp_path, **ours)


@pytest_asyncio.fixture
async def countersign(
    countersign_slack: Standin, countersign_settings: Settings, countersign_plugins: Sequence[Plugin]
) -> AsyncGenerator[Kit]:
    """All of it at work, where time can be skipped; lists stay empty there."""
    async with skipping_server() as server:
        address = server.client.service_client.config.target_host
        async with open_kit(
            address, countersign_slack, countersign_settings, countersign_plugins, server.sleep
        ) as kit:
            yield kit


@pytest_asyncio.fixture
async def countersign_live(
    countersign_slack: Standin, countersign_settings: Settings, countersign_plugins: Sequence[Plugin]
) -> AsyncGenerator[Kit]:
    """All of it at work, where time passes as it does."""
    async with live_server() as server:
        address = server.client.service_client.config.target_host
        async with open_kit(address, countersign_slack, countersign_settings, countersign_plugins) as kit:
            yield kit
