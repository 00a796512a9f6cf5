"""What a burst looks like in a channel: one message with a row for each request, and a way to decide them together."""

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, RichTextElementParts

from activities.blocks import (
    Parts,
    code,
    context,
    header,
    mention,
    moment,
    paragraphs,
    plain,
    quote,
    section,
    strong,
)
from activities.cards import FALLBACK_BYTES, Rendered
from activities.contents import NAME_LENGTH, REASON_LENGTH, WORDS
from activities.links import card_link
from activities.text import clean_words, cut, cut_bytes, escape, list_arguments, show_name, show_title
from workflows import burst
from workflows.burst import Batch, Room, Row
from workflows.contracts import Verdict

APPROVE_ALL = "countersign_approve_all"
REJECT_ALL = "countersign_reject_all"
ACTIONS: dict[Verdict, str] = {"approve": APPROVE_ALL, "reject": REJECT_ALL}

ROWS_SHOWN = 20
TITLE_LENGTH = 80
LISTING_LENGTH = 600
CARD_LENGTH = 8_000
ROW_LENGTH = 240
"""Slack refuses messages of 11,000 to 13,000 characters; a row takes about so many without its arguments."""
ELSEWHERE = "Its arguments are on its own card."


def render_batch(batch: Batch, room: Room, team_url: str) -> Rendered:
    """The message of a burst in one channel; once nothing is open there any more, without buttons."""
    rows = burst.members(batch, room)
    title = _headline(batch, room, rows)
    shown = _choose(rows, room)
    blocks = [header(title), _who(batch)]
    blocks += [block for row in shown for block in _row(row, batch, room, team_url, len(shown))]
    if len(rows) > len(shown):
        blocks.append(context(f"and {len(rows) - len(shown)} more; their cards are in the thread"))
    if any(_is_open(row, batch, room) for row in rows):
        blocks.append(
            ActionsBlock(elements=[_button("approve", batch, room), _button("reject", batch, room)])
        )
    blocks.append(context("Each is decided on its own and has its own card, with all of it, in this thread."))
    names = "; ".join(show_title(row.title, TITLE_LENGTH) for row in rows)
    fallback = f"{escape(title)}, asked by <@{escape(batch.requester.user_id)}>: {escape(names)}"
    return Rendered(cut_bytes(fallback, FALLBACK_BYTES), blocks)


def _choose(rows: tuple[Row, ...], room: Room) -> tuple[Row, ...]:
    """All rows, or of too many first those that can be decided."""
    if len(rows) <= ROWS_SHOWN:
        return rows
    return tuple(sorted(rows, key=lambda row: not burst.is_open(row, room))[:ROWS_SHOWN])


def _is_open(row: Row, batch: Batch, room: Room) -> bool:
    return burst.is_open(row, room) and not batch.over


def _headline(batch: Batch, room: Room, rows: tuple[Row, ...]) -> str:
    waiting = sum(_is_open(row, batch, room) for row in rows)
    if waiting == len(rows):
        return f"Approval needed: {waiting} requests at once"
    if waiting:
        return f"Approval needed: {waiting} of {len(rows)} requests"
    return f"Nothing more to decide here: {len(rows)} requests"


def _who(batch: Batch) -> Block:
    asked = clean_words(batch.reason)
    words = [section(strong("In these words:")), quote(cut(asked, REASON_LENGTH))] if asked else []
    return paragraphs(section(strong("Asked by: "), mention(batch.requester)), *words)


def _row(row: Row, batch: Batch, room: Room, team_url: str, count: int) -> list[Block]:
    """What is asked for in full where there is room, how far it is, and the way to its card."""
    card = next((ref for ref in row.cards if ref.channel_id == room.channel_id), None)
    link = (
        [plain("  "), RichTextElementParts.Link(url=card_link(team_url, card), text="Open its card")]
        if card
        else []
    )
    top = section(
        strong(show_title(row.title, TITLE_LENGTH)),
        plain(f"\nAction {cut(show_name(row.action), NAME_LENGTH)}. "),
        *_state(row, batch, room),
        *link,
    )
    most = min(LISTING_LENGTH, (CARD_LENGTH - ROW_LENGTH * count) // count)
    listing = None if row.arguments is None else list_arguments(row.arguments)
    if listing is None or len(listing) > most:
        return [paragraphs(top, section(plain(ELSEWHERE)))]
    return [paragraphs(top), *code(listing)]


def _state(row: Row, batch: Batch, room: Room) -> Parts:
    if row.status != "pending":
        who = [plain(" by "), mention(row.decided_by)] if row.decided_by else []
        return [strong(WORDS[row.status]), *who]
    if batch.over:
        return [plain("Not open any more")]
    if not burst.is_open(row, room):
        return [plain("Goes on elsewhere")]
    votes = f", {row.approvals} of {row.quorum} approvals" if row.quorum > 1 else ""
    until = [plain(" until "), moment(row.deadline)] if row.deadline else []
    return [plain(f"Waiting{votes}"), *until]


def _button(verdict: Verdict, batch: Batch, room: Room) -> ButtonElement:
    name = f"{verdict.capitalize()} all…"
    return ButtonElement(
        text=name,
        action_id=ACTIONS[verdict],
        value=f"{batch.batch_id}|{room.channel_id}",
        style="primary" if verdict == "approve" else "danger",
        accessibility_label=f"{verdict.capitalize()} all requests of this message",
    )
