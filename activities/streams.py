"""Streams: a model call that has a draft is read as it comes; its answer is the same as if it had come whole.

History holds that answer once, as an activity's result. What came before is written in the thread by the worker's own
process and kept nowhere.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import replace
from http import HTTPStatus
from typing import Any, cast

from agents import Model, ModelProvider, ModelResponse, Usage
from agents.items import TResponseOutputItem, TResponseStreamEvent
from openai import APIConnectionError, APIStatusError
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseIncompleteEvent,
    ResponseOutputItemDoneEvent,
    ResponseTextDeltaEvent,
)
from pydantic import ValidationError
from temporalio import activity
from temporalio.client import AsyncActivityCancelledError
from temporalio.service import RPCError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)
from typing_extensions import override

from activities.variables import put
from activities.webapi import WebApi
from activities.writer import PATIENCE, Desk, Writer
from workflows.drafts import DraftInbound, read_draft
from workflows.talk import Draft

WRITER: ContextVar[Writer | None] = ContextVar("writer", default=None)
"""What the model call that is running is written by."""
_ABOUT_STREAMS = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)
"""What a server may answer that gives no streams, or not of this request; one that is wrong in itself is refused again."""
_SILENT = frozenset(
    {
        "code_interpreter_call",
        "file_search_call",
        "image_generation_call",
        "mcp_call",
        "mcp_list_tools",
        "message",
        "reasoning",
        "web_search_call",
    }
)
"""What an answer may consist of that ends a run: words, and what the model's provider has done already."""


MOST_FAILURES = 3
"""Streams without an end, one after the other, after which a model is no more asked for one."""


class UnstreamedError(Exception):
    """A stream has come to no end that is worth anything; `never` says that this model has none."""

    def __init__(self, *, never: bool) -> None:
        super().__init__()
        self.failures = MOST_FAILURES if never else 1


class Streams(Interceptor):
    """Gives model calls their writers. Workflows get what sends drafts."""

    def __init__(self, api: WebApi, patience: float = PATIENCE) -> None:
        self._desk = Desk(api)
        self._patience = patience

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's own name
        """As the SDK calls it, once for each attempt of an activity."""
        return _StreamInbound(next, self._desk, self._patience)

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002, ARG002 - the SDK's own name, and nothing of it is needed
    ) -> type[WorkflowInboundInterceptor]:
        """As the SDK calls it, once for each kind of workflow."""
        return DraftInbound


class _StreamInbound(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, desk: Desk, patience: float) -> None:
        super().__init__(following)
        self._desk = desk
        self._patience = patience

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's own name
        """Run it; afterwards its draft is the reply, or gone."""
        draft = _open(input)
        if draft is None:
            return await super().execute_activity(input)
        writer = Writer(self._desk, draft, is_wanted, self._patience)
        if activity.info().attempt > 1:  # what was cut off may still be writing, so nobody else does
            await writer.clear()
            return await super().execute_activity(input)
        try:
            with put(WRITER, writer):
                answer = cast(ModelResponse, await super().execute_activity(input))
        except BaseException:
            await writer.take_back()
            raise
        await (writer.finish() if is_reply(answer) else writer.take_back())
        return answer


def _open(call: ExecuteActivityInput) -> Draft | None:
    """The draft that came with a call; one that cannot be read is none, as nothing depends on it."""
    try:
        return read_draft(call.headers, activity.payload_converter())
    except ValidationError:
        return None


async def is_wanted() -> bool:
    """Whether the activity that is running still is one: neither cancelled nor, for all one knows, given to somebody else."""
    handle = activity.client().get_async_activity_handle(task_token=activity.info().task_token)
    try:
        await handle.heartbeat()
    except (AsyncActivityCancelledError, RPCError):
        return False
    return True


def is_reply(answer: ModelResponse) -> bool:
    """Whether a model has said something and wants nothing more done."""
    kinds = {item.type for item in answer.output}
    return "message" in kinds and kinds <= _SILENT


class StreamedProvider(ModelProvider):
    """Another provider's models, read as they speak where they are written down."""

    def __init__(self, provider: ModelProvider) -> None:
        self._provider = provider
        self._models: dict[str | None, StreamedModel] = {}

    def get_model(self, model_name: str | None) -> Model:
        """The other's model of that name."""
        if model_name not in self._models:
            self._models[model_name] = StreamedModel(self._provider.get_model(model_name))
        return self._models[model_name]

    async def aclose(self) -> None:
        """Release what the other holds."""
        await self._provider.aclose()


class StreamedModel(Model):
    """Another model; a call of it that has a writer is asked for as a stream, if it can be."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._failures = 0

    @override
    async def get_response(self, *args: Any, **asked: Any) -> ModelResponse:
        """The model's whole answer, however it came; `asked` are the SDK's own arguments, by their names."""
        writer, schema = WRITER.get(), asked.get("output_schema")
        if (
            writer is None
            or self._failures >= MOST_FAILURES
            or not (schema is None or schema.is_plain_text())
        ):
            return await self._model.get_response(*args, **asked)
        settings = replace(asked["model_settings"], include_usage=True)  # limits count tokens
        try:
            answer = await _read(self._model.stream_response(**asked | {"model_settings": settings}), writer)
        except UnstreamedError as error:
            answer = await self._model.get_response(**asked)
            self._failures += error.failures
        else:
            self._failures = 0
        return answer

    def stream_response(self, *args: Any, **more: Any) -> AsyncIterator[TResponseStreamEvent]:
        """As the other does it."""
        return self._model.stream_response(*args, **more)


async def _read(events: AsyncIterator[TResponseStreamEvent], writer: Writer) -> ModelResponse:
    """The whole answer, each word of it written as it comes.

    Raises:
        UnstreamedError: there is no stream, or none that can be read to its end.
        APIError: the model's server refused, for no reason that has to do with streams, or is away.
    """
    try:
        async with aclosing(cast(AsyncGenerator[TResponseStreamEvent], events)) as stream:
            return await _follow(stream, writer)
    except NotImplementedError as error:
        raise UnstreamedError(never=True) from error
    except APIStatusError as error:
        if error.status_code not in _ABOUT_STREAMS:
            raise
        raise UnstreamedError(never=True) from error
    except APIConnectionError:
        raise
    except (
        Exception
    ) as error:  # told within the stream, or what the SDK cannot read: asked whole it says what it means
        raise UnstreamedError(never=False) from error


async def _follow(stream: AsyncIterator[TResponseStreamEvent], writer: Writer) -> ModelResponse:
    items: list[TResponseOutputItem] = []
    async for event in stream:
        if isinstance(event, ResponseTextDeltaEvent):
            writer.add(event.delta)
        elif isinstance(event, ResponseOutputItemDoneEvent):
            items.append(event.item)
        elif isinstance(event, ResponseCompletedEvent | ResponseIncompleteEvent):
            return _compose(event.response, items)
    raise UnstreamedError(never=False)


def _compose(response: Response, items: list[TResponseOutputItem]) -> ModelResponse:
    """An answer as the SDK makes it of a response; some servers leave the items out of the last event.

    Raises:
        UnstreamedError: nothing was counted. The SDK ends a stream of chat completions wherever it breaks off, and only what
            was counted has come to its end.
    """
    used = response.usage
    if used is None:
        raise UnstreamedError(never=False)
    usage = Usage(
        requests=1,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        total_tokens=used.total_tokens,
        input_tokens_details=used.input_tokens_details,
        output_tokens_details=used.output_tokens_details,
    )
    return ModelResponse(output=response.output or items, usage=usage, response_id=response.id)
