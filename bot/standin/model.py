"""A scripted model: it understands a few sentences about money, and says so otherwise."""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator
from typing import Any, NamedTuple, cast

from agents import (
    AgentOutputSchemaBase,
    Handoff,
    Model,
    ModelResponse,
    ModelSettings,
    ModelTracing,
    Tool,
    Usage,
)
from agents.items import TResponseInputItem, TResponseOutputItem, TResponseStreamEvent
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseTextDeltaEvent,
    ResponseUsage,
)
from typing_extensions import override

HELP = (
    "I understand: transfer <amount> from <account> to <account>, and balance of <account>; several in one message, "
    "too. For example: transfer 250 from checking to savings. Ask me how this works, and I explain it."
)
EXPLANATION = (
    "I move money between accounts, but never by myself. When you ask for a transfer, I prepare it and ask for approval: "
    "whoever may decide gets a card in Slack that shows all of it, the amount and both accounts, and who asked for it. "
    "Until somebody approves, nothing moves.\n"
    "You can write to me meanwhile. Ask where it is, and I name those who have it and since when. Say never mind, and I "
    "withdraw it.\n"
    "All of this outlives a crash: a request waits for minutes or for months, and a decision counts once. When it is made, "
    "I do what was approved, exactly as it stood on the card, and tell you here. If it was rejected, I tell you why."
)
LONG = 40
"""Words after which an answer takes its time."""
WORD_SECONDS = 0.03
_HOW = re.compile(r"how\s+(?:(?:does|do)\s+)?(?:this|it|you)\s+works?", re.IGNORECASE)
_TRANSFER = re.compile(
    r"transfer\s+(?P<amount>\d[\d,]*(?:\.\d+)?)\s+from\s+(?P<source>\w+)\s+to\s+(?P<target>\w+)",
    re.IGNORECASE,
)
_BALANCE = re.compile(r"balance\s+of\s+(?P<account>\w+)", re.IGNORECASE)

_CHANGED = re.compile(r"call (?P<name>\w+) once more with exactly (?P<arguments>\{.*\}) and it runs")


class Call(NamedTuple):
    """One tool that the model wants called."""

    name: str
    arguments: dict[str, object]


def find_calls(text: str) -> list[Call]:
    """What a message asks for, in the order in which it asks."""
    found = [(match.start(), _transfer(match)) for match in _TRANSFER.finditer(text)]
    found += [
        (match.start(), Call("get_balance", {"account": match["account"].lower()}))
        for match in _BALANCE.finditer(text)
    ]
    return [call for _, call in sorted(found, key=lambda pair: pair[0])]


def _transfer(match: re.Match[str]) -> Call:
    amount = float(match["amount"].replace(",", ""))
    return Call(
        "transfer_money",
        {
            "amount": int(amount) if amount.is_integer() else amount,
            "source": match["source"].lower(),
            "target": match["target"].lower(),
        },
    )


def answer(items: list[dict[str, Any]]) -> list[Call] | str:
    """What the model says to a conversation: calls for a new message, else a summary of what its calls returned."""
    last = max((index for index, item in enumerate(items) if item.get("role") == "user"), default=-1)
    results = [
        str(item.get("output", ""))
        for item in items[last + 1 :]
        if item.get("type") == "function_call_output"
    ]
    if results:
        done = [one for one in results if not _CHANGED.search(one)]
        return _find_changed(results[-1]) or "\n".join(done)
    asked = _text(items[last]) if last >= 0 else ""
    return find_calls(asked) or (EXPLANATION if _HOW.search(asked) else HELP)


def explain(items: list[dict[str, Any]]) -> str:
    """What the model says where it can call nothing: what it was told by whoever it works for."""
    told = next((_text(item) for item in items if item.get("role") == "user"), "")
    return f"I was asked in these words, and know no more than that: {told}"


def _find_changed(result: str) -> list[Call]:
    """The call that a human has approved in place of the one that was made."""
    found = _CHANGED.search(result)
    return [Call(found["name"], json.loads(found["arguments"]))] if found else []


def _text(item: dict[str, Any]) -> str:
    content = item.get("content", "")
    if isinstance(content, str):
        return content
    return " ".join(str(part.get("text", "")) for part in cast(list[dict[str, Any]], content))


class ScriptedModel(Model):
    """The scripted model, as the agents SDK sees one."""

    @override
    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        **_: Any,
    ) -> ModelResponse:
        """Answer the conversation."""
        items: list[dict[str, Any]] = (
            [{"role": "user", "content": input}]
            if isinstance(input, str)
            else cast(list[dict[str, Any]], input)
        )
        said = answer(items) if tools else explain(items)
        output: list[TResponseOutputItem] = (
            [_message(said)] if isinstance(said, str) else [_call(one) for one in said]
        )
        return ModelResponse(output=output, usage=Usage(), response_id=None)

    @override
    async def stream_response(self, *args: Any, **more: Any) -> AsyncIterator[TResponseStreamEvent]:
        """The same, word by word; long answers at the pace at which models write them."""
        said = await self.get_response(*args, **more)
        long = sum(len(text.split()) for text in _words(said)) > LONG
        async for event in speak(said, WORD_SECONDS if long else 0.0):
            yield event


async def speak(said: ModelResponse, word_seconds: float) -> AsyncIterator[TResponseStreamEvent]:
    """An answer as a stream of events, each word of which takes so many seconds."""
    number = 0
    for index, text in enumerate(_words(said)):
        for word in re.findall(r"\s*\S+\s*", text):
            await asyncio.sleep(word_seconds)
            number += 1
            yield ResponseTextDeltaEvent(
                content_index=0,
                delta=word,
                item_id=f"item_{index}",
                logprobs=[],
                output_index=index,
                sequence_number=number,
                type="response.output_text.delta",
            )
    yield ResponseCompletedEvent(response=_whole(said), sequence_number=number + 1, type="response.completed")


def _words(said: ModelResponse) -> list[str]:
    messages = (item for item in said.output if isinstance(item, ResponseOutputMessage))
    contents = (content for message in messages for content in message.content)
    return [content.text for content in contents if isinstance(content, ResponseOutputText)]


def _whole(said: ModelResponse) -> Response:
    used = said.usage
    usage = ResponseUsage(
        input_tokens=used.input_tokens,
        input_tokens_details=used.input_tokens_details,
        output_tokens=used.output_tokens,
        output_tokens_details=used.output_tokens_details,
        total_tokens=used.total_tokens,
    )
    return Response(
        id=f"resp_{uuid.uuid4().hex}",
        created_at=0.0,
        model="scripted",
        object="response",
        output=said.output,
        parallel_tool_calls=True,
        tool_choice="auto",
        tools=[],
        usage=usage,
    )


def _message(text: str) -> ResponseOutputMessage:
    content = ResponseOutputText(text=text, annotations=[], type="output_text")
    return ResponseOutputMessage(
        id=f"msg_{uuid.uuid4().hex}", content=[content], role="assistant", status="completed", type="message"
    )


def _call(call: Call) -> ResponseFunctionToolCall:
    return ResponseFunctionToolCall(
        arguments=json.dumps(call.arguments),
        call_id=f"call_{uuid.uuid4().hex}",
        name=call.name,
        type="function_call",
    )
