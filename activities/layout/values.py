"""One value as people read it: exact, with nothing invisible, and no text that could pass for something else."""

import json
import re

import rfc8785
from pydantic import JsonValue

from activities.text import WIDTH, show_hidden, show_label, show_name, wrap_line, write_value

DEEPEST = 6
"""How deep structures are outlined; what is nested deeper is written in the canonical form."""
BAR, SAME_LINE = "│ ", "┊ "
"""What stands before each line of a longer text, and before the rest of a line that was broken."""
INWARD = "  "
_LIKE_OUTLINE = re.compile(r"[-│┊]|.*:( |$)")
"""Texts that behind a dash could pass for a part of the outline."""
_BLANKS = " \n"


def show_text(text: str) -> str:
    """A text as it is, lines and all; the blanks at its start and end, which nobody would see, as code points."""
    inner = text.strip(_BLANKS)
    start = text.index(inner) if inner else len(text)
    return _show_blanks(text[:start]) + show_hidden(inner) + _show_blanks(text[start + len(inner) :])


def _show_blanks(blanks: str) -> str:
    return "".join(f"⟨U+{ord(char):04X}⟩" for char in blanks)


def show_scalar(value: JsonValue) -> str:
    """Anything that has nothing inside; numbers as the digest's canonical form writes them."""
    if not isinstance(value, str):
        return write_canonical(value)
    return show_text(value) if "\n" in value else show_hidden(write_value(value))


def write_canonical(value: JsonValue) -> str:
    """The RFC 8785 form on one line; where there is none, and so nothing to approve, the nearest that JSON has."""
    try:
        return show_name(rfc8785.dumps(value).decode())
    except (rfc8785.CanonicalizationError, ValueError):
        return show_name(json.dumps(value, ensure_ascii=False))


def is_scalar(value: JsonValue) -> bool:
    """Whether there is nothing inside."""
    return not isinstance(value, list | dict) or not value


def is_short(value: JsonValue) -> bool:
    """Whether a value has its place behind its name, on one line."""
    return is_scalar(value) and _is_line(show_scalar(value))


def _is_line(shown: str) -> bool:
    return "\n" not in shown and len(shown) <= WIDTH


def outline(value: JsonValue, depth: int = 0) -> list[str]:
    """A value as lines: a name before each value, a dash before each item, a bar before each line of longer text."""
    if is_scalar(value) or depth >= DEEPEST:
        return _lines(show_scalar(value) if is_scalar(value) else write_canonical(value))
    if isinstance(value, list):
        return [line for item in value for line in _outline_item(item, depth)]
    fields = value.items() if isinstance(value, dict) else ()
    return [line for name, inner in fields for line in outline_field(name, inner, depth)]


def _lines(shown: str) -> list[str]:
    return [shown] if _is_line(shown) else [part for line in shown.split("\n") for part in _break(line)]


def _break(line: str) -> list[str]:
    first, *rest = wrap_line(line)
    return [BAR + first, *(SAME_LINE + part for part in rest)]


def outline_field(name: str, value: JsonValue, depth: int = 0) -> list[str]:
    """A value behind its name, or beneath it."""
    first, *rest = wrap_line(f"{show_label(name)}:")
    if is_short(value) and not rest:
        return [f"{first} {show_scalar(value)}"]
    beneath = [*(SAME_LINE + part for part in rest), *outline(value, depth + 1)]
    return [first, *(INWARD + line for line in beneath)]


def _outline_item(value: JsonValue, depth: int) -> list[str]:
    alike = isinstance(value, str) and is_short(value) and _LIKE_OUTLINE.match(value)
    quoted = show_hidden(json.dumps(value, ensure_ascii=False))
    first, *rest = _lines(quoted) if alike else outline(value, depth + 1)
    return [f"- {first}", *(INWARD + line for line in rest)]
