"""What people see and do in the Home tab, for tests."""

from collections.abc import Callable
from typing import Any

from bot.lists import INCOMPLETE
from bot.standin.delivery import Delivery
from bot.standin.modals import View
from bot.standin.trees import Json, nodes
from tests.harness import BOB, Harness, eventually, eventually_read

WAITING, ASKED, LATELY, DELEGATIONS = (
    "Waiting for me",
    "Asked by me",
    "Decided lately",
    "Away, and who decides for whom",
)


async def open_home(harness: Harness, user: str = BOB) -> View:
    """Look at the tab; what is published then, again while a busy machine keeps it from knowing what somebody is in."""

    async def look() -> View | None:
        before = shown_hash(harness, user)
        harness.slack.open_home(user)
        await eventually(lambda: shown_hash(harness, user) != before or None)
        view = harness.slack.workspace.modals.homes[user]
        return None if INCOMPLETE in words(view) else view

    return await eventually_read(look)


async def until_opened(harness: Harness, enough: Callable[[View], object], user: str = BOB) -> View:
    """Look at the tab until it is like that: visibility follows within a moment."""

    async def look() -> View | None:
        view = await open_home(harness, user)
        return view if enough(view) else None

    return await eventually_read(look)


async def until_drawn(harness: Harness, enough: Callable[[View], object], user: str = BOB) -> View:
    """Wait until the tab is like that, without doing anything about it."""
    view = harness.slack.workspace.modals.homes[user]
    await eventually(lambda: enough(view) or None)
    return view


def shown_hash(harness: Harness, user: str) -> str:
    """What tells one drawing of a tab from another."""
    view = harness.slack.workspace.modals.homes.get(user)
    return view.hash if view else ""


def words(view: View, heading: str = "") -> str:
    """All text that is shown, in order, or that of one section."""
    found = section(view, heading) if heading else view.body["blocks"]
    return "".join(str(node["text"]) for node in nodes(found) if isinstance(node.get("text"), str))


def section(view: View, heading: str) -> list[Json]:
    """The blocks below a heading, up to the next one."""
    blocks: list[Json] = view.body["blocks"]
    heads = [index for index, block in enumerate(blocks) if block["type"] == "header"]
    start = next(index for index in heads if blocks[index]["text"]["text"] == heading)
    return blocks[start + 1 : next((index for index in heads if index > start), len(blocks))]


def titles(view: View, heading: str = WAITING) -> list[str]:
    """The titles of a section's rows."""
    first = [
        node["elements"][0]
        for node in nodes(section(view, heading))
        if node.get("type") == "rich_text_section"
    ]
    return [str(one["text"]) for one in first if one.get("style") == {"bold": True}]


def buttons(view: View, heading: str = WAITING) -> list[str]:
    """The texts of a section's buttons, in order."""
    found = (node for node in nodes(section(view, heading)) if node.get("type") == "button")
    return [str(node["text"]["text"]) for node in found]


async def press(harness: Harness, view: View, action_id: str, row: int = 0, **changes: Any) -> Delivery:
    """Press a button of a row of what waits, or another one."""
    name = f"countersign_home|waiting|{row}"
    blocks = [block["block_id"] for block in view.body["blocks"] if block["block_id"] == name]
    block_id = blocks[0] if blocks and "_home_" not in action_id else None
    return await harness.slack.press(view.user, view.id, action_id, block_id=block_id, **changes)
