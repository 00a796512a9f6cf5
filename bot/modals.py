"""The Details modal: everything about a request, page by page, and Approve on the last page."""

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, PlainTextObject
from slack_sdk.models.views import View

from activities.blocks import context, header, paragraphs, plain, section
from activities.cards import card_value, verb_of
from activities.contents import heading, verdict_words
from activities.layout.pieces import Page, render_page
from activities.layout.request import read_pages
from activities.text import show_title
from bot.forms import all_inputs
from bot.payloads import Target, parse_target, read_metadata
from workflows.contracts import ApprovalState
from workflows.digest import DIGEST_SHOWN
from workflows.elicitation import is_question

CALLBACK = "countersign_details"
PREVIOUS = "countersign_previous"
NEXT = "countersign_next"
REJECT = "countersign_details_reject"
TITLE_LENGTH = 24


class Place(BaseModel):
    """Where a reader is: in which request, on which page (from 0). Kept in the view's private metadata.

    `seen` counts the pages opened so far, of `pages`; one after the other, so those are the first.
    """

    model_config = ConfigDict(frozen=True)

    value: str
    page: int = Field(default=0, ge=0)
    seen: int = Field(default=0, ge=0)
    pages: int = Field(default=1, ge=1)

    @property
    def target(self) -> Target:
        """What is being read."""
        return parse_target(self.value)

    @property
    def is_last(self) -> bool:
        """Whether this is the last page."""
        return self.page + 1 == self.pages

    @property
    def is_end(self) -> bool:
        """Whether this is the last page, and all before it have been opened."""
        return self.is_last and self.seen >= self.pages


class Details(NamedTuple):
    """A page of a request."""

    place: Place
    page: Page


def read_place(metadata: str) -> Place:
    """Where a view is, from its private metadata.

    Raises:
        MalformedError: the metadata is not ours.
    """
    return read_metadata(Place, metadata)


def find_page(state: ApprovalState, number: int = 0, before: Place | None = None) -> Details:
    """A page of all there is to read, no further than one page on from those that the reader has opened `before`.

    What was read of other arguments does not count: then they begin anew.
    """
    pages = read_pages(state)
    seen = before.seen if before and before.target.digest == state.digest else 0
    number = min(number, seen, len(pages) - 1)
    place = Place(value=card_value(state), page=number, seen=max(seen, number + 1), pages=len(pages))
    return Details(place, pages[number])


def render_details(state: ApprovalState, number: int = 0, before: Place | None = None) -> View:
    """A page of the modal; Approve is its submit button at the end, while the request is open."""
    details = find_page(state, number, before)
    approvable = details.place.is_end and state.status == "pending" and not is_question(state.request)
    inputs = all_inputs(state, "approve") if approvable else []
    return View(
        type="modal",
        callback_id=CALLBACK,
        title=PlainTextObject(text=show_title(state.request.title, TITLE_LENGTH), emoji=False),
        submit=PlainTextObject(text="Approve") if approvable else None,
        close=PlainTextObject(text="Close"),
        private_metadata=details.place.model_dump_json(),
        blocks=[header(heading(state)), *render_page(details.page), *inputs, *_foot(state, details.place)],
    )


def _foot(state: ApprovalState, place: Place) -> list[Block]:
    buttons = _buttons(state, place)
    where = f"Page {place.page + 1} of {place.pages}. " if place.pages > 1 else ""
    advice = context(f"{where}{_advice(state, place)} Digest {state.digest[:DIGEST_SHOWN]}.")
    return [*([ActionsBlock(elements=buttons)] if buttons else []), advice]


def _advice(state: ApprovalState, place: Place) -> str:
    if is_question(state.request):
        return "Close this to answer it." if state.status == "pending" else f"{verdict_words(state)}."
    if state.status != "pending":
        return f"This request is already {state.status}."
    if not place.is_last:
        return "Approve is on the last page."
    return "This is the end; you can approve now." if place.pages > 1 else "This is all of it."


def _buttons(state: ApprovalState, place: Place) -> list[ButtonElement]:
    buttons: list[ButtonElement] = []
    if place.page > 0:
        buttons.append(ButtonElement(text="Previous page", action_id=PREVIOUS, value=str(place.page - 1)))
    if not place.is_last:
        buttons.append(
            ButtonElement(text="Next page", action_id=NEXT, value=str(place.page + 1), style="primary")
        )
    if state.status == "pending":
        buttons.append(
            ButtonElement(
                text=f"{verb_of(state.request.action, 'reject')}…",
                action_id=REJECT,
                value=card_value(state),
                style="danger",
            )
        )
    return buttons


def render_notice(sentence: str) -> View:
    """A modal that only says something."""
    return View(
        type="modal",
        title=PlainTextObject(text="Countersign"),
        close=PlainTextObject(text="Close"),
        blocks=[paragraphs(section(plain(sentence)))],
    )
