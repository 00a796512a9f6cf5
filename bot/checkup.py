"""The check of agents: lists what each can do, and whether people are asked before it happens; for terminals and CI."""

from collections.abc import Iterable
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.settings import Settings

FAILED = 1
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
    from bot.agents import AgentError, load_crew
    from bot.toolbox import list_tools

    try:
        crew = load_crew(_name_places(places) if places else _read_settings())
    except AgentError as error:
        _end(str(error))
    listings = list(dict.fromkeys(one for builder in crew.builders.values() for one in list_tools(builder())))
    console.print(_draw(listings))
    if found := [f"{one.tool} of {one.agent}" for one in listings if one.standing == "open"]:
        _end(f"Nobody is asked before these run: {', '.join(found)}. {ADVICE}")


def _name_places(places: Iterable[str]) -> dict[str, str]:
    return {place: place for place in places}


def _read_settings() -> dict[str, str]:
    try:
        return Settings().agents or _name_places([BUILT_IN])
    except ValidationError as error:
        _end(f"The settings are wrong: {', '.join(str(one['loc'][0]) for one in error.errors())}.")


def _draw(listings: Iterable[tuple[str, str, str, str]]) -> Table:
    """A table for terminals; words of the agents' authors are no markup."""
    table = Table("Agent", "Tool", "Standing", "Why")
    for agent, tool, standing, why in listings:
        table.add_row(Text(agent), Text(tool), Text(standing, COLOURS[standing]), Text(why))
    return table


def _end(sentence: str) -> NoReturn:
    complaints.print(sentence, markup=False)
    raise typer.Exit(FAILED)
