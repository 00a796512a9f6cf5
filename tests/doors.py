"""What tests need at the front doors: requests of their own, buttons, modals, and bots that listen over HTTP."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.envconfig import ClientConfigProfile

from bot.gateway import Gateway
from bot.models import build_provider
from bot.roles import run_bot, run_worker
from bot.settings import Settings
from bot.standin import forms, payloads
from bot.standin.message import Message
from bot.standin.modals import View
from bot.standin.seed import TEAM, User
from bot.standin.server import Standin
from bot.temporal import connect_server
from bot.visitors import Visitors
from bot.worker import build_plugin
from tests.cable import HOST
from tests.factories import build_request
from tests.harness import ALICE, Harness, eventually_read
from tests.ports import free_port
from workflows.approval import ApprovalWorkflow
from workflows.contracts import ApprovalState, Outcome, Person

Json = dict[str, Any]
Handle = WorkflowHandle[ApprovalWorkflow, Outcome]
EVENTS_PATH = "/slack/events"


def new_id() -> str:
    return f"approval-{uuid.uuid4()}"


async def start_request(harness: Harness, **changes: Any) -> Handle:
    """A request of Alice's, started on its own, as any client of Temporal may."""
    wanted: Json = {"requester": Person(team_id=TEAM, user_id=ALICE), "origin": None}
    return await harness.client.start_workflow(
        ApprovalWorkflow.run,
        build_request(**(wanted | changes)),
        id=new_id(),
        task_queue=harness.settings.countersign_task_queue,
    )


async def read_state(handle: Handle) -> ApprovalState:
    return await handle.query(ApprovalWorkflow.state)


async def card_known(handle: Handle) -> None:
    """Wait until a request knows its card; whatever is shown next goes there."""

    async def known() -> bool:
        return bool((await read_state(handle)).cards)

    await eventually_read(known)


def has_buttons(message: Message) -> bool:
    return any(block["type"] == "actions" for block in message.blocks)


def button_value(message: Message, action_id: str) -> str:
    return str(forms.find(message.blocks, action_id, None)[1]["value"])


def click_payload(slack: Standin, user: User, message: Message, action_id: str) -> Json:
    """What Slack sends for a click, to be edited and delivered by hand."""
    block, element = forms.find(message.blocks, action_id, None)
    action = forms.action(element, block["block_id"], None, slack.workspace.stamp())
    return payloads.on_message(slack.workspace, user, message, action)


def modal(slack: Standin, user: str) -> View:
    """The modal that a user has in front."""
    return slack.workspace.modals.stack(user)[-1]


def code_text(blocks: list[Json]) -> str:
    """All preformatted text in blocks, joined."""
    groups = [group for block in blocks if block["type"] == "rich_text" for group in block["elements"]]
    code = [group for group in groups if group["type"] == "rich_text_preformatted"]
    return "".join(part["text"] for group in code for part in group["elements"])


def told_directly(harness: Harness, user: str) -> list[str]:
    """What the bot wrote to one person."""
    return [message.text for message in harness.messages(harness.slack.direct(user)) if message.bot_id]


async def connect(address: str, settings: Settings) -> Client:
    """A client with the plugins that workers need."""
    return await connect_server(
        ClientConfigProfile(address=address), [build_plugin(build_provider(settings))]
    )


def listen_on(slack: Standin, settings: Settings) -> Settings:
    """The settings changed to HTTP on a free port, and Slack told of it."""
    port = free_port()
    slack.request_url = f"http://{HOST}:{port}{EVENTS_PATH}"
    return settings.model_copy(update={"countersign_slack_mode": "http", "countersign_http_port": port})


@asynccontextmanager
async def open_bot(
    slack: Standin, settings: Settings, near: Client, far: Client, *, worker: bool = True
) -> AsyncGenerator[Harness]:
    """A bot that reaches Temporal by one client, and a worker (or none) that reaches it by another."""
    visitors = Visitors()
    async with contextlib.AsyncExitStack() as stack:
        if worker:
            await stack.enter_async_context(run_worker(far, settings, visitors))
        await stack.enter_async_context(run_bot(near, settings, visitors))
        if settings.countersign_slack_mode == "http":
            await eventually_read(lambda: _listens(settings.countersign_http_port))
        yield Harness(slack, far, settings, Gateway(far, settings.countersign_task_queue))


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
