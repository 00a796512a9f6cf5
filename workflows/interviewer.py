"""The agents' way to ask people: tools whose result is what somebody who may answer has answered."""

import json
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agents import FunctionTool, function_tool
    from agents.tool_context import ToolContext
    from pydantic import BaseModel

    from workflows.contracts import JsonObject, Outcome
    from workflows.elicitation import ASK_HUMAN, describe_model, pose_question
    from workflows.gate import ask_people


@function_tool
async def ask_human(call: ToolContext[Any], question: str, options: list[str] | None = None) -> str:
    """Ask a human what only people know or decide, and wait for the answer.

    Args:
        call: Set by the SDK.
        question: The question, completely, in plain words; whoever answers has not read this conversation.
        options: The answers to choose from, each a few words; leave it out for an answer in their own words.
    """
    return await _ask(call, question, options or [], None)


def interview(schema: type[BaseModel], name: str, description: str) -> FunctionTool:
    """A tool by which an agent asks people to fill in a form, made of a flat pydantic model; its result is JSON of that model.

    It does nothing but ask, so an agent has it as `free(interview(…), why=…)`.
    """
    form = describe_model(schema)

    @function_tool(name_override=name, description_override=description)
    async def fill_in(call: ToolContext[Any], question: str) -> str:
        """Have a human fill in a form.

        Args:
            call: Set by the SDK.
            question: What they are asked to fill in, and why; whoever answers has not read this conversation.
        """
        return await _ask(call, question, [], form)

    return fill_in


async def _ask(call: ToolContext[Any], question: str, options: list[str], form: JsonObject | None) -> str:
    posed = pose_question(question, options, form)
    return explain_answer(await ask_people(call, ASK_HUMAN, posed.title, posed.arguments))


def explain_answer(outcome: Outcome) -> str:
    """What came of a question, as the model is told it; words that were said with it are told as such."""
    words = f" The words that came with it: {outcome.reason}" if outcome.reason else ""
    if not outcome.approved:
        return (
            f"Nobody answered ({_ENDS.get(outcome.status, outcome.status)}); do not guess the answer.{words}"
        )
    told = json.dumps(outcome.answer, ensure_ascii=False)
    return f"A human answered: {told}{words}"


_ENDS = {"rejected": "the question was declined", "expired": "not in time"}
