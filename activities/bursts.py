"""What a burst looks like in a channel: one message with a row for each request, and a way to decide them together."""

from typing import NamedTuple

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
from activities.contents import NAME_LENGTH, REASON_LENGTH, status_words
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


class Frame(NamedTuple):
    """What is shown of which burst, and where; `team_url` is the workspace's address, ending in a slash."""

    batch: Batch
    room: Room
    team_url: str

    @property
    def rows(self) -> tuple[Row, ...]:
        """All requests that are listed there."""
        return burst.members(self.batch, self.room)

    def is_open(self, row: Row) -> bool:
        """Whether a request can be decided there."""
        return burst.is_open(row, self.room) and not self.batch.over


def render_batch(batch: Batch, room: Room, team_url: str) -> Rendered:
    """The message of a burst in one channel; once nothing is open there any more, without buttons."""
    frame = Frame(batch, room, team_url)
    rows, shown, title = frame.rows, _choose(frame), _headline(frame)
    blocks = [header(title), _who(batch)]
    blocks += [block for row in shown for block in _row(frame, row, len(shown))]
    if len(rows) > len(shown):
        blocks.append(context(f"and {len(rows) - len(shown)} more; their cards are in the thread"))
    if any(map(frame.is_open, rows)):
        blocks.append(ActionsBlock(elements=[_button("approve", frame), _button("reject", frame)]))
    blocks.append(context("Each is decided on its own; its own card, with all of it, is in this thread."))
    names = "; ".join(show_title(row.title, TITLE_LENGTH) for row in rows)
    fallback = f"{escape(title)}, asked by <@{escape(batch.requester.user_id)}>: {escape(names)}"
    return Rendered(cut_bytes(fallback, FALLBACK_BYTES), blocks)


def _choose(frame: Frame) -> tuple[Row, ...]:
    """All rows, or of too many first those that can be decided."""
    if len(frame.rows) <= ROWS_SHOWN:
        return frame.rows
    return tuple(sorted(frame.rows, key=lambda row: not frame.is_open(row))[:ROWS_SHOWN])


def _headline(frame: Frame) -> str:
    waiting, count = sum(map(frame.is_open, frame.rows)), len(frame.rows)
    if waiting == count:
        return f"Approval needed: {count} requests at once"
    if waiting:
        return f"Approval needed: {waiting} of {count} requests"
    return f"Nothing more to decide here: {count} requests"


def _who(batch: Batch) -> Block:
    asked = clean_words(batch.reason)
    words = [section(strong("In these words:")), quote(cut(asked, REASON_LENGTH))] if asked else []
    return paragraphs(section(strong("Asked by: "), mention(batch.requester)), *words)


def _row(frame: Frame, row: Row, count: int) -> list[Block]:
    """What is asked for, in full where there is room; how far it is; the way to its card."""
    title, action = show_title(row.title, TITLE_LENGTH), cut(show_name(row.action), NAME_LENGTH)
    top = section(strong(title), plain(f"\nAction {action}. "), *_state(frame, row), *_link(frame, row))
    most = min(LISTING_LENGTH, (CARD_LENGTH - ROW_LENGTH * count) // count)
    listing = None if row.arguments is None else list_arguments(row.arguments)
    if listing is None or len(listing) > most:
        return [paragraphs(top, section(plain(ELSEWHERE)))]
    return [paragraphs(top), *code(listing)]


def _link(frame: Frame, row: Row) -> Parts:
    card = next((ref for ref in row.cards if ref.channel_id == frame.room.channel_id), None)
    if card is None:
        return []
    return [plain("  "), RichTextElementParts.Link(url=card_link(frame.team_url, card), text="Open its card")]


def _state(frame: Frame, row: Row) -> Parts:
    if row.status != "pending":
        who = [plain(" by "), mention(row.decided_by)] if row.decided_by else []
        return [strong(status_words(row.status, row.action)), *who]
    if frame.batch.over:
        return [plain("Not open any more")]
    if not frame.is_open(row):
        return [plain("Goes on elsewhere")]
    votes = f", {row.approvals} of {row.quorum} approvals" if row.quorum > 1 else ""
    until = [plain(" until "), moment(row.deadline)] if row.deadline else []
    return [plain(f"Waiting{votes}"), *until]


def _button(verdict: Verdict, frame: Frame) -> ButtonElement:
    return ButtonElement(
        text=f"{verdict.capitalize()} all…",
        action_id=ACTIONS[verdict],
        value=f"{frame.batch.batch_id}|{frame.room.channel_id}",
        style="primary" if verdict == "approve" else "danger",
        accessibility_label=f"{verdict.capitalize()} all requests of this message",
    )
