"""The pulse: while an agent's model or tool is at work for long, its thread says so.

It is an interceptor of activities in the worker's own process, so it is no event, no activity and no approval's business:
one that fails, or comes too late, is one that nobody sees.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.pace import Pace
from activities.text import cut, strip_hidden
from activities.webapi import WebApi
from workflows.contracts import Thread
from workflows.drafts import MODEL
from workflows.ids import find_thread
from workflows.mcp import find_server

PATIENCE = 1.0
"""Seconds after which somebody begins to wonder; what is done by then needs no status."""
INTERVAL = 1.0
"""Seconds between any two calls."""
LASTING = 90.0
"""Seconds after which a status is set again; Slack lets it go after two minutes."""
STATUS_LENGTH = 100
THINKING = "is thinking\N{HORIZONTAL ELLIPSIS}"


class Pulse(Interceptor):
    """Sets the status of threads. Activities named `silent` say something themselves."""

    def __init__(self, api: WebApi, silent: frozenset[str], patience: float = PATIENCE) -> None:
        self._api = api
        self._silent = silent
        self._patience = patience
        self._pace = Pace(INTERVAL)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's own name
        """As the SDK calls it, once for each attempt of an activity."""
        return _PulseInbound(next, self)

    @asynccontextmanager
    async def tell(self, workflow_id: str | None, name: str) -> AsyncGenerator[None]:
        """While a conversation's activity of that name is at work."""
        thread = find_thread(workflow_id or "")
        if thread is None or name in self._silent:
            yield
            return
        telling = asyncio.create_task(self._keep(thread, describe(name)))
        try:
            yield
        finally:
            telling.cancel()

    async def _keep(self, thread: Thread, status: str) -> None:
        """Set a status once it is worth it, and again before Slack lets it go."""
        await asyncio.sleep(self._patience)
        while True:
            await self._pace.take_turn()
            await self._set(thread, status)
            await asyncio.sleep(LASTING)

    async def _set(self, thread: Thread, status: str) -> None:
        try:
            await self._api.call(
                "assistant.threads.setStatus",
                channel_id=thread.channel_id,
                thread_ts=thread.thread_ts,
                status=status,
            )
        except (
            ApplicationError
        ) as error:  # only for show: whatever keeps it from being seen costs nobody anything
            activity.logger.debug("A status could not be set: %s", error)


class _PulseInbound(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, pulse: Pulse) -> None:
        super().__init__(following)
        self._pulse = pulse

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's own name
        """Run it, with a status where it takes long."""
        info = activity.info()
        async with self._pulse.tell(info.workflow_id, info.activity_type):
            return await super().execute_activity(input)


def describe(name: str) -> str:
    """What a thread is told of an activity, after the bot's own name."""
    if name == MODEL:
        return THINKING
    words = strip_hidden(find_server(name) or name).replace("_", " ")
    return f"is working on it: {cut(words, STATUS_LENGTH)}\N{HORIZONTAL ELLIPSIS}"
