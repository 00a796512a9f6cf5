"""The demo: everything on this machine, the same code as in production, only the addresses differ."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from temporalio.client import Client
from temporalio.envconfig import ClientConfigProfile

from activities.ledger import Ledger
from bot.catalog import Catalog
from bot.models import build_provider
from bot.process import stopper
from bot.procurement import ProcurementStory
from bot.roles import run_bot, run_worker
from bot.server import STATE_FOLDER, embedded_server
from bot.settings import DEMO_MODEL, Settings
from bot.standin.server import Standin
from bot.story import TransferStory
from bot.teller import APPROVALS, OUTCOMES, StoryError, Teller
from bot.temporal import connect_server
from bot.visitors import Visitors
from bot.worker import build_plugin

PAGE_PORT = 8200
TEMPORAL_PORT = 7243
UI_PORT = 8243
QUEUE = "countersign-demo"
FOLDER = STATE_FOLDER / "demo"


STORIES: dict[str, type[Teller]] = {"transfer": TransferStory, "procurement": ProcurementStory}


def demo_settings(slack: Standin, folder: Path) -> Settings:
    """Settings that point at the stand-in and the scripted model; the environment does not count."""
    ours: dict[str, Any] = {
        "slack_bot_token": SecretStr(slack.bot_token),
        "slack_app_token": SecretStr(slack.app_token),
        "slack_api_url": f"{slack.url}/api/",
        "countersign_model": DEMO_MODEL,
        "countersign_approvals_channel": APPROVALS,
        "countersign_outcomes_channel": OUTCOMES,
        "countersign_ledger": folder / "ledger.db",
        "countersign_policies": folder / "countersign.yaml",
        "countersign_task_queue": QUEUE,
    }
    return Settings.model_construct(None, **ours)


async def play_demo(console: Console, story: str, *, once: bool, folder: Path = FOLDER) -> int:
    """Start all of it, play the story, and stay up unless `once`; 1 if the story did not go as it should."""
    teller = STORIES[story]
    async with AsyncExitStack() as stack:
        stop = await stack.enter_async_context(stopper())
        with console.status("Starting the stand-in for Slack and a Temporal server …"):
            slack = await stack.enter_async_context(Standin(port=0 if once else PAGE_PORT))
            address = await stack.enter_async_context(embedded_server(folder, TEMPORAL_PORT, UI_PORT))
        settings = demo_settings(slack, folder)
        settings.countersign_ledger.unlink(
            missing_ok=True
        )  # as new as the Slack: each demo starts with the same money
        with console.status("Starting the worker and the bot …"):
            client = await connect_server(
                ClientConfigProfile(address=address), [build_plugin(build_provider(settings))]
            )
            await forget_earlier(console, client)
            settings.policies.write_text(teller.write_policies(datetime.now(UTC)))
            visitors = Visitors()
            await stack.enter_async_context(run_worker(client, settings, visitors))
            await stack.enter_async_context(run_bot(client, settings, visitors))
        announce(console, slack)
        try:
            await teller(console, slack, Catalog(client), Ledger(settings.countersign_ledger)).play()
        except StoryError as error:
            console.print(f"[red]The story broke off.[/red] {error}")
            return 1
        if not once:
            invite(console, slack)
            await stop.asked.wait()
    return 0


async def forget_earlier(console: Console, client: Client) -> None:
    """End what an earlier demo left open: the Slack in which it was asked is gone with that demo."""
    count = 0
    async for execution in client.list_workflows(f"ExecutionStatus = 'Running' AND TaskQueue = '{QUEUE}'"):
        await client.get_workflow_handle(execution.id).terminate("The demo's Slack is gone")
        count += 1
    if count:
        console.print(f"Ended {count} workflows of an earlier demo; the Slack they were about is gone.")


def announce(console: Console, slack: Standin) -> None:
    """Say where everything is."""
    console.print(f"Slack (a stand-in, on this machine): [b]{slack.url}/[/b]")
    console.print(f"Temporal's own page:                 [b]http://localhost:{UI_PORT}[/b]")
    console.print()


def invite(console: Console, slack: Standin) -> None:
    """Say what can be done now."""
    console.print()
    console.print(
        f"Now you: open [b]{slack.url}/[/b], be any user, and write to [b]@countersign[/b], for example"
    )
    console.print("  [i]@countersign transfer 1200 from savings to payroll, and balance of checking[/i]")
    console.print("  [i]@countersign how does this work?[/i]")
    console.print("then be Bob or Carol and decide in #approvals. Ctrl-C ends the demo.")
