"""Streams: an answer that is read as it comes is the same as one that comes whole, whatever the model's server is like."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from agents import (
    AgentOutputSchema,
    ModelResponse,
    ModelSettings,
    ModelTracing,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Usage,
)
from agents.items import TResponseOutputItem
from aiohttp import web
from openai import APIConnectionError, APIStatusError, AsyncOpenAI
from openai.types.responses.response_output_item import McpApprovalRequest
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.streams import MOST_FAILURES, WRITER, StreamedModel, StreamedProvider, is_reply, is_wanted
from activities.variables import put
from activities.writer import Writer
from bot.models import NamedProvider
from bot.testing.model import Call, Refusal, TapedModel, Turn

Json = dict[str, Any]
ASKED: Json = {
    "system_instructions": "Help.",
    "input": "hello",
    "model_settings": ModelSettings(),
    "tools": [],
    "output_schema": None,
    "handoffs": [],
    "tracing": ModelTracing.DISABLED,
    "previous_response_id": None,
    "conversation_id": None,
    "prompt": None,
}


@dataclass
class Page:
    """What a writer is told."""

    said: list[str] = field(default_factory=list[str])

    def add(self, said: str) -> None:
        self.said.append(said)


async def ask(model: StreamedModel, page: Page | None, **changes: Any) -> ModelResponse:
    if page is None:
        return await model.get_response(**ASKED | changes)
    with put(WRITER, cast(Writer, page)):
        return await model.get_response(**ASKED | changes)


@pytest.mark.parametrize(
    "turn",
    ["Hello, and welcome.", "", [Call("pay", "{}")], [Call("a", "{}"), Call("b", "[")], Refusal("No.")],
)
async def test_a_streamed_answer_is_the_whole_one(turn: Turn) -> None:
    page = Page()
    streamed = await ask(StreamedModel(TapedModel(tape=[turn], tokens=7)), page)
    whole = await ask(StreamedModel(TapedModel(tape=[turn], tokens=7)), None)
    assert (streamed.output, streamed.usage) == (whole.output, whole.usage)
    assert "".join(page.said) == (turn if isinstance(turn, str) else "")


async def test_an_answer_that_is_no_text_is_not_written() -> None:
    page, model = Page(), TapedModel(tape=["{}", "Yes."])
    await ask(
        StreamedModel(model), page, output_schema=AgentOutputSchema(dict[str, str], strict_json_schema=False)
    )
    assert page.said == []
    await ask(StreamedModel(model), page, output_schema=AgentOutputSchema(str))
    assert page.said == ["Yes."]


def test_a_provider_s_models_keep_what_is_known_of_them() -> None:
    provider = StreamedProvider(NamedProvider(TapedModel()))
    assert provider.get_model("a") is provider.get_model("a")
    assert provider.get_model("a") is not provider.get_model("b")


def message(text: str = "Hello.") -> TResponseOutputItem:
    return TapedModel()._say(text)  # pyright: ignore[reportPrivateUsage] - as it says it


def called() -> TResponseOutputItem:
    return TapedModel()._call(Call("pay", "{}"))  # pyright: ignore[reportPrivateUsage] - as it calls it


@pytest.mark.parametrize(
    ("output", "replies"),
    [
        ([message()], True),
        ([message(), message()], True),
        ([], False),
        ([called()], False),
        ([message(), called()], False),
        ([message(), McpApprovalRequest(id="1", arguments="{}", name="a", server_label="b", type="mcp_approval_request")], False),
    ],
)  # fmt: skip
def test_words_alone_are_a_reply(output: list[TResponseOutputItem], replies: bool) -> None:  # noqa: FBT001
    assert is_reply(ModelResponse(output=output, usage=Usage(), response_id=None)) == replies


Answer = Callable[[web.Request, Json], Any]


@dataclass
class Server:
    """A server that speaks OpenAI's protocols as a test says."""

    url: str
    streams: Answer
    asked: list[Json] = field(default_factory=list[Json])
    clients: list[AsyncOpenAI] = field(default_factory=list[AsyncOpenAI])

    @property
    def ways(self) -> list[bool]:
        """Which of its requests were for a stream."""
        return [bool(one.get("stream")) for one in self.asked]

    def model(self, kind: type[OpenAIChatCompletionsModel | OpenAIResponsesModel]) -> StreamedModel:
        client = AsyncOpenAI(api_key="none", base_url=f"{self.url}/v1", max_retries=0)
        self.clients.append(client)
        return StreamedModel(kind("some-model", openai_client=client))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        if body.get("stream"):
            return cast(web.StreamResponse, await self.streams(request, body))
        return web.json_response(CHAT if request.path.endswith("completions") else RESPONSE)


