"""The form by which somebody asks for approval of a message: all of it, who wrote it, and what is not part of it."""

from typing import NamedTuple

from pydantic import JsonValue
from slack_sdk.models.blocks import Block, PlainTextObject, RichTextElementParts
from slack_sdk.models.views import View

from activities.blocks import code, context, member, paragraphs, plain, section, strong
from activities.text import cut_words, show_hidden, strip_hidden
from bot.filing import PROMISE, REASON_BLOCK, reason_input
from bot.quotes import Kept, Place, Quote
from bot.submissions import Filing
from workflows.contracts import ApprovalRequest

CALLBACK = "countersign_file_message"
ACTION = "approve_message"
SHOWN_LENGTH = 15_000
"""How much of a message the form shows; Slack takes no view of more than 250,000 bytes."""
TITLE_LENGTH = 70

UNREADABLE = (
    "I cannot read this channel, so I take the message as Slack passed it on when you chose it. "
    "What becomes of it I tell you in a direct message; invite me to the channel to have it told there."
)
TOO_LONG = (
    "I cannot read this channel, and the message is too long to be passed on by your click alone. "
    "Nothing was asked: invite me to the channel and try again."
)
WORDLESS = "This message has no text, and only text can be approved. Nothing was asked."
CHANGED = "The message was changed while you were here, so nothing was asked yet. This is how it is now."
DELETED = "This message is gone, so nothing was asked."
UNCERTAIN = "Slack does not give me the message just now, so nothing was asked. Nothing is lost: try again."


class Subject(NamedTuple):
    """A message, where it is, its address, and whether the bot can read it where it is."""

    place: Place
    quote: Quote
    link: str
    readable: bool

    @property
    def kept(self) -> Kept:
        """What the view keeps of it."""
        return Kept(place=self.place, seal=self.quote.seal, quote=None if self.readable else self.quote)


def find_obstacle(subject: Subject) -> str:
    """Why approval of a message cannot be asked for, in a sentence; nothing where it can."""
    if not subject.quote.text:
        return WORDLESS
    return "" if subject.kept.fits else TOO_LONG


def render_quote(subject: Subject, note: str = "") -> View:
    """The form; `note` stands above it."""
    notes = [note] if note else []
    return View(
        type="modal",
        callback_id=CALLBACK,
        title=PlainTextObject(text="Ask for approval"),
        submit=PlainTextObject(text="Ask"),
        close=PlainTextObject(text="Cancel"),
        private_metadata=subject.kept.model_dump_json(),
        blocks=[
            *(paragraphs(section(strong(one))) for one in notes),
            _source(subject),
            *_words(subject.quote),
            *([] if subject.readable else [context(UNREADABLE)]),
            reason_input("What do you want approved, and why?", required=True),
            context(PROMISE),
        ],
    )


def _source(subject: Subject) -> Block:
    quote = subject.quote
    author = member(quote.author) if quote.has_person else plain(f"an app ({strip_hidden(quote.author)})")
    link = RichTextElementParts.Link(url=subject.link, text="open it")
    return paragraphs(section(strong("The message of "), author, plain(" ("), link, plain(")")))


def _words(quote: Quote) -> list[Block]:
    shown = show_hidden(quote.text)
    blocks = code(shown[:SHOWN_LENGTH])
    if len(shown) > SHOWN_LENGTH:
        blocks.append(
            context(
                f"The first {SHOWN_LENGTH:,} of {len(shown):,} characters are shown here. "
                "All of them are part of what is approved."
            )
        )
    if quote.left_out:
        blocks.append(context(f"Not part of what is approved: {', '.join(quote.left_out)}."))
    return blocks


def build_request(subject: Subject, filing: Filing, team_id: str) -> ApprovalRequest:
    """What is asked about a message, in the name of whoever submitted the form; who wrote it may not decide."""
    quote, author = subject.quote, subject.quote.writer(team_id)
    arguments: dict[str, JsonValue] = {"message": quote.text, "author": quote.author, "link": subject.link}
    if quote.left_out:
        arguments["not_included"] = ", ".join(quote.left_out)
    others = author is not None and author.user_id != filing.person.user_id
    return ApprovalRequest(
        action=ACTION,
        title=f"Message: {cut_words(strip_hidden(quote.text), TITLE_LENGTH).rstrip('.:;, ')}",
        arguments=arguments,
        requester=filing.person,
        reason=filing.typed(REASON_BLOCK).strip(),
        origin=subject.place.thread(team_id) if subject.readable else None,
        speakers=(author,) if author and others else (),
    )
