"""Agents of the user's own: found by the settings' names for them, and checked before anybody talks to them."""

import importlib
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard, cast

from agents import Agent

from activities.rules.rulebook import Rule, Rulebook
from bot.toolbox import (
    ANY,
    Listing,
    describe_agent,
    find_activities,
    find_gated,
    find_repeated,
    find_servers,
    list_tools,
)
from workflows.builders import Builder
from workflows.parameters import ParametersError, read_name
from workflows.ports import LedgerPort, PolicyPort, RoundupPort, SlackPort, TalkPort

OURS = frozenset(
    name
    for port in (LedgerPort, PolicyPort, RoundupPort, SlackPort, TalkPort)
    for name in vars(port)
    if not name.startswith("_")
)
"""The activities that a worker runs in any case."""
ACTIVITIES = "build_activities"
"""The function beside an agent's that answers with the activities which its tools run."""


class AgentError(Exception):
    """An agent cannot be used, in a sentence that says why and what to do."""


@dataclass(frozen=True)
class Crew:
    """The agents of a worker: what builds each, by name; the activities that came with them; which of those are gated."""

    builders: Mapping[str, Builder]
    activities: tuple[Callable[..., Any], ...] = ()
    gated: frozenset[str] = frozenset()


def load_crew(places: Mapping[str, str]) -> Crew:
    """Load the agents at these places (`package.module:function`), by name; modules of the working folder are found, too.

    Raises:
        AgentError: one cannot be used.
    """
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    builders = {name: _find_builder(place) for name, place in places.items()}
    agents = [_try_builder(places[name], builder) for name, builder in builders.items()]
    modules = dict.fromkeys(place.partition(":")[0] for place in places.values())
    activities = tuple(one for module in modules for one in _find_activities(module))
    _check_activities(frozenset[str]().union(*map(find_activities, agents)), activities)
    return Crew(builders, activities, frozenset[str]().union(*map(find_gated, agents)))


def _import(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise AgentError(f"COUNTERSIGN_AGENT: {module} cannot be imported ({told}).") from error


def _find_builder(place: str) -> Builder:
    module, _, name = place.partition(":")
    if not name:
        raise AgentError(f"COUNTERSIGN_AGENT: {place} has to be like package.module:function.")
    builder = getattr(_import(module), name, None)
    if builder is None:
        raise AgentError(f"COUNTERSIGN_AGENT: {module} has no {name}.")
    if not callable(builder):
        raise AgentError(f"COUNTERSIGN_AGENT: {place} is no function; name one that returns an Agent.")
    return cast(Builder, builder)


def _find_activities(module: str) -> list[Callable[..., Any]]:
    build = getattr(_import(module), ACTIVITIES, None)
    return list(_call(f"{module}:{ACTIVITIES}", build)) if build else []


def _check_activities(needed: Collection[str], activities: Collection[Callable[..., Any]]) -> None:
    """What no worker runs would be tried for ever."""
    try:
        given = {read_name(one) for one in activities}
    except ParametersError as error:
        raise AgentError(f"COUNTERSIGN_AGENT: {ACTIVITIES} returned what is no activity: {error}") from None
    if ours := sorted(given & OURS):
        raise AgentError(
            f"COUNTERSIGN_AGENT: {ours[0]} is an activity of Countersign's own; give yours another name."
        )
    if missing := sorted(set(needed) - given - OURS):
        raise AgentError(
            f"COUNTERSIGN_AGENT: a tool runs the activity {missing[0]}, which no {ACTIVITIES} returns; return it from that "
            "function, beside the agent's."
        )


def _call(place: str, build: Callable[[], Any]) -> Any:
    try:
        return build()
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise AgentError(f"COUNTERSIGN_AGENT: {place} failed ({told}).") from error


def _is_agent(value: object) -> TypeGuard[Agent[Any]]:
    return isinstance(value, Agent)


def _build(place: str, builder: Builder) -> Agent[Any]:
    built: object = _call(place, builder)
    if not _is_agent(built):
        raise AgentError(
            f"COUNTERSIGN_AGENT: {place} returned {type(built).__name__}; it has to return an Agent."
        )
    return built


def _try_builder(place: str, builder: Builder) -> Agent[Any]:
    """Build an agent twice, as each turn of a conversation and each replay of it builds it anew."""
    agent, again = _build(place, builder), _build(place, builder)
    if describe_agent(agent) != describe_agent(again):
        raise AgentError(
            f"COUNTERSIGN_AGENT: {place} builds a different agent each time (tools or instructions); no clock, "
            "chance or file may play a part in it."
        )
    if repeated := find_repeated(agent):
        raise AgentError(f"COUNTERSIGN_AGENT: {place} has two tools named {repeated[0]}; rename one.")
    return agent


def check_crew(crew: Crew, rulebook: Rulebook) -> None:
    """Hold agents to the policy file.

    Raises:
        AgentError: a policy asks people about a tool which runs without asking, an MCP server does, or the file has no
            such server.
    """
    for name, builder in crew.builders.items():
        agent = builder()
        for server in find_servers(agent):
            if server not in rulebook.servers:
                raise AgentError(
                    f"COUNTERSIGN_AGENT: {name} uses the MCP server {server}, which the policy file does not have: add it "
                    "under mcp_servers."
                )
        for listing in list_tools(agent):
            _check_listing(name, listing, rulebook)


def _check_listing(name: str, listing: Listing, rulebook: Rulebook) -> None:
    if listing.standing != "open":
        return
    if listing.tool.endswith(f".{ANY}"):
        server = listing.tool.removesuffix(f".{ANY}")
        raise AgentError(
            f"COUNTERSIGN_AGENT: the MCP server {server} of {name} runs tools without asking: make it with "
            f'workflows.mcp.mcp_server("{server}"), or a hosted one with require_approval="always"; or say on purpose '
            "free(…, why=…)."
        )
    rule = next((rule for rule in rulebook.rules if _means(rule, listing)), None)
    if rule:
        raise AgentError(_advise(name, listing, rule))


def find_policies(listing: Listing, rulebook: Rulebook) -> tuple[str, ...]:
    """The policies that may apply to a gated tool, in order; which of them does depends on who asks for what."""
    if listing.standing != "gated":
        return ()
    fitting = [
        rule for rule in rulebook.rules if rule.action.fits(listing.tool) and rule.agent.fits(listing.agent)
    ]
    certain = next((number for number, rule in enumerate(fitting) if _is_certain(rule)), len(fitting))
    return tuple(rule.name for rule in fitting[: certain + 1])


def _is_certain(rule: Rule) -> bool:
    return not (rule.users or rule.usergroups or rule.condition)


def _means(rule: Rule, listing: Listing) -> bool:
    """Whether a policy asks people about this tool by name; one that takes every action means none in particular."""
    named = rule.action.expression is not None and "*" not in rule.action.globs
    return (
        named
        and rule.plan.effect == "ask"
        and rule.action.fits(listing.tool)
        and rule.agent.fits(listing.agent)
    )


def _advise(name: str, listing: Listing, rule: Rule) -> str:
    return (
        f"COUNTERSIGN_AGENT: {listing.tool} of {name} runs without asking, though policy {rule.name} asks people about "
        "it: make it with gated(…), or needs_approval=True, or say on purpose free(…, why=…)."
    )
