"""The JSON Schema of an action's arguments: what is wrong with arguments by it, in sentences for people."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError
from pydantic import JsonValue
from referencing import Registry
from referencing.exceptions import Unresolvable

from activities.text import cut, show_name

NO_SCHEMA = "Nothing says what this action takes, so it cannot be changed here."
MISFIT_LENGTH = 140
_DATES = FormatChecker(["date"])
"""The only format that is more than a hint: what is no day cannot be read as one."""


def find_misfits(
    arguments: Mapping[str, JsonValue], parameters: Mapping[str, JsonValue] | None
) -> dict[str, str]:
    """What is wrong with arguments, by the name of the argument (empty for all of them together)."""
    if parameters is None:
        return {"": NO_SCHEMA}
    try:
        Draft202012Validator.check_schema(dict(parameters))
        # a registry of its own: without one, references to other places would be fetched from there
        validator = Draft202012Validator(dict(parameters), registry=Registry[Any](), format_checker=_DATES)
        return {_name(error): _sentence(error) for error in validator.iter_errors(dict(arguments))}
    except (SchemaError, Unresolvable, RecursionError):
        return {"": NO_SCHEMA}


def _name(error: ValidationError) -> str:
    return str(error.absolute_path[0]) if error.absolute_path else ""


def _sentence(error: ValidationError) -> str:
    return f"{cut(show_name(error.message), MISFIT_LENGTH)}."
