"""What a call of an MCP server's tool came to is never said to have failed where it may have been done."""

from typing import Any, cast

import pytest
from agents.mcp import MCPServer
from mcp import MCPError
from mcp.types import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, CallToolResult
from temporalio.exceptions import ApplicationError

from activities import mcp
from activities.mcp import GatedServer
from workflows.mcp import UNCERTAIN


class Failing:
    """A server whose answer is an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def call_tool(self, *_: Any) -> CallToolResult:
        raise self._error


def accept(*_: object) -> None:
    """In place of the guard."""


def build(error: Exception, monkeypatch: pytest.MonkeyPatch) -> GatedServer:
    monkeypatch.setattr(mcp, "check_receipt", accept)
    return GatedServer(cast(MCPServer, Failing(error)), "orders", ())


@pytest.mark.parametrize(
    "error",
    [
        MCPError(INVALID_REQUEST, "Unexpected content type: text/html"),
        MCPError(PARSE_ERROR, "Failed to parse JSON response"),
        MCPError(-32000, "Connection closed"),
        ValueError("1 validation error for CallToolResult"),
        ConnectionResetError("reset"),
    ],
    ids=repr,
)
async def test_an_answer_that_cannot_be_read_leaves_it_uncertain(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ApplicationError) as caught:
        await build(error, monkeypatch).call_tool("refund_order", {})
    assert caught.value.type == UNCERTAIN
    assert caught.value.non_retryable


@pytest.mark.parametrize("code", [INVALID_PARAMS, METHOD_NOT_FOUND])
async def test_what_the_server_has_not_begun_has_failed(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MCPError):
        await build(MCPError(code, "No."), monkeypatch).call_tool("refund_order", {})
