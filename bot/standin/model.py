"""A scripted model: it understands a few sentences about money, and says so otherwise."""

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
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText
from typing_extensions import override

HELP = (
    "I understand: transfer <amount> from <account> to <account>, and balance of <account>; several in one message, "
    "too. For example: transfer 250 from checking to savings"
)
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
    return find_calls(_text(items[last])) or HELP if last >= 0 else HELP


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

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[TResponseStreamEvent]:
        """Not offered: the scripted model answers at once.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError


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
