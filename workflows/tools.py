"""Tools of an agent that are activities: gated in one line, or free on purpose."""

import json
from collections.abc import Awaitable, Callable
from copy import copy
from datetime import timedelta
from typing import Any

from agents import Tool
from agents.tool_context import ToolContext
from pydantic import JsonValue, TypeAdapter
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.workflow import ActivityConfig
from typing_extensions import Unpack

from workflows.digest import digest
from workflows.gate import NotApprovedError, record_effect, take_receipt
from workflows.headers import send_receipt
from workflows.parameters import ActivityTool, Parameters, read_parameters

TIMEOUT = timedelta(minutes=1)
"""How long one attempt of an activity may take, unless its tool says otherwise."""
RETRY = RetryPolicy(maximum_interval=timedelta(minutes=1))
_FREE = "_countersign_free"
_OBJECT: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


def gated(
    activity: Callable[..., Any], *, strict: bool = True, **options: Unpack[ActivityConfig]
) -> ActivityTool:
    """A tool that runs an activity (a function, or a method of a stub) once people have approved exactly that.

    Name, description and parameters are the activity's own; `options` are those of `workflow.execute_activity`. The
    activity gets the approval's receipt in a header, see `activities/guard.py`.

    Raises:
        ParametersError: it is no activity, or none that a model could call.
    """
    parameters = read_parameters(activity, strict=strict)

    async def invoke(call: ToolContext[Any], text: str) -> str:
        try:
            receipt, arguments = take_receipt(call), _parse(parameters, text)
            if digest(parameters.action, arguments) != receipt.digest:
                return f"This is not what was approved for {call.tool_name}; nothing was done."
            with send_receipt(receipt, parameters.action):
                done = await _run(parameters, arguments, options)
        except (NotApprovedError, ValueError, ActivityError, ApplicationError) as error:
            return _explain(parameters, error)
        record_effect(f"{parameters.action}: {done}")
        return done

    return _build(parameters, invoke, options, needs_approval=True)


def free(
    one: Callable[..., Any] | Tool,
    *,
    why: str,
    strict: bool = True,
    **options: Unpack[ActivityConfig],
) -> Tool:
    """A tool that needs no approval, on purpose: an activity, or any other tool as it is. `why` is for who reviews it.

    Raises:
        ParametersError: it is no activity, or none that a model could call.
        ValueError: there is no reason, or the tool needs approval.
    """
    tool = _run_freely(one, options, strict=strict) if callable(one) else copy(one)
    if not why.strip() or getattr(tool, "needs_approval", False) is not False:
        raise ValueError(f"{tool.name} can be free only with a reason (why=…), and without needing approval.")
    setattr(tool, _FREE, why)
    return tool


def find_reason(tool: object) -> str:
    """Why a tool needs no approval, where that was said."""
    return str(getattr(tool, _FREE, ""))


def _run_freely(activity: Callable[..., Any], options: ActivityConfig, *, strict: bool) -> ActivityTool:
    parameters = read_parameters(activity, strict=strict)

    async def invoke(_: ToolContext[Any], text: str) -> str:
        try:
            return await _run(parameters, _parse(parameters, text), options)
        except (ValueError, ActivityError) as error:
            return _explain(parameters, error)

    return _build(parameters, invoke, options, needs_approval=False)


def _build(
    parameters: Parameters,
    invoke: Callable[[ToolContext[Any], str], Awaitable[str]],
    options: ActivityConfig,
    *,
    needs_approval: bool,
) -> ActivityTool:
    return ActivityTool(
        name=parameters.action,
        description=parameters.description,
        params_json_schema=parameters.schema.params_json_schema,
        strict_json_schema=parameters.schema.strict_json_schema,
        on_invoke_tool=invoke,
        needs_approval=needs_approval,
        parameters=parameters,
        task_queue=options.get("task_queue"),
    )


def _parse(parameters: Parameters, text: str) -> dict[str, JsonValue]:
    return parameters.settle(_OBJECT.validate_json(text or "{}"))


async def _run(parameters: Parameters, arguments: dict[str, JsonValue], options: ActivityConfig) -> str:
    """What an activity answers: text as it is, anything else as JSON."""
    given: ActivityConfig = {"start_to_close_timeout": TIMEOUT, "retry_policy": RETRY, **options}
    answer: JsonValue = await workflow.execute_activity(
        parameters.action, args=list(arguments.values()), **given
    )
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def _explain(parameters: Parameters, error: Exception) -> str:
    """A failure as the model is told it; after a timeout nobody can say whether anything was done."""
    if isinstance(error, ActivityError):
        if is_cancelled_exception(error):
            raise error
        cause = error.cause
        return (
            f"{parameters.action} failed: {cause.message if isinstance(cause, ApplicationError) else cause}"
        )
    return error.message if isinstance(error, ApplicationError) else str(error)
