"""The text in blocks of other apps' messages, written as Slack writes text; it is read to people, never interpreted."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from bot.payloads import unescape

_SILENT = frozenset({"actions", "image", "input", "video", "file"})
"""Blocks that are more than text, or none."""
Node = dict[str, Any]


def read_text(blocks: Iterable[object]) -> str:
    """All text in blocks, one paragraph below the other."""
    return "\n".join(line for block in _nodes(blocks) for line in _lines(block) if line)


def has_more(blocks: Iterable[object]) -> bool:
    """Whether there is more in blocks than their text: pictures, buttons, inputs."""
    return any(str(block.get("type")) in _SILENT or block.get("accessory") for block in _nodes(blocks))


def _nodes(value: object) -> list[Node]:
    items = cast(list[object], value) if isinstance(value, list) else []
    return [cast(Node, one) for one in items if isinstance(one, dict)]


def _lines(block: Node) -> Iterator[str]:
    if block.get("type") == "rich_text":
        for element in _nodes(block.get("elements")):
            yield from _paragraphs(element)
    elif str(block.get("type")) not in _SILENT:
        yield from _texts({key: value for key, value in block.items() if key != "accessory"})


def _paragraphs(element: Node) -> Iterator[str]:
    if element.get("type") == "rich_text_list":
        for item in _nodes(element.get("elements")):
            yield from _paragraphs(item)
    else:
        yield "".join(_inline(part) for part in _nodes(element.get("elements")))


def _inline(part: Node) -> str:
    write = _INLINES.get(str(part.get("type")))
    return write(part) if write else str(part.get("text") or "")


_INLINES: dict[str, Callable[[Node], str]] = {
    "user": lambda part: f"<@{part.get('user_id')}>",
    "channel": lambda part: f"<#{part.get('channel_id')}>",
    "usergroup": lambda part: f"<!subteam^{part.get('usergroup_id')}>",
    "broadcast": lambda part: f"<!{part.get('range')}>",
    "emoji": lambda part: f":{part.get('name')}:",
    "date": lambda part: str(part.get("fallback") or part.get("timestamp")),
    "link": lambda part: (
        f"<{part.get('url')}|{part['text']}>" if part.get("text") else f"<{part.get('url')}>"
    ),
}


def _texts(tree: object) -> Iterator[str]:
    """The texts of text objects, wherever they stand."""
    if isinstance(tree, list):
        for one in cast(list[object], tree):
            yield from _texts(one)
    elif isinstance(tree, dict):
        node = cast(Node, tree)
        text = node.get("text")
        if isinstance(text, str):
            yield unescape(text) if node.get("type") == "mrkdwn" else text
        elif node.get("type") == "rich_text":
            yield from _lines(node)
        else:
            yield from _texts(list(node.values()))
