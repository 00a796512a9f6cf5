"""Pieces of what is read, small enough for one block each, and how they are packed into pages."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from slack_sdk.models.blocks import Block, DividerBlock, RichTextElement, RichTextPreformattedElement

from activities.blocks import PREFORMATTED_LENGTH, paragraphs, plain, quote, section, strong
from activities.text import split_pages

PAGE_LENGTH = 9_000
"""In characters: three of the largest pieces."""
PAGE_PIECES = 60
"""Of the hundred blocks that a modal takes; some are for inputs and buttons."""
OVERHEAD = 60
"""What a piece takes of a page besides its text, so that many small ones do not make a page too long to read."""

Style = Literal["code", "words"]


class Piece(NamedTuple):
    """A part of a section; `size` is in characters.

    `follows` says that it is not the section's first, `torn` that it begins in the middle of a line.
    """

    title: str
    note: str
    elements: tuple[RichTextElement, ...]
    size: int
    follows: bool = False
    torn: bool = False


Page = list[Piece]
RULE = Piece("", "", (), 0)
"""A line between what is asked and what is known of deciding it."""


def cut_text(title: str, note: str, text: str, style: Style) -> list[Piece]:
    """A section of text, in as many pieces as it needs."""
    parts = split_pages(text, PREFORMATTED_LENGTH)
    torn = [False, *(not before.endswith("\n") for before, _ in pairwise(parts))]
    pieces = join_parts(title, note, [part.removesuffix("\n") for part in parts[:-1]] + parts[-1:], style)
    return [piece._replace(torn=broken) for piece, broken in zip(pieces, torn, strict=True)]


def join_parts(title: str, note: str, parts: Sequence[str], style: Style) -> list[Piece]:
    """A section whose text comes in parts already."""
    return [
        Piece(title, note, (_styled(part, style),), len(title) + len(part) + OVERHEAD, follows=number > 0)
        for number, part in enumerate(parts)
    ]


def _styled(text: str, style: Style) -> RichTextElement:
    return quote(text) if style == "words" else RichTextPreformattedElement(elements=[plain(text)])


def pack_pages(pieces: Iterable[Piece]) -> list[Page]:
    """The pieces in order, page by page."""
    pages: list[Page] = [[]]
    room = PAGE_LENGTH
    for piece in pieces:
        if pages[-1] and (piece.size > room or len(pages[-1]) >= PAGE_PIECES):
            pages.append([])
            room = PAGE_LENGTH
        pages[-1].append(piece)
        room -= piece.size
    return pages


def render_page(page: Page) -> list[Block]:
    """The pieces as blocks; a section that goes on from the page before, or from half a line, has its title again."""
    return [_block(piece, starts=number == 0) for number, piece in enumerate(page)]


def _block(piece: Piece, *, starts: bool) -> Block:
    if piece == RULE:
        return DividerBlock()
    titled = piece.title and (starts or piece.torn or not piece.follows)
    return paragraphs(*([_title(piece)] if titled else []), *piece.elements)


def _title(piece: Piece) -> RichTextElement:
    more = "the same line goes on" if piece.torn else "continued"
    note = more if piece.follows else piece.note
    return section(strong(piece.title), *([plain(f"  {note}")] if note else []))
