"""What a user fills in: the state of the inputs in a view, and the action a click on an element makes."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, cast

from bot.standin.trees import Json, is_object

# element type: where its value stands in the state, and where the app puts a first one
FIELDS = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "overflow": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def elements(block: Json) -> list[Json]:
    """The interactive elements of a block."""
    if block["type"] == "actions":
        return cast("list[Json]", block["elements"])
    found = block.get("accessory") or block.get("element")
    return [found] if found and found["type"] != "image" else []


def find(blocks: list[Json], action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """The block and the element a user clicks on; LookupError when nothing like that is shown."""
    for block in blocks:
        if block_id in (None, block["block_id"]):
            for element in elements(block):
                if element["action_id"] == action_id:
                    return block, element
    raise LookupError(f"Nothing here has the action_id {action_id!r}.")


def action(element: Json, block_id: str, value: Any, stamp: str) -> Json:
    """The entry in `actions` that a click on the element sends."""
    base = {
        "action_id": element["action_id"],
        "block_id": block_id,
        "type": element["type"],
        "action_ts": stamp,
    }
    if element["type"] == "button":
        sent = {name: element[name] for name in ("text", "value", "style", "url") if name in element}
        return base | sent | ({} if value is None else {"value": value})
    return base | filled(element, value)


def filled(element: Json, raw: Any) -> Json:
    """The state of an element for a plain value: a text, an option's value, a list of them."""
    if is_object(raw):
        return {"type": element["type"], **raw}
    place, first = FIELDS[element["type"]]
    if raw is None:
        return {"type": element["type"], place: element.get(first, [] if place.endswith("s") else None)}
    if place == "selected_option":
        return {"type": element["type"], place: option(element, raw)}
    if place == "selected_options":
        return {"type": element["type"], place: [option(element, one) for one in raw]}
    return {"type": element["type"], place: raw}


def option(element: Json, value: str) -> Json:
    """The option with this value; LookupError when the element offers none."""
    groups = [element, *element.get("option_groups", [])]
    for choice in [choice for group in groups for choice in group.get("options", [])]:
        if choice.get("value") == value:
            return cast("Json", choice)
    raise LookupError(f"{element['action_id']!r} offers no option {value!r}.")


def state(blocks: list[Json], before: Json, entered: Json) -> Json:
    """The values of every input: what is entered now, else what stood there, else the app's first value."""
    values: Json = {}
    for block in blocks:
        for element in inputs(block):
            name, key = block["block_id"], element["action_id"]
            raw = entered.get(name, {}).get(key, before.get(name, {}).get(key))
            values.setdefault(name, {})[key] = filled(element, raw)
    return values


def chosen(values: Json) -> Iterator[tuple[str, str]]:
    """The people and channels that are chosen in inputs, each with its kind: user, conversation or channel."""
    for entry in (entry for block in values.values() for entry in block.values()):
        for kind in ("user", "conversation", "channel"):
            several: list[str] = entry.get(f"selected_{kind}s") or []
            one: str | None = entry.get(f"selected_{kind}")
            yield from ((kind, name) for name in (*several, *([one] if one else [])))


def used(entered: Json, block_id: str, element: Json, value: Any) -> Json:
    """What is entered, with what was just chosen in one element; without a value it says what it said."""
    if value is None or element["type"] not in FIELDS:
        return entered
    return entered | {block_id: entered.get(block_id, {}) | {element["action_id"]: value}}


def inputs(block: Json) -> Iterator[Json]:
    """The elements of a block that hold a value."""
    return (
        element for element in elements(block) if element["type"] in FIELDS and element["type"] != "overflow"
    )


def complaints(blocks: list[Json], values: Json) -> dict[str, str]:
    """What Slack itself refuses before the app hears of a submission, by block_id."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            given = values[block["block_id"]][block["element"]["action_id"]]
            problem = _complaint(block, given[FIELDS[block["element"]["type"]][0]])
            found |= {block["block_id"]: problem} if problem else {}
    return found


def _number_problem(element: Json, value: str) -> str:
    if not NUMBER.fullmatch(value) or ("." in value and not element["is_decimal_allowed"]):
        return "Enter a number." if element["is_decimal_allowed"] else "Enter a whole number."
    if "min_value" in element and Decimal(value) < Decimal(element["min_value"]):
        return f"Enter at least {element['min_value']}."
    if "max_value" in element and Decimal(value) > Decimal(element["max_value"]):
        return f"Enter at most {element['max_value']}."
    return ""


def _date_problem(_: Json, value: str) -> str:
    try:
        return "" if date.fromisoformat(value).isoformat() == value else "Enter a date."
    except ValueError:
        return "Enter a date."


CHECKS: dict[str, Callable[[Json, str], str]] = {"number_input": _number_problem, "datepicker": _date_problem}


def _complaint(block: Json, value: Any) -> str:
    element = block["element"]
    if value in (None, "", []):
        return "" if block.get("optional") else "Please complete this required field."
    if element["type"] in CHECKS:
        return CHECKS[element["type"]](element, value)
    if isinstance(value, str) and len(value) < element.get("min_length", 0):
        return f"Enter at least {element['min_length']} characters."
    if isinstance(value, str) and len(value) > element.get("max_length", 3000):
        return f"Enter at most {element.get('max_length', 3000)} characters."
    return ""
