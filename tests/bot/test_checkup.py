"""The check of agents: it lists every tool, and fails where nobody is asked and nobody has said that this is meant."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot import checkup
from bot.cli import app
from tests import orders
from tests.folders import import_folder

DESK = """
from agents import Agent, function_tool
from workflows.tools import free

@function_tool
def wipe() -> str:
    "Wipe."
    return ""

def build_open():
    return Agent(name="[red]Open", tools=[wipe], handoffs=[build_free()])

def build_free():
    return Agent(name="Free", tools=[free(wipe, why="It is empty.")])
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with agents, and no settings."""
    for name in list(os.environ):
        if name.startswith("COUNTERSIGN_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(checkup.console, "width", 240)
    (tmp_path / "desk.py").write_text(DESK)
    with import_folder(tmp_path, monkeypatch) as here:
        yield here


def check(*places: str) -> Result:
    result = CliRunner().invoke(app, ["check", "agent", *places])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_without_settings_the_built_in_agent_is_listed() -> None:
    result = check()
    assert result.exit_code == 0
    for words in ("get_balance", "transfer_money", "Always needs approval", "wait_for_confirmation"):
        assert words in result.stdout


def test_the_agents_of_the_settings_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_AGENT", "desk:build_free")
    result = check()
    assert (result.exit_code, "It is empty." in result.stdout) == (0, True)


def test_a_tool_that_is_neither_gated_nor_free_fails_the_check_and_is_named() -> None:
    result = check("desk:build_open", "desk:build_free")
    assert result.exit_code == 1
    assert "[red]Open" in result.stdout
    assert result.stdout.count("It is empty.") == 1
    assert result.stderr.startswith(
        "Nobody is asked before these run: wipe of [red]Open. Make each of them with gated("
    )


def test_what_cannot_be_loaded_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "desk has no build_nothing." in check("desk:build_nothing").stderr
    monkeypatch.setenv("COUNTERSIGN_AGENT", "desk")
    result = check()
    assert (result.exit_code, result.stderr) == (1, "The settings are wrong: countersign_agent.\n")


SERVED = """
from agents import Agent
from workflows.mcp import mcp_server

def build_served():
    return Agent(name="Served", mcp_servers=[mcp_server("orders")])
"""
POLICIES = f"""
mcp_servers:
  orders:
    command: [{sys.executable}, {orders.__file__}]
    env: [ORDERS_LOG]
    read_only: [find_order]
policies:
  - name: large
    match: {{action: orders.refund_*, when: args.amount > 100}}
    stages: [{{name: approval, approvers: [{{channel: C0APPROVALS}}], deadline: 24h}}]
  - name: refunds
    match: {{action: orders.refund_*}}
    stages: [{{name: approval, approvers: [{{channel: C0APPROVALS}}], deadline: 24h}}]
  - name: rest
    stages: [{{name: approval, approvers: [{{channel: C0APPROVALS}}], deadline: 24h}}]
"""


@pytest.fixture
def served(folder: Path) -> None:
    (folder / "served.py").write_text(SERVED)
    (folder / "countersign.yaml").write_text(POLICIES)


@pytest.mark.usefixtures("served")
def test_each_tool_of_a_server_is_listed_with_the_policies_that_may_apply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERS_LOG", str(tmp_path / "calls"))
    result = check("served:build_served")
    assert result.exit_code == 0, result.stderr
    rows = {row.split("│")[2].strip(): row for row in result.stdout.splitlines() if "│ Served" in row}
    assert set(rows) == {
        "orders.find_order",
        "orders.peek_order",
        "orders.list_orders",
        "orders.refund_order",
    }
    assert "free" in rows["orders.find_order"]
    assert "large or refunds" in rows["orders.refund_order"]
    assert "rest" in rows["orders.peek_order"]


@pytest.mark.usefixtures("served")
def test_a_server_that_cannot_be_reached_is_listed_as_a_whole() -> None:
    result = check("served:build_served")
    assert result.exit_code == 0
    assert "orders.*" in result.stdout
    assert "mcp_servers: orders needs ORDERS_LOG in the environment" in result.stdout
