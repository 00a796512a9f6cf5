"""The toolbox: every tool that can be reached is found, and said to be gated, free or neither."""

from typing import Any, cast

import pytest
from agents import Agent, HostedMCPTool, RunContextWrapper, WebSearchTool, function_tool, handoff
from agents.mcp import MCPServerStdio
from mcp.types import Tool as MCPTool
from openai.types.responses.tool_param import Mcp

from bot.toolbox import (
    SERVED,
    Listing,
    find_agents,
    find_gated,
    find_repeated,
    find_servers,
    judge_served,
    list_tools,
)
from tests.workflows.refunds import build_desk, build_manager, build_served
from workflows.assistant import build_assistant
from workflows.tools import free


@function_tool
def look() -> str:
    """Nobody has said anything about it."""
    return ""


async def on_mondays(_: RunContextWrapper[Any], __: dict[str, Any], ___: str) -> bool:
    return True


@function_tool(needs_approval=on_mondays)
def clean() -> str:
    """It asks at times."""
    return ""


def judge(*tools: Any) -> list[tuple[str, str, str]]:
    return [listing[1:] for listing in list_tools(Agent[Any](name="One", tools=list(tools)))]


def hosted(**config: str) -> HostedMCPTool:
    return HostedMCPTool(tool_config=cast(Mcp, {"type": "mcp", "server_label": "files"} | config))


def test_the_built_in_agent_has_no_open_tool() -> None:
    assert [listing.standing for listing in list_tools(build_assistant())] == [
        "free",
        "gated",
        "free",
        "free",
    ]


def test_each_tool_of_the_desk_is_judged() -> None:
    assert list_tools(build_desk()) == [
        Listing("Refunds", "refund", "gated", "An activity, whose receipt the guard checks."),
        Listing("Refunds", "write_off", "gated", "An activity, whose receipt the guard checks."),
        Listing("Refunds", "find_order", "free", "It only reads."),
        Listing("Refunds", "say_hello", "gated", "An activity, whose receipt the guard checks."),
        Listing("Refunds", "pay_out", "open", "Nobody is asked."),
    ]
    assert find_gated(build_desk()) == {"refund", "write_off"}


@pytest.mark.parametrize(
    ("tool", "listing"),
    [
        (look, ("look", "open", "Nobody is asked.")),
        (clean, ("clean", "gated", "on_mondays says when.")),
        (WebSearchTool(), ("web_search", "open", "Nobody is asked.")),
        (free(WebSearchTool(), why="It is public."), ("web_search", "free", "It is public.")),
        (hosted(), ("files.*", "gated", "Always needs approval.")),
        (hosted(require_approval="never"), ("files.*", "open", "Nobody is asked.")),
    ],
)
def test_tools_of_every_kind_are_judged(tool: Any, listing: tuple[str, str, str]) -> None:
    assert judge(tool) == [listing]


@pytest.mark.parametrize(("setting", "standing"), [("always", "gated"), ("never", "open"), (None, "open")])
def test_a_server_is_judged_by_its_own_setting(setting: Any, standing: str) -> None:
    server = MCPServerStdio(params={"command": "true"}, name="files", require_approval=setting)
    listings = list_tools(Agent[Any](name="One", mcp_servers=[server]))
    assert [(one.tool, one.standing) for one in listings] == [("files.*", standing)]


def test_a_server_of_the_policy_file_asks_before_each_tool() -> None:
    (listing,) = list_tools(build_served())
    assert listing == Listing("Served", "orders.*", "gated", SERVED)
    assert find_servers(build_manager()) == ("orders",)


@pytest.mark.parametrize(
    ("annotations", "standing"),
    [({"read_only_hint": True}, "free"), ({"read_only_hint": False}, "gated"), (None, "gated")],
)
def test_a_servers_tool_is_free_only_where_it_is_annotated_as_reading(
    annotations: dict[str, bool] | None, standing: str
) -> None:
    tool = MCPTool.model_validate({"name": "look", "inputSchema": {}, "annotations": annotations})
    (listing,) = list_tools(build_served())
    assert judge_served(listing, "orders", tool)[:3] == ("Served", "orders.look", standing)


def test_two_servers_of_the_provider_are_two_tools() -> None:
    other = HostedMCPTool({"type": "mcp", "server_label": "crm", "server_url": "https://crm.example"})
    assert find_repeated(Agent[Any](name="One", tools=[hosted(), other])) == []
    assert find_repeated(Agent[Any](name="One", tools=[hosted(), hosted()])) == ["files.*"]


def test_agents_are_found_behind_tools_and_handoffs_each_once() -> None:
    last = Agent[Any](name="Last", tools=[look, look])
    inner = Agent[Any](name="Inner", handoffs=[last])
    first = Agent[Any](name="First", tools=[inner.as_tool("ask", "Ask.")], handoffs=[handoff(last)])
    last.handoffs = [first]
    assert [agent.name for agent in find_agents(first)] == ["First", "Inner", "Last"]
    assert [(one.agent, one.tool, one.standing) for one in list_tools(first)] == [
        ("First", "ask", "free"), ("Last", "look", "open"), ("Last", "look", "open"),
    ]  # fmt: skip
    assert find_repeated(first) == ["look"]
