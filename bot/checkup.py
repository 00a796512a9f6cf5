"""The check of agents: lists what each can do, and whether people are asked before it happens; for terminals and CI."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.settings import Settings, load_variables

if TYPE_CHECKING:  # imported when they are needed, so that other commands start at once
    from activities.rules.servers import ServerSource
    from bot.toolbox import Listing
    from workflows.builders import Builder

FAILED = 1
SOME_CHANNEL = "C0APPROVALS"
BUILT_IN = "workflows.assistant:build_assistant"
ADVICE = (
    'Make each of them with gated(…), with needs_approval=True or, an MCP server, with require_approval="always"; '
    "or say on purpose free(…, why=…)."
)
COLOURS = {"gated": "green", "free": "yellow", "open": "red"}

app = typer.Typer(help="Check what agents can do.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False)
complaints = Console(stderr=True, soft_wrap=True, highlight=False)


@app.callback()
def prepare() -> None:
    """Check what agents can do."""


@app.command("agent")
def check_agent(
    places: Annotated[
        list[str] | None,
        typer.Argument(
            help="Functions that build agents, like desk:build_agent; else those of COUNTERSIGN_AGENT."
        ),
    ] = None,
) -> None:
    """List each tool of an agent, of agents within it and of those it hands off to; 1 if one is neither gated nor free."""
    from activities.rules.documents import LoadError
    from bot.agents import AgentError, find_policies, load_crew
    from bot.reload import read_policies

    settings = _read_settings()
    try:
        crew = load_crew(_name_places(places or []) or settings.agents or _name_places([BUILT_IN]))
        rulebook = read_policies(settings)
    except (AgentError, LoadError) as error:
        _end(str(error))
    listings = asyncio.run(_list_all(crew.builders.values(), rulebook.servers))
    console.print(_draw((one, " or ".join(find_policies(one, rulebook))) for one in listings))
    if found := [f"{one.tool} of {one.agent}" for one in listings if one.standing == "open"]:
        _end(f"Nobody is asked before these run: {', '.join(found)}. {ADVICE}")


async def _list_all(builders: "Iterable[Builder]", sources: "Mapping[str, ServerSource]") -> "list[Listing]":
    """Every tool of the agents, each once; those of MCP servers as these tell them."""
    from bot.toolbox import list_tools

    listings = dict.fromkeys(one for builder in builders for one in list_tools(builder()))
    return [one for listing in listings for one in await _list_served(listing, sources)]


async def _list_served(listing: "Listing", sources: "Mapping[str, ServerSource]") -> "list[Listing]":
    from bot.mcp import build_servers, list_served
    from bot.toolbox import judge_served

    name = listing.tool.partition(".")[0]
    if name not in sources:
        return [listing]
    try:
        factory = build_servers({name: sources[name]}, load_variables())[name]
        tools = await list_served(factory())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        told = f"Its tools cannot be listed ({str(error) or type(error).__name__}). {listing.why}"
        return [listing._replace(why=told)]
    return [judge_served(listing, name, tool) for tool in tools]


def _name_places(places: Iterable[str]) -> dict[str, str]:
    return {place: place for place in places}


def _read_settings() -> Settings:
    """The settings, whether or not they are complete: a check needs no Slack, and no policy's channels."""
    try:
        settings = Settings()
    except ValidationError as error:
        _end(f"The settings are wrong: {', '.join(str(one['loc'][0]) for one in error.errors())}.")
    channel = settings.countersign_approvals_channel or SOME_CHANNEL
    return settings.model_copy(update={"countersign_approvals_channel": channel})


def _draw(rows: "Iterable[tuple[Listing, str]]") -> Table:
    """A table for terminals; words of the agents' authors are no markup."""
    table = Table()
    for name in ("Agent", "Tool", "Standing", "Why", "Policy"):
        table.add_column(name, overflow="fold")
    for (agent, tool, standing, why), policies in rows:
        table.add_row(Text(agent), Text(tool), Text(standing, COLOURS[standing]), Text(why), Text(policies))
    return table


def _end(sentence: str) -> NoReturn:
    complaints.print(sentence, markup=False)
    raise typer.Exit(FAILED)
