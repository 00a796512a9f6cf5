"""Arguments, each by its type: what is short in one listing, then tables, changes, code, longer words, structures."""

import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from activities.blocks import PREFORMATTED_LENGTH
from activities.layout.changes import Change, find_changes, write_diff
from activities.layout.pieces import OVERHEAD, Piece, cut_text, join_parts
from activities.layout.tables import read_records, write_table
from activities.layout.values import is_short, outline, outline_field, show_text
from activities.text import show_label

TITLE_LENGTH = 60
SHORT = "Arguments"
NONE = "(no arguments)"
LONG_NAME = "An argument with a long name"
WITHIN = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "
"""What stands between a name and a name within it; a name that holds it itself is shown in quotes."""
CODE_SHARE = 0.3
"""How many of a text's lines have to look like code for it to be taken for code."""
_CODE_NAME = re.compile(
    "code|sql|query|script|command|cmd|diff|patch|source|program|regex|pattern|json|yaml|xml|html|css|toml|template"
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CODE_LINE = re.compile(
    r"(\s{2,}|\t)\S.*|.*[;{}\[\]()]\s*|\s*(#!|//|--|/\*|\$ |<\w|</|@@|\+\+\+|---).*"
    r"|(def|class|import|from|return|if|for|while|let|const|var|func|fn|package|use)\b.*[:=({;].*"
    r"|\w[\w.-]*\s*=.*|(?i:select|insert|update|delete|create|alter|drop|with|grant)\b.*"
)


def lay_out(arguments: Mapping[str, JsonValue], title: str = SHORT) -> list[Piece]:
    """Every argument in full, under `title`."""
    if not arguments:
        return cut_text(title, "", NONE, "code")
    pieces = list(_lay_fields(arguments, title, ""))
    return pieces if pieces[0].title == title else [Piece(title, "", (), OVERHEAD), *pieces]


def _lay_fields(values: Mapping[str, JsonValue], title: str, within: str) -> Iterator[Piece]:
    """Those that fit on a line first; the others by type, a change right before the first of the two it is between."""
    short = [name for name, value in values.items() if is_short(value)]
    lines = [line for name in short for line in outline_field(name, values[name])]
    yield from cut_text(title, "", "\n".join(lines), "code") if lines else ()
    changes = {change.before: change for change in find_changes(values)}
    for name in (name for name in values if name not in short):
        if name in changes:
            yield from _lay_change(changes[name], values, within)
        yield from _lay_value(name, values[name], within)


def _lay_change(change: Change, values: Mapping[str, JsonValue], within: str) -> list[Piece]:
    title = f"{_title(change.before, within)} → {show_label(change.after)}"
    diff = write_diff(values[change.before], values[change.after])
    if len(title) > TITLE_LENGTH or diff is None:
        return []
    return cut_text(title, "what changes; both follow in full", diff, "code")


def _lay_value(name: str, value: JsonValue, within: str) -> list[Piece]:
    title = _title(name, within)
    if len(title) > TITLE_LENGTH:
        return cut_text(LONG_NAME, "", "\n".join(outline_field(f"{within}{name}", value)), "code")
    if isinstance(value, str):
        return _lay_text(title, name, value)
    records = read_records(value)
    if records:
        return join_parts(title, f"{len(records)} records", write_table(records, PREFORMATTED_LENGTH), "code")
    if isinstance(value, dict) and any(find_changes(value)):
        return list(_lay_fields(value, title, f"{title}{WITHIN}"))
    return cut_text(title, _count(value), "\n".join(outline(value)), "code")


def _title(name: str, within: str) -> str:
    return f"{within}{show_label(name)}"


def _lay_text(title: str, name: str, text: str) -> list[Piece]:
    lines = text.strip("\n").count("\n") + 1
    note = f"{lines:,} lines" if lines > 1 else f"{len(text):,} characters"
    return cut_text(title, note, show_text(text), "code" if is_code(name, text) else "words")


def is_code(name: str, text: str) -> bool:
    """Whether a text is to be read letter by letter: by the argument's name, or by what its lines look like."""
    if any(_CODE_NAME.fullmatch(word.lower()) for word in _WORDS.findall(name)):
        return True
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) > 1 and sum(map(_is_code_line, lines)) >= CODE_SHARE * len(lines)


def _is_code_line(line: str) -> bool:
    return _CODE_LINE.fullmatch(line) is not None


def _count(value: JsonValue) -> str:
    if isinstance(value, list):
        return f"{len(value):,} item{'' if len(value) == 1 else 's'}"
    return f"{len(value):,} field{'' if len(value) == 1 else 's'}" if isinstance(value, dict) else ""
