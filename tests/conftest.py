"""Fixtures that everything shares: real Temporal servers, the stand-in, and the whole at work."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings as hypothesis_settings
from temporalio.client import Client
from temporalio.envconfig import ClientConfigProfile

from bot.models import build_provider
from bot.server import embedded_server
from bot.settings import Settings
from bot.standin.server import Standin
from bot.temporal import connect_server
from bot.worker import build_plugin
from tests.folders import quick_folder
from tests.harness import Harness, make_settings, open_harness
from tests.ports import free_port

hypothesis_settings.register_profile("ours", deadline=None)  # a busy machine is no fault of what is tested
hypothesis_settings.load_profile("ours")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_address() -> AsyncGenerator[str]:
    """A Temporal dev server for the whole session (one for each xdist worker)."""
    with quick_folder() as folder:
        async with embedded_server(folder, free_port(), None) as address:
            yield address


@pytest.fixture
async def slack() -> AsyncGenerator[Standin]:
    """A stand-in Slack, delivering by Socket Mode."""
    async with Standin() as standin:
        yield standin


@pytest.fixture
def settings(slack: Standin, tmp_path: Path) -> Settings:
    """Settings for that Slack."""
    return make_settings(slack, tmp_path)


@pytest.fixture
async def client(temporal_address: str, settings: Settings) -> Client:
    """A client of the dev server, with the plugins that workers need."""
    return await connect_server(
        ClientConfigProfile(address=temporal_address), [build_plugin(build_provider(settings))]
    )


@pytest.fixture
async def harness(slack: Standin, client: Client, settings: Settings) -> AsyncGenerator[Harness]:
    """All of it at work."""
    async with open_harness(slack, client, settings) as whole:
        yield whole
