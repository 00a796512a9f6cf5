"""The advisor: an agent that has asked for an approval, answering what an approver wants to know first.

It has no tools and its words change nothing; whoever decides sees them as the agent's.
"""

from dataclasses import replace
from typing import Any, NamedTuple

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agents import (
        Agent,
        AgentsException,
        ItemHelpers,
        RunConfig,
        Runner,
        ToolApprovalItem,
        TResponseInputItem,
    )

    from workflows.asking import AdviceError
    from workflows.contracts import Question
    from workflows.interruptions import name_call

ANSWER_LENGTH = 3_000
PROMPT = """You want to call {action} with {arguments}, which waits for a human's approval. Somebody who may approve it asks:

{question}

Answer that person in a few plain sentences, from what you know of this conversation. Say so where you do not know.
You cannot call anything now, and your answer does not decide anything."""


class Advice(NamedTuple):
    """What the agent says, and how many tokens that took."""

    text: str
    tokens: int


async def answer_question(
    agent: Agent[Any], messages: str | list[TResponseInputItem], item: ToolApprovalItem, question: Question
) -> Advice:
    """What the agent says to a question about a call of its own.

    Raises:
        AdviceError: the model does not answer as it should.
    """
    speechless = agent.clone(
        tools=[],
        handoffs=[],
        mcp_servers=[],
        output_type=None,
        model_settings=replace(agent.model_settings, tool_choice=None),
    )
    prompt = PROMPT.format(action=name_call(item), arguments=item.arguments or "{}", question=question.text)
    asked: list[TResponseInputItem] = [
        *ItemHelpers.input_to_new_input_list(messages),
        {"role": "user", "content": prompt},
    ]
    try:
        result = await Runner.run(speechless, asked, max_turns=1, run_config=RunConfig(tracing_disabled=True))
    except AgentsException as error:
        raise AdviceError(str(error)) from error
    return Advice(str(result.final_output)[:ANSWER_LENGTH], result.context_wrapper.usage.total_tokens)