@asynccontextmanager
async def serving(streams: Answer) -> AsyncGenerator[Server]:
    server = Server("", streams)
    app = web.Application()
    app.router.add_post("/v1/{tail:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    for client in server.clients:
        await client.close()
    await runner.cleanup()


USED: Json = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
CHAT: Json = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "some-model",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello there."}}
    ],
    "usage": USED,
}
OUTPUT: Json = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hello there.", "annotations": [], "logprobs": []}],
}
RESPONSE: Json = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "model": "some-model",
    "status": "completed",
    "output": [OUTPUT],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": {
        "input_tokens": 3,
        "output_tokens": 2,
        "total_tokens": 5,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    },
}


def piece(**delta: str) -> Json:
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "some-model",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
    }


PIECES: list[Json] = [
    piece(role="assistant", content="Hello "),
    piece(content="there."),
    {**piece(), "choices": [], "usage": USED},
]
DELTA: Json = {
    "type": "response.output_text.delta",
    "item_id": "msg_1",
    "output_index": 0,
    "content_index": 0,
    "logprobs": [],
    "delta": "Hello there.",
    "sequence_number": 1,
}
COMPLETED: Json = {"type": "response.completed", "sequence_number": 3, "response": RESPONSE}
DONE: Json = {"type": "response.output_item.done", "output_index": 0, "item": OUTPUT, "sequence_number": 2}
FAILED: Json = {
    "type": "response.failed",
    "sequence_number": 2,
    "response": RESPONSE | {"status": "failed", "error": {"code": "server_error", "message": "Oh."}},
}
ERROR: Json = {"type": "error", "sequence_number": 2, "code": "server_error", "message": "Oh.", "param": None}
INCOMPLETE: Json = COMPLETED | {"type": "response.incomplete"}


def events(*told: Json, cut: bool = False) -> Answer:
    """A server that streams these events; one that is cut off closes the connection before its end."""

    async def stream(request: web.Request, body: Json) -> web.StreamResponse:
        del body
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for one in told:
            name = f"event: {one['type']}\n" if "type" in one else ""
            await response.write(f"{name}data: {json.dumps(one)}\n\n".encode())
        if cut and request.transport:
            request.transport.abort()
            return response
        await response.write(b"data: [DONE]\n\n")
        return response

    return stream


def refusing(status: int) -> Answer:
    async def refuse(request: web.Request, body: Json) -> web.StreamResponse:
        del request, body
        return web.json_response({"error": {"message": "No streams here."}}, status=status)

    return refuse


KINDS = (OpenAIChatCompletionsModel, OpenAIResponsesModel)
TOLD = {OpenAIChatCompletionsModel: events(*PIECES), OpenAIResponsesModel: events(DELTA, COMPLETED)}


@pytest.mark.parametrize("kind", KINDS)
async def test_openai_s_protocols_are_read_as_they_come_and_counted(kind: Any) -> None:
    page = Page()
    async with serving(TOLD[kind]) as server:
        answer = await ask(server.model(kind), page)
    assert "".join(page.said) == "Hello there."
    (item,) = answer.output
    assert item.type == "message"
    assert [getattr(content, "text", "") for content in item.content] == ["Hello there."]
    assert (answer.usage.total_tokens, answer.usage.requests) == (5, 1)
    assert server.ways == [True]


async def test_chat_completions_are_told_to_count() -> None:
    async with serving(events(*PIECES)) as server:
        await ask(server.model(OpenAIChatCompletionsModel), Page())
    assert server.asked[0]["stream_options"] == {"include_usage": True}


