"""What is wrong with the form of a policy file, as sentences that say what to do."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

from activities.rules.documents import Path
from activities.rules.sources import ID_HINTS, FileSource

_WANTED: dict[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list: write [ ] around it, or `- ` before each item",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "datetime_parsing": "a moment like 2026-11-27T16:00:00+01:00",
    "datetime_from_date_parsing": "a moment like 2026-11-27T16:00:00+01:00",
    "datetime_type": "a moment like 2026-11-27T16:00:00+01:00",
    "timezone_aware": "a moment with its offset, like 2026-11-27T16:00:00+01:00",
}


def describe_error(error: Any, document: Any) -> tuple[Path, str]:
    """Where an error of pydantic's is in the document, and what to do about it."""
    path = real_path(error["loc"], document)
    if error["type"] == "extra_forbidden":
        return path, _unknown_key(str(error["loc"][-1]), _known_keys(path[:-1]))
    if error["type"] == "missing":
        return path, f"{_place(path)} lacks `{error['loc'][-1]}`: add it."
    return path, _wrong_value(error, path)


def suggest(name: str, known: Mapping[str, object] | tuple[str, ...] | list[str]) -> str:
    """What was probably meant: the nearest of what there is, or all of it."""
    near = get_close_matches(name, list(known), n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"there are {', '.join(known)}." if known else "there are none."


def real_path(loc: tuple[str | int, ...], document: Any) -> Path:
    """The part of pydantic's location that is in the document: it names the members of unions, too."""
    path: Path = ()
    for step in loc:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            continue
        path = (*path, step)
    return path


def _place(path: Path) -> str:
    words = [str(step) for step in path if isinstance(step, str)]
    return f"What is under `{words[-1]}` here" if words else "This file"


def _unknown_key(key: str, known: tuple[str, ...]) -> str:
    return f"There is no key `{key}` here: {suggest(key, known)}"


def _wrong_value(error: Any, path: Path) -> str:
    """A sentence of our own as it is, else one made of pydantic's kind of error."""
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    name = next((f"`{step}`" for step in reversed(path) if isinstance(step, str)), "This file")
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return f"`{_show(given)}` is not {ID_HINTS[context['pattern']]}."
    if kind in ("too_short", "string_too_short"):
        return f"{name} is empty: write at least one thing there, or leave it out."
    return f"{name} has to be {_wanted(kind, error)}, not `{_show(given)}`."


def _wanted(kind: str, error: Any) -> str:
    context = error.get("ctx", {})
    if kind == "literal_error":
        return str(context["expected"]).replace("'", "")
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{context.get('ge', context.get('le')):g} or {'more' if 'ge' in context else 'less'}"
    if kind == "string_too_long":
        return f"at most {context['max_length']} characters long"
    return _WANTED.get(kind, f"right ({error['msg']})")


def _show(value: object, length: int = 60) -> str:
    text = "true" if value is True else "false" if value is False else str(value)
    return text if len(text) <= length else f"{text[:length]}…"


def _known_keys(path: Path) -> tuple[str, ...]:
    """The keys that may be at a path, read off the models."""
    model: Any = FileSource
    for step in path:
        inside = _fields(model).get(str(step)) if _is_model(model) else None
        model = _find_model(inside.annotation if inside else model) or model
    return tuple(_fields(model))


def _is_model(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """Fields by the names that they have in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _find_model(annotation: Any) -> Any:
    """The model inside of a list, a mapping or an alternative."""
    if _is_model(annotation):
        return annotation
    found = (_find_model(one) for one in get_args(annotation))
    return next((one for one in found if one), None)
