"""MCP servers as the worker reaches them: what does not only read is called by a receipt for exactly that, or not at all."""

from typing import Any

from agents import AgentBase, RunContextWrapper
from agents.mcp import MCPServer
from mcp import MCPError
from mcp.types import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    CallToolResult,
    GetPromptResult,
    ListPromptsResult,
    Tool,
    ToolAnnotations,
)
from temporalio.exceptions import ApplicationError

from activities.guard import check_receipt
from workflows.mcp import UNCERTAIN, is_reading, name_action

REFUSALS = frozenset({INVALID_PARAMS, METHOD_NOT_FOUND})
"""The errors by which a server says that it has not begun; others the client makes itself, of answers that it cannot read."""


class GatedServer(MCPServer):
    """A server behind the guard.

    What it says of its own tools counts only where the operator lists them, too: `read_only` are those. The list that
    workflows get, and so their history, has only such tools annotated as reading.
    """

    def __init__(self, inner: MCPServer, name: str, read_only: tuple[str, ...]) -> None:
        super().__init__()
        self._inner = inner
        self._name = name
        self._read_only = read_only

    @property
    def name(self) -> str:
        """The name by which agents and policies know it."""
        return self._name

    @property
    def session(self) -> object:
        """The inner server's, from which the plugin reads whether a connection can be kept."""
        return getattr(self._inner, "session", None)

    async def connect(self) -> None:
        """Start the program, or connect to the address."""
        await self._inner.connect()  # type: ignore[no-untyped-call]  # the SDK gives it no type

    async def cleanup(self) -> None:
        """End what `connect` has begun."""
        await self._inner.cleanup()  # type: ignore[no-untyped-call]  # the SDK gives it no type

    async def list_tools(
        self, run_context: RunContextWrapper[Any] | None = None, agent: AgentBase[Any] | None = None
    ) -> list[Tool]:
        """The tools, as workflows are to see them."""
        return [self._judge(tool) for tool in await self._inner.list_tools(run_context, agent)]

    def _judge(self, tool: Tool) -> Tool:
        if not is_reading(tool) or tool.name in self._read_only:
            return tool
        annotations = (tool.annotations or ToolAnnotations()).model_copy(update={"read_only_hint": False})
        return tool.model_copy(update={"annotations": annotations})

    async def call_tool(
        self, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None = None
    ) -> CallToolResult:
        """Call a tool.

        Raises:
            ReceiptError: it does not only read, and no receipt for exactly this came with the call.
            ApplicationError: of type UNCERTAIN: it does not only read, and no answer came, or none that can be read.
        """
        if await self._only_reads(tool_name):
            return await self._inner.call_tool(tool_name, arguments, meta)
        check_receipt(name_action(self._name, tool_name), arguments or {})
        try:
            return await self._inner.call_tool(tool_name, arguments, meta)
        except Exception as error:
            if isinstance(error, MCPError) and error.code in REFUSALS:
                raise
            raise ApplicationError(str(error), type=UNCERTAIN, non_retryable=True) from error

    async def _only_reads(self, tool_name: str) -> bool:
        """Asked of the server for each call, as it may say something else by now; nobody is asked of what is not listed."""
        if tool_name not in self._read_only:
            return False
        return any(tool.name == tool_name and is_reading(tool) for tool in await self.list_tools())

    async def list_prompts(self) -> ListPromptsResult:
        """The inner server's; prompts have no effects."""
        return await self._inner.list_prompts()

    async def get_prompt(self, name: str, arguments: dict[str, Any] | None = None) -> GetPromptResult:
        """The inner server's."""
        return await self._inner.get_prompt(name, arguments)