async def test_items_that_the_last_event_leaves_out_are_kept() -> None:
    bare: Json = COMPLETED | {"response": RESPONSE | {"output": []}}
    async with serving(events(DELTA, DONE, bare)) as server:
        answer = await ask(server.model(OpenAIResponsesModel), Page())
    assert [item.type for item in answer.output] == ["message"]


async def test_an_answer_that_was_cut_short_is_what_it_is() -> None:
    async with serving(events(DELTA, INCOMPLETE)) as server:
        answer = await ask(server.model(OpenAIResponsesModel), Page())
    assert [item.type for item in answer.output] == ["message"]
    assert server.ways == [True]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [400, 404, 405, 422, 501])
async def test_a_server_without_streams_is_asked_for_the_whole_and_for_none_again(
    kind: Any, status: int
) -> None:
    async with serving(refusing(status)) as server:
        model = server.model(kind)
        answers = [await ask(model, Page()) for _ in range(2)]
    assert [one.usage.total_tokens for one in answers] == [5, 5]
    assert server.ways == [True, False, False]


@pytest.mark.parametrize("status", [401, 403, 408, 409, 429, 500, 503])
async def test_a_refusal_that_has_nothing_to_do_with_streams_is_told_as_it_is(status: int) -> None:
    async with serving(refusing(status)) as server:
        with pytest.raises(APIStatusError) as refused:
            await ask(server.model(OpenAIChatCompletionsModel), Page())
    assert refused.value.status_code == status
    assert server.ways == [True]


@pytest.mark.parametrize("end", [(FAILED,), (ERROR,), ()])
async def test_a_stream_without_an_end_is_asked_for_whole_this_time(end: tuple[Json, ...]) -> None:
    async with serving(events(DELTA, *end)) as server:
        model = server.model(OpenAIResponsesModel)
        assert (await ask(model, Page())).usage.total_tokens == 5
        server.streams = events(DELTA, COMPLETED)
        await ask(model, Page())
    assert server.ways == [True, False, True]


def saying(body: str, kind: str = "text/event-stream") -> Answer:
    """A server that answers a request for a stream with that, and closes as if all were well."""

    async def say(request: web.Request, asked: Json) -> web.StreamResponse:
        del request, asked
        return web.Response(text=body, content_type=kind)

    return say


CALLED: Json = piece()
CALLED["choices"][0]["delta"]["tool_calls"] = [
    {"index": 0, "id": "call_1", "type": "function", "function": {"name": "pay", "arguments": '{"amount": 5'}}
]
BROKEN = {
    "a whole answer": saying(json.dumps(CHAT), "application/json"),
    "nothing": saying(""),
    "an end alone": saying("data: [DONE]\n\n"),
    "what is no JSON": saying("data: {oh\n\n"),
    "half of the words": events(PIECES[0]),
    "half of a call": events(CALLED),
    "no count": events(*PIECES[:2]),
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_what_is_no_whole_answer_is_not_taken_for_one(broken: str) -> None:
    """The SDK ends a stream of chat completions wherever it breaks off."""
    async with serving(BROKEN[broken]) as server:
        model = server.model(OpenAIChatCompletionsModel)
        for _ in range(MOST_FAILURES + 2):
            answer = await ask(model, Page())
            assert is_reply(answer)
            assert answer.usage.total_tokens == 5
    assert server.ways == [True, False] * MOST_FAILURES + [False] * 2


@pytest.mark.parametrize("kind", KINDS)
async def test_a_connection_that_is_lost_is_for_temporal_to_try_again(kind: Any) -> None:
    first = PIECES[0] if kind is OpenAIChatCompletionsModel else DELTA
    async with serving(events(first, cut=True)) as server:
        with pytest.raises(APIConnectionError):
            await ask(server.model(kind), Page())
    assert server.ways == [True]


async def test_a_call_that_temporal_does_not_know_is_not_shown(client: Client) -> None:
    assert await ActivityEnvironment(client=client).run(is_wanted) is False
