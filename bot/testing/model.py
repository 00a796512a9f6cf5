"""A model that plays a tape: a test says what it does, turn by turn, and reads what it was told."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from agents import Model, ModelResponse, Usage
from agents.items import TResponseInputItem, TResponseOutputItem, TResponseStreamEvent
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
)
from openai.types.responses.response_output_item import McpApprovalRequest

from bot.standin.model import speak

END = "The tape is over."


class Call(NamedTuple):
    """A tool call; `arguments` is what the model really writes, which need not be JSON."""

    name: str
    arguments: str


class Refusal(NamedTuple):
    """What a model says that will not answer."""

    words: str


Turn = str | list[Call] | list[McpApprovalRequest] | Refusal | Exception
"""What a model does: it says something, calls tools or asks for approval of those that its provider calls, or fails."""


def call(name: str, **arguments: object) -> Call:
    """A call of a tool, with these arguments."""
    return Call(name, json.dumps(arguments))


@dataclass
class TapedModel(Model):
    """A model that plays a tape of words, calls of tools and failures, and records what it heard; at its end it says so.

    Each call takes so many `tokens`; where its words are shown while they are said, each takes `word_seconds`.
    """

    tape: list[Turn] = field(default_factory=list[Turn])
    heard: list[list[dict[str, Any]]] = field(default_factory=list[list[dict[str, Any]]])
    calls: int = 0
    tokens: int = 0
    word_seconds: float = 0.0

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],  # noqa: A002 - the SDK's own name
        *_: Any,
        **__: Any,
    ) -> ModelResponse:
        """Play the next turn.

        Raises:
            Exception: the turn is one.
        """
        del system_instructions
        words = [{"role": "user", "content": input}] if isinstance(input, str) else input
        self.heard.append(cast(list[dict[str, Any]], words))
        turn = self.tape.pop(0) if self.tape else END
        if isinstance(turn, Exception):
            raise turn
        output = [self._call(one) for one in turn] if isinstance(turn, list) else [self._say(turn)]
        return ModelResponse(
            output=output, usage=Usage(requests=1, total_tokens=self.tokens), response_id=None
        )

    async def stream_response(self, *args: Any, **more: Any) -> AsyncIterator[TResponseStreamEvent]:
        """Play it word by word.

        Raises:
            Exception: the turn is one.
        """
        async for event in speak(await self.get_response(*args, **more), self.word_seconds):
            yield event

    def outputs(self) -> list[str]:
        """What tools have answered, as the model was told it last."""
        return [str(item["output"]) for item in self.heard[-1] if item.get("type") == "function_call_output"]

    def _number(self) -> int:
        self.calls += 1
        return self.calls

    def _say(self, said: str | Refusal) -> TResponseOutputItem:
        content = (
            ResponseOutputText(text=said, annotations=[], type="output_text")
            if isinstance(said, str)
            else ResponseOutputRefusal(refusal=said.words, type="refusal")
        )
        name = f"msg_{self._number()}"
        return ResponseOutputMessage(
            id=name, content=[content], role="assistant", status="completed", type="message"
        )

    def _call(self, made: Call | McpApprovalRequest) -> TResponseOutputItem:
        if isinstance(made, McpApprovalRequest):
            return made
        return ResponseFunctionToolCall(
            arguments=made.arguments, call_id=f"call_{self._number()}", name=made.name, type="function_call"
        )
