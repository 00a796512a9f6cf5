"""An activity's parameters: as a model is told them, as people are shown them, and as the activity gets them.

The three have to be one, because the digest is of what was shown, and what runs is checked against it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from inspect import Parameter, signature
from typing import Any

from agents import FunctionTool
from agents.exceptions import UserError
from agents.function_schema import FuncSchema, function_schema
from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError
from temporalio.activity import _Definition  # pyright: ignore[reportPrivateUsage] - there is no public one

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What model APIs take as a tool's name."""
_OBJECT: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])
_NAMED = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


class ParametersError(TypeError):
    """This is no activity that can be a tool, in a sentence that says why."""


@dataclass(frozen=True)
class Parameters:
    """The parameters of one activity, by name; `action` is the activity's own name."""

    action: str
    schema: FuncSchema

    @property
    def description(self) -> str:
        """What the activity's docstring says it does."""
        return self.schema.description or ""

    def settle(self, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Arguments as they would run: defaults filled in, unknown ones left out, each written in one way.

        Raises:
            ValueError: they are not what the activity takes, in a sentence.
        """
        try:
            model = self.schema.params_pydantic_model.model_validate(dict(arguments))
            return _OBJECT.validate_python(model.model_dump(mode="json"))
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise ValueError(f"The arguments are not what {self.action} takes ({problems}).") from None
        except PydanticSerializationError as error:
            raise ValueError(f"The arguments of {self.action} cannot be written down ({error}).") from None

    def name_values(self, values: tuple[Any, ...]) -> dict[str, JsonValue]:
        """What an activity is about to run with, written as `settle` writes it.

        Raises:
            ValueError: they do not fit the activity's parameters.
        """
        names = list(self.schema.params_pydantic_model.model_fields)
        try:
            named = dict(zip(names, values, strict=True))
            model = self.schema.params_pydantic_model.model_construct(None, **named)
            return _OBJECT.validate_python(model.model_dump(mode="json", warnings=False))
        except (ValidationError, PydanticSerializationError) as error:
            raise ValueError(f"The arguments of {self.action} cannot be written down ({error}).") from None


@dataclass
class ActivityTool(FunctionTool):
    """A tool that runs an activity: its call is asked for, shown and run with settled arguments.

    `task_queue` is there where other workers than those of the conversation run it.
    """

    parameters: Parameters = field(kw_only=True)
    task_queue: str | None = field(default=None, kw_only=True)


def read_parameters(activity: Callable[..., Any], *, strict: bool = True) -> Parameters:
    """The parameters of an activity: a function, a stub's method, or a method of an object.

    `strict` is the SDK's strict JSON schema, which has no free-form objects.

    Raises:
        ParametersError: it is no activity, or none that a model could call.
    """
    name = read_name(activity)
    if not NAME.fullmatch(name):
        raise ParametersError(
            f"{name!r} is no name for a tool: up to 64 letters, digits, underscores and hyphens."
        )
    function = _bind(activity)
    try:
        schema = function_schema(function, name_override=name, strict_json_schema=strict)
    except UserError as error:
        raise ParametersError(f"{name} cannot be a tool: {error}") from None
    if schema.takes_context or any(one.kind not in _NAMED for one in schema.signature.parameters.values()):
        raise ParametersError(
            f"{name} cannot be a tool: an activity takes plain parameters, each by its place."
        )
    return Parameters(name, schema)


def read_name(activity: Callable[..., Any]) -> str:
    """The name of an activity.

    Raises:
        ParametersError: it is no activity, or has no name of its own.
    """
    definition = _Definition.from_callable(activity)
    if definition is None or not definition.name:
        told = getattr(activity, "__qualname__", repr(activity))
        raise ParametersError(f"{told} is no activity: decorate it with @activity.defn.")
    return definition.name


def _bind(activity: Callable[..., Any]) -> Callable[..., Any]:
    """A stub's method without its `self`, which only the worker has; the agents plugin does it the same way."""
    if next(iter(signature(activity).parameters), "") != "self":
        return activity
    bound = partial(activity, None)
    bound.__annotations__ = activity.__annotations__
    bound.__name__, bound.__doc__ = activity.__name__, activity.__doc__  # type: ignore[attr-defined]
    return bound
