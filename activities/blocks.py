"""Small pieces of Block Kit: plain and rich text only, so that no text from outside is ever interpreted."""

from collections.abc import Sequence
from datetime import UTC, datetime

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    HeaderBlock,
    PlainTextObject,
    RichTextBlock,
    RichTextElement,
    RichTextElementParts,
    RichTextPreformattedElement,
    RichTextQuoteElement,
    RichTextSectionElement,
)

from activities.text import cut, split_pages
from workflows.contracts import Person

Parts = list[RichTextElement]

HEADER_LENGTH = 150
CONTEXT_LENGTH = 2_000
PREFORMATTED_LENGTH = 2_900
"""How much text one preformatted element takes; Slack documents 3,000 for the text of other blocks."""


def header(text: str) -> Block:
    """A heading, cut to what Slack takes."""
    return HeaderBlock(text=PlainTextObject(text=cut(text, HEADER_LENGTH), emoji=False))


def context(text: str) -> Block:
    """A line in small print."""
    return ContextBlock(elements=[PlainTextObject(text=cut(text, CONTEXT_LENGTH), emoji=False)])


def section(*parts: RichTextElement) -> RichTextSectionElement:
    """One paragraph."""
    return RichTextSectionElement(elements=list(parts))


def paragraphs(*elements: RichTextElement) -> Block:
    """Paragraphs, quotes and code, one below the other."""
    return RichTextBlock(elements=list(elements))


def quote(text: str) -> RichTextElement:
    """Somebody's words."""
    return RichTextQuoteElement(elements=[plain(text)])


def code(text: str) -> list[Block]:
    """Text as it is, in as many blocks as it needs."""
    return [paragraphs(preformatted(part)) for part in split_pages(text, PREFORMATTED_LENGTH)]


def preformatted(text: str) -> RichTextElement:
    """Text as it is, short enough for one element."""
    return RichTextPreformattedElement(elements=[plain(text)])


def words(text: str) -> list[Block]:
    """Running text, in as many blocks as it needs."""
    return [paragraphs(section(plain(part))) for part in split_pages(text, PREFORMATTED_LENGTH)]


def plain(text: str) -> RichTextElement:
    """Text that is never interpreted. Slack refuses empty text, so that becomes a space."""
    return RichTextElementParts.Text(text=text or " ")


def strong(text: str) -> RichTextElement:
    """The same in bold."""
    return RichTextElementParts.Text(text=text or " ", style=RichTextElementParts.TextStyle(bold=True))


def inline_code(text: str) -> RichTextElement:
    """The same as code within a line."""
    return RichTextElementParts.Text(text=text or " ", style=RichTextElementParts.TextStyle(code=True))


def mention(person: Person | None) -> RichTextElement:
    """A person by name, as Slack shows it to each reader; without one, the operator."""
    return member(person.user_id) if person else plain("an operator")


def member(user_id: str) -> RichTextElement:
    """A person of the workspace by name; they are notified."""
    return RichTextElementParts.User(user_id=user_id)


def channel(channel_id: str) -> RichTextElement:
    """A channel by name, as Slack shows it to each reader."""
    return RichTextElementParts.Channel(channel_id=channel_id)


def usergroup(usergroup_id: str) -> RichTextElement:
    """A user group by name, as Slack shows it to each reader; all of its members are notified."""
    return RichTextElementParts.UserGroup(usergroup_id=usergroup_id)


def chain(pieces: Sequence[Parts], between: str = ", ") -> Parts:
    """Several runs of parts as one, with the same words between them."""
    joined: Parts = []
    for piece in pieces:
        joined += [plain(between), *piece] if joined else piece
    return joined


def moment(when: datetime | None) -> RichTextElement:
    """A time in the reader's own time zone."""
    if when is None:
        return plain("an unknown time")
    return RichTextElementParts.Date(
        timestamp=int(when.timestamp()), format="{date_short_pretty} {time}", fallback=stamp(when)
    )


def stamp(when: datetime) -> str:
    """A time for where Slack formats none, in UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def render(blocks: Sequence[Block]) -> list[dict[str, object]]:
    """The blocks as sent.

    Raises:
        SlackObjectFormationError: a limit that slack-sdk knows is exceeded.
    """
    return [block.to_dict() for block in blocks]
