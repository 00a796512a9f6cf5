"""Reaching Temporal, and what must be there before lists of approvals work."""

import uuid
from datetime import timedelta

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfigProfile
from temporalio.service import RPCError

from bot.temporal import TemporalError, connect_server, missing_attributes, require_attributes
from tests.harness import eventually_read
from tests.ports import free_port
from workflows import attributes
from workflows.converter import DATA_CONVERTER

KEYWORD = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
KINDS: dict[int, str] = {
    KEYWORD: "Keyword",
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST: "KeywordList",
    IndexedValueType.INDEXED_VALUE_TYPE_TEXT: "Text",
    IndexedValueType.INDEXED_VALUE_TYPE_DATETIME: "Datetime",
}
"""Types as Temporal's command line names them."""


@pytest.fixture
async def bare(temporal_address: str) -> Client:
    """A client of a namespace in which nothing is prepared."""
    name = f"bare-{uuid.uuid4().hex}"
    plain = await Client.connect(temporal_address)
    retention = Duration()
    retention.FromTimedelta(timedelta(days=1))
    request = RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=retention)
    await plain.workflow_service.register_namespace(request)
    return await connect_server(ClientConfigProfile(address=temporal_address, namespace=name))


async def add(client: Client, **types: IndexedValueType.ValueType) -> None:
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=types)

    async def added() -> bool:
        try:
            await client.operator_service.add_search_attributes(request)
        except RPCError as error:
            return "already exists" in str(error)
        return True

    await eventually_read(added)


def wanted() -> dict[str, IndexedValueType.ValueType]:
    return {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in attributes.ALL}


async def test_a_client_has_the_profiles_namespace_and_our_converter(bare: Client) -> None:
    assert bare.namespace.startswith("bare-")
    assert bare.data_converter == DATA_CONVERTER


async def test_a_server_that_is_not_there_is_a_sentence_with_its_address() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(TemporalError, match=rf"Temporal at {address} cannot be reached .*TEMPORAL_ADDRESS"):
        await connect_server(ClientConfigProfile(address=address))


async def test_an_api_key_is_not_in_the_error() -> None:
    profile = ClientConfigProfile(address=f"127.0.0.1:{free_port()}", api_key="very-secret")
    with pytest.raises(TemporalError) as caught:
        await connect_server(profile)
    assert "very-secret" not in str(caught.value)


async def test_a_bare_namespace_lacks_all_attributes_and_the_error_says_how_to_make_them(
    bare: Client,
) -> None:
    missing = await missing_attributes(bare) or []
    assert len(missing) == len(attributes.ALL)
    with pytest.raises(TemporalError) as caught:
        await require_attributes(bare)
    for key in attributes.ALL:
        kind = KINDS[key.indexed_value_type]
        command = f"temporal operator search-attribute create --namespace {bare.namespace} --name {key.name} --type {kind}"
        assert command in str(caught.value)


async def test_attributes_are_enough_once_they_are_made(bare: Client) -> None:
    await add(bare, **wanted())

    async def complete() -> bool:
        return await missing_attributes(bare) == []

    await eventually_read(complete)
    await require_attributes(bare)


async def test_an_attribute_of_another_type_counts_as_missing(bare: Client) -> None:
    await add(bare, **(wanted() | {attributes.DEADLINE.name: KEYWORD}))

    async def nearly() -> bool:
        return len(await missing_attributes(bare) or []) == 1

    await eventually_read(nearly)
    assert attributes.DEADLINE.name in "".join(await missing_attributes(bare) or [])


async def test_the_embedded_server_has_them_all(client: Client) -> None:
    await require_attributes(client)


async def test_a_server_that_does_not_say_is_believed_only_if_it_may_not(bare: Client) -> None:
    """A namespace that does not exist is an error, not a refusal to tell."""
    lost = Client(bare.service_client, namespace="nowhere")
    with pytest.raises(TemporalError, match="nowhere"):
        await require_attributes(lost)
