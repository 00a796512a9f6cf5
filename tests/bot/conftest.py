"""Bots behind each of Slack's two doors, and bots whose way to Temporal can be cut."""

from collections.abc import AsyncGenerator
from typing import NamedTuple

import pytest
from temporalio.client import Client

from bot.settings import Settings
from bot.standin.server import Standin
from tests.cable import Cable, open_cable
from tests.doors import connect, listen_on, open_bot
from tests.harness import Harness


class CutOff(NamedTuple):
    """All of it at work, with the bot's way to Temporal in the test's hands."""

    harness: Harness
    cable: Cable


@pytest.fixture
async def web(slack: Standin, client: Client, settings: Settings) -> AsyncGenerator[Harness]:
    """All of it at work, over signed HTTP."""
    async with open_bot(slack, listen_on(slack, settings), client, client) as whole:
        yield whole


@pytest.fixture(params=["socket", "http"])
async def door(
    request: pytest.FixtureRequest, slack: Standin, client: Client, settings: Settings
) -> AsyncGenerator[Harness]:
    """All of it at work, by Socket Mode and by signed HTTP."""
    chosen = listen_on(slack, settings) if request.param == "http" else settings
    async with open_bot(slack, chosen, client, client) as whole:
        yield whole


@pytest.fixture
async def web_cut(
    slack: Standin, client: Client, settings: Settings, temporal_address: str
) -> AsyncGenerator[CutOff]:
    """Over HTTP, with a cable to Temporal."""
    async with open_cable(temporal_address) as cable:
        near = await connect(cable.address, settings)
        async with open_bot(slack, listen_on(slack, settings), near, client) as whole:
            yield CutOff(whole, cable)


@pytest.fixture
async def socket_cut(
    slack: Standin, client: Client, settings: Settings, temporal_address: str
) -> AsyncGenerator[CutOff]:
    """By Socket Mode, with a cable to Temporal."""
    async with open_cable(temporal_address) as cable:
        near = await connect(cable.address, settings)
        async with open_bot(slack, settings, near, client) as whole:
            yield CutOff(whole, cable)
