"""The JSON Schema of an action's arguments: what is wrong with arguments by it, in sentences for people.

Schemas come from elsewhere, MCP servers too, so their patterns are matched in time that grows with the text alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import cel
from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import SchemaError, ValidationError
from pydantic import JsonValue
from referencing import Registry
from referencing.exceptions import Unresolvable

from activities.text import cut, show_name

NO_SCHEMA = "Nothing says what this action takes, so it cannot be changed here."
MISFIT_LENGTH = 140
_DATES = FormatChecker(["date"])
"""The only format that is more than a hint: what is no day cannot be read as one."""
_SEARCH = cel.compile("text.matches(pattern)")


class _PatternError(ValueError):
    """A pattern that cannot be matched safely."""


def find_misfits(
    arguments: Mapping[str, JsonValue], parameters: Mapping[str, JsonValue] | None
) -> dict[str, str]:
    """What is wrong with arguments, by the name of the argument (empty for all of them together)."""
    if parameters is None:
        return {"": NO_SCHEMA}
    try:
        Draft202012Validator.check_schema(dict(parameters))
        for pattern in _list_patterns(dict(parameters)):
            _matches(pattern, "")
        # a registry of its own: without one, references to other places would be fetched from there
        validator = _Validator(dict(parameters), registry=Registry[Any](), format_checker=_DATES)
        return {_name(error): _sentence(error) for error in validator.iter_errors(dict(arguments))}
    except (SchemaError, Unresolvable, RecursionError, _PatternError):
        return {"": NO_SCHEMA}


def _list_patterns(schema: JsonValue) -> Iterator[str]:
    if isinstance(schema, list):
        yield from (pattern for one in schema for pattern in _list_patterns(one))
    if not isinstance(schema, dict):
        return
    if "patternProperties" in schema:
        raise _PatternError("names of arguments by patterns")
    if isinstance(pattern := schema.get("pattern"), str):
        yield pattern
    yield from (pattern for one in schema.values() for pattern in _list_patterns(one))


def _matches(pattern: str, text: str) -> bool:
    """By CEL's engine, which never goes back; Python's may take years over a few dozen characters."""
    try:
        return _SEARCH.execute(cel.Context({"text": text, "pattern": pattern})) is True
    except Exception as error:  # noqa: BLE001 - the library raises nearly every kind there is
        raise _PatternError(str(error)) from None


def _check_pattern(_: object, pattern: str, text: object, __: object) -> Iterator[ValidationError]:
    if isinstance(text, str) and not _matches(pattern, text):
        yield ValidationError(f"{text!r} does not match {pattern!r}")


_Validator: type[Any] = cast(Any, validators).extend(Draft202012Validator, {"pattern": _check_pattern})


def _name(error: ValidationError) -> str:
    return str(error.absolute_path[0]) if error.absolute_path else ""


def _sentence(error: ValidationError) -> str:
    return f"{cut(show_name(error.message), MISFIT_LENGTH)}."
