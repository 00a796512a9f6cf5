"""Reaching Temporal, and making sure that it has what lists of approvals need."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client, Plugin
from temporalio.envconfig import ClientConfigProfile
from temporalio.service import RPCError, RPCStatusCode

from workflows import attributes
from workflows.converter import converter_plugin

DEFAULT_ADDRESS = "localhost:7233"
CONNECT_SECONDS = 5.0
_TYPES = {
    "Text": IndexedValueType.INDEXED_VALUE_TYPE_TEXT,
    "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


class TemporalError(Exception):
    """Temporal cannot be used, in a sentence that says what to do."""


async def connect_server(profile: ClientConfigProfile, plugins: Sequence[Plugin] = ()) -> Client:
    """A client for the configured server.

    Raises:
        TemporalError: it cannot be reached.
    """
    address = profile.address or DEFAULT_ADDRESS
    config: dict[str, Any] = {**replace(profile, address=address).to_client_connect_config()}
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await Client.connect(**config, plugins=[*plugins, converter_plugin()])
    except (RuntimeError, RPCError, TimeoutError) as error:
        raise TemporalError(
            f"Temporal at {address} cannot be reached ({str(error) or type(error).__name__}). Is it running, and is TEMPORAL_ADDRESS right?"
        ) from error


async def missing_attributes(client: Client) -> list[str] | None:
    """The search attributes that the server lacks, each as the command that creates it; None where it does not say.

    Raises:
        TemporalError: the server has no such namespace, or does not answer.
    """
    request = ListSearchAttributesRequest(namespace=client.namespace)
    try:
        known = (await client.operator_service.list_search_attributes(request)).custom_attributes
    except RPCError as error:
        if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED):
            return None  # Temporal Cloud, for one, lists them only in its own UI
        raise TemporalError(f"Temporal's namespace {client.namespace} cannot be used: {error}.") from error
    create = f"temporal operator search-attribute create --namespace {client.namespace}"
    commands: list[str] = []
    for key in attributes.ALL:
        name, kind = attributes.describe_key(key).split("=")
        if known.get(name) != _TYPES[kind]:
            commands.append(f"{create} --name {name} --type {kind}")
    return commands


async def require_attributes(client: Client) -> None:
    """Refuse to start where lists of approvals could not work.

    Raises:
        TemporalError: search attributes are missing; the sentence has the commands that create them.
    """
    missing = await missing_attributes(client)
    if missing:
        commands = "\n".join(f"  {command}" for command in missing)
        raise TemporalError(
            f"Temporal lacks search attributes by which approvals are listed. Create them:\n{commands}"
        )
