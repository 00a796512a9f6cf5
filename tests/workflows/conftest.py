"""Benches: on the server that skips time, and on the dev server, which knows visibility and limits."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from bot.testing.servers import skipping_server
from tests.workflows.bench import Bench, open_bench


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def skipper() -> AsyncGenerator[WorkflowEnvironment]:
    """One such server for all tests (of an xdist worker) in which time stands still."""
    async with skipping_server() as env:
        yield env


@pytest.fixture
async def bench(skipper: WorkflowEnvironment) -> AsyncGenerator[Bench]:
    """A bench for one workflow at a time, all of whose tasks replay."""
    async with open_bench(skipper.client.service_client.config.target_host, skipper.sleep) as one:
        yield one


@pytest.fixture
async def talks(skipper: WorkflowEnvironment) -> AsyncGenerator[Bench]:
    """The same for conversations and their approvals, which are at work at once."""
    address = skipper.client.service_client.config.target_host
    async with open_bench(address, skipper.sleep, cached=100) as one:
        yield one


@pytest.fixture
async def clock() -> AsyncGenerator[Bench]:
    """A bench whose time can be skipped: on a server of its own, since what other tests leave behind may stop time."""
    async with skipping_server() as env:
        address = env.client.service_client.config.target_host
        async with open_bench(address, env.sleep, cached=100) as one:
            yield one


async def _wait(duration: timedelta) -> None:
    await asyncio.sleep(duration.total_seconds())


@pytest.fixture
async def live(temporal_address: str) -> AsyncGenerator[Bench]:
    """A bench on the dev server, where time passes as it does."""
    async with open_bench(temporal_address, _wait, cached=100) as one:
        yield one
