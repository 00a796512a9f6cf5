"""What pages of Details hold, read from their blocks as they are sent."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import rfc8785
from pydantic import JsonValue

from activities.blocks import render
from activities.layout.arguments import lay_out
from activities.layout.changes import find_changes
from activities.layout.pieces import Page, Piece, pack_pages, render_page
from activities.layout.tables import read_records
from activities.layout.values import DEEPEST, is_scalar, is_short

TEXTS = {"rich_text_preformatted", "rich_text_quote"}


def pages_of(arguments: Mapping[str, JsonValue]) -> list[Page]:
    return pack_pages(lay_out(arguments))


def elements(pages: list[Page]) -> Iterator[dict[str, Any]]:
    """Every paragraph, title and box, in order."""
    for page in pages:
        for block in blocks_of(page):
            yield from block.get("elements", [])


def blocks_of(page: Page) -> list[dict[str, Any]]:
    """A page's blocks as they are sent, one for each piece."""
    return cast(list[dict[str, Any]], render(render_page(page)))


def words(element: Mapping[str, Any]) -> str:
    return "".join(part.get("text", "") for part in element["elements"])


def boxes(pages: list[Page]) -> list[str]:
    """What is quoted or in code: the values, without the titles above them."""
    return [words(element) for element in elements(pages) if element["type"] in TEXTS]


def titles(pages: list[Page]) -> list[str]:
    return [words(element) for element in elements(pages) if element["type"] == "rich_text_section"]


def box(piece: Piece) -> str:
    """The text of a piece."""
    return words(cast(dict[str, Any], piece.elements[0].to_dict()))


def values_text(pages: list[Page]) -> str:
    """All boxes as one text: where a line was torn apart, it is whole again."""
    text = ""
    for page in pages:
        for piece, block in zip(page, blocks_of(page), strict=True):
            texts = [words(one) for one in block.get("elements", []) if one["type"] in TEXTS]
            text += "\n".join(texts) if piece.torn else "\n".join(["", *texts])
    return text


def everything(pages: list[Page]) -> str:
    return "\n".join(words(element) for element in elements(pages))


def read_back(text: str) -> str:
    """The text without line breaks and the marks that stand before lines, with code points as their characters."""
    whole = _unbroken(text)
    return _unbroken(re.sub(r"⟨U\+([0-9A-F]{4,6})⟩", lambda code: chr(int(code[1], 16)), whole))


def _unbroken(text: str) -> str:
    return re.sub(r"\n *(?:[│┊] )?", "", text)


def spellings(leaf: JsonValue) -> list[str]:
    """How a leaf may be written: as it is, or in quotes, or canonically."""
    if not isinstance(leaf, str):
        return [rfc8785.dumps(leaf).decode()]
    quoted = [json.dumps(leaf, ensure_ascii=False), rfc8785.dumps(leaf).decode()]
    return [_unbroken(leaf), *(_unbroken(text[1:-1]) for text in quoted)]


def ordered(arguments: Mapping[str, JsonValue]) -> list[str]:
    """The names in the order in which they are laid out."""
    return sorted(arguments, key=lambda name: not is_short(arguments[name]))


def leaves(value: JsonValue, depth: int = 0) -> Iterator[JsonValue]:
    """Every name and every value with nothing inside, in the order in which they are laid out."""
    if is_scalar(value):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, depth + 1)
    elif isinstance(value, dict):
        for name in _names(value, depth):
            yield name
            yield from leaves(value[name], depth + 1)


def _names(value: Mapping[str, JsonValue], depth: int) -> list[str]:
    if depth >= DEEPEST:
        return sorted(value, key=lambda name: name.encode("utf-16-be"))
    return ordered(value) if any(find_changes(value)) else list(value)


def headed(value: JsonValue) -> Iterator[str]:
    """The names of fields that may have titles of their own, as they are long and two of them are states of one thing."""
    if isinstance(value, dict) and any(find_changes(value)):
        for name in (name for name in value if not is_short(value[name])):
            yield name
            yield from headed(value[name])


def missing(arguments: Mapping[str, JsonValue]) -> list[JsonValue]:
    """What of the arguments is not to be found, or not where it belongs."""
    pages, position = pages_of(arguments), 0
    text, named = read_back(values_text(pages)), read_back(everything(pages))
    own: list[JsonValue] = [name for value in arguments.values() for name in headed(value)]
    lost: list[JsonValue] = [
        name for name in (*arguments, *own) if not any(_find(where, name, 0) for where in (named, text))
    ]  # a long name stands in a box, over several of them
    for name in ordered(arguments):
        in_order = not read_records(arguments[name])
        for leaf in (one for one in leaves(arguments[name]) if one not in own):
            end = _find(text, leaf, position if in_order else 0)
            lost += [] if end else [leaf]
            position = end or position if in_order else position
    return lost


def _find(text: str, leaf: JsonValue, start: int) -> int:
    """Where a leaf ends, from a position on; 0 where it is not."""
    ends = [text.find(one, start) + len(one) for one in spellings(leaf) if text.find(one, start) >= 0]
    return min(ends, default=0) or (1 if ends else 0)
