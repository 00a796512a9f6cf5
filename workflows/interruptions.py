"""What an interruption of a run asks for: action, arguments and schema, whichever kind of tool it is of."""

from agents import FunctionTool, ToolApprovalItem
from agents.mcp import MCPServer
from mcp.types import Tool
from openai.types.responses.response_output_item import McpApprovalRequest
from pydantic import JsonValue, TypeAdapter, ValidationError

from workflows.parameters import ActivityTool

UNNAMED = "unnamed tool"
_OBJECT: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


class UnclearError(ValueError):
    """Nobody could say what would be approved, so nobody is asked."""


def name_action(item: ToolApprovalItem) -> str:
    """What policies and cards call it: a tool's name, with its server's before it where it has one.

    Raises:
        UnclearError: it is of a server, but of no tool that this has.
    """
    if isinstance(item.raw_item, McpApprovalRequest):
        return f"{item.raw_item.server_label}.{item.raw_item.name}"
    server = _find_server(item)
    return f"{server.name}.{_find_served(server, item).name}" if server else item.name or UNNAMED


def read_arguments(item: ToolApprovalItem) -> dict[str, JsonValue]:
    """What would run, so that people see that: an activity fills in defaults and leaves out what it does not take.

    Raises:
        UnclearError: it could not run.
    """
    try:
        arguments = _OBJECT.validate_json(item.arguments or "{}")
    except ValidationError:
        raise UnclearError("The arguments are not a JSON object.") from None
    tools = (tool for tool in item.agent.tools if isinstance(tool, ActivityTool) and tool.name == item.name)
    try:
        return next((tool.parameters.settle(arguments) for tool in tools), arguments)
    except ValueError as error:
        raise UnclearError(str(error)) from None


def find_schema(item: ToolApprovalItem) -> dict[str, JsonValue] | None:
    """The JSON Schema of the arguments; of what OpenAI calls itself there is none, so approvers cannot change it."""
    server = _find_server(item)
    if server:
        return _OBJECT.validate_python(_find_served(server, item).input_schema)
    tools = (tool for tool in item.agent.tools if isinstance(tool, FunctionTool) and tool.name == item.name)
    return next((_OBJECT.validate_python(tool.params_json_schema) for tool in tools), None)


def name_call(item: ToolApprovalItem) -> str:
    """What the model calls the tool by."""
    return item.raw_item.name if isinstance(item.raw_item, McpApprovalRequest) else item.name or ""


def _find_server(item: ToolApprovalItem) -> MCPServer | None:
    origin = item.tool_origin.mcp_server_name if item.tool_origin else None
    return next((one for one in item.agent.mcp_servers if one.name == origin), None) if origin else None


def _find_served(server: MCPServer, item: ToolApprovalItem) -> Tool:
    tools = (tool for tool in server.cached_tools or () if tool.name == item.name)
    found = next(tools, None)
    if found is None:
        raise UnclearError(f"{item.name} is no tool of {server.name}, under that name.")
    return found
