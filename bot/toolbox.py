"""What agents can do: each tool of an agent, of those nested in it, and of those it hands off to; pure."""

import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from agents import Agent, FunctionTool, Handoff, HostedMCPTool, Tool
from agents.mcp import MCPServer
from mcp.types import Tool as MCPTool

from workflows.mcp import is_reading, name_action, needs_approval
from workflows.parameters import ActivityTool
from workflows.tools import find_reason

Standing = Literal["gated", "free", "open"]
ANY = "*"
SERVED = "Each tool asks, unless server and policy file say that it only reads; the guard checks receipts."


class Listing(NamedTuple):
    """One tool, and whether people are asked before it runs; `open` is neither gated nor declared free."""

    agent: str
    tool: str
    standing: Standing
    why: str


def find_agents(agent: Agent[Any]) -> list[Agent[Any]]:
    """The agent, those that are its tools, and those that it hands off to, and theirs; each once, though they form a circle."""
    found, waiting = list[Agent[Any]](), [agent]
    while waiting:
        one = waiting.pop(0)
        if not any(one is other for other in found):
            found.append(one)
            waiting += [*_nested(one), *_successors(one)]
    return found


def _nested(agent: Agent[Any]) -> Iterator[Agent[Any]]:
    for tool in agent.tools:
        inner = getattr(tool, "_agent_instance", None)  # the SDK has no public way to it
        if isinstance(inner, Agent):
            yield inner


def _successors(agent: Agent[Any]) -> Iterator[Agent[Any]]:
    for one in agent.handoffs:
        reference = getattr(one, "_agent_ref", None) if isinstance(one, Handoff) else None
        successor = reference() if reference else one
        if isinstance(successor, Agent):
            yield successor


def list_tools(agent: Agent[Any]) -> list[Listing]:
    """Every tool that a conversation with the agent can reach; an MCP server is `name.*`, since what it offers may change."""
    listings: list[Listing] = []
    for one in find_agents(agent):
        listings += [Listing(one.name, name_tool(tool), *_judge_tool(tool)) for tool in one.tools]
        listings += [
            Listing(one.name, name_action(server.name, ANY), *_judge_server(server))
            for server in one.mcp_servers
        ]
    return listings


def judge_served(server: Listing, name: str, tool: MCPTool) -> Listing:
    """One tool of an MCP server that is listed as a whole."""
    action = name_action(name, tool.name)
    if server.standing == "gated" and is_reading(tool):
        return Listing(server.agent, action, "free", "It only reads: so say its server and the policy file.")
    return server._replace(tool=action)


def name_tool(tool: Tool) -> str:
    """A tool's name; of an MCP server that the model's provider calls, all of its tools."""
    return (
        name_action(tool.tool_config["server_label"], ANY) if isinstance(tool, HostedMCPTool) else tool.name
    )


def find_servers(agent: Agent[Any]) -> tuple[str, ...]:
    """The names of the MCP servers that a conversation with the agent can reach, those of the provider's left out."""
    return tuple(dict.fromkeys(server.name for one in find_agents(agent) for server in one.mcp_servers))


def _judge_tool(tool: Tool) -> tuple[Standing, str]:
    if reason := find_reason(tool):
        return "free", reason
    if isinstance(getattr(tool, "_agent_instance", None), Agent):
        return "free", "It is an agent; its own tools are listed."
    if isinstance(tool, ActivityTool) and tool.needs_approval:
        return "gated", "An activity, whose receipt the guard checks."
    return _judge_setting(_read_setting(tool))


def _read_setting(tool: Tool) -> object:
    """What a tool says of approval itself; hosted MCP servers say it in their configuration, by default always."""
    if isinstance(tool, HostedMCPTool):
        return tool.tool_config.get("require_approval", "always") == "always"
    return getattr(tool, "needs_approval", False)


def _judge_server(server: MCPServer) -> tuple[Standing, str]:
    """By the SDK's own member, as there is no public way to it; the guard asks for receipts in any case."""
    setting = getattr(server, "_needs_approval_policy", False)
    return ("gated", SERVED) if setting is needs_approval else _judge_setting(setting)


def _judge_setting(setting: object) -> tuple[Standing, str]:
    if callable(setting):
        return "gated", f"{getattr(setting, '__qualname__', 'A function')} says when."
    return ("gated", "Always needs approval.") if setting is True else ("open", "Nobody is asked.")


def find_gated(agent: Agent[Any]) -> frozenset[str]:
    """The activities that a conversation with the agent runs only when they are approved, by name."""
    tools = (tool for one in find_agents(agent) for tool in one.tools)
    return frozenset(
        tool.parameters.action for tool in tools if isinstance(tool, ActivityTool) and tool.needs_approval
    )


def find_activities(agent: Agent[Any]) -> frozenset[str]:
    """The activities that a worker of the agent has to run, by name."""
    tools = (tool for one in find_agents(agent) for tool in one.tools)
    return frozenset(
        tool.parameters.action for tool in tools if isinstance(tool, ActivityTool) and not tool.task_queue
    )


def find_repeated(agent: Agent[Any]) -> list[str]:
    """Names that two tools of one agent share, so that nobody could say which one was approved."""
    found: list[str] = []
    for one in find_agents(agent):
        names = [name_tool(tool) for tool in one.tools]
        found += [name for number, name in enumerate(names) if name in names[:number]]
    return found


def describe_agent(agent: Agent[Any]) -> str:
    """All that has to be the same whenever an agent is built: names, instructions, tools with their parameters."""
    return json.dumps([_describe(one) for one in find_agents(agent)], default=_name)


def _describe(agent: Agent[Any]) -> list[object]:
    servers = [(server.name, _judge_server(server)) for server in agent.mcp_servers]
    return [agent.name, agent.instructions, [_sketch(tool) for tool in agent.tools], servers]


def _sketch(tool: Tool) -> list[object]:
    schema = tool.params_json_schema if isinstance(tool, FunctionTool) else None
    return [name_tool(tool), schema, _judge_tool(tool)]


def _name(value: object) -> str:
    return getattr(value, "__qualname__", type(value).__qualname__)
