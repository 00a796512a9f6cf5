"""The roles of a process: the bot that listens to Slack, and the worker that runs workflows; one or both."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.webapi import WebApi
from bot.app import build_app
from bot.catalog import Catalog
from bot.clients import build_client
from bot.gateway import Gateway
from bot.http import build_http, build_server
from bot.settings import Settings
from bot.visitors import Visitors
from bot.worker import open_worker

SOCKET_PAUSE = 2.0
"""Seconds between attempts to reach Slack for Socket Mode; once connected, the SDK reconnects by itself."""
log = structlog.stdlib.get_logger("countersign.roles")


@asynccontextmanager
async def run_worker(
    client: Client, settings: Settings, visitors: Visitors | None = None
) -> AsyncGenerator[None]:
    """A worker while the block runs; leaving it drains what runs. A bot in the same process shares its visitors."""
    async with open_worker(client, settings, visitors=visitors) as worker, worker:
        log.info("The worker is ready", task_queue=settings.countersign_task_queue)
        yield


@asynccontextmanager
async def run_bot(
    client: Client, settings: Settings, visitors: Visitors | None = None
) -> AsyncGenerator[AsyncApp]:
    """A bot while the block runs, by Socket Mode or HTTP as the settings say."""
    gateway = Gateway(client, settings.countersign_task_queue)
    app = build_app(settings, gateway, Catalog(client), visitors or Visitors())
    connect = _by_http if settings.countersign_slack_mode == "http" else _by_socket
    async with connect(app, gateway, settings):
        yield app


@asynccontextmanager
async def _by_socket(app: AsyncApp, gateway: Gateway, settings: Settings) -> AsyncGenerator[None]:
    del gateway
    await _await_slack(WebApi(build_client(settings, settings.app_token)))
    handler = AsyncSocketModeHandler(app, settings.app_token)
    await handler.client.connect()
    log.info("The bot is ready", mode="socket")
    try:
        yield
    finally:
        await handler.client.close()


async def _await_slack(api: WebApi) -> None:
    """Until Slack would open a connection; the SDK's own waiting prints a traceback every ten seconds."""
    while True:
        try:
            await api.call("apps.connections.open")
        except ApplicationError as error:
            log.warning("Slack cannot be reached yet", problem=error.message)
            await asyncio.sleep(SOCKET_PAUSE)
        else:
            return


@asynccontextmanager
async def _by_http(app: AsyncApp, gateway: Gateway, settings: Settings) -> AsyncGenerator[None]:
    host, port = settings.countersign_http_host, settings.countersign_http_port
    server = build_server(build_http(app, settings.signing_secret, gateway.check_health), host, port)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has a flag, no event
        await asyncio.sleep(0.02)
    log.info("The bot is ready", mode="http", host=host, port=port)
    try:
        yield
    finally:
        server.should_exit = True
        await serving
