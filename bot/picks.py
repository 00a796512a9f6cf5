"""The menu under a list in which several of its requests are picked, to be decided together."""

from collections import Counter
from collections.abc import Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    Option,
    PlainTextObject,
    SectionBlock,
    StaticMultiSelectElement,
)

from activities.text import cut, list_arguments, show_title
from bot.bulk import PICK, PICKED
from bot.catalog import Row
from bot.rows import row_value
from workflows.contracts import Verdict
from workflows.elicitation import ASK_HUMAN

BLOCK = "countersign_picks"
VALUE_LENGTH = 150
"""How long an option's value may be; a request with a longer id is decided by itself."""
TITLE_LENGTH = 30
LISTING_LENGTH = 45
"""With ten requests a menu stays short enough for a message that holds them as well."""
FEWEST = 2
ADVICE = "Several of one kind can be read and decided together."
_STYLES: dict[Verdict, str] = {"approve": "primary", "reject": "danger"}


def pick_blocks(rows: Sequence[Row]) -> list[Block]:
    """The menu with the buttons below it; nothing where no two requests that the reader can decide are of one kind."""
    able = [row for row in rows if row.decidable and row.ended_at is None and _fits(row)]
    kinds = Counter(map(_kind, able))
    alike = [row for row in able if kinds[_kind(row)] >= FEWEST]
    if not alike:
        return []
    menu = StaticMultiSelectElement(
        action_id=PICKED, placeholder=PlainTextObject(text="Pick requests"), options=list(map(_option, alike))
    )
    words = PlainTextObject(text=ADVICE)
    buttons = [_button(verdict) for verdict in PICK]
    return [
        SectionBlock(block_id=BLOCK, text=words, accessory=menu),
        ActionsBlock(block_id=f"{BLOCK}_decide", elements=buttons),
    ]


def _fits(row: Row) -> bool:
    """Whether it can be decided together with others at all; each question wants an answer of its own."""
    asked = row.summary.action == ASK_HUMAN
    return not asked and bool(row.summary.digest) and len(row_value(row)) <= VALUE_LENGTH


def _kind(row: Row) -> tuple[str, str]:
    """What has to be the same; whether the arguments' form is, too, is looked at once they are picked."""
    return row.summary.action, row.summary.policy


def _option(row: Row) -> Option:
    """By its title, and as titles are often the same by the beginning of what would run."""
    brief = row.summary.brief
    listing = "; ".join(list_arguments(brief.arguments).splitlines()) if brief else row.approval_id
    return Option(
        text=PlainTextObject(text=show_title(row.summary.title, TITLE_LENGTH)),
        value=row_value(row),
        description=PlainTextObject(text=cut(listing, LISTING_LENGTH) or "nothing else"),
    )


def _button(verdict: Verdict) -> ButtonElement:
    name = f"{verdict.capitalize()} picked…"
    return ButtonElement(text=name, action_id=PICK[verdict], value="picked", style=_STYLES[verdict])
