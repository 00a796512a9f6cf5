"""The default agent: it tells balances freely and moves money only when somebody has approved it."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from agents import Agent, function_tool
    from agents.tool_context import ToolContext
    from pydantic import JsonValue

    from workflows.gate import record_effect, take_receipt, wait_for_confirmation
    from workflows.interviewer import ask_human
    from workflows.ports import LedgerPort, Transfer
    from workflows.tools import free

INSTRUCTIONS = """You are the treasury assistant of a company, in Slack.
Tell balances with get_balance and move money with transfer_money. A human approves every transfer; the tool waits for
that by itself, so call it directly and do not ask for permission first. Before any other action with consequences,
call wait_for_confirmation; where only people know the answer to something, call ask_human. What was not approved must not be tried again or in another way unless the user asks anew.
Answer briefly, in plain text. Never claim that something was done unless a tool said so."""

_TIMEOUT = timedelta(seconds=20)
_RETRY = RetryPolicy(maximum_interval=timedelta(minutes=1))


@function_tool
async def get_balance(account: str) -> str:
    """Tell the balance of an account.

    Args:
        account: The account's name.
    """
    try:
        return await workflow.execute_activity_method(
            LedgerPort.get_balance, account, start_to_close_timeout=_TIMEOUT, retry_policy=_RETRY
        )
    except ActivityError as error:
        return _failure(error)


@function_tool(needs_approval=True)
async def transfer_money(call: ToolContext[Any], amount: float, source: str, target: str) -> str:
    """Move money from one account to another. A human has to approve it first.

    Args:
        call: Set by the SDK.
        amount: How much, in euros, with at most two decimals.
        source: The account to take it from.
        target: The account to give it to.
    """
    arguments: dict[str, JsonValue] = {"amount": amount, "source": source, "target": target}
    transfer = Transfer(receipt=take_receipt(call), arguments=arguments)
    try:
        receipt = await workflow.execute_activity_method(
            LedgerPort.transfer_money, transfer, start_to_close_timeout=_TIMEOUT, retry_policy=_RETRY
        )
    except ActivityError as error:
        return _failure(error)
    record_effect(receipt)
    return receipt


def _failure(error: ActivityError) -> str:
    if is_cancelled_exception(error):
        raise error
    return f"It was not done: {error.cause}"


def build_assistant() -> Agent[Any]:
    """The default agent; the worker's model provider decides which model it speaks to."""
    return Agent[Any](
        name="Assistant",
        instructions=INSTRUCTIONS,
        tools=[
            free(get_balance, why="It only reads."),
            transfer_money,
            free(wait_for_confirmation, why="It asks people itself, and does nothing else."),
            free(ask_human, why="It asks people itself, and does nothing else."),
        ],
    )
