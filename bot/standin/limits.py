"""What Slack refuses in messages and views: the limits, and the checks at the door."""

import copy
import json
import secrets
from collections import Counter
from collections.abc import Iterator
from typing import Any

from bot.standin.elements import ALT_TEXT, BESIDE, BLOCK_ID, CLICKED, INPUTS, SMALL, URL, plain, words
from bot.standin.forms import elements
from bot.standin.refusal import Refusal, malformed
from bot.standin.richtext import RICH_TEXT
from bot.standin.schema import Check, choice, flag, listing, problem, record, string, variant
from bot.standin.trees import Json, is_list, nodes

MESSAGE_TEXT, UPDATE_TEXT = 40_000, 4_000
MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
ALL_TEXT = 12_000
SECTION, FIELDS, FIELD = 3_000, 10, 2_000
HEADER, CONTEXT, ACTIONS = 150, 10, 25
LABEL = TITLE = 2_000
ROWS, COLUMNS, TABLE_TEXT = 100, 20, 10_000
VIEW_TITLE = VIEW_BUTTON = 24
PRIVATE, CALLBACK = 3_000, 255
VIEW_BYTES = 250_000
SELECTS = ("static_select", "multi_static_select")

ID = {"block_id": string(BLOCK_ID)}
CELL = variant({"raw_text": record({"text": string(TABLE_TEXT)}), "rich_text": RICH_TEXT})
COLUMN = record({}, {"align": choice("left", "center", "right"), "is_wrapped": flag})
COMMON: dict[str, Check] = {
    "section": record(
        {},
        ID
        | {
            "text": words(SECTION),
            "fields": listing(words(FIELD), FIELDS),
            "accessory": variant(BESIDE),
            "expand": flag,
        },
    ),
    "divider": record({}, ID),
    "header": record({"text": plain(HEADER)}, ID),
    "context": record({"elements": listing(variant(SMALL), CONTEXT)}, ID),
    "actions": record({"elements": listing(variant(CLICKED), ACTIONS)}, ID),
    "image": record({"image_url": string(URL), "alt_text": string(ALT_TEXT)}, ID | {"title": plain(TITLE)}),
    "rich_text": RICH_TEXT,
    "input": record(
        {"label": plain(LABEL), "element": variant(INPUTS)},
        ID | {"hint": plain(LABEL), "optional": flag, "dispatch_action": flag},
    ),
}
MESSAGE: dict[str, Check] = COMMON | {
    "markdown": record({"text": string(ALL_TEXT)}, ID),
    "table": record(
        {"rows": listing(listing(CELL, COLUMNS), ROWS)}, ID | {"column_settings": listing(COLUMN, COLUMNS)}
    ),
}
IN_MESSAGE = listing(variant(MESSAGE), MESSAGE_BLOCKS, 0)
SHARED = {
    "private_metadata": string(PRIVATE, 0),
    "callback_id": string(CALLBACK, 0),
    "external_id": string(CALLBACK, 0),
}
VIEWS: dict[str, Check] = {
    "modal": record(
        {"title": plain(VIEW_TITLE), "blocks": listing(variant(COMMON), VIEW_BLOCKS, 0)},
        SHARED
        | {
            "submit": plain(VIEW_BUTTON),
            "close": plain(VIEW_BUTTON),
            "clear_on_close": flag,
            "notify_on_close": flag,
            "submit_disabled": flag,
        },
    ),
    "home": record({"blocks": listing(variant(COMMON), VIEW_BLOCKS, 0)}, SHARED),
}


def check_message(text: str, blocks: Any) -> None:
    """Refuse what chat.postMessage would refuse to show."""
    if len(text) > MESSAGE_TEXT:
        raise Refusal("msg_too_long")
    if not blocks:
        if not text.strip():
            raise Refusal("no_text")
        return
    if not is_list(blocks):
        raise Refusal("invalid_blocks_format")
    found = [*IN_MESSAGE(blocks, "/blocks")] or [*together(blocks, "/blocks")]
    if found:
        raise malformed("invalid_blocks", found)
    if volume(blocks) > ALL_TEXT:
        raise Refusal("msg_blocks_too_long")


def check_view(view: Any, kind: str) -> None:
    """Refuse what views.open would refuse to show."""
    found = [*variant({kind: VIEWS[kind]})(view, "/view")]
    found = found or [*together(view["blocks"], "/view/blocks"), *unsendable(view)]
    if found:
        raise malformed("invalid_arguments", found)
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        raise Refusal("view_too_large")


def together(blocks: list[Json], at: str) -> Iterator[str]:
    """What is wrong between blocks, each of them being right."""
    names = Counter(block["block_id"] for block in blocks if block.get("block_id"))
    yield from (problem(f"block_id already exists: {name}", at) for name, count in names.items() if count > 1)
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield problem("only_one_table_allowed", at)
    for index, block in enumerate(blocks):
        yield from within(block, f"{at}/{index}")


def within(block: Json, at: str) -> Iterator[str]:
    """What is wrong between the parts of one block."""
    if block["type"] == "section" and not block.get("text") and not block.get("fields"):
        yield problem("missing required field: text or fields", at)
    if block["type"] == "table" and volume([block]) > TABLE_TEXT:
        yield problem(f"must be less than {TABLE_TEXT + 1} characters", at)
    found = elements(block)
    names = Counter(element["action_id"] for element in found if element.get("action_id"))
    yield from (
        problem(f"action_id already exists: {name}", at) for name, count in names.items() if count > 1
    )
    if any(
        bool(element.get("options")) == bool(element.get("option_groups"))
        for element in found
        if element["type"] in SELECTS
    ):
        yield problem("must have either options or option_groups", at)


def unsendable(view: Json) -> Iterator[str]:
    """A modal with inputs needs a way to send them."""
    asks = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and asks and not view.get("submit"):
        yield problem("missing required field: submit", "/view")


def volume(blocks: list[Json]) -> int:
    """All the characters of text in these blocks together."""
    return sum(
        len(node[name])
        for node in nodes(blocks)
        for name in ("text", "url", "alt_text", "fallback")
        if isinstance(node.get(name), str)
    )


def settled(blocks: list[Json]) -> list[Json]:
    """The blocks with the ids Slack adds where the app gave none."""
    copies = copy.deepcopy(blocks)
    for block in copies:
        block.setdefault("block_id", secrets.token_hex(3))
        for element in elements(block):
            element.setdefault("action_id", secrets.token_hex(3))
    return copies
