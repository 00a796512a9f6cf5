"""Text that people may rely on: nothing invisible, nothing that Slack would act on, nothing left out unsaid."""

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from pydantic import JsonValue

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_HIDDEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Characters with a category of their own kind that show nothing all the same."""
_JOINERS = frozenset("\n\t\u200d\ufe0f")
_NAME = re.compile(r"[\w.-]+")
_FIRST_SELECTORS = range(0xFE00, 0xFE10)
_MORE_SELECTORS = range(0xE0100, 0xE01F0)

WIDTH = 100
"""How long a line of a value may be; a longer one is broken, so that each of its lines bears the mark below."""
INDENT = "  │ "
"""What stands before each line of a longer value, so that its text cannot pass for another argument."""


def is_hidden(char: str) -> bool:
    """Whether a character shows nothing or changes how others show: control, format, bidi, filler, selector."""
    return (
        unicodedata.category(char) in _HIDDEN_CATEGORIES
        or char in _HIDDEN_LETTERS
        or ord(char) in _FIRST_SELECTORS
        or ord(char) in _MORE_SELECTORS
    )


def strip_hidden(text: str) -> str:
    """One line of text without hidden characters, for titles and names."""
    return " ".join("".join(" " if char in "\n\r\t" else char for char in text if _stays(char)).split())


def show_title(text: str, limit: int) -> str:
    """A title on one line, which always shows something."""
    return cut(strip_hidden(text), limit) or "(no title)"


def _stays(char: str) -> bool:
    return char in "\n\r\t" or not is_hidden(char)


def clean_words(text: str) -> str:
    """Somebody's words without hidden characters, but with their lines, and with what emoji are joined by."""
    return "".join(char for char in text if char in _JOINERS or not is_hidden(char))


def show_hidden(text: str) -> str:
    """The text with each hidden character but the line feed written out as its code point.

    So is the bracket that marks them, or text could pretend that there is one.
    """
    return "".join(_show(char) for char in text)


@lru_cache(10_000)
def _show(char: str) -> str:
    plain = char == "\n" or (char != "⟨" and not is_hidden(char))
    return char if plain else f"⟨U+{ord(char):04X}⟩"


def show_name(text: str) -> str:
    """The same on one line, for the names of what runs."""
    return show_hidden(text).replace("\n", "⟨U+000A⟩")


def escape(text: str) -> str:
    """The text for a message's `text` field, where `&`, `<` and `>` would otherwise make mentions and links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last an ellipsis where something is left out."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def cut_words(text: str, limit: int) -> str:
    """The same for a line that is cut between its words, so that no half of a number stands for the whole."""
    if len(text) <= limit:
        return text
    whole = text[: limit - 1].rpartition(" ")[0].rstrip()
    return f"{whole} …" if whole else cut(text, limit)


def cut_bytes(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, the last character an ellipsis where something is left out."""
    if len(text.encode()) <= limit:
        return text
    return text.encode()[: limit - 3].decode(errors="ignore") + "…"


def list_arguments(arguments: Mapping[str, JsonValue]) -> str:
    """Every argument in full, one below the other, as people read them."""
    if not arguments:
        return "(no arguments)"
    return "\n".join(_argument(name, value) for name, value in arguments.items())


def _argument(name: str, value: JsonValue) -> str:
    shown = show_hidden(write_value(value))
    label = show_label(name)
    if "\n" not in shown and len(shown) <= WIDTH:
        return f"{label}: {shown}"
    lines = [piece for line in shown.split("\n") for piece in wrap_line(line)]
    return "\n".join([f"{label}:", *(INDENT + line for line in lines)])


def show_label(name: str) -> str:
    """An argument's name on one line, in quotes where it is more than a word."""
    return show_name(name if _NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False))


def wrap_line(line: str) -> list[str]:
    """A line in pieces that are not too long."""
    return [line[start : start + WIDTH] for start in range(0, len(line), WIDTH)] or [""]


def write_value(value: JsonValue) -> str:
    """A value as text; in quotes where a string could be taken for something else."""
    if isinstance(value, str) and not _ambiguous(value):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2)


def _ambiguous(text: str) -> bool:
    """Whether a string shown without quotes could be taken for nothing, a number, a flag, a list or a quoted string."""
    if not text or text != text.strip() or text[0] in '"[{':
        return True
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def split_pages(text: str, size: int) -> list[str]:
    """The text in pages of at most `size` characters, which joined are the text again.

    They end at a line's end where they can, so that no page begins in the middle of a value.
    """
    pages: list[str] = []
    while len(text) > size:
        end = text.rfind("\n", 0, size) + 1 or size
        pages.append(text[:end])
        text = text[end:]
    return [*pages, text]
