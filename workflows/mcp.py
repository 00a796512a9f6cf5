"""Tools of MCP servers: each call asks people, but of tools that only read, by their server's and the operator's word."""

from datetime import timedelta
from typing import Any

from agents import AgentBase, RunContextWrapper
from agents.mcp import MCPServer, MCPToolCustomDataContext, MCPToolMetaContext
from agents.tool_context import ToolContext
from mcp.types import Tool
from temporalio import exceptions
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.openai_agents.workflow import temporal_mcp_server
from temporalio.workflow import ActivityConfig
from typing_extensions import Unpack

from workflows.gate import NotApprovedError, record_effect, take_receipt
from workflows.headers import enclose_receipt, holds_receipt

APPROVAL = "countersign/approval"
"""The key in a call's `_meta` under which a server gets the approval's id: a key for doing it once."""
PREFIX = "temporalio.mcp."
"""How the plugin names its activities for servers."""
TIMEOUT = timedelta(minutes=1)
"""How long one attempt of a call may take; the server's own timeout, in the policy file, is to be shorter."""
RETRY = RetryPolicy(maximum_attempts=5, maximum_interval=timedelta(seconds=20))
"""For listing, and for tools that only read. What asks people is called once: nobody knows what a lost call has done."""
ONCE = RetryPolicy(maximum_attempts=1)
UNCERTAIN = "effect_uncertain"
"""The type of the failure of a call that may have had its effect."""
EFFECT_LENGTH = 500
UNKNOWN = "Nobody knows whether it was done: no answer came. Do not try again; say so, and have somebody look at the server."


def mcp_server(name: str, **options: Unpack[ActivityConfig]) -> MCPServer:
    """A server of the policy file (`mcp_servers`) for an agent's `mcp_servers`, called through durable activities.

    Its tools are actions named `server.tool`; all of them ask people first, but those that the server annotates as
    reading only and the policy file lists under `read_only`. `options` are those of `workflow.execute_activity`.
    """
    config: ActivityConfig = {"start_to_close_timeout": TIMEOUT, "retry_policy": RETRY, **options}
    return temporal_mcp_server(
        name,
        activity_config=config,
        require_approval=needs_approval,
        tool_meta_resolver=_attach_receipt,
        custom_data_extractor=_note_effect,
        failure_error_function=_explain,
    )


def name_action(server: str, tool: str) -> str:
    """What policies and cards call a tool of a server."""
    return f"{server}.{tool}"


def name_activity(server: str) -> str:
    """The activity by which the plugin calls tools of a server."""
    return f"{PREFIX}{server}.call-tool"


def find_server(activity: str) -> str:
    """The server that an activity of the plugin's speaks to; empty for any other activity."""
    return activity.removeprefix(PREFIX).partition(".")[0] if activity.startswith(PREFIX) else ""


def is_reading(tool: Tool) -> bool:
    """Whether a tool is annotated as one that only reads."""
    return tool.annotations is not None and tool.annotations.read_only_hint is True


def needs_approval(context: RunContextWrapper[Any], agent: AgentBase[Any], tool: Tool) -> bool:
    """Whether people are asked; the worker has taken away annotations that the operator does not share."""
    del context, agent
    return not is_reading(tool)


def _attach_receipt(context: MCPToolMetaContext) -> dict[str, Any] | None:
    """Have the next call carry its receipt to the guard; the server gets the approval's id."""
    try:
        receipt = take_receipt(context.run_context) if isinstance(context.run_context, ToolContext) else None
    except NotApprovedError:  # it only reads; if not, the guard will refuse it
        receipt = None
    enclose_receipt(receipt, name_activity(context.server_name), ONCE)
    return {APPROVAL: receipt.approval_id} if receipt else None


def _note_effect(context: MCPToolCustomDataContext) -> None:
    if holds_receipt() and not context.is_error:
        record_effect(
            f"{name_action(context.server_name, context.tool_name)}: {context.tool_output}"[:EFFECT_LENGTH]
        )


def _explain(context: RunContextWrapper[Any], error: Exception) -> str:
    """A failure as the model is told it."""
    del context
    cause = error if isinstance(error, ActivityError) else error.__cause__
    if not isinstance(cause, ActivityError):
        return f"It failed: {error}"
    if is_cancelled_exception(cause):
        raise cause
    return UNKNOWN if _is_uncertain(cause) else f"It failed: {cause.cause}"


def _is_uncertain(error: ActivityError) -> bool:
    """Whether what asks people may have been done: no answer came of the server, or none of the worker."""
    cause = error.cause
    if isinstance(cause, ApplicationError):
        return cause.type == UNCERTAIN
    return isinstance(cause, exceptions.TimeoutError) and holds_receipt()
