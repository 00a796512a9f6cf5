"""The command line: one program, several roles."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from temporalio.envconfig import ClientConfigProfile

from bot import checkup, policies
from bot.settings import Settings, SettingsError, load_settings, load_temporal

WRONG_SETTINGS = 2


class StoryName(StrEnum):
    """The stories that the demo can play."""

    TRANSFER = "transfer"
    PROCUREMENT = "procurement"


FAILED = 1

app = typer.Typer(
    help="Durable human approval for AI agents, in Slack.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.add_typer(policies.app, name="policy")
app.add_typer(checkup.app, name="check")
console = Console()
complaints = Console(stderr=True, soft_wrap=True, highlight=False)


def main() -> None:
    """Run the program, and end it without Python's own clean-up, in which threads of Temporal's core may abort it."""
    try:
        app()
    except SystemExit as end:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))


@app.callback()
def prepare(context: typer.Context) -> None:
    """Durable human approval for AI agents, in Slack."""
    if context.invoked_subcommand == "policy":
        from bot.names import wire_policies

        context.obj = wire_policies()


@app.command()
def run() -> None:
    """Run bot and worker in one process. Without TEMPORAL_ADDRESS it brings its own Temporal server."""
    settings, profile = read_settings()
    start(serve(settings, profile, bot=True, worker=True, embed=profile.address is None))


@app.command()
def bot() -> None:
    """Run only the bot, which listens to Slack."""
    settings, profile = read_settings()
    start(serve(settings, profile, bot=True, worker=False, embed=False))


@app.command()
def worker() -> None:
    """Run only the worker, which runs workflows and activities."""
    settings, profile = read_settings()
    start(serve(settings, profile, bot=False, worker=True, embed=False))


@app.command()
def doctor() -> None:
    """Check the settings, Slack and Temporal, and say what to do about what is wrong."""
    settings, profile = read_settings()
    start(diagnose(settings, profile))


@app.command()
def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Exit after the story; 0 if all of it happened.")
    ] = False,
    story: Annotated[StoryName, typer.Option(help="Which story to play.")] = StoryName.TRANSFER,
) -> None:
    """Play a short story with a stand-in for Slack, then stay up to be clicked in. Needs no account anywhere."""
    from bot.demo import play_demo

    start(play_demo(console, story, once=once), logging.WARNING)


def read_settings() -> tuple[Settings, ClientConfigProfile]:
    """The settings, or the end of the program with a sentence for each thing that is wrong."""
    try:
        return load_settings(), load_temporal()
    except SettingsError as error:
        for problem in error.problems:
            complaints.print(problem, markup=False)
        raise typer.Exit(WRONG_SETTINGS) from None


def start(role: Coroutine[None, None, int], level: int = logging.INFO) -> NoReturn:
    """Run a role to its end and exit with its code; what cannot be used is told in a sentence."""
    from activities.rules.documents import LoadError
    from bot.agents import AgentError
    from bot.logs import configure_logs, forward_core
    from bot.mcp import VariableError
    from bot.server import ServerError
    from bot.temporal import TemporalError

    configure_logs(level)
    forward_core()
    try:
        raise SystemExit(asyncio.run(role))
    except (TemporalError, ServerError) as error:
        complaints.print(str(error), markup=False)
        raise SystemExit(FAILED) from None
    except (LoadError, AgentError, VariableError) as error:
        complaints.print(str(error), markup=False)
        raise SystemExit(WRONG_SETTINGS) from None


async def serve(
    settings: Settings, profile: ClientConfigProfile, *, bot: bool, worker: bool, embed: bool
) -> int:
    """Be bot, worker or both until told to stop; told while it starts, it stops starting."""
    from bot.process import stopper

    async with stopper() as stop:
        await stop.interrupt(be_roles(settings, profile, bot=bot, worker=worker, embed=embed))
    return 0


async def be_roles(
    settings: Settings, profile: ClientConfigProfile, *, bot: bool, worker: bool, embed: bool
) -> None:
    """Start the roles, and be them until cancelled."""
    from bot.mcp import read_servers
    from bot.models import build_provider
    from bot.roles import run_bot, run_worker
    from bot.temporal import connect_server, require_attributes
    from bot.visitors import Visitors
    from bot.worker import build_plugin

    async with AsyncExitStack() as stack:
        if embed:
            profile = await stack.enter_async_context(embedded_profile())
        plugins = [build_plugin(build_provider(settings), read_servers(settings))] if worker else []
        client = await connect_server(profile, plugins)
        await require_attributes(client)
        visitors = Visitors()
        if worker:
            await stack.enter_async_context(run_worker(client, settings, visitors))
        if bot:
            await stack.enter_async_context(run_bot(client, settings, visitors))
        await asyncio.Event().wait()


@asynccontextmanager
async def embedded_profile() -> AsyncGenerator[ClientConfigProfile]:
    """The embedded server as a profile, announced."""
    from bot.server import STATE_FOLDER, UI_PORT, embedded_server

    console.print("No TEMPORAL_ADDRESS is set: starting the embedded Temporal server.")
    async with embedded_server() as address:
        console.print(
            f"Temporal is at {address}, its page at http://localhost:{UI_PORT}, its state in {STATE_FOLDER}/."
        )
        yield ClientConfigProfile(address=address)


async def diagnose(settings: Settings, profile: ClientConfigProfile) -> int:
    """Print the doctor's findings; 1 if anything is wrong."""
    from activities.webapi import WebApi
    from bot.clients import build_client
    from bot.doctor import examine

    bot_api, app_api = WebApi(build_client(settings)), WebApi(build_client(settings, settings.app_token))
    findings = await examine(settings, profile, bot_api, app_api)
    for finding in findings:
        mark = "[green]ok[/green]   " if finding.healthy else "[red]wrong[/red]"
        console.print(f"{mark} {finding.name}: ", end="")
        console.print(finding.detail, markup=False, highlight=False, soft_wrap=True)
    return 0 if all(finding.healthy for finding in findings) else FAILED
