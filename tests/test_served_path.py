"""An MCP server of the policy file from Slack to its call, over stdio and over HTTP."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from temporalio.envconfig import ClientConfigProfile

from bot.mcp import VariableError, read_servers
from bot.models import NamedProvider
from bot.standin.server import Standin
from bot.temporal import connect_server
from bot.testing.model import TapedModel, call
from bot.worker import build_plugin
from tests import orders
from tests.folders import import_folder
from tests.harness import GENERAL, Harness, eventually_read, make_settings, open_harness
from tests.ports import free_port

DESK = """
from agents import Agent
from workflows.mcp import mcp_server

def build_desk():
    return Agent(name="Desk", mcp_servers=[mcp_server("orders")])
"""
POLICIES = """
mcp_servers:
  orders: {way}
policies:
  - name: refunds
    match: {{action: orders.refund_*, when: args.amount < 100}}
    stages: [{{name: refunds, approvers: [{{channel: C0APPROVALS}}], deadline: 24h}}]
  - name: rest
    auto: deny
"""


@pytest.fixture(params=["stdio", "http"])
async def way(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[str]:
    """How the policy file has it reached; over HTTP it is somebody else's, and at work already."""
    program = [sys.executable, str(orders.__file__)]
    if request.param == "stdio":
        yield json.dumps({"command": program, "env": ["ORDERS_LOG"], "read_only": ["find_order"]})
        return
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *program,
        str(port),
        env={**os.environ, "ORDERS_LOG": str(tmp_path / "calls")},
        stderr=asyncio.subprocess.DEVNULL,
    )
    await eventually_read(lambda: is_open(port))
    url = f"http://127.0.0.1:{port}/mcp"
    yield json.dumps({"url": url, "headers": {"Authorization": "ORDERS_AUTH"}, "read_only": ["find_order"]})
    process.terminate()
    await process.wait()


async def is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.fixture
async def served(
    way: str, slack: Standin, temporal_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[tuple[Harness, TapedModel]]:
    (tmp_path / "served_desk.py").write_text(DESK)
    (tmp_path / "countersign.yaml").write_text(POLICIES.format(way=way))
    monkeypatch.setenv("ORDERS_LOG", str(tmp_path / "calls"))
    monkeypatch.setenv("ORDERS_AUTH", "Bearer secret")
    with import_folder(tmp_path, monkeypatch):
        settings = make_settings(
            slack,
            tmp_path,
            countersign_agent="served_desk:build_desk",
            countersign_policies=tmp_path / "countersign.yaml",
        )
        model = TapedModel()
        plugin = build_plugin(NamedProvider(model), read_servers(settings))
        client = await connect_server(ClientConfigProfile(address=temporal_address), [plugin])
        async with open_harness(slack, client, settings) as harness:
            yield harness, model


def read_calls(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "calls").read_text().splitlines()]


async def test_reading_is_free_what_is_approved_is_called_and_what_policies_deny_is_not(
    served: tuple[Harness, TapedModel], tmp_path: Path
) -> None:
    harness, model = served
    model.tape = [
        [call("find_order", number="7")],
        [call("refund_order", number="7", amount=49.9)],
        [call("refund_order", number="7", amount=4990)],
        "Done.",
    ]
    thread = await harness.ask("refund order 7")
    card = await harness.card()
    assert "orders.refund_order" in str(card.blocks)
    assert (await harness.approve(card)).acked
    await harness.reply(GENERAL, thread, "Done.")
    found, refunded, denied = model.outputs()
    assert orders.INJECTION in found
    assert "Refunded 49.9 for order 7." in refunded
    assert "Not approved (rejected)" in denied
    calls = read_calls(tmp_path)
    assert [(one["tool"], one["arguments"].get("amount")) for one in calls] == [
        ("find_order", None),
        ("refund_order", 49.9),
    ]
    assert calls[1]["approval"].startswith("approval-")
    assert {one.get("authorization", "Bearer secret") for one in calls} == {"Bearer secret"}


def test_a_server_without_its_variables_is_told_at_the_start(slack: Standin, tmp_path: Path) -> None:
    way = json.dumps({"command": ["orders"], "env": ["ORDERS_NOWHERE"]})
    (tmp_path / "countersign.yaml").write_text(POLICIES.format(way=way))
    settings = make_settings(slack, tmp_path, countersign_policies=tmp_path / "countersign.yaml")
    with pytest.raises(VariableError, match="mcp_servers: orders needs ORDERS_NOWHERE in the environment"):
        read_servers(settings)
