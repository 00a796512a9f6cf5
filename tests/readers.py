"""What a rendered message holds, read from the blocks as they are sent."""

import json
from collections.abc import Iterator
from typing import Any, cast

from activities.blocks import render
from activities.cards import Rendered
from bot.standin.limits import check_message

MOST_TEXT, MOST_FALLBACK = 9_000, 4_000
INTERPRETED = {"mrkdwn", "markdown", "link", "broadcast", "emoji"}


def walk_objects(tree: object) -> Iterator[dict[str, Any]]:
    """Every object in a JSON tree."""
    if isinstance(tree, dict):
        found = cast(dict[str, Any], tree)
        yield found
        yield from walk_objects(list(found.values()))
    elif isinstance(tree, list):
        for branch in cast(list[object], tree):
            yield from walk_objects(branch)


def sent(rendered: Rendered) -> list[dict[str, Any]]:
    """Every object in the blocks."""
    return list(walk_objects(render(rendered.blocks)))


def all_text(rendered: Rendered) -> str:
    """What people can read in the blocks, times as their fallbacks."""
    parts = [node.get(name) for node in sent(rendered) for name in ("text", "fallback")]
    return "".join(part for part in parts if isinstance(part, str))


def of_type(rendered: Rendered, kind: str) -> list[dict[str, Any]]:
    return [node for node in sent(rendered) if node.get("type") == kind]


def listed(rendered: Rendered) -> str:
    """The arguments as far as the message shows them."""
    blocks = of_type(rendered, "rich_text_preformatted")
    return "".join(part["text"] for block in blocks for part in block["elements"])


def buttons(rendered: Rendered) -> list[str]:
    return [node["action_id"] for node in of_type(rendered, "button")]


def deciding(rendered: Rendered) -> list[str]:
    """The buttons of a card's first row, which decide; those of its second help to."""
    rows = of_type(rendered, "actions")
    return [node["action_id"] for node in rows[0]["elements"]] if rows else []


def check_limits(rendered: Rendered) -> None:
    """Slack takes it, by slack-sdk's rules, by the stand-in's and by our own margin."""
    blocks = render(rendered.blocks)
    assert len(all_text(rendered)) <= MOST_TEXT, len(all_text(rendered))
    assert 0 < len(rendered.text.encode()) <= MOST_FALLBACK
    check_message(rendered.text, json.loads(json.dumps(blocks)))


def check_harmless(rendered: Rendered) -> None:
    """No element of it is one whose text Slack would act on."""
    assert not {node.get("type") for node in sent(rendered)} & INTERPRETED
