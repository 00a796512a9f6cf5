"""The MCP servers of the policy file, as the worker starts or reaches them; what they need of the environment comes with them."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from agents.mcp import MCPServer, MCPServerStdio, MCPServerStreamableHttp
from mcp.types import Tool

from activities.mcp import GatedServer
from activities.rules.servers import ServerSource
from bot.reload import read_policies
from bot.settings import Settings, load_variables

Factory = Callable[[], MCPServer]
PATIENCE = 15.0
"""Seconds for a server to start and to say what it can do."""


class VariableError(Exception):
    """A server cannot be used, in a sentence that says why and what to do."""


def read_servers(settings: Settings) -> dict[str, Factory]:
    """Those of the policy file, as it is when the worker starts.

    Raises:
        LoadError: the policy file has faults.
        VariableError: a server needs a variable that is not there.
    """
    return build_servers(read_policies(settings).servers, load_variables())


def build_servers(sources: Mapping[str, ServerSource], variables: Mapping[str, str]) -> dict[str, Factory]:
    """What makes a connection to each server, behind the guard; `variables` are those of the environment.

    Raises:
        VariableError: a server needs a variable that is not there.
    """
    return {name: _prepare_server(name, source, variables) for name, source in sources.items()}


def _prepare_server(name: str, source: ServerSource, variables: Mapping[str, str]) -> Factory:
    needed = (*source.env, *source.headers.values())
    if missing := [one for one in needed if one not in variables]:
        raise VariableError(
            f"mcp_servers: {name} needs {', '.join(missing)} in the environment; set it, or take it out of the policy file."
        )
    env = {one: variables[one] for one in source.env}
    headers = {header: variables[one] for header, one in source.headers.items()}
    return partial(_build_server, name, source, env, headers)


def _build_server(
    name: str, source: ServerSource, env: dict[str, str], headers: dict[str, str]
) -> GatedServer:
    return GatedServer(_reach(name, source, env, headers), name, source.read_only)


def _reach(name: str, source: ServerSource, env: dict[str, str], headers: dict[str, str]) -> MCPServer:
    seconds = source.timeout.total_seconds()
    if source.url:
        return MCPServerStreamableHttp(
            params={"url": source.url, "headers": headers, "timeout": seconds},
            name=name,
            client_session_timeout_seconds=seconds,
        )
    program, *arguments = source.command
    return MCPServerStdio(
        params={"command": program, "args": arguments, "env": env},
        name=name,
        client_session_timeout_seconds=seconds,
    )


async def list_served(server: MCPServer) -> list[Tool]:
    """The tools of a server, as workflows are to see them, within a moment.

    Raises:
        Exception: whatever keeps it from being reached.
    """
    async with asyncio.timeout(PATIENCE):
        try:
            await server.connect()  # type: ignore[no-untyped-call]  # the SDK gives it no type
            return await server.list_tools()
        finally:
            await server.cleanup()  # type: ignore[no-untyped-call]
