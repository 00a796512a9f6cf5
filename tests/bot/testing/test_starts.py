"""Servers for tests: one that does not come up at once is started again, one that never does is told."""

import pytest
from temporalio.testing import WorkflowEnvironment

from bot.testing.servers import ATTEMPTS, skipping_server

START = "start_time_skipping"


async def test_a_server_that_does_not_come_up_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    failures, start = [RuntimeError("Failed starting test server")], WorkflowEnvironment.start_time_skipping

    async def fail_once(**options: object) -> WorkflowEnvironment:
        if failures:
            raise failures.pop()
        return await start(test_server_existing_path=str(options["test_server_existing_path"]))

    monkeypatch.setattr(WorkflowEnvironment, START, fail_once)
    async with skipping_server() as env:
        assert await env.client.service_client.check_health()


async def test_a_server_that_never_comes_up_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[int] = []

    async def fail(**_: object) -> WorkflowEnvironment:
        attempts.append(1)
        raise RuntimeError("Failed starting test server")

    monkeypatch.setattr(WorkflowEnvironment, START, fail)
    with pytest.raises(RuntimeError, match="Failed starting"):
        async with skipping_server():
            pass
    assert len(attempts) == ATTEMPTS
